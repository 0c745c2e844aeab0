"""Two Adstelle exchange a case over TLS, and one of them is away for a while."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID, uuid4

import msgspec
import pytest

from adstelle.casework.decision.service import Decisions, Refusal
from adstelle.casework.service import Casework
from adstelle.crypto import packages
from adstelle.crypto.sessions import Session
from adstelle.database import Role
from adstelle.domain.handover import Reason, Scope
from adstelle.domain.package import Package, account_of_package, contact_of_package
from adstelle.domain.report import Consent, Message, ReferralProposed
from adstelle.domain.routing import CodedAnswers
from adstelle.intake.service import Intake
from adstelle.mailbox.box import Box
from adstelle.mailbox.consents import Consents
from adstelle.mailbox.service import Mailbox
from tests.conftest import Admin, Shelf, connected
from tests.core import KEYS, NOW, REPORT, TODAY, announce_keys
from tests.exchange.houses import BERATUNG, JENA, TwoHouses, two_houses
from tests.mailbox import desk

# At work: the rules offer ads_jena, thadine (independent), and others.
TREATED = msgspec.structs.replace(
    REPORT,
    answers=CodedAnswers(
        grounds=("rassismus_ethnische_herkunft",),
        incident_type="unmittelbare_benachteiligung",
        area_of_life="arbeit",
        territory="jena",
        reporter_role="betroffene",
    ),
    consents=(Consent(stelle=JENA), Consent(stelle=BERATUNG, with_contact=True)),
)


@pytest.fixture
async def houses(shelf: Shelf, tmp_path: Path) -> AsyncIterator[TwoHouses]:
    async with two_houses(shelf, tmp_path) as both:
        for name, owners in ((JENA, ("ads_jena", "statistics")), (BERATUNG, (BERATUNG,))):
            async with connected(both.databases[name].superuser_dsn) as admin:
                await announce_keys(admin, owners)
        yield both


@pytest.fixture
async def jena(houses: TwoHouses) -> AsyncIterator[Admin]:
    """The database of Jena's house, as its administrator sees it."""
    async with connected(houses.databases[JENA].superuser_dsn) as admin:
        yield admin


@pytest.fixture
async def beratung(houses: TwoHouses) -> AsyncIterator[Admin]:
    """The other house's database."""
    async with connected(houses.databases[BERATUNG].superuser_dsn) as admin:
        yield admin


async def report(
    houses: TwoHouses,
    text: str = REPORT.account,
    consents: tuple[Consent, ...] = TREATED.consents,
) -> str:
    """Tell Jena's house something for these Stellen; return the receipt code."""
    async with houses.pool(JENA, "adstelle_public", Role.INTAKE) as pool:
        intake = Intake(pool, houses.cities[JENA], lambda: NOW, today=lambda: houses.today)
        told = msgspec.structs.replace(TREATED, account=text, consents=consents)
        return (await intake.submit(told, uuid4().bytes)).code


async def box(houses: TwoHouses, code: str) -> Box:
    """What the person sees."""
    async with houses.pool(JENA, "adstelle_public", Role.INTAKE) as pool:
        mailbox = Mailbox(pool, houses.cities[JENA], lambda: houses.today)
        return (await mailbox.open(code)).box


async def standing(houses: TwoHouses, code: str) -> str:
    """Where the hand-over to the other house stands, for the person."""
    (found,) = (row for row in (await box(houses, code)).recipients if row.stelle == BERATUNG)
    return f"{found.standing} {found.attempts} {found.reason or ''}".strip()


async def wait_over(admin: Admin) -> None:
    """Let the time pass that a failed attempt waits for."""
    await admin.execute("update outbox.promise set due_at = now() where state = 'promised'")


async def received(admin: Admin) -> list[Package]:
    """Open the packages of the other house, in the order of their cases."""
    rows = await admin.fetch(
        "select package_id, sealed, sender_name from casework.case "
        "join exchange.package using (package_id) order by position"
    )
    return [
        packages.open_package(
            KEYS[BERATUNG],
            row["sealed"],
            row["package_id"],
            sender=row["sender_name"],
            receiver=BERATUNG,
        )
        for row in rows
    ]


async def test_what_was_promised_while_one_was_away_arrives_once_and_in_order(
    houses: TwoHouses, jena: Admin, beratung: Admin
) -> None:
    codes = [await report(houses, f"Bericht {number}") for number in range(3)]
    for _ in range(4):
        await houses.work(JENA)
        await wait_over(jena)
    assert await standing(houses, codes[0]) == "tried 4"
    assert await standing(houses, codes[1]) == "promised 0"
    errors = await jena.fetch("select distinct error from outbox.promise where error is not null")
    assert [row["error"] for row in errors] == ["PartnerAway"]

    async with houses.open(BERATUNG):
        await houses.work(JENA)
        await jena.execute("update outbox.promise set state = 'promised' where lane is not null")
        await wait_over(jena)
        await houses.work(JENA)  # all of it once more, as after a crash before settling
    assert [await standing(houses, code) for code in codes] == [
        "delivered 6",
        "delivered 2",
        "delivered 2",
    ]
    await houses.work(BERATUNG)
    opened = await received(beratung)
    told = [account_of_package(package).account for package in opened]
    assert told == ["Bericht 0", "Bericht 1", "Bericht 2"]


