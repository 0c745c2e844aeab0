"""What advisers' pages show of a case, ready for the templates."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import groupby
from operator import itemgetter
from typing import Any, Final, Protocol

import msgspec
from markupsafe import Markup, escape

from adstelle.casework import standing
from adstelle.casework.service import CaseFile, Note, Step
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
    State.WARTET_AUF_STELLE: "warning",
    State.RUHT: "info",
    State.ABGESCHLOSSEN: "success",
}


SEPARATOR: Final = " · "  # the same in every script and direction of writing


class Promised(Protocol):
    """A case as far as the promise of a first answer is concerned."""

    @property
    def state(self) -> State: ...
    @property
    def received_on(self) -> date: ...
    @property
    def awaits_answer(self) -> bool: ...


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
        "can_close": State.ABGESCHLOSSEN in case.allowed(file.state),
        "desk": desk(words, file),
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


class DeskShown(msgspec.Struct, frozen=True, kw_only=True):
    """Who works on a case, in words; *drafted* is the day on which a draft was kept."""

    assigned: str | None
    deputy: str | None
    is_mine: bool
    remind: str | None
    kept_away: int
    may_take_back: bool
    drafted: str | None


def desk(words: Words, file: CaseFile) -> DeskShown:
    """Who works on a case, and what this member left unfinished there."""
    standing_there, draft = file.desk.standing, file.desk.draft
    return DeskShown(
        assigned=standing_there.assigned_name,
        deputy=standing_there.deputy_name,
        is_mine=file.desk.is_mine,
        remind=words.day(standing_there.remind_on) if standing_there.remind_on else None,
        kept_away=standing_there.kept_away,
        may_take_back=file.desk.may_take_back,
        drafted=words.day(draft.saved_on) if draft else None,
    )


def promised(words: Words, given: Promised, stelle: str, today: date) -> list[Due]:
    """The first answer, as long as the person waits for one here and the case is open."""
    if not given.awaits_answer or given.state is State.ABGESCHLOSSEN:
        return []
    return words.promised(stelle, given.received_on, today)


def report_rows(words: Words, account: Account) -> list[Row]:
    """The report but for the account itself: what was answered, nothing for what was not."""
    rows = [
        *_answer_rows(words, account.answers),
        ("ground_words", fact(account.ground_words)),
        ("place", fact(account.place)),
        ("district", words.district(account.district)),
        ("date", fact(words.incident_day(account))),
        ("frequency", words.code("frequency", account.frequency)),
        ("affected_agrees", words.agrees(account.affected_agrees)),
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
    return [Line(words.moment(step.taken_at), _step(words, step), step.name) for step in file.steps]


def _step(words: Words, step: Step) -> str:
    """Where a step led, and what is to be said about it."""
    said = [words.state(step.to_state)]
    if step.takes_back:
        said.append(words.text("desk.taken_back"))
    if step.closing is not None:
        said.append(words.text(f"desk.closing.{step.closing}"))
    return SEPARATOR.join(said)


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
    """The steps that may be taken from here with one button; closing asks why on a page."""
    return [
        (to, words.text(f"staff.step.{to}"))
        for to in case.allowed(state)
        if to is not State.ABGESCHLOSSEN
    ]


def _lines(parts: Iterable[str]) -> Markup:
    return Markup("<br>").join(escape(part) for part in parts)
