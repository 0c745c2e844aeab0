"""Who is signed in, for pages that need it; and what was typed is kept when nobody is any more."""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final
from uuid import UUID, uuid4

from litestar import Request, Response

from adstelle.crypto.sessions import Session
from adstelle.domain.membership import holds_key, holds_statistics, manages_people
from adstelle.domain.private import Private
from adstelle.errors import AdstelleError, OutcomeUnknown, StorageUnavailable
from adstelle.web import security
from adstelle.web.application import later
from adstelle.web.forms import Entries, one, read_form
from adstelle.web.pages import WORTH_COPYING, Pages, View, redirect

COOKIE: Final = "adstelle-dienst"
SIGN_IN: Final = "anmelden"
QUEUE: Final = "faelle"
BLOCKS: Final = "bausteine"
LAYOUT: Final = "staff_layout.html"
ANSWER: Final = "antwort"
PEOPLE: Final = "personen"
ACCOUNT: Final = "konto"
TAKING: Final = "aufnehmen"
PATTERNS: Final = "muster"
RUNNING: Final = "laufende-zahlen"
APPROVAL: Final = "freigabe"
STATISTICS_PATH: Final = "statistik"
STATISTICS_KEY: Final = f"{STATISTICS_PATH}/schluessel"
STATISTICS_RENEWAL: Final = f"{STATISTICS_KEY}/neu"
_WANTED: Final = re.compile(
    r"(faelle|vorfaelle)/[0-9a-f-]{36}(/[0-9a-z-]+){0,3}|faelle/(suche|auswahl)"
    r"|(aufbewahrung|aufnehmen|auswertung|bausteine|gesamtausgabe|hilfe|konto|laufende-zahlen|marken"
    r"|muster|personen|stadt|statistik|freigabe)(/[0-9a-z-]+){0,3}"
)
_SIGN_IN_FIELDS: Final = frozenset({"login", "passphrase", "code", "passkey", "weiter"})

AnyRequest = Request[Any, Any, Any]
Page = Response[bytes]
Load = Callable[[str | None], Awaitable[Session | None]]
Find = Callable[[AnyRequest], Awaitable[Session]]


class NotSignedIn(AdstelleError):
    """A page was asked for that only advisers see."""


IN_THE_WAY: Final = (NotSignedIn, StorageUnavailable, OutcomeUnknown)


class NotForYou(AdstelleError):
    """A page was asked for by somebody whose role it is not for."""


class KeyMissing(AdstelleError):
    """A statistician has no copy of the key of the statistics yet."""


class Pending(Private, frozen=True):
    """What somebody was doing when they had to sign in: a page, and what they typed there.

    *wanted* is the address of a page or a form; *typed* holds everything of the form.
    """

    wanted: str = ""
    typed: tuple[tuple[str, str], ...] = ()

    @property
    def is_answer(self) -> bool:
        """Whether it is an answer to the person: its page has one field, ready to go on writing."""
        return self.wanted.endswith(f"/{ANSWER}")

    @property
    def is_case(self) -> bool:
        """Whether it belongs to a case that there is already."""
        page, _, case_id = self.wanted.partition("/")
        return page == QUEUE and is_uuid(case_id.partition("/")[0])

    @property
    def case_page(self) -> str:
        """The case it belongs to; the queue where there is none yet."""
        return "/".join(self.wanted.split("/")[:2]) if self.is_case else QUEUE

    @property
    def fields(self) -> dict[str, str]:
        """The same by name, the last of each."""
        return dict(self.typed)

    @property
    def texts(self) -> tuple[str, ...]:
        """What is so long that nobody wants to type it again."""
        return tuple(
            value for _, value in self.typed if len(value) > WORTH_COPYING and " " in value
        )


def unsent(wanted: str, entries: Entries) -> Pending:
    """Keep what a form holds, to be sent to *wanted* later."""
    return Pending(
        wanted=wanted,
        typed=tuple((name, value) for name, values in entries.items() for value in values if value),
    )


def read_pending(entries: Entries) -> Pending:
    """Read from a sign-in form what comes after it; a page that is none of ours is forgotten."""
    wanted = one(entries, "weiter")
    carried = {name: values for name, values in entries.items() if name not in _SIGN_IN_FIELDS}
    return unsent(wanted if _WANTED.fullmatch(wanted) else "", carried)


def frame(pages: Pages, lang: str, session: Session) -> dict[str, Any]:
    """What every page for somebody who is signed in has around it: their Stelle and role."""
    return {
        "stelle_name": pages.text(lang, pages.city.stellen[session.stelle].name),
        "member_role": session.role.value,
    }


def is_uuid(entered: str) -> bool:
    """Whether *entered* is an id as our forms hold it."""
    try:
        return str(UUID(entered)) == entered
    except ValueError:
        return False


