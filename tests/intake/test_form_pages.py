"""The form over HTTP, as a browser without JavaScript meets it."""

import asyncio
import re
from typing import Any, Final
from urllib.parse import urlencode

import httpx
import pytest

from adstelle.asking import questions
from adstelle.city import City
from adstelle.crypto import receipt
from adstelle.database import Pool
from adstelle.intake.routes import COOKIE, MAILBOX_COOKIE
from adstelle.web.pages import Pages
from tests import core
from tests.conftest import Admin
from tests.core import JOURNEY, NOTHING, begin, code_in, counts, fill, is_page, leads_to, shows

LANGUAGES: Final = ("de", "de-simple", "en", "ar")
STEPS: Final = tuple(JOURNEY)
FORM: Final = {"content-type": "application/x-www-form-urlencoded"}
TEXT: Final = "Am Holzmarkt hat mich jemand gestoßen."


def cookie_of(browser: httpx.AsyncClient) -> str:
    value = browser.cookies.get(COOKIE)
    assert value
    return value


@pytest.fixture
def words(city: City) -> Pages:
    return Pages(city, secure=False)


async def send(browser: httpx.AsyncClient, lang: str = "de") -> str:
    """Send, and read the code on the receipt."""
    leads_to(await browser.post(f"/{lang}/m/senden"), f"/{lang}/m/quittung")
    return code_in(is_page(await browser.get(f"/{lang}/m/quittung")))


# The way through -----------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/de", "/de/", "/en", "/ar", "/de-simple", "/de/sicher"])
async def test_whoever_only_looks_gets_no_cookie(browser: httpx.AsyncClient, path: str) -> None:
    page = is_page(await browser.get(path))
    assert "set-cookie" not in page.headers
    assert "110" in page.text, "emergency numbers"
    assert 'href="/weg"' in page.text, "the quick exit"


async def test_nothing_is_stored_before_somebody_begins(
    browser: httpx.AsyncClient, admin: Admin
) -> None:
    for path in ("/", "/de/sicher", "/de/m/rolle", "/de/m/pruefen", "/de/m/quittung", "/weg"):
        await browser.get(path)
    assert await admin.fetchval("select count(*) from intake.draft") == 0


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_the_whole_way(browser: httpx.AsyncClient, admin: Admin, lang: str) -> None:
    await begin(browser, lang)
    pages = [*STEPS, "pruefen"]
    for step, following in zip(STEPS, pages[1:], strict=True):
        shown = is_page(await browser.get(f"/{lang}/m/{step}"))
        assert f'action="/{lang}/m/{step}"' in shown.text
        answered = await browser.post(f"/{lang}/m/{step}", data=dict(JOURNEY[step]))
        leads_to(answered, f"/{lang}/m/{following}")
    checked = is_page(await browser.get(f"/{lang}/m/pruefen"))
    assert shows(checked, TEXT)
    assert await counts(admin) == NOTHING, "nothing is sent by looking"

    code = await send(browser, lang)
    assert (await counts(admin))["report"] == 1
    leads_to(await browser.post(f"/{lang}/postfach", data={"code": code}), f"/{lang}/postfach")
    assert shows(is_page(await browser.get(f"/{lang}/postfach")), TEXT)


async def test_what_was_sent_is_what_was_typed_for_those_who_were_ticked(
    browser: httpx.AsyncClient, admin: Admin
) -> None:
    await fill(browser)
    await send(browser)
    report_id = await admin.fetchval("select report_id from intake.report")
    for stelle in ("ads_jena", "ezra"):
        account = await core.stored_account(admin, report_id, stelle)
        assert (account.account, account.language) == (TEXT, "en")
        assert account.answers.grounds == ("rassismus_ethnische_herkunft", "sprache")
    assert (await core.stored_contact(admin, report_id, "ads_jena")).name == "Kim Beispiel"
    wraps = await admin.fetch("select recipient from intake.wrap")
    assert {row["recipient"] for row in wraps} == {"ads_jena", "ezra", "mailbox"}


async def test_who_reports_for_another_is_asked_for_their_agreement(
    browser: httpx.AsyncClient,
) -> None:
    await begin(browser)
    answered = await browser.post("/de/m/rolle", data={"reporter_role": "zeugin"})
    leads_to(answered, "/de/m/zustimmung")
    answered = await browser.post("/de/m/zustimmung", data={"affected_agrees": "ja"})
    leads_to(answered, "/de/m/was")


