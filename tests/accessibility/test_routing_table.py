"""The rules as a page that stands alone: no script, nothing loaded, checked like the service's own.

It is a file, not a page of the service: the frame (exit, languages, help) and the shared style
sheet are not for it, and there is nothing to press.
"""

from datetime import date

import pytest

from accessibility import browser as checks
from accessibility import rules
from accessibility.browser.axe import ask_axe
from accessibility.browser.tab import Given, Tab
from accessibility.rules.page import Language, Page
from accessibility.rules.tree import Document
from adstelle.city import load_city
from adstelle.routing_table import as_html, read_table
from tests.accessibility.checker import Checker
from tests.cities import ALL

TODAY = date(2026, 11, 22)
PAGES = {folder.name: as_html(read_table(load_city(folder), folder), TODAY) for folder in ALL}
GERMAN = Language("de", "de", "", "Fehler:")
# What holds for pages of the service only.
OF_THE_SERVICE = {
    "skip_link_comes_first",
    "parts_come_in_order",
    "languages_name_themselves",
    "nothing_is_inline",  # its style is in it: there is no server to ask
}


@pytest.fixture(params=PAGES, ids=str)
def page(request: pytest.FixtureRequest) -> str:
    return PAGES[request.param]


async def test_html(page: str, checker: Checker) -> None:
    shown = Page(Document(page), GERMAN, "bare", is_fault=False, hosts=frozenset())

    found = [finding for finding in rules.check(shown) if finding.check not in OF_THE_SERVICE]

    assert found + await checker.check(page) == []
    assert "<script" not in page


@pytest.mark.browser
async def test_browser(page: str, tab: Tab) -> None:
    """Light and dark, narrow and wide, large letters, forced colours; and axe."""
    given = Given(page, {})
    shown = Page(Document(page), GERMAN, "bare", is_fault=False, hosts=frozenset())

    await tab.show(given)
    found = await ask_axe(tab)
    found += await checks.look(tab, shown, "")
    assert not found, "\n".join(map(str, found))
