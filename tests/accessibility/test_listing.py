"""The listing is complete: no address, no question and no error that nobody looks at."""

import re
from datetime import UTC, datetime
from itertools import chain

import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute

from accessibility.listing import Listing
from adstelle import public, staff
from adstelle.accounts.service import SignIn
from adstelle.asking import questions
from adstelle.city import City
from adstelle.crypto.opening import Cost
from adstelle.database import Role, open_pool
from adstelle.web.pages import Pages

NOWHERE = "postgresql://nobody@localhost/nothing"
STAFF_ERRORS = re.compile(
    r"staff\.sign_in\.(\w+_missing|refused|away)|staff\.case\.answer_(missing|too_long|changed)"
    r"|(referral|retention|desk|people|taking|export|takeout|publishing)\.error\.\w+\.\w+"
    r"|(notes|record|incident|activity|queue|labels|hints|masking|passkeys|identity)\.error\.\w+"
    r"|(statistics_key|statistics_renewal|running)\.error\.\w+"
    r"|files\.error\.(one|several|missing|nobody)"
)


def applications(city: City) -> dict[str, Litestar]:
    """Both sides, over a database that is never asked; a pool wants a running loop all the same."""
    pool = open_pool(NOWHERE, Role.INTAKE, size=1)
    sign_in = SignIn(pool, lambda: datetime.now(UTC), demo=False, cost=Cost())
    return {
        "public": public.build(
            pool, city, secure=False, now=lambda: datetime.now(UTC), today=city.today
        ),
        "staff": staff.build(Pages(city, secure=False), pool, sign_in, today=city.today),
    }


def routes(app: Litestar) -> set[str]:
    return {
        route.path
        for route in app.routes
        if isinstance(route, HTTPRoute) and "GET" in route.methods
    }


@pytest.mark.parametrize("side", ["public", "staff"])
async def test_every_address_is_listed(listing: Listing, city: City, side: str) -> None:
    listed = {path for page in listing.page if page.side == side for path in page.routes}
    no_pages = set(chain.from_iterable(entry.routes for entry in listing.no_page))

    there = routes(applications(city)[side])

    assert there - listed - no_pages == set()
    assert listed - there == set()


async def test_nothing_is_listed_that_is_not_there(listing: Listing, city: City) -> None:
    there = set(chain.from_iterable(map(routes, applications(city).values())))

    assert {path for entry in listing.no_page for path in entry.routes} <= there


def test_every_question_is_seen_empty_filled_and_wrong(listing: Listing) -> None:
    pages = {page.name: {state.name for state in page.state} for page in listing.page}
    pages["stellen"] = pages["stellen-question"] | {"empty"}

    for step in questions.STEPS:
        assert {"empty", "filled"} <= pages[step.name], step.name
        assert len(pages[step.name]) > 2, step.name


def test_every_error_is_seen(listing: Listing, city: City) -> None:
    """Each text that tells of a mistake stands in the summary of some state."""
    seen = {key for page in listing.page for state in page.state for key in state.errors}
    texts = city.catalogue.texts["de"]
    errors = {key for key in texts if key.startswith("error.")}
    errors |= {key for key in texts if STAFF_ERRORS.fullmatch(key)}

    assert errors - seen == set()
    assert seen - errors == set()


def test_states_have_names_of_their_own(listing: Listing) -> None:
    names = [page.name for page in listing.page]
    assert len(names) == len(set(names))
    for page in listing.page:
        states = [state.name for state in page.state]
        assert len(states) == len(set(states)), page.name


def test_every_state_proves_that_we_arrived(listing: Listing) -> None:
    for page in listing.page:
        for state in page.state:
            assert state.errors or state.shows, f"{page.name}/{state.name}"
