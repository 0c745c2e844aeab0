"""A Stelle's labels in the database; what they are called is sealed."""

from uuid import UUID

from adstelle.crypto.sessions import Session
from adstelle.database import Connection, queries

_sql = queries("labels")


async def lock(conn: Connection, session: Session) -> None:
    """Let one change of the Stelle's labels happen at a time."""
    await _sql.lock_labels(conn, stelle=session.stelle)


async def labels(conn: Connection) -> dict[UUID, bytes]:
    """Read the labels, sealed."""
    return {row["label_id"]: row["sealed"] async for row in _sql.labels(conn)}


async def uses(conn: Connection) -> dict[UUID, int]:
    """Count the cases that have each label."""
    return {row["label_id"]: row["cases"] async for row in _sql.uses(conn)}


async def keep(conn: Connection, session: Session, label_id: UUID, sealed: bytes) -> None:
    """Keep a label, new or under another name."""
    await _sql.keep_label(conn, label_id=label_id, stelle=session.stelle, sealed=sealed)


async def drop(conn: Connection, label_id: UUID) -> None:
    """Delete a label."""
    await _sql.drop_label(conn, label_id=label_id)
