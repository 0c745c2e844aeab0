"""The pages on which an adviser has a case written out: for whom, then what goes in."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from markupsafe import Markup

from adstelle.casework.export import form, shown
from adstelle.casework.export.form import KIND, MOST_WORDS, Entered
from adstelle.casework.export.service import Exports, Prepared, referral_data
from adstelle.casework.words import Words, number
from adstelle.crypto.sessions import Session
from adstelle.documents.files import KINDS, MEDIA, Kind, file_of
from adstelle.documents.written import Writer
from adstelle.domain.case_document import Audience, CaseDocument, without
from adstelle.domain.masking import Masks, masked_document
from adstelle.web.forms import Entries, one, read_form
from adstelle.web.guard import QUEUE, AnyRequest, Guard, Page, unsent
from adstelle.web.pages import View

PAGE: Final = "ausgabe"
NAMES: Final = {
    Audience.PERSON: "angaben",
    Audience.FILE: "akte",
    Audience.REFERRAL: "bericht",
}
NO_MASKS: Final = Masks()
NO_FAULTS: Final[Mapping[str, str]] = {}


class ExportPages:
    """What the handlers below need; built once by the composition root."""

    def __init__(self, guard: Guard, exports: Exports) -> None:
        self.guard = guard
        self.exports = exports
        self.pages = guard.pages

    def choose_page(
        self,
        lang: str,
        session: Session,
        case_id: UUID,
        fault: str = "",
        *,
        is_sealed: bool = False,
    ) -> Page:
        """Ask for whom it is; nothing of the case is opened yet."""
        errors = {"audience": f"export.error.audience.{fault}"} if fault else {}
        words = Words(self.pages, lang)
        return self._page(
            lang,
            session,
            case_id,
            ("staff/export.html", errors, 409 if is_sealed else 422 if fault else 200),
            is_sealed=is_sealed,
            audiences=shown.audiences(words),
        )

    def look_page(
        self,
        lang: str,
        session: Session,
        prepared: Prepared,
        entered: Entered,
        faults: Mapping[str, str] = NO_FAULTS,
    ) -> Page:
        """Show what goes in, in the reader's language, before a copy is made."""
        words, document = Words(self.pages, lang), self.document(session, prepared, entered, lang)
        errors = {field: f"export.error.{field}.{name}" for field, name in faults.items()}
        changed = bool(entered.seen) and entered.seen != prepared.seen
        again = msgspec.structs.replace(entered, seen=prepared.seen)
        return self._page(
            lang,
            session,
            prepared.case_id,
            ("staff/export_look.html", errors, 422 if faults else 409 if changed else 200),
            given=again,
            audience=words.text(f"export.audience.{entered.audience}"),
            receiver=words.stelle(entered.stelle) if entered.stelle else "",
            language=self._name_of(self.language_of(lang, prepared, entered)),
            is_changed=changed,
            masks=prepared.masks.count if prepared.masks else None,
            reasons=shown.reasons(words),
            most_words=MOST_WORDS,
            made=shown.made(words, prepared.made),
            **shown.document_values(document),
        )

    def receiver_page(
        self, lang: str, session: Session, prepared: Prepared, fault: str = ""
    ) -> Page:
        """Ask which of the Stellen that the person agreed to gets it."""
        errors = {"stelle": f"export.error.stelle.{fault}"} if fault else {}
        words = Words(self.pages, lang)
        return self._page(
            lang,
            session,
            prepared.case_id,
            ("staff/export_receiver.html", errors, 422 if fault else 200),
            receivers=shown.receivers(words, prepared.agreed),
        )

    def _page(
        self,
        lang: str,
        session: Session,
        case_id: UUID,
        what: tuple[str, Mapping[str, str], int],
        **values: Any,
    ) -> Page:
        template, errors, status = what
        view = View(
            template=template,
            path=f"{QUEUE}/{case_id}/{PAGE}",
            title="export.title",
            title_values={"number": number(case_id)},
            errors=errors,
        )
        return self.pages.page(
            lang,
            view,
            status=status,
            **Words(self.pages, lang).frame(session),
            case_path=f"{QUEUE}/{case_id}",
            page_of_case=f"/{PAGE}",
            number=number(case_id),
            **values,
        )

    def language_of(self, lang: str, prepared: Prepared, entered: Entered) -> str:
        """The person's copy is in their language, as far as it is ours; others in the reader's."""
        if entered.audience == Audience.PERSON:
            return self.pages.nearest_language(prepared.data.account.language)
        return lang

    def _name_of(self, code: str) -> Markup:
        language = self.pages.city.catalogue.languages[code]
        marked = Markup('<span lang="{}" dir="{}">{}</span>')
        return marked.format(language.html, language.dir, language.name)

    def document(
        self, session: Session, prepared: Prepared, entered: Entered, lang: str
    ) -> CaseDocument:
        """The whole document in a language, masked if it is to be, before anything is left out."""
        audience, data = Audience(entered.audience), prepared.data
        if audience is Audience.REFERRAL:
            agreed = prepared.referred(entered.stelle)
            if agreed is None:
                raise NotFoundException
            data = referral_data(data, agreed, session.stelle)
        written = Writer(self.pages, lang, audience, self.exports.today()).write(data)
        return masked_document(written, masks_of(prepared, entered))


