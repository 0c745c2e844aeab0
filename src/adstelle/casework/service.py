"""An adviser's work: queue, case, answer, step. The log is written before anything opens."""

from collections.abc import Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import date
from enum import Enum, auto
from typing import Final
from uuid import UUID

import msgspec

from adstelle.casework import opened, store, writing
from adstelle.casework.decision import store as decisions
from adstelle.casework.erasure import store as erasures
from adstelle.casework.opened import Content
from adstelle.casework.referral import store as referral_store
from adstelle.casework.referral.store import Before
from adstelle.casework.store import Act, CaseRow, LogRow, MessageRow, QueueRow, Sought, StepRow
from adstelle.casework.writing import Written
from adstelle.city import City
from adstelle.crypto.hpke import PrivateKey
from adstelle.crypto.sessions import Session
from adstelle.database import Connection, Pool, Role, transaction
from adstelle.domain import case, referral
from adstelle.domain.case import State
from adstelle.domain.handover import Decision, Letter, Reason
from adstelle.domain.private import Private
from adstelle.domain.referral import AWAITED, Choice, Referral, Said
from adstelle.domain.report import Account, Contact, Message, mandates_of
from adstelle.handing import Handing

PAGE: Final = 25


class Answered(Enum):
    """What became of an answer."""

    KEPT = auto()
    CHANGED = auto()  # the same form was sent before, with another text: that one was kept
    NO_SUCH_CASE = auto()


