"""Count what a Stelle did in a period. Every entry is opened in the session, page by page."""

import asyncio
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from adstelle.casework import store
from adstelle.casework.access import within
from adstelle.casework.activity import store as activities
from adstelle.casework.activity.store import FIRST, SealedEntry
from adstelle.casework.record import opening
from adstelle.casework.store import Act
from adstelle.crypto.sessions import Session
from adstelle.database import Pool
from adstelle.domain.activity import Period, Tally
from adstelle.domain.private import Private
from adstelle.domain.record import Entry, EventEntry

PAGE: Final = 500  # entries opened at a time; others get their turn in between


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """The counts of a period; *unopened* entries are not among them."""

    tally: Tally
    received: int
    unopened: int


class Listed(Private, frozen=True, kw_only=True):
    """An event in the list."""

    sealed: SealedEntry
    event: EventEntry


class Activities:
    """What a Stelle did, counted within the Stelle of the session."""

    def __init__(self, pool: Pool, time_zone: str) -> None:
        self._pool = pool
        self._zone = ZoneInfo(time_zone)

    async def count(self, session: Session, period: Period) -> Counted:
        """Count a period. Holds one page of entries at a time and no connection in between."""
        tally, unopened, after = Tally(period), 0, FIRST
        since = datetime.combine(period.first, time(), self._zone) - timedelta(days=1)
        while True:
            async with within(self._pool, session) as conn:
                rows = await activities.page(conn, since, after, PAGE)
                cases = {row.case_id for row in rows if row.case_id}
                if cases:
                    await store.append_log(conn, session, Act.ACTIVITY_COUNTED, sorted(cases))
            found = [(row.case_id, _entry(session, row)) for row in rows]
            tally.add((case_id, entry) for case_id, entry in found if entry is not None)
            unopened += sum(entry is None for _, entry in found)
            if len(rows) < PAGE:
                break
            after = rows[-1].entry_id
            await asyncio.sleep(0)
        async with within(self._pool, session) as conn:
            received = await activities.received(conn, period.first, period.last)
        return Counted(tally=tally, received=received, unopened=unopened)

    async def events(self, session: Session) -> list[Listed]:
        """The newest events, the latest day first; what does not open is left out."""
        async with within(self._pool, session) as conn:
            rows = await activities.events(conn)
        found = [
            Listed(sealed=row, event=event)
            for row in rows
            if isinstance(event := _entry(session, row), EventEntry)
        ]
        return sorted(found, key=lambda each: each.event.day, reverse=True)


def _entry(session: Session, row: SealedEntry) -> Entry | None:
    return opening.entry(session, row.entry_id, row.revision, row.sealed)
