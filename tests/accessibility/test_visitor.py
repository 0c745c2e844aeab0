"""One way leads to a page in all languages only where its address always says the same."""

import pytest

from accessibility.listing import LANGUAGES, ListedPage, Listing, State
from accessibility.rules.tree import Document
from adstelle.city import City
from tests.accessibility.visitor import Visits

OTHERS = LANGUAGES[1:]


def found(listing: Listing, name: str, state: str) -> tuple[ListedPage, State]:
    page = next(page for page in listing.page if page.name == name)
    return page, next(entry for entry in page.state if entry.name == state)


@pytest.mark.parametrize("place", [("rolle", "filled"), ("queue", "filled")], ids="-".join)
async def test_a_page_with_an_address_is_read_in_all(
    place: tuple[str, str], visits: Visits, listing: Listing, city: City
) -> None:
    page, state = found(listing, *place)

    answers = await visits.to(page.side, state, "de", OTHERS)

    assert set(answers) == set(LANGUAGES)
    for lang, answer in answers.items():
        assert answer.url.path.startswith(f"/{lang}/")
        assert (
            Document(answer.text).find("html")[0].get("lang") == city.catalogue.languages[lang].html
        )


@pytest.mark.parametrize(
    "place",
    [
        ("rolle", "unknown-answer"),  # the answer to an entry
        ("case", "new"),  # who reads it changes it
        ("staff-errors", "database-away"),  # by way of a broken road
    ],
    ids="-".join,
)
async def test_other_pages_are_reached_in_each(
    place: tuple[str, str], visits: Visits, listing: Listing
) -> None:
    page, state = found(listing, *place)

    assert set(await visits.to(page.side, state, "de", OTHERS)) == {"de"}
