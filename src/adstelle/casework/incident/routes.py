"""The pages of incidents: which one a case belongs to, and what belongs to an incident."""

from collections.abc import Callable
from datetime import date
from typing import Any, Final
from uuid import UUID, uuid4

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from adstelle.casework.incident import shown
from adstelle.casework.incident.service import (
    Became,
    IncidentFile,
    Incidents,
    Linking,
    Target,
    Wanted,
)
from adstelle.casework.words import Words, digits_of, number
from adstelle.crypto import codes, marks
from adstelle.crypto.sessions import Session
from adstelle.domain.incident import Incident
from adstelle.domain.private import Private
from adstelle.web.forms import Entries, one
from adstelle.web.guard import (
    QUEUE,
    AnyRequest,
    Guard,
    Page,
    is_uuid,
    message_id_in,
)
from adstelle.web.pages import View, redirect

INCIDENTS: Final = "vorfaelle"
FORM: Final = "vorfall"
NEW: Final = "neu"
WITH_CASE: Final = "fall-"
MOST_LINE: Final = 200
MEANWHILE: Final = "incident.done.meanwhile"
DONE: Final = {
    "zugeordnet": "incident.done.linked",
    "geloest": "incident.done.unlinked",
    "gespeichert": "incident.done.changed",
    "vereinbart": "incident.done.agreed",
    "kampagne": "campaign.kept",
    "inzwischen": "campaign.meanwhile",
}


class Choice(Private, frozen=True, kw_only=True):
    """The form that links a case, as it was typed. *before* is where the case stood, *asked* the
    number that was searched for.
    """

    incident: str = ""
    title: str = ""
    when: str = ""
    before: str = ""
    asked: str = ""
    message_id: UUID

    def faults(self) -> dict[str, str]:
        """What is wrong with it: field and name of the fault."""
        found: dict[str, str] = {}
        if self.target() is None:
            found["incident"] = "choice"
        needs_title = self.incident == NEW or self.incident.startswith(WITH_CASE)
        if needs_title and not self.title:
            found["title"] = "title"
        found |= {n: "too_long" for n in ("title", "when") if len(getattr(self, n)) > MOST_LINE}
        return found

    def target(self) -> Target | None:
        """What the case is linked to; None where nothing was chosen."""
        other = self.incident.removeprefix(WITH_CASE)
        new = Incident(title=self.title, when=self.when)
        if self.incident == NEW:
            return Target(incident_id=self.message_id, new=new)
        if not is_uuid(other):
            return None
        if self.incident.startswith(WITH_CASE):
            return Target(incident_id=self.message_id, new=new, also=UUID(other))
        return Target(incident_id=UUID(other))


class Naming(Private, frozen=True, kw_only=True):
    """The form of an incident as it was typed."""

    title: str
    when: str
    series: str
    new_series: str = ""
    revision: int
    message_id: UUID

    def faults(self) -> dict[str, str]:
        """What is wrong with it: field and name of the fault."""
        found = {} if self.title else {"title": "title"}
        names = ("title", "when", "new_series")
        return found | {n: "too_long" for n in names if len(getattr(self, n)) > MOST_LINE}

    def wanted(self) -> Wanted:
        """What shall be written."""
        return Wanted(
            title=self.title,
            when=self.when,
            series_id=UUID(self.series) if is_uuid(self.series) else None,
            new_series=self.new_series,
            new_series_id=self.message_id,
        )


class MarkForm(Private, frozen=True, kw_only=True):
    """The form of a mark: *own* is the new one it offers, *entered* what was typed."""

    own: str
    entered: str = ""


