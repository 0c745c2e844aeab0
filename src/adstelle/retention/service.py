"""Erase what is over: each case in one transaction of its own, so that nothing is ever half."""

from collections import Counter
from collections.abc import Callable
from datetime import date

import msgspec

from adstelle import events
from adstelle.city import City
from adstelle.database import Pool, Role, transaction
from adstelle.domain.retention import Obstacle, Plan, fate, mailbox_ends
from adstelle.retention import store
from adstelle.retention.store import Case, Report

Place = tuple[str, str]  # a Stelle and a rule


class Round(msgspec.Struct, frozen=True):
    """What a round erased, or would erase: counts, no case.

    *erased* by Stelle and rule, *kept* also by obstacle (a case with two is counted at both);
    *overdue*: wishes to erase that should have been answered.
    """

    erased: Counter[Place]
    kept: Counter[tuple[str, str, Obstacle]]
    reports: int
    traces: int
    overdue: int


class Retention:
    """Keeps to the city's plan."""

    def __init__(self, pool: Pool, plan: Plan, today: Callable[[], date]) -> None:
        self._pool = pool
        self._plan = plan
        self._today = today

    async def look(self) -> Round:
        """Say what would go today; nothing changes. Old traces are not counted."""
        today = self._today()
        cases = await self._cases(today)
        erased = Counter(self._place(case, today) for case in cases if self._goes(case, today))
        reports = [report for report in await self._reports() if self._ends(report, today)]
        return Round(
            erased=erased,
            kept=self._kept(cases, today),
            reports=len(reports),
            traces=0,
            overdue=await self._overdue(today),
        )

    async def run(self) -> Round:
        """Erase what is over today, and say what was kept; once a month, mix what is counted."""
        today = self._today()
        cases = await self._cases(today)
        erased = await self._erase(cases, today)
        reports = await self._erase_reports(await self._reports(), today)
        async with transaction(self._pool, Role.RETENTION) as conn:
            traces = await store.erase_traces(conn, self._plan.periods, today)
        async with transaction(self._pool, Role.RETENTION) as conn:
            await store.mix(conn, today)
        done = Round(
            erased=erased,
            kept=self._kept(cases, today),
            reports=reports,
            traces=traces,
            overdue=await self._overdue(today),
        )
        _tell(done)
        return done

    async def run_decided(self) -> int:
        """Erase what somebody decided on; return how many cases and reports went."""
        today = self._today()
        async with transaction(self._pool, Role.RETENTION) as conn:
            cases = await store.decided(conn)
        erased = await self._erase(cases, today)
        async with transaction(self._pool, Role.RETENTION) as conn:
            wanted = await store.wanted_gone(conn)
        reports = await self._erase_reports(wanted, today)
        for (stelle, rule), count in erased.items():
            events.emit(events.CasesErased(stelle=stelle, rule=rule, cases=count))
        return erased.total() + reports

    def _goes(self, case: Case, today: date) -> bool:
        return fate(case.facts, self._plan, today).is_erased(today)

    def _place(self, case: Case, today: date) -> Place:
        return case.stelle, fate(case.facts, self._plan, today).rule.id

    def _kept(self, cases: list[Case], today: date) -> Counter[tuple[str, str, Obstacle]]:
        """Count what is over and stays, by what keeps it."""
        fates = [(case.stelle, fate(case.facts, self._plan, today)) for case in cases]
        return Counter(
            (stelle, found.rule.id, obstacle)
            for stelle, found in fates
            if found.is_over(today)
            for obstacle in found.obstacles
        )

    async def _cases(self, today: date) -> list[Case]:
        async with transaction(self._pool, Role.RETENTION) as conn:
            return [
                case for rule in self._plan.rules for case in await store.cases(conn, rule, today)
            ]

    async def _erase(self, cases: list[Case], today: date) -> Counter[Place]:
        erased: Counter[Place] = Counter()
        for case in cases:
            if self._goes(case, today):
                async with transaction(self._pool, Role.RETENTION) as conn:
                    if await store.erase(conn, case.case_id, today):
                        erased[self._place(case, today)] += 1
        return erased

    async def _reports(self) -> list[Report]:
        async with transaction(self._pool, Role.RETENTION) as conn:
            return await store.reports(conn)

    def _ends(self, report: Report, today: date) -> bool:
        over = mailbox_ends([report.last_day], self._plan.periods)
        return report.is_wanted_gone or today >= over

    async def _erase_reports(self, reports: list[Report], today: date) -> int:
        gone = 0
        for report in reports:
            if self._ends(report, today):
                async with transaction(self._pool, Role.RETENTION) as conn:
                    gone += await store.erase_report(conn, report.report_id)
        return gone

    async def _overdue(self, today: date) -> int:
        async with transaction(self._pool, Role.RETENTION) as conn:
            return await store.overdue(conn, today)


def retention_of(pool: Pool, city: City) -> Retention:
    """Retention as a city wants it, by the city's day."""
    return Retention(pool, city.retention, city.today)


def _tell(done: Round) -> None:
    """Say how many; never which."""
    for (stelle, rule), count in done.erased.items():
        events.emit(events.CasesErased(stelle=stelle, rule=rule, cases=count))
    for (stelle, rule, obstacle), count in done.kept.items():
        events.emit(events.CasesKept(stelle=stelle, rule=rule, obstacle=obstacle, cases=count))
    events.emit(
        events.RetentionDone(reports=done.reports, traces=done.traces, overdue=done.overdue)
    )
