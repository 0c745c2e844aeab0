"""The page on which a statistician enters the key of the statistics from paper."""

from collections.abc import Mapping
from typing import Final

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from adstelle.accounts.renewal import shown
from adstelle.accounts.renewal.service import Renewal
from adstelle.accounts.statistics.service import StatisticsKey, Taken
from adstelle.crypto.sessions import Session
from adstelle.web.forms import one, read_form
from adstelle.web.guard import (
    STATISTICS_KEY,
    AnyRequest,
    Guard,
    NotSignedIn,
    Page,
    Pending,
    frame,
)
from adstelle.web.pages import View, redirect

FIELD: Final = "recovery"
DONE: Final = "getan"
TAKEN: Final = "uebernommen"
_DONE: Final = frozenset({TAKEN, shown.RENEWED, shown.NOT_NOW})
_FAULTS: Final[Mapping[Taken, str]] = {
    Taken.MISTYPED: "mistyped",
    Taken.ANOTHER: "another",
}


class StatisticsKeyPages:
    """What the handlers below need; built once by the composition root."""

    def __init__(self, guard: Guard, statistics_key: StatisticsKey, renewal: Renewal) -> None:
        self.guard = guard
        self.renewal = renewal
        self.statistics_key = statistics_key
        self.pages = guard.pages

    async def counting(self, request: AnyRequest) -> Session:
        """Who is to enter the key. A session from before there were such keys begins anew."""
        session = await self.guard.counting(request)
        if session.public is None:
            raise NotSignedIn
        return session

    async def page(
        self, lang: str, session: Session, *, entered: str = "", fault: str = "", done: str = ""
    ) -> Page:
        """Ask for the key; or say that it is there, who else has it, and whether it is old."""
        view = View(
            template="staff/statistics_key.html",
            path=STATISTICS_KEY,
            title="statistics_key.title",
            errors={FIELD: f"statistics_key.error.{fault}"} if fault else {},
        )
        is_there = session.statistics_seed is not None
        return self.pages.page(
            lang,
            view,
            status=422 if fault else 200,
            **frame(self.pages, lang, session),
            is_there=is_there,
            standing=shown.standing(await self.renewal.standing(session)) if is_there else None,
            done=done if done in _DONE else "",
            entered=entered,
        )


@get("/{lang:str}/statistik/schluessel")
async def show_statistics_key(
    request: AnyRequest,
    statistics_key_pages: NamedDependency[StatisticsKeyPages],
    lang: FromPath[str],
) -> Page:
    """Ask a statistician for the key, or say that they have it."""
    code = statistics_key_pages.pages.language(lang)
    session = await statistics_key_pages.counting(request)
    return await statistics_key_pages.page(code, session, done=request.query_params.get(DONE, ""))


@post("/{lang:str}/statistik/schluessel", status_code=303)
async def take_statistics_key(
    request: AnyRequest,
    statistics_key_pages: NamedDependency[StatisticsKeyPages],
    lang: FromPath[str],
) -> Page:
    """Take the key. What was typed is carried along nowhere: it opens every count card."""
    pages = statistics_key_pages
    code, entered = pages.pages.language(lang), one(await read_form(request), FIELD)

    async def act(session: Session) -> Page:
        if not entered:
            return await pages.page(code, session, fault="missing")
        cookie = pages.guard.cookie(request)
        became = await pages.statistics_key.take(session, cookie, entered)
        if became is Taken.ENDED:
            raise NotSignedIn
        if became is Taken.DONE:
            return redirect(f"/{code}/{STATISTICS_KEY}?{DONE}={TAKEN}")
        kept = entered if became is Taken.MISTYPED else ""
        return await pages.page(code, session, entered=kept, fault=_FAULTS[became])

    return await pages.guard.with_session(
        request, code, Pending(wanted=STATISTICS_KEY), act, find=pages.counting
    )


HANDLERS: Final = (show_statistics_key, take_statistics_key)
