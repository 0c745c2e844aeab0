"""What the person wants done, written down anew, after a talk for instance. The history is kept."""

from datetime import date
from enum import Enum, auto
from uuid import UUID

from adstelle.casework import store, writing
from adstelle.casework.access import within
from adstelle.casework.dossier import log_read, open_case
from adstelle.casework.store import Act
from adstelle.casework.writing import Written
from adstelle.crypto.sessions import Session
from adstelle.database import Pool
from adstelle.domain.private import Private
from adstelle.domain.report import MandateChanged, Message


class Noted(Enum):
    """What became of a changed mandate."""

    KEPT = auto()
    UNCHANGED = auto()  # the person wanted just that before
    CHANGED = auto()  # the same form was sent before, with something else
    NO_SUCH_CASE = auto()


class Wish(Private, frozen=True):
    """What the person wants from now on, and what is said to them about it; maybe nothing."""

    mandates: tuple[str, ...]
    text: str
    message_id: UUID


class Mandates:
    """Changes of the mandate. The person reads each of them in the mailbox."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def current(self, session: Session, case_id: UUID) -> tuple[str, ...] | None:
        """What the person wants now; None where there is no such case, or it does not open."""
        if not await log_read(self._pool, session, case_id):
            return None
        async with within(self._pool, session) as conn:
            dossier = await open_case(conn, session, case_id)
        return dossier.mandates if dossier else None

    async def change(self, session: Session, case_id: UUID, wish: Wish, today: date) -> Noted:
        """Write down what the person wants now."""
        message = Message(text=wish.text, act=MandateChanged(mandates=wish.mandates))
        async with within(self._pool, session) as conn:
            await store.lock_state(conn, case_id)  # one change of a case at a time
            dossier = await open_case(conn, session, case_id)
            if dossier is None:
                return Noted.NO_SUCH_CASE
            to, number = dossier.to, wish.message_id
            if await writing.kept(conn, session, to, number, message) is Written.SAME:
                return Noted.KEPT
            if set(wish.mandates) == set(dossier.mandates):
                return Noted.UNCHANGED
            if await writing.write(conn, session, to, number, message, today) is not Written.NEW:
                return Noted.CHANGED
            await store.append_log(conn, session, Act.MANDATE_CHANGED, [case_id])
        return Noted.KEPT
