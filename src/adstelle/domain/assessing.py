"""From the record of a case to what is counted of it, and by what the same thing is recognised."""

import unicodedata
from typing import Final
from uuid import UUID

from adstelle.domain import hints
from adstelle.domain.counting import Assessment
from adstelle.domain.record import Record
from adstelle.domain.report import Contact
from adstelle.domain.search import folded

COUNTRY: Final = "49"  # of a number that is written without one
SHORTEST_NUMBER: Final = 6  # digits; shorter ones are nobody's own


def assessment_of(card_id: UUID, stelle: str, record: Record) -> Assessment:
    """What a record says, as far as it is counted; nothing that leads to anybody is in it yet."""
    return Assessment(
        card_id=card_id,
        stelle=stelle,
        established=record.established,
        local_link=record.local_link,
        grounds=record.grounds,
        form=record.form,
        area=record.area,
        responsible=record.responsible,
        severity=record.severity,
        criminal=record.criminal,
        outcomes=record.outcomes,
    )


def body_of(record: Record) -> str:
    """By what two records name the same responsible body, as the hints compare it; may be empty."""
    return " ".join(sorted(hints.cut(record.responsible_name)))


def person_of(contact: Contact) -> str:
    """By what two reports come from the same person: the mail address, else the phone number.

    Empty where nothing says so. Who shares an address or a phone counts as one.
    """
    if mail := folded(contact.mail.strip()):
        return f"mail {mail}"
    number = _number(contact.phone)
    return f"phone {number}" if len(number) >= SHORTEST_NUMBER else ""


def _number(phone: str) -> str:
    """A number as it is dialled from abroad: ``0170 555`` and ``+49 (0)170 555`` are the same."""
    digits = "".join(str(unicodedata.decimal(sign)) for sign in phone if sign.isdecimal())
    if digits.startswith("00"):
        digits = digits[2:]
    elif digits.startswith("0"):
        digits = COUNTRY + digits[1:]
    return (
        COUNTRY + digits.removeprefix(f"{COUNTRY}0") if digits.startswith(f"{COUNTRY}0") else digits
    )
