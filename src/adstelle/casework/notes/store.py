"""Notes on a case in the database: they come and go sealed."""

from datetime import datetime
from uuid import UUID

import msgspec

from adstelle.crypto.sessions import Session
from adstelle.database import Connection, queries

_sql = queries("notes")


class NoteRow(msgspec.Struct, frozen=True, kw_only=True):
    """One note, still sealed; *replaces* is the note that it corrects."""

    note_id: UUID
    written_at: datetime
    replaces: UUID | None
    sealed: bytes
    name: str


async def notes(conn: Connection, case_id: UUID) -> list[NoteRow]:
    """Read the notes on a case, newest first."""
    return [msgspec.convert(dict(row), NoteRow) async for row in _sql.notes(conn, case_id=case_id)]


async def insert_note(
    conn: Connection,
    session: Session,
    case_id: UUID,
    note_id: UUID,
    replaces: UUID | None,
    sealed: bytes,
) -> bool:
    """Append a note; false when it is kept already, or the other one cannot be replaced by it."""
    return bool(
        await _sql.insert_note(
            conn,
            note_id=note_id,
            case_id=case_id,
            stelle=session.stelle,
            member_id=session.member_id,
            replaces=replaces,
            sealed=sealed,
        )
    )
