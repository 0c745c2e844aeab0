"""The page on which all cases of a Stelle are taken along, in four steps and by two people."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, Final
from uuid import UUID, uuid4

from litestar import get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Stream

from adstelle.casework.takeout.service import VALID, Ended, Takeouts, is_lead, is_open, may_take
from adstelle.casework.takeout.store import Wish
from adstelle.casework.words import Words, fact
from adstelle.crypto.sessions import Session
from adstelle.web.downloads import NEUTRAL, POLICY, disposition
from adstelle.web.forms import one, read_form
from adstelle.web.guard import AnyRequest, Guard, Page, is_uuid, message_id_in
from adstelle.web.pages import View, redirect
from adstelle.web.security import page_headers

PAGE: Final = "gesamtausgabe"
NAME: Final = "adstelle-faelle.zip"
NO_FAULTS: Final[Mapping[str, str]] = {}


class TakeoutPages:
    """What the handlers below need; built once by the composition root."""

    def __init__(self, guard: Guard, takeouts: Takeouts) -> None:
        self.guard = guard
        self.takeouts = takeouts
        self.pages = guard.pages

    async def page(
        self,
        lang: str,
        session: Session,
        faults: Mapping[str, str] = NO_FAULTS,
        *,
        status: int = 200,
    ) -> Page:
        """Where it stands, and what this member can do about it."""
        wish, words = await self.takeouts.latest(session), Words(self.pages, lang)
        view = View(
            template="staff/takeout.html",
            path=PAGE,
            title="takeout.title",
            errors={field: f"takeout.error.{field}.{name}" for field, name in faults.items()},
        )
        return self.pages.page(
            lang,
            view,
            status=422 if faults else status,
            **words.frame(session),
            message_id=uuid4(),
            step=self._step(session, wish),
            is_lead=is_lead(session),
            **_said(words, wish),
        )

    def _step(self, session: Session, wish: Wish | None) -> str:
        """Where it stands for whoever looks."""
        today = self.takeouts.today()
        if wish is None or not is_open(wish, today):
            return "none"
        own = wish.asked_by == session.member_id
        if wish.approved_by is None:
            return "waiting" if own else "asked"
        return "ready" if may_take(wish, session, today) else "approved"


def _said(words: Words, wish: Wish | None) -> dict[str, Any]:
    """Who asked, agreed and ended it, in words."""
    if wish is None:
        return {"wish": None}
    said = (
        ("asked", wish.asked_name, wish.asked_on),
        ("approved", wish.approved_name, wish.approved_on),
        ("ended", wish.ended_name, wish.ended_on),
    )
    lines = [
        (words.text(f"takeout.said.{what}"), fact(name), words.day(day))
        for what, name, day in said
        if name is not None and day is not None
    ]
    until = words.day((wish.approved_on or wish.asked_on) + VALID)
    return {"wish": wish.takeout_id, "lines": lines, "until": until}


@get("/{lang:str}/gesamtausgabe")
async def show_takeout(
    request: AnyRequest, takeout_pages: NamedDependency[TakeoutPages], lang: FromPath[str]
) -> Page:
    """Where it stands."""
    session = await takeout_pages.guard.session(request)
    return await takeout_pages.page(takeout_pages.pages.language(lang), session)


@get(
    [
        "/{lang:str}/gesamtausgabe/anfragen",
        "/{lang:str}/gesamtausgabe/zustimmen",
        "/{lang:str}/gesamtausgabe/beenden",
        "/{lang:str}/gesamtausgabe/herunterladen",
    ]
)
async def back_to_takeout(
    takeout_pages: NamedDependency[TakeoutPages], lang: FromPath[str]
) -> Page:
    """The address of a form, opened without sending it."""
    return redirect(f"/{takeout_pages.pages.language(lang)}/{PAGE}")


@post("/{lang:str}/gesamtausgabe/anfragen", status_code=303)
async def ask_takeout(
    request: AnyRequest, takeout_pages: NamedDependency[TakeoutPages], lang: FromPath[str]
) -> Page:
    """A lead asks; sent twice it is asked once."""
    session = await takeout_pages.guard.session(request)
    if not is_lead(session):
        raise NotFoundException
    takeout_id = message_id_in(await read_form(request))
    await takeout_pages.takeouts.ask(session, takeout_id)
    return redirect(f"/{takeout_pages.pages.language(lang)}/{PAGE}")


@post("/{lang:str}/gesamtausgabe/zustimmen", status_code=303)
async def approve_takeout(
    request: AnyRequest, takeout_pages: NamedDependency[TakeoutPages], lang: FromPath[str]
) -> Page:
    """Somebody else agrees."""
    session = await takeout_pages.guard.session(request)
    await takeout_pages.takeouts.approve(session, await _wish_in(request))
    return redirect(f"/{takeout_pages.pages.language(lang)}/{PAGE}")


@post("/{lang:str}/gesamtausgabe/beenden", status_code=303)
async def end_takeout(
    request: AnyRequest, takeout_pages: NamedDependency[TakeoutPages], lang: FromPath[str]
) -> Page:
    """Take it back, say no, or say that it is done."""
    session = await takeout_pages.guard.session(request)
    await takeout_pages.takeouts.finish(session, await _wish_in(request))
    return redirect(f"/{takeout_pages.pages.language(lang)}/{PAGE}")


async def _wish_in(request: AnyRequest) -> UUID:
    entered = one(await read_form(request), "wunsch")
    if not is_uuid(entered):
        raise NotFoundException
    return UUID(entered)


@post("/{lang:str}/gesamtausgabe/herunterladen", status_code=200)
async def take_out(
    request: AnyRequest, takeout_pages: NamedDependency[TakeoutPages], lang: FromPath[str]
) -> Page | Stream:
    """Ask for the passphrase once more, then send the archive while it is written."""
    session = await takeout_pages.guard.session(request)
    code, entries = takeout_pages.pages.language(lang), await read_form(request)
    passphrase = one(entries, "passphrase")
    if not passphrase:
        return await takeout_pages.page(code, session, {"passphrase": "missing"})
    if not await takeout_pages.takeouts.is_passphrase(session, passphrase):
        return await takeout_pages.page(code, session, {"passphrase": "wrong"})
    archive = takeout_pages.takeouts.archive(session)
    try:
        first = await anext(archive)
    except Ended:
        return await takeout_pages.page(code, session, status=409)
    return Stream(
        _pieces(first, archive),
        media_type=NEUTRAL,
        headers=page_headers(takeout_pages.pages.secure)
        | {"content-disposition": disposition(NAME), "content-security-policy": POLICY},
        status_code=200,
    )


async def _pieces(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for piece in rest:
        yield piece


HANDLERS: Final = (
    show_takeout,
    back_to_takeout,
    ask_takeout,
    approve_takeout,
    end_takeout,
    take_out,
)
