"""The two ends of a message: what the sender makes and believes, what the receiver reads and says.

No network here: a channel sends what `outgoing` makes, a route hands over what came.
"""

from collections.abc import Collection
from datetime import date, datetime
from typing import Final

import msgspec

from adstelle.crypto.signing import SigningKey
from adstelle.exchange import messages, refusals, signatures
from adstelle.exchange.messages import AnyMessage, Receipt
from adstelle.exchange.peers import Peer, Peers
from adstelle.exchange.refusals import MessageRefused, Refusal
from adstelle.exchange.signatures import Answer, Request

ARRIVED: Final = (200, 202)
RETRY_SECONDS: Final = 60


class Incoming(msgspec.Struct, frozen=True):
    """A message that came, and from whom: signed, fresh, whole, and meant for a Stelle here."""

    message: AnyMessage
    peer: Peer
    request: Request


# The sender's end


def outgoing(message: AnyMessage, peer: Peer, key: SigningKey, now: datetime) -> Request:
    """Make the request that brings *message* to *peer*; a later attempt needs a new one."""
    return signatures.signed_request(
        key,
        peer.url,
        messages.encode(message),
        idempotency_key=messages.idempotency_key(message),
        now=now,
    )


def receipt(
    answer: Answer, request: Request, message: AnyMessage, peer: Peer, now: datetime
) -> Receipt:
    """Believe that *message* arrived: only by a receipt for these bytes that *peer* signed.

    Raises `MessageRefused`.
    """
    signatures.verify_answer(answer, request, peer.keys, now)
    return messages.read_receipt(answer.body, message, request.body)


def refusal(answer: Answer) -> Refusal | None:
    """Why the partner refused; None where it did not, or gave no reason that is known."""
    return None if answer.status in ARRIVED else refusals.read_problem(answer.body)


# The receiver's end


def incoming(request: Request, peers: Peers, here: Collection[str], now: datetime) -> Incoming:
    """Read a message that came for one of the Stellen *here*. Raises `MessageRefused`.

    *request* names the address that partners were given, never the one the request claims.
    """
    key_id = signatures.verify_request(request, peers.keys(), now)
    message = messages.decode(request.body)
    peer = peers.sender(message.sender, key_id)
    if message.receiver not in here:
        raise MessageRefused(Refusal.UNKNOWN_RECEIVER)
    if messages.idempotency_key(message) not in _values(request, "idempotency-key"):
        raise MessageRefused(Refusal.MALFORMED)
    return Incoming(message, peer, request)


def acknowledged(
    came: Incoming, key: SigningKey, received_on: date, now: datetime, *, status: int = 200
) -> Answer:
    """Answer that the message is stored. The same message again gets the same receipt."""
    stored = messages.receipt_for(came.message, came.request.body, received_on)
    return signatures.signed_answer(key, came.request, status, msgspec.json.encode(stored), now=now)


def refused(reason: Refusal) -> Answer:
    """Answer that the message is not taken. Not signed: only a receipt counts for anything."""
    said = refusals.problem(reason)
    headers = [("content-type", refusals.MEDIA_TYPE), ("cache-control", "no-store")]
    if reason is Refusal.BUSY:
        headers.append(("retry-after", str(RETRY_SECONDS)))
    return Answer(status=said.status, headers=tuple(headers), body=msgspec.json.encode(said))


def _values(request: Request, field: str) -> list[str]:
    return [value.strip() for name, value in request.headers if name.lower() == field]
