"""A Stelle's cases as they are counted, page by page."""

from datetime import date
from uuid import UUID

import msgspec

from adstelle.casework.incident.store import series_of
from adstelle.crypto.sessions import Session
from adstelle.database import Connection, queries
from adstelle.domain.activity import Period

_sql = queries("running")


class SealedLine(msgspec.Struct, frozen=True, kw_only=True):
    """One case; *sealed* is None where nobody has kept yet what it counts as."""

    case_id: UUID
    position: int
    received_on: date
    state: str
    by_partner: bool
    incident_id: UUID | None
    series_id: UUID | None
    sealed: bytes | None


async def campaigns(conn: Connection, session: Session) -> frozenset[UUID]:
    """The series of the Stelle that are one campaign."""
    known = [(row["series_id"], row["sealed"]) async for row in _sql.series(conn)]
    opened = ((series_id, series_of(session, series_id, sealed)) for series_id, sealed in known)
    return frozenset(series_id for series_id, series in opened if series and series.is_campaign)


async def page(conn: Connection, period: Period, after: int, most: int) -> list[SealedLine]:
    """Read the next cases of a period, and earlier ones that belong to an incident."""
    rows = _sql.page(conn, first=period.first, last=period.last, after=after, most=most)
    return [SealedLine(**row) async for row in rows]
