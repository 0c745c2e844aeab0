"""The pages of hints and patterns as a browser meets them."""

import re
from collections.abc import AsyncIterator
from html import unescape
from uuid import uuid4

import httpx
import msgspec
import pytest

from adstelle import staff
from adstelle.city import City
from adstelle.database import Pool
from adstelle.web.pages import Pages
from tests.casework.test_staff_pages import Side, field
from tests.conftest import Admin
from tests.staff_side import REPORT, TODAY, Clock, new_member, send_report, set_up, sign_in_of

CANARY = "Kanarienvogel"
STORY = msgspec.structs.replace(REPORT, account=f"Der {CANARY} sang.", place="Lobeda")


@pytest.fixture
async def side(operator_pool: Pool, staff_pool: Pool, city: City) -> Side:
    for login, stelle in (("mira", "ads_jena"), ("juri", "ezra")):
        await set_up(operator_pool, stelle, new_member(login))
    clock = Clock()
    app = staff.build(
        Pages(city, secure=False), staff_pool, sign_in_of(staff_pool, clock), today=lambda: TODAY
    )
    return Side(app, clock)


@pytest.fixture
async def mira(side: Side) -> AsyncIterator[httpx.AsyncClient]:
    async with side.browser() as browser:
        assert (await side.sign_in(browser)).status_code == 303
        yield browser


@pytest.fixture
async def pair(admin: Admin, side: Side, mira: httpx.AsyncClient) -> tuple[str, str]:
    """Two cases that tell of the same, both in the search index."""
    cases = [await send_report(admin, {"ads_jena": False}, report=STORY) for _ in range(2)]
    assert (await mira.get("/de/faelle")).status_code == 200
    return str(cases[0].case_id), str(cases[1].case_id)


def hints(pair: tuple[str, str]) -> str:
    return f"/de/faelle/{pair[0]}/hinweise"


def compared(pair: tuple[str, str]) -> str:
    return f"{hints(pair)}/{pair[1]}"


async def test_a_hint_leads_to_both_cases_side_by_side(
    mira: httpx.AsyncClient, pair: tuple[str, str]
) -> None:
    case = (await mira.get(f"/de/faelle/{pair[0]}")).text
    assert f'href="{hints(pair)}"' in case

    listed = (await mira.get(hints(pair))).text

    assert f'href="{compared(pair)}"' in listed
    assert "am selben Tag: <bdi>27. Februar 2026</bdi>" in listed
    assert "Vielleicht derselbe Vorfall" in listed
    assert CANARY not in listed
    assert (await mira.get(compared(pair))).text.count(CANARY) == 2


async def test_nothing_is_decided_by_looking(
    mira: httpx.AsyncClient, pair: tuple[str, str], admin: Admin
) -> None:
    for path in (hints(pair), compared(pair)):
        await mira.get(path)

    assert await admin.fetchval("select count(*) from casework.incident_link") == 0
    assert await admin.fetchval("select count(*) from casework.hint_answer") == 0


async def test_both_become_one_incident(
    mira: httpx.AsyncClient, pair: tuple[str, str], admin: Admin
) -> None:
    page = await mira.get(compared(pair))
    typed = {"tun": "vorfall", "title": "Am Telefon", "message_id": field(page, "message_id")}

    for _ in range(2):
        sent = await mira.post(compared(pair), data=typed)
        assert sent.headers["location"] == f"{hints(pair)}?getan=vorfall"

    listed = (await mira.get(sent.headers["location"])).text
    assert "Zusammengebracht" in listed
    assert compared(pair) not in listed
    assert "Die beiden Fälle gehören schon zusammen." in (await mira.get(compared(pair))).text
    assert await admin.fetchval("select count(*) from casework.incident") == 1
    assert "Am Telefon" in (await mira.get(f"/de/faelle/{pair[1]}/vorfall")).text


async def test_the_second_one_joins_the_incident_of_the_first(
    mira: httpx.AsyncClient, pair: tuple[str, str]
) -> None:
    link = {"incident": "neu", "title": "Schon da", "message_id": str(uuid4())}
    await mira.post(f"/de/faelle/{pair[1]}/vorfall", data=link)
    assert "Schon da" in (await mira.get(compared(pair))).text

    await mira.post(compared(pair), data={"tun": "vorfall", "message_id": str(uuid4())})

    assert "Schon da" in (await mira.get(f"/de/faelle/{pair[0]}/vorfall")).text


