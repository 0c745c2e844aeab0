"""Everything that exists of a report is erased: no id, key, address or ciphertext of it is left.

A report goes through all there is; then its person wants it gone. What stays is the count card with
what the Stellen found of it, whose ids stand nowhere else and which only the statistics key opens,
and the random numbers of cases in the Stellen's logs.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import msgspec
import pytest

from adstelle.asking.sealed import STATISTICS
from adstelle.casework.decision.service import Decisions
from adstelle.casework.erasure.service import Erasures as StaffErasures
from adstelle.casework.incident.service import Incidents, Target
from adstelle.casework.incident.service import Wanted as Named
from adstelle.casework.mandate.service import Mandates, Wish
from adstelle.casework.service import Casework
from adstelle.city import City
from adstelle.crypto import pseudonyms
from adstelle.crypto.hpke import PrivateKey
from adstelle.crypto.sessions import Session
from adstelle.database import Pool, Role, transaction
from adstelle.delivery.channels.inbox import Inbox
from adstelle.delivery.service import Delivery
from adstelle.domain.handover import Scope
from adstelle.domain.incident import Incident
from adstelle.domain.notice import NoticeTo
from adstelle.domain.report import Consent
from adstelle.errors import OutcomeUnknown, StorageUnavailable, UnknownCode
from adstelle.intake.service import Intake
from adstelle.mailbox.consents import Consents
from adstelle.mailbox.erasures import Erasures
from adstelle.mailbox.notices import Notices
from adstelle.mailbox.service import Mailbox
from adstelle.mailbox.store import NotGiven
from adstelle.releases import service as releases
from adstelle.retention.service import Retention
from tests.conftest import Admin
from tests.core import NOW, REPORT, announce_keys
from tests.releases.files import YEAR, read
from tests.staff_side import Clock, new_member, session_of, set_up, sign_in_of

SCHEMAS: Final = (
    "intake",
    "mailbox",
    "casework",
    "accounts",
    "outbox",
    "exchange",
    "counting",
    "scope",
)
Values = dict[str, set[UUID | bytes]]


async def telling_values(admin: Admin) -> Values:
    """Every id and every piece of bytes in the database, by the column it stands in."""
    tables = await admin.fetch(
        "select schemaname || '.' || tablename as name from pg_tables "
        "where schemaname = any ($1::text[])",
        list(SCHEMAS),
    )
    found: Values = {}
    for table in tables:
        for row in await admin.fetch(f"select * from {table['name']}"):
            for column, value in row.items():
                found.setdefault(f"{table['name']}.{column}", set()).update(_telling(value))
    return found


def _telling(value: Any) -> Iterator[UUID | bytes]:
    if isinstance(value, list):
        for each in value:
            yield from _telling(each)
    elif isinstance(value, UUID) or (isinstance(value, bytes) and value):
        yield value


def added(now: Values, before: Values) -> Values:
    """What was not there before, wherever it stood."""
    known = set().union(*before.values())
    new = {column: values - known for column, values in now.items()}
    return {column: values for column, values in new.items() if values}


@dataclass(frozen=True, kw_only=True)
class House:
    """Who works on a report, each side with what it may do."""

    city: City
    worker: Pool
    intake: Intake
    consents: Consents
    mail: Mailbox
    wishes: Erasures
    notices: Notices
    casework: Casework
    incidents: Incidents
    mandates: Mandates
    decisions: Decisions
    staff: StaffErasures
    retention: Retention

    async def work(self) -> None:
        """Do what the worker does about deliveries."""
        channels = dict.fromkeys(("ads_jena", "ezra", "kokont", "thadine"), Inbox(self.worker))
        delivery = Delivery(self.worker, channels, self.city.today)
        while await delivery.deliver_next():
            pass


@pytest.fixture
def house(
    city: City, public_pool: Pool, staff_pool: Pool, worker_pool: Pool, retention: Retention
) -> House:
    return House(
        city=city,
        worker=worker_pool,
        intake=Intake(public_pool, city, lambda: NOW, today=city.today),
        consents=Consents(public_pool, city, city.today),
        mail=Mailbox(public_pool, city, city.today),
        wishes=Erasures(public_pool, city, city.today),
        notices=Notices(public_pool, city, lambda: NOW, lambda: 0.5),
        casework=Casework(staff_pool, city),
        incidents=Incidents(staff_pool),
        mandates=Mandates(staff_pool),
        decisions=Decisions(staff_pool),
        staff=StaffErasures(staff_pool, city.retention),
        retention=retention,
    )


@dataclass(frozen=True)
class World:
    """A report in the hands of two Stellen and of one that only counts."""

    code: str
    sessions: dict[str, Session]
    cases: dict[str, UUID]


@pytest.fixture
async def kokont(operator_pool: Pool, staff_pool: Pool) -> Session:
    clock = Clock()
    await set_up(operator_pool, "kokont", new_member("koko"))
    return await session_of(sign_in_of(staff_pool, clock), clock, "koko")


LABEL: Final = uuid4()


@pytest.fixture
async def before(admin: Admin, sessions: dict[str, Session], kokont: Session) -> Values:
    """What the database holds before anybody reported."""
    await announce_keys(admin, [STATISTICS])
    await admin.execute("insert into casework.label values ($1, 'ads_jena', 'l')", LABEL)
    worker_key = PrivateKey.generate().encoded_public()
    await admin.execute("insert into mailbox.notice_key (encoded) values ($1)", worker_key)
    return await telling_values(admin)


@pytest.fixture
async def world(before: Values, house: House, admin: Admin, sessions: dict[str, Session]) -> World:
    """Take a report through everything there is."""
    report = msgspec.structs.replace(
        REPORT, consents=(Consent(stelle="ads_jena", with_contact=True), Consent(stelle="ezra"))
    )
    code = (await house.intake.submit(report, uuid4().bytes)).code
    assert await house.consents.give(code, "kokont", Scope.STATISTICS) is None
    await house.notices.leave(code, NoticeTo(mail="kim@example.org", lang="de"))
    await house.work()
    rows = await admin.fetch("select stelle, case_id from casework.case")
    world = World(code, sessions, {row["stelle"]: row["case_id"] for row in rows})
    assert world.cases.keys() == {"ads_jena", "ezra", "kokont"}
    await _work_on(house, world, admin)
    return world


async def _work_on(house: House, world: World, admin: Admin) -> None:
    """Messages both ways, a mandate, a decision, a hold, a label, a conflict, incidents."""
    mira, case_id, today = world.sessions["ads_jena"], world.cases["ads_jena"], house.city.today()
    await house.mail.write(world.code, "ads_jena", uuid4(), "Noch etwas.")
    assert await house.casework.read(mira, case_id, today) is not None
    await house.casework.answer(mira, case_id, uuid4(), "Danke.", today)
    await house.casework.read(world.sessions["ezra"], world.cases["ezra"], today)
    await house.mandates.change(mira, case_id, Wish(("begleiten",), "Gut.", uuid4()), today)
    await house.decisions.accept(mira, case_id, today)
    await house.mail.open(world.code)
    for stelle in ("ads_jena", "ezra"):
        session = world.sessions[stelle]
        target = Target(incident_id=uuid4(), new=Incident(title="Am Holzmarkt"))
        await house.incidents.link(session, world.cases[stelle], target, None)
        named = Named(
            title="Holzmarkt", when="", series_id=None, new_series="Jeden Freitag",
            new_series_id=uuid4(),
        )  # fmt: skip
        await house.incidents.change(session, target.incident_id, named, 1)
    hold_id, until = uuid4(), today + timedelta(days=9)
    assert await house.staff.hold(mira, case_id, (hold_id, until, "Streit"), today)
    assert await house.staff.lift(mira, case_id, hold_id, today)
    assert await house.staff.propose(mira, case_id, "Alt", today)
    labelled = "insert into casework.labelled values ($1, $2, 'ads_jena')"
    await admin.execute(labelled, case_id, LABEL)
    conflict = "insert into casework.conflict values ($1, $2, 'ads_jena', current_date)"
    await admin.execute(conflict, case_id, world.sessions["ezra"].member_id)  # not mira: she works
    await admin.execute(
        "insert into casework.mask (case_id, revision, stelle, member_id, sealed) "
        "values ($1, 1, 'ads_jena', $2, 'm')", case_id, mira.member_id,
    )  # fmt: skip
    await admin.execute(
        "insert into casework.export (export_id, case_id, stelle, member_id, sealed) "
        "values ($1, $2, 'ads_jena', $3, 'e')", uuid4(), case_id, mira.member_id,
    )  # fmt: skip
    mark = "insert into casework.referral values ($1, $2, 'ads_jena', 'asked', current_date)"
    await admin.execute(mark, case_id, uuid4())


async def forget_the_submission(admin: Admin, worker: Pool) -> None:
    """The receipt under the browser's own key lives for a day, with no way to the report."""
    await admin.execute("update intake.submission set expires_at = now()")
    async with transaction(worker, Role.SWEEP) as conn:
        await conn.execute("delete from intake.submission where expires_at < now()")


