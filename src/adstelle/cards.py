"""Count cards with what the Stellen found of them: read sealed, opened with the statistics key.

Rows come in pages and go on one by one. Nothing is held but the assessments until their card
comes, with numbers for codes: 150 to 200 bytes each.
"""

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

import msgspec

from adstelle.crypto import sealing
from adstelle.crypto.hpke import PrivateKey
from adstelle.database import Connection, queries
from adstelle.domain.counting import AssessedCard, Assessment
from adstelle.domain.private import Private
from adstelle.domain.report import CountCard
from adstelle.errors import Unopenable

PAGE: Final = 500  # rows
_BEFORE_ALL: Final = UUID(int=0)  # which is nobody's number
_sql = queries("cards")


class What(StrEnum):
    """What a row holds, in the order in which they are read."""

    ASSESSMENT = "assessment"
    CARD = "card"


class Sealed(msgspec.Struct, frozen=True, array_like=True):
    """A row as it stands in the database; *number* is the card's or the assessment's own."""

    what: What
    number: UUID
    sealed: bytes


class Opened(Private, frozen=True):
    """A row that was opened and is still to be read; *content* is None where it does not open."""

    what: What
    number: UUID
    content: bytes | None


class Totals(msgspec.Struct, frozen=True):
    """How many rows there are."""

    assessments: int
    cards: int


class Faults(msgspec.Struct):
    """What could not be counted, so that nothing is lost silently."""

    cards: int = 0  # do not open
    assessments: int = 0  # do not open
    orphans: int = 0  # assessments whose card is missing, or does not open

    def __bool__(self) -> bool:
        return bool(self.cards or self.assessments or self.orphans)


async def totals(conn: Connection) -> Totals:
    """Count all rows. In a transaction of `Role.STATISTICS`."""
    return Totals(**await _sql.totals(conn))


async def sealed(conn: Connection) -> AsyncIterator[list[Sealed]]:
    """Read all assessments and then all cards, in an order that says nothing, page by page.

    In a transaction of `Role.STATISTICS`. By number, not with a cursor: the first page of a million
    does not wait for the last one to be sorted.
    """
    for what in What:
        after = _BEFORE_ALL
        while page := await _page(conn, what, after):
            yield page
            after = page[-1].number


async def _page(conn: Connection, what: What, after: UUID) -> list[Sealed]:
    if what is What.ASSESSMENT:
        rows = _sql.assessments(conn, after=after, most=PAGE)
    else:
        rows = _sql.cards(conn, after=after, most=PAGE)
    return [Sealed(what, row["number"], row["sealed"]) async for row in rows]


def unsealed(key: PrivateKey, rows: Iterable[Sealed]) -> list[bytes | None]:
    """Open rows, 85 microseconds each; None where one does not open."""
    return [_content(key, row) for row in rows]


def _content(key: PrivateKey, row: Sealed) -> bytes | None:
    is_card = row.what is What.CARD
    binding = sealing.card_binding if is_card else sealing.assessment_binding
    try:
        return sealing.unsealed(key, row.sealed, binding(row.number))
    except Unopenable:
        return None


def opened(page: Sequence[Sealed], contents: Sequence[bytes | None]) -> Iterator[Opened]:
    """Put to each row of a page what `unsealed` found in it."""
    return (
        Opened(what=row.what, number=row.number, content=content)
        for row, content in zip(page, contents, strict=True)
    )


def joined(rows: Iterable[Opened], faults: Faults) -> Iterator[AssessedCard]:
    """Read cards, each with its assessments in the order of the Stellen, and count *faults*.

    All assessments come before the first card. Raises `ValueError` where one comes later.
    """
    waiting = _Waiting()
    is_begun = False
    for row in rows:
        if row.what is What.CARD:
            is_begun = True
            try:
                card = sealing.read(row.content or b"", CountCard)
            except Unopenable:
                faults.cards += 1
                continue
            words = waiting.take(row.number)
            yield AssessedCard(card_id=row.number, card=card, assessments=words)
        elif is_begun:
            raise ValueError("an assessment behind the first card")
        else:
            try:
                waiting.put(sealing.read(row.content or b"", Assessment))
            except Unopenable:
                faults.assessments += 1
    faults.orphans += waiting.left()


Values = list[Any]  # of an assessment but its card, in the order of the fields


class _Waiting:
    """Assessments until their card comes, packed: a million of them must fit."""

    def __init__(self) -> None:
        self._packed: dict[int, bytes] = {}  # by the number of the card: one or more, `Values`
        self._numbers: dict[str, int] = {}
        self._codes: list[str] = []

    def put(self, found: Assessment) -> None:
        """Keep one."""
        card, *values = msgspec.structs.astuple(found)
        before = self._packed.get(card.int)
        others = [] if before is None else msgspec.msgpack.decode(before)
        packed = msgspec.msgpack.encode([*others, [self._pack(it) for it in values]])
        self._packed[card.int] = packed

    def take(self, card: UUID) -> tuple[Assessment, ...]:
        """Give back those of a card, in the order of the Stellen."""
        packed = self._packed.pop(card.int, None)
        if packed is None:
            return ()
        found = [self._assessment(card, values) for values in msgspec.msgpack.decode(packed)]
        return tuple(sorted(found, key=lambda it: it.stelle))

    def left(self) -> int:
        """How many nobody took."""
        return sum(len(msgspec.msgpack.decode(it)) for it in self._packed.values())

    def _assessment(self, card: UUID, values: Values) -> Assessment:
        unpacked = map(self._unpack, values)
        return Assessment(card_id=card, **dict(zip(_FIELDS, unpacked, strict=True)))

    def _pack(self, value: Any) -> Any:
        """A number for each code; pseudonyms, marks and nothing stay as they are."""
        if isinstance(value, str):
            number = self._numbers.setdefault(value, len(self._codes))
            if number == len(self._codes):
                self._codes.append(value)
            return number
        return [self._pack(it) for it in value] if isinstance(value, tuple) else value

    def _unpack(self, value: Any) -> Any:
        if isinstance(value, int) and not isinstance(value, bool):
            return self._codes[value]
        return tuple(map(self._unpack, value)) if isinstance(value, list) else value


_FIELDS: Final = Assessment.__struct_fields__[1:]  # without the card
