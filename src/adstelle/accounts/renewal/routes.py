"""The page on which a statistician gives the statistics a new key."""

from typing import Final

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from adstelle.accounts.next_key import Prepared, Switched
from adstelle.accounts.renewal import shown
from adstelle.accounts.renewal.service import Renewal
from adstelle.crypto.sessions import Session
from adstelle.web.forms import one, read_form
from adstelle.web.guard import (
    STATISTICS_KEY,
    STATISTICS_RENEWAL,
    AnyRequest,
    Guard,
    Page,
    Pending,
    frame,
)
from adstelle.web.pages import View, redirect

FIELD: Final = "recovery"


class RenewalPages:
    """What the handlers below need; built once by the composition root."""

    def __init__(self, guard: Guard, renewal: Renewal) -> None:
        self.guard = guard
        self.renewal = renewal
        self.pages = guard.pages

    async def form(
        self, lang: str, session: Session, prepared: Prepared, *, entered: str = "", fault: str = ""
    ) -> Page:
        """Show the next recovery key, and ask for it to be typed back."""
        view = View(
            template="staff/statistics_renewal.html",
            path=STATISTICS_RENEWAL,
            title="statistics_renewal.title",
            errors={FIELD: f"statistics_renewal.error.{fault}"} if fault else {},
        )
        return self.pages.page(
            lang,
            view,
            status=422 if fault else 200,
            **frame(self.pages, lang, session),
            prepared=prepared,
            colleagues=(await self.renewal.standing(session)).colleagues,
            entered=entered,
        )


@get("/{lang:str}/statistik/schluessel/neu")
async def show_renewal(
    request: AnyRequest, renewal_pages: NamedDependency[RenewalPages], lang: FromPath[str]
) -> Page:
    """Draw a next key and show how to keep it."""
    code = renewal_pages.pages.language(lang)
    session = await renewal_pages.guard.statistician(request)
    return await renewal_pages.form(code, session, renewal_pages.renewal.prepare(session))


@post("/{lang:str}/statistik/schluessel/neu", status_code=303)
async def renew_statistics_key(
    request: AnyRequest, renewal_pages: NamedDependency[RenewalPages], lang: FromPath[str]
) -> Page:
    """Put the next key in force, once it was typed back from paper. It is carried along nowhere."""
    pages, renewal = renewal_pages, renewal_pages.renewal
    code, entries = pages.pages.language(lang), await read_form(request)
    carried, entered = one(entries, "carried"), one(entries, FIELD)

    async def act(session: Session) -> Page:
        cookie = pages.guard.cookie(request)
        became = await renewal.switch(session, cookie, carried, entered)
        prepared = renewal.again(session, carried)
        if became is Switched.MISTYPED and prepared is not None:
            fault = "mistyped" if entered else "missing"
            return await pages.form(code, session, prepared, entered=entered, fault=fault)
        done = shown.RENEWED if became is Switched.DONE else shown.NOT_NOW
        return redirect(f"/{code}/{STATISTICS_KEY}?getan={done}")

    return await pages.guard.with_session(
        request, code, Pending(wanted=STATISTICS_RENEWAL), act, find=pages.guard.statistician
    )


@post("/{lang:str}/statistik/schluessel/weiter", status_code=303)
async def go_on_sealing(
    request: AnyRequest, renewal_pages: NamedDependency[RenewalPages], lang: FromPath[str]
) -> Page:
    """Go on with what was broken off; sent twice the work is shared."""
    code = renewal_pages.pages.language(lang)
    session = await renewal_pages.guard.statistician(request)
    await renewal_pages.renewal.go_on(session)
    return redirect(f"/{code}/{STATISTICS_KEY}")


HANDLERS: Final = (show_renewal, renew_statistics_key, go_on_sealing)
