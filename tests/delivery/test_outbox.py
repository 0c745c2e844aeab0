"""Promised work: counted before it is tried, done by one, given up only where it is seen."""

import asyncio
from datetime import timedelta
from typing import Final
from uuid import UUID, uuid4

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adstelle import events, outbox
from adstelle.database import Pool, Role, transaction
from adstelle.delivery.channels import Channel, Parcel
from adstelle.delivery.channels.inbox import Inbox
from adstelle.delivery.service import Delivery, sweep
from adstelle.errors import AdstelleError, DeliveryError, Refused
from adstelle.events import ErrorName
from adstelle.intake.service import Intake
from adstelle.outbox import (
    DAYS_OF_TRYING,
    FEWEST_ATTEMPTS,
    FIRST_DELAY,
    LONGEST_DELAY,
    MOST_ATTEMPTS,
    Failure,
    Kind,
    Promise,
)
from tests.conftest import Admin
from tests.core import REPORT, TODAY

NAME: Final = ErrorName("DeliveryError")


@pytest.fixture
async def promised(intake: Intake, keyed: Admin) -> UUID:
    """A report promised to ads_jena and ezra; the hand-over to ezra."""
    await intake.submit(REPORT, uuid4().bytes)
    found: UUID = await keyed.fetchval(
        "select handover_id from intake.handover where stelle = 'ezra'"
    )
    return found


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[events.Event]:
    found: list[events.Event] = []
    monkeypatch.setattr(events, "emit", found.append)
    return found


class Recording:
    """A channel that remembers what it was given, and may break."""

    def __init__(self, error: Exception | None = None) -> None:
        self.given: list[Parcel] = []
        self._error = error

    async def deliver(self, parcel: Parcel) -> None:
        self.given.append(parcel)
        await asyncio.sleep(0.01)
        if self._error is not None:
            raise self._error

    async def withdraw(self, parcel: Parcel) -> None:
        await self.deliver(parcel)

    async def decide(self, parcel: Parcel) -> None:
        await self.deliver(parcel)


async def claimed(pool: Pool) -> Promise:
    promise = await outbox.claim(pool)
    assert promise is not None
    return promise


async def let_time_pass(admin: Admin, seconds: float) -> None:
    """Move every promise's due time closer, as if time had passed."""
    await admin.execute(
        "update outbox.promise set due_at = due_at - make_interval(secs => $1)", seconds
    )


# Claiming ------------------------------------------------------------------------------------


async def test_an_attempt_is_counted_before_anything_is_tried(
    worker_pool: Pool, promised: UUID, keyed: Admin
) -> None:
    promise = await claimed(worker_pool)
    row = await keyed.fetchrow(
        "select attempts, lease, state from outbox.promise where promise_id = $1",
        promise.promise_id,
    )
    assert row is not None
    assert tuple(row) == (1, promise.lease, "promised")
    handed = await keyed.fetchval(
        "select handover_id from intake.handover where stelle = $1", promise.stelle
    )
    assert (promise.attempts, promise.handover_id, promise.kind) == (1, handed, Kind.DELIVER)


async def test_what_is_claimed_is_not_claimed_again(worker_pool: Pool, promised: UUID) -> None:
    first, second = await claimed(worker_pool), await claimed(worker_pool)
    assert {first.stelle, second.stelle} == {"ads_jena", "ezra"}
    assert await outbox.claim(worker_pool) is None


async def test_twelve_workers_at_once_share_the_work(
    worker_pool: Pool, intake: Intake, keyed: Admin
) -> None:
    for _ in range(5):
        await intake.submit(REPORT, uuid4().bytes)
    found = await asyncio.gather(*[outbox.claim(worker_pool) for _ in range(12)])
    claims = [promise.promise_id for promise in found if promise is not None]
    assert len(claims) == len(set(claims)) == 10


async def test_a_lease_that_ran_out_is_claimed_again_and_counted(
    worker_pool: Pool, promised: UUID, keyed: Admin
) -> None:
    """A worker that was killed in the middle."""
    await claimed(worker_pool)
    await claimed(worker_pool)
    await let_time_pass(keyed, outbox.LEASE_SECONDS / 2)
    assert await outbox.claim(worker_pool) is None
    await let_time_pass(keyed, outbox.LEASE_SECONDS / 2)
    assert (await claimed(worker_pool)).attempts == 2


