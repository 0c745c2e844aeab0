"""Passkeys in a real browser with an authenticator of its own: by keyboard, and when it fails."""

from collections.abc import AsyncIterator, Callable
from typing import Any, Final

import httpx
import pytest
from playwright.async_api import Browser, BrowserContext, CDPSession, Page, Request

from adstelle.city import City
from tests.accessibility.keyboard import Keyboard
from tests.accessibility.service import PASSPHRASE, Member, Service, process, wait_for
from tests.accessibility.test_journey import texts
from tests.core import free_port

pytestmark = pytest.mark.browser

AUTHENTICATOR: Final = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
LANGUAGES: Final = ("de", "de-simple", "en", "ar")
BUTTON: Final = "[data-with] button"
SAID: Final = "[data-with] [role=alert]"


@pytest.fixture(scope="module")
async def origin(service: Service) -> AsyncIterator[str]:
    """The staff side under a name: a passkey cannot be bound to a number."""
    port = free_port()
    origin = f"http://localhost:{port}"
    settings = {"ADSTELLE_STAFF_ORIGIN": origin}
    async with process("staff", service.staff_dsn, port=port, settings=settings):
        await wait_for(origin)
        yield origin


@pytest.fixture
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    context = await browser.new_context()
    yield context
    await context.close()


