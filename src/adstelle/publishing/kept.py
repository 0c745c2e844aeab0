"""What is kept of a draft for whoever holds the statistics key: sealed to it, for one draft."""

from enum import StrEnum
from typing import Literal, TypeVar
from uuid import UUID

import msgspec

from adstelle.crypto import envelope
from adstelle.crypto.hpke import PrivateKey, PublicKey
from adstelle.crypto.sealing import draft_binding
from adstelle.domain.private import Private
from adstelle.releases.publication import Publication, Words

Kept = TypeVar("Kept", bound=Private)


class Reason(StrEnum):
    """Why nothing came of an attempt, where there is no more to say about it."""

    NO_PLAN = "no_plan"  # the city has no plan of what is counted
    BAD_CARDS = "bad_cards"  # a card does not open
    TOO_LARGE = "too_large"  # more than the machine may take
    UNPROVEN = "unproven"  # nobody could prove that it is safe


class Cell(Private, frozen=True):
    """One cell as it was counted; *withheld* is None where it is published."""

    cell: str
    value: int
    withheld: Literal["few", "protects"] | None = None


class Share(Private, frozen=True):
    """How much of something stays visible: cells, and the cases in them."""

    cells: int
    cells_shown: int
    cases: int
    cases_shown: int


class Choice(Private, frozen=True):
    """Coarser groups that the plan allows: what they are called, and what would stay visible.

    *title* is of what changes; *to*: the groups it is counted by then, none where it is left out.
    *share* is None where nothing could be published that way either.
    """

    merges: dict[str, str]
    title: Words
    to: Words
    share: Share | None = None


class Method(Private, frozen=True):
    """What one way of protecting would do to the same cells, all dimensions together.

    *shown*: cells with a number; *exact*: of them those that are true; *error*: how far numbers and
    counts are apart in sum, a hidden cell taken for the middle of what it may be; *small*: counts
    too small to be shown; *narrowed*: of them those that a reader could narrow down.
    """

    method: str
    cells: int
    shown: int
    exact: int
    error: int
    small: int
    narrowed: int


class Outcome(Private, frozen=True, kw_only=True):
    """What a process came to. *reasons*: why nothing is published, each a `Reason` or a sentence.

    *choices* is None as long as nobody has tried them, *methods* is empty then; both come last.
    *methods*: this way of protecting first, then others. *shares* by table; "" is all. *unread*:
    sealed rows that did not open. *changes* and *notes*: how many of the publication's own there
    are, before those that somebody types.
    """

    reasons: tuple[str, ...] = ()
    counted: tuple[Cell, ...] = ()
    shares: dict[str, Share] = msgspec.field(default_factory=dict)
    choices: tuple[Choice, ...] | None = None
    methods: tuple[Method, ...] = ()
    plan: str = ""
    snapshot: bytes = b""
    unread: int = 0
    changes: int = 0
    notes: int = 0


class Wish(Private, frozen=True, kw_only=True):
    """What somebody wants of a draft: groups to be merged, and words beside the numbers."""

    merges: dict[str, str] = msgspec.field(default_factory=dict)
    changes: Words = msgspec.field(default_factory=dict)
    notes: Words = msgspec.field(default_factory=dict)


class Reply(Private, frozen=True):
    """Why a draft came back: the words of a person, or what the audit found."""

    text: str = ""
    reasons: tuple[str, ...] = ()


def seal(kept: Private, draft_id: UUID, key: PublicKey) -> bytes:
    """Seal one of the above for whoever holds the statistics key."""
    return key.wrap(envelope.padded(msgspec.json.encode(kept)), _binding(type(kept), draft_id))


def unseal(kind: type[Kept], sealed: bytes, draft_id: UUID, key: PrivateKey) -> Kept:
    """Undo `seal`. Raises `Unopenable`."""
    opened = key.unwrap(sealed, _binding(kind, draft_id))
    return msgspec.json.decode(envelope.unpadded(opened), type=kind)


def _binding(kind: type[Private], draft_id: UUID) -> bytes:
    return draft_binding(kind.__name__.lower(), draft_id)


def worded(publication: Publication, outcome: Outcome, wish: Wish) -> Publication:
    """The publication with what was typed behind its own changes and notes."""
    changes = (*publication.changes[: outcome.changes], *filter(None, [wish.changes]))
    notes = (*publication.notes[: outcome.notes], *filter(None, [wish.notes]))
    return msgspec.structs.replace(publication, changes=changes, notes=notes)
