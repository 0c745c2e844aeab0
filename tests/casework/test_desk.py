"""Who works on a case and who must not see it: kept by the database, whatever the pages do."""

import asyncio
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from adstelle.accounts import setup
from adstelle.casework.access import within
from adstelle.casework.blocks.service import Block, Blocks
from adstelle.casework.decision.service import Decisions
from adstelle.casework.desk.service import Became, Desks, Handover
from adstelle.casework.incident.service import Became as Changed
from adstelle.casework.incident.service import Incidents, Target
from adstelle.casework.incident.service import Wanted as Named
from adstelle.casework.notes.service import Kept, NewNote, Notes
from adstelle.casework.queue.service import Wanted
from adstelle.casework.queue.store import View
from adstelle.casework.service import Answered, CaseFile, Casework
from adstelle.crypto.sessions import Session
from adstelle.database import Pool, Role, transaction
from adstelle.domain.case import Closing, State
from adstelle.domain.incident import Incident
from adstelle.errors import StepRefused
from tests.casework.conftest import queue_of
from tests.conftest import Admin
from tests.staff_side import (
    CHEAP,
    TODAY,
    Clock,
    Person,
    new_member,
    send_report,
    session_of,
    set_up,
    sign_in_of,
    write_as_person,
)

CANARY = "Kanarienvogel"


class Team:
    """Three people of the ADS and one of ezra, all signed in."""

    def __init__(self, mira: Session, kim: Session, lou: Session, juri: Session) -> None:
        self.mira, self.kim, self.lou, self.juri = mira, kim, lou, juri


@pytest.fixture
async def team(operator_pool: Pool, staff_pool: Pool) -> Team:
    clock = Clock()
    sign_in = sign_in_of(staff_pool, clock)
    key = await set_up(operator_pool, "ads_jena", new_member("mira"))
    await set_up(operator_pool, "ezra", new_member("juri"))
    for login in ("kim", "lou"):
        await setup.add_member(
            operator_pool, "ads_jena", key, new_member(login), cost=CHEAP, today=TODAY
        )
    names = ("mira", "kim", "lou", "juri")
    return Team(*[await session_of(sign_in, clock, login) for login in names])


@pytest.fixture
def desks(staff_pool: Pool) -> Desks:
    return Desks(staff_pool)


@pytest.fixture
def notes(staff_pool: Pool) -> Notes:
    return Notes(staff_pool)


@dataclass(frozen=True)
class Office:
    """What the people of a Stelle can do."""

    pool: Pool
    casework: Casework
    decisions: Decisions
    desks: Desks
    notes: Notes


@pytest.fixture
def office(
    staff_pool: Pool, casework: Casework, decisions: Decisions, desks: Desks, notes: Notes
) -> Office:
    return Office(staff_pool, casework, decisions, desks, notes)


@pytest.fixture
async def person(admin: Admin, team: Team) -> Person:
    return await send_report(admin, {"ads_jena": True, "ezra": False})


def handed(assigned_to: Session | None, deputy: Session | None = None, note: str = "") -> Handover:
    return Handover(
        assigned_to=assigned_to.member_id if assigned_to else None,
        deputy=deputy.member_id if deputy else None,
        note=note,
        number=uuid4(),
    )


async def opened(casework: Casework, session: Session, case_id: UUID) -> CaseFile:
    file = await casework.read(session, case_id, TODAY)
    assert file is not None
    return file


async def acts(admin: Admin) -> list[str]:
    reading = {"case_read", "contact_read", "queue_read", "notes_read"}
    rows = await admin.fetch("select act from casework.log order by log_id")
    return [row["act"] for row in rows if row["act"] not in reading]


# Who works on it --------------------------------------------------------------------------------


