"""A draft is readable for one browser, for a while."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adstelle.database import Pool
from adstelle.intake.drafts import (
    LIFE,
    LIFE_AFTER_SENDING,
    Draft,
    Drafts,
    Ticket,
    new_ticket,
    read_ticket,
)
from tests.conftest import Admin

ANSWERS = {"account": ("Kanarienvogel",), "grounds": ("alter", "sprache"), "place": ()}
DRAFT = Draft(answers=ANSWERS, submission=b"s" * 32)


@pytest.fixture
def drafts(public_pool: Pool) -> Drafts:
    return Drafts(public_pool, lambda: datetime.now(UTC))


async def test_what_was_saved_is_loaded(drafts: Drafts) -> None:
    ticket = new_ticket()
    await drafts.save(ticket, DRAFT)
    assert await drafts.load(ticket) == DRAFT


async def test_saving_again_replaces(drafts: Drafts, admin: Admin) -> None:
    ticket = new_ticket()
    await drafts.save(ticket, DRAFT)
    await drafts.save(ticket, Draft(submission=b"t" * 32))
    assert await drafts.load(ticket) == Draft(submission=b"t" * 32)
    assert await admin.fetchval("select count(*) from intake.draft") == 1


async def test_nobody_else_loads_it(drafts: Drafts) -> None:
    await drafts.save(new_ticket(), DRAFT)
    assert await drafts.load(new_ticket()) is None
    assert await drafts.load(None) is None


async def test_a_draft_opens_at_its_own_address_only(drafts: Drafts, admin: Admin) -> None:
    """Somebody with the database cannot put one person's draft into another's hands."""
    mine, other = new_ticket(), new_ticket()
    await drafts.save(mine, DRAFT)
    await admin.execute("update intake.draft set draft_id = $1", other.draft_id)

    assert await drafts.load(other) is None
    assert await drafts.load(mine) is None


async def test_a_damaged_draft_is_none(drafts: Drafts, admin: Admin) -> None:
    ticket = new_ticket()
    await drafts.save(ticket, DRAFT)
    await admin.execute(
        "update intake.draft set sealed = set_byte(sealed, 40, 1 # get_byte(sealed, 40))"
    )
    assert await drafts.load(ticket) is None


async def test_a_draft_of_yesterday_is_none(drafts: Drafts, admin: Admin) -> None:
    ticket = new_ticket()
    await drafts.save(ticket, DRAFT)
    await admin.execute("update intake.draft set expires_at = now() - interval '1 second'")
    assert await drafts.load(ticket) is None


@pytest.mark.parametrize(("is_sent", "life"), [(False, LIFE), (True, LIFE_AFTER_SENDING)])
async def test_it_lives_as_long_as_was_promised(
    public_pool: Pool, admin: Admin, is_sent: bool, life: timedelta
) -> None:
    saved_at = datetime(2026, 11, 22, 10, tzinfo=UTC)
    await Drafts(public_pool, lambda: saved_at).save(new_ticket(), Draft(is_sent=is_sent))
    assert await admin.fetchval("select expires_at from intake.draft") == saved_at + life
    assert (timedelta(hours=24), timedelta(hours=1)) == (LIFE, LIFE_AFTER_SENDING)


async def test_what_is_forgotten_is_gone(drafts: Drafts, admin: Admin) -> None:
    ticket, other = new_ticket(), new_ticket()
    await drafts.save(ticket, DRAFT)
    await drafts.save(other, DRAFT)
    await drafts.forget(ticket)
    await drafts.forget(new_ticket())

    assert await drafts.load(ticket) is None
    assert await drafts.load(other) == DRAFT
    assert await admin.fetchval("select count(*) from intake.draft") == 1


async def test_the_database_holds_neither_the_words_nor_the_key(
    drafts: Drafts, admin: Admin
) -> None:
    ticket = new_ticket()
    await drafts.save(ticket, DRAFT)
    row = await admin.fetchrow("select * from intake.draft")
    assert row is not None
    stored = bytes(row["draft_id"]) + bytes(row["sealed"])

    for secret in (b"Kanarienvogel", b"account", ticket.secret, ticket.key, ticket.cookie.encode()):
        assert secret not in stored


async def test_short_and_long_answers_look_alike(drafts: Drafts, admin: Admin) -> None:
    await drafts.save(new_ticket(), Draft(answers={"account": ("x",)}))
    await drafts.save(new_ticket(), Draft(answers={"account": ("x" * 600,)}))
    assert len(await admin.fetch("select distinct length(sealed) from intake.draft")) == 1


def test_address_and_key_are_no_copy_of_the_cookie() -> None:
    ticket = new_ticket()
    assert len({ticket.secret, ticket.key, ticket.draft_id}) == 3
    assert len(ticket.secret) == 32
    assert repr(ticket) == "<Ticket withheld>"
    assert repr(DRAFT) == "<Draft withheld>"


@given(st.binary(min_size=32, max_size=32))
def test_a_cookie_is_read_back(secret: bytes) -> None:
    assert read_ticket(Ticket(secret).cookie) == Ticket(secret)


@pytest.mark.parametrize(
    "cookie", [None, "", "x", "AAAA", "A" * 42, "A" * 44, "é" * 43, "==", "A" * 10_000]
)
def test_a_forged_cookie_is_none(cookie: str | None) -> None:
    assert read_ticket(cookie) is None


@given(st.text(max_size=60))
def test_any_cookie_is_read_or_refused(cookie: str) -> None:
    found = read_ticket(cookie)
    assert found is None or len(found.secret) == 32
