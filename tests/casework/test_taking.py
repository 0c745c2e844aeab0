"""A report that an adviser took: sealed as the form's are, and never for anybody but by consent."""

from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import asyncpg
import msgspec
import pytest

from adstelle.asking.questions import STEPS
from adstelle.asking.sealed import NotSetUp, Receiving, seal_report
from adstelle.casework.queue.service import Wanted
from adstelle.casework.service import Casework
from adstelle.casework.taking import form
from adstelle.casework.taking.form import CHOICE, SECTIONS, Received
from adstelle.casework.taking.service import Became, Taking
from adstelle.city import City
from adstelle.crypto import envelope, receipt, sealing
from adstelle.crypto.hpke import PrivateKey, PublicKey
from adstelle.crypto.sessions import Session
from adstelle.database import Pool, Role, transaction
from adstelle.domain.case import State
from adstelle.domain.handover import Way
from adstelle.domain.report import Arrival, Consent, CountCard, Report, Taken
from adstelle.handing import Handing
from adstelle.mailbox.service import Mailbox
from tests.casework.conftest import queue_of
from tests.conftest import Admin
from tests.staff_side import REPORT, TODAY, deliver

STATISTICS: Final = PrivateKey.generate()
PHONE: Final = Received(Arrival.PHONE, TODAY - timedelta(days=3), True)
TABLES: Final = (
    "intake.report", "intake.part", "intake.wrap", "intake.card", "intake.handover",
    "exchange.package", "outbox.promise", "casework.case", "casework.receipt", "casework.log",
)  # fmt: skip


@pytest.fixture
def mira(sessions: dict[str, Session]) -> Session:
    return sessions["ads_jena"]


@pytest.fixture
async def taking(staff_pool: Pool, city: City, admin: Admin, sessions: object) -> Taking:
    await admin.execute(
        "insert into accounts.public_key values ('statistics', $1, $2)",
        STATISTICS.public().encoded, TODAY,
    )  # fmt: skip
    return Taking(staff_pool, city)


def report(*others: Consent, with_contact: bool = False) -> Report:
    own = Consent(stelle="ads_jena", with_contact=with_contact)
    answers = msgspec.structs.replace(REPORT.answers, incident_type="unmittelbare_benachteiligung")
    return msgspec.structs.replace(REPORT, answers=answers, consents=(own, *others))


async def rows(admin: Admin) -> dict[str, int]:
    return {table: await admin.fetchval(f"select count(*) from {table}") for table in TABLES}


async def take(taking: Taking, session: Session, given: Report, received: Received = PHONE) -> UUID:
    became, case_id = await taking.take(session, uuid4(), given, received, TODAY)
    assert became is Became.KEPT
    return case_id


def test_every_question_of_the_form_is_asked_here_once() -> None:
    """A question that the public form gets must be given its place on the adviser's page."""
    asked = [name for _, names in SECTIONS for name in names]
    elsewhere = {*CHOICE, "files"}  # files are added on a page of the case

    assert sorted(asked) == sorted(
        field.name for step in STEPS for field in step.fields if field.name not in elsewhere
    )


async def test_the_case_is_there_at_once_and_says_how_it_came(
    taking: Taking, casework: Casework, mira: Session
) -> None:
    case_id = await take(taking, mira, report(with_contact=True))

    (entry,) = (await queue_of(casework).page(mira, Wanted(), TODAY)).entries
    assert (entry.case_id, entry.state, entry.received_on) == (case_id, State.NEU, PHONE.on)
    assert entry.account is not None
    assert entry.account.taken == Taken(Arrival.PHONE, True)
    file = await casework.read(mira, case_id, TODAY)
    assert file is not None
    assert file.account is not None
    assert file.account.account == REPORT.account
    assert file.contact == REPORT.contact
    assert file.came.letter is not None
    assert (file.came.letter.way, file.came.letter.given_on) == (Way.PHONE, PHONE.on)
    assert [row.act for row in file.log][-1] == "report_taken"


async def test_without_consent_the_contact_stays_closed(
    taking: Taking, casework: Casework, mira: Session
) -> None:
    file = await casework.read(mira, await take(taking, mira, report()), TODAY)

    assert file is not None
    assert not file.shares_contact
    assert file.contact is None


async def test_others_get_it_by_consent_through_the_worker(
    taking: Taking, casework: Casework, sessions: dict[str, Session], worker_pool: Pool
) -> None:
    mira, toni = sessions["ads_jena"], sessions["thadine"]
    await take(taking, mira, report(Consent(stelle="thadine", with_contact=True)))
    assert (await queue_of(casework).page(toni, Wanted(), TODAY)).entries == ()

    await deliver(worker_pool)

    (entry,) = (await queue_of(casework).page(toni, Wanted(), TODAY)).entries
    file = await casework.read(toni, entry.case_id, TODAY)
    assert file is not None
    assert file.contact == REPORT.contact
    assert len((await queue_of(casework).page(mira, Wanted(), TODAY)).entries) == 1
    assert (await queue_of(casework).page(sessions["ezra"], Wanted(), TODAY)).entries == ()


