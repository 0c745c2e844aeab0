"""What advisers decide about keeping and erasing. Each decision is logged; the worker erases."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from adstelle.casework import store as cases
from adstelle.casework.access import within
from adstelle.casework.erasure import store
from adstelle.casework.erasure.store import BEGINNING, Gone, KeepingRow, Spot, spot_of
from adstelle.casework.store import Act
from adstelle.crypto.sessions import Session
from adstelle.database import Connection, Pool
from adstelle.domain.private import Private
from adstelle.domain.retention import Fate, Obstacle, Plan, Refusal, fate
from adstelle.errors import Unopenable

PURPOSE: Final = "retention"
SOON: Final = timedelta(days=30)
PAGE: Final = 100
LATELY: Final = 20


class Kept(Private, frozen=True):
    """A case, and what becomes of it."""

    row: KeepingRow
    fate: Fate


class Hold(Private, frozen=True, kw_only=True):
    """A hold, opened; *reason* is None where it does not open."""

    hold_id: UUID
    until: date
    set_on: date
    lifted_on: date | None
    name: str
    reason: str | None


class Disposal(Private, frozen=True, kw_only=True):
    """A proposal, opened; *is_own*: the reader made it, so somebody else has to agree."""

    proposed_on: date
    name: str
    is_own: bool
    is_approved: bool
    reason: str | None


class Keeping(Private, frozen=True, kw_only=True):
    """Everything about how long one case is kept."""

    kept: Kept
    holds: tuple[Hold, ...]
    disposal: Disposal | None


class Overview(Private, frozen=True, kw_only=True):
    """A page of what a Stelle has to know and to do about keeping; a case stands in one list only.

    *following*: where the next page begins, None on the last one.
    """

    wishes: tuple[Kept, ...]
    proposals: tuple[Kept, ...]
    asked: tuple[Kept, ...]
    going: tuple[Kept, ...]
    held: tuple[Kept, ...]
    lately: tuple[Gone, ...]
    following: Spot | None


class Erasures:
    """Decisions about keeping, each within the Stelle of a session."""

    def __init__(self, pool: Pool, plan: Plan) -> None:
        self._pool = pool
        self.plan = plan

    async def overview(self, session: Session, today: date, after: Spot = BEGINNING) -> Overview:
        """Sort the Stelle's cases behind *after* by what has to be done about them.

        What waits for somebody stands on the first pages, then the longest unchanged comes first.
        """
        async with self._transaction(session) as conn:
            rows = [
                row
                for rule in self.plan.rules
                for row in await store.of_stelle(conn, rule, today + SOON, after, PAGE + 1)
            ]
            lately = await store.lately(conn, LATELY) if after == BEGINNING else []
        rows.sort(key=spot_of)
        page = rows[:PAGE]
        found: dict[str, list[Kept]] = {}
        for row in page:
            kept = Kept(row, fate(row.facts, self.plan, today))
            found.setdefault(_list_of(kept, today), []).append(kept)
        lists = ("wishes", "proposals", "asked", "going", "held")
        return Overview(
            **{name: tuple(found.get(name, ())) for name in lists},
            lately=tuple(lately),
            following=spot_of(page[-1]) if len(rows) > PAGE else None,
        )

    async def look(self, session: Session, case_id: UUID, today: date) -> Keeping | None:
        """How long a case is kept, and why; None where the Stelle has no such case."""
        async with self._transaction(session) as conn:
            row = await store.of_case(conn, case_id)
            if row is None:
                return None
            await cases.append_log(conn, session, Act.CASE_READ, [case_id])
            holds, disposal = await store.holds(conn, case_id), await store.disposal(conn, case_id)
        return Keeping(
            kept=Kept(row, fate(row.facts, self.plan, today)),
            holds=tuple(_hold(session, each) for each in holds),
            disposal=_disposal(session, case_id, disposal) if disposal else None,
        )

    async def is_there(self, session: Session, case_id: UUID) -> bool:
        """Whether this member sees the case."""
        async with self._transaction(session) as conn:
            return await cases.lock_state(conn, case_id) is not None

    async def keep(self, session: Session, case_id: UUID, today: date) -> bool:
        """The case is still needed; its period runs anew from today."""
        return await self._decide(
            session, case_id, Act.CASE_KEPT, lambda conn: store.keep(conn, case_id, today)
        )

    async def hold(
        self, session: Session, case_id: UUID, hold: tuple[UUID, date, str], today: date
    ) -> bool:
        """Let nothing of a case be erased until a day; *hold* is id, day and reason."""
        hold_id, until, reason = hold
        sealed = session.seal_own(PURPOSE, reason.encode(), hold_id.bytes)
        return await self._decide(
            session,
            case_id,
            Act.HOLD_SET,
            lambda conn: store.insert_hold(conn, session, case_id, (hold_id, until, sealed), today),
        )

    async def lift(self, session: Session, case_id: UUID, hold_id: UUID, today: date) -> bool:
        """Lift a hold."""
        return await self._decide(
            session,
            case_id,
            Act.HOLD_LIFTED,
            lambda conn: store.lift_hold(conn, session, case_id, hold_id, today),
        )

    async def propose(self, session: Session, case_id: UUID, reason: str, today: date) -> bool:
        """Propose to erase a case before its time."""
        sealed = session.seal_own(PURPOSE, reason.encode(), case_id.bytes)
        return await self._decide(
            session,
            case_id,
            Act.DISPOSAL_PROPOSED,
            lambda conn: store.propose(conn, session, case_id, sealed, today),
        )

    async def approve(self, session: Session, case_id: UUID, today: date) -> bool:
        """Agree to what somebody else proposed; from here on the case goes when it can."""
        return await self._decide(
            session,
            case_id,
            Act.DISPOSAL_APPROVED,
            lambda conn: store.approve(conn, session, case_id, today),
        )

    async def decline(self, session: Session, case_id: UUID) -> bool:
        """Take a proposal off the table."""
        return await self._decide(
            session, case_id, Act.DISPOSAL_DECLINED, lambda conn: store.decline(conn, case_id)
        )

    async def answer(
        self, session: Session, case_id: UUID, refusal: Refusal | None, today: date
    ) -> bool:
        """Grant the person's wish to erase everything, or say why not; under a hold only no."""
        if refusal is None and await self._is_held(session, case_id, today):
            return False
        return await self._decide(
            session,
            case_id,
            Act.ERASURE_GRANTED if refusal is None else Act.ERASURE_REFUSED,
            lambda conn: store.answer_wish(conn, case_id, refusal, today),
        )

    async def _is_held(self, session: Session, case_id: UUID, today: date) -> bool:
        async with self._transaction(session) as conn:
            row = await store.of_case(conn, case_id)
        held_until = row.facts.held_until if row else None
        return held_until is not None and held_until >= today

    async def _decide(
        self,
        session: Session,
        case_id: UUID,
        act: Act,
        change: Callable[[Connection], Awaitable[bool]],
    ) -> bool:
        """Change something about a case and log it; false where there was nothing to change."""
        async with self._transaction(session) as conn:
            if await cases.lock_state(conn, case_id) is None or not await change(conn):
                return False
            await cases.append_log(conn, session, act, [case_id])
            return True

    def _transaction(self, session: Session) -> AbstractAsyncContextManager[Connection]:
        return within(self._pool, session)


