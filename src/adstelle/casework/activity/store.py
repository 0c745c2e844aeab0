"""Entries of a Stelle over all its cases, page by page."""

from collections.abc import AsyncIterator
from datetime import date, datetime
from typing import Final
from uuid import UUID

import msgspec
from asyncpg import Record

from adstelle.database import Connection, queries

_sql = queries("activity")
FIRST: Final = UUID(int=0)
MOST_EVENTS: Final = 200


class SealedEntry(msgspec.Struct, frozen=True):
    """An entry as it stands now, still sealed."""

    entry_id: UUID
    revision: int
    case_id: UUID | None
    sealed: bytes


async def page(conn: Connection, since: datetime, after: UUID, most: int) -> list[SealedEntry]:
    """Read the next entries that were last written after *since*, in the order of their ids."""
    return [
        row async for row in _each(_sql.written_since(conn, since=since, after=after, most=most))
    ]


async def received(conn: Connection, first: date, last: date) -> int:
    """How many cases came in a period."""
    return int(await _sql.received(conn, first=first, last=last))


async def events(conn: Connection) -> list[SealedEntry]:
    """The Stelle's newest events."""
    return [row async for row in _each(_sql.events(conn, most=MOST_EVENTS))]


async def _each(rows: AsyncIterator[Record]) -> AsyncIterator[SealedEntry]:
    async for row in rows:
        yield msgspec.convert(dict(row), SealedEntry)
