"""An adviser's work: queue, case, answer, step. The log is written before anything opens."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import date
from enum import Enum, auto
from typing import Final
from uuid import UUID

from adstelle.casework import store
from adstelle.casework.store import Act, CaseRow, LogRow, MessageRow, QueueRow, StepRow
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

    report_id: UUID
    state: State
    received_on: date
    unread: int
    account: Account | None


class Queue(Private, frozen=True):
    """A page of the queue. *newer* and *older* are positions to go on from, where there is more."""

    entries: tuple[Entry, ...]
    tally: dict[State, int]
    newer: int | None
    older: int | None


class Note(Private, frozen=True):
    """A message of the conversation; *text* is None where it does not open."""

    from_person: bool
    sent_on: date
    is_new: bool
    was_read: bool
    text: str | None


class CaseFile(Private, frozen=True):
    """A case, opened as far as consent goes; *account* is None where it does not open."""

    report_id: UUID
    state: State
    received_on: date
    account: Account | None
    shares_contact: bool
    contact: Contact | None
    notes: tuple[Note, ...]
    steps: tuple[StepRow, ...]
    log: tuple[LogRow, ...]


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
                report_ids = [row.report_id for row in rows]
                await store.append_log(conn, session, Act.QUEUE_READ, report_ids)
        key = session.key()
        return Queue(
            entries=tuple(_entry(row, key, session.stelle) for row in rows),
            tally=tally,
            newer=newer,
            older=older,
        )

    async def read(self, session: Session, report_id: UUID, today: date) -> CaseFile | None:
        """Open a case; a new one counts as read now. None where the Stelle has no such case."""
        async with self._transaction(session) as conn:
            row = await store.case_of(conn, report_id)
            if row is None:
                return None
            await store.append_log(conn, session, Act.CASE_READ, [report_id])
            if await store.lock_state(conn, report_id) is State.NEU:
                await store.append_step(conn, session, report_id, (State.NEU, State.GELESEN), today)
        private = session.key()
        keys = _part_keys(row, private, session.stelle)
        async with self._transaction(session) as conn:
            if keys and keys.contact:
                await store.append_log(conn, session, Act.CONTACT_READ, [report_id])
            state = await store.lock_state(conn, report_id) or row.state
            messages = await store.messages(conn, report_id)
            await store.mark_read(conn, report_id, today)
            steps = await store.steps(conn, report_id)
            log = await store.log_of(conn, report_id)
        return CaseFile(
            report_id=report_id,
            state=state,
            received_on=row.received_on,
            account=_account(row, keys),
            shares_contact=keys is not None and keys.contact is not None,
            contact=_contact(row, keys),
            notes=tuple(_note(m, private, report_id, session.stelle) for m in messages),
            steps=tuple(steps),
            log=tuple(log),
        )

    async def answer(
        self, session: Session, report_id: UUID, message_id: UUID, text: str, today: date
    ) -> Answered:
        """Write to the person. The same *message_id* is kept once."""
        async with self._transaction(session) as conn:
            mailbox_key = await store.mailbox_key(conn, report_id)
            if mailbox_key is None:
                return Answered.NO_SUCH_CASE
            private = session.key()
            sealed = sealing.seal_message(
                report_id,
                message_id,
                session.stelle,
                Message(text=text),
                stelle_key=private.public(),
                mailbox_key=mailbox_key,
            )
            if await store.insert_message(conn, session, report_id, message_id, sealed, today):
                await store.append_log(conn, session, Act.MESSAGE_SENT, [report_id])
                return Answered.KEPT
            kept = await store.message(conn, report_id, message_id)
        if kept is None:
            return Answered.CHANGED
        binding = sealing.message_binding(report_id, message_id, session.stelle)
        before = sealing.open_message(private, kept[1], kept[0], binding)
        return Answered.KEPT if before.text == text else Answered.CHANGED

    async def take_step(self, session: Session, report_id: UUID, to: State, today: date) -> bool:
        """Move a case; false where the Stelle has no such case.

        Raises `StepRefused` where the table of steps has no such step.
        """
        async with self._transaction(session) as conn:
            state = await store.lock_state(conn, report_id)
            if state is None:
                return False
            step = (state, case.advance(state, to))
            await store.append_step(conn, session, report_id, step, today)
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


def _part_keys(row: CaseRow | QueueRow, private: PrivateKey, stelle: str) -> PartKeys | None:
    try:
        return sealing.unwrap_keys(private, row.wrapped, row.report_id, stelle)
    except Unopenable:
        return None


def _account(row: CaseRow | QueueRow, keys: PartKeys | None) -> Account | None:
    try:
        return sealing.open_account(keys, row.account, row.report_id) if keys else None
    except Unopenable:
        return None


def _contact(row: CaseRow, keys: PartKeys | None) -> Contact | None:
    """The contact, where consent gave its key."""
    try:
        return sealing.open_contact(keys, row.contact, row.report_id) if keys else None
    except Unopenable:
        return None


def _entry(row: QueueRow, private: PrivateKey, stelle: str) -> Entry:
    return Entry(
        report_id=row.report_id,
        state=row.state,
        received_on=row.received_on,
        unread=row.unread,
        account=_account(row, _part_keys(row, private, stelle)),
    )


def _note(row: MessageRow, private: PrivateKey, report_id: UUID, stelle: str) -> Note:
    from_person = row.author == "person"
    return Note(
        from_person=from_person,
        sent_on=row.sent_on,
        is_new=from_person and row.read_on is None,
        was_read=row.read_on is not None,
        text=_text(row, private, report_id, stelle),
    )


def _text(row: MessageRow, private: PrivateKey, report_id: UUID, stelle: str) -> str | None:
    binding = sealing.message_binding(report_id, row.message_id, stelle)
    try:
        return sealing.open_message(private, row.for_stelle, row.sealed, binding).text
    except Unopenable:
        return None
