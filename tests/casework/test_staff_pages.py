"""The pages of advisers as a browser meets them: every state, every error, nothing typed lost."""

import re
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import timedelta
from html import unescape
from typing import NoReturn
from uuid import UUID, uuid4

import httpx
import pytest
from litestar.types import ASGIApp

from adstelle import staff
from adstelle.casework import shown
from adstelle.casework.queue.service import CaseQueue
from adstelle.casework.words import Words, fact, number, typed
from adstelle.city import City
from adstelle.database import Pool
from adstelle.domain.case import STEPS, State
from adstelle.domain.incident_date import IncidentDate
from adstelle.web import application, dates
from adstelle.web.pages import Pages
from tests.conftest import Admin
from tests.staff_side import (
    PASSPHRASE,
    REPORT,
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
TYPED = "Guten Tag & willkommen <b>hier</b>,\n\nbitte rufen Sie an: Kanarienvogel."


@dataclass
class Side:
    """The staff side of a service: its application, its clock, and a way to browse."""

    app: ASGIApp
    clock: Clock

    def browser(self, origin: str = HOST) -> AbstractAsyncContextManager[httpx.AsyncClient]:
        transport = httpx.ASGITransport(self.app)  # type: ignore[arg-type]  # one ASGI, spelt twice
        return httpx.AsyncClient(transport=transport, base_url=origin)

    async def sign_in(
        self, browser: httpx.AsyncClient, login: str = "mira", **also: str
    ) -> httpx.Response:
        self.clock.pass_by(timedelta(minutes=1))
        form = {"login": login, "passphrase": PASSPHRASE, "code": self.clock.code(), **also}
        return await browser.post("/de/anmelden", data=form)


@pytest.fixture
async def side(operator_pool: Pool, staff_pool: Pool, city: City) -> Side:
    """A service with a member of the ADS, `mira`, and one of ezra, `juri`."""
    await set_up(operator_pool, "ads_jena", new_member("mira"))
    await set_up(operator_pool, "ezra", new_member("juri"))
    clock, pages = Clock(), Pages(city, secure=False)
    sign_in = sign_in_of(staff_pool, clock)
    return Side(staff.build(pages, staff_pool, sign_in, today=lambda: TODAY), clock)


@pytest.fixture
async def stranger(side: Side) -> AsyncIterator[httpx.AsyncClient]:
    """A browser that has not signed in."""
    async with side.browser() as browser:
        yield browser


@pytest.fixture
async def mira(side: Side) -> AsyncIterator[httpx.AsyncClient]:
    """The browser of an adviser of the ADS."""
    async with side.browser() as browser:
        assert (await side.sign_in(browser)).status_code == 303
        yield browser


@pytest.fixture
async def person(admin: Admin, side: Side) -> Person:
    """Somebody who reported to the ADS without a name, and to ezra with one."""
    return await send_report(admin, {"ads_jena": False, "ezra": True})


def case(person: Person, form: str = "", lang: str = "de") -> str:
    return f"/{lang}/faelle/{person.case_id}{form}"


def field(page: httpx.Response, name: str) -> str:
    """What a hidden field or a text area of a page holds."""
    hidden = re.search(rf'<input type="hidden" name="{name}" value="([^"]*)"', page.text)
    area = re.search(rf'<textarea[^>]* name="{name}"[^>]*>\n(.*?)</textarea>', page.text, re.S)
    found = hidden or area
    assert found, name
    return unescape(found[1])


def browser_without(browser: httpx.AsyncClient) -> None:
    browser.cookies.clear()


# Signing in ---------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_a_stranger_is_asked_to_sign_in_in_their_language(
    stranger: httpx.AsyncClient, person: Person, lang: str
) -> None:
    queue = await stranger.get(f"/{lang}/faelle")
    wanted = await stranger.get(case(person, lang=lang))

    assert (queue.status_code, queue.headers["location"]) == (303, f"/{lang}/anmelden")
    assert wanted.headers["location"] == f"/{lang}/anmelden?weiter=faelle/{person.case_id}"
    page = await stranger.get(wanted.headers["location"])
    assert page.status_code == 200
    assert field(page, "weiter") == f"faelle/{person.case_id}"


async def test_the_start_page_leads_to_the_queue(stranger: httpx.AsyncClient) -> None:
    assert (await stranger.get("/")).headers["location"] == "/de/faelle"
    assert (await stranger.get("/ar")).headers["location"] == "/ar/faelle"
    assert (await stranger.get("/xx")).status_code == 404


