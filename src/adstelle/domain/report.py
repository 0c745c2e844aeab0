"""A report as the person gave it: coded answers, the account, consent, and maybe a contact.

The three parts are kept apart because they are sealed apart: the account for every chosen Stelle,
the contact only for those the person named, the count card for the statistics (PRODUCT.md P2, P4).
"""

from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum
from typing import Final
from uuid import UUID

from adstelle.domain.handover import Scope, Way
from adstelle.domain.incident_date import IncidentDate
from adstelle.domain.private import Private
from adstelle.domain.routing import CodedAnswers


class Contact(Private, frozen=True):
    """How to reach and address the person; every field may be empty."""

    name: str = ""
    address_as: str = ""
    mail: str = ""
    phone: str = ""
    safe_times: str = ""
    voicemail: bool = False

    def is_empty(self) -> bool:
        """Whether the person left nothing at all."""
        return self == Contact()


class Consent(Private, frozen=True):
    """One recipient the person chose, and whether the contact goes there too."""

    stelle: str
    with_contact: bool = False


class Report(Private, frozen=True):
    """Everything one person reported; ``account`` is the only part that is never empty."""

    answers: CodedAnswers
    account: str
    date: IncidentDate = IncidentDate()
    frequency: str | None = None
    place: str = ""
    district: str | None = None
    ground_words: str = ""
    mandates: tuple[str, ...] = ()
    language: str = "de"
    interpreter: str = ""
    affected_agrees: str | None = None
    consents: tuple[Consent, ...] = ()
    contact: Contact = Contact()


class Arrival(StrEnum):
    """How a report came that an adviser wrote down."""

    PHONE = "phone"
    LETTER = "letter"
    VISIT = "visit"
    MAIL = "mail"


# How the person said yes: a mail is written, as a letter is.
WAYS_OF: Final[Mapping[Arrival, Way]] = {
    Arrival.PHONE: Way.PHONE,
    Arrival.LETTER: Way.LETTER,
    Arrival.VISIT: Way.VISIT,
    Arrival.MAIL: Way.LETTER,
}


class Taken(Private, frozen=True):
    """A report that an adviser wrote down; without *has_code* nobody can read the mailbox."""

    arrival: Arrival
    has_code: bool


class Account(Private, frozen=True):
    """What every chosen Stelle may read. It names no other recipient."""

    answers: CodedAnswers
    account: str
    date: IncidentDate
    frequency: str | None
    place: str
    district: str | None
    ground_words: str
    mandates: tuple[str, ...]
    language: str
    interpreter: str
    affected_agrees: str | None
    wording: str
    card_id: UUID
    taken: Taken | None = None


class CountCard(Private, frozen=True):
    """The statistical record: codes and the month, no text, no ids of people or reports."""

    month: str
    answers: CodedAnswers
    frequency: str | None
    district: str | None
    mandates: tuple[str, ...]
    language: str
    stellen: tuple[str, ...]


class MandateChanged(Private, frozen=True, tag="mandate"):
    """From now on the person wants this; either side may write it down."""

    mandates: tuple[str, ...]


class ReferralProposed(Private, frozen=True, tag="referral"):
    """The Stelle asks whether the report may go to another one, and says what it would add."""

    stelle: str
    scope: Scope
    note: str = ""


class ReferralAnswered(Private, frozen=True, tag="referral_answer"):
    """The person's answer to a proposal, named by its message's id."""

    proposal: UUID
    agreed: bool


class ReferralMade(Private, frozen=True, tag="referral_made"):
    """The person said yes on the phone, in a letter or in a talk, and so the report was given.

    The Stelle that referred reads here what it gave: the letters are sealed for the others.
    """

    handover: UUID
    stelle: str
    scope: Scope
    way: Way
    given_on: date
    note: str = ""


Act = MandateChanged | ReferralProposed | ReferralAnswered | ReferralMade


class Message(Private, frozen=True, omit_defaults=True):
    """One message between the person and one Stelle; either side reads it.

    It says something, does something, or both. *files* are those that came with it.
    """

    text: str = ""
    act: Act | None = None
    files: tuple[UUID, ...] = ()


def mandates_of(account: Account, conversation: Iterable[Message]) -> tuple[str, ...]:
    """What the person wants now: the last word on it in the conversation, else in the report."""
    changes = [m.act.mandates for m in conversation if isinstance(m.act, MandateChanged)]
    return changes[-1] if changes else account.mandates


def account_of(
    report: Report, *, card_id: UUID, wording: str, taken: Taken | None = None
) -> Account:
    """Take from a report what every chosen Stelle may read; *wording* is the consent text's id."""
    return Account(
        answers=report.answers,
        account=report.account,
        date=report.date,
        frequency=report.frequency,
        place=report.place,
        district=report.district,
        ground_words=report.ground_words,
        mandates=report.mandates,
        language=report.language,
        interpreter=report.interpreter,
        affected_agrees=report.affected_agrees,
        wording=wording,
        card_id=card_id,
        taken=taken,
    )


def card_of(report: Report, *, month: str) -> CountCard:
    """Take from a report what is counted; *month* is ``YYYY-MM`` of receipt."""
    return CountCard(
        month=month,
        answers=report.answers,
        frequency=report.frequency,
        district=report.district,
        mandates=report.mandates,
        language=report.language,
        stellen=tuple(sorted(consent.stelle for consent in report.consents)),
    )
