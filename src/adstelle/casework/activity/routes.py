"""What a Stelle did in a period, as a page and as files, and the events that belong to no case."""

from collections.abc import Callable
from datetime import date
from typing import Any, Final
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from adstelle.casework.activity import sheet, shown
from adstelle.casework.activity.service import Activities, Counted
from adstelle.casework.record import form
from adstelle.casework.record import shown as record_shown
from adstelle.casework.record.form import EntryForm, Faults
from adstelle.casework.record.service import Became, Entries
from adstelle.casework.words import Words
from adstelle.crypto.sessions import Session
from adstelle.domain.activity import Period
from adstelle.domain.private import Private
from adstelle.record_codes import RecordCodes
from adstelle.web import forms, security
from adstelle.web.days import TypedDay, read_day, typed_day
from adstelle.web.forms import read_form
from adstelle.web.guard import AnyRequest, Guard, Page, unsent
from adstelle.web.pages import View, redirect

ACTIVITY: Final = "auswertung"
EVENTS: Final = "auswertung/veranstaltungen"


class Asked(Private, frozen=True):
    """The period as it was typed, both days included."""

    first: TypedDay
    last: TypedDay

    def period(self) -> Period | None:
        """The period; only for a form without faults."""
        first, last = read_day(self.first), read_day(self.last)
        return Period(first, last) if first and last else None

    def faults(self) -> Faults:
        """What is wrong with it: field and name of the fault."""
        days = {"von": read_day(self.first), "bis": read_day(self.last)}
        found = {name: "day" for name, day in days.items() if day is None}
        first, last = days.values()
        if first and last and last < first:
            found["bis"] = "order"
        return found


class ActivityPages:
    """What the handlers below need; built once by the composition root."""

    def __init__(
        self,
        guard: Guard,
        activities: Activities,
        entries: Entries,
        codes: RecordCodes,
        today: Callable[[], date],
    ) -> None:
        self.guard = guard
        self.activities = activities
        self.entries = entries
        self.codes = codes
        self.today = today
        self.pages = guard.pages

    def count_page(
        self,
        lang: str,
        session: Session,
        asked: Asked,
        *,
        faults: Faults | None = None,
        counted: Counted | None = None,
    ) -> Page:
        """Ask for the period, and show what was counted."""
        words, period = Words(self.pages, lang), asked.period()
        view = View(
            template="staff/activity.html",
            path=ACTIVITY,
            title="activity.title",
        )
        tables = shown.tables(words, counted, self.codes) if counted else []
        return self.pages.page(
            lang,
            view,
            status=422 if faults else 200,
            errors=shown.faults(words, faults or {}),
            **words.frame(session),
            asked=asked,
            period=period,
            tables=shown.on_page(words, tables) if tables else [],
            notes=shown.notes(words, period, counted) if period and counted else [],
        )

    async def events_page(self, lang: str, session: Session, notice: str | None) -> Page:
        """The list of events."""
        words = Words(self.pages, lang)
        view = View(template="staff/events.html", path=EVENTS, title="activity.events.title")
        listed = await self.activities.events(session)
        return self.pages.page(
            lang,
            view,
            **words.frame(session),
            events=shown.events(words, listed),
            notice=notice,
        )

    def event_page(
        self,
        lang: str,
        session: Session,
        given: EntryForm,
        *,
        faults: Faults | None = None,
        stands: Any = None,
    ) -> Page:
        """The form of an event."""
        words = Words(self.pages, lang)
        view = View(
            template="staff/record_entry.html",
            path=f"{EVENTS}/{given.path}",
            title="record.entry_title.event",
        )
        return self.pages.page(
            lang,
            view,
            status=422 if faults else 409 if stands else 200,
            errors=record_shown.faults(words, faults or {}),
            **words.frame(session),
            case_path=None,
            record_path=EVENTS,
            number="",
            given=given,
            kinds=record_shown.options(words, "event", self.codes.event),
            seen=[],
            stands=stands,
            most=form.MOST_TEXT,
        )


def asked_for(period: Period) -> Asked:
    """The form with a period in it."""
    first, last = (
        TypedDay(day=str(day.day), month=str(day.month), year=str(day.year))
        for day in (period.first, period.last)
    )
    return Asked(first, last)


@get("/{lang:str}/auswertung")
async def show_activity(
    request: AnyRequest, activity_pages: NamedDependency[ActivityPages], lang: FromPath[str]
) -> Page:
    """Ask for a period; with one, count it."""
    session = await activity_pages.guard.session(request)
    code, query = activity_pages.pages.language(lang), request.query_params
    period = _period(query.get("von", ""), query.get("bis", ""))
    if period is None:
        today = activity_pages.today()
        asked = asked_for(Period(today.replace(month=1, day=1), today))
        return activity_pages.count_page(code, session, asked)
    counted = await activity_pages.activities.count(session, period)
    return activity_pages.count_page(code, session, asked_for(period), counted=counted)


@post("/{lang:str}/auswertung", status_code=303)
async def choose_period(
    request: AnyRequest, activity_pages: NamedDependency[ActivityPages], lang: FromPath[str]
) -> Page:
    """Read the period that was typed, and lead to its counts."""
    code, entries = activity_pages.pages.language(lang), await read_form(request)
    asked = Asked(typed_day(entries, "von"), typed_day(entries, "bis"))

    async def act(session: Session) -> Page:
        period, faults = asked.period(), asked.faults()
        if period is None or faults:
            return activity_pages.count_page(code, session, asked, faults=faults)
        return redirect(f"/{code}/{ACTIVITY}?von={period.first}&bis={period.last}")

    return await activity_pages.guard.with_session(request, code, unsent(ACTIVITY, entries), act)


