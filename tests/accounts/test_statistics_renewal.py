"""A new key for the statistics: nothing is lost, and the old key opens nothing that is kept."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from inspect import iscoroutinefunction
from typing import Any, Final
from uuid import UUID, uuid4

import asyncpg
import httpx
import msgspec
import pytest

from adstelle import cards
from adstelle.accounts import store as accounts
from adstelle.accounts.next_key import Prepared, Switched
from adstelle.accounts.people.store import Act
from adstelle.accounts.renewal import shown, store
from adstelle.accounts.renewal.resealing import GRACE, Resealing
from adstelle.accounts.renewal.service import Renewal
from adstelle.accounts.renewal.store import Colleague, Step
from adstelle.accounts.service import SignIn
from adstelle.accounts.statistics.service import StatisticsKey, Taken
from adstelle.cards import Faults
from adstelle.crypto import opening, sealing
from adstelle.crypto.hpke import PrivateKey, PublicKey
from adstelle.crypto.sessions import ChainedKey, Session
from adstelle.database import Pool, Role, transaction
from adstelle.domain.counting import AssessedCard, Assessment
from adstelle.domain.membership import MemberRole
from adstelle.domain.report import card_of
from adstelle.errors import NoKey, SignInRefused, Unopenable
from adstelle.intake.service import KEYS_LIFE
from adstelle.publishing import kept
from adstelle.publishing.kept import Outcome, Reply, Wish
from adstelle.publishing.store import State
from tests.accounts.conftest import House
from tests.accounts.test_people_pages import browser, hidden, shown_code, sign_in
from tests.conftest import Admin
from tests.publishing import drafts
from tests.staff_side import PASSPHRASE, REPORT, TODAY, public_key

__all__ = ["browser"]
STATISTICIAN: Final = MemberRole.STATISTICIAN
CARDS: Final = 7
STEPS: Final = sorted(
    name
    for name, value in vars(store).items()
    if iscoroutinefunction(value)
    and name
    not in {"left", "colleagues", "course", "beat", "seconds_left", "hold_place", "announced",
            "rows", "drafts", "reseal_rows", "reseal_draft", "move_place"}
)  # fmt: skip


class Interrupted(Exception):
    """The process ends here."""


class Later(Resealing):
    """Seals anew when a test says so, without a pause before; three rows at a time."""

    def __init__(self, pool: Pool) -> None:
        super().__init__(pool, grace=timedelta(0), batch=3)
        self.started: list[ChainedKey] = []

    def start(self, key: ChainedKey) -> None:
        self.started.append(key)


@dataclass
class Office:
    """A lead, `mira`, and two statisticians, `kim` and `sam`, who hold the key."""

    house: House
    admin: Admin
    pool: Pool
    taking: StatisticsKey
    resealing: Later
    renewal: Renewal
    made: dict[UUID, AssessedCard] = field(default_factory=dict)

    async def signed_in(self, login: str = "kim") -> tuple[Session, str]:
        cookie = await self.house.cookie(login)
        return await self.loaded(cookie), cookie

    async def loaded(self, cookie: str) -> Session:
        session = await self.house.sign_in.load(cookie)
        assert session is not None
        return session

    async def renew(self, cookie: str) -> tuple[Switched, Prepared]:
        session = await self.loaded(cookie)
        prepared = self.renewal.prepare(session)
        entered = prepared.recovery_key.lower()
        return await self.renewal.switch(session, cookie, prepared.carried, entered), prepared

    async def fill(self, key: PublicKey, count: int = CARDS) -> None:
        """Cards, each with what a Stelle found of it, sealed with *key*."""
        for _ in range(count):
            number, found_number = uuid4(), uuid4()
            card = card_of(REPORT, month="2026-03")
            found = Assessment(
                card_id=number, stelle="ads_jena", person=number.bytes, incident=b"one incident...."
            )
            self.made[number] = AssessedCard(card_id=number, card=card, assessments=(found,))
            await self.admin.execute(
                "insert into intake.card (card_id, sealed) values ($1, $2)",
                number, sealing.seal_card(number, card, key),
            )  # fmt: skip
            await self.admin.execute(
                "select counting.assess(array[$1::uuid], array[$2::bytea])",
                found_number, sealing.seal_assessment(found_number, found, key),
            )  # fmt: skip

    async def counted(self, key: PrivateKey) -> tuple[dict[UUID, AssessedCard], Faults]:
        faults = Faults()
        async with transaction(self.pool, Role.STATISTICS) as conn:
            pages = [page async for page in cards.sealed(conn)]
        rows = [row for page in pages for row in cards.opened(page, cards.unsealed(key, page))]
        return {each.card_id: each for each in cards.joined(rows, faults)}, faults

    async def opens_with(self, key: PrivateKey) -> int:
        """How many of all sealed things that are kept for the statistics *key* opens."""
        found = 0
        for table, number, bind in (
            ("intake.card", "card_id", sealing.card_binding),
            ("counting.assessment", "assessment_id", sealing.assessment_binding),
        ):
            for row in await self.admin.fetch(f"select {number} as number, sealed from {table}"):
                found += opens(key, row["sealed"], bind(row["number"]))
        for row in await self.admin.fetch("select * from figures.draft"):
            for kind in ("wish", "outcome", "reply"):
                binding = sealing.draft_binding(kind, row["draft_id"])
                found += row[kind] is not None and opens(key, row[kind], binding)
        return found


def opens(key: PrivateKey, sealed: bytes, binding: bytes) -> bool:
    try:
        key.unwrap(sealed, binding)
    except Unopenable:
        return False
    return True


@pytest.fixture
async def office(house: House, admin: Admin, staff_pool: Pool) -> AsyncIterator[Office]:
    taking, resealing = StatisticsKey(staff_pool), Later(staff_pool)
    renewal = Renewal(staff_pool, resealing, house.clock, lambda: TODAY)
    office = Office(house, admin, staff_pool, taking, resealing, renewal)
    mira = await house.session()
    for login in ("kim", "sam"):
        await house.add(mira, login, STATISTICIAN)
        session, cookie = await office.signed_in(login)
        entered = house.statistics.recovery_key
        assert await taking.take(session, cookie, entered) is Taken.DONE
    yield office
    await asyncio.gather(*resealing._running)


# A new key ------------------------------------------------------------------------------------


async def test_everything_opens_after_a_new_key_and_the_new_is_closed_to_the_old(
    office: Office,
) -> None:
    before, cookie = await office.signed_in()
    old = before.statistics_key().public()
    await office.fill(old)

    assert (await office.renew(cookie))[0] is Switched.DONE

    new = await public_key(office.admin, "statistics")
    await office.fill(new)
    await office.fill(old)  # a public process keeps the key that it read for up to a minute
    kim, again = await office.loaded(cookie), (await office.signed_in())[0]
    for session in (kim, again):
        assert session.statistics_older == (before.statistics_seed,)
        assert await office.counted(session.statistics_key()) == (office.made, Faults())
    assert await office.opens_with(before.statistics_key()) == 4 * CARDS
    assert before.statistics_seed != kim.statistics_seed


async def test_the_old_key_opens_nothing_once_everything_is_sealed_anew(office: Office) -> None:
    """Somebody kept the key, or the paper, and gets a dump of the database of later."""
    before, cookie = await office.signed_in()
    old = before.statistics_key()
    await office.fill(old.public())
    maker = before.member_id
    for state in (State.READY, State.RETURNED, State.REFUSED, State.STOPPED):
        await drafts.put(office.admin, uuid4(), state, old.public(), (maker, maker, maker))
    lengths = "select array_agg(length(sealed) order by card_id) from intake.card"
    was = await office.admin.fetchval(lengths)
    await office.renew(cookie)

    kim = await office.loaded(cookie)
    (key,) = office.resealing.started
    assert key.seed == kim.statistics_seed
    await office.resealing.run(key)

    newest = PrivateKey(key.seed)
    assert await office.counted(newest) == (office.made, Faults())
    assert await office.opens_with(old) == 0
    assert await office.opens_with(newest) == 2 * CARDS + 4 * 2 + 1
    assert await office.admin.fetchval(lengths) == was
    for row in await office.admin.fetch("select * from figures.draft"):
        assert kept.unseal(Wish, row["wish"], row["draft_id"], newest) == Wish()
        outcome = kept.unseal(Outcome, row["outcome"], row["draft_id"], newest)
        assert outcome in (drafts.OUTCOME, drafts.REFUSED)
        if row["reply"]:
            assert kept.unseal(Reply, row["reply"], row["draft_id"], newest) == drafts.REPLY
    found = (await office.renewal.standing(kim)).course
    assert found is not None
    assert (found.step, found.unread) == (Step.DONE, 0)
    # Neither do the copies of the new key open with it.
    (generation,) = await office.admin.fetch("select generation, sealed from accounts.generation")
    assert opening.open_generations(old, [(1, generation["sealed"])]) == []
    recovery_copy, wrap = await office.admin.fetchrow(
        "select (select sealed_for_recovery from accounts.stelle where stelle = 'statistics'), "
        "(select statistics_wrap from accounts.member where login = 'kim')"
    ) or (b"", b"")
    assert not opens(old, wrap, b"stelle-key/1/statistics")
    assert old.seed not in recovery_copy + wrap


async def test_colleagues_enter_the_new_key_from_paper(office: Office) -> None:
    _, cookie = await office.signed_in()
    before, theirs = await office.signed_in("sam")
    await office.fill(before.statistics_key().public(), 1)
    _, prepared = await office.renew(cookie)

    assert await office.house.sign_in.load(theirs) is None
    sam, theirs = await office.signed_in("sam")
    assert sam.statistics_seed is None
    standing = await office.renewal.standing(await office.loaded(cookie))
    assert standing.colleagues == (Colleague("Sam Muster", holds=False),)
    paper = office.house.statistics.recovery_key
    assert await office.taking.take(sam, theirs, paper) is Taken.ANOTHER
    assert await office.taking.take(before, theirs, prepared.recovery_key) is Taken.DONE

    for sam in (await office.loaded(theirs), (await office.signed_in("sam"))[0]):
        assert await office.counted(sam.statistics_key()) == (office.made, Faults())
    standing = await office.renewal.standing(await office.loaded(cookie))
    assert standing.colleagues == (Colleague("Sam Muster", holds=True),)


async def test_a_copy_of_the_old_key_that_comes_back_is_taken_for_none(office: Office) -> None:
    """As by somebody who was just entering it, or an operator who was adding a member."""
    _, cookie = await office.signed_in()
    wrap = await office.admin.fetchval(
        "select statistics_wrap from accounts.member where login = 'sam'"
    )
    await office.renew(cookie)
    await office.admin.execute(
        "update accounts.member set statistics_wrap = $1 where login = 'sam'", wrap
    )

    assert (await office.signed_in("sam"))[0].statistics_seed is None


async def test_a_sign_in_on_its_way_is_refused(office: Office) -> None:
    _, cookie = await office.signed_in()
    sign_in: SignIn = office.house.sign_in
    for login in ("sam", "kim"):
        member = await sign_in.member(login)
        box = await sign_in.unlocked(member, PASSPHRASE)
        assert member is not None
        assert box is not None
        await office.renew(cookie)
        with pytest.raises(SignInRefused):
            await sign_in.open(member, box)


async def test_entering_the_old_key_at_this_moment_leaves_nobody_with_it(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The paper is read just before the new key comes, the copy is kept just after it."""
    _, cookie = await office.signed_in()
    sam, theirs = await office.signed_in("sam")
    read = accounts.statistics_for_recovery

    async def slow(conn: Any) -> bytes | None:
        found = await read(conn)
        await office.renew(cookie)
        return found

    monkeypatch.setattr(accounts, "statistics_for_recovery", slow)
    paper = office.house.statistics.recovery_key
    assert await office.taking.take(sam, theirs, paper) is Taken.ENDED
    assert (await office.signed_in("sam"))[0].statistics_seed is None