@pytest.mark.parametrize(
    ("role", "asked"),
    [
        ("betroffene", "field.resident.own.label"),
        ("zeugin", "field.resident.label"),
        ("unbekannt", "field.resident.label"),
        (None, "field.resident.label"),
    ],
)
async def test_whom_it_happened_to_is_asked_in_person(
    browser: httpx.AsyncClient, city: City, role: str | None, asked: str
) -> None:
    await begin(browser)
    if role:
        await browser.post("/de/m/rolle", data={"reporter_role": role})

    page = is_page(await browser.get("/de/m/wohnort"))

    (heading,) = re.findall(r"<h1[^>]*>([^<]*?)\s*<", page.text)
    assert heading == city.catalogue.text("de", asked)
    (title,) = re.findall(r"<title>(.*?)</title>", page.text, re.S)
    assert f": {heading} –" in title


async def test_the_check_page_says_a_day_as_it_was_understood(
    browser: httpx.AsyncClient, city: City
) -> None:
    await begin(browser)
    for typed, shown in (
        (("5", "März", "2026"), "5. März 2026"),
        (("", "3", "2026"), "März 2026"),
        (("31", "2", "2026"), "31.2.2026"),
        (("5", "<b>", "2026"), "5 &lt;b&gt; 2026"),
    ):
        fields = dict(zip(("date-tag", "date-monat", "date-jahr"), typed, strict=True))
        await browser.post("/de/m/wann", data=fields)

        assert f">{shown}</bdi>" in (await browser.get("/de/m/pruefen")).text


async def test_the_check_page_says_that_nobody_sees_a_contact(
    browser: httpx.AsyncClient, city: City
) -> None:
    await fill(browser, {**JOURNEY, "kontakt": {}})

    page = is_page(await browser.get("/de/m/pruefen")).text

    row = page.split(city.catalogue.text("de", "field.with_contact.short"))[1].split("</div>")[0]
    assert city.catalogue.text("de", "check.nobody") in row
    assert city.catalogue.text("de", "check.nothing") not in row


async def test_who_only_counts_is_not_asked_for_a_contact(
    browser: httpx.AsyncClient, admin: Admin
) -> None:
    await fill(browser, {step: JOURNEY[step] for step in STEPS[:11]})
    answered = await browser.post("/de/m/stellen", data={"stellen": "niemand"})
    leads_to(answered, "/de/m/pruefen")
    await send(browser)
    found = await counts(admin)
    assert (found["wrap"], found["promise"], found["card"]) == (1, 0, 1)


async def test_everything_but_the_account_and_the_choice_may_be_skipped(
    browser: httpx.AsyncClient, admin: Admin
) -> None:
    only: dict[str, dict[str, Any]] = {step: {} for step in STEPS}
    only["erzaehlen"] = {"account": "Nur das."}
    only["stellen"] = {"stellen": "ads_jena"}
    await fill(browser, only)
    await send(browser)
    report_id = await admin.fetchval("select report_id from intake.report")
    assert (await core.stored_account(admin, report_id, "ads_jena")).account == "Nur das."


@pytest.mark.parametrize("step", [step for step in STEPS if step != "dateien"])
async def test_a_page_shows_again_what_was_typed_on_it(
    browser: httpx.AsyncClient, step: str
) -> None:
    await fill(browser)
    page = is_page(await browser.get(f"/de/m/{step}"))
    for name, values in JOURNEY[step].items():
        for value in [values] if isinstance(values, str) else values:
            if value:
                ticked = rf'name="{name}"[^>]*value="{value}"[^>]* checked'
                typed = rf'name="{name}"[^>]*value="{value}"|<option value="{value}" selected'
                field = next(f for f in questions.BY_NAME[step].fields if name.startswith(f.name))
                if field.kind in {"choice", "choices", "stellen"}:
                    assert re.search(ticked, page.text), name
                else:
                    assert re.search(typed, page.text) or shows(page, value), name


async def test_another_language_keeps_every_answer(browser: httpx.AsyncClient) -> None:
    await fill(browser, lang="de")
    page = is_page(await browser.get("/ar/m/erzaehlen"))
    assert shows(page, TEXT)
    assert 'dir="rtl"' in page.text
    for code in {*LANGUAGES} - {"ar"}:
        assert f'href="/{code}/m/erzaehlen"' in page.text
    assert shows(is_page(await browser.get("/en/m/pruefen")), TEXT)
    await send(browser, "en")


