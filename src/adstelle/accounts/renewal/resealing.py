"""Everything that is sealed to the statistics is sealed for its newest key, batch by batch.

Whoever kept a former key, and gets hold of the database later, opens nothing with it. It runs
beside the requests, with the key of the session that asked for it. Each batch is a transaction that
also remembers how far it got: whatever interrupts it, any statistician's session goes on from
there, and several at once share the work.

It begins when nobody seals for the key before any more: processes keep the public key for up to a
minute (`intake.service.KEYS_LIFE`).
"""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

import msgspec

from adstelle import events
from adstelle.accounts.renewal import store
from adstelle.accounts.renewal.store import Place, SealedDraft, SealedRow, Step
from adstelle.crypto import sealing
from adstelle.crypto.sessions import ChainedKey
from adstelle.database import Connection, Pool, Role, transaction
from adstelle.errors import OutcomeUnknown, StorageUnavailable, Unopenable

GRACE: Final = timedelta(minutes=2)
PATIENCE: Final = timedelta(seconds=30)  # without a batch, nobody is taken to be at it
BATCH: Final = 100  # rows of about two kilobytes
DRAFTS: Final = 5  # of any size
_FIRST: Final = UUID(int=0)
_NEXT: Final = {
    Step.ASSESSMENT: Step.CARD,
    Step.CARD: Step.DRAFT,
    Step.DRAFT: Step.DONE,
}
_BINDINGS: Final = {
    Step.ASSESSMENT: sealing.assessment_binding,
    Step.CARD: sealing.card_binding,
}


class Resealing:
    """Seals anew, in this process. A batch and the pause before the first can be made shorter."""

    def __init__(self, pool: Pool, *, grace: timedelta = GRACE, batch: int = BATCH) -> None:
        self._pool = pool
        self.grace = grace
        self._batch = batch
        self._running: set[asyncio.Task[None]] = set()

    def start(self, key: ChainedKey) -> None:
        """Go on in the background until everything is done, or another key came."""
        task = asyncio.create_task(self._until_done(key))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def run(self, key: ChainedKey) -> None:
        """Go on until everything is done, or another key came."""
        await asyncio.sleep(await self._seconds_left())
        while await self._one_batch(key):
            pass

    async def _until_done(self, key: ChainedKey) -> None:
        """Where the database is away it is broken off; the page says so."""
        try:
            await self.run(key)
        except (StorageUnavailable, OutcomeUnknown) as error:
            events.emit(events.Failed(events.error_name(error), events.where(error)))

    async def _seconds_left(self) -> float:
        async with transaction(self._pool, Role.RENEWAL) as conn:
            return await store.seconds_left(conn, self.grace)

    async def _one_batch(self, key: ChainedKey) -> bool:
        """Seal one batch anew; false when there is no more to do with this key."""
        async with transaction(self._pool, Role.RENEWAL) as conn:
            place = await store.hold_place(conn)
            newest = await store.announced(conn)  # read after the place is held: it moves with it
            if place is None or place.step is Step.DONE or newest is None:
                return False
            if newest.encoded != key.encoded_public():
                return False
            done = await self._seal(conn, key, place)
            await store.move_place(conn, done)
        if done.step is Step.DONE:
            events.emit(events.StatisticsSealedAnew(unread=done.unread))
        return True

    async def _seal(self, conn: Connection, key: ChainedKey, place: Place) -> Place:
        """Seal what comes next and return the place behind it."""
        if place.step is Step.DRAFT:
            drafts = await store.drafts(conn, place, DRAFTS)
            for draft in await asyncio.to_thread(_drafts_anew, key, drafts):
                await store.reseal_draft(conn, draft)
            return _behind(place, [draft.number for draft in drafts], 0)
        rows = await store.rows(conn, place, self._batch)
        contents, unread = await asyncio.to_thread(_rows_anew, key, place.step, rows)
        await store.reseal_rows(conn, place.step, contents)
        return _behind(place, [row.number for row in rows], unread)


def _behind(place: Place, numbers: Sequence[UUID], unread: int) -> Place:
    if not numbers:
        return msgspec.structs.replace(place, step=_NEXT[place.step], after=_FIRST)
    return msgspec.structs.replace(place, after=numbers[-1], unread=place.unread + unread)


def _rows_anew(
    key: ChainedKey, step: Step, rows: Sequence[SealedRow]
) -> tuple[dict[UUID, bytes], int]:
    """What is to stand where a former key opens it, by number, and how many no key opens."""
    contents, unread = {}, 0
    for row in rows:
        try:
            content = key.renewed(row.sealed, _BINDINGS[step](row.number))
        except Unopenable:
            unread += 1
            continue
        if content is not None:
            contents[row.number] = content
    return contents, unread


def _drafts_anew(key: ChainedKey, drafts: Sequence[SealedDraft]) -> list[SealedDraft]:
    return [
        msgspec.structs.replace(
            draft,
            **{
                kind: _anew(key, getattr(draft, kind), draft.number, kind)
                for kind in ("wish", "outcome", "reply")
            },
        )
        for draft in drafts
    ]


def _anew(key: ChainedKey, sealed: bytes | None, draft_id: UUID, kind: str) -> bytes | None:
    """The same for the newest key; what no key opens stays: its draft can be begun anew."""
    if sealed is None:
        return None
    try:
        return key.renewed(sealed, sealing.draft_binding(kind, draft_id)) or sealed
    except Unopenable:
        return sealed
