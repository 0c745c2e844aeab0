"""A case written out: for the person (Art. 15 and 20 GDPR), or for the Stelle's paper file.

What belongs in is decided here, kind by kind, and so is what stays out and why. The document is
made of sections as data: whoever adds a new kind of case data adds a section, or says why there is
none.
"""

from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from adstelle.domain import record
from adstelle.domain.handover import Letter, Standing
from adstelle.domain.incident import Incident
from adstelle.domain.private import Private
from adstelle.domain.record import Record
from adstelle.domain.report import Account, Contact, Message

FORMAT: Final = "adstelle-case"
VERSION: Final = 1


class Audience(StrEnum):
    """Who gets the document. Only the Stelle's own file names its members and our numbers.

    REFERRAL is for a Stelle that the person agreed to: it says what that consent covers, no more.
    """

    PERSON = "person"
    FILE = "file"
    REFERRAL = "referral"


class SectionName(StrEnum):
    """The sections, in their order."""

    REPORT = "report"
    CONTACT = "contact"
    CONSENTS = "consents"
    WISHES = "wishes"
    DEADLINES = "deadlines"
    MESSAGES = "messages"
    RECORD = "record"
    WORK = "work"
    NOTES = "notes"
    INCIDENT = "incident"
    FILES = "files"
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
    "casework.record": SectionName.RECORD,
    "casework.entry": SectionName.WORK,
    "casework.note": SectionName.NOTES,
    "casework.incident": SectionName.INCIDENT,
    "casework.incident_link": SectionName.INCIDENT,
    "intake.file": SectionName.FILES,
    "casework.step": SectionName.STEPS,
    "casework.log": SectionName.READ,
}
# … or why it is left out.
LEFT_OUT: Final[Mapping[str, str]] = {
    "intake.wrap": "keys",
    "intake.card": "counted without a link: nobody can tell which card belongs to whom",
    "counting.assessment": "the same: what the Stelle found, as it is counted",
    "counting.mixed": "months only",
    "counting.resealing": "how far what is counted is sealed for a new key",
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
    "casework.tally": "codes of the case, kept to be counted; they stand in the case",
    "casework.block": "texts that belong to no case",
    "casework.draft": "an answer that was not sent",
    "casework.disposal": "a proposal to erase, with the words of a member",
    "casework.hold": "why a case may not be erased yet, with the words of a member",
    "mailbox.notice_key": "a key that belongs to no case",
    "mailbox.notice": "the address for mails without content; only the person reads it",
    "casework.hint_answer": "what a member said of two cases; it speaks of somebody else's case",
    "casework.series": "says which other incidents are like this one: that is about other people",
    "intake.chunk": "files are listed; their content is saved one by one, on their own page",
    "casework.export": "which copies were made; the log says that and when",
    "casework.takeout": "belongs to no case; the log of a case says that it was taken along",
    "casework.mask": "what is masked in copies: it stands in the texts it is taken from",
}
# Parts of a report that are not written out.
PARTS_LEFT_OUT: Final[Mapping[str, str]] = {
    "wording": "stands with each consent",
    "card_id": "leads to the count, which must stay without a link",
}

# What an adviser may leave out of a copy, part by part. What the person said and agreed to, and who
# read it, always goes in: passages of it can be masked.
LEAVABLE: Final = frozenset(
    {
        SectionName.MESSAGES,
        SectionName.RECORD,
        SectionName.WORK,
        SectionName.NOTES,
        SectionName.INCIDENT,
        SectionName.FILES,
    }
)


class LeftFor(StrEnum):
    """Why something is left out of a copy; the law behind each is in docs/decisions/0028."""

    OTHERS = "others"  # Art. 15 (4) GDPR: rights and freedoms of others
    NOT_ABOUT = "not_about"  # it says nothing about this person
    DANGER = "danger"  # it would put somebody in danger
    OTHER = "other"  # said in words


class Left(Private, frozen=True):
    """A part that was left out of a copy: its section, and how the entry was headed, if any."""

    section: SectionName
    heading: str = ""


class Copy(Private, frozen=True, kw_only=True, omit_defaults=True):
    """A copy that was made, for the Stelle's own log. *stelle*: who gets a referral.

    *left* went not in, for *reason*; *words* explain it. *masks*: how many masks were used.
    """

    audience: Audience
    kind: str
    stelle: str = ""
    left: tuple[Left, ...] = ()
    reason: LeftFor | None = None
    words: str = ""
    masks: int = 0


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


class Worked(Private, frozen=True, kw_only=True):
    """A contact or an intervention as it stands now; *entry* is None where it does not open."""

    made_at: datetime
    name: str
    entry: record.Entry | None


class Remark(Private, frozen=True, kw_only=True):
    """An internal note; *text* is None where it does not open. *replaced*: it was corrected."""

    at: datetime
    name: str
    text: str | None
    replaced: bool


class Attached(Private, frozen=True, kw_only=True):
    """A file; *kind* is a code of `adstelle.files.kinds`, *size* in bytes."""

    name: str
    kind: str
    size: int
    on: date
    from_person: bool


class CaseData(Private, frozen=True, kw_only=True):
    """Everything of a case that the document may say, opened; *number* is the Stelle's own."""

    number: str
    received_on: date
    account: Account
    contact: Contact | None
    given: tuple[Given, ...]
    mandates: Mapping[str, tuple[str, ...]]
    messages: tuple[Said, ...]
    record: Record | None = None
    work: tuple[Worked, ...] = ()
    remarks: tuple[Remark, ...] = ()
    incident: Incident | None = None
    files: tuple[Attached, ...] = ()
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


class Part(Private, frozen=True):
    """Something that can be left out: the whole of a section without entries, or one entry.

    *key* names it within one document; it means nothing in another one.
    """

    key: str
    section: Section
    entry: Entry | None


def parts(document: CaseDocument) -> Iterator[Part]:
    """Everything that an adviser may leave out, in the order of the document."""
    for section in document.sections:
        if section.name in LEAVABLE:
            yield from parts_of(section)


def parts_of(section: Section) -> Iterator[Part]:
    """The same of one section."""
    if section.facts or section.text:
        yield Part(section.name, section, None)
    for place, entry in enumerate(section.entries):
        yield Part(f"{section.name}-{place}", section, entry)


def without(document: CaseDocument, left: Collection[str]) -> CaseDocument:
    """The same without the parts of these keys; a section of which nothing is left goes as well."""
    kept = (_without(section, left) for section in document.sections)
    sections = tuple(each for each in kept if each.facts or each.text or each.entries)
    return msgspec.structs.replace(document, sections=sections)


def _without(section: Section, left: Collection[str]) -> Section:
    if section.name not in LEAVABLE:
        return section
    entries = (
        entry
        for place, entry in enumerate(section.entries)
        if f"{section.name}-{place}" not in left
    )
    whole = section.name in left
    return msgspec.structs.replace(
        section,
        facts=() if whole else section.facts,
        text="" if whole else section.text,
        entries=tuple(entries),
    )


def as_json(document: CaseDocument) -> bytes:
    """The document for other programs (Art. 20 GDPR), indented so that people can read it too."""
    return msgspec.json.format(msgspec.json.encode(document), indent=2)
