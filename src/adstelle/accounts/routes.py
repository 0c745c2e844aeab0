"""Signing in and out over HTTP."""

from typing import Final

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from adstelle.accounts.joining.routes import IN
from adstelle.accounts.service import SignIn
from adstelle.domain.membership import holds_key, manages_people
from adstelle.errors import OutcomeUnknown, SignInRefused, StorageUnavailable
from adstelle.web import security
from adstelle.web.application import error_page, later
from adstelle.web.forms import Entries, one, read_form
from adstelle.web.guard import (
    ACCOUNT,
    COOKIE,
    LAYOUT,
    PEOPLE,
    QUEUE,
    SIGN_IN,
    AnyRequest,
    Guard,
    Page,
    Pending,
    read_pending,
)
from adstelle.web.pages import redirect

FIELDS: Final = ("login", "passphrase", "code")
SIGNED_OUT: Final = "abgemeldet"


class StaffDoor:
    """What the handlers below need; built once by the composition root."""

    def __init__(self, guard: Guard, sign_in: SignIn) -> None:
        self.guard = guard
        self.sign_in = sign_in
        self.pages = guard.pages

    async def open(self, lang: str, cookie: str, pending: Pending) -> Page:
        """Let somebody in: to the case they wanted, or back to the reply they had typed."""
        if pending.wanted and pending.typed:
            page = self.guard.resume_page(lang, pending, "text")
        else:
            page = redirect(f"/{lang}/{pending.wanted or await self.home(cookie)}")
        page.set_cookie(security.session_cookie(COOKIE, cookie, secure=self.pages.secure))
        return page

    async def home(self, cookie: str | None) -> str:
        """Where somebody begins: with cases, or where they open none, with what is theirs."""
        session = await self.sign_in.load(cookie)
        if session is None or holds_key(session.role):
            return QUEUE
        return PEOPLE if manages_people(session.role) else ACCOUNT

    def closed(self, lang: str) -> Page:
        """Send somebody out, with nothing left in the browser."""
        page = redirect(f"/{lang}/{SIGN_IN}?{SIGNED_OUT}=1")
        page.set_cookie(security.expired_cookie(COOKIE, secure=self.pages.secure))
        page.headers["clear-site-data"] = '"cache", "storage"'
        return page


def missing(entries: Entries) -> dict[str, str]:
    """Name the empty fields, each with the key of what to do."""
    return {field: f"staff.sign_in.{field}_missing" for field in FIELDS if not one(entries, field)}


@get(["/", "/{lang:str}"])
async def start(request: AnyRequest, door: NamedDependency[StaffDoor]) -> Page:
    """The front door leads to where somebody begins."""
    asked = request.path_params.get("lang") or door.pages.city.languages[0]
    code = door.pages.language(asked)
    return redirect(f"/{code}/{await door.home(door.guard.cookie(request))}")


@get("/{lang:str}/anmelden")
async def show_sign_in(
    request: AnyRequest, door: NamedDependency[StaffDoor], lang: FromPath[str]
) -> Page:
    """Ask for login name, passphrase and code."""
    asked = request.query_params
    pending = read_pending({"weiter": (asked.get("weiter", ""),)})
    notices = {SIGNED_OUT: "staff.sign_in.signed_out", IN: "joining.done"}
    notice = next((notices[name] for name in notices if name in asked), None)
    return door.guard.sign_in_page(door.pages.language(lang), pending, notice=notice)


@post("/{lang:str}/anmelden", status_code=303)
async def sign_in(
    request: AnyRequest, door: NamedDependency[StaffDoor], lang: FromPath[str]
) -> Page:
    """Open a session. Whatever does not fit, the answer is the same."""
    code = door.pages.language(lang)
    entries = await read_form(request)
    pending, login = read_pending(entries), one(entries, "login")
    errors = missing(entries)
    if not errors:
        try:
            cookie = await door.sign_in.sign_in(
                login, entries["passphrase"][-1], one(entries, "code")
            )
        except SignInRefused:
            errors = {"login": "staff.sign_in.refused"}
        except (StorageUnavailable, OutcomeUnknown):
            away = {"login": "staff.sign_in.away"}
            return later(
                door.guard.sign_in_page(code, pending, login=login, errors=away, status=503)
            )
        else:
            return await door.open(code, cookie, pending)
    return door.guard.sign_in_page(code, pending, login=login, errors=errors, status=422)


@post("/{lang:str}/abmelden", status_code=303)
async def sign_out(
    request: AnyRequest, door: NamedDependency[StaffDoor], lang: FromPath[str]
) -> Page:
    """End the session in the database and in the browser; say so when that did not work."""
    try:
        await door.sign_in.sign_out(door.guard.cookie(request))
    except (StorageUnavailable, OutcomeUnknown):
        return error_page(door.pages, LAYOUT, f"/{lang}/", "sign_out_away", 503)
    return door.closed(door.pages.language(lang))


HANDLERS: Final = (start, show_sign_in, sign_in, sign_out)
