"""Promised work: claimed with a lease, counted before it is tried, settled if the lease is ours."""

import random
from datetime import date
from typing import Final
from uuid import UUID, uuid4

import msgspec

from adstelle.database import Pool, Role, queries, transaction
from adstelle.events import ErrorName

LEASE_SECONDS: Final = 60.0
FIRST_DELAY: Final = 5.0
LONGEST_DELAY: Final = 6 * 3600.0
MOST_ATTEMPTS: Final = 25  # with the delays above: about five days of trying
LARGEST_ID: Final = 2**63 - 1
_sql = queries("outbox")


class Promise(msgspec.Struct, frozen=True):
    """One claimed piece of work; the lease says that it is ours for a while."""

    promise_id: int
    kind: str
    report_id: UUID
    stelle: str
    attempts: int
    lease: UUID


def delay(attempt: int, chance: float) -> float:
    """Seconds to wait after failed *attempt*: doubling, capped, spread by *chance* in [0, 1)."""
    doublings = min(attempt - 1, 30)  # beyond that the cap holds anyway
    longest = min(FIRST_DELAY * 2.0**doublings, LONGEST_DELAY)
    return longest * (0.5 + chance / 2)


async def claim(pool: Pool) -> Promise | None:
    """Take one due promise; its attempt is counted first, so a crash counts too."""
    async with transaction(pool, Role.DELIVERY) as conn:
        row = await _sql.claim(conn, lease=uuid4(), seconds=LEASE_SECONDS)
    return None if row is None else Promise(**dict(row))


async def settle(pool: Pool, promise: Promise, today: date) -> None:
    """Mark a promise as kept."""
    async with transaction(pool, Role.DELIVERY) as conn:
        await _sql.settle(conn, promise_id=promise.promise_id, lease=promise.lease, today=today)


async def fail(pool: Pool, promise: Promise, error: ErrorName, today: date) -> bool:
    """Put a promise off, or give it up after the last attempt; true when it was given up."""
    async with transaction(pool, Role.DELIVERY) as conn:
        if promise.attempts >= MOST_ATTEMPTS:
            await _sql.give_up(
                conn,
                promise_id=promise.promise_id,
                lease=promise.lease,
                today=today,
                error=error,
            )
            return True
        await _sql.postpone(
            conn,
            promise_id=promise.promise_id,
            lease=promise.lease,
            seconds=delay(promise.attempts, random.random()),  # noqa: S311 - jitter, no secret
            error=error,
        )
        return False


class Dead(msgspec.Struct, frozen=True):
    """A promise that was given up."""

    promise_id: int
    stelle: str
    attempts: int
    changed_on: date
    error: str | None


async def tally(pool: Pool) -> list[tuple[str, int]]:
    """Count the promises in each state."""
    async with transaction(pool, Role.OPERATOR) as conn:
        return [(row["state"], row["promises"]) async for row in _sql.tally(conn)]


async def dead(pool: Pool) -> list[Dead]:
    """List the promises that were given up."""
    async with transaction(pool, Role.OPERATOR) as conn:
        return [Dead(**dict(row)) async for row in _sql.dead(conn)]


async def revive(pool: Pool, promise_id: int) -> bool:
    """Promise a dead delivery anew; false if it is not dead."""
    if not 0 < promise_id <= LARGEST_ID:
        return False
    async with transaction(pool, Role.OPERATOR) as conn:
        status: str = await _sql.revive(conn, promise_id=promise_id)
    return status.endswith(" 1")
