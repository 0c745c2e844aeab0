"""Open what is sealed of records and entries. What does not open is None: a page says so."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from adstelle.casework.record import store
from adstelle.casework.record.store import ENTRY, RECORD, EntryRow, Revision
from adstelle.crypto.sessions import Session
from adstelle.database import Connection
from adstelle.domain.private import Private
from adstelle.domain.record import Entry, Record, minutes_of
from adstelle.errors import Unopenable

NO_REVISION: Final = Revision(0, b"")
_record: Final = msgspec.json.Decoder(Record)
_entry: Final = msgspec.json.Decoder(Entry)


class Noted(Private, frozen=True, kw_only=True):
    """An entry as it stands now, and who wrote it last; *entry* is None where it does not open."""

    entry_id: UUID
    revision: int
    case_id: UUID | None
    made_at: datetime
    name: str
    entry: Entry | None


class Brief(Private, frozen=True, kw_only=True):
    """What the page of a case shows of its record; *record* is None where it does not open."""

    record: Record | None
    minutes: int
    entries: int


def record(session: Session, case_id: UUID, row: Revision | None) -> Record | None:
    """One revision of a record; where nothing was written yet, an empty one."""
    if row is None or row.revision == 0:
        return Record()
    try:
        opened = session.open_own(RECORD, row.sealed, store.place(case_id, row.revision))
    except Unopenable:
        return None
    return _record.decode(opened)


def entry(session: Session, entry_id: UUID, revision: int, sealed: bytes) -> Entry | None:
    """One revision of an entry."""
    try:
        opened = session.open_own(ENTRY, sealed, store.place(entry_id, revision))
    except Unopenable:
        return None
    found: Entry = _entry.decode(opened)
    return found


def noted(session: Session, row: EntryRow) -> Noted:
    """One revision of an entry with what is known in clear."""
    return Noted(
        entry_id=row.entry_id,
        revision=row.revision,
        case_id=row.case_id,
        made_at=row.made_at,
        name=row.name,
        entry=entry(session, row.entry_id, row.revision, row.sealed),
    )


def current(session: Session, rows: Iterable[EntryRow]) -> tuple[Noted, ...]:
    """Of all revisions the last of each entry, in the order in which they were first written."""
    last: dict[UUID, EntryRow] = {}
    for row in rows:
        if row.entry_id not in last or last[row.entry_id].revision < row.revision:
            last[row.entry_id] = row
    return tuple(noted(session, row) for row in last.values())


async def brief(conn: Connection, session: Session, case_id: UUID) -> Brief:
    """Open what the page of a case shows of its record; whoever asks has logged the reading."""
    last = record(session, case_id, await store.latest(conn, case_id))
    found = current(session, await store.entries(conn, case_id))
    entries = [each.entry for each in found if each.entry and not each.entry.struck]
    return Brief(record=last, minutes=minutes_of(entries), entries=len(entries))
