"""The pages of advisers over HTTP. Nothing typed is lost, by a mistake or by a lost session."""

from collections.abc import Callable
from datetime import date
from typing import Final
from uuid import UUID, uuid4

from litestar import get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from adstelle.casework import shown
from adstelle.casework.blocks import shown as building
from adstelle.casework.blocks.service import Blocks
from adstelle.casework.record import shown as record_shown
from adstelle.casework.service import Answered, CaseFile, Casework
from adstelle.casework.words import Words, number
from adstelle.crypto.sessions import Session
from adstelle.domain.case import State
from adstelle.domain.private import Private
from adstelle.errors import StepRefused
from adstelle.web.days import TypedDay
from adstelle.web.forms import Entries, one, read_form
from adstelle.web.guard import (
    ANSWER,
    QUEUE,
    AnyRequest,
    Guard,
    Page,
    Pending,
    message_id_in,
    unsent,
)
from adstelle.web.pages import View, redirect

MOST_CHARACTERS: Final = 20_000
DONE: Final = "getan"
DONE_TEXTS: Final = {
    "antwort": "staff.case.answer_kept",
    "schritt": "staff.case.step_taken",
    "uebernommen": "referral.done.accepted",
    "abgelehnt": "referral.done.refused",
    "auftrag": "referral.done.mandate",
    "gefragt": "referral.done.asked",
    "weitergegeben": "referral.done.given",
    "erledigt": "referral.done.settled",
    "zustaendig": "desk.done.assigned",
    "wiedervorlage": "desk.done.reminder",
    "vergangen": "desk.done.reminder_past",
    "zurueck": "desk.done.taken_back",
    "entwurf": "desk.done.draft",
    "befangen": "desk.done.conflict",
}


class Typed(Private, frozen=True):
    """What was sent from the page of a case, and what is wrong with it.

    *text* is the answer; None where none was sent, and the draft stands there. *remind* is the day
    of the other form.
    """

    text: str | None
    message_id: UUID
    fault: str | None = None
    remind: TypedDay | None = None
    remind_fault: str | None = None

    def errors(self) -> dict[str, str]:
        """Field and text of what is wrong."""
        found = {"text": self.fault, "remind": self.remind_fault}
        return {field: fault for field, fault in found.items() if fault}


class StaffCases:
    """What the handlers below need; built once by the composition root."""

    def __init__(
        self, guard: Guard, casework: Casework, blocks: Blocks, today: Callable[[], date]
    ) -> None:
        self.guard = guard
        self.casework = casework
        self.blocks = blocks
        self.today = today
        self.pages = guard.pages

    async def case_page(
        self,
        lang: str,
        session: Session,
        case_id: UUID,
        *,
        given: Typed | None = None,
        notice: str | None = None,
        status: int = 200,
    ) -> Page:
        """Open a case and show it; an unknown one and another Stelle's look the same."""
        file = await self.casework.read(session, case_id, self.today())
        if file is None:
            raise NotFoundException
        words, given = Words(self.pages, lang), given or Typed(text=None, message_id=uuid4())
        view = View(
            template="staff/case.html",
            path=f"{QUEUE}/{case_id}",
            title="staff.case.title",
            title_values={"number": number(case_id)},
            errors=given.errors(),
        )
        return self.pages.page(
            lang,
            view,
            status=status,
            **words.frame(session),
            **shown.case_values(words, file, session.stelle, self.today()),
            **building.values(self.pages, lang, await self.blocks.own(session), file.account),
            answer=draft_or(given.text, file),
            given=given,
            **record_shown.brief_values(words, file.brief),
            most=MOST_CHARACTERS,
            notice=notice,
            notice_kind="success" if notice in DONE_TEXTS.values() else "warning",
        )


def draft_or(typed: str | None, file: CaseFile) -> str:
    """What stands in the field of the answer: what was typed, else the draft."""
    if typed is not None:
        return typed
    return file.desk.draft.text if file.desk.draft else ""


def read_answer(entries: Entries) -> Typed:
    """Read the answer form."""
    text = one(entries, "text")
    fault = None if text else "staff.case.answer_missing"
    if len(text) > MOST_CHARACTERS:
        fault = "staff.case.answer_too_long"
    return Typed(text=text, message_id=message_id_in(entries), fault=fault)


