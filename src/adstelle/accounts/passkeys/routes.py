"""The pages of one's own passkeys. Making one takes a script; listing and removing do not."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from adstelle.accounts.passkeys.kept import Passkey
from adstelle.accounts.passkeys.service import MOST_PASSKEYS, Became, Passkeys
from adstelle.crypto.sessions import Session
from adstelle.web import dates
from adstelle.web.forms import one, read_form, typed
from adstelle.web.guard import (
    ACCOUNT,
    AnyRequest,
    Guard,
    NotSignedIn,
    Page,
    Pending,
    frame,
    is_uuid,
)
from adstelle.web.pages import View, redirect

PATH: Final = f"{ACCOUNT}/passkeys"
ASK: Final = f"{PATH}/neu"
MAKE: Final = f"{PATH}/anlegen"
DONE: Final = "getan"
LONGEST_NAME: Final = 60
_DONE: Final = frozenset({"added", "removed"})
_FAULTS: Final[Mapping[Became, tuple[str, str]]] = {
    Became.PASSPHRASE_WRONG: ("old", "people.error.old.wrong"),
    Became.FULL: ("name", "passkeys.error.full"),
    Became.NOT_PROVEN: ("name", "passkeys.error.not_proven"),
    Became.GONE: ("old", "passkeys.error.gone"),
}
_MISSING: Final = {"name": "passkeys.error.name", "old": "people.error.old.missing"}


class PasskeyPages:
    """What the handlers below need; built once by the composition root."""

    def __init__(self, guard: Guard, passkeys: Passkeys) -> None:
        self.guard = guard
        self.passkeys = passkeys
        self.pages = guard.pages

    async def owner(self, request: AnyRequest) -> Session:
        """Find who is signed in. Raises `NotSignedIn`, also for a session older than passkeys."""
        session = await self.guard.anybody(request)
        if session.account_key is None:
            raise NotSignedIn
        return session

    def page(
        self,
        lang: str,
        session: Session,
        view: View,
        **values: Any,
    ) -> Page:
        """One of the pages below."""
        status = 422 if view.errors else 200
        return self.pages.page(
            lang, view, status=status, **frame(self.pages, lang, session), **values
        )

    def ask_page(
        self, lang: str, session: Session, name: str, errors: Mapping[str, str] | None = None
    ) -> Page:
        """Ask for a name and the passphrase."""
        view = View(
            template="staff/passkey_ask.html",
            path=ASK,
            title="passkeys.ask.title",
            errors=errors or {},
        )
        return self.page(lang, session, view, name=name, login=session.login)

    def remove_page(
        self, lang: str, session: Session, passkey: Passkey, errors: Mapping[str, str]
    ) -> Page:
        """Ask whether a passkey is really to go."""
        view = View(
            template="staff/passkey_remove.html",
            path=f"{PATH}/{passkey.passkey_id}/entfernen",
            title="passkeys.remove.title",
            errors=errors,
        )
        return self.page(lang, session, view, name=passkey.name, login=session.login)

    async def with_owner(
        self,
        request: AnyRequest,
        lang: str,
        pending: Pending,
        act: Callable[[Session], Awaitable[Page]],
    ) -> Page:
        """Act for whoever is signed in; a passphrase is carried along nowhere."""
        return await self.guard.with_session(request, lang, pending, act, find=self.owner)

    async def one_of(self, session: Session, passkey_id: str) -> Passkey:
        """Find one of one's own. Raises `NotFoundException`."""
        wanted = UUID(passkey_id) if is_uuid(passkey_id) else None
        for passkey in await self.passkeys.listed(session):
            if passkey.passkey_id == wanted:
                return passkey
        raise NotFoundException


@get("/{lang:str}/konto/passkeys")
async def show_passkeys(
    request: AnyRequest, passkey_pages: NamedDependency[PasskeyPages], lang: FromPath[str]
) -> Page:
    """One's own passkeys."""
    pages, code = passkey_pages.pages, passkey_pages.pages.language(lang)
    session = await passkey_pages.owner(request)
    found = await passkey_pages.passkeys.listed(session)
    done = request.query_params.get(DONE, "")
    view = View(template="staff/passkeys.html", path=PATH, title="passkeys.title")
    return passkey_pages.page(
        code,
        session,
        view,
        passkeys=[
            {
                "id": str(passkey.passkey_id),
                "name": passkey.name,
                "added": dates.day(pages, code, passkey.added_on),
                "used": dates.day(pages, code, passkey.used_on) if passkey.used_on else None,
                "doubted": passkey.doubted_on is not None,
            }
            for passkey in found
        ],
        done=done if done in _DONE else None,
        is_full=len(found) >= MOST_PASSKEYS,
        most=MOST_PASSKEYS,
    )


