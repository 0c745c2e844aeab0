"""A statistician takes the key of the statistics from paper, once; then it comes with signing in.

It is wrapped for the member's own public key, so only their passphrase opens it again. A new box
after a lost passphrase has no copy: the key is entered once more
(docs/decisions/0035-statistics-key.md).
"""

from contextlib import suppress
from enum import Enum, auto

from adstelle import events
from adstelle.accounts import keys, store
from adstelle.accounts.keys import STATISTICS
from adstelle.crypto import opening, recovery, sessions
from adstelle.crypto.hpke import PrivateKey, PublicKey
from adstelle.crypto.sessions import Session
from adstelle.database import Connection, Pool, Role, transaction
from adstelle.domain.membership import holds_statistics
from adstelle.errors import AdstelleError, Unopenable


class Taken(Enum):
    """What became of it."""

    DONE = auto()
    MISTYPED = auto()  # no recovery key: the check characters do not fit
    ANOTHER = auto()  # a recovery key, but not that of the statistics
    ENDED = auto()  # the session or the membership, meanwhile


class _Ended(AdstelleError):
    """Undoes the transaction."""


class StatisticsKey:
    """Opens the key of the statistics for a statistician, and keeps their copy."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def take(self, session: Session, cookie: str | None, entered: str) -> Taken:
        """Give a statistician and this session the key that *entered* opens, both or neither."""
        ticket = sessions.ticket(cookie) if cookie else None
        if ticket is None or session.public is None or not holds_statistics(session.role):
            return Taken.ENDED
        code = recovery.read(entered)
        if code is None:
            return Taken.MISTYPED
        scope = session.member_id.bytes
        try:
            async with transaction(self._pool, Role.ENTRANCE, scope=scope) as conn:
                key = _opened(await store.statistics_for_recovery(conn), code)
                if key is None:
                    return Taken.ANOTHER
                wrap = keys.wrap_statistics(key, PublicKey(session.public))
                known = await store.statistics_keys(conn)
                holding = keys.holding_statistics(session, key, known.former)
                await _keep(conn, session, wrap)
                sealed = sessions.seal_session(holding, ticket)
                if not await store.reseal_session(conn, ticket.row, sealed):
                    raise _Ended
        except _Ended:
            return Taken.ENDED
        events.emit(events.StatisticsKeyTaken(stelle=session.stelle))
        return Taken.DONE


async def _keep(conn: Connection, session: Session, wrap: bytes) -> None:
    """The member first, the session after: coming in with a code takes the same order."""
    if not await store.keep_statistics(conn, session.member_id, wrap):
        raise _Ended
    await store.note_statistics(conn, session.stelle, session.member_id)


def _opened(sealed: bytes | None, code: bytes) -> PrivateKey | None:
    with suppress(Unopenable):
        return opening.open_by_recovery(sealed or b"", code, STATISTICS)
    return None
