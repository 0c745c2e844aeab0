"""An adviser's work: queue, case, answer, step. The log is written before anything opens."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import date
from enum import Enum, auto
from typing import Final
from uuid import UUID

from adstelle.casework import store
from adstelle.casework.store import (
    Act,
    CaseRow,
    LogRow,
    MessageRow,
    QueueRow,
    SealedCase,
    StepRow,
)
from adstelle.crypto import sealing
from adstelle.crypto.hpke import PrivateKey
from adstelle.crypto.sealing import PartKeys
from adstelle.crypto.sessions import Session
from adstelle.database import Connection, Pool, Role, transaction
from adstelle.domain import case
from adstelle.domain.case import State
from adstelle.domain.private import Private
from adstelle.domain.report import Account, Contact, Message
from adstelle.errors import Unopenable

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
    account: Account | None


class Queue(Private, frozen=True):
    """A page of the queue. *newer* and *older* are positions to go on from, where there is more."""

    entries: tuple[Entry, ...]
    tally: dict[State, int]
    newer: int | None
    older: int | None


class Note(Private, frozen=True):
    """A message of the conversation; *message* is None where it does not open."""

    from_person: bool
    sent_on: date
    is_new: bool
    was_read: bool
    message: Message | None


class CaseFile(Private, frozen=True):
    """A case, opened as far as consent goes; *account* is None where it does not open."""

    case_id: UUID
    state: State
    received_on: date
    account: Account | None
    shares_contact: bool
    contact: Contact | None
    notes: tuple[Note, ...]
    steps: tuple[StepRow, ...]
    log: tuple[LogRow, ...]
    awaits_answer: bool


class Casework:
    """What an adviser can do, each time within the Stelle of their session."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def queue(
        self, session: Session, state: State | None, *, before: int | None, after: int | None
    ) -> Queue:
        """Show a page of cases: the newest, those older than *before* or newer than *after*."""
        async with self._transaction(session) as conn:
            rows, newer, older = await _page(conn, state, before=before, after=after)
            tally = await store.tally(conn)
            if rows:
                case_ids = [row.case_id for row in rows]
                await store.append_log(conn, session, Act.QUEUE_READ, case_ids)
        key = session.key()
        return Queue(
            entries=tuple(_entry(row, key, session.stelle) for row in rows),
            tally=tally,
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
        keys = _part_keys(row, private, session.stelle)
        async with self._transaction(session) as conn:
            if keys and keys.contact:
                await store.append_log(conn, session, Act.CONTACT_READ, [case_id])
            state = await store.lock_state(conn, case_id) or row.state
            messages = await _conversation(conn, row, today)
            steps = await store.steps(conn, case_id)
            log = await store.log_of(conn, case_id)
        return CaseFile(
            case_id=case_id,
            state=state,
            received_on=row.received_on,
            account=_account(row, keys),
            shares_contact=keys is not None and keys.contact is not None,
            contact=_contact(row, keys),
            notes=tuple(_note(row, private, session.stelle) for row in messages),
            steps=tuple(steps),
            log=tuple(log),
            awaits_answer=row.report_id is not None
            and all(message.author == "person" for message in messages),
        )

    async def answer(
        self, session: Session, case_id: UUID, message_id: UUID, text: str, today: date
    ) -> Answered:
        """Write to the person. The same *message_id* is kept once."""
        async with self._transaction(session) as conn:
            to = await store.address(conn, case_id)
            if to is None:
                return Answered.NO_SUCH_CASE
            private = session.key()
            sealed = sealing.seal_message(
                to.report_id,
                message_id,
                session.stelle,
                Message(text=text),
                stelle_key=private.public(),
                mailbox_key=to.mailbox_key,
            )
            if await store.insert_message(conn, session, to.report_id, message_id, sealed, today):
                await store.append_log(conn, session, Act.MESSAGE_SENT, [case_id])
                return Answered.KEPT
            kept = await store.message(conn, to.report_id, message_id)
        if kept is None:
            return Answered.CHANGED
        binding = sealing.message_binding(to.report_id, message_id, session.stelle)
        before = sealing.open_message(private, kept[1], kept[0], binding)
        return Answered.KEPT if before.text == text else Answered.CHANGED

    async def take_step(self, session: Session, case_id: UUID, to: State, today: date) -> bool:
        """Move a case; false where the Stelle has no such case.

        Raises `StepRefused` where the table of steps has no such step.
        """
        async with self._transaction(session) as conn:
            state = await store.lock_state(conn, case_id)
            if state is None:
                return False
            step = (state, case.advance(state, to))
            await store.append_step(conn, session, case_id, step, today)
        return True

    def _transaction(self, session: Session) -> AbstractAsyncContextManager[Connection]:
        return transaction(self._pool, Role.CASEWORK, scope=session.stelle)


async def _page(
    conn: Connection, state: State | None, *, before: int | None, after: int | None
) -> tuple[Sequence[QueueRow], int | None, int | None]:
    """Read one page of rows, and whether there is more on either side."""
    if after is not None:
        rows = await store.queue_newer(conn, state, after=after, most=PAGE + 1)
        if len(rows) > PAGE:  # else this is the newest page, which may have become longer
            rows = rows[1:]
            return rows, rows[0].position, rows[-1].position
        before = None
    rows = await store.queue(conn, state, before=before or store.NEWEST, most=PAGE + 1)
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


def _part_keys(row: SealedCase, private: PrivateKey, stelle: str) -> PartKeys | None:
    if row.wrapped is None or row.report_id is None:
        return None
    try:
        return sealing.unwrap_keys(private, row.wrapped, row.report_id, stelle)
    except Unopenable:
        return None


def _account(row: SealedCase, keys: PartKeys | None) -> Account | None:
    if keys is None or row.account is None or row.report_id is None:
        return None
    try:
        return sealing.open_account(keys, row.account, row.report_id)
    except Unopenable:
        return None


def _contact(row: CaseRow, keys: PartKeys | None) -> Contact | None:
    """The contact, where consent gave its key."""
    if keys is None or row.contact is None or row.report_id is None:
        return None
    try:
        return sealing.open_contact(keys, row.contact, row.report_id)
    except Unopenable:
        return None


def _entry(row: QueueRow, private: PrivateKey, stelle: str) -> Entry:
    return Entry(
        case_id=row.case_id,
        state=row.state,
        received_on=row.received_on,
        unread=row.unread,
        awaits_answer=row.awaits_answer,
        account=_account(row, _part_keys(row, private, stelle)),
    )


def _note(row: MessageRow, private: PrivateKey, stelle: str) -> Note:
    from_person = row.author == "person"
    return Note(
        from_person=from_person,
        sent_on=row.sent_on,
        is_new=from_person and row.read_on is None,
        was_read=row.read_on is not None,
        message=_message(row, private, stelle),
    )


def _message(row: MessageRow, private: PrivateKey, stelle: str) -> Message | None:
    if row.for_stelle is None:
        return None
    binding = sealing.message_binding(row.report_id, row.message_id, stelle)
    try:
        return sealing.open_message(private, row.for_stelle, row.sealed, binding)
    except Unopenable:
        return None