async def test_a_case_is_taken_handed_over_and_its_history_kept(
    desks: Desks, notes: Notes, team: Team, person: Person, admin: Admin
) -> None:
    await desks.take(team.mira, person.case_id, TODAY)
    await desks.take(team.mira, person.case_id, TODAY)
    wanted = handed(team.kim, team.lou, "Rueckruf am Montag")
    assert await desks.hand_over(team.mira, person.case_id, wanted, TODAY) is Became.DONE
    assert await desks.hand_over(team.mira, person.case_id, wanted, TODAY) is Became.DONE

    worked = await desks.look(team.lou, person.case_id)
    assert worked is not None
    assert (worked.standing.assigned_name, worked.standing.deputy_name) == (
        "Kim Muster",
        "Lou Muster",
    )
    assert [(row.assigned_name, row.deputy_name, row.name) for row in worked.assignments] == [
        ("Mira Muster", None, "Mira Muster"),
        ("Kim Muster", "Lou Muster", "Mira Muster"),
    ]
    read = await notes.read(team.kim, person.case_id)
    assert read is not None
    assert [note.text for note in read] == ["Rueckruf am Montag"]
    assert await acts(admin) == ["assigned", "assigned", "note_written"]


async def test_another_note_under_the_same_number_is_noticed(
    desks: Desks, team: Team, person: Person
) -> None:
    once = handed(team.kim, note="Eins")
    await desks.hand_over(team.mira, person.case_id, once, TODAY)
    other = Handover(assigned_to=team.kim.member_id, deputy=None, note="Zwei", number=once.number)

    assert await desks.hand_over(team.mira, person.case_id, other, TODAY) is Became.CHANGED


async def test_only_who_works_here_and_may_see_a_case_can_have_it(
    desks: Desks, team: Team, person: Person
) -> None:
    await desks.keep_away(team.mira, person.case_id, team.kim.member_id, TODAY)

    for nobody in (handed(team.juri), handed(team.kim), handed(team.mira, team.kim)):
        became = await desks.hand_over(team.mira, person.case_id, nobody, TODAY)
        assert became is Became.NOT_POSSIBLE
    twice = handed(team.mira, team.mira)
    assert await desks.hand_over(team.mira, person.case_id, twice, TODAY) is Became.NOT_POSSIBLE


async def test_of_another_stelles_case_nothing_is_seen_or_changed(
    desks: Desks, notes: Notes, team: Team, person: Person, admin: Admin
) -> None:
    theirs, case_id = team.juri, person.case_id
    note = NewNote(number=uuid4(), text="x", replaces=None)

    assert await desks.look(theirs, case_id) is None
    assert await desks.take(theirs, case_id, TODAY) is Became.NO_SUCH_CASE
    assert await desks.hand_over(theirs, case_id, handed(theirs), TODAY) is Became.NO_SUCH_CASE
    assert await desks.remind(theirs, case_id, TODAY) is Became.NO_SUCH_CASE
    assert await desks.keep_draft(theirs, case_id, "x", TODAY) is Became.NO_SUCH_CASE
    assert await desks.take_back(theirs, case_id, TODAY) is Became.NO_SUCH_CASE
    kept = await desks.keep_away(theirs, case_id, team.mira.member_id, TODAY)
    assert kept is Became.NO_SUCH_CASE
    assert await notes.read(theirs, case_id) is None
    assert await notes.write(theirs, case_id, note) is Kept.NO_SUCH_CASE
    assert await acts(admin) == []


async def test_a_day_to_look_again_is_set_changed_and_cleared(
    casework: Casework, desks: Desks, team: Team, person: Person, admin: Admin
) -> None:
    for day in (TODAY + timedelta(days=9), TODAY + timedelta(days=9), None):
        await desks.remind(team.mira, person.case_id, day)
        file = await opened(casework, team.kim, person.case_id)
        assert file.desk.standing.remind_on == day
    assert await acts(admin) == ["reminder_set", "step_taken", "reminder_set"]


# Who must not see it ----------------------------------------------------------------------------


async def everything_on(
    casework: Casework, staff_pool: Pool, team: Team, person: Person, admin: Admin
) -> None:
    """Put something of Kim's on the case wherever something can be."""
    kim, case_id = team.kim, person.case_id
    await write_as_person(admin, person, "ads_jena", CANARY)
    await casework.read(kim, case_id, TODAY)
    await queue_of(casework).page(kim, Wanted(), TODAY)
    desks, note = Desks(staff_pool), NewNote(number=uuid4(), text=CANARY, replaces=None)
    await desks.take(kim, case_id, TODAY)
    await desks.keep_draft(kim, case_id, CANARY, TODAY)
    await Notes(staff_pool).write(kim, case_id, note)
    await desks.keep_away(team.mira, case_id, team.lou.member_id, TODAY)
    await admin.execute(
        "insert into casework.referral values ($1, gen_random_uuid(), 'ads_jena', 'asked', $2)",
        case_id, TODAY,
    )  # fmt: skip
    await admin.execute(
        "with made as (insert into casework.label values (gen_random_uuid(), 'ads_jena', '') "
        "returning label_id) "
        "insert into casework.labelled select $1, label_id, 'ads_jena' from made",
        case_id,
    )


