"""The pages of people as a browser meets them: what each role gets, and what never shows."""

import re
from collections.abc import AsyncIterator
from html import unescape
from uuid import uuid4

import httpx
import pyotp
import pytest

from adstelle import staff
from adstelle.city import City
from adstelle.database import Pool
from adstelle.domain.membership import MemberRole
from adstelle.web.pages import Pages
from tests.accounts.conftest import MINUTE, House
from tests.conftest import Admin
from tests.staff_side import PASSPHRASE, TODAY

HOST = "http://localhost:8001"
NEW = "vier kurze neue Wörter"
CASE = f"faelle/{uuid4()}"
KEY = "personen/schluessel"
STATISTICS = "statistik/schluessel"
NAVIGATION = re.compile(r'<li><a href="/de/([\w-]+)"(?: aria-current="\w+")?>')
ALLOWED = {
    MemberRole.ADVISER: {"faelle", "hilfe", "konto", "stadt"},
    MemberRole.LEAD: {
        "faelle",
        "freigabe",
        "hilfe",
        "konto",
        "personen",
        "personen/einladen",
        KEY,
        "stadt",
    },
    MemberRole.STATISTICIAN: {"freigabe", "hilfe", "konto", "stadt", STATISTICS},
    MemberRole.ADMINISTRATOR: {"hilfe", "konto", "personen", "personen/einladen", "stadt"},
}
HOME = {
    MemberRole.ADVISER: "faelle",
    MemberRole.LEAD: "faelle",
    MemberRole.STATISTICIAN: "statistik",
    MemberRole.ADMINISTRATOR: "personen",
}


@pytest.fixture
async def browser(house: House, staff_pool: Pool, city: City) -> AsyncIterator[httpx.AsyncClient]:
    app = staff.build(Pages(city, secure=False), staff_pool, house.sign_in, today=lambda: TODAY)
    transport = httpx.ASGITransport(app)  # type: ignore[arg-type]  # one ASGI, spelt twice
    async with httpx.AsyncClient(transport=transport, base_url=HOST) as browser:
        yield browser


async def sign_in(house: House, browser: httpx.AsyncClient, login: str = "mira") -> httpx.Response:
    house.clock.pass_by(MINUTE)
    form = {"login": login, "passphrase": PASSPHRASE, "code": house.clock.code()}
    answer = await browser.post("/de/anmelden", data=form)
    assert answer.status_code == 303
    return answer


def hidden(page: httpx.Response, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page.text)
    assert found, name
    return unescape(found[1])


def shown_code(page: httpx.Response) -> str:
    block = re.search(r'class="code-block".*?</p>', page.text, re.S)
    assert block
    return re.sub(r"<[^>]+>|\s", "", block[0].partition(">")[2])


@pytest.mark.parametrize("role", MemberRole)
async def test_a_role_sees_its_pages_and_no_other(
    house: House, browser: httpx.AsyncClient, role: MemberRole
) -> None:
    await house.add(await house.session(), "kim", role)
    answer = await sign_in(house, browser, "kim")

    seen = set()
    for path in {path for paths in ALLOWED.values() for path in paths}:
        page = await browser.get(f"/de/{path}")
        assert page.status_code in {200, 403}
        if page.status_code == 200:
            seen.add(path)
    assert seen == ALLOWED[role]
    assert answer.headers["location"] == f"/de/{HOME[role]}"
    assert (await browser.get("/de")).headers["location"] == f"/de/{HOME[role]}"


@pytest.mark.parametrize("role", MemberRole)
async def test_the_help_names_every_way_that_is_open_and_no_other(
    house: House, browser: httpx.AsyncClient, role: MemberRole
) -> None:
    """What stands in the navigation, or one press further, stands there with a word about it."""
    await house.add(await house.session(), "kim", role)
    await sign_in(house, browser, "kim")
    page = (await browser.get("/de/hilfe")).text
    header, _, main = page.partition("<main")

    assert "accesskey" not in page
    ways = re.findall(r'<dt[^>]*><a class="kern-link" href="/de/([\w-]+)">', main)
    areas = set(re.findall(NAVIGATION, header))
    if "auswertung" in areas:
        areas |= set(re.findall(NAVIGATION, (await browser.get("/de/auswertung")).text))
    assert set(ways) == areas
    for way in ways:
        answer = await browser.get(f"/de/{way}")
        needs_key = answer.headers.get("location") == f"/de/{STATISTICS}"
        assert answer.status_code == 200 or (way == "statistik" and needs_key), way


@pytest.mark.parametrize("role", [MemberRole.STATISTICIAN, MemberRole.ADMINISTRATOR])
@pytest.mark.parametrize("form", ["antwort", "schritt", "auftrag", "weitergeben", "ablehnen"])
async def test_who_holds_no_key_does_nothing_to_a_case(
    house: House, browser: httpx.AsyncClient, role: MemberRole, form: str
) -> None:
    await house.add(await house.session(), "kim", role)
    await sign_in(house, browser, "kim")

    assert (await browser.get(f"/de/{CASE}")).status_code == 403
    assert (await browser.post(f"/de/{CASE}/{form}", data={"text": "x"})).status_code == 403


