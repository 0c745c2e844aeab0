"""Where KERN is missing, the project's own style sheet must be good enough alone."""

import pytest

from accessibility import browser as checks
from accessibility.browser.axe import ask_axe
from accessibility.browser.tab import Tab
from tests.accessibility.shown import Gallery

PAGES = (
    ("start", "as-it-is"),
    ("rolle", "filled"),
    ("wann", "everything-wrong"),
    ("stellen-question", "offers"),
    ("check", "filled"),
    ("receipt", "given-to-somebody"),
    ("mailbox", "with-messages"),
    ("queue", "filled"),
    ("case", "with-conversation"),
)


@pytest.mark.browser
@pytest.mark.parametrize("lang", ["de", "ar"])
@pytest.mark.parametrize("place", PAGES, ids="-".join)
async def test_pages_are_good_without_kern(
    place: tuple[str, str], lang: str, gallery: Gallery, tab: Tab, sheets: dict[str, str]
) -> None:
    shown = await gallery.one(*place, lang)
    plain, styled = sheets["plain.css"], sheets["style-rtl.css" if lang == "ar" else "style.css"]
    given = shown.given._replace(html=shown.html.replace(styled, plain))
    assert given.html != shown.html

    await tab.show(given)
    found = await ask_axe(tab) + await checks.look(tab, shown.page, plain)

    assert found == []
