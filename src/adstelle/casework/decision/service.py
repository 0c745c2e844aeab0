"""Take a case over, or say why not."""

from datetime import date
from enum import Enum, auto
from uuid import UUID

from adstelle.casework import store, writing
from adstelle.casework.access import within
from adstelle.casework.decision.store import decide
from adstelle.casework.store import Act
from adstelle.casework.writing import Written
from adstelle.crypto.sessions import Session
from adstelle.database import Connection, Pool
from adstelle.domain import case
from adstelle.domain.handover import Decision, Reason
from adstelle.domain.private import Private
from adstelle.domain.report import Message
from adstelle.errors import AdstelleError


class Decided(Enum):
    """What became of a decision."""

    KEPT = auto()
    TAKEN_OVER = auto()  # a colleague took the case over before
    CHANGED = auto()  # the same form was sent before, with another message
    NO_SUCH_CASE = auto()


class Refusal(Private, frozen=True):
    """Why a Stelle does not take a case over, and what it tells the person; maybe nothing."""

    reason: Reason
    text: str
    message_id: UUID


class Undecided(Private, frozen=True):
    """A case that can still be refused."""

    can_write: bool


class _MessageChanged(AdstelleError):
    """Ends the transaction: nothing of it happened."""


class Decisions:
    """What a Stelle says to a case. Every step follows the table, and the history stays."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def look(self, session: Session, case_id: UUID) -> Undecided | Decided:
        """Whether a case can be refused, and whether its person can be written to."""
        async with within(self._pool, session) as conn:
            row = await store.case_of(conn, case_id)
        if row is None:
            return Decided.NO_SUCH_CASE
        if not case.may_decide(row.decision, Decision.REFUSED):
            return Decided.TAKEN_OVER
        return Undecided(can_write=row.mailbox_key is not None)

    async def accept(self, session: Session, case_id: UUID, today: date) -> Decided:
        """Take a case over, also one that was refused before."""
        async with within(self._pool, session) as conn:
            return await _decide(conn, session, case_id, (Decision.ACCEPTED, None), today)

    async def refuse(
        self, session: Session, case_id: UUID, refusal: Refusal, today: date
    ) -> Decided:
        """Say that a case is not taken over; it is closed. The person can be told why in words."""
        try:
            async with within(self._pool, session) as conn:
                said = (Decision.REFUSED, refusal.reason)
                became = await _decide(conn, session, case_id, said, today)
                if became is Decided.KEPT and refusal.text:
                    await _tell(conn, session, case_id, refusal, today)
                return became
        except _MessageChanged:
            return Decided.CHANGED


async def _decide(
    conn: Connection,
    session: Session,
    case_id: UUID,
    said: tuple[Decision, Reason | None],
    today: date,
) -> Decided:
    """Write down what was said, and take the steps that follow from it."""
    state = await store.lock_state(conn, case_id)
    row = await store.case_of(conn, case_id)
    if state is None or row is None:
        return Decided.NO_SUCH_CASE
    decision, reason = said
    if not case.may_decide(row.decision, decision):
        return Decided.TAKEN_OVER
    if await decide(conn, session, case_id, decision, reason, today):
        for step in case.brought_about(state, decision):
            await store.append_step(conn, session, case_id, step, today)
    return Decided.KEPT


async def _tell(
    conn: Connection, session: Session, case_id: UUID, refusal: Refusal, today: date
) -> None:
    to = await store.address(conn, case_id)
    if to is None:  # a package brings nobody to write to
        return
    message = Message(text=refusal.text)
    written = await writing.write(conn, session, to, refusal.message_id, message, today)
    if written is Written.CHANGED:
        raise _MessageChanged
    if written is Written.NEW:
        await store.append_log(conn, session, Act.MESSAGE_SENT, [case_id])
