"""Who works on a case, who must not see it, when to look again: pages and buttons."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID, uuid4

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from adstelle.casework.blocks import shown as building
from adstelle.casework.desk.service import Became, Desks, Handover, Worked
from adstelle.casework.desk.store import Colleague
from adstelle.casework.routes import MOST_CHARACTERS, StaffCases, Typed, read_answer, unfinished
from adstelle.casework.words import Option, Words, fact, number
from adstelle.crypto.sessions import Session
from adstelle.domain.case import Closing, State
from adstelle.domain.private import Private
from adstelle.errors import StepRefused
from adstelle.web.days import read_day, typed_day
from adstelle.web.forms import Entries, one, read_form
from adstelle.web.guard import QUEUE, AnyRequest, Page, is_uuid, message_id_in
from adstelle.web.pages import View, redirect

ASSIGN: Final = "zustaendig"
CONFLICT: Final = "befangen"
CLOSE: Final = "abschliessen"
REMIND: Final = "wiedervorlage"
NOBODY: Final = "niemand"


class Entered(Private, frozen=True, kw_only=True):
    """The form that hands a case over, as it was typed."""

    assigned_to: str = NOBODY
    deputy: str = NOBODY
    note: str = ""
    message_id: UUID


class Ending(Private, frozen=True, kw_only=True):
    """The form that closes a case, as it was typed."""

    reason: str = ""


class Line(msgspec.Struct, frozen=True):
    """One line of a history."""

    moment: str
    what: str
    name: str


class DeskPages:
    """What the handlers below need; built once by the composition root."""

    def __init__(self, staff_cases: StaffCases, desks: Desks) -> None:
        self.cases = staff_cases
        self.guard = staff_cases.guard
        self.desks = desks
        self.today = staff_cases.today
        self.pages = staff_cases.pages

    async def worked(self, session: Session, case_id: UUID) -> Worked:
        """Who works on a case; an unknown one and one out of sight look the same."""
        worked = await self.desks.look(session, case_id)
        if worked is None:
            raise NotFoundException
        return worked

    async def assign_page(
        self,
        lang: str,
        session: Session,
        case_id: UUID,
        given: Entered | None = None,
        faults: dict[str, str] | None = None,
    ) -> Page:
        """Ask who is to work on a case."""
        worked, words = await self.worked(session, case_id), Words(self.pages, lang)
        view = View(
            template="staff/assign.html",
            path=f"{QUEUE}/{case_id}/{ASSIGN}",
            title="desk.assign.title",
            title_values={"number": number(case_id)},
            errors={field: f"desk.error.{field}.{name}" for field, name in (faults or {}).items()},
        )
        there = worked.standing
        return self.pages.page(
            lang,
            view,
            status=422 if faults else 200,
            **words.frame(session),
            number=number(case_id),
            case_path=f"{QUEUE}/{case_id}",
            page_of_case=f"/{ASSIGN}",
            people=_people(words, session, worked.colleagues),
            given=given
            or Entered(
                assigned_to=str(there.assigned_to or NOBODY),
                deputy=str(there.deputy or NOBODY),
                message_id=uuid4(),
            ),
            history=_assignments(words, worked),
            most=MOST_CHARACTERS,
        )

    async def conflict_page(
        self, lang: str, session: Session, case_id: UUID, fault: str | None = None
    ) -> Page:
        """Show who must not see a case, and ask who else."""
        worked, words = await self.worked(session, case_id), Words(self.pages, lang)
        view = View(
            template="staff/conflict.html",
            path=f"{QUEUE}/{case_id}/{CONFLICT}",
            title="desk.conflict.title",
            title_values={"number": number(case_id)},
            errors={"wen": f"desk.error.wen.{fault}"} if fault else {},
        )
        return self.pages.page(
            lang,
            view,
            status=422 if fault else 200,
            **words.frame(session),
            number=number(case_id),
            case_path=f"{QUEUE}/{case_id}",
            people=_people(words, session, worked.colleagues),
            kept_away=[
                (each.member_id, each.name, words.day(each.kept_away_since))
                for each in worked.colleagues
                if each.kept_away_since is not None
            ],
            history=_conflicts(words, worked),
        )

    async def close_page(
        self, lang: str, session: Session, case_id: UUID, fault: str | None = None
    ) -> Page:
        """Ask why a case is closed."""
        await self.worked(session, case_id)
        words = Words(self.pages, lang)
        view = View(
            template="staff/close.html",
            path=f"{QUEUE}/{case_id}/{CLOSE}",
            title="desk.close.title",
            title_values={"number": number(case_id)},
            errors={"reason": f"desk.error.reason.{fault}"} if fault else {},
        )
        return self.pages.page(
            lang,
            view,
            status=422 if fault else 200,
            **words.frame(session),
            number=number(case_id),
            case_path=f"{QUEUE}/{case_id}",
            reasons=[
                Option(reason, words.text(f"desk.closing.{reason}"), "") for reason in Closing
            ],
        )


def _people(words: Words, session: Session, colleagues: Sequence[Colleague]) -> list[Option]:
    """Whom one can choose: oneself first, nobody who must not see the case."""
    free = [each for each in colleagues if each.kept_away_since is None]
    mine = [each for each in free if each.member_id == session.member_id]
    others = [each for each in free if each.member_id != session.member_id]
    return [
        Option(
            str(each.member_id),
            fact(words.text("desk.me", name=each.name) if each in mine else each.name),
            "",
        )
        for each in (*mine, *others)
    ]


def _assignments(words: Words, worked: Worked) -> list[Line]:
    nobody = words.text("desk.nobody")
    return [
        Line(
            words.moment(each.made_at),
            words.text("desk.assign.line", name=each.assigned_name or nobody)
            if each.deputy_name is None
            else words.text(
                "desk.assign.line_deputy",
                name=each.assigned_name or nobody,
                deputy=each.deputy_name,
            ),
            each.name,
        )
        for each in worked.assignments
    ]


def _conflicts(words: Words, worked: Worked) -> list[Line]:
    return [
        Line(
            words.moment(each.made_at),
            words.text(f"desk.conflict.{'lifted' if each.lifted else 'set'}", name=each.concerns),
            each.name,
        )
        for each in worked.conflicts
    ]


def _to_case(lang: str, case_id: UUID, done: str) -> Page:
    return redirect(f"/{lang}/{QUEUE}/{case_id}?getan={done}")


def _found(became: Became) -> Became:
    """An unknown case and one out of sight look the same."""
    if became is Became.NO_SUCH_CASE:
        raise NotFoundException
    return became


# Who works on it ----------------------------------------------------------------------------


@get("/{lang:str}/faelle/{case_id:uuid}/zustaendig")
async def show_assignment(
    request: AnyRequest,
    desk_pages: NamedDependency[DeskPages],
    lang: FromPath[str],
    case_id: FromPath[UUID],
) -> Page:
    """Show who works on a case, to be changed."""
    session = await desk_pages.guard.session(request)
    return await desk_pages.assign_page(desk_pages.pages.language(lang), session, case_id)


@post("/{lang:str}/faelle/{case_id:uuid}/zustaendig", status_code=303)
async def assign(
    request: AnyRequest,
    desk_pages: NamedDependency[DeskPages],
    lang: FromPath[str],
    case_id: FromPath[UUID],
) -> Page:
    """Hand a case over to somebody, maybe with a note; sent twice it is done once."""

    async def act(code: str, session: Session, entries: Entries) -> Page:
        return await _assign(desk_pages, code, session, case_id, entries)

    return await desk_pages.guard.submitted(request, lang, f"{QUEUE}/{case_id}/{ASSIGN}", act)


async def _assign(
    pages: DeskPages, lang: str, session: Session, case_id: UUID, entries: Entries
) -> Page:
    given = Entered(
        assigned_to=one(entries, "assigned_to") or NOBODY,
        deputy=one(entries, "deputy") or NOBODY,
        note=one(entries, "note"),
        message_id=message_id_in(entries),
    )
    if faults := _assign_faults(given):
        return await pages.assign_page(lang, session, case_id, given, faults)
    wanted = Handover(
        assigned_to=_member(given.assigned_to),
        deputy=_member(given.deputy),
        note=given.note,
        number=given.message_id,
    )
    became = _found(await pages.desks.hand_over(session, case_id, wanted, pages.today()))
    if became is Became.NOT_POSSIBLE:
        faults = {"assigned_to": "not_possible"}
        return await pages.assign_page(lang, session, case_id, given, faults)
    if became is Became.CHANGED:
        again = msgspec.structs.replace(given, message_id=uuid4())
        return await pages.assign_page(lang, session, case_id, again, {"note": "changed"})
    return _to_case(lang, case_id, ASSIGN)


def _assign_faults(given: Entered) -> dict[str, str]:
    found: dict[str, str] = {}
    for field in ("assigned_to", "deputy"):
        if getattr(given, field) != NOBODY and not is_uuid(getattr(given, field)):
            found[field] = "not_possible"
    if given.deputy != NOBODY and given.deputy == given.assigned_to:
        found["deputy"] = "same"
    if len(given.note) > MOST_CHARACTERS:
        found["note"] = "too_long"
    return found


def _member(entered: str) -> UUID | None:
    return None if entered == NOBODY else UUID(entered)


@post("/{lang:str}/faelle/{case_id:uuid}/nehmen", status_code=303)
async def take(
    request: AnyRequest,
    desk_pages: NamedDependency[DeskPages],
    lang: FromPath[str],
    case_id: FromPath[UUID],
) -> Page:
    """Take a case oneself, with one button."""
    code, session = desk_pages.pages.language(lang), await desk_pages.guard.session(request)
    _found(await desk_pages.desks.take(session, case_id, desk_pages.today()))
    return _to_case(code, case_id, ASSIGN)


# When to look again -------------------------------------------------------------------------


@post("/{lang:str}/faelle/{case_id:uuid}/wiedervorlage", status_code=303)
async def remind(
    request: AnyRequest,
    desk_pages: NamedDependency[DeskPages],
    lang: FromPath[str],
    case_id: FromPath[UUID],
) -> Page:
    """Set the day on which to look at a case again; no day at all clears it."""

    async def act(code: str, session: Session, entries: Entries) -> Page:
        return await _remind(desk_pages, code, session, case_id, entries)

    return await desk_pages.guard.submitted(request, lang, f"{QUEUE}/{case_id}/{REMIND}", act)


async def _remind(
    pages: DeskPages, lang: str, session: Session, case_id: UUID, entries: Entries
) -> Page:
    entered = typed_day(entries, "remind")
    day = read_day(entered)
    if day is None and not entered.is_empty():
        given = Typed(
            text=None,
            message_id=uuid4(),
            remind=entered,
            remind_fault="desk.error.remind.unreadable",
        )
        return await pages.cases.case_page(lang, session, case_id, given=given, status=422)
    _found(await pages.desks.remind(session, case_id, day))
    is_past = day is not None and day < pages.today()
    return _to_case(lang, case_id, "vergangen" if is_past else REMIND)


# Who must not see it ------------------------------------------------------------------------


@get("/{lang:str}/faelle/{case_id:uuid}/befangen")
async def show_conflicts(
    request: AnyRequest,
    desk_pages: NamedDependency[DeskPages],
    lang: FromPath[str],
    case_id: FromPath[UUID],
) -> Page:
    """Show who must not see a case."""
    session = await desk_pages.guard.session(request)
    return await desk_pages.conflict_page(desk_pages.pages.language(lang), session, case_id)


@post("/{lang:str}/faelle/{case_id:uuid}/befangen", status_code=303)
async def change_conflicts(
    request: AnyRequest,
    desk_pages: NamedDependency[DeskPages],
    lang: FromPath[str],
    case_id: FromPath[UUID],
) -> Page:
    """Keep somebody from a case, or let a colleague see it again."""

    async def act(code: str, session: Session, entries: Entries) -> Page:
        return await _change_conflicts(desk_pages, code, session, case_id, entries)

    return await desk_pages.guard.submitted(request, lang, f"{QUEUE}/{case_id}/{CONFLICT}", act)


async def _change_conflicts(
    pages: DeskPages, lang: str, session: Session, case_id: UUID, entries: Entries
) -> Page:
    if is_uuid(lifted := one(entries, "aufheben")):
        _found(await pages.desks.let_back(session, case_id, UUID(lifted)))
        return _to_case(lang, case_id, CONFLICT)
    whom = one(entries, "wen")
    if not is_uuid(whom):
        return await pages.conflict_page(lang, session, case_id, "missing")
    member_id = UUID(whom)
    became = _found(await pages.desks.keep_away(session, case_id, member_id, pages.today()))
    if became is Became.LAST:
        return await pages.conflict_page(lang, session, case_id, "last")
    if became is Became.NOT_POSSIBLE:
        return await pages.conflict_page(lang, session, case_id, "missing")
    if member_id == session.member_id:
        return redirect(f"/{lang}/{QUEUE}/abgegeben")
    return _to_case(lang, case_id, CONFLICT)


@get("/{lang:str}/faelle/abgegeben")
async def show_left(
    request: AnyRequest, desk_pages: NamedDependency[DeskPages], lang: FromPath[str]
) -> Page:
    """Say that one does not see a case any more. Which one it was, this page does not know."""
    session, code = await desk_pages.guard.session(request), desk_pages.pages.language(lang)
    view = View(template="staff/left.html", path=f"{QUEUE}/abgegeben", title="desk.left.title")
    words = Words(desk_pages.pages, code)
    return desk_pages.pages.page(code, view, **words.frame(session))


# Closing, and taking a step back ------------------------------------------------------------


@get("/{lang:str}/faelle/{case_id:uuid}/abschliessen")
async def show_closing(
    request: AnyRequest,
    desk_pages: NamedDependency[DeskPages],
    lang: FromPath[str],
    case_id: FromPath[UUID],
) -> Page:
    """Ask why a case is closed."""
    session = await desk_pages.guard.session(request)
    return await desk_pages.close_page(desk_pages.pages.language(lang), session, case_id)


@post("/{lang:str}/faelle/{case_id:uuid}/abschliessen", status_code=303)
async def close(
    request: AnyRequest,
    desk_pages: NamedDependency[DeskPages],
    lang: FromPath[str],
    case_id: FromPath[UUID],
) -> Page:
    """Close a case, and keep sealed why."""

    async def act(code: str, session: Session, entries: Entries) -> Page:
        return await _close(desk_pages, code, session, case_id, one(entries, "reason"))

    return await desk_pages.guard.submitted(request, lang, f"{QUEUE}/{case_id}/{CLOSE}", act)


async def _close(pages: DeskPages, lang: str, session: Session, case_id: UUID, reason: str) -> Page:
    if reason not in set(Closing):
        return await pages.close_page(lang, session, case_id, "missing")
    try:
        if not await pages.cases.casework.take_step(
            session, case_id, State.ABGESCHLOSSEN, pages.today(), Closing(reason)
        ):
            raise NotFoundException
    except StepRefused:
        return await _refused(pages, lang, session, case_id)
    return _to_case(lang, case_id, "schritt")


async def _refused(pages: DeskPages, lang: str, session: Session, case_id: UUID) -> Page:
    notice = "staff.case.step_refused"
    return await pages.cases.case_page(lang, session, case_id, notice=notice, status=409)


@post("/{lang:str}/faelle/{case_id:uuid}/zurueck", status_code=303)
async def take_back(
    request: AnyRequest,
    desk_pages: NamedDependency[DeskPages],
    lang: FromPath[str],
    case_id: FromPath[UUID],
) -> Page:
    """Take one's own last step back."""
    code, session = desk_pages.pages.language(lang), await desk_pages.guard.session(request)
    try:
        _found(await desk_pages.desks.take_back(session, case_id, desk_pages.today()))
    except StepRefused:
        notice = "desk.too_late"
        return await desk_pages.cases.case_page(code, session, case_id, notice=notice, status=409)
    return _to_case(code, case_id, "zurueck")