async def test_interrupted_at_any_step_nothing_has_changed(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    kim, cookie = await office.signed_in()
    await office.fill(kim.statistics_key().public(), 1)
    assert {"announce", "take_away", "give", "retire", "keep_for_recovery"} <= set(STEPS)
    assert {"begin_resealing", "keep_one_session", "note_renewed"} <= set(STEPS)
    for step in STEPS:
        work: Callable[..., Any] = getattr(store, step)

        async def breaks(*given: Any, work: Callable[..., Any] = work, **named: Any) -> Any:
            await work(*given, **named)
            raise Interrupted

        monkeypatch.setattr(store, step, breaks)
        with pytest.raises(Interrupted):
            await office.renew(cookie)
        monkeypatch.setattr(store, step, work)

    assert office.resealing.started == []
    assert (await public_key(office.admin, "statistics")).encoded == (
        kim.statistics_key().encoded_public()
    )
    for login in ("kim", "sam"):
        session = (await office.signed_in(login))[0]
        assert (session.statistics_seed, session.statistics_older) == (kim.statistics_seed, ())
    standing = await office.renewal.standing(kim)
    assert standing.course is None
    assert (await office.renew(cookie))[0] is Switched.DONE


async def test_of_two_who_renew_at_once_one_does(office: Office) -> None:
    (kim, kims), (sam, sams) = await office.signed_in("kim"), await office.signed_in("sam")
    await office.fill(kim.statistics_key().public(), 2)
    one, other = office.renewal.prepare(kim), office.renewal.prepare(sam)

    became = await asyncio.gather(
        office.renewal.switch(kim, kims, one.carried, one.recovery_key),
        office.renewal.switch(sam, sams, other.carried, other.recovery_key),
    )

    assert sorted(each.name for each in became) == ["DONE", "MEANWHILE"]
    assert await office.admin.fetchval("select count(*) from accounts.generation") == 1
    won, lost = (kims, sams) if became[0] is Switched.DONE else (sams, kims)
    assert await office.house.sign_in.load(lost) is None
    winner = (await office.loaded(won)).statistics_key()
    assert winner.encoded_public() == (await public_key(office.admin, "statistics")).encoded
    assert await office.counted(winner) == (office.made, Faults())


async def test_a_page_is_good_for_one_new_key_and_sent_twice_it_is_done_once(
    office: Office,
) -> None:
    kim, cookie = await office.signed_in()
    prepared, old_page = office.renewal.prepare(kim), office.renewal.prepare(kim)
    given = (prepared.carried, prepared.recovery_key)

    assert await office.renewal.switch(kim, cookie, *given) is Switched.DONE
    after = (await public_key(office.admin, "statistics")).encoded
    assert await office.renewal.switch(kim, cookie, *given) is Switched.DONE
    now = await office.loaded(cookie)
    assert await office.renewal.switch(now, cookie, *given) is Switched.DONE
    late = (old_page.carried, old_page.recovery_key)
    for session in (now, kim):  # also where both pages were sent at the same moment
        assert await office.renewal.switch(session, cookie, *late) is Switched.MEANWHILE
    assert await office.renewal.switch(now, cookie, "kein Schlüssel", "") is Switched.MEANWHILE
    assert (await public_key(office.admin, "statistics")).encoded == after


async def test_a_mistyped_recovery_key_changes_nothing(office: Office) -> None:
    kim, cookie = await office.signed_in()
    before = (await public_key(office.admin, "statistics")).encoded
    prepared, other = office.renewal.prepare(kim), office.renewal.prepare(kim)
    for entered in ("", "X", other.recovery_key, office.house.statistics.recovery_key):
        became = await office.renewal.switch(kim, cookie, prepared.carried, entered)
        assert became is Switched.MISTYPED
    assert (await public_key(office.admin, "statistics")).encoded == before


async def test_nobody_without_the_key_renews_it(office: Office, admin: Admin) -> None:
    mira = await office.house.session()
    with pytest.raises(NoKey):
        office.renewal.prepare(mira)
    sam, theirs = await office.signed_in("sam")
    prepared = office.renewal.prepare(sam)
    forged = msgspec.structs.replace(sam, statistics_seed=PrivateKey.generate().seed)
    own = office.renewal.prepare(forged)

    await office.house.people.end(mira, sam.member_id)

    for session, page in ((sam, prepared), (forged, own)):
        became = await office.renewal.switch(session, theirs, page.carried, page.recovery_key)
        assert became is Switched.MEANWHILE
    assert await admin.fetchval("select count(*) from accounts.generation") == 0
    assert office.resealing.started == []


async def test_what_is_being_counted_stops(office: Office) -> None:
    """It would count what comes from now on as unread."""
    kim, cookie = await office.signed_in()
    people = (kim.member_id, kim.member_id, kim.member_id)
    public = kim.statistics_key().public()
    for state in (State.WORKING, State.READY):
        await drafts.put(office.admin, uuid4(), state, public, people)
    await office.renew(cookie)

    states = await office.admin.fetch("select state from figures.draft order by state")
    assert [row["state"] for row in states] == ["ready", "stopped"]


# Sealing anew ---------------------------------------------------------------------------------


async def test_broken_off_anywhere_another_session_goes_on(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    kim, cookie = await office.signed_in()
    old = kim.statistics_key()
    await office.fill(old.public())
    people = (kim.member_id, kim.member_id, kim.member_id)
    await drafts.put(office.admin, uuid4(), State.READY, old.public(), people)
    await office.renew(cookie)
    move, breaks_off = store.move_place, iter(range(100))

    async def every_second_time(conn: Any, place: Any) -> None:
        await move(conn, place)
        if next(breaks_off) % 2:
            raise Interrupted

    monkeypatch.setattr(store, "move_place", every_second_time)
    broken_off, session = 0, await office.loaded(cookie)
    while True:
        if broken_off < 2:
            session, _ = await office.signed_in()
        assert await office.counted(session.statistics_key()) == (office.made, Faults())
        try:
            await office.resealing.run(session.statistics_key())
            break
        except Interrupted:
            broken_off += 1
    assert broken_off > 4
    assert await office.opens_with(old) == 0
    assert await office.opens_with(PrivateKey(session.statistics_key().seed)) == 2 * CARDS + 2


async def test_several_at_once_share_the_work_while_rows_are_written_and_mixed(
    office: Office, worker_pool: Pool
) -> None:
    kim, cookie = await office.signed_in()
    old = kim.statistics_key()
    await office.fill(old.public(), 3 * CARDS)
    await office.renew(cookie)
    key = (await office.loaded(cookie)).statistics_key()

    async def mix() -> None:
        async with transaction(worker_pool, Role.RETENTION) as conn:
            assert await conn.fetchval("select counting.mix($1)", date(2026, 11, 1))

    async def write() -> None:
        await office.fill(key.public(), CARDS)

    await asyncio.gather(office.resealing.run(key), mix(), write(), office.resealing.run(key))

    assert await office.counted(PrivateKey(key.seed)) == (office.made, Faults())
    assert await office.opens_with(old) == 0


async def test_an_assessment_that_changes_meanwhile_is_not_put_back(office: Office) -> None:
    kim, cookie = await office.signed_in()
    await office.fill(kim.statistics_key().public(), 1)
    await office.renew(cookie)
    key = (await office.loaded(cookie)).statistics_key()
    number = await office.admin.fetchval("select assessment_id from counting.assessment")
    (card,) = office.made.values()
    found = msgspec.structs.replace(card.assessments[0], is_campaign=True)
    sealed = sealing.seal_assessment(number, found, key.public())

    transaction = office.admin.transaction()
    await transaction.start()
    await office.admin.execute(
        "select counting.assess(array[$1::uuid], array[$2::bytea])", number, sealed
    )
    running = asyncio.create_task(office.resealing.run(key))
    for _ in range(500):
        if running.done() or await waits(office.pool):
            break
        await asyncio.sleep(0.01)
    await transaction.commit()
    await running

    counted, faults = await office.counted(PrivateKey(key.seed))
    assert not faults
    assert counted[card.card_id].assessments == (found,)


async def waits(pool: Pool) -> bool:
    """Whether anybody waits for a lock on a row."""
    async with pool.acquire() as conn:
        return bool(await conn.fetchval("select exists (select from pg_locks where not granted)"))


async def test_a_newer_key_takes_over_what_an_older_one_had_begun(office: Office) -> None:
    kim, cookie = await office.signed_in()
    first = kim.statistics_key()
    await office.fill(first.public())
    await office.renew(cookie)
    await office.resealing.run(office.resealing.started[0])
    await office.renew(cookie)
    second, third = office.resealing.started

    await office.resealing.run(second)
    assert await office.opens_with(PrivateKey(second.seed)) == 2 * CARDS
    await office.resealing.run(third)

    assert await office.opens_with(PrivateKey(second.seed)) == 0
    assert await office.counted(PrivateKey(third.seed)) == (office.made, Faults())
    assert third.older == (second.seed, first.seed)


async def test_what_no_key_opens_stays_and_is_said(office: Office) -> None:
    kim, cookie = await office.signed_in()
    await office.fill(kim.statistics_key().public())
    await office.admin.execute(
        "update intake.card set sealed = '\\x02' where card_id = (select min(card_id::text)::uuid "
        "from intake.card)"
    )
    await office.renew(cookie)
    await office.resealing.run(office.resealing.started[0])

    standing = await office.renewal.standing(await office.loaded(cookie))
    assert shown.standing(standing)["unread"] == 1
    assert shown.standing(standing)["course"] == "finished"


async def test_it_begins_when_nobody_seals_for_the_old_key_any_more(office: Office) -> None:
    _, cookie = await office.signed_in()
    patient = Resealing(office.pool)
    await office.renew(cookie)

    assert timedelta(seconds=KEYS_LIFE) < GRACE
    left = await patient._seconds_left()
    assert KEYS_LIFE < left <= GRACE.total_seconds()
    renewal = Renewal(office.pool, patient, office.house.clock, lambda: TODAY)
    kim = await office.loaded(cookie)
    assert shown.standing(await renewal.standing(kim))["course"] == "waiting"
    await office.admin.execute("update counting.resealing set since = since - interval '1 hour'")
    assert shown.standing(await renewal.standing(kim))["course"] == "running"
    await office.admin.execute("update counting.resealing set beat_at = now() - interval '1 hour'")
    standing = await renewal.standing(kim)
    assert shown.standing(standing)["course"] == "broken_off"
    assert standing.needs_somebody
    await office.renewal.go_on(kim)
    assert shown.standing(await renewal.standing(kim))["course"] == "running"


def test_how_much_is_done_is_read_from_the_numbers() -> None:
    half = UUID(int=2**127)
    found = [shown.percent(step, half) for step in Step]
    assert found == [25, 75, 99, 100]
    assert shown.percent(Step.ASSESSMENT, UUID(int=0)) == 0


# Who left -------------------------------------------------------------------------------------


async def test_when_a_statistician_left_the_others_are_told_until_there_is_a_new_key(
    office: Office,
) -> None:
    mira = await office.house.session()
    kim, cookie = await office.signed_in()
    sam, _ = await office.signed_in("sam")
    ada = await office.house.add(mira, "ada")
    await office.house.people.end(mira, ada.member_id)
    assert not (await office.renewal.standing(kim)).needs_somebody, "an adviser never had it"
    assert not (await office.house.people.team(mira)).statistics_are_due

    await office.house.people.end(mira, sam.member_id)
    standing = await office.renewal.standing(kim)
    assert (standing.left, standing.needs_somebody) == (("Sam Muster",), True)
    assert standing.colleagues == ()
    assert (await office.house.people.team(mira)).statistics_are_due

    await office.renew(cookie)
    assert not (await office.renewal.standing(kim)).left
    team = await office.house.people.team(mira)
    assert not team.statistics_are_due
    assert (team.log[0].act, team.log[0].name) == (Act.STATISTICS_RENEWED, "Kim Muster")


async def test_the_role_that_renews_sees_statisticians_and_no_key_of_a_stelle(
    office: Office,
) -> None:
    _, cookie = await office.signed_in()
    await office.house.cookie()
    async with transaction(office.pool, Role.RENEWAL) as conn:
        names = await conn.fetch("select name from accounts.member order by name")
        sessions = await conn.fetchval("select count(distinct member_id) from accounts.session")
        stellen = await conn.fetch("select stelle from accounts.stelle")
        mira = await office.admin.fetchval(
            "select member_id from accounts.member where login = 'mira'"
        )
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await conn.execute(
                "insert into accounts.log (stelle, member_id, act) "
                "values ('ads_jena', $1, 'statistics_renewed')", mira,
            )  # fmt: skip
    assert [row["name"] for row in names] == ["Kim Muster", "Sam Muster"]
    assert sessions == 2
    assert [row["stelle"] for row in stellen] == ["statistics"]
    assert await office.house.sign_in.load(cookie)


# The page -------------------------------------------------------------------------------------

PAGE: Final = "/de/statistik/schluessel"


async def test_the_page_renews_the_key(
    office: Office, browser: httpx.AsyncClient, event_log: Callable[[], str]
) -> None:
    mira = await office.house.session()
    sam, _ = await office.signed_in("sam")
    await office.house.people.end(mira, sam.member_id)
    await sign_in(office.house, browser, "kim")
    overview, there = await browser.get("/de/statistik"), await browser.get(PAGE)
    assert "Kümmern Sie sich um den Schlüssel" in overview.text
    assert "Der Schlüssel ist noch der alte" in there.text
    assert "Sam Muster" in there.text

    form = await browser.get(f"{PAGE}/neu")
    code, carried = shown_code(form), hidden(form, "carried")
    empty = await browser.post(f"{PAGE}/neu", data={"carried": carried})
    wrong = await browser.post(f"{PAGE}/neu", data={"carried": carried, "recovery": "0123"})
    assert (empty.status_code, wrong.status_code) == (422, 422)
    assert shown_code(wrong) == code
    assert 'value="0123"' in wrong.text
    done = await browser.post(f"{PAGE}/neu", data={"carried": carried, "recovery": code})
    page = await browser.get(done.headers["location"])

    assert done.status_code == 303
    assert "Die Statistik hat einen neuen Schlüssel" in page.text
    assert "Gleich wird alles neu versiegelt" in page.text
    assert "Der Schlüssel ist noch der alte" not in page.text
    assert form.headers["cache-control"] == page.headers["cache-control"] == "no-store"
    assert code not in page.text + event_log()
    too_old = await browser.post(f"{PAGE}/neu", data={"carried": "x", "recovery": code})
    assert too_old.headers["location"] == f"{PAGE}?getan=nicht"


async def test_nobody_else_gets_to_the_page(office: Office, browser: httpx.AsyncClient) -> None:
    ended = await browser.post(f"{PAGE}/neu", data={"carried": "x", "recovery": "0123-4567"})
    assert ended.status_code == 403
    assert "0123-4567" not in ended.text
    assert 'value="statistik/schluessel/neu"' in ended.text
    await sign_in(office.house, browser)
    for answer in (
        await browser.get(f"{PAGE}/neu"),
        await browser.post(f"{PAGE}/neu", data={"carried": "x"}),
        await browser.post(f"{PAGE}/weiter"),
    ):
        assert answer.status_code == 403
