"""The sealed search index of a Stelle, written by its sessions: only they can read a case."""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final
from uuid import UUID

from adstelle.casework import opened, store
from adstelle.casework.access import within
from adstelle.casework.assessing import service as assessing
from adstelle.casework.index import store as index_store
from adstelle.casework.index import tally
from adstelle.casework.index.store import Kept, Recorded, scheme_of
from adstelle.casework.record import opening
from adstelle.casework.record.store import Revision
from adstelle.casework.store import Act, MessageRow
from adstelle.city import City
from adstelle.crypto.sessions import Session
from adstelle.crypto.tokens import token, tokens_of
from adstelle.database import Pool
from adstelle.domain import search
from adstelle.domain.record import Record
from adstelle.domain.report import Account, Message
from adstelle.domain.running import tallied
from adstelle.domain.search import Filter
from adstelle.web import deadlines

BATCH: Final = 25  # cases at once: a page of the queue, about a tenth of a second
PURPOSE: Final = "index"


class Index:
    """What a session writes into the index, and what it asks of it."""

    def __init__(self, pool: Pool, city: City) -> None:
        self._pool = pool
        self._city = city

    async def catch_up(self, session: Session, most: int, today: date) -> None:
        """Take up to *most* more cases into the index, newest first. Opening them is logged."""
        while most > 0:
            async with within(self._pool, session) as conn:
                cases = await index_store.unindexed(conn, scheme_of(session), min(most, BATCH))
                if not cases:
                    return
                case_ids = [case.case_id for case in cases]
                await store.append_log(conn, session, Act.CASE_INDEXED, case_ids)
                reports = [case.report_id for case in cases if case.report_id is not None]
                said = await index_store.conversations(conn, reports)
            found = await asyncio.to_thread(self._read, session, cases, said, today)
            async with within(self._pool, session) as conn:
                await index_store.keep(conn, scheme_of(session), found)
                await assessing.keep(conn, session, case_ids)
            most -= BATCH

    async def keep(
        self,
        session: Session,
        case_id: UUID,
        account: Account | None,
        messages: Iterable[Message],
        today: date,
        record: Record | None = None,
    ) -> None:
        """Bring an opened case up to date in the index."""
        kept = self.kept(session, case_id, account, messages, today, record)
        async with within(self._pool, session) as conn:
            outdated = await index_store.is_outdated(conn, case_id, scheme_of(session))
            await index_store.keep(conn, scheme_of(session), [kept])
            if outdated:
                await assessing.keep(conn, session, [case_id])

    def kept(
        self,
        session: Session,
        case_id: UUID,
        account: Account | None,
        messages: Iterable[Message],
        today: date,
        record: Record | None = None,
    ) -> Kept:
        """What the index keeps of a case; of one that does not open, only what fills up."""
        body = record.responsible_name if record else ""
        said = list(messages)
        terms = search.terms_of(account, said, body) if account else []
        key = session.own_key(PURPOSE)
        return Kept(
            case_id,
            tokens_of(key, case_id, terms),
            self.due_on(account, today),
            self._tally(session, case_id, account, said, record),
        )

    def _tally(
        self,
        session: Session,
        case_id: UUID,
        account: Account | None,
        messages: Sequence[Message],
        record: Record | None,
    ) -> bytes | None:
        """What a case counts as, sealed; None where it does not open."""
        if account is None:
            return None
        found = tallied(account, messages, record or Record(), self._city.territories)
        return tally.seal(session, case_id, found)

    def due_on(self, account: Account | None, today: date) -> date | None:
        """The first statutory day that may still be met."""
        if account is None:
            return None
        found = self._city.deadlines_for(account.answers, account.date, today)
        return deadlines.next_day(found, today)

    def wanted(self, session: Session, given: Filter) -> list[list[int]]:
        """The tokens that a filter asks for: a case must hold all of one of the lists."""
        key = session.own_key(PURPOSE)
        return [
            [token(key, field, value) for field, value in terms]
            for terms in search.wanted(given, self._city.languages)
        ]

    def _read(
        self,
        session: Session,
        cases: Sequence[Recorded],
        said: dict[UUID, list[MessageRow]],
        today: date,
    ) -> list[Kept]:
        """Open cases for the index. Runs beside the event loop."""
        private = session.key()
        found = []
        for case in cases:
            account = opened.content(case, private, session.stelle).account
            rows = said.get(case.report_id, []) if case.report_id else []
            read = (opened.message(row, private, session.stelle) for row in rows)
            messages = [message for message in read if message is not None]
            record = record_of(session, case)
            found.append(self.kept(session, case.case_id, account, messages, today, record))
        return found


def record_of(session: Session, case: Recorded) -> Record | None:
    """The record of a case; None where it does not open."""
    if case.revision is None or case.record is None:
        return Record()
    return opening.record(session, case.case_id, Revision(case.revision, case.record))
