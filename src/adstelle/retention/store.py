"""What is kept and what goes, in the database. Only columns in clear are read."""

from datetime import date
from typing import Any
from uuid import UUID

import msgspec

from adstelle.database import Connection, queries
from adstelle.domain.retention import Facts, Periods, Rule

_sql = queries("retention")


class Case(msgspec.Struct, frozen=True):
    """A case, and what decides about it."""

    case_id: UUID
    stelle: str
    facts: Facts


class Report(msgspec.Struct, frozen=True):
    """A report that no Stelle here has; *last_day* is that of its history."""

    report_id: UUID
    is_wanted_gone: bool
    last_day: date


async def cases(conn: Connection, rule: Rule, today: date) -> list[Case]:
    """Read the cases of a rule whose period is over, or that were decided on."""
    rows = _sql.facts(
        conn,
        states=list(rule.states),
        kinds=list(rule.kinds),
        months=rule.months,
        today=today,
    )
    return [_case(row) async for row in rows]


async def decided(conn: Connection) -> list[Case]:
    """Read the cases that somebody decided on."""
    return [_case(row) async for row in _sql.decided(conn)]


def _case(row: Any) -> Case:
    facts = msgspec.convert(dict(row), Facts)
    return Case(case_id=row["case_id"], stelle=row["stelle"], facts=facts)


async def erase(conn: Connection, case_id: UUID, today: date) -> bool:
    """Erase a Stelle's copy: case, key, conversation, package, deliveries. One transaction.

    False where the database sees an obstacle: then nothing has changed. That is looked at once
    nobody writes to the case any more.
    """
    await _sql.hold_still(conn, case_id=case_id)
    gone = await _sql.erase_case(conn, case_id=case_id)
    if gone is None:
        return False
    stelle, package_id = gone["stelle"], gone["package_id"]
    ended = [
        (row["handover_id"], row["report_id"])
        async for row in _sql.end_handover(
            conn,
            report_id=gone["report_id"],
            package_id=package_id,
            stelle=stelle,
            today=today,
        )
    ]
    for _, report_id in ended:
        await _sql.erase_wrap(conn, report_id=report_id, stelle=stelle)
        await _sql.erase_messages(conn, report_id=report_id, stelle=stelle)
    await _sql.empty_package(conn, package_id=package_id, today=today)
    handover_ids = [handover_id for handover_id, _ in ended]
    await _sql.erase_promises(conn, handover_ids=handover_ids, package_id=package_id)
    await _sql.erase_packages(conn, handover_ids=handover_ids)
    await _sql.log_erasure(conn, stelle=stelle, case_ids=[case_id])
    return True


async def reports(conn: Connection) -> list[Report]:
    """Read the reports that no Stelle here has."""
    return [_report(row) async for row in _sql.reports(conn)]


async def wanted_gone(conn: Connection) -> list[Report]:
    """Read the reports that their person wants gone; some Stelle may still have them."""
    return [_report(row) async for row in _sql.wanted_gone(conn)]


def _report(row: Any) -> Report:
    return Report(row["report_id"], row["erasure_asked_on"] is not None, row["last_day"])


async def erase_report(conn: Connection, report_id: UUID) -> bool:
    """Erase a report; false where the database sees that somebody has it or waits for it."""
    return bool(await _sql.erase_report(conn, report_id=report_id))


async def erase_traces(conn: Connection, periods: Periods, today: date) -> int:
    """Forget old entries of the log, tombstones and deliveries; return how many."""
    counts = [
        await _sql.erase_log(conn, months=periods.log),
        await _sql.erase_tombstones(conn, months=periods.tombstones, today=today),
        await _sql.erase_arrived(conn, months=periods.promises, today=today),
    ]
    return int(sum(counts))


async def mix(conn: Connection, today: date) -> bool:
    """Put cards and assessments into an order drawn by lot; false if it was done this month."""
    return bool(await _sql.mix(conn, today=today))


async def overdue(conn: Connection, today: date) -> int:
    """Count the wishes to erase that should have been answered."""
    return int(await _sql.overdue(conn, today=today))
