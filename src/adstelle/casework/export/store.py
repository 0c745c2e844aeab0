"""The copies that were made of a case, in the database: what they are comes and goes sealed."""

from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from adstelle.crypto.sessions import Session
from adstelle.database import Connection, queries
from adstelle.domain.case_document import Copy
from adstelle.domain.private import Private
from adstelle.errors import Unopenable

_sql = queries("export")
PURPOSE: Final = "export"


class Made(Private, frozen=True, kw_only=True):
    """A copy that was made; *copy* is None where it does not open."""

    made_at: datetime
    name: str
    copy: Copy | None


async def exports(conn: Connection, session: Session, case_id: UUID) -> list[Made]:
    """Read and open which copies were made of a case, newest first."""
    return [
        Made(
            made_at=row["made_at"],
            name=row["name"],
            copy=_opened(session, row["export_id"], row["sealed"]),
        )
        async for row in _sql.exports(conn, case_id=case_id)
    ]


def _opened(session: Session, export_id: UUID, sealed: bytes) -> Copy | None:
    try:
        opened = session.open_own(PURPOSE, sealed, export_id.bytes)
    except Unopenable:
        return None
    return msgspec.json.decode(opened, type=Copy)


async def insert(
    conn: Connection, session: Session, case_id: UUID, export_id: UUID, copy: Copy
) -> None:
    """Note that a copy is made; the same id is kept once."""
    await _sql.insert_export(
        conn,
        export_id=export_id,
        case_id=case_id,
        stelle=session.stelle,
        member_id=session.member_id,
        sealed=session.seal_own(PURPOSE, msgspec.json.encode(copy), export_id.bytes),
    )
