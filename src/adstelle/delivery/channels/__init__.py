"""Ways to hand a report over. A channel gets a parcel and either returns or raises."""

from datetime import date
from typing import Protocol
from uuid import UUID

import msgspec

from adstelle.outbox import Kind


class Parcel(msgspec.Struct, frozen=True, kw_only=True):
    """What it is about: a hand-over to *stelle*, or a package that came for it from a partner.

    Exactly one of the two ids is there.
    """

    stelle: str
    today: date
    handover_id: UUID | None = None
    package_id: UUID | None = None


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

    async def decide(self, parcel: Parcel) -> None:
        """Tell the partner who sent a package whether it was taken over."""


class Post(Protocol):
    """Sends notices that say nothing but that there is something new."""

    async def send(self, kind: Kind, to: str, promise_id: int) -> None:
        """Tell a Stelle, or the operator. Twice is harmless. Raises as a channel does."""
