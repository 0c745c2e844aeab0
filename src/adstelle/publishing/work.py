"""The process that counts a draft, or audits and publishes one.

`python -m adstelle.publishing.work` reads one `Order` from its standard input and ends when that is
closed. How far it is, and what it came to, stands in the draft's row; its output holds events, and
never a number of a case.
"""

import asyncio
import contextlib
import os
import resource
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from datetime import date
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from adstelle import cards, events
from adstelle.auditing.model import TooLarge
from adstelle.auditing.reading import BadInput
from adstelle.auditing.solving import Unproven
from adstelle.cards import Faults, Opened, Sealed, What
from adstelle.city import City, load_city
from adstelle.counting import drafting
from adstelle.counting.drafting import Draft, Progress
from adstelle.counting.plan import (
    Alternative,
    NoPlan,
    Plan,
    PlanError,
    alternatives,
    laid,
    load_plan,
)
from adstelle.counting.tabulation import tabulate
from adstelle.counting.units import EVERY, BadCards, Frame, Snapshot, snapshot
from adstelle.crypto import envelope
from adstelle.crypto.hpke import PrivateKey
from adstelle.crypto.sessions import ChainedKey
from adstelle.database import Pool, Role, open_pool, transaction
from adstelle.disclosure import utility
from adstelle.domain.private import Private
from adstelle.errors import AdstelleError, OutcomeUnknown, StorageUnavailable
from adstelle.publishing import kept, store
from adstelle.publishing.kept import Choice, Method, Outcome, Reason, Reply, Share, Wish
from adstelle.publishing.opening import opening
from adstelle.publishing.order import Order
from adstelle.publishing.store import Act, Job
from adstelle.releases import publication, service
from adstelle.releases import store as ledger_store
from adstelle.releases.chain import Entry
from adstelle.releases.publication import Period
from adstelle.releases.rules import Numbered

MOST_MEMORY: Final = 4 * 1024**3
MOST_SECONDS: Final = 2 * 60 * 60  # of computing
BEAT: Final = 1.0  # seconds between two signs of life
TRIES: Final = 10  # before a database is taken to be away for good

Done = TypeVar("Done")


class Work(Private, frozen=True, kw_only=True):
    """A draft as the process found it."""

    plan: Plan
    frame: Frame
    wish: Wish
    earlier: tuple[Numbered, ...]


class Counted(Private, frozen=True, kw_only=True):
    """What a draft can be looked at with: everything but what other ways would come to.

    *rest* tries those and gives the whole outcome; None where there is nothing to try.
    """

    made: publication.Publication | None = None
    outcome: Outcome
    ways: int | None = None
    rest: Callable[[], Outcome] | None = None


class Teller:
    """Knows how far the work is, and says it in the draft's row until nobody waits any more.

    Nothing is said while *saying* is held: what the row holds then fits no other step.
    """

    def __init__(self, pool: Pool, order: Order) -> None:
        self.saying = asyncio.Lock()
        self._pool = pool
        self._job, self._member_id = Job(order.draft_id, order.job), order.member_id
        self._last = Progress(drafting.Step.OPENING)

    def __call__(self, progress: Progress) -> None:
        self._last = progress

    async def beat(self) -> None:
        """Say it every second; end the process when the draft is gone or given up."""
        while True:
            with contextlib.suppress(StorageUnavailable, OutcomeUnknown):  # once is no matter
                async with self.saying:
                    if not await self._say(self._last):
                        os._exit(0)
            await asyncio.sleep(BEAT)

    async def _say(self, told: Progress) -> bool:
        async with transaction(self._pool, Role.PUBLISHING, member=self._member_id) as conn:
            if told.step is drafting.Step.COMPARING:
                return await store.beat_comparing(conn, self._job, told.done, told.of)
            return await store.beat(conn, self._job, told.step, told.done, told.of)


