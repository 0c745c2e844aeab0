"""Signing in and out over HTTP."""

from typing import Final

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from adstelle.accounts.joining.routes import IN
from adstelle.accounts.passkeys.sign_in import Asked, SecondStep
from adstelle.accounts.service import SignIn
from adstelle.domain.membership import holds_key, holds_statistics, manages_people
from adstelle.errors import OutcomeUnknown, SignInRefused, StorageUnavailable
from adstelle.web import security
from adstelle.web.application import error_page, later
from adstelle.web.forms import Entries, one, read_form, typed
from adstelle.web.guard import (
    ACCOUNT,
    COOKIE,
    LAYOUT,
    PEOPLE,
    QUEUE,
    SIGN_IN,
    STATISTICS_PATH,
    AnyRequest,
    Guard,
    Page,
    Pending,
    read_pending,
)
from adstelle.web.pages import View, redirect

FIELDS: Final = ("login", "passphrase")
SIGNED_OUT: Final = "abgemeldet"
HALF: Final = "adstelle-bestaetigung"  # the cookie of a sign-in without its second factor


class StaffDoor:
    """What the handlers below need; built once by the composition root."""

    def __init__(self, guard: Guard, sign_in: SignIn, second_step: SecondStep) -> None:
        self.guard = guard
        self.sign_in = sign_in
        self.second_step = second_step
        self.pages = guard.pages

    def half(self, request: AnyRequest) -> str | None:
        """The cookie of a sign-in without its second factor."""
        return request.cookies.get(security.cookie_name(HALF, self.pages.secure))

    def confirm_page(
        self, lang: str, pending: Pending, login: str, asked: Asked, *, is_empty: bool = False
    ) -> Page:
        """Ask for the second factor: a passkey or a code."""
        view = View(
            template="staff/sign_in_confirm.html",
            path=SIGN_IN,
            title="passkeys.confirm.title",
            errors={"code": "staff.sign_in.code_missing"} if is_empty else {},
        )
        page = self.pages.page(
            lang, view, status=422 if is_empty else 200,
            login=login, pending=pending, options=asked.options,
        )  # fmt: skip
        page.set_cookie(security.session_cookie(HALF, asked.cookie, secure=self.pages.secure))
        return page

    def refused_page(
        self, lang: str, pending: Pending, login: str, reason: str = "staff.sign_in.refused"
    ) -> Page:
        """Begin anew, with everything typed but what is secret."""
        errors = {"login": reason}
        return self.guard.sign_in_page(lang, pending, login=login, errors=errors, status=422)

    def away_page(self, lang: str, pending: Pending, login: str) -> Page:
        """Say that the database is not reached."""
        errors = {"login": "staff.sign_in.away"}
        return later(self.guard.sign_in_page(lang, pending, login=login, errors=errors, status=503))

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
        if holds_statistics(session.role):
            return STATISTICS_PATH
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
    """Open a session, or ask for the second factor; for whatever does not fit, the same answer."""
    code = door.pages.language(lang)
    entries = await read_form(request)
    pending, login = read_pending(entries), one(entries, "login")
    if errors := missing(entries):
        return door.guard.sign_in_page(code, pending, login=login, errors=errors, status=422)
    passphrase, one_time = typed(entries, "passphrase"), one(entries, "code")
    try:
        if not one_time:
            asked = await door.second_step.begin(login, passphrase)
            return door.confirm_page(code, pending, login, asked)
        cookie = await door.sign_in.sign_in(login, passphrase, one_time)
    except SignInRefused:
        return door.refused_page(code, pending, login)
    except (StorageUnavailable, OutcomeUnknown):
        return door.away_page(code, pending, login)
    return await door.open(code, cookie, pending)


@post("/{lang:str}/anmelden/bestaetigen", status_code=303)
async def confirm(
    request: AnyRequest, door: NamedDependency[StaffDoor], lang: FromPath[str]
) -> Page:
    """Open a session with a passkey, or with a code. One try; then it begins anew."""
    code = door.pages.language(lang)
    entries = await read_form(request)
    pending, login, half = read_pending(entries), one(entries, "login"), door.half(request)
    answer, one_time = one(entries, "passkey"), one(entries, "code")
    try:
        if not (answer or one_time) and (asked := await door.second_step.again(half)):
            return door.confirm_page(code, pending, login, asked, is_empty=True)
        if answer:
            cookie = await door.second_step.with_passkey(half, answer)
        else:
            cookie = await door.second_step.with_code(half, one_time)
    except SignInRefused:
        return door.refused_page(code, pending, login)
    except (StorageUnavailable, OutcomeUnknown):
        return door.away_page(code, pending, login)
    if cookie is None:
        return door.refused_page(code, pending, login, "passkeys.error.too_late")
    page = await door.open(code, cookie, pending)
    page.set_cookie(security.expired_cookie(HALF, secure=door.pages.secure))
    return page


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


HANDLERS: Final = (start, show_sign_in, sign_in, confirm, sign_out)
