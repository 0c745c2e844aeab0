"""What is kept how long, and what was decided about that. Reasons come and go sealed."""

from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from adstelle.crypto.sessions import Session
from adstelle.database import Connection, queries
from adstelle.domain.retention import Facts, Refusal, Rule

_sql = queries("retention")


class KeepingRow(msgspec.Struct, frozen=True, kw_only=True):
    """A case with what decides how long it is kept.

    *answer_by*: until when the person's wish to erase it has to be answered; *is_proposed*:
    somebody wants it erased before its time.
    """

    case_id: UUID
    facts: Facts
    answer_by: date | None
    refusal: Refusal | None
    is_proposed: bool


class HoldRow(msgspec.Struct, frozen=True):
    """Nothing is erased until a day; why is sealed."""

    hold_id: UUID
    held_until: date
    set_on: date
    lifted_on: date | None
    sealed: bytes
    name: str


class DisposalRow(msgspec.Struct, frozen=True):
    """A proposal to erase a case before its time; why is sealed."""

    proposed_on: date
    proposed_by: UUID
    approved_on: date | None
    sealed: bytes
    name: str


class Gone(msgspec.Struct, frozen=True):
    """A case that was erased: its number says nothing any more."""

    case_id: UUID
    gone_at: datetime


class Spot(msgspec.Struct, frozen=True, order=True):
    """Where a case stands on the Stelle's pages: what *rests* comes after what waits for somebody,
    and then the longest unchanged comes first.
    """

    rests: bool
    changed_on: date
    case_id: UUID


BEGINNING: Final = Spot(False, date.min, UUID(int=0))


def spot_of(row: KeepingRow) -> Spot:
    """Where a case stands; db/queries/retention.sql says the same."""
    facts = row.facts
    is_asked = facts.asked_on is not None and not facts.is_granted and not facts.is_refused
    is_proposed = row.is_proposed and not facts.is_approved
    return Spot(not (is_asked or is_proposed), facts.changed_on, row.case_id)


async def of_stelle(
    conn: Connection, rule: Rule, horizon: date, after: Spot, most: int
) -> list[KeepingRow]:
    """Read up to *most* cases of a rule that end before *horizon*, or that something is going on
    about, and that stand behind *after*.
    """
    rows = _sql.of_stelle(
        conn,
        states=list(rule.states),
        kinds=list(rule.kinds),
        months=rule.months,
        horizon=horizon,
        rests=after.rests,
        changed_on=after.changed_on,
        case_id=after.case_id,
        most=most,
    )
    return [_keeping(row) async for row in rows]


async def of_case(conn: Connection, case_id: UUID) -> KeepingRow | None:
    """Read one case; None for an unknown or another Stelle's."""
    row = await _sql.of_case(conn, case_id=case_id)
    return None if row is None else _keeping(row)


def _keeping(row: Any) -> KeepingRow:
    return KeepingRow(
        case_id=row["case_id"],
        facts=msgspec.convert(dict(row), Facts),
        answer_by=row["answer_by"],
        refusal=Refusal(row["reason"]) if row["reason"] else None,
        is_proposed=row["is_proposed"],
    )


async def tasks(conn: Connection) -> tuple[int, date | None]:
    """Count the wishes that wait for an answer, and say when the first is due."""
    async for row in _sql.tasks(conn):
        return row["tasks"], row["answer_by"]
    return 0, None


async def holds(conn: Connection, case_id: UUID) -> list[HoldRow]:
    """Read what a case is held for, newest first."""
    return [msgspec.convert(dict(r), HoldRow) async for r in _sql.holds(conn, case_id=case_id)]


async def disposal(conn: Connection, case_id: UUID) -> DisposalRow | None:
    """Read the proposal to erase a case before its time."""
    row = await _sql.disposal(conn, case_id=case_id)
    return None if row is None else msgspec.convert(dict(row), DisposalRow)


async def lately(conn: Connection, most: int) -> list[Gone]:
    """Read what was erased lately, newest first."""
    rows = _sql.lately(conn, most=most)
    return [Gone(case_id, row["done_at"]) async for row in rows for case_id in row["case_ids"]]


async def keep(conn: Connection, case_id: UUID, today: date) -> bool:
    """Let the period run anew; false where it does already."""
    return _is_one(await _sql.keep(conn, case_id=case_id, today=today))


async def insert_hold(
    conn: Connection,
    session: Session,
    case_id: UUID,
    hold: tuple[UUID, date, bytes],
    today: date,
) -> bool:
    """Hold a case; false when this form was sent before."""
    hold_id, until, sealed = hold
    return bool(
        await _sql.insert_hold(
            conn,
            hold_id=hold_id,
            case_id=case_id,
            stelle=session.stelle,
            held_until=until,
            today=today,
            member_id=session.member_id,
            sealed=sealed,
        )
    )


async def lift_hold(
    conn: Connection, session: Session, case_id: UUID, hold_id: UUID, today: date
) -> bool:
    """Lift a hold; false where it was lifted before, or there is none."""
    return _is_one(
        await _sql.lift_hold(
            conn, case_id=case_id, hold_id=hold_id, member_id=session.member_id, today=today
        )
    )


async def propose(
    conn: Connection, session: Session, case_id: UUID, sealed: bytes, today: date
) -> bool:
    """Propose to erase a case before its time; false where somebody did before."""
    return bool(
        await _sql.propose(
            conn,
            case_id=case_id,
            stelle=session.stelle,
            today=today,
            member_id=session.member_id,
            sealed=sealed,
        )
    )


async def approve(conn: Connection, session: Session, case_id: UUID, today: date) -> bool:
    """Agree to a proposal of somebody else; false where that is not possible."""
    return _is_one(
        await _sql.approve(conn, case_id=case_id, member_id=session.member_id, today=today)
    )


async def decline(conn: Connection, case_id: UUID) -> bool:
    """Take a proposal off the table; false where there is none."""
    return _is_one(await _sql.decline(conn, case_id=case_id))


async def answer_wish(
    conn: Connection, case_id: UUID, refusal: Refusal | None, today: date
) -> bool:
    """Answer the person's wish to erase everything; false where it has its answer."""
    answer = "granted" if refusal is None else "refused"
    return _is_one(
        await _sql.answer_wish(conn, case_id=case_id, answer=answer, reason=refusal, today=today)
    )


def _is_one(status: str) -> bool:
    return status.endswith(" 1")
