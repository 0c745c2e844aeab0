"""The rows that change when a Stelle gets a new key."""

from datetime import date, datetime
from uuid import UUID

import msgspec

from adstelle.database import Connection, queries

_sql = queries("rotation")


class Holder(msgspec.Struct, frozen=True):
    """A member who holds the key; *own_public* is None before their first sign-in."""

    member_id: UUID
    name: str
    own_public: bytes | None


async def withdraw_codes(conn: Connection) -> None:
    """Make every code of the Stelle worthless."""
    await _sql.withdraw_codes(conn)


async def announce(
    conn: Connection, stelle: str, encoded: bytes, *, before: bytes, today: date
) -> bool:
    """Announce the next key; false when another came in between."""
    return bool(
        await _sql.announce(conn, owner=stelle, encoded=encoded, before=before, created_on=today)
    )


async def holders(conn: Connection) -> list[Holder]:
    """Everybody who holds the key, kept as they are until the transaction ends."""
    rows = [row async for row in _sql.holders(conn)]
    return [Holder(row["member_id"], row["name"], row["own_public"]) for row in rows]


async def next_generation(conn: Connection, stelle: str) -> int:
    """The number of the key that is retired now."""
    return int(await _sql.next_generation(conn, stelle=stelle))


async def retire(
    conn: Connection, stelle: str, generation: int, sealed: bytes, now: datetime
) -> None:
    """Keep the key so far, sealed for the one that follows."""
    await _sql.retire(conn, stelle=stelle, generation=generation, sealed=sealed, retired_at=now)


async def give(conn: Connection, member_id: UUID, wrap: bytes, own_public: bytes) -> None:
    """Give a member the next key."""
    await _sql.give(conn, member_id=member_id, stelle_wrap=wrap, own_public=own_public)


async def keep_for_recovery(conn: Connection, stelle: str, sealed: bytes) -> None:
    """Seal the next key under its recovery key."""
    await _sql.keep_for_recovery(conn, stelle=stelle, sealed_for_recovery=sealed)


async def keep_one_session(conn: Connection, row: bytes, sealed: bytes) -> None:
    """End all sessions of the Stelle but one, and put the next key into that."""
    await _sql.end_other_sessions(conn, session_id=row)
    await _sql.reseal_session(conn, session_id=row, sealed=sealed)


async def note_rotated(conn: Connection, stelle: str, member_id: UUID) -> None:
    """Write down who renewed the key."""
    await _sql.note_rotated(conn, stelle=stelle, member_id=member_id)