def masks_of(prepared: Prepared, entered: Entered) -> Masks:
    """What this copy is masked with."""
    return prepared.masks or NO_MASKS if entered.masked else NO_MASKS


@get("/{lang:str}/faelle/{case_id:uuid}/ausgabe")
async def show_export(
    request: AnyRequest,
    export_pages: NamedDependency[ExportPages],
    lang: FromPath[str],
    case_id: FromPath[UUID],
) -> Page:
    """Choose; nothing of the case is opened yet."""
    session, code = await export_pages.guard.session(request), export_pages.pages.language(lang)
    if not await export_pages.exports.has_case(session, case_id):
        raise NotFoundException
    return export_pages.choose_page(code, session, case_id)


@post("/{lang:str}/faelle/{case_id:uuid}/ausgabe", status_code=200)
async def make_export(
    request: AnyRequest,
    export_pages: NamedDependency[ExportPages],
    lang: FromPath[str],
    case_id: FromPath[UUID],
) -> Page:
    """Show what goes in; then make the file. It is logged before anybody has it."""
    code, entries = export_pages.pages.language(lang), await read_form(request)

    async def act(session: Session) -> Page:
        return await _make(export_pages, code, session, case_id, entries)

    carried = {name: values for name, values in entries.items() if name != KIND}
    pending = unsent(f"{QUEUE}/{case_id}/{PAGE}", carried)  # what comes back is looked at again
    return await export_pages.guard.with_session(request, code, pending, act)


async def _make(
    pages: ExportPages, lang: str, session: Session, case_id: UUID, entries: Entries
) -> Page:
    if not await pages.exports.has_case(session, case_id):
        raise NotFoundException
    entered = form.read(entries)
    if entered.audience not in set(Audience):
        return pages.choose_page(lang, session, case_id, "missing")
    prepared = await pages.exports.prepare(session, case_id)
    if prepared is None:
        return pages.choose_page(lang, session, case_id, is_sealed=True)
    if entered.audience == Audience.REFERRAL and prepared.referred(entered.stelle) is None:
        return pages.receiver_page(lang, session, prepared, "missing" if entered.seen else "")
    kind = next((each for each in KINDS if each == one(entries, KIND)), None)
    is_closed = prepared.masks is None and entered.audience != Audience.FILE
    if kind is None or entered.seen != prepared.seen or is_closed:
        return pages.look_page(lang, session, prepared, entered)
    whole = pages.document(session, prepared, entered, pages.language_of(lang, prepared, entered))
    if faults := form.faults(entered, whole):
        return pages.look_page(lang, session, prepared, entered, faults)
    return await _download(pages, session, prepared, entered, (whole, kind))


async def _download(
    pages: ExportPages,
    session: Session,
    prepared: Prepared,
    entered: Entered,
    wanted: tuple[CaseDocument, Kind],
) -> Page:
    whole, kind = wanted
    copy = form.copy_of(entered, whole, kind, masks_of(prepared, entered).count)
    await pages.exports.note(session, prepared.case_id, entered.message_id, copy)
    made = await file_of(pages.pages, without(whole, entered.left), kind)
    name = f"{NAMES[Audience(entered.audience)]}.{kind}"
    return pages.pages.download(made.content, MEDIA[kind], name)


HANDLERS: Final = (show_export, make_export)