async def test_nothing_is_claimed_before_it_is_due(
    worker_pool: Pool, promised: UUID, keyed: Admin
) -> None:
    await let_time_pass(keyed, -3600)
    assert await outbox.claim(worker_pool) is None
    await let_time_pass(keyed, 3600)
    assert await outbox.claim(worker_pool) is not None


# Settling ------------------------------------------------------------------------------------


async def state_of(admin: Admin, promise: Promise) -> tuple[str, UUID | None, str | None]:
    row = await admin.fetchrow(
        "select state, lease, error from outbox.promise where promise_id = $1", promise.promise_id
    )
    assert row is not None
    return row["state"], row["lease"], row["error"]


async def test_settled_is_delivered(worker_pool: Pool, promised: UUID, keyed: Admin) -> None:
    promise = await claimed(worker_pool)
    await outbox.settle(worker_pool, promise, TODAY)
    assert await state_of(keyed, promise) == ("delivered", None, None)
    await let_time_pass(keyed, 10**6)
    assert (await claimed(worker_pool)).promise_id != promise.promise_id


async def test_whoever_lost_the_lease_settles_nothing(
    worker_pool: Pool, promised: UUID, keyed: Admin
) -> None:
    late = await claimed(worker_pool)
    await let_time_pass(keyed, outbox.LEASE_SECONDS)
    owner = next(
        promise
        for promise in (await claimed(worker_pool), await claimed(worker_pool))
        if promise.promise_id == late.promise_id
    )

    await outbox.settle(worker_pool, late, TODAY)
    await outbox.fail(worker_pool, late, Failure(NAME), TODAY)
    assert await state_of(keyed, late) == ("promised", owner.lease, None)
    await outbox.settle(worker_pool, owner, TODAY)
    assert (await state_of(keyed, late))[0] == "delivered"


# Trying again --------------------------------------------------------------------------------


@given(st.integers(1, 10_000), st.floats(0, 1, exclude_max=True))
def test_the_wait_doubles_and_is_spread_and_ends_somewhere(attempt: int, chance: float) -> None:
    longest = float(min(int(FIRST_DELAY) * 2 ** (attempt - 1), int(LONGEST_DELAY)))
    assert longest / 2 <= outbox.delay(attempt, chance) <= longest


@given(st.integers(1, 60))
def test_a_later_attempt_never_waits_less(attempt: int) -> None:
    assert outbox.delay(attempt + 1, 0.3) >= outbox.delay(attempt, 0.3)


def test_it_is_tried_for_days_before_it_is_given_up() -> None:
    shortest = sum(outbox.delay(attempt, 0.0) for attempt in range(1, MOST_ATTEMPTS))
    assert timedelta(days=1) < timedelta(seconds=shortest) < timedelta(days=14)


async def test_a_failed_delivery_waits_and_says_why(
    worker_pool: Pool, promised: UUID, keyed: Admin
) -> None:
    promise = await claimed(worker_pool)
    before = await keyed.fetchval("select clock_timestamp()")
    assert await outbox.fail(worker_pool, promise, Failure(NAME), TODAY) is False

    after = await keyed.fetchval("select clock_timestamp()")
    assert await state_of(keyed, promise) == ("promised", None, "DeliveryError")
    due_at = await keyed.fetchval(
        "select due_at from outbox.promise where promise_id = $1", promise.promise_id
    )
    shortest, longest = timedelta(seconds=FIRST_DELAY / 2), timedelta(seconds=FIRST_DELAY)
    assert before + shortest <= due_at <= after + longest


async def after_attempts(admin: Admin, attempts: int) -> None:
    await admin.execute("update outbox.promise set attempts = $1", attempts)


async def test_after_the_last_attempt_it_is_dead_and_seen_and_revived(
    worker_pool: Pool, operator_pool: Pool, promised: UUID, keyed: Admin
) -> None:
    await after_attempts(keyed, MOST_ATTEMPTS - 1)
    promise = await claimed(worker_pool)
    assert await outbox.fail(worker_pool, promise, Failure(NAME), TODAY, with_alarm=True) is True

    (dead,) = await outbox.dead(operator_pool)
    assert dead == outbox.Dead(
        promise.promise_id, Kind.DELIVER, promise.stelle, MOST_ATTEMPTS, TODAY, NAME
    )
    assert await outbox.tally(operator_pool) == [
        ("alarm", "promised", 1),
        ("deliver", "dead", 1),
        ("deliver", "promised", 1),
    ]
    await keyed.execute("delete from outbox.promise where kind = 'alarm'")
    await let_time_pass(keyed, 10**6)
    assert (await claimed(worker_pool)).promise_id != promise.promise_id

    assert await outbox.revive(operator_pool, promise.promise_id)
    assert await outbox.dead(operator_pool) == []
    again = await claimed(worker_pool)
    assert (again.promise_id, again.attempts) == (promise.promise_id, 1)


