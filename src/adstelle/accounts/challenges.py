"""Questions that wait for an answer: sealed under a key of a cookie, and answered once.

One lies in each cookie's place: what a second factor is asked, what an identity provider is asked.
"""

from datetime import datetime, timedelta
from typing import Final, TypeVar

import msgspec

from adstelle.accounts.service import Clock
from adstelle.crypto import envelope
from adstelle.crypto.sessions import Ticket
from adstelle.database import Connection, Pool, Role, queries, transaction
from adstelle.domain.private import Private
from adstelle.errors import Unopenable

LIFE: Final = timedelta(minutes=10)
CHALLENGE_BYTES: Final = 32
_sql = queries("challenges")

Kept = TypeVar("Kept", bound=Private)


class Challenges:
    """Keeps questions, in one place for each cookie."""

    def __init__(self, pool: Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock

    async def keep(self, ticket: Ticket, kept: Private) -> None:
        """Keep a question; the one before in this place cannot be answered any more."""
        content = msgspec.json.encode(kept)
        sealed = envelope.seal(ticket.key, content, _binding(ticket, type(kept)))
        until = self._clock() + LIFE
        async with transaction(self._pool, Role.ACCOUNTS, scope=ticket.row) as conn:
            await _sql.keep_challenge(
                conn, challenge_id=ticket.row, sealed=sealed, expires_at=until
            )

    async def look(self, ticket: Ticket | None, kind: type[Kept]) -> Kept | None:
        """A question that still waits; None for none."""
        if ticket is None:
            return None
        async with transaction(self._pool, Role.ACCOUNTS, scope=ticket.row) as conn:
            sealed = await _sealed(conn, ticket, self._clock())
        return _opened(ticket, sealed, kind)

    async def take(self, ticket: Ticket | None, kind: type[Kept]) -> Kept | None:
        """The same, once: whatever becomes of the answer, it cannot be given again."""
        if ticket is None:
            return None
        async with transaction(self._pool, Role.ACCOUNTS, scope=ticket.row) as conn:
            sealed = await _taken(conn, ticket, self._clock())
        return _opened(ticket, sealed, kind)


async def _sealed(conn: Connection, ticket: Ticket, now: datetime) -> bytes | None:
    sealed: bytes | None = await _sql.challenge(conn, challenge_id=ticket.row, now=now)
    return sealed


async def _taken(conn: Connection, ticket: Ticket, now: datetime) -> bytes | None:
    sealed: bytes | None = await _sql.take_challenge(conn, challenge_id=ticket.row, now=now)
    return sealed


def _opened(ticket: Ticket, sealed: bytes | None, kind: type[Kept]) -> Kept | None:
    if sealed is None:
        return None
    try:
        content = envelope.open_sealed(ticket.key, sealed, _binding(ticket, kind))
    except Unopenable:
        return None
    return msgspec.json.decode(content, type=kind)


def _binding(ticket: Ticket, kind: type[Private]) -> bytes:
    return f"challenge/1/{kind.__name__.lower()}/".encode() + ticket.row