async def test_nothing_is_left_but_the_count_and_the_numbers_in_the_log(
    world: World, before: Values, admin: Admin, house: House
) -> None:
    mira, juri, today = world.sessions["ads_jena"], world.sessions["ezra"], house.city.today()
    there = added(await telling_values(admin), before)
    assert {column.rpartition(".")[0] for column in there} >= {
        "intake.report", "intake.part", "intake.wrap", "intake.handover", "intake.card",
        "mailbox.message", "mailbox.notice", "exchange.package", "outbox.promise",
        "casework.case", "casework.step", "casework.labelled", "casework.conflict",
        "casework.referral", "casework.hold", "casework.disposal", "casework.log",
        "casework.mask", "casework.export", "counting.assessment", "casework.incident",
        "casework.incident_link", "casework.series",
    }  # fmt: skip

    await house.wishes.want(world.code)
    await house.work()  # kokont only counted: there the consent has simply ended
    assert await house.retention.run_decided() == 0, "two Stellen have yet to answer"
    assert await house.staff.answer(mira, world.cases["ads_jena"], None, today)
    assert await house.retention.run_decided() == 1
    box = await house.mail.open(world.code)
    assert {row.stelle: str(row.standing) for row in box.box.recipients} == {
        "ads_jena": "erased", "ezra": "delivered", "kokont": "withdrawn",
    }  # fmt: skip
    assert await house.staff.answer(juri, world.cases["ezra"], None, today)
    assert await house.retention.run_decided() == 2, "the last case, and then the report"

    with pytest.raises(UnknownCode):
        await house.mail.open(world.code)
    await forget_the_submission(admin, house.worker)
    left = added(await telling_values(admin), before)
    assert left.keys() == {
        "intake.card.card_id", "intake.card.sealed", "casework.log.case_ids",
        "counting.assessment.assessment_id", "counting.assessment.sealed",
    }  # fmt: skip
    assert left["casework.log.case_ids"] == set(world.cases.values())
    assert len(left["counting.assessment.assessment_id"]) == 2, (
        "of two Stellen; kokont only counted"
    )
    for own in ("intake.card.card_id", "counting.assessment.assessment_id"):
        for number in left[own]:
            everywhere = [column for column, values in (await telling_values(admin)).items()
                          if number in values]  # fmt: skip
            assert everywhere == [own]
    await _nobody_of_the_house_gets_from_a_number_to_the_count(admin, world)


