"""Which other cases may belong to a case. The log is written before anything opens."""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import date
from enum import Enum, auto
from functools import cached_property
from typing import Final
from uuid import UUID

from adstelle.casework import opened, store
from adstelle.casework.access import within
from adstelle.casework.blocks.service import Blocks, Shipped
from adstelle.casework.hints import store as hints_store
from adstelle.casework.hints.store import Alike, Answer
from adstelle.casework.incident import service as incident
from adstelle.casework.incident import store as incidents
from adstelle.casework.incident.store import Known as KnownIncident
from adstelle.casework.incident.store import KnownSeries
from adstelle.casework.index import service as index_service
from adstelle.casework.index import store as index_store
from adstelle.casework.index.store import Recorded, scheme_of
from adstelle.casework.store import Act
from adstelle.city import City
from adstelle.crypto.sessions import Session
from adstelle.crypto.tokens import token
from adstelle.database import Pool
from adstelle.domain import hints
from adstelle.domain.case import State
from adstelle.domain.hints import Hint, Known, Traits
from adstelle.domain.private import Private
from adstelle.domain.record import Record
from adstelle.domain.report import Account
from adstelle.domain.search import Term

CANDIDATES: Final = 20  # cases that are opened to look closely
SHOWN: Final = 8
MOST_MISSING: Final = 1000


class Opened(Private, frozen=True, kw_only=True):
    """A case of two that are compared; *account* is None where it does not open."""

    case_id: UUID
    state: State
    received_on: date
    account: Account | None
    record: Record | None


class Found(Private, frozen=True):
    """A case that may belong to another one."""

    case: Opened
    hint: Hint


class Look(Private, frozen=True, kw_only=True):
    """What may belong to a case, the best first. *apart*: what somebody said does not. *missing*:
    so many cases are not in the search index, up to one more than `MOST_MISSING`.
    """

    case: Opened
    found: tuple[Found, ...]
    apart: tuple[Answer, ...]
    missing: int


class Pair(Private, frozen=True, kw_only=True):
    """Two cases side by side: why they may belong together (None: no reason is known), what was
    said of them, where each stands, and the series that there are.
    """

    one: Opened
    other: Opened
    hint: Hint | None
    answer: Answer | None
    incidents: tuple[KnownIncident | None, KnownIncident | None]
    series: tuple[KnownSeries, ...]

    @property
    def is_together(self) -> bool:
        """Whether they belong to the same incident or series already."""
        return incident.are_together(*self.incidents)


class Became(Enum):
    """What became of an answer."""

    KEPT = auto()
    NOT_THERE = auto()


