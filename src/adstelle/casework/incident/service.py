"""Put cases together that tell of one incident, and incidents into a series. A person decides."""

from collections.abc import Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import date
from enum import Enum, auto
from uuid import UUID, uuid5

import msgspec

from adstelle.casework import store
from adstelle.casework.access import within
from adstelle.casework.assessing import service as assessing
from adstelle.casework.incident import store as incidents
from adstelle.casework.incident.store import CaseLine, Known, KnownSeries, Link
from adstelle.casework.store import Act
from adstelle.crypto import marks
from adstelle.crypto.sessions import Session
from adstelle.database import Connection, Pool
from adstelle.domain.incident import Incident, Series
from adstelle.domain.private import Private


class Became(Enum):
    """What became of a change."""

    KEPT = auto()
    CHANGED = auto()  # somebody else changed it in between
    NOT_THERE = auto()


class Found(Private, frozen=True):
    """A case that was searched for, and the incident it belongs to, if any."""

    case: CaseLine
    known: Known | None


class Linking(Private, frozen=True, kw_only=True):
    """What an adviser needs to link a case: where it stands, and what it may go to."""

    case_id: UUID
    now: Known | None
    links: tuple[Link, ...]
    recent: tuple[Known, ...]
    found: tuple[Found, ...]


class IncidentFile(Private, frozen=True, kw_only=True):
    """An incident with its cases, its series and the other incidents of that."""

    known: Known
    cases: tuple[CaseLine, ...]
    series: tuple[KnownSeries, ...]
    others: tuple[Known, ...]

    @property
    def own_series(self) -> Series | None:
        """The series it belongs to."""
        found = (each.series for each in self.series if each.series_id == self.known.series_id)
        return next(found, None)


class Target(Private, frozen=True, kw_only=True):
    """What a case is linked to: an incident that is there, or a new one, maybe with a case more."""

    incident_id: UUID
    new: Incident | None = None
    also: UUID | None = None


class Wanted(Private, frozen=True, kw_only=True):
    """How an incident shall be called, when it was, and its series; *new_series* makes one."""

    title: str
    when: str
    series_id: UUID | None
    new_series: str
    new_series_id: UUID


class Joining(Private, frozen=True, kw_only=True):
    """Two cases shall be part of a series: one that there is, or a new one. *names*: how the
    incidents of those that have none yet shall be called, by case. *number*: of the form.
    """

    names: dict[UUID, str]
    series_id: UUID | None
    new_series: str
    number: UUID