class Desk:
    """Somebody at a keyboard who signs in, with an authenticator in their machine."""

    def __init__(self, origin: str, page: Page, devtools: CDPSession, member: Member) -> None:
        self.origin = origin
        self.page = page
        self.keyboard = Keyboard(page)
        self.member = member
        self.complaints: list[str] = []
        self._devtools = devtools
        self._authenticator = ""
        page.on("console", lambda said: self.complaints.append(said.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    async def plug_in(self) -> None:
        await self._devtools.send("WebAuthn.enable")
        made = await self._devtools.send(
            "WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR}
        )
        self._authenticator = made["authenticatorId"]

    async def ask(self, command: str, **given: Any) -> Any:
        """Let the authenticator do something, or say what it holds."""
        named = {"authenticatorId": self._authenticator, **given}
        return await self._devtools.send(f"WebAuthn.{command}", named)

    async def go(self, path: str, lang: str = "de") -> None:
        await self.page.goto(f"{self.origin}/{lang}/{path}")

    async def give_passphrase(self, lang: str = "de", origin: str = "") -> None:
        """Come as far as the second factor."""
        await self.page.goto(f"{origin or self.origin}/{lang}/anmelden")
        await self.page.fill("[name=login]", self.member.login)
        await self.page.fill("[name=passphrase]", PASSPHRASE)
        async with self.page.expect_navigation():
            await self.page.press("[name=passphrase]", "Enter")

    async def sign_in_with_code(self) -> None:
        await self.give_passphrase()
        await self.page.fill("[name=code]", self.member.code)
        async with self.page.expect_navigation():
            await self.page.press("[name=code]", "Enter")
        assert self.page.url.endswith("/faelle")

    async def add_passkey(self, text: Callable[..., str]) -> None:
        await self.go("konto/passkeys/neu")
        await self.keyboard.fill(text("passkeys.name"), "Laptop")
        await self.keyboard.fill(text("staff.sign_in.passphrase"), PASSPHRASE)
        await self.keyboard.follow(text("passkeys.ask.send"))
        await self.keyboard.follow(text("passkeys.make.send"))

    async def confirm(self) -> None:
        async with self.page.expect_navigation():
            await self.page.click(BUTTON)

    async def sign_in_again(self) -> None:
        await self.give_passphrase()
        await self.confirm()
        assert self.is_in

    async def sign_out(self) -> None:
        await self.page.context.clear_cookies()

    @property
    def is_in(self) -> bool:
        return self.page.url.endswith("/faelle")

    async def is_refused(self) -> bool:
        summary = await self.page.text_content("#fehler") or ""
        return "Die Anmeldung hat nicht geklappt" in summary


@pytest.fixture
async def desk(origin: str, context: BrowserContext, service: Service) -> AsyncIterator[Desk]:
    """Somebody new at the staff side."""
    member = await service.new_member("ads_jena")
    page = await context.new_page()
    desk = Desk(origin, page, await context.new_cdp_session(page), member)
    await desk.plug_in()
    yield desk
    await service.retire([member.member_id])


@pytest.fixture
async def owner(desk: Desk, city: City) -> Desk:
    """The same, with a passkey, and signed out."""
    await desk.sign_in_with_code()
    await desk.add_passkey(texts(city, "de"))
    await desk.sign_out()
    return desk


async def test_a_passkey_is_made_and_signs_in_by_keyboard(desk: Desk, city: City) -> None:
    text = texts(city, "de")
    await desk.sign_in_with_code()
    await desk.add_passkey(text)
    assert await desk.page.text_content("main h2, main .kern-title") == text(
        "passkeys.done.added.title"
    )
    await desk.sign_out()

    await desk.give_passphrase()
    await desk.keyboard.follow(text("passkeys.confirm.send"))

    assert desk.is_in
    assert desk.complaints == []
    held = (await desk.ask("getCredentials"))["credentials"]
    assert [each["rpId"] for each in held] == ["localhost"]
    assert all(each["isResidentCredential"] for each in held)


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_who_breaks_it_off_is_told_and_may_try_again(
    owner: Desk, city: City, lang: str
) -> None:
    await owner.give_passphrase(lang)
    await owner.ask("setUserVerified", isUserVerified=False)
    await owner.page.click(BUTTON)
    await owner.page.wait_for_selector(SAID)

    said = await owner.page.text_content(SAID)
    assert said == city.catalogue.text(lang, "passkeys.confirm.failed")
    assert await owner.page.is_visible("[name=code]")
    assert not await owner.page.is_visible("[data-without]")

    await owner.ask("setUserVerified", isUserVerified=True)
    await owner.confirm()
    assert owner.is_in


async def test_another_place_gets_no_answer(owner: Desk, city: City) -> None:
    """The same pages under another name, as a fake would have them: the browser itself says no."""
    elsewhere = owner.origin.replace("localhost", "127.0.0.1")
    await owner.give_passphrase(origin=elsewhere)
    await owner.page.click(BUTTON)

    await owner.page.wait_for_selector(SAID)
    assert await owner.page.text_content(SAID) == city.catalogue.text(
        "de", "passkeys.confirm.failed"
    )


async def test_an_answer_that_is_sent_again_opens_nothing(owner: Desk) -> None:
    sent: list[Request] = []

    def note(request: Request) -> None:
        sent.append(request)

    owner.page.on("request", note)
    await owner.give_passphrase()
    cookies = await owner.page.context.cookies()
    await owner.confirm()
    assert owner.is_in
    posted = next(one for one in sent if one.url.endswith("/bestaetigen"))

    async with httpx.AsyncClient(timeout=60) as thief:
        for cookie in cookies:
            thief.cookies.set(cookie["name"], cookie["value"])
        answer = await thief.post(
            posted.url,
            content=posted.post_data_buffer or b"",
            headers={"content-type": "application/x-www-form-urlencoded"},
        )

    assert answer.status_code == 422
    assert "adstelle-dienst" not in answer.headers.get("set-cookie", "")


async def test_a_removed_passkey_is_refused(owner: Desk, city: City) -> None:
    text = texts(city, "de")
    await owner.sign_in_again()
    await owner.go("konto/passkeys")
    await owner.keyboard.follow(text("passkeys.remove.link"))
    await owner.keyboard.fill(text("staff.sign_in.passphrase"), PASSPHRASE)
    await owner.keyboard.follow(text("passkeys.remove.send"))
    await owner.sign_out()

    await owner.give_passphrase()
    await owner.confirm()

    assert await owner.is_refused()


async def test_a_copy_that_counts_behind_is_refused_and_so_is_the_original(owner: Desk) -> None:
    (key,) = (await owner.ask("getCredentials"))["credentials"]
    await owner.sign_in_again()
    (counted,) = (await owner.ask("getCredentials"))["credentials"]
    await owner.sign_out()

    await owner.ask("removeCredential", credentialId=key["credentialId"])
    await owner.ask("addCredential", credential=key)
    await owner.give_passphrase()
    await owner.confirm()
    assert await owner.is_refused()

    await owner.ask("removeCredential", credentialId=key["credentialId"])
    await owner.ask("addCredential", credential=counted | {"signCount": 100})
    await owner.give_passphrase()
    await owner.confirm()
    assert await owner.is_refused()


async def test_one_machine_gets_one_passkey(owner: Desk, city: City) -> None:
    text = texts(city, "de")
    await owner.sign_in_again()
    await owner.go("konto/passkeys/neu")
    await owner.page.fill("[name=name]", "Noch einer")
    await owner.page.fill("[name=old]", PASSPHRASE)
    await owner.keyboard.follow(text("passkeys.ask.send"))
    await owner.page.click(BUTTON)

    await owner.page.wait_for_selector(SAID)
    assert await owner.page.text_content(SAID) == city.catalogue.text("de", "passkeys.make.there")


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_without_a_script_the_code_is_offered_in_words(
    browser: Browser, origin: str, service: Service, city: City, lang: str
) -> None:
    member = await service.new_member("ads_jena")
    context = await browser.new_context(java_script_enabled=False)
    page = await context.new_page()
    desk = Desk(origin, page, await context.new_cdp_session(page), member)
    await desk.give_passphrase(lang)

    without = city.catalogue.text(lang, "passkeys.confirm.without").split("\n")[0]
    assert without in (await page.text_content("[data-without]") or "")
    assert not await page.is_visible(BUTTON)
    await page.fill("[name=code]", member.code)
    async with page.expect_navigation():
        await page.press("[name=code]", "Enter")

    assert desk.is_in
    await context.close()
    await service.retire([member.member_id])