async def test_no_address_and_no_title_holds_an_answer(browser: httpx.AsyncClient) -> None:
    await begin(browser)
    for step, typed in JOURNEY.items():
        answered = await browser.post(f"/de/m/{step}", data=dict(typed))
        assert re.fullmatch(r"/de/m/[a-z]+", answered.headers["location"])
        page = await browser.get(answered.headers["location"])
        (title,) = re.findall(r"<title>(.*?)</title>", page.text, re.S)
        assert "Holzmarkt" not in title


async def test_coming_from_the_check_page_leads_back_to_it(browser: httpx.AsyncClient) -> None:
    await fill(browser)
    page = is_page(await browser.get("/de/m/wo?von=pruefen"))
    assert 'name="von" value="pruefen"' in page.text
    answered = await browser.post("/de/m/wo", data=dict(JOURNEY["wo"]) | {"von": "pruefen"})
    leads_to(answered, "/de/m/pruefen")


async def test_a_changed_answer_that_opens_a_question_leads_to_it(
    browser: httpx.AsyncClient,
) -> None:
    await fill(browser)
    answered = await browser.post("/de/m/rolle", data={"reporter_role": "zeugin", "von": "pruefen"})
    leads_to(answered, "/de/m/zustimmung")


# Mistakes ------------------------------------------------------------------------------------


MISTAKES: Final = [
    ("rolle", {"reporter_role": "chef"}, "error.reporter_role.unknown"),
    ("was", {"incident_type": "gibt_es_nicht"}, "error.incident_type.unknown"),
    ("erzaehlen", {"account": ""}, "error.account.missing"),
    ("erzaehlen", {"account": "ä" * 20_001}, "error.account.too_long"),
    ("wann", {"date-tag": "31", "date-monat": "2", "date-jahr": "2026"}, "error.date.no_such_day"),
    ("wann", {"date-tag": "gestern"}, "error.date.unreadable"),
    ("wann", {"date-tag": "3"}, "error.date.incomplete"),
    ("wann", {"date-jahr": "2199"}, "error.date.year"),
    ("wann", {"date-monat": "12", "date-jahr": "2026"}, "error.date.future"),
    ("wann", {"date_words": "w" * 201}, "error.date_words.too_long"),
    ("wo", {"territory": "mars"}, "error.territory.unknown"),
    ("wo", {"district": "mars"}, "error.district.unknown"),
    ("grund", {"grounds": ["alter", "mars"]}, "error.grounds.unknown"),
    ("hilfe", {"mandates": "geld"}, "error.mandates.unknown"),
    ("stellen", {}, "error.stellen.missing"),
    ("stellen", {"stellen": ["niemand", "ads_jena"]}, "error.stellen.contradiction"),
    ("antwort", {"language": "tlh"}, "error.language.unknown"),
    ("kontakt", {"mail": "kim@"}, "error.mail.malformed"),
    ("kontakt", {"phone": "0" * 201}, "error.phone.too_long"),
]


@pytest.mark.parametrize("lang", ["de", "ar"])
@pytest.mark.parametrize(("step", "typed", "fault"), MISTAKES, ids=lambda v: str(v)[:40])
async def test_a_mistake_is_named_beside_its_field_and_nothing_is_lost(
    browser: httpx.AsyncClient,
    words: Pages,
    step: str,
    typed: dict[str, Any],
    fault: str,
    lang: str,
) -> None:
    await begin(browser, lang)
    page = is_page(await browser.post(f"/{lang}/m/{step}", data=typed), 422)

    assert shows(page, words.text(lang, fault))
    assert 'aria-invalid="true"' in page.text or "kern-fieldset--error" in page.text
    again = is_page(await browser.get(f"/{lang}/m/{step}"))
    for value in typed.values():
        for text in [value] if isinstance(value, str) else value:
            if text not in {"chef", "gibt_es_nicht", "mars", "geld", "tlh"}:  # no such option
                assert text in page.text
                assert text in again.text


