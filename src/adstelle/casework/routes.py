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
from adstelle.casework.service import Answered, Casework, Wanted
from adstelle.casework.words import Words, number
from adstelle.crypto.sessions import Session
from adstelle.domain.case import State
from adstelle.domain.private import Private
from adstelle.errors import StepRefused
from adstelle.web.forms import Entries, one, read_form
from adstelle.web.guard import ANSWER, QUEUE, AnyRequest, Guard, Page, message_id_in, unsent
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
}
ATTENTION: Final = "achtung"


class Typed(Private, frozen=True):
    """The answer form as it was sent, and what is wrong with it."""

    text: str
    message_id: UUID
    fault: str | None = None


class StaffCases:
    """What the handlers below need; built once by the composition root."""

    def __init__(self, guard: Guard, casework: Casework, today: Callable[[], date]) -> None:
        self.guard = guard
        self.casework = casework
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
        words = Words(self.pages, lang)
        view = View(
            template="staff/case.html",
            path=f"{QUEUE}/{case_id}",
            title="staff.case.title",
            title_values={"number": number(case_id)},
            errors={"text": given.fault} if given and given.fault else {},
        )
        return self.pages.page(
            lang,
            view,
            status=status,
            **shown.case_values(words, file, session.stelle, self.today()),
            given=given or Typed(text="", message_id=uuid4()),
            most=MOST_CHARACTERS,
            notice=notice,
            notice_kind="success" if notice in DONE_TEXTS.values() else "warning",
        )


def read_answer(entries: Entries) -> Typed:
    """Read the answer form."""
    text = one(entries, "text")
    fault = None if text else "staff.case.answer_missing"
    if len(text) > MOST_CHARACTERS:
        fault = "staff.case.answer_too_long"
    return Typed(text=text, message_id=message_id_in(entries), fault=fault)


def position(entered: str | None) -> int | None:
    """Read a place in the queue out of a link; None for anything else."""
    return int(entered) if entered and entered.isdecimal() and len(entered) < 19 else None


def state_of(entered: str | None) -> State | None:
    """Read a state out of a link or form; None for anything else."""
    return State(entered) if entered in set(State) else None


@get("/{lang:str}/faelle")
async def show_queue(
    request: AnyRequest, staff_cases: NamedDependency[StaffCases], lang: FromPath[str]
) -> Page:
    """Show the Stelle's cases, newest first."""
    session = await staff_cases.guard.session(request)
    asked, code = request.query_params, staff_cases.pages.language(lang)
    with_attention = ATTENTION in asked
    chosen = None if with_attention else state_of(asked.get("stand"))
    queue = await staff_cases.casework.queue(
        session,
        Wanted(
            state=chosen,
            attention=with_attention,
            before=position(asked.get("vor")),
            after=position(asked.get("nach")),
        ),
        staff_cases.today(),
    )
    words = Words(staff_cases.pages, code)
    wishes, answer_by = await staff_cases.casework.wishes(session)
    return staff_cases.pages.page(
        code,
        View(template="staff/queue.html", path=QUEUE, title="staff.queue.title"),
        stelle_name=words.stelle(session.stelle),
        member_name=session.name,
        cases=shown.queue_rows(words, queue, session.stelle, staff_cases.today()),
        filters=shown.filters(words, queue, chosen, with_attention=with_attention),
        newer=queue.newer,
        older=queue.older,
        wishes=wishes,
        answer_by=words.day(answer_by) if answer_by else "",
    )


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
    fields = {"text": (given.text,), "message_id": (str(given.message_id),)}

    async def act(session: Session) -> Page:
        return await _answer(staff_cases, code, session, case_id, given)

    pending = unsent(f"{QUEUE}/{case_id}/{ANSWER}", fields)
    return await staff_cases.guard.with_session(request, code, pending, act)


async def _answer(
    staff_cases: StaffCases, lang: str, session: Session, case_id: UUID, given: Typed
) -> Page:
    if given.fault:
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


HANDLERS: Final = (show_queue, show_case, back_to_case, answer, step)