# Tables of casework that lead to a case, and the column that does. Each has a row of Kim's case.
LEADING = {
    "casework.case": "case_id",
    "casework.step": "case_id",
    "casework.referral": "case_id",
    "casework.attention": "case_id",
    "casework.labelled": "case_id",
    "casework.conflict": "case_id",
    "casework.conflict_step": "case_id",
    "casework.assignment": "case_id",
    "casework.note": "case_id",
    "casework.draft": "case_id",
    "intake.report": "report_id",
    "intake.part": "report_id",
    "intake.wrap": "report_id",
    "intake.handover": "report_id",
    "mailbox.message": "report_id",
}


@pytest.mark.parametrize("table", LEADING)
async def test_who_is_kept_from_a_case_finds_no_row_of_it(
    office: Office, team: Team, person: Person, admin: Admin, table: str
) -> None:
    other = await send_report(admin, {"ads_jena": False})
    await everything_on(office.casework, office.pool, team, person, admin)
    column = LEADING[table]
    wanted = person.case_id if column == "case_id" else person.report_id

    async def found() -> int:
        async with within(office.pool, team.kim) as conn:
            count = await conn.fetchval(f"select count(*) from {table} where {column} = $1", wanted)
            return int(count)

    assert await found() > 0
    await office.desks.keep_away(team.mira, person.case_id, team.kim.member_id, TODAY)
    assert await found() == 0
    assert (await opened(office.casework, team.kim, other.case_id)).account is not None
    await office.desks.let_back(team.mira, person.case_id, team.kim.member_id)
    assert await found() > 0


async def test_who_is_kept_from_a_case_reads_no_title_of_its_incident(
    office: Office, team: Team, person: Person, admin: Admin
) -> None:
    """What an incident and its series are called is written about the case; so is their history.
    Where somebody works on another case of the same incident, they have to know it."""
    other, incidents = await send_report(admin, {"ads_jena": False}), Incidents(office.pool)
    incident_id, series_id = uuid4(), uuid4()
    target = Target(incident_id=incident_id, new=Incident(title=CANARY))
    await incidents.link(team.mira, person.case_id, target, None)
    named = Named(title=CANARY, when="", series_id=None, new_series=CANARY, new_series_id=series_id)
    await incidents.change(team.mira, incident_id, named, 1)

    async def seen() -> tuple[int, int, bool]:
        """Series, incidents to choose from, and whether the page of this one opens."""
        linking = await incidents.linking(team.kim, other.case_id, "")
        assert linking is not None
        async with within(office.pool, team.kim) as conn:
            series = await conn.fetchval("select count(*) from casework.series")
        file = await incidents.read(team.kim, incident_id)
        return int(series), len(linking.recent), file is not None

    assert await seen() == (1, 1, True)
    await office.desks.keep_away(team.mira, person.case_id, team.kim.member_id, TODAY)
    assert await seen() == (0, 0, False)
    assert await incidents.change(team.kim, incident_id, named, 2) is Changed.NOT_THERE
    await incidents.link(team.mira, other.case_id, Target(incident_id=incident_id), None)
    assert await seen() == (1, 1, True)


async def test_every_table_of_a_case_asks_who_is_kept_from_it(admin: Admin) -> None:
    """A table that comes later cannot forget it: its policies speak of it, or ask another's."""
    rows = await admin.fetch(
        "select distinct p.schemaname || '.' || p.tablename as name, "
        "coalesce(qual, '') || coalesce(with_check, '') as policy "
        "from pg_policies p join information_schema.columns c on c.table_schema = p.schemaname "
        "and c.table_name = p.tablename and c.column_name in ('case_id', 'case_ids', 'report_id') "
        "where 'adstelle_casework' = any (roles)"
    )
    silent = {
        row["name"]
        for row in rows
        if "barred" not in row["policy"]
        and "intake.wrap" not in row["policy"]
        and "intake.handover" not in row["policy"]
    }
    assert {row["name"] for row in rows} > {"casework.case", "casework.note", "mailbox.message"}
    assert silent == set()


