"""From a draft to the ledger: two people, exact bytes, one process at a time, nothing kept."""

from datetime import date
from typing import Final
from uuid import UUID, uuid4

import asyncpg
import pytest

from adstelle.database import Pool, Role, transaction
from adstelle.delivery.service import sweep
from adstelle.errors import Unopenable
from adstelle.publishing import kept, store
from adstelle.publishing.kept import Outcome, Reply
from adstelle.publishing.service import Became
from adstelle.publishing.store import Act, Job, State
from adstelle.releases import publication, service
from adstelle.releases import store as ledger_store
from adstelle.releases.chain import link
from adstelle.releases.publication import Withdrawn
from tests.publishing.conftest import NoJobs, Office, renamed
from tests.publishing.drafts import CONTENT, OUTCOME
from tests.releases.files import YEAR, changed, read
from tests.staff_side import TODAY

FRAME: Final = (date(2025, 1, 1), date(2025, 12, 31), date(2026, 3, 1))


async def acts(office: Office) -> list[tuple[str, str]]:
    found = (await office.publishing.overview(office.dora)).log
    return [(it.name.split()[0].lower(), it.act.value) for it in found][::-1]


# Counting -----------------------------------------------------------------------------------


async def test_a_draft_is_begun_once_however_often_the_form_comes(
    office: Office, jobs: NoJobs
) -> None:
    draft_id = uuid4()
    for _ in range(2):
        assert await office.publishing.begin(office.dora, draft_id, FRAME) is Became.DONE

    assert jobs.started == [(draft_id, True)]
    assert await acts(office) == [("dora", "begun")]


async def test_one_process_works_at_a_time(office: Office, jobs: NoJobs) -> None:
    handed = await office.draft(State.HANDED)
    await office.publishing.begin(office.dora, uuid4(), FRAME)
    became = await office.publishing.begin(office.stella, uuid4(), FRAME)
    approved = await office.publishing.approve(office.mira, handed, await office.sha256(handed))

    assert (became, approved) == (Became.BUSY, Became.BUSY)
    assert len(jobs.started) == 1


async def test_a_process_without_a_sign_of_life_can_be_begun_again(
    office: Office, jobs: NoJobs
) -> None:
    draft_id = await office.draft(State.WORKING)
    await office.admin.execute("update figures.draft set beat_at = now() - interval '3 minutes'")

    assert (await office.look(draft_id)).draft.state is State.STOPPED
    assert await office.publishing.count_again(office.stella, draft_id) is Became.DONE
    assert jobs.started == [(draft_id, True)]


async def test_what_is_stopped_is_ended_and_gets_no_answer_any_more(
    office: Office, jobs: NoJobs, staff_pool: Pool
) -> None:
    draft_id = await office.draft(State.WORKING)
    job = Job(draft_id, uuid4())
    await office.admin.execute("update figures.draft set job = $1", job.number)

    assert await office.publishing.stop(office.dora, draft_id) is Became.DONE
    assert jobs.ended == [draft_id]
    async with transaction(staff_pool, Role.PUBLISHING) as conn:
        assert not await store.beat(conn, job, "counting", 1, None)
        assert not await store.drafted(conn, job, CONTENT, 0, b"")
    assert await office.state(draft_id) == "stopped"


async def test_a_process_that_was_told_to_stop_is_not_taken_for_the_next_one(
    office: Office, staff_pool: Pool
) -> None:
    draft_id = await office.draft(State.STOPPED)
    former = Job(draft_id, uuid4())
    await office.publishing.count_again(office.dora, draft_id)
    async with transaction(staff_pool, Role.PUBLISHING) as conn:
        assert not await store.beat(conn, former, "counting", 1, None)
        assert not await store.drafted(conn, former, CONTENT, 0, b"")
        assert not await store.ended(conn, former)
    assert await office.state(draft_id) == "working"


async def test_other_groups_are_chosen_and_typed_words_stay(office: Office) -> None:
    draft_id = await office.draft()
    words = {"de": "Eine neue Frage."}
    await office.publishing.word(office.dora, draft_id, await office.sha256(draft_id), words, {})
    await office.publishing.count_again(office.dora, draft_id, {"area": "none"})
    seen = await office.look(draft_id)

    assert (seen.wish.merges, seen.wish.changes) == ({"area": "none"}, words)
    assert seen.draft.cut_off == TODAY  # counted anew is counted as things stand now
    assert await office.state(draft_id) == "working"


# What is kept -------------------------------------------------------------------------------


async def test_what_is_counted_is_sealed_to_the_statistics_key(office: Office) -> None:
    draft_id = await office.draft()
    row = await office.admin.fetchrow("select * from figures.draft")
    assert row is not None

    assert (await office.look(draft_id)).outcome == OUTCOME
    assert (await office.look(draft_id, "mira")).outcome == Outcome()
    assert b"protects" not in b"".join(it for it in row.values() if isinstance(it, bytes))
    with pytest.raises(Unopenable):
        kept.unseal(Outcome, row["outcome"], uuid4(), office.dora.statistics_key())


