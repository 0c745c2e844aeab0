"""The way to the city's identity provider and back; and linking oneself with it.

People go there by a link and come back by a GET from another site, which carries no cookie that is
`SameSite=Strict`: the journey has one of its own (`Lax`), and what needs the session is our form.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from litestar import get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from adstelle.accounts.identity.provider import NotIdentified, ProviderAway
from adstelle.accounts.identity.service import Identities, Known, Link, Purpose
from adstelle.accounts.routes import StaffDoor
from adstelle.crypto.sessions import Session
from adstelle.errors import SignInRefused
from adstelle.web import dates, security
from adstelle.web.application import later
from adstelle.web.forms import one, read_form, typed
from adstelle.web.guard import (
    ACCOUNT,
    SIGN_IN,
    AnyRequest,
    Page,
    Pending,
    frame,
    read_pending,
)
from adstelle.web.pages import View, redirect

BACK: Final = "/anmelden/rueckkehr"
WAY: Final = f"{SIGN_IN}/stadt"
ON: Final = f"{WAY}/weiter"
OWN: Final = f"{ACCOUNT}/stadt"
COOKIE: Final = "adstelle-stadt"
DONE: Final = "getan"
_DONE: Final = frozenset({"linked", "unlinked"})
_FAULTS: Final = {
    Link.PASSPHRASE_WRONG: "people.error.old.wrong",
    Link.TAKEN: "identity.error.taken",
}
_OLD_MISSING: Final = "people.error.old.missing"


class IdentityPages:
    """What the handlers below need; without *identities* there is no provider, and no page."""

    def __init__(self, door: StaffDoor, identities: Identities | None) -> None:
        self.door = door
        self.guard = door.guard
        self.pages = door.pages
        self._identities = identities

    @property
    def identities(self) -> Identities:
        """The provider's people. Raises `NotFoundException` where there is no provider."""
        if self._identities is None:
            raise NotFoundException
        return self._identities

    def cookie(self, request: AnyRequest) -> str | None:
        """The cookie of a journey."""
        return request.cookies.get(security.cookie_name(COOKIE, self.pages.secure))

    def on_the_way(self, address: str, value: str) -> Page:
        """Send somebody on, with the cookie of their journey."""
        page = redirect(address)
        page.set_cookie(
            security.session_cookie(COOKIE, value, secure=self.pages.secure, site="lax")
        )
        return page

    def at_end(self, page: Page) -> Page:
        """Take the cookie of a journey back."""
        page.set_cookie(self._expired())
        return page

    def failed(self, lang: str, purpose: Purpose, reason: str, status: int) -> Page:
        """Say that the provider did not identify somebody, and what can be done now."""
        leads = {"sign_in": SIGN_IN, "link": OWN}[purpose]
        view = View(
            template="staff/identity_failed.html", path=leads, title="identity.failed.title"
        )
        page = self.pages.page(
            lang, view, status=status, reason=f"identity.failed.{reason}", leads=leads
        )
        return later(page) if status == 503 else page

    def passphrase_page(self, lang: str, known: Known, errors: dict[str, str]) -> Page:
        """Ask whoever came back for the passphrase; to sign in, or to be linked."""
        view = View(
            template=f"staff/identity_{known.purpose}.html",
            path=ON,
            title=f"identity.{known.purpose}.title",
            errors=errors,
        )
        return self.pages.page(
            lang, view, status=422 if errors else 200,
            login=known.login, has_factor=known.has_factor,
        )  # fmt: skip

    async def own_page(
        self, lang: str, session: Session, errors: dict[str, str], done: str
    ) -> Page:
        """Whether one is linked, and how to change that."""
        day = await self.identities.linked_on(session)
        view = View(
            template="staff/identity_own.html", path=OWN, title="identity.title", errors=errors
        )
        return self.pages.page(
            lang,
            view,
            status=422 if errors else 200,
            **frame(self.pages, lang, session),
            login=session.login,
            linked=dates.day(self.pages, lang, day) if day else None,
            done=done if done in _DONE else None,
        )

    async def with_anybody(
        self, request: AnyRequest, lang: str, act: Callable[[Session], Awaitable[Page]]
    ) -> Page:
        """Act for whoever is signed in; a passphrase is carried along nowhere."""
        return await self.guard.with_session(
            request, lang, Pending(wanted=OWN), act, find=self.guard.anybody
        )

    def _expired(self) -> Cookie:
        return security.expired_cookie(COOKIE, secure=self.pages.secure)


async def _leave(pages: IdentityPages, purpose: Purpose, lang: str, wanted: str) -> Page:
    try:
        cookie, address = await pages.identities.begin(purpose, lang, wanted)
    except ProviderAway:
        return pages.failed(lang, purpose, "away", 503)
    return pages.on_the_way(address, cookie)


@get("/{lang:str}/anmelden/stadt")
async def leave_to_sign_in(
    request: AnyRequest, identity_pages: NamedDependency[IdentityPages], lang: FromPath[str]
) -> Page:
    """Go to the provider; only an address of ours comes after it."""
    code = identity_pages.pages.language(lang)
    pending = read_pending({"weiter": (request.query_params.get("weiter", ""),)})
    return await _leave(identity_pages, "sign_in", code, pending.wanted)


@get("/{lang:str}/konto/stadt/verbinden")
async def leave_to_link(
    request: AnyRequest, identity_pages: NamedDependency[IdentityPages], lang: FromPath[str]
) -> Page:
    """Go to the provider, to be linked with whoever one is there."""
    code = identity_pages.pages.language(lang)
    await identity_pages.guard.anybody(request)
    return await _leave(identity_pages, "link", code, "")


