"""What advisers' pages show: codes as words, typed text as it was typed, days as people say."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from itertools import groupby
from operator import itemgetter
from typing import Final
from uuid import UUID

import msgspec
from markupsafe import Markup, escape

from adstelle.casework.service import CaseFile, Entry, Note, Queue
from adstelle.casework.store import Act
from adstelle.domain import case
from adstelle.domain.case import State
from adstelle.domain.report import Account, Contact
from adstelle.domain.routing import CodedAnswers
from adstelle.web import dates
from adstelle.web.pages import Pages

KINDS: Final[Mapping[State, str]] = {
    State.NEU: "danger",
    State.GELESEN: "warning",
    State.IN_BEARBEITUNG: "info",
    State.RUECKFRAGE: "info",
    State.ABGESCHLOSSEN: "success",
}
_YES_NO: Final[Mapping[object, str]] = {
    True: "common.yes",
    False: "common.no",
    "ja": "common.yes",
    "nein": "common.no",
    "unklar": "common.unknown",
}


SEPARATOR: Final = " · "  # the same in every script and direction of writing


class Row(msgspec.Struct, frozen=True):
    """One line of a list of facts."""

    label: str
    value: str | Markup
    href: None = None


class QueueRow(msgspec.Struct, frozen=True):
    """One case of the queue, in words."""

    report_id: UUID
    number: str
    received: str
    state: str
    kind: str
    unread: int
    facts: tuple[str, ...] | None


class StateLink(msgspec.Struct, frozen=True):
    """One choice of the filter; *value* is empty for all cases."""

    value: str
    label: str
    count: int
    current: bool


class NoteShown(msgspec.Struct, frozen=True):
    """One message of the conversation, in words."""

    author: str
    day: str
    own: bool
    is_new: bool
    was_read: bool
    text: Markup | None


class Line(msgspec.Struct, frozen=True):
    """One line of the history or of the log."""

    moment: str
    what: str
    name: str


def number(report_id: UUID) -> str:
    """The short number of a case, to be read out over the phone. It means nothing."""
    digits = report_id.hex[:8].upper()
    return f"{digits[:4]} {digits[4:]}"


def typed(text: str) -> Markup:
    """What a person typed: paragraphs and lines kept, each in its own direction of writing."""
    blocks = (block.strip("\n") for block in text.strip().split("\n\n"))
    return Markup("").join(
        Markup('<p dir="auto">{}</p>').format(
            Markup("<br>").join(escape(line) for line in block.split("\n"))
        )
        for block in blocks
        if block.strip()
    )


class Words:
    """The words of one reader's language."""

    def __init__(self, pages: Pages, lang: str) -> None:
        self._pages = pages
        self._lang = lang

    def text(self, key: str, **values: object) -> str:
        """A text in the reader's language."""
        return self._pages.text(self._lang, key, **values)

    def day(self, given: date) -> str:
        """A day as it is written in the reader's language."""
        return dates.day(self._pages, self._lang, given)

    def moment(self, given: datetime) -> str:
        """A moment in the city's time."""
        return dates.moment(self._pages, self._lang, given)

    def state(self, state: State) -> str:
        """Where a case stands."""
        return self.text(f"staff.state.{state}")

    def stelle(self, code: str) -> str:
        """The name of a Stelle."""
        return self.text(f"stelle.{code}.name")

    def code(self, question: str, code: str | None) -> str:
        """A coded answer. A code that the city no longer has is shown as it is."""
        key = f"code.{question}.{code}"
        return self._known(key, code or "")

    def district(self, code: str | None) -> str:
        """The name of a district."""
        return self._known(f"district.{code}", code or "")

    def language(self, code: str) -> str:
        """The name of a language, in that language."""
        known = self._pages.city.catalogue.languages.get(code)
        return known.name if known else code

    def yes_no(self, answer: bool | str | None) -> str:
        """Yes, no or unknown; empty if it was not answered."""
        return self.text(_YES_NO[answer]) if answer in _YES_NO else str(answer or "")

    def incident_day(self, account: Account) -> str:
        """When it happened."""
        return dates.incident_day(self._pages, self._lang, account.date)

    def _known(self, key: str, otherwise: str) -> str:
        return self.text(key) if self._pages.city.catalogue.has(key) else otherwise


def queue_rows(words: Words, queue: Queue) -> list[QueueRow]:
    """The cases of a page of the queue."""
    return [_queue_row(words, entry) for entry in queue.entries]


def _queue_row(words: Words, entry: Entry) -> QueueRow:
    return QueueRow(
        report_id=entry.report_id,
        number=number(entry.report_id),
        received=words.day(entry.received_on),
        state=words.state(entry.state),
        kind=KINDS[entry.state],
        unread=entry.unread,
        facts=_facts(words, entry.account.answers) if entry.account else None,
    )


