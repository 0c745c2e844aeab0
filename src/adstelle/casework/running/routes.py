"""The Stelle's own running figures, for work in the house. There is a page, and no file of it."""

from calendar import monthrange
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from adstelle.casework.running import shown
from adstelle.casework.running.service import RunningFigures
from adstelle.casework.words import Words
from adstelle.crypto.sessions import Session
from adstelle.domain.activity import Period
from adstelle.domain.patterns import months_between
from adstelle.domain.private import Private
from adstelle.domain.running import Unit
from adstelle.web.forms import Entries, one
from adstelle.web.guard import RUNNING, AnyRequest, Guard, Page
from adstelle.web.pages import View, redirect

YEARS_BACK: Final = 5


class Asked(Private, frozen=True):
    """What is to be counted: a unit, and months by their first days."""

    unit: Unit
    first: date
    last: date

    @property
    def query(self) -> str:
        """The same as it stands in an address."""
        return f"zaehlen={self.unit}&von={self.first:%Y-%m}&bis={self.last:%Y-%m}"

    @property
    def is_ordered(self) -> bool:
        """Whether it does not end before it begins."""
        return self.first <= self.last

    def months(self, today: date) -> list[date]:
        """The months that are shown, by their first days: none that has not begun."""
        return months_between(self.first, max(self.first, min(self.last, today)))

    @property
    def period(self) -> Period:
        """From the first day of the first month to the last day of the last."""
        days = monthrange(self.last.year, self.last.month)[1]
        return Period(self.first, self.last.replace(day=days))


class RunningPages:
    """What the handler below needs; built once by the composition root."""

    def __init__(self, guard: Guard, figures: RunningFigures, today: Callable[[], date]) -> None:
        self.guard = guard
        self.figures = figures
        self.today = today
        self.pages = guard.pages

    def choices(self) -> list[date]:
        """The months that can be chosen, by their first days."""
        year = self.today().year
        return months_between(date(year - YEARS_BACK, 1, 1), date(year, 12, 31))

    def asked(self, query: Mapping[str, str]) -> Asked:
        """Read an address; what is none of ours counts as not asked: then it is this year."""
        known = {f"{month:%Y-%m}": month for month in self.choices()}
        year, unit = self.today().year, query.get("zaehlen", "")
        return Asked(
            unit=Unit(unit) if unit in list(Unit) else Unit.CONTACTS,
            first=known.get(query.get("von", ""), date(year, 1, 1)),
            last=known.get(query.get("bis", ""), date(year, 12, 1)),
        )

    async def page(self, lang: str, session: Session, asked: Asked) -> Page:
        """Show one unit, or say that the months are the wrong way round."""
        words = Words(self.pages, lang)
        view = View(
            template="staff/running.html",
            path=RUNNING,
            title="running.title",
            errors={} if asked.is_ordered else {"bis": "running.error.order"},
        )
        counted: dict[str, Any] = {"units": []}
        if asked.is_ordered:
            found = await self.figures.count(session, asked.period, self.today())
            counted = shown.values(words, found, asked.unit, asked.months(self.today()))
        return self.pages.page(
            lang,
            view,
            status=200 if asked.is_ordered else 422,
            **words.frame(session),
            unit=asked.unit.value,
            first=f"{asked.first:%Y-%m}",
            last=f"{asked.last:%Y-%m}",
            period=(words.month(asked.first), words.month(asked.last)),
            months=shown.months(words, reversed(self.choices())),
            city=self.pages.text(lang, "city.name"),
            **counted,
        )


@get("/{lang:str}/laufende-zahlen")
async def show_running(
    request: AnyRequest, running_pages: NamedDependency[RunningPages], lang: FromPath[str]
) -> Page:
    """Count a period for the Stelle of whoever is signed in."""
    code = running_pages.pages.language(lang)
    session = await running_pages.guard.session(request)
    return await running_pages.page(code, session, running_pages.asked(request.query_params))


@post("/{lang:str}/laufende-zahlen", status_code=303)
async def ask_running(
    request: AnyRequest, running_pages: NamedDependency[RunningPages], lang: FromPath[str]
) -> Page:
    """Take another period, and go to its address."""

    async def act(code: str, session: Session, entries: Entries) -> Page:
        names = ("zaehlen", "von", "bis")
        asked = running_pages.asked({name: one(entries, name) for name in names})
        if not asked.is_ordered:
            return await running_pages.page(code, session, asked)
        return redirect(f"/{code}/{RUNNING}?{asked.query}")

    return await running_pages.guard.submitted(request, lang, RUNNING, act)


HANDLERS: Final = (show_running, ask_running)
