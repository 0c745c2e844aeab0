"""The address for a mail that there is something new, over HTTP."""

from typing import Final

from litestar import get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from adstelle.domain.notice import NoticeTo
from adstelle.mailbox.consent_routes import Visit, visit
from adstelle.mailbox.notices import NoMails
from adstelle.mailbox.opened import Opened
from adstelle.mailbox.routes import AnyRequest, Page, PublicMailbox
from adstelle.web.forms import one
from adstelle.web.pages import View

PATH: Final = "postfach/hinweis"


def _page(there: Visit, opened: Opened, entered: str | None = None) -> Page:
    """What such a mail says and who could read it, and the form; *entered* where it was wrong."""
    left = opened.box.notice
    if left is None and opened.notice_key is None:
        raise NotFoundException
    fault = None if entered is None else there.mailbox.notices.fault(entered)
    view = View(
        template="mailbox/notice.html",
        path=PATH,
        title="notice.title",
        errors={"mail": f"error.notice.{fault}"} if fault else {},
    )
    return there.mailbox.pages.page(
        there.lang,
        view,
        status=422 if fault else 200,
        left=left,
        is_possible=opened.notice_key is not None,
        entered=(left.mail if left else "") if entered is None else entered,
    )


@get("/{lang:str}/postfach/hinweis")
async def ask_notice(
    request: AnyRequest, public_mailbox: NamedDependency[PublicMailbox], lang: FromPath[str]
) -> Page:
    """What the person left, and what they could leave."""

    async def answer(there: Visit) -> Page:
        return _page(there, await public_mailbox.notices.look(there.code))

    return await visit(request, public_mailbox, lang, answer)


@post("/{lang:str}/postfach/hinweis", status_code=303)
async def leave_notice(
    request: AnyRequest, public_mailbox: NamedDependency[PublicMailbox], lang: FromPath[str]
) -> Page:
    """Keep the address, or remove it; twice is once."""

    async def answer(there: Visit) -> Page:
        notices = public_mailbox.notices
        if one(there.entered, "tun") == "entfernen":
            await notices.remove(there.code)
            return there.done("hinweis-weg")
        mail = one(there.entered, "mail")
        if notices.fault(mail):
            return _page(there, await notices.look(there.code), mail)
        try:
            await notices.leave(there.code, NoticeTo(mail=mail, lang=there.lang))
        except NoMails:  # switched off in between
            raise NotFoundException from None
        return there.done("hinweis")

    return await visit(request, public_mailbox, lang, answer)


HANDLERS: Final = (ask_notice, leave_notice)
