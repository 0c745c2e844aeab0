"""Setting up a Stelle: nothing is stored before its recovery key was read back from paper."""

from datetime import timedelta

import pytest

from adstelle.accounts import setup
from adstelle.accounts.setup import NewMember, SetUpRefused, passphrase_fault
from adstelle.crypto import opening, recovery
from adstelle.crypto.hpke import PrivateKey
from adstelle.crypto.sessions import Session
from adstelle.database import Pool
from tests.conftest import Admin
from tests.staff_side import (
    CHEAP,
    PASSPHRASE,
    SECRET,
    TODAY,
    Clock,
    new_member,
    public_key,
    session_of,
    set_up,
    sign_in_of,
)

ELSE = setup.prepare("ads_jena").recovery_key


async def keys_kept(admin: Admin) -> tuple[int, int, int]:
    row = await admin.fetchrow(
        "select (select count(*) from accounts.public_key), "
        "(select count(*) from accounts.stelle), (select count(*) from accounts.member)"
    )
    assert row is not None
    return tuple(row)


async def test_the_first_member_opens_what_is_sealed_for_the_stelle(
    admin: Admin, operator_pool: Pool, staff_pool: Pool
) -> None:
    await set_up(operator_pool, "ads_jena", new_member())
    clock = Clock()

    session: Session = await session_of(sign_in_of(staff_pool, clock), clock)

    wrapped = (await public_key(admin, "ads_jena")).wrap(b"a report", b"here")
    assert session.stelle == "ads_jena"
    assert session.key().unwrap(wrapped, b"here") == b"a report"


async def test_the_recovery_key_opens_the_stelle_from_paper(
    admin: Admin, operator_pool: Pool
) -> None:
    printed = await set_up(operator_pool, "ads_jena", new_member())

    sealed = await admin.fetchval("select sealed_for_recovery from accounts.stelle")
    key = recovery.read(f" {printed.lower().replace('-', ' ')} ")
    assert key is not None
    private = opening.open_by_recovery(sealed, key, "ads_jena")
    assert private.public().encoded == (await public_key(admin, "ads_jena")).encoded


@pytest.mark.parametrize(
    "entered", ["", "no key", ELSE, ELSE[:-1]], ids=["none", "nonsense", "another", "cut short"]
)
async def test_without_the_right_recovery_key_nothing_is_stored(
    admin: Admin, operator_pool: Pool, entered: str
) -> None:
    prepared = setup.prepare("ads_jena")

    with pytest.raises(SetUpRefused):
        await setup.set_up_stelle(
            operator_pool, prepared, new_member(), entered=entered, cost=CHEAP, today=TODAY
        )
    with pytest.raises(SetUpRefused):
        await setup.set_up_statistics(
            operator_pool, setup.prepare(setup.STATISTICS), entered=entered, today=TODAY
        )

    assert not prepared.is_confirmed(entered)
    assert await keys_kept(admin) == (0, 0, 0)


async def test_a_weak_passphrase_stores_nothing(admin: Admin, operator_pool: Pool) -> None:
    weak = NewMember(login="mira", name="Mira", passphrase="kurz", totp_secret=SECRET)

    with pytest.raises(SetUpRefused, match="at least 14 characters"):
        await set_up(operator_pool, "ads_jena", weak)

    assert await keys_kept(admin) == (0, 0, 0)


@pytest.mark.parametrize(
    ("passphrase", "is_taken"),
    [
        ("x" * 13, False),
        ("x" * 14, True),
        ("vier einfache kleine Wörter", True),
        ("mira.muster.mira.muster", False),
        ("MIRA.MUSTER und noch mehr", False),
    ],
)
def test_length_counts_and_nothing_else_but_the_login_name(passphrase: str, is_taken: bool) -> None:
    assert (passphrase_fault(passphrase, "Mira.Muster") is None) is is_taken


async def test_a_stelle_is_set_up_once(admin: Admin, operator_pool: Pool) -> None:
    await set_up(operator_pool, "ads_jena", new_member())
    before = (await public_key(admin, "ads_jena")).encoded

    with pytest.raises(SetUpRefused, match="already"):
        await set_up(operator_pool, "ads_jena", new_member("juri"))

    assert (await public_key(admin, "ads_jena")).encoded == before
    assert await keys_kept(admin) == (1, 1, 1)
    assert await setup.is_set_up(operator_pool, "ads_jena")
    assert not await setup.is_set_up(operator_pool, "ezra")