async def test_it_is_counted_in_the_month_it_came(
    taking: Taking, mira: Session, admin: Admin
) -> None:
    await take(taking, mira, report(), Received(Arrival.LETTER, date(2026, 2, 27), False))

    (row,) = await admin.fetch("select card_id, sealed from intake.card")
    opened = STATISTICS.unwrap(row["sealed"], sealing.card_binding(row["card_id"]))
    card = msgspec.json.decode(envelope.unpadded(opened), type=CountCard)
    assert (card.month, card.stellen) == ("2026-02", ("ads_jena",))


async def test_the_code_opens_the_mailbox_and_shows_who_has_it(
    taking: Taking, mira: Session, public_pool: Pool, city: City, worker_pool: Pool
) -> None:
    case_id = await take(taking, mira, report(Consent(stelle="thadine")))
    slip = await taking.slip(mira, case_id)
    assert slip is not None

    opened = await Mailbox(public_pool, city, lambda: TODAY).open(slip.code)

    assert {row.stelle: row.standing for row in opened.box.recipients} == {
        "ads_jena": "delivered", "thadine": "promised",
    }  # fmt: skip
    assert opened.box.account.account == REPORT.account
    assert opened.has_conversation("ads_jena")


async def test_who_wants_no_code_is_shown_none(taking: Taking, mira: Session) -> None:
    case_id = await take(taking, mira, report(), Received(Arrival.VISIT, TODAY, False))

    slip = await taking.slip(mira, case_id)

    assert slip is not None
    assert slip.code == ""


async def test_the_slip_is_for_whoever_took_the_report_and_goes(
    taking: Taking, mira: Session, admin: Admin, sessions: dict[str, Session]
) -> None:
    case_id = await take(taking, mira, report(Consent(stelle="thadine")))
    colleague = msgspec.structs.replace(mira, member_id=uuid4())

    assert await taking.slip(colleague, case_id) is None
    assert await taking.slip(sessions["thadine"], case_id) is None
    await taking.forget(colleague, case_id)
    assert await taking.slip(mira, case_id) is not None
    await taking.forget(mira, case_id)
    assert await taking.slip(mira, case_id) is None
    assert await taking.has_case(mira, case_id)

    case_id = await take(taking, mira, report())
    await admin.execute("update casework.receipt set expires_at = now() - interval '1 second'")
    assert await taking.slip(mira, case_id) is None


async def test_nothing_of_it_is_readable_in_the_database(
    taking: Taking, mira: Session, admin: Admin
) -> None:
    case_id = await take(taking, mira, report(with_contact=True))
    slip = await taking.slip(mira, case_id)
    assert slip is not None

    stored = ""
    for table in TABLES:
        stored += str([tuple(row) for row in await admin.fetch(f"select t::text from {table} t")])
    for clear in ("Kanarienvogel", "Lobeda", "vermieter", "phone", "letter", slip.code):
        assert clear not in stored
        assert clear.encode().hex() not in stored


async def test_sent_twice_it_is_kept_once(taking: Taking, mira: Session, admin: Admin) -> None:
    form_id = uuid4()

    first = await taking.take(mira, form_id, report(), PHONE, TODAY)
    before = await rows(admin)
    again = await taking.take(mira, form_id, report(), PHONE, TODAY)
    changed = await taking.take(mira, form_id, report(with_contact=True), PHONE, TODAY)

    assert first == again
    assert changed == (Became.CHANGED, first[1])
    assert await rows(admin) == before


async def test_nobody_gets_it_who_was_not_offered(
    taking: Taking, mira: Session, admin: Admin
) -> None:
    for wrong in (
        report(Consent(stelle="ezra")),  # works here, and no rule offers it
        msgspec.structs.replace(
            report(), answers=msgspec.structs.replace(REPORT.answers, reporter_role="zeugin")
        ),
    ):
        with pytest.raises(ValueError, match="faults"):
            await taking.take(mira, uuid4(), wrong, PHONE, TODAY)

    assert set((await rows(admin)).values()) == {0}


async def test_whoever_was_turned_to_may_take_it_whatever_the_rules_say(
    taking: Taking, casework: Casework, sessions: dict[str, Session]
) -> None:
    juri = sessions["ezra"]
    given = msgspec.structs.replace(report(), consents=(Consent(stelle="ezra"),))

    case_id = await take(taking, juri, given)

    (entry,) = (await queue_of(casework).page(juri, Wanted(), TODAY)).entries
    assert entry.case_id == case_id