class IncidentPages:
    """What the handlers below need; built once by the composition root."""

    def __init__(self, guard: Guard, incidents: Incidents, today: Callable[[], date]) -> None:
        self.guard = guard
        self.incidents = incidents
        self.today = today
        self.pages = guard.pages

    async def linking(self, session: Session, case_id: UUID, digits: str = "") -> Linking:
        """Look at a case; an unknown one and another Stelle's look the same."""
        linking = await self.incidents.linking(session, case_id, digits)
        if linking is None:
            raise NotFoundException
        return linking

    async def file(self, session: Session, incident_id: UUID) -> IncidentFile:
        """Open an incident; an unknown one and another Stelle's look the same."""
        file = await self.incidents.read(session, incident_id)
        if file is None:
            raise NotFoundException
        return file

    def linking_page(
        self,
        lang: str,
        session: Session,
        linking: Linking,
        given: Choice,
        *,
        faults: dict[str, str] | None = None,
        notice: str | None = None,
    ) -> Page:
        """Where a case stands, and what it may be linked to."""
        words = Words(self.pages, lang)
        view = View(
            template="staff/incident_link.html",
            path=f"{QUEUE}/{linking.case_id}/{FORM}",
            title="incident.link_title",
            title_values={"number": number(linking.case_id)},
        )
        return self.pages.page(
            lang,
            view,
            errors=shown.faults(words, faults or {}),
            status=422 if faults else 409 if notice == MEANWHILE else 200,
            **words.frame(session),
            case_path=f"{QUEUE}/{linking.case_id}",
            number=number(linking.case_id),
            given=given,
            asked=given.asked,
            notice=notice,
            **shown.linking_values(words, linking),
        )

    def incident_page(
        self,
        lang: str,
        session: Session,
        file: IncidentFile,
        *,
        template: str = "incident",
        path: str = "",
        errors: dict[str, str] | None = None,
        **values: Any,
    ) -> Page:
        """A page about an incident."""
        words = Words(self.pages, lang)
        base = f"{INCIDENTS}/{file.known.incident_id}"
        view = View(
            template=f"staff/{template}.html",
            path=base + path,
            title=f"incident.{template}_title",
        )
        return self.pages.page(
            lang,
            view,
            errors=shown.faults(words, errors or {}),
            status=422 if errors else values.pop("status", 200),
            **words.frame(session),
            incident_path=base,
            **shown.incident_values(words, file),
            **values,
        )


@get("/{lang:str}/faelle/{case_id:uuid}/vorfall")
async def show_linking(
    request: AnyRequest,
    incident_pages: NamedDependency[IncidentPages],
    lang: FromPath[str],
    case_id: FromPath[UUID],
) -> Page:
    """Show the incident of a case, and what else it may belong to."""
    session = await incident_pages.guard.session(request)
    asked = digits_of(request.query_params.get("nummer", "")).upper()
    linking = await incident_pages.linking(session, case_id, asked.lower())
    before = str(linking.now.incident_id) if linking.now else ""
    return incident_pages.linking_page(
        incident_pages.pages.language(lang),
        session,
        linking,
        Choice(before=before, asked=asked, message_id=uuid4()),
        notice=DONE.get(request.query_params.get("getan", "")),
    )


@post("/{lang:str}/faelle/{case_id:uuid}/vorfall", status_code=303)
async def link_case(
    request: AnyRequest,
    incident_pages: NamedDependency[IncidentPages],
    lang: FromPath[str],
    case_id: FromPath[UUID],
) -> Page:
    """Link a case to an incident, or take it out of one."""

    async def act(code: str, session: Session, entries: Entries) -> Page:
        if one(entries, "tun") == "loesen":
            return await _unlink(incident_pages, code, session, case_id, entries)
        if one(entries, "tun") == "suchen":
            return await _search(incident_pages, code, session, case_id, entries)
        return await _link(incident_pages, code, session, case_id, entries)

    return await incident_pages.guard.submitted(request, lang, f"{QUEUE}/{case_id}/{FORM}", act)


async def _link(
    pages: IncidentPages, lang: str, session: Session, case_id: UUID, entries: Entries
) -> Page:
    given = Choice(
        incident=one(entries, "incident"),
        title=one(entries, "title"),
        when=one(entries, "when"),
        before=one(entries, "before"),
        asked=digits_of(one(entries, "nummer")).upper(),
        message_id=message_id_in(entries),
    )
    target, faults = given.target(), given.faults()
    if target is None or faults:
        linking = await pages.linking(session, case_id, given.asked.lower())
        return pages.linking_page(lang, session, linking, given, faults=faults)
    before = UUID(given.before) if is_uuid(given.before) else None
    became = await pages.incidents.link(session, case_id, target, before)
    if became is Became.NOT_THERE:
        raise NotFoundException
    if became is Became.CHANGED:
        linking = await pages.linking(session, case_id, given.asked.lower())
        now = str(linking.now.incident_id) if linking.now else ""
        again = msgspec.structs.replace(given, before=now, message_id=uuid4())
        return pages.linking_page(lang, session, linking, again, notice=MEANWHILE)
    return redirect(f"/{lang}/{QUEUE}/{case_id}/{FORM}?getan=zugeordnet")