async def test_after_signing_in_the_wanted_case_comes(
    side: Side, stranger: httpx.AsyncClient, person: Person
) -> None:
    answer = await side.sign_in(stranger, weiter=f"faelle/{person.case_id}")

    assert (answer.status_code, answer.headers["location"]) == (303, case(person))
    assert (await stranger.get(case(person))).status_code == 200


@pytest.mark.parametrize(
    "weiter", ["//evil.example", "https://evil.example", "faelle/../abmelden", "faelle/x", "\r\nx"]
)
async def test_nobody_is_led_elsewhere(
    side: Side, stranger: httpx.AsyncClient, weiter: str
) -> None:
    answer = await side.sign_in(stranger, weiter=weiter)

    assert answer.headers["location"] == "/de/faelle"


async def test_whatever_is_wrong_the_page_is_the_same(
    side: Side, stranger: httpx.AsyncClient
) -> None:
    right = {"login": "mira", "passphrase": PASSPHRASE, "code": side.clock.code()}
    wrong = [
        right | {"login": "nobody"},
        right | {"passphrase": "not the passphrase"},
        right | {"code": "000000"},
    ]

    answers = [await stranger.post("/de/anmelden", data=form) for form in wrong]

    pages = {
        answer.text.replace(f'value="{form["login"]}"', "")
        for answer, form in zip(answers, wrong, strict=True)
    }
    assert {answer.status_code for answer in answers} == {422}
    assert len(pages) == 1
    assert not any(answer.cookies for answer in answers)


async def test_each_empty_field_is_named_and_no_secret_comes_back(
    stranger: httpx.AsyncClient,
) -> None:
    page = await stranger.post(
        "/de/anmelden", data={"login": "mira", "passphrase": CANARY, "code": ""}
    )
    empty = await stranger.post("/de/anmelden/bestaetigen", data={"login": "mira"})
    nobody = await stranger.post("/de/anmelden", data={"passphrase": CANARY, "code": "123456"})

    assert (page.status_code, empty.status_code, nobody.status_code) == (200, 422, 422)
    assert "<title>Fehler: Anmeldung" in empty.text
    assert re.findall(r'href="#(feld-\w+)"', empty.text) == ["feld-code"]
    assert re.findall(r'href="#(feld-\w+)"', nobody.text) == ["feld-login"]
    assert 'value="mira"' in empty.text
    assert CANARY not in page.text + empty.text + nobody.text


async def test_the_session_cookie_is_out_of_reach(side: Side, stranger: httpx.AsyncClient) -> None:
    cookie = (await side.sign_in(stranger)).headers["set-cookie"]

    attributes = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert attributes == {"httponly", "path=/", "samesite=strict"}
    assert cookie.startswith("adstelle-dienst=")


async def test_with_tls_the_cookie_is_pinned_to_the_host(
    side: Side, staff_pool: Pool, city: City
) -> None:
    pages = Pages(city, secure=True)
    app = staff.build(pages, staff_pool, sign_in_of(staff_pool, side.clock), today=lambda: TODAY)
    secure = Side(app, side.clock)
    async with secure.browser("https://localhost") as browser:
        answer = await secure.sign_in(browser)
        queue = await browser.get("/de/faelle")

    assert answer.headers["set-cookie"].startswith("__Host-adstelle-dienst=")
    assert "secure" in answer.headers["set-cookie"].lower()
    assert queue.status_code == 200
    assert queue.headers["strict-transport-security"]


async def test_signing_out_ends_the_session_everywhere(
    mira: httpx.AsyncClient, person: Person
) -> None:
    old = dict(mira.cookies)

    answer = await mira.post("/de/abmelden")

    assert answer.headers["location"] == "/de/anmelden?abgemeldet=1"
    assert "cache" in answer.headers["clear-site-data"]
    assert not mira.cookies
    mira.cookies.update(old)
    assert (await mira.get(case(person))).status_code == 303
    farewell = await mira.get(answer.headers["location"])
    assert "Sie sind abgemeldet" in farewell.text


