"""What comes up more than once among the newest cases of a period, opened in the session."""

import asyncio
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from adstelle.casework import opened, store
from adstelle.casework.access import within
from adstelle.casework.hints import store as hints_store
from adstelle.casework.index import service as index_service
from adstelle.casework.index.store import Recorded
from adstelle.casework.store import Act
from adstelle.crypto.sessions import Session
from adstelle.database import Pool
from adstelle.domain import patterns
from adstelle.domain.activity import Period
from adstelle.domain.patterns import Kind, Pattern, Seen
from adstelle.domain.private import Private

MOST: Final = 1000  # cases that are opened: about a second
PAGE: Final = 100  # opened at a time; others get their turn in between


class Patterns(Private, frozen=True, kw_only=True):
    """The patterns of a period. *looked_at* cases were opened; *is_cut*: there are older ones.
    *unopened* did not open.
    """

    found: dict[Kind, list[Pattern]]
    looked_at: int
    is_cut: bool
    unopened: int


class PatternView:
    """Patterns within the Stelle of a session."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def look(self, session: Session, period: Period) -> Patterns:
        """Open the newest cases of a period, some at a time, and say what they have in common."""
        async with within(self._pool, session) as conn:
            rows = await hints_store.received(conn, period.first, period.last, MOST + 1)
        case_ids, found = [case_id for case_id, _ in rows[:MOST]], []
        for start in range(0, len(case_ids), PAGE):
            found += await self._open(session, case_ids[start : start + PAGE])
        return Patterns(
            found=patterns.patterns(each for each in found if each is not None),
            looked_at=len(found),
            is_cut=len(rows) > MOST,
            unopened=found.count(None),
        )

    async def _open(self, session: Session, case_ids: list[UUID]) -> list[Seen | None]:
        async with within(self._pool, session) as conn:
            rows = await hints_store.cases(conn, case_ids)
            if rows:
                await store.append_log(
                    conn, session, Act.PATTERN_READ, [row.case_id for row in rows]
                )
        return await asyncio.to_thread(_seen, session, rows)


def _seen(session: Session, rows: Sequence[Recorded]) -> list[Seen | None]:
    """Open cases. Runs beside the event loop."""
    private, found = session.key(), []
    for row in rows:
        account = opened.content(row, private, session.stelle).account
        record = index_service.record_of(session, row)
        found.append(
            patterns.seen(row.case_id, row.received_on, account, record) if account else None
        )
    return found
