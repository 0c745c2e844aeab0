"""The public form over HTTP: one question a page, nothing readable kept, nothing typed lost."""

import contextlib
from collections.abc import Sequence
from typing import Annotated, Any, Final

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from adstelle.asking import form, questions, shown
from adstelle.crypto.receipt import grouped
from adstelle.domain.consent import may_share
from adstelle.domain.finder import fitting
from adstelle.errors import OutcomeUnknown, StorageUnavailable
from adstelle.files import store as file_store
from adstelle.files.shown import file_rows, limits, refusals, summary
from adstelle.files.store import Gone
from adstelle.files.uploads import Refusal, Uploads
from adstelle.intake.drafts import Draft, Drafts, Ticket, new_ticket, read_ticket
from adstelle.intake.service import Attached, Faulty, Intake, Reused
from adstelle.web import deadlines, security
from adstelle.web.finder import subjects
from adstelle.web.forms import Entries, one, read_form
from adstelle.web.pages import UNKNOWN, Kept, Pages, View, redirect
from adstelle.web.stellen import cards

COOKIE: Final = "entwurf"
MAILBOX_COOKIE: Final = "postfach"
MOST_DRAFT_CHARACTERS: Final = 200_000
CHECK: Final = "pruefen"
FILES: Final = "dateien"
RECEIPT: Final = "quittung"

AnyRequest = Request[Any, Any, Any]
Page = Response[bytes]