@get(BACK)
async def come_back(request: AnyRequest, identity_pages: NamedDependency[IdentityPages]) -> Page:
    """Take somebody back: once for each journey, whatever they bring."""
    pages = identity_pages
    trip = await pages.identities.trip(pages.cookie(request))
    if trip is None:
        return pages.failed(pages.pages.city.languages[0], "sign_in", "gone", 422)
    try:
        cookie, _ = await pages.identities.back(trip, request.query_params)
    except NotIdentified:
        return pages.at_end(pages.failed(trip.lang, trip.purpose, "nobody", 422))
    except ProviderAway:
        return pages.at_end(pages.failed(trip.lang, trip.purpose, "away", 503))
    return pages.on_the_way(f"/{trip.lang}/{_NEXT[trip.purpose]}", cookie)


_NEXT: Final[dict[Purpose, str]] = {"sign_in": ON, "link": f"{OWN}/weiter"}


@get(["/{lang:str}/anmelden/stadt/weiter", "/{lang:str}/konto/stadt/weiter"])
async def show_passphrase(
    request: AnyRequest, identity_pages: NamedDependency[IdentityPages], lang: FromPath[str]
) -> Page:
    """Ask for the passphrase. Needs no session: a redirect from elsewhere carries none."""
    code, cookie = identity_pages.pages.language(lang), identity_pages.cookie(request)
    purpose: Purpose = "link" if f"/{ACCOUNT}/" in request.url.path else "sign_in"
    known = await identity_pages.identities.known(cookie, purpose)
    if known is None:
        return identity_pages.failed(code, purpose, "gone", 422)
    return identity_pages.passphrase_page(code, known, {})


@post("/{lang:str}/anmelden/stadt/weiter", status_code=303)
async def sign_in(
    request: AnyRequest, identity_pages: NamedDependency[IdentityPages], lang: FromPath[str]
) -> Page:
    """Open a session with the passphrase, and with a code or passkey where one is still needed."""
    pages, door, code = identity_pages, identity_pages.door, identity_pages.pages.language(lang)
    entries, cookie = await read_form(request), identity_pages.cookie(request)
    known = await pages.identities.known(cookie, "sign_in")
    if known is None or known.login is None:
        return pages.at_end(pages.failed(code, "sign_in", "gone", 422))
    passphrase, one_time = typed(entries, "passphrase"), one(entries, "code")
    if not passphrase:
        errors = {"passphrase": "staff.sign_in.passphrase_missing"}
        return pages.passphrase_page(code, known, errors)
    pending = Pending(wanted=known.wanted)
    try:
        if known.has_factor:
            opened = await pages.identities.open(cookie, known, passphrase)
        elif one_time:
            opened = await door.sign_in.sign_in(known.login, passphrase, one_time)
            await pages.identities.end(cookie)
        else:
            asked = await door.second_step.begin(known.login, passphrase)
            return door.confirm_page(code, pending, known.login, asked)
    except SignInRefused:
        return pages.passphrase_page(code, known, {"passphrase": "identity.error.refused"})
    return pages.at_end(await door.open(code, opened, pending))


@get("/{lang:str}/konto/stadt")
async def show_own(
    request: AnyRequest, identity_pages: NamedDependency[IdentityPages], lang: FromPath[str]
) -> Page:
    """Whether one is linked, and how to change that."""
    code = identity_pages.pages.language(lang)
    session = await identity_pages.guard.anybody(request)
    return await identity_pages.own_page(code, session, {}, request.query_params.get(DONE, ""))


@post("/{lang:str}/konto/stadt/weiter", status_code=303)
async def link(
    request: AnyRequest, identity_pages: NamedDependency[IdentityPages], lang: FromPath[str]
) -> Page:
    """Link oneself with who came back."""
    pages, code = identity_pages, identity_pages.pages.language(lang)
    old, cookie = typed(await read_form(request), "old"), pages.cookie(request)

    async def act(session: Session) -> Page:
        known = await pages.identities.known(cookie, "link")
        if known is None:
            return pages.at_end(pages.failed(code, "link", "gone", 422))
        if not old:
            return pages.passphrase_page(code, known, {"old": _OLD_MISSING})
        became = await pages.identities.link(session, cookie, known, old)
        if became is Link.DONE:
            return pages.at_end(redirect(f"/{code}/{OWN}?{DONE}=linked"))
        return pages.passphrase_page(code, known, {"old": _FAULTS[became]})

    return await pages.with_anybody(request, code, act)


@post("/{lang:str}/konto/stadt", status_code=303)
async def unlink(
    request: AnyRequest, identity_pages: NamedDependency[IdentityPages], lang: FromPath[str]
) -> Page:
    """Link oneself with nobody."""
    pages, code = identity_pages, identity_pages.pages.language(lang)
    old = typed(await read_form(request), "old")

    async def act(session: Session) -> Page:
        if not old:
            return await pages.own_page(code, session, {"old": _OLD_MISSING}, "")
        became = await pages.identities.unlink(session, old)
        if became is Link.DONE:
            return redirect(f"/{code}/{OWN}?{DONE}=unlinked")
        return await pages.own_page(code, session, {"old": _FAULTS[became]}, "")

    return await pages.with_anybody(request, code, act)


HANDLERS: Final[tuple[Any, ...]] = (
    leave_to_sign_in,
    leave_to_link,
    come_back,
    show_passphrase,
    sign_in,
    show_own,
    link,
    unlink,
)
