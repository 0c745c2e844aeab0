"""Wishes to take all cases along, in the database."""

from datetime import date
from uuid import UUID

import msgspec

from adstelle.crypto.sessions import Session
from adstelle.database import Connection, queries

_sql = queries("takeout")


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody wants to take all cases along: who asked, who agreed, who ended it, and when."""

    takeout_id: UUID
    asked_by: UUID
    asked_on: date
    asked_name: str
    approved_by: UUID | None
    approved_on: date | None
    approved_name: str | None
    ended_on: date | None
    ended_name: str | None


async def latest(conn: Connection) -> Wish | None:
    """Read the open wish of the Stelle, or else the last one."""
    row = await _sql.latest(conn)
    return None if row is None else msgspec.convert(dict(row), Wish)


async def ask(conn: Connection, session: Session, takeout_id: UUID, today: date) -> None:
    """Ask for all cases; an open wish stays as it is."""
    await _sql.ask(
        conn,
        takeout_id=takeout_id,
        stelle=session.stelle,
        member_id=session.member_id,
        today=today,
    )


async def approve(conn: Connection, session: Session, takeout_id: UUID, today: date) -> None:
    """Agree to what somebody else asked for."""
    await _sql.approve(conn, takeout_id=takeout_id, member_id=session.member_id, today=today)


async def finish(conn: Connection, session: Session, takeout_id: UUID, today: date) -> None:
    """End a wish, agreed upon or not."""
    await _sql.finish(conn, takeout_id=takeout_id, member_id=session.member_id, today=today)


async def cases(conn: Connection, after: int, most: int) -> list[tuple[UUID, int]]:
    """Read the next cases that the member may open, each with its place."""
    rows = _sql.cases(conn, after=after, most=most)
    return [(row["case_id"], row["position"]) async for row in rows]
