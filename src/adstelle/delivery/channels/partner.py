"""The channel of a Stelle with a system of its own: signed HTTPS messages, signed receipts.

docs/exchange.md says what is sent. Nothing is open here but the connection to the partner.
"""

import ssl
from collections.abc import Callable
from datetime import datetime
from typing import Final, TypeAlias

import httpx

from adstelle.crypto.signing import SigningKey
from adstelle.database import Pool, Role, queries, transaction
from adstelle.delivery.channels import Parcel
from adstelle.domain.handover import Reason
from adstelle.errors import DeliveryError, Refused
from adstelle.exchange import courier, messages, refusals
from adstelle.exchange.messages import AnyMessage
from adstelle.exchange.peers import Peer
from adstelle.exchange.refusals import MessageRefused
from adstelle.exchange.signatures import Answer, Request

PATIENCE: Final = 20.0  # seconds, for each step of a request
LONGEST_ANSWER: Final = 64 * 1024
_sql = queries("delivery")


Client: TypeAlias = httpx.AsyncClient


class PartnerAway(DeliveryError):
    """The partner could not be reached, or broke off."""


class NoReceipt(DeliveryError):
    """The partner answered, but without a receipt that holds: the message is not delivered."""


class MessageNotTaken(Refused):
    """The partner refused the message for good, for a reason that repeating does not change."""


class Partner:
    """Sends messages to one partner. Twice does no harm: they know each message by its id."""

    def __init__(
        self,
        pool: Pool,
        peer: Peer,
        key: SigningKey,
        client: Client,
        now: Callable[[], datetime],
    ) -> None:
        self._pool = pool
        self.peer = peer
        self._key = key
        self._client = client
        self._now = now

    async def deliver(self, parcel: Parcel) -> None:
        """Send a sealed package; nothing once it is withdrawn."""
        async with transaction(self._pool, Role.DELIVERY) as conn:
            row = await _sql.outgoing(conn, handover_id=parcel.handover_id)
        if row is None or parcel.handover_id is None:
            return
        await self._send(
            messages.report(
                parcel.handover_id,
                row["sealed"],
                sender=row["sender_name"],
                receiver=self.peer.name,
            )
        )

    async def withdraw(self, parcel: Parcel) -> None:
        """Ask the partner to erase a package, whether or not it came there, and empty ours."""
        async with transaction(self._pool, Role.DELIVERY) as conn:
            sender = await _sql.sender_of(conn, handover_id=parcel.handover_id)
        if sender is None or parcel.handover_id is None:
            return
        await self._send(
            messages.withdrawal(parcel.handover_id, sender=sender, receiver=self.peer.name)
        )
        async with transaction(self._pool, Role.DELIVERY) as conn:
            await _sql.erase_package(conn, handover_id=parcel.handover_id, package_id=None)

    async def decide(self, parcel: Parcel) -> None:
        """Tell the partner what was decided on a package of theirs."""
        async with transaction(self._pool, Role.DELIVERY) as conn:
            row = await _sql.decision(conn, package_id=parcel.package_id)
        if row is None or row["decision"] is None or parcel.package_id is None:
            return
        reason = Reason(row["reason"]) if row["decision"] == "refused" else None
        await self._send(
            messages.decision(
                parcel.package_id, reason, sender=row["stelle"], receiver=self.peer.name
            )
        )

    async def _send(self, message: AnyMessage) -> None:
        request = courier.outgoing(message, self.peer, self._key, self._now())
        answer, wait = await self._ask(request)
        if answer.status in courier.ARRIVED:
            try:
                courier.receipt(answer, request, message, self.peer, self._now())
            except MessageRefused:
                raise NoReceipt from None
            return
        reason = courier.refusal(answer)
        if reason is not None and refusals.is_final(reason):
            raise MessageNotTaken
        raise NoReceipt(wait=wait)

    async def _ask(self, request: Request) -> tuple[Answer, float]:
        """Send a request; return the answer and how long the partner asks us to wait."""
        try:
            async with self._client.stream(
                request.method, request.url, headers=list(request.headers), content=request.body
            ) as response:
                body = b""
                async for chunk in response.aiter_raw():
                    body += chunk
                    if len(body) > LONGEST_ANSWER:
                        raise NoReceipt
        except (httpx.HTTPError, httpx.InvalidURL):
            raise PartnerAway from None
        wait = response.headers.get("retry-after", "")
        answer = Answer(
            status=response.status_code, headers=tuple(response.headers.multi_items()), body=body
        )
        return answer, float(wait) if wait.isdecimal() and len(wait) < 7 else 0.0


def client(verify: ssl.SSLContext | bool = True) -> Client:
    """A client for partners: no redirects, no compression, no proxy of the environment."""
    return Client(
        verify=verify,
        timeout=PATIENCE,
        follow_redirects=False,
        trust_env=False,
        headers={"accept-encoding": "identity", "user-agent": "adstelle"},
    )