def message_id_in(entries: Entries) -> UUID:
    """The hidden id of a form that says something; a new one where it was changed."""
    message_id = one(entries, "message_id")
    return UUID(message_id) if is_uuid(message_id) else uuid4()


class Guard:
    """Stands before the pages of advisers."""

    def __init__(self, pages: Pages, load: Load, *, has_provider: bool = False) -> None:
        """*has_provider*: whether people may come by way of the city's identity provider."""
        self.pages = pages
        self.has_provider = has_provider
        self._load = load

    def cookie(self, request: AnyRequest) -> str | None:
        """The session cookie of a request."""
        return request.cookies.get(security.cookie_name(COOKIE, self.pages.secure))

    async def anybody(self, request: AnyRequest) -> Session:
        """Find who is signed in, whatever they are here. Raises `NotSignedIn`."""
        session = await self._load(self.cookie(request))
        if session is None:
            raise NotSignedIn
        return session

    async def session(self, request: AnyRequest) -> Session:
        """Find who is signed in and opens cases. Raises `NotSignedIn`, `NotForYou`."""
        session = await self.anybody(request)
        if session.seed is None or not holds_key(session.role):
            raise NotForYou
        return session

    async def managing(self, request: AnyRequest) -> Session:
        """Find who is signed in and lets people in and out. Raises `NotSignedIn`, `NotForYou`."""
        session = await self.anybody(request)
        if not manages_people(session.role):
            raise NotForYou
        return session

    async def leading(self, request: AnyRequest) -> Session:
        """Find who is signed in, opens cases and manages people. Raises as `managing` does."""
        session = await self.managing(request)
        if session.seed is None:
            raise NotForYou
        return session

    async def counting(self, request: AnyRequest) -> Session:
        """Find who is signed in as a statistician. Raises `NotSignedIn`, `NotForYou`."""
        session = await self.anybody(request)
        if not holds_statistics(session.role):
            raise NotForYou
        return session

    async def statistician(self, request: AnyRequest) -> Session:
        """Find who is signed in and opens count cards. Raises as `counting`, and `KeyMissing`."""
        session = await self.counting(request)
        if session.statistics_seed is None:
            raise KeyMissing
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
        by_provider = self.has_provider and not pending.typed  # a link would lose what was typed
        return self.pages.page(
            lang, view, status=status,
            login=login, notice=notice, pending=pending, by_provider=by_provider,
        )  # fmt: skip

    async def with_session(
        self,
        request: AnyRequest,
        lang: str,
        pending: Pending,
        act: Callable[[Session], Awaitable[Page]],
        *,
        find: Find | None = None,
    ) -> Page:
        """Do something with what was typed. Whatever is in the way, it comes back on a page.

        *find* says who may do it; without it, whoever opens cases.
        """
        try:
            return await act(await (find or self.session)(request))
        except IN_THE_WAY as error:
            return self.stopped(lang, pending, error)

    def stopped(self, lang: str, pending: Pending, error: AdstelleError) -> Page:
        """Give back what was typed, where one of `IN_THE_WAY` was."""
        if isinstance(error, NotSignedIn):
            notice = "staff.sign_in.ended" if pending.is_answer else "staff.sign_in.ended_form"
            return self.sign_in_page(lang, pending, notice=notice, status=403)
        name = "unknown" if isinstance(error, OutcomeUnknown) else "away"
        return later(self.resume_page(lang, pending, name, status=503))

    async def submitted(
        self,
        request: AnyRequest,
        lang: str,
        address: str,
        act: Callable[[str, Session, Entries], Awaitable[Page]],
        *,
        find: Find | None = None,
    ) -> Page:
        """Read a form and *act* on it, in the page's language; the rest is as in `with_session`.

        *address* is where the form was sent to, below the language.
        """
        code, entries = self.pages.language(lang), await read_form(request)

        async def with_entries(session: Session) -> Page:
            return await act(code, session, entries)

        pending = unsent(address, entries)
        return await self.with_session(request, code, pending, with_entries, find=find)

    def resume_page(self, lang: str, pending: Pending, name: str, *, status: int = 200) -> Page:
        """Give back what was typed, ready to be sent; *name* says what happened to it."""
        kind = "resume" if pending.is_answer else "resume_form"
        title = "title" if name == "text" else f"{name}_title"
        view = View(
            template="staff/resume.html",
            path=pending.wanted,
            title=f"staff.{kind}.{title}",
        )
        return self.pages.page(
            lang, view, status=status, pending=pending, reason=f"staff.{kind}.{name}"
        )

    def to_sign_in(self, request: AnyRequest) -> Page:
        """Send a reader to the sign-in, and afterwards back to the case they wanted."""
        asked, _, wanted = request.url.path.removeprefix("/").partition("/")
        address = f"/{self.pages.nearest_language(asked)}/{SIGN_IN}"
        if match := _WANTED.match(wanted):
            address += f"?weiter={match[0]}"
        return redirect(address)
