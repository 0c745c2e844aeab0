"""An adviser's work on a case: read, answer, step. The log is written before anything opens."""

from collections.abc import Iterable, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from datetime import date, datetime
from enum import Enum, auto
from typing import Final
from uuid import UUID

from adstelle.casework import opened, store, writing
from adstelle.casework.access import within
from adstelle.casework.decision import store as decisions
from adstelle.casework.desk import store as desks
from adstelle.casework.desk.look import Desk, desk_of
from adstelle.casework.index.service import Index
from adstelle.casework.opened import Content
from adstelle.casework.record import opening as record_opening
from adstelle.casework.record.opening import Brief
from adstelle.casework.referral import store as referral_store
from adstelle.casework.referral.store import Before
from adstelle.casework.store import Act, CaseRow, LogRow, MessageRow, StepRow
from adstelle.casework.writing import Written
from adstelle.city import City
from adstelle.crypto.hpke import PrivateKey
from adstelle.crypto.sessions import Session
from adstelle.database import Connection, Pool
from adstelle.domain import case, referral
from adstelle.domain.case import Closing, State
from adstelle.domain.handover import Decision, Letter, Reason
from adstelle.domain.private import Private
from adstelle.domain.referral import Choice, Referral, Said
from adstelle.domain.report import Account, Contact, Message, mandates_of
from adstelle.errors import Unopenable
from adstelle.handing import Handing

CLOSING: Final = "closing"


class Answered(Enum):
    """What became of an answer."""

    KEPT = auto()
    CHANGED = auto()  # the same form was sent before, with another text: that one was kept
    NO_SUCH_CASE = auto()


class Step(Private, frozen=True, kw_only=True):
    """A step that was taken, by whom, and if it closed the case maybe why."""

    from_state: State
    to_state: State
    taken_at: datetime
    name: str
    takes_back: bool
    closing: Closing | None


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
    steps: tuple[Step, ...]
    log: tuple[LogRow, ...]
    desk: Desk
    awaits_answer: bool
    brief: Brief
    wish: Wish | None


class Casework:
    """What an adviser can do, each time within the Stelle of their session."""

    def __init__(self, pool: Pool, city: City) -> None:
        self._pool = pool
        self._rules = city.rules
        self._handing = Handing(city)
        self._index = Index(pool, city)

    async def read(self, session: Session, case_id: UUID, today: date) -> CaseFile | None:
        """Open a case; a new one counts as read now. None where the Stelle has no such case."""
        async with self._transaction(session) as conn:
            row = await store.case_of(conn, case_id)
            if row is None:
                return None
            await store.append_log(conn, session, Act.CASE_READ, [case_id])
            if await store.lock_state(conn, case_id) is State.NEU:
                await store.append_step(conn, session, case_id, (State.NEU, State.GELESEN), today)
        opened_case = await self._open(session, row, today)
        if opened_case is None:
            return None
        file, before = opened_case
        await self._note_answers(session, case_id, before, said(file.notes), today)
        await self._index.keep(
            session, case_id, file.account, spoken(file.notes), today, file.brief.record
        )
        return file

    async def look(self, session: Session, case_id: UUID, act: Act) -> CaseFile | None:
        """Open a case as it is, and log *act*: nobody is told that anything was read."""
        async with self._transaction(session) as conn:
            row = await store.case_of(conn, case_id)
            if row is None:
                return None
            await store.append_log(conn, session, act, [case_id])
        opened_case = await self._open(session, row, None)
        return opened_case[0] if opened_case else None

    async def _open(
        self, session: Session, row: CaseRow, today: date | None
    ) -> tuple[CaseFile, Before] | None:
        """Open what was logged before. With *today* the person's messages count as read then."""
        case_id, private = row.case_id, session.key()
        content = opened.content(row, private, session.stelle)
        async with self._transaction(session) as conn:
            state = await store.lock_state(conn, case_id)
            desk = await desk_of(conn, session, case_id)
            if state is None or desk is None:  # taken away in between
                return None
            if content.shares_contact:
                await store.append_log(conn, session, Act.CONTACT_READ, [case_id])
            messages = await _conversation(conn, row, today)
            before = await _before(conn, row, session.stelle)
            receivers = self._handing.receivers(await referral_store.public_keys(conn))
            steps = await store.steps(conn, case_id)
            log = await store.log_of(conn, case_id)
            brief = await record_opening.brief(conn, session, case_id)
        account = content.account
        notes = tuple(_note(row, private, session.stelle) for row in messages)
        conversation = said(notes)
        referrals = referral.referrals(before.handed, conversation, before.settled)
        file = CaseFile(
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
            steps=tuple(_step(session, case_id, step) for step in steps),
            log=tuple(log),
            desk=desk,
            awaits_answer=row.report_id is not None
            and all(message.author == "person" for message in messages),
            brief=brief,
            wish=_wish(row),
        )
        return file, before

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
                await desks.drop_draft(conn, case_id)
        return Answered.CHANGED if written is Written.CHANGED else Answered.KEPT

    async def take_step(
        self,
        session: Session,
        case_id: UUID,
        to: State,
        today: date,
        closing: Closing | None = None,
    ) -> bool:
        """Move a case; false where the Stelle has no such case. Who works on it has taken it over.
        Why a case is closed is for the Stelle alone.

        Raises `StepRefused` where the table of steps has no such step.
        """
        async with self._transaction(session) as conn:
            state = await store.lock_state(conn, case_id)
            if state is None:
                return False
            step = (state, case.advance(state, to))
            reason = sealed_reason(session, case_id, closing) if closing else None
            await store.append_step(conn, session, case_id, step, today, reason)
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
        return within(self._pool, session)


def sealed_reason(session: Session, case_id: UUID, closing: Closing) -> bytes:
    """Seal why a case is closed."""
    return session.seal_own(CLOSING, closing.encode(), case_id.bytes)


def _step(session: Session, case_id: UUID, row: StepRow) -> Step:
    closing = None
    if row.reason is not None:
        with suppress(Unopenable):
            opened_reason = session.open_own(CLOSING, row.reason, case_id.bytes)
            closing = Closing(opened_reason.decode())
    return Step(
        from_state=row.from_state,
        to_state=row.to_state,
        taken_at=row.taken_at,
        name=row.name,
        takes_back=row.takes_back,
        closing=closing,
    )


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


async def _conversation(conn: Connection, row: CaseRow, today: date | None) -> Sequence[MessageRow]:
    """Read what person and Stelle wrote to each other; a package brings no conversation."""
    if row.report_id is None:
        return ()
    messages = await store.messages(conn, row.report_id)
    if today is not None:
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
