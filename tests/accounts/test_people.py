"""People come and go: whoever has a key gives it, codes work once, nobody is kept out by others."""

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from adstelle.accounts import boxes, setup
from adstelle.accounts.joining.service import MOST_TRIES, Joined
from adstelle.accounts.own.service import Changed
from adstelle.accounts.people.service import CODE_LIFE, Not
from adstelle.accounts.people.store import Kind
from adstelle.crypto import invitations, opening, receipt
from adstelle.crypto.invitations import Code
from adstelle.crypto.opening import LockedBox, MemberBox
from adstelle.crypto.sessions import Session
from adstelle.database import Pool
from adstelle.domain.membership import RIGHTS, MemberRole, holds_key, may_issue
from adstelle.errors import NoKey, SignInRefused, Unopenable
from tests.accounts.conftest import MINUTE, OTHER_PASSPHRASE, House, other_secret
from tests.conftest import Admin
from tests.staff_side import CHEAP, PASSPHRASE, SECRET, TODAY, new_member, set_up

ADVISER, LEAD = MemberRole.ADVISER, MemberRole.LEAD
STATISTICIAN, ADMINISTRATOR = MemberRole.STATISTICIAN, MemberRole.ADMINISTRATOR


async def refused(house: House, login: str, passphrase: str, secret: str = SECRET) -> bool:
    house.clock.pass_by(MINUTE)
    try:
        await house.sign_in.sign_in(login, passphrase, house.clock.code(secret))
    except SignInRefused:
        return True
    return False


async def code_for(
    house: House, by: Session, role: MemberRole = ADVISER, name: str = "Kim Muster"
) -> Code:
    code = await house.people.invite(by, uuid4(), name, role)
    assert isinstance(code, Code)
    return code


# Roles --------------------------------------------------------------------------------------


def test_a_role_gives_out_only_what_it_has() -> None:
    given = {
        (issuer, role) for issuer in MemberRole for role in MemberRole if may_issue(issuer, role)
    }

    assert given == {
        *((LEAD, role) for role in MemberRole),
        (ADMINISTRATOR, STATISTICIAN),
        (ADMINISTRATOR, ADMINISTRATOR),
    }
    assert set(RIGHTS) == set(MemberRole)


@pytest.mark.parametrize("role", [ADMINISTRATOR, STATISTICIAN])
async def test_who_opens_no_case_holds_no_key(house: House, admin: Admin, role: MemberRole) -> None:
    session = await house.add(await house.session(), "kim", role)

    assert (session.role, session.seed, session.older) == (role, None, ())
    with pytest.raises(NoKey):
        session.key()
    with pytest.raises(NoKey):
        session.open_own("note", b"", b"")
    with pytest.raises(NoKey):
        session.own_keys("index")
    row = await admin.fetchrow(
        "select stelle_wrap, own_public, statistics_wrap from accounts.member where login = 'kim'"
    )
    assert row is not None
    assert tuple(row) == (None, None, None)


@pytest.mark.parametrize("role", [ADMINISTRATOR, STATISTICIAN])
async def test_the_database_keeps_no_key_for_them(
    house: House, admin: Admin, role: MemberRole
) -> None:
    await house.add(await house.session(), "kim", role)

    with pytest.raises(asyncpg.CheckViolationError):
        await admin.execute("update accounts.member set stelle_wrap = 'x' where login = 'kim'")
    with pytest.raises(asyncpg.CheckViolationError):
        await admin.execute("update accounts.member set statistics_wrap = 'x' where login = 'mira'")


async def test_the_recovery_key_makes_an_administrator_without_a_key(
    house: House, operator_pool: Pool
) -> None:
    member = new_member("kim")
    kim = setup.NewMember(
        login=member.login, name=member.name, passphrase=member.passphrase,
        totp_secret=member.totp_secret, role=ADMINISTRATOR,
    )  # fmt: skip
    await setup.add_member(
        operator_pool, "ads_jena", house.recovery_key, kim, cost=CHEAP, today=TODAY
    )

    assert (await house.session("kim")).seed is None


# Coming in ----------------------------------------------------------------------------------


async def test_an_invited_adviser_opens_what_the_stelle_opens(house: House) -> None:
    mira = await house.session()
    kim = await house.add(mira, "kim")

    assert (kim.role, kim.seed, kim.name) == (ADVISER, mira.seed, "Kim Muster")
    assert kim.open_own("note", mira.seal_own("note", b"Montag", b"x"), b"x") == b"Montag"


