"""The checks see what is wrong: each planted defect is found, and the good page is not blamed."""

import pytest

from accessibility import browser as checks
from accessibility import rules
from accessibility.browser.axe import ask_axe
from accessibility.browser.tab import Given, Tab
from accessibility.rules.tree import Document
from tests.accessibility.checker import Checker
from tests.accessibility.planted import (
    SEEN_BY_BROWSERS,
    SEEN_BY_ENGINES,
    SEEN_BY_RULES,
    Plant,
)
from tests.accessibility.shown import Gallery, Shown


def named(plants: tuple[Plant, ...]) -> list[object]:
    return [pytest.param(plant, id=plant.name.replace(" ", "-")) for plant in plants]


def given(plant: Plant, shown: Shown) -> Given:
    """The broken page; what comes from elsewhere is let in, so that the attempt is seen."""
    return Given(plant.broken(shown.html), {}, plant.files)


@pytest.mark.parametrize("plant", named(SEEN_BY_RULES))
async def test_the_rules_see(plant: Plant, gallery: Gallery) -> None:
    good = await gallery.one(*plant.base)
    broken = good.page._replace(document=Document(plant.broken(good.html)))

    assert plant.seen_by not in {finding.check for finding in rules.check(good.page)}
    assert plant.seen_by in {finding.check for finding in rules.check(broken)}


@pytest.mark.browser
@pytest.mark.parametrize("plant", named(SEEN_BY_BROWSERS))
async def test_our_browser_checks_see(
    plant: Plant, gallery: Gallery, tab: Tab, sheets: dict[str, str]
) -> None:
    good = await gallery.one(*plant.base)
    broken = good.page._replace(document=Document(plant.broken(good.html)))

    await tab.show(given(plant, good))
    found = await checks.look(tab, broken, sheets["style.css"])

    assert plant.seen_by in {finding.check for finding in found}


@pytest.mark.browser
@pytest.mark.parametrize("base", sorted({plant.base for plant in SEEN_BY_BROWSERS}))
async def test_a_good_page_is_not_blamed(
    base: tuple[str, str, str], gallery: Gallery, tab: Tab, sheets: dict[str, str]
) -> None:
    good = await gallery.one(*base)

    await tab.show(good.given)
    found = await checks.look(tab, good.page, sheets["style.css"])

    assert found == []


@pytest.mark.browser
@pytest.mark.parametrize("plant", named(SEEN_BY_ENGINES))
async def test_the_engines_see(plant: Plant, gallery: Gallery, tab: Tab, checker: Checker) -> None:
    good = await gallery.one(*plant.base)
    await tab.show(given(plant, good))

    found = await ask_axe(tab) + await checker.check(plant.broken(good.html))

    assert plant.seen_by in {finding.check for finding in found}


def test_every_check_has_a_planted_defect() -> None:
    seen = {plant.seen_by for plant in SEEN_BY_RULES + SEEN_BY_BROWSERS}

    assert set(rules.RULES) | set(checks.CHECKS) == seen


def test_planted_defects_have_names_of_their_own() -> None:
    names = [plant.name for plant in SEEN_BY_RULES + SEEN_BY_BROWSERS + SEEN_BY_ENGINES]

    assert len(names) == len(set(names))
