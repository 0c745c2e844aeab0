"""What may belong to a case, two cases side by side, and what comes up more than once."""

from collections.abc import Callable, Collection
from datetime import date
from typing import Final
from uuid import UUID, uuid4

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from adstelle.casework.hints import shown
from adstelle.casework.hints.patterns import PatternView
from adstelle.casework.hints.service import Became, Hints, Pair
from adstelle.casework.hints.shown import NEW
from adstelle.casework.incident.service import Became as BecameOfIncident
from adstelle.casework.incident.service import Incidents, Joining, Target
from adstelle.casework.words import Words, number
from adstelle.crypto.sessions import Session
from adstelle.domain.activity import Period
from adstelle.domain.incident import Incident
from adstelle.domain.private import Private
from adstelle.web.forms import Entries, one
from adstelle.web.guard import (
    PATTERNS,
    QUEUE,
    AnyRequest,
    Guard,
    Page,
    is_uuid,
    message_id_in,
)
from adstelle.web.pages import View, redirect

HINTS: Final = "hinweise"
MOST_LINE: Final = 200
MEANWHILE: Final = "hints.done.meanwhile"
DONE: Final = {
    "vorfall": "hints.done.incident",
    "reihe": "hints.done.series",
    "getrennt": "hints.done.apart",
    "wieder": "hints.done.open",
}
PERIODS: Final = (12, 24, 36)  # months


class Entered(Private, frozen=True, kw_only=True):
    """The forms under two cases, as they were typed; *act* is the button."""

    act: str = ""
    title: str = ""
    when: str = ""
    series: str = ""
    new_series: str = ""
    name: str = ""
    other_name: str = ""
    message_id: UUID

    def faults(self, pair: Pair) -> dict[str, str]:
        """What is wrong with the form that was sent: field and name of the fault."""
        if self.act == "vorfall":
            needed = ("title",) if pair.incidents == (None, None) else ()
            return self._lines(needed, ("title", "when"))
        if self.act != "reihe":
            return {}
        names = zip(("name", "other_name"), pair.incidents, strict=True)
        found = self._lines(
            [field for field, known in names if known is None],
            ("name", "other_name", "new_series"),
        )
        if not any(known is not None and known.series_id for known in pair.incidents):
            if self.series == NEW and not self.new_series:
                found["new_series"] = "series_name"
            elif self.series != NEW and not is_uuid(self.series):
                found["series"] = "series"
        return found

    def _lines(self, needed: Collection[str], lines: Collection[str]) -> dict[str, str]:
        found = {field: "title" for field in needed if not getattr(self, field)}
        return found | {n: "too_long" for n in lines if len(getattr(self, n)) > MOST_LINE}

    def joining(self, pair: Pair) -> Joining:
        """What shall be put into a series."""
        cases = {pair.one.case_id: self.name, pair.other.case_id: self.other_name}
        return Joining(
            names={case: name for case, name in cases.items() if name},
            series_id=UUID(self.series) if is_uuid(self.series) else None,
            new_series=self.new_series if self.series == NEW else "",
            number=self.message_id,
        )


class HintPages:
    """What the handlers below need; built once by the composition root."""

    def __init__(
        self,
        guard: Guard,
        hints: Hints,
        patterns: PatternView,
        incidents: Incidents,
        today: Callable[[], date],
    ) -> None:
        self.guard = guard
        self.hints = hints
        self.patterns = patterns
        self.incidents = incidents
        self.today = today
        self.pages = guard.pages

    async def list_page(
        self, lang: str, session: Session, case_id: UUID, notice: str | None
    ) -> Page:
        """Show what may belong to a case; an unknown one and another Stelle's look the same."""
        look = await self.hints.look(session, case_id)
        if look is None:
            raise NotFoundException
        words = Words(self.pages, lang)
        view = View(
            template="staff/hints.html",
            path=f"{QUEUE}/{case_id}/{HINTS}",
            title="hints.title",
            title_values={"number": number(case_id)},
        )
        return self.pages.page(
            lang,
            view,
            **words.frame(session),
            case_path=f"{QUEUE}/{case_id}",
            number=number(case_id),
            notice=notice,
            message_id=uuid4(),
            **shown.look_values(words, look),
        )

    async def pair(self, session: Session, case_id: UUID, other_id: UUID) -> Pair:
        """Open two cases of the Stelle."""
        pair = await self.hints.compare(session, case_id, other_id) if case_id != other_id else None
        if pair is None:
            raise NotFoundException
        return pair

    def pair_page(
        self,
        lang: str,
        session: Session,
        pair: Pair,
        *,
        given: Entered | None = None,
        faults: dict[str, str] | None = None,
        notice: str | None = None,
    ) -> Page:
        """Show two cases side by side, and ask whether they belong together."""
        words = Words(self.pages, lang)
        case_id, other_id = pair.one.case_id, pair.other.case_id
        numbers = number(case_id), number(other_id)
        view = View(
            template="staff/hint.html",
            path=f"{QUEUE}/{case_id}/{HINTS}/{other_id}",
            title="hints.pair_heading",
        )
        return self.pages.page(
            lang,
            view,
            status=422 if faults else 409 if notice == MEANWHILE else 200,
            errors=shown.faults(words, faults or {}, numbers),
            **words.frame(session),
            case_path=f"{QUEUE}/{case_id}",
            list_path=f"{QUEUE}/{case_id}/{HINTS}",
            numbers=numbers,
            notice=notice,
            given=given or self._empty(words, pair),
            **shown.pair_values(words, pair),
        )

    def _empty(self, words: Words, pair: Pair) -> Entered:
        """The forms with a name for each incident, to be changed."""
        first, second = (shown.suggested(words, case) for case in (pair.one, pair.other))
        return Entered(title=first, name=first, other_name=second, message_id=uuid4())


