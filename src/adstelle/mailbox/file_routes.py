"""The files of a mailbox over HTTP: all of them on one page, and a form to send more."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID, uuid4

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Stream

from adstelle.crypto import files as sealed_files
from adstelle.crypto import sealing
from adstelle.domain.private import Private
from adstelle.domain.report import Message
from adstelle.errors import OutcomeUnknown, StorageUnavailable, UnknownCode, Unopenable
from adstelle.files import sending
from adstelle.files import store as file_store
from adstelle.files.kinds import named
from adstelle.files.sending import Bundle, Outgoing, Typed
from adstelle.files.shown import FileRow, file_rows, limits, refusals, summary
from adstelle.files.uploads import Received, Refusal, Uploads
from adstelle.mailbox import store
from adstelle.mailbox.opened import Opened
from adstelle.mailbox.routes import AnyRequest, Page, PublicMailbox, message_id_in
from adstelle.mailbox.service import MOST_TEXT
from adstelle.mailbox.store import NotGiven
from adstelle.mailbox.words import Words
from adstelle.web.downloads import download
from adstelle.web.forms import Entries, one
from adstelle.web.pages import View, redirect
from adstelle.web.uploads import MOST_BODY

PATH: Final = "postfach/dateien"
NOTHING: Final[Mapping[str, str]] = {}


class BundleShown(msgspec.Struct, frozen=True):
    """Files that came together, in words."""

    heading: str
    files: list[FileRow]


class Entered(Private, frozen=True, kw_only=True):
    """The form as it was typed, and what was wrong."""

    stelle: str = ""
    text: str = ""
    message_id: UUID
    faults: Mapping[str, str] = NOTHING
    refused: tuple[Refusal, ...] = ()


class MailboxFiles:
    """What the handlers below need; built once by the composition root."""

    def __init__(self, public_mailbox: PublicMailbox, uploads: Uploads) -> None:
        self.box = public_mailbox
        self.pages = public_mailbox.pages
        self.uploads = uploads

    async def bundles(self, opened: Opened) -> list[tuple[Bundle, str, str]]:
        """All files, each bundle with whom it is from and its day; the report's first."""
        report = sealed_files.of_report(opened.part_keys.account, opened.report_id)
        found = [(await self._bundle(report, own=True), "", "")]
        for note in opened.box.notes:
            if note.key is not None and note.message.files:
                container = sealed_files.of_message(note.key)
                bundle = await self._bundle(container, own=note.own)
                found.append((bundle, note.stelle, note.sent_on.isoformat()))
        return [each for each in found if each[0].files]

    async def _bundle(self, container: sealed_files.Container, *, own: bool) -> Bundle:
        files = await file_store.files(self.uploads.pool, container)
        return Bundle(container=container, own=own, files=files)

    async def page(
        self, lang: str, opened: Opened, *, entered: Entered | None = None, done: str = ""
    ) -> Page:
        """Show all files, and the form to send more."""
        words, given = Words(self.pages, lang), entered or Entered(message_id=uuid4())
        view = View(
            template="mailbox/files.html", path=PATH, title="files.box.title", errors=given.faults
        )
        return self.pages.page(
            lang,
            view,
            status=422 if given.faults else 200,
            bundles=await self._shown(words, opened),
            stellen=[
                {"value": code, "label": words.stelle(code), "hint": None}
                for code in writable(opened)
            ],
            given=given,
            refused=refusals(self.pages, lang, given.refused),
            limits=limits(self.pages, lang),
            most=MOST_TEXT,
            notice="files.box.sent" if done == "gesendet" else "",
        )

    async def _shown(self, words: Words, opened: Opened) -> list[BundleShown]:
        notes = {note.message.files: note for note in opened.box.notes if note.message.files}
        shown = []
        for bundle, _, _ in await self.bundles(opened):
            note = notes.get(tuple(file.file_id for file in bundle.files))
            heading = words.text("files.box.with_report")
            if note is not None:
                name = words.text("mailbox.you") if note.own else words.stelle(note.stelle)
                day = words.day(note.sent_on)
                heading = words.text("files.box.with_message", name=name, day=day)
            shown.append(BundleShown(heading, file_rows(self.pages, words.lang, bundle.files)))
        return shown


def writable(opened: Opened) -> list[str]:
    """The Stellen that can be sent something."""
    return [row.stelle for row in opened.box.latest() if opened.has_conversation(row.stelle)]


@get("/{lang:str}/postfach/dateien")
async def show_files(
    request: AnyRequest, mailbox_files: NamedDependency[MailboxFiles], lang: FromPath[str]
) -> Page:
    """Show the files of an open mailbox."""
    shown_in, box = mailbox_files.pages.language(lang), mailbox_files.box
    code = box.code(request)
    if code is None:
        return box.closed_page(shown_in)
    try:
        opened = await box.mailbox.look(code)
    except UnknownCode:
        return box.unknown_page(shown_in)
    return await mailbox_files.page(shown_in, opened, done=request.query_params.get("getan", ""))