# Pages --------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_every_page_speaks_every_language(
    mira: httpx.AsyncClient, person: Person, admin: Admin, city: City, lang: str
) -> None:
    await write_as_person(admin, person, "ads_jena", "Hallo?")
    empty = await mira.get(f"/{lang}/faelle?stand=abgeschlossen")
    pages = [empty, await mira.get(f"/{lang}/faelle"), await mira.get(case(person, lang=lang))]
    browser_without(mira)
    pages.append(await mira.get(f"/{lang}/anmelden"))

    known = city.catalogue.languages[lang]
    for page in pages:
        assert page.status_code == 200
        assert f'<html lang="{known.html}" dir="{known.dir}"' in page.text
        assert page.text.count("<h1") == 1
        keys = r"\b(staff|queue|labels|common|layout|code|errors|referral)\.[a-z_]+\.?[a-z_]*\b"
        assert not re.search(keys, page.text)
        others = set(re.findall(r'<a href="/([a-z-]+)/[^"]*" lang="', page.text))
        assert others == set(LANGUAGES) - {lang}


async def test_the_queue_shows_number_state_facts_and_unread_messages(
    mira: httpx.AsyncClient, person: Person, admin: Admin
) -> None:
    await write_as_person(admin, person, "ads_jena", "Hallo?")

    page = await mira.get("/de/faelle")

    assert number(person.case_id) in page.text
    assert "Beleidigung" in page.text
    assert "2. März 2026" in page.text
    assert "1 neue" in page.text
    assert "Lobeda" not in page.text  # what was typed is shown in the case only


async def test_the_queue_goes_on_page_by_page_within_the_filter(
    mira: httpx.AsyncClient, admin: Admin
) -> None:
    sent = [str((await send_report(admin, {"ads_jena": False})).case_id) for _ in range(30)]

    first = await mira.get("/de/faelle?stand=neu")
    older = unescape(re.findall(r'rel="next" href="([^"]+)"', first.text)[0])
    second = await mira.get(older)
    newer = unescape(re.findall(r'rel="prev" href="([^"]+)"', second.text)[0])
    again = await mira.get(newer)

    def ids(page: httpx.Response) -> list[str]:
        return re.findall(r'href="/de/faelle/([0-9a-f-]{36})"', page.text)

    assert older.startswith("/de/faelle?stand=neu&vor=")
    assert ids(first) + ids(second) == sent[::-1]
    assert ids(again) == ids(first)


@pytest.mark.parametrize(
    "query",
    [
        "vor=x",
        "vor=-1",
        "nach=99999999999999999999",
        "stand=x",
        "vor=²",
        "ansicht=x",
        "vor=20260101-20260101-1",
        "filter=x",
    ],
)
async def test_a_broken_link_shows_the_newest_cases(
    mira: httpx.AsyncClient, person: Person, query: str
) -> None:
    page = await mira.get(f"/de/faelle?{query}")

    assert page.status_code == 200
    assert str(person.case_id) in page.text


async def test_what_was_written_is_shown_as_text_with_its_lines(
    mira: httpx.AsyncClient, person: Person
) -> None:
    page = await mira.get(case(person))

    assert '<p dir="auto">Am Telefon war sie frei.<br>Beim Termin nicht mehr.</p>' in page.text
    assert "Das war &lt;b&gt;kein&lt;/b&gt; Zufall." in page.text
    assert "27. Februar 2026" in page.text
    assert "Ich möchte beraten werden<br>" in page.text


async def test_the_contact_is_shown_only_where_it_was_given(
    side: Side, mira: httpx.AsyncClient, person: Person
) -> None:
    for_ads = await mira.get(case(person))
    async with side.browser() as juri:
        await side.sign_in(juri, "juri")
        for_ezra = await juri.get(f"/de/faelle/{person.cases['ezra']}")

    assert CANARY not in for_ads.text
    assert "0170 5550123" not in for_ads.text
    assert "ohne Namen und Kontakt" in for_ads.text
    assert f"Nour {CANARY}" in for_ezra.text
    assert "0170 5550123" in for_ezra.text


async def test_a_foreign_case_and_none_look_the_same(
    mira: httpx.AsyncClient, admin: Admin, side: Side
) -> None:
    foreign, unknown = (await send_report(admin, {"ezra": True})).case_id, uuid4()

    async def answers(case_id: UUID) -> list[tuple[int, str]]:
        path = f"/de/faelle/{case_id}"
        sent = [
            await mira.get(path),
            await mira.post(f"{path}/antwort", data={"text": "x", "message_id": str(uuid4())}),
            await mira.post(f"{path}/schritt", data={"stand": "gelesen"}),
        ]
        return [(page.status_code, page.text.replace(str(case_id), "")) for page in sent]

    assert await answers(foreign) == await answers(unknown)
    assert {status for status, _ in await answers(foreign)} == {404}


