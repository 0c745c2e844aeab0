"""The page on which an adviser has a case written out: for the person, or for the paper file."""

from typing import Final
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from adstelle.casework.export.service import Exports
from adstelle.casework.words import Option, Words, number
from adstelle.crypto.sessions import Session
from adstelle.documents.files import KINDS, MEDIA, Kind, file_of
from adstelle.documents.written import Writer
from adstelle.domain.case_document import Audience
from adstelle.web.forms import one, read_form
from adstelle.web.guard import QUEUE, AnyRequest, Guard, Page
from adstelle.web.pages import View

PAGE: Final = "ausgabe"
NAMES: Final = {Audience.PERSON: "angaben", Audience.FILE: "akte"}


class ExportPages:
    """What the handlers below need; built once by the composition root."""

    def __init__(self, guard: Guard, exports: Exports) -> None:
        self.guard = guard
        self.exports = exports
        self.pages = guard.pages

    def page(
        self,
        lang: str,
        session: Session,
        case_id: UUID,
        *,
        fault: str = "",
        is_sealed: bool = False,
    ) -> Page:
        """Ask for whom it is, and in which form."""
        words = Words(self.pages, lang)
        view = View(
            template="staff/export.html",
            path=f"{QUEUE}/{case_id}/{PAGE}",
            title="export.title",
            title_values={"number": number(case_id)},
            errors={"audience": f"export.error.audience.{fault}"} if fault else {},
        )
        return self.pages.page(
            lang,
            view,
            status=409 if is_sealed else 422 if fault else 200,
            **words.frame(session),
            case_path=f"{QUEUE}/{case_id}",
            number=number(case_id),
            is_sealed=is_sealed,
            audiences=[
                Option(
                    each,
                    words.text(f"export.audience.{each}"),
                    words.text(f"export.audience_hint.{each}"),
                )
                for each in Audience
            ],
        )

    async def file(
        self, lang: str, session: Session, case_id: UUID, audience: Audience, kind: Kind
    ) -> Page | None:
        """Write the case out; None where it does not open. The person's is in their language."""
        data = await self.exports.data(session, case_id)
        if data is None:
            return None
        own = self.pages.nearest_language(data.account.language)
        written_in = own if audience is Audience.PERSON else lang
        today = self.exports.today()
        document = Writer(self.pages, written_in, audience, today).write(data)
        made = await file_of(self.pages, document, kind)
        return self.pages.download(made.content, MEDIA[kind], f"{NAMES[audience]}.{kind}")


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
    return export_pages.page(code, session, case_id)


@post("/{lang:str}/faelle/{case_id:uuid}/ausgabe", status_code=200)
async def make_export(
    request: AnyRequest,
    export_pages: NamedDependency[ExportPages],
    lang: FromPath[str],
    case_id: FromPath[UUID],
) -> Page:
    """Make the file. It is logged before anybody has it."""
    session, code = await export_pages.guard.session(request), export_pages.pages.language(lang)
    if not await export_pages.exports.has_case(session, case_id):
        raise NotFoundException
    entries = await read_form(request)
    audience = one(entries, "audience")
    if audience not in set(Audience):
        return export_pages.page(code, session, case_id, fault="missing")
    kind: Kind = "json" if one(entries, "kind") == "json" else KINDS[0]
    made = await export_pages.file(code, session, case_id, Audience(audience), kind)
    return made or export_pages.page(code, session, case_id, is_sealed=True)


HANDLERS: Final = (show_export, make_export)