async def _search(
    pages: IncidentPages, lang: str, session: Session, case_id: UUID, entries: Entries
) -> Page:
    asked = one(entries, "nummer")[:40]
    if digits := digits_of(asked):
        return redirect(f"/{lang}/{QUEUE}/{case_id}/{FORM}?nummer={digits}")
    linking = await pages.linking(session, case_id)
    before = str(linking.now.incident_id) if linking.now else ""
    given = Choice(before=before, asked=asked, message_id=uuid4())
    return pages.linking_page(lang, session, linking, given, faults={"nummer": "number"})


async def _unlink(
    pages: IncidentPages, lang: str, session: Session, case_id: UUID, entries: Entries
) -> Page:
    before = one(entries, "before")
    if not is_uuid(before):
        raise NotFoundException
    if await pages.incidents.unlink(session, case_id, UUID(before)) is Became.NOT_THERE:
        raise NotFoundException
    return redirect(f"/{lang}/{QUEUE}/{case_id}/{FORM}?getan=geloest")


@get("/{lang:str}/vorfaelle/{incident_id:uuid}")
async def show_incident(
    request: AnyRequest,
    incident_pages: NamedDependency[IncidentPages],
    lang: FromPath[str],
    incident_id: FromPath[UUID],
) -> Page:
    """Show an incident: its cases, its series, its mark."""
    session = await incident_pages.guard.session(request)
    file = await incident_pages.file(session, incident_id)
    notice = DONE.get(request.query_params.get("getan", ""))
    code = incident_pages.pages.language(lang)
    return incident_pages.incident_page(code, session, file, notice=notice)


@post("/{lang:str}/vorfaelle/{incident_id:uuid}", status_code=303)
async def call_campaign(
    request: AnyRequest,
    incident_pages: NamedDependency[IncidentPages],
    lang: FromPath[str],
    incident_id: FromPath[UUID],
) -> Page:
    """Note whether the series of an incident is one campaign."""

    async def act(code: str, session: Session, entries: Entries) -> Page:
        series = one(entries, "series")
        if not is_uuid(series):
            raise NotFoundException
        became = await incident_pages.incidents.call_campaign(
            session, incident_id, UUID(series), called=one(entries, "campaign") == "ja"
        )
        if became is Became.NOT_THERE:
            raise NotFoundException
        done = "inzwischen" if became is Became.CHANGED else "kampagne"
        return redirect(f"/{code}/{INCIDENTS}/{incident_id}?getan={done}")

    return await incident_pages.guard.submitted(request, lang, f"{INCIDENTS}/{incident_id}", act)


@get("/{lang:str}/vorfaelle/{incident_id:uuid}/aendern")
async def show_naming(
    request: AnyRequest,
    incident_pages: NamedDependency[IncidentPages],
    lang: FromPath[str],
    incident_id: FromPath[UUID],
) -> Page:
    """Show what an incident is called and its series, to be changed."""
    session = await incident_pages.guard.session(request)
    file = await incident_pages.file(session, incident_id)
    code = incident_pages.pages.language(lang)
    return _naming_page(incident_pages, code, session, file, _naming(file))


def _naming(file: IncidentFile) -> Naming:
    incident = file.known.incident
    return Naming(
        title=incident.title if incident else "",
        when=incident.when if incident else "",
        series=str(file.known.series_id or ""),
        revision=file.known.revision,
        message_id=uuid4(),
    )


def _naming_page(
    pages: IncidentPages,
    lang: str,
    session: Session,
    file: IncidentFile,
    given: Naming,
    **values: Any,
) -> Page:
    return pages.incident_page(
        lang,
        session,
        file,
        template="incident_change",
        path="/aendern",
        given=given,
        **{"stands": None} | values,
    )


