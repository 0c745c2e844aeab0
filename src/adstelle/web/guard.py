"""Who is signed in, for pages that need it; and what was typed is kept when nobody is any more."""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final
from uuid import UUID

from litestar import Request, Response

from adstelle.crypto.sessions import Session
from adstelle.domain.private import Private
from adstelle.errors import AdstelleError
from adstelle.web import security
from adstelle.web.forms import Entries, one
from adstelle.web.pages import Pages, View, redirect

COOKIE: Final = "adstelle-dienst"
SIGN_IN: Final = "anmelden"
QUEUE: Final = "faelle"
LAYOUT: Final = "staff_layout.html"
_WANTED: Final = re.compile(r"faelle/[0-9a-f-]{36}")

AnyRequest = Request[Any, Any, Any]
Page = Response[bytes]
Load = Callable[[str | None], Awaitable[Session | None]]


class NotSignedIn(AdstelleError):
    """A page was asked for that only advisers see."""


class Pending(Private, frozen=True):
    """What somebody was doing when they had to sign in: a page, and maybe an unsent reply."""

    wanted: str = ""
    text: str = ""
    message_id: str = ""


def read_pending(entries: Entries) -> Pending:
    """Read from a sign-in form what comes after it; a page that is none of ours is forgotten."""
    wanted, message_id = one(entries, "weiter"), one(entries, "message_id")
    return Pending(
        wanted=wanted if _WANTED.fullmatch(wanted) else "",
        text=one(entries, "text"),
        message_id=message_id if is_uuid(message_id) else "",
    )


def is_uuid(entered: str) -> bool:
    """Whether *entered* is an id as our forms hold it."""
    try:
        return str(UUID(entered)) == entered
    except ValueError:
        return False


class Guard:
    """Stands before the pages of advisers."""

    def __init__(self, pages: Pages, load: Load) -> None:
        self.pages = pages
        self._load = load

    def cookie(self, request: AnyRequest) -> str | None:
        """The session cookie of a request."""
        return request.cookies.get(security.cookie_name(COOKIE, self.pages.secure))

    async def session(self, request: AnyRequest) -> Session:
        """Find who is signed in. Raises `NotSignedIn`."""
        session = await self._load(self.cookie(request))
        if session is None:
            raise NotSignedIn
        return session

    def sign_in_page(
        self,
        lang: str,
        pending: Pending,
        *,
        login: str = "",
        notice: str | None = None,
        errors: Mapping[str, str] | None = None,
        status: int = 200,
    ) -> Page:
        """Ask to sign in, and carry along what comes after it."""
        view = View(
            template="staff/sign_in.html",
            path=SIGN_IN,
            title="staff.sign_in.title",
            errors=errors or {},
        )
        return self.pages.page(
            lang, view, status=status, login=login, notice=notice, pending=pending
        )

    def to_sign_in(self, request: AnyRequest) -> Page:
        """Send a reader to the sign-in, and afterwards back to the case they wanted."""
        asked, _, wanted = request.url.path.removeprefix("/").partition("/")
        address = f"/{self.pages.nearest_language(asked)}/{SIGN_IN}"
        if match := _WANTED.match(wanted):
            address += f"?weiter={match[0]}"
        return redirect(address)
