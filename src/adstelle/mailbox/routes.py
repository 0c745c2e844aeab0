"""The mailbox over HTTP: the code opens it, a cookie keeps it open until the browser closes."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID, uuid4

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from adstelle.crypto.receipt import normalised
from adstelle.documents.files import MEDIA, Kind, file_of
from adstelle.documents.written import Writer
from adstelle.domain.case import State
from adstelle.domain.case_document import Audience
from adstelle.errors import OutcomeUnknown, StorageUnavailable, UnknownCode
from adstelle.mailbox import pages as shown
from adstelle.mailbox.box import Box
from adstelle.mailbox.consents import Consents
from adstelle.mailbox.erasures import Erasures
from adstelle.mailbox.notices import Notices
from adstelle.mailbox.opened import Opened
from adstelle.mailbox.own_data import data_of
from adstelle.mailbox.service import MOST_TEXT, Mailbox, MessageIdUsed
from adstelle.mailbox.store import NotGiven
from adstelle.mailbox.words import Words
from adstelle.web import deadlines, security
from adstelle.web.forms import Entries, one, read_form
from adstelle.web.pages import UNKNOWN, Pages, View, redirect

COOKIE: Final = "postfach"
NOTICES: Final = {  # what a page before this one did
    "antwort": "mailbox.sent",
    "wunsch": "consent.wish.kept",
    "weitergeben": "consent.give.done",
    "zuruecknehmen": "consent.withdraw.done",
    "vorschlag": "consent.proposal.declined",
    "loeschen": "retention.asked_done",
    "loeschen-zurueck": "retention.asked_back",
    "hinweis": "notice.kept",
    "hinweis-weg": "notice.removed",
}

AnyRequest = Request[Any, Any, Any]
Page = Response[bytes]


class PublicMailbox:
    """Everything the mailbox's handlers need; built once by the composition root."""

    def __init__(
        self,
        pages: Pages,
        mailbox: Mailbox,
        consents: Consents,
        erasures: Erasures,
        notices: Notices,
    ) -> None:
        self.pages = pages
        self.mailbox = mailbox
        self.consents = consents
        self.erasures = erasures
        self.notices = notices

    def code(self, request: AnyRequest) -> str | None:
        """The code of an open mailbox."""
        cookie = request.cookies.get(security.cookie_name(COOKIE, self.pages.secure), "")
        return normalised(cookie)

    def enter_page(
        self, lang: str, *, fault: str | None = None, entered: str = "", status: int = 200
    ) -> Page:
        """Ask for the code."""
        view = View(
            template="mailbox/enter.html",
            path="postfach",
            title="mailbox.enter_title",
            errors={"code": f"error.code.{fault}"} if fault else {},
        )
        return self.pages.page(lang, view, status=status, entered=entered, is_closed=status == 403)

    def closed_page(self, lang: str) -> Page:
        """Ask for the code where the mailbox has to be open: the browser was closed in between."""
        return self.enter_page(lang, status=403)

    def unknown_page(self, lang: str, entered: str = "") -> Page:
        """No mailbox belongs to the code."""
        return self.enter_page(lang, fault="unknown", entered=entered, status=404)

    def box_page(
        self,
        lang: str,
        opened: Opened,
        given: "Reply | None" = None,
        *,
        done: str = "",
        is_unsent: bool = False,
    ) -> Page:
        """Show an open mailbox, with what was being typed.

        *done* names what was just done; *is_unsent*: what was typed has no reader any more.
        """
        words, box = Words(self.pages, lang), opened.box
        fault = given and given.fault
        view = View(
            template="mailbox/box.html",
            path="postfach",
            title="mailbox.title",
            errors={f"text-{given.stelle}": f"error.text.{fault}"} if given and fault else {},
        )
        stellen = shown.stellen(opened, words)
        return self.pages.page(
            lang,
            view,
            status=409 if is_unsent else 422 if fault else 200,
            unsent=given.text if given and is_unsent else "",
            notice=NOTICES.get(done),
            received=words.day(box.received_on),
            stellen=stellen,
            asked=[p for each in stellen for p in each.proposals if p.agreed is None],
            replies={each.code: _reply_to(each.code, given) for each in stellen},
            rows=words.report(box.account, box.contact),
            kept_until=words.day(kept_until) if (kept_until := opened.kept_until()) else "",
            wanted_gone=words.day(box.wanted_gone_on) if box.wanted_gone_on else "",
            notice_left=box.notice,
            may_notice=opened.notice_key is not None,
            deadlines=self._deadlines(lang, box),
            promises={each.code: self._promise(lang, box, each.code) for each in stellen},
        )

    def _deadlines(self, lang: str, box: Box) -> list[deadlines.Shown]:
        today = self.mailbox.today()
        found = deadlines.reckon(self.pages, box.account, today)
        return deadlines.shown(self.pages, lang, found, today)

    def _promise(self, lang: str, box: Box, stelle: str) -> str:
        """Until when a Stelle means to answer, as long as it has not."""
        given = box.living(stelle)
        is_answered = any(not note.own for note in box.conversation(stelle))
        if given is None or is_answered or given.state == State.ABGESCHLOSSEN:
            return ""
        today = self.mailbox.today()
        return deadlines.promise(self.pages, lang, stelle, given.given_on, today)

    def away_page(self, lang: str, path: str, entered: Entries, error: Exception) -> Page:
        """Give everything typed back; sending it again does what was meant once."""
        unknown = isinstance(error, OutcomeUnknown) or UNKNOWN in entered
        return self.pages.away(lang, path, entered, action=path, unknown=unknown)