async def test_only_the_dead_are_revived(
    worker_pool: Pool, operator_pool: Pool, promised: UUID
) -> None:
    promise = await claimed(worker_pool)
    assert not await outbox.revive(operator_pool, promise.promise_id)
    assert not await outbox.revive(operator_pool, 999_999)
    await outbox.settle(worker_pool, promise, TODAY)
    assert not await outbox.revive(operator_pool, promise.promise_id)


# Delivering ----------------------------------------------------------------------------------


def delivery_by(pool: Pool, channel: Channel) -> Delivery:
    return Delivery(pool, dict.fromkeys(("ads_jena", "ezra"), channel), lambda: TODAY)


async def test_every_promise_is_kept_once(
    worker_pool: Pool, promised: UUID, keyed: Admin, said: list[events.Event]
) -> None:
    channel = Recording()
    delivery = delivery_by(worker_pool, channel)
    assert [await delivery.deliver_next() for _ in range(3)] == [True, True, False]

    handed = await keyed.fetch("select handover_id, stelle from intake.handover")
    assert {(parcel.handover_id, parcel.stelle) for parcel in channel.given} == {
        tuple(row) for row in handed
    }
    states = await keyed.fetch("select state, changed_on from outbox.promise")
    assert {tuple(row) for row in states} == {("delivered", TODAY)}
    assert said == [
        events.Delivered(kind=Kind.DELIVER, stelle=stelle, attempt=1)
        for stelle in [parcel.stelle for parcel in channel.given]
    ]


async def test_two_workers_at_once_deliver_once(
    worker_pool: Pool, intake: Intake, keyed: Admin
) -> None:
    for _ in range(6):
        await intake.submit(REPORT, uuid4().bytes)
    channel = Recording()

    async def work() -> None:
        delivery = delivery_by(worker_pool, channel)
        while await delivery.deliver_next():
            pass

    await asyncio.gather(work(), work())
    handed = [(parcel.handover_id, parcel.stelle) for parcel in channel.given]
    assert len(handed) == len(set(handed)) == 12


async def test_nothing_is_open_while_a_partner_is_called(
    worker_pool: Pool, promised: UUID, keyed: Admin
) -> None:
    busy: list[int] = []

    class Looking(Recording):
        async def deliver(self, parcel: Parcel) -> None:
            found = await keyed.fetchval(
                "select count(*) from pg_stat_activity where application_name = 'adstelle' "
                "and datname = current_database() and state like '%in transaction%'"
            )
            busy.append(found)

    await delivery_by(worker_pool, Looking()).deliver_next()
    assert busy == [0]


async def test_what_a_channel_cannot_do_is_put_off(
    worker_pool: Pool, promised: UUID, keyed: Admin, said: list[events.Event]
) -> None:
    delivery = delivery_by(worker_pool, Recording(AdstelleError("Kanarienvogel")))
    assert await delivery.deliver_next()
    assert said in [
        [
            events.DeliveryFailed(
                kind=Kind.DELIVER, stelle=stelle, attempt=1, error=ErrorName("AdstelleError")
            )
        ]
        for stelle in ("ads_jena", "ezra")
    ]
    errors = await keyed.fetch("select error from outbox.promise where error is not null")
    assert [row["error"] for row in errors] == ["AdstelleError"], "never the message"


async def test_the_operator_is_told_when_it_is_given_up(
    worker_pool: Pool, promised: UUID, keyed: Admin, said: list[events.Event]
) -> None:
    await after_attempts(keyed, MOST_ATTEMPTS - 1)
    await delivery_by(worker_pool, Recording(DeliveryError())).deliver_next()
    (event,) = said
    assert isinstance(event, events.DeliveryDead)
    assert event.error == "DeliveryError"


