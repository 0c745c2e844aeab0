"""What the page of a case shows of who works on it, and what this member left unfinished."""

from uuid import UUID

from adstelle.casework.desk import drafts, store
from adstelle.casework.desk.drafts import Draft
from adstelle.casework.desk.store import Standing
from adstelle.crypto.sessions import Session
from adstelle.database import Connection
from adstelle.domain import case
from adstelle.domain.private import Private


class Desk(Private, frozen=True, kw_only=True):
    """Who works on a case, as its page shows it to one member."""

    standing: Standing
    is_mine: bool
    draft: Draft | None
    may_take_back: bool


async def desk_of(conn: Connection, session: Session, case_id: UUID) -> Desk | None:
    """Look at the desk of a case; None where this member sees none such."""
    standing = await store.standing(conn, case_id)
    if standing is None:
        return None
    return Desk(
        standing=standing,
        is_mine=standing.assigned_to == session.member_id,
        draft=await drafts.drafted(conn, session, case_id),
        may_take_back=case.may_take_back(await store.last_step(conn, session, case_id)),
    )
