"""The key of the statistics: a statistician's alone, and no way from it to a case."""

from collections.abc import Callable
from uuid import uuid4

import asyncpg
import httpx
import msgspec
import pytest

from adstelle.accounts import setup
from adstelle.accounts.joining.service import Joined
from adstelle.accounts.people.store import Act, Kind
from adstelle.accounts.setup import SetUpRefused
from adstelle.accounts.statistics.service import StatisticsKey, Taken
from adstelle.crypto import recovery
from adstelle.crypto.hpke import PrivateKey
from adstelle.crypto.invitations import Code
from adstelle.crypto.sessions import Session
from adstelle.database import Pool, Role, transaction
from adstelle.domain.membership import RIGHTS, MemberRole
from adstelle.errors import NoKey
from tests.accounts.conftest import OTHER_PASSPHRASE, House, other_secret
from tests.accounts.test_people_pages import browser, sign_in
from tests.conftest import Admin
from tests.staff_side import CHEAP, PASSPHRASE, TODAY, new_member

__all__ = ["browser"]
STATISTICIAN = MemberRole.STATISTICIAN
OTHERS = sorted(set(MemberRole) - {STATISTICIAN})
PAGE = "/de/statistik/schluessel"


@pytest.fixture
def taking(staff_pool: Pool) -> StatisticsKey:
    return StatisticsKey(staff_pool)


async def loaded(house: House, cookie: str) -> Session:
    session = await house.sign_in.load(cookie)
    assert session is not None
    return session


async def take(house: House, taking: StatisticsKey, entered: str | None = None) -> Taken:
    """Sign kim in and enter the key."""
    cookie = await house.cookie("kim")
    session = await loaded(house, cookie)
    became = await taking.take(session, cookie, entered or house.statistics.recovery_key)
    if became is Taken.DONE:
        assert (await loaded(house, cookie)).statistics_seed == house.statistics.private.seed
    return became


async def wrap(admin: Admin) -> bytes | None:
    found: bytes | None = await admin.fetchval(
        "select statistics_wrap from accounts.member where name = 'Kim Muster'"
    )
    return found


async def add_by_operator(house: House, operator: Pool, role: MemberRole, entered: str) -> Session:
    member = msgspec.structs.replace(new_member("kim"), role=role)
    await setup.add_member(operator, "ads_jena", entered, member, cost=CHEAP, today=TODAY)
    return await house.session("kim")


# Who has it ---------------------------------------------------------------------------------


def test_no_role_holds_both_keys() -> None:
    holding = {role for role, rights in RIGHTS.items() if rights.holds_statistics}

    assert holding == {STATISTICIAN}
    assert not any(rights.holds_key and rights.holds_statistics for rights in RIGHTS.values())


@pytest.mark.parametrize("role", MemberRole)
@pytest.mark.parametrize("seed", [None, PrivateKey.generate().seed], ids=["none", "cases"])
def test_a_session_opens_cases_or_count_cards_never_both(
    role: MemberRole, seed: bytes | None
) -> None:
    counting = PrivateKey.generate().seed

    def made() -> Session:
        return Session(
            member_id=uuid4(), name="Kim", login="kim", stelle="ads_jena", seed=seed, role=role,
            statistics_seed=counting,
        )  # fmt: skip

    if role is STATISTICIAN and seed is None:
        assert made().statistics_key().seed == counting
        with pytest.raises(NoKey):
            made().key()
    else:
        with pytest.raises(ValueError, match="only a statistician"):
            made()


async def test_the_operator_adds_a_statistician_with_the_key_of_the_statistics(
    house: House, operator_pool: Pool
) -> None:
    private = house.statistics.private
    kim = await add_by_operator(house, operator_pool, STATISTICIAN, house.statistics.recovery_key)

    assert kim.statistics_key().unwrap(private.public().wrap(b"a card", b"x"), b"x") == b"a card"
    with pytest.raises(NoKey):
        kim.key()


@pytest.mark.parametrize("role", OTHERS)
async def test_the_key_of_the_statistics_lets_nobody_else_in(
    house: House, operator_pool: Pool, role: MemberRole
) -> None:
    with pytest.raises(SetUpRefused, match="does not fit"):
        await add_by_operator(house, operator_pool, role, house.statistics.recovery_key)
    with pytest.raises(SetUpRefused, match="does not fit"):
        await add_by_operator(house, operator_pool, STATISTICIAN, house.recovery_key)


@pytest.mark.parametrize("role", OTHERS)
async def test_no_other_role_takes_it(
    house: House, operator_pool: Pool, admin: Admin, taking: StatisticsKey, role: MemberRole
) -> None:
    kim = await add_by_operator(house, operator_pool, role, house.recovery_key)
    cookie = await house.cookie("kim")

    assert await taking.take(kim, cookie, house.statistics.recovery_key) is Taken.ENDED
    forged = msgspec.structs.replace(
        kim, seed=None, role=STATISTICIAN, public=PrivateKey.generate().public().encoded
    )
    assert await taking.take(forged, cookie, house.statistics.recovery_key) is Taken.ENDED

    assert await wrap(admin) is None
    assert (await loaded(house, cookie)).statistics_seed is None
    with pytest.raises(asyncpg.CheckViolationError):
        await admin.execute("update accounts.member set statistics_wrap = 'x' where login = 'kim'")


async def test_the_entrance_sees_the_sealed_key_of_no_stelle(
    house: House, staff_pool: Pool
) -> None:
    async with transaction(staff_pool, Role.ENTRANCE) as conn:
        rows = await conn.fetch("select stelle from accounts.stelle")
    assert [row["stelle"] for row in rows] == ["statistics"]


# Taking it from paper -----------------------------------------------------------------------


