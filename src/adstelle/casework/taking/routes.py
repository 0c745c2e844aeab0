"""The pages on which an adviser takes a report: write down, choose with reasons, check, slip."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final
from uuid import UUID, uuid4

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from adstelle.asking.form import Faults
from adstelle.casework.taking import form, shown
from adstelle.casework.taking.form import Entered
from adstelle.casework.taking.service import Became, Slip, Taking
from adstelle.casework.words import Words, number
from adstelle.crypto.sessions import Session
from adstelle.web.days import TypedDay
from adstelle.web.forms import Entries, one, read_form
from adstelle.web.guard import QUEUE, TAKING, AnyRequest, Guard, Page, unsent
from adstelle.web.pages import View, redirect

BUTTON: Final = "tun"
CHANGE, CHOOSE, CHECK, KEEP = "angaben", "stellen", "pruefen", "aufnehmen"
SLIP: Final = "quittung"
END: Final = "ende"


class TakingPages:
    """What the handlers below need; built once by the composition root."""

    def __init__(
        self, guard: Guard, taking: Taking, today: Callable[[], date], origin: str
    ) -> None:
        self.guard = guard
        self.origin = origin
        self.taking = taking
        self.today = today
        self.pages = guard.pages

    def form_page(self, lang: str, session: Session, entered: Entered, faults: Faults) -> Page:
        """Ask everything, on one page."""
        values = shown.form_values(self.pages, lang, entered)
        return self._page(lang, session, _view("form", faults), entered, **values)

    async def choice_page(
        self, lang: str, session: Session, entered: Entered, faults: Faults
    ) -> Page:
        """Ask who shall get it, with the reasons, and for the person's yes."""
        report = form.report_of(entered, self.pages.city)
        values = shown.choice_values(
            self.pages,
            lang,
            session.stelle,
            self.taking.offers(report.answers),
            await self.taking.sealable(session),
            entered,
        )
        return self._page(lang, session, _view("choice", faults), entered, **values)

    def check_page(
        self, lang: str, session: Session, entered: Entered, *, kept: UUID | None = None
    ) -> Page:
        """Show everything once more; *kept* is the case where this form was kept otherwise."""
        return self._page(
            lang,
            session,
            _view("check", {}),
            entered,
            kept=f"{QUEUE}/{kept}" if kept else "",
            **shown.check_values(self.pages, lang, entered),
        )

    def _page(
        self, lang: str, session: Session, view: View, entered: Entered, **values: Any
    ) -> Page:
        status = 409 if values.get("kept") else 422 if view.errors else 200
        return self.pages.page(
            lang,
            view,
            status=status,
            **Words(self.pages, lang).frame(session),
            given=entered,
            **values,
        )

    def slip_page(self, lang: str, session: Session, case_id: UUID, slip: Slip) -> Page:
        """The slip for the person, in their language as far as it is ours."""
        view = View(
            template="staff/slip.html",
            path=f"{QUEUE}/{case_id}/{SLIP}",
            title="taking.slip.title",
            title_values={"number": number(case_id)},
        )
        return self.pages.page(
            lang,
            view,
            **Words(self.pages, lang).frame(session),
            case_path=f"{QUEUE}/{case_id}",
            number=number(case_id),
            **shown.slip_values(self.pages, slip, self.today(), self.origin),
        )


def _view(name: str, faults: Mapping[str, str]) -> View:
    return View(
        template=f"staff/taking_{name}.html",
        path=TAKING,
        title=f"taking.{name}.title",
        errors=faults,
    )


@get("/{lang:str}/aufnehmen")
async def show_taking(
    request: AnyRequest, taking_pages: NamedDependency[TakingPages], lang: FromPath[str]
) -> Page:
    """Begin to write a report down; it came today, unless somebody says otherwise."""
    session = await taking_pages.guard.session(request)
    today = taking_pages.today()
    entered = Entered(
        answers={},
        source="",
        received=TypedDay(str(today.day), str(today.month), str(today.year)),
        agreed=False,
        with_code="",
        message_id=uuid4(),
    )
    return taking_pages.form_page(taking_pages.pages.language(lang), session, entered, {})


@post("/{lang:str}/aufnehmen", status_code=200)
async def take(
    request: AnyRequest, taking_pages: NamedDependency[TakingPages], lang: FromPath[str]
) -> Page:
    """Go on to the next page, back to an earlier one, or keep it; sent twice it is kept once."""
    code, entries = taking_pages.pages.language(lang), await read_form(request)

    async def act(session: Session) -> Page:
        return await _take(taking_pages, code, session, entries)

    # What comes back after a new sign-in is looked at again before it is kept.
    again = CHECK if one(entries, BUTTON) in {CHECK, KEEP} else CHOOSE
    pending = unsent(TAKING, dict(entries) | {BUTTON: (again,)})
    return await taking_pages.guard.with_session(request, code, pending, act)


async def _take(pages: TakingPages, lang: str, session: Session, entries: Entries) -> Page:
    button, entered = one(entries, BUTTON), form.read(entries, session.stelle)
    if button == CHANGE:
        return pages.form_page(lang, session, entered, {})
    city, today = pages.pages.city, pages.today()
    if faults := form.told_faults(entered, city, today):
        return pages.form_page(lang, session, entered, faults)
    faults = {}
    if button in {CHECK, KEEP}:
        sealable = await pages.taking.sealable(session)
        faults = form.choice_faults(entered, city, sealable, today, session.stelle)
    if faults or button not in {CHECK, KEEP}:
        return await pages.choice_page(lang, session, entered, faults)
    if button == CHECK:
        return pages.check_page(lang, session, entered)
    return await _keep(pages, lang, session, entered)


async def _keep(pages: TakingPages, lang: str, session: Session, entered: Entered) -> Page:
    became, case_id = await pages.taking.take(
        session,
        entered.message_id,
        form.report_of(entered, pages.pages.city),
        form.received_of(entered),
        pages.today(),
    )
    if became is Became.CHANGED:
        again = msgspec.structs.replace(entered, message_id=uuid4())
        return pages.check_page(lang, session, again, kept=case_id)
    return redirect(f"/{lang}/{QUEUE}/{case_id}/{SLIP}")


@get("/{lang:str}/faelle/{case_id:uuid}/quittung")
async def show_slip(
    request: AnyRequest,
    taking_pages: NamedDependency[TakingPages],
    lang: FromPath[str],
    case_id: FromPath[UUID],
) -> Page:
    """Show the slip to print; once it is gone, the case."""
    session, code = await taking_pages.guard.session(request), taking_pages.pages.language(lang)
    slip = await taking_pages.taking.slip(session, case_id)
    if slip is not None:
        return taking_pages.slip_page(code, session, case_id, slip)
    if not await taking_pages.taking.has_case(session, case_id):
        raise NotFoundException
    return redirect(f"/{code}/{QUEUE}/{case_id}")


@post("/{lang:str}/faelle/{case_id:uuid}/quittung", status_code=303)
async def forget_slip(
    request: AnyRequest,
    taking_pages: NamedDependency[TakingPages],
    lang: FromPath[str],
    case_id: FromPath[UUID],
) -> Page:
    """The slip is printed: nobody here knows the code from now on."""
    session, code = await taking_pages.guard.session(request), taking_pages.pages.language(lang)
    if not await taking_pages.taking.has_case(session, case_id):
        raise NotFoundException
    if one(await read_form(request), BUTTON) == END:
        await taking_pages.taking.forget(session, case_id)
    return redirect(f"/{code}/{QUEUE}/{case_id}")


HANDLERS: Final = (show_taking, take, show_slip, forget_slip)
