"""Asking for everything to be erased, over HTTP: what will happen, and one button."""

from typing import Final

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from adstelle.mailbox import pages as shown
from adstelle.mailbox.consent_routes import Visit, visit
from adstelle.mailbox.opened import Opened
from adstelle.mailbox.routes import AnyRequest, Page, PublicMailbox
from adstelle.web.pages import View

ERASE: Final = "postfach/loeschen"


def _page(there: Visit, opened: Opened, *, is_late: bool = False) -> Page:
    """What a wish would bring about; *is_late*: it could not be taken back any more."""
    words, outlook = there.words, there.mailbox.erasures.outlook(opened)
    view = View(template="mailbox/erase.html", path=ERASE, title="retention.erase_title")
    return there.mailbox.pages.page(
        there.lang,
        view,
        status=409 if is_late else 200,
        is_late=is_late,
        has_effect=outlook.has_effect,
        asked=[words.stelle(row.stelle) for row in outlook.asked],
        here=[words.stelle(r.stelle) for r in outlook.ended if _is_here(words, r.stelle)],
        elsewhere=[words.stelle(r.stelle) for r in outlook.ended if not _is_here(words, r.stelle)],
        waiting=[
            (words.stelle(row.stelle), list(shown.wish_to_erase(row, words)))
            for row in outlook.waiting
        ],
        open=[words.stelle(row.stelle) for row in outlook.open],
        answer_by=words.day(outlook.answer_by),
    )


@get("/{lang:str}/postfach/loeschen")
async def ask_erase(
    request: AnyRequest, public_mailbox: NamedDependency[PublicMailbox], lang: FromPath[str]
) -> Page:
    """What will happen, and what stays."""

    async def answer(there: Visit) -> Page:
        return _page(there, await public_mailbox.mailbox.look(there.code))

    return await visit(request, public_mailbox, lang, answer)


@post("/{lang:str}/postfach/loeschen", status_code=303)
async def erase(
    request: AnyRequest, public_mailbox: NamedDependency[PublicMailbox], lang: FromPath[str]
) -> Page:
    """Ask for everything to be erased; twice is once."""

    async def answer(there: Visit) -> Page:
        await public_mailbox.erasures.want(there.code)
        return there.done("loeschen")

    return await visit(request, public_mailbox, lang, answer)


@post("/{lang:str}/postfach/loeschen/zuruecknehmen", status_code=303)
async def keep(
    request: AnyRequest, public_mailbox: NamedDependency[PublicMailbox], lang: FromPath[str]
) -> Page:
    """Take the wish back, as long as somebody has not answered it; twice is once."""

    async def answer(there: Visit) -> Page:
        before = await public_mailbox.mailbox.look(there.code)
        if await public_mailbox.erasures.take_back(there.code) or not before.box.wanted_gone_on:
            return there.done("loeschen-zurueck")
        return _page(there, await public_mailbox.mailbox.look(there.code), is_late=True)

    return await visit(request, public_mailbox, lang, answer)


_is_here = shown.works_here
HANDLERS: Final = (ask_erase, erase, keep)
