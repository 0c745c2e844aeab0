"""A Stelle's own building blocks in the database: they come and go sealed."""

from uuid import UUID

from adstelle.crypto.sessions import Session
from adstelle.database import Connection, queries

_sql = queries("blocks")


async def blocks(conn: Connection) -> list[tuple[UUID, bytes]]:
    """Read all of them."""
    return [(row["block_id"], row["sealed"]) async for row in _sql.blocks(conn)]


async def block(conn: Connection, block_id: UUID) -> bytes | None:
    """Read one; None where the Stelle has none such."""
    row = await _sql.block(conn, block_id=block_id)
    return None if row is None else bytes(row["sealed"])


async def keep_block(conn: Connection, session: Session, block_id: UUID, sealed: bytes) -> None:
    """Keep a new one or a changed one."""
    await _sql.keep_block(conn, block_id=block_id, stelle=session.stelle, sealed=sealed)


async def drop_block(conn: Connection, block_id: UUID) -> None:
    """Delete one."""
    await _sql.drop_block(conn, block_id=block_id)
