"""The mailbox over HTTP: the code opens it, a cookie keeps it open until the browser closes."""

from typing import Any, Final
from uuid import UUID, uuid4

from babel.dates import format_date
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from markupsafe import Markup, escape

from adstelle.crypto.receipt import normalised
from adstelle.domain.case import State
from adstelle.errors import OutcomeUnknown, StorageUnavailable, UnknownCode
from adstelle.mailbox.service import MOST_TEXT, Box, Mailbox, MessageIdUsed
from adstelle.web import deadlines, security
from adstelle.web.forms import Entries, one, read_form
from adstelle.web.pages import UNKNOWN, Pages, View, redirect

COOKIE: Final = "postfach"

AnyRequest = Request[Any, Any, Any]
Page = Response[bytes]


class PublicMailbox:
    """Everything the mailbox's handlers need; built once by the composition root."""

    def __init__(self, pages: Pages, mailbox: Mailbox) -> None:
        self.pages = pages
        self.mailbox = mailbox

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
        return self.pages.page(lang, view, status=status, entered=entered)

    def box_page(
        self, lang: str, box: Box, given: "Reply | None" = None, *, notice: str | None = None
    ) -> Page:
        """Show an open mailbox, with what was being typed."""
        view = View(
            template="mailbox/box.html",
            path="postfach",
            title="mailbox.title",
            errors={f"text-{given.stelle}": f"error.text.{given.fault}"}
            if given and given.fault
            else {},
        )
        return self.pages.page(
            lang,
            view,
            status=given.status if given else 200,
            received=self._day(lang, box),
            stellen=[self._conversation(lang, box, row, given) for row in box.recipients],
            rows=self._rows(lang, box),
            deadlines=self._deadlines(lang, box),
            notice=notice,
        )

    def away_page(self, lang: str, entered: Entries, *, unknown: bool) -> Page:
        """Give everything typed back; the hidden message id makes sending again harmless."""
        return self.pages.away(
            lang, "postfach", entered, action="postfach/antwort", unknown=unknown
        )

    def _deadlines(self, lang: str, box: Box) -> list[deadlines.Shown]:
        today = self.mailbox.today()
        found = deadlines.reckon(self.pages, box.account, today)
        return deadlines.shown(self.pages, lang, found, today)

    def _promise(self, lang: str, box: Box, row: Any) -> str:
        """Until when a Stelle means to answer, as long as it has not."""
        is_answered = any(not note.own for note in box.notes if note.stelle == row.stelle)
        if is_answered or row.state == State.ABGESCHLOSSEN:
            return ""
        today = self.mailbox.today()
        return deadlines.promise(self.pages, lang, row.stelle, box.received_on, today)

    def _day(self, lang: str, box: Box) -> str:
        return format_date(box.received_on, "long", locale=self._locale(lang))

    def _locale(self, lang: str) -> str:
        return self.pages.city.catalogue.languages[lang].babel.replace("-", "_")

    def _conversation(self, lang: str, box: Box, row: Any, given: "Reply | None") -> dict[str, Any]:
        name = self.pages.text(lang, self.pages.city.stellen[row.stelle].name)
        typed = given if given and given.stelle == row.stelle else None
        return {
            "code": row.stelle,
            "name": name,
            "delivery": self.pages.text(lang, f"mailbox.delivery.{row.standing}"),
            "state": self.pages.text(lang, f"mailbox.state.{row.state}") if row.state else "",
            "promise": self._promise(lang, box, row),
            "messages": [
                {
                    "author_label": self.pages.text(lang, "mailbox.you") if note.own else name,
                    "day": format_date(note.sent_on, "long", locale=self._locale(lang)),
                    "text": note.message.text,
                    "own": note.own,
                    "read": note.was_read,
                }
                for note in box.notes
                if note.stelle == row.stelle
            ],
            "message_id": str(typed.message_id if typed else uuid4()),
            "reply_text": typed.text if typed else "",
        }

    def _rows(self, lang: str, box: Box) -> list[dict[str, Any]]:
        account, contact = box.account, box.contact
        city, text = self.pages.city, self.pages.text
        coded = {
            "incident_type": (account.answers.incident_type,),
            "grounds": account.answers.grounds,
            "area_of_life": (account.answers.area_of_life,),
        }
        rows = [
            _row(
                text(lang, f"field.{name}.short"),
                Markup("<br>").join(escape(text(lang, f"code.{name}.{code}")) for code in found),
            )
            for name, codes in coded.items()
            if (
                found := [
                    code for code in codes if code and city.catalogue.has(f"code.{name}.{code}")
                ]
            )
        ]
        typed = [
            ("account", account.account),
            ("place", account.place),
            ("ground_words", account.ground_words),
            ("name", contact.name),
            ("mail", contact.mail),
            ("phone", contact.phone),
        ]
        return rows + [
            _row(
                text(lang, f"field.{name}.short"),
                Markup('<div class="typed" dir="auto">{}</div>').format(value),
            )
            for name, value in typed
            if value
        ]


