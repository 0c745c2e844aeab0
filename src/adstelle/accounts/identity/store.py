"""Who is who to the city's identity provider, in the database."""

from datetime import date
from uuid import UUID

from adstelle.database import Connection, queries

_sql = queries("identity")


async def identified(conn: Connection, identity_id: bytes) -> str | None:
    """The login name of whom an identity belongs to, if to anybody."""
    login: str | None = await _sql.identified(conn, identity_id=identity_id)
    return login


async def linked_on(conn: Connection, member_id: UUID) -> date | None:
    """Since when a member is linked to an identity; None if not."""
    day: date | None = await _sql.linked_on(conn, member_id=member_id)
    return day


async def link(conn: Connection, member_id: UUID, identity_id: bytes, today: date) -> None:
    """Link a member to an identity, in place of another. It must be nobody else's."""
    await _sql.unlink(conn, member_id=member_id)
    await _sql.link(conn, member_id=member_id, identity_id=identity_id, linked_on=today)


async def unlink(conn: Connection, member_id: UUID) -> None:
    """Link a member to no identity."""
    await _sql.unlink(conn, member_id=member_id)
