"""The form of a copy: for whom, masked or not, without which parts, and why."""

from typing import Final
from uuid import UUID

from adstelle.domain.case_document import (
    Audience,
    CaseDocument,
    Copy,
    Left,
    LeftFor,
    Part,
    parts,
)
from adstelle.domain.private import Private
from adstelle.web.forms import Entries, one
from adstelle.web.guard import message_id_in

KIND: Final = "kind"  # what the button says: pdf, json, or to look once more
LEAVE: Final = "weg-"  # a box for each part
MOST_WORDS: Final = 2_000


class Entered(Private, frozen=True, kw_only=True):
    """The form as it was typed. *seen* names what was looked at; empty before the first look."""

    audience: str
    stelle: str = ""
    masked: bool
    left: tuple[str, ...] = ()
    reason: str = ""
    words: str = ""
    seen: str = ""
    message_id: UUID


def read(entries: Entries) -> Entered:
    """Take what was typed, right or wrong. Before the first look, only the file is not masked."""
    audience, seen = one(entries, "audience"), one(entries, "seen")
    return Entered(
        audience=audience,
        stelle=one(entries, "stelle"),
        masked=one(entries, "masked") == "ja" if seen else audience != Audience.FILE,
        left=tuple(name.removeprefix(LEAVE) for name in entries if name.startswith(LEAVE)),
        reason=one(entries, "reason"),
        words=one(entries, "words"),
        seen=seen,
        message_id=message_id_in(entries),
    )


def faults(entered: Entered, document: CaseDocument) -> dict[str, str]:
    """What is wrong: field and name of the fault. What is left out needs a reason."""
    found: dict[str, str] = {}
    is_known = entered.reason in set(LeftFor)
    if _left(entered, document) and not is_known:
        found["reason"] = "missing"
    if entered.reason == LeftFor.OTHER and not entered.words:
        found["words"] = "missing"
    if len(entered.words) > MOST_WORDS:
        found["words"] = "too_long"
    return found


def copy_of(entered: Entered, document: CaseDocument, kind: str, masks: int) -> Copy:
    """What a form without faults says, for the log."""
    left = _left(entered, document)
    return Copy(
        audience=Audience(entered.audience),
        kind=kind,
        stelle=entered.stelle if entered.audience == Audience.REFERRAL else "",
        left=tuple(
            Left(each.section.name, each.entry.heading if each.entry else "") for each in left
        ),
        reason=LeftFor(entered.reason) if left else None,
        words=entered.words if left else "",
        masks=masks,
    )


def _left(entered: Entered, document: CaseDocument) -> list[Part]:
    return [part for part in parts(document) if part.key in entered.left]
