"""What holds for all pages together: titles, frame, help, questions that are asked once."""

import re
from collections import Counter

import pytest

from accessibility.listing import Listing
from accessibility.rules.tree import Element
from adstelle.asking import questions
from adstelle.city import City
from tests.accessibility.shown import Gallery, Shown
from tests.accessibility.visitor import STORY

LANGUAGES = ("de", "de-simple", "en", "ar")
DAY = re.compile("24|٢٤")


async def first_states(gallery: Gallery, listing: Listing, lang: str) -> list[Shown]:
    """Every page in the state it is listed with first."""
    return [await gallery.one(page.name, page.state[0].name, lang) for page in listing.page]


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_every_page_has_a_title_of_its_own(
    gallery: Gallery, listing: Listing, lang: str
) -> None:
    shown = [page for page in await first_states(gallery, listing, lang) if page.status == 200]
    titles = Counter((page.listed.side, page.page.document.title) for page in shown)

    assert [title for title, count in titles.items() if count > 1] == []


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_the_frame_is_the_same_everywhere(
    gallery: Gallery, listing: Listing, lang: str
) -> None:
    """Exit, emergency numbers, help and the way to every page: same words, same targets."""
    shown = await first_states(gallery, listing, lang)
    frames = {frame(page) for page in shown if page.page.frame == "public"}

    assert len(frames) == 1
    words = str(frames)
    for path in ("postfach", "stellen", "datenschutz", "impressum", "barrierefreiheit"):
        assert f"/{lang}/{path}" in words


def frame(shown: Shown) -> tuple[tuple[str, str], ...]:
    """The links around the main part, but for the languages: they lead to the page itself."""
    return tuple(
        (link.text, link.get("href"))
        for link in shown.page.document.find("a")
        if not any(stands_inside(link, part) for part in ("main", "page__back", "languages"))
    )


def stands_inside(element: Element, part: str) -> bool:
    return any(above.tag == part or part in above.classes for above in element.ancestors())


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("step", [step.name for step in questions.STEPS])
async def test_every_question_says_how_far_one_is(gallery: Gallery, step: str, lang: str) -> None:
    name, state = (step, "empty") if step != "stellen" else ("stellen-question", "offers")
    document = (await gallery.one(name, state, lang)).page.document
    steps = [element.text for element in document.all if "steps" in element.classes]

    assert len(steps) == 1
    assert len(re.findall(r"\d+", steps[0])) == 2


async def test_a_reply_outlives_the_session(gallery: Gallery) -> None:
    """An adviser whose session ends while writing finds the text again after signing in."""
    ended = await gallery.one("sign-in", "session-ended-while-writing", "de")
    again = await gallery.one("resume", "signed-in-again", "de")

    for shown in (ended, again):
        areas = shown.page.document.find("textarea")
        assert [area.text for area in areas] == [" ".join(STORY.split())]


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_the_life_of_a_draft_is_told_at_the_start(gallery: Gallery, lang: str) -> None:
    shown = await gallery.one("start", "as-it-is", lang)

    assert DAY.search(shown.page.document.root.text)


def test_nothing_is_asked_twice(city: City) -> None:
    names = [field.name for step in questions.STEPS for field in step.fields]
    labels = [city.catalogue.text("de", f"field.{name}.label") for name in names]

    assert len(names) == len(set(names))
    assert len(labels) == len(set(labels))


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_nobody_is_chosen_beforehand(gallery: Gallery, lang: str) -> None:
    """Consent is given, not taken away."""
    for name, state in (("stellen-question", "offers"), ("kontakt", "empty")):
        shown = await gallery.one(name, state, lang)
        boxes = [c for c in shown.page.document.controls if c.get("type") == "checkbox"]
        assert boxes
        assert not [box for box in boxes if box.has("checked")]
