"""Passkeys in the database."""

from datetime import date, datetime
from uuid import UUID

import msgspec

from adstelle.database import Connection, queries

_sql = queries("passkeys")


class PasskeyRow(msgspec.Struct, frozen=True, kw_only=True):
    """A passkey as stored."""

    passkey_id: UUID
    sealed: bytes
    added_on: date
    used_on: date | None
    doubted_on: date | None


async def passkeys(conn: Connection, member_id: UUID) -> list[PasskeyRow]:
    """A member's passkeys, the oldest first."""
    return [PasskeyRow(**row) async for row in _sql.passkeys(conn, member_id=member_id)]


async def insert_passkey(
    conn: Connection, member_id: UUID, row: PasskeyRow, *, sign_count: int
) -> None:
    """Keep a new passkey."""
    await _sql.insert_passkey(
        conn,
        passkey_id=row.passkey_id,
        member_id=member_id,
        sealed=row.sealed,
        sign_count=sign_count,
        added_on=row.added_on,
    )


async def remove_passkey(conn: Connection, member_id: UUID, passkey_id: UUID) -> None:
    """Remove a passkey of this member."""
    await _sql.remove_passkey(conn, member_id=member_id, passkey_id=passkey_id)


async def admit_passkey(
    conn: Connection, member_id: UUID, *, now: datetime, blocked_until: datetime, most: int
) -> bool:
    """Count a try before it is looked at; false while this member's passkeys are refused."""
    return bool(
        await _sql.admit_passkey(
            conn, member_id=member_id, now=now, blocked_until=blocked_until, most=most
        )
    )


async def accept_passkey(
    conn: Connection, passkey_id: UUID, *, sign_count: int, today: date
) -> bool:
    """Take a passkey's count; false where it did not grow, or there was a doubt before."""
    return bool(
        await _sql.accept_passkey(conn, passkey_id=passkey_id, sign_count=sign_count, used_on=today)
    )


async def doubt_passkey(conn: Connection, passkey_id: UUID, today: date) -> bool:
    """Let a passkey open nothing any more; false where that is so already."""
    return bool(await _sql.doubt_passkey(conn, passkey_id=passkey_id, doubted_on=today))