async def test_an_invited_statistician_takes_it_once_and_then_has_it(
    house: House, admin: Admin, taking: StatisticsKey
) -> None:
    mira = await house.session()
    kim = await house.add(mira, "kim", STATISTICIAN)
    with pytest.raises(NoKey):
        kim.statistics_key()

    printed = house.statistics.recovery_key.lower().replace("-", " ")
    assert await take(house, taking, printed) is Taken.DONE

    assert (await house.session("kim")).statistics_seed == house.statistics.private.seed
    assert house.statistics.private.seed not in (await wrap(admin) or b"")
    log = (await house.people.team(mira)).log
    assert (log[0].act, log[0].name) == (Act.STATISTICS_TAKEN, "Kim Muster")


async def test_nothing_else_opens_it(house: House, admin: Admin, taking: StatisticsKey) -> None:
    await house.add(await house.session(), "kim", STATISTICIAN)

    assert await take(house, taking, "0123-4567") is Taken.MISTYPED
    assert await take(house, taking, house.recovery_key) is Taken.ANOTHER
    assert await take(house, taking, recovery.printed(bytes(20))) is Taken.ANOTHER
    assert await wrap(admin) is None


async def test_a_copy_of_another_member_opens_nothing(
    house: House, admin: Admin, taking: StatisticsKey
) -> None:
    mira = await house.session()
    await house.add(mira, "kim", STATISTICIAN)
    await house.add(mira, "sam", STATISTICIAN)
    await take(house, taking)

    await admin.execute(
        "update accounts.member set statistics_wrap = (select statistics_wrap "
        "from accounts.member where login = 'kim') where login = 'sam'"
    )

    assert (await house.session("sam")).statistics_seed is None


# What becomes of it -------------------------------------------------------------------------


async def test_it_stays_with_a_new_passphrase_and_a_new_app(
    house: House, taking: StatisticsKey
) -> None:
    mira = await house.session()
    kim = await house.add(mira, "kim", STATISTICIAN)
    await take(house, taking)

    await house.account.change_passphrase(kim, None, PASSPHRASE, OTHER_PASSPHRASE)
    assert (await house.session("kim", OTHER_PASSPHRASE)).statistics_seed is not None
    code, secret = await house.people.issue(mira, kim.member_id, Kind.FACTOR), other_secret()
    assert isinstance(code, Code)
    assert await house.join(code, "", OTHER_PASSPHRASE, secret) is Joined.IN

    assert (await house.session("kim", OTHER_PASSPHRASE, secret)).statistics_seed is not None


async def test_after_a_lost_passphrase_it_is_entered_once_more(
    house: House, admin: Admin, taking: StatisticsKey
) -> None:
    mira = await house.session()
    kim = await house.add(mira, "kim", STATISTICIAN)
    await take(house, taking)
    cookie = await house.cookie("kim")
    before = await loaded(house, cookie)

    code = await house.people.issue(mira, kim.member_id, Kind.JOIN)
    assert isinstance(code, Code)
    assert await house.join(code, "") is Joined.IN

    assert await wrap(admin) is None
    assert await house.sign_in.load(cookie) is None
    assert await taking.take(before, cookie, house.statistics.recovery_key) is Taken.ENDED
    assert await wrap(admin) is None, "a session that ended keeps no copy for a box that is gone"
    assert (await house.session("kim")).statistics_seed is None
    assert await take(house, taking) is Taken.DONE


async def test_it_goes_with_the_member(house: House, admin: Admin, taking: StatisticsKey) -> None:
    mira = await house.session()
    kim = await house.add(mira, "kim", STATISTICIAN)
    await take(house, taking)
    cookie = await house.cookie("kim")
    held = await loaded(house, cookie)

    assert await house.people.end(mira, kim.member_id) is None

    assert await wrap(admin) is None
    assert await house.sign_in.load(cookie) is None
    assert await taking.take(held, cookie, house.statistics.recovery_key) is Taken.ENDED
    assert await wrap(admin) is None


async def test_a_new_key_of_the_stelle_leaves_it_alone(house: House, taking: StatisticsKey) -> None:
    mira = await house.session()
    await house.add(mira, "kim", STATISTICIAN)
    await take(house, taking)
    cookie = await house.cookie()
    mira = await loaded(house, cookie)
    prepared = house.rotation.prepare(mira)

    await house.rotation.switch(mira, cookie, prepared.carried, prepared.recovery_key)

    assert (await house.session("kim")).statistics_seed == house.statistics.private.seed


# The page -----------------------------------------------------------------------------------


async def test_the_page_takes_the_key_and_says_so(
    house: House, browser: httpx.AsyncClient, event_log: Callable[[], str]
) -> None:
    key = house.statistics.recovery_key
    await house.add(await house.session(), "kim", STATISTICIAN)
    await sign_in(house, browser, "kim")

    another = await browser.post(PAGE, data={"recovery": house.recovery_key})
    done = await browser.post(PAGE, data={"recovery": key})
    page = await browser.get(done.headers["location"])

    assert (another.status_code, done.status_code) == (422, 303)
    assert house.recovery_key not in another.text, "the key of something else is not shown again"
    assert "Sie haben den Schlüssel" in page.text
    assert page.headers["cache-control"] == "no-store"
    assert key not in page.text + event_log()
    assert (await browser.get(f"/de/faelle/{uuid4()}")).status_code == 403


async def test_the_key_is_carried_along_nowhere(house: House, browser: httpx.AsyncClient) -> None:
    ended = await browser.post(PAGE, data={"recovery": house.statistics.recovery_key})

    assert ended.status_code == 403
    assert house.statistics.recovery_key not in ended.text
    assert 'value="statistik/schluessel"' in ended.text
