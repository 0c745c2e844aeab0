"""Members, sessions and keys in the database."""

from datetime import date, datetime
from uuid import UUID

import asyncpg
import msgspec

from adstelle.accounts.keys import STATISTICS, StatisticsKeys
from adstelle.crypto.opening import Cost, LockedBox
from adstelle.crypto.sessions import Ticket
from adstelle.database import Connection, queries
from adstelle.domain.membership import MemberRole

_sql = queries("accounts")


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A member as stored: what the passphrase opens is still locked."""

    member_id: UUID
    login: str
    name: str
    stelle: str
    role: MemberRole
    box: LockedBox
    stelle_wrap: bytes | None
    statistics_wrap: bytes | None
    own_public: bytes | None
    demo: bool


class Entering(msgspec.Struct, frozen=True, kw_only=True):
    """A member for whom a code is out. *login* and *box* are None before they first came in."""

    member_id: UUID
    login: str | None
    name: str
    stelle: str
    role: MemberRole
    box: LockedBox | None


class Invitation(msgspec.Struct, frozen=True):
    """What a code opens: for whom, what for, and the Stelle's key where it came along."""

    member_id: UUID
    stelle: str
    kind: str
    key_wrap: bytes | None


class LetIn(msgspec.Struct, frozen=True, kw_only=True):
    """What is stored when somebody comes in, for the first time or anew."""

    member_id: UUID
    login: str
    box: LockedBox
    stelle_wrap: bytes | None
    statistics_wrap: bytes | None
    own_public: bytes | None
    step: int


class SignInCount(msgspec.Struct, frozen=True):
    """How often somebody signed in, *by_passkey* among it, or was refused, within an hour."""

    hour: datetime
    opened: int
    by_passkey: int
    refused: int


class SessionRow(msgspec.Struct, frozen=True):
    """A living session of a member; *opened_at* is the hour, None for one of an earlier time."""

    session_id: bytes
    opened_at: datetime | None
    expires_at: datetime


def _box(row: asyncpg.Record) -> LockedBox | None:
    if row["sealed_box"] is None:
        return None
    cost = Cost(row["cost_time"], row["cost_memory_kib"], row["cost_lanes"])
    return LockedBox(row["salt"], cost, row["sealed_box"])


async def member(conn: Connection, login: str) -> Member | None:
    """Find a member by login name."""
    return _member(await _sql.member(conn, login=login))


async def member_by_id(conn: Connection, member_id: UUID) -> Member | None:
    """Find a member who has come in, by id."""
    return _member(await _sql.member_by_id(conn, member_id=member_id))


def _member(row: asyncpg.Record | None) -> Member | None:
    box = _box(row) if row is not None else None
    if row is None or box is None:
        return None
    return Member(
        member_id=row["member_id"],
        login=row["login"],
        name=row["name"],
        stelle=row["stelle"],
        role=MemberRole(row["role"]),
        box=box,
        stelle_wrap=row["stelle_wrap"],
        statistics_wrap=row["statistics_wrap"],
        own_public=row["own_public"],
        demo=row["demo"],
    )


async def entering(conn: Connection, member_id: UUID) -> Entering | None:
    """Find somebody for whom a code is out."""
    row = await _sql.member_by_id(conn, member_id=member_id)
    if row is None:
        return None
    return Entering(
        member_id=row["member_id"],
        login=row["login"],
        name=row["name"],
        stelle=row["stelle"],
        role=MemberRole(row["role"]),
        box=_box(row),
    )


async def generations(conn: Connection, stelle: str) -> list[tuple[int, bytes]]:
    """Former keys of a Stelle with their numbers, each sealed for the next; the newest first."""
    rows = [row async for row in _sql.generations(conn, stelle=stelle)]
    return [(row["generation"], row["sealed"]) for row in rows]


async def statistics_keys(conn: Connection) -> StatisticsKeys:
    """The announced key of the statistics, and its former ones, each sealed for the next."""
    rows = [row async for row in _sql.statistics_generations(conn)]
    former = [(row["generation"], row["sealed"]) for row in rows]
    return StatisticsKeys(await announced_key(conn, STATISTICS), former)


async def note_opened(
    conn: Connection, member_id: UUID, hour: datetime, own_public: bytes | None
) -> None:
    """Note the hour of a sign-in, and the sealed public key where there is a new one."""
    await _sql.note_opened(conn, member_id=member_id, seen_at=hour, own_public=own_public)


async def count_sign_in(
    conn: Connection, member_id: UUID, hour: datetime, *, opened: bool, by_passkey: bool = False
) -> None:
    """Count a sign-in that worked, or one that was refused."""
    await _sql.count_sign_in(
        conn,
        member_id=member_id,
        hour=hour,
        opened=int(opened),
        by_passkey=int(by_passkey),
        refused=int(not opened),
    )


async def sign_ins(conn: Connection, member_id: UUID) -> list[SignInCount]:
    """The counted hours of a member, the newest first."""
    rows = [row async for row in _sql.sign_ins(conn, member_id=member_id)]
    return [
        SignInCount(row["hour"], row["opened"], row["by_passkey"], row["refused"]) for row in rows
    ]


