"""A new key for the statistics, after somebody left who had the old one.

Everything changes in one transaction, so whatever interrupts it, either key is whole. Whoever makes
the key has it at once; all others enter it from the new paper, as they did the one before. What is
sealed already is sealed anew afterwards (`renewal.resealing`), and opens all the while: the old key
is kept, sealed for the new one (docs/decisions/0044-statistics-key-renewed.md).
"""

from collections.abc import Callable
from datetime import date

import msgspec

from adstelle import events
from adstelle.accounts import keys, next_key
from adstelle.accounts.keys import STATISTICS
from adstelle.accounts.next_key import Meanwhile, Prepared, Switched
from adstelle.accounts.renewal import store
from adstelle.accounts.renewal.resealing import PATIENCE, Resealing
from adstelle.accounts.renewal.store import Colleague, Course, Step
from adstelle.accounts.service import Clock
from adstelle.crypto import envelope, opening, recovery, sessions
from adstelle.crypto.hpke import PrivateKey, PublicKey
from adstelle.crypto.sessions import ChainedKey, Session, Ticket
from adstelle.database import Connection, Pool, Role, transaction
from adstelle.domain.private import Private


class Standing(Private, frozen=True, kw_only=True):
    """Who has the key, who left with it, and how far everything is sealed for it."""

    left: tuple[str, ...]
    colleagues: tuple[Colleague, ...]
    course: Course | None

    @property
    def is_unfinished(self) -> bool:
        """Whether something may still open with a former key."""
        return self.course is not None and self.course.step is not Step.DONE

    @property
    def needs_somebody(self) -> bool:
        """Whether the key should be renewed, or what was begun be gone on with."""
        return bool(self.left) or (
            self.is_unfinished and self.course is not None and self.course.is_broken_off
        )


class Renewal:
    """Draws the next key of the statistics, puts it in force, and has everything sealed for it."""

    def __init__(
        self, pool: Pool, resealing: Resealing, clock: Clock, today: Callable[[], date]
    ) -> None:
        self._pool = pool
        self._resealing = resealing
        self._clock = clock
        self._today = today

    async def standing(self, session: Session) -> Standing:
        """How things are, for a statistician."""
        async with transaction(self._pool, Role.RENEWAL) as conn:
            return Standing(
                left=tuple(await store.left(conn)),
                colleagues=tuple(await store.colleagues(conn, session.member_id)),
                course=await store.course(conn, grace=self._resealing.grace, patience=PATIENCE),
            )

    async def go_on(self, session: Session) -> None:
        """Seal anew what is left, with the key of a session. Raises `NoKey`."""
        key = session.statistics_key()
        async with transaction(self._pool, Role.RENEWAL) as conn:
            await store.beat(conn)
        self._resealing.start(key)

    def prepare(self, session: Session) -> Prepared:
        """Draw a key and its recovery key; nothing is stored. Raises `NoKey`."""
        carrying = _carrying(session.statistics_key())
        return next_key.prepare(
            lambda content: envelope.seal(carrying, content, session.member_id.bytes)
        )

    def again(self, session: Session, carried: str) -> Prepared | None:
        """What a page carried, to be shown once more; None for anything else."""
        return next_key.again(carried, _opened(session.statistics_key(), session, carried))

    async def switch(
        self, session: Session, cookie: str | None, carried: str, entered: str
    ) -> Switched:
        """Put the key in force that a page carried, once its recovery key was typed back.

        Sent twice it is done once. Raises `NoKey`.
        """
        former = session.statistics_key()
        opened = _opened(former, session, carried)
        ticket = sessions.ticket(cookie) if cookie else None
        if opened is None or ticket is None or session.public is None:
            return Switched.DONE if _is_done(session, carried) else Switched.MEANWHILE
        private, key = opened
        if recovery.read(entered) != key:
            return Switched.MISTYPED
        renewed = msgspec.structs.replace(
            session, statistics_seed=private.seed, statistics_older=(former.seed, *former.older)
        )
        try:
            async with transaction(self._pool, Role.RENEWAL) as conn:
                await self._announce(conn, former, private)
                await self._hand_on(conn, renewed, PublicKey(session.public), ticket)
                await self._keep(conn, former, private, key)
                await store.note_renewed(conn, session.stelle, session.member_id)
        except Meanwhile:
            return Switched.DONE if await self._is_in_force(private) else Switched.MEANWHILE
        self._resealing.start(renewed.statistics_key())
        events.emit(events.StatisticsKeyRenewed(stelle=session.stelle))
        return Switched.DONE

    async def _is_in_force(self, private: PrivateKey) -> bool:
        async with transaction(self._pool, Role.RENEWAL) as conn:
            newest = await store.announced(conn)
        return newest is not None and newest.encoded == private.encoded_public()

    async def _announce(self, conn: Connection, former: ChainedKey, private: PrivateKey) -> None:
        """First of all: of two who renew at once, the second finds another key."""
        if not await store.announce(
            conn, private.encoded_public(), before=former.encoded_public(), today=self._today()
        ):
            raise Meanwhile

    async def _hand_on(
        self, conn: Connection, renewed: Session, public: PublicKey, ticket: Ticket
    ) -> None:
        """Members first, sessions after: entering a key from paper takes the same order."""
        await store.take_away(conn)
        wrap = keys.wrap_statistics(renewed.statistics_key(), public)
        if not await store.give(conn, renewed.member_id, wrap):
            raise Meanwhile
        sealed = sessions.seal_session(renewed, ticket)
        if not await store.keep_one_session(conn, ticket.row, sealed):
            raise Meanwhile

    async def _keep(
        self, conn: Connection, former: ChainedKey, private: PrivateKey, key: bytes
    ) -> None:
        generation = await store.next_generation(conn)
        retired = opening.seal_generation(former, private, generation)
        await store.retire(conn, generation, retired, self._clock())
        locked = opening.lock_for_recovery(private, key, STATISTICS)
        await store.keep_for_recovery(conn, locked)
        await store.begin_resealing(conn)


def _carrying(key: PrivateKey) -> bytes:
    return envelope.derive(key.seed, "statistics/1/next-key")


def _is_done(session: Session, carried: str) -> bool:
    """Whether the key that a page carried is what this session holds by now."""
    before = map(PrivateKey, session.statistics_older[:1])
    found = [_opened(former, session, carried) for former in before]
    return any(each is not None and each[0].seed == session.statistics_seed for each in found)


def _opened(key: PrivateKey, session: Session, carried: str) -> tuple[PrivateKey, bytes] | None:
    """The next key and its recovery key, as a page carries them that was drawn with *key*."""
    return next_key.opened(
        carried,
        lambda sealed: envelope.open_sealed(_carrying(key), sealed, session.member_id.bytes),
    )
