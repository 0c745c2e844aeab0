"""The pages of the working record: report and record side by side, sections, entries, history."""

from collections.abc import Callable
from datetime import date
from typing import Any, Final
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from adstelle.casework.record import form, shown
from adstelle.casework.record.form import Choices, EntryForm, Faults
from adstelle.casework.record.service import Became, Entries, RecordFile, Records
from adstelle.casework.words import Words, number
from adstelle.crypto.sessions import Session
from adstelle.domain.private import Private
from adstelle.domain.record import SECTIONS, Record, what_of
from adstelle.web import forms
from adstelle.web.forms import read_form
from adstelle.web.guard import QUEUE, AnyRequest, Guard, Page, unsent
from adstelle.web.pages import View, redirect

RECORD: Final = "akte"
DONE: Final = {
    "gespeichert": "record.done.saved",
    "eingetragen": "record.done.entered",
}
KINDS: Final = {slug: what for what, slug in form.SLUGS.items()}


class Filled(Private, frozen=True):
    """A section as it was typed."""

    section: str
    typed: Record


class RecordPages:
    """What the handlers below need; built once by the composition root."""

    def __init__(
        self,
        guard: Guard,
        records: Records,
        entries: Entries,
        choices: Choices,
        today: Callable[[], date],
    ) -> None:
        self.guard = guard
        self.records = records
        self.entries = entries
        self.choices = choices
        self.today = today
        self.pages = guard.pages

    async def file(self, session: Session, case_id: UUID) -> RecordFile:
        """Open the record; an unknown case and another Stelle's look the same."""
        file = await self.records.read(session, case_id)
        if file is None:
            raise NotFoundException
        return file

    def frame(self, words: Words, session: Session, case_id: UUID) -> dict[str, Any]:
        """What every page of a case needs."""
        return {
            **words.frame(session),
            "case_path": f"{QUEUE}/{case_id}",
            "record_path": f"{QUEUE}/{case_id}/{RECORD}",
            "number": number(case_id),
        }

    def record_page(self, lang: str, session: Session, file: RecordFile, done: str) -> Page:
        """Report and record, side by side."""
        words = Words(self.pages, lang)
        view = View(
            template="staff/record.html",
            path=f"{QUEUE}/{file.case_id}/{RECORD}",
            title="record.title",
            title_values={"number": number(file.case_id)},
        )
        values = self.frame(words, session, file.case_id) | shown.file_values(words, file)
        return self.pages.page(lang, view, notice=DONE.get(done), **values)

    def section_page(
        self,
        lang: str,
        session: Session,
        file: RecordFile,
        filled: Filled,
        *,
        faults: Faults | None = None,
        is_conflict: bool = False,
    ) -> Page:
        """The form of one section; in a conflict it says what stands there by now."""
        words, record = Words(self.pages, lang), file.record or Record()
        section, typed = filled.section, filled.typed
        view = View(
            template="staff/record_section.html",
            path=f"{QUEUE}/{file.case_id}/{RECORD}/teil/{section}",
            title=f"record.section_title.{section}",
            title_values={"number": number(file.case_id)},
        )
        status = 422 if faults else 409 if is_conflict else 200
        return self.pages.page(
            lang,
            view,
            status=status,
            errors=shown.faults(words, faults or {}),
            **self.frame(words, session, file.case_id),
            section=section,
            revision=file.revision,
            stands=shown.section_rows(words, record, section) if is_conflict else None,
            most=form.MOST_TEXT,
            **shown.section_values(words, self.choices, typed, record, file.account),
        )

    def entry_page(
        self,
        lang: str,
        session: Session,
        case_id: UUID,
        given: EntryForm,
        *,
        faults: Faults | None = None,
        stands: shown.EntryShown | None = None,
    ) -> Page:
        """The form of a contact or an intervention."""
        words = Words(self.pages, lang)
        view = View(
            template="staff/record_entry.html",
            path=f"{QUEUE}/{case_id}/{RECORD}/{given.path}",
            title=f"record.entry_title.{given.what}",
            title_values={"number": number(case_id)},
        )
        return self.pages.page(
            lang,
            view,
            status=422 if faults else 409 if stands else 200,
            errors=shown.faults(words, faults or {}),
            **self.frame(words, session, case_id),
            given=given,
            kinds=shown.options(words, given.what, self.choices.of(given.what)),
            seen=shown.options(words, "draft_seen", self.choices.of("draft_seen")),
            stands=stands,
            most=form.MOST_TEXT,
        )