# An answer that is still being written ------------------------------------------------------


@post("/{lang:str}/faelle/{case_id:uuid}/entwurf", status_code=303)
async def keep_draft(
    request: AnyRequest,
    desk_pages: NamedDependency[DeskPages],
    lang: FromPath[str],
    case_id: FromPath[UUID],
) -> Page:
    """Keep what was written so far."""
    code, entries = desk_pages.pages.language(lang), await read_form(request)
    given = read_answer(entries)

    async def act(session: Session) -> Page:
        if given.text and len(given.text) > MOST_CHARACTERS:
            return await desk_pages.cases.case_page(code, session, case_id, given=given, status=422)
        text, today = given.text or "", desk_pages.today()
        _found(await desk_pages.desks.keep_draft(session, case_id, text, today))
        return _to_case(code, case_id, "entwurf")

    pending = unfinished(case_id, given)
    return await desk_pages.guard.with_session(request, code, pending, act)


@post("/{lang:str}/faelle/{case_id:uuid}/baustein", status_code=200)
async def insert_block(
    request: AnyRequest,
    desk_pages: NamedDependency[DeskPages],
    lang: FromPath[str],
    case_id: FromPath[UUID],
) -> Page:
    """Put a building block below what was written so far; nothing is kept or sent by that."""
    code, entries = desk_pages.pages.language(lang), await read_form(request)
    given = read_answer(entries)

    async def act(session: Session) -> Page:
        found = building.text(
            desk_pages.pages,
            await desk_pages.cases.blocks.own(session),
            one(entries, "baustein"),
            one(entries, "sprache") or code,
        )
        text = "\n\n".join(filter(None, (given.text, found)))
        shown = Typed(text=text, message_id=given.message_id)
        return await desk_pages.cases.case_page(code, session, case_id, given=shown)

    pending = unfinished(case_id, given)
    return await desk_pages.guard.with_session(request, code, pending, act)


HANDLERS: Final = (
    show_assignment,
    assign,
    take,
    remind,
    show_conflicts,
    change_conflicts,
    show_left,
    show_closing,
    close,
    take_back,
    keep_draft,
    insert_block,
)