async def test_the_database_alone_opens_nothing_of_an_invitation(
    house: House, admin: Admin
) -> None:
    mira = await house.session()
    code = await code_for(house, mira)
    row = await admin.fetchrow("select * from accounts.invitation")
    assert row is not None

    assert code.written.encode() not in b"".join(v for v in row.values() if isinstance(v, bytes))
    other = invitations.new()
    with pytest.raises(Unopenable):
        invitations.unwrap(other, row["key_wrap"], row["member_id"], "ads_jena")
    with pytest.raises(Unopenable):
        invitations.unwrap(code, row["key_wrap"], uuid4(), "ads_jena")
    opened = invitations.unwrap(code, row["key_wrap"], row["member_id"], "ads_jena")
    assert opened.seed == mira.seed
    assert receipt.RANDOM_CHARACTERS * 5 >= 95


async def test_a_code_works_once(house: House, admin: Admin) -> None:
    code = await code_for(house, await house.session())

    assert await house.join(code, "kim") is Joined.IN
    assert await house.join(code, "noch-jemand") is Joined.GONE
    assert await admin.fetchval("select count(*) from accounts.invitation") == 0


async def test_of_two_who_use_a_code_at_once_one_comes_in(house: House, admin: Admin) -> None:
    code = await code_for(house, await house.session())

    became = await asyncio.gather(house.join(code, "kim"), house.join(code, "jo"))

    assert sorted(each.name for each in became) == ["GONE", "IN"]
    assert await admin.fetchval("select count(*) from accounts.member") == 2


async def test_a_code_grows_old(house: House) -> None:
    code = await code_for(house, await house.session())

    house.clock.pass_by(CODE_LIFE[Kind.JOIN])
    assert await house.joining.open(code.written) is None


async def test_a_new_code_makes_the_old_one_worthless(house: House) -> None:
    mira, member_id = await house.session(), uuid4()
    first = await house.people.invite(mira, member_id, "Kim", ADVISER)
    second = await house.people.issue(mira, member_id, Kind.JOIN)
    assert isinstance(first, Code)
    assert isinstance(second, Code)

    assert await house.joining.open(first.written) is None
    assert await house.join(second, "kim") is Joined.IN


async def test_an_invitation_that_is_sent_twice_writes_one_person_down(
    house: House, admin: Admin
) -> None:
    mira, member_id = await house.session(), uuid4()
    for _ in range(2):
        assert isinstance(await house.people.invite(mira, member_id, "Kim", ADVISER), Code)

    assert await admin.fetchval("select count(*) from accounts.member where name = 'Kim'") == 1


async def test_a_withdrawn_code_leaves_nobody(house: House, admin: Admin) -> None:
    mira, member_id = await house.session(), uuid4()
    code = await house.people.invite(mira, member_id, "Kim", ADVISER)
    assert isinstance(code, Code)

    assert await house.people.withdraw(mira, member_id) is None
    assert await house.people.withdraw(mira, member_id) is None

    assert await house.joining.open(code.written) is None
    assert await admin.fetchval("select count(*) from accounts.member where name = 'Kim'") == 0


async def test_an_administrator_writes_an_adviser_down_and_a_lead_lets_them_in(
    house: House,
) -> None:
    mira, member_id = await house.session(), uuid4()
    admin = await house.add(mira, "verena", ADMINISTRATOR)

    assert await house.people.invite(admin, member_id, "Kim", ADVISER) is None
    assert await house.people.issue(admin, member_id, Kind.JOIN) is Not.FOR_YOU
    code = await house.people.issue(mira, member_id, Kind.JOIN)

    assert isinstance(code, Code)
    assert await house.join(code, "kim") is Joined.IN
    assert (await house.session("kim")).seed == mira.seed


async def test_an_adviser_lets_nobody_in_or_out(house: House) -> None:
    mira = await house.session()
    kim = await house.add(mira, "kim")
    other = await house.add(mira, "jo")

    people = house.people
    assert await people.invite(kim, uuid4(), "X", ADVISER) is Not.FOR_YOU
    assert await people.issue(kim, other.member_id, Kind.JOIN) is Not.FOR_YOU
    assert await people.issue(kim, other.member_id, Kind.FACTOR) is Not.FOR_YOU
    assert await people.withdraw(kim, other.member_id) is Not.FOR_YOU
    assert await people.end(kim, other.member_id) is Not.FOR_YOU
    assert await people.set_role(kim, other.member_id, LEAD) is Not.FOR_YOU