async def test_the_package_holds_what_was_consented_to_and_no_id_of_ours(
    houses: TwoHouses, jena: Admin, beratung: Admin
) -> None:
    await report(houses)
    async with houses.open(BERATUNG):
        await houses.work(JENA)
    await houses.work(BERATUNG)
    (package,) = await received(beratung)
    assert package.scope is Scope.CONTACT
    assert account_of_package(package).answers == TREATED.answers
    assert contact_of_package(package) == TREATED.contact
    written = msgspec.json.encode(package).decode()
    for table, column in (("intake.report", "report_id"), ("intake.card", "card_id"),
                          ("casework.case", "case_id")):  # fmt: skip
        for row in await jena.fetch(f"select {column} from {table}"):
            assert str(row[0]) not in written
    wraps = await jena.fetch("select recipient from intake.wrap order by recipient")
    assert [row["recipient"] for row in wraps] == [JENA, "mailbox"], "no key of ours for a partner"


async def adviser(admin: Admin) -> Session:
    """Somebody who works in the other house and is signed in."""
    member_id = uuid4()
    await admin.execute("insert into accounts.stelle values ($1, '')", BERATUNG)
    await admin.execute(
        "insert into accounts.member (member_id, login, name, stelle, salt, cost_time, "
        "cost_memory_kib, cost_lanes, sealed_box, stelle_wrap, created_on) "
        "values ($1, 'toni', 'Toni', $2, '', 1, 1, 1, '', '', $3)",
        member_id, BERATUNG, TODAY,
    )  # fmt: skip
    return Session(
        member_id=member_id,
        name="Toni",
        login="toni",
        stelle=BERATUNG,
        seed=KEYS[BERATUNG].seed,
    )


async def decide(houses: TwoHouses, admin: Admin, reason: Reason | None) -> None:
    """Read the only case and decide on it, as the other house's adviser does."""
    session = await adviser(admin)
    case_id: UUID = await admin.fetchval("select case_id from casework.case")
    async with houses.pool(BERATUNG, "adstelle_staff", Role.ACCOUNTS) as pool:
        file = await Casework(pool, houses.cities[BERATUNG]).read(session, case_id, TODAY)
        assert file is not None
        assert file.account is not None
        assert (file.account.account, file.contact) == (TREATED.account, TREATED.contact)
        assert (file.came.sender, file.came.is_package) == (JENA, True)
        if reason is None:
            await Decisions(pool).accept(session, case_id, TODAY)
        else:
            await Decisions(pool).refuse(session, case_id, Refusal(reason, "", uuid4()), TODAY)


@pytest.mark.parametrize(
    ("reason", "seen"), [(None, "accepted 1"), (Reason.FULL, "refused 1 full")]
)
async def test_the_decision_comes_back_and_the_first_stelle_keeps_its_case(
    houses: TwoHouses, jena: Admin, beratung: Admin, reason: Reason | None, seen: str
) -> None:
    code = await report(houses)
    async with houses.open(BERATUNG), houses.open(JENA):
        await houses.work(JENA)
        before = await jena.fetch("select * from casework.case")
        await houses.work(BERATUNG)
        await decide(houses, beratung, reason)
        await houses.work(BERATUNG)
        assert await standing(houses, code) == seen
        await beratung.execute("update outbox.promise set state = 'promised' where kind = 'decide'")
        await houses.work(BERATUNG)  # said twice
    assert await standing(houses, code) == seen
    assert await jena.fetch("select * from casework.case") == before
    assert [row["stelle"] for row in before] == [JENA]


async def take_back(houses: TwoHouses, code: str) -> None:
    """Take the consent to the other house back in the mailbox."""
    (found,) = (row for row in (await box(houses, code)).recipients if row.stelle == BERATUNG)
    async with houses.pool(JENA, "adstelle_public", Role.INTAKE) as pool:
        consents = Consents(pool, houses.cities[JENA], lambda: houses.today)
        await consents.withdraw(code, found.handover_id)


