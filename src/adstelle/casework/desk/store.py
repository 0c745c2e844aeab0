"""Who works on a case and who must not see it, in the database; drafts come and go sealed."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from adstelle.crypto.sessions import Session
from adstelle.database import Connection, queries
from adstelle.domain.case import LastStep

_sql = queries("desk")


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Who works on a case; *kept_away* is how many must not see it."""

    assigned_to: UUID | None
    assigned_name: str | None
    deputy: UUID | None
    deputy_name: str | None
    remind_on: date | None
    kept_away: int


class Colleague(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody of the Stelle; *kept_away_since* where they must not see the case."""

    member_id: UUID
    name: str
    kept_away_since: date | None


class AssignmentRow(msgspec.Struct, frozen=True, kw_only=True):
    """Who was to work on a case from a moment on, and who said so."""

    assigned_name: str | None
    deputy_name: str | None
    name: str
    made_at: datetime


class ConflictRow(msgspec.Struct, frozen=True, kw_only=True):
    """Who was kept from a case, or may see it again, and who said so."""

    concerns: str
    lifted: bool
    name: str
    made_at: datetime


Workers = tuple[UUID | None, UUID | None]  # who works on a case, and who does in their place


async def standing(conn: Connection, case_id: UUID) -> Standing | None:
    """Read who works on a case; None where the member sees none such."""
    row = await _sql.standing(conn, case_id=case_id)
    return None if row is None else msgspec.convert(dict(row), Standing)


async def colleagues(conn: Connection, case_id: UUID) -> list[Colleague]:
    """Read everybody of the Stelle, by name."""
    return [
        msgspec.convert(row, Colleague)
        for row in await _each(_sql.colleagues(conn, case_id=case_id))
    ]


async def hold(conn: Connection, case_id: UUID) -> Workers | None:
    """Hold a case until the transaction ends; None where the member sees none such."""
    row = await _sql.hold(conn, case_id=case_id)
    return None if row is None else (row["assigned_to"], row["deputy"])


async def assign(
    conn: Connection,
    session: Session,
    case_id: UUID,
    number: UUID,
    workers: Workers,
    today: date,
) -> bool:
    """Say who works on a case and append it; false where *number* was written down before."""
    is_new = await _sql.append_assignment(
        conn,
        assignment_id=number,
        case_id=case_id,
        stelle=session.stelle,
        assigned_to=workers[0],
        deputy=workers[1],
        member_id=session.member_id,
    )
    if is_new:
        await _sql.assign(
            conn, case_id=case_id, assigned_to=workers[0], deputy=workers[1], today=today
        )
    return bool(is_new)


async def assignments(conn: Connection, case_id: UUID) -> list[AssignmentRow]:
    """Read who worked on a case, oldest first."""
    rows = await _each(_sql.assignments(conn, case_id=case_id))
    return [msgspec.convert(row, AssignmentRow) for row in rows]


async def remind(conn: Connection, case_id: UUID, day: date | None) -> bool:
    """Set the day on which a case is to be looked at again; false where it stood so already."""
    status: str = await _sql.remind(conn, case_id=case_id, remind_on=day)
    return status.endswith(" 1")


async def keep_away(
    conn: Connection, session: Session, case_id: UUID, member_id: UUID, today: date
) -> None:
    """Keep a member from a case, and append that."""
    await _append_conflict(conn, session, case_id, member_id, lifted=False)
    await _sql.keep_away(
        conn, case_id=case_id, member_id=member_id, stelle=session.stelle, today=today
    )


async def let_back(conn: Connection, session: Session, case_id: UUID, member_id: UUID) -> bool:
    """Let a member see a case again, and append that; false where nothing kept them away."""
    status: str = await _sql.let_back(conn, case_id=case_id, member_id=member_id)
    if not status.endswith(" 1"):
        return False
    await _append_conflict(conn, session, case_id, member_id, lifted=True)
    return True


async def _append_conflict(
    conn: Connection, session: Session, case_id: UUID, member_id: UUID, *, lifted: bool
) -> None:
    await _sql.append_conflict(
        conn,
        case_id=case_id,
        stelle=session.stelle,
        concerns=member_id,
        lifted=lifted,
        member_id=session.member_id,
    )


async def conflicts(conn: Connection, case_id: UUID) -> list[ConflictRow]:
    """Read who was kept from a case and who may see it again, oldest first."""
    rows = await _each(_sql.conflicts(conn, case_id=case_id))
    return [msgspec.convert(row, ConflictRow) for row in rows]


async def last_step(conn: Connection, session: Session, case_id: UUID) -> LastStep | None:
    """Read the last step of a case, with what decides whether it can be taken back."""
    row = await _sql.last_step(conn, case_id=case_id, member_id=session.member_id)
    return None if row is None else msgspec.convert(dict(row), LastStep)


async def take_back(conn: Connection, session: Session, case_id: UUID, last: LastStep) -> None:
    """Append the step that takes the last one back."""
    await _sql.take_back(
        conn,
        case_id=case_id,
        stelle=session.stelle,
        from_state=last.to_state,
        to_state=last.from_state,
        member_id=session.member_id,
        undoes=last.step_id,
    )


async def drafted(conn: Connection, case_id: UUID) -> tuple[bytes, date] | None:
    """Read the member's own draft, sealed, and the day on which it was kept."""
    row = await _sql.drafted(conn, case_id=case_id)
    return None if row is None else (row["sealed"], row["saved_on"])


async def keep_draft(
    conn: Connection, session: Session, case_id: UUID, sealed: bytes, today: date
) -> None:
    """Keep an answer that is still being written, in place of an older draft."""
    await _sql.keep_draft(
        conn,
        case_id=case_id,
        member_id=session.member_id,
        stelle=session.stelle,
        today=today,
        sealed=sealed,
    )


async def drop_draft(conn: Connection, case_id: UUID) -> None:
    """Forget the member's draft."""
    await _sql.drop_draft(conn, case_id=case_id)


async def _each(rows: Any) -> Sequence[dict[str, Any]]:
    return [dict(row) async for row in rows]
