"""Who works for a Stelle, in the database; the page of people reads no box and no key."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from adstelle.database import Connection, queries
from adstelle.domain.membership import MemberRole

_sql = queries("people")


class Kind(StrEnum):
    """What a code does: let in, the first time or with a new passphrase; or a new second factor."""

    JOIN = "join"
    FACTOR = "factor"


class Act(StrEnum):
    """What is written into the log of people."""

    INVITED = "invited"
    LET_IN = "let_in"
    WITHDRAWN = "withdrawn"
    FACTOR_RESET = "factor_reset"
    PASSPHRASE_RESET = "passphrase_reset"  # noqa: S105  a word of the log
    ROLE_CHANGED = "role_changed"
    ENDED = "ended"
    ROTATED = "rotated"
    STATISTICS_TAKEN = "statistics_taken"
    STATISTICS_RENEWED = "statistics_renewed"


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody of the Stelle. *seen_at* is the hour of the last sign-in.

    *code* and *code_until* are those of a code that is out for them.
    """

    member_id: UUID
    login: str | None
    name: str
    role: MemberRole
    joined_on: date | None
    left_on: date | None
    created_on: date
    seen_at: datetime | None
    code: Kind | None
    code_until: datetime | None


class NewCode(msgspec.Struct, frozen=True, kw_only=True):
    """A code as the database remembers it."""

    row: bytes
    member_id: UUID
    stelle: str
    kind: Kind
    key_wrap: bytes | None
    expires_at: datetime


class Line(msgspec.Struct, frozen=True):
    """One line of the log of people."""

    act: Act
    done_at: datetime
    name: str
    about: str | None


def _person(row: dict[str, object]) -> Person:
    fields = dict(row)
    fields["code"], fields["code_until"] = fields.pop("kind"), fields.pop("expires_at")
    return msgspec.convert(fields, Person)


async def members(conn: Connection) -> list[Person]:
    """Everybody of the Stelle, those who left at the end."""
    return [_person(dict(row)) async for row in _sql.members(conn)]


async def member(conn: Connection, member_id: UUID) -> Person | None:
    """One of them."""
    row = await _sql.member(conn, member_id=member_id)
    return None if row is None else _person(dict(row))


async def insert_member(
    conn: Connection, member_id: UUID, name: str, stelle: str, role: MemberRole, today: date
) -> bool:
    """Write down somebody who is to be let in; false when that was done before."""
    return bool(
        await _sql.insert_member(
            conn, member_id=member_id, name=name, stelle=stelle, role=role, created_on=today
        )
    )


async def replace_code(conn: Connection, new: NewCode) -> None:
    """Remember a code; one that was out for the member before is worthless from now on."""
    await _sql.withdraw_code(conn, member_id=new.member_id)
    await _sql.insert_code(
        conn,
        invitation_id=new.row,
        member_id=new.member_id,
        stelle=new.stelle,
        kind=new.kind,
        key_wrap=new.key_wrap,
        expires_at=new.expires_at,
    )


async def withdraw_code(conn: Connection, member_id: UUID) -> bool:
    """Make the code for a member worthless; false when there was none."""
    return bool(await _sql.withdraw_code(conn, member_id=member_id))


async def delete_member(conn: Connection, member_id: UUID) -> bool:
    """Forget somebody who never came in."""
    return bool(await _sql.delete_member(conn, member_id=member_id))


async def set_role(conn: Connection, member_id: UUID, role: MemberRole) -> bool:
    """Change what somebody is here; false when they are that already, or left."""
    return bool(await _sql.set_role(conn, member_id=member_id, role=role))


async def end_membership(conn: Connection, member_id: UUID, today: date) -> bool:
    """Take everything from a member but the name; false when they left before."""
    return bool(await _sql.end_membership(conn, member_id=member_id, left_on=today))


async def lock_leads(conn: Connection) -> list[UUID]:
    """The living leads; none of them goes before this transaction ends."""
    return [row["member_id"] async for row in _sql.lock_leads(conn)]


async def end_sessions(conn: Connection, member_id: UUID) -> None:
    """End all sessions of a member."""
    await _sql.end_sessions(conn, member_id=member_id)


async def forget_ways_in(conn: Connection, member_id: UUID) -> None:
    """Remove a member's passkeys and their link to an identity provider."""
    await _sql.forget_passkeys(conn, member_id=member_id)
    await _sql.forget_identity(conn, member_id=member_id)


async def append_log(
    conn: Connection, stelle: str, member_id: UUID, act: Act, about: UUID | None
) -> None:
    """Write down who did what about whom."""
    await _sql.append_log(conn, stelle=stelle, member_id=member_id, act=act, about=about)


async def log(conn: Connection) -> list[Line]:
    """The newest lines of the log."""
    rows = [row async for row in _sql.log(conn)]
    return [Line(Act(row["act"]), row["done_at"], row["name"], row["about"]) for row in rows]


async def key_is_due(conn: Connection) -> bool:
    """Whether somebody who had the key left after it was last renewed."""
    return bool(await _sql.key_is_due(conn))


async def statistics_are_due(conn: Connection) -> bool:
    """Whether a statistician of the Stelle left after the statistics got their newest key."""
    return bool(await _sql.statistics_are_due(conn))