class Hints:
    """Hints within the Stelle of a session."""

    def __init__(self, pool: Pool, city: City, blocks: Blocks) -> None:
        self._pool = pool
        self._city = city
        self._blocks = blocks

    async def look(self, session: Session, case_id: UUID) -> Look | None:
        """Look for what may belong to a case; None where the Stelle has no such case."""
        templates = await self._templates(session)
        async with within(self._pool, session) as conn:
            rows = await hints_store.cases(conn, [case_id])
            if not rows:
                return None
            await store.append_log(conn, session, Act.CASE_COMPARED, [case_id])
            answers = await hints_store.answers(conn, session, case_id)
            without = await hints_store.together(conn, case_id) | {case_id}
            size = await hints_store.size(conn)
            missing = await index_store.missing(conn, scheme_of(session), MOST_MISSING + 1)
        case = _opened(session, rows[0])
        without |= {answer.other_id for answer in answers.values() if answer.apart is not False}
        found: tuple[Found, ...] = ()
        if case.account is not None:
            traits = hints.traits_of(case.account, case.record, templates)
            found = await self._found(session, traits, without, size, templates)
        return Look(
            case=case,
            found=found,
            apart=tuple(each for each in answers.values() if each.apart is not False),
            missing=missing,
        )

    async def compare(self, session: Session, case_id: UUID, other_id: UUID) -> Pair | None:
        """Open two cases side by side; None where the Stelle has not both."""
        templates = await self._templates(session)
        async with within(self._pool, session) as conn:
            rows = await hints_store.cases(conn, [case_id, other_id])
            if len(rows) < 2:
                return None
            await store.append_log(conn, session, Act.CASE_READ, [case_id, other_id])
            answers = await hints_store.answers(conn, session, case_id)
            one = await incident.current(conn, session, case_id)
            other = await incident.current(conn, session, other_id)
            standing = (each.series_id for each in (one, other) if each and each.series_id)
            series = await incidents.all_series(conn, session, next(standing, None))
            size = await hints_store.size(conn)
        pair = [_opened(session, row) for row in rows]
        answer = answers.get(other_id)
        return Pair(
            one=pair[0],
            other=pair[1],
            hint=await self._hint(session, pair, size, templates),
            answer=answer if answer and answer.apart is not False else None,
            incidents=(one, other),
            series=tuple(series),
        )

    async def say(
        self, session: Session, number: UUID, cases: tuple[UUID, UUID], *, apart: bool
    ) -> Became:
        """Keep that two cases do not belong together, or that this is open again.

        Sent twice it is kept once; said again it changes nothing.
        """
        case_id, other_id = cases
        async with within(self._pool, session) as conn:
            for each in sorted(cases):  # always in one order: nobody waits for somebody who waits
                if await store.lock_state(conn, each) is None:
                    return Became.NOT_THERE
            last = (await hints_store.answers(conn, session, case_id)).get(other_id)
            if (last.apart is not False if last else False) != apart and (
                await hints_store.append_answer(conn, session, number, cases, apart=apart)
            ):
                act = Act.HINT_DISMISSED if apart else Act.HINT_REOPENED
                await store.append_log(conn, session, act, list(cases))
        return Became.KEPT

    async def _found(
        self,
        session: Session,
        traits: Traits,
        without: set[UUID],
        size: int,
        templates: frozenset[str],
    ) -> tuple[Found, ...]:
        """Find candidates in the index, open them, and keep those that the rule names."""
        tokens = _tokens(session, traits)
        async with within(self._pool, session) as conn:
            alike = await hints_store.alike(conn, tokens, CANDIDATES, without=without)
            rows = await hints_store.cases(conn, [each.case_id for each in alike])
            if rows:
                seen = [row.case_id for row in rows]
                await store.append_log(conn, session, Act.CASE_COMPARED, seen)
        known = _known(tokens, alike, size)
        found = await asyncio.to_thread(_compared, session, rows, traits, known, templates)
        return tuple(sorted(found, key=lambda each: -each.hint.points)[:SHOWN])

    async def _hint(
        self, session: Session, pair: Sequence[Opened], size: int, templates: frozenset[str]
    ) -> Hint | None:
        """Why two cases may belong together; how rare their words are is looked up."""
        one, other = pair
        if one.account is None or other.account is None:
            return None
        traits = hints.traits_of(one.account, one.record, templates)
        tokens = _tokens(session, traits)
        async with within(self._pool, session) as conn:
            alike = await hints_store.alike(conn, tokens, 1, only=other.case_id)
        known = _known(tokens, alike, size)
        return hints.hint(traits, hints.traits_of(other.account, other.record, templates), known)

    async def _templates(self, session: Session) -> frozenset[str]:
        """The words of all building blocks: who uses them is not alike by that."""
        own = await self._blocks.own(session)
        written = (each.block.text for each in own if each.block)
        return self._shipped.union(*map(hints.cut, written))

    @cached_property
    def _shipped(self) -> frozenset[str]:
        texts = self._city.catalogue.text
        found: Iterable[frozenset[str]] = (
            hints.cut(texts(lang, f"block.{name}.text"))
            for lang in self._city.languages
            for name in Shipped
        )
        return frozenset().union(*found)


def _tokens(session: Session, traits: Traits) -> dict[int, Term]:
    """What other cases are looked up by, under the key of the Stelle."""
    key = session.own_key(index_service.PURPOSE)
    return {token(key, field, value): (field, value) for field, value in hints.sought(traits)}


def _known(tokens: dict[int, Term], alike: Iterable[Alike], size: int) -> Known:
    """How many cases have each term that some candidate shares, this case among them."""
    cases = {
        tokens[shared]: count
        for each in alike
        for shared, count in zip(each.shared, each.cases, strict=True)
    }
    return Known(size=size, cases=cases)


def _compared(
    session: Session,
    rows: Sequence[Recorded],
    traits: Traits,
    known: Known,
    templates: frozenset[str],
) -> list[Found]:
    """Open candidates and apply the rule. Runs beside the event loop."""
    found = []
    for row in rows:
        case = _opened(session, row)
        if case.account is None:
            continue
        hint = hints.hint(traits, hints.traits_of(case.account, case.record, templates), known)
        if hint is not None:
            found.append(Found(case, hint))
    return found


def _opened(session: Session, row: Recorded) -> Opened:
    content = opened.content(row, session.key(), session.stelle)
    return Opened(
        case_id=row.case_id,
        state=row.state,
        received_on=row.received_on,
        account=content.account,
        record=index_service.record_of(session, row),
    )
