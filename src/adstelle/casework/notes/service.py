"""Notes of advisers about a case: for the Stelle alone, a correction stands beside the old one."""

from collections.abc import Sequence
from datetime import datetime
from enum import Enum, auto
from typing import Final
from uuid import UUID

from adstelle.casework import store as cases
from adstelle.casework.access import within
from adstelle.casework.notes import store
from adstelle.casework.notes.store import NoteRow
from adstelle.casework.store import Act
from adstelle.crypto.sessions import Session
from adstelle.database import Connection, Pool
from adstelle.domain.private import Private
from adstelle.errors import Unopenable

PURPOSE: Final = "note"


class Kept(Enum):
    """What became of a note."""

    KEPT = auto()
    CHANGED = auto()  # the same form was sent before with another text, or the old note is replaced
    NO_SUCH_CASE = auto()


class NewNote(Private, frozen=True, kw_only=True):
    """A note to be kept; *replaces* is the one that it corrects."""

    number: UUID
    text: str
    replaces: UUID | None


class Note(Private, frozen=True, kw_only=True):
    """A note; *text* is None where it does not open, *replaced* whether a newer one corrects it."""

    note_id: UUID
    text: str | None
    written_at: datetime
    name: str
    corrects: bool
    replaced: bool


class Notes:
    """Notes on the cases of a session's Stelle."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def read(self, session: Session, case_id: UUID) -> Sequence[Note] | None:
        """Open the notes on a case, newest first; None where this member sees no such case."""
        async with within(self._pool, session) as conn:
            if await cases.case_of(conn, case_id) is None:
                return None
            await cases.append_log(conn, session, Act.NOTES_READ, [case_id])
            rows = await store.notes(conn, case_id)
        replaced = {row.replaces for row in rows}
        return [
            Note(
                note_id=row.note_id,
                text=opened(session, row),
                written_at=row.written_at,
                name=row.name,
                corrects=row.replaces is not None,
                replaced=row.note_id in replaced,
            )
            for row in rows
        ]

    async def write(self, session: Session, case_id: UUID, note: NewNote) -> Kept:
        """Keep a note; sent twice it is kept once."""
        async with within(self._pool, session) as conn:
            if await cases.lock_state(conn, case_id) is None:
                return Kept.NO_SUCH_CASE
            return await keep(conn, session, case_id, note)


async def keep(conn: Connection, session: Session, case_id: UUID, note: NewNote) -> Kept:
    """Keep a note within the caller's transaction, on a case that the caller holds."""
    sealed = session.seal_own(PURPOSE, note.text.encode(), note.number.bytes)
    if await store.insert_note(conn, session, case_id, note.number, note.replaces, sealed):
        await cases.append_log(conn, session, Act.NOTE_WRITTEN, [case_id])
        return Kept.KEPT
    rows = {row.note_id: row for row in await store.notes(conn, case_id)}
    before = rows.get(note.number)
    same = before is not None and (opened(session, before), before.replaces) == (
        note.text,
        note.replaces,
    )
    return Kept.KEPT if same else Kept.CHANGED


def opened(session: Session, row: NoteRow) -> str | None:
    """The text of a note; None where it does not open."""
    try:
        return session.open_own(PURPOSE, row.sealed, row.note_id.bytes).decode()
    except Unopenable:
        return None
