"""The whole journey by keyboard with the script off; and what the script may add to it."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from adstelle.city import City
from tests.accessibility.elsewhere import elsewhere
from tests.accessibility.keyboard import Keyboard
from tests.accessibility.service import PASSPHRASE, Service
from tools.browser import launch_options, use_own_node

pytestmark = pytest.mark.browser

FIRST_LINE = "Der Vermieter sagte: Für Leute wie Sie habe ich nichts."
STORY = FIRST_LINE + "\nقال ذلك أمام الجميع."
ANSWER = "Danke, dass Sie uns schreiben. Wir rufen Sie an. شكرًا لثقتكم."
SUBMIT = "main button[type=submit]"
Text: TypeAlias = Callable[..., str]


@pytest.fixture(scope="module")
async def remembering_browser() -> AsyncIterator[Browser]:
    """A browser that keeps pages for "back", as everybody's does; tests usually switch that off."""
    use_own_node()
    options = launch_options()
    async with elsewhere() as argument, async_playwright() as playwright:
        options["args"] = [*options["args"], argument]
        browser = await playwright.chromium.launch(
            **options, ignore_default_args=["--disable-back-forward-cache"]
        )
        yield browser
        await browser.close()


@pytest.fixture
async def context(remembering_browser: Browser) -> AsyncIterator[BrowserContext]:
    """Somebody's browser."""
    context = await remembering_browser.new_context(ignore_https_errors=True)
    yield context
    await context.close()


@pytest.fixture
async def plain_context(remembering_browser: Browser) -> AsyncIterator[BrowserContext]:
    """The same without JavaScript."""
    context = await remembering_browser.new_context(
        ignore_https_errors=True, java_script_enabled=False
    )
    yield context
    await context.close()


def texts(city: City, lang: str) -> Text:
    """What a page says in a language, up to the first place that is filled in."""

    def text(key: str, **values: object) -> str:
        first = city.catalogue.text(lang, key, **values).split("\n")[0]
        return " ".join(first.split())

    return text


@pytest.mark.parametrize("lang", ["de", "ar"])
async def test_from_report_to_answer_with_keys_alone(
    plain_context: BrowserContext, service: Service, city: City, lang: str
) -> None:
    """A resident reports, an adviser answers, the resident reads it: no mouse, no script."""
    text = texts(city, lang)
    resident = await plain_context.new_page()
    code = await report(resident, service.addresses["public"], lang, text)
    await service.deliver()

    adviser = await plain_context.new_page()
    await answer_as_adviser(adviser, service, lang, text)

    await resident.goto(f"{service.addresses['public']}/{lang}/postfach")
    keys = Keyboard(resident)
    await keys.fill(text("mailbox.enter.code"), code.lower().replace("-", " "))
    await keys.follow(text("mailbox.enter.open"))
    page = await resident.inner_text("main")
    assert ANSWER in page
    assert text("mailbox.state.gelesen") in page

    name = text(city.stellen["ads_jena"].name)
    await keys.fill(text("mailbox.reply.label", name=name), "Ja, gern. نعم")
    await keys.follow(text("mailbox.reply.send", name=name))
    assert "Ja, gern. نعم" in await resident.inner_text("main")
    await keys.follow(text("mailbox.close.button"))
    assert await resident.inner_text("h1") == text("gone.title")


async def report(page: Page, address: str, lang: str, text: Text) -> str:
    """Go from the start page to the receipt; return the code."""
    keys = Keyboard(page)
    await page.goto(f"{address}/{lang}")
    await keys.follow(text("start.begin"))
    await keys.follow(text("safety.begin"))
    for kind, key in (
        ("choose", "code.reporter_role.betroffene"),
        ("choose", "code.incident_type.unmittelbare_benachteiligung"),
        ("write", "field.account.label"),
        ("date", "common.day"),
        ("choose", "code.territory.jena"),
        ("choose", "field.resident.ja"),
        ("choose", "code.area_of_life.wohnen"),
        ("tick", "code.grounds.sprache"),
        ("choose", "code.alleged_responsible.vermieter"),
        ("no file", ""),
        ("tick", "code.mandate.beraten"),
    ):
        await fill_in(keys, kind, text(key) if key else "")
        await keys.follow(text("common.continue"))
    await keys.tick(text("stellen.consent", name=text("stelle.ads_jena.name")))
    await keys.follow(text("common.continue"))
    await keys.follow(text("common.continue"))  # the language is chosen already
    await keys.fill(text("field.name.label"), "Nour")
    await keys.tick(text("stelle.ads_jena.name"))
    await keys.follow(text("common.continue"))
    assert FIRST_LINE in await page.inner_text("main")
    await keys.follow(text("check.send"))
    assert await page.inner_text("h1") == text("receipt.title")
    return "".join((await page.inner_text(".code-block")).split())