def _list_of(kept: Kept, today: date) -> str:
    """Where a case stands in the overview: what waits for somebody comes first."""
    row, obstacles = kept.row, kept.fate.obstacles
    if Obstacle.ASKED in obstacles:
        return "wishes"
    if row.is_proposed and not row.facts.is_approved:
        return "proposals"
    if obstacles == (Obstacle.NEEDED,) and kept.fate.is_over(today + SOON):
        return "asked"
    if kept.fate.is_over(today + SOON) and not obstacles:
        return "going"
    return "held" if kept.fate.is_over(today + SOON) or Obstacle.HELD in obstacles else "later"


def _hold(session: Session, row: store.HoldRow) -> Hold:
    return Hold(
        hold_id=row.hold_id,
        until=row.held_until,
        set_on=row.set_on,
        lifted_on=row.lifted_on,
        name=row.name,
        reason=_opened(session, row.sealed, row.hold_id),
    )


def _disposal(session: Session, case_id: UUID, row: store.DisposalRow) -> Disposal:
    return Disposal(
        proposed_on=row.proposed_on,
        name=row.name,
        is_own=row.proposed_by == session.member_id,
        is_approved=row.approved_on is not None,
        reason=_opened(session, row.sealed, case_id),
    )


def _opened(session: Session, sealed: bytes, binding: UUID) -> str | None:
    try:
        return session.open_own(PURPOSE, sealed, binding.bytes).decode()
    except Unopenable:
        return None
