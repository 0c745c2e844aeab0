"""The forms about keeping: as they were typed, and what is wrong with them."""

from datetime import date, timedelta
from typing import Final
from uuid import UUID

from adstelle.domain.private import Private
from adstelle.domain.retention import Refusal
from adstelle.web.days import TypedDay, read_day, typed_day
from adstelle.web.forms import Entries, one
from adstelle.web.guard import message_id_in

MOST_REASON: Final = 2_000
LONGEST_HOLD: Final = timedelta(days=1827)  # five years; a longer dispute is looked at again


class Entered(Private, frozen=True, kw_only=True):
    """One of the forms as it was typed; *form* is the last part of its address."""

    form: str
    until: TypedDay = TypedDay()
    reason: str = ""  # of a hold
    early: str = ""  # of a proposal
    refusal: str = ""
    message_id: UUID


def read(form: str, entries: Entries) -> Entered:
    """Take what was typed, right or wrong."""
    return Entered(
        form=form,
        until=typed_day(entries, "until"),
        reason=one(entries, "reason"),
        early=one(entries, "early"),
        refusal=one(entries, "refusal"),
        message_id=message_id_in(entries),
    )


def hold_faults(entered: Entered, today: date) -> dict[str, str]:
    """What is wrong with a hold: field and name of the fault."""
    until = read_day(entered.until)
    found = {}
    if until is None:
        found["until"] = "missing" if entered.until.is_empty() else "unreadable"
    elif not today < until <= today + LONGEST_HOLD:
        found["until"] = "out_of_range"
    return found | _text_faults("reason", entered.reason)


def proposal_faults(entered: Entered) -> dict[str, str]:
    """What is wrong with a proposal to erase a case before its time."""
    return _text_faults("early", entered.early)


def _text_faults(field: str, text: str) -> dict[str, str]:
    if not text.strip():
        return {field: "missing"}
    return {field: "too_long"} if len(text) > MOST_REASON else {}


def refusal_faults(entered: Entered) -> dict[str, str]:
    """What is wrong with a no to the person."""
    return {} if entered.refusal in set(Refusal) else {"refusal": "missing"}
