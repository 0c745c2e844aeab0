"""The files of a case over HTTP."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID, uuid4

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Stream

from adstelle.casework.files.service import CaseFiles, Filing, Said, Sent
from adstelle.casework.store import Act
from adstelle.casework.words import Words, number, typed
from adstelle.crypto.files import Version
from adstelle.crypto.sessions import Session
from adstelle.domain.private import Private
from adstelle.errors import Unopenable
from adstelle.files import sending
from adstelle.files.kinds import named
from adstelle.files.scanning import Scan
from adstelle.files.sending import Outgoing, Typed
from adstelle.files.shown import FileRow, file_rows, limits, refusals, summary
from adstelle.files.uploads import Received, Refusal
from adstelle.web.downloads import download
from adstelle.web.forms import one
from adstelle.web.guard import IN_THE_WAY, QUEUE, AnyRequest, Guard, Page, message_id_in, unsent
from adstelle.web.pages import View, redirect
from adstelle.web.uploads import MOST_BODY

FORM: Final = "dateien"
MOST_TEXT: Final = 20_000
NOTHING: Final[Mapping[str, str]] = {}
DONE: Final = {
    "gesendet": ("files.staff.sent", "success"),
    Scan.CLEAN: ("files.staff.is_clean", "success"),
    Scan.FOUND: ("files.staff.is_found", "danger"),
    Scan.PENDING: ("files.staff.is_pending", "warning"),
    Scan.OFF: ("files.staff.is_pending", "warning"),
}


class Entered(Private, frozen=True, kw_only=True):
    """The form as it was typed, and what was wrong."""

    text: str = ""
    message_id: UUID
    faults: Mapping[str, str] = NOTHING
    refused: tuple[Refusal, ...] = ()


class BundleShown(msgspec.Struct, frozen=True):
    """Files that came together, in words."""

    heading: str
    text: str
    own: bool
    files: list[FileRow]


class FilePages:
    """What the handlers below need; built once by the composition root."""

    def __init__(self, guard: Guard, filing: Filing, today: Callable[[], date]) -> None:
        self.guard = guard
        self.filing = filing
        self.today = today
        self.pages = guard.pages

    async def page(
        self,
        lang: str,
        session: Session,
        case_id: UUID,
        *,
        entered: Entered | None = None,
        done: str = "",
    ) -> Page:
        """Show the files of a case; an unknown case and another Stelle's look the same."""
        found = await self.filing.files(session, case_id)
        if found is None:
            raise NotFoundException
        words, given = Words(self.pages, lang), entered or Entered(message_id=uuid4())
        notice, kind = DONE.get(done, ("", "info"))
        view = View(
            template="staff/files.html",
            path=f"{QUEUE}/{case_id}/{FORM}",
            title="files.staff.title",
            title_values={"number": number(case_id)},
            errors=given.faults,
        )
        return self.pages.page(
            lang,
            view,
            status=422 if given.faults else 200,
            **words.frame(session),
            case_path=f"{QUEUE}/{case_id}",
            number=number(case_id),
            bundles=self._shown(lang, words, found, session.stelle),
            is_package=found.report_id is None,
            given=given,
            refused=refusals(self.pages, lang, given.refused),
            limits=limits(self.pages, lang),
            most=MOST_TEXT,
            notice=notice,
            notice_kind=kind,
        )

    def _shown(self, lang: str, words: Words, found: CaseFiles, stelle: str) -> list[BundleShown]:
        return [
            BundleShown(
                words.text(
                    "files.staff.with_report" if each.with_report else "files.staff.with_message",
                    day=words.day(each.on),
                    name=words.stelle(stelle) if each.own else words.text("staff.case.person"),
                ),
                typed(each.text),
                each.own,
                file_rows(self.pages, lang, each.files),
            )
            for each in found.bundles
        ]

    async def handed_out(
        self, session: Session, case_id: UUID, file_id: UUID, *, original: bool
    ) -> Stream:
        """Answer with a file, logged before it is opened."""
        act = Act.ORIGINAL_READ if original else Act.FILE_READ
        taken = await self.filing.take(session, case_id, file_id, act)
        if taken is None:
            raise NotFoundException
        bundle, file = taken
        version: Version = "original" if original else sending.version_for(bundle, file)
        if not original and not bundle.own and version == "original":
            raise NotFoundException  # there is no copy: the original takes its own act
        header = file.header
        kind = header.kind if version == "original" else header.copy_kind or header.kind
        try:
            return await download(
                self.filing.uploads.content(bundle.container, file, version),
                name=named(header.name, kind, "Datei"),
                size=header.size_of(version),
                secure=self.pages.secure,
            )
        except Unopenable:
            raise NotFoundException from None


