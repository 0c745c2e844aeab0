"""A new key for a Stelle, after somebody left who had the old one.

Everything changes in one transaction, so whatever interrupts it, either the old key is in force or
the new one. What was sealed for the old key stays as it is: the old key is sealed for the new one,
and a session opens with both (`crypto.sessions.ChainedKey`). Sealed for the new key is what comes
from now on; what a public process seals for the old one within its next minute opens as well.
"""

from collections.abc import Callable
from datetime import date
from typing import Final

import msgspec

from adstelle import events
from adstelle.accounts import keys, next_key
from adstelle.accounts.next_key import Meanwhile, Prepared, Switched
from adstelle.accounts.rotation import store
from adstelle.accounts.rotation.store import Holder
from adstelle.accounts.service import SignIn
from adstelle.crypto import opening, recovery, sessions
from adstelle.crypto.hpke import PrivateKey, PublicKey
from adstelle.crypto.sessions import Session
from adstelle.database import Connection, Pool, Role, transaction
from adstelle.errors import AdstelleError, Unopenable

_PURPOSE: Final = "next-key"


class Stuck(AdstelleError):
    """The next key cannot be given to everybody who holds the present one."""

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__()
        self.names = names


class Rotation:
    """Draws the next key of a Stelle, and puts it in force."""

    def __init__(self, pool: Pool, sign_in: SignIn, today: Callable[[], date]) -> None:
        self._pool = pool
        self._clock = sign_in.clock
        self._today = today

    def prepare(self, session: Session) -> Prepared:
        """Draw a key and its recovery key; nothing is stored."""
        return next_key.prepare(
            lambda content: session.seal_own(_PURPOSE, content, session.member_id.bytes)
        )

    def again(self, session: Session, carried: str) -> Prepared | None:
        """What a page carried, to be shown once more; None for anything else."""
        return next_key.again(carried, _opened(session, carried))

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
        except Meanwhile:
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
            raise Meanwhile
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
    return next_key.opened(
        carried, lambda sealed: newest.open_own(_PURPOSE, sealed, session.member_id.bytes)
    )
