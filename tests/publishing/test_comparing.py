"""A draft can be looked at while coarser groups are tried; what happens meanwhile goes first."""

import asyncio
import shutil
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn
from uuid import UUID, uuid4

import pytest

from adstelle.city import CITIES, City
from adstelle.counting.drafting import Progress, Step
from adstelle.crypto import sealing
from adstelle.database import Pool, Role, open_pool, transaction
from adstelle.publishing import kept, store, work
from adstelle.publishing.jobs import Jobs, Site
from adstelle.publishing.order import Order
from adstelle.publishing.service import Became, Publishing, Seen
from adstelle.publishing.store import Job, State
from tests.conftest import Database
from tests.counting.cases import SMALL, several
from tests.publishing.conftest import NoJobs, Office
from tests.publishing.drafts import CONTENT
from tests.publishing.test_work import FRAME, waited

LONG: Final = 120  # seconds that no test waits unless something is wrong
BROKEN: Final = """
create function figures.broken() returns trigger language plpgsql as
    $$ begin raise exception 'nobody may know what other ways came to'; end $$;
create trigger broken before update on figures.draft for each row
    when (old.step = 'comparing' and old.outcome is distinct from new.outcome)
    execute function figures.broken();
"""
WHOLE: Final = "drop trigger broken on figures.draft; drop function figures.broken()"


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """Jena with a small plan, so that there are few groups to try."""
    folder = tmp_path / "jena"
    shutil.copytree(CITIES / "jena", folder)
    (folder / "statistics.toml").write_text(SMALL)
    return folder


class Held(work.Teller):
    """A teller that holds the first try of coarser groups until it may go on."""

    def __init__(self, pool: Pool, order: Order) -> None:
        super().__init__(pool, order)
        self.tried, self.go_on = threading.Event(), threading.Event()
        self._own = threading.get_ident()

    def __call__(self, progress: Progress) -> None:
        super().__call__(progress)
        if progress.step is not Step.COMPARING:
            return
        if threading.get_ident() == self._own:
            assert self.saying.locked(), "a sign of the step before would end the process"
        else:
            self.tried.set()
            self.go_on.wait(LONG)


@dataclass
class Comparing:
    """A draft that is ready while the work of its process is held at the first coarser group."""

    office: Office
    draft_id: UUID
    order: Order
    held: Held
    working: "asyncio.Task[None]"

    async def look(self) -> Seen:
        return await self.office.look(self.draft_id)

    async def finish(self) -> Seen:
        """Let the process come to its end."""
        self.held.go_on.set()
        await asyncio.wait_for(self.working, LONG)
        return await self.look()

    async def is_waited_for(self) -> bool:
        """What the process is told at its next sign of life."""
        return await self.held._say(Progress(Step.COMPARING, 1, 5))


@pytest.fixture
async def comparing(
    office: Office, jobs: NoJobs, staff_pool: Pool, database: Database, small: Path, city: City
) -> AsyncIterator[Comparing]:
    office.publishing = Publishing(staff_pool, jobs, lambda: FRAME[2])
    key = office.statistics.private.public()
    for it in [*several(30, area="arbeit"), *several(20, area="wohnen"), *several(3, area=None)]:
        await office.admin.execute(
            "insert into intake.card (card_id, sealed) values ($1, $2)",
            it.card_id, sealing.seal_card(it.card_id, it.card, key),
        )  # fmt: skip
    draft_id = uuid4()
    await office.publishing.begin(office.dora, draft_id, FRAME)
    job = await office.admin.fetchval("select job from figures.draft")
    order = Order(
        draft_id=draft_id, job=job, member_id=office.dora.member_id,
        seed=office.statistics.private.seed, dsn=database.dsn("adstelle_staff"), folder=str(small),
    )  # fmt: skip
    async with open_pool(order.dsn, Role.PUBLISHING, size=3) as pool:
        held = Held(pool, order)
        working = asyncio.create_task(work._count(pool, order, city, held))
        try:
            assert await asyncio.to_thread(held.tried.wait, LONG)
            yield Comparing(office, draft_id, order, held, working)
        finally:
            held.go_on.set()
            await asyncio.gather(working, return_exceptions=True)


# Nothing comes between ----------------------------------------------------------------------


async def test_everything_else_is_there_before_the_coarser_groups(comparing: Comparing) -> None:
    first = await comparing.look()
    assert first.draft.state is State.READY
    assert first.is_comparing
    assert first.draft.total
    assert first.outcome.shares
    assert first.outcome.counted
    assert (first.outcome.choices, first.outcome.methods) == (None, ())
    assert await comparing.is_waited_for()
    assert (await comparing.look()).draft.done == 1

    last = await comparing.finish()
    assert last.outcome.choices is not None
    assert len(last.outcome.choices) == first.draft.total
    assert last.outcome.methods[0].method == "suppression"
    assert last.draft.sha256 == first.draft.sha256
    assert last.outcome.counted == first.outcome.counted
    assert not last.is_comparing
    assert not last.is_untried


async def test_another_draft_is_counted_or_approved_meanwhile(comparing: Comparing) -> None:
    office = comparing.office
    handed = await office.draft(State.HANDED)
    seen = await office.sha256(handed)
    assert await office.publishing.approve(office.mira, handed, seen) is Became.DONE
    await office.admin.execute("delete from figures.draft where draft_id = $1", handed)
    assert await office.publishing.begin(office.stella, uuid4(), FRAME) is Became.DONE

    assert (await comparing.finish()).outcome.choices


# Something does -----------------------------------------------------------------------------