async def test_who_is_kept_from_a_package_does_not_see_it(
    desks: Desks, staff_pool: Pool, team: Team, admin: Admin
) -> None:
    package_id, case_id = uuid4(), uuid4()
    await admin.execute(
        "insert into exchange.package "
        "(package_id, stelle, sender, sender_name, arrived_on, sealed) "
        "values ($1, 'ads_jena', 'thadine', 'thadine', $2, '')", package_id, TODAY,
    )  # fmt: skip
    await admin.execute(
        "insert into casework.case (case_id, package_id, stelle, received_on, changed_on) "
        "values ($1, $2, 'ads_jena', $3, $3)", case_id, package_id, TODAY,
    )  # fmt: skip
    await desks.keep_away(team.mira, case_id, team.kim.member_id, TODAY)

    for session, seen in ((team.mira, 1), (team.kim, 0)):
        async with within(staff_pool, session) as conn:
            assert await conn.fetchval("select count(*) from exchange.package") == seen
            assert await conn.fetchval("select count(*) from casework.case") == seen


async def test_nobody_named_sees_no_case(
    office: Office, staff_pool: Pool, team: Team, person: Person, admin: Admin
) -> None:
    """A way into the database that forgets who asks finds nothing."""
    await everything_on(office.casework, staff_pool, team, person, admin)
    async with transaction(staff_pool, Role.CASEWORK, scope="ads_jena") as conn:
        for table in (*LEADING, "casework.log", "exchange.package"):
            assert await conn.fetchval(f"select count(*) from {table}") == 0, table


async def test_lists_and_counts_are_without_it(
    casework: Casework, desks: Desks, team: Team, person: Person, admin: Admin
) -> None:
    other = await send_report(admin, {"ads_jena": False})
    await admin.execute(
        "insert into casework.referral values ($1, gen_random_uuid(), 'ads_jena', 'declined', $2)",
        person.case_id, TODAY,
    )  # fmt: skip
    await desks.keep_away(team.mira, person.case_id, team.kim.member_id, TODAY)

    for session, cases in (
        (team.kim, {other.case_id}),
        (team.mira, {other.case_id, person.case_id}),
    ):
        queue = await queue_of(casework).page(session, Wanted(), TODAY)
        assert {entry.case_id for entry in queue.entries} == cases
        assert queue.counts[View.NEW] == len(cases)
        assert queue.counts[View.ATTENTION] == len(cases) - 1


async def test_every_act_on_it_meets_no_such_case(
    office: Office, team: Team, person: Person, admin: Admin
) -> None:
    kim, case_id = team.kim, person.case_id
    await office.desks.keep_away(team.mira, case_id, kim.member_id, TODAY)
    before = await stored(admin)
    note = NewNote(number=uuid4(), text="x", replaces=None)

    assert await office.casework.read(kim, case_id, TODAY) is None
    sent = await office.casework.answer(kim, case_id, uuid4(), "x", TODAY)
    assert sent is Answered.NO_SUCH_CASE
    assert not await office.casework.take_step(kim, case_id, State.GELESEN, TODAY)
    assert await office.desks.look(kim, case_id) is None
    assert await office.desks.take(kim, case_id, TODAY) is Became.NO_SUCH_CASE
    assert await office.desks.let_back(kim, case_id, kim.member_id) is Became.NO_SUCH_CASE
    assert await office.notes.write(kim, case_id, note) is Kept.NO_SUCH_CASE
    assert await stored(admin) == before


async def stored(admin: Admin) -> list[int]:
    """How many rows there are of everything that can be done with a case."""
    tables = ("step", "log", "note", "draft", "assignment", "conflict", "conflict_step")
    counts = [await admin.fetchval(f"select count(*) from casework.{table}") for table in tables]
    return [*counts, await admin.fetchval("select count(*) from mailbox.message")]