async def test_nobody_reaches_another_stelles_people(house: House, operator_pool: Pool) -> None:
    await set_up(operator_pool, "ezra", new_member("juri"))
    mira, juri = await house.session(), await house.session("juri")

    assert [person.name for person in (await house.people.team(mira)).people] == ["Mira Muster"]
    assert await house.people.person(mira, juri.member_id) is None
    for kind in Kind:
        assert await house.people.issue(mira, juri.member_id, kind) is Not.THERE
    assert await house.people.end(mira, juri.member_id) is Not.THERE
    assert await house.people.set_role(mira, juri.member_id, ADVISER) is Not.THERE


async def test_a_login_name_that_is_taken_uses_nothing_up(house: House) -> None:
    code = await code_for(house, await house.session())

    assert await house.join(code, "MIRA") is Joined.LOGIN_TAKEN
    assert await house.join(code, "kim") is Joined.IN


async def test_a_code_of_the_app_has_to_fit_first(house: House) -> None:
    code = await code_for(house, await house.session())

    assert await house.join(code, "kim", one_time="000000") is Joined.CODE_WRONG
    assert await house.join(code, "kim") is Joined.IN


# Renewing -----------------------------------------------------------------------------------


async def test_a_lost_app_is_replaced_together_and_takes_the_passphrase(house: House) -> None:
    mira = await house.session()
    kim, secret = await house.add(mira, "kim"), other_secret()
    cookie = await house.cookie("kim")
    code = await house.people.issue(mira, kim.member_id, Kind.FACTOR)
    assert isinstance(code, Code)

    wrong = await house.join(code, passphrase=OTHER_PASSPHRASE, secret=secret)
    assert wrong is Joined.PASSPHRASE_WRONG
    assert await house.join(code, secret=secret) is Joined.IN

    assert await house.sign_in.load(cookie) is None
    assert await refused(house, "kim", PASSPHRASE)
    assert (await house.session("kim", secret=secret)).seed == mira.seed


async def test_a_code_for_an_app_does_not_change_the_passphrase(house: House) -> None:
    mira = await house.session()
    kim = await house.add(mira, "kim")
    code = await house.people.issue(mira, kim.member_id, Kind.FACTOR)
    assert isinstance(code, Code)

    assert await house.join(code, "jo", OTHER_PASSPHRASE) is Joined.PASSPHRASE_WRONG
    assert await refused(house, "kim", OTHER_PASSPHRASE)


async def test_after_a_lost_passphrase_everything_written_opens_again(house: House) -> None:
    mira = await house.session()
    kim, secret = await house.add(mira, "kim"), other_secret()
    draft = kim.seal_own("draft", b"Entwurf", kim.member_id.bytes)
    code = await house.people.issue(mira, kim.member_id, Kind.JOIN)
    assert isinstance(code, Code)

    assert await house.join(code, "ignored", OTHER_PASSPHRASE, secret) is Joined.IN

    again = await house.session("kim", OTHER_PASSPHRASE, secret)
    assert again.member_id == kim.member_id
    assert again.open_own("draft", draft, kim.member_id.bytes) == b"Entwurf"
    assert await refused(house, "kim", PASSPHRASE)


async def test_nobody_renews_their_own_access_by_a_code(house: House) -> None:
    mira = await house.session()

    for kind in Kind:
        assert await house.people.issue(mira, mira.member_id, kind) is Not.ONESELF


async def test_a_passphrase_is_changed_with_the_old_one(house: House) -> None:
    mira, cookie = await house.session(), await house.cookie()
    other = await house.cookie()

    change = house.account.change_passphrase
    assert await change(mira, cookie, "falsch", OTHER_PASSPHRASE) is Changed.PASSPHRASE_WRONG
    assert await house.sign_in.load(other) is not None
    assert await change(mira, cookie, PASSPHRASE, OTHER_PASSPHRASE) is Changed.DONE

    assert await house.sign_in.load(cookie) is not None
    assert await house.sign_in.load(other) is None
    assert await refused(house, "mira", PASSPHRASE)
    assert (await house.session("mira", OTHER_PASSPHRASE)).seed == mira.seed


async def test_of_two_changes_at_once_one_holds(house: House) -> None:
    mira, cookie = await house.session(), await house.cookie()
    wanted = ["erster neuer langer Satz", "zweiter neuer langer Satz"]

    became = await asyncio.gather(
        *(house.account.change_passphrase(mira, cookie, PASSPHRASE, each) for each in wanted)
    )

    assert became.count(Changed.DONE) == 1
    assert set(became) <= {Changed.DONE, Changed.MEANWHILE, Changed.PASSPHRASE_WRONG}
    again = await house.session("mira", wanted[became.index(Changed.DONE)])
    assert again.member_id == mira.member_id