@get("/{lang:str}/konto/passkeys/neu")
async def show_ask(
    request: AnyRequest, passkey_pages: NamedDependency[PasskeyPages], lang: FromPath[str]
) -> Page:
    """Ask for a name and the passphrase."""
    code = passkey_pages.pages.language(lang)
    return passkey_pages.ask_page(code, await passkey_pages.owner(request), "")


@post("/{lang:str}/konto/passkeys/neu", status_code=303)
async def ask(
    request: AnyRequest, passkey_pages: NamedDependency[PasskeyPages], lang: FromPath[str]
) -> Page:
    """Check the passphrase; then the authenticator is asked."""
    code, entries = passkey_pages.pages.language(lang), await read_form(request)
    name = one(entries, "name")

    async def act(session: Session) -> Page:
        given = {"name": name, "old": typed(entries, "old")}
        errors = {field: key for field, key in _MISSING.items() if not given[field]}
        if len(name) > LONGEST_NAME:
            errors["name"] = "passkeys.error.long"
        if not errors:
            cookie = passkey_pages.guard.cookie(request)
            became = await passkey_pages.passkeys.wish(session, cookie, name, given["old"])
            if became is Became.DONE:
                return redirect(f"/{code}/{MAKE}")
            errors = dict([_FAULTS[became]])
        return passkey_pages.ask_page(code, session, name, errors)

    pending = Pending(wanted=ASK, typed=(("name", name),) if name else ())
    return await passkey_pages.with_owner(request, code, pending, act)


@get("/{lang:str}/konto/passkeys/anlegen")
async def show_make(
    request: AnyRequest, passkey_pages: NamedDependency[PasskeyPages], lang: FromPath[str]
) -> Page:
    """Let the authenticator make a passkey; where nothing is asked any more, begin anew."""
    code = passkey_pages.pages.language(lang)
    session = await passkey_pages.owner(request)
    cookie = passkey_pages.guard.cookie(request)
    wished = await passkey_pages.passkeys.wished(session, cookie)
    if wished is None:
        return redirect(f"/{code}/{ASK}")
    view = View(template="staff/passkey_make.html", path=MAKE, title="passkeys.make.title")
    return passkey_pages.page(code, session, view, name=wished[0], options=wished[1])


@post("/{lang:str}/konto/passkeys/anlegen", status_code=303)
async def make(
    request: AnyRequest, passkey_pages: NamedDependency[PasskeyPages], lang: FromPath[str]
) -> Page:
    """Keep what the authenticator made."""
    code, entries = passkey_pages.pages.language(lang), await read_form(request)

    async def act(session: Session) -> Page:
        cookie = passkey_pages.guard.cookie(request)
        became = await passkey_pages.passkeys.add(session, cookie, one(entries, "passkey"))
        if became is Became.DONE:
            return redirect(f"/{code}/{PATH}?{DONE}=added")
        errors = dict([_FAULTS[became]])
        return passkey_pages.ask_page(code, session, one(entries, "name"), errors)

    return await passkey_pages.with_owner(request, code, Pending(wanted=ASK), act)


@get("/{lang:str}/konto/passkeys/{passkey_id:str}/entfernen")
async def show_remove(
    request: AnyRequest,
    passkey_pages: NamedDependency[PasskeyPages],
    lang: FromPath[str],
    passkey_id: FromPath[str],
) -> Page:
    """Ask whether a passkey is really to go."""
    code = passkey_pages.pages.language(lang)
    session = await passkey_pages.owner(request)
    passkey = await passkey_pages.one_of(session, passkey_id)
    return passkey_pages.remove_page(code, session, passkey, {})


@post("/{lang:str}/konto/passkeys/{passkey_id:str}/entfernen", status_code=303)
async def remove(
    request: AnyRequest,
    passkey_pages: NamedDependency[PasskeyPages],
    lang: FromPath[str],
    passkey_id: FromPath[str],
) -> Page:
    """Remove a passkey; sent twice it is done once."""
    code, entries = passkey_pages.pages.language(lang), await read_form(request)

    async def act(session: Session) -> Page:
        old = typed(entries, "old")
        cookie = passkey_pages.guard.cookie(request)
        try:
            passkey = await passkey_pages.one_of(session, passkey_id)
        except NotFoundException:
            return redirect(f"/{code}/{PATH}?{DONE}=removed")
        errors = {} if old else {"old": _MISSING["old"]}
        if not errors:
            became = await passkey_pages.passkeys.remove(session, cookie, passkey.passkey_id, old)
            if became is Became.DONE:
                return redirect(f"/{code}/{PATH}?{DONE}=removed")
            errors = dict([_FAULTS[became]])
        return passkey_pages.remove_page(code, session, passkey, errors)

    wanted = f"{PATH}/{passkey_id}/entfernen" if is_uuid(passkey_id) else PATH
    return await passkey_pages.with_owner(request, code, Pending(wanted=wanted), act)


HANDLERS: Final = (show_passkeys, show_ask, ask, show_make, make, show_remove, remove)