async def fill_in(keys: Keyboard, kind: str, words: str) -> None:
    match kind:
        case "choose":
            await keys.choose(words)
        case "tick":
            await keys.tick(words)
        case "no file":
            pass
        case "date":
            await keys.fill(words, "5")
            await keys.fill("", "3")
            await keys.fill("", "2026")
        case _:
            await keys.fill(words, STORY)


async def answer_as_adviser(page: Page, service: Service, lang: str, text: Text) -> None:
    """Sign in, open the newest case, answer it, sign out."""
    keys, member = Keyboard(page), await service.new_member("ads_jena")
    await page.goto(service.addresses["staff"] + f"/{lang}")
    await keys.fill(text("staff.sign_in.login"), member.login)
    await keys.fill(text("staff.sign_in.passphrase"), PASSPHRASE)
    await keys.fill(text("staff.sign_in.code"), member.code)
    await keys.follow(text("staff.sign_in.submit"))
    number = (await page.inner_text("tbody th a")).strip()
    await keys.follow(number)
    assert FIRST_LINE in await page.inner_text("main")
    await keys.fill(text("staff.case.answer_label"), ANSWER)
    await keys.follow(text("staff.case.answer_send"))
    assert text("staff.case.answer_kept_title") in await page.inner_text("main")
    await keys.follow(text("staff_layout.sign_out"))
    assert text("staff.sign_in.signed_out_title") in await page.inner_text("main")


# The quick exit ---------------------------------------------------------------------------------


async def begun(page: Page, service: Service) -> None:
    """Be in the middle of the form, with something typed on two pages."""
    await page.goto(service.addresses["public"] + "/de/sicher")
    await page.click(SUBMIT)
    await page.wait_for_url("**/m/rolle")
    await page.goto(service.addresses["public"] + "/de/m/erzaehlen")
    await page.fill("textarea", STORY)
    await page.click(SUBMIT)
    await page.wait_for_url("**/m/wann")
    await page.fill("#feld-date_words", "jeden Montag")


async def pages_seen_going_back(page: Page) -> list[str]:
    """Go back through the whole history and note what each page shows."""
    devtools = await page.context.new_cdp_session(page)
    history = await devtools.send("Page.getNavigationHistory")
    seen = []
    for entry in reversed(history["entries"][: history["currentIndex"]]):
        async with page.expect_event("framenavigated"):
            await devtools.send("Page.navigateToHistoryEntry", {"entryId": entry["id"]})
        await page.wait_for_load_state("load")
        fields = await page.eval_on_selector_all("input, textarea", "all => all.map(e => e.value)")
        seen.append(" ".join([await page.inner_text("body"), *fields]))
    return seen


async def leaves_nothing(page: Page, text: Text) -> None:
    await page.wait_for_url("https://www.jena.de/**")
    earlier = await pages_seen_going_back(page)
    form = [shown for shown in earlier if text("gone.title") in shown]

    assert form, "the form is still in the history, as a page about nothing"
    for shown in earlier:
        assert "Vermieter" not in shown
        assert "Montag" not in shown
        assert text("field.date.label") not in shown


async def test_the_exit_leaves_nothing_behind(
    context: BrowserContext, service: Service, city: City
) -> None:
    page, text = await context.new_page(), texts(city, "de")
    await begun(page, service)

    await page.click("#weg")

    await leaves_nothing(page, text)


