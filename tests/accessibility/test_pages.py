"""Every page, in every state, in every language: HTML, rules, axe and our own browser checks."""

import re

import pytest

from accessibility import browser as checks
from accessibility import rules
from accessibility.browser.axe import ask_axe
from accessibility.browser.tab import Tab
from accessibility.listing import Listing, load
from accessibility.rules import Finding
from adstelle.city import City
from tests.accessibility.checker import Checker
from tests.accessibility.shown import Gallery, Shown

# All languages of a state after each other: often one way leads to all of them.
PLACES = [
    (page.name, state.name, lang)
    for page in load().page
    for state in page.state
    for lang in state.seen_in
]


@pytest.mark.browser
@pytest.mark.parametrize("place", PLACES, ids="/".join)
async def test_page(
    place: tuple[str, str, str],
    gallery: Gallery,
    city: City,
    checker: Checker,
    tab: Tab,
    sheets: dict[str, str],
) -> None:
    """The way leads where the listing says; no rule, no engine and no check of ours objects."""
    shown = await gallery.one(*place)
    found = missing(shown, city) + rules.check(shown.page) + await checker.check(shown.html)
    await tab.show(shown.given)
    found += await ask_axe(tab)
    found += await checks.look(tab, shown.page, sheets["style.css"])

    assert not found, "\n".join(map(str, found))


def test_every_state_is_looked_at_in_every_language(listing: Listing, city: City) -> None:
    """As many tests as the listing has states, times the languages each of them is shown in."""
    there = {(page.name, state.name): state for page in listing.page for state in page.state}
    seen = {place: {lang for *name, lang in PLACES if tuple(name) == place} for place in there}

    assert len(PLACES) == len(set(PLACES)) == sum(map(len, seen.values()))
    for place, state in there.items():
        assert seen[place] == set(state.languages or city.catalogue.languages), place


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