async def test_a_page_with_a_mistake_can_be_mended_in_place(browser: httpx.AsyncClient) -> None:
    await begin(browser)
    is_page(await browser.post("/de/m/wann", data={"date-tag": "31", "date-jahr": "2026"}), 422)
    mended = await browser.post(
        "/de/m/wann", data={"date-tag": "31", "date-monat": "5", "date-jahr": "2026"}
    )
    leads_to(mended, "/de/m/wo")


async def test_nothing_is_sent_without_a_choice_of_who_reads_it(
    browser: httpx.AsyncClient, admin: Admin, words: Pages
) -> None:
    await fill(browser, {step: JOURNEY[step] for step in STEPS[:11]})
    page = is_page(await browser.post("/de/m/senden"), 422)
    assert shows(page, words.text("de", "error.stellen.missing"))
    assert 'href="/de/m/stellen?von=pruefen"' in page.text
    assert await counts(admin) == NOTHING


async def test_nothing_is_sent_without_an_account(
    browser: httpx.AsyncClient, admin: Admin, words: Pages
) -> None:
    await begin(browser)
    page = is_page(await browser.post("/de/m/senden"), 422)
    assert shows(page, words.text("de", "error.account.missing"))
    assert await counts(admin) == NOTHING


async def test_a_choice_that_no_longer_fits_is_not_sent(
    browser: httpx.AsyncClient, admin: Admin, words: Pages
) -> None:
    await fill(browser)
    changed = {"territory": "deutschland", "district": "", "place": ""}
    await browser.post("/de/m/wo", data=changed)
    await browser.post("/de/m/wohnort", data={"resident": "nein"})
    await browser.post("/de/m/grund", data={"grounds": "alter"})
    await browser.post("/de/m/bereich", data={"area_of_life": "arbeit"})
    page = is_page(await browser.post("/de/m/senden"), 422)

    assert shows(page, words.text("de", "error.stellen.not_offered"))
    assert await counts(admin) == NOTHING


async def test_a_yes_taken_back_by_a_changed_role_is_not_sent(
    browser: httpx.AsyncClient, admin: Admin, words: Pages
) -> None:
    await fill(browser)
    await browser.post("/de/m/rolle", data={"reporter_role": "zeugin"})
    await browser.post("/de/m/zustimmung", data={"affected_agrees": "nein"})
    page = is_page(await browser.post("/de/m/senden"), 422)

    assert shows(page, words.text("de", "error.stellen.needs_agreement"))
    assert await counts(admin) == NOTHING


async def test_a_consent_that_no_page_offered_is_not_sent(
    browser: httpx.AsyncClient, admin: Admin
) -> None:
    """A forged form: every code is a known one, but nobody was shown it."""
    await fill(browser)
    for forged in (["rias_th"], ["statistics"], ["mailbox"], ["ads_bund"], ["ezra", "rias_th"]):
        await browser.post("/de/m/stellen", data={"stellen": forged})
        is_page(await browser.post("/de/m/senden"), 422)
    assert await counts(admin) == NOTHING


EVIL: Final = "</textarea><script>alert('x')</script>\"><img src=x onerror=alert(1)>"


async def test_what_was_typed_is_never_markup(browser: httpx.AsyncClient) -> None:
    journey = {**JOURNEY, "erzaehlen": {"account": EVIL}, "wo": {"place": EVIL, "district": EVIL}}
    await begin(browser)
    seen = [
        await browser.post(f"/de/m/{step}", data=dict(typed)) for step, typed in journey.items()
    ]
    seen += [await browser.get(f"/de/m/{page}") for page in (*STEPS, "pruefen")]
    for page in seen:
        assert "<script>alert" not in page.text
        assert "<img src=x" not in page.text


# Sending twice, going back -------------------------------------------------------------------


async def test_pressed_twice_it_is_sent_once(browser: httpx.AsyncClient, admin: Admin) -> None:
    await fill(browser)
    first = await send(browser)
    leads_to(await browser.post("/de/m/senden"), "/de/m/quittung")
    assert code_in(await browser.get("/de/m/quittung")) == first
    assert (await counts(admin))["report"] == 1


async def test_pressed_eight_times_at_once_it_is_sent_once(
    browser: httpx.AsyncClient, admin: Admin
) -> None:
    await fill(browser)
    for page in await asyncio.gather(*[browser.post("/de/m/senden") for _ in range(8)]):
        leads_to(page, "/de/m/quittung")
    seen = {code_in(await browser.get("/de/m/quittung")) for _ in range(3)}
    assert len(seen) == 1
    assert (await counts(admin))["report"] == 1
    assert (await counts(admin))["card"] == 1


