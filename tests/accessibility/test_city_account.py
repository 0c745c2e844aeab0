"""The way to a city's identity provider and back in a real browser: its rules for cookies hold."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser

from adstelle.city import City
from tests import identity_provider
from tests.accessibility.keyboard import Keyboard
from tests.accessibility.service import PASSPHRASE, Service, process, wait_for, with_provider
from tests.accessibility.test_journey import texts
from tests.core import free_port
from tests.identity_provider import FakeProvider

pytestmark = pytest.mark.browser


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    """On 127.0.0.1: for a browser another site than localhost."""
    with identity_provider.running() as provider:
        provider.subject = "only-in-this-test"
        provider.twist = lambda claims: claims | {"amr": ["pwd", "mfa"]}
        yield provider


@pytest.fixture
async def origin(service: Service, provider: FakeProvider, tmp_path: Path) -> AsyncIterator[str]:
    port = free_port()
    origin = f"http://localhost:{port}"
    settings = with_provider(provider, tmp_path) | {
        "ADSTELLE_STAFF_ORIGIN": origin,
        "ADSTELLE_OIDC_FACTOR": "amr:mfa",
    }
    async with process("staff", service.staff_dsn, port=port, settings=settings):
        await wait_for(origin)
        yield origin


async def test_somebody_links_and_signs_in_by_keyboard(
    browser: Browser, origin: str, service: Service, provider: FakeProvider, city: City
) -> None:
    text = texts(city, "de")
    member = await service.new_member("ads_jena")
    context = await browser.new_context(java_script_enabled=False)
    page = await context.new_page()
    keyboard = Keyboard(page)
    await page.goto(f"{origin}/de/anmelden")
    await keyboard.fill(text("staff.sign_in.login"), member.login)
    await keyboard.fill(text("staff.sign_in.passphrase"), PASSPHRASE)
    await keyboard.fill(text("staff.sign_in.code"), member.code)
    await keyboard.follow(text("staff.sign_in.submit"))

    await page.goto(f"{origin}/de/konto")
    await keyboard.follow(text("identity.title"))
    await keyboard.follow(text("identity.go"))
    assert page.url == f"{origin}/de/konto/stadt/weiter", "no code is left in the address"
    await keyboard.fill(text("staff.sign_in.passphrase"), PASSPHRASE)
    await keyboard.follow(text("identity.link.send"))
    assert await page.text_content("main .kern-title") == text("identity.done.linked.title")
    await context.clear_cookies()

    await page.goto(f"{origin}/de/anmelden?weiter=konto/passphrase")
    await keyboard.follow(text("identity.sign_in.go"))
    await keyboard.fill(text("staff.sign_in.passphrase"), PASSPHRASE)
    await keyboard.follow(text("staff.sign_in.submit"))

    assert page.url == f"{origin}/de/konto/passphrase"
    assert provider.asked.count("/token") == 2
    await context.close()
    await service.retire([member.member_id])
