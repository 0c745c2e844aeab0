"""Decisions in the database: on the hand-over, or on the package that came from outside."""

from datetime import date
from uuid import UUID

from adstelle.casework import store as cases
from adstelle.casework.store import Act
from adstelle.crypto.sessions import Session
from adstelle.database import Connection, queries
from adstelle.domain.handover import Decision, Reason

_sql = queries("casework")


async def decide(
    conn: Connection,
    session: Session,
    case_id: UUID,
    decision: Decision,
    reason: Reason | None,
    today: date,
) -> bool:
    """Write a decision down and log it; false if it stood there already.

    Whoever sent a package is promised to be told. What was taken over stays so.
    """
    row = await cases.case_of(conn, case_id)
    if row is None:
        return False
    if row.sender is None:
        status = await _sql.decide(
            conn, handover_id=row.handover_id, decision=decision, reason=reason, today=today
        )
    else:
        status = await _sql.decide_package(
            conn, package_id=row.package_id, decision=decision, reason=reason, today=today
        )
    if not status.endswith(" 1"):
        return False
    if row.sender is not None:
        await _sql.promise_decision(conn, package_id=row.package_id, sender=row.sender, today=today)
    await cases.append_log(conn, session, Act.DECIDED, [case_id])
    return True