async def test_the_person_may_be_called_in_any_state(
    mira: httpx.AsyncClient, person: Person
) -> None:
    """Every step of the table is offered, and nothing else; at first the case is taken over."""
    offered: dict[str, list[str]] = {}
    way = ("", "in_bearbeitung", "rueckfrage", "wartet_auf_stelle", "ruht", "abgeschlossen")
    for step in way:
        if step:
            await mira.post(case(person, "/schritt"), data={"stand": step})
        page = await mira.get(case(person))
        assert ("/uebernehmen" in page.text) is not bool(step)
        offered[step or "gelesen"] = re.findall(r'name="stand" value="(\w+)"', page.text)
        if "/abschliessen" in page.text:  # closing has a page of its own: it asks why
            offered[step or "gelesen"].append("abgeschlossen")

    table = {state: list(STEPS[State(state)]) for state in offered}
    table["gelesen"].remove(State.IN_BEARBEITUNG)
    assert offered == table
    assert set(offered) == set(State) - {State.NEU}


async def test_one_button_takes_a_case_over_and_on_oneself(
    mira: httpx.AsyncClient, person: Person
) -> None:
    """Taken over for the Stelle alone, nobody works on it yet."""
    before = await mira.get(case(person))
    assert 'name="mir" value="ja"' in before.text

    await mira.post(case(person, "/uebernehmen"), data={})
    assert case(person, "/nehmen") in (await mira.get(case(person))).text

    await mira.post(case(person, "/uebernehmen"), data={"mir": "ja"})
    page = (await mira.get(case(person))).text
    assert case(person, "/nehmen") not in page
    assert case(person, "/uebernehmen") not in page


async def test_a_step_is_taken_and_confirmed(mira: httpx.AsyncClient, person: Person) -> None:
    await mira.get(case(person))

    answer = await mira.post(case(person, "/schritt"), data={"stand": "in_bearbeitung"})
    page = await mira.get(answer.headers["location"])

    assert answer.headers["location"] == case(person, "?getan=schritt")
    assert "Der Stand ist geändert" in page.text
    assert page.text.count("in Bearbeitung") >= 2
    assert "Mira Muster" in page.text


@pytest.mark.parametrize("stand", ["neu", "gelesen", "nonsense", ""])
async def test_a_step_that_the_table_has_not_is_refused_with_the_case(
    mira: httpx.AsyncClient, person: Person, admin: Admin, stand: str
) -> None:
    await mira.get(case(person))

    page = await mira.post(case(person, "/schritt"), data={"stand": stand})

    assert page.status_code == 409
    assert "Dieser Schritt geht von hier aus nicht" in page.text
    assert await admin.fetchval("select state from casework.case where stelle = 'ads_jena'") == (
        "gelesen"
    )


async def test_a_form_address_leads_back_to_the_case(
    mira: httpx.AsyncClient, person: Person
) -> None:
    for form in ("/antwort", "/schritt"):
        answer = await mira.get(case(person, form))
        assert (answer.status_code, answer.headers["location"]) == (303, case(person))


# An answer, and what may happen to it ---------------------------------------------------------


async def test_an_answer_sent_twice_is_kept_once(
    mira: httpx.AsyncClient, person: Person, admin: Admin
) -> None:
    form = {"message_id": field(await mira.get(case(person)), "message_id"), "text": TYPED}

    answers = [await mira.post(case(person, "/antwort"), data=form) for _ in range(2)]

    assert {answer.headers["location"] for answer in answers} == {case(person, "?getan=antwort")}
    assert await answers_to(admin, person) == [TYPED]
    page = await mira.get(answers[0].headers["location"])
    assert "Ihre Antwort ist gesendet" in page.text
    assert "bitte rufen Sie an" in page.text


async def test_an_empty_answer_is_asked_for(
    mira: httpx.AsyncClient, person: Person, admin: Admin
) -> None:
    page = await mira.post(case(person, "/antwort"), data={"text": "  \n ", "message_id": "x"})

    assert page.status_code == 422
    assert "<title>Fehler: Fall" in page.text
    assert 'href="#feld-text"' in page.text
    assert await answers_to(admin, person) == []