@post("/{lang:str}/vorfaelle/{incident_id:uuid}/aendern", status_code=303)
async def name_incident(
    request: AnyRequest,
    incident_pages: NamedDependency[IncidentPages],
    lang: FromPath[str],
    incident_id: FromPath[UUID],
) -> Page:
    """Write down what an incident is called, and put it into a series."""

    async def act(code: str, session: Session, entries: Entries) -> Page:
        return await _name(incident_pages, code, session, incident_id, entries)

    return await incident_pages.guard.submitted(
        request, lang, f"{INCIDENTS}/{incident_id}/aendern", act
    )


async def _name(
    pages: IncidentPages, lang: str, session: Session, incident_id: UUID, entries: Entries
) -> Page:
    revision = one(entries, "revision")
    given = Naming(
        title=one(entries, "title"),
        when=one(entries, "when"),
        series=one(entries, "series"),
        new_series=one(entries, "new_series"),
        revision=int(revision) if revision.isdecimal() and len(revision) < 9 else 0,
        message_id=message_id_in(entries),
    )
    file = await pages.file(session, incident_id)
    if faults := given.faults():
        return _naming_page(pages, lang, session, file, given, errors=faults)
    became = await pages.incidents.change(session, incident_id, given.wanted(), given.revision)
    if became is Became.NOT_THERE:
        raise NotFoundException
    if became is Became.CHANGED:
        now = await pages.file(session, incident_id)
        again = msgspec.structs.replace(given, revision=now.known.revision, message_id=uuid4())
        return _naming_page(pages, lang, session, now, again, stands=True, status=409)
    return redirect(f"/{lang}/{INCIDENTS}/{incident_id}?getan=gespeichert")


@get("/{lang:str}/vorfaelle/{incident_id:uuid}/kennung")
async def show_mark(
    request: AnyRequest,
    incident_pages: NamedDependency[IncidentPages],
    lang: FromPath[str],
    incident_id: FromPath[UUID],
) -> Page:
    """Offer a new mark, and ask for one that another Stelle made."""
    session = await incident_pages.guard.session(request)
    file = await incident_pages.file(session, incident_id)
    code = incident_pages.pages.language(lang)
    return _mark_page(incident_pages, code, session, file, MarkForm(own=marks.new_mark()))


def _mark_page(
    pages: IncidentPages,
    lang: str,
    session: Session,
    file: IncidentFile,
    given: MarkForm,
    errors: dict[str, str] | None = None,
) -> Page:
    return pages.incident_page(
        lang,
        session,
        file,
        template="incident_mark",
        path="/kennung",
        errors=errors,
        own=codes.grouped(given.own),
        entered=given.entered,
    )


@post("/{lang:str}/vorfaelle/{incident_id:uuid}/kennung", status_code=303)
async def agree(
    request: AnyRequest,
    incident_pages: NamedDependency[IncidentPages],
    lang: FromPath[str],
    incident_id: FromPath[UUID],
) -> Page:
    """Note the mark that was agreed upon; entered twice it is noted once."""

    async def act(code: str, session: Session, entries: Entries) -> Page:
        return await _agree(incident_pages, code, session, incident_id, entries)

    return await incident_pages.guard.submitted(
        request, lang, f"{INCIDENTS}/{incident_id}/kennung", act
    )


async def _agree(
    pages: IncidentPages, lang: str, session: Session, incident_id: UUID, entries: Entries
) -> Page:
    is_own = one(entries, "tun") == "eigene"
    own = marks.normalised(one(entries, "own")) or marks.new_mark()
    entered = one(entries, "kennung")
    mark = own if is_own else marks.normalised(entered)
    file = await pages.file(session, incident_id)
    if mark is None:
        given = MarkForm(own=own, entered=entered)
        return _mark_page(pages, lang, session, file, given, {"kennung": "mark"})
    if await pages.incidents.agree(session, incident_id, mark, pages.today()) is not Became.KEPT:
        raise NotFoundException
    return redirect(f"/{lang}/{INCIDENTS}/{incident_id}?getan=vereinbart")


HANDLERS: Final = (
    show_linking,
    link_case,
    show_incident,
    call_campaign,
    show_naming,
    name_incident,
    show_mark,
    agree,
)