async def test_words_of_meanwhile_stay_beside_the_groups(comparing: Comparing) -> None:
    office, words = comparing.office, {"de": "Eine neue Frage."}
    seen = await office.sha256(comparing.draft_id)
    became = await office.publishing.word(office.dora, comparing.draft_id, seen, words, {})
    assert became is Became.DONE
    worded = await office.sha256(comparing.draft_id)
    last = await comparing.finish()

    assert last.outcome.choices
    assert last.wish.changes == words
    assert last.made is not None
    assert last.made.changes[-1] == words
    assert await office.sha256(comparing.draft_id) == worded != seen


async def handed_over(at: Comparing) -> None:
    seen = await at.office.sha256(at.draft_id)
    assert await at.office.publishing.hand(at.office.dora, at.draft_id, seen) is Became.DONE


async def approved(at: Comparing) -> None:
    await handed_over(at)
    seen = await at.office.sha256(at.draft_id)
    assert await at.office.publishing.approve(at.office.mira, at.draft_id, seen) is Became.DONE


async def given_back(at: Comparing) -> None:
    await handed_over(at)
    became = await at.office.publishing.give_back(at.office.mira, at.draft_id, "Bitte kürzen.")
    assert became is Became.DONE


async def counted_again(at: Comparing) -> None:
    became = await at.office.publishing.count_again(at.office.stella, at.draft_id)
    assert became is Became.DONE


async def counted_again_to_the_end(at: Comparing) -> None:
    """Another process left the same, and tries now."""
    outcome = (await at.look()).draft.outcome or b""
    await counted_again(at)
    number = await at.office.admin.fetchval("select job from figures.draft")
    async with transaction(at.held._pool, Role.PUBLISHING) as conn:
        assert await store.drafted(conn, Job(at.draft_id, number), CONTENT, 0, outcome, 5)


async def deleted(at: Comparing) -> None:
    assert await at.office.publishing.delete(at.office.dora, at.draft_id) is Became.DONE


async def lost(at: Comparing) -> None:
    """It gave no sign of life, and somebody was told so."""
    await at.office.admin.execute("update figures.draft set beat_at = now() - interval '3 minutes'")
    assert (await at.look()).is_untried


@pytest.mark.parametrize(
    "meanwhile",
    [handed_over, approved, given_back, counted_again, counted_again_to_the_end, deleted, lost],
)
async def test_what_was_done_meanwhile_is_not_overwritten_and_ends_the_process(
    comparing: Comparing, meanwhile: Callable[[Comparing], Awaitable[None]]
) -> None:
    await meanwhile(comparing)
    before = await comparing.office.admin.fetchrow("select * from figures.draft")
    assert not await comparing.is_waited_for()
    comparing.held.go_on.set()
    await asyncio.wait_for(comparing.working, LONG)

    assert await comparing.office.admin.fetchrow("select * from figures.draft") == before


async def test_what_is_taken_back_at_once_still_gets_its_groups(comparing: Comparing) -> None:
    await handed_over(comparing)
    office = comparing.office
    assert await office.publishing.take_back(office.dora, comparing.draft_id) is Became.DONE

    assert await comparing.is_waited_for()
    assert (await comparing.finish()).outcome.choices


async def test_what_is_sealed_anew_meanwhile_stays_so(comparing: Comparing) -> None:
    """As after a new key of the statistics; the process knows only the one before."""
    anew = kept.seal(
        (await comparing.look()).outcome, comparing.draft_id,
        comparing.office.statistics.private.public(),
    )  # fmt: skip
    await comparing.office.admin.execute("update figures.draft set outcome = $1", anew)
    assert (await comparing.finish()).draft.outcome == anew


# It dies ------------------------------------------------------------------------------------


async def test_a_process_that_dies_comparing_leaves_a_draft_that_says_so(
    office: Office, staff_pool: Pool, database: Database, small: Path
) -> None:
    """A real one: it fails where it would keep what it came to."""
    jobs = Jobs(staff_pool, Site(database.dsn("adstelle_staff"), small))
    office.publishing = Publishing(staff_pool, jobs, lambda: FRAME[2])
    draft_id = uuid4()
    await office.admin.execute(BROKEN)
    try:
        await office.publishing.begin(office.dora, draft_id, FRAME)
        process = jobs._running[draft_id]
        assert await asyncio.wait_for(process.wait(), LONG) == 1
        assert await waited(office, draft_id, State.REFUSED) == State.REFUSED  # there are no cards
        await asyncio.gather(*jobs._watching)
    finally:
        await office.admin.execute(WHOLE)
    seen = await office.look(draft_id)

    assert seen.outcome.reasons
    assert seen.is_untried


async def test_nothing_is_to_be_tried_where_nothing_was_counted(
    office: Office, staff_pool: Pool, city: City, tmp_path: Path, jobs: NoJobs
) -> None:
    draft_id = uuid4()
    await office.publishing.begin(office.dora, draft_id, FRAME)
    order = Order(
        draft_id=draft_id, job=await office.admin.fetchval("select job from figures.draft"),
        member_id=office.dora.member_id, seed=office.statistics.private.seed, dsn="",
        folder=str(tmp_path),
    )  # fmt: skip
    await work._count(staff_pool, order, city, _Mute(staff_pool, order))
    seen = await office.look(draft_id)

    assert seen.outcome.reasons == ("no_plan",)
    assert not seen.is_comparing
    assert not seen.is_untried


class _Mute(work.Teller):
    def __call__(self, progress: Progress) -> NoReturn:
        raise AssertionError(progress)