async def test_an_answer_that_is_too_long_comes_back_whole(
    mira: httpx.AsyncClient, person: Person, admin: Admin
) -> None:
    long, message_id = "ä" * 20_001, str(uuid4())

    page = await mira.post(case(person, "/antwort"), data={"text": long, "message_id": message_id})

    assert page.status_code == 422
    assert (field(page, "text"), field(page, "message_id")) == (long, message_id)
    assert await answers_to(admin, person) == []


async def test_a_changed_answer_comes_back_to_be_sent_by_itself(
    mira: httpx.AsyncClient, person: Person, admin: Admin
) -> None:
    form = {"message_id": str(uuid4()), "text": "erster Text"}
    await mira.post(case(person, "/antwort"), data=form)

    page = await mira.post(case(person, "/antwort"), data=form | {"text": TYPED})

    assert page.status_code == 409
    assert field(page, "text") == TYPED
    again = {"text": field(page, "text"), "message_id": field(page, "message_id")}
    assert again["message_id"] != form["message_id"]
    await mira.post(case(person, "/antwort"), data=again)
    assert await answers_to(admin, person) == ["erster Text", TYPED]


async def test_after_a_lost_session_the_answer_is_still_there_and_is_sent_once(
    side: Side, mira: httpx.AsyncClient, person: Person, admin: Admin
) -> None:
    form = {"message_id": field(await mira.get(case(person)), "message_id"), "text": TYPED}
    browser_without(mira)

    ended = await mira.post(case(person, "/antwort"), data=form)
    carried = {name: field(ended, name) for name in ("weiter", "message_id", "text")}
    refused = await mira.post(
        "/de/anmelden", data={"login": "mira", "passphrase": "x", "code": "y", **carried}
    )
    resumed = await side.sign_in(mira, **carried)

    assert ended.status_code == 403
    assert "Ihre Sitzung ist zu Ende" in ended.text
    for page in (ended, refused, resumed):
        assert (field(page, "text"), field(page, "message_id")) == (TYPED, form["message_id"])
    action = re.findall(r'<form method="post" action="([^"]+)"', resumed.text)
    assert action == [case(person, "/antwort")]
    await mira.post(action[0], data={"text": TYPED, "message_id": field(resumed, "message_id")})
    assert await answers_to(admin, person) == [TYPED]


async def test_without_the_database_the_answer_comes_back(
    mira: httpx.AsyncClient, person: Person, admin: Admin, staff_pool: Pool
) -> None:
    form = {"message_id": str(uuid4()), "text": TYPED}
    await staff_pool.close()

    page = await mira.post(case(person, "/antwort"), data=form)

    assert page.status_code == 503
    assert page.headers["retry-after"]
    assert "noch nicht gespeichert" in page.text
    assert (field(page, "text"), field(page, "message_id")) == (TYPED, form["message_id"])
    assert await answers_to(admin, person) == []


async def test_an_answer_of_which_nobody_knows_is_not_called_lost(
    mira: httpx.AsyncClient, person: Person, admin: Admin
) -> None:
    """The connection breaks after the answer was sent to the database: sending again is safe."""
    form = {"message_id": str(uuid4()), "text": TYPED}
    await admin.execute(
        "create function scope.break() returns trigger language plpgsql as "
        "$$ begin perform pg_terminate_backend(pg_backend_pid()); return new; end $$"
    )
    await admin.execute(
        "create trigger break before insert on mailbox.message execute function scope.break()"
    )
    await admin.execute("alter function scope.break() security definer")

    page = await mira.post(case(person, "/antwort"), data=form)
    await admin.execute("drop trigger break on mailbox.message")

    assert page.status_code == 503
    assert "Wir wissen nicht, ob Ihre Antwort gespeichert ist" in page.text
    again = {"text": field(page, "text"), "message_id": field(page, "message_id")}
    assert again == form
    assert (await mira.post(case(person, "/antwort"), data=again)).status_code == 303
    assert await answers_to(admin, person) == [TYPED]


async def test_signing_in_without_the_database_keeps_what_was_typed(
    side: Side, stranger: httpx.AsyncClient, person: Person, staff_pool: Pool
) -> None:
    await staff_pool.close()

    page = await side.sign_in(
        stranger, weiter=f"faelle/{person.case_id}", text=TYPED, message_id=str(uuid4())
    )

    assert (page.status_code, page.headers["retry-after"]) == (503, "5")
    assert 'value="mira"' in page.text
    assert field(page, "text") == TYPED
    assert PASSPHRASE not in page.text