async def test_nothing_is_kept_that_could_not_be_counted(
    taking: Taking, mira: Session, admin: Admin
) -> None:
    await admin.execute("delete from accounts.public_key where owner = 'statistics'")

    with pytest.raises(NotSetUp):
        await taking.take(mira, uuid4(), report(), PHONE, TODAY)

    assert set((await rows(admin)).values()) == {0}


# What the database refuses, whatever the code does -------------------------------------------

CALL: Final = (
    "select intake.take($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, "
    "$17, $18, $19, $20, now() + interval '1 hour')"
)


async def sealed_for(taking: Taking, pool: Pool, city: City, *stellen: str) -> list[Any]:
    """The arguments of `intake.take` for a report that goes to *stellen*."""
    async with transaction(pool, Role.CASEWORK, scope="ads_jena") as conn:
        keys = await conn.fetch("select owner, encoded from accounts.public_key")
    how = Receiving(
        report_id=uuid4(),
        mailbox=receipt.mailbox_keys(receipt.new_code()),
        received_on=TODAY,
        today=TODAY,
        way=Way.PHONE,
    )
    given = msgspec.structs.replace(REPORT, consents=tuple(Consent(stelle=s) for s in stellen))
    found = {row["owner"]: PublicKey(row["encoded"]) for row in keys}
    handing = Handing(city)
    columns = seal_report(handing, found, handing.receivers(found), given, how).columns()
    order = (
        "report_id", "received_on", "mailbox_lookup", "mailbox_key", "account", "contact",
        "recipients", "wraps", "card_id", "card", "handovers", "stellen", "for_stelle",
        "for_mailbox", "packages", "sender_names", "lanes",
    )  # fmt: skip
    return [uuid4(), *(columns[name] for name in order), TODAY, b"slip"]


async def call(pool: Pool, scope: str | None, arguments: list[Any]) -> None:
    async with transaction(pool, Role.CASEWORK, scope=scope) as conn:
        await conn.execute(CALL, *arguments)


async def test_the_database_takes_a_report_for_the_own_stelle(
    taking: Taking, staff_pool: Pool, city: City, admin: Admin
) -> None:
    """The counterpart of the refusals below."""
    await call(staff_pool, "ads_jena", await sealed_for(taking, staff_pool, city, "ads_jena"))

    assert await admin.fetchval("select stelle from casework.case") == "ads_jena"


@pytest.mark.parametrize("scope", ["ads_jena", "", None])
async def test_the_database_refuses_a_report_without_the_own_stelle(
    taking: Taking, staff_pool: Pool, city: City, admin: Admin, scope: str | None
) -> None:
    arguments = await sealed_for(taking, staff_pool, city, "ezra", "thadine")

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await call(staff_pool, scope, arguments)

    assert set((await rows(admin)).values()) == {0}


async def test_the_database_refuses_a_key_for_who_is_given_nothing(
    taking: Taking, staff_pool: Pool, city: City, admin: Admin
) -> None:
    arguments = await sealed_for(taking, staff_pool, city, "ads_jena", "ezra")
    for position in (11, 12, 13, 14, 15, 16, 17):  # the hand-over goes, the wrap stays
        arguments[position] = arguments[position][:1]

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await call(staff_pool, "ads_jena", arguments)

    assert set((await rows(admin)).values()) == {0}


@pytest.mark.parametrize("table", ["intake.report", "intake.part", "intake.card", "casework.case"])
async def test_an_adviser_can_insert_nothing_past_the_function(
    taking: Taking, staff_pool: Pool, table: str
) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with transaction(staff_pool, Role.CASEWORK, scope="ads_jena") as conn:
            await conn.execute(f"insert into {table} default values")


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.CASEWORK])
async def test_nobody_else_may_take_a_report(admin: Admin, role: Role) -> None:
    assert not await admin.fetchval(
        "select has_function_privilege($1, p.oid, 'execute') from pg_proc p where proname = 'take'",
        role.value,
    )


@pytest.mark.parametrize(
    ("days", "fault"), [(1, "future"), (0, None), (-366, None), (-367, "too_old")]
)
def test_the_day_of_receipt_is_neither_to_come_nor_long_gone(
    city: City, days: int, fault: str | None
) -> None:
    day = TODAY + timedelta(days=days)
    entered = form.read(
        {
            "source": ("phone",), "account": ("Es war so.",), "received-tag": (str(day.day),),
            "received-monat": (str(day.month),), "received-jahr": (str(day.year),),
        },
        "ads_jena",
    )  # fmt: skip

    found = form.told_faults(entered, city, TODAY)

    assert found == ({"received": f"taking.error.received.{fault}"} if fault else {})