def main(teller: type[Teller] = Teller) -> None:
    """Do what is ordered; whatever goes wrong is an event and an end."""
    events.configure()
    _limit()
    order = msgspec.json.decode(sys.stdin.buffer.readline(), type=Order)
    threading.Thread(target=_end_with_input, daemon=True).start()
    try:
        asyncio.run(_work(order, teller))
    except Exception as error:
        events.emit(events.Failed(events.error_name(error), events.where(error)))
        os._exit(1)
    os._exit(0)  # the thread that waits for the end of the input never comes to its own


def _limit() -> None:
    for what, most in (
        (resource.RLIMIT_DATA, MOST_MEMORY),
        (resource.RLIMIT_CPU, MOST_SECONDS),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def _end_with_input() -> None:
    sys.stdin.buffer.read()
    os._exit(1)


async def _work(order: Order, teller: type[Teller]) -> None:
    city = load_city(
        Path(order.folder)
    )  # before anything beats: it takes all there is for a moment
    async with open_pool(order.dsn, Role.PUBLISHING, size=3) as pool:
        tell = teller(pool, order)
        beating = asyncio.create_task(tell.beat())
        try:
            if order.seed is None:
                await _publish(pool, order, city, tell)
            else:
                await _count(pool, order, city, tell)
        finally:
            beating.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await beating


# Counting -----------------------------------------------------------------------------------


async def _count(pool: Pool, order: Order, city: City, tell: Teller) -> None:
    """Count, protect and audit; then, for a draft that can be looked at, try other ways."""
    key, job = ChainedKey(order.seed or b"", order.older), Job(order.draft_id, order.job)
    work = await _patiently(lambda: _found(pool, order, key, city))
    found = _nothing(Reason.NO_PLAN) if work is None else await _counted(pool, key, work, tell)
    content = None if found.made is None else publication.canonical(found.made)
    beside = 0 if work is None else len(work.earlier)
    sealed = kept.seal(found.outcome, order.draft_id, key.public())

    async def keep() -> bool:
        async with transaction(pool, Role.PUBLISHING, member=order.member_id) as conn:
            return await store.drafted(conn, job, content, beside, sealed, found.ways)

    async with tell.saying:
        if not await _patiently(keep) or found.rest is None:
            return
        tell(Progress(drafting.Step.COMPARING, 0, found.ways))
    whole = kept.seal(await asyncio.to_thread(found.rest), order.draft_id, key.public())

    async def keep_whole() -> bool:
        async with transaction(pool, Role.PUBLISHING, member=order.member_id) as conn:
            return await store.compared(conn, job, sealed, whole)

    async with tell.saying:  # afterwards nobody waits for a sign
        await _patiently(keep_whole)


def _nothing(reason: Reason) -> Counted:
    return Counted(outcome=Outcome(reasons=(reason,), choices=()))


async def _found(pool: Pool, order: Order, key: PrivateKey, city: City) -> Work | None:
    """Read what is wanted; None where the city has no plan without faults."""
    try:
        plan = load_plan(Path(order.folder), city)
    except (NoPlan, PlanError):
        return None
    async with transaction(pool, Role.PUBLISHING) as conn:
        draft = await store.draft(conn, order.draft_id)
        ledger = await store.ledger(conn)
    if draft is None or not (draft.period_from and draft.period_to and draft.cut_off):
        raise AdstelleError("there is no such draft")
    wish = kept.unseal(Wish, draft.wish, draft.draft_id, key) if draft.wish else Wish()
    return Work(
        plan=plan,
        frame=Frame(Period(draft.period_from, draft.period_to), draft.cut_off),
        wish=wish,
        earlier=tuple((it.number, publication.read("ledger", it.content)) for it in ledger),
    )


async def _counted(pool: Pool, key: PrivateKey, work: Work, tell: Teller) -> Counted:
    faults = Faults()
    try:
        taken = await _taken(pool, key, work, tell, faults)
        seed = envelope.derive(key.seed, "publishing/holes/1")
        return await asyncio.to_thread(_drafted, work, taken, seed, faults, tell)
    except BadCards:
        return _nothing(Reason.BAD_CARDS)
    except MemoryError:
        return _nothing(Reason.TOO_LARGE)


async def _taken(pool: Pool, key: PrivateKey, work: Work, tell: Teller, faults: Faults) -> Snapshot:
    """Open and count every card as it comes out of the database; few are held at once."""
    loop = asyncio.get_running_loop()
    async with transaction(pool, Role.STATISTICS) as conn:
        of = await cards.totals(conn)
        pages = cards.sealed(conn)

        def count() -> Snapshot:
            with opening(key, of.assessments + of.cards) as opened:
                rows = _told(opened(_passed_on(pages, loop)), of.assessments, tell)
                return snapshot(
                    work.plan,
                    cards.joined(rows, faults),
                    work.frame,
                    lambda done: tell(Progress(drafting.Step.COUNTING, done, of.cards)),
                )

        return await asyncio.to_thread(count)


def _passed_on(
    pages: AsyncIterator[list[Sealed]], loop: asyncio.AbstractEventLoop
) -> Iterator[list[Sealed]]:
    """Pages from the loop's connection to the thread that has them opened."""
    while page := asyncio.run_coroutine_threadsafe(_next(pages), loop).result():
        yield page


async def _next(pages: AsyncIterator[list[Sealed]]) -> list[Sealed]:
    return await anext(pages, [])


def _told(rows: Iterable[Opened], of: int, tell: drafting.Told) -> Iterator[Opened]:
    """Say how many of the assessments are opened; cards are told as they are counted."""
    for done, row in enumerate(rows):
        if row.what is What.ASSESSMENT and done % EVERY == 0:
            tell(Progress(drafting.Step.OPENING, done, of))
        yield row


def _drafted(work: Work, taken: Snapshot, seed: bytes, faults: Faults, tell: Teller) -> Counted:
    found = drafting.drafted(
        work.plan, taken, seed=seed, earlier=work.earlier, merges=work.wish.merges, progress=tell
    )
    outcome = msgspec.structs.replace(
        _read(found), unread=faults.cards + faults.assessments + faults.orphans
    )
    made = found.publication

    def rest() -> Outcome:
        return msgspec.structs.replace(
            outcome,
            methods=_methods(work, taken, found, seed),
            choices=tuple(_choices(work, taken, seed, tell)),
        )

    return Counted(
        made=None if made is None else kept.worded(made, outcome, work.wish),
        outcome=outcome,
        ways=len(alternatives(work.plan, work.wish.merges)),
        rest=rest,
    )


def _read(found: Draft) -> Outcome:
    """The same without what is published anyway."""
    made = found.publication
    return Outcome(
        reasons=found.reasons,
        counted=msgspec.convert(msgspec.to_builtins(found.counted), tuple[kept.Cell, ...]),
        shares=msgspec.convert(msgspec.to_builtins(found.shares), dict[str, Share]),
        plan=found.plan,
        snapshot=found.snapshot,
        changes=len(made.changes) if made else 0,
        notes=len(made.notes) if made else 0,
    )


def _methods(work: Work, taken: Snapshot, found: Draft, seed: bytes) -> tuple[Method, ...]:
    """What hiding costs beside what other ways would; nothing where nothing is published."""
    if found.publication is None:
        return ()
    problem = tabulate(laid(work.plan, work.wish.merges), taken).problem
    hidden = {it.cell for it in found.counted if it.withheld is not None}
    made: dict[str, list[utility.Row]] = {}
    for row in utility.compare(problem, hidden, seed):
        if row.dimensions:  # what names none only says how others hang together
            made.setdefault(row.method, []).append(row)
    return tuple(
        Method(
            method=name.replace(" ", "_"),
            cells=sum(it.cells for it in rows),
            shown=sum(it.shown for it in rows),
            exact=sum(it.exact for it in rows),
            error=sum(it.error for it in rows),
            small=sum(it.small for it in rows),
            narrowed=sum(it.narrowed for it in rows),
        )
        for name, rows in made.items()
    )


def _choices(work: Work, taken: Snapshot, seed: bytes, tell: Teller) -> Iterator[Choice]:
    """What else the plan allows, with what would stay visible of everything."""
    for way, found in drafting.outlook(
        work.plan, taken, seed=seed, earlier=work.earlier, merges=work.wish.merges, progress=tell
    ):
        share = _read(found).shares.get("") if found.publication else None
        yield Choice(merges=way.merges, title=way.title, to=_to(way), share=share)


def _to(way: Alternative) -> dict[str, str]:
    """The groups it would then be counted by; none where it is left out."""
    languages = {lang for words in way.labels for lang in words}
    return {
        lang: ", ".join(words.get(lang, words[publication.GERMAN]) for words in way.labels)
        for lang in sorted(languages)
    }


# Publishing ---------------------------------------------------------------------------------


async def _publish(pool: Pool, order: Order, city: City, tell: Teller) -> None:
    """Audit once more beside the whole ledger; then publish exactly what was approved."""
    tell(Progress(drafting.Step.AUDITING))
    while True:
        draft, ledger = await _patiently(lambda: _approved(pool, order))
        given = publication.read("draft", draft.publication or b"")
        found = await asyncio.to_thread(_reasons, given, ledger)
        step = (
            partial(_return, pool, order, found)
            if found
            else partial(_append, pool, order, draft, ledger, city.today())
        )
        if await _patiently(step):
            return


async def _approved(pool: Pool, order: Order) -> tuple[store.Draft, list[Entry]]:
    async with transaction(pool, Role.PUBLISHING) as conn:
        draft = await store.draft(conn, order.draft_id)
        if draft is None or draft.publication is None:
            raise AdstelleError("there is no such draft")
        return draft, await ledger_store.entries(conn)


async def _append(
    pool: Pool, order: Order, draft: store.Draft, beside: list[Entry], today: date
) -> bool:
    """Publish; false if somebody did meanwhile: then it has to be audited beside that as well."""
    given = publication.read("draft", draft.publication or b"")
    async with transaction(pool, Role.PUBLISHING, member=order.member_id) as conn:
        if len(await ledger_store.entries(conn)) > len(beside):
            return False
        entry = await service.append(
            conn, given, beside,
            prepared_by=draft.handed_name or "", approved_by=draft.approver_name or "",
            today=today,
        )  # fmt: skip
        await store.published(conn, order.draft_id, entry.number)
        await store.append_log(conn, order.member_id, Act.PUBLISHED, order.draft_id, entry.number)
    return True


def _reasons(given: publication.Publication, ledger: list[Entry]) -> list[str]:
    try:
        return list(service.reasons(given, ledger))
    except (BadInput, TooLarge, Unproven):
        return [Reason.UNPROVEN]


async def _return(pool: Pool, order: Order, reasons: list[str]) -> bool:
    async with transaction(pool, Role.PUBLISHING, member=order.member_id) as conn:
        key = await store.statistics_key(conn)
        if key is None:
            raise AdstelleError("the statistics key is not set up")
        sealed = kept.seal(Reply(reasons=tuple(reasons)), order.draft_id, key)
        await store.give_back(conn, order.draft_id, sealed)
        await store.append_log(conn, order.member_id, Act.REFUSED, order.draft_id)
    return True


async def _patiently(do: Callable[[], Awaitable[Done]]) -> Done:
    """Try again where the database was away: hours of work are not lost by one moment."""
    for _ in range(TRIES):
        try:
            return await do()
        except StorageUnavailable:  # nothing was sent
            await asyncio.sleep(BEAT)
    return await do()


if __name__ == "__main__":
    main()