async def test_going_back_after_sending_shows_the_receipt(browser: httpx.AsyncClient) -> None:
    await fill(browser)
    await send(browser)
    for step in (*STEPS, "pruefen"):
        leads_to(await browser.get(f"/de/m/{step}"), "/de/m/quittung")
        leads_to(await browser.post(f"/en/m/{step}", data={"account": "Neu"}), "/en/m/quittung"
                 ) if step != "pruefen" else None  # fmt: skip


async def test_after_sending_the_draft_holds_no_answer(
    browser: httpx.AsyncClient, admin: Admin
) -> None:
    await fill(browser, {**JOURNEY, "erzaehlen": {"account": TEXT * 100}})
    before = await admin.fetchval("select length(sealed) from intake.draft")
    await send(browser)
    left = await admin.fetchrow("select length(sealed) as size, expires_at from intake.draft")
    assert left is not None
    assert left["size"] < before
    in_an_hour = "select expires_at < now() + interval '61 minutes' from intake.draft"
    assert await admin.fetchval(in_an_hour)


async def test_a_new_report_after_one_that_was_sent_is_a_new_one(
    browser: httpx.AsyncClient, admin: Admin
) -> None:
    await fill(browser)
    first = await send(browser)
    await fill(browser)
    assert await send(browser) != first
    assert (await counts(admin))["report"] == 2


async def test_beginning_again_continues_a_living_draft(browser: httpx.AsyncClient) -> None:
    await fill(browser)
    await begin(browser)
    assert shows(await browser.get("/de/m/erzaehlen"), TEXT)


async def test_the_receipt_is_gone_with_its_draft(browser: httpx.AsyncClient, admin: Admin) -> None:
    await fill(browser)
    code = await send(browser)
    await admin.execute("update intake.draft set expires_at = now() - interval '1 second'")
    page = is_page(await browser.get("/de/m/quittung"))
    assert code not in page.text


async def test_finishing_removes_everything_from_the_device(
    browser: httpx.AsyncClient, admin: Admin
) -> None:
    await fill(browser)
    code = await send(browser)
    leads_to(await browser.post("/de/m/ende"), "/de/leer")
    assert dict(browser.cookies) == {}
    assert await admin.fetchval("select count(*) from intake.draft") == 0
    assert code not in (await browser.get("/de/m/quittung")).text


# Drafts that are none ------------------------------------------------------------------------


@pytest.mark.parametrize("cookie", ["", "x", "A" * 43, "ä" * 43, "A" * 4000, "../../etc/passwd"])
async def test_a_forged_draft_shows_nothing(
    browser: httpx.AsyncClient, words: Pages, cookie: str
) -> None:
    await fill(browser)
    forged = {b"cookie": f"{COOKIE}={cookie}".encode()}
    for page in ("erzaehlen", "pruefen", "quittung"):
        browser.cookies.clear()
        seen = is_page(await browser.get(f"/de/m/{page}", headers=forged))
        assert shows(seen, words.text("de", "gone.title"))
        assert not shows(seen, TEXT)
    assert not shows(await browser.post("/de/m/senden", headers=forged), TEXT)


async def test_a_replayed_cookie_opens_nothing_after_the_quick_exit(
    browser: httpx.AsyncClient, words: Pages
) -> None:
    await fill(browser)
    kept = cookie_of(browser)
    await browser.get("/weg")
    browser.cookies.set(COOKIE, kept, domain="localhost.local")
    for page in ("erzaehlen", "pruefen", "quittung"):
        seen = is_page(await browser.get(f"/de/m/{page}"))
        assert shows(seen, words.text("de", "gone.title"))
        assert not shows(seen, TEXT)