def _section(name: str) -> str:
    if name not in SECTIONS:
        raise NotFoundException
    return name


@get("/{lang:str}/faelle/{case_id:uuid}/akte")
async def show_record(
    request: AnyRequest,
    record_pages: NamedDependency[RecordPages],
    lang: FromPath[str],
    case_id: FromPath[UUID],
) -> Page:
    """Show the record of a case beside its report."""
    session = await record_pages.guard.session(request)
    file = await record_pages.file(session, case_id)
    code, done = record_pages.pages.language(lang), request.query_params.get("getan", "")
    return record_pages.record_page(code, session, file, done)


@get("/{lang:str}/faelle/{case_id:uuid}/akte/verlauf")
async def show_history(
    request: AnyRequest,
    record_pages: NamedDependency[RecordPages],
    lang: FromPath[str],
    case_id: FromPath[UUID],
) -> Page:
    """Show who changed what, newest first."""
    session = await record_pages.guard.session(request)
    changes = await record_pages.records.history(session, case_id)
    if changes is None:
        raise NotFoundException
    code = record_pages.pages.language(lang)
    words = Words(record_pages.pages, code)
    view = View(
        template="staff/record_history.html",
        path=f"{QUEUE}/{case_id}/{RECORD}/verlauf",
        title="record.history.title",
        title_values={"number": number(case_id)},
    )
    values = record_pages.frame(words, session, case_id)
    return record_pages.pages.page(code, view, changes=shown.history(words, changes), **values)


@get("/{lang:str}/faelle/{case_id:uuid}/akte/teil/{section:str}")
async def show_section(
    request: AnyRequest,
    record_pages: NamedDependency[RecordPages],
    lang: FromPath[str],
    case_id: FromPath[UUID],
    section: FromPath[str],
) -> Page:
    """Show one section of the record, to be changed."""
    session = await record_pages.guard.session(request)
    name, code = _section(section), record_pages.pages.language(lang)
    file = await record_pages.file(session, case_id)
    if file.record is None:
        return redirect(f"/{code}/{QUEUE}/{case_id}/{RECORD}")
    return record_pages.section_page(code, session, file, Filled(name, file.record))


@post("/{lang:str}/faelle/{case_id:uuid}/akte/teil/{section:str}", status_code=303)
async def save_section(
    request: AnyRequest,
    record_pages: NamedDependency[RecordPages],
    lang: FromPath[str],
    case_id: FromPath[UUID],
    section: FromPath[str],
) -> Page:
    """Keep one section; what two people saved at once, the second one sees."""
    name, code = _section(section), record_pages.pages.language(lang)
    entries = await read_form(request)

    async def act(session: Session) -> Page:
        return await _save(record_pages, code, session, case_id, (name, entries))

    pending = unsent(f"{QUEUE}/{case_id}/{RECORD}/teil/{name}", entries)
    return await record_pages.guard.with_session(request, code, pending, act)


async def _save(
    pages: RecordPages,
    lang: str,
    session: Session,
    case_id: UUID,
    sent: tuple[str, forms.Entries],
) -> Page:
    section, entries = sent
    typed = form.read_section(entries, pages.choices)
    filled = Filled(section, typed)
    file = await pages.file(session, case_id)
    back = redirect(f"/{lang}/{QUEUE}/{case_id}/{RECORD}?getan=gespeichert#{section}")
    if file.record is None:
        return redirect(f"/{lang}/{QUEUE}/{case_id}/{RECORD}")
    faults = form.section_faults(typed, file.record, pages.choices)
    if faults:
        kept = msgspec.structs.replace(file, revision=form.base_in(entries))
        return pages.section_page(lang, session, kept, filled, faults=faults)
    became = await pages.records.save(session, case_id, section, typed, form.base_in(entries))
    if became is Became.NO_SUCH_CASE:
        raise NotFoundException
    if became is Became.CHANGED:
        now = await pages.file(session, case_id)
        return pages.section_page(lang, session, now, filled, is_conflict=True)
    return back