async def test_shift_three_times_leaves_too(
    context: BrowserContext, service: Service, city: City
) -> None:
    page, text = await context.new_page(), texts(city, "de")
    await page.clock.install()
    await begun(page, service)
    await page.clock.pause_at(datetime.now(UTC) + timedelta(hours=1))  # quick enough, however busy
    progress = page.locator(".exit-progress")

    await page.keyboard.press("Shift")
    assert await progress.inner_text() == text("layout.exit_twice_more")
    await page.keyboard.press("Shift")
    assert await progress.inner_text() == text("layout.exit_once_more")
    await page.keyboard.press("Shift")

    await leaves_nothing(page, text)


async def test_letters_written_large_do_not_leave(
    context: BrowserContext, service: Service
) -> None:
    page = await context.new_page()
    await begun(page, service)

    for letter in "ABC":
        await page.keyboard.press(f"Shift+{letter}")

    assert await page.locator(".exit-progress").inner_text() == ""
    assert page.url.endswith("/de/m/wann")


async def test_the_exit_works_without_a_script(
    plain_context: BrowserContext, service: Service, city: City
) -> None:
    page, text = await plain_context.new_page(), texts(city, "de")
    await begun(page, service)

    await page.click("#weg")

    await leaves_nothing(page, text)


# Nothing typed is lost --------------------------------------------------------------------------


async def test_another_language_keeps_the_answers(
    plain_context: BrowserContext, service: Service
) -> None:
    page = await plain_context.new_page()
    await begun(page, service)
    await page.click(SUBMIT)
    await page.wait_for_url("**/m/wo")

    await page.click("nav.languages a[hreflang=ar]")

    await page.wait_for_url("**/ar/m/wo")
    await page.goto(service.addresses["public"] + "/ar/m/wann")
    assert await page.input_value("#feld-date_words") == "jeden Montag"
    await page.goto(service.addresses["public"] + "/ar/m/erzaehlen")
    assert await page.input_value("textarea") == STORY


async def test_back_and_reload_keep_the_answers(context: BrowserContext, service: Service) -> None:
    page = await context.new_page()
    await begun(page, service)
    await page.click(SUBMIT)
    await page.wait_for_url("**/m/wo")

    await page.click(".back a")
    await page.wait_for_url("**/m/wann")
    assert await page.input_value("#feld-date_words") == "jeden Montag"
    await page.reload()
    assert await page.input_value("#feld-date_words") == "jeden Montag"
    earlier = await pages_seen_going_back(page)
    assert any("Vermieter" in shown for shown in earlier)


async def test_errors_take_the_focus_and_keep_what_was_typed(
    context: BrowserContext, service: Service
) -> None:
    page = await context.new_page()
    await begun(page, service)
    await page.fill("#feld-date", "irgendwann")

    async with page.expect_navigation():  # with its script, which gives the focus
        await page.click(SUBMIT)

    assert await page.evaluate("document.activeElement.id") == "fehler"
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    assert await page.evaluate("document.activeElement.id") == "feld-date"
    assert await page.input_value("#feld-date") == "irgendwann"
    assert await page.input_value("#feld-date_words") == "jeden Montag"


async def test_the_counter_counts_and_tells_it_in_a_pause(
    context: BrowserContext, service: Service, city: City
) -> None:
    page, text = await context.new_page(), texts(city, "de")
    await begun(page, service)
    await page.goto(service.addresses["public"] + "/de/m/erzaehlen")
    spoken = page.locator("textarea ~ [role=status]")
    left = text("common.characters_left", count="2.000")

    await page.fill("textarea", "x" * 17_999)
    assert await page.locator(".counter").inner_text() == "", "no limit is near"
    await page.fill("textarea", "x" * 18_000)
    assert await page.locator(".counter").inner_text() == left
    await spoken.filter(has_text=left).wait_for(state="attached")
    description = await page.get_attribute("textarea", "aria-describedby")
    assert description is not None
    for name in description.split():  # what changes at every key is no part of the description
        assert left not in await page.inner_text(f"#{name}")
    await page.fill("textarea", "x" * 20_001)
    assert await page.locator(".counter").inner_text() == text("common.characters_over", count="1")