class PublicForm:
    """Everything the form's handlers need; built once by the composition root."""

    def __init__(self, pages: Pages, intake: Intake, drafts: Drafts, uploads: Uploads) -> None:
        self.pages = pages
        self.intake = intake
        self.drafts = drafts
        self.uploads = uploads
        self._kept: dict[tuple[str, str], Kept] = {}

    def kept(self, request: AnyRequest, lang: str, view: View) -> Page:
        """Answer with a page that is the same for everybody, rendered once a language."""
        key = (lang, view.template)
        if key not in self._kept:
            self._kept[key] = self.pages.keep(lang, view)
        return self.pages.answer_kept(request, self._kept[key])

    def ticket(self, request: AnyRequest) -> Ticket | None:
        """The browser's ticket, if it sent a well-formed one."""
        name = security.cookie_name(COOKIE, self.pages.secure)
        return read_ticket(request.cookies.get(name))

    def with_ticket(self, page: Page, ticket: Ticket) -> Page:
        """Give the browser its ticket."""
        page.set_cookie(security.session_cookie(COOKIE, ticket.cookie, secure=self.pages.secure))
        return page

    async def step_page(
        self, lang: str, step: questions.Step, answers: Entries, *, extra: "Extra"
    ) -> Page:
        """Show one question."""
        words = shown.Words(self.pages, lang)
        path = questions.path(answers)
        position = path.index(step) + 1 if step in path else 1
        earlier = questions.before(step, answers)
        values: dict[str, Any] = {
            "step": step.name,
            "position": position,
            "count": len(path) + 1,
            "fields": shown.views(step, answers, words, lang),
            "back": f"m/{earlier.name}" if earlier else "sicher",
            "from_check": extra.from_check,
            "notice": extra.notice,
            **(await self._stellen_values(answers, words) if step.name == "stellen" else {}),
        }
        view = View(
            template="intake/stellen.html" if step.name == "stellen" else "intake/step.html",
            path=f"m/{step.name}",
            title="intake.step_title",
            title_values={"n": position, "title": words.title(step, answers)},
            errors=extra.faults,
        )
        return self.pages.page(lang, view, status=extra.status, **values)

    async def _stellen_values(self, answers: Entries, words: shown.Words) -> dict[str, Any]:
        routing = self.intake.offers(form.coded(answers))
        sealable = await self.intake.sealable()
        not_ours = routing.not_ours
        return {
            "cards": cards(shown.offered(routing), self.pages, words.lang, sealable),
            "not_ours": cards([(code, "") for code in not_ours.stellen], self.pages, words.lang)
            if not_ours
            else [],
            "not_ours_reason": words.text(not_ours.reason) if not_ours else "",
            "subjects": subjects(
                fitting(self.intake.city.subjects, form.coded(answers)), self.pages, words.lang
            ),
            "chosen": answers.get("stellen", ()),
            "nobody": questions.NOBODY,
            "may_share": may_share(one(answers, "reporter_role"), one(answers, "affected_agrees")),
        }

    async def attached(self, ticket: Ticket, answers: Entries) -> Attached | None:
        """The files of a draft; None where there never were any."""
        if not answers.get(questions.FILES):
            return None
        return Attached(ticket.files, await file_store.files(self.uploads.pool, ticket.files))

    async def files_page(
        self,
        lang: str,
        ticket: Ticket,
        answers: Entries,
        *,
        extra: "Extra",
        refused: Sequence[Refusal] = (),
    ) -> Page:
        """Show the files of the draft, and what was wrong with others."""
        words, step = shown.Words(self.pages, lang), questions.BY_NAME[FILES]
        path = questions.path(answers)
        earlier = questions.before(step, answers)
        files = await file_store.files(self.uploads.pool, ticket.files)
        position = path.index(step) + 1
        view = View(
            template="intake/files.html",
            path=f"m/{FILES}",
            title="intake.step_title",
            title_values={"n": position, "title": words.text(f"step.{FILES}")},
            errors={"files": summary(refused)} if refused else {},
        )
        return self.pages.page(
            lang,
            view,
            status=422 if refused else extra.status,
            position=position,
            count=len(path) + 1,
            back=f"m/{earlier.name}" if earlier else "sicher",
            from_check=extra.from_check,
            notice=extra.notice,
            files=file_rows(self.pages, lang, files),
            refused=refusals(self.pages, lang, refused),
            limits=limits(self.pages, lang),
        )

    async def check_page(
        self, lang: str, ticket: Ticket, answers: Entries, faults: form.Faults
    ) -> Page:
        """Show everything once more before it is sent."""
        attached = await self.attached(ticket, answers)
        words = shown.Words(self.pages, lang)
        last = questions.path(answers)[-1]
        view = View(template="intake/check.html", path=f"m/{CHECK}", title="check.title")
        return self.pages.page(
            lang,
            view,
            status=422 if faults else 200,
            rows=shown.rows(
                answers,
                words,
                lambda step: f"/{lang}/m/{step.name}?von={CHECK}",
                attached.files if attached else (),
            ),
            faults=[
                (words.text(fault), f"m/{step}?von=pruefen")
                for name, step in shown.places(faults).items()
                for fault in (faults[name],)
            ],
            is_count_only=answers.get("stellen", ()) == (questions.NOBODY,),
            back=f"m/{last.name}",
            position=len(questions.path(answers)) + 1,
        )

    def start_page(self, request: AnyRequest, lang: str) -> Page:
        """Where everybody arrives."""
        view = View(template="intake/start.html", path="", title="start.title")
        return self.kept(request, lang, view)

    def gone_page(self, request: AnyRequest, lang: str) -> Page:
        """A neutral page: says neither what was here nor who was."""
        return self.kept(
            request, lang, View(template="intake/gone.html", path="leer", title="gone.title")
        )


class Extra(msgspec.Struct, frozen=True, kw_only=True):
    """What a question's page says beside the question."""

    faults: form.Faults = {}
    status: int = 200
    from_check: bool = False
    notice: str | None = None


@get("/")
async def start(request: AnyRequest, public_form: NamedDependency[PublicForm]) -> Page:
    """What this is, who reads it, how long it takes; no name needed. In the first language."""
    return public_form.start_page(request, public_form.intake.city.languages[0])


@get("/{lang:str}")
async def start_in(
    request: AnyRequest, public_form: NamedDependency[PublicForm], lang: FromPath[str]
) -> Page:
    """The same in the language asked for."""
    return public_form.start_page(request, public_form.pages.language(lang))


@get("/{lang:str}/sicher")
async def safety(
    request: AnyRequest, public_form: NamedDependency[PublicForm], lang: FromPath[str]
) -> Page:
    """What the quick exit does and what it cannot do."""
    code = public_form.pages.language(lang)
    view = View(template="intake/safety.html", path="sicher", title="safety.title")
    return public_form.kept(request, code, view)