async def _nobody_of_the_house_gets_from_a_number_to_the_count(admin: Admin, world: World) -> None:
    """With the Stelle's key and every number that is left in its log: no assessment is found."""
    kept = {row[0] for row in await admin.fetch("select assessment_id from counting.assessment")}
    for stelle in ("ads_jena", "ezra"):
        key = world.sessions[stelle].lasting_key(pseudonyms.PURPOSE)
        for case_id in world.cases.values():
            assert pseudonyms.assessment_id(key, case_id) not in kept


async def test_a_release_stays_as_it_is_when_a_case_is_erased(
    world: World, admin: Admin, house: House, operator_pool: Pool
) -> None:
    await releases.publish(
        operator_pool, read(YEAR), prepared_by="Eva Eins", approved_by="Zoe Zwei",
        today=house.city.today(),
    )  # fmt: skip
    ledger = await admin.fetch("select * from figures.release")
    await house.wishes.want(world.code)
    case_id = world.cases["ads_jena"]
    assert await house.staff.answer(world.sessions["ads_jena"], case_id, None, house.city.today())
    assert await house.retention.run_decided() == 1

    assert await admin.fetch("select * from figures.release") == ledger


async def test_the_scan_finds_a_trace(admin: Admin, before: Values, world: World) -> None:
    """The counterpart: one id in a column that nobody thought of is found."""
    await admin.execute("update accounts.session set sealed = $1", world.cases["ezra"].bytes)
    left = added(await telling_values(admin), before)
    assert world.cases["ezra"].bytes in left["accounts.session.sealed"]


MOMENTS: Final = """
select table_schema || '.' || table_name as name, column_name as "column"
from information_schema.columns
where data_type = 'timestamp with time zone'
    and table_schema in ('intake', 'mailbox', 'outbox', 'exchange')
"""
DRAWN: Final = {"mailbox.notice.due_at"}  # by lot, a day ahead


