"""From opened cards to cases: which cards are one incident, and what is counted of it.

What is kept of a card is a few small numbers, so that a million of them fit: for each answer the
number of what was said, and for incident, person and responsible body the number of a cluster.
"""

import hashlib
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import chain
from typing import Final, Literal

import msgspec

from adstelle.counting.scheme import MONTHS, Plan, Source
from adstelle.domain.counting import ESTABLISHED, LOCAL, AssessedCard, Assessment
from adstelle.domain.private import Private
from adstelle.domain.report import CountCard
from adstelle.errors import AdstelleError
from adstelle.releases.publication import Period

EVERY: Final = 1000  # cards between two words about the progress
_DECIDED_BY_NOBODY: Final = 0xFFFF
_ID: Final = 16  # bytes of a card's id
_ENTRY: Final = _ID + hashlib.sha256().digest_size

Said = tuple[str, ...]
Pseudonym = Literal["incident", "person", "body"]


class BadCards(AdstelleError):
    """What was given cannot be counted. Never says whose card it is."""


class NotWhole(BadCards):
    """A period has to be made of whole months: cards know no day."""


class Frame(msgspec.Struct, frozen=True):
    """What is counted: cards received in *period*, whole months, as they are on *cut_off*."""

    period: Period
    cut_off: date

    @property
    def months(self) -> tuple[str, ...]:
        """Every month of the period, `YYYY-MM`. Raises `NotWhole` unless they are."""
        since, after = self.period.since, self.period.to + timedelta(days=1)
        if since.day != 1 or after.day != 1 or after <= since:
            raise NotWhole
        numbers = range(since.year * 12 + since.month - 1, after.year * 12 + after.month - 1)
        return tuple(f"{it // 12:04}-{it % 12 + 1:02}" for it in numbers)

    @property
    def is_year(self) -> bool:
        """Whether every month of a year occurs once."""
        return len(self.months) == len(MONTHS)


class Column(Private, frozen=True):
    """What each case says to one question: `said[at[row]]`."""

    said: list[Said]
    at: "array[int]"


class Snapshot(Private, frozen=True):
    """Everything that is counted, a row a card of the period.

    *contacts*, *campaigns*, *incidents* and *established* are rows: every card by itself, every
    card of a campaign, and one card for each incident connected with the city. *person*,
    *incident* and *body* are clusters by row (*body* 0: nobody knows it).
    """

    frame: Frame
    columns: Mapping[Source, Column]
    contacts: "array[int]"
    campaigns: "array[int]"
    incidents: "array[int]"
    established: "array[int]"
    person: "array[int]"
    incident: "array[int]"
    body: "array[int]"
    digest: bytes


def snapshot(
    plan: Plan,
    cards: Iterable[AssessedCard],
    frame: Frame,
    told: Callable[[int], None] = lambda _: None,
) -> Snapshot:
    """Take in every card once, in any order. *told* hears every now and then how many there were.

    Cards received after the period play no part; of earlier ones only which incidents they were
    about, because an incident counts in the period in which it was first reported. Raises
    `BadCards`.
    """
    taking, number = _Taking(plan, frame), 0
    for number, carded in enumerate(cards, start=1):
        taking.take(carded)
        if number % EVERY == 0:
            told(number)
    told(number)
    return taking.done()


class _Clusters:
    """What belongs together: numbers for pseudonyms, joined when one card has two of them."""

    def __init__(self) -> None:
        self._parent = array("I", [0])  # nought is nobody
        self._known: dict[bytes, int] = {}

    def of(self, pseudonyms: Sequence[bytes], *, alone: bool = True) -> int:
        """The cluster of a card; without a pseudonym one of its own, or nought."""
        if not pseudonyms:
            return self._new() if alone else 0
        first, *others = (self._at(it) for it in pseudonyms)
        for other in others:
            self._join(first, other)
        return self.root(first)

    def root(self, node: int) -> int:
        parent = self._parent
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    def roots(self, nodes: "array[int]") -> "array[int]":
        return array("I", map(self.root, nodes))

    def _new(self) -> int:
        self._parent.append(len(self._parent))
        return len(self._parent) - 1

    def _at(self, pseudonym: bytes) -> int:
        found = self._known.get(pseudonym)
        if found is None:
            found = self._known[pseudonym] = self._new()
        return found

    def _join(self, one: int, other: int) -> None:
        first, second = sorted((self.root(one), self.root(other)))
        self._parent[second] = first


