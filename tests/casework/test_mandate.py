"""What the person wants can be written down anew by either side; the history is kept."""

import asyncio
from uuid import uuid4

import pytest

from adstelle.casework.mandate.service import Mandates, Noted, Wish
from adstelle.casework.service import Casework
from adstelle.crypto.sessions import Session
from adstelle.domain.report import MandateChanged, Message
from tests.conftest import Admin
from tests.staff_side import (
    REPORT,
    TODAY,
    Person,
    messages_to,
    say_as_person,
    send_report,
)

NOW = ("zuhoeren", "verweisen")


@pytest.fixture
def mira(sessions: dict[str, Session]) -> Session:
    return sessions["ads_jena"]


@pytest.fixture
async def person(admin: Admin, mira: Session) -> Person:
    return await send_report(admin, {"ads_jena": False, "ezra": True})


def wish(mandates: tuple[str, ...] = NOW, text: str = "Wie besprochen.") -> Wish:
    return Wish(mandates, text, uuid4())


async def logged(admin: Admin) -> list[str]:
    return [row["act"] for row in await admin.fetch("select act from casework.log order by log_id")]


async def test_the_person_reads_what_was_written_down(
    mandates: Mandates, mira: Session, admin: Admin, person: Person
) -> None:
    became = await mandates.change(mira, person.case_id, wish(), TODAY)

    assert became is Noted.KEPT
    said = Message(text="Wie besprochen.", act=MandateChanged(mandates=NOW))
    assert await messages_to(admin, person) == [said]
    assert await logged(admin) == ["mandate_changed"]


async def test_the_last_word_counts_whoever_said_it(
    mandates: Mandates, casework: Casework, mira: Session, admin: Admin, person: Person
) -> None:
    async def now() -> tuple[tuple[str, ...], tuple[str, ...] | None]:
        file = await casework.read(mira, person.case_id, TODAY)
        assert file is not None
        return file.mandates, await mandates.current(mira, person.case_id)

    assert await now() == (REPORT.mandates, REPORT.mandates)
    await mandates.change(mira, person.case_id, wish(), TODAY)
    assert await now() == (NOW, NOW)
    changed = Message(act=MandateChanged(mandates=("dokumentieren",)))
    await say_as_person(admin, person, "ads_jena", changed)
    assert await now() == (("dokumentieren",), ("dokumentieren",))


async def test_what_is_wanted_of_another_stelle_stays(
    mandates: Mandates, sessions: dict[str, Session], mira: Session, person: Person
) -> None:
    await mandates.change(mira, person.case_id, wish(), TODAY)

    theirs = await mandates.current(sessions["ezra"], person.cases["ezra"])

    assert theirs == REPORT.mandates


async def test_sent_at_once_it_is_written_once(
    mandates: Mandates, mira: Session, admin: Admin, person: Person
) -> None:
    once = wish()

    became = await asyncio.gather(
        *(mandates.change(mira, person.case_id, once, TODAY) for _ in range(4))
    )

    assert became == [Noted.KEPT] * 4
    assert len(await messages_to(admin, person)) == 1
    assert await logged(admin) == ["mandate_changed"]


async def test_what_holds_already_is_no_change(
    mandates: Mandates, mira: Session, admin: Admin, person: Person
) -> None:
    same = wish(tuple(reversed(REPORT.mandates)))

    assert await mandates.change(mira, person.case_id, same, TODAY) is Noted.UNCHANGED
    assert await messages_to(admin, person) == []


async def test_something_else_under_the_same_number_is_noticed(
    mandates: Mandates, mira: Session, admin: Admin, person: Person
) -> None:
    once = wish()
    await mandates.change(mira, person.case_id, once, TODAY)
    other = Wish(("beraten",), once.text, once.message_id)

    assert await mandates.change(mira, person.case_id, other, TODAY) is Noted.CHANGED
    assert len(await messages_to(admin, person)) == 1


async def test_of_a_foreign_case_nothing_is_seen_or_changed(
    mandates: Mandates, sessions: dict[str, Session], admin: Admin, person: Person
) -> None:
    toni = sessions["thadine"]

    assert await mandates.current(toni, person.case_id) is None
    assert await mandates.change(toni, person.case_id, wish(), TODAY) is Noted.NO_SUCH_CASE
    assert await logged(admin) == []