async def test_no_moment_of_what_a_person_did_is_kept(
    world: World, admin: Admin, house: House
) -> None:
    """A day, or at most an hour: not of sending, nor of giving, nor of taking back."""
    for row in (await house.mail.open(world.code)).box.recipients:
        await house.consents.withdraw(world.code, row.handover_id)
    await house.work()
    columns = {(row["name"], row["column"]) for row in await admin.fetch(MOMENTS)}
    assert {("outbox.promise", "due_at"), ("intake.submission", "expires_at")} < columns
    for table, column in columns:
        if f"{table}.{column}" not in DRAWN:
            finer = f"{column} <> date_trunc('hour', {column})"
            assert await admin.fetch(f"select * from {table} where {finer}") == []
    assert await admin.fetchval("select count(*) from outbox.promise") == 6
    withdrawn = await admin.fetch(
        "select done_at from casework.log where act = 'consent_withdrawn'"
    )
    assert len(withdrawn) == 3
    assert {(at["done_at"].minute, at["done_at"].second, at["done_at"].microsecond)
            for at in withdrawn} == {(0, 0, 0)}  # fmt: skip


async def _until_waiting(admin: Admin, usename: str, task: asyncio.Task[Any]) -> None:
    """Until *task*, of this login, waits for a lock. (What `pg_locks` shows is never kept.)"""
    waiting = (
        "select exists (select from pg_locks where not granted and pid in "
        "(select pid from pg_stat_activity where usename = $1 and datname = current_database()))"
    )
    while not await admin.fetchval(waiting, usename):
        assert not task.done(), "nobody waited for anything"
        await asyncio.sleep(0.02)
        await admin.execute("select pg_stat_clear_snapshot()")


async def test_what_is_written_while_a_copy_is_erased_comes_back(
    world: World, admin: Admin, house: House
) -> None:
    """Nobody would read it: it must not be taken as sent."""
    await house.wishes.want(world.code)
    case_id = world.cases["ads_jena"]
    assert await house.staff.answer(world.sessions["ads_jena"], case_id, None, house.city.today())
    async with admin.transaction():
        await admin.execute("select from intake.wrap for update")
        erasing = asyncio.create_task(house.retention.run_decided())
        await _until_waiting(admin, "adstelle_worker", erasing)
        writing = asyncio.create_task(house.mail.write(world.code, "ads_jena", uuid4(), "Noch da?"))
        await _until_waiting(admin, "adstelle_public", writing)
    assert await erasing == 1
    with pytest.raises(NotGiven):
        await writing


LOCKED: Final = ("intake.handover", "intake.wrap", "mailbox.message", "outbox.promise")


@pytest.mark.parametrize("table", LOCKED)
async def test_killed_in_the_middle_nothing_is_half(
    world: World, admin: Admin, house: House, table: str
) -> None:
    await house.wishes.want(world.code)
    case_id = world.cases["ads_jena"]
    await admin.execute(  # so that there is a delivery to be erased as well
        "insert into outbox.promise (kind, handover_id, stelle, state, promised_on, changed_on) "
        "select 'withdraw', handover_id, stelle, 'dead', given_on, given_on from intake.handover "
        "where stelle = 'ads_jena'"
    )
    assert await house.staff.answer(world.sessions["ads_jena"], case_id, None, house.city.today())
    whole = await telling_values(admin)

    async with admin.transaction():
        await admin.execute(f"select from {table} for update")
        erasing = asyncio.create_task(house.retention.run_decided())
        await _kill_when_waiting(admin)
        with pytest.raises((OutcomeUnknown, StorageUnavailable)):
            await erasing

    assert await telling_values(admin) == whole
    assert await house.retention.run_decided() == 1
    assert case_id not in (await telling_values(admin))["casework.case.case_id"]


async def _kill_when_waiting(admin: Admin) -> None:
    """Wait until the worker waits for our lock, in the middle of its transaction, and end it."""
    waiting = (
        "select pid from pg_stat_activity where usename = 'adstelle_worker' "
        "and datname = current_database() and wait_event_type = 'Lock'"
    )
    for _ in range(6000):
        if pid := await admin.fetchval(waiting):
            await admin.execute("select pg_terminate_backend($1)", pid)
            return
        await asyncio.sleep(0.02)
    raise AssertionError("the worker did not wait for anything")
