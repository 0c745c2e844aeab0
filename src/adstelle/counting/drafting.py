"""A draft of a release, with what whoever holds the cards may see of it."""

from enum import StrEnum

import msgspec

from adstelle.domain.private import Private
from adstelle.releases.publication import Publication


class Step(StrEnum):
    """What is being worked on, in this order."""

    OPENING = "opening"
    COUNTING = "counting"
    PROTECTING = "protecting"
    AUDITING = "auditing"


class Progress(msgspec.Struct, frozen=True):
    """How far a step is: *done* of *of*; None where nobody knows the end."""

    step: Step
    done: int = 0
    of: int | None = None


class Withheld(StrEnum):
    """Why a count is not published. Only whoever holds the cards may see the difference."""

    FEW = "few"  # too few cases, people or incidents, or nearly all about one body
    PROTECTS = "protects"  # another one would follow from it


class Counted(Private, frozen=True):
    """One cell as it was counted; *withheld* is None where it is published."""

    cell: str
    value: int
    withheld: Withheld | None = None


class Share(msgspec.Struct, frozen=True):
    """How much of something stays visible: cells, and the cases in them."""

    cells: int
    cells_shown: int
    cases: int
    cases_shown: int


class Draft(Private, frozen=True, kw_only=True):
    """What came of an attempt. *publication* is None where it failed; then *reasons* say why.

    *shares*: what stays visible, by table and in all ("" is all). *snapshot*: SHA-256 of everything
    that was counted; the same snapshot, plan, merges and seed give the same bytes.
    """

    publication: Publication | None
    reasons: tuple[str, ...] = ()
    counted: tuple[Counted, ...] = ()
    shares: dict[str, Share] = msgspec.field(default_factory=dict)
    merges: dict[str, str] = msgspec.field(default_factory=dict)
    plan: str = ""
    snapshot: bytes = b""
