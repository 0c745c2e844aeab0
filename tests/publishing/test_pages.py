"""The pages of drafts as a browser meets them: who sees what, and which numbers never show."""

import re
from collections.abc import AsyncIterator
from typing import Final
from uuid import uuid4

import httpx
import pytest

from adstelle import staff
from adstelle.city import City
from adstelle.crypto.sessions import Session
from adstelle.database import Pool
from adstelle.publishing import kept
from adstelle.publishing.kept import Cell, Outcome
from adstelle.publishing.store import State
from adstelle.web import guard as guards
from adstelle.web.pages import Pages
from tests.publishing.conftest import Office
from tests.staff_side import TODAY, Clock, sign_in_of

HOST: Final = "http://localhost:8001"
DRAWN: Final = re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b[0-9a-f]{64}\b")
SECRET_NUMBERS: Final = {"few": 1009, "a-work": 1013, "a-home": 1019, "b-work": 1021}


class Door:
    """Lets in whoever *who* names; nobody where it is empty."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.who = ""

    async def load(self, _: str | None) -> Session | None:
        return self.office.people.get(self.who)


@pytest.fixture
def door(office: Office, monkeypatch: pytest.MonkeyPatch) -> Door:
    """Sessions without signing in, which has tests of its own."""
    door = Door(office)
    make = guards.Guard.__init__

    def init(self: guards.Guard, pages: Pages, _: object, **given: bool) -> None:
        make(self, pages, door.load, **given)

    monkeypatch.setattr(guards.Guard, "__init__", init)
    return door


@pytest.fixture
async def browser(door: Door, staff_pool: Pool, city: City) -> AsyncIterator[httpx.AsyncClient]:
    sign_in = sign_in_of(staff_pool, Clock())
    app = staff.build(Pages(city, secure=False), staff_pool, sign_in, today=lambda: TODAY)
    transport = httpx.ASGITransport(app)  # type: ignore[arg-type]  # one ASGI, spelt twice
    async with httpx.AsyncClient(transport=transport, base_url=HOST) as browser:
        yield browser


async def with_secrets(office: Office, state: State) -> str:
    """A draft in which every withheld number was counted as one that is easy to find."""
    draft_id = await office.draft(state)
    counted = tuple(Cell(cell, value, "few") for cell, value in SECRET_NUMBERS.items())
    sealed = kept.seal(Outcome(counted=counted), draft_id, office.statistics.private.public())
    await office.admin.execute("update figures.draft set outcome = $1", sealed)
    return str(draft_id)


def numbers_in(page: httpx.Response) -> set[int]:
    """What could be one of them; not in the numbers of drafts and forms, which are drawn by lot."""
    text = DRAWN.sub("", page.text)
    return {int(it.replace(".", "")) for it in re.findall(r"\b1\.0\d\d\b|\b10\d\d\b", text)}


@pytest.mark.parametrize(
    ("who", "statistics", "approval"),
    [("dora", 200, 200), ("lea", 403, 200), ("ada", 403, 403), ("", 303, 303)],
)
async def test_who_drafts_and_who_approves(
    office: Office, browser: httpx.AsyncClient, door: Door, who: str, statistics: int, approval: int
) -> None:
    draft_id, door.who = await office.draft(State.HANDED), who
    for path in ("", "/neu", f"/{draft_id}", f"/{draft_id}/vorschau", f"/{draft_id}/innen"):
        assert (await browser.get(f"/de/statistik{path}")).status_code == statistics, path
    for path in ("", f"/{draft_id}"):
        assert (await browser.get(f"/de/freigabe{path}")).status_code == approval, path


async def test_a_statistician_without_the_key_enters_it_first(
    office: Office, browser: httpx.AsyncClient, door: Door
) -> None:
    door.who = "dora"
    office.people["dora"] = Session(
        member_id=office.dora.member_id, name="Dora", login="dora", stelle="ads_jena", seed=None,
        role=office.dora.role,
    )  # fmt: skip
    answer = await browser.get("/de/statistik")

    assert answer.headers["location"] == "/de/statistik/schluessel"


async def test_withheld_numbers_show_on_one_page_alone(
    office: Office, browser: httpx.AsyncClient, door: Door
) -> None:
    draft_id, door.who = await with_secrets(office, State.HANDED), "dora"
    inside = await browser.get(f"/de/statistik/{draft_id}/innen")
    assert numbers_in(inside) == set(SECRET_NUMBERS.values())
    for who, path in [
        ("dora", f"statistik/{draft_id}"),
        ("dora", f"statistik/{draft_id}/vorschau"),
        ("stella", f"freigabe/{draft_id}"),
        ("mira", f"freigabe/{draft_id}"),
        ("mira", "freigabe"),
    ]:
        door.who = who
        assert not numbers_in(await browser.get(f"/de/{path}")), path


async def test_a_page_looks_again_only_for_whoever_asked(
    office: Office, browser: httpx.AsyncClient, door: Door
) -> None:
    draft_id, door.who = await office.draft(State.WORKING), "dora"
    once = await browser.get(f"/de/statistik/{draft_id}")
    again = await browser.get(f"/de/statistik/{draft_id}?folgen=ja")

    assert "refresh" not in once.headers
    assert again.headers["refresh"] == "10"


async def test_what_was_typed_is_there_when_the_session_ended(
    office: Office, browser: httpx.AsyncClient
) -> None:
    draft_id = await office.draft()
    typed = {"changes_de": "Im März kam eine Frage dazu.", "notes_de": "", "sha256": "0"}
    answer = await browser.post(f"/de/statistik/{draft_id}/worte", data=typed)

    assert answer.status_code == 403
    assert typed["changes_de"] in answer.text
    assert f"statistik/{draft_id}/worte" in answer.text


async def test_a_form_that_is_sent_while_another_draft_is_counted_keeps_everything(
    office: Office, browser: httpx.AsyncClient, door: Door
) -> None:
    await office.draft(State.WORKING)
    door.who = "stella"
    form = {
        "message_id": str(uuid4()), "since-monat": "1", "since-jahr": "2025", "until-monat": "6",
        "until-jahr": "2025",
    }  # fmt: skip
    answer = await browser.post("/de/statistik/neu", data=form)

    assert answer.status_code == 409
    assert all(value in answer.text for value in form.values())
