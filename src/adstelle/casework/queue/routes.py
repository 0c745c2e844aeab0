"""The page of the queue, and what is done there with several cases at once."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Final
from uuid import UUID, uuid4

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from adstelle.casework.filters.service import Filters
from adstelle.casework.queue import shown
from adstelle.casework.queue.address import COOKIE, LIST, Address, read_address, read_query
from adstelle.casework.queue.bulk import Bulk, Done
from adstelle.casework.queue.service import CaseQueue, Wanted
from adstelle.casework.queue.shown import NOBODY
from adstelle.casework.words import Words
from adstelle.crypto.sessions import Session
from adstelle.domain.private import Private
from adstelle.domain.search import Filter
from adstelle.web import security
from adstelle.web.forms import Entries, many, one, read_form
from adstelle.web.guard import QUEUE, AnyRequest, Guard, Page, is_uuid
from adstelle.web.pages import View, redirect

AT_ONCE: Final = 250  # cases that are indexed when somebody asks for it: about a second
DONE: Final = "getan"
DONE_TEXTS: Final = {
    "zugewiesen": "queue.done.assigned",
    "freigegeben": "queue.done.unassigned",
    "marke": "queue.done.labelled",
    "marke-weg": "queue.done.unlabelled",
}
INDEXED: Final = "erfasst"
MOST_SAID: Final = 999


class Chosen(Private, frozen=True):
    """The form under the list: which cases, and what is to be done with them."""

    cases: tuple[UUID, ...] = ()
    act: str = ""
    member: str = ""
    label: str = ""


class Told(Private, frozen=True):
    """What the page says was done; *notices* are texts, each with what it counts."""

    notices: tuple[tuple[str, int], ...] = ()
    was_indexed: bool = False


class QueuePages:
    """What the handlers below need; built once by the composition root."""

    def __init__(
        self,
        guard: Guard,
        queue: CaseQueue,
        bulk: Bulk,
        filters: Filters,
        today: Callable[[], date],
    ) -> None:
        self.guard = guard
        self.queue = queue
        self.bulk = bulk
        self.filters = filters
        self.today = today
        self.pages = guard.pages

    async def page(
        self,
        lang: str,
        session: Session,
        address: Address,
        *,
        sent: tuple[Chosen, Mapping[str, str]] | None = None,
        told: Told | None = None,
    ) -> Page:
        """Show a page of cases; *sent* is a form that could not be done, and what is wrong."""
        chosen, errors = sent or (Chosen(), {})
        given, words = await self._filter(session, address), Words(self.pages, lang)
        wanted = Wanted(
            view=address.view,
            state=address.state,
            filter=given,
            before=address.before,
            after=address.after,
        )
        queue = await self.queue.page(session, wanted, self.today())
        return self.pages.page(
            lang,
            View(
                template="staff/queue.html",
                path=QUEUE,
                title="staff.queue.title",
                errors=errors,
            ),
            status=422 if errors else 200,
            **words.frame(session),
            member_name=session.name,
            saved=await self.filters.all(session),
            chosen=chosen,
            told=told or Told(),
            next_filter=uuid4(),
            wishes=queue.wishes,
            answer_by=words.day(queue.answer_by) if queue.answer_by else "",
            **shown.values(words, queue, address, given, session.stelle, self.today()),
        )

    async def _filter(self, session: Session, address: Address) -> Filter:
        """What was looked for; nothing where it was forgotten meanwhile."""
        if address.filter_id is None:
            return Filter()
        saved = await self.filters.find(session, address.filter_id)
        return saved.filter if saved else Filter()


@get("/{lang:str}/faelle")
async def show_queue(
    request: AnyRequest, queue_pages: NamedDependency[QueuePages], lang: FromPath[str]
) -> Page:
    """Show the Stelle's cases; a case then leads back to this page of them."""
    session = await queue_pages.guard.session(request)
    asked = request.query_params
    address = read_address(asked.get)
    page = await queue_pages.page(
        queue_pages.pages.language(lang),
        session,
        address,
        told=Told(_notices(asked), asked.get(DONE) == INDEXED),
    )
    secure = queue_pages.pages.secure
    page.set_cookie(security.session_cookie(COOKIE, address.query, secure=secure))
    return page