def _facts(words: Words, answers: CodedAnswers) -> tuple[str, ...]:
    """What a case is about, in three lines."""
    lines = (
        words.code("incident_type", answers.incident_type),
        SEPARATOR.join(words.code("grounds", code) for code in answers.grounds),
        words.code("area_of_life", answers.area_of_life),
    )
    return tuple(filter(None, lines))


def state_links(words: Words, tally: Mapping[State, int], chosen: State | None) -> list[StateLink]:
    """The filter: all cases, then each state."""
    everything = StateLink("", words.text("staff.queue.all"), sum(tally.values()), chosen is None)
    return [everything] + [
        StateLink(state, words.state(state), tally.get(state, 0), state is chosen)
        for state in State
    ]


def report_rows(words: Words, file: CaseFile, account: Account) -> list[Row]:
    """The report but for the account itself: what was answered, nothing for what was not."""
    answers, text = account.answers, words.text
    coded = ("incident_type", "area_of_life", "alleged_responsible", "territory")
    found: Iterable[tuple[str, str | Markup]] = (
        ("reporter_role", words.code("reporter_role", answers.reporter_role)),
        ("grounds", _lines(words.code("grounds", code) for code in answers.grounds)),
        ("ground_words", typed(account.ground_words)),
        *((name, words.code(name, getattr(answers, name))) for name in coded),
        ("place", typed(account.place)),
        ("district", words.district(account.district)),
        (
            "date",
            Markup("<bdi>{}</bdi>").format(when) if (when := words.incident_day(account)) else "",
        ),
        ("frequency", words.code("frequency", account.frequency)),
        *(
            (name, words.yes_no(getattr(answers, name)))
            for name in ("online", "criminal_relevance", "resident")
        ),
        ("affected_agrees", words.yes_no(account.affected_agrees)),
        ("mandates", _lines(words.code("mandate", code) for code in account.mandates)),
        ("language", words.language(account.language)),
        ("interpreter", typed(account.interpreter)),
        (
            "consent",
            text(
                "staff.case.with_contact" if file.shares_contact else "staff.case.without_contact"
            ),
        ),
        ("received", words.day(file.received_on)),
    )
    return [Row(text(f"staff.field.{name}"), value) for name, value in found if value]


def contact_rows(words: Words, contact: Contact) -> list[Row]:
    """How to reach the person, as far as they said."""
    voicemail = "staff.case.voicemail_yes" if contact.voicemail else "staff.case.voicemail_no"
    found: Iterable[tuple[str, str | Markup]] = (
        ("name", typed(contact.name)),
        ("address_as", typed(contact.address_as)),
        ("mail", Markup('<bdi dir="ltr">{}</bdi>').format(contact.mail) if contact.mail else ""),
        ("phone", Markup('<bdi dir="ltr">{}</bdi>').format(contact.phone) if contact.phone else ""),
        ("safe_times", typed(contact.safe_times)),
        ("voicemail", words.text(voicemail) if contact.phone else ""),
    )
    return [Row(words.text(f"staff.field.{name}"), value) for name, value in found if value]


def notes(words: Words, given: Iterable[Note], stelle: str) -> list[NoteShown]:
    """The conversation."""
    return [
        NoteShown(
            author=words.text("staff.case.person") if note.from_person else words.stelle(stelle),
            day=words.day(note.sent_on),
            own=not note.from_person,
            is_new=note.is_new,
            was_read=note.was_read,
            text=None if note.text is None else typed(note.text),
        )
        for note in given
    ]


def history(words: Words, file: CaseFile) -> list[Line]:
    """The steps, oldest first."""
    return [
        Line(words.moment(step.taken_at), words.state(step.to_state), step.name)
        for step in file.steps
    ]


def log(words: Words, file: CaseFile) -> list[Line]:
    """Who read or did what, newest first; what one person did within a minute is one line."""
    read = [(words.moment(entry.done_at), entry.name, entry.act) for entry in file.log]
    return [
        Line(moment, SEPARATOR.join(_acts(words, entries)), name)
        for (moment, name), entries in groupby(read, key=itemgetter(0, 1))
    ]


def _acts(words: Words, entries: Iterable[tuple[str, str, Act]]) -> Iterable[str]:
    return dict.fromkeys(words.text(f"staff.act.{act}") for *_, act in entries)


def steps(words: Words, state: State) -> list[tuple[State, str]]:
    """The steps that may be taken from here; being read is not chosen, it happens."""
    return [(to, words.text(f"staff.step.{to}")) for to in case.allowed(state)]


def _lines(parts: Iterable[str]) -> Markup:
    return Markup("<br>").join(escape(part) for part in parts)
