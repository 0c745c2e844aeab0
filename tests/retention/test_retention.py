"""What is over goes; what somebody waits for stays, whatever the code believes."""

import asyncio
from collections import Counter
from datetime import date, timedelta
from typing import Final
from uuid import UUID, uuid4

import asyncpg
import pytest

from adstelle.city import City
from adstelle.crypto.sessions import Session
from adstelle.database import Pool, Role, transaction
from adstelle.domain.fristen import Period, last_day
from adstelle.domain.retention import Obstacle
from adstelle.retention.service import Retention
from tests.conftest import Admin
from tests.staff_side import Person, send_report, write_as_person

KEPT: Final = Period(months=36)
A_DAY: Final = timedelta(days=1)


@pytest.fixture
def today(city: City) -> date:
    return city.today()


@pytest.fixture
def long_ago(today: date) -> date:
    """The last day of a step after which a closed case is erased today."""
    return next(
        day
        for day in (today - timedelta(days=n) for n in range(1080, 1110))
        if last_day(day, KEPT) < today
    )


@pytest.fixture
async def person(admin: Admin, sessions: dict[str, Session], long_ago: date) -> Person:
    """Somebody whose case was closed so long ago that it goes today; ezra's is open."""
    person = await send_report(admin, {"ads_jena": True, "ezra": False}, day=long_ago)
    await admin.execute(
        "update casework.case set state = 'abgeschlossen' where stelle = 'ads_jena'"
    )
    return person


async def cases(admin: Admin) -> list[str]:
    return [r["stelle"] for r in await admin.fetch("select stelle from casework.case order by 1")]


async def hold(admin: Admin, person: Person, until: date, member_id: UUID) -> None:
    await admin.execute(
        "insert into casework.hold (hold_id, case_id, stelle, held_until, set_on, set_by, sealed) "
        "values ($1, $2, 'ads_jena', $3, $3, $4, 'sealed')",
        uuid4(), person.case_id, until, member_id,
    )  # fmt: skip


async def test_a_closed_case_goes_after_its_time_and_an_open_one_is_asked_about(
    retention: Retention, admin: Admin, person: Person
) -> None:
    seen = await retention.look()
    assert await cases(admin) == ["ads_jena", "ezra"], "a look changes nothing"

    done = await retention.run()

    assert done.erased == seen.erased == Counter({("ads_jena", "A2"): 1})
    assert done.kept == seen.kept == Counter({("ezra", "A1", Obstacle.NEEDED): 1})
    assert await cases(admin) == ["ezra"]
    wraps = "select recipient from intake.wrap where recipient <> 'mailbox'"
    assert [r["recipient"] for r in await admin.fetch(wraps)] == ["ezra"]
    logged = await admin.fetchrow("select * from casework.log order by log_id desc limit 1")
    assert logged is not None
    assert (logged["act"], logged["stelle"], logged["member_id"]) == (
        "case_erased",
        "ads_jena",
        None,
    )
    assert logged["case_ids"] == [person.case_id]
    ended = await admin.fetchrow("select * from intake.handover where stelle = 'ads_jena'")
    assert ended is not None
    assert ended["erased_on"] == ended["withdrawn_on"] is not None


async def test_a_day_too_early_nothing_goes(
    retention: Retention, admin: Admin, person: Person
) -> None:
    await admin.execute("update casework.case set changed_on = changed_on + 1")

    assert (await retention.run()).erased == Counter()
    assert await cases(admin) == ["ads_jena", "ezra"]


async def test_still_needed_keeps_it_for_another_period(
    retention: Retention, admin: Admin, person: Person, today: date
) -> None:
    await admin.execute("update casework.case set kept_on = $1", today)

    done = await retention.run()

    assert (done.erased, done.kept) == (Counter(), Counter())


OBSTACLES: Final = {
    Obstacle.STATUTORY: "update casework.case set due_on = current_date + 1",
    Obstacle.REMINDER: "update casework.case set remind_on = current_date + 1",
    Obstacle.UNDELIVERED: (
        "insert into outbox.promise (kind, handover_id, stelle, promised_on, changed_on) select "
        "'deliver', handover_id, stelle, given_on, given_on from intake.handover "
        "where stelle = 'ads_jena'"
    ),
    Obstacle.UNREAD: "update mailbox.message set read_on = null, sent_on = '2020-01-01'",
    Obstacle.HELD: "update casework.hold set held_until = current_date + 1",
}


