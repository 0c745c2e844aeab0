"""What members look for, sealed, in the database."""

from datetime import date
from uuid import UUID

import msgspec

from adstelle.crypto.sessions import Session
from adstelle.database import Connection, queries

_sql = queries("filters")


class SealedFilter(msgspec.Struct, frozen=True):
    """One thing a member looks for."""

    filter_id: UUID
    sealed: bytes


async def filters(conn: Connection, session: Session) -> list[SealedFilter]:
    """Read what the member keeps."""
    rows = _sql.filters(conn, member_id=session.member_id)
    return [msgspec.convert(dict(row), SealedFilter) async for row in rows]


async def filter_of(conn: Connection, session: Session, filter_id: UUID) -> SealedFilter | None:
    """Read one of the member's own; None for an unknown one and another's."""
    row = await _sql.filter_of(conn, filter_id=filter_id, member_id=session.member_id)
    return None if row is None else msgspec.convert(dict(row), SealedFilter)


async def keep(
    conn: Connection, session: Session, given: SealedFilter, today: date, *, kept: bool
) -> None:
    """Keep what the member looks for; what was not kept before today is forgotten."""
    await _sql.drop_passing(conn, member_id=session.member_id, today=today)
    await _sql.keep_filter(
        conn,
        filter_id=given.filter_id,
        member_id=session.member_id,
        stelle=session.stelle,
        kept=kept,
        today=today,
        sealed=given.sealed,
    )


async def drop(conn: Connection, session: Session, filter_id: UUID) -> None:
    """Forget one."""
    await _sql.drop_filter(conn, filter_id=filter_id, member_id=session.member_id)