@get("/{lang:str}/faelle/{case_id:uuid}/hinweise")
async def show_hints(
    request: AnyRequest,
    hint_pages: NamedDependency[HintPages],
    lang: FromPath[str],
    case_id: FromPath[UUID],
) -> Page:
    """Show what may belong to a case."""
    session, code = await hint_pages.guard.session(request), hint_pages.pages.language(lang)
    notice = DONE.get(request.query_params.get("getan", ""))
    return await hint_pages.list_page(code, session, case_id, notice)


@get("/{lang:str}/faelle/{case_id:uuid}/hinweise/{other_id:uuid}")
async def show_pair(
    request: AnyRequest,
    hint_pages: NamedDependency[HintPages],
    lang: FromPath[str],
    case_id: FromPath[UUID],
    other_id: FromPath[UUID],
) -> Page:
    """Show two cases side by side."""
    session, code = await hint_pages.guard.session(request), hint_pages.pages.language(lang)
    return hint_pages.pair_page(code, session, await hint_pages.pair(session, case_id, other_id))


@post("/{lang:str}/faelle/{case_id:uuid}/hinweise/{other_id:uuid}", status_code=303)
async def answer_hint(
    request: AnyRequest,
    hint_pages: NamedDependency[HintPages],
    lang: FromPath[str],
    case_id: FromPath[UUID],
    other_id: FromPath[UUID],
) -> Page:
    """Keep whether two cases belong together; sent twice it is kept once."""

    async def act(code: str, session: Session, entries: Entries) -> Page:
        return await _answer(hint_pages, code, session, (case_id, other_id), entries)

    return await hint_pages.guard.submitted(
        request, lang, f"{QUEUE}/{case_id}/{HINTS}/{other_id}", act
    )


async def _answer(
    pages: HintPages, lang: str, session: Session, cases: tuple[UUID, UUID], entries: Entries
) -> Page:
    names = ("title", "when", "series", "new_series", "name", "other_name")
    given = Entered(
        act=one(entries, "tun"),
        message_id=message_id_in(entries),
        **{name: one(entries, name) for name in names},
    )
    if given.act in {"getrennt", "wieder"}:
        apart = given.act == "getrennt"
        said = await pages.hints.say(session, given.message_id, cases, apart=apart)
        if said is Became.NOT_THERE:
            raise NotFoundException
        return _done(lang, cases, given.act)
    pair = await pages.pair(session, *cases)
    if given.act not in DONE:
        return pages.pair_page(lang, session, pair, given=given)
    if faults := given.faults(pair):
        return pages.pair_page(lang, session, pair, given=given, faults=faults)
    became = await _join(pages.incidents, session, pair, given)
    if became is BecameOfIncident.NOT_THERE:
        raise NotFoundException
    if became is BecameOfIncident.CHANGED:
        now = await pages.pair(session, *cases)
        again = msgspec.structs.replace(given, message_id=uuid4())
        return pages.pair_page(lang, session, now, given=again, notice=MEANWHILE)
    return _done(lang, cases, given.act)


def _done(lang: str, cases: tuple[UUID, UUID], act: str) -> Page:
    return redirect(f"/{lang}/{QUEUE}/{cases[0]}/{HINTS}?getan={act}")


async def _join(
    incidents: Incidents, session: Session, pair: Pair, given: Entered
) -> BecameOfIncident:
    """Bring two cases together, as one incident or as parts of a series."""
    case_id, other_id = pair.one.case_id, pair.other.case_id
    if given.act == "reihe":
        return await incidents.join(session, (case_id, other_id), given.joining(pair))
    mine, others = pair.incidents
    if mine is not None and others is not None:
        same = mine.incident_id == others.incident_id
        return BecameOfIncident.KEPT if same else BecameOfIncident.CHANGED
    if others is not None:
        return await incidents.link(session, case_id, Target(incident_id=others.incident_id), None)
    if mine is not None:
        return await incidents.link(session, other_id, Target(incident_id=mine.incident_id), None)
    new = Incident(title=given.title, when=given.when)
    target = Target(incident_id=given.message_id, new=new, also=other_id)
    return await incidents.link(session, case_id, target, None)


@get("/{lang:str}/muster")
async def show_patterns(
    request: AnyRequest, hint_pages: NamedDependency[HintPages], lang: FromPath[str]
) -> Page:
    """Show what comes up more than once in the last months."""
    session, code = await hint_pages.guard.session(request), hint_pages.pages.language(lang)
    asked, last = request.query_params.get("monate", ""), hint_pages.today()
    months = int(asked) if asked in map(str, PERIODS) else PERIODS[0]
    first = _months_before(last, months)
    words, found = (
        Words(hint_pages.pages, code),
        await hint_pages.patterns.look(session, Period(first, last)),
    )
    view = View(template="staff/patterns.html", path=PATTERNS, title="pattern.title")
    return hint_pages.pages.page(
        code,
        view,
        **words.frame(session),
        first=words.day(first),
        last=words.day(last),
        months=months,
        periods=PERIODS,
        next_filter=uuid4,
        **shown.pattern_values(words, found, first, last),
    )


def _months_before(day: date, months: int) -> date:
    """The first day of the month so many months before, this one included."""
    place = day.year * 12 + day.month - months
    return date(place // 12, place % 12 + 1, 1)


HANDLERS: Final = (show_hints, show_pair, answer_hint, show_patterns)
