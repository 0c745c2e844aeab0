"""What advisers' pages show of a queue and of a case, ready for the templates."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import groupby
from operator import itemgetter
from typing import Any, Final
from uuid import UUID

import msgspec
from markupsafe import Markup, escape

from adstelle.casework import standing
from adstelle.casework.service import CaseFile, Entry, Note, Queue
from adstelle.casework.store import Act
from adstelle.casework.words import Row, Words, fact, number, typed
from adstelle.domain import case
from adstelle.domain.case import State
from adstelle.domain.report import Account, Contact
from adstelle.domain.routing import CodedAnswers
from adstelle.web.deadlines import Due

KINDS: Final[Mapping[State, str]] = {
    State.NEU: "info",
    State.GELESEN: "info",
    State.IN_BEARBEITUNG: "info",
    State.RUECKFRAGE: "warning",
    State.ABGESCHLOSSEN: "success",
}


SEPARATOR: Final = " · "  # the same in every script and direction of writing


class QueueRow(msgspec.Struct, frozen=True):
    """One case of the queue, in words."""

    case_id: UUID
    number: str
    received: str
    state: str
    kind: str
    unread: int
    needs_attention: bool
    facts: tuple[str, ...] | None
    due: tuple[Due, ...]


class Filter(msgspec.Struct, frozen=True):
    """One choice of the filter; *query* is what its link adds to the address of the queue."""

    query: str
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


def case_values(words: Words, file: CaseFile, stelle: str, today: date) -> dict[str, Any]:
    """What the page of a case shows of it."""
    account = file.account
    return {
        **standing.values(words, file, stelle, today),
        "stelle_name": words.stelle(stelle),
        "number": number(file.case_id),
        "file": file,
        "state": words.state(file.state),
        "kind": KINDS[file.state],
        "rows": report_rows(words, account) if account else [],
        "account": typed(account.account) if account else None,
        "contact": contact_rows(words, file.contact) if file.contact else [],
        "notes": notes(words, file.notes, stelle),
        "history": history(words, file),
        "log": log(words, file),
        "steps": steps(words, file.state),
        "due": promised(words, file, stelle, today) + words.due(account, today),
        "wish": wish(words, file, today),
    }


def wish(words: Words, file: CaseFile, today: date) -> dict[str, object] | None:
    """The person's wish to erase everything, as long as nobody has answered it."""
    if file.wish is None or not file.wish.is_open:
        return None
    return {
        "asked": words.day(file.wish.asked_on),
        "answer_by": words.day(file.wish.answer_by),
        "is_overdue": file.wish.answer_by < today,
    }


def promised(words: Words, given: CaseFile | Entry, stelle: str, today: date) -> list[Due]:
    """The first answer, as long as the person waits for one here and the case is open."""
    if not given.awaits_answer or given.state is State.ABGESCHLOSSEN:
        return []
    return words.promised(stelle, given.received_on, today)


def queue_rows(words: Words, queue: Queue, stelle: str, today: date) -> list[QueueRow]:
    """The cases of a page of the queue."""
    return [_queue_row(words, entry, stelle, today) for entry in queue.entries]


def _queue_row(words: Words, entry: Entry, stelle: str, today: date) -> QueueRow:
    is_closed = entry.state is State.ABGESCHLOSSEN
    by_law = [] if is_closed else words.next_due(entry.account, today)
    return QueueRow(
        case_id=entry.case_id,
        number=number(entry.case_id),
        received=words.day(entry.received_on),
        state=words.state(entry.state),
        kind=KINDS[entry.state],
        unread=entry.unread,
        needs_attention=entry.needs_attention,
        facts=_facts(words, entry.account.answers) if entry.account else None,
        due=(*promised(words, entry, stelle, today), *by_law),
    )


def _facts(words: Words, answers: CodedAnswers) -> tuple[str, ...]:
    """What a case is about, in three lines."""
    lines = (
        words.code("incident_type", answers.incident_type),
        SEPARATOR.join(words.code("grounds", code) for code in answers.grounds),
        words.code("area_of_life", answers.area_of_life),
    )
    return tuple(filter(None, lines))