CHANGES_NOTHING = (
    "update casework.case set state = 'abgeschlossen'",
    "update casework.case set assigned_to = null",
    "delete from casework.conflict",
    "delete from casework.draft",
    "update casework.draft set sealed = ''",
    "update mailbox.message set read_on = '2026-03-02'",
    "update intake.handover set decision = 'accepted'",
    "delete from casework.labelled",
    "update casework.referral set state = 'settled'",
)


@pytest.mark.parametrize("statement", CHANGES_NOTHING)
async def test_the_database_changes_nothing_for_them(
    office: Office, team: Team, person: Person, admin: Admin, statement: str
) -> None:
    await everything_on(office.casework, office.pool, team, person, admin)
    await office.desks.keep_away(team.mira, person.case_id, team.kim.member_id, TODAY)

    async with within(office.pool, team.kim) as conn:
        assert (await conn.execute(statement)).endswith(" 0")


REFUSED = (
    "insert into casework.step (case_id, stelle, from_state, to_state, member_id) "
    "values ($1, 'ads_jena', 'neu', 'gelesen', $2)",
    "insert into casework.log (stelle, member_id, act, case_ids) "
    "values ('ads_jena', $2, 'case_read', array[$1::uuid])",
    "insert into casework.note (note_id, case_id, stelle, member_id, sealed) "
    "values (gen_random_uuid(), $1, 'ads_jena', $2, '')",
    "insert into casework.draft values ($1, $2, 'ads_jena', '2026-03-02', '')",
    "insert into casework.assignment (assignment_id, case_id, stelle, member_id) "
    "values (gen_random_uuid(), $1, 'ads_jena', $2)",
    "insert into casework.conflict_step (case_id, stelle, concerns, lifted, member_id) "
    "values ($1, 'ads_jena', $2, true, $2)",
)


@pytest.mark.parametrize("statement", REFUSED)
async def test_the_database_refuses_to_write_for_them(
    desks: Desks, staff_pool: Pool, team: Team, person: Person, statement: str
) -> None:
    await desks.keep_away(team.mira, person.case_id, team.kim.member_id, TODAY)

    async with within(staff_pool, team.mira) as conn:
        await conn.execute(statement, person.case_id, team.mira.member_id)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with within(staff_pool, team.kim) as conn:
            await conn.execute(statement, person.case_id, team.kim.member_id)


async def test_nobody_writes_in_a_colleagues_name(
    staff_pool: Pool, team: Team, person: Person
) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with within(staff_pool, team.mira) as conn:
            await conn.execute(REFUSED[2], person.case_id, team.kim.member_id)


async def test_oneself_can_step_back_and_a_colleague_lifts_it(
    casework: Casework, desks: Desks, team: Team, person: Person, admin: Admin
) -> None:
    mira, case_id = team.mira, person.case_id
    await desks.hand_over(mira, case_id, handed(mira, team.kim), TODAY)

    assert await desks.keep_away(mira, case_id, mira.member_id, TODAY) is Became.DONE
    assert await casework.read(mira, case_id, TODAY) is None
    worked = await desks.look(team.kim, case_id)
    assert worked is not None
    assert (worked.standing.assigned_to, worked.standing.deputy) == (team.kim.member_id, None)
    assert worked.standing.kept_away == 1

    assert await desks.let_back(team.kim, case_id, mira.member_id) is Became.DONE
    assert (await opened(casework, mira, case_id)).desk.standing.kept_away == 0
    worked = await desks.look(mira, case_id)
    assert worked is not None
    assert [(row.concerns, row.lifted, row.name) for row in worked.conflicts] == [
        ("Mira Muster", False, "Mira Muster"),
        ("Mira Muster", True, "Kim Muster"),
    ]
    assert await acts(admin) == [
        "assigned", "assigned", "conflict_set", "conflict_lifted", "step_taken",
    ]  # fmt: skip


async def test_the_last_who_can_see_a_case_is_not_kept_from_it(
    desks: Desks, team: Team, person: Person
) -> None:
    case_id = person.case_id
    for member in (team.kim, team.lou):
        kept = await desks.keep_away(team.mira, case_id, member.member_id, TODAY)
        assert kept is Became.DONE
    assert await desks.keep_away(team.mira, case_id, team.mira.member_id, TODAY) is Became.LAST