@post("/{lang:str}/m", status_code=303)
async def begin(
    request: AnyRequest, public_form: NamedDependency[PublicForm], lang: FromPath[str]
) -> Page:
    """Start a draft; a living one is continued."""
    code = public_form.pages.language(lang)
    ticket = public_form.ticket(request)
    draft = await public_form.drafts.load(ticket)
    if ticket is None or draft is None or draft.is_sent:
        ticket = new_ticket()
        await public_form.drafts.save(ticket, Draft(submission=new_ticket().secret))
    return public_form.with_ticket(redirect(f"/{code}/m/{questions.STEPS[0].name}"), ticket)


@get("/{lang:str}/m/{name:str}")
async def show_step(
    request: AnyRequest,
    public_form: NamedDependency[PublicForm],
    lang: FromPath[str],
    name: FromPath[str],
    von: Annotated[str, QueryParameter(max_length=20)] = "",
) -> Page:
    """Show a question, the check page or the receipt, as far as a draft lives."""
    code = public_form.pages.language(lang)
    if name not in {*questions.BY_NAME, CHECK, RECEIPT}:
        return public_form.gone_page(request, code)
    try:
        return await show_draft(request, public_form, code, name, from_check=von == CHECK)
    except StorageUnavailable:  # nothing was sent now, but what was sent before may be stored
        raise OutcomeUnknown from None


async def show_draft(
    request: AnyRequest, public_form: PublicForm, lang: str, name: str, *, from_check: bool
) -> Page:
    """Show a page of the form, as far as the draft is there."""
    ticket = public_form.ticket(request)
    draft = await public_form.drafts.load(ticket)
    if ticket is None or draft is None:
        return public_form.gone_page(request, lang)
    if name == RECEIPT:
        return await _receipt_page(request, public_form, lang, draft)
    if draft.is_sent:
        return redirect(f"/{lang}/m/{RECEIPT}")
    if name == CHECK:
        return await public_form.check_page(lang, ticket, draft.answers, {})
    step, extra = questions.BY_NAME[name], Extra(from_check=from_check)
    if name == FILES:
        return await public_form.files_page(lang, ticket, draft.answers, extra=extra)
    return await public_form.step_page(lang, step, draft.answers, extra=extra)


@post("/{lang:str}/m/{name:str}", status_code=303)
async def answer_step(
    request: AnyRequest,
    public_form: NamedDependency[PublicForm],
    lang: FromPath[str],
    name: FromPath[str],
) -> Page:
    """Keep what was typed, wrong or right, and go on when it is right."""
    code = public_form.pages.language(lang)
    entered = await read_form(request)
    path = f"m/{name}"
    try:
        if name == "senden":
            return await _send(request, public_form, code)
        if name == "ende":
            return await _finish(request, public_form, code)
        step = questions.BY_NAME.get(name)
        if step is None:
            return public_form.gone_page(request, code)
        return await _keep(request, public_form, code, step, entered)
    except StorageUnavailable:
        unknown = UNKNOWN in entered
        return public_form.pages.away(code, path, entered, action=path, unknown=unknown)
    except OutcomeUnknown:
        unknown = name == "senden"
        return public_form.pages.away(code, path, entered, action=path, unknown=unknown)


async def _keep(
    request: AnyRequest, public_form: PublicForm, lang: str, step: questions.Step, entered: Entries
) -> Page:
    ticket = public_form.ticket(request)
    draft = await public_form.drafts.load(ticket)
    is_new = ticket is None or draft is None
    if draft is not None and draft.is_sent:
        return redirect(f"/{lang}/m/{RECEIPT}")
    if ticket is None or draft is None:
        ticket, draft = new_ticket(), Draft(submission=new_ticket().secret)
    answers = draft.answers | form.read_step(step, entered)
    faults = form.step_faults(step, answers, public_form.intake.city, public_form.intake.today())
    if sum(len(text) for texts in answers.values() for text in texts) <= MOST_DRAFT_CHARACTERS:
        await public_form.drafts.save(ticket, msgspec.structs.replace(draft, answers=answers))
    from_check = "von" in entered
    if faults or is_new:
        extra = Extra(
            faults=faults,
            status=422 if faults else 200,
            from_check=from_check,
            notice="intake.draft_expired" if is_new else None,
        )
        page = await public_form.step_page(lang, step, answers, extra=extra)
        return public_form.with_ticket(page, ticket)
    following = questions.unasked(answers) if from_check else questions.after(step, answers)
    return redirect(f"/{lang}/m/{following.name if following else CHECK}")


