"""The building blocks of a Stelle: written, changed and deleted by its advisers."""

from typing import Final
from uuid import UUID, uuid4

from litestar import get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from adstelle.casework.blocks.service import Block, Blocks, Shipped
from adstelle.casework.words import Words
from adstelle.crypto.sessions import Session
from adstelle.domain.private import Private
from adstelle.web.forms import Entries, one
from adstelle.web.guard import BLOCKS, AnyRequest, Guard, Page, message_id_in
from adstelle.web.pages import View, redirect

MOST_TITLE: Final = 100
MOST_TEXT: Final = 20_000
DONE: Final = {"gemerkt": "desk.blocks.kept", "geloescht": "desk.blocks.dropped"}


class Entered(Private, frozen=True, kw_only=True):
    """The form as it was typed."""

    title: str = ""
    text: str = ""
    lang: str = ""
    message_id: UUID

    def faults(self) -> dict[str, str]:
        """What is wrong with it: field and name of the fault."""
        found: dict[str, str] = {}
        for field, most in (("title", MOST_TITLE), ("text", MOST_TEXT)):
            entered = getattr(self, field)
            if not entered or len(entered) > most:
                found[field] = "too_long" if entered else "missing"
        return found


class BlockPages:
    """What the handlers below need; built once by the composition root."""

    def __init__(self, guard: Guard, blocks: Blocks) -> None:
        self.guard = guard
        self.blocks = blocks
        self.pages = guard.pages

    async def list_page(
        self,
        lang: str,
        session: Session,
        given: Entered,
        faults: dict[str, str],
        done: str | None = None,
    ) -> Page:
        """Show all building blocks, and a form for a new one."""
        view = View(
            template="staff/blocks.html",
            path=BLOCKS,
            title="desk.blocks.title",
            errors=_errors(faults),
        )
        shipped = [
            (self.pages.text(lang, f"block.{name}.title"), f"block.{name}.text") for name in Shipped
        ]
        return self._page(
            lang,
            session,
            view,
            given,
            own=await self.blocks.own(session),
            shipped=shipped,
            done=done,
        )

    def edit_page(
        self, lang: str, session: Session, given: Entered, faults: dict[str, str]
    ) -> Page:
        """Show one building block, to be changed."""
        view = View(
            template="staff/block.html",
            path=f"{BLOCKS}/{given.message_id}",
            title="desk.blocks.edit_title",
            errors=_errors(faults),
        )
        return self._page(lang, session, view, given)

    def _page(
        self, lang: str, session: Session, view: View, given: Entered, **values: object
    ) -> Page:
        return self.pages.page(
            lang,
            view,
            status=422 if view.errors else 200,
            **Words(self.pages, lang).frame(session),
            given=given,
            most=MOST_TEXT,
            **values,
        )


def _errors(faults: dict[str, str]) -> dict[str, str]:
    return {field: f"desk.error.block_{field}.{name}" for field, name in faults.items()}


def _read(pages: BlockPages, lang: str, entries: Entries, block_id: UUID) -> Entered:
    return Entered(
        title=one(entries, "title"),
        text=one(entries, "text"),
        lang=pages.pages.nearest_language(one(entries, "lang") or lang),
        message_id=block_id,
    )


@get("/{lang:str}/bausteine")
async def show_blocks(
    request: AnyRequest, block_pages: NamedDependency[BlockPages], lang: FromPath[str]
) -> Page:
    """Show the building blocks."""
    session, code = await block_pages.guard.session(request), block_pages.pages.language(lang)
    done = DONE.get(request.query_params.get("getan", ""))
    empty = Entered(lang=code, message_id=uuid4())
    return await block_pages.list_page(code, session, empty, {}, done)


@post("/{lang:str}/bausteine", status_code=303)
async def add_block(
    request: AnyRequest, block_pages: NamedDependency[BlockPages], lang: FromPath[str]
) -> Page:
    """Keep a new building block; sent twice it is kept once."""

    async def act(code: str, session: Session, entries: Entries) -> Page:
        given = _read(block_pages, code, entries, message_id_in(entries))
        if faults := given.faults():
            return await block_pages.list_page(code, session, given, faults)
        return await _keep(block_pages, code, session, given)

    return await block_pages.guard.submitted(request, lang, BLOCKS, act)


async def _keep(pages: BlockPages, lang: str, session: Session, given: Entered) -> Page:
    block = Block(title=given.title, text=given.text, lang=given.lang)
    await pages.blocks.keep(session, given.message_id, block)
    return redirect(f"/{lang}/{BLOCKS}?getan=gemerkt")


@get("/{lang:str}/bausteine/{block_id:uuid}")
async def show_block(
    request: AnyRequest,
    block_pages: NamedDependency[BlockPages],
    lang: FromPath[str],
    block_id: FromPath[UUID],
) -> Page:
    """Show one building block, to be changed."""
    session, code = await block_pages.guard.session(request), block_pages.pages.language(lang)
    block = await block_pages.blocks.one(session, block_id)
    if block is None:
        raise NotFoundException
    given = Entered(title=block.title, text=block.text, lang=block.lang, message_id=block_id)
    return block_pages.edit_page(code, session, given, {})


@post("/{lang:str}/bausteine/{block_id:uuid}", status_code=303)
async def change_block(
    request: AnyRequest,
    block_pages: NamedDependency[BlockPages],
    lang: FromPath[str],
    block_id: FromPath[UUID],
) -> Page:
    """Change a building block, or delete it."""

    async def act(code: str, session: Session, entries: Entries) -> Page:
        if one(entries, "tun") == "loeschen":
            await block_pages.blocks.drop(session, block_id)
            return redirect(f"/{code}/{BLOCKS}?getan=geloescht")
        given = _read(block_pages, code, entries, block_id)
        if faults := given.faults():
            return block_pages.edit_page(code, session, given, faults)
        return await _keep(block_pages, code, session, given)

    return await block_pages.guard.submitted(request, lang, f"{BLOCKS}/{block_id}", act)


HANDLERS: Final = (show_blocks, add_block, show_block, change_block)
