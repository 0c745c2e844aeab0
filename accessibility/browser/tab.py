"""A tab that shows pages given to it, and lets nothing else in or out."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final, NamedTuple

from playwright.async_api import Browser, BrowserContext, CDPSession, ConsoleMessage, Page, Request

ADDRESS: Final = "127.0.0.1"
# What a browser for tabs is started with: it draws only what it must, does not spend more on
# making a script quick than the script needs, and finds no other host.
QUIET: Final = (
    "--disable-threaded-compositing",
    "--num-raster-threads=1",
    "--js-flags=--no-opt --no-maglev",
    f"--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE {ADDRESS}",
)
LOOK: Final = Path(__file__).with_name("look.js")
TAB: Final = {"key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9}
SHIFT: Final = 8
PAGE: Final = "/page"
ALL: Final = "questions => questions.map(([question, ...given]) => look[question](...given))"


class Given(NamedTuple):
    """A page to be shown: what a server would answer. *extra* are files only this page has."""

    html: str
    headers: Mapping[str, str]
    extra: Mapping[str, str] = {}


class Static(NamedTuple):
    """A file that all pages share."""

    content: bytes
    kind: str


class Host:
    """Answers a tab: the page it is given, and the files all pages share, which may be kept."""

    def __init__(self, static: Mapping[str, Static]) -> None:
        self._static = static
        self.given = Given("", {})

    async def start(self) -> asyncio.Server:
        return await asyncio.start_server(self._answer, ADDRESS)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request. A browser may open a connection ahead and say nothing."""
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            request = await reader.readuntil(b"\r\n\r\n")
            status, headers, body = self._found(request.split()[1].decode())
            usual = {"content-length": str(len(body)), "connection": "close"}
            lines = (f"{name}: {value}\r\n" for name, value in (usual | headers).items())
            head = f"HTTP/1.1 {status.value} {status.phrase}\r\n{''.join(lines)}\r\n"
            writer.write(head.encode() + body)
            await writer.drain()
        writer.close()

    def _found(self, path: str) -> tuple[HTTPStatus, dict[str, str], bytes]:
        """Status, headers and body for a path."""
        new = {"cache-control": "no-store"}
        if path == PAGE:
            headers = {"content-type": "text/html; charset=utf-8", **new, **self.given.headers}
            return HTTPStatus.OK, headers, self.given.html.encode()
        if path in self.given.extra:
            kind = "text/css" if path.endswith(".css") else "text/javascript"
            return HTTPStatus.OK, {"content-type": kind, **new}, self.given.extra[path].encode()
        if path in self._static:
            file = self._static[path]
            kept = {"content-type": file.kind, "cache-control": "max-age=86400, immutable"}
            return HTTPStatus.OK, kept, file.content
        return HTTPStatus.NOT_FOUND, new, b""


class Tab:
    """One tab, used for one page after the other. Everything asked of other hosts is noted."""

    def __init__(
        self,
        context: BrowserContext,
        page: Page,
        devtools: CDPSession,
        host: Host,
        server: asyncio.Server,
    ) -> None:
        self._context = context
        self._devtools = devtools
        self._host = host
        self._server = server
        self._origin = f"http://{ADDRESS}:{server.sockets[0].getsockname()[1]}"
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
        host = Host(static)
        devtools = await context.new_cdp_session(page)
        tab = cls(context, page, devtools, host, await host.start())
        page.on("request", tab._note)
        page.on("console", tab._complain)
        page.on("pageerror", lambda error: tab.complaints.append(str(error)))
        return tab

    async def close(self) -> None:
        await self._context.close()
        self._server.close()
        await self._server.wait_closed()

    async def show(self, given: Given) -> None:
        """Load a page at the size of a desk, in light colours, with the script running."""
        self._host.given = given
        self.foreign.clear()
        self.complaints.clear()
        await self.prefer()
        await self.size(1280, 800)
        await self.page.goto(f"{self._origin}{PAGE}", wait_until="load")

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

    async def ask_all(self, questions: Sequence[tuple[str | bool, ...]]) -> Any:
        """Call functions of look.js, each given with its arguments; answers come in this order."""
        return await self.page.evaluate(ALL, [list(question) for question in questions])

    async def press_tab(self, times: int, *, back: bool = False) -> None:
        """Press Tab as a keyboard would, all at one go; on the way back the key is held down."""
        shift = SHIFT if back else 0
        kinds = ["rawKeyDown"] * times + ["keyUp"] if back else ["rawKeyDown", "keyUp"] * times
        await asyncio.gather(
            *(
                self._devtools.send(
                    "Input.dispatchKeyEvent", {"type": kind, "modifiers": shift, **TAB}
                )
                for kind in kinds
            )
        )

    def _note(self, request: Request) -> None:
        if not request.url.startswith((f"{self._origin}/", "data:")):
            self.foreign.append(request.url)

    def _complain(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)