class Entry(Private, frozen=True):
    """A case in the queue; *account* is None where it does not open."""

    case_id: UUID
    state: State
    received_on: date
    unread: int
    awaits_answer: bool
    needs_attention: bool
    account: Account | None


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What part of the queue: cases in one state, or those with a referral to be looked at; the
    newest, those older than *before* or newer than *after*.
    """

    state: State | None = None
    attention: bool = False
    before: int | None = None
    after: int | None = None


class Queue(Private, frozen=True):
    """A page of the queue. *newer* and *older* are positions to go on from, where there is more."""

    entries: tuple[Entry, ...]
    tally: dict[State, int]
    attention: int
    newer: int | None
    older: int | None


class Note(Private, frozen=True):
    """A message of the conversation; *message* is None where it does not open."""

    message_id: UUID
    from_person: bool
    sent_on: date
    is_new: bool
    was_read: bool
    message: Message | None


class Came(Private, frozen=True, kw_only=True):
    """How a case came here, and what the Stelle said to it.

    *letter* is None where none was kept; *sender* is the partner that a package came from.
    """

    is_package: bool
    sender: str | None
    letter: Letter | None
    given_on: date
    decision: Decision | None
    reason: Reason | None


class Wish(Private, frozen=True, kw_only=True):
    """The person wants everything erased; *is_open* until the Stelle has answered."""

    asked_on: date
    answer_by: date
    is_open: bool


class CaseFile(Private, frozen=True, kw_only=True):
    """A case, opened as far as consent goes; *account* is None where it does not open.

    *choices* are the Stellen that it could be referred to.
    """

    case_id: UUID
    state: State
    received_on: date
    came: Came
    account: Account | None
    shares_contact: bool
    contact: Contact | None
    mandates: tuple[str, ...]
    notes: tuple[Note, ...]
    referrals: tuple[Referral, ...]
    choices: tuple[Choice, ...]
    steps: tuple[StepRow, ...]
    log: tuple[LogRow, ...]
    awaits_answer: bool
    wish: Wish | None


class Casework:
    """What an adviser can do, each time within the Stelle of their session."""

    def __init__(self, pool: Pool, city: City) -> None:
        self._pool = pool
        self._rules = city.rules
        self._handing = Handing(city)

    async def queue(self, session: Session, wanted: Wanted, today: date) -> Queue:
        """Show a page of cases."""
        sought = Sought(
            state=wanted.state, only_attention=wanted.attention, asked_before=today - AWAITED
        )
        async with self._transaction(session) as conn:
            rows, newer, older = await _page(conn, sought, wanted)
            tally, attention = await store.tally(conn), await store.attention(conn, sought)
            if rows:
                case_ids = [row.case_id for row in rows]
                await store.append_log(conn, session, Act.QUEUE_READ, case_ids)
        key = session.key()
        return Queue(
            entries=tuple(_entry(row, key, session.stelle) for row in rows),
            tally=tally,
            attention=attention,
            newer=newer,
            older=older,
        )

    async def read(self, session: Session, case_id: UUID, today: date) -> CaseFile | None:
        """Open a case; a new one counts as read now. None where the Stelle has no such case."""
        async with self._transaction(session) as conn:
            row = await store.case_of(conn, case_id)
            if row is None:
                return None
            await store.append_log(conn, session, Act.CASE_READ, [case_id])
            if await store.lock_state(conn, case_id) is State.NEU:
                await store.append_step(conn, session, case_id, (State.NEU, State.GELESEN), today)
        private = session.key()
        content = opened.content(row, private, session.stelle)
        async with self._transaction(session) as conn:
            if content.shares_contact:
                await store.append_log(conn, session, Act.CONTACT_READ, [case_id])
            state = await store.lock_state(conn, case_id) or row.state
            messages = await _conversation(conn, row, today)
            before = await _before(conn, row, session.stelle)
            receivers = self._handing.receivers(await referral_store.public_keys(conn))
            steps = await store.steps(conn, case_id)
            log = await store.log_of(conn, case_id)
        account = content.account
        notes = tuple(_note(row, private, session.stelle) for row in messages)
        conversation = said(notes)
        referrals = referral.referrals(before.handed, conversation, before.settled)
        await self._note_answers(session, case_id, before, conversation, today)
        return CaseFile(
            case_id=case_id,
            state=state,
            received_on=row.received_on,
            came=_came(row, content, private, session.stelle),
            account=account,
            shares_contact=content.shares_contact,
            contact=opened.contact(row, content),
            mandates=mandates_of(account, spoken(notes)) if account else (),
            notes=notes,
            referrals=referrals,
            choices=referral.choices(self._rules, account, receivers, session.stelle, referrals),
            steps=tuple(steps),
            log=tuple(log),
            awaits_answer=row.report_id is not None
            and all(message.author == "person" for message in messages),
            wish=_wish(row),
        )

    async def wishes(self, session: Session) -> tuple[int, date | None]:
        """How many wishes to erase wait for an answer, and until when the first has to have it."""
        async with self._transaction(session) as conn:
            return await erasures.tasks(conn)

    async def answer(
        self, session: Session, case_id: UUID, message_id: UUID, text: str, today: date
    ) -> Answered:
        """Write to the person. The same *message_id* is kept once."""
        async with self._transaction(session) as conn:
            to = await store.address(conn, case_id)
            if to is None:
                return Answered.NO_SUCH_CASE
            written = await writing.write(conn, session, to, message_id, Message(text=text), today)
            if written is Written.NEW:
                await store.append_log(conn, session, Act.MESSAGE_SENT, [case_id])
        return Answered.CHANGED if written is Written.CHANGED else Answered.KEPT

    async def take_step(self, session: Session, case_id: UUID, to: State, today: date) -> bool:
        """Move a case; false where the Stelle has no such case. Who works on it has taken it over.

        Raises `StepRefused` where the table of steps has no such step.
        """
        async with self._transaction(session) as conn:
            state = await store.lock_state(conn, case_id)
            if state is None:
                return False
            step = (state, case.advance(state, to))
            await store.append_step(conn, session, case_id, step, today)
            if case.takes_over(to):
                await decisions.decide(conn, session, case_id, Decision.ACCEPTED, None, today)
        return True

    async def _note_answers(
        self,
        session: Session,
        case_id: UUID,
        before: Before,
        conversation: Iterable[Said],
        today: date,
    ) -> None:
        """What the person answered is known only once it was opened: note it for the queue."""
        for state, subjects in referral.answers(before.marks, conversation).items():
            async with self._transaction(session) as conn:
                await referral_store.mark(conn, session, case_id, subjects, state, today)

    def _transaction(self, session: Session) -> AbstractAsyncContextManager[Connection]:
        return transaction(self._pool, Role.CASEWORK, scope=session.stelle)


def spoken(notes: Iterable[Note]) -> list[Message]:
    """The messages that opened."""
    return [note.message for note in notes if note.message is not None]


def said(notes: Iterable[Note]) -> list[Said]:
    """The same with their numbers and days."""
    return [
        Said(note.message_id, note.sent_on, note.message)
        for note in notes
        if note.message is not None
    ]


async def _page(
    conn: Connection, sought: Sought, wanted: Wanted
) -> tuple[Sequence[QueueRow], int | None, int | None]:
    """Read one page of rows, and whether there is more on either side."""
    before = wanted.before
    if wanted.after is not None:
        rows = await store.queue_newer(conn, sought, after=wanted.after, most=PAGE + 1)
        if len(rows) > PAGE:  # else this is the newest page, which may have become longer
            rows = rows[1:]
            return rows, rows[0].position, rows[-1].position
        before = None
    rows = await store.queue(conn, sought, before=before or store.NEWEST, most=PAGE + 1)
    shown = rows[:PAGE]
    newer = shown[0].position if shown and before is not None else None
    return shown, newer, shown[-1].position if len(rows) > PAGE else None


async def _conversation(conn: Connection, row: CaseRow, today: date) -> Sequence[MessageRow]:
    """Read what person and Stelle wrote to each other; a package brings no conversation."""
    if row.report_id is None:
        return ()
    messages = await store.messages(conn, row.report_id)
    await store.mark_read(conn, row.report_id, today)
    return messages


async def _before(conn: Connection, row: CaseRow, stelle: str) -> Before:
    """Read what was referred so far; what came as a package is not referred from here."""
    if row.report_id is None:
        return Before((), {})
    return await referral_store.before(conn, row.report_id, row.case_id, stelle)


def _came(row: CaseRow, content: Content, private: PrivateKey, stelle: str) -> Came:
    return Came(
        is_package=row.package_id is not None,
        sender=row.sender,
        letter=opened.letter(row, content, private, stelle),
        given_on=row.given_on or row.received_on,
        decision=row.decision,
        reason=row.reason,
    )


def _wish(row: CaseRow) -> Wish | None:
    if row.erasure_asked_on is None or row.erasure_due_on is None:
        return None
    return Wish(
        asked_on=row.erasure_asked_on,
        answer_by=row.erasure_due_on,
        is_open=row.erasure_answer is None,
    )


def _entry(row: QueueRow, private: PrivateKey, stelle: str) -> Entry:
    return Entry(
        case_id=row.case_id,
        state=row.state,
        received_on=row.received_on,
        unread=row.unread,
        awaits_answer=row.awaits_answer,
        needs_attention=row.needs_attention,
        account=opened.content(row, private, stelle).account,
    )


def _note(row: MessageRow, private: PrivateKey, stelle: str) -> Note:
    from_person = row.author == "person"
    return Note(
        message_id=row.message_id,
        from_person=from_person,
        sent_on=row.sent_on,
        is_new=from_person and row.read_on is None,
        was_read=row.read_on is not None,
        message=opened.message(row, private, stelle),
    )
