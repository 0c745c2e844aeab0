"""Members, sessions and keys in the database."""

from datetime import date, datetime
from uuid import UUID

import msgspec

from adstelle.crypto.opening import Cost, LockedBox
from adstelle.database import Connection, queries

_sql = queries("accounts")


class Member(msgspec.Struct, frozen=True):
    """An adviser as stored: what the passphrase opens is still locked."""

    member_id: UUID
    login: str
    name: str
    stelle: str
    box: LockedBox
    stelle_wrap: bytes
    demo: bool


async def member(conn: Connection, login: str) -> Member | None:
    """Find a member by login name."""
    row = await _sql.member(conn, login=login)
    if row is None:
        return None
    cost = Cost(row["cost_time"], row["cost_memory_kib"], row["cost_lanes"])
    return Member(
        member_id=row["member_id"],
        login=row["login"],
        name=row["name"],
        stelle=row["stelle"],
        box=LockedBox(row["salt"], cost, row["sealed_box"]),
        stelle_wrap=row["stelle_wrap"],
        demo=row["demo"],
    )


async def admit_code(
    conn: Connection, member_id: UUID, *, now: datetime, blocked_until: datetime, most: int
) -> bool:
    """Count a try before it is looked at; false while this member's codes are refused."""
    return bool(
        await _sql.admit_code(
            conn, member_id=member_id, now=now, blocked_until=blocked_until, most=most
        )
    )


async def accept_code(conn: Connection, member_id: UUID, step: int) -> bool:
    """Use a code up; false when it or a later one was used before."""
    return bool(await _sql.accept_code(conn, member_id=member_id, step=step))


async def insert_session(
    conn: Connection, row: bytes, member_id: UUID, sealed: bytes, expires_at: datetime
) -> None:
    """Keep a sealed session."""
    await _sql.insert_session(
        conn, session_id=row, member_id=member_id, sealed=sealed, expires_at=expires_at
    )


async def session(conn: Connection, row: bytes, now: datetime) -> bytes | None:
    """Read a living session, still sealed."""
    sealed: bytes | None = await _sql.session(conn, session_id=row, now=now)
    return sealed


async def delete_session(conn: Connection, row: bytes) -> None:
    """End a session for good."""
    await _sql.delete_session(conn, session_id=row)


async def has_public_key(conn: Connection, owner: str) -> bool:
    """Whether a Stelle or the statistics is set up."""
    return bool(await _sql.has_public_key(conn, owner=owner))


async def public_key(conn: Connection, owner: str) -> bytes | None:
    """Read the key that anybody may seal for an owner with."""
    encoded: bytes | None = await _sql.public_key(conn, owner=owner)
    return encoded


async def insert_keys(
    conn: Connection, owner: str, *, public: bytes, sealed_for_recovery: bytes, today: date
) -> None:
    """Announce a public key, and keep the private one under its recovery key."""
    await _sql.insert_public_key(conn, owner=owner, encoded=public, created_on=today)
    await _sql.insert_stelle(conn, stelle=owner, sealed_for_recovery=sealed_for_recovery)


async def sealed_for_recovery(conn: Connection, stelle: str) -> bytes | None:
    """Read a Stelle's private key as its recovery key opens it."""
    sealed: bytes | None = await _sql.sealed_for_recovery(conn, stelle=stelle)
    return sealed


async def insert_member(conn: Connection, new: Member, today: date) -> None:
    """Add a member. The login name must be free."""
    await _sql.insert_member(
        conn,
        member_id=new.member_id,
        login=new.login,
        name=new.name,
        stelle=new.stelle,
        salt=new.box.salt,
        cost_time=new.box.cost.time,
        cost_memory_kib=new.box.cost.memory_kib,
        cost_lanes=new.box.cost.lanes,
        sealed_box=new.box.sealed,
        stelle_wrap=new.stelle_wrap,
        demo=new.demo,
        created_on=today,
    )
