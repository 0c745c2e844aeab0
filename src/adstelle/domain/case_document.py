"""A case written out: for the person (Art. 15 and 20 GDPR), or for the Stelle's paper file.

What belongs in is decided here, kind by kind, and so is what stays out and why. The document is
made of sections as data: whoever adds a new kind of case data adds a section, or says why there is
none.
"""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from adstelle.domain.handover import Letter, Standing
from adstelle.domain.private import Private
from adstelle.domain.report import Account, Contact, Message

FORMAT: Final = "adstelle-case"
VERSION: Final = 1


class Audience(StrEnum):
    """Who gets the document. The person's names no member of a Stelle and no number of ours."""

    PERSON = "person"
    FILE = "file"


class SectionName(StrEnum):
    """The sections, in their order."""

    REPORT = "report"
    CONTACT = "contact"
    CONSENTS = "consents"
    WISHES = "wishes"
    DEADLINES = "deadlines"
    MESSAGES = "messages"
    STEPS = "steps"
    READ = "read"


# Every table that holds something of a case: the section that says it …
SAID_IN: Final[Mapping[str, SectionName]] = {
    "intake.report": SectionName.REPORT,
    "intake.part": SectionName.REPORT,
    "intake.handover": SectionName.CONSENTS,
    "outbox.promise": SectionName.CONSENTS,
    "exchange.package": SectionName.REPORT,
    "mailbox.message": SectionName.MESSAGES,
    "casework.case": SectionName.REPORT,
    "casework.step": SectionName.STEPS,
    "casework.log": SectionName.READ,
}
# … or why it is left out.
LEFT_OUT: Final[Mapping[str, str]] = {
    "intake.wrap": "keys",
    "intake.card": "counted without a link: nobody can tell which card belongs to whom",
    "intake.submission": "the receipt of a day, sealed for the person alone",
    "intake.draft": "not sent; its key is only in the browser",
    "casework.referral": "marks a proposal that stands among the messages",
    "casework.receipt": "the slip of an hour, which the person was given on paper",
    "casework.label": "how a Stelle sorts its work; says nothing that is not in the case",
    "casework.labelled": "the same",
    "casework.conflict": "about a member of the Stelle",
    "casework.conflict_step": "the same",
    "casework.assignment": "who works on a case; steps and readings say what was done",
    "casework.filter": "what a member looks for",
    "casework.search": "made from what is said, under a key",
    "casework.block": "texts that belong to no case",
    "casework.draft": "an answer that was not sent",
    "casework.disposal": "a proposal to erase, with the words of a member",
    "casework.hold": "why a case may not be erased yet, with the words of a member",
    "casework.note": "not written out yet: the Stelle adds what of it is the person's",
    "casework.record": "the same",
    "casework.entry": "the same",
    "casework.incident": "the same; it may speak of other people's cases",
    "casework.incident_link": "the same",
    "casework.series": "the same",
    "mailbox.notice_key": "a key that belongs to no case",
    "mailbox.notice": "the address for mails without content; only the person reads it",
    "casework.hint_answer": "what a member said of two cases; it speaks of somebody else's case",
    "intake.file": "files are saved one by one, on their own page",
    "intake.chunk": "the same",
}
# Parts of a report that are not written out.
PARTS_LEFT_OUT: Final[Mapping[str, str]] = {
    "wording": "stands with each consent",
    "card_id": "leads to the count, which must stay without a link",
}


class Given(Private, frozen=True, kw_only=True):
    """One consent and what became of it."""

    stelle: str
    given_on: date
    withdrawn_on: date | None
    letter: Letter | None
    standing: Standing | None


class Said(Private, frozen=True, kw_only=True):
    """One message between the person and *stelle*; *message* is None where it does not open."""

    stelle: str
    from_person: bool
    sent_on: date
    message: Message | None


class Done(Private, frozen=True, kw_only=True):
    """A step that was taken, or an act of the log; *name* is None where it was nobody here.

    *what* is a text key.
    """

    at: datetime
    what: str
    name: str | None


class CaseData(Private, frozen=True, kw_only=True):
    """Everything of a case that the document may say, opened; *number* is the Stelle's own."""

    number: str
    received_on: date
    account: Account
    contact: Contact | None
    given: tuple[Given, ...]
    mandates: Mapping[str, tuple[str, ...]]
    messages: tuple[Said, ...]
    steps: tuple[Done, ...] = ()
    read: tuple[Done, ...] = ()


# The document ---------------------------------------------------------------------------------


class Fact(Private, frozen=True):
    """One line. *codes* are the coded answers behind *value*, stable in every language."""

    name: str
    label: str
    value: str
    codes: tuple[str, ...] = ()


class Entry(Private, frozen=True, kw_only=True):
    """One thing of several, with a heading of its own: a consent, a message, a day."""

    heading: str
    facts: tuple[Fact, ...] = ()
    text: str = ""


class Section(Private, frozen=True, kw_only=True):
    """Facts, then a long text, then entries; each may be missing."""

    name: SectionName
    title: str
    facts: tuple[Fact, ...] = ()
    text: str = ""
    entries: tuple[Entry, ...] = ()


class CaseDocument(Private, frozen=True, kw_only=True):
    """A case, written out in one language."""

    format: Annotated[str, Meta(examples=[FORMAT])] = FORMAT
    version: int = VERSION
    audience: Audience
    language: Annotated[str, Meta(description="A code of the city's languages.")]
    made_on: date
    title: str
    lead: str
    sections: tuple[Section, ...]


def as_json(document: CaseDocument) -> bytes:
    """The document for other programs (Art. 20 GDPR), indented so that people can read it too."""
    return msgspec.json.format(msgspec.json.encode(document), indent=2)
