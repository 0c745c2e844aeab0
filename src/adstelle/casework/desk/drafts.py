"""An answer that is still being written: sealed, one for each member and case."""

from datetime import date
from uuid import UUID

from adstelle.casework.desk import store
from adstelle.crypto.sessions import Session
from adstelle.database import Connection
from adstelle.domain.private import Private
from adstelle.errors import Unopenable

PURPOSE = "draft"


class Draft(Private, frozen=True):
    """What was written so far, and when it was kept."""

    text: str
    saved_on: date


async def drafted(conn: Connection, session: Session, case_id: UUID) -> Draft | None:
    """The member's own draft; None where there is none, or it does not open."""
    found = await store.drafted(conn, case_id)
    if found is None:
        return None
    try:
        text = session.open_own(PURPOSE, found[0], _place(session, case_id))
    except Unopenable:
        return None
    return Draft(text.decode(), found[1])


async def keep(conn: Connection, session: Session, case_id: UUID, text: str, today: date) -> None:
    """Keep what was written so far; nothing written is no draft."""
    if not text:
        await store.drop_draft(conn, case_id)
        return
    sealed = session.seal_own(PURPOSE, text.encode(), _place(session, case_id))
    await store.keep_draft(conn, session, case_id, sealed, today)


def _place(session: Session, case_id: UUID) -> bytes:
    return case_id.bytes + session.member_id.bytes
