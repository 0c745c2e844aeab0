"""The question for files over HTTP: they are sealed into the draft and share its fate."""

from contextlib import suppress
from typing import Annotated, Final
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from adstelle.asking import questions
from adstelle.files import store as file_store
from adstelle.files.store import Gone, Owner
from adstelle.files.uploads import Received
from adstelle.intake.drafts import Draft, Ticket, new_ticket
from adstelle.intake.routes import (
    CHECK,
    FILES,
    RECEIPT,
    AnyRequest,
    Extra,
    Page,
    PublicForm,
    show_draft,
)
from adstelle.web.forms import one, read_form
from adstelle.web.pages import redirect
from adstelle.web.uploads import MOST_BODY, boundary, is_upload, pieces


@get("/{lang:str}/m/dateien")
async def show_files(
    request: AnyRequest,
    public_form: NamedDependency[PublicForm],
    lang: FromPath[str],
    von: Annotated[str, QueryParameter(max_length=20)] = "",
) -> Page:
    """Show the files of the draft and ask for more."""
    code = public_form.pages.language(lang)
    return await show_draft(request, public_form, code, FILES, from_check=von == CHECK)


@post("/{lang:str}/m/dateien", status_code=303, request_max_body_size=MOST_BODY)
async def add_files(
    request: AnyRequest, public_form: NamedDependency[PublicForm], lang: FromPath[str]
) -> Page:
    """Seal files into the draft; then show them, or go on."""
    code = public_form.pages.language(lang)
    ticket = public_form.ticket(request)
    draft = await public_form.drafts.load(ticket)
    if draft is not None and draft.is_sent:
        return redirect(f"/{code}/m/{RECEIPT}")
    is_new = ticket is None or draft is None
    if ticket is None or draft is None:
        ticket = new_ticket()
        await public_form.drafts.save(ticket, Draft(submission=new_ticket().secret))
    try:
        received = await _received(request, public_form, code, ticket)
        page = await _next(public_form, code, ticket, received, is_new=is_new)
    except Gone:
        return public_form.gone_page(request, code)
    return public_form.with_ticket(page, ticket) if is_new else page


async def _received(
    request: AnyRequest, public_form: PublicForm, lang: str, ticket: Ticket
) -> Received:
    """Read the form; one without files, as some programs send it, is right as well."""
    if not is_upload(request):
        return Received(await read_form(request), (), ())
    uploads = public_form.uploads
    owner = Owner(container=ticket.files, draft_id=ticket.draft_id)
    return await uploads.receive(
        owner,
        pieces(request),
        boundary(request),
        await file_store.files(uploads.pool, ticket.files),
        public_form.pages.text(lang, "files.unnamed"),
    )


async def _next(
    public_form: PublicForm, lang: str, ticket: Ticket, received: Received, *, is_new: bool
) -> Page:
    """Note that the question was asked, and lead on. An upload takes time: the draft may be gone
    since, or have changed in another window.
    """
    draft = await public_form.drafts.load(ticket)
    if draft is None or draft.is_sent:
        raise Gone
    has_files = bool(received.files or draft.answers.get(questions.FILES))
    answers = draft.answers | {questions.FILES: ("ja",) if has_files else ()}
    await public_form.drafts.save(ticket, msgspec.structs.replace(draft, answers=answers))
    from_check = "von" in received.entries
    if received.refused or is_new:
        extra = Extra(from_check=from_check, notice="intake.draft_expired" if is_new else None)
        return await public_form.files_page(
            lang, ticket, answers, extra=extra, refused=received.refused
        )
    if one(received.entries, "tun") != "weiter":
        return redirect(f"/{lang}/m/{FILES}" + (f"?von={CHECK}" if from_check else ""))
    step = questions.BY_NAME[FILES]
    following = questions.unasked(answers) if from_check else questions.after(step, answers)
    return redirect(f"/{lang}/m/{following.name if following else CHECK}")


@post("/{lang:str}/m/dateien/entfernen", status_code=303)
async def remove_file(
    request: AnyRequest, public_form: NamedDependency[PublicForm], lang: FromPath[str]
) -> Page:
    """Take a file back."""
    code = public_form.pages.language(lang)
    entered = await read_form(request)
    ticket, file_id = public_form.ticket(request), one(entered, "datei")
    with suppress(ValueError):
        if ticket is not None:
            await public_form.uploads.forget(ticket.files, [UUID(file_id)])
    return redirect(f"/{code}/m/{FILES}" + (f"?von={CHECK}" if "von" in entered else ""))


HANDLERS: Final = (show_files, add_files, remove_file)
