"""What the public and the staff application share: static files, health, and pages for errors."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import msgspec
from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.exceptions import HTTPException, NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from adstelle import events
from adstelle.database import Pool, connection
from adstelle.errors import BrokenOff, OutcomeUnknown, StorageUnavailable
from adstelle.web import problems, security
from adstelle.web.forms import Unreadable
from adstelle.web.overload import RETRY_SECONDS
from adstelle.web.pages import PACKAGE, Pages, View

KINDS: Final = {  # the framework adds the charset
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}
FOR_A_YEAR: Final = "public, max-age=31536000, immutable"  # a changed file has another name
PAGES_OF_STATUS: Final = {
    400: "unreadable",
    403: "refused",
    404: "not_found",
    405: "wrong_method",
    413: "too_large",
}
_PLAIN_PATH: Final = re.compile(r"[\w/-]*", re.ASCII)

API: Final = "/api/"

AnyRequest = Request[Any, Any, Any]


class StaticFile(msgspec.Struct, frozen=True):
    """A file as it is sent: plain, and packed where that is worth it."""

    content: bytes
    packed: bytes | None
    kind: str


def read_static(folder: Path) -> dict[str, StaticFile]:
    """Read the built files; there are few and they are small."""
    return {
        path.name: StaticFile(path.read_bytes(), _packed(path), KINDS[path.suffix])
        for path in folder.iterdir()
        if path.suffix in KINDS
    }


def _packed(path: Path) -> bytes | None:
    packed = path.with_name(f"{path.name}.gz")
    return packed.read_bytes() if packed.is_file() else None


def static_route() -> HTTPRouteHandler:
    """Serve the built style sheets and the script."""
    files = read_static(PACKAGE / "static")

    @get("/static/{name:str}", include_in_schema=False)
    async def static_file(request: AnyRequest, name: FromPath[str]) -> Response[bytes]:
        file = files.get(name)
        if file is None:
            raise NotFoundException
        headers = {
            "cache-control": FOR_A_YEAR,
            "vary": "accept-encoding",
            "x-content-type-options": "nosniff",
        }
        content = file.content
        if file.packed is not None and "gzip" in request.headers.get("accept-encoding", ""):
            content = file.packed
            headers["content-encoding"] = "gzip"
        return Response(content, media_type=file.kind, headers=headers)

    return static_file


def health_route(pool: Callable[[State], Pool]) -> HTTPRouteHandler:
    """Say whether this process and its database work; for whoever watches over the service."""

    @get("/leben", include_in_schema=False)
    async def health(state: State) -> Response[bytes]:
        try:
            async with connection(pool(state)) as conn:
                await conn.execute("select 1")
        except (StorageUnavailable, OutcomeUnknown):
            return _plain(b"database away\n", 503)
        return _plain(b"ok\n", 200)

    return health


def _plain(content: bytes, status: int) -> Response[bytes]:
    headers = {"cache-control": "no-store"}
    return Response(content, status_code=status, media_type="text/plain", headers=headers)


def error_page(pages: Pages, layout: str, path: str, name: str, status: int) -> Response[bytes]:
    """Render a page that says what can be done now, and nothing about the error.

    *path* is that of the request: its language is the reader's.
    """
    asked, _, rest = path.removeprefix("/").partition("/")
    known = pages.nearest_language(asked) == asked
    view = View(
        template="error.html",
        path=rest if known and _PLAIN_PATH.fullmatch(rest) else "",
        title=f"errors.{name}.title",
    )
    page = pages.page(pages.nearest_language(asked), view, status=status, layout=layout, name=name)
    return later(page) if status == 503 else page


def later(page: Response[bytes]) -> Response[bytes]:
    """Say when it is worth while to ask again."""
    page.headers["retry-after"] = str(RETRY_SECONDS)
    return page


def busy_pages(pages: Pages, layout: str) -> dict[str, bytes]:
    """What `web.overload.Gate` shows in each language; rendered before it is needed."""
    return {
        lang: error_page(pages, layout, f"/{lang}/", "busy", 503).content
        for lang in pages.city.languages
    }


class ErrorPages:
    """Turns errors into pages in the reader's language; only unexpected ones are noted."""

    def __init__(self, pages: Pages, layout: str) -> None:
        self._pages = pages
        self._layout = layout

    def show(self, request: AnyRequest, name: str, status: int) -> Response[bytes]:
        """Render a page for *request*; where its address is no page, links lead to the start."""
        path = request.url.path
        if status == 404 or request.method not in security.SAFE_METHODS:
            path = f"/{path.removeprefix('/').partition('/')[0]}/"
        return error_page(self._pages, self._layout, path, name, status)

    def http(self, request: AnyRequest, error: HTTPException) -> Response[bytes]:
        """What the framework refused."""
        status = error.status_code
        if request.url.path.startswith(API):
            return problems.of_http(request, error)
        if status >= 500:
            return self.unexpected(request, error)
        page = self.show(request, PAGES_OF_STATUS.get(status, "unreadable"), status)
        if allowed := (error.headers or {}).get("allow"):
            page.headers["allow"] = allowed
        return page

    def unreadable(self, request: AnyRequest, _: Unreadable | BrokenOff) -> Response[bytes]:
        """A form that is none of ours, or not whole."""
        return self.show(request, "unreadable", 400)

    def away(self, request: AnyRequest, _: StorageUnavailable) -> Response[bytes]:
        """The database was not reached."""
        return self.show(request, "away", 503)

    def unknown(self, request: AnyRequest, _: OutcomeUnknown) -> Response[bytes]:
        """The database was lost on the way."""
        return self.show(request, "unknown", 503)

    def unexpected(self, request: AnyRequest, error: Exception) -> Response[bytes]:
        """Something nobody thought of: noted by its class and place, never by its message."""
        events.emit(events.Failed(error=events.error_name(error), at=events.where(error)))
        return self.show(request, "failed", 500)


def exception_handlers(pages: Pages, layout: str) -> dict[int | type[Exception], Any]:
    """Give the framework a page for every error."""
    shown = ErrorPages(pages, layout)
    return {
        HTTPException: shown.http,
        Unreadable: shown.unreadable,
        BrokenOff: shown.unreadable,
        StorageUnavailable: shown.away,
        OutcomeUnknown: shown.unknown,
        Exception: shown.unexpected,
    }
