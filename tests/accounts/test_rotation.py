"""A new key for a Stelle: whatever interrupts it, everything opens before and after."""

from collections.abc import Callable
from inspect import iscoroutinefunction
from typing import Any
from uuid import uuid4

import pytest

from adstelle.accounts import setup
from adstelle.accounts.joining.service import Joined
from adstelle.accounts.next_key import Prepared, Switched
from adstelle.accounts.rotation import store
from adstelle.accounts.rotation.service import Stuck
from adstelle.accounts.setup import SetUpRefused
from adstelle.casework.service import Casework
from adstelle.city import City
from adstelle.crypto import opening, sessions
from adstelle.crypto.hpke import PrivateKey
from adstelle.crypto.invitations import Code
from adstelle.crypto.sessions import Session
from adstelle.database import Pool
from adstelle.domain.membership import MemberRole
from adstelle.errors import Unopenable
from tests.accounts.conftest import House
from tests.conftest import Admin
from tests.staff_side import (
    CHEAP,
    REPORT,
    TODAY,
    Person,
    new_member,
    public_key,
    send_report,
    write_as_person,
)

NOTE = b"Rueckruf am Montag"
STEPS = sorted(name for name, value in vars(store).items() if iscoroutinefunction(value))


class Interrupted(Exception):
    """The process ends here."""


async def renew(house: House, cookie: str) -> tuple[Switched, Prepared]:
    session = await house.sign_in.load(cookie)
    assert session is not None
    prepared = house.rotation.prepare(session)
    entered = prepared.recovery_key.lower()
    return await house.rotation.switch(session, cookie, prepared.carried, entered), prepared


async def opens(pool: Pool, city: City, session: Session, person: Person) -> bool:
    """Whether a case opens on its page: the report, and what was said."""
    file = await Casework(pool, city).read(session, person.case_id, TODAY)
    return (
        file is not None
        and file.account is not None
        and file.account.account == REPORT.account
        and all(note.message is not None for note in file.notes)
    )


async def test_everything_opens_after_a_new_key_and_the_new_is_closed_to_the_old(
    house: House, admin: Admin, staff_pool: Pool, city: City
) -> None:
    mira, cookie = await house.session(), await house.cookie()
    kim = await house.add(mira, "kim")
    person = await send_report(admin, {"ads_jena": True})
    await write_as_person(admin, person, "ads_jena", "vorher")
    note = mira.seal_own("note", NOTE, b"x")

    assert (await renew(house, cookie))[0] is Switched.DONE

    later = await send_report(admin, {"ads_jena": True})
    await write_as_person(admin, person, "ads_jena", "nachher")
    same, other = await house.sign_in.load(cookie), await house.session("kim")
    for session in (same, other, await house.session()):
        assert session is not None
        assert await opens(staff_pool, city, session, person)
        assert await opens(staff_pool, city, session, later)
        assert session.open_own("note", note, b"x") == NOTE
        assert session.older == (mira.seed,)
    assert not await opens(staff_pool, city, kim, later)
    newer = other.seal_own("note", NOTE, b"x")
    with pytest.raises(Unopenable):
        kim.open_own("note", newer, b"x")
    assert other.own_keys("index") == (other.own_key("index"), kim.own_key("index"))


async def test_what_was_sealed_for_the_old_key_a_minute_later_opens(
    house: House, admin: Admin
) -> None:
    """A public process keeps the key it read for up to a minute."""
    old, cookie = await public_key(admin, "ads_jena"), await house.cookie()
    await renew(house, cookie)

    session = await house.session()
    assert old.encoded != (await public_key(admin, "ads_jena")).encoded
    assert session.key().unwrap(old.wrap(b"late", b"x"), b"x") == b"late"


async def test_other_sessions_end_and_codes_are_worthless(house: House, admin: Admin) -> None:
    mira, cookie = await house.session(), await house.cookie()
    kim = await house.add(mira, "kim")
    theirs = await house.cookie("kim")
    code = await house.people.invite(mira, uuid4(), "Jo", MemberRole.ADVISER)
    assert isinstance(code, Code)

    await renew(house, cookie)

    assert await house.sign_in.load(theirs) is None
    assert await admin.fetchval("select count(*) from accounts.invitation") == 0
    assert await house.join(code, "jo") is Joined.GONE
    late = await house.people.invite(kim, uuid4(), "Jo", MemberRole.ADVISER)
    assert not isinstance(late, Code)
    stale = await house.people.invite(mira, uuid4(), "Jo", MemberRole.ADVISER)
    assert isinstance(stale, Code)  # drawn by a session that has the old key
    assert await house.join(stale, "jo") is Joined.GONE


async def test_several_keys_one_after_the_other(house: House) -> None:
    cookie = await house.cookie()
    notes, seeds = [], []
    for number in range(4):
        session = await house.sign_in.load(cookie)
        assert session is not None
        seeds.append(session.seed)
        notes.append(session.seal_own("note", str(number).encode(), b"x"))
        assert (await renew(house, cookie))[0] is Switched.DONE

    session = await house.session()
    assert session.older == tuple(reversed(seeds))
    assert [session.open_own("note", note, b"x") for note in notes] == [b"0", b"1", b"2", b"3"]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("when", ["before", "after"])