async def test_two_people_never_meet(
    browser: httpx.AsyncClient, city: City, public_pool: Pool
) -> None:
    await fill(browser)
    async with core.browser_for(core.application_of(public_pool, city)) as other:
        await begin(other)
        assert cookie_of(other) != cookie_of(browser)
        assert not shows(await other.get("/de/m/erzaehlen"), TEXT)


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_an_expired_draft_keeps_what_was_just_typed(
    browser: httpx.AsyncClient, admin: Admin, words: Pages, lang: str
) -> None:
    await begin(browser, lang)
    old = cookie_of(browser)
    await admin.execute("update intake.draft set expires_at = now() - interval '1 second'")
    page = is_page(await browser.post(f"/{lang}/m/erzaehlen", data={"account": TEXT}))

    assert shows(page, TEXT)
    assert shows(page, words.text(lang, "intake.draft_expired").split("\n")[0])
    assert cookie_of(browser) != old, "the old address is never used again"
    leads_to(await browser.post(f"/{lang}/m/erzaehlen", data={"account": TEXT}), f"/{lang}/m/wann")


async def test_sending_an_expired_draft_sends_nothing(
    browser: httpx.AsyncClient, admin: Admin, words: Pages
) -> None:
    await fill(browser)
    await admin.execute("update intake.draft set expires_at = now() - interval '1 second'")
    page = is_page(await browser.post("/de/m/senden"))
    assert shows(page, words.text("de", "gone.title"))
    assert await counts(admin) == NOTHING


async def test_without_cookies_typed_text_still_comes_back(
    browser: httpx.AsyncClient, words: Pages
) -> None:
    for _ in range(2):
        browser.cookies.clear()
        page = is_page(await browser.post("/de/m/erzaehlen", data={"account": TEXT}))
        assert shows(page, TEXT)
        assert shows(page, words.text("de", "intake.draft_expired").split("\n")[0])


# The quick exit ------------------------------------------------------------------------------


async def test_the_quick_exit_leaves_nothing_behind(
    browser: httpx.AsyncClient, admin: Admin, city: City
) -> None:
    await fill(browser)
    code = await send(browser)
    await browser.post("/de/postfach", data={"code": code})
    assert set(browser.cookies) == {COOKIE, MAILBOX_COOKIE}

    away = await browser.get("/weg")
    leads_to(away, city.quick_exit)
    assert away.headers["clear-site-data"] == '"cache", "cookies", "storage"'
    assert away.headers["referrer-policy"] == "no-referrer"
    assert dict(browser.cookies) == {}
    assert await admin.fetchval("select count(*) from intake.draft") == 0
    assert not shows(await browser.get("/de/m/erzaehlen"), TEXT)
    assert code not in (await browser.get("/de/postfach")).text


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_no_other_site_presses_the_quick_exit(
    browser: httpx.AsyncClient, admin: Admin, city: City, site: str
) -> None:
    """A picture in its page would take the draft's key out of somebody's browser."""
    await begin(browser)
    leads_to(await browser.post("/de/m/erzaehlen", data={"account": TEXT}), "/de/m/wann")

    away = await browser.get("/weg", headers={"sec-fetch-site": site})

    leads_to(away, city.quick_exit)
    assert "clear-site-data" not in away.headers
    assert "set-cookie" not in away.headers
    assert shows(await browser.get("/de/m/erzaehlen"), TEXT)


@pytest.mark.parametrize("site", ["same-origin", "none"])
async def test_whoever_presses_it_is_gone(
    browser: httpx.AsyncClient, admin: Admin, city: City, site: str
) -> None:
    await begin(browser)
    assert (
        "clear-site-data" in (await browser.get("/weg", headers={"sec-fetch-site": site})).headers
    )
    assert await admin.fetchval("select count(*) from intake.draft") == 0


async def test_the_quick_exit_works_for_whoever_has_nothing(browser: httpx.AsyncClient) -> None:
    assert (await browser.get("/weg")).status_code == 303
    browser.cookies.set(COOKIE, "forged", domain="localhost.local")
    assert (await browser.get("/weg")).status_code == 303


# Cookies -------------------------------------------------------------------------------------


async def test_the_cookie_is_for_this_host_and_no_script(
    browser: httpx.AsyncClient, city: City, public_pool: Pool
) -> None:
    plain = (await browser.post("/de/m")).headers["set-cookie"]
    async with core.browser_for(core.application_of(public_pool, city, secure=True)) as secure:
        pinned = await secure.post("/de/m")
        page = await secure.get("/de")
    tls = pinned.headers["set-cookie"]

    for cookie in (plain, tls):
        assert "httponly" in cookie.lower()
        assert "samesite=strict" in cookie.lower()
        assert "path=/" in cookie.lower()
        assert "expires" not in cookie.lower()
        assert "max-age" not in cookie.lower()
        assert "domain" not in cookie.lower()
    assert plain.startswith(f"{COOKIE}=")
    assert tls.startswith(f"__Host-{COOKIE}=")
    assert "secure" in tls.lower()
    assert "max-age=" in page.headers["strict-transport-security"]


