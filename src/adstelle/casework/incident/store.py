"""Incidents, series and which cases belong to them, in the database."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final
from uuid import UUID

import msgspec

from adstelle.crypto.sessions import Session
from adstelle.database import Connection, queries
from adstelle.domain.case import State
from adstelle.domain.incident import Incident, Series
from adstelle.domain.private import Private
from adstelle.errors import Unopenable

_sql = queries("incident")
INCIDENT: Final = "incident"
SERIES: Final = "series"
MOST: Final = 20  # incidents or series to choose from
MOST_SERIES: Final = 50


class Known(Private, frozen=True, kw_only=True):
    """An incident of the Stelle; *incident* is None where it does not open."""

    incident_id: UUID
    revision: int
    series_id: UUID | None
    made_at: datetime
    incident: Incident | None


class Link(Private, frozen=True, kw_only=True):
    """One line of the history: a case came to an incident, or left it."""

    incident_id: UUID
    linked: bool
    made_at: datetime
    name: str
    incident: Incident | None


class CaseLine(msgspec.Struct, frozen=True):
    """A case in a list: nothing of it is opened."""

    case_id: UUID
    received_on: date
    state: State


class KnownSeries(Private, frozen=True):
    """A series of the Stelle; *series* is None where it does not open."""

    series_id: UUID
    series: Series | None


def _place(number: UUID, revision: int = 1) -> bytes:
    return number.bytes + revision.to_bytes(4, "big")


def incident_of(session: Session, number: UUID, revision: int, sealed: bytes) -> Incident | None:
    """Open an incident; None where it does not open."""
    try:
        opened = session.open_own(INCIDENT, sealed, _place(number, revision))
    except Unopenable:
        return None
    return msgspec.json.decode(opened, type=Incident)


def _known(session: Session, row: dict[str, object]) -> Known:
    sealed = msgspec.convert(row.pop("sealed"), bytes)
    number = msgspec.convert(row["incident_id"], UUID)
    revision = msgspec.convert(row["revision"], int)
    return msgspec.convert(
        row | {"incident": incident_of(session, number, revision, sealed)}, Known
    )


async def insert(conn: Connection, session: Session, incident_id: UUID, incident: Incident) -> None:
    """Keep a new incident; one that is kept already stays as it is."""
    sealed = session.seal_own(INCIDENT, msgspec.json.encode(incident), _place(incident_id))
    await _sql.insert_incident(conn, incident_id=incident_id, stelle=session.stelle, sealed=sealed)


async def incident(conn: Connection, session: Session, incident_id: UUID) -> Known | None:
    """Read an incident; None where the Stelle has no such."""
    row = await _sql.incident(conn, incident_id=incident_id)
    return None if row is None else _known(session, dict(row))


async def lock(conn: Connection, incident_id: UUID) -> int | None:
    """The revision of an incident, held until the transaction ends; None where there is none."""
    revision: int | None = await _sql.lock_incident(conn, incident_id=incident_id)
    return revision


async def recent(conn: Connection, session: Session) -> list[Known]:
    """The newest incidents."""
    return [_known(session, dict(row)) async for row in _sql.recent(conn, most=MOST)]


async def of_series(conn: Connection, session: Session, series_id: UUID) -> list[Known]:
    """The incidents of a series, oldest first."""
    return [_known(session, dict(row)) async for row in _sql.of_series(conn, series_id=series_id)]


async def change(
    conn: Connection,
    session: Session,
    known: Known,
    incident: Incident,
    series_id: UUID | None,
) -> None:
    """Write an incident anew, under the next revision; the caller holds it."""
    revision = known.revision + 1
    place = _place(known.incident_id, revision)
    await _sql.change(
        conn,
        incident_id=known.incident_id,
        revision=revision,
        series_id=series_id,
        sealed=session.seal_own(INCIDENT, msgspec.json.encode(incident), place),
    )


async def insert_series(
    conn: Connection, session: Session, series_id: UUID, series: Series
) -> None:
    """Keep a new series."""
    sealed = session.seal_own(SERIES, msgspec.json.encode(series), _place(series_id))
    await _sql.insert_series(conn, series_id=series_id, stelle=session.stelle, sealed=sealed)


async def all_series(conn: Connection, session: Session, first: UUID | None) -> list[KnownSeries]:
    """The newest series; the one that is asked for by its number comes *first*, however old."""
    rows = [dict(row) async for row in _sql.all_series(conn, first=first, most=MOST_SERIES)]
    return [KnownSeries(row["series_id"], series_of(session, **row)) for row in rows]


async def series(conn: Connection, session: Session, series_id: UUID) -> Series | None:
    """One series, held until the transaction ends; None where the Stelle has no such."""
    sealed = await _sql.lock_series(conn, series_id=series_id)
    return None if sealed is None else series_of(session, series_id, sealed)


async def change_series(
    conn: Connection, session: Session, series_id: UUID, series: Series
) -> None:
    """Write a series anew; the caller holds it."""
    sealed = session.seal_own(SERIES, msgspec.json.encode(series), _place(series_id))
    await _sql.change_series(conn, series_id=series_id, sealed=sealed)


def series_of(session: Session, series_id: UUID, sealed: bytes) -> Series | None:
    """Open a series; None where it does not open."""
    try:
        opened = session.open_own(SERIES, sealed, _place(series_id))
    except Unopenable:
        return None
    return msgspec.json.decode(opened, type=Series)


async def link(
    conn: Connection, session: Session, case_id: UUID, incident_id: UUID, *, linked: bool
) -> None:
    """Append that a case came to an incident, or left it."""
    await _sql.link(
        conn,
        case_id=case_id,
        incident_id=incident_id,
        stelle=session.stelle,
        member_id=session.member_id,
        linked=linked,
    )


async def links_of(conn: Connection, session: Session, case_id: UUID) -> list[Link]:
    """The history of a case with incidents, oldest first."""
    found = []
    async for row in _sql.links_of(conn, case_id=case_id):
        opened = incident_of(session, row["incident_id"], row["revision"], row["sealed"])
        found.append(
            Link(
                incident_id=row["incident_id"],
                linked=row["linked"],
                made_at=row["made_at"],
                name=row["name"],
                incident=opened,
            )
        )
    return found


async def cases_of(conn: Connection, incident_id: UUID) -> list[CaseLine]:
    """The cases that belong to an incident now."""
    rows = [dict(row) async for row in _sql.cases_of(conn, incident_id=incident_id)]
    return msgspec.convert(rows, list[CaseLine])


async def linked_cases(conn: Connection, incident_ids: Sequence[UUID]) -> list[UUID]:
    """The cases that belong to any of these incidents now."""
    rows = _sql.linked_cases(conn, incident_ids=list(incident_ids))
    return [row["case_id"] async for row in rows]


async def incidents_of(conn: Connection, series_id: UUID) -> list[UUID]:
    """The numbers of the incidents that belong to a series now."""
    return [row["incident_id"] async for row in _sql.incidents_of(conn, series_id=series_id)]


async def numbered(conn: Connection, digits: str) -> list[CaseLine]:
    """The cases with a short number, eight hexadecimal digits."""
    lowest, highest = UUID(digits + "0" * 24), UUID(digits + "f" * 24)
    rows = [dict(row) async for row in _sql.numbered(conn, lowest=lowest, highest=highest)]
    return msgspec.convert(rows, list[CaseLine])
