"""Keeping and erasing, decided by advisers: four eyes, holds, and the person's wish."""

from datetime import date, timedelta
from typing import Final
from uuid import uuid4

import asyncpg
import pytest

from adstelle.accounts import setup
from adstelle.casework.access import within
from adstelle.casework.erasure import service, shown, store
from adstelle.casework.erasure.service import Erasures
from adstelle.city import City
from adstelle.crypto.sessions import Session
from adstelle.database import Pool
from adstelle.domain.retention import Obstacle, Refusal
from tests.conftest import Admin
from tests.staff_side import (
    CHEAP,
    TODAY,
    Clock,
    Person,
    new_member,
    send_report,
    session_of,
    set_up,
    sign_in_of,
)

SOON: Final = TODAY + timedelta(days=10)


@pytest.fixture
async def pair(operator_pool: Pool, staff_pool: Pool) -> tuple[Session, Session]:
    """Two members of the ads_jena."""
    clock = Clock()
    recovery_key = await set_up(operator_pool, "ads_jena", new_member())
    await setup.add_member(
        operator_pool, "ads_jena", recovery_key, new_member("lea"), cost=CHEAP, today=TODAY
    )
    sign_in = sign_in_of(staff_pool, clock)
    return await session_of(sign_in, clock), await session_of(sign_in, clock, "lea")


@pytest.fixture
def erasures(staff_pool: Pool, city: City) -> Erasures:
    return Erasures(staff_pool, city.retention)


@pytest.fixture
async def person(admin: Admin, pair: tuple[Session, Session]) -> Person:
    return await send_report(admin, {"ads_jena": False})


async def want_gone(admin: Admin, due: date = SOON) -> None:
    await admin.execute(
        "update intake.handover set erasure_asked_on = $1, erasure_due_on = $2", TODAY, due
    )


async def acts(admin: Admin) -> list[str]:
    rows = await admin.fetch("select act from casework.log order by log_id")
    return [row["act"] for row in rows if row["act"] != "case_read"]


async def test_it_takes_two_to_erase_before_the_time(
    erasures: Erasures, pair: tuple[Session, Session], person: Person, admin: Admin
) -> None:
    mira, lea = pair
    assert await erasures.propose(mira, person.case_id, "Doppelt erfasst", TODAY)
    assert not await erasures.propose(lea, person.case_id, "Auch", TODAY), "one proposal at a time"
    assert not await erasures.approve(mira, person.case_id, TODAY), "not with oneself"
    seen = await erasures.look(lea, person.case_id, TODAY)
    assert seen is not None
    assert seen.disposal is not None
    assert (seen.disposal.reason, seen.disposal.is_own) == ("Doppelt erfasst", False)

    assert await erasures.approve(lea, person.case_id, TODAY)
    assert not await erasures.decline(lea, person.case_id), "what was agreed stays agreed"

    seen = await erasures.look(lea, person.case_id, TODAY)
    assert seen is not None
    assert seen.kept.fate.is_erased(TODAY)
    assert await acts(admin) == ["disposal_proposed", "disposal_approved"]


async def test_a_proposal_can_be_declined(
    erasures: Erasures, pair: tuple[Session, Session], person: Person, admin: Admin
) -> None:
    mira, lea = pair
    await erasures.propose(mira, person.case_id, "Alt", TODAY)
    assert await erasures.decline(lea, person.case_id)
    assert await admin.fetchval("select count(*) from casework.disposal") == 0
    assert await acts(admin) == ["disposal_proposed", "disposal_declined"]


async def test_the_database_knows_four_eyes_too(
    staff_pool: Pool, pair: tuple[Session, Session], person: Person, admin: Admin
) -> None:
    mira = pair[0]
    insert = (
        "insert into casework.disposal (case_id, stelle, proposed_on, proposed_by, sealed, "
        "approved_on, approved_by) values ($1, 'ads_jena', $2, $3, 's', $2, $3)"
    )
    with pytest.raises(asyncpg.CheckViolationError):
        await admin.execute(insert, person.case_id, TODAY, mira.member_id)
    async with within(staff_pool, mira) as conn:
        await conn.execute(
            "insert into casework.disposal (case_id, stelle, proposed_on, proposed_by, sealed) "
            "values ($1, 'ads_jena', $2, $3, 's')",
            person.case_id, TODAY, mira.member_id,
        )  # fmt: skip
    for approver in (mira.member_id, uuid4()):  # oneself, and nobody of this Stelle
        with pytest.raises((asyncpg.CheckViolationError, asyncpg.InsufficientPrivilegeError)):
            async with within(staff_pool, mira) as conn:
                await conn.execute(
                    "update casework.disposal set approved_by = $1, approved_on = $2",
                    approver, TODAY,
                )  # fmt: skip


async def test_a_hold_keeps_the_case_until_it_is_lifted(
    erasures: Erasures, pair: tuple[Session, Session], person: Person, admin: Admin
) -> None:
    mira, _ = pair
    hold_id = uuid4()
    held = (hold_id, SOON, "Klage am Amtsgericht")
    assert await erasures.hold(mira, person.case_id, held, TODAY)
    assert not await erasures.hold(mira, person.case_id, held, TODAY), "the same form twice"
    await want_gone(admin)

    assert not await erasures.answer(mira, person.case_id, None, TODAY), "a hold is stronger"
    seen = await erasures.look(mira, person.case_id, TODAY)
    assert seen is not None
    assert Obstacle.HELD in seen.kept.fate.obstacles
    assert seen.holds[0].reason == "Klage am Amtsgericht"
    sealed = await admin.fetchval("select sealed from casework.hold")
    assert b"Amtsgericht" not in sealed

    assert await erasures.lift(mira, person.case_id, hold_id, TODAY)
    assert await erasures.answer(mira, person.case_id, None, TODAY)
    assert await acts(admin) == ["hold_set", "hold_lifted", "erasure_granted"]