async def test_a_draft_given_up_is_gone(office: Office) -> None:
    draft_id = await office.draft()

    assert await office.publishing.delete(office.dora, draft_id) is Became.DONE
    assert await office.admin.fetchval("select count(*) from figures.draft") == 0
    assert await acts(office) == [("dora", "deleted")]


@pytest.mark.parametrize("state", [State.WORKING, State.HANDED, State.APPROVING])
async def test_what_somebody_waits_for_is_not_deleted(office: Office, state: State) -> None:
    draft_id = await office.draft(state)

    assert await office.publishing.delete(office.dora, draft_id) is Became.CHANGED


@pytest.mark.parametrize("state", [State.READY, State.REFUSED, State.HANDED])
async def test_a_forgotten_draft_goes_unless_somebody_is_to_approve_it(
    office: Office, worker_pool: Pool, state: State
) -> None:
    await office.draft(state)
    old = "made_at = now() - interval '91 days', beat_at = now() - interval"
    await office.admin.execute(f"update figures.draft set {old} '89 days'")
    assert await sweep(worker_pool) == 0
    await office.admin.execute(f"update figures.draft set {old} '91 days'")
    assert await sweep(worker_pool) == (0 if state is State.HANDED else 1)


# Words --------------------------------------------------------------------------------------


async def test_words_stand_beside_the_same_numbers(office: Office) -> None:
    draft_id = await office.draft()
    for text in ("Erst so.", "Dann so."):
        seen = await office.sha256(draft_id)
        became = await office.publishing.word(
            office.dora, draft_id, seen, {"de": text}, {"de": "Hinweis"}
        )
        assert became is Became.DONE
    made = (await office.look(draft_id)).made
    assert made is not None

    assert made.changes == ({"de": "Dann so."},)
    assert made.notes == ({"de": "Hinweis"},)
    assert made.release == read(YEAR).release


async def test_words_for_something_else_than_was_seen_are_refused(office: Office) -> None:
    draft_id = await office.draft()
    seen = await office.sha256(draft_id)
    await office.publishing.word(office.dora, draft_id, seen, {"de": "Zuerst."}, {})
    again = await office.publishing.word(office.dora, draft_id, seen, {"de": "Zuerst."}, {})
    other = await office.publishing.word(office.stella, draft_id, seen, {"de": "Anders."}, {})

    assert (again, other) == (Became.DONE, Became.CHANGED)


# Two people ---------------------------------------------------------------------------------


async def handed(office: Office, by: str = "dora") -> UUID:
    draft_id = await office.draft()
    seen = await office.sha256(draft_id)
    assert await office.publishing.hand(office.people[by], draft_id, seen) is Became.DONE
    return draft_id


async def test_a_second_person_approves(office: Office, jobs: NoJobs) -> None:
    draft_id = await handed(office)
    for _ in range(2):  # the same form may come twice
        became = await office.publishing.approve(
            office.lea, draft_id, await office.sha256(draft_id)
        )
        assert became is Became.DONE

    assert await office.state(draft_id) == "approving"
    assert jobs.started == [(draft_id, False)], "without the key of the statistics"
    assert await acts(office) == [("dora", "handed"), ("lea", "approved")]


@pytest.mark.parametrize("by", ["dora", "stella"])
async def test_whoever_made_or_handed_it_over_does_not_approve(office: Office, by: str) -> None:
    draft_id = await handed(office, by="stella")
    seen = await office.sha256(draft_id)

    assert await office.publishing.approve(office.people[by], draft_id, seen) is Became.OWN


async def test_nor_does_somebody_of_the_same_name(office: Office) -> None:
    draft_id = await handed(office)
    twin = renamed(office.mira, " dora   MUSTER")

    became = await office.publishing.approve(twin, draft_id, await office.sha256(draft_id))
    assert became is Became.SAME_NAME


async def test_only_what_was_seen_is_approved(office: Office) -> None:
    draft_id = await handed(office)
    seen = await office.sha256(draft_id)
    await office.publishing.take_back(office.dora, draft_id)
    await office.publishing.word(office.dora, draft_id, seen, {"de": "Noch ein Wort."}, {})
    await office.publishing.hand(office.dora, draft_id, await office.sha256(draft_id))

    assert await office.publishing.approve(office.mira, draft_id, seen) is Became.CHANGED


async def test_it_comes_back_with_words_only_statisticians_read(office: Office) -> None:
    draft_id = await handed(office)
    became = await office.publishing.give_back(office.mira, draft_id, "Bitte den Hinweis kürzen.")

    assert became is Became.DONE
    assert (await office.look(draft_id)).reply == Reply(text="Bitte den Hinweis kürzen.")
    assert (await office.look(draft_id, "mira")).reply is None
    assert await office.state(draft_id) == "returned"


