"""One's own account: passphrase, second factor, sessions and sign-ins. For every role."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from adstelle.accounts.factor import factor
from adstelle.accounts.joining.routes import passphrase_faults
from adstelle.accounts.own.service import Account, Changed
from adstelle.crypto.sessions import Session
from adstelle.domain.membership import manages_people
from adstelle.web import dates
from adstelle.web.forms import Entries, one, read_form, typed
from adstelle.web.guard import ACCOUNT, AnyRequest, Guard, Page, Pending, frame
from adstelle.web.pages import View, redirect

PASSPHRASE: Final = "passphrase"  # noqa: S105  a path
FACTOR: Final = "faktor"
DONE: Final = "getan"
_DONE: Final = frozenset({"passphrase", "factor", "sessions"})
_FAULTS: Final[Mapping[Changed, tuple[str, str]]] = {
    Changed.PASSPHRASE_WRONG: ("old", "wrong"),
    Changed.CODE_WRONG: ("code", "wrong"),
    Changed.MEANWHILE: ("old", "wrong"),  # it was, until a moment ago
}


class AccountPages:
    """What the handlers below need; built once by the composition root."""

    def __init__(self, guard: Guard, account: Account) -> None:
        self.guard = guard
        self.account = account
        self.pages = guard.pages

    def form(
        self, lang: str, session: Session, name: str, faults: Mapping[str, str], secret: str = ""
    ) -> Page:
        """One of the two forms, *name* being the end of its address."""
        view = View(
            template=f"staff/account_{name}.html",
            path=f"{ACCOUNT}/{name}",
            title=f"account.{name}.title",
            errors={field: f"people.error.{field}.{fault}" for field, fault in faults.items()},
        )
        return self.pages.page(
            lang,
            view,
            status=422 if faults else 200,
            **frame(self.pages, lang, session),
            login=session.login,
            factor=factor(secret, session.login),
        )


@get("/{lang:str}/konto")
async def show_account(
    request: AnyRequest, account_pages: NamedDependency[AccountPages], lang: FromPath[str]
) -> Page:
    """One's own account."""
    pages, code = account_pages.pages, account_pages.pages.language(lang)
    session = await account_pages.guard.anybody(request)
    cookie = account_pages.guard.cookie(request)
    found = await account_pages.account.overview(session, cookie)
    done = request.query_params.get(DONE, "")
    view = View(template="staff/account.html", path=ACCOUNT, title="account.title")
    return pages.page(
        code,
        view,
        **frame(pages, code, session),
        name=session.name,
        login=session.login,
        role=pages.text(code, f"people.role.{session.role}.name"),
        manages=manages_people(session.role),
        has_provider=account_pages.guard.has_provider,
        sessions=[
            {
                "id": row.session_id.hex(),
                "since": dates.moment(pages, code, row.opened_at) if row.opened_at else None,
                "until": dates.moment(pages, code, row.expires_at),
                "current": row.session_id == found.current,
            }
            for row in found.sessions
        ],
        sign_ins=[
            (
                dates.moment(pages, code, count.hour),
                count.opened,
                count.by_passkey,
                count.refused,
            )
            for count in found.sign_ins
        ],
        done=done if done in _DONE else None,
    )


@get("/{lang:str}/konto/passphrase")
async def show_passphrase(
    request: AnyRequest, account_pages: NamedDependency[AccountPages], lang: FromPath[str]
) -> Page:
    """Ask for the old passphrase and a new one."""
    code = account_pages.pages.language(lang)
    session = await account_pages.guard.anybody(request)
    return account_pages.form(code, session, PASSPHRASE, {})


@post("/{lang:str}/konto/passphrase", status_code=303)
async def change_passphrase(
    request: AnyRequest, account_pages: NamedDependency[AccountPages], lang: FromPath[str]
) -> Page:
    """Change the passphrase."""
    entries = await read_form(request)

    async def act(session: Session) -> Page:
        old, new = typed(entries, "old"), typed(entries, "new")
        faults = {} if old else {"old": "missing"}
        faults |= passphrase_faults(new, typed(entries, "again"), session.login)
        if not faults:
            cookie = account_pages.guard.cookie(request)
            became = await account_pages.account.change_passphrase(session, cookie, old, new)
            if became is Changed.DONE:
                return redirect(f"/{lang}/{ACCOUNT}?{DONE}=passphrase")
            faults = dict([_FAULTS[became]])
        return account_pages.form(lang, session, PASSPHRASE, faults)

    return await _with_anybody(account_pages, request, lang, PASSPHRASE, act)


@get("/{lang:str}/konto/faktor")
async def show_factor(
    request: AnyRequest, account_pages: NamedDependency[AccountPages], lang: FromPath[str]
) -> Page:
    """Show a new secret, and ask for a code of it."""
    code = account_pages.pages.language(lang)
    session = await account_pages.guard.anybody(request)
    return account_pages.form(code, session, FACTOR, {})


@post("/{lang:str}/konto/faktor", status_code=303)
async def change_factor(
    request: AnyRequest, account_pages: NamedDependency[AccountPages], lang: FromPath[str]
) -> Page:
    """Take another second factor."""
    entries = await read_form(request)

    async def act(session: Session) -> Page:
        secret = factor(one(entries, "secret"), "").secret
        faults = _factor_faults(entries)
        if not faults:
            became = await account_pages.account.change_factor(
                session,
                account_pages.guard.cookie(request),
                typed(entries, "old"),
                secret,
                one(entries, "code"),
            )
            if became is Changed.DONE:
                return redirect(f"/{lang}/{ACCOUNT}?{DONE}=factor")
            faults = dict([_FAULTS[became]])
        return account_pages.form(lang, session, FACTOR, faults, secret)

    return await _with_anybody(account_pages, request, lang, FACTOR, act)


def _factor_faults(entries: Entries) -> dict[str, str]:
    return {name: "missing" for name in ("old", "code") if not typed(entries, name)}


async def _with_anybody(
    pages: AccountPages,
    request: AnyRequest,
    lang: str,
    name: str,
    act: Callable[[Session], Awaitable[Page]],
) -> Page:
    """Act for whoever is signed in. A passphrase is carried along nowhere, whatever happens."""
    pending = Pending(wanted=f"{ACCOUNT}/{name}")
    return await pages.guard.with_session(
        request, pages.pages.language(lang), pending, act, find=pages.guard.anybody
    )


@post("/{lang:str}/konto/sitzungen", status_code=303)
async def end_sessions(
    request: AnyRequest, account_pages: NamedDependency[AccountPages], lang: FromPath[str]
) -> Page:
    """End one session, or all but this one."""
    code, entries = account_pages.pages.language(lang), await read_form(request)
    session = await account_pages.guard.anybody(request)
    wanted = one(entries, "sitzung")
    if wanted == "andere":
        cookie = account_pages.guard.cookie(request)
        await account_pages.account.end_others(session, cookie)
    elif _is_id(wanted):
        await account_pages.account.end_one(session, bytes.fromhex(wanted))
    return redirect(f"/{code}/{ACCOUNT}?{DONE}=sessions")


def _is_id(entered: str) -> bool:
    return len(entered) == 64 and set(entered) <= set("0123456789abcdef")


HANDLERS: Final = (
    show_account,
    show_passphrase,
    change_passphrase,
    show_factor,
    change_factor,
    end_sessions,
)
