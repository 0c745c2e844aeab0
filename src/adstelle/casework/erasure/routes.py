"""Keeping and erasing over HTTP: the Stelle's page, the page of a case, and one button each."""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Final, NamedTuple
from uuid import UUID, uuid4

from litestar import get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from adstelle.casework.erasure import shown
from adstelle.casework.erasure.form import (
    MOST_REASON,
    Entered,
    hold_faults,
    proposal_faults,
    read,
    refusal_faults,
)
from adstelle.casework.erasure.service import Erasures
from adstelle.casework.erasure.store import BEGINNING
from adstelle.casework.words import Words, number
from adstelle.crypto.sessions import Session
from adstelle.domain.private import Private
from adstelle.domain.retention import Refusal
from adstelle.web.days import read_day
from adstelle.web.forms import Entries, one, read_form
from adstelle.web.guard import QUEUE, AnyRequest, Guard, Page, is_uuid, unsent
from adstelle.web.pages import View, redirect

PLACE: Final = "aufbewahrung"
DONE: Final = "getan"
DONE_TEXTS: Final = {
    "behalten": "retention.done.kept",
    "sperren": "retention.done.held",
    "freigeben": "retention.done.lifted",
    "vorschlagen": "retention.done.proposed",
    "zustimmen": "retention.done.approved",
    "verwerfen": "retention.done.declined",
    "loeschen": "retention.done.granted",
    "verweigern": "retention.done.refused",
}


class Wrong(Private, frozen=True):
    """A form that was sent, and what is wrong with it: field and name of the fault."""

    entered: Entered
    faults: dict[str, str]


class FormKind(NamedTuple):
    """A form with fields: the end of its address, its check, and what it does."""

    name: str
    faults_of: Callable[[Entered], dict[str, str]]
    decide: Callable[[Session, Entered], Awaitable[bool]]


class ErasurePages:
    """What the handlers below need; built once by the composition root."""

    def __init__(self, guard: Guard, erasures: Erasures, today: Callable[[], date]) -> None:
        self.guard = guard
        self.erasures = erasures
        self.today = today
        self.pages = guard.pages

    async def require(self, session: Session, case_id: UUID) -> None:
        """An unknown case, another Stelle's and one somebody must not see look the same."""
        if not await self.erasures.is_there(session, case_id):
            raise NotFoundException

    async def overview_page(self, lang: str, session: Session, done: str, after: str) -> Page:
        """What a Stelle has to do about keeping, and what happens by itself, from a place on."""
        spot, words = shown.spot_read(after), Words(self.pages, lang)
        overview = await self.erasures.overview(session, self.today(), spot)
        return self.pages.page(
            lang,
            View(template="staff/retention.html", path=PLACE, title="retention.staff_title"),
            **words.frame(session),
            notice=DONE_TEXTS.get(done),
            is_first=spot == BEGINNING,
            **shown.overview_values(words, overview, self.erasures.plan),
        )

    async def case_page(
        self,
        lang: str,
        session: Session,
        case_id: UUID,
        *,
        wrong: "Wrong | None" = None,
        notice: str | None = None,
        status: int = 200,
    ) -> Page:
        """How long a case is kept, and what can be decided about that."""
        keeping = await self.erasures.look(session, case_id, self.today())
        if keeping is None:
            raise NotFoundException
        words = Words(self.pages, lang)
        view = View(
            template="staff/keeping.html",
            path=f"{QUEUE}/{case_id}/{PLACE}",
            title="retention.case_title",
            title_values={"number": number(case_id)},
            errors={
                field: f"retention.error.{field}.{name}"
                for field, name in (wrong.faults if wrong else {}).items()
            },
        )
        return self.pages.page(
            lang,
            view,
            status=422 if wrong else status,
            **words.frame(session),
            case_path=f"{QUEUE}/{case_id}",
            page_of_case=f"/{PLACE}",
            number=number(case_id),
            notice=notice,
            is_done=notice in DONE_TEXTS.values(),
            given=wrong.entered if wrong else Entered(form="", message_id=uuid4()),
            most=MOST_REASON,
            **shown.case_values(words, keeping, self.today()),
        )


@get("/{lang:str}/aufbewahrung")
async def show_overview(
    request: AnyRequest, erasure_pages: NamedDependency[ErasurePages], lang: FromPath[str]
) -> Page:
    """What is erased soon, what is held, and what waits for somebody."""
    session = await erasure_pages.guard.session(request)
    asked = request.query_params
    return await erasure_pages.overview_page(
        erasure_pages.pages.language(lang), session, asked.get(DONE, ""), asked.get("nach", "")
    )


