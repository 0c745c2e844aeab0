"""The pages on which a report is taken: step by step, and nothing typed is ever lost."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from html import unescape
from typing import Final

import httpx
import pytest

from adstelle import staff
from adstelle.city import City
from adstelle.crypto.hpke import PrivateKey
from adstelle.database import Pool
from adstelle.web.pages import Pages
from tests.conftest import Admin
from tests.core import RECEIPT_CODE
from tests.staff_side import PASSPHRASE, TODAY, Clock, new_member, set_up, sign_in_of

HOST: Final = "http://localhost:8001"
STORY: Final = "Beim Termin war die Wohnung weg & niemand sagte, warum."
TOLD: Final = {
    "source": "phone",
    "received-tag": str(TODAY.day),
    "received-monat": str(TODAY.month),
    "received-jahr": str(TODAY.year),
    "account": STORY,
    "reporter_role": "betroffene",
    "incident_type": "unmittelbare_benachteiligung",
    "area_of_life": "wohnen",
    "alleged_responsible": "vermieter",
    "territory": "jena",
    "grounds": ["sprache", "alter"],
    "language": "ar",
    "name": "Nour Kanarienvogel",
}
CHOSEN: Final = {
    "stellen": "thadine",
    "with_contact": ["ads_jena", "thadine"],
    "agreed": "ja",
    "with_code": "ja",
}
HIDDEN: Final = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


class Desk:
    """An adviser's browser, and a clock to sign in by."""

    def __init__(self, browser: httpx.AsyncClient, clock: Clock) -> None:
        self.browser = browser
        self._clock = clock

    async def sign_in(self, **also: object) -> httpx.Response:
        self._clock.pass_by(timedelta(minutes=1))
        form = {"login": "mira", "passphrase": PASSPHRASE, "code": self._clock.code(), **also}
        return await self.browser.post("/de/anmelden", data=form)

    async def take(self, **fields: object) -> httpx.Response:
        return await self.browser.post("/de/aufnehmen", data=fields)


@pytest.fixture
async def desk(
    operator_pool: Pool, staff_pool: Pool, city: City, admin: Admin
) -> AsyncIterator[Desk]:
    await admin.execute(
        "insert into accounts.public_key values ('statistics', $1, $2)",
        PrivateKey.generate().public().encoded, TODAY,
    )  # fmt: skip
    for login, stelle in (("mira", "ads_jena"), ("toni", "thadine")):
        await set_up(operator_pool, stelle, new_member(login))
    clock, pages = Clock(), Pages(city, secure=False)
    app = staff.build(pages, staff_pool, sign_in_of(staff_pool, clock), today=lambda: TODAY)
    transport = httpx.ASGITransport(app)  # type: ignore[arg-type]  # one ASGI, spelt twice
    async with httpx.AsyncClient(transport=transport, base_url=HOST) as browser:
        desk = Desk(browser, clock)
        assert (await desk.sign_in()).status_code == 303
        yield desk


def carried(page: httpx.Response) -> dict[str, list[str]]:
    """What a page's hidden fields hold."""
    found: dict[str, list[str]] = {}
    for name, value in HIDDEN.findall(page.text):
        found.setdefault(name, []).append(unescape(value))
    return found


async def test_from_the_questions_to_the_slip(desk: Desk, admin: Admin) -> None:
    choice = await desk.take(**TOLD, tun="stellen")
    assert choice.status_code == 200
    check = await desk.take(**carried(choice), **CHOSEN, tun="pruefen")
    assert check.status_code == 200
    assert STORY.replace("&", "&amp;") in check.text
    assert "Ohne Angabe: Datum" in check.text
    assert "Keine Angabe" not in check.text, "one line names all that nothing was said to"
    assert await admin.fetchval("select count(*) from intake.report") == 0

    kept = await desk.take(**carried(check), tun="aufnehmen")

    assert kept.status_code == 303
    slip = await desk.browser.get(kept.headers["location"])
    assert 'dir="rtl"' in slip.text
    assert RECEIPT_CODE.search(re.sub("<[^>]*>", "", slip.text))
    queue = await desk.browser.get("/de/faelle")
    assert "Aufgenommen: Telefon" in queue.text
    assert await admin.fetchval("select count(*) from intake.handover") == 2


async def test_sent_twice_leads_to_the_same_case(desk: Desk, admin: Admin) -> None:
    form = carried(await desk.take(**TOLD, **CHOSEN, tun="pruefen"))

    first, second = [await desk.take(**form, tun="aufnehmen") for _ in range(2)]

    assert first.headers["location"] == second.headers["location"]
    assert await admin.fetchval("select count(*) from intake.report") == 1


async def test_every_page_carries_what_the_others_asked(desk: Desk) -> None:
    check = await desk.take(**TOLD, **CHOSEN, tun="pruefen")
    form = carried(check)
    everything = {
        name: [value] if isinstance(value, str) else value
        for name, value in (TOLD | CHOSEN).items()
    }
    assert {name: sorted(form[name]) for name in everything if name != "stellen"} == {
        name: sorted(values) for name, values in everything.items() if name != "stellen"
    }
    back = await desk.take(**form, tun="angaben")
    assert unescape(back.text).count(STORY) == 1
    assert carried(back)["with_code"] == ["ja"]
    again = await desk.take(**form, tun="stellen")
    assert carried(again)["account"] == [STORY]


async def test_nothing_typed_is_lost_when_the_session_ended(desk: Desk) -> None:
    form = carried(await desk.take(**TOLD, **CHOSEN, tun="pruefen"))
    desk.browser.cookies.clear()

    closed = await desk.take(**form, tun="aufnehmen")

    assert closed.status_code == 403
    assert carried(closed)["account"] == [STORY]
    opened = await desk.sign_in(**carried(closed))
    assert carried(opened)["account"] == [STORY]
    assert 'action="/de/aufnehmen"' in opened.text
    resumed = await desk.browser.post("/de/aufnehmen", data=carried(opened))
    assert resumed.status_code == 200
    assert "aufnehmen" in resumed.text
    assert carried(resumed)["with_code"] == ["ja"]
    assert (await desk.take(**carried(resumed), tun="aufnehmen")).status_code == 303


async def test_a_stranger_is_led_back_here_after_signing_in(desk: Desk) -> None:
    desk.browser.cookies.clear()

    answer = await desk.browser.get("/de/aufnehmen")

    assert answer.headers["location"] == "/de/anmelden?weiter=aufnehmen"
    assert (await desk.sign_in(weiter="aufnehmen")).headers["location"] == "/de/aufnehmen"


async def test_the_own_stelle_cannot_be_left_out(desk: Desk, admin: Admin) -> None:
    form = TOLD | {"stellen": "thadine", "agreed": "ja", "with_code": "nein"}

    assert (await desk.take(**form, tun="aufnehmen")).status_code == 303

    rows = await admin.fetch("select stelle from intake.handover order by stelle")
    assert [row["stelle"] for row in rows] == ["ads_jena", "thadine"]


async def test_a_stelle_that_nobody_knows_is_named_as_a_mistake(desk: Desk, admin: Admin) -> None:
    page = await desk.take(**(TOLD | CHOSEN | {"stellen": "niemals"}), tun="aufnehmen")

    assert page.status_code == 422
    assert await admin.fetchval("select count(*) from intake.report") == 0


async def test_an_answer_that_was_taken_back_is_not_kept(desk: Desk) -> None:
    """Who reports for themself was not asked whether somebody agrees."""
    form = TOLD | CHOSEN | {"affected_agrees": "nein"}

    page = await desk.take(**form, tun="pruefen")

    assert page.status_code == 200
