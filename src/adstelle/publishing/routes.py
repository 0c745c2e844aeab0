"""The pages on which somebody who holds the statistics key drafts what is to be published."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from typing import Final
from uuid import UUID, uuid4

from litestar import get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from adstelle.accounts.renewal.service import Renewal
from adstelle.catalogue import Language
from adstelle.crypto.sessions import Session
from adstelle.publishing import form
from adstelle.publishing.form import MOST_TEXT, Asked, Faults, Taken, Worded
from adstelle.publishing.service import Became, Publishing, Seen, numbered
from adstelle.publishing.shown import Words
from adstelle.publishing.store import WORDED, State
from adstelle.releases.publication import GERMAN
from adstelle.releases.store import Release
from adstelle.releases.words import published
from adstelle.web.forms import Entries, one, read_form
from adstelle.web.guard import STATISTICS_PATH, AnyRequest, Guard, Page, frame
from adstelle.web.pages import View, redirect

NEW: Final = f"{STATISTICS_PATH}/neu"
CORRECTION: Final = f"{STATISTICS_PATH}/berichtigung"
WORDS: Final = "worte"
INSIDE: Final = "innen"
PREVIEW: Final = "vorschau"
FOLLOWED: Final = "10"  # seconds, for whoever asked to be kept up to date
DONE: Final = "getan"
_NOTICES: Final = {"worte": "kept", "anders": "other", "besetzt": "busy"}
CHANGEABLE: Final = WORDED | {State.STOPPED, State.REFUSED}


class StatisticsPages:
    """What the handlers below need; built once by the composition root."""

    def __init__(
        self,
        guard: Guard,
        publishing: Publishing,
        today: Callable[[], date],
        origin: str,
        planned: Callable[[], date | None],
        renewal: Renewal,
    ) -> None:
        """*origin*: where everybody finds what is published. *planned*: since when a plan holds."""
        self.renewal = renewal
        self.guard = guard
        self.planned = planned
        self.publishing = publishing
        self.today = today
        self.origin = origin
        self.pages = guard.pages

    async def seen(self, session: Session, draft_id: UUID) -> Seen:
        """One draft, or there is no such page."""
        found = await self.publishing.look(session, draft_id)
        if found is None:
            raise NotFoundException
        return found

    async def release(self, session: Session, number: int) -> tuple[Release, list[Release]]:
        """One release that brings figures, and all there are."""
        every = await self.publishing.releases(session)
        found = next((it for it in every if it.number == number), None)
        if found is None:
            raise NotFoundException
        return found, every

    def new_page(
        self, lang: str, session: Session, asked: Asked, faults: Faults, *, busy: bool = False
    ) -> Page:
        """Ask for the period."""
        planned = self.planned()
        view = View(
            template="publishing/new.html",
            path=NEW,
            title="publishing.form.title",
            errors={name: f"publishing.error.{name}.{fault}" for name, fault in faults.items()},
        )
        status = 422 if faults else 409 if busy else 200
        return self.pages.page(
            lang, view, status=status, **frame(self.pages, lang, session), given=asked, busy=busy,
            planned=Words(self.pages, lang).day(planned) if planned else "",
        )  # fmt: skip

    def draft_page(
        self, lang: str, session: Session, seen: Seen, *, notice: str, follows: bool
    ) -> Page:
        """Show where a draft stands, and what can be done."""
        words, draft, outcome = Words(self.pages, lang), seen.draft, seen.outcome
        reply = seen.reply
        page = self.pages.page(
            lang,
            View(
                template="publishing/draft.html",
                path=f"{STATISTICS_PATH}/{draft.draft_id}",
                title="publishing.draft.title",
                title_values={"what": words.what(draft, seen.made)},
            ),
            **frame(self.pages, lang, session),
            line=words.draft_line(draft),
            cut_off=words.day(draft.cut_off) if draft.cut_off else "",
            notice=notice,
            follows=follows,
            told=words.progress(draft),
            origin=self.origin,
            number=draft.release,
            reasons=words.reasons(outcome.reasons),
            reply=reply,
            reply_reasons=words.reasons(reply.reasons) if reply else [],
            outdated=seen.is_outdated,
            unread=outcome.unread,
            has_preview=seen.made is not None,
            taken_back=words.taken_back(seen),
            shares=words.shares(outcome, seen.made) if seen.made else [],
            methods=words.methods(outcome),
            choices=words.choices(outcome.choices or ()),
            comparing=words.comparing(draft) if seen.is_comparing else "",
            untried=seen.is_untried,
            is_merged=bool(seen.wish.merges),
            can_change=draft.state in CHANGEABLE,
            can_word=draft.kind == "figures",
            sha256=draft.sha256.hex() if draft.sha256 else "",
        )
        if follows and draft.state in (State.WORKING, State.APPROVING):
            page.headers["refresh"] = FOLLOWED
        return page

    def preview_page(self, lang: str, session: Session, seen: Seen, *, inside: bool) -> Page:
        """Show what everybody would see, or what is withheld as well."""
        words, draft = Words(self.pages, lang), seen.draft
        path = f"{STATISTICS_PATH}/{draft.draft_id}"
        view = View(
            template="publishing/preview.html",
            path=f"{path}/{INSIDE if inside else PREVIEW}",
            title="publishing.preview.inside" if inside else "publishing.preview.everybody",
        )
        return self.pages.page(
            lang,
            view,
            **frame(self.pages, lang, session),
            draft_path=path,
            inside=inside,
            has_inside=bool(seen.outcome.counted),
            **words.preview(seen, self.today(), inside=inside),
        )

    def words_page(
        self, lang: str, session: Session, draft_id: UUID, given: Worded, faults: Faults
    ) -> Page:
        """Ask for the words beside the numbers."""
        path = f"{STATISTICS_PATH}/{draft_id}"
        view = View(
            template="publishing/words.html",
            path=f"{path}/{WORDS}",
            title="publishing.words.title",
            errors={name: f"publishing.error.{fault}" for name, fault in faults.items()},
        )
        others = [name for name in given.typed if not name.endswith(f"_{GERMAN}")]
        return self.pages.page(
            lang,
            view,
            status=422 if faults else 200,
            **frame(self.pages, lang, session),
            draft_path=path,
            given=given.typed,
            sha256=given.sha256,
            most=MOST_TEXT,
            others=[self._asked(name) for name in others],
            others_open=any(given.typed[name] for name in others),
        )

    def _asked(self, field: str) -> tuple[str, str, Language]:
        """A field of the form of words, with its question and language."""
        question, _, lang = field.partition("_")
        return field, question, self.pages.city.catalogue.languages[lang]

    def correct_page(
        self,
        lang: str,
        session: Session,
        release: tuple[Release, list[Release]],
        given: Taken,
        faults: Faults,
    ) -> Page:
        """Ask which numbers no longer stand."""
        words, (it, every) = Words(self.pages, lang), release
        view = View(
            template="publishing/correct.html",
            path=f"{CORRECTION}/{it.number}",
            title="publishing.correct.title",
            errors={name: f"publishing.error.{fault}" for name, fault in faults.items()},
        )
        return self.pages.page(
            lang,
            view,
            status=422 if faults else 200,
            **frame(self.pages, lang, session),
            of=words.release(it),
            options=words.options(it, every),
            given=given,
            most=MOST_TEXT,
        )


def address(lang: str, draft_id: UUID, done: str = "") -> str:
    """Where a draft is shown."""
    return f"/{lang}/{STATISTICS_PATH}/{draft_id}" + (f"?{DONE}={done}" if done else "")


@get("/{lang:str}/statistik")
async def show_statistics(
    request: AnyRequest, statistics_pages: NamedDependency[StatisticsPages], lang: FromPath[str]
) -> Page:
    """Everything that is drafted and published."""
    pages, code = statistics_pages.pages, statistics_pages.pages.language(lang)
    session = await statistics_pages.guard.statistician(request)
    found = await statistics_pages.publishing.overview(session)
    view = View(template="publishing/overview.html", path=STATISTICS_PATH, title="publishing.title")
    return pages.page(
        code,
        view,
        **frame(pages, code, session),
        **Words(pages, code).overview(found),
        is_key_due=(await statistics_pages.renewal.standing(session)).needs_somebody,
        origin=statistics_pages.origin,
        deleted=request.query_params.get(DONE) == "geloescht",
    )


@get("/{lang:str}/statistik/neu")
async def show_new_draft(
    request: AnyRequest, statistics_pages: NamedDependency[StatisticsPages], lang: FromPath[str]
) -> Page:
    """Ask for the period; one is proposed."""
    code = statistics_pages.pages.language(lang)
    session = await statistics_pages.guard.statistician(request)
    asked = form.proposed(statistics_pages.today(), statistics_pages.planned(), uuid4())
    return statistics_pages.new_page(code, session, asked, {})


@post("/{lang:str}/statistik/neu", status_code=303)
async def begin_draft(
    request: AnyRequest, statistics_pages: NamedDependency[StatisticsPages], lang: FromPath[str]
) -> Page:
    """Let a period be counted; sent twice it is counted once."""

    async def act(code: str, session: Session, entries: Entries) -> Page:
        asked, today = form.asked(entries), statistics_pages.today()
        if faults := asked.faults(today, statistics_pages.planned()):
            return statistics_pages.new_page(code, session, asked, faults)
        publishing = statistics_pages.publishing
        if await publishing.begin(session, asked.message_id, asked.frame(today)) is Became.BUSY:
            return statistics_pages.new_page(code, session, asked, {}, busy=True)
        return redirect(address(code, asked.message_id))

    guard = statistics_pages.guard
    return await guard.submitted(request, lang, NEW, act, find=guard.statistician)


@get("/{lang:str}/statistik/{draft_id:uuid}")
async def show_draft(
    request: AnyRequest,
    statistics_pages: NamedDependency[StatisticsPages],
    lang: FromPath[str],
    draft_id: FromPath[UUID],
) -> Page:
    """Where one draft stands."""
    code = statistics_pages.pages.language(lang)
    session = await statistics_pages.guard.statistician(request)
    seen = await statistics_pages.seen(session, draft_id)
    notice = _NOTICES.get(request.query_params.get(DONE, ""), "")
    follows = "folgen" in request.query_params
    return statistics_pages.draft_page(code, session, seen, notice=notice, follows=follows)


@post("/{lang:str}/statistik/{draft_id:uuid}", status_code=303)
async def act_on_draft(
    request: AnyRequest,
    statistics_pages: NamedDependency[StatisticsPages],
    lang: FromPath[str],
    draft_id: FromPath[UUID],
) -> Page:
    """Do one of the things that the page of a draft offers."""
    code, entries = statistics_pages.pages.language(lang), await read_form(request)
    session = await statistics_pages.guard.statistician(request)
    became = await _act(statistics_pages, session, draft_id, entries)
    if became is Became.NO_SUCH_DRAFT:
        raise NotFoundException
    if became is Became.DONE and one(entries, "tun") == "loeschen":
        return redirect(f"/{code}/{STATISTICS_PATH}?{DONE}=geloescht")
    done = {Became.DONE: "", Became.BUSY: "besetzt"}.get(became, "anders")
    return redirect(address(code, draft_id, done))


async def _act(
    pages: StatisticsPages, session: Session, draft_id: UUID, entries: Entries
) -> Became:
    publishing = pages.publishing
    seen = one(entries, "sha256")
    steps: Mapping[str, Callable[[], Awaitable[Became]]] = {
        "abbrechen": lambda: publishing.stop(session, draft_id),
        "rechnen": lambda: publishing.count_again(session, draft_id),
        "fein": lambda: publishing.count_again(session, draft_id, {}),
        "groeber": lambda: _coarser(pages, session, draft_id, one(entries, "choice")),
        "weitergeben": lambda: publishing.hand(session, draft_id, seen),
        "zurueckholen": lambda: publishing.take_back(session, draft_id),
        "loeschen": lambda: publishing.delete(session, draft_id),
    }
    step = steps.get(one(entries, "tun"))
    if step is None:
        raise NotFoundException
    return await step()


async def _coarser(pages: StatisticsPages, session: Session, draft_id: UUID, place: str) -> Became:
    """Count in the coarser groups that stood at a place of the list."""
    choices = (await pages.seen(session, draft_id)).outcome.choices or ()
    if not place.isdecimal() or int(place) >= len(choices):
        return Became.CHANGED
    return await pages.publishing.count_again(session, draft_id, choices[int(place)].merges)


async def _preview(
    request: AnyRequest, pages: StatisticsPages, lang: str, draft_id: UUID, *, inside: bool
) -> Page:
    code = pages.pages.language(lang)
    session = await pages.guard.statistician(request)
    seen = await pages.seen(session, draft_id)
    if seen.made is None or (inside and not seen.outcome.counted):
        return redirect(address(code, draft_id))
    return pages.preview_page(code, session, seen, inside=inside)


@get("/{lang:str}/statistik/{draft_id:uuid}/vorschau")
async def show_preview(
    request: AnyRequest,
    statistics_pages: NamedDependency[StatisticsPages],
    lang: FromPath[str],
    draft_id: FromPath[UUID],
) -> Page:
    """What everybody would see."""
    return await _preview(request, statistics_pages, lang, draft_id, inside=False)


@get("/{lang:str}/statistik/{draft_id:uuid}/innen")
async def show_inside(
    request: AnyRequest,
    statistics_pages: NamedDependency[StatisticsPages],
    lang: FromPath[str],
    draft_id: FromPath[UUID],
) -> Page:
    """The same with the numbers that are withheld, and why they are."""
    return await _preview(request, statistics_pages, lang, draft_id, inside=True)


@get("/{lang:str}/statistik/{draft_id:uuid}/worte")
async def show_words(
    request: AnyRequest,
    statistics_pages: NamedDependency[StatisticsPages],
    lang: FromPath[str],
    draft_id: FromPath[UUID],
) -> Page:
    """The words beside the numbers, ready to be changed."""
    code = statistics_pages.pages.language(lang)
    session = await statistics_pages.guard.statistician(request)
    seen = await statistics_pages.seen(session, draft_id)
    if not _can_word(seen):
        return redirect(address(code, draft_id, "anders"))
    return statistics_pages.words_page(
        code, session, draft_id, _as_kept(statistics_pages, seen), {}
    )


def _can_word(seen: Seen) -> bool:
    return seen.draft.kind == "figures" and seen.draft.state in WORDED


def _as_kept(pages: StatisticsPages, seen: Seen) -> Worded:
    said: Mapping[str, Mapping[str, str]] = {
        "changes": seen.wish.changes,
        "notes": seen.wish.notes,
    }
    typed = {}
    for name in form.fields(pages.pages.city.languages):
        question, _, lang = name.partition("_")
        typed[name] = said[question].get(lang, "")
    sha256 = seen.draft.sha256
    return Worded(typed, sha256.hex() if sha256 else "")


@post("/{lang:str}/statistik/{draft_id:uuid}/worte", status_code=303)
async def keep_words(
    request: AnyRequest,
    statistics_pages: NamedDependency[StatisticsPages],
    lang: FromPath[str],
    draft_id: FromPath[UUID],
) -> Page:
    """Put words beside the numbers; sent twice they stand there once."""

    async def act(code: str, session: Session, entries: Entries) -> Page:
        given = form.worded(entries, statistics_pages.pages.city.languages)
        made = (await statistics_pages.seen(session, draft_id)).made
        if faults := given.faults(published(made) if made else ()):
            return statistics_pages.words_page(code, session, draft_id, given, faults)
        became = await statistics_pages.publishing.word(
            session, draft_id, given.sha256, given.words("changes"), given.words("notes")
        )
        return redirect(address(code, draft_id, "worte" if became is Became.DONE else "anders"))

    guard = statistics_pages.guard
    to = f"{STATISTICS_PATH}/{draft_id}/{WORDS}"
    return await guard.submitted(request, lang, to, act, find=guard.statistician)


@get("/{lang:str}/statistik/berichtigung/{number:int}")
async def show_correction(
    request: AnyRequest,
    statistics_pages: NamedDependency[StatisticsPages],
    lang: FromPath[str],
    number: FromPath[int],
) -> Page:
    """Ask which numbers of a release no longer stand."""
    code = statistics_pages.pages.language(lang)
    session = await statistics_pages.guard.statistician(request)
    release = await statistics_pages.release(session, number)
    given = Taken(message_id=uuid4())
    return statistics_pages.correct_page(code, session, release, given, {})


@post("/{lang:str}/statistik/berichtigung/{number:int}", status_code=303)
async def begin_correction(
    request: AnyRequest,
    statistics_pages: NamedDependency[StatisticsPages],
    lang: FromPath[str],
    number: FromPath[int],
) -> Page:
    """Draft a correction; sent twice there is one."""

    async def act(code: str, session: Session, entries: Entries) -> Page:
        given, pages = form.taken(entries), statistics_pages
        release = await pages.release(session, number)
        [(_, of)] = numbered(release[:1])
        if faults := given.faults(published(of)):
            return pages.correct_page(code, session, release, given, faults)
        became = await pages.publishing.correct(
            session, given.message_id, number, given.cells, {GERMAN: given.reason}
        )
        if became is not Became.DONE:  # somebody took them back meanwhile
            return pages.correct_page(code, session, release, given, {"cells": "cells.missing"})
        return redirect(address(code, given.message_id))

    guard = statistics_pages.guard
    to = f"{CORRECTION}/{number}"
    return await guard.submitted(request, lang, to, act, find=guard.statistician)


HANDLERS: Final = (
    show_statistics,
    show_new_draft,
    begin_draft,
    show_draft,
    act_on_draft,
    show_preview,
    show_inside,
    show_words,
    keep_words,
    show_correction,
    begin_correction,
)
