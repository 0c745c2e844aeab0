"""Promised work: claimed with a lease, counted before it is tried, settled if the lease is ours."""

import random
from datetime import date, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID, uuid4

import msgspec

from adstelle.database import Connection, Pool, Role, queries, transaction
from adstelle.events import ErrorName

LEASE_SECONDS: Final = 60.0
FIRST_DELAY: Final = 5.0
LONGEST_DELAY: Final = 3600.0
LONGEST_WAIT: Final = 24 * 3600.0  # that a receiver may ask for
DAYS_OF_TRYING: Final = 7
FEWEST_ATTEMPTS: Final = 10  # however long nobody worked here
MOST_ATTEMPTS: Final = 500  # more than a week holds: work that ends the worker each time
OPERATOR: Final = "operator"
LARGEST_ID: Final = 2**63 - 1
_sql = queries("outbox")


class Kind(StrEnum):
    """What can be promised; db/migrations knows the same words."""

    DELIVER = "deliver"
    WITHDRAW = "withdraw"
    DECIDE = "decide"
    NOTICE = "notice"
    ALARM = "alarm"


class Promise(msgspec.Struct, frozen=True):
    """One claimed piece of work; the lease says that it is ours for a while.

    It is about a hand-over, about a package that came from outside, or about neither.
    """

    promise_id: int
    kind: Kind
    handover_id: UUID | None
    package_id: UUID | None
    stelle: str
    attempts: int
    lease: UUID
    promised_on: date


def delay(attempt: int, chance: float) -> float:
    """Seconds to wait after failed *attempt*: doubling, capped, spread by *chance* in [0, 1)."""
    doublings = min(attempt - 1, 30)  # beyond that the cap holds anyway
    longest = min(FIRST_DELAY * 2.0**doublings, LONGEST_DELAY)
    return longest * (0.5 + chance / 2)


async def claim(pool: Pool, *, in_lanes: bool = False) -> Promise | None:
    """Take one due promise; its attempt is counted first, so a crash counts too.

    What leaves the house goes *in_lanes*, one for each receiver; the rest never waits for it.
    """
    async with transaction(pool, Role.DELIVERY) as conn:
        row = await _sql.claim(conn, lease=uuid4(), seconds=LEASE_SECONDS, in_lanes=in_lanes)
    return None if row is None else msgspec.convert(dict(row), Promise)


async def settle(pool: Pool, promise: Promise, today: date) -> None:
    """Mark a promise as kept."""
    async with transaction(pool, Role.DELIVERY) as conn:
        await _sql.settle(conn, promise_id=promise.promise_id, lease=promise.lease, today=today)


class Failure(msgspec.Struct, frozen=True):
    """Why an attempt failed. *is_final*: the receiver said no for good; *wait*: the seconds for
    which they want to be left alone."""

    error: ErrorName
    is_final: bool = False
    wait: float = 0.0


def is_hopeless(promise: Promise, today: date) -> bool:
    """Whether trying on would help nobody: a week of trying has gone by, or very many attempts."""
    is_old = today - promise.promised_on > timedelta(days=DAYS_OF_TRYING)
    return (is_old and promise.attempts >= FEWEST_ATTEMPTS) or promise.attempts >= MOST_ATTEMPTS


async def fail(
    pool: Pool, promise: Promise, failure: Failure, today: date, *, with_alarm: bool = False
) -> bool:
    """Put a promise off, or give it up; true when it was given up.

    *with_alarm*: somebody can tell the operator, so what is given up promises that too.
    """
    async with transaction(pool, Role.DELIVERY) as conn:
        if failure.is_final or is_hopeless(promise, today):
            await _sql.give_up(
                conn,
                promise_id=promise.promise_id,
                lease=promise.lease,
                today=today,
                error=failure.error,
            )
            if with_alarm and promise.kind is not Kind.ALARM:
                await put_notice(conn, Kind.ALARM, OPERATOR, today)
            return True
        await _sql.postpone(
            conn,
            promise_id=promise.promise_id,
            lease=promise.lease,
            seconds=max(
                delay(promise.attempts, random.random()),  # noqa: S311 - jitter, no secret
                min(failure.wait, LONGEST_WAIT),
            ),
            error=failure.error,
        )
        return False


def notice_lane(kind: Kind, to: str) -> str:
    """The lane of notices to one receiver: a mail that does not get through holds up no other."""
    return f"{kind}/{to}"


async def put_notice(conn: Connection, kind: Kind, to: str, today: date) -> None:
    """Promise a notice to a Stelle or the operator, unless one waits already."""
    await _sql.put_notice(conn, kind=kind, stelle=to, lane=notice_lane(kind, to), today=today)


class Dead(msgspec.Struct, frozen=True):
    """A promise that was given up."""

    promise_id: int
    kind: Kind
    stelle: str
    attempts: int
    changed_on: date
    error: str | None


async def tally(pool: Pool) -> list[tuple[str, str, int]]:
    """Count the promises of each kind in each state."""
    async with transaction(pool, Role.OPERATOR) as conn:
        return [(row["kind"], row["state"], row["promises"]) async for row in _sql.tally(conn)]


async def dead(pool: Pool) -> list[Dead]:
    """List the promises that were given up."""
    async with transaction(pool, Role.OPERATOR) as conn:
        return [msgspec.convert(dict(row), Dead) async for row in _sql.dead(conn)]


async def revive(pool: Pool, promise_id: int) -> bool:
    """Promise a dead delivery anew; false if it is not dead."""
    if not 0 < promise_id <= LARGEST_ID:
        return False
    async with transaction(pool, Role.OPERATOR) as conn:
        status: str = await _sql.revive(conn, promise_id=promise_id)
    return status.endswith(" 1")
