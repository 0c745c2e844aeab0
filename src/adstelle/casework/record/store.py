"""Records and entries in the database: they come and go sealed, and are only ever appended."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from adstelle.crypto.sessions import Session
from adstelle.database import Connection, queries

_sql = queries("record")
RECORD: Final = "record"
ENTRY: Final = "entry"


class Revision(msgspec.Struct, frozen=True):
    """One revision of a record, still sealed; number 0 is the empty record before the first."""

    revision: int
    sealed: bytes


class RevisionRow(Revision, frozen=True):
    """The same with who wrote it and when."""

    made_at: datetime
    name: str


class EntryRow(msgspec.Struct, frozen=True):
    """One revision of an entry, still sealed, and who wrote it when."""

    entry_id: UUID
    revision: int
    case_id: UUID | None
    made_at: datetime
    name: str
    sealed: bytes


def place(number: UUID, revision: int) -> bytes:
    """What binds a sealed revision to its row."""
    return number.bytes + revision.to_bytes(4, "big")


async def latest(conn: Connection, case_id: UUID) -> Revision | None:
    """Read the last revision of a record; None where there is none yet."""
    row = await _sql.latest(conn, case_id=case_id)
    return None if row is None else msgspec.convert(dict(row), Revision)


async def revision(conn: Connection, case_id: UUID, number: int) -> Revision | None:
    """Read one revision of a record."""
    row = await _sql.revision(conn, case_id=case_id, revision=number)
    return None if row is None else msgspec.convert(dict(row), Revision)


async def revisions(conn: Connection, case_id: UUID) -> list[RevisionRow]:
    """Read the history of a record, oldest first."""
    rows = [dict(row) async for row in _sql.revisions(conn, case_id=case_id)]
    return msgspec.convert(rows, list[RevisionRow])


async def append_revision(
    conn: Connection, session: Session, case_id: UUID, number: int, plaintext: bytes
) -> None:
    """Seal and append a revision; the caller holds the case."""
    await _sql.append_revision(
        conn,
        case_id=case_id,
        revision=number,
        stelle=session.stelle,
        member_id=session.member_id,
        sealed=session.seal_own(RECORD, plaintext, place(case_id, number)),
    )


async def entries(conn: Connection, case_id: UUID) -> list[EntryRow]:
    """Read every revision of a case's entries, in the order in which they were written."""
    rows = [dict(row) async for row in _sql.entries(conn, case_id=case_id)]
    return msgspec.convert(rows, list[EntryRow])


async def entry(conn: Connection, entry_id: UUID) -> EntryRow | None:
    """Read the last revision of an entry; None where the Stelle has no such."""
    row = await _sql.entry(conn, entry_id=entry_id)
    return None if row is None else msgspec.convert(dict(row), EntryRow)


async def append_entry(
    conn: Connection,
    session: Session,
    entry_id: UUID,
    number: int,
    case_id: UUID | None,
    plaintext: bytes,
) -> bool:
    """Seal and append an entry or a correction; false where this number is taken."""
    done: Any = await _sql.append_entry(
        conn,
        entry_id=entry_id,
        revision=number,
        case_id=case_id,
        stelle=session.stelle,
        member_id=session.member_id,
        sealed=session.seal_own(ENTRY, plaintext, place(entry_id, number)),
    )
    return str(done).endswith(" 1")