async def sessions_of(conn: Connection, member_id: UUID, now: datetime) -> list[SessionRow]:
    """A member's living sessions."""
    rows = [row async for row in _sql.sessions_of(conn, member_id=member_id, now=now)]
    return [SessionRow(row["session_id"], row["opened_at"], row["expires_at"]) for row in rows]


async def end_sessions_but(conn: Connection, member_id: UUID, kept: bytes) -> None:
    """End a member's sessions but one."""
    await _sql.end_sessions_but(conn, member_id=member_id, session_id=kept)


async def end_session_of(conn: Connection, member_id: UUID, session_id: bytes) -> None:
    """End one session of a member."""
    await _sql.end_session_of(conn, member_id=member_id, session_id=session_id)


async def relock(conn: Connection, member_id: UUID, box: LockedBox, before: LockedBox) -> bool:
    """Put a box in place of *before*; false when another came in between."""
    return bool(
        await _sql.relock(
            conn,
            member_id=member_id,
            salt=box.salt,
            cost_time=box.cost.time,
            cost_memory_kib=box.cost.memory_kib,
            cost_lanes=box.cost.lanes,
            sealed_box=box.sealed,
            before=before.sealed,
        )
    )


async def admit_to_code(
    conn: Connection, row: bytes, now: datetime, *, most: int
) -> Invitation | None:
    """Count a look at what a code opens; None when it opens nothing any more."""
    found = await _sql.admit_to_code(conn, invitation_id=row, now=now, most=most)
    return None if found is None else Invitation(*found.values())


async def hold_code(conn: Connection, row: bytes, now: datetime) -> bool:
    """Hold a code until the transaction ends; false when it was used up before."""
    return await _sql.hold_code(conn, invitation_id=row, now=now) is not None


async def use_code(conn: Connection, row: bytes) -> None:
    """Use a code up."""
    await _sql.use_code(conn, invitation_id=row)


async def end_former_sessions(conn: Connection, member_id: UUID, kept: bytes) -> None:
    """End a member's sessions after a change of their box, but for the one that made it."""
    await _sql.end_former_sessions(conn, member_id=member_id, session_id=kept)


async def forget_passkeys(conn: Connection, member_id: UUID) -> None:
    """Remove a member's passkeys."""
    await _sql.forget_passkeys(conn, member_id=member_id)


async def let_in(conn: Connection, new: LetIn, today: date) -> bool:
    """Give a member a new box; false when they left in between. The login name must be free."""
    return bool(
        await _sql.let_in(
            conn,
            member_id=new.member_id,
            login=new.login,
            salt=new.box.salt,
            cost_time=new.box.cost.time,
            cost_memory_kib=new.box.cost.memory_kib,
            cost_lanes=new.box.cost.lanes,
            sealed_box=new.box.sealed,
            stelle_wrap=new.stelle_wrap,
            statistics_wrap=new.statistics_wrap,
            own_public=new.own_public,
            joined_on=today,
            step=new.step,
        )
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
    conn: Connection,
    ticket: Ticket,
    member: Member,
    sealed: bytes,
    *,
    hour: datetime,
    end: datetime,
) -> bool:
    """Keep a sealed session, opened in *hour*; false when the member has changed since."""
    return bool(
        await _sql.insert_session(
            conn,
            session_id=ticket.row,
            member_id=member.member_id,
            sealed=sealed,
            opened_at=hour,
            expires_at=end,
            role=member.role,
            box=member.box.sealed,
            stelle_wrap=member.stelle_wrap,
            statistics_wrap=member.statistics_wrap,
        )
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
        role=new.role,
        salt=new.box.salt,
        cost_time=new.box.cost.time,
        cost_memory_kib=new.box.cost.memory_kib,
        cost_lanes=new.box.cost.lanes,
        sealed_box=new.box.sealed,
        stelle_wrap=new.stelle_wrap,
        statistics_wrap=new.statistics_wrap,
        own_public=new.own_public,
        demo=new.demo,
        created_on=today,
    )


async def announced_key(conn: Connection, stelle: str) -> bytes | None:
    """Read the key that a Stelle, or the statistics, have now."""
    encoded: bytes | None = await _sql.announced_key(conn, owner=stelle)
    return encoded


async def statistics_for_recovery(conn: Connection) -> bytes | None:
    """Read the key of the statistics as its recovery key opens it; None before it is set up."""
    sealed: bytes | None = await _sql.statistics_for_recovery(conn)
    return sealed


async def keep_statistics(conn: Connection, member_id: UUID, wrap: bytes) -> bool:
    """Keep a statistician's copy of the key; false when they left."""
    return bool(await _sql.keep_statistics(conn, member_id=member_id, statistics_wrap=wrap))


async def reseal_session(conn: Connection, row: bytes, sealed: bytes) -> bool:
    """Put another content into a session of one's own; false when it ended."""
    return bool(await _sql.reseal_session(conn, session_id=row, sealed=sealed))


async def note_statistics(conn: Connection, stelle: str, member_id: UUID) -> None:
    """Write down who took the key of the statistics."""
    await _sql.note_statistics(conn, stelle=stelle, member_id=member_id)