@get(f"/{{lang:str}}/{QUEUE}/{LIST}")
async def back_to_list(
    request: AnyRequest, queue_pages: NamedDependency[QueuePages], lang: FromPath[str]
) -> Page:
    """From a case back to the page of the queue that somebody works through."""
    pages = queue_pages.pages
    kept = request.cookies.get(security.cookie_name(COOKIE, pages.secure), "")
    query = read_query(kept).query
    return redirect(f"/{pages.language(lang)}/{QUEUE}{f'?{query}' if query else ''}")


def _notices(asked: Mapping[str, str]) -> tuple[tuple[str, int], ...]:
    """What was done before this page was asked for."""
    done = DONE_TEXTS.get(asked.get(DONE, ""))
    if done is None:
        return ()
    cases, left_out = _number(asked.get("zahl", "")), _number(asked.get("ohne", ""))
    return ((done, cases), *((("queue.done.left_out", left_out),) if left_out else ()))


def _number(entered: str) -> int:
    is_ours = entered.isascii() and entered.isdecimal() and len(entered) < 4
    return min(int(entered), MOST_SAID) if is_ours else 0


@get(["/{lang:str}/faelle/auswahl", "/{lang:str}/faelle/erfassen"])
async def back_to_queue(queue_pages: NamedDependency[QueuePages], lang: FromPath[str]) -> Page:
    """The address of a form, opened without sending it."""
    return redirect(f"/{queue_pages.pages.language(lang)}/{QUEUE}")


@post("/{lang:str}/faelle/auswahl", status_code=303)
async def act_on_chosen(
    request: AnyRequest, queue_pages: NamedDependency[QueuePages], lang: FromPath[str]
) -> Page:
    """Do something with the chosen cases; sent twice it is done once."""

    async def act(code: str, session: Session, entries: Entries) -> Page:
        return await _act(queue_pages, code, session, entries)

    return await queue_pages.guard.submitted(request, lang, f"{QUEUE}/auswahl", act)


async def _act(pages: QueuePages, lang: str, session: Session, entries: Entries) -> Page:
    address, chosen = read_address(lambda name: one(entries, name)), _chosen(entries)
    errors = _errors(chosen)
    if errors:
        return await pages.page(lang, session, address, sent=(chosen, errors))
    name, done = await _do(pages.bulk, session, chosen)
    said = f"{DONE}={name}&zahl={done.cases}" + (f"&ohne={done.left_out}" if done.left_out else "")
    query = f"{address.query}&{said}" if address.query else said
    return redirect(f"/{lang}/{QUEUE}?{query}")


def _chosen(entries: Entries) -> Chosen:
    return Chosen(
        cases=tuple(UUID(case_id) for case_id in many(entries, "fall") if is_uuid(case_id)),
        act=one(entries, "tun"),
        member=one(entries, "mitglied"),
        label=one(entries, "marke"),
    )


def _errors(chosen: Chosen) -> dict[str, str]:
    """What is missing: field and text."""
    errors = {} if chosen.cases else {"fall": "queue.error.none_chosen"}
    if chosen.act == "zuweisen":
        if chosen.member != NOBODY and not is_uuid(chosen.member):
            errors["mitglied"] = "queue.error.no_member"
    elif not is_uuid(chosen.label):
        errors["marke"] = "queue.error.no_label"
    return errors


async def _do(bulk: Bulk, session: Session, chosen: Chosen) -> tuple[str, Done]:
    if chosen.act == "zuweisen":
        if chosen.member == NOBODY:
            return "freigegeben", await bulk.assign(session, chosen.cases, None)
        return "zugewiesen", await bulk.assign(session, chosen.cases, UUID(chosen.member))
    is_on, label = chosen.act != "marke-weg", UUID(chosen.label)
    done = await bulk.label(session, chosen.cases, label, on=is_on)
    return ("marke" if is_on else "marke-weg"), done


@post("/{lang:str}/faelle/erfassen", status_code=303)
async def index_more(
    request: AnyRequest, queue_pages: NamedDependency[QueuePages], lang: FromPath[str]
) -> Page:
    """Take more cases into the search index."""
    code, entries = queue_pages.pages.language(lang), await read_form(request)
    session = await queue_pages.guard.session(request)
    await queue_pages.queue.catch_up(session, AT_ONCE, queue_pages.today())
    address = read_address(lambda name: one(entries, name)).query
    query = f"{address}&{DONE}={INDEXED}" if address else f"{DONE}={INDEXED}"
    return redirect(f"/{code}/{QUEUE}?{query}")


HANDLERS: Final = (show_queue, back_to_list, back_to_queue, act_on_chosen, index_more)
