"""Take what partners send: believe, store, then acknowledge. Nothing here can open a package."""

import hashlib
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import date, datetime

import msgspec

from adstelle import events
from adstelle.crypto.signing import SigningKey
from adstelle.database import Connection, Pool, Role, transaction
from adstelle.errors import OutcomeUnknown, StorageUnavailable
from adstelle.exchange import courier, messages
from adstelle.exchange.courier import Incoming
from adstelle.exchange.messages import Decision, Report, Withdrawal
from adstelle.exchange.peers import Peers
from adstelle.exchange.refusals import MessageRefused, Refusal
from adstelle.exchange.signatures import Answer, Request
from adstelle.receiving import store
from adstelle.receiving.store import Came


class House(msgspec.Struct, frozen=True):
    """Who we are to partners: the address we gave away, our key, and who is reached here."""

    url: str
    key: SigningKey
    peers: Peers
    here: frozenset[str]


class Receiving:
    """The door for partners' messages."""

    def __init__(
        self,
        pool: Pool,
        house: House,
        now: Callable[[], datetime],
        *,
        today: Callable[[], date],
    ) -> None:
        self._pool = pool
        self.house = house
        self._now = now
        self._today = today

    async def take(self, request: Request) -> Answer:
        """Store one message and acknowledge it, or say why not."""
        house = self.house
        try:
            came = courier.incoming(request, house.peers, house.here, self._now())
            received_on = await self._keep(came)
        except MessageRefused as refused:
            return self.refuse(refused.reason)
        except (StorageUnavailable, OutcomeUnknown):
            return self.refuse(Refusal.BUSY)
        events.emit(
            events.MessageTaken(kind=messages.kind_of(came.message), stelle=came.peer.stelle)
        )
        return courier.acknowledged(came, house.key, received_on, self._now())

    def refuse(self, reason: Refusal) -> Answer:
        """Say why a message is not taken."""
        events.emit(events.MessageNotTaken(reason=reason))
        return courier.refused(reason)

    async def _keep(self, incoming: Incoming) -> date:
        """Do what a message says, once; return the day on which it came first."""
        message, sender = incoming.message, incoming.peer.stelle
        came = Came(message.package, message.receiver, sender, message.sender)
        async with self._transaction(sender) as conn:
            match message:
                case Report():
                    digest = hashlib.sha256(incoming.request.body).digest()
                    return await self._keep_report(conn, came, message, digest)
                case Withdrawal():
                    day = await store.withdraw(conn, came, self._today())
                    if day is None:
                        raise MessageRefused(Refusal.CHANGED)
                    return day
                case Decision():
                    return await self._keep_decision(conn, message)

    async def _keep_report(
        self, conn: Connection, came: Came, message: Report, digest: bytes
    ) -> date:
        today = self._today()
        if await store.keep(conn, came, digest, message.sealed, today):
            return today
        known = await store.known(conn, came.package_id)
        if known is not None and known.withdrawn_on is not None:
            raise MessageRefused(Refusal.WITHDRAWN)
        if known is None or known.digest != digest:
            raise MessageRefused(Refusal.CHANGED)
        return known.arrived_on

    async def _keep_decision(self, conn: Connection, message: Decision) -> date:
        given = await store.given(conn, message.package)
        if given is None:
            raise MessageRefused(Refusal.UNKNOWN_PACKAGE)
        if given.withdrawn_on is not None:
            raise MessageRefused(Refusal.WITHDRAWN)
        if given.decided_on is not None:
            if (given.decision, given.reason) != (message.decision, message.reason):
                raise MessageRefused(Refusal.CHANGED)
            return given.decided_on
        today = self._today()
        await store.decide(conn, message.package, message.decision, message.reason, today)
        return today

    def _transaction(self, sender: str) -> AbstractAsyncContextManager[Connection]:
        return transaction(self._pool, Role.EXCHANGE, scope=sender)
