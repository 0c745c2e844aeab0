"""The process that counts and publishes, as it runs: real cards, the real plan, a real ending."""

import asyncio
import signal
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Final
from uuid import UUID, uuid4

import msgspec
import pytest

from adstelle.city import City
from adstelle.crypto import sealing
from adstelle.crypto.hpke import PrivateKey
from adstelle.database import Pool
from adstelle.local.made_up import cards
from adstelle.publishing import kept
from adstelle.publishing.jobs import Jobs
from adstelle.publishing.service import Became, Publishing, Seen
from adstelle.publishing.store import State
from adstelle.releases import publication, service
from tests.publishing.conftest import Office
from tests.publishing.drafts import CONTENT
from tests.releases.files import YEAR, read
from tests.staff_side import TODAY

FRAME: Final = (date(2027, 1, 1), date(2027, 12, 31), date(2028, 3, 1))
CARDS: Final = 80


@pytest.fixture
def working(office: Office, staff_pool: Pool, real_jobs: Jobs) -> Publishing:
    """The same office, with processes that really start."""
    office.publishing = Publishing(staff_pool, real_jobs, lambda: FRAME[2])
    return office.publishing


async def fill(office: Office, city: City) -> None:
    """Seal made-up cards and what was found of them, as the service does."""
    key = office.statistics.private.public()
    for it in islice(cards(city, CARDS, 2027), CARDS):
        await office.admin.execute(
            "insert into intake.card (card_id, sealed) values ($1, $2)",
            it.card_id, sealing.seal_card(it.card_id, it.card, key),
        )  # fmt: skip
        for found in it.assessments:
            assessment_id = uuid4()
            await office.admin.execute(
                "insert into counting.assessment (assessment_id, sealed) values ($1, $2)",
                assessment_id, sealing.seal_assessment(assessment_id, found, key),
            )  # fmt: skip


async def waited(office: Office, draft_id: UUID, *ends: State) -> str:
    for _ in range(3000):
        if (state := await office.state(draft_id)) in ends:
            return state or ""
        await asyncio.sleep(0.1)
    raise AssertionError(f"still {state}")


async def compared(office: Office, draft_id: UUID) -> Seen:
    """The draft once coarser groups were tried; its process may be on its way to the end."""
    for _ in range(3000):
        if not (seen := await office.look(draft_id)).is_comparing:
            return seen
        await asyncio.sleep(0.1)
    raise AssertionError("still comparing")


async def test_a_year_is_counted_approved_and_published(
    office: Office, working: Publishing, operator_pool: Pool, city: City
) -> None:
    await fill(office, city)
    office.people["dora"] = msgspec.structs.replace(  # a new key; no card is sealed for it yet
        office.dora,
        statistics_seed=PrivateKey.generate().seed,
        statistics_older=(office.statistics.private.seed,),
    )
    draft_id = uuid4()
    await working.begin(office.dora, draft_id, FRAME)
    state = await waited(office, draft_id, State.READY, State.REFUSED, State.STOPPED)
    seen = await office.look(draft_id)
    assert state == State.READY, (state, seen.outcome.reasons)
    assert seen.made is not None
    assert seen.outcome.unread == 0
    assert {it.cell: it.value for it in seen.outcome.counted if it.withheld is None} == {
        it.id: it.value for it in seen.made.release.cells if it.value is not None
    }
    seen = await compared(office, draft_id)
    assert seen.outcome.choices
    ways = seen.outcome.methods
    assert ways[0].method == "suppression"
    assert (
        ways[0].exact
        == ways[0].shown
        == len(seen.outcome.counted) - sum(it.withheld is not None for it in seen.outcome.counted)
    )
    assert len(ways) > 4
    content, sha256 = seen.draft.publication, await office.sha256(draft_id)

    assert await working.hand(office.dora, draft_id, sha256) is Became.DONE
    assert await working.approve(office.mira, draft_id, sha256) is Became.DONE
    assert await waited(office, draft_id, State.PUBLISHED, State.RETURNED, State.HANDED) == (
        State.PUBLISHED
    )
    entries, broken = await service.verified(operator_pool)

    assert [(it.content, it.prepared_by, it.approved_by) for it in entries] == [
        (content, "Dora Muster", "Mira Muster")
    ]
    assert broken == []
    row = await office.admin.fetchrow("select * from figures.draft")
    assert row is not None
    assert not any(isinstance(it, bytes) for it in row.values()), "nothing counted is kept"


async def test_what_contradicts_the_ledger_comes_back_with_the_reason(
    office: Office, working: Publishing, operator_pool: Pool
) -> None:
    """Something was published between the hand-over and the approval."""
    draft_id = await office.draft(State.HANDED)
    await service.publish(
        operator_pool, read(YEAR), prepared_by="Eva Eins", approved_by="Zoe Zwei", today=TODAY
    )
    await working.approve(office.mira, draft_id, await office.sha256(draft_id))
    state = await waited(office, draft_id, State.PUBLISHED, State.RETURNED, State.HANDED)
    reply = (await office.look(draft_id)).reply

    assert state == State.RETURNED
    assert reply is not None
    assert reply.reasons == ("this is release 1 already",)
    assert len(await office.ledger()) == 1
    assert publication.read("draft", CONTENT) == (await office.look(draft_id)).made


async def test_a_process_tells_nobody_its_secrets_and_ends_when_told(
    office: Office, working: Publishing, real_jobs: Jobs, city: City
) -> None:
    await fill(office, city)
    draft_id = uuid4()
    await working.begin(office.dora, draft_id, FRAME)
    process = real_jobs._running[draft_id]
    child = Path(f"/proc/{process.pid}")
    told = (child / "cmdline").read_bytes() + (child / "environ").read_bytes()
    await working.stop(office.dora, draft_id)

    assert b"postgres" not in told
    assert b"ADSTELLE" not in told
    assert b"publishing.work" in told
    assert await asyncio.wait_for(process.wait(), 300) == -signal.SIGKILL
    assert await office.state(draft_id) == State.STOPPED


async def test_a_process_that_dies_leaves_a_draft_that_can_be_begun_again(
    office: Office, working: Publishing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its order does not open: it ends at once, with nothing done."""
    draft_id = await office.draft(State.STOPPED)
    await office.admin.execute("update figures.draft set wish = null")
    monkeypatch.setattr(kept, "seal", lambda *_: b"damaged")
    await working.count_again(office.dora, draft_id)

    assert await waited(office, draft_id, State.STOPPED, State.READY) == State.STOPPED


async def test_a_process_ends_with_whoever_started_it(
    office: Office, working: Publishing, real_jobs: Jobs
) -> None:
    """The web process was killed: what it held open is closed, and nothing more."""
    draft_id = await office.draft(State.STOPPED)
    await working.count_again(office.dora, draft_id)
    process = real_jobs._running[draft_id]
    assert process.stdin is not None
    process.stdin.close()

    assert await asyncio.wait_for(process.wait(), 300) == 1
