"""Ways to hand a report over. A channel gets a parcel and either returns or raises."""

from datetime import date
from typing import Protocol
from uuid import UUID

import msgspec


class Parcel(msgspec.Struct, frozen=True):
    """What is to be handed over, to whom, on which day."""

    report_id: UUID
    stelle: str
    today: date


class Channel(Protocol):
    """The contract, tested for every channel in tests/delivery/test_channels.py.

    Returning means: it arrived. Delivering the same parcel again changes nothing. What cannot be
    handed over now raises an error whose message quotes nothing.
    """

    async def deliver(self, parcel: Parcel) -> None:
        """Hand the parcel over."""
