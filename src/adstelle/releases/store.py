"""The ledger in the database: rows are added and read, never changed."""

from typing import Any

import asyncpg
import msgspec

from adstelle.database import Connection, queries
from adstelle.errors import AdstelleError
from adstelle.releases.chain import Entry

_sql = queries("releases")


class Release(msgspec.Struct, frozen=True):
    """What the public side reads of an entry."""

    number: int
    published_on: Any
    content: bytes
    sha256: bytes


async def entries(conn: Connection) -> list[Entry]:
    """Read the whole ledger in its order."""
    return [msgspec.convert(dict(row), Entry) async for row in _sql.entries(conn)]


async def append(conn: Connection, entry: Entry) -> None:
    """Add an entry. Raises `AdstelleError` if somebody else added one meanwhile."""
    try:
        await _sql.append(conn, **msgspec.structs.asdict(entry))
    except asyncpg.UniqueViolationError:
        raise AdstelleError("somebody published meanwhile; nothing was added, try again") from None


async def releases(conn: Connection) -> list[Release]:
    """Read what everybody may see, in its order."""
    return [msgspec.convert(dict(row), Release) async for row in _sql.releases(conn)]