# What browsers do not send -------------------------------------------------------------------


async def test_ten_megabytes_come_back_with_a_word(
    browser: httpx.AsyncClient, words: Pages
) -> None:
    await begin(browser)
    text = ("Ein sehr langer Bericht. " * 450_000)[: 10 * 1024 * 1024]
    page = is_page(await browser.post("/de/m/erzaehlen", data={"account": text}), 422)
    assert shows(page, words.text("de", "error.account.too_long"))
    assert text.strip() in page.text


async def test_a_long_text_does_not_push_out_what_was_kept(browser: httpx.AsyncClient) -> None:
    await fill(browser)
    await browser.post("/de/m/erzaehlen", data={"account": "x" * 300_000})
    assert shows(await browser.get("/de/m/erzaehlen"), TEXT)


async def test_more_than_sixteen_megabytes_are_not_read(
    browser: httpx.AsyncClient, words: Pages
) -> None:
    await begin(browser)
    body = b"account=" + b"x" * (16 * 1024 * 1024)
    page = is_page(await browser.post("/de/m/erzaehlen", content=body, headers=FORM), 413)
    assert shows(page, words.text("de", "errors.too_large.title"))


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"account=%FF%FE", FORM["content-type"]),
        (b"account=\xff\xfe", FORM["content-type"]),
        ("account=ä".encode(), FORM["content-type"]),
        (b"&".join(b"a=1" for _ in range(300)), FORM["content-type"]),
        (b'{"account": "x"}', "application/json"),
        (b"account=x", "text/plain"),
        (b'--b\r\ncontent-disposition: form-data; name="account"\r\n\r\nx\r\n--b--\r\n',
         "multipart/form-data; boundary=b"),
    ],
    ids=["broken UTF-8", "raw bytes", "raw UTF-8", "300 fields", "JSON", "text", "multipart"],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/de/m/erzaehlen", "/en/m/senden", "/ar/postfach"])
async def test_what_is_no_form_is_refused(
    browser: httpx.AsyncClient, words: Pages, body: bytes, kind: str, path: str
) -> None:
    page = is_page(await browser.post(path, content=body, headers={"content-type": kind}), 400)
    assert shows(page, words.text(path.split("/")[1], "errors.unreadable.title"))


async def test_a_charset_beside_the_type_is_no_reason_to_refuse(
    browser: httpx.AsyncClient,
) -> None:
    await begin(browser)
    headers = {"content-type": "application/x-www-form-urlencoded; charset=UTF-8"}
    page = await browser.post("/de/m/erzaehlen", content=b"account=x", headers=headers)
    leads_to(page, "/de/m/wann")


async def test_unknown_fields_are_not_kept(browser: httpx.AsyncClient, admin: Admin) -> None:
    await fill(browser)
    extra = {"account": TEXT, "stellen": "rias_th", "is_admin": "1", "submission": "x", "": "x"}
    leads_to(await browser.post("/de/m/erzaehlen", data=extra), "/de/m/wann")
    await send(browser)
    wraps = await admin.fetch("select recipient from intake.wrap")
    assert {row["recipient"] for row in wraps} == {"ads_jena", "ezra", "mailbox"}


async def test_line_ends_and_nul_are_made_plain(browser: httpx.AsyncClient, admin: Admin) -> None:
    typed = "Erst so.\r\nDann\x00 so."
    await fill(browser, {**JOURNEY, "erzaehlen": {"account": typed}})
    await send(browser)
    report_id = await admin.fetchval("select report_id from intake.report")
    account = await core.stored_account(admin, report_id, "ezra")
    assert account.account == "Erst so.\nDann so."


