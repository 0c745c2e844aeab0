"""The form of a referral: as it was typed, what is wrong with it, what it says."""

from datetime import date
from typing import Final
from uuid import UUID

from adstelle.domain.handover import SPOKEN, Scope, Way
from adstelle.domain.private import Private
from adstelle.domain.referral import SCOPES, Giver, Referring, objections
from adstelle.web.days import TypedDay, read_day, typed_day
from adstelle.web.forms import Entries, one
from adstelle.web.guard import message_id_in

MOST_NOTE: Final = 4_000
MOST_TEXT: Final = 20_000
WAYS: Final = (Way.MAILBOX, *SPOKEN)
NEXT: Final = "tun"  # what the button says: look at it, change it, send it
SEND: Final = "senden"
CHANGE: Final = "aendern"

FIELDS: Final = ("stelle", "scope", "note", "masked", "way", "given", "text")


class Entered(Private, frozen=True, kw_only=True):
    """The form as it was typed."""

    stelle: str = ""
    scope: str = ""
    note: str = ""
    masked: str = ""  # the key of the masks that were looked at
    way: str = ""
    given: TypedDay = TypedDay()
    text: str = ""
    message_id: UUID

    def carried(self) -> list[tuple[str, str]]:
        """Every field, to be sent again."""
        fields = [
            ("stelle", self.stelle),
            ("scope", self.scope),
            ("note", self.note),
            ("masked", self.masked),
            ("way", self.way),
            ("given-tag", self.given.day),
            ("given-monat", self.given.month),
            ("given-jahr", self.given.year),
            ("text", self.text),
            ("message_id", str(self.message_id)),
        ]
        return [(name, value) for name, value in fields if value]


def read(entries: Entries) -> Entered:
    """Take what was typed, right or wrong."""
    return Entered(
        stelle=one(entries, "stelle"),
        scope=one(entries, "scope"),
        note=one(entries, "note"),
        masked=one(entries, "masked"),
        way=one(entries, "way"),
        given=typed_day(entries, "given"),
        text=one(entries, "text"),
        message_id=message_id_in(entries),
    )


def faults(entered: Entered, giver: Giver, masks: str, today: date) -> dict[str, str]:
    """Everything that is wrong: field and name of the fault, in the order of the page.

    *masks* is the key of what is masked now.
    """
    fitting = objections(
        giver,
        today,
        stelle=entered.stelle,
        scope=Scope(entered.scope) if entered.scope in SCOPES else None,
        way=Way(entered.way) if entered.way in WAYS else None,
        given_on=read_day(entered.given),
    )
    masked = {"masked": "changed"} if entered.masked not in ("", masks) else {}
    found = masked | fitting | plain_faults(entered)
    return {field: found[field] for field in FIELDS if field in found}


def plain_faults(entered: Entered) -> dict[str, str]:
    """What is wrong whatever the case."""
    found = _mask_faults(entered)
    if not entered.stelle:
        found["stelle"] = "missing"
    if entered.scope not in SCOPES:
        found["scope"] = "missing"
    if len(entered.note) > MOST_NOTE:
        found["note"] = "too_long"
    elif entered.note and entered.scope == Scope.STATISTICS:
        found["note"] = "not_counted"
    if entered.way not in WAYS:
        found["way"] = "missing"
    if not entered.given.is_empty() and read_day(entered.given) is None:
        found["given"] = "unreadable"
    if len(entered.text) > MOST_TEXT:
        found["text"] = "too_long"
    return found


def _mask_faults(entered: Entered) -> dict[str, str]:
    """Who is asked in the mailbox gives the report themselves, and whole."""
    return {"masked": "asked"} if entered.masked and entered.way == Way.MAILBOX else {}


def referring(entered: Entered) -> Referring:
    """What a form without faults says."""
    return Referring(
        stelle=entered.stelle,
        scope=Scope(entered.scope),
        note=entered.note,
        way=Way(entered.way),
        given_on=read_day(entered.given),
        masked=entered.masked,
    )