async def test_an_app_is_changed_with_the_passphrase(house: House) -> None:
    mira, cookie, secret = await house.session(), await house.cookie(), other_secret()
    change, now = house.account.change_factor, house.clock

    wrong = await change(mira, cookie, "falsch", secret, now.code(secret))
    assert wrong is Changed.PASSPHRASE_WRONG
    wrong_code = now.wrong_code(secret)
    assert await change(mira, cookie, PASSPHRASE, secret, wrong_code) is Changed.CODE_WRONG
    assert await change(mira, cookie, PASSPHRASE, secret, now.code(secret)) is Changed.DONE

    assert await refused(house, "mira", PASSPHRASE)
    assert (await house.session("mira", secret=secret)).seed == mira.seed


async def test_sessions_are_seen_and_ended_by_their_owner_alone(house: House) -> None:
    mira, kept = await house.session(), await house.cookie()
    lost = await house.cookie()
    kim = await house.add(mira, "kim")
    overview = await house.account.overview(mira, kept)
    others = [row.session_id for row in overview.sessions if row.session_id != overview.current]

    for session_id in others:
        await house.account.end_one(kim, session_id)
    assert await house.sign_in.load(lost) is not None
    await house.account.end_others(mira, kept)

    assert len(others) == 2
    assert await house.sign_in.load(lost) is None
    assert await house.sign_in.load(kept) is not None


async def test_sign_ins_are_counted_by_the_hour_and_nothing_else_is_kept(
    house: House, admin: Admin
) -> None:
    mira = await house.session()
    for _ in range(2):
        assert await refused(house, "mira", "falsch")
    assert await refused(house, "niemand", "falsch")

    counts = (await house.account.overview(mira, None)).sign_ins
    assert [(each.opened, each.refused) for each in counts] == [(1, 2)]
    assert all((each.hour.minute, each.hour.second) == (0, 0) for each in counts)
    columns = await admin.fetch(
        "select column_name from information_schema.columns where table_name = 'sign_in'"
    )
    assert {row[0] for row in columns} == {
        "member_id", "hour", "opened", "by_passkey", "refused",
    }  # fmt: skip
    hours = await admin.fetch("select opened_at, seen_at from accounts.session, accounts.member")
    assert all(moment.minute == 0 for row in hours for moment in row)


# Leaving ------------------------------------------------------------------------------------


async def test_who_leaves_is_out_at_once_and_keeps_a_name(house: House, admin: Admin) -> None:
    mira = await house.session()
    kim = await house.add(mira, "kim")
    cookie = await house.cookie("kim")

    assert await house.people.end(mira, kim.member_id) is None
    assert await house.people.end(mira, kim.member_id) is None

    assert await house.sign_in.load(cookie) is None
    assert await refused(house, "kim", PASSPHRASE)
    assert await house.people.issue(mira, kim.member_id, Kind.JOIN) is Not.THERE
    row = await admin.fetchrow("select * from accounts.member where name = 'Kim Muster'")
    assert row is not None
    held = ("login", "salt", "sealed_box", "stelle_wrap", "own_public", "statistics_wrap")
    assert [row[column] for column in held] == [None] * len(held)
    assert (await house.people.team(mira)).key_is_due