class _Taking:
    """The rows so far."""

    def __init__(self, plan: Plan, frame: Frame) -> None:
        self._plan, self._frame = plan, frame
        self._ranks = {code: rank for rank, code in enumerate(plan.stellen)}
        self._months = frozenset(frame.months)
        self._first = min(self._months)
        self._last = max(self._months)
        self._clusters = {name: _Clusters() for name in ("incident", "person", "body")}
        self._rows = {name: array("I") for name in ("incident", "person", "body")}
        self._said: dict[Source, tuple[dict[Said, int], array[int]]] = {
            dim.source: ({}, array("I")) for dim in plan.dimensions
        }
        self._before: list[int] = []
        self._is_linked, self._is_established, self._is_campaign = (
            bytearray(), bytearray(), bytearray(),
        )  # fmt: skip
        self._by = array("H")  # whose word decided
        self._received = array("I")  # the month, as a number
        self._entries = [bytearray() for _ in range(256)]  # by the first byte of the id
        self._ids = bytearray()

    def take(self, carded: AssessedCard) -> None:
        card = carded.card
        if card.month > self._last:
            return
        words = sorted(carded.assessments, key=self._rank)
        self._entries[carded.card_id.bytes[0]] += _entry(carded, words)
        is_linked = self._linked(card, words)
        is_campaign = any(it.is_campaign for it in words)
        if card.month < self._first:
            incident = self._clusters["incident"].of(_pseudonyms(words, "incident"))
            if is_linked and not is_campaign:
                self._before.append(incident)
            return
        for name in ("incident", "person", "body"):
            found = self._clusters[name].of(_pseudonyms(words, name), alone=name != "body")
            self._rows[name].append(found)
        self._is_linked.append(is_linked)
        self._is_campaign.append(is_campaign)
        self._is_established.append(_first(words, "established") == ESTABLISHED)
        self._by.append(self._rank(words[0])[0] if words else _DECIDED_BY_NOBODY)
        self._received.append(int(card.month.replace("-", "")))
        self._ids += carded.card_id.bytes
        for source, (known, at) in self._said.items():
            said = _SAID[source](card, words)
            at.append(known.setdefault(said, len(known)))

    def done(self) -> Snapshot:
        rows = range(len(self._by))
        clusters = {name: self._clusters[name].roots(of) for name, of in self._rows.items()}
        incidents = array("I", sorted(self._cases(clusters["incident"])))
        return Snapshot(
            frame=self._frame,
            columns={name: Column(said=[*of], at=at) for name, (of, at) in self._said.items()},
            contacts=array("I", (row for row in rows if not self._is_campaign[row])),
            campaigns=array("I", (row for row in rows if self._is_campaign[row])),
            incidents=incidents,
            established=array("I", (row for row in incidents if self._is_established[row])),
            **clusters,
            digest=self._digest(),
        )

    def _cases(self, incident: "array[int]") -> Iterable[int]:
        """Of each incident the card that says what it was: an established one, of the Stelle whose
        word counts first, then the earliest."""
        earlier = {self._clusters["incident"].root(node) for node in self._before}
        found: dict[int, int] = {}
        for row, cluster in enumerate(incident):
            if not self._is_linked[row] or self._is_campaign[row] or cluster in earlier:
                continue
            best = found.setdefault(cluster, row)
            if best != row and self._order(row) < self._order(best):
                found[cluster] = row
        return found.values()

    def _order(self, row: int) -> tuple[bool, int, int, bytes]:
        of_id = bytes(self._ids[row * _ID : (row + 1) * _ID])
        return not self._is_established[row], self._by[row], self._received[row], of_id

    def _rank(self, word: Assessment) -> tuple[int, str]:
        return self._ranks.get(word.stelle, len(self._ranks)), word.stelle

    def _linked(self, card: CountCard, words: Sequence[Assessment]) -> bool:
        """What was assessed; where nobody did, whether the person said: here, or lives here."""
        assessed = _first(words, "local_link")
        if assessed is not None:
            return assessed in LOCAL
        return card.answers.territory in self._plan.local or card.answers.resident is True

    def _digest(self) -> bytes:
        digest = hashlib.sha256()
        before = b""
        for entry in chain.from_iterable(map(_sorted, self._entries)):
            if entry[:_ID] == before:
                raise BadCards("a card is there twice")
            before = entry[:_ID]
            digest.update(entry)
        frame = msgspec.json.encode((self._plan, self._frame), order="sorted")
        digest.update(hashlib.sha256(frame).digest())
        return digest.digest()