async def test_both_become_parts_of_a_series(
    mira: httpx.AsyncClient, pair: tuple[str, str]
) -> None:
    typed = {
        "tun": "reihe", "series": "neu", "new_series": "Absagen am Telefon",
        "name": "Erste Absage", "other_name": "Zweite Absage", "message_id": str(uuid4()),
    }  # fmt: skip

    sent = await mira.post(compared(pair), data=typed)

    assert sent.headers["location"] == f"{hints(pair)}?getan=reihe"
    link = re.search(r"/de/vorfaelle/[0-9a-f-]{36}", (await mira.get(compared(pair))).text)
    assert link
    incident = (await mira.get(link[0])).text
    for title in ("Erste Absage", "Zweite Absage", "Absagen am Telefon"):
        assert title in incident


async def test_what_was_typed_is_kept_with_its_mistakes(
    mira: httpx.AsyncClient, pair: tuple[str, str]
) -> None:
    typed = {"tun": "reihe", "series": "neu", "name": "", "other_name": f"{CANARY} & Co"}

    wrong = await mira.post(compared(pair), data=typed)

    assert wrong.status_code == 422
    assert f'value="{CANARY} &amp; Co"' in wrong.text
    assert wrong.text.count('aria-invalid="true"') == 2


async def test_apart_can_be_taken_back(mira: httpx.AsyncClient, pair: tuple[str, str]) -> None:
    page = await mira.get(compared(pair))
    typed = {"tun": "getrennt", "message_id": field(page, "message_id")}
    sent = await mira.post(compared(pair), data=typed)
    listed = await mira.get(sent.headers["location"])
    assert "Vielleicht derselbe Vorfall" not in listed.text
    assert "Mira Muster" in listed.text

    typed = {"tun": "wieder", "message_id": field(listed, "message_id")}
    sent = await mira.post(compared(pair), data=typed)

    assert "Vielleicht derselbe Vorfall" in (await mira.get(sent.headers["location"])).text
    log = unescape((await mira.get(f"/de/faelle/{pair[0]}")).text)
    assert "„Gehört nicht zusammen“ gesagt" in log
    assert "„Gehört nicht zusammen“ zurückgenommen" in log


async def test_when_the_session_has_ended_nothing_typed_is_lost(
    side: Side, mira: httpx.AsyncClient, pair: tuple[str, str]
) -> None:
    mira.cookies.clear()
    typed = {"tun": "vorfall", "title": f"{CANARY} am Telefon", "message_id": str(uuid4())}

    ended = await mira.post(compared(pair), data=typed)

    assert ended.status_code == 403
    assert CANARY in ended.text
    carried = dict(re.findall(r'<input type="hidden" name="([\w-]+)" value="([^"]*)"', ended.text))
    again = await side.sign_in(mira, **carried)
    assert f'action="{compared(pair)}"' in again.text
    assert CANARY in again.text


async def test_another_stelles_cases_look_like_none(
    side: Side, mira: httpx.AsyncClient, pair: tuple[str, str]
) -> None:
    async with side.browser() as juri:
        await side.sign_in(juri, "juri")
        for path in (hints(pair), compared(pair)):
            assert (await juri.get(path)).status_code == 404
        assert (await juri.post(compared(pair), data={"tun": "getrennt"})).status_code == 404
    assert (await mira.get(f"{hints(pair)}/{pair[0]}")).status_code == 404, "a case and itself"


async def test_a_pattern_leads_to_its_cases_and_no_address_names_it(
    mira: httpx.AsyncClient, pair: tuple[str, str]
) -> None:
    page = (await mira.get("/de/muster")).text
    assert "nicht zur Veröffentlichung" in page
    assert "Angesehen wurden 2 Fälle." in page
    assert "März 2026: 2" in page
    form = page.partition('id="place"')[2].partition("<form")[2].partition("</form>")[0]
    fields = dict(re.findall(r'name="([\w-]+)" value="([^"]*)"', form))
    assert fields.keys() == {"message_id", "place"}

    sent = await mira.post("/de/faelle/suche", data=fields)

    assert "Lobeda" not in sent.headers["location"]
    found = (await mira.get(sent.headers["location"])).text
    assert all(f"/de/faelle/{case_id}" in found for case_id in pair)


async def test_patterns_are_for_who_opens_cases(side: Side) -> None:
    async with side.browser() as stranger:
        asked = await stranger.get("/de/muster")
    assert asked.headers["location"] == "/de/anmelden?weiter=muster"
