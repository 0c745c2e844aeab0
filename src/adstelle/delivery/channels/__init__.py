"""Ways to hand a report over. A channel gets a parcel and either returns or raises."""

from datetime import date
from typing import Protocol
from uuid import UUID

import msgspec

from adstelle.outbox import Kind


class Parcel(msgspec.Struct, frozen=True):
    """Which hand-over it is about, to which Stelle, on which day."""

    handover_id: UUID
    stelle: str
    today: date


class Channel(Protocol):
    """The contract, tested for every channel in tests/delivery/test_channels.py.

    Returning means: it arrived. The same parcel again changes nothing, in whatever order the two
    come: what was withdrawn is not delivered afterwards. What cannot be done now raises
    `DeliveryError`, what never will `Refused`; their messages quote nothing.
    """

    async def deliver(self, parcel: Parcel) -> None:
        """Hand the report over."""

    async def withdraw(self, parcel: Parcel) -> None:
        """The person took their consent back: see that the receiver's copy goes."""


class Post(Protocol):
    """Sends notices that say nothing but that there is something new."""

    async def send(self, kind: Kind, to: str, promise_id: int) -> None:
        """Tell a Stelle, or the operator. Twice is harmless. Raises as a channel does."""
