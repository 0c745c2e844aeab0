"""Building blocks for answers: those of the service, and those a Stelle wrote itself."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final
from uuid import UUID

import msgspec

from adstelle.casework.access import within
from adstelle.casework.blocks import store
from adstelle.crypto.sessions import Session
from adstelle.database import Pool
from adstelle.domain.private import Private
from adstelle.errors import Unopenable

PURPOSE: Final = "block"


class Shipped(StrEnum):
    """The building blocks that come with the service; `block.<name>` is their text."""

    ERHALTEN = "erhalten"
    NACHFRAGE = "nachfrage"
    FRIST = "frist"
    TERMIN = "termin"
    WEITERGABE = "weitergabe"
    ABSCHLUSS = "abschluss"


class Block(Private, frozen=True, kw_only=True):
    """What a Stelle wrote itself, in one language."""

    title: str
    text: str
    lang: str


class Own(Private, frozen=True):
    """A building block of the Stelle with its number; *block* is None where it does not open."""

    block_id: UUID
    block: Block | None


class Blocks:
    """The building blocks of a session's Stelle."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def own(self, session: Session) -> Sequence[Own]:
        """Open all of them, by title."""
        async with within(self._pool, session) as conn:
            rows = await store.blocks(conn)
        found = [Own(block_id, _opened(session, block_id, sealed)) for block_id, sealed in rows]
        return sorted(found, key=lambda own: own.block.title.casefold() if own.block else "")

    async def one(self, session: Session, block_id: UUID) -> Block | None:
        """Open one; None where the Stelle has none such, or it does not open."""
        async with within(self._pool, session) as conn:
            sealed = await store.block(conn, block_id)
        return None if sealed is None else _opened(session, block_id, sealed)

    async def keep(self, session: Session, block_id: UUID, block: Block) -> None:
        """Keep a new one or a changed one; sent twice it is the same."""
        sealed = session.seal_own(PURPOSE, msgspec.json.encode(block), block_id.bytes)
        async with within(self._pool, session) as conn:
            await store.keep_block(conn, session, block_id, sealed)

    async def drop(self, session: Session, block_id: UUID) -> None:
        """Delete one; deleted twice it is gone just so."""
        async with within(self._pool, session) as conn:
            await store.drop_block(conn, block_id)


def _opened(session: Session, block_id: UUID, sealed: bytes) -> Block | None:
    try:
        content = session.open_own(PURPOSE, sealed, block_id.bytes)
    except Unopenable:
        return None
    return msgspec.json.decode(content, type=Block)