async def test_the_statistics_key_is_set_up_once(admin: Admin, operator_pool: Pool) -> None:
    """What was counted with the first key must stay readable."""
    first = setup.prepare(setup.STATISTICS)
    for prepared in (first, setup.prepare(setup.STATISTICS)):
        entered = prepared.recovery_key
        if prepared is first:
            await setup.set_up_statistics(operator_pool, prepared, entered=entered, today=TODAY)
        else:
            with pytest.raises(SetUpRefused, match="already"):
                await setup.set_up_statistics(operator_pool, prepared, entered=entered, today=TODAY)

    assert (await public_key(admin, setup.STATISTICS)).encoded == first.private.encoded_public()


async def test_the_recovery_key_lets_another_member_in(
    operator_pool: Pool, staff_pool: Pool
) -> None:
    printed = await set_up(operator_pool, "ads_jena", new_member())
    clock = Clock()

    await setup.add_member(
        operator_pool, "ads_jena", printed, new_member("juri"), cost=CHEAP, today=TODAY
    )

    sign_in = sign_in_of(staff_pool, clock)
    first, second = await session_of(sign_in, clock), await session_of(sign_in, clock, "juri")
    assert first.member_id != second.member_id
    assert first.seed == second.seed


async def test_nobody_is_added_without_the_recovery_key_of_that_stelle(
    admin: Admin, operator_pool: Pool
) -> None:
    await set_up(operator_pool, "ads_jena", new_member())
    printed = await set_up(operator_pool, "ezra", new_member("juri"))

    for stelle in ("ads_jena", "thadine"):
        with pytest.raises(SetUpRefused):
            await setup.add_member(
                operator_pool, stelle, printed, new_member("sam"), cost=CHEAP, today=TODAY
            )

    assert await keys_kept(admin) == (2, 2, 2)


async def test_a_login_name_belongs_to_one_person(operator_pool: Pool) -> None:
    printed = await set_up(operator_pool, "ads_jena", new_member())

    with pytest.raises(SetUpRefused, match="taken"):
        await setup.add_member(
            operator_pool, "ads_jena", printed, new_member("MIRA"), cost=CHEAP, today=TODAY
        )


async def test_count_cards_open_with_the_statistics_recovery_key_alone(
    admin: Admin, operator_pool: Pool
) -> None:
    prepared = setup.prepare(setup.STATISTICS)
    await setup.set_up_statistics(
        operator_pool, prepared, entered=prepared.recovery_key, today=TODAY
    )

    sealed = await admin.fetchval("select sealed_for_recovery from accounts.stelle")
    key = recovery.read(prepared.recovery_key)
    assert key is not None
    private: PrivateKey = opening.open_by_recovery(sealed, key, setup.STATISTICS)
    assert private.public().encoded == (await public_key(admin, setup.STATISTICS)).encoded
    with pytest.raises(SetUpRefused):
        await setup.add_member(
            operator_pool,
            setup.STATISTICS,
            prepared.recovery_key,
            new_member(),
            cost=CHEAP,
            today=TODAY,
        )


async def test_no_secret_of_a_set_up_shows_itself(operator_pool: Pool) -> None:
    prepared, member = setup.prepare("ads_jena"), new_member()

    shown = f"{prepared!r} {prepared} {member!r} {member}"

    assert prepared.recovery_key not in shown
    assert PASSPHRASE not in shown
    assert SECRET not in shown


def test_the_authenticator_app_is_told_whose_code_it_is() -> None:
    address = setup.totp_address(new_member())

    assert address.startswith("otpauth://totp/Adstelle:mira?")
    assert f"secret={SECRET}" in address
    assert setup.new_totp_secret() != setup.new_totp_secret()


async def test_codes_of_a_new_secret_are_accepted(operator_pool: Pool, staff_pool: Pool) -> None:
    clock, secret = Clock(), setup.new_totp_secret()
    member = NewMember(login="mira", name="Mira", passphrase=PASSPHRASE, totp_secret=secret)
    await set_up(operator_pool, "ads_jena", member)
    clock.pass_by(timedelta(minutes=1))

    assert await sign_in_of(staff_pool, clock).sign_in("mira", PASSPHRASE, clock.code(secret))