async def test_two_who_step_back_at_once_leave_somebody(
    desks: Desks, team: Team, person: Person, admin: Admin
) -> None:
    case_id = person.case_id
    await desks.keep_away(team.mira, case_id, team.lou.member_id, TODAY)

    both = [desks.keep_away(each, case_id, each.member_id, TODAY) for each in (team.mira, team.kim)]
    became = await asyncio.gather(*both)

    assert sorted(each.name for each in became) == ["DONE", "LAST"]
    assert await admin.fetchval("select count(*) from casework.conflict") == 2


async def test_who_is_kept_away_is_counted_with_the_case_in_hand(
    desks: Desks, team: Team, person: Person, admin: Admin
) -> None:
    """While somebody else changes the case, nobody counts who can still see it."""
    async with admin.transaction():
        await admin.fetch("select from casework.case for no key update")
        away = asyncio.create_task(
            desks.keep_away(team.mira, person.case_id, team.kim.member_id, TODAY)
        )
        done, _ = await asyncio.wait({away}, timeout=1)
        assert not done
    assert await away is Became.DONE


# Steps ------------------------------------------------------------------------------------------


async def test_the_last_step_is_taken_back_by_one_more_step(
    casework: Casework, desks: Desks, decisions: Decisions, team: Team, person: Person
) -> None:
    mira, case_id = team.mira, person.case_id
    await decisions.accept(mira, case_id, TODAY)
    await casework.take_step(mira, case_id, State.RUHT, TODAY)

    file = await opened(casework, mira, case_id)
    assert file.desk.may_take_back
    assert await desks.take_back(mira, case_id, TODAY) is Became.DONE

    file = await opened(casework, mira, case_id)
    assert file.state is State.IN_BEARBEITUNG
    assert [(step.to_state, step.takes_back) for step in file.steps][-2:] == [
        (State.RUHT, False),
        (State.IN_BEARBEITUNG, True),
    ]
    with pytest.raises(StepRefused):
        await desks.take_back(mira, case_id, TODAY)


async def test_taken_back_twice_at_once_it_is_taken_back_once(
    casework: Casework, desks: Desks, decisions: Decisions, team: Team, person: Person, admin: Admin
) -> None:
    await decisions.accept(team.mira, person.case_id, TODAY)
    await casework.take_step(team.mira, person.case_id, State.RUHT, TODAY)

    tries = [desks.take_back(team.mira, person.case_id, TODAY) for _ in range(3)]
    became = await asyncio.gather(*tries, return_exceptions=True)

    assert sum(each is Became.DONE for each in became) == 1
    assert await admin.fetchval("select count(*) from casework.step where undoes is not null") == 1


@pytest.mark.parametrize("what", ["later", "a colleague", "an answer", "a note", "taken over"])
async def test_a_step_that_is_old_or_has_followers_stays(
    office: Office, team: Team, person: Person, admin: Admin, what: str
) -> None:
    mira, case_id = team.mira, person.case_id
    await office.casework.read(mira, case_id, TODAY)
    if what == "taken over":
        await office.casework.take_step(mira, case_id, State.IN_BEARBEITUNG, TODAY)
    else:
        await office.decisions.accept(mira, case_id, TODAY)
        await office.casework.take_step(mira, case_id, State.RUECKFRAGE, TODAY)
    if what == "later":
        await admin.execute("update casework.step set taken_at = taken_at - interval '11 minutes'")
    if what == "an answer":
        await office.casework.answer(mira, case_id, uuid4(), "Guten Tag", TODAY)
    if what == "a note":
        await office.notes.write(mira, case_id, NewNote(number=uuid4(), text="x", replaces=None))

    with pytest.raises(StepRefused):
        await office.desks.take_back(team.kim if what == "a colleague" else mira, case_id, TODAY)


async def test_why_a_case_was_closed_is_sealed(
    casework: Casework, team: Team, person: Person, admin: Admin
) -> None:
    await casework.read(team.mira, person.case_id, TODAY)
    await casework.take_step(
        team.mira, person.case_id, State.ABGESCHLOSSEN, TODAY, Closing.KEIN_KONTAKT
    )

    file = await opened(casework, team.kim, person.case_id)
    assert file.steps[-1].closing is Closing.KEIN_KONTAKT
    reason = await admin.fetchval("select reason from casework.step where reason is not null")
    assert len(reason) > 1000
    assert b"kein_kontakt" not in reason


