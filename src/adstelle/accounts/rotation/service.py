"""A new key for a Stelle, after somebody left who had the old one.

Everything changes in one transaction, so whatever interrupts it, either the old key is in force or
the new one. What was sealed for the old key stays as it is: the old key is sealed for the new one,
and a session opens with both (`crypto.sessions.ChainedKey`). Sealed for the new key is what comes
from now on; what a public process seals for the old one within its next minute opens as well.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from datetime import date
from enum import Enum, auto
from typing import Final

import msgspec

from adstelle import events
from adstelle.accounts import keys
from adstelle.accounts.rotation import store
from adstelle.accounts.rotation.store import Holder
from adstelle.accounts.service import SignIn
from adstelle.crypto import opening, recovery, sessions
from adstelle.crypto.hpke import SEED_BYTES, PrivateKey, PublicKey
from adstelle.crypto.sessions import Session
from adstelle.database import Connection, Pool, Role, transaction
from adstelle.domain.private import Private
from adstelle.errors import AdstelleError, Unopenable

_PURPOSE: Final = "next-key"


class Switched(Enum):
    """What became of it."""

    DONE = auto()
    MISTYPED = auto()  # what was typed is not the recovery key on the page
    MEANWHILE = auto()  # somebody else renewed the key, or the page is too old


class Prepared(Private, frozen=True):
    """A next key that is stored nowhere yet: a page carries it, sealed for the Stelle."""

    carried: str
    recovery_key: str


class Stuck(AdstelleError):
    """The next key cannot be given to everybody who holds the present one."""

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__()
        self.names = names


class _Meanwhile(AdstelleError):
    """Undoes the transaction."""


class Rotation:
    """Draws the next key of a Stelle, and puts it in force."""

    def __init__(self, pool: Pool, sign_in: SignIn, today: Callable[[], date]) -> None:
        self._pool = pool
        self._clock = sign_in.clock
        self._today = today

    def prepare(self, session: Session) -> Prepared:
        """Draw a key and its recovery key; nothing is stored."""
        private, key = PrivateKey.generate(), opening.new_recovery_key()
        sealed = session.seal_own(_PURPOSE, private.seed + key, session.member_id.bytes)
        return Prepared(
            carried=urlsafe_b64encode(sealed).decode("ascii"),
            recovery_key=recovery.printed(key),
        )

    def again(self, session: Session, carried: str) -> Prepared | None:
        """What a page carried, to be shown once more; None for anything else."""
        opened = _opened(session, carried)
        return opened and Prepared(carried=carried, recovery_key=recovery.printed(opened[1]))

    async def switch(
        self, session: Session, cookie: str | None, carried: str, entered: str
    ) -> Switched:
        """Put the key in force that a page carried. Raises `Stuck`, and changes nothing."""
        opened = _opened(session, carried)
        ticket = sessions.ticket(cookie) if cookie else None
        if opened is None or ticket is None:
            return Switched.MEANWHILE
        private, key = opened
        if recovery.read(entered) != key:
            return Switched.MISTYPED
        older = (session.key().seed, *session.older)
        renewed = msgspec.structs.replace(session, seed=private.seed, older=older)
        try:
            async with transaction(self._pool, Role.ROTATION, scope=session.stelle) as conn:
                await self._switch(conn, session, renewed, key)
                sealed = sessions.seal_session(renewed, ticket)
                await store.keep_one_session(conn, ticket.row, sealed)
        except _Meanwhile:
            return Switched.MEANWHILE
        events.emit(events.KeyRenewed(stelle=session.stelle))
        return Switched.DONE

    async def _switch(
        self, conn: Connection, session: Session, renewed: Session, key: bytes
    ) -> None:
        """In this order: whoever comes in by a code at this moment comes before or after."""
        stelle, former, private = session.stelle, session.key(), renewed.key()
        await store.withdraw_codes(conn)
        if not await store.announce(
            conn,
            stelle,
            private.public().encoded,
            before=former.public().encoded,
            today=self._today(),
        ):
            raise _Meanwhile
        for holder, public in _publics(session, await store.holders(conn)):
            await store.give(
                conn,
                holder.member_id,
                opening.wrap_stelle_key(private, public, stelle),
                keys.seal_public(renewed, holder.member_id, public),
            )
        generation = await store.next_generation(conn, stelle)
        retired = opening.seal_generation(former, private, generation)
        await store.retire(conn, stelle, generation, retired, self._clock())
        await store.keep_for_recovery(conn, stelle, opening.lock_for_recovery(private, key, stelle))
        await store.note_rotated(conn, stelle, session.member_id)


def _publics(session: Session, holders: list[Holder]) -> list[tuple[Holder, PublicKey]]:
    """Everybody with their public key, as the Stelle itself wrote it down. Raises `Stuck`."""
    found, missing = [], []
    for holder in holders:
        try:
            if holder.own_public is None:
                raise Unopenable
            found.append((holder, keys.open_public(session, holder.member_id, holder.own_public)))
        except Unopenable:
            missing.append(holder.name)
    if missing:
        raise Stuck(tuple(missing))
    return found


def _opened(session: Session, carried: str) -> tuple[PrivateKey, bytes] | None:
    """The next key and its recovery key. Only a page of this session's present key has them."""
    newest = msgspec.structs.replace(session, older=())
    try:
        sealed = urlsafe_b64decode(carried.encode("ascii"))
        opened = newest.open_own(_PURPOSE, sealed, session.member_id.bytes)
    except (ValueError, Unopenable):
        return None
    return PrivateKey(opened[:SEED_BYTES]), opened[SEED_BYTES:]
