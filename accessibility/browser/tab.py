"""A tab that shows pages given to it, and lets nothing else in or out."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from playwright.async_api import (
    Browser,
    BrowserContext,
    CDPSession,
    ConsoleMessage,
    Page,
    Route,
)

ORIGIN: Final = "http://adstelle.test"
LOOK: Final = Path(__file__).with_name("look.js")
TAB: Final = {"key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9}
SHIFT: Final = 8
ALL: Final = "questions => questions.map((question) => look[question]())"


class Given(NamedTuple):
    """A page to be shown: what a server would answer. *extra* are files only this page has."""

    html: str
    headers: Mapping[str, str]
    extra: Mapping[str, str] = {}


class Static(NamedTuple):
    """A file that all pages share."""

    content: bytes
    kind: str


class Tab:
    """One tab, used for one page after the other. Everything asked of other hosts is noted."""

    def __init__(
        self,
        context: BrowserContext,
        page: Page,
        devtools: CDPSession,
        static: Mapping[str, Static],
    ) -> None:
        self._context = context
        self._devtools = devtools
        self._static = static
        self._given = Given("", {})
        self.page = page
        self.foreign: list[str] = []
        self.complaints: list[str] = []

    @classmethod
    async def open(
        cls, browser: Browser, static: Mapping[str, Static], scripts: tuple[Path, ...]
    ) -> "Tab":
        """Open a tab in which *scripts* are there on every page."""
        context = await browser.new_context()
        for script in (LOOK, *scripts):
            await context.add_init_script(path=script)
        page = await context.new_page()
        tab = cls(context, page, await context.new_cdp_session(page), static)
        await context.route("**/*", tab._answer)
        page.on("console", tab._complain)
        page.on("pageerror", lambda error: tab.complaints.append(str(error)))
        return tab

    async def close(self) -> None:
        await self._context.close()

    async def show(self, given: Given) -> None:
        """Load a page at the size of a desk, in light colours, with the script running."""
        self._given = given
        self.foreign.clear()
        self.complaints.clear()
        await self.prefer()
        await self.size(1280, 800)
        await self.page.goto(f"{ORIGIN}/page", wait_until="load")

    async def size(self, width: int, height: int) -> None:
        if self.page.viewport_size != {"width": width, "height": height}:
            await self.page.set_viewport_size({"width": width, "height": height})

    async def prefer(self, **wishes: Any) -> None:
        """Have the reader's wishes; what is not named is as with everybody."""
        usual: dict[str, Any] = {
            "media": "screen",
            "color_scheme": "light",
            "reduced_motion": "no-preference",
            "forced_colors": "none",
        }
        await self.page.emulate_media(**(usual | wishes))

    async def ask(self, question: str, *given: Any) -> Any:
        """Call a function of look.js."""
        return await self.page.evaluate(f"given => look.{question}(...given)", list(given))

    async def ask_all(self, questions: Sequence[str]) -> Any:
        """Call functions of look.js one after the other; their answers come in this order."""
        return await self.page.evaluate(ALL, list(questions))

    async def press_tab(self, times: int, *, back: bool = False) -> None:
        """Press Tab as a keyboard would, all at one go."""
        shift = SHIFT if back else 0
        kinds = ["rawKeyDown", "keyUp"] * times
        await asyncio.gather(
            *(
                self._devtools.send(
                    "Input.dispatchKeyEvent", {"type": kind, "modifiers": shift, **TAB}
                )
                for kind in kinds
            )
        )

    async def _answer(self, route: Route) -> None:
        address = route.request.url
        path = address.removeprefix(ORIGIN)
        if address.startswith("data:"):
            await route.continue_()
        elif path == address:
            self.foreign.append(address)
            await route.abort()
        elif path == "/page":
            await route.fulfill(
                body=self._given.html, content_type="text/html", headers=dict(self._given.headers)
            )
        elif path in self._given.extra:
            kind = "text/css" if path.endswith(".css") else "text/javascript"
            await route.fulfill(body=self._given.extra[path], content_type=kind)
        elif path in self._static:
            file = self._static[path]
            await route.fulfill(body=file.content, content_type=file.kind)
        else:
            await route.fulfill(status=404)

    def _complain(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)