async def test_a_stelle_without_a_channel_waits(
    worker_pool: Pool, promised: UUID, keyed: Admin
) -> None:
    """A city that takes a Stelle out does not lose what was promised to it."""
    delivery = Delivery(worker_pool, {}, lambda: TODAY)
    assert await delivery.deliver_next()
    rows = await keyed.fetch("select state, error from outbox.promise where attempts = 1")
    assert [tuple(row) for row in rows] == [("promised", "DeliveryError")]


async def test_what_kills_the_worker_each_time_is_given_up_too(
    worker_pool: Pool, promised: UUID, keyed: Admin, said: list[events.Event]
) -> None:
    """The attempts were counted, but nobody lived to say that they failed."""
    channel = Recording(SystemExit("killed"))  # type: ignore[arg-type]  # stands for kill -9
    await after_attempts(keyed, MOST_ATTEMPTS)
    delivery = delivery_by(worker_pool, channel)
    assert [await delivery.deliver_next() for _ in range(3)] == [True, True, False]

    assert channel.given == []
    states = await keyed.fetch("select distinct state from outbox.promise")
    assert [row["state"] for row in states] == ["dead"]
    assert {type(event) for event in said} == {events.DeliveryDead}


async def test_a_killed_worker_loses_nothing(
    worker_pool: Pool, promised: UUID, keyed: Admin
) -> None:
    """Killed after handing over and before settling: the next one does it again, harmlessly."""
    promise = await claimed(worker_pool)
    assert promise.handover_id is not None
    await Inbox(worker_pool).deliver(
        Parcel(handover_id=promise.handover_id, stelle=promise.stelle, today=TODAY)
    )
    await let_time_pass(keyed, outbox.LEASE_SECONDS)
    delivery = delivery_by(worker_pool, Inbox(worker_pool))
    while await delivery.deliver_next():
        pass
    assert await keyed.fetchval("select count(*) from casework.case") == 2
    states = await keyed.fetch("select distinct state from outbox.promise")
    assert [row["state"] for row in states] == ["delivered"]


# Sweeping ------------------------------------------------------------------------------------


async def test_only_what_has_expired_is_removed(worker_pool: Pool, keyed: Admin) -> None:
    for table in ("intake.draft", "intake.submission"):
        await keyed.execute(
            f"insert into {table} values ('old', '', now() - interval '1 second'), "
            "('new', '', now() + interval '1 hour')"
        )
    assert await sweep(worker_pool) == 2
    assert await sweep(worker_pool) == 0
    left = await keyed.fetch("select draft_id from intake.draft")
    assert [row["draft_id"] for row in left] == [b"new"]


# Lanes, consent taken back, giving up --------------------------------------------------------


async def in_a_lane(admin: Admin) -> list[UUID]:
    """Three hand-overs for a partner that works elsewhere, in the order of their promises."""
    await admin.execute(
        "update outbox.promise set lane = 'ezra' where stelle = 'ezra'; "
        "delete from outbox.promise where stelle <> 'ezra'"
    )
    rows = await admin.fetch("select handover_id from outbox.promise order by promise_id")
    return [row["handover_id"] for row in rows]


async def test_after_three_days_away_a_partner_gets_everything_once_and_in_order(
    worker_pool: Pool, intake: Intake, keyed: Admin
) -> None:
    for _ in range(3):
        await intake.submit(REPORT, uuid4().bytes)
    order = await in_a_lane(keyed)
    away = Recording(DeliveryError())
    for _ in range(72):  # three days, hour by hour
        await delivery_by(worker_pool, away).deliver_next(in_lanes=True)
        await let_time_pass(keyed, 3600)
    assert {parcel.handover_id for parcel in away.given} == {order[0]}, "the others wait behind it"

    back = Recording()
    while await delivery_by(worker_pool, back).deliver_next(in_lanes=True):
        pass
    assert [parcel.handover_id for parcel in back.given] == order


async def test_one_that_is_refused_for_good_does_not_hold_up_those_behind_it(
    worker_pool: Pool, intake: Intake, keyed: Admin, said: list[events.Event]
) -> None:
    for _ in range(2):
        await intake.submit(REPORT, uuid4().bytes)
    first, second = await in_a_lane(keyed)
    assert await delivery_by(worker_pool, Recording(Refused())).deliver_next(in_lanes=True)
    channel = Recording()
    assert await delivery_by(worker_pool, channel).deliver_next(in_lanes=True)
    assert [parcel.handover_id for parcel in channel.given] == [second]
    states = await keyed.fetch("select handover_id, state from outbox.promise")
    assert {tuple(row) for row in states} == {(first, "dead"), (second, "delivered")}
    assert any(isinstance(event, events.DeliveryDead) for event in said)


