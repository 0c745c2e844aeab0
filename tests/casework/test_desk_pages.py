"""The pages of a desk as a browser meets them; every address tried by who must not see a case."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from html import unescape
from uuid import UUID, uuid4

import httpx
import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute

from adstelle import staff
from adstelle.accounts import setup
from adstelle.casework.blocks.service import Shipped
from adstelle.city import City
from adstelle.database import Pool
from adstelle.domain.case import Closing
from adstelle.web.pages import Pages
from tests.conftest import Admin
from tests.staff_side import (
    CHEAP,
    PASSPHRASE,
    TODAY,
    Clock,
    Person,
    answers_to,
    new_member,
    send_report,
    set_up,
    sign_in_of,
    write_as_person,
)

HOST = "http://localhost:8001"
LANGUAGES = ("de", "de-simple", "en", "ar")
CANARY = "Kanarienvogel"
ELSEWHERE = "1b4e28ba-2fa1-4d21-883f-0016d3cca427"


class Side:
    """The staff side with Mira, Kim and Lou of the ADS."""

    def __init__(self, app: Litestar, clock: Clock, members: dict[str, UUID]) -> None:
        self.app, self.clock, self.members = app, clock, members

    def browser(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url=HOST)  # type: ignore[arg-type]  # one ASGI, spelt twice

    async def sign_in(self, browser: httpx.AsyncClient, login: str) -> None:
        self.clock.pass_by(timedelta(minutes=1))
        form = {"login": login, "passphrase": PASSPHRASE, "code": self.clock.code()}
        assert (await browser.post("/de/anmelden", data=form)).status_code == 303


@pytest.fixture
async def side(operator_pool: Pool, staff_pool: Pool, city: City, admin: Admin) -> Side:
    key = await set_up(operator_pool, "ads_jena", new_member("mira"))
    for login in ("kim", "lou"):
        await setup.add_member(
            operator_pool, "ads_jena", key, new_member(login), cost=CHEAP, today=TODAY
        )
    await set_up(operator_pool, "ezra", new_member("juri"))
    rows = await admin.fetch("select login, member_id from accounts.member")
    clock = Clock()
    app = staff.build(
        Pages(city, secure=False), staff_pool, sign_in_of(staff_pool, clock), today=lambda: TODAY
    )
    return Side(app, clock, {row["login"]: row["member_id"] for row in rows})


@pytest.fixture
async def mira(side: Side) -> AsyncIterator[httpx.AsyncClient]:
    async with side.browser() as browser:
        await side.sign_in(browser, "mira")
        yield browser


@pytest.fixture
async def kim(side: Side) -> AsyncIterator[httpx.AsyncClient]:
    async with side.browser() as browser:
        await side.sign_in(browser, "kim")
        yield browser


@pytest.fixture
async def person(admin: Admin, side: Side) -> Person:
    person = await send_report(admin, {"ads_jena": True})
    await write_as_person(admin, person, "ads_jena", f"{CANARY} schreibt.")
    return person


def case(person: Person, form: str = "", lang: str = "de") -> str:
    return f"/{lang}/faelle/{person.case_id}{form}"


def area(page: httpx.Response, name: str = "text") -> str:
    found = re.search(rf'<textarea[^>]* name="{name}"[^>]*>\n(.*?)</textarea>', page.text, re.S)
    assert found
    return unescape(found[1])


# Who must not see a case -------------------------------------------------------------------------

# What each form of a case sends when it is right; a form not named here is sent empty.
RIGHT = {
    "antwort": {"text": "Guten Tag"},
    "schritt": {"stand": "gelesen"},
    "ablehnen": {"reason": "full"},
    "auftrag": {"mandates": "zuhoeren"},
    "weitergeben": {"stelle": "ezra", "scope": "facts", "way": "mailbox", "tun": "senden"},
    "erledigt": {"vorgang": ELSEWHERE},
    "zustaendig": {"assigned_to": "niemand", "note": "x"},
    "wiedervorlage": {"remind-tag": "3", "remind-monat": "4", "remind-jahr": "2027"},
    "abschliessen": {"reason": "geklaert"},
    "notizen": {"text": "x"},
    "entwurf": {"text": "x"},
    "baustein": {"text": "x", "baustein": "frist"},
}


def addresses(app: Litestar, case_id: UUID) -> list[tuple[str, str]]:
    """Every method and address of one case that the application knows."""
    return sorted(
        (method, route.path.replace("{lang:str}", "de").replace("{case_id:uuid}", str(case_id)))
        for route in app.routes
        if isinstance(route, HTTPRoute) and "{case_id:uuid}" in route.path
        for method in route.methods & {"GET", "POST"}
    )


async def everything(admin: Admin) -> list[tuple[str, int]]:
    """How many rows every table has."""
    tables = await admin.fetch(
        "select schemaname || '.' || quote_ident(tablename) from pg_tables "
        "where schemaname in ('casework', 'mailbox', 'intake', 'outbox', 'exchange')"
    )
    return [(row[0], await admin.fetchval(f"select count(*) from {row[0]}")) for row in tables]


async def test_no_address_of_a_case_leads_there_for_who_is_kept_from_it(
    side: Side, mira: httpx.AsyncClient, kim: httpx.AsyncClient, person: Person, admin: Admin
) -> None:
    """Every page and every form there is, also those that come later."""
    await kim.get(case(person))
    kept = await mira.post(case(person, "/befangen"), data={"wen": str(side.members["kim"])})
    assert kept.headers["location"] == case(person, "?getan=befangen")
    before = await everything(admin)
    tried = addresses(side.app, person.case_id)
    assert len(tried) > 25

    for method, pattern in tried:
        path = re.sub(r"\{\w+:uuid\}", ELSEWHERE, pattern)
        for number in (str(uuid4()), ELSEWHERE):
            form = RIGHT.get(path.rsplit("/", 1)[1], {}) | {"message_id": number}
            answer = await kim.request(method, path, data=form if method == "POST" else None)
            led_back = answer.headers.get("location", "").startswith(case(person))
            assert answer.status_code == 404 or (method == "GET" and led_back), (method, path)
            assert CANARY not in answer.text
    for what in ({"wen": str(side.members["kim"])}, {"aufheben": str(side.members["kim"])}):
        assert (await kim.post(case(person, "/befangen"), data=what)).status_code == 404
    assert await everything(admin) == before


async def test_the_same_addresses_work_for_a_colleague(
    side: Side, mira: httpx.AsyncClient, person: Person
) -> None:
    """The counterpart: what was refused above is not refused to everybody."""
    for method, path in addresses(side.app, person.case_id):
        if method == "GET" and "{" not in path:
            assert (await mira.get(path)).status_code in {200, 303}, path


async def test_the_list_is_without_it(
    side: Side, mira: httpx.AsyncClient, kim: httpx.AsyncClient, person: Person
) -> None:
    await mira.post(case(person, "/befangen"), data={"wen": str(side.members["kim"])})

    assert str(person.case_id) in (await mira.get("/de/faelle")).text
    for query in ("", "?stand=gelesen", "?stand=neu", "?achtung=1", "?vor=99999", "?nach=0"):
        assert str(person.case_id) not in (await kim.get(f"/de/faelle{query}")).text


async def test_who_steps_back_is_told_so_and_a_colleague_lifts_it(
    side: Side, mira: httpx.AsyncClient, kim: httpx.AsyncClient, person: Person
) -> None:
    form = case(person, "/befangen")
    left = await kim.post(form, data={"wen": str(side.members["kim"])})
    assert left.headers["location"] == "/de/faelle/abgegeben"
    assert (await kim.get("/de/faelle/abgegeben")).status_code == 200
    assert (await kim.get(case(person))).status_code == 404

    shown = await mira.get(form)
    assert f'name="aufheben" value="{side.members["kim"]}"' in shown.text
    await mira.post(form, data={"aufheben": str(side.members["kim"])})
    assert (await kim.get(case(person))).status_code == 200


async def test_the_last_one_is_told_why_not(
    side: Side, mira: httpx.AsyncClient, person: Person
) -> None:
    for login in ("kim", "lou"):
        await mira.post(case(person, "/befangen"), data={"wen": str(side.members[login])})

    answer = await mira.post(case(person, "/befangen"), data={"wen": str(side.members["mira"])})

    assert answer.status_code == 422
    assert 'href="#feld-wen"' in answer.text
    assert (await mira.get(case(person))).status_code == 200


# Who works on it ---------------------------------------------------------------------------------


async def test_one_button_takes_a_case(side: Side, kim: httpx.AsyncClient, person: Person) -> None:
    page = await kim.get(case(person))
    assert f'action="{case(person, "/nehmen")}"' in page.text

    answer = await kim.post(case(person, "/nehmen"))
    page = await kim.get(answer.headers["location"])

    assert "<strong><bdi>Kim Muster</bdi></strong>" in page.text
    assert f'action="{case(person, "/nehmen")}"' not in page.text


async def test_what_was_typed_for_a_hand_over_is_kept(
    side: Side, mira: httpx.AsyncClient, person: Person
) -> None:
    wrong = {"assigned_to": ELSEWHERE, "deputy": str(side.members["kim"]), "note": CANARY}
    answer = await mira.post(case(person, "/zustaendig"), data=wrong)

    assert answer.status_code == 422
    assert area(answer, "note") == CANARY
    checked = re.findall(r'name="deputy" value="([^"]+)" checked', answer.text)
    assert checked == [str(side.members["kim"])]


async def test_a_session_that_ended_loses_no_note(mira: httpx.AsyncClient, person: Person) -> None:
    mira.cookies.clear()
    for form in ("/notizen", "/zustaendig"):
        name = "text" if form == "/notizen" else "note"
        answer = await mira.post(case(person, form), data={name: f"{CANARY} {'und weiter ' * 9}"})
        assert answer.status_code == 403
        assert CANARY in answer.text


@pytest.mark.parametrize(
    ("day", "done"),
    [
        (("3", "4", "2027"), "wiedervorlage"),
        (("2", "3", "2026"), "wiedervorlage"),
        (("1", "3", "2026"), "vergangen"),
        (("", "", ""), "wiedervorlage"),
    ],
)
async def test_a_day_in_the_past_is_kept_with_a_word_about_it(
    mira: httpx.AsyncClient, person: Person, day: tuple[str, str, str], done: str
) -> None:
    form = dict(zip(("remind-tag", "remind-monat", "remind-jahr"), day, strict=True))
    answer = await mira.post(case(person, "/wiedervorlage"), data=form)

    assert answer.headers["location"] == case(person, f"?getan={done}")


async def test_a_day_that_is_none_comes_back_with_the_draft_untouched(
    mira: httpx.AsyncClient, person: Person
) -> None:
    await mira.post(case(person, "/entwurf"), data={"text": CANARY})
    answer = await mira.post(case(person, "/wiedervorlage"), data={"remind-tag": "31"})

    assert answer.status_code == 422
    assert "<details open>" in answer.text
    assert area(answer) == CANARY


# Answers -----------------------------------------------------------------------------------------


async def test_a_draft_stands_there_again_until_it_is_sent(
    mira: httpx.AsyncClient, kim: httpx.AsyncClient, person: Person, admin: Admin
) -> None:
    answer = await mira.post(case(person, "/entwurf"), data={"text": "Guten Tag,\n\nbis bald"})
    assert answer.headers["location"] == case(person, "?getan=entwurf")
    assert area(await mira.get(case(person))) == "Guten Tag,\n\nbis bald"
    assert area(await kim.get(case(person))) == ""
    assert await answers_to(admin, person) == []

    await mira.post(case(person, "/antwort"), data={"text": "Guten Tag", "message_id": ELSEWHERE})
    assert area(await mira.get(case(person))) == ""


async def test_a_mistake_shows_what_was_typed_and_not_the_draft(
    mira: httpx.AsyncClient, person: Person
) -> None:
    await mira.post(case(person, "/entwurf"), data={"text": "Entwurf"})
    long = "Wort " * 5000
    answer = await mira.post(case(person, "/antwort"), data={"text": long})

    assert answer.status_code == 422
    assert area(answer) == long.strip()


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("block", Shipped)
async def test_a_building_block_is_put_below_what_was_typed(
    mira: httpx.AsyncClient, person: Person, city: City, block: Shipped, lang: str
) -> None:
    typed = {"text": "Liebe Frau N.", "baustein": block, "sprache": lang, "message_id": ELSEWHERE}
    answer = await mira.post(case(person, "/baustein"), data=typed)

    assert answer.status_code == 200
    expected = city.catalogue.text(lang, f"block.{block}.text")
    assert area(answer) == f"Liebe Frau N.\n\n{expected}"
    assert f'name="message_id" value="{ELSEWHERE}"' in answer.text


async def test_the_language_of_the_person_is_offered_first(
    mira: httpx.AsyncClient, person: Person
) -> None:
    page = await mira.get(case(person))
    assert re.findall(r'<option value="(\w+)"[^>]* selected>', page.text) == ["ar"]


async def test_an_own_building_block_is_written_used_and_deleted(
    mira: httpx.AsyncClient, person: Person
) -> None:
    new = {"title": "Grüße", "lang": "de", "text": f"Bis {CANARY}", "message_id": ELSEWHERE}
    assert (await mira.post("/de/bausteine", data=new)).headers["location"].endswith("=gemerkt")
    assert "Grüße" in (await mira.get("/de/bausteine")).text
    used = await mira.post(case(person, "/baustein"), data={"text": "", "baustein": ELSEWHERE})
    assert area(used) == f"Bis {CANARY}"

    wrong = await mira.post(f"/de/bausteine/{ELSEWHERE}", data={"title": "", "text": "Neu"})
    assert (wrong.status_code, area(wrong)) == (422, "Neu")
    await mira.post(f"/de/bausteine/{ELSEWHERE}", data={"tun": "loeschen"})
    assert (await mira.get(f"/de/bausteine/{ELSEWHERE}")).status_code == 404


# Notes -------------------------------------------------------------------------------------------


async def test_no_note_ever_reaches_the_person_or_another_stelle(
    mira: httpx.AsyncClient, person: Person, admin: Admin
) -> None:
    """Neither in the conversation nor in a preview of a referral."""
    await mira.post(case(person, "/notizen"), data={"text": f"Intern {CANARY}-17"})
    assert f"{CANARY}-17" in (await mira.get(case(person, "/notizen"))).text
    assert f"{CANARY}-17" not in (await mira.get(case(person))).text

    form = {"stelle": "ezra", "scope": "contact", "way": "mailbox"}
    preview = await mira.post(case(person, "/weitergeben"), data=form)
    assert preview.status_code == 200
    assert f"{CANARY}-17" not in preview.text
    assert await answers_to(admin, person) == []


# Closing -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", Closing)
async def test_closing_asks_why(
    mira: httpx.AsyncClient, person: Person, city: City, reason: Closing
) -> None:
    await mira.get(case(person))
    assert (await mira.post(case(person, "/abschliessen"))).status_code == 422

    answer = await mira.post(case(person, "/abschliessen"), data={"reason": reason})
    page = await mira.get(answer.headers["location"])

    assert city.catalogue.text("de", f"desk.closing.{reason}") in unescape(page.text)
    again = await mira.post(case(person, "/abschliessen"), data={"reason": reason})
    assert again.status_code == 409
