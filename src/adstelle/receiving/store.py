"""SQL of what partners send: each reaches what is its own, and reads nothing sealed back."""

from datetime import date
from uuid import UUID

import msgspec

from adstelle.database import Connection, queries
from adstelle.outbox import Kind

_sql = queries("receiving")


class Came(msgspec.Struct, frozen=True):
    """A package of one partner for one Stelle here, by the names in its message."""

    package_id: UUID
    stelle: str
    sender: str
    sender_name: str


class Known(msgspec.Struct, frozen=True):
    """What is known of a package that came before."""

    stelle: str
    arrived_on: date
    digest: bytes | None
    withdrawn_on: date | None


class Given(msgspec.Struct, frozen=True):
    """A hand-over of ours, as far as a partner's decision concerns it."""

    withdrawn_on: date | None
    decision: str | None
    reason: str | None
    decided_on: date | None


async def keep(conn: Connection, came: Came, digest: bytes, sealed: bytes, today: date) -> bool:
    """Keep a package and promise its case; false when the id is known already."""
    kept = await _sql.keep_package(
        conn, **msgspec.structs.asdict(came), today=today, digest=digest, sealed=sealed
    )
    if kept:
        await _promise(conn, Kind.DELIVER, came, today)
    return bool(kept)


async def known(conn: Connection, package_id: UUID) -> Known | None:
    """Find a package of this partner."""
    row = await _sql.known(conn, package_id=package_id)
    return None if row is None else Known(**dict(row))


async def withdraw(conn: Connection, came: Came, today: date) -> date | None:
    """Empty a package, or remember that it must never come; the day of the first time.

    None when the id belongs to somebody else's package.
    """
    day: date | None = await _sql.withdraw(conn, package_id=came.package_id, today=today)
    if day is None:
        day = await _sql.remember_withdrawal(conn, **msgspec.structs.asdict(came), today=today)
    if day is not None:
        await _promise(conn, Kind.WITHDRAW, came, today)
    return day


async def given(conn: Connection, handover_id: UUID) -> Given | None:
    """Find a hand-over to this partner, and hold it."""
    row = await _sql.handover(conn, handover_id=handover_id)
    return None if row is None else Given(**dict(row))


async def decide(
    conn: Connection, handover_id: UUID, decision: str, reason: str | None, today: date
) -> None:
    """Note what the partner decided."""
    await _sql.decide(conn, handover_id=handover_id, decision=decision, reason=reason, today=today)


async def _promise(conn: Connection, kind: Kind, came: Came, today: date) -> None:
    await _sql.promise(conn, kind=kind, package_id=came.package_id, stelle=came.stelle, today=today)