async def prepare(admin: Admin, person: Person, sessions: dict[str, Session]) -> None:
    """A message that was read, a hold that has ended: they are in nobody's way."""
    message_id = await write_as_person(admin, person, "ads_jena", "Hallo")
    await admin.execute(
        "update mailbox.message set read_on = '2020-01-02', sent_on = '2020-01-01' "
        "where message_id = $1",
        message_id,
    )
    await hold(admin, person, date(2020, 1, 1), sessions["ads_jena"].member_id)


@pytest.mark.parametrize("obstacle", OBSTACLES)
async def test_it_stays_as_long_as_something_is_in_the_way(
    retention: Retention,
    admin: Admin,
    person: Person,
    sessions: dict[str, Session],
    obstacle: Obstacle,
) -> None:
    await prepare(admin, person, sessions)
    await admin.execute(OBSTACLES[obstacle])

    done = await retention.run()

    assert done.erased == Counter()
    assert done.kept[("ads_jena", "A2", obstacle)] == 1
    assert await cases(admin) == ["ads_jena", "ezra"]


@pytest.mark.parametrize("what", ["message", "hold"])
async def test_what_is_being_written_is_waited_for_and_keeps_it(
    retention: Retention,
    admin: Admin,
    person: Person,
    sessions: dict[str, Session],
    today: date,
    what: str,
) -> None:
    """Else somebody's words would be taken as sent and read by nobody, or a hold hold nothing."""
    async with admin.transaction():
        if what == "message":
            await write_as_person(admin, person, "ads_jena", "Noch etwas.")
        else:
            await hold(admin, person, today + timedelta(days=30), sessions["ads_jena"].member_id)
        erasing = asyncio.create_task(retention.run())
        while not await admin.fetchval(
            "select exists (select from pg_locks "
            "where not granted and pg_backend_pid() = any (pg_blocking_pids(pid)))"
        ):
            assert not erasing.done(), "nobody waited"
            await asyncio.sleep(0.02)
    assert (await erasing).erased == Counter()
    assert await cases(admin) == ["ads_jena", "ezra"]


async def test_what_is_in_nobodys_way_keeps_nothing(
    retention: Retention, admin: Admin, person: Person, sessions: dict[str, Session]
) -> None:
    await prepare(admin, person, sessions)

    assert (await retention.run()).erased == Counter({("ads_jena", "A2"): 1})


ERASE: Final = "delete from casework.case where stelle = 'ads_jena'"


async def erased_by_the_role(worker: Pool) -> bool:
    """Whether the role can do it, whatever the code thinks."""
    async with transaction(worker, Role.RETENTION) as conn:
        return bool((await conn.execute(ERASE)).endswith(" 1"))


@pytest.mark.parametrize("obstacle", OBSTACLES)
async def test_the_database_refuses_it_too(
    worker_pool: Pool,
    admin: Admin,
    person: Person,
    sessions: dict[str, Session],
    obstacle: Obstacle,
) -> None:
    await prepare(admin, person, sessions)
    await admin.execute(OBSTACLES[obstacle])

    assert not await erased_by_the_role(worker_pool)


async def test_the_database_refuses_a_case_of_this_month(
    worker_pool: Pool, admin: Admin, person: Person
) -> None:
    await admin.execute("update casework.case set changed_on = current_date - 27")
    assert not await erased_by_the_role(worker_pool)
    await admin.execute("update casework.case set changed_on = current_date - 28")
    assert await erased_by_the_role(worker_pool)


@pytest.mark.parametrize(
    "statement",
    [
        "delete from intake.wrap",
        "delete from intake.report",
        "update mailbox.message set for_stelle = null",
        "delete from outbox.promise",
        "delete from casework.log",
    ],
)
async def test_what_a_stelle_still_has_stays(
    worker_pool: Pool, admin: Admin, person: Person, sessions: dict[str, Session], statement: str
) -> None:
    await prepare(admin, person, sessions)
    await admin.execute(
        "insert into outbox.promise (kind, handover_id, stelle, state, promised_on, changed_on) "
        "select 'deliver', handover_id, stelle, 'delivered', given_on, given_on "
        "from intake.handover"
    )
    await admin.execute(
        "insert into casework.log (stelle, act, case_ids, done_at) values "
        "('ezra', 'decided', '{}', now() - interval '363 days')"
    )
    async with transaction(worker_pool, Role.RETENTION) as conn:
        assert (await conn.execute(statement)).endswith(" 0")