# Drafts and notes -------------------------------------------------------------------------------


async def test_a_draft_is_the_members_own_and_ends_with_the_answer(
    casework: Casework, desks: Desks, team: Team, person: Person, admin: Admin
) -> None:
    mira, case_id = team.mira, person.case_id

    async def draft(session: Session) -> tuple[str, date] | None:
        found = (await opened(casework, session, case_id)).desk.draft
        return (found.text, found.saved_on) if found else None

    await desks.keep_draft(mira, case_id, "Guten", TODAY)
    await desks.keep_draft(mira, case_id, f"Guten Tag {CANARY}", TODAY)
    assert await draft(mira) == (f"Guten Tag {CANARY}", TODAY)
    assert await draft(team.kim) is None
    assert CANARY.encode() not in await admin.fetchval("select sealed from casework.draft")

    await casework.answer(team.kim, case_id, uuid4(), "Von Kim", TODAY)
    assert await draft(mira) is not None
    await casework.answer(mira, case_id, uuid4(), "Guten Tag", TODAY)
    assert await draft(mira) is None
    await desks.keep_draft(mira, case_id, "Noch etwas", TODAY)
    await desks.keep_draft(mira, case_id, "", TODAY)
    assert await draft(mira) is None


async def test_a_note_is_sealed_appended_and_corrected_beside_the_old_one(
    notes: Notes, team: Team, person: Person, admin: Admin
) -> None:
    case_id = person.case_id
    first = NewNote(number=uuid4(), text=f"Ruft an {CANARY}", replaces=None)
    for _ in range(2):
        assert await notes.write(team.mira, case_id, first) is Kept.KEPT
    better = NewNote(number=uuid4(), text="Schreibt", replaces=first.number)
    assert await notes.write(team.kim, case_id, better) is Kept.KEPT
    late = NewNote(number=uuid4(), text="Kommt", replaces=first.number)
    assert await notes.write(team.lou, case_id, late) is Kept.CHANGED
    other = NewNote(number=first.number, text="Anders", replaces=None)
    assert await notes.write(team.mira, case_id, other) is Kept.CHANGED

    read = await notes.read(team.lou, case_id)
    assert read is not None
    assert [(note.text, note.name, note.corrects, note.replaced) for note in read] == [
        ("Schreibt", "Kim Muster", True, False),
        (f"Ruft an {CANARY}", "Mira Muster", False, True),
    ]
    sealed = await admin.fetch("select sealed from casework.note")
    assert not any(CANARY.encode() in row["sealed"] for row in sealed)
    assert await acts(admin) == ["note_written", "note_written"]


async def test_a_note_of_another_case_cannot_be_replaced(
    notes: Notes, team: Team, person: Person, admin: Admin
) -> None:
    other = await send_report(admin, {"ads_jena": False})
    there = NewNote(number=uuid4(), text="dort", replaces=None)
    await notes.write(team.mira, other.case_id, there)

    here = NewNote(number=uuid4(), text="hier", replaces=there.number)

    assert await notes.write(team.mira, person.case_id, here) is Kept.CHANGED


async def test_building_blocks_are_sealed_shared_changed_and_deleted(
    staff_pool: Pool, team: Team, admin: Admin
) -> None:
    blocks, number = Blocks(staff_pool), uuid4()
    block = Block(title="Gruss", text=f"Mit Gruss {CANARY}", lang="de")

    await blocks.keep(team.mira, number, block)
    assert [own.block for own in await blocks.own(team.kim)] == [block]
    assert await blocks.own(team.juri) == []
    assert await blocks.one(team.juri, number) is None
    assert CANARY.encode() not in await admin.fetchval("select sealed from casework.block")
    changed = Block(title="Gruss", text="Bis bald", lang="de")
    await blocks.keep(team.kim, number, changed)
    await blocks.drop(team.juri, number)
    assert await blocks.one(team.mira, number) == changed
    await blocks.drop(team.mira, number)
    assert await blocks.own(team.kim) == []
