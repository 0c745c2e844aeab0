"""Every page, in every state, in every language: HTML, rules, axe and our own browser checks."""

import re

import pytest

from accessibility import browser as checks
from accessibility import rules
from accessibility.browser.axe import ask_axe
from accessibility.browser.tab import Tab
from accessibility.listing import load
from accessibility.rules import Finding
from adstelle.city import City
from tests.accessibility.checker import Checker
from tests.accessibility.shown import Gallery, Shown

pytestmark = pytest.mark.nightly

LANGUAGES = ("de", "de-simple", "en", "ar")
NAMES = tuple(page.name for page in load().page)
Place = tuple[str, str]


@pytest.fixture(
    scope="module",
    params=[(name, lang) for lang in LANGUAGES for name in NAMES],
    ids=lambda place: f"{place[1]}-{place[0]}",
)
def place(request: pytest.FixtureRequest) -> Place:
    """A page and a language; everything about them is tested in one go."""
    chosen: Place = request.param
    return chosen


def report(found: dict[str, list[Finding]]) -> str:
    return "\n".join(
        f"{where}: {finding}" for where, findings in found.items() for finding in findings
    )


async def test_html(place: Place, gallery: Gallery, checker: Checker, city: City) -> None:
    """The way leads where the listing says; HTML and rules object to nothing."""
    found = {}
    for shown in await gallery.of(*place):
        wrong = missing(shown, city) + rules.check(shown.page) + await checker.check(shown.html)
        found[str(shown)] = wrong

    assert not report(found), report(found)


@pytest.mark.browser
async def test_browser(place: Place, gallery: Gallery, tab: Tab, sheets: dict[str, str]) -> None:
    """Neither axe nor our own checks object to anything."""
    found = {}
    for shown in await gallery.of(*place):
        wrong = await checks.look(tab, shown.given, shown.page, sheets["style.css"])
        await tab.show(shown.given)
        found[str(shown)] = wrong + await ask_axe(tab)

    assert not report(found), report(found)


def missing(shown: Shown, city: City) -> list[Finding]:
    """What the listing promises and the page does not hold."""
    found = []
    if shown.status != shown.state.status:
        found.append(Finding("listing", f"the status is {shown.status}"))
    summary = shown.page.document.by_id.get("fehler")
    for key in shown.state.errors:
        if summary is None or not holds(summary.text, city, shown.language.code, key):
            found.append(Finding("listing", f"{key} is not in the summary of errors"))
    links = list(summary.descendants("a")) if summary else []
    if len(links) != len(shown.state.errors):
        found.append(Finding("listing", f"the summary names {len(links)} errors"))
    for key in shown.state.shows:
        if not holds(shown.page.document.root.text, city, shown.language.code, key):
            found.append(Finding("listing", f"{key} does not stand on the page"))
    return found


def holds(text: str, city: City, lang: str, key: str) -> bool:
    """Whether a text stands there, whatever its places were filled with."""
    wanted = city.catalogue.texts[lang][key]["other"]
    pieces = re.split(r"\{\w+\}", " ".join(wanted.split()))
    return re.search(".*".join(map(re.escape, pieces)), text) is not None