class Reply:
    """A reply as it was typed, and what is to be said about it."""

    def __init__(self, entered: Entries) -> None:
        self.stelle = one(entered, "stelle")
        self.text = one(entered, f"text-{self.stelle}")
        self.message_id = message_id_in(entered)
        self.fault = self._fault()

    def _fault(self) -> str | None:
        if not self.text:
            return "missing"
        return "too_long" if len(self.text) > MOST_TEXT else None


class ReplyView(msgspec.Struct, frozen=True):
    """A form to write to a Stelle; the hidden id makes sending it twice harmless."""

    message_id: UUID
    text: str


def _reply_to(stelle: str, given: Reply | None) -> ReplyView:
    if given and given.stelle == stelle:
        return ReplyView(given.message_id, given.text)
    return ReplyView(uuid4(), "")


def message_id_in(entered: Mapping[str, tuple[str, ...]]) -> UUID:
    """The hidden id of a form that says something; a new one where it was changed."""
    try:
        return UUID(one(entered, "message_id"))
    except ValueError:
        return uuid4()


@get("/{lang:str}/postfach")
async def show(
    request: AnyRequest, public_mailbox: NamedDependency[PublicMailbox], lang: FromPath[str]
) -> Page:
    """The open mailbox, or the question for the code."""
    shown_in = public_mailbox.pages.language(lang)
    code = public_mailbox.code(request)
    if code is None:
        return public_mailbox.enter_page(shown_in)
    done = request.query_params.get("getan", "")
    try:
        return public_mailbox.box_page(shown_in, await public_mailbox.mailbox.open(code), done=done)
    except UnknownCode:
        return public_mailbox.unknown_page(shown_in)


@post("/{lang:str}/postfach", status_code=303)
async def enter(
    request: AnyRequest, public_mailbox: NamedDependency[PublicMailbox], lang: FromPath[str]
) -> Page:
    """Open a mailbox with its code."""
    shown_in = public_mailbox.pages.language(lang)
    entered = one(await read_form(request), "code")
    code = normalised(entered)
    if code is None:
        fault = "malformed" if entered else "missing"
        return public_mailbox.enter_page(shown_in, fault=fault, entered=entered, status=422)
    try:
        await public_mailbox.mailbox.look(code)
    except UnknownCode:
        return public_mailbox.unknown_page(shown_in, entered)
    page = redirect(f"/{shown_in}/postfach")
    page.set_cookie(security.session_cookie(COOKIE, code, secure=public_mailbox.pages.secure))
    return page


@post("/{lang:str}/postfach/antwort", status_code=303)
async def reply(
    request: AnyRequest, public_mailbox: NamedDependency[PublicMailbox], lang: FromPath[str]
) -> Page:
    """Write to a Stelle; the same form sent twice is kept once."""
    shown_in = public_mailbox.pages.language(lang)
    entered = await read_form(request)
    code = public_mailbox.code(request)
    if code is None:  # the browser was closed in between: what was typed comes back
        return _reply_away(public_mailbox, shown_in, entered, unknown=False)
    given = Reply(entered)
    try:
        if given.fault is None:
            await _write(public_mailbox.mailbox, code, given)
            return redirect(f"/{shown_in}/postfach?getan=antwort")
        return public_mailbox.box_page(shown_in, await public_mailbox.mailbox.open(code), given)
    except NotGiven:  # taken back in another window: there is no form any more, but there is a text
        return public_mailbox.box_page(
            shown_in, await public_mailbox.mailbox.open(code), given, is_unsent=True
        )
    except UnknownCode:
        return public_mailbox.unknown_page(shown_in)
    except (StorageUnavailable, OutcomeUnknown) as error:
        unknown = isinstance(error, OutcomeUnknown) or UNKNOWN in entered
        return _reply_away(public_mailbox, shown_in, entered, unknown=unknown)


def _reply_away(
    public_mailbox: PublicMailbox, lang: str, entered: Entries, *, unknown: bool
) -> Page:
    return public_mailbox.pages.away(
        lang, "postfach", entered, action="postfach/antwort", unknown=unknown
    )


async def _write(mailbox: Mailbox, code: str, given: Reply) -> None:
    """Keep a reply; one written over an earlier one, as browsers let people do, is a new one."""
    try:
        await mailbox.write(code, given.stelle, given.message_id, given.text)
    except MessageIdUsed:
        await mailbox.write(code, given.stelle, uuid4(), given.text)


@post("/{lang:str}/postfach/daten", status_code=200)
async def take_along(
    request: AnyRequest, public_mailbox: NamedDependency[PublicMailbox], lang: FromPath[str]
) -> Page:
    """Everything the mailbox holds, as a document or as data."""
    shown_in = public_mailbox.pages.language(lang)
    kind: Kind = "json" if one(await read_form(request), "kind") == "json" else "pdf"
    code = public_mailbox.code(request)
    if code is None:
        return public_mailbox.closed_page(shown_in)
    pages = public_mailbox.pages
    try:
        opened = await public_mailbox.mailbox.look(code)
    except UnknownCode:
        return public_mailbox.unknown_page(shown_in)
    writer = Writer(pages, shown_in, Audience.PERSON, public_mailbox.mailbox.today())
    made = await file_of(pages, writer.write(data_of(opened.box)), kind)
    return pages.download(made.content, MEDIA[kind], f"angaben.{kind}")


@post("/{lang:str}/postfach/ende", status_code=303)
async def close(public_mailbox: NamedDependency[PublicMailbox], lang: FromPath[str]) -> Page:
    """Close the mailbox on this device."""
    page = redirect(f"/{public_mailbox.pages.language(lang)}/leer")
    page.set_cookie(security.expired_cookie(COOKIE, secure=public_mailbox.pages.secure))
    return page


HANDLERS: Final = (show, enter, reply, take_along, close)
