"""What systems send each other: three kinds of message, and the receipt for one.

Nothing about a person stands in the clear: ids of packages, names of bodies, a decision in codes.
"""

import hashlib
from datetime import date
from typing import Annotated, Final, Literal, TypeAlias
from uuid import UUID

import msgspec
from msgspec import Meta

from adstelle.crypto.packages import LEAST_SEALED, MOST_SEALED
from adstelle.domain.handover import Reason
from adstelle.exchange.refusals import MessageRefused, Refusal

FORMAT: Final = "adstelle-exchange"
VERSION: Final = 1
PATH: Final = "/v1/messages"  # below a partner's endpoint
MOST_BYTES: Final = 1024 * 1024
MEDIA_TYPE: Final = "application/json"
_UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

Name = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$", examples=["ads_jena"])]


class Message(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What every message says; *package* is the id that the sender gave it."""

    format: Literal["adstelle-exchange"]
    version: Literal[1]
    package: UUID
    sender: Name
    receiver: Name


class Report(Message, frozen=True, tag_field="kind", tag="report"):
    """A package, sealed for its receiver."""

    sealed: Annotated[
        bytes,
        Meta(
            min_length=LEAST_SEALED,
            max_length=MOST_SEALED,
            description="HPKE; see docs/exchange.md.",
        ),
    ]


class Withdrawal(Message, frozen=True, tag_field="kind", tag="withdrawal"):
    """The person took their consent back: the package and all that was made of it must go."""


class Decision(Message, frozen=True, tag_field="kind", tag="decision", omit_defaults=True):
    """Whether the receiver of a package takes the case over. Sent to who sent the package."""

    decision: Literal["accepted", "refused"]
    reason: Annotated[Reason | None, Meta(description="There if refused, and only then.")] = None

    def __post_init__(self) -> None:
        """A refusal has a reason; an acceptance needs none."""
        if (self.decision == "refused") is (self.reason is None):
            raise ValueError("the reason does not fit the decision")


AnyMessage: TypeAlias = Report | Withdrawal | Decision
KINDS: Final[tuple[str, ...]] = ("report", "withdrawal", "decision")
Kind = Literal["report", "withdrawal", "decision"]
_decoder: Final[msgspec.json.Decoder[AnyMessage]] = msgspec.json.Decoder(AnyMessage)


class Receipt(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The message is stored; from now on its receiver answers for it."""

    format: Literal["adstelle-exchange-receipt"]
    version: Literal[1]
    package: UUID
    kind: Kind
    digest: Annotated[
        bytes, Meta(min_length=32, max_length=32, description="SHA-256 of the message's body.")
    ]
    received_on: date


class _Head(msgspec.Struct):
    """What is read first, so that the reason of a refusal is the right one."""

    format: object = None
    version: object = None
    kind: object = None


def report(package: UUID, sealed: bytes, *, sender: str, receiver: str) -> Report:
    """A sealed package on its way."""
    return Report(
        format=FORMAT,
        version=VERSION,
        package=package,
        sender=sender,
        receiver=receiver,
        sealed=sealed,
    )


def withdrawal(package: UUID, *, sender: str, receiver: str) -> Withdrawal:
    """The end of the consent to a package."""
    return Withdrawal(
        format=FORMAT, version=VERSION, package=package, sender=sender, receiver=receiver
    )


def decision(package: UUID, reason: Reason | None, *, sender: str, receiver: str) -> Decision:
    """Accept a package, or refuse it for a *reason*."""
    return Decision(
        format=FORMAT,
        version=VERSION,
        package=package,
        sender=sender,
        receiver=receiver,
        decision="accepted" if reason is None else "refused",
        reason=reason,
    )


def kind_of(message: AnyMessage) -> Kind:
    """The kind of a message, as it is spelled in it."""
    kinds: dict[type[Message], Kind] = {
        Report: "report",
        Withdrawal: "withdrawal",
        Decision: "decision",
    }
    return kinds[type(message)]


def idempotency_key(message: AnyMessage) -> str:
    """The same for every attempt to send *message*; a structured string, as the header wants it."""
    return f'"{message.package}/{kind_of(message)}"'


def encode(message: AnyMessage) -> bytes:
    """Write a message; the same message gives the same bytes, so it can be sent again."""
    return msgspec.json.encode(message)


def decode(body: bytes) -> AnyMessage:
    """Read a message strictly. Raises `MessageRefused`, which quotes nothing."""
    if len(body) > MOST_BYTES:
        raise MessageRefused(Refusal.OVERSIZED)
    head = _head(body)
    if (head.format, head.version) != (FORMAT, VERSION) or isinstance(head.version, bool):
        raise MessageRefused(Refusal.UNKNOWN_VERSION)
    if head.kind not in KINDS:
        raise MessageRefused(Refusal.UNKNOWN_KIND)
    try:
        return _decoder.decode(body)
    except _UNREADABLE:
        raise MessageRefused(Refusal.MALFORMED) from None


def _head(body: bytes) -> _Head:
    try:
        read = msgspec.json.decode(body)
    except _UNREADABLE:
        raise MessageRefused(Refusal.NOT_JSON) from None
    if not isinstance(read, dict):
        raise MessageRefused(Refusal.MALFORMED)
    return msgspec.convert(read, _Head)


def receipt_for(message: AnyMessage, body: bytes, received_on: date) -> Receipt:
    """Acknowledge a message; *body* is exactly what came."""
    return Receipt(
        format="adstelle-exchange-receipt",
        version=VERSION,
        package=message.package,
        kind=kind_of(message),
        digest=hashlib.sha256(body).digest(),
        received_on=received_on,
    )


def read_receipt(answer: bytes, message: AnyMessage, body: bytes) -> Receipt:
    """Read the receipt for *message*, sent as *body*. Raises `MessageRefused` for any other."""
    try:
        receipt = msgspec.json.decode(answer, type=Receipt)
    except _UNREADABLE:
        raise MessageRefused(Refusal.MALFORMED) from None
    if receipt != receipt_for(message, body, receipt.received_on):
        raise MessageRefused(Refusal.DIGEST_MISMATCH)
    return receipt