@get("/{lang:str}/faelle/{case_id:uuid}/aufbewahrung")
async def show_keeping(
    request: AnyRequest,
    erasure_pages: NamedDependency[ErasurePages],
    lang: FromPath[str],
    case_id: FromPath[UUID],
) -> Page:
    """How long one case is kept."""
    session = await erasure_pages.guard.session(request)
    notice = DONE_TEXTS.get(request.query_params.get(DONE, ""))
    code = erasure_pages.pages.language(lang)
    return await erasure_pages.case_page(code, session, case_id, notice=notice)


@get("/{lang:str}/faelle/{case_id:uuid}/loeschen")
async def ask_grant(
    request: AnyRequest,
    erasure_pages: NamedDependency[ErasurePages],
    lang: FromPath[str],
    case_id: FromPath[UUID],
) -> Page:
    """Ask once more before a case goes for good."""
    session = await erasure_pages.guard.session(request)
    code, today = erasure_pages.pages.language(lang), erasure_pages.today()
    keeping = await erasure_pages.erasures.look(session, case_id, today)
    if keeping is None:
        raise NotFoundException
    words = Words(erasure_pages.pages, code)
    task = shown.task(words, keeping.kept, today)
    if task is None or not task.is_open:
        return redirect(f"/{code}/{QUEUE}/{case_id}/{PLACE}")
    view = View(
        template="staff/erase.html",
        path=f"{QUEUE}/{case_id}/loeschen",
        title="retention.grant_title",
        title_values={"number": number(case_id)},
    )
    return erasure_pages.pages.page(
        code,
        view,
        **words.frame(session),
        case_path=f"{QUEUE}/{case_id}",
        page_of_case=f"/{PLACE}",
        number=number(case_id),
        **shown.case_values(words, keeping, today),
    )


@get(
    [
        "/{lang:str}/faelle/{case_id:uuid}/behalten",
        "/{lang:str}/faelle/{case_id:uuid}/sperren",
        "/{lang:str}/faelle/{case_id:uuid}/freigeben",
        "/{lang:str}/faelle/{case_id:uuid}/vorschlagen",
        "/{lang:str}/faelle/{case_id:uuid}/zustimmen",
        "/{lang:str}/faelle/{case_id:uuid}/verwerfen",
        "/{lang:str}/faelle/{case_id:uuid}/verweigern",
    ]
)
async def back_to_keeping(
    erasure_pages: NamedDependency[ErasurePages], lang: FromPath[str], case_id: FromPath[UUID]
) -> Page:
    """The address of a form, opened without sending it."""
    return redirect(f"/{erasure_pages.pages.language(lang)}/{QUEUE}/{case_id}/{PLACE}")


async def _decide(
    request: AnyRequest,
    pages: ErasurePages,
    lang: str,
    case_id: UUID,
    form: str,
    decide: Callable[[Session, Entries], Awaitable[bool]],
) -> Page:
    """Do what a form asks for, and say so; what was done before is not done again."""

    async def act(code: str, session: Session, entries: Entries) -> Page:
        is_new = await decide(session, entries)
        if not is_new:
            await pages.require(session, case_id)
        if not is_new and form in {"zustimmen", "loeschen"}:  # perhaps it was not allowed: say so
            notice = f"retention.not_{form}"
            return await pages.case_page(code, session, case_id, notice=notice, status=409)
        if one(entries, "von") == PLACE:
            return redirect(f"/{code}/{PLACE}?{DONE}={form}")
        return redirect(f"/{code}/{QUEUE}/{case_id}/{PLACE}?{DONE}={form}")

    return await pages.guard.submitted(request, lang, f"{QUEUE}/{case_id}/{form}", act)


async def _fill_in(
    request: AnyRequest, pages: ErasurePages, lang: str, case_id: UUID, form: FormKind
) -> Page:
    """The same for a form with fields; mistakes come back beside them."""
    code, entries = pages.pages.language(lang), await read_form(request)
    entered = read(form.name, entries)

    async def act(session: Session) -> Page:
        if faults := form.faults_of(entered):
            wrong = Wrong(entered, faults)
            return await pages.case_page(code, session, case_id, wrong=wrong)
        if not await form.decide(session, entered):
            await pages.require(session, case_id)
        return redirect(f"/{code}/{QUEUE}/{case_id}/{PLACE}?{DONE}={form.name}")

    pending = unsent(f"{QUEUE}/{case_id}/{form.name}", entries)
    return await pages.guard.with_session(request, code, pending, act)


@post("/{lang:str}/faelle/{case_id:uuid}/behalten", status_code=303)
async def keep(
    request: AnyRequest,
    erasure_pages: NamedDependency[ErasurePages],
    lang: FromPath[str],
    case_id: FromPath[UUID],
) -> Page:
    """The case is still needed."""

    async def decide(session: Session, _: Entries) -> bool:
        return await erasure_pages.erasures.keep(session, case_id, erasure_pages.today())

    return await _decide(request, erasure_pages, lang, case_id, "behalten", decide)