async def test_the_role_cannot_end_a_consent_while_there_is_a_case(
    worker_pool: Pool, person: Person
) -> None:
    async with transaction(worker_pool, Role.RETENTION) as conn:
        ended = "update intake.handover set withdrawn_on = given_on, erased_on = given_on"
        assert (await conn.execute(ended)).endswith(" 0")


async def test_the_role_reads_nothing_that_is_sealed(worker_pool: Pool, person: Person) -> None:
    for table, column in (
        ("intake.part", "sealed"),
        ("intake.wrap", "wrapped"),
        ("intake.report", "mailbox_key"),
        ("mailbox.message", "sealed"),
        ("exchange.package", "sealed"),
        ("casework.hold", "sealed"),
        ("casework.log", "case_ids"),
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with transaction(worker_pool, Role.RETENTION) as conn:
                await conn.fetch(f"select {column} from {table}")


# The mailbox ----------------------------------------------------------------------------------


async def test_a_report_goes_when_nobody_has_it_and_the_mailbox_has_ended(
    retention: Retention, admin: Admin, person: Person, today: date
) -> None:
    await admin.execute("update casework.case set state = 'abgeschlossen'")
    assert (await retention.run()).erased.total() == 2
    assert await admin.fetchval("select count(*) from intake.report") == 1, "a year for the person"

    await admin.execute("update intake.handover set withdrawn_on = withdrawn_on - 367, given_on = "
                        "given_on - 367")  # fmt: skip
    done = await retention.run()

    assert done.reports == 1
    for table in ("report", "part", "wrap", "handover"):
        assert await admin.fetchval(f"select count(*) from intake.{table}") == 0


async def test_a_report_nobody_was_given_goes_after_the_mailbox_period(
    retention: Retention, admin: Admin, sessions: dict[str, Session], today: date
) -> None:
    await send_report(admin, {}, day=today - timedelta(days=364))
    await send_report(admin, {}, day=today - timedelta(days=368))

    assert (await retention.run()).reports == 1
    assert await admin.fetchval("select count(*) from intake.report") == 1


async def test_a_report_stays_while_a_partner_has_yet_to_hear_of_it(
    retention: Retention, admin: Admin, sessions: dict[str, Session], today: date
) -> None:
    person = await send_report(admin, {}, day=today - timedelta(days=900))
    await admin.execute(
        "insert into intake.handover (handover_id, report_id, stelle, given_on, withdrawn_on) "
        "values ($1, $2, 'ezra', $3, $3)",
        uuid4(), person.report_id, today - timedelta(days=900),
    )  # fmt: skip
    await admin.execute(
        "insert into outbox.promise (kind, handover_id, stelle, state, promised_on, changed_on) "
        "select 'withdraw', handover_id, stelle, 'dead', given_on, given_on from intake.handover"
    )
    assert (await retention.run()).reports == 0
    await admin.execute("update outbox.promise set state = 'delivered'")
    assert (await retention.run()).reports == 1


async def test_traces_go_in_their_time(retention: Retention, admin: Admin) -> None:
    await admin.execute(
        "insert into casework.log (stelle, act, case_ids, done_at) values "
        "('ezra', 'decided', '{}', now() - interval '37 months'), "
        "('ezra', 'decided', '{}', now() - interval '35 months')"
    )
    await admin.execute(
        "insert into exchange.package (package_id, stelle, sender, arrived_on, withdrawn_on) "
        "select gen_random_uuid(), 'ads_jena', 'vbrg', d::date, d::date from (values "
        "(current_date - interval '13 months'), (current_date - interval '11 months')) as v (d)"
    )
    await admin.execute(
        "insert into outbox.promise (kind, stelle, state, promised_on, changed_on) select "
        "'notice', 'ezra', 'delivered', d::date, d::date from (values "
        "(current_date - interval '4 months'), (current_date - interval '2 months')) as v (d)"
    )

    assert (await retention.run()).traces == 3
    assert (await retention.run()).traces == 0
    for table in ("casework.log", "exchange.package", "outbox.promise"):
        assert await admin.fetchval(f"select count(*) from {table}") == 1, table
