"""The pages of a referral: the form, a look at what goes out, and what somebody has seen to."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final
from uuid import UUID, uuid4

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from adstelle.casework.referral import form, shown
from adstelle.casework.referral.form import CHANGE, NEXT, SEND, Entered
from adstelle.casework.referral.service import Became, Referrals, Subject, Told
from adstelle.casework.words import Words, number, typed
from adstelle.crypto.sessions import Session
from adstelle.domain.handover import Scope
from adstelle.web.forms import Entries, one, read_form
from adstelle.web.guard import QUEUE, AnyRequest, Guard, Page, is_uuid, unsent
from adstelle.web.pages import View, redirect

FORM: Final = "weitergeben"
DONE: Final = {True: "gefragt", False: "weitergegeben"}
FAULTS: Final = {  # what only sending can tell: field and name of the fault
    Became.CHANGED: ("text", "changed"),
    Became.HAS_IT: ("stelle", "has_it"),
    Became.STILL_LEAVING: ("stelle", "still_leaving"),
}


class ReferralPages:
    """What the handlers below need; built once by the composition root."""

    def __init__(self, guard: Guard, referrals: Referrals, today: Callable[[], date]) -> None:
        self.guard = guard
        self.referrals = referrals
        self.today = today
        self.pages = guard.pages

    async def subject(self, session: Session, case_id: UUID, *, with_contact: bool) -> Subject:
        """Open what there is to refer; an unknown case and one from elsewhere look the same."""
        subject = await self.referrals.subject(session, case_id, with_contact=with_contact)
        if subject is None:
            raise NotFoundException
        return subject

    def form_page(
        self,
        lang: str,
        session: Session,
        subject: Subject,
        entered: Entered,
        faults: Mapping[str, str],
    ) -> Page:
        """Ask to whom, what, and how the person says yes."""
        words = Words(self.pages, lang)
        view = View(
            template="staff/referral.html",
            path=f"{QUEUE}/{subject.case_id}/{FORM}",
            title="referral.form.title",
            title_values={"number": number(subject.case_id)},
            errors={field: f"referral.error.{field}.{name}" for field, name in faults.items()},
        )
        values = shown.form_values(words, subject, entered)
        status = 422 if faults else 200
        return self.pages.page(
            lang, view, status=status, **self._frame(words, session, subject), **values
        )

    def preview_page(self, lang: str, session: Session, subject: Subject, entered: Entered) -> Page:
        """Show exactly what would go out, before it does."""
        words, referring = Words(self.pages, lang), form.referring(entered)
        view = View(
            template="staff/referral_preview.html",
            path=f"{QUEUE}/{subject.case_id}/{FORM}",
            title="referral.preview.title",
            title_values={"number": number(subject.case_id)},
        )
        language = self.pages.city.catalogue.languages[self.language_of(subject)]
        return self.pages.page(
            lang,
            view,
            **self._frame(words, session, subject),
            told=self.told(subject, entered),
            text=typed(entered.text),
            told_lang=language.html,
            told_dir=language.dir,
            carried=entered.carried(),
            **shown.preview_values(words, session.stelle, subject, referring),
        )

    def _frame(self, words: Words, session: Session, subject: Subject) -> dict[str, Any]:
        return {
            **words.frame(session),
            "number": number(subject.case_id),
            "case_path": f"{QUEUE}/{subject.case_id}",
        }

    def told(self, subject: Subject, entered: Entered) -> str:
        """What the person is told of it, in their language as far as it is ours."""
        words = Words(self.pages, self.language_of(subject))
        return shown.told(words, form.referring(entered))

    def language_of(self, subject: Subject) -> str:
        """The language the person wants an answer in, or the city's first."""
        return self.pages.nearest_language(subject.account.language)


@get("/{lang:str}/faelle/{case_id:uuid}/weitergeben")
async def show_form(
    request: AnyRequest,
    referral_pages: NamedDependency[ReferralPages],
    lang: FromPath[str],
    case_id: FromPath[UUID],
) -> Page:
    """Begin a referral; a link may name the Stelle."""
    session = await referral_pages.guard.session(request)
    subject = await referral_pages.subject(session, case_id, with_contact=False)
    entered = Entered(stelle=request.query_params.get("stelle", ""), message_id=uuid4())
    code = referral_pages.pages.language(lang)
    return referral_pages.form_page(code, session, subject, entered, {})


@post("/{lang:str}/faelle/{case_id:uuid}/weitergeben", status_code=200)
async def refer(
    request: AnyRequest,
    referral_pages: NamedDependency[ReferralPages],
    lang: FromPath[str],
    case_id: FromPath[UUID],
) -> Page:
    """Look at what was chosen, change it, or send it; sent twice it is done once."""
    code, entries = referral_pages.pages.language(lang), await read_form(request)

    async def act(session: Session) -> Page:
        return await _refer(referral_pages, code, session, case_id, entries)

    carried = {name: values for name, values in entries.items() if name != NEXT}
    pending = unsent(f"{QUEUE}/{case_id}/{FORM}", carried)  # what comes back is looked at again
    return await referral_pages.guard.with_session(request, code, pending, act)


async def _refer(
    pages: ReferralPages, lang: str, session: Session, case_id: UUID, entries: Entries
) -> Page:
    entered, button = form.read(entries), one(entries, NEXT)
    with_contact = entered.scope == Scope.CONTACT and button != CHANGE
    subject = await pages.subject(session, case_id, with_contact=with_contact)
    if button == CHANGE:
        return pages.form_page(lang, session, subject, entered, {})
    if not form.plain_faults(entered):
        became = await _send(pages, session, subject, entered, is_sent=button == SEND)
        if became is Became.KEPT:
            done = DONE[form.referring(entered).given_on is None]
            return redirect(f"/{lang}/{QUEUE}/{case_id}?getan={done}")
        if became in FAULTS:
            again = msgspec.structs.replace(entered, message_id=uuid4())
            return pages.form_page(lang, session, subject, again, dict([FAULTS[became]]))
    if faults := form.faults(entered, subject.giver, subject.masks.key, pages.today()):
        return pages.form_page(lang, session, subject, entered, faults)
    return pages.preview_page(lang, session, subject, entered)


async def _send(
    pages: ReferralPages, session: Session, subject: Subject, entered: Entered, *, is_sent: bool
) -> Became:
    """Do it, or find that it was done before; what does not fit any more, the form shows."""
    text = "\n\n".join(filter(None, (pages.told(subject, entered), entered.text)))
    told, wanted = Told(text, entered.message_id), form.referring(entered)
    if not is_sent:
        return await pages.referrals.before(session, subject.case_id, wanted, told)
    return await pages.referrals.refer(session, subject.case_id, wanted, told, pages.today())


@post("/{lang:str}/faelle/{case_id:uuid}/erledigt", status_code=303)
async def settle(
    request: AnyRequest,
    referral_pages: NamedDependency[ReferralPages],
    lang: FromPath[str],
    case_id: FromPath[UUID],
) -> Page:
    """Note that somebody has seen to a referral: the queue marks the case for it no longer."""
    code = referral_pages.pages.language(lang)
    session = await referral_pages.guard.session(request)
    subject = one(await read_form(request), "vorgang")
    known = is_uuid(subject) and await referral_pages.referrals.settle(
        session, case_id, UUID(subject), referral_pages.today()
    )
    if not known:
        raise NotFoundException
    return redirect(f"/{code}/{QUEUE}/{case_id}?getan=erledigt")


HANDLERS: Final = (show_form, refer, settle)
