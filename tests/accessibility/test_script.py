"""The script asks for little, does nothing by itself, and time does nothing either."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import Browser

from accessibility.browser.tab import Tab
from adstelle.city import City
from adstelle.crypto import receipt
from adstelle.database import Pool
from adstelle.intake.drafts import Draft, Drafts, new_ticket
from tests.accessibility.shown import Gallery, static_files

PAGES = (
    ("start", "as-it-is", "de"),
    ("erzaehlen", "nothing-told", "de"),
    ("mailbox-enter", "empty", "de"),
    ("kontakt", "empty", "ar"),
    ("case", "new", "de"),
    ("sign-in", "empty", "de"),
)
LISTENED = """
window.listened = new Set();
const add = EventTarget.prototype.addEventListener;
EventTarget.prototype.addEventListener = function (kind, ...rest) {
  if (!kind.startsWith("__playwright")) window.listened.add(kind);
  return add.call(this, kind, ...rest);
};
"""
PASTED = """() => {
  const fields = document.querySelectorAll("input:not([type=hidden]), textarea");
  return [...fields].filter((field) => {
    const event = new ClipboardEvent("paste", { bubbles: true, cancelable: true });
    return !field.dispatchEvent(event);
  }).map((field) => field.name);
}"""


@pytest.fixture
async def listening_tab(browser: Browser) -> AsyncIterator[Tab]:
    """A tab that notes what pages listen to."""
    tab = await Tab.open(browser, static_files(), ())
    await tab.page.context.add_init_script(LISTENED)
    yield tab
    await tab.close()


@pytest.mark.browser
async def test_the_script_listens_to_little(listening_tab: Tab, gallery: Gallery) -> None:
    """No touch, no drag, no motion, no press before it ends, nothing that submits or moves on."""
    heard: set[str] = set()
    for place in PAGES:
        await listening_tab.show((await gallery.one(*place)).given)
        heard |= set(await listening_tab.page.evaluate("[...window.listened]"))

    assert heard == {"click", "keydown", "keyup", "input"}


@pytest.mark.browser
@pytest.mark.parametrize("place", PAGES)
async def test_nothing_happens_in_twenty_hours(
    browser: Browser, gallery: Gallery, place: tuple[str, str, str]
) -> None:
    """A page that lies open all day is still there, as it was."""
    tab = await Tab.open(browser, static_files(), ())
    await tab.page.clock.install()
    await tab.show((await gallery.one(*place)).given)
    before = await tab.page.content()

    await tab.page.clock.run_for("20:00:00")

    assert await tab.page.content() == before
    await tab.close()


@pytest.mark.browser
@pytest.mark.parametrize("place", PAGES)
async def test_everything_may_be_pasted(
    tab: Tab, gallery: Gallery, place: tuple[str, str, str]
) -> None:
    await tab.show((await gallery.one(*place)).given)

    assert await tab.page.evaluate(PASTED) == []


async def test_a_draft_lives_for_a_day(public_pool: Pool) -> None:
    """More than the twenty hours after which nobody has to be asked."""
    now = datetime.now(UTC)
    for hours, is_there in ((20, True), (23, True), (25, False)):
        drafts = Drafts(public_pool, lambda: now - timedelta(hours=hours))  # noqa: B023
        ticket = new_ticket()
        await drafts.save(ticket, Draft(submission=receipt.new_code().encode()))

        assert (await drafts.load(ticket) is not None) is is_there


@pytest.mark.browser
@pytest.mark.parametrize("lang", ["de", "de-simple", "en", "ar"])
async def test_the_characters_left_are_written_as_the_page_writes_them(
    tab: Tab, gallery: Gallery, city: City, lang: str
) -> None:
    await tab.show((await gallery.one("case", "new", lang)).given)

    await tab.page.fill("textarea[data-maximum]", "x" * 18_000)

    number = city.catalogue.text(lang, "common.characters_maximum", maximum=2_000)
    left = city.catalogue.text(lang, "common.characters_left", count="#")
    written = re.search(r"\d\D\d\d\d", number)
    assert written, "the page itself says how many there may be"
    assert await tab.page.inner_text(".counter") == left.replace("#", written[0])
