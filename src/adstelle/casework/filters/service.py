"""What a member looks for: sealed for the Stelle, so that no address and no log says it."""

from datetime import date
from typing import Final
from uuid import UUID

import msgspec

from adstelle.casework.access import within
from adstelle.casework.filters import store
from adstelle.casework.filters.store import SealedFilter
from adstelle.casework.incident import store as incidents
from adstelle.casework.labels import service as labels
from adstelle.casework.labels.service import Label
from adstelle.casework.queue import store as queue_store
from adstelle.casework.queue.store import Member
from adstelle.crypto.sessions import Session
from adstelle.database import Pool
from adstelle.domain.private import Private
from adstelle.domain.search import Filter
from adstelle.errors import Unopenable

PURPOSE: Final = "filter"
MOST_CHARACTERS: Final = 60


class Saved(Private, frozen=True):
    """What somebody looks for; with a name it is kept."""

    name: str
    filter: Filter


class Kept(Private, frozen=True):
    """The same with its number."""

    filter_id: UUID
    saved: Saved


class Filters:
    """A member's own; nobody else sees them."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def choices(self, session: Session) -> tuple[tuple[Member, ...], tuple[Label, ...]]:
        """Whom and which labels one can look for."""
        async with within(self._pool, session) as conn:
            members, sealed = await queue_store.choices(conn)
        return members, labels.opened(session, sealed)

    async def numbered(self, session: Session, digits: str) -> UUID | None:
        """The case with a short number; None where there is none, or more than one."""
        async with within(self._pool, session) as conn:
            cases = await incidents.numbered(conn, digits)
        return cases[0].case_id if len(cases) == 1 else None

    async def all(self, session: Session) -> tuple[Kept, ...]:
        """What the member keeps, by name."""
        async with within(self._pool, session) as conn:
            sealed = await store.filters(conn, session)
        opened = [kept for kept in (_opened(session, one) for one in sealed) if kept is not None]
        return tuple(sorted(opened, key=lambda kept: kept.saved.name.casefold()))

    async def find(self, session: Session, filter_id: UUID) -> Saved | None:
        """One of them; None for an unknown one, a forgotten one and another member's."""
        async with within(self._pool, session) as conn:
            sealed = await store.filter_of(conn, session, filter_id)
        kept = _opened(session, sealed) if sealed else None
        return kept.saved if kept else None

    async def keep(self, session: Session, filter_id: UUID, saved: Saved, today: date) -> None:
        """Keep what the member looks for, until tomorrow or under its name."""
        text = msgspec.json.encode(saved)
        sealed = SealedFilter(filter_id, session.seal_own(PURPOSE, text, filter_id.bytes))
        async with within(self._pool, session) as conn:
            await store.keep(conn, session, sealed, today, kept=bool(saved.name))

    async def drop(self, session: Session, filter_id: UUID) -> None:
        """Forget one."""
        async with within(self._pool, session) as conn:
            await store.drop(conn, session, filter_id)


def _opened(session: Session, sealed: SealedFilter) -> Kept | None:
    try:
        text = session.open_own(PURPOSE, sealed.sealed, sealed.filter_id.bytes)
        return Kept(sealed.filter_id, msgspec.json.decode(text, type=Saved))
    except (Unopenable, msgspec.ValidationError):  # of an earlier version: it is left aside
        return None