async def test_signing_out_without_the_database_does_not_pretend(
    mira: httpx.AsyncClient, staff_pool: Pool
) -> None:
    await staff_pool.close()

    page = await mira.post("/de/abmelden")

    assert page.status_code == 503
    assert "Wir konnten Sie noch nicht abmelden" in page.text
    assert "set-cookie" not in page.headers


# Who sends --------------------------------------------------------------------------------------


ELSEWHERE = (
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"origin": "https://evil.example"},
)


@pytest.mark.parametrize("headers", ELSEWHERE, ids=lambda headers: next(iter(headers.values())))
@pytest.mark.parametrize("form", ["/antwort", "/schritt", None, "anmelden"])
async def test_a_form_sent_by_another_site_does_nothing(
    side: Side,
    mira: httpx.AsyncClient,
    person: Person,
    admin: Admin,
    headers: dict[str, str],
    form: str | None,
) -> None:
    await mira.get(case(person))
    path = case(person, form) if form and form[0] == "/" else f"/de/{form or 'abmelden'}"
    fields = {"text": "x", "message_id": str(uuid4()), "stand": "abgeschlossen"}

    page = await mira.post(path, data=fields, headers=headers)

    assert page.status_code == 403
    assert "Zu Ihrem Schutz" in page.text
    assert (await mira.get("/de/faelle")).status_code == 200
    assert await answers_to(admin, person) == []
    state = await admin.fetchval("select state from casework.case where stelle = 'ads_jena'")
    assert state == "gelesen"


@pytest.mark.parametrize(
    "headers", [{"sec-fetch-site": "same-origin"}, {"origin": HOST}, {"origin": "null"}, {}]
)
async def test_our_own_forms_are_taken(
    mira: httpx.AsyncClient, person: Person, headers: dict[str, str]
) -> None:
    form = {"text": "x", "message_id": str(uuid4())}

    answer = await mira.post(case(person, "/antwort"), data=form, headers=headers)

    assert answer.status_code == 303


# Errors -------------------------------------------------------------------------------------


async def error_of(browser: httpx.AsyncClient, kind: int, lang: str) -> httpx.Response:
    path = f"/{lang}/anmelden"
    match kind:
        case 400:
            return await browser.post(path, content=b"login=%ff" + CANARY.encode())
        case 404:
            return await browser.get(f"/{lang}/faelle/{CANARY}")
        case 405:
            return await browser.put(path, content=CANARY.encode())
        case 413:
            return await browser.post(path, content=b"text=" + b"x" * (16 * 1024 * 1024))
        case _:
            return await browser.get(f"/{lang}/faelle?vor={CANARY}")


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("kind", [400, 404, 405, 413, 500, 503])
async def test_every_error_is_a_page_that_says_nothing_about_it(
    mira: httpx.AsyncClient,
    staff_pool: Pool,
    event_log: Callable[[], str],
    monkeypatch: pytest.MonkeyPatch,
    kind: int,
    lang: str,
) -> None:
    async def broken(*_: object, **__: object) -> NoReturn:
        raise RuntimeError(CANARY)

    if kind == 500:
        monkeypatch.setattr(CaseQueue, "page", broken)
    if kind == 503:
        await staff_pool.close()

    page = await error_of(mira, kind, lang)

    assert page.status_code == kind
    assert f'<a href="/{lang}/' not in page.text  # the reader's own language is no link
    assert page.text.count("<h1") == 1
    written = event_log()
    assert CANARY not in re.sub(rf'href="/[^"]*{CANARY}"', "", page.text) + written
    assert ("RuntimeError" in written) is (kind == 500)
    assert "RuntimeError" not in page.text
    assert ("retry-after" in page.headers) is (kind == 503)
    assert ("allow" in page.headers) is (kind == 405)


async def test_a_file_is_not_a_form(stranger: httpx.AsyncClient) -> None:
    page = await stranger.post("/de/anmelden", files={"text": b"x"})

    assert page.status_code == 400