def _row(label: str, value: Markup) -> dict[str, Any]:
    return {"label": label, "value": value, "href": None, "change_hidden": ""}


class Reply:
    """A reply as it was typed, and what is to be said about it."""

    def __init__(self, entered: Entries) -> None:
        self.stelle = one(entered, "stelle")
        self.text = one(entered, f"text-{self.stelle}")
        self.message_id = _uuid(one(entered, "message_id"))
        self.fault = self._fault()
        self.status = 422 if self.fault else 200

    def _fault(self) -> str | None:
        if not self.text:
            return "missing"
        return "too_long" if len(self.text) > MOST_TEXT else None


def _uuid(entered: str) -> UUID:
    try:
        return UUID(entered)
    except ValueError:
        return uuid4()


@get("/{lang:str}/postfach")
async def show(
    request: AnyRequest, public_mailbox: NamedDependency[PublicMailbox], lang: FromPath[str]
) -> Page:
    """The open mailbox, or the question for the code."""
    notice = "mailbox.sent" if "gesendet" in request.query_params else None
    code = public_mailbox.pages.language(lang)
    opened = public_mailbox.code(request)
    if opened is None:
        return public_mailbox.enter_page(code)
    try:
        box = await public_mailbox.mailbox.open(opened)
        return public_mailbox.box_page(code, box, notice=notice)
    except UnknownCode:
        return public_mailbox.enter_page(code, fault="unknown", status=404)


@post("/{lang:str}/postfach", status_code=303)
async def enter(
    request: AnyRequest, public_mailbox: NamedDependency[PublicMailbox], lang: FromPath[str]
) -> Page:
    """Open a mailbox with its code."""
    shown = public_mailbox.pages.language(lang)
    entered = one(await read_form(request), "code")
    code = normalised(entered)
    if code is None:
        fault = "malformed" if entered else "missing"
        return public_mailbox.enter_page(shown, fault=fault, entered=entered, status=422)
    try:
        await public_mailbox.mailbox.open(code)
    except UnknownCode:
        return public_mailbox.enter_page(shown, fault="unknown", entered=entered, status=404)
    page = redirect(f"/{shown}/postfach")
    page.set_cookie(security.session_cookie(COOKIE, code, secure=public_mailbox.pages.secure))
    return page


@post("/{lang:str}/postfach/antwort", status_code=303)
async def reply(
    request: AnyRequest, public_mailbox: NamedDependency[PublicMailbox], lang: FromPath[str]
) -> Page:
    """Write to a Stelle; the same form sent twice is kept once."""
    shown = public_mailbox.pages.language(lang)
    entered = await read_form(request)
    code = public_mailbox.code(request)
    if code is None:  # the browser was closed in between: what was typed comes back
        return public_mailbox.away_page(shown, entered, unknown=False)
    given = Reply(entered)
    try:
        if given.fault is None:
            await _write(public_mailbox.mailbox, code, given)
            return redirect(f"/{shown}/postfach?gesendet=1")
        return public_mailbox.box_page(shown, await public_mailbox.mailbox.open(code), given)
    except UnknownCode:
        return public_mailbox.enter_page(shown, fault="unknown", status=404)
    except (StorageUnavailable, OutcomeUnknown) as error:
        unknown = isinstance(error, OutcomeUnknown) or UNKNOWN in entered
        return public_mailbox.away_page(shown, entered, unknown=unknown)


async def _write(mailbox: Mailbox, code: str, given: Reply) -> None:
    """Keep a reply; one written over an earlier one, as browsers let people do, is a new one."""
    try:
        await mailbox.write(code, given.stelle, given.message_id, given.text)
    except MessageIdUsed:
        await mailbox.write(code, given.stelle, uuid4(), given.text)


@post("/{lang:str}/postfach/ende", status_code=303)
async def close(public_mailbox: NamedDependency[PublicMailbox], lang: FromPath[str]) -> Page:
    """Close the mailbox on this device."""
    page = redirect(f"/{public_mailbox.pages.language(lang)}/leer")
    page.set_cookie(security.expired_cookie(COOKIE, secure=public_mailbox.pages.secure))
    return page


HANDLERS: Final = (show, enter, reply, close)