async def test_a_draft_beside_which_something_appeared_is_not_handed_over(
    office: Office, operator_pool: Pool
) -> None:
    draft_id = await office.draft()
    seen = await office.sha256(draft_id)
    await published(operator_pool)

    assert (await office.look(draft_id)).is_outdated
    assert await office.publishing.hand(office.dora, draft_id, seen) is Became.OUTDATED


async def published(pool: Pool) -> None:
    other = changed(period={"from": "2024-01-01", "to": "2024-12-31"}, cut_off="2025-03-31")
    await service.publish(
        pool, read(other), prepared_by="Eva Eins", approved_by="Zoe Zwei", today=TODAY
    )


# The database -------------------------------------------------------------------------------


async def insert_release(pool: Pool, office: Office, content: bytes, by: str) -> None:
    """Add to the ledger as the process does, whatever it should not."""
    entry = link(
        None, content, TODAY, prepared_by="Dora Muster", approved_by=office.people[by].name
    )
    member = office.people[by].member_id
    async with transaction(pool, Role.PUBLISHING, member=member) as conn:
        await ledger_store.append(conn, entry)


async def approving(office: Office) -> UUID:
    """What `mira` agreed to."""
    return await office.draft(State.APPROVING)


async def test_the_database_takes_what_two_people_agreed_to(
    office: Office, staff_pool: Pool
) -> None:
    await approving(office)
    await insert_release(staff_pool, office, CONTENT, "mira")
    assert await office.ledger() == [1]


@pytest.mark.parametrize("what", ["other bytes", "another person", "nobody agreed", "who left"])
async def test_the_database_takes_nothing_else(office: Office, staff_pool: Pool, what: str) -> None:
    await (office.draft(State.HANDED) if what == "nobody agreed" else approving(office))
    if what == "who left":
        await office.admin.execute(
            "update accounts.member set left_on = current_date, login = null, sealed_box = null, "
            "stelle_wrap = null, own_public = null where member_id = $1",
            office.mira.member_id,
        )
    content = publication.canonical(read(changed(title={"de": "Anders"})))
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await insert_release(
            staff_pool,
            office,
            content if what == "other bytes" else CONTENT,
            "lea" if what == "another person" else "mira",
        )
    assert await office.ledger() == []


@pytest.mark.parametrize("who", ["dora", "ada"])
async def test_the_database_lets_nobody_approve_who_may_not(
    office: Office, staff_pool: Pool, who: str
) -> None:
    draft_id = await office.draft(State.HANDED)
    member = office.people[who].member_id
    with pytest.raises((asyncpg.InsufficientPrivilegeError, asyncpg.CheckViolationError)):
        async with transaction(staff_pool, Role.PUBLISHING, member=member) as conn:
            await store.approve(conn, Job(draft_id, uuid4()), member)


async def test_nobody_approves_in_anothers_name(office: Office, staff_pool: Pool) -> None:
    draft_id = await office.draft(State.HANDED)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with transaction(staff_pool, Role.PUBLISHING, member=office.dora.member_id) as conn:
            await store.approve(conn, Job(draft_id, uuid4()), office.mira.member_id)


async def test_the_log_is_written_in_ones_own_name_and_stays(
    office: Office, staff_pool: Pool
) -> None:
    mira, dora = office.mira.member_id, office.dora.member_id
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with transaction(staff_pool, Role.PUBLISHING, member=mira) as conn:
            await store.append_log(conn, dora, Act.HANDED, uuid4())


# Corrections --------------------------------------------------------------------------------


async def test_a_correction_goes_the_same_way(office: Office, operator_pool: Pool) -> None:
    await service.publish(
        operator_pool, read(YEAR), prepared_by="Eva Eins", approved_by="Zoe Zwei", today=TODAY
    )
    draft_id, why = uuid4(), {"de": "Falsch erfasst."}
    for _ in range(2):
        became = await office.publishing.correct(office.dora, draft_id, 1, ["contacts"], why)
        assert became is Became.DONE
    made = (await office.look(draft_id)).made
    assert made is not None
    became = await office.publishing.hand(office.dora, draft_id, await office.sha256(draft_id))

    assert made.withdraws == (Withdrawn(1, "contacts"),)
    assert became is Became.DONE


@pytest.mark.parametrize("cell", ["few", "nothing"])
async def test_only_a_published_number_is_taken_back(
    office: Office, operator_pool: Pool, cell: str
) -> None:
    await service.publish(
        operator_pool, read(YEAR), prepared_by="Eva Eins", approved_by="Zoe Zwei", today=TODAY
    )
    became = await office.publishing.correct(office.dora, uuid4(), 1, [cell], {"de": "Warum"})
    assert became is Became.CHANGED