async def test_every_page_carries_its_guards(mira: httpx.AsyncClient, person: Person) -> None:
    pages = [
        await mira.get("/de/faelle"),
        await mira.get(case(person)),
        await mira.get("/de/nichts"),
        await mira.post(case(person, "/antwort"), data={"text": ""}),
        await mira.post("/de/anmelden", data={}),
        await mira.get("/de/anmelden"),
    ]

    assert [page.status_code for page in pages] == [200, 200, 404, 422, 422, 200]
    for page in pages:
        assert page.headers["cache-control"] == "no-store"
        assert page.headers["referrer-policy"] == "no-referrer"
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
        assert page.headers["x-content-type-options"] == "nosniff"
        assert not re.search(r'<(script|link|img)[^>]*(src|href)="(?!/static/|data:)', page.text)
        assert " on" not in " ".join(re.findall(r"<[^>]* (on\w+)=", page.text))


async def test_no_page_of_the_staff_side_describes_an_api(stranger: httpx.AsyncClient) -> None:
    for path in ("/schema", "/openapi.json", "/docs", "/api/v1/openapi.json"):
        assert (await stranger.get(path)).status_code == 404


# Files and health -----------------------------------------------------------------------------


async def test_styles_are_kept_for_a_year_and_packed(stranger: httpx.AsyncClient) -> None:
    page = await stranger.get("/de/anmelden")
    paths = re.findall(r'"(/static/[^"]+)"', page.text)

    assert len(paths) == 2
    for path in paths:
        packed = await stranger.get(path)
        plain = await stranger.get(path, headers={"accept-encoding": "identity"})
        assert packed.headers["content-encoding"] == "gzip"
        assert "content-encoding" not in plain.headers
        assert packed.text == plain.text
        assert "immutable" in plain.headers["cache-control"]
        assert plain.headers["vary"] == "accept-encoding"
    assert (await stranger.get("/static/..%2fmanifest.json")).status_code == 404
    assert (await stranger.get("/static/manifest.json")).status_code == 404


async def test_health_is_that_of_the_database(
    stranger: httpx.AsyncClient, staff_pool: Pool
) -> None:
    assert (await stranger.get("/leben")).status_code == 200

    await staff_pool.close()
    assert (await stranger.get("/leben")).status_code == 503


def test_the_busy_page_is_ready_before_it_is_needed(city: City) -> None:
    pages = application.busy_pages(Pages(city, secure=False), "staff_layout.html")

    assert pages.keys() == set(LANGUAGES)
    assert "Gerade sind sehr viele Menschen hier" in pages["de"].decode()


# Words --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "written"),
    [
        (IncidentDate(day=3, month=3, year=2026), "3. März 2026"),
        (IncidentDate(month=3, year=2026), "März 2026"),
        (IncidentDate(year=2026), "2026"),
        (IncidentDate(words="kurz vor Ostern"), "kurz vor Ostern"),
        (IncidentDate(month=3, year=2026, words="abends"), "März 2026 · abends"),
        (IncidentDate(day=31, month=2, year=2026), "31.2.2026"),
        (IncidentDate(day=5, month=2), "5.2"),
        (IncidentDate(), ""),
    ],
)
def test_a_day_is_written_as_precisely_as_it_is_known(
    city: City, given: IncidentDate, written: str
) -> None:
    assert dates.incident_day(Pages(city, secure=False), "de", given) == written


def test_every_state_and_step_has_a_word_and_a_tone(city: City) -> None:
    words = Words(Pages(city, secure=False), "de")

    assert shown.KINDS.keys() == set(State)
    assert len({words.state(state) for state in State}) == len(State)
    for state in State:
        assert all(label for _, label in shown.steps(words, state))


def test_a_code_that_the_city_gave_up_is_shown_as_it_is(city: City) -> None:
    words = Words(Pages(city, secure=False), "de")

    assert words.code("grounds", "frueherer_code") == "frueherer_code"
    assert words.district("frueherer_ortsteil") == "frueherer_ortsteil"
    assert words.language("fa") == "fa"
    assert words.yes_no("vielleicht") == "vielleicht"
    assert words.yes_no(None) == ""


def test_typed_text_is_escaped_and_keeps_its_lines() -> None:
    assert typed("a <b>\nc\n\n\n\nd") == ('<p dir="auto">a &lt;b&gt;<br>c</p><p dir="auto">d</p>')
    assert typed(" \n ") == ""
    assert fact("a <b>") == "<bdi>a &lt;b&gt;</bdi>"
    assert fact("a\nb") == '<p dir="auto">a<br>b</p>'
    assert fact("") == ""
    assert REPORT.account.count("\n\n") == 1
