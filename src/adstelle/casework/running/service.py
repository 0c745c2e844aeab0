"""Count a Stelle's cases in the session of whoever asks. Nothing of the numbers is stored."""

import asyncio
from collections.abc import Sequence
from datetime import date
from typing import Final
from uuid import UUID

from adstelle.casework import store
from adstelle.casework.access import within
from adstelle.casework.index import store as index_store
from adstelle.casework.index import tally
from adstelle.casework.index.service import Index
from adstelle.casework.index.store import scheme_of
from adstelle.casework.running import store as running
from adstelle.casework.running.store import SealedLine
from adstelle.casework.store import Act
from adstelle.crypto.sessions import Session
from adstelle.database import Pool
from adstelle.domain.activity import Period
from adstelle.domain.case import State
from adstelle.domain.private import Private
from adstelle.domain.running import Figures, Line, Tally

PAGE: Final = 5000  # cases opened at a time, in a few hundredths of a second
TAKEN_IN: Final = 100  # more cases with each look, as the list of cases does
MOST_MISSING: Final = 1000


class Running(Private, frozen=True):
    """The figures; *missing* cases are not taken in as they are now, counted to `MOST_MISSING`."""

    figures: Figures
    missing: int


class RunningFigures:
    """Counts within the Stelle of the session, without cases that a member is kept from."""

    def __init__(self, pool: Pool, index: Index) -> None:
        self._pool = pool
        self._index = index

    async def count(self, session: Session, period: Period, today: date) -> Running:
        """Take some more cases in, and count. Cases are opened and counted beside the
        event loop, page by page, and no connection is held meanwhile.

        One line of the log says that it was looked at: no single case is shown.
        """
        await self._index.catch_up(session, TAKEN_IN, today)
        async with within(self._pool, session) as conn:
            await store.append_log(conn, session, Act.FIGURES_READ, [])
            campaigns = await running.campaigns(conn, session)
            missing = await index_store.missing(conn, scheme_of(session), MOST_MISSING)
        counted, keys, after = Tally(period), session.own_keys(tally.PURPOSE), 0
        while True:
            async with within(self._pool, session) as conn:
                rows = await running.page(conn, period, after, PAGE)
            await asyncio.to_thread(lambda now: counted.add(_opened(keys, now, campaigns)), rows)
            if len(rows) < PAGE:
                return Running(counted.done(), missing)
            after = rows[-1].position


def _opened(
    keys: Sequence[bytes], rows: Sequence[SealedLine], campaigns: frozenset[UUID]
) -> list[Line]:
    """Open what cases count as."""
    return [
        Line(
            received_on=row.received_on,
            state=State(row.state),
            by_partner=row.by_partner,
            incident_id=row.incident_id,
            series_id=row.series_id,
            is_campaign=row.series_id in campaigns,
            tallied=tally.open_sealed(keys, row.case_id, row.sealed) if row.sealed else None,
        )
        for row in rows
    ]
