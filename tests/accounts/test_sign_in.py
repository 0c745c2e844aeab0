"""Signing in: one answer for whatever is wrong, each code once, nobody locked out by others."""

import json
import unicodedata
from collections.abc import Callable
from datetime import timedelta

import pytest

from adstelle.accounts import boxes as stretching
from adstelle.accounts.service import CODES_REFUSED_FOR, MOST_WRONG_CODES, SESSION_LIFE, SignIn
from adstelle.crypto import opening, sessions
from adstelle.crypto.opening import LockedBox, MemberBox
from adstelle.database import Pool
from adstelle.errors import SignInRefused, Unopenable
from tests.conftest import Admin
from tests.staff_side import PASSPHRASE, Clock, new_member, set_up, sign_in_of

MINUTE = timedelta(minutes=1)
WRONG_CODE = "000000"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def sign_in(operator_pool: Pool, staff_pool: Pool, clock: Clock) -> SignIn:
    """The sign-in of a service with one member, `mira`."""
    await set_up(operator_pool, "ads_jena", new_member())
    return sign_in_of(staff_pool, clock)


async def is_refused(sign_in: SignIn, login: str, passphrase: str, code: str) -> bool:
    try:
        await sign_in.sign_in(login, passphrase, code)
    except SignInRefused:
        return True
    return False


async def test_passphrase_and_code_open_a_session(sign_in: SignIn, clock: Clock) -> None:
    cookie = await sign_in.sign_in(" Mira ", PASSPHRASE, f"{clock.code()[:3]} {clock.code()[3:]}")

    session = await sign_in.load(cookie)
    assert session is not None
    assert (session.login, session.name, session.stelle) == ("mira", "Mira Muster", "ads_jena")


async def test_digits_of_another_script_are_the_same_code(sign_in: SignIn, clock: Clock) -> None:
    arabic = clock.code().translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))

    assert await sign_in.sign_in("mira", PASSPHRASE, arabic)


async def test_an_umlaut_is_the_same_on_every_keyboard(sign_in: SignIn, clock: Clock) -> None:
    composed = unicodedata.normalize("NFC", PASSPHRASE)
    apart = unicodedata.normalize("NFD", PASSPHRASE)

    assert composed != apart
    assert await sign_in.sign_in("mira", apart, clock.code())


async def test_whatever_is_wrong_the_answer_is_the_same(
    sign_in: SignIn, clock: Clock, event_log: Callable[[], str]
) -> None:
    attempts = [
        ("nobody", PASSPHRASE, clock.code()),
        ("mira", "sieben laute Störche staunen", clock.code()),
        ("mira", PASSPHRASE, WRONG_CODE),
        ("", "", ""),
    ]

    answers = []
    for attempt in attempts:
        with pytest.raises(SignInRefused) as refusal:
            await sign_in.sign_in(*attempt)
        cause = (refusal.value.__cause__, refusal.value.__suppress_context__)
        answers.append((type(refusal.value), refusal.value.args, cause))

    assert set(answers) == {(SignInRefused, (), (None, True))}
    written = [json.loads(line) for line in event_log().splitlines()]
    assert written == [{"event": "SignInFailed"}] * len(attempts)


