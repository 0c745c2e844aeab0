"""An adviser's referral by phone from one house to the other, and the answer back over TLS."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID, uuid4

import msgspec
import pytest

from adstelle.casework.decision.service import Decided, Decisions, Refusal
from adstelle.casework.queue.service import Wanted
from adstelle.casework.referral.service import Became, Referrals, Told
from adstelle.casework.service import CaseFile, Casework
from adstelle.crypto.sessions import Session
from adstelle.database import Role
from adstelle.domain.case import State
from adstelle.domain.handover import Reason, Scope, Standing, Way
from adstelle.domain.referral import Referring
from adstelle.domain.report import Consent
from adstelle.intake.service import Intake
from tests.casework.conftest import queue_of
from tests.conftest import Shelf, connected
from tests.core import KEYS, NOW, REPORT, announce_keys
from tests.exchange.houses import BERATUNG, JENA, TwoHouses, two_houses

NOTE = "Bitte zuerst schreiben."
TREATED = msgspec.structs.replace(REPORT, consents=(Consent(stelle=JENA, with_contact=True),))


@pytest.fixture
async def houses(shelf: Shelf, tmp_path: Path) -> AsyncIterator[TwoHouses]:
    async with two_houses(shelf, tmp_path) as both:
        for name, owners in ((JENA, ("ads_jena", "statistics")), (BERATUNG, (BERATUNG,))):
            async with connected(both.databases[name].superuser_dsn) as admin:
                await announce_keys(admin, owners)
        yield both


async def adviser(houses: TwoHouses, house: str) -> Session:
    """Somebody who works in a house, and is signed in."""
    member_id = uuid4()
    async with connected(houses.databases[house].superuser_dsn) as admin:
        await admin.execute("insert into accounts.stelle values ($1, '')", house)
        await admin.execute(
            "insert into accounts.member (member_id, login, name, stelle, salt, cost_time, "
            "cost_memory_kib, cost_lanes, sealed_box, stelle_wrap, created_on) "
            "values ($1, 'mira', 'Mira Muster', $2, '', 1, 1, 1, '', '', $3)",
            member_id, house, houses.today,
        )  # fmt: skip
    return Session(
        member_id=member_id,
        name="Mira Muster",
        login="mira",
        stelle=house,
        seed=KEYS[house].seed,
    )


async def report(houses: TwoHouses) -> None:
    """Somebody gives Jena's house their report and their contact."""
    async with houses.pool(JENA, "adstelle_public", Role.INTAKE) as pool:
        intake = Intake(pool, houses.cities[JENA], lambda: NOW, today=lambda: houses.today)
        await intake.submit(TREATED, uuid4().bytes)
    await houses.work(JENA)


async def only_case(casework: Casework, session: Session, houses: TwoHouses) -> UUID:
    (entry,) = (await queue_of(casework).page(session, Wanted(), houses.today)).entries
    return entry.case_id


async def read(casework: Casework, session: Session, houses: TwoHouses) -> CaseFile:
    case_id = await only_case(casework, session, houses)
    file = await casework.read(session, case_id, houses.today)
    assert file is not None
    return file


@pytest.mark.parametrize("scope", Scope)
async def test_a_referral_by_phone_arrives_with_its_scope_and_the_decision_comes_back(
    houses: TwoHouses, scope: Scope
) -> None:
    mira, toni = await adviser(houses, JENA), await adviser(houses, BERATUNG)
    await report(houses)
    async with (
        houses.pool(JENA, "adstelle_staff", Role.ACCOUNTS) as here,
        houses.pool(BERATUNG, "adstelle_staff", Role.ACCOUNTS) as there,
    ):
        ours, theirs = Casework(here, houses.cities[JENA]), Casework(there, houses.cities[BERATUNG])
        referrals = Referrals(here, houses.cities[JENA])
        wanted = Referring(
            stelle=BERATUNG,
            scope=scope,
            note="" if scope is Scope.STATISTICS else NOTE,
            way=Way.PHONE,
            given_on=houses.today,
        )
        case_id = await only_case(ours, mira, houses)
        told = Told("Weitergegeben.", uuid4())

        assert await referrals.refer(mira, case_id, wanted, told, houses.today) is Became.KEPT
        await houses.work(JENA)
        (tried,) = (await read(ours, mira, houses)).referrals
        async with connected(houses.databases[JENA].superuser_dsn) as admin:
            await admin.execute("update outbox.promise set due_at = now() where lane is not null")
        async with houses.open(BERATUNG), houses.open(JENA):
            await houses.work(JENA)
            await houses.work(BERATUNG)
            (delivered,) = (await read(ours, mira, houses)).referrals
            file = await read(theirs, toni, houses)
            refusal = Refusal(Reason.FULL, "", uuid4())
            decided = await Decisions(there).refuse(toni, file.case_id, refusal, houses.today)
            await houses.work(BERATUNG)
        mine = await read(ours, mira, houses)

    assert (tried.standing, tried.attempts) == (Standing.TRIED, 1)
    assert delivered.standing is Standing.DELIVERED
    assert_arrived(file, wanted)
    assert decided is Decided.KEPT
    (refused,) = mine.referrals
    assert (refused.standing, refused.reason) == (Standing.REFUSED, Reason.FULL)
    assert refused.wants_attention(houses.today)
    assert mine.state is State.GELESEN, "our own case is as it was"


def assert_arrived(file: CaseFile, wanted: Referring) -> None:
    """What the other house reads is what was agreed to, and nobody's name of staff."""
    assert file.account is not None
    assert file.account.answers == REPORT.answers
    assert (file.account.account == REPORT.account) is (wanted.scope is not Scope.STATISTICS)
    assert file.contact == (REPORT.contact if wanted.scope is Scope.CONTACT else None)
    assert file.came.sender == JENA
    assert file.came.letter is not None
    assert (file.came.letter.scope, file.came.letter.way) == (wanted.scope, Way.PHONE)
    assert file.came.letter.note == wanted.note
    assert file.came.letter.referred_by == "Antidiskriminierungsstelle der Stadt Jena"
    assert "Mira" not in repr(msgspec.to_builtins([file.account, file.contact, file.came]))