@post("/{lang:str}/faelle/{case_id:uuid}/sperren", status_code=303)
async def hold(
    request: AnyRequest,
    erasure_pages: NamedDependency[ErasurePages],
    lang: FromPath[str],
    case_id: FromPath[UUID],
) -> Page:
    """Let nothing be erased until a day."""
    today = erasure_pages.today()

    async def decide(session: Session, entered: Entered) -> bool:
        held = (entered.message_id, read_day(entered.until) or today, entered.reason)
        return await erasure_pages.erasures.hold(session, case_id, held, today)

    def faults(entered: Entered) -> dict[str, str]:
        return hold_faults(entered, today)

    form = FormKind("sperren", faults, decide)
    return await _fill_in(request, erasure_pages, lang, case_id, form)


@post("/{lang:str}/faelle/{case_id:uuid}/freigeben", status_code=303)
async def lift(
    request: AnyRequest,
    erasure_pages: NamedDependency[ErasurePages],
    lang: FromPath[str],
    case_id: FromPath[UUID],
) -> Page:
    """Lift a hold."""

    async def decide(session: Session, entries: Entries) -> bool:
        hold_id = one(entries, "sperre")
        if not is_uuid(hold_id):
            raise NotFoundException
        today = erasure_pages.today()
        return await erasure_pages.erasures.lift(session, case_id, UUID(hold_id), today)

    return await _decide(request, erasure_pages, lang, case_id, "freigeben", decide)


@post("/{lang:str}/faelle/{case_id:uuid}/vorschlagen", status_code=303)
async def propose(
    request: AnyRequest,
    erasure_pages: NamedDependency[ErasurePages],
    lang: FromPath[str],
    case_id: FromPath[UUID],
) -> Page:
    """Propose to erase a case before its time."""

    async def decide(session: Session, entered: Entered) -> bool:
        today = erasure_pages.today()
        return await erasure_pages.erasures.propose(session, case_id, entered.early, today)

    form = FormKind("vorschlagen", proposal_faults, decide)
    return await _fill_in(request, erasure_pages, lang, case_id, form)


@post("/{lang:str}/faelle/{case_id:uuid}/zustimmen", status_code=303)
async def approve(
    request: AnyRequest,
    erasure_pages: NamedDependency[ErasurePages],
    lang: FromPath[str],
    case_id: FromPath[UUID],
) -> Page:
    """Agree to what somebody else proposed."""

    async def decide(session: Session, _: Entries) -> bool:
        return await erasure_pages.erasures.approve(session, case_id, erasure_pages.today())

    return await _decide(request, erasure_pages, lang, case_id, "zustimmen", decide)


@post("/{lang:str}/faelle/{case_id:uuid}/verwerfen", status_code=303)
async def decline(
    request: AnyRequest,
    erasure_pages: NamedDependency[ErasurePages],
    lang: FromPath[str],
    case_id: FromPath[UUID],
) -> Page:
    """Take a proposal off the table."""

    async def decide(session: Session, _: Entries) -> bool:
        return await erasure_pages.erasures.decline(session, case_id)

    return await _decide(request, erasure_pages, lang, case_id, "verwerfen", decide)


@post("/{lang:str}/faelle/{case_id:uuid}/loeschen", status_code=303)
async def grant(
    request: AnyRequest,
    erasure_pages: NamedDependency[ErasurePages],
    lang: FromPath[str],
    case_id: FromPath[UUID],
) -> Page:
    """Erase because the person wants it; the worker does it within seconds."""

    async def decide(session: Session, _: Entries) -> bool:
        return await erasure_pages.erasures.answer(session, case_id, None, erasure_pages.today())

    return await _decide(request, erasure_pages, lang, case_id, "loeschen", decide)


@post("/{lang:str}/faelle/{case_id:uuid}/verweigern", status_code=303)
async def refuse(
    request: AnyRequest,
    erasure_pages: NamedDependency[ErasurePages],
    lang: FromPath[str],
    case_id: FromPath[UUID],
) -> Page:
    """Say why the case stays although the person wants it gone."""

    async def decide(session: Session, entered: Entered) -> bool:
        refusal, today = Refusal(entered.refusal), erasure_pages.today()
        return await erasure_pages.erasures.answer(session, case_id, refusal, today)

    form = FormKind("verweigern", refusal_faults, decide)
    return await _fill_in(request, erasure_pages, lang, case_id, form)


HANDLERS: Final = (
    show_overview,
    show_keeping,
    ask_grant,
    back_to_keeping,
    keep,
    hold,
    lift,
    propose,
    approve,
    decline,
    grant,
    refuse,
)
