"""The page on which an adviser writes down what the person wants now."""

from collections.abc import Callable
from datetime import date
from typing import Final
from uuid import UUID, uuid4

from litestar import get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from adstelle.casework.mandate.service import Mandates, Noted, Wish
from adstelle.casework.words import Option, Words, number
from adstelle.crypto.sessions import Session
from adstelle.domain.private import Private
from adstelle.web.forms import Entries, many, one
from adstelle.web.guard import QUEUE, AnyRequest, Guard, Page, message_id_in
from adstelle.web.pages import View, redirect

FORM: Final = "auftrag"
MOST_TEXT: Final = 20_000


class Entered(Private, frozen=True, kw_only=True):
    """The form as it was typed."""

    mandates: tuple[str, ...]
    text: str = ""
    message_id: UUID


class MandatePages:
    """What the handlers below need; built once by the composition root."""

    def __init__(self, guard: Guard, mandates: Mandates, today: Callable[[], date]) -> None:
        self.guard = guard
        self.mandates = mandates
        self.today = today
        self.pages = guard.pages

    async def current(self, session: Session, case_id: UUID) -> tuple[str, ...]:
        """What the person wants now; an unknown case and another Stelle's look the same."""
        current = await self.mandates.current(session, case_id)
        if current is None:
            raise NotFoundException
        return current

    def faults(self, entered: Entered) -> dict[str, str]:
        """What is wrong with a form: field and name of the fault."""
        found: dict[str, str] = {}
        if not entered.mandates or not set(entered.mandates) <= set(self.pages.city.codes.mandate):
            found["mandates"] = "missing"
        if len(entered.text) > MOST_TEXT:
            found["text"] = "too_long"
        return found

    def form_page(
        self, lang: str, session: Session, case_id: UUID, entered: Entered, faults: dict[str, str]
    ) -> Page:
        """Ask what the person wants now."""
        words = Words(self.pages, lang)
        view = View(
            template="staff/mandate.html",
            path=f"{QUEUE}/{case_id}/{FORM}",
            title="referral.mandate.title",
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
            options=[
                Option(code, words.code("mandate", code), "")
                for code in self.pages.city.codes.mandate
            ],
            given=entered,
            most=MOST_TEXT,
        )


@get("/{lang:str}/faelle/{case_id:uuid}/auftrag")
async def show_mandate(
    request: AnyRequest,
    mandate_pages: NamedDependency[MandatePages],
    lang: FromPath[str],
    case_id: FromPath[UUID],
) -> Page:
    """Show what the person wants, to be changed."""
    session = await mandate_pages.guard.session(request)
    current = await mandate_pages.current(session, case_id)
    entered = Entered(mandates=current, message_id=uuid4())
    code = mandate_pages.pages.language(lang)
    return mandate_pages.form_page(code, session, case_id, entered, {})


@post("/{lang:str}/faelle/{case_id:uuid}/auftrag", status_code=303)
async def change(
    request: AnyRequest,
    mandate_pages: NamedDependency[MandatePages],
    lang: FromPath[str],
    case_id: FromPath[UUID],
) -> Page:
    """Write down what the person wants now; sent twice it is written once."""

    async def act(code: str, session: Session, entries: Entries) -> Page:
        return await _change(mandate_pages, code, session, case_id, entries)

    return await mandate_pages.guard.submitted(request, lang, f"{QUEUE}/{case_id}/{FORM}", act)


async def _change(
    pages: MandatePages, lang: str, session: Session, case_id: UUID, entries: Entries
) -> Page:
    entered = _read(entries)
    faults = pages.faults(entered)
    if not faults:
        wish = Wish(entered.mandates, entered.text, entered.message_id)
        became = await pages.mandates.change(session, case_id, wish, pages.today())
        if became is Noted.NO_SUCH_CASE:
            raise NotFoundException
        if became is Noted.KEPT:
            return redirect(f"/{lang}/{QUEUE}/{case_id}?getan=auftrag")
        faults = {"mandates": "unchanged"} if became is Noted.UNCHANGED else {"text": "changed"}
        if became is Noted.CHANGED:
            entered = Entered(mandates=entered.mandates, text=entered.text, message_id=uuid4())
    await pages.current(session, case_id)
    return pages.form_page(lang, session, case_id, entered, faults)


def _read(entries: Entries) -> Entered:
    return Entered(
        mandates=many(entries, "mandates"),
        text=one(entries, "text"),
        message_id=message_id_in(entries),
    )


HANDLERS: Final = (show_mandate, change)