async def tasks(pool: Pool, session: Session) -> tuple[int, date | None]:
    """What the queue says of wishes."""
    async with within(pool, session) as conn:
        return await store.tasks(conn)


async def test_a_wish_has_one_answer(
    erasures: Erasures,
    pair: tuple[Session, Session],
    person: Person,
    admin: Admin,
    staff_pool: Pool,
) -> None:
    mira, lea = pair
    assert not await erasures.answer(mira, person.case_id, None, TODAY), "nobody asked"
    await want_gone(admin)
    assert await tasks(staff_pool, mira) == (1, SOON)

    assert await erasures.answer(mira, person.case_id, Refusal.CLAIMS, TODAY)
    assert not await erasures.answer(lea, person.case_id, None, TODAY)

    row = await admin.fetchrow("select erasure_answer, erasure_reason from intake.handover")
    assert row is not None
    assert tuple(row.values()) == ("refused", "claims")
    assert await tasks(staff_pool, mira) == (0, None)


async def test_another_stelle_sees_and_decides_nothing(
    erasures: Erasures,
    pair: tuple[Session, Session],
    person: Person,
    admin: Admin,
    operator_pool: Pool,
    staff_pool: Pool,
) -> None:
    clock = Clock()
    await set_up(operator_pool, "ezra", new_member("juri"))
    juri = await session_of(sign_in_of(staff_pool, clock), clock, "juri")
    await want_gone(admin)
    hold_id, case_id = uuid4(), person.case_id
    await erasures.hold(pair[0], case_id, (hold_id, SOON, "Streit"), TODAY)

    assert await erasures.look(juri, case_id, TODAY) is None
    assert await tasks(staff_pool, juri) == (0, None)
    assert not await erasures.keep(juri, case_id, TODAY)
    assert not await erasures.hold(juri, case_id, (uuid4(), SOON, "x"), TODAY)
    assert not await erasures.lift(juri, case_id, hold_id, TODAY)
    assert not await erasures.propose(juri, case_id, "x", TODAY)
    assert not await erasures.answer(juri, case_id, Refusal.OTHER, TODAY)
    overview = await erasures.overview(juri, TODAY)
    assert (overview.wishes, overview.held, overview.lately) == ((), (), ())


async def test_every_case_is_on_exactly_one_page_and_what_waits_comes_first(
    erasures: Erasures,
    pair: tuple[Session, Session],
    admin: Admin,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Cases of several rules, many unchanged since one day, and one that waits for somebody."""
    monkeypatch.setattr(service, "PAGE", 3)
    mira, _ = pair
    people = [await send_report(admin, {"ads_jena": False}) for _ in range(11)]
    for nr, each in enumerate(people):
        await admin.execute(
            "update casework.case set state = $2, changed_on = $3 where case_id = $1",
            each.case_id,
            "abgeschlossen" if nr % 2 else "in_bearbeitung",
            TODAY - timedelta(days=3000 + nr % 3),
        )
    await erasures.propose(mira, people[6].case_id, "Doppelt erfasst", TODAY)

    pages = [await erasures.overview(mira, TODAY)]
    while pages[-1].following is not None:
        pages.append(await erasures.overview(mira, TODAY, pages[-1].following))

    lists = ("wishes", "proposals", "asked", "going", "held")
    seen = [[kept.row.case_id for name in lists for kept in getattr(page, name)] for page in pages]
    assert [len(page) for page in seen] == [3, 3, 3, 2]
    assert sorted(case_id for page in seen for case_id in page) == sorted(
        each.case_id for each in people
    )
    assert [kept.row.case_id for kept in pages[0].proposals] == [people[6].case_id]


@pytest.mark.parametrize("entered", ["", "x", "0-20261399-" + "0" * 32, "2-20260101-" + "0" * 32])
def test_a_place_that_is_none_of_ours_leads_to_the_beginning(entered: str) -> None:
    assert shown.spot_read(entered) == store.BEGINNING


def test_a_place_is_read_as_it_was_written() -> None:
    spot = store.Spot(True, TODAY, uuid4())
    assert shown.spot_read(shown.spot_written(spot)) == spot


async def test_the_overview_puts_each_case_where_somebody_looks(
    erasures: Erasures, pair: tuple[Session, Session], admin: Admin
) -> None:
    mira, _ = pair
    long_ago = date(TODAY.year - 4, TODAY.month, TODAY.day)
    places = ("wishes", "proposals", "asked", "going", "held", "later")
    people = {place: await send_report(admin, {"ads_jena": False}) for place in places}
    for place in ("asked", "going", "held"):
        await admin.execute(
            "update casework.case set changed_on = $2, state = $3 where case_id = $1",
            people[place].case_id, long_ago,
            "in_bearbeitung" if place == "asked" else "abgeschlossen",
        )  # fmt: skip
    await admin.execute(
        "update casework.case set remind_on = $2 where case_id = $1", people["held"].case_id, SOON
    )
    await admin.execute(
        "update intake.handover set erasure_asked_on = $2, erasure_due_on = $3 "
        "where report_id = $1",
        people["wishes"].report_id, TODAY, SOON,
    )  # fmt: skip
    await erasures.propose(mira, people["proposals"].case_id, "x", TODAY)

    overview = await erasures.overview(mira, TODAY)

    for place in places[:-1]:
        shown = [kept.row.case_id for kept in getattr(overview, place)]
        assert shown == [people[place].case_id], place
    assert await erasures.keep(mira, people["asked"].case_id, TODAY)
    assert (await erasures.overview(mira, TODAY)).asked == ()