class Incidents:
    """What an adviser does with incidents, within the Stelle of their session."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def linking(self, session: Session, case_id: UUID, digits: str) -> Linking | None:
        """Look where a case stands, and what it may be linked to; *digits*: a number asked for."""
        async with self._transaction(session) as conn:
            if await store.case_of(conn, case_id) is None:
                return None
            await store.append_log(conn, session, Act.CASE_READ, [case_id])
            links = await incidents.links_of(conn, session, case_id)
            cases = await incidents.numbered(conn, digits) if digits else []
            found = [
                Found(case, await current(conn, session, case.case_id))
                for case in cases
                if case.case_id != case_id
            ]
            if found:
                seen = [each.case.case_id for each in found]
                await store.append_log(conn, session, Act.QUEUE_READ, seen)
            return Linking(
                case_id=case_id,
                now=await current(conn, session, case_id),
                links=tuple(links),
                recent=tuple(await incidents.recent(conn, session)),
                found=tuple(found),
            )

    async def link(
        self, session: Session, case_id: UUID, to: Target, before: UUID | None
    ) -> Became:
        """Link a case that belonged to *before*. Sent twice it is done once."""
        async with self._transaction(session) as conn:
            cases = [case_id, *([to.also] if to.also else [])]
            for each in sorted(cases):  # always in one order: nobody waits for somebody who waits
                if await store.lock_state(conn, each) is None:
                    return Became.NOT_THERE
            now = _last(await incidents.links_of(conn, session, case_id))
            if now == to.incident_id:
                return Became.KEPT
            if now != before:
                return Became.CHANGED
            if to.new is not None:
                await incidents.insert(conn, session, to.incident_id, to.new)
            if await incidents.lock(conn, to.incident_id) is None:
                return Became.NOT_THERE
            for each in cases:
                await incidents.link(conn, session, each, to.incident_id, linked=True)
            await store.append_log(conn, session, Act.INCIDENT_LINKED, cases)
            await assessing.keep(conn, session, cases)
        return Became.KEPT

    async def unlink(self, session: Session, case_id: UUID, incident_id: UUID) -> Became:
        """Take a case out of an incident; the history keeps that it was there."""
        async with self._transaction(session) as conn:
            if await store.lock_state(conn, case_id) is None:
                return Became.NOT_THERE
            if _last(await incidents.links_of(conn, session, case_id)) == incident_id:
                await incidents.link(conn, session, case_id, incident_id, linked=False)
                await store.append_log(conn, session, Act.INCIDENT_UNLINKED, [case_id])
                await assessing.keep(conn, session, [case_id])
        return Became.KEPT

    async def read(self, session: Session, incident_id: UUID) -> IncidentFile | None:
        """Open an incident; None where the Stelle has no such."""
        async with self._transaction(session) as conn:
            known = await incidents.incident(conn, session, incident_id)
            if known is None:
                return None
            cases = await incidents.cases_of(conn, incident_id)
            if cases:
                seen = [case.case_id for case in cases]
                await store.append_log(conn, session, Act.QUEUE_READ, seen)
            of_series: Sequence[Known] = ()
            if known.series_id is not None:
                of_series = await incidents.of_series(conn, session, known.series_id)
            return IncidentFile(
                known=known,
                cases=tuple(cases),
                series=tuple(await incidents.all_series(conn, session, known.series_id)),
                others=tuple(each for each in of_series if each.incident_id != incident_id),
            )

    async def change(
        self, session: Session, incident_id: UUID, wanted: Wanted, base: int
    ) -> Became:
        """Write down what an incident is called and which series it belongs to."""
        async with self._transaction(session) as conn:
            known = await _held(conn, session, incident_id)
            if known is None or known.incident is None:
                return Became.NOT_THERE
            series_id = wanted.new_series_id if wanted.new_series else wanted.series_id
            now = msgspec.structs.replace(known.incident, title=wanted.title, when=wanted.when)
            if now == known.incident and series_id == known.series_id:
                return Became.KEPT
            if known.revision != base:
                return Became.CHANGED
            if wanted.new_series:
                series = Series(title=wanted.new_series)
                await incidents.insert_series(conn, session, wanted.new_series_id, series)
            elif not _is_known(await incidents.all_series(conn, session, series_id), series_id):
                return Became.NOT_THERE
            await incidents.change(conn, session, known, now, series_id)
            await _log_change(conn, session, [incident_id])
            if series_id != known.series_id:
                await assessing.keep_incidents(conn, session, [incident_id])
        return Became.KEPT

    async def call_campaign(
        self, session: Session, incident_id: UUID, series_id: UUID, *, called: bool
    ) -> Became:
        """Say whether the series that an incident belongs to is one campaign, counted apart."""
        async with self._transaction(session) as conn:
            known = await incidents.incident(conn, session, incident_id)
            series = await incidents.series(conn, session, series_id)
            if known is None or series is None:
                return Became.NOT_THERE
            if known.series_id != series_id:
                return Became.CHANGED
            if series.is_campaign is not called:
                now = msgspec.structs.replace(series, is_campaign=called)
                await incidents.change_series(conn, session, series_id, now)
                await _log_change(conn, session, await incidents.incidents_of(conn, series_id))
                await assessing.keep_series(conn, session, series_id)
        return Became.KEPT

    async def agree(self, session: Session, incident_id: UUID, mark: str, today: date) -> Became:
        """Note the mark that was agreed upon with another Stelle: its keyed hash, not itself."""
        async with self._transaction(session) as conn:
            known = await _held(conn, session, incident_id)
            if known is None or known.incident is None:
                return Became.NOT_THERE
            pseudonym = marks.pseudonym(mark)
            if known.incident.pseudonym != pseudonym:
                now = msgspec.structs.replace(known.incident, pseudonym=pseudonym, agreed_on=today)
                await incidents.change(conn, session, known, now, known.series_id)
                await _log_change(conn, session, [incident_id])
                await assessing.keep_incidents(conn, session, [incident_id])
        return Became.KEPT

    async def join(self, session: Session, cases: tuple[UUID, UUID], joining: Joining) -> Became:
        """Put the incidents of two cases into one series; where one is in a series, into that.

        Sent twice it is done once.
        """
        async with self._transaction(session) as conn:
            for each in sorted(cases):
                if await store.lock_state(conn, each) is None:
                    return Became.NOT_THERE
            known = await _held_of(conn, session, cases)
            if are_together(*known.values()):
                return Became.KEPT
            standing = [each for each in known.values() if each is not None]
            series = {each.series_id for each in standing if each.series_id is not None}
            unnamed = [case for case in cases if known[case] is None and case not in joining.names]
            if len(series) > 1 or unnamed or any(each.incident is None for each in standing):
                return Became.CHANGED
            if not series and (series_id := await _series(conn, session, joining)) is not None:
                series = {series_id}
            if not series:
                return Became.NOT_THERE
            for case in cases:
                await _put(conn, session, case, known[case], joining, *series)
            await assessing.keep_series(conn, session, *series)
        return Became.KEPT

    def _transaction(self, session: Session) -> AbstractAsyncContextManager[Connection]:
        return within(self._pool, session)


def _last(links: Iterable[Link]) -> UUID | None:
    """The incident that a case belongs to after everything that was done."""
    last = None
    for link in links:
        last = link.incident_id if link.linked else None
    return last


async def current(conn: Connection, session: Session, case_id: UUID) -> Known | None:
    """The incident that a case belongs to now."""
    last = _last(await incidents.links_of(conn, session, case_id))
    return await incidents.incident(conn, session, last) if last else None


def are_together(one: Known | None, other: Known | None) -> bool:
    """Whether two cases belong to the same incident, or to incidents of the same series."""
    if one is None or other is None:
        return False
    same_series = one.series_id is not None and one.series_id == other.series_id
    return one.incident_id == other.incident_id or same_series


async def _held_of(
    conn: Connection, session: Session, cases: tuple[UUID, UUID]
) -> dict[UUID, Known | None]:
    """The incidents that two cases belong to, held until the transaction ends."""
    found = [await current(conn, session, case) for case in cases]
    for incident_id in sorted({each.incident_id for each in found if each is not None}):
        await incidents.lock(conn, incident_id)
    return {case: await current(conn, session, case) for case in cases}


async def _series(conn: Connection, session: Session, joining: Joining) -> UUID | None:
    """The series that was chosen, or a new one; None where the Stelle has no such."""
    if joining.new_series:
        series = Series(title=joining.new_series)
        await incidents.insert_series(conn, session, joining.number, series)
        return joining.number
    known = await incidents.all_series(conn, session, joining.series_id)
    return joining.series_id if _is_known(known, joining.series_id) else None


async def _put(
    conn: Connection,
    session: Session,
    case_id: UUID,
    known: Known | None,
    joining: Joining,
    series_id: UUID,
) -> None:
    """Put the incident of a case into a series; where it has none, make one."""
    if known is None:
        number = uuid5(joining.number, str(case_id))
        await incidents.insert(conn, session, number, Incident(title=joining.names[case_id]))
        await incidents.link(conn, session, case_id, number, linked=True)
        await store.append_log(conn, session, Act.INCIDENT_LINKED, [case_id])
        known = await incidents.incident(conn, session, number)
    if known is not None and known.incident is not None and known.series_id != series_id:
        await incidents.change(conn, session, known, known.incident, series_id)
        await _log_change(conn, session, [known.incident_id])


async def _held(conn: Connection, session: Session, incident_id: UUID) -> Known | None:
    if await incidents.lock(conn, incident_id) is None:
        return None
    return await incidents.incident(conn, session, incident_id)


def _is_known(series: Iterable[KnownSeries], series_id: UUID | None) -> bool:
    return series_id is None or series_id in {each.series_id for each in series}


async def _log_change(conn: Connection, session: Session, changed: Sequence[UUID]) -> None:
    cases = await incidents.linked_cases(conn, changed)
    await store.append_log(conn, session, Act.INCIDENT_CHANGED, cases)
