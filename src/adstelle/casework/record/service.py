"""Read and write the working record of a case. Nothing is overwritten that nobody has looked at."""

from datetime import date, datetime
from enum import Enum, auto
from typing import Final
from uuid import UUID

import msgspec

from adstelle.casework import opened, store
from adstelle.casework.access import within
from adstelle.casework.assessing import service as assessing
from adstelle.casework.index import store as index_store
from adstelle.casework.record import opening
from adstelle.casework.record import store as records
from adstelle.casework.record.opening import Noted
from adstelle.casework.store import Act
from adstelle.crypto.sessions import Session
from adstelle.database import Connection, Pool
from adstelle.domain.private import Private
from adstelle.domain.record import Entry, Record, merged
from adstelle.domain.report import Account
from adstelle.domain.running import COUNTED

_INDEXED: Final = ("responsible_name", *COUNTED)  # cases are found by it, or counted


class Became(Enum):
    """What became of something that was saved."""

    KEPT = auto()
    CHANGED = auto()  # somebody else has changed the same in between: both have to be looked at
    NO_SUCH_CASE = auto()


class RecordFile(Private, frozen=True, kw_only=True):
    """The report and the record of a case, side by side; None is what does not open."""

    case_id: UUID
    received_on: date
    account: Account | None
    revision: int
    record: Record | None
    entries: tuple[Noted, ...]


class Change(Private, frozen=True, kw_only=True):
    """One revision in the history: of the record, or of an entry; what was before is None at first.

    What does not open is None as well; then *opens* is false.
    """

    made_at: datetime
    name: str
    revision: int
    opens: bool
    before: Record | Entry | None
    after: Record | Entry | None


class Records:
    """What an adviser does with the record of a case, within the Stelle of their session."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def read(self, session: Session, case_id: UUID) -> RecordFile | None:
        """Open record and report; None where the Stelle has no such case."""
        async with within(self._pool, session) as conn:
            row = await store.case_of(conn, case_id)
            if row is None:
                return None
            await store.append_log(conn, session, Act.CASE_READ, [case_id])
            last = await records.latest(conn, case_id) or opening.NO_REVISION
            entries = await records.entries(conn, case_id)
        return RecordFile(
            case_id=case_id,
            received_on=row.received_on,
            account=opened.content(row, session.key(), session.stelle).account,
            revision=last.revision,
            record=opening.record(session, case_id, last),
            entries=opening.current(session, entries),
        )

    async def save(
        self, session: Session, case_id: UUID, section: str, typed: Record, base: int
    ) -> Became:
        """Keep one *section* as it was typed on top of revision *base*; the rest stays."""
        async with within(self._pool, session) as conn:
            if await store.lock_state(conn, case_id) is None:  # one change of a case at a time
                return Became.NO_SUCH_CASE
            row = await records.latest(conn, case_id) or opening.NO_REVISION
            last = opening.record(session, case_id, row)
            before = await records.revision(conn, case_id, base) if base != row.revision else row
            old = opening.record(session, case_id, before)
            if last is None or old is None:
                return Became.CHANGED  # nothing is put on top of what nobody can read
            now = merged(old, last, typed, section)
            if now is None:
                return Became.CHANGED
            if now != last:
                plaintext = msgspec.json.encode(now)
                await records.append_revision(conn, session, case_id, row.revision + 1, plaintext)
                await store.append_log(conn, session, Act.RECORD_CHANGED, [case_id])
                if any(getattr(now, name) != getattr(last, name) for name in _INDEXED):
                    await index_store.outdate_case(conn, case_id)
                if section in assessing.SECTIONS:
                    await assessing.keep(conn, session, [case_id])
        return Became.KEPT

    async def history(self, session: Session, case_id: UUID) -> tuple[Change, ...] | None:
        """Every revision of record and entries, newest first; None where there is no such case."""
        async with within(self._pool, session) as conn:
            if await store.case_of(conn, case_id) is None:
                return None
            await store.append_log(conn, session, Act.CASE_READ, [case_id])
            revisions = await records.revisions(conn, case_id)
            entries = await records.entries(conn, case_id)
        found: list[Change] = []
        before: Record | Entry | None = Record()
        for row in revisions:
            after = opening.record(session, case_id, row)
            found.append(_change(row.made_at, row.name, row.revision, before, after))
            before = after
        old: dict[UUID, Entry | None] = {}
        for each in entries:
            entry = opening.entry(session, each.entry_id, each.revision, each.sealed)
            last = old.get(each.entry_id)
            found.append(_change(each.made_at, each.name, each.revision, last, entry))
            old[each.entry_id] = entry
        return tuple(sorted(found, key=lambda change: change.made_at, reverse=True))


class Entries:
    """Contacts, interventions and events, each written once and corrected by a new revision."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def read(self, session: Session, case_id: UUID | None, entry_id: UUID) -> Noted | None:
        """Open an entry of a case, or an event; None where the Stelle has no such there."""
        async with within(self._pool, session) as conn:
            if not await _is_there(conn, case_id):
                return None
            row = await records.entry(conn, entry_id)
            if row is None or row.case_id != case_id:
                return None
            if case_id is not None:
                await store.append_log(conn, session, Act.CASE_READ, [case_id])
        return opening.noted(session, row)

    async def has_case(self, session: Session, case_id: UUID) -> bool:
        """Whether the Stelle has such a case."""
        async with within(self._pool, session) as conn:
            return await _is_there(conn, case_id)

    async def write(
        self, session: Session, case_id: UUID | None, entry_id: UUID, entry: Entry, base: int
    ) -> Became:
        """Append an entry (*base* 0) or its correction on top of revision *base*.

        Sent twice it is kept once.
        """
        plaintext = msgspec.json.encode(entry)
        async with within(self._pool, session) as conn:
            is_there = await _is_there(conn, case_id)
            last = await records.entry(conn, entry_id)
            if not is_there or (last is not None and last.case_id != case_id):
                return Became.NO_SUCH_CASE
            if last is not None and opening.noted(session, last).entry == entry:
                return Became.KEPT
            if (last.revision if last else 0) != base:
                return Became.CHANGED
            if not await records.append_entry(
                conn, session, entry_id, base + 1, case_id, plaintext
            ):
                return Became.CHANGED  # by two at once
            if case_id is not None:
                await store.append_log(conn, session, Act.ENTRY_WRITTEN, [case_id])
        return Became.KEPT


async def _is_there(conn: Connection, case_id: UUID | None) -> bool:
    """Hold the case, so that what is written for it finds it there; an event needs none."""
    return case_id is None or await store.lock_state(conn, case_id) is not None


def _change(
    made_at: datetime,
    name: str,
    revision: int,
    before: Record | Entry | None,
    after: Record | Entry | None,
) -> Change:
    return Change(
        made_at=made_at,
        name=name,
        revision=revision,
        opens=after is not None,
        before=before,
        after=after,
    )