async def test_it_is_given_up_after_a_week(worker_pool: Pool, promised: UUID, keyed: Admin) -> None:
    await after_attempts(keyed, FEWEST_ATTEMPTS - 1)
    promise = await claimed(worker_pool)
    last, over = (TODAY + timedelta(days=days) for days in (DAYS_OF_TRYING, DAYS_OF_TRYING + 1))
    assert not outbox.is_hopeless(promise, last)
    assert not outbox.is_hopeless(msgspec.structs.replace(promise, attempts=1), over)
    assert await outbox.fail(worker_pool, promise, Failure(NAME), over)


async def test_a_withdrawal_is_its_own_promise(
    worker_pool: Pool, promised: UUID, keyed: Admin
) -> None:
    await keyed.execute(
        "insert into outbox.promise (kind, handover_id, stelle, promised_on, changed_on) "
        "values ('withdraw', $1, 'ezra', $2, $2)",
        promised, TODAY,
    )  # fmt: skip
    done: list[tuple[str, UUID | None]] = []

    class Telling(Recording):
        async def deliver(self, parcel: Parcel) -> None:
            done.append(("deliver", parcel.handover_id))

        async def withdraw(self, parcel: Parcel) -> None:
            done.append(("withdraw", parcel.handover_id))

    while await delivery_by(worker_pool, Telling()).deliver_next():
        pass
    assert sorted(kind for kind, _ in done) == ["deliver", "deliver", "withdraw"]
    assert ("withdraw", promised) in done


async def test_one_waiting_notice_is_enough(worker_pool: Pool, keyed: Admin) -> None:
    async def notify() -> None:
        async with transaction(worker_pool, Role.DELIVERY) as conn:
            await outbox.put_notice(conn, Kind.NOTICE, "ezra", TODAY)

    await notify()
    await notify()
    assert await keyed.fetchval("select count(*) from outbox.promise") == 1
    await let_time_pass(keyed, 3600)
    await outbox.claim(worker_pool, in_lanes=True)  # on its way: what is new now came too late
    await notify()
    await notify()
    assert await keyed.fetchval("select count(*) from outbox.promise") == 2


async def test_a_notice_goes_by_post(worker_pool: Pool, keyed: Admin) -> None:
    sent: list[tuple[str, str]] = []

    class Postman:
        async def send(self, kind: Kind, to: str, promise_id: int) -> None:
            sent.append((kind, to))

    async with transaction(worker_pool, Role.DELIVERY) as conn:
        await outbox.put_notice(conn, Kind.NOTICE, "ezra", TODAY)
    await let_time_pass(keyed, 3600)
    delivery = Delivery(worker_pool, {}, lambda: TODAY, post=Postman())
    assert [await delivery.deliver_next(in_lanes=True) for _ in range(2)] == [True, False]
    assert sent == [("notice", "ezra")]


async def test_who_asks_to_be_left_alone_is_left_alone(
    worker_pool: Pool, promised: UUID, keyed: Admin
) -> None:
    wait = 3 * 3600.0
    assert await delivery_by(worker_pool, Recording(DeliveryError(wait=wait))).deliver_next()
    seconds = await keyed.fetchval(
        "select extract(epoch from due_at - now())::float from outbox.promise where attempts = 1"
    )
    assert wait / 2 < seconds <= wait


async def test_what_leaves_the_house_holds_up_nothing_in_it(
    worker_pool: Pool, intake: Intake, keyed: Admin
) -> None:
    await intake.submit(REPORT, uuid4().bytes)
    await keyed.execute("update outbox.promise set lane = stelle where stelle = 'ezra'")
    channel = Recording()
    while await delivery_by(worker_pool, channel).deliver_next():
        pass
    assert [parcel.stelle for parcel in channel.given] == ["ads_jena"]
    while await delivery_by(worker_pool, channel).deliver_next(in_lanes=True):
        pass
    assert [parcel.stelle for parcel in channel.given] == ["ads_jena", "ezra"]