@get("/{lang:str}/postfach/dateien/{file_id:uuid}")
async def take_file(
    request: AnyRequest, mailbox_files: NamedDependency[MailboxFiles], file_id: FromPath[UUID]
) -> Stream:
    """Hand out a file of an open mailbox."""
    code = mailbox_files.box.code(request)
    try:
        if code is None:
            raise NotFoundException
        opened = await mailbox_files.box.mailbox.look(code)
        bundles = [bundle for bundle, _, _ in await mailbox_files.bundles(opened)]
        found = sending.find(bundles, file_id)
        if found is None or not found[1].is_free:
            raise NotFoundException
        bundle, file = found
        version = sending.version_for(bundle, file)
        kind = file.header.kind if version == "original" else file.header.copy_kind
        return await download(
            mailbox_files.uploads.content(bundle.container, file, version),
            name=named(file.header.name, kind or file.header.kind, "Datei"),
            size=file.header.size_of(version),
            secure=mailbox_files.pages.secure,
        )
    except (UnknownCode, Unopenable):
        raise NotFoundException from None


@post("/{lang:str}/postfach/dateien", status_code=303, request_max_body_size=MOST_BODY)
async def send_files(
    request: AnyRequest, mailbox_files: NamedDependency[MailboxFiles], lang: FromPath[str]
) -> Page:
    """Send files to a Stelle, with a message; whatever is in the way, the text comes back."""
    shown_in, box = mailbox_files.pages.language(lang), mailbox_files.box
    typed = Typed(request, mailbox_files.uploads)
    code = box.code(request)
    if code is None:  # the browser was closed in between
        return _away(mailbox_files, shown_in, await typed.entries())
    try:
        opened = await box.mailbox.look(code)
        return await _send(typed, mailbox_files, shown_in, opened)
    except NotGiven:  # taken back in another window
        return redirect(f"/{shown_in}/{PATH}")
    except UnknownCode:
        return box.unknown_page(shown_in)
    except (StorageUnavailable, OutcomeUnknown) as error:
        return box.away_page(shown_in, PATH, await typed.entries(), error)


def _away(mailbox_files: MailboxFiles, lang: str, entered: Entries) -> Page:
    return mailbox_files.pages.away(lang, PATH, entered, action=PATH, unknown=False)


async def _send(typed: Typed, mailbox_files: MailboxFiles, lang: str, opened: Opened) -> Page:
    outgoing, uploads = Outgoing.new(), mailbox_files.uploads
    otherwise = mailbox_files.pages.text(lang, "files.unnamed")
    received = await typed.receive(outgoing, opened.report_id, otherwise)
    entries, possible = received.entries, writable(opened)
    entered = Entered(
        stelle=one(entries, "stelle") or (possible[0] if len(possible) == 1 else ""),
        text=one(entries, "text"),
        message_id=message_id_in(entries),
        refused=received.refused,
    )
    try:
        if faults := _faults(received, entered, possible):
            entered = msgspec.structs.replace(entered, faults=faults)
            await uploads.forget(outgoing.container, [file.file_id for file in received.files])
            return await mailbox_files.page(lang, opened, entered=entered)
        message_id, message = sending.message_of(received, entered.message_id, entered.text)
        await _keep(mailbox_files, opened, outgoing, entered.stelle, (message_id, message))
    except NotGiven:
        await uploads.forget(outgoing.container, [file.file_id for file in received.files])
        raise
    return redirect(f"/{lang}/{PATH}?getan=gesendet")


def _faults(received: Received, entered: Entered, possible: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    if entered.stelle not in possible:
        found["stelle"] = "files.error.nobody"
    if len(entered.text) > MOST_TEXT:
        found["text"] = "error.text.too_long"
    if received.refused:
        found["files"] = summary(received.refused)
    elif not received.files:
        found["files"] = "files.error.missing"
    return found


async def _keep(
    mailbox_files: MailboxFiles,
    opened: Opened,
    outgoing: Outgoing,
    stelle: str,
    said: tuple[UUID, Message],
) -> None:
    """Keep a message with its files; sent twice it is kept once. Raises `NotGiven`."""
    message_id, message = said
    new = store.NewMessage(
        message_id=message_id,
        report_id=opened.report_id,
        stelle=stelle,
        sent_on=mailbox_files.box.mailbox.today(),
        sealed=sealing.seal_message_under(
            outgoing.key,
            message,
            sealing.message_binding(opened.report_id, message_id, stelle),
            stelle_key=opened.stelle_keys[stelle],
            mailbox_key=opened.mailbox_key,
        ),
        with_notice=opened.city.stellen[stelle].channel == "mail",
        files=outgoing.container,
    )
    if not await store.insert_message(mailbox_files.uploads.pool, opened.keys.lookup, new):
        await mailbox_files.uploads.forget(outgoing.container, message.files)


HANDLERS: Final[Sequence[Any]] = (show_files, take_file, send_files)