async def test_a_warm_referral_reaches_the_other_house(
    houses: TwoHouses, jena: Admin, beratung: Admin
) -> None:
    """The first Stelle proposes, the person says yes in the mailbox, the package says by whom."""
    code = await report(houses, consents=(Consent(stelle=JENA),))
    note = "Die Frist läuft im Dezember ab."
    act = ReferralProposed(stelle=BERATUNG, scope=Scope.FACTS, note=note)
    proposal = await desk.say(jena, JENA, Message(act=act))
    async with houses.open(BERATUNG):
        await houses.work(JENA)
        assert await beratung.fetchval("select count(*) from exchange.package") == 0
        async with houses.pool(JENA, "adstelle_public", Role.INTAKE) as pool:
            consents = Consents(pool, houses.cities[JENA], lambda: houses.today)
            assert await consents.answer(code, proposal, agreed=True) is None
        await houses.work(JENA)
    await houses.work(BERATUNG)
    (package,) = await received(beratung)
    assert (package.scope, package.note) == (Scope.FACTS, note)
    city = houses.cities[JENA]
    assert package.referred_by == city.catalogue.text("de", city.stellen[JENA].name)
    assert account_of_package(package).account == REPORT.account
    assert contact_of_package(package) is None
    assert await standing(houses, code) == "delivered 1"


async def test_what_nobody_tried_to_send_is_stopped_without_a_word(
    houses: TwoHouses, jena: Admin, beratung: Admin
) -> None:
    code = await report(houses)
    await take_back(houses, code)
    assert await jena.fetchval("select sealed from exchange.package") is None
    async with houses.open(BERATUNG):
        await houses.work(JENA)
    assert await beratung.fetchval("select count(*) from exchange.package") == 0
    assert await standing(houses, code) == "withdrawn 0"


async def withdraw(admin: Admin, today: object) -> None:
    """The same whatever was tried before, for a withdrawal that overtakes its package."""
    await admin.execute("update intake.handover set withdrawn_on = $1 where stelle = $2",
                        today, BERATUNG)  # fmt: skip
    await admin.execute(
        "update outbox.promise set state = 'withdrawn' "
        "where kind = 'deliver' and lane is not null and state = 'promised'"
    )
    await admin.execute(
        "insert into outbox.promise (kind, handover_id, stelle, lane, promised_on, changed_on) "
        "select 'withdraw', handover_id, stelle, stelle, $1, $1 from intake.handover "
        "where stelle = $2",
        today, BERATUNG,
    )  # fmt: skip


async def test_consent_taken_back_reaches_the_other_house(
    houses: TwoHouses, jena: Admin, beratung: Admin
) -> None:
    code = await report(houses)
    async with houses.open(BERATUNG):
        await houses.work(JENA)
        await houses.work(BERATUNG)
        assert len(await received(beratung)) == 1
        await take_back(houses, code)
        await houses.work(JENA)
    assert await beratung.fetchval("select sealed from exchange.package") is None, "at once"
    await houses.work(BERATUNG)
    assert await beratung.fetchval("select count(*) from casework.case") == 0
    log = await beratung.fetch("select stelle, act, member_id from casework.log")
    assert [tuple(row) for row in log] == [(BERATUNG, "consent_withdrawn", None)]
    assert await jena.fetchval("select sealed from exchange.package") is None, "ours as well"
    assert await standing(houses, code) == "withdrawn 1"


async def test_a_withdrawal_that_overtakes_its_package_keeps_it_out(
    houses: TwoHouses, jena: Admin, beratung: Admin
) -> None:
    await report(houses)
    sealed = await jena.fetchval("select sealed from exchange.package")
    await withdraw(jena, houses.today)
    async with houses.open(BERATUNG):
        await houses.work(JENA)
        # Another worker still held the delivery.
        await jena.execute("update intake.handover set withdrawn_on = null")
        await jena.execute("update exchange.package set sealed = $1", sealed)
        await jena.execute(
            "update outbox.promise set state = 'promised' where kind = 'deliver' and lane <> ''"
        )
        await houses.work(JENA)
        await houses.work(BERATUNG)
    assert await beratung.fetchval("select count(*) from casework.case") == 0
    state = await jena.fetchrow(
        "select state, error from outbox.promise where kind = 'deliver' and lane is not null"
    )
    assert state is not None
    assert tuple(state) == ("dead", "MessageNotTaken"), "told, not lost"


async def test_a_stranger_on_the_way_is_not_believed(houses: TwoHouses, jena: Admin) -> None:
    """Whoever answers without the partner's key has not taken anything."""
    code = await report(houses)
    real = houses.places[BERATUNG]
    houses.places[BERATUNG] = type(real)(real.port, houses.places[JENA].key)
    async with houses.open(BERATUNG):
        await houses.work(JENA)
    assert await standing(houses, code) == "tried 1"
    error = await jena.fetchval("select error from outbox.promise where error is not null")
    assert error == "NoReceipt"
