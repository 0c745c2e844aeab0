"""The queue: which cases ask for work, and in which order. The log is written before one opens."""

from collections.abc import Sequence
from datetime import date
from typing import Final
from uuid import UUID

import msgspec

from adstelle.casework import opened
from adstelle.casework import store as casework
from adstelle.casework.access import within
from adstelle.casework.erasure import store as erasures
from adstelle.casework.index import store as index_store
from adstelle.casework.index.service import BATCH, Index
from adstelle.casework.index.store import scheme_of
from adstelle.casework.labels import service as labels
from adstelle.casework.labels.service import Label
from adstelle.casework.queue import store
from adstelle.casework.queue.store import FEW, Member, Place, QueueRow, Sought, View
from adstelle.casework.store import Act
from adstelle.crypto.hpke import PrivateKey
from adstelle.crypto.sessions import Session
from adstelle.database import Connection, Pool
from adstelle.domain.case import State
from adstelle.domain.private import Private
from adstelle.domain.referral import AWAITED
from adstelle.domain.report import Account
from adstelle.domain.search import Filter

PAGE: Final = 25
MOST_COUNTED: Final = 100  # of a view: one more than is said
MOST_MISSING: Final = 1000


class Entry(Private, frozen=True, kw_only=True):
    """A case in the queue; *account* is None where it does not open."""

    case_id: UUID
    state: State
    received_on: date
    unread: int
    awaits_answer: bool
    needs_attention: bool
    account: Account | None
    assigned_to: UUID | None
    deputy: UUID | None
    remind_on: date | None
    labels: tuple[UUID, ...]


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What part of the queue: a view, a state, what was looked for; the first page of it, the one
    that comes after the place *before*, or the one that comes before the place *after*.
    """

    view: View | None = None
    state: State | None = None
    filter: Filter = Filter()
    before: Place | None = None
    after: Place | None = None


class Queue(Private, frozen=True, kw_only=True):
    """A page of the queue. *newer* and *older* are places to go on from, where there is more.

    *counts* go up to `MOST_COUNTED`. *missing* cases are not in the search index yet. So many
    *wishes* to erase wait for an answer, the first of them until *answer_by*.
    """

    entries: tuple[Entry, ...]
    counts: dict[View, int]
    newer: Place | None
    older: Place | None
    missing: int
    members: tuple[Member, ...]
    labels: tuple[Label, ...]
    wishes: int
    answer_by: date | None


class CaseQueue:
    """What an adviser sees of all cases of the Stelle."""

    def __init__(self, pool: Pool, index: Index) -> None:
        self._pool = pool
        self._index = index

    async def page(self, session: Session, wanted: Wanted, today: date) -> Queue:
        """Show a page of cases, and take some more cases into the search index."""
        async with within(self._pool, session) as conn:
            await store.plan_anew(conn)
            sought = await self._sought(conn, session, wanted, today)
            places, newer, older = await _places(conn, sought, wanted)
            case_ids = [place.case_id for place in places if place.case_id is not None]
            rows = await store.rows(conn, case_ids)
            urgent = await store.attention(conn, case_ids, sought.asked_before)
            counts = await store.counts(conn, sought, MOST_COUNTED)
            members, sealed = await store.choices(conn)
            wishes, answer_by = await erasures.tasks(conn)
            missing = await index_store.missing(
                conn, index_store.scheme_of(session), MOST_MISSING + 1
            )
            if rows:
                await casework.append_log(conn, session, Act.QUEUE_READ, case_ids)
        private = session.key()
        entries = tuple(_entry(row, private, session.stelle, urgent) for row in rows)
        await self._note_due(session, rows, entries, today)
        return Queue(
            entries=entries,
            counts=counts,
            newer=newer,
            older=older,
            missing=await self._catch_up(session, missing, today),
            members=members,
            labels=labels.opened(session, sealed),
            wishes=wishes,
            answer_by=answer_by,
        )

    async def catch_up(self, session: Session, most: int, today: date) -> None:
        """Take up to *most* more cases into the search index."""
        await self._index.catch_up(session, most, today)

    async def _sought(
        self, conn: Connection, session: Session, wanted: Wanted, today: date
    ) -> Sought:
        """What the database has to look for. Few cases with the words wanted are found first."""
        tokens = self._index.wanted(session, wanted.filter)
        positions = await store.found(conn, tokens) if tokens else []
        has_few = bool(tokens) and len(positions) <= FEW
        return Sought(
            view=wanted.view,
            me=session.member_id,
            asked_before=today - AWAITED,
            state=wanted.state or wanted.filter.state,
            label=wanted.filter.label,
            assigned=wanted.filter.assigned,
            positions=sorted(set(positions)) if has_few else None,
            tokens=tokens if tokens and not has_few else None,
        )

    async def _note_due(
        self, session: Session, rows: Sequence[QueueRow], entries: Sequence[Entry], today: date
    ) -> None:
        """Keep the first statutory day to come of each case; what is due is sorted by it."""
        reckoned = {
            entry.case_id: self._index.due_on(entry.account, today)
            for entry in entries
            if entry.account is not None
        }
        changed = [
            (row.case_id, reckoned[row.case_id])
            for row in rows
            if row.case_id in reckoned and row.due_on != reckoned[row.case_id]
        ]
        if changed:
            async with within(self._pool, session) as conn:
                await index_store.keep_due(conn, changed)

    async def _catch_up(self, session: Session, missing: int, today: date) -> int:
        """Index a page's worth of cases; return how many are missing after that."""
        if not missing:
            return 0
        await self._index.catch_up(session, BATCH, today)
        async with within(self._pool, session) as conn:
            return await index_store.missing(conn, scheme_of(session), MOST_MISSING + 1)


async def _places(
    conn: Connection, sought: Sought, wanted: Wanted
) -> tuple[list[Place], Place | None, Place | None]:
    """Read where one page of cases stands, and whether there is more on either side."""
    before = wanted.before
    if wanted.after is not None:
        found = await store.places(conn, sought, wanted.after, PAGE + 1, back=True)
        if len(found) > PAGE:  # else this is the first page, which may have become longer
            found = found[1:]
            return found, found[0], found[-1]
        before = None
    found = await store.places(conn, sought, before, PAGE + 1)
    shown = found[:PAGE]
    newer = shown[0] if shown and before is not None else None
    return shown, newer, shown[-1] if len(found) > PAGE else None


def _entry(row: QueueRow, private: PrivateKey, stelle: str, urgent: frozenset[UUID]) -> Entry:
    return Entry(
        case_id=row.case_id,
        state=row.state,
        received_on=row.received_on,
        unread=row.unread,
        awaits_answer=row.awaits_answer,
        needs_attention=row.case_id in urgent,
        account=opened.content(row, private, stelle).account,
        assigned_to=row.assigned_to,
        deputy=row.deputy,
        remind_on=row.remind_on,
        labels=row.labels,
    )
