"""The running service, and every page it shows, once a process."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Playwright, async_playwright

from accessibility.browser.tab import QUIET, Tab
from accessibility.listing import Listing, load
from adstelle.city import City
from adstelle.database import migrate
from adstelle.local import postgres
from adstelle.web.pages import manifest
from tests.accessibility.checker import Checker
from tests.accessibility.checker import running as running_checker
from tests.accessibility.service import Service, running
from tests.accessibility.shown import Gallery, static_files
from tests.accessibility.visitor import Visits, visiting
from tests.conftest import LOGINS, PASSWORD, connected, superuser_dsn
from tools.browser import AXE, launch_options, use_own_node

DATABASE = "accessibility"


@pytest.fixture(scope="session")
def listing() -> Listing:
    return load()


@pytest.fixture(scope="session")
async def service(server: postgres.Server, city: City) -> AsyncIterator[Service]:
    """Both sides over a database of their own."""
    async with connected(server.superuser_dsn) as connection:
        await connection.execute(f"create database {DATABASE}")
    dsn = superuser_dsn(server, DATABASE)
    await migrate(dsn, dict.fromkeys(LOGINS, PASSWORD))
    async with running(server.sockets, dsn, city) as service:
        yield service


@pytest.fixture(scope="session")
async def visits(service: Service, listing: Listing) -> AsyncIterator[Visits]:
    async with visiting(service, listing) as visits:
        yield visits


@pytest.fixture(scope="session")
def gallery(visits: Visits, listing: Listing, city: City) -> Gallery:
    """Every page of the listing, fetched when it is first asked for."""
    return Gallery(visits, listing, city)


@pytest.fixture(scope="session")
async def checker() -> AsyncIterator[Checker]:
    async with running_checker() as checker:
        yield checker


@pytest.fixture(scope="session")
def sheets() -> dict[str, str]:
    """The addresses of the built style sheets, by name."""
    return {name: f"/static/{built}" for name, built in manifest().items()}


@pytest.fixture(scope="session")
async def playwright() -> AsyncIterator[Playwright]:
    use_own_node()
    async with async_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
async def browser(playwright: Playwright) -> AsyncIterator[Browser]:
    """A browser as people have it, without memory, for a session."""
    browser = await playwright.chromium.launch(**launch_options())
    yield browser
    await browser.close()


@pytest.fixture(scope="session")
async def quiet(playwright: Playwright) -> AsyncIterator[Browser]:
    """One that does only what looking at pages needs."""
    options = launch_options()
    options["args"] = [*options["args"], *QUIET]
    browser = await playwright.chromium.launch(**options)
    yield browser
    await browser.close()


@pytest.fixture(scope="session")
async def tab(quiet: Browser) -> AsyncIterator[Tab]:
    """A tab that only shows what it is given, with axe and our own checks in it."""
    tab = await Tab.open(quiet, static_files(), (AXE,))
    yield tab
    await tab.close()