@get("/{lang:str}/auswertung/datei")
async def download(
    request: AnyRequest, activity_pages: NamedDependency[ActivityPages], lang: FromPath[str]
) -> Response[bytes]:
    """The counts of a period as a workbook or as CSV."""
    session = await activity_pages.guard.session(request)
    code, query = activity_pages.pages.language(lang), request.query_params
    period, kind = _period(query.get("von", ""), query.get("bis", "")), query.get("art", "")
    if period is None or kind not in {"xlsx", "csv"}:
        raise NotFoundException
    counted = await activity_pages.activities.count(session, period)
    words, language = (
        Words(activity_pages.pages, code),
        activity_pages.pages.city.catalogue.languages[code],
    )
    tables = shown.tables(words, counted, activity_pages.codes)
    title = f"{words.text('activity.title')}: {words.stelle(session.stelle)}"
    notes = shown.notes(words, period, counted)
    if kind == "xlsx":
        content = sheet.workbook(title, notes, tables, rtl=language.dir == "rtl")
    else:
        content = sheet.plain(title, notes, tables, comma=language.babel.startswith("de"))
    headers = security.page_headers(activity_pages.pages.secure)
    name = f"auswertung-{period.first}-{period.last}.{kind}"
    headers["content-disposition"] = f'attachment; filename="{name}"'
    return Response(
        content, media_type=sheet.XLSX if kind == "xlsx" else sheet.CSV, headers=headers
    )


def _period(first: str, last: str) -> Period | None:
    try:
        period = Period(date.fromisoformat(first), date.fromisoformat(last))
    except ValueError:
        return None
    return period if period.first <= period.last else None


@get("/{lang:str}/auswertung/veranstaltungen")
async def show_events(
    request: AnyRequest, activity_pages: NamedDependency[ActivityPages], lang: FromPath[str]
) -> Page:
    """Show the events of the Stelle."""
    session = await activity_pages.guard.session(request)
    is_done = request.query_params.get("getan") == "eingetragen"
    notice = "record.done.entered" if is_done else None
    return await activity_pages.events_page(activity_pages.pages.language(lang), session, notice)


@get("/{lang:str}/auswertung/veranstaltungen/neu")
async def new_event(
    request: AnyRequest, activity_pages: NamedDependency[ActivityPages], lang: FromPath[str]
) -> Page:
    """Ask for an event; the day is today's."""
    session = await activity_pages.guard.session(request)
    given = form.new_form("event", activity_pages.today())
    return activity_pages.event_page(activity_pages.pages.language(lang), session, given)


@post("/{lang:str}/auswertung/veranstaltungen/neu", status_code=303)
async def write_event(
    request: AnyRequest, activity_pages: NamedDependency[ActivityPages], lang: FromPath[str]
) -> Page:
    """Write an event down; sent twice it is kept once."""
    code, entries = activity_pages.pages.language(lang), await read_form(request)
    return await _sent(activity_pages, request, code, entries, None)


@get("/{lang:str}/auswertung/veranstaltungen/{entry_id:uuid}")
async def show_event(
    request: AnyRequest,
    activity_pages: NamedDependency[ActivityPages],
    lang: FromPath[str],
    entry_id: FromPath[UUID],
) -> Page:
    """Show an event, to be corrected."""
    session = await activity_pages.guard.session(request)
    noted = await activity_pages.entries.read(session, None, entry_id)
    if noted is None or noted.entry is None:
        raise NotFoundException
    given = form.form_of(noted.entry, entry_id, noted.revision)
    code = activity_pages.pages.language(lang)
    return activity_pages.event_page(code, session, given)


@post("/{lang:str}/auswertung/veranstaltungen/{entry_id:uuid}", status_code=303)
async def correct_event(
    request: AnyRequest,
    activity_pages: NamedDependency[ActivityPages],
    lang: FromPath[str],
    entry_id: FromPath[UUID],
) -> Page:
    """Correct an event by a new revision."""
    code, entries = activity_pages.pages.language(lang), await read_form(request)
    return await _sent(activity_pages, request, code, entries, entry_id)


async def _sent(
    pages: ActivityPages,
    request: AnyRequest,
    lang: str,
    entries: forms.Entries,
    entry_id: UUID | None,
) -> Page:
    given = form.read_entry("event", entries, entry_id)
    path = str(entry_id) if entry_id else "neu"

    async def act(session: Session) -> Page:
        return await _write(pages, lang, session, given)

    return await pages.guard.with_session(request, lang, unsent(f"{EVENTS}/{path}", entries), act)


async def _write(pages: ActivityPages, lang: str, session: Session, given: EntryForm) -> Page:
    if faults := given.faults(pages.codes.event, pages.today()):
        return pages.event_page(lang, session, given, faults=faults)
    entry_id, entry = given.entry_id, given.entry()
    became = await pages.entries.write(session, None, entry_id, entry, given.revision)
    if became is Became.KEPT:
        return redirect(f"/{lang}/{EVENTS}?getan=eingetragen")
    noted = await pages.entries.read(session, None, entry_id)
    if noted is None:
        raise NotFoundException
    stands = record_shown.entries(Words(pages.pages, lang), [noted])[0]
    return pages.event_page(lang, session, given.again(noted.revision), stands=stands)


HANDLERS: Final = (
    show_activity,
    choose_period,
    download,
    show_events,
    new_event,
    write_event,
    show_event,
    correct_event,
)
