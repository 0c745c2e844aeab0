"""Say "please wait" before memory grows: a bounded number of requests at once, fewer large ones.

Whoever announces a body and does not send it would keep a place for ever, and a few hundred such
would keep everybody out. So a body has to come (docs/decisions/0046-slow-bodies.md).
"""

import asyncio
from collections.abc import Mapping
from typing import Final

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, ReceiveMessage, Scope, Send

from adstelle import events

MOST_AT_ONCE: Final = 256
LARGE_BYTES: Final = 256 * 1024
DIGITS: Final = 12  # of a length; more are no length
MOST_LARGE: Final = 2
MOST_UPLOADS: Final = 8  # files stream through: each takes little memory, but long
RETRY_SECONDS: Final = 5
PATIENCE: Final = 60.0  # seconds that a body may be waited for, as long as nothing of it comes
LEAST_RATE: Final = 4096  # bytes that earn one second more: half of what a phone with "E" sends
BUSY_PROBLEM: Final = b'{"type":"about:blank","title":"Service Unavailable","status":503}'


class Gate:
    """ASGI middleware that answers 503 with Retry-After when the house is full."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        busy_pages: Mapping[str, bytes],
        headers: Mapping[str, str],
        most: int = MOST_AT_ONCE,
        patience: float = PATIENCE,
    ) -> None:
        self._app = app
        self._headers = dict(headers)
        self._busy_pages = busy_pages
        self._most = most
        self._patience = patience
        self._inside = 0
        self._large = 0
        self._uploads = 0

    def exchange(self, app: ASGIApp, busy_pages: Mapping[str, bytes]) -> None:
        """Serve *app* from the next request on; requests under way end where they began."""
        self._app, self._busy_pages = app, busy_pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        upload = _is_upload(scope)
        large = not upload and _is_large(scope)
        is_full = (large and self._large >= MOST_LARGE) or (
            upload and self._uploads >= MOST_UPLOADS
        )
        if self._inside >= self._most or is_full:
            events.emit(events.Overloaded(in_flight=self._inside))
            await self._refuse(scope, send)
            return
        self._inside += 1
        self._large += large
        self._uploads += upload
        try:
            await self._app(scope, Coming(receive, self._patience), send)
        finally:
            self._inside -= 1
            self._large -= large
            self._uploads -= upload

    async def _refuse(self, scope: Scope, send: Send) -> None:
        is_api = scope["path"].startswith("/api/")
        headers = self._headers | {
            "content-type": "application/problem+json" if is_api else "text/html; charset=utf-8",
            "retry-after": str(RETRY_SECONDS),
        }
        await send(
            {
                "type": "http.response.start",
                "status": 503,
                "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
            }
        )
        body = BUSY_PROBLEM if is_api else self._busy_page(scope)
        await send({"type": "http.response.body", "body": body, "more_body": False})

    def _busy_page(self, scope: Scope) -> bytes:
        """The page in the language of the path, else in the city's first."""
        asked = str(scope["path"]).removeprefix("/").partition("/")[0]
        return self._busy_pages.get(asked) or next(iter(self._busy_pages.values()))


class Coming:
    """A body on its way: who sends it too slowly has left, as far as the application knows.

    Only the time counts in which somebody waits for it, and none once it is there: what is sent to
    the browser may take as long as it takes. *left* is how many seconds it may still be waited for.
    """

    def __init__(self, receive: Receive, patience: float) -> None:
        self._receive = receive
        self.left = patience
        self._is_whole = False

    async def __call__(self) -> ReceiveMessage:
        if self._is_whole:
            return await self._receive()
        clock = asyncio.get_running_loop().time
        began = clock()
        try:
            async with asyncio.timeout(max(self.left, 0.0)):
                message = await self._receive()
        except TimeoutError:
            events.emit(events.BodyTooSlow())
            return {"type": "http.disconnect"}
        self.left -= clock() - began
        if message["type"] == "http.request":
            self.left += len(message["body"]) / LEAST_RATE
            self._is_whole = not message["more_body"]
        return message


def _is_upload(scope: Scope) -> bool:
    """A form that comes with files."""
    kind = dict(scope["headers"]).get(b"content-type", b"")
    return kind.lower().startswith(b"multipart/form-data")


def _is_large(scope: Scope) -> bool:
    """A body without a declared length counts as large."""
    headers = dict(scope["headers"])
    if b"transfer-encoding" in headers:
        return True
    length = headers.get(b"content-length", b"0")
    return not length.isdigit() or len(length) > DIGITS or int(length) > LARGE_BYTES