async def test_interrupted_at_any_step_nothing_has_changed(
    house: House,
    admin: Admin,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
    when: str,
) -> None:
    mira, cookie = await house.session(), await house.cookie()
    await house.add(mira, "kim")
    sealed = (await public_key(admin, "ads_jena")).wrap(b"a report", b"here")
    before = (await public_key(admin, "ads_jena")).encoded
    work: Callable[..., Any] = getattr(store, step)

    async def breaks(*given: Any, **named: Any) -> Any:
        if when == "after":
            await work(*given, **named)
        raise Interrupted

    monkeypatch.setattr(store, step, breaks)
    with pytest.raises(Interrupted):
        await renew(house, cookie)
    monkeypatch.undo()

    assert (await public_key(admin, "ads_jena")).encoded == before
    assert await admin.fetchval("select count(*) from accounts.generation") == 0
    for login in ("mira", "kim"):
        session = await house.session(login)
        assert session.seed == mira.seed
        assert session.key().unwrap(sealed, b"here") == b"a report"
    assert (await renew(house, cookie))[0] is Switched.DONE
    assert (await house.session("kim")).key().unwrap(sealed, b"here") == b"a report"


def test_every_step_is_interrupted_once() -> None:
    assert {"announce", "give", "retire", "keep_for_recovery", "keep_one_session"} <= set(STEPS)


async def test_only_the_new_recovery_key_lets_somebody_in(
    house: House, operator_pool: Pool, admin: Admin, staff_pool: Pool, city: City
) -> None:
    person = await send_report(admin, {"ads_jena": True})
    _, prepared = await renew(house, await house.cookie())

    with pytest.raises(SetUpRefused):
        await setup.add_member(
            operator_pool,
            "ads_jena",
            house.recovery_key,
            new_member("kim"),
            cost=CHEAP,
            today=TODAY,
        )
    await setup.add_member(
        operator_pool, "ads_jena", prepared.recovery_key, new_member("kim"), cost=CHEAP, today=TODAY
    )

    kim = await house.session("kim")
    assert kim.role is MemberRole.LEAD
    assert await opens(staff_pool, city, kim, person)


async def test_a_mistyped_recovery_key_changes_nothing(house: House, admin: Admin) -> None:
    before, cookie = (await public_key(admin, "ads_jena")).encoded, await house.cookie()
    session = await house.sign_in.load(cookie)
    assert session is not None
    prepared, other = house.rotation.prepare(session), house.rotation.prepare(session)

    for entered in ("", "X", other.recovery_key, house.recovery_key):
        became = await house.rotation.switch(session, cookie, prepared.carried, entered)
        assert became is Switched.MISTYPED
    assert (await public_key(admin, "ads_jena")).encoded == before


async def test_a_page_is_good_for_one_new_key(house: House, admin: Admin) -> None:
    """Sent twice, or sent by two leads: the key does not change behind anybody's back."""
    cookie = await house.cookie()
    session = await house.sign_in.load(cookie)
    assert session is not None
    prepared = house.rotation.prepare(session)
    given = (prepared.carried, prepared.recovery_key)

    assert await house.rotation.switch(session, cookie, *given) is Switched.DONE
    after = (await public_key(admin, "ads_jena")).encoded
    assert await house.rotation.switch(session, cookie, *given) is Switched.MEANWHILE
    current = await house.sign_in.load(cookie)
    assert current is not None
    assert await house.rotation.switch(current, cookie, *given) is Switched.MEANWHILE
    assert house.rotation.again(current, "kein Schlüssel") is None
    assert (await public_key(admin, "ads_jena")).encoded == after


async def test_a_key_put_into_the_database_by_somebody_else_gets_nothing(
    house: House, admin: Admin
) -> None:
    """Whoever can write there would be given the Stelle's next key."""
    mira, cookie = await house.session(), await house.cookie()
    kim = await house.add(mira, "kim")
    thief = PrivateKey.generate().public().encoded
    for planted in (None, thief, kim.seal_own("member-key", thief, mira.member_id.bytes)):
        await admin.execute(
            "update accounts.member set own_public = $1 where login = 'kim'", planted
        )
        with pytest.raises(Stuck) as stuck:
            await renew(house, cookie)
        assert stuck.value.names == ("Kim Muster",)
    assert await admin.fetchval("select count(*) from accounts.generation") == 0

    await house.session("kim")  # a sign-in writes it down again
    assert (await renew(house, cookie))[0] is Switched.DONE
    assert (await house.session("kim")).older == (mira.seed,)


async def test_who_left_gets_no_new_key(house: House, admin: Admin) -> None:
    mira, cookie = await house.session(), await house.cookie()
    kim = await house.add(mira, "kim")
    await house.people.end(mira, kim.member_id)
    assert (await house.people.team(mira)).key_is_due
    await renew(house, cookie)

    again = await house.session()
    assert not (await house.people.team(again)).key_is_due
    jo = await house.add(again, "jo", MemberRole.ADMINISTRATOR)
    await house.people.end(again, jo.member_id)
    assert not (await house.people.team(again)).key_is_due, "who never had it takes nothing along"
    wrap = await admin.fetchval("select stelle_wrap from accounts.member where name = 'Kim Muster'")
    assert wrap is None


async def test_a_broken_chain_keeps_what_is_before_the_break(house: House, admin: Admin) -> None:
    cookie = await house.cookie()
    first = await house.session()
    for _ in range(3):
        await renew(house, cookie)
    await admin.execute("update accounts.generation set sealed = 'x' where generation = 1")

    session = await house.session()
    assert len(session.older) == 2
    assert first.seed not in session.older


def test_a_former_key_opens_only_in_its_place() -> None:
    old, new, other = (PrivateKey.generate() for _ in range(3))
    sealed = opening.seal_generation(old, new, 1)

    assert opening.open_generations(new, [(1, sealed)]) == [old.seed]
    assert opening.open_generations(new, [(2, sealed)]) == []
    assert opening.open_generations(other, [(1, sealed)]) == []
    assert isinstance(sessions.ChainedKey(new.seed, (old.seed,)), PrivateKey)