@get("/{lang:str}/faelle/{case_id:uuid}/dateien")
async def show_files(
    request: AnyRequest,
    file_pages: NamedDependency[FilePages],
    lang: FromPath[str],
    case_id: FromPath[UUID],
) -> Page:
    """Show the files of a case, and the form to send some."""
    session = await file_pages.guard.session(request)
    done = request.query_params.get("getan", "")
    return await file_pages.page(file_pages.pages.language(lang), session, case_id, done=done)


@get("/{lang:str}/faelle/{case_id:uuid}/dateien/{file_id:uuid}")
async def show_copy(
    request: AnyRequest,
    file_pages: NamedDependency[FilePages],
    case_id: FromPath[UUID],
    file_id: FromPath[UUID],
) -> Stream:
    """Hand out the copy of a file, or what the Stelle sent itself."""
    session = await file_pages.guard.session(request)
    return await file_pages.handed_out(session, case_id, file_id, original=False)


@post("/{lang:str}/faelle/{case_id:uuid}/dateien/{file_id:uuid}/original", status_code=200)
async def show_original(
    request: AnyRequest,
    file_pages: NamedDependency[FilePages],
    case_id: FromPath[UUID],
    file_id: FromPath[UUID],
) -> Stream:
    """Hand out the original: a step of its own, which the log names."""
    session = await file_pages.guard.session(request)
    return await file_pages.handed_out(session, case_id, file_id, original=True)


@post("/{lang:str}/faelle/{case_id:uuid}/dateien/{file_id:uuid}/pruefen", status_code=303)
async def rescan(
    request: AnyRequest,
    file_pages: NamedDependency[FilePages],
    lang: FromPath[str],
    case_id: FromPath[UUID],
    file_id: FromPath[UUID],
) -> Page:
    """Scan a file that could not be scanned when it came."""
    session = await file_pages.guard.session(request)
    found = await file_pages.filing.rescan(session, case_id, file_id)
    if found is None:
        raise NotFoundException
    return redirect(f"/{file_pages.pages.language(lang)}/{QUEUE}/{case_id}/{FORM}?getan={found}")


@post("/{lang:str}/faelle/{case_id:uuid}/dateien", status_code=303, request_max_body_size=MOST_BODY)
async def send_files(
    request: AnyRequest,
    file_pages: NamedDependency[FilePages],
    lang: FromPath[str],
    case_id: FromPath[UUID],
) -> Page:
    """Send files to the person, with a message; whatever is in the way, the text comes back."""
    code, guard = file_pages.pages.language(lang), file_pages.guard
    typed = Typed(request, file_pages.filing.uploads)
    try:
        return await _send(typed, file_pages, code, await guard.session(request), case_id)
    except IN_THE_WAY as error:  # the text is carried through the sign-in; files cannot be
        pending = unsent(f"{QUEUE}/{case_id}/{FORM}", await typed.entries())
        return guard.stopped(code, pending, error)


async def _send(
    typed: Typed, file_pages: FilePages, lang: str, session: Session, case_id: UUID
) -> Page:
    filing, outgoing = file_pages.filing, Outgoing.new()
    report_id = await filing.report_of(session, case_id)
    if report_id is None:
        raise NotFoundException
    otherwise = file_pages.pages.text(lang, "files.unnamed")
    received = await typed.receive(outgoing, report_id, otherwise)
    text, form_id = one(received.entries, "text"), message_id_in(received.entries)
    if faults := faults_of(received, text):
        await filing.uploads.forget(outgoing.container, [each.file_id for each in received.files])
        entered = Entered(text=text, message_id=form_id, faults=faults, refused=received.refused)
        return await file_pages.page(lang, session, case_id, entered=entered)
    said = Said(*sending.message_of(received, form_id, text))
    became = await filing.send(session, case_id, outgoing, said, file_pages.today())
    if became is Sent.NO_SUCH_CASE:
        raise NotFoundException
    return redirect(f"/{lang}/{QUEUE}/{case_id}/{FORM}?getan=gesendet")


def faults_of(received: Received, text: str) -> dict[str, str]:
    """What is wrong with a message: a file that cannot be sent, or none, or too long a text."""
    found: dict[str, str] = {}
    if received.refused:
        found["files"] = summary(received.refused)
    elif not received.files:
        found["files"] = "files.error.missing"
    if len(text) > MOST_TEXT:
        found["text"] = "staff.case.answer_too_long"
    return found


HANDLERS: Final[Sequence[Any]] = (show_files, show_copy, show_original, rescan, send_files)
