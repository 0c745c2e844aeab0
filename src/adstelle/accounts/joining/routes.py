"""The page for whoever was handed a code: it stands before the sign-in."""

from collections.abc import Mapping
from typing import Final

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from adstelle.accounts.entered import SHORTEST_PASSPHRASE, Weak, weakness
from adstelle.accounts.factor import factor
from adstelle.accounts.joining.service import Entry, Joined, Joining, Opened
from adstelle.domain.private import Private
from adstelle.errors import OutcomeUnknown, StorageUnavailable
from adstelle.web.application import later
from adstelle.web.forms import Entries, one, read_form, typed
from adstelle.web.guard import SIGN_IN, AnyRequest, Page
from adstelle.web.pages import Pages, View, redirect

PATH: Final = "einladung"
MOST_LOGIN: Final = 40
IN: Final = "drin"
_FAULTS: Final[Mapping[Joined, tuple[str, str]]] = {
    Joined.LOGIN_TAKEN: ("login", "taken"),
    Joined.CODE_WRONG: ("code", "wrong"),
    Joined.PASSPHRASE_WRONG: ("passphrase", "wrong"),
}


class Entered(Private, frozen=True):
    """The form as it was typed. Passphrases go back into no page."""

    invitation: str
    login: str
    passphrase: str
    again: str
    secret: str
    code: str


class JoiningPages:
    """What the handlers below need; built once by the composition root."""

    def __init__(self, pages: Pages, joining: Joining) -> None:
        self.pages = pages
        self.joining = joining

    def code_page(self, lang: str, entered: str = "", fault: str | None = None) -> Page:
        """Ask for the code that was handed over."""
        view = View(
            template="staff/joining_code.html",
            path=PATH,
            title="joining.title",
            errors={"einladung": f"people.error.einladung.{fault}"} if fault else {},
        )
        status = {None: 200, "away": 503}.get(fault, 422)
        return self.pages.page(lang, view, status=status, entered=entered)

    def form_page(
        self, lang: str, opened: Opened, entered: Entered, faults: Mapping[str, str]
    ) -> Page:
        """Ask for what the person chooses, and for a first code of their app."""
        view = View(
            template="staff/joining.html",
            path=PATH,
            title="joining.factor.title" if opened.is_factor else "joining.title",
            errors={field: f"people.error.{field}.{fault}" for field, fault in faults.items()},
        )
        person = opened.person
        return self.pages.page(
            lang,
            view,
            status=422 if faults else 200,
            person=person,
            stelle=self.pages.text(lang, self.pages.city.stellen[person.stelle].name),
            role=self.pages.text(lang, f"people.role.{person.role}.name"),
            is_factor=opened.is_factor,
            given=entered,
            factor=factor(entered.secret, person.login or person.name),
            least=SHORTEST_PASSPHRASE,
        )


@get("/{lang:str}/einladung")
async def show_joining(
    request: AnyRequest, joining_pages: NamedDependency[JoiningPages], lang: FromPath[str]
) -> Page:
    """Ask for a code."""
    return joining_pages.code_page(joining_pages.pages.language(lang))


@post("/{lang:str}/einladung", status_code=200)
async def join(
    request: AnyRequest, joining_pages: NamedDependency[JoiningPages], lang: FromPath[str]
) -> Page:
    """Show what a code opens; with the form filled in, let somebody in."""
    code, entries = joining_pages.pages.language(lang), await read_form(request)
    try:
        return await _join(joining_pages, code, entries)
    except (StorageUnavailable, OutcomeUnknown):
        return later(joining_pages.code_page(code, one(entries, "einladung"), "away"))


async def _join(pages: JoiningPages, lang: str, entries: Entries) -> Page:
    entered = _read(entries)
    opened = await pages.joining.open(entered.invitation)
    if opened is None:
        return pages.code_page(lang, entered.invitation, _code_fault(entered.invitation))
    if "secret" not in entries:
        return pages.form_page(lang, opened, entered, {})
    faults = _faults(opened, entered)
    if not faults:
        entry = Entry(
            login=entered.login,
            passphrase=entered.passphrase,
            secret=factor(entered.secret, "").secret,
            one_time=entered.code,
        )
        became = await pages.joining.join(opened, entry)
        if became is Joined.IN:
            return redirect(f"/{lang}/{SIGN_IN}?{IN}=1")
        if became is Joined.GONE:
            return pages.code_page(lang, entered.invitation, "gone")
        faults = dict([_FAULTS[became]])
    return pages.form_page(lang, opened, entered, faults)


def _read(entries: Entries) -> Entered:
    return Entered(
        invitation=one(entries, "einladung"),
        login=one(entries, "login"),
        passphrase=typed(entries, "passphrase") or typed(entries, "new"),
        again=typed(entries, "again"),
        secret=one(entries, "secret"),
        code=one(entries, "code"),
    )


def _code_fault(entered: str) -> str:
    return "gone" if entered else "missing"


def _faults(opened: Opened, entered: Entered) -> dict[str, str]:
    found = {}
    login = opened.person.login or entered.login
    if opened.is_factor:
        if not entered.passphrase:
            found["passphrase"] = "missing"  # noqa: S105  the name of a fault
    else:
        found |= login_faults(login) | passphrase_faults(entered.passphrase, entered.again, login)
    if not entered.code:
        found["code"] = "missing"
    return found


def login_faults(login: str) -> dict[str, str]:
    """What is wrong with a login name that somebody chose."""
    if not login:
        return {"login": "missing"}
    return {"login": "too_long"} if len(login) > MOST_LOGIN else {}


def passphrase_faults(passphrase: str, again: str, login: str) -> dict[str, str]:
    """What is wrong with a passphrase that somebody chose, typed twice."""
    match weakness(passphrase, login or "\n"):
        case Weak.SHORT:
            return {"new": "short"}
        case Weak.HOLDS_LOGIN:
            return {"new": "holds_login"}
    return {} if passphrase == again else {"again": "differs"}


HANDLERS: Final = (show_joining, join)