FOREIGN: Final = [
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"origin": "https://evil.example"},
    {"origin": "http://localhost.evil.example"},
    {"sec-fetch-site": "cross-site", "origin": "http://localhost"},
]
OURS: Final = [
    {},
    {"sec-fetch-site": "same-origin"},
    {"sec-fetch-site": "none"},
    {"origin": "http://localhost"},
    {"origin": "null"},
    {"sec-fetch-site": "same-origin", "origin": "null"},
]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
@pytest.mark.parametrize("path", ["/de/m", "/de/m/erzaehlen", "/de/m/senden", "/de/postfach",
                                  "/de/m/ende"])  # fmt: skip
async def test_a_form_from_another_site_is_refused(
    browser: httpx.AsyncClient, admin: Admin, words: Pages, headers: dict[str, str], path: str
) -> None:
    page = is_page(await browser.post(path, data={"account": "x"}, headers=headers), 403)
    assert shows(page, words.text("de", "errors.refused.title"))
    assert "set-cookie" not in page.headers
    assert await admin.fetchval("select count(*) from intake.draft") == 0


@pytest.mark.parametrize("headers", OURS, ids=str)
async def test_our_own_forms_are_accepted(
    browser: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    assert (await browser.post("/de/m", headers=headers)).status_code == 303


@pytest.mark.parametrize(
    "path", ["/", "/de", "/de/sicher", "/de/postfach", "/de/stellen", "/leben", "/de/m/rolle"]
)
async def test_head_answers_like_get_without_a_body(browser: httpx.AsyncClient, path: str) -> None:
    got, asked = await browser.get(path), await browser.head(path)
    assert asked.status_code == got.status_code
    assert asked.headers["content-type"] == got.headers["content-type"]
    assert asked.content == b""


@pytest.mark.parametrize(
    ("path", "methods"),
    [("/de", {"GET"}), ("/de/m", {"POST"}), ("/de/m/rolle", {"GET"})],
)
async def test_options_names_the_methods_and_does_nothing(
    browser: httpx.AsyncClient, path: str, methods: set[str]
) -> None:
    page = await browser.options(path)
    assert page.status_code == 204
    assert set(page.headers["allow"].split(", ")) >= methods | {"OPTIONS"}
    assert not any(name.startswith("access-control") for name in page.headers)


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/de/m"), ("PUT", "/de/postfach"), ("DELETE", "/de"), ("POST", "/de/sicher")],
)
async def test_another_method_is_a_page_that_says_so(
    browser: httpx.AsyncClient, words: Pages, method: str, path: str
) -> None:
    page = is_page(await browser.request(method, path), 405)
    assert shows(page, words.text("de", "errors.wrong_method.title"))
    assert page.headers["allow"]


@pytest.mark.parametrize("path", ["/de/gibt-es-nicht", "/de/m/rolle/mehr", "/wp-login.php/x",
                                  "/static/none.css"])  # fmt: skip
async def test_a_page_that_is_not_there_says_so(
    browser: httpx.AsyncClient, words: Pages, path: str
) -> None:
    page = is_page(await browser.get(path), 404)
    assert shows(page, words.text("de", "errors.not_found.title"))


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_an_error_speaks_the_readers_language(
    browser: httpx.AsyncClient, words: Pages, lang: str
) -> None:
    page = is_page(await browser.get(f"/{lang}/gibt-es-nicht"), 404)
    assert shows(page, words.text(lang, "errors.not_found.title"))


async def test_an_unknown_question_is_the_neutral_page(
    browser: httpx.AsyncClient, words: Pages
) -> None:
    await begin(browser)
    for page in (await browser.get("/de/m/xyz"), await browser.post("/de/m/xyz", data={"a": "b"})):
        assert shows(is_page(page), words.text("de", "gone.title"))


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("path", ["datenschutz", "impressum", "barrierefreiheit", "stellen"])
async def test_pages_that_inform(browser: httpx.AsyncClient, lang: str, path: str) -> None:
    page = is_page(await browser.get(f"/{lang}/{path}"))
    assert "set-cookie" not in page.headers


async def test_long_queries_are_refused_without_being_quoted(browser: httpx.AsyncClient) -> None:
    await begin(browser)
    long = urlencode({"von": "Kanarienvogel" * 5})
    page = is_page(await browser.get(f"/de/m/rolle?{long}"), 400)
    assert "Kanarienvogel" not in page.text


def test_the_journey_of_these_tests_is_the_whole_form() -> None:
    asked = questions.path({"stellen": ("ezra",)})
    assert tuple(step.name for step in asked) == STEPS
    assert receipt.LENGTH == 24