def state_of(entered: str | None) -> State | None:
    """Read a state out of a link or form; None for anything else."""
    return State(entered) if entered in set(State) else None


@get("/{lang:str}/faelle/{case_id:uuid}")
async def show_case(
    request: AnyRequest,
    staff_cases: NamedDependency[StaffCases],
    lang: FromPath[str],
    case_id: FromPath[UUID],
) -> Page:
    """Show one case."""
    session = await staff_cases.guard.session(request)
    notice = DONE_TEXTS.get(request.query_params.get(DONE, ""))
    return await staff_cases.case_page(
        staff_cases.pages.language(lang), session, case_id, notice=notice
    )


@get(
    [
        "/{lang:str}/faelle/{case_id:uuid}/antwort",
        "/{lang:str}/faelle/{case_id:uuid}/schritt",
        "/{lang:str}/faelle/{case_id:uuid}/uebernehmen",
        "/{lang:str}/faelle/{case_id:uuid}/erledigt",
        "/{lang:str}/faelle/{case_id:uuid}/entwurf",
        "/{lang:str}/faelle/{case_id:uuid}/baustein",
        "/{lang:str}/faelle/{case_id:uuid}/nehmen",
        "/{lang:str}/faelle/{case_id:uuid}/wiedervorlage",
        "/{lang:str}/faelle/{case_id:uuid}/zurueck",
    ]
)
async def back_to_case(
    staff_cases: NamedDependency[StaffCases], lang: FromPath[str], case_id: FromPath[UUID]
) -> Page:
    """The address of a form, opened without sending it."""
    return redirect(f"/{staff_cases.pages.language(lang)}/{QUEUE}/{case_id}")


@post("/{lang:str}/faelle/{case_id:uuid}/antwort", status_code=303)
async def answer(
    request: AnyRequest,
    staff_cases: NamedDependency[StaffCases],
    lang: FromPath[str],
    case_id: FromPath[UUID],
) -> Page:
    """Write to the person; sent twice it is kept once."""
    code, entries = staff_cases.pages.language(lang), await read_form(request)
    given = read_answer(entries)

    async def act(session: Session) -> Page:
        return await _answer(staff_cases, code, session, case_id, given)

    pending = unfinished(case_id, given)
    return await staff_cases.guard.with_session(request, code, pending, act)


def unfinished(case_id: UUID, given: Typed) -> Pending:
    """Keep an answer that was typed, to be sent later."""
    fields = {"text": (given.text or "",), "message_id": (str(given.message_id),)}
    return unsent(f"{QUEUE}/{case_id}/{ANSWER}", fields)


async def _answer(
    staff_cases: StaffCases, lang: str, session: Session, case_id: UUID, given: Typed
) -> Page:
    if given.fault or not given.text:
        return await staff_cases.case_page(lang, session, case_id, given=given, status=422)
    became = await staff_cases.casework.answer(
        session, case_id, given.message_id, given.text, staff_cases.today()
    )
    if became is Answered.NO_SUCH_CASE:
        raise NotFoundException
    if became is Answered.CHANGED:
        again = Typed(text=given.text, message_id=uuid4(), fault="staff.case.answer_changed")
        return await staff_cases.case_page(lang, session, case_id, given=again, status=409)
    return redirect(f"/{lang}/{QUEUE}/{case_id}?{DONE}=antwort")


@post("/{lang:str}/faelle/{case_id:uuid}/schritt", status_code=303)
async def step(
    request: AnyRequest,
    staff_cases: NamedDependency[StaffCases],
    lang: FromPath[str],
    case_id: FromPath[UUID],
) -> Page:
    """Move a case along the table of steps."""
    code = staff_cases.pages.language(lang)
    session = await staff_cases.guard.session(request)
    to = state_of(one(await read_form(request), "stand"))
    try:
        if to is None:
            raise StepRefused
        if not await staff_cases.casework.take_step(session, case_id, to, staff_cases.today()):
            raise NotFoundException
    except StepRefused:
        return await staff_cases.case_page(
            code, session, case_id, notice="staff.case.step_refused", status=409
        )
    return redirect(f"/{code}/{QUEUE}/{case_id}?{DONE}=schritt")


HANDLERS: Final = (show_case, back_to_case, answer, step)