async def test_a_sign_in_on_its_way_does_not_outlive_the_membership(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    mira = await house.session()
    kim = await house.add(mira, "kim")
    unlock = house.sign_in.boxes.unlock

    async def slow(locked: LockedBox, passphrase: str, member_id: object) -> MemberBox:
        box = await unlock(locked, passphrase, kim.member_id)
        await house.people.end(mira, kim.member_id)
        return box

    monkeypatch.setattr(house.sign_in.boxes, "unlock", slow)
    assert await refused(house, "kim", PASSPHRASE)


async def test_the_last_lead_stays(house: House) -> None:
    mira = await house.session()
    admin = await house.add(mira, "verena", ADMINISTRATOR)
    kim = await house.add(mira, "kim")

    assert await house.people.end(admin, mira.member_id) is Not.LAST_LEAD
    assert await house.people.end(mira, mira.member_id) is Not.ONESELF
    assert await house.people.set_role(mira, kim.member_id, LEAD) is None
    assert await house.people.end(admin, mira.member_id) is None


async def test_two_leads_do_not_send_each_other_away(house: House) -> None:
    mira = await house.session()
    kim = await house.add(mira, "kim", LEAD)
    admin = await house.add(mira, "verena", ADMINISTRATOR)

    became = await asyncio.gather(
        house.people.end(admin, mira.member_id), house.people.end(admin, kim.member_id)
    )

    assert set(became) == {None, Not.LAST_LEAD}


async def test_a_new_role_begins_with_a_new_session(house: House) -> None:
    mira = await house.session()
    kim = await house.add(mira, "kim")
    cookie = await house.cookie("kim")

    assert await house.people.set_role(mira, kim.member_id, LEAD) is None

    assert await house.sign_in.load(cookie) is None
    assert (await house.session("kim")).role is LEAD
    assert await house.people.set_role(mira, kim.member_id, ADMINISTRATOR) is Not.ONESELF


async def test_a_sign_in_on_its_way_does_not_keep_a_role_that_was_taken(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stretching a passphrase takes time; the session would hold what somebody was before it."""
    mira = await house.session()
    kim = await house.add(mira, "kim", LEAD)
    unlock = house.sign_in.boxes.unlock

    async def slow(locked: LockedBox, passphrase: str, member_id: UUID) -> MemberBox:
        opened = await unlock(locked, passphrase, member_id)
        assert await house.people.set_role(mira, kim.member_id, ADVISER) is None
        return opened

    monkeypatch.setattr(house.sign_in.boxes, "unlock", slow)
    with pytest.raises(SignInRefused):
        await house.cookie("kim")

    monkeypatch.undo()
    assert (await house.session("kim")).role is ADVISER


# Nobody is kept out -------------------------------------------------------------------------


async def test_wrong_codes_keep_nobody_out(house: House) -> None:
    mira = await house.session()
    code = await code_for(house, mira)

    for _ in range(3 * MOST_TRIES):
        assert await house.joining.open(invitations.new().written) is None
        assert await house.joining.open("XXXX") is None

    assert await house.join(code, "kim") is Joined.IN
    assert (await house.session()).seed == mira.seed


async def test_a_code_that_fell_into_wrong_hands_lets_a_passphrase_be_guessed_a_few_times_only(
    house: House,
) -> None:
    mira = await house.session()
    kim = await house.add(mira, "kim")
    code = await house.people.issue(mira, kim.member_id, Kind.FACTOR)
    assert isinstance(code, Code)

    became = [await house.join(code, passphrase=f"{n} falsch") for n in range(MOST_TRIES + 1)]

    assert became == [Joined.PASSPHRASE_WRONG] * MOST_TRIES + [Joined.GONE]
    assert (await house.session("kim")).seed == mira.seed
    assert isinstance(await house.people.issue(mira, kim.member_id, Kind.FACTOR), Code)


async def test_without_a_code_no_passphrase_is_stretched(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    stretched: list[object] = []
    monkeypatch.setattr(boxes, "lock_box", lambda *given: stretched.append(given))
    monkeypatch.setattr(boxes, "unlock_box", lambda *given: stretched.append(given))

    assert await house.join(invitations.new(), "kim") is Joined.GONE

    assert stretched == []


async def test_no_more_than_two_passphrases_are_stretched_at_a_time(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    mira, cookie = await house.session(), await house.cookie()
    codes = [await code_for(house, mira) for _ in range(3)]
    flying, most = 0, 0

    def watched(work: Callable[..., object]) -> Callable[..., object]:
        def run(*given: object) -> object:
            nonlocal flying, most
            flying += 1
            most = max(most, flying)
            time.sleep(0.02)  # as long as it takes for others to begin
            try:
                return work(*given)
            finally:
                flying -= 1

        return run

    monkeypatch.setattr(boxes, "lock_box", watched(opening.lock_box))
    monkeypatch.setattr(boxes, "unlock_box", watched(opening.unlock_box))
    await asyncio.gather(
        *(house.join(code, f"neu-{n}") for n, code in enumerate(codes)),
        *(refused(house, "mira", "falsch") for _ in range(5)),
        house.account.change_passphrase(mira, cookie, PASSPHRASE, OTHER_PASSPHRASE),
    )

    assert 1 <= most <= 2, "64 MiB each"


async def test_events_name_nobody(house: House, event_log: Callable[[], str]) -> None:
    mira = await house.session()
    kim = await house.add(mira, "kim")
    await house.people.end(mira, kim.member_id)

    written = event_log()
    for event in ("CodeIssued", "CodeUsed", "MembershipEnded"):
        assert event in written
    assert "kim" not in written.lower()
    assert str(kim.member_id) in written  # of the sign-in, as before
    assert not any(str(kim.member_id) in line for line in written.splitlines() if "Code" in line)


def test_holding_a_key_is_what_the_table_says() -> None:
    assert [role for role in MemberRole if holds_key(role)] == [ADVISER, LEAD]
    assert CODE_LIFE[Kind.FACTOR] <= timedelta(days=1)