async def test_somebody_is_invited_and_comes_in(
    house: House, browser: httpx.AsyncClient, admin: Admin
) -> None:
    await sign_in(house, browser)
    form = await browser.get("/de/personen/einladen")
    page = await browser.post(
        "/de/personen/einladen",
        data={
            "name": "Kim Muster", "role": "adviser", "message_id": hidden(form, "message_id")
        },
    )  # fmt: skip
    code = shown_code(page)
    assert page.headers["cache-control"] == "no-store"
    assert "http://localhost:8001/de/einladung" in page.text, "an address to give along, whole"
    assert code not in (await browser.get("/de/personen")).text
    await browser.post("/de/abmelden")

    entrance = await browser.post("/de/einladung", data={"einladung": code.lower()})
    secret = hidden(entrance, "secret")
    typed = {"einladung": code, "secret": secret, "login": "Kim", "new": NEW, "again": NEW}
    wrong = await browser.post(
        "/de/einladung", data=typed | {"code": house.clock.wrong_code(secret)}
    )
    assert wrong.status_code == 422
    assert hidden(wrong, "secret") == secret, "the app that was set up stays good"
    assert 'value="Kim"' in wrong.text
    assert NEW not in wrong.text
    house.clock.pass_by(MINUTE)
    right = typed | {"code": pyotp.TOTP(secret).at(house.clock.now)}
    done = await browser.post("/de/einladung", data=right)

    assert (done.status_code, done.headers["location"]) == (303, "/de/anmelden?drin=1")
    again = await browser.post("/de/einladung", data=right)
    assert again.status_code == 422
    assert (await house.session("kim", NEW, secret)).role is MemberRole.ADVISER
    assert await admin.fetchval("select count(*) from accounts.invitation") == 0


async def test_a_secret_that_is_none_of_ours_is_not_taken(
    house: House, browser: httpx.AsyncClient
) -> None:
    await sign_in(house, browser)
    for carried in ("", "A", "JBSWY3DPEHPK3PXP", "<b>" * 11):
        page = await browser.post("/de/konto/faktor", data={"secret": carried})
        assert len(hidden(page, "secret")) == 32
        assert "<svg" in page.text


async def test_what_was_typed_survives_the_end_of_the_session(
    house: House, browser: httpx.AsyncClient
) -> None:
    await sign_in(house, browser)
    await browser.post("/de/abmelden")

    page = await browser.post("/de/personen/einladen", data={"name": "Kim", "role": "adviser"})

    assert page.status_code == 403
    assert hidden(page, "weiter") == "personen/einladen"
    assert hidden(page, "name") == "Kim"


@pytest.mark.parametrize("path", ["konto/passphrase", "konto/faktor"])
async def test_a_passphrase_is_carried_along_nowhere(
    house: House, browser: httpx.AsyncClient, path: str
) -> None:
    typed = {"old": PASSPHRASE, "new": NEW, "again": "anders", "code": "000000"}
    stranger = await browser.post(f"/de/{path}", data=typed)
    await sign_in(house, browser)
    wrong = await browser.post(f"/de/{path}", data=typed)

    assert (stranger.status_code, wrong.status_code) == (403, 422)
    for page in (stranger, wrong):
        assert PASSPHRASE not in page.text
        assert NEW not in page.text


async def test_the_key_is_renewed_on_its_page(house: House, browser: httpx.AsyncClient) -> None:
    mira = await house.session()
    await sign_in(house, browser)
    page = await browser.get(f"/de/{KEY}")
    form = {"carried": hidden(page, "carried"), "recovery": "falsch"}

    wrong = await browser.post(f"/de/{KEY}", data=form)
    assert (wrong.status_code, shown_code(wrong)) == (422, shown_code(page))
    form |= {"recovery": shown_code(page)}
    done = await browser.post(f"/de/{KEY}", data=form)

    assert done.headers["location"] == "/de/personen?getan=renewed"
    assert (await browser.get("/de/faelle")).status_code == 200
    assert (await house.session()).older == (mira.seed,)
    twice = await browser.post(f"/de/{KEY}", data=form)
    assert twice.headers["location"] == "/de/personen?getan=not_now"


async def test_nobodys_name_stands_in_a_title_or_an_address(
    house: House, browser: httpx.AsyncClient
) -> None:
    kim = await house.add(await house.session(), "kim")
    await sign_in(house, browser)
    for path in ("", f"/{kim.member_id}", f"/{kim.member_id}/beenden"):
        page = await browser.get(f"/de/personen{path}")
        title = re.search("<title>(.*?)</title>", page.text)
        assert title
        assert "Kim" not in title[1]
        assert "Kim Muster" in page.text