def filters(
    words: Words, queue: Queue, chosen: State | None, *, with_attention: bool
) -> list[Filter]:
    """The filter: all cases, each state, and what needs somebody."""
    everything = chosen is None and not with_attention
    attention = words.text("referral.queue.filter")
    return [
        Filter("", words.text("staff.queue.all"), sum(queue.tally.values()), everything),
        *(
            Filter(f"stand={state}", words.state(state), queue.tally.get(state, 0), state is chosen)
            for state in State
        ),
        Filter("achtung=1", attention, queue.attention, with_attention),
    ]


def report_rows(words: Words, account: Account) -> list[Row]:
    """The report but for the account itself: what was answered, nothing for what was not."""
    rows = [
        *_answer_rows(words, account.answers),
        ("ground_words", fact(account.ground_words)),
        ("place", fact(account.place)),
        ("district", words.district(account.district)),
        ("date", fact(words.incident_day(account))),
        ("frequency", words.code("frequency", account.frequency)),
        ("affected_agrees", words.yes_no(account.affected_agrees)),
        ("mandates", _lines(words.code("mandate", code) for code in account.mandates)),
        ("language", words.language(account.language)),
        ("interpreter", fact(account.interpreter)),
    ]
    return _named(words, rows)


def _answer_rows(words: Words, answers: CodedAnswers) -> Iterator[tuple[str, str]]:
    """Every coded answer, in words."""
    yield "reporter_role", words.code("reporter_role", answers.reporter_role)
    yield "grounds", _lines(words.code("grounds", code) for code in answers.grounds)
    for name in ("incident_type", "area_of_life", "alleged_responsible", "territory"):
        yield name, words.code(name, getattr(answers, name))
    for name in ("online", "criminal_relevance", "resident"):
        yield name, words.yes_no(getattr(answers, name))


def contact_rows(words: Words, contact: Contact) -> list[Row]:
    """How to reach the person, as far as they said."""
    voicemail = words.text(f"staff.case.voicemail_{'yes' if contact.voicemail else 'no'}")
    rows = [
        ("name", fact(contact.name)),
        ("address_as", fact(contact.address_as)),
        ("mail", fact(contact.mail)),
        ("phone", _from_left(contact.phone)),
        ("safe_times", fact(contact.safe_times)),
        ("voicemail", voicemail if contact.phone else ""),
    ]
    return _named(words, rows)


def _named(words: Words, rows: Iterable[tuple[str, str]]) -> list[Row]:
    """Give every row its label; what was not answered is left out."""
    return [Row(words.text(f"staff.field.{name}"), value) for name, value in rows if value]


def _from_left(text: str) -> Markup:
    """A number: it reads from left to right in every language."""
    return Markup('<bdi dir="ltr">{}</bdi>').format(text) if text else Markup("")


def notes(words: Words, given: Iterable[Note], stelle: str) -> list[NoteShown]:
    """The conversation; what a message does stands before what it says."""
    given = tuple(given)
    return [
        NoteShown(
            author=words.text("staff.case.person") if note.from_person else words.stelle(stelle),
            day=words.day(note.sent_on),
            own=not note.from_person,
            is_new=note.is_new,
            was_read=note.was_read,
            text=None if note.message is None else standing.said(words, note.message, given),
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
        Line(moment, SEPARATOR.join(_acts(words, entries)), name or "")
        for (moment, name), entries in groupby(read, key=itemgetter(0, 1))
    ]


def _acts(words: Words, entries: Iterable[tuple[str, str | None, Act]]) -> Iterable[str]:
    return dict.fromkeys(words.text(f"staff.act.{act}") for *_, act in entries)


def steps(words: Words, state: State) -> list[tuple[State, str]]:
    """The steps that may be taken from here; being read is not chosen, it happens."""
    return [(to, words.text(f"staff.step.{to}")) for to in case.allowed(state)]


def _lines(parts: Iterable[str]) -> Markup:
    return Markup("<br>").join(escape(part) for part in parts)
