"""Take a case over with one button; not taking it over asks for the reason."""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Final
from uuid import UUID, uuid4

from litestar import get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from adstelle.casework.decision.service import Decided, Decisions, Refusal, Undecided
from adstelle.casework.routes import StaffCases, Typed
from adstelle.casework.words import Option, Words, number
from adstelle.crypto.sessions import Session
from adstelle.domain.handover import Reason
from adstelle.domain.private import Private
from adstelle.web.forms import Entries, one, read_form
from adstelle.web.guard import QUEUE, AnyRequest, Page, message_id_in
from adstelle.web.pages import View, redirect

FORM: Final = "ablehnen"
Take = Callable[[Session, UUID, date], Awaitable[object]]
MOST_TEXT: Final = 20_000


class Entered(Private, frozen=True, kw_only=True):
    """The form as it was typed."""

    reason: str = ""
    text: str = ""
    message_id: UUID

    def faults(self) -> dict[str, str]:
        """What is wrong with it: field and name of the fault."""
        found = {} if self.reason in set(Reason) else {"reason": "missing"}
        return found | ({"text": "too_long"} if len(self.text) > MOST_TEXT else {})


class DecisionPages:
    """What the handlers below need; built once by the composition root."""

    def __init__(self, staff_cases: StaffCases, decisions: Decisions, take: Take) -> None:
        """*take* makes whoever is signed in work on a case."""
        self.take = take
        self.cases = staff_cases
        self.guard = staff_cases.guard
        self.decisions = decisions
        self.today = staff_cases.today
        self.pages = staff_cases.pages

    async def form_page(
        self, lang: str, session: Session, case_id: UUID, entered: Entered, faults: dict[str, str]
    ) -> Page:
        """Ask why the case is not taken over, and what the person should read."""
        case = await self.decisions.look(session, case_id)
        if case is Decided.TAKEN_OVER:
            return await self.taken_over(lang, session, case_id, entered)
        if not isinstance(case, Undecided):
            raise NotFoundException
        words = Words(self.pages, lang)
        view = View(
            template="staff/refuse.html",
            path=f"{QUEUE}/{case_id}/{FORM}",
            title="referral.refuse.title",
            title_values={"number": number(case_id)},
            errors={field: f"referral.error.{field}.{name}" for field, name in faults.items()},
        )
        return self.pages.page(
            lang,
            view,
            status=422 if faults else 200,
            **words.frame(session),
            case_path=f"{QUEUE}/{case_id}",
            number=number(case_id),
            reasons=[
                Option(
                    reason,
                    words.text(f"referral.reason.{reason}"),
                    words.text(f"referral.reason_hint.{reason}"),
                )
                for reason in Reason
            ],
            given=entered,
            can_write=case.can_write,
            most=MOST_TEXT,
        )

    async def taken_over(
        self, lang: str, session: Session, case_id: UUID, entered: Entered
    ) -> Page:
        """Say that a colleague was quicker; what was typed stands where an answer is written."""
        given = Typed(text=entered.text, message_id=uuid4())
        notice = "referral.taken_over"
        return await self.cases.case_page(
            lang, session, case_id, given=given, notice=notice, status=409
        )


@post("/{lang:str}/faelle/{case_id:uuid}/uebernehmen", status_code=303)
async def accept(
    request: AnyRequest,
    decision_pages: NamedDependency[DecisionPages],
    lang: FromPath[str],
    case_id: FromPath[UUID],
) -> Page:
    """Take a case over, for the Stelle or also for oneself: work on it then."""
    code, today = decision_pages.pages.language(lang), decision_pages.today()
    session = await decision_pages.guard.session(request)
    became = await decision_pages.decisions.accept(session, case_id, today)
    if became is Decided.NO_SUCH_CASE:
        raise NotFoundException
    if one(await read_form(request), "mir"):
        await decision_pages.take(session, case_id, today)
    return redirect(f"/{code}/{QUEUE}/{case_id}?getan=uebernommen")


@get("/{lang:str}/faelle/{case_id:uuid}/ablehnen")
async def show_refusal(
    request: AnyRequest,
    decision_pages: NamedDependency[DecisionPages],
    lang: FromPath[str],
    case_id: FromPath[UUID],
) -> Page:
    """Ask for the reason."""
    session = await decision_pages.guard.session(request)
    code = decision_pages.pages.language(lang)
    return await decision_pages.form_page(code, session, case_id, Entered(message_id=uuid4()), {})


@post("/{lang:str}/faelle/{case_id:uuid}/ablehnen", status_code=303)
async def refuse(
    request: AnyRequest,
    decision_pages: NamedDependency[DecisionPages],
    lang: FromPath[str],
    case_id: FromPath[UUID],
) -> Page:
    """Say that a case is not taken over, and why; sent twice it is said once."""

    async def act(code: str, session: Session, entries: Entries) -> Page:
        return await _refuse(decision_pages, code, session, case_id, entries)

    return await decision_pages.guard.submitted(request, lang, f"{QUEUE}/{case_id}/{FORM}", act)


async def _refuse(
    pages: DecisionPages, lang: str, session: Session, case_id: UUID, entries: Entries
) -> Page:
    entered = _read(entries)
    if faults := entered.faults():
        return await pages.form_page(lang, session, case_id, entered, faults)
    refusal = Refusal(Reason(entered.reason), entered.text, entered.message_id)
    became = await pages.decisions.refuse(session, case_id, refusal, pages.today())
    match became:
        case Decided.NO_SUCH_CASE:
            raise NotFoundException
        case Decided.TAKEN_OVER:
            return await pages.taken_over(lang, session, case_id, entered)
        case Decided.CHANGED:
            again = Entered(reason=entered.reason, text=entered.text, message_id=uuid4())
            changed = {"text": "changed"}
            return await pages.form_page(lang, session, case_id, again, changed)
        case Decided.KEPT:
            return redirect(f"/{lang}/{QUEUE}/{case_id}?getan=abgelehnt")


def _read(entries: Entries) -> Entered:
    return Entered(
        reason=one(entries, "reason"),
        text=one(entries, "text"),
        message_id=message_id_in(entries),
    )


HANDLERS: Final = (accept, show_refusal, refuse)
