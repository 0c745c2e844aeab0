"""A Stelle's labels. What they are called can say what cases are about, so it is sealed."""

from collections.abc import Mapping
from contextlib import suppress
from enum import Enum, auto
from typing import Final
from uuid import UUID

from adstelle.casework.access import within
from adstelle.casework.labels import store
from adstelle.crypto.sessions import Session
from adstelle.database import Connection, Pool
from adstelle.domain.private import Private
from adstelle.errors import Unopenable

PURPOSE: Final = "label"
MOST_LABELS: Final = 100
MOST_CHARACTERS: Final = 40


class Label(Private, frozen=True):
    """One label of the Stelle."""

    label_id: UUID
    name: str


class Named(Enum):
    """What became of a name for a label."""

    KEPT = auto()
    TAKEN = auto()  # another label is called so
    TOO_MANY = auto()
    GONE = auto()  # somebody deleted it meanwhile


async def labels_of(conn: Connection, session: Session) -> tuple[Label, ...]:
    """The Stelle's labels by name."""
    return opened(session, await store.labels(conn))


def opened(session: Session, sealed: Mapping[UUID, bytes]) -> tuple[Label, ...]:
    """The same, read before; one that does not open is left out."""
    found = []
    for label_id, text in sealed.items():
        with suppress(Unopenable):
            name = session.open_own(PURPOSE, text, label_id.bytes).decode()
            found.append(Label(label_id, name))
    return tuple(sorted(found, key=lambda label: (label.name.casefold(), label.label_id)))


class Labels:
    """Making, renaming and deleting labels."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def all(self, session: Session) -> tuple[tuple[Label, int], ...]:
        """Every label, and on how many cases it is."""
        async with within(self._pool, session) as conn:
            uses = await store.uses(conn)
            return tuple(
                (label, uses.get(label.label_id, 0)) for label in await labels_of(conn, session)
            )

    async def name(self, session: Session, label_id: UUID, name: str, *, new: bool) -> Named:
        """Make a label or give one another name; each name stands once."""
        async with within(self._pool, session) as conn:
            await store.lock(conn, session)
            known = await store.labels(conn)
            others = (label for label in opened(session, known) if label.label_id != label_id)
            if any(label.name.casefold() == name.casefold() for label in others):
                return Named.TAKEN
            if label_id not in known and not new:
                return Named.GONE
            if label_id not in known and len(known) >= MOST_LABELS:
                return Named.TOO_MANY
            sealed = session.seal_own(PURPOSE, name.encode(), label_id.bytes)
            await store.keep(conn, session, label_id, sealed)
        return Named.KEPT

    async def drop(self, session: Session, label_id: UUID) -> None:
        """Delete a label, and take it off all cases."""
        async with within(self._pool, session) as conn:
            await store.drop(conn, label_id)
