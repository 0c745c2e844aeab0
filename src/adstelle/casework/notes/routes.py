"""The page with the notes on a case. The person never sees them."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Final
from uuid import UUID, uuid4

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from markupsafe import Markup

from adstelle.casework.notes.service import Kept, NewNote, Note, Notes
from adstelle.casework.words import Words, number, typed
from adstelle.crypto.sessions import Session
from adstelle.domain.private import Private
from adstelle.web.forms import Entries, one
from adstelle.web.guard import QUEUE, AnyRequest, Guard, Page, is_uuid, message_id_in
from adstelle.web.pages import View, redirect

PAGE: Final = "notizen"
CORRECT: Final = "berichtigen"
MOST_TEXT: Final = 20_000


class Entered(Private, frozen=True, kw_only=True):
    """The form as it was typed; *replaces* is the note that it corrects."""

    text: str = ""
    replaces: UUID | None = None
    message_id: UUID


class NoteShown(msgspec.Struct, frozen=True, kw_only=True):
    """One note, in words."""

    note_id: UUID
    moment: str
    name: str
    text: Markup | None
    corrects: bool
    replaced: bool


class NotePages:
    """What the handlers below need; built once by the composition root."""

    def __init__(self, guard: Guard, notes: Notes, today: Callable[[], date]) -> None:
        self.guard = guard
        self.notes = notes
        self.today = today
        self.pages = guard.pages

    async def read(self, session: Session, case_id: UUID) -> Sequence[Note]:
        """The notes on a case; an unknown one and one out of sight look the same."""
        found = await self.notes.read(session, case_id)
        if found is None:
            raise NotFoundException
        return found

    async def page(
        self,
        lang: str,
        session: Session,
        case_id: UUID,
        given: Entered,
        fault: str | None = None,
        *,
        is_kept: bool = False,
    ) -> Page:
        """Show the notes, and a field for the next one."""
        found, words = await self.read(session, case_id), Words(self.pages, lang)
        view = View(
            template="staff/notes.html",
            path=f"{QUEUE}/{case_id}/{PAGE}",
            title="notes.title",
            title_values={"number": number(case_id)},
            errors={"text": f"notes.error.{fault}"} if fault else {},
        )
        return self.pages.page(
            lang,
            view,
            status=422 if fault else 200,
            **words.frame(session),
            number=number(case_id),
            case_path=f"{QUEUE}/{case_id}",
            page_of_case=f"/{PAGE}",
            notes=[_shown(words, note) for note in found],
            given=given,
            is_kept=is_kept,
            most=MOST_TEXT,
        )


def _shown(words: Words, note: Note) -> NoteShown:
    return NoteShown(
        note_id=note.note_id,
        moment=words.moment(note.written_at),
        name=note.name,
        text=None if note.text is None else typed(note.text),
        corrects=note.corrects,
        replaced=note.replaced,
    )


def _to_correct(found: Sequence[Note], asked: str) -> Entered:
    """The form with the text of the note that is to be corrected; empty without one."""
    for note in found:
        if str(note.note_id) == asked and note.text is not None and not note.replaced:
            return Entered(text=note.text, replaces=note.note_id, message_id=uuid4())
    return Entered(message_id=uuid4())


@get("/{lang:str}/faelle/{case_id:uuid}/notizen")
async def show_notes(
    request: AnyRequest,
    note_pages: NamedDependency[NotePages],
    lang: FromPath[str],
    case_id: FromPath[UUID],
) -> Page:
    """Show the notes on a case; one of them can be taken up to be corrected."""
    session, code = await note_pages.guard.session(request), note_pages.pages.language(lang)
    asked = request.query_params.get(CORRECT, "")
    given = Entered(message_id=uuid4())
    if asked:
        given = _to_correct(await note_pages.read(session, case_id), asked)
    is_kept = request.query_params.get("getan") == "notiz"
    return await note_pages.page(code, session, case_id, given, is_kept=is_kept)


@post("/{lang:str}/faelle/{case_id:uuid}/notizen", status_code=303)
async def write_note(
    request: AnyRequest,
    note_pages: NamedDependency[NotePages],
    lang: FromPath[str],
    case_id: FromPath[UUID],
) -> Page:
    """Keep a note; sent twice it is kept once."""

    async def act(code: str, session: Session, entries: Entries) -> Page:
        return await _write(note_pages, code, session, case_id, entries)

    return await note_pages.guard.submitted(request, lang, f"{QUEUE}/{case_id}/{PAGE}", act)


async def _write(
    pages: NotePages, lang: str, session: Session, case_id: UUID, entries: Entries
) -> Page:
    replaces = one(entries, "replaces")
    given = Entered(
        text=one(entries, "text"),
        replaces=UUID(replaces) if is_uuid(replaces) else None,
        message_id=message_id_in(entries),
    )
    if not given.text or len(given.text) > MOST_TEXT:
        fault = "too_long" if given.text else "missing"
        return await pages.page(lang, session, case_id, given, fault)
    note = NewNote(number=given.message_id, text=given.text, replaces=given.replaces)
    became = await pages.notes.write(session, case_id, note)
    if became is Kept.NO_SUCH_CASE:
        raise NotFoundException
    if became is Kept.CHANGED:
        again = Entered(text=given.text, message_id=uuid4())
        return await pages.page(lang, session, case_id, again, "changed")
    return redirect(f"/{lang}/{QUEUE}/{case_id}/{PAGE}?getan=notiz")


HANDLERS: Final = (show_notes, write_note)