async def _send(request: AnyRequest, public_form: PublicForm, lang: str) -> Page:
    ticket = public_form.ticket(request)
    draft = await public_form.drafts.load(ticket)
    if ticket is None or draft is None:
        return public_form.gone_page(request, lang)
    if draft.is_sent:
        return redirect(f"/{lang}/m/{RECEIPT}")
    intake = public_form.intake
    faults = shown.all_faults(draft.answers, intake.city, intake.today())
    report = form.to_report(draft.answers, lang)
    if faults:
        return await public_form.check_page(lang, ticket, draft.answers, faults)
    try:
        attached = await public_form.attached(ticket, draft.answers)
        await intake.submit(report, draft.submission, attached=attached)
    except Faulty as refused:
        return await public_form.check_page(lang, ticket, draft.answers, refused.faults)
    except (Reused, Gone) as error:  # gone: a file was taken back in another window; look again
        return redirect(f"/{lang}/m/{CHECK if isinstance(error, Gone) else RECEIPT}")
    try:
        await public_form.drafts.save(ticket, Draft(submission=draft.submission, is_sent=True))
    except StorageUnavailable:  # the report is stored; only this note of it is not
        raise OutcomeUnknown from None
    return redirect(f"/{lang}/m/{RECEIPT}")


async def _receipt_page(
    request: AnyRequest, public_form: PublicForm, lang: str, draft: Draft
) -> Page:
    receipt = await public_form.intake.receipt_of(draft.submission)
    if receipt is None:
        return public_form.gone_page(request, lang)
    pages, today = public_form.pages, public_form.intake.today()
    view = View(template="intake/receipt.html", path=f"m/{RECEIPT}", title="receipt.title")
    return pages.page(
        lang,
        view,
        code=grouped(receipt.code),
        stellen=[
            (
                pages.text(lang, pages.city.stellen[code].name),
                deadlines.promise(pages, lang, code, receipt.received_on, today),
            )
            for code in receipt.stellen
        ],
        deadlines=deadlines.shown(pages, lang, receipt.deadlines, today),
    )


async def _finish(request: AnyRequest, public_form: PublicForm, lang: str) -> Page:
    ticket = public_form.ticket(request)
    if ticket is not None:
        await public_form.drafts.forget(ticket)
    return _without_cookies(redirect(f"/{lang}/leer"), public_form)


@get("/{lang:str}/leer")
async def empty(
    request: AnyRequest, public_form: NamedDependency[PublicForm], lang: FromPath[str]
) -> Page:
    """A page about nothing."""
    return public_form.gone_page(request, public_form.pages.language(lang))


@get("/weg")
async def leave(request: AnyRequest, public_form: NamedDependency[PublicForm]) -> Page:
    """The quick exit: the draft and the cookies die here, then the browser goes elsewhere.

    Only for whoever pressed it: a picture in another site's page would take somebody's draft away.
    """
    page = redirect(public_form.intake.city.quick_exit)
    page.headers["referrer-policy"] = "no-referrer"
    if security.is_from_elsewhere(request):
        return page
    ticket = public_form.ticket(request)
    if ticket is not None:
        # Even when the database is away the cookie dies, and without it no draft opens.
        with contextlib.suppress(StorageUnavailable, OutcomeUnknown):
            await public_form.drafts.forget(ticket)
    page.headers["clear-site-data"] = '"cache", "cookies", "storage"'
    return _without_cookies(page, public_form)


def _without_cookies(page: Page, public_form: PublicForm) -> Page:
    for name in (COOKIE, MAILBOX_COOKIE):
        page.set_cookie(security.expired_cookie(name, secure=public_form.pages.secure))
    return page


HANDLERS: Final = (start, start_in, safety, begin, show_step, answer_step, empty, leave)