@get("/{lang:str}/faelle/{case_id:uuid}/akte/neu/{kind:str}")
async def new_entry(
    request: AnyRequest,
    record_pages: NamedDependency[RecordPages],
    lang: FromPath[str],
    case_id: FromPath[UUID],
    kind: FromPath[str],
) -> Page:
    """Ask for a contact or an intervention; the day is today's."""
    session = await record_pages.guard.session(request)
    if kind not in KINDS or not await record_pages.entries.has_case(session, case_id):
        raise NotFoundException
    given = form.new_form(KINDS[kind], record_pages.today())
    code = record_pages.pages.language(lang)
    return record_pages.entry_page(code, session, case_id, given)


@post("/{lang:str}/faelle/{case_id:uuid}/akte/neu/{kind:str}", status_code=303)
async def write_entry(
    request: AnyRequest,
    record_pages: NamedDependency[RecordPages],
    lang: FromPath[str],
    case_id: FromPath[UUID],
    kind: FromPath[str],
) -> Page:
    """Write a contact or an intervention down; sent twice it is kept once."""
    code, entries = record_pages.pages.language(lang), await read_form(request)
    if kind not in KINDS:
        raise NotFoundException
    given = form.read_entry(KINDS[kind], entries)

    async def act(session: Session) -> Page:
        return await _write(record_pages, code, session, case_id, given)

    pending = unsent(f"{QUEUE}/{case_id}/{RECORD}/neu/{kind}", entries)
    return await record_pages.guard.with_session(request, code, pending, act)


@get("/{lang:str}/faelle/{case_id:uuid}/akte/eintrag/{entry_id:uuid}")
async def show_entry(
    request: AnyRequest,
    record_pages: NamedDependency[RecordPages],
    lang: FromPath[str],
    case_id: FromPath[UUID],
    entry_id: FromPath[UUID],
) -> Page:
    """Show an entry, to be corrected."""
    session = await record_pages.guard.session(request)
    noted = await record_pages.entries.read(session, case_id, entry_id)
    if noted is None or noted.entry is None:
        raise NotFoundException
    given = form.form_of(noted.entry, entry_id, noted.revision)
    code = record_pages.pages.language(lang)
    return record_pages.entry_page(code, session, case_id, given)


@post("/{lang:str}/faelle/{case_id:uuid}/akte/eintrag/{entry_id:uuid}", status_code=303)
async def correct_entry(
    request: AnyRequest,
    record_pages: NamedDependency[RecordPages],
    lang: FromPath[str],
    case_id: FromPath[UUID],
    entry_id: FromPath[UUID],
) -> Page:
    """Correct an entry by a new revision; the old one stays in the history."""

    async def act(code: str, session: Session, entries: forms.Entries) -> Page:
        noted = await record_pages.entries.read(session, case_id, entry_id)
        if noted is None or noted.entry is None:
            raise NotFoundException
        given = form.read_entry(what_of(noted.entry), entries, entry_id)
        return await _write(record_pages, code, session, case_id, given)

    return await record_pages.guard.submitted(
        request, lang, f"{QUEUE}/{case_id}/{RECORD}/eintrag/{entry_id}", act
    )


async def _write(
    pages: RecordPages, lang: str, session: Session, case_id: UUID, given: EntryForm
) -> Page:
    if faults := given.faults(pages.choices.of(given.what), pages.today()):
        if not await pages.entries.has_case(session, case_id):
            raise NotFoundException
        return pages.entry_page(lang, session, case_id, given, faults=faults)
    entry_id, entry = given.entry_id, given.entry()
    became = await pages.entries.write(session, case_id, entry_id, entry, given.revision)
    if became is Became.KEPT:
        return redirect(f"/{lang}/{QUEUE}/{case_id}/{RECORD}?getan=eingetragen#eintraege")
    noted = await pages.entries.read(session, case_id, entry_id)
    if became is Became.NO_SUCH_CASE or noted is None:
        raise NotFoundException
    stands = shown.entries(Words(pages.pages, lang), [noted])[0]
    again = given.again(noted.revision)
    return pages.entry_page(lang, session, case_id, again, stands=stands)


HANDLERS: Final = (
    show_record,
    show_history,
    show_section,
    save_section,
    new_entry,
    write_entry,
    show_entry,
    correct_entry,
)