def _sorted(entries: bytearray) -> list[bytes]:
    return sorted(bytes(entries[at : at + _ENTRY]) for at in range(0, len(entries), _ENTRY))


def _entry(carded: AssessedCard, words: Sequence[Assessment]) -> bytes:
    content = msgspec.json.encode((carded.card, words), order="deterministic")
    return carded.card_id.bytes + hashlib.sha256(content).digest()


def _pseudonyms(words: Sequence[Assessment], name: Pseudonym) -> list[bytes]:
    """With the Stelle before it: two of them do not share their pseudonyms."""
    return [
        f"{it.stelle}:".encode() + pseudonym
        for it in words
        if (pseudonym := getattr(it, name)) is not None
    ]


def _first(words: Sequence[Assessment], field: str) -> str | None:
    return next((said for it in words if (said := getattr(it, field)) is not None), None)


def _one(answer: str | None) -> Said:
    return () if answer is None else (answer,)


def _several(words: Sequence[Assessment], field: str) -> Said:
    return next((said for it in words if (said := getattr(it, field))), ())


# What the first Stelle assessed that assessed it; else what the person answered.
_SAID: Final[Mapping[Source, Callable[[CountCard, Sequence[Assessment]], Said]]] = {
    "month": lambda card, _: (card.month[-2:],),
    "language": lambda card, _: (card.language,),
    "reporter_role": lambda card, _: _one(card.answers.reporter_role),
    "mandate": lambda card, _: tuple(sorted(card.mandates)),
    "frequency": lambda card, _: _one(card.frequency),
    "grounds": lambda card, by: tuple(sorted(_several(by, "grounds") or card.answers.grounds)),
    "incident_type": lambda card, by: _one(_first(by, "form") or card.answers.incident_type),
    "area_of_life": lambda card, by: _one(_first(by, "area") or card.answers.area_of_life),
    "alleged_responsible": lambda card, by: _one(
        _first(by, "responsible") or card.answers.alleged_responsible
    ),
    "district": lambda card, by: _one(_first(by, "district") or card.district),
    "outcomes": lambda _, by: tuple(sorted(_several(by, "outcomes"))),
    "severity": lambda _, by: _one(_first(by, "severity")),
    "criminal": lambda _, by: _one(_first(by, "criminal")),
}


def carded(lines: Iterable[bytes], name: str = "cards") -> Iterator[AssessedCard]:
    """Read cards from lines of JSON. Raises `BadCards` with the line's number."""
    decoder = msgspec.json.Decoder(AssessedCard)
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                yield decoder.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                reason = str(error).partition(" - at `")[0]
                raise BadCards(f"{name}:{number}: {reason}") from None