async def test_an_unknown_login_costs_the_same_work(
    sign_in: SignIn, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    boxes: list[LockedBox] = []
    unlock = opening.unlock_box

    def watched(locked: LockedBox, passphrase: str, member: str) -> MemberBox:
        boxes.append(locked)
        return unlock(locked, passphrase, member)

    monkeypatch.setattr(stretching, "unlock_box", watched)
    for login in ("mira", "nobody"):
        assert await is_refused(sign_in, login, "not the passphrase", clock.code())

    real, dummy = boxes
    assert dummy.cost == real.cost
    assert (len(dummy.salt), len(dummy.sealed)) == (len(real.salt), len(real.sealed))


async def test_a_code_is_good_once(sign_in: SignIn, clock: Clock) -> None:
    code = clock.code()
    await sign_in.sign_in("mira", PASSPHRASE, code)

    assert await is_refused(sign_in, "mira", PASSPHRASE, code)

    clock.pass_by(MINUTE)
    assert await is_refused(sign_in, "mira", PASSPHRASE, code)
    assert await sign_in.sign_in("mira", PASSPHRASE, clock.code())


async def test_an_older_code_is_void_after_a_newer_one(sign_in: SignIn, clock: Clock) -> None:
    older = clock.code()
    clock.pass_by(timedelta(seconds=30))
    await sign_in.sign_in("mira", PASSPHRASE, clock.code())

    assert await is_refused(sign_in, "mira", PASSPHRASE, older)


@pytest.mark.parametrize(
    ("seconds_off", "is_taken"),
    [(-60, False), (-30, True), (0, True), (30, True), (60, False)],
)
async def test_a_watch_may_be_half_a_minute_off(
    sign_in: SignIn, clock: Clock, seconds_off: int, is_taken: bool
) -> None:
    shown = Clock()
    shown.pass_by(timedelta(seconds=seconds_off))

    assert await is_refused(sign_in, "mira", PASSPHRASE, shown.code()) is not is_taken


async def test_after_five_wrong_codes_even_the_right_one_is_refused_for_a_while(
    sign_in: SignIn, clock: Clock
) -> None:
    for _ in range(MOST_WRONG_CODES):
        assert await is_refused(sign_in, "mira", PASSPHRASE, WRONG_CODE)

    assert await is_refused(sign_in, "mira", PASSPHRASE, clock.code())
    clock.pass_by(CODES_REFUSED_FOR - MINUTE)
    assert await is_refused(sign_in, "mira", PASSPHRASE, clock.code())
    clock.pass_by(MINUTE)
    assert await sign_in.sign_in("mira", PASSPHRASE, clock.code())


async def test_the_block_is_not_prolonged_by_trying(sign_in: SignIn, clock: Clock) -> None:
    for _ in range(3 * MOST_WRONG_CODES):
        await is_refused(sign_in, "mira", PASSPHRASE, WRONG_CODE)

    clock.pass_by(CODES_REFUSED_FOR)
    assert await sign_in.sign_in("mira", PASSPHRASE, clock.code())


async def test_a_right_code_forgives_the_wrong_ones(sign_in: SignIn, clock: Clock) -> None:
    for _ in range(3):
        for _ in range(MOST_WRONG_CODES - 1):
            assert await is_refused(sign_in, "mira", PASSPHRASE, WRONG_CODE)
        assert await sign_in.sign_in("mira", PASSPHRASE, clock.code())
        clock.pass_by(MINUTE)


async def test_without_the_passphrase_nobody_can_lock_a_colleague_out(
    sign_in: SignIn, clock: Clock
) -> None:
    for _ in range(4 * MOST_WRONG_CODES):
        assert await is_refused(sign_in, "mira", "not the passphrase", WRONG_CODE)

    assert await sign_in.sign_in("mira", PASSPHRASE, clock.code())


async def test_demo_members_exist_only_in_the_demo(
    operator_pool: Pool, staff_pool: Pool, clock: Clock
) -> None:
    await set_up(operator_pool, "ads_jena", new_member(demo=True))

    refused = await is_refused(sign_in_of(staff_pool, clock), "mira", PASSPHRASE, clock.code())
    assert refused
    demo = sign_in_of(staff_pool, clock, demo=True)
    assert await demo.sign_in("mira", PASSPHRASE, clock.code())


async def test_signing_out_ends_the_session_for_every_copy_of_the_cookie(
    sign_in: SignIn, clock: Clock, admin: Admin
) -> None:
    cookie = await sign_in.sign_in("mira", PASSPHRASE, clock.code())
    await sign_in.sign_out(cookie)

    assert await sign_in.load(cookie) is None
    assert await admin.fetchval("select count(*) from accounts.session") == 0


async def test_signing_out_leaves_other_sessions_alone(sign_in: SignIn, clock: Clock) -> None:
    first = await sign_in.sign_in("mira", PASSPHRASE, clock.code())
    clock.pass_by(MINUTE)
    second = await sign_in.sign_in("mira", PASSPHRASE, clock.code())
    await sign_in.sign_out(first)

    assert await sign_in.load(second) is not None


async def test_a_session_ends_after_ten_hours_at_the_latest(sign_in: SignIn, clock: Clock) -> None:
    cookie = await sign_in.sign_in("mira", PASSPHRASE, clock.code())

    clock.pass_by(SESSION_LIFE - MINUTE)
    assert await sign_in.load(cookie) is not None
    clock.pass_by(MINUTE)
    assert await sign_in.load(cookie) is None


async def test_the_database_alone_opens_no_session(
    sign_in: SignIn, clock: Clock, admin: Admin
) -> None:
    """Everything a stolen disk holds: neither the cookie's address nor its key is in it."""
    cookie = await sign_in.sign_in("mira", PASSPHRASE, clock.code())
    session = await sign_in.load(cookie)
    ticket = sessions.ticket(cookie)
    assert session is not None
    assert ticket is not None

    rows = [dict(row) for row in await admin.fetch("select * from accounts.session")]
    members = [dict(row) for row in await admin.fetch("select * from accounts.member")]
    stolen = [value for row in rows + members for value in row.values() if isinstance(value, bytes)]
    assert ticket.row in stolen
    assert ticket.key not in stolen
    assert not any(session.key().seed in value or ticket.key in value for value in stolen)
    for value in stolen:
        forged = sessions.Ticket(row=ticket.row, key=value[:32].ljust(32, b"\0"))
        assert sessions.open_session(rows[0]["sealed"], forged) is None


async def test_the_cookie_alone_opens_nothing(sign_in: SignIn, clock: Clock, admin: Admin) -> None:
    cookie = await sign_in.sign_in("mira", PASSPHRASE, clock.code())
    await admin.execute("delete from accounts.session")

    assert await sign_in.load(cookie) is None


async def test_another_cookies_key_does_not_open_a_session(
    sign_in: SignIn, clock: Clock, admin: Admin
) -> None:
    mine = await sign_in.sign_in("mira", PASSPHRASE, clock.code())
    clock.pass_by(MINUTE)
    other = await sign_in.sign_in("mira", PASSPHRASE, clock.code())
    first, second = sessions.ticket(mine), sessions.ticket(other)
    assert first is not None
    assert second is not None
    await admin.execute(
        "update accounts.session set sealed = (select sealed from accounts.session "
        "where session_id = $1) where session_id = $2",
        first.row,
        second.row,
    )

    assert await sign_in.load(other) is None


async def test_a_session_opens_in_its_own_row_only(sign_in: SignIn, clock: Clock) -> None:
    cookie = await sign_in.sign_in("mira", PASSPHRASE, clock.code())
    session, ticket = await sign_in.load(cookie), sessions.ticket(cookie)
    assert session is not None
    assert ticket is not None
    sealed = sessions.seal_session(session, ticket)

    moved = sessions.Ticket(row=bytes(32), key=ticket.key)
    assert sessions.open_session(sealed, ticket) == session
    assert sessions.open_session(sealed, moved) is None


@pytest.mark.parametrize("cookie", [None, "", "x", "ä" * 64, "A" * 63, "A" * 64, "A" * 400])
async def test_a_forged_cookie_is_no_session(sign_in: SignIn, cookie: str | None) -> None:
    assert await sign_in.load(cookie) is None
    await sign_in.sign_out(cookie)


async def test_a_box_moved_to_another_member_does_not_open(
    sign_in: SignIn, operator_pool: Pool, clock: Clock, admin: Admin
) -> None:
    """Who may write to the table cannot let an own passphrase open a colleague's Stelle."""
    await set_up(operator_pool, "ezra", new_member("juri"))
    await admin.execute(
        "update accounts.member m set salt = j.salt, sealed_box = j.sealed_box "
        "from accounts.member j where m.login = 'mira' and j.login = 'juri'"
    )

    assert await is_refused(sign_in, "mira", PASSPHRASE, clock.code())


async def test_a_copy_of_the_stelle_key_for_somebody_else_does_not_open(
    sign_in: SignIn, operator_pool: Pool, clock: Clock, admin: Admin
) -> None:
    await set_up(operator_pool, "ezra", new_member("juri"))
    await admin.execute(
        "update accounts.member m set stelle = j.stelle, stelle_wrap = j.stelle_wrap "
        "from accounts.member j where m.login = 'mira' and j.login = 'juri'"
    )

    assert await is_refused(sign_in, "mira", PASSPHRASE, clock.code())


def test_a_session_says_nothing_about_its_key() -> None:
    cookie = sessions.new_cookie()
    ticket = sessions.ticket(cookie)
    assert ticket is not None
    with pytest.raises(AttributeError):
        ticket.key = b""  # type: ignore[misc]  # frozen: that is the point

    assert repr(ticket) == "<Ticket withheld>"
    assert repr(Unopenable()) == "Unopenable()"
