"""The record of a case: sealed, appended, never overwritten unseen."""

import asyncio
from uuid import UUID, uuid4

import asyncpg
import pytest

from adstelle.casework.activity import service as activity
from adstelle.casework.activity.service import Activities
from adstelle.casework.incident.service import Became as Linked
from adstelle.casework.incident.service import Incidents, Target, Wanted
from adstelle.casework.record.service import Became, Entries, Records
from adstelle.casework.service import Casework
from adstelle.crypto import marks
from adstelle.crypto.sessions import Session
from adstelle.database import Pool, Role, transaction
from adstelle.domain.activity import Period
from adstelle.domain.incident import Incident
from adstelle.domain.record import (
    Affected,
    ContactEntry,
    EventEntry,
    Intervention,
    Record,
)
from tests.conftest import Admin
from tests.staff_side import TODAY, Person, send_report

CANARY = "Kanarienvogel"
SUMMARY = Record(summary=f"Vermieter {CANARY} hat geschrieben.")
PEOPLE = Record(affected=(Affected(role="betroffen", gender=CANARY), Affected(age="bis_13")))
CALL = ContactEntry(day=TODAY, kind="telefon", minutes=30, with_whom=CANARY, note=CANARY)
LETTER = Intervention(day=TODAY, kind="stellungnahme", minutes=45, draft_seen="nein", note=CANARY)
TRAINING = EventEntry(day=TODAY, kind="schulung", minutes=120, participants=14, note=CANARY)
YEAR = Period(TODAY.replace(month=1, day=1), TODAY)


@pytest.fixture
def mira(sessions: dict[str, Session]) -> Session:
    return sessions["ads_jena"]


@pytest.fixture
def records(staff_pool: Pool) -> Records:
    return Records(staff_pool)


@pytest.fixture
def entries(staff_pool: Pool) -> Entries:
    return Entries(staff_pool)


@pytest.fixture
def incidents(staff_pool: Pool) -> Incidents:
    return Incidents(staff_pool)


@pytest.fixture
def activities(staff_pool: Pool) -> Activities:
    return Activities(staff_pool, "Europe/Berlin")


@pytest.fixture
async def person(admin: Admin, mira: Session) -> Person:
    return await send_report(admin, {"ads_jena": False, "ezra": True})


async def now(records: Records, session: Session, case_id: UUID) -> Record:
    file = await records.read(session, case_id)
    assert file is not None
    assert file.record is not None
    return file.record


async def logged(admin: Admin) -> list[str]:
    return [row["act"] for row in await admin.fetch("select act from casework.log order by log_id")]


# The record ---------------------------------------------------------------------------------


async def test_who_saves_a_section_keeps_the_rest(
    records: Records, mira: Session, person: Person
) -> None:
    await records.save(mira, person.case_id, "kurzfassung", SUMMARY, 0)
    await records.save(mira, person.case_id, "personen", PEOPLE, 0)  # opened before the other

    record = await now(records, mira, person.case_id)
    assert (record.summary, record.affected) == (SUMMARY.summary, PEOPLE.affected)


async def test_the_second_of_two_is_asked_to_look(
    records: Records, mira: Session, person: Person
) -> None:
    await records.save(mira, person.case_id, "kurzfassung", SUMMARY, 0)

    other = Record(summary="anders")
    assert await records.save(mira, person.case_id, "kurzfassung", other, 0) is Became.CHANGED
    assert (await now(records, mira, person.case_id)).summary == SUMMARY.summary
    assert await records.save(mira, person.case_id, "kurzfassung", other, 1) is Became.KEPT
    assert (await now(records, mira, person.case_id)).summary == "anders"


async def test_sent_at_once_it_is_written_once(
    records: Records, mira: Session, admin: Admin, person: Person
) -> None:
    became = await asyncio.gather(
        *(records.save(mira, person.case_id, "kurzfassung", SUMMARY, 0) for _ in range(4))
    )

    assert became == [Became.KEPT] * 4
    assert await admin.fetchval("select count(*) from casework.record") == 1
    assert await logged(admin) == ["record_changed"]


async def test_the_history_says_who_changed_what(
    records: Records, entries: Entries, mira: Session, person: Person
) -> None:
    entry_id = uuid4()
    await records.save(mira, person.case_id, "kurzfassung", SUMMARY, 0)
    await records.save(mira, person.case_id, "kurzfassung", Record(), 1)
    await entries.write(mira, person.case_id, entry_id, CALL, 0)
    await entries.write(mira, person.case_id, entry_id, LETTER, 1)

    history = await records.history(mira, person.case_id)

    assert history is not None
    assert [(each.before, each.after) for each in history] == [
        (CALL, LETTER),
        (None, CALL),
        (SUMMARY, Record()),
        (Record(), SUMMARY),
    ]
    assert {each.name for each in history} == {"Mira Muster"}


async def test_nothing_of_it_stands_in_clear(
    records: Records,
    entries: Entries,
    incidents: Incidents,
    mira: Session,
    admin: Admin,
    person: Person,
) -> None:
    await records.save(mira, person.case_id, "kurzfassung", SUMMARY, 0)
    await entries.write(mira, person.case_id, uuid4(), CALL, 0)
    target = Target(incident_id=uuid4(), new=Incident(title=CANARY, when=CANARY))
    await incidents.link(mira, person.case_id, target, None)

    for table in ("record", "entry", "incident", "incident_link", "log"):
        rows = await admin.fetch(f"select * from casework.{table}")
        assert rows
        assert CANARY not in str(rows)
        assert "telefon" not in str(rows)


async def test_another_stelle_sees_and_changes_nothing(
    records: Records,
    entries: Entries,
    sessions: dict[str, Session],
    mira: Session,
    staff_pool: Pool,
    person: Person,
) -> None:
    toni, entry_id = sessions["thadine"], uuid4()
    await records.save(mira, person.case_id, "kurzfassung", SUMMARY, 0)
    await entries.write(mira, person.case_id, entry_id, CALL, 0)

    case_id = person.case_id
    assert await records.read(toni, case_id) is None
    assert await records.history(toni, case_id) is None
    assert await records.save(toni, case_id, "personen", PEOPLE, 0) is Became.NO_SUCH_CASE
    assert await entries.read(toni, case_id, entry_id) is None
    assert await entries.write(toni, case_id, uuid4(), CALL, 0) is Became.NO_SUCH_CASE
    async with transaction(staff_pool, Role.CASEWORK, scope=toni.stelle) as conn:
        for table in ("record", "entry"):
            assert await conn.fetchval(f"select count(*) from casework.{table}") == 0


@pytest.mark.parametrize(
    "statement",
    [
        "insert into casework.record values ($1, 1, 'thadine', $2, now(), '')",
        "insert into casework.entry values (gen_random_uuid(), 1, $1, 'thadine', $2, now(), '')",
        "insert into casework.entry values (gen_random_uuid(), 1, $1, 'ads_jena', $2, now(), '')",
    ],
)
async def test_the_database_lets_nobody_write_into_a_foreign_case(
    sessions: dict[str, Session], staff_pool: Pool, person: Person, statement: str
) -> None:
    toni = sessions["thadine"]
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with transaction(staff_pool, Role.CASEWORK, scope=toni.stelle) as conn:
            await conn.execute(statement, person.case_id, toni.member_id)


@pytest.mark.parametrize("table", ["record", "entry", "incident_link"])
async def test_the_database_lets_nobody_change_what_was_written(
    sessions: dict[str, Session], staff_pool: Pool, table: str
) -> None:
    for statement in (f"delete from casework.{table}", f"update casework.{table} set stelle = ''"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with transaction(staff_pool, Role.CASEWORK, scope="ads_jena") as conn:
                await conn.execute(statement)


async def test_a_revision_moved_to_another_place_does_not_open(
    records: Records, mira: Session, admin: Admin, person: Person
) -> None:
    other = await send_report(admin, {"ads_jena": False})
    await records.save(mira, person.case_id, "kurzfassung", SUMMARY, 0)
    await admin.execute("update casework.record set case_id = $1", other.case_id)

    file = await records.read(mira, other.case_id)
    assert file is not None
    assert file.record is None
    # nothing is put on top of it
    became = await records.save(mira, other.case_id, "personen", PEOPLE, 1)
    assert became is Became.CHANGED
    assert await admin.fetchval("select count(*) from casework.record") == 1


async def test_the_page_of_a_case_shows_it_in_short(
    records: Records, entries: Entries, casework: Casework, mira: Session, person: Person
) -> None:
    await records.save(mira, person.case_id, "kurzfassung", SUMMARY, 0)
    for entry in (CALL, LETTER):
        await entries.write(mira, person.case_id, uuid4(), entry, 0)

    file = await casework.read(mira, person.case_id, TODAY)

    assert file is not None
    brief = file.brief
    assert (brief.record, brief.minutes, brief.entries) == (SUMMARY, 75, 2)


async def test_the_case_takes_its_record_with_it(
    records: Records,
    entries: Entries,
    incidents: Incidents,
    mira: Session,
    admin: Admin,
    person: Person,
) -> None:
    await records.save(mira, person.case_id, "kurzfassung", SUMMARY, 0)
    await entries.write(mira, person.case_id, uuid4(), CALL, 0)
    target = Target(incident_id=uuid4(), new=Incident(title="x"))
    await incidents.link(mira, person.case_id, target, None)
    await admin.execute("delete from casework.case where case_id = $1", person.case_id)

    for table in ("record", "entry", "incident_link"):
        assert await admin.fetchval(f"select count(*) from casework.{table}") == 0


# Entries ------------------------------------------------------------------------------------


async def test_an_entry_sent_at_once_is_written_once(
    entries: Entries, mira: Session, admin: Admin, person: Person
) -> None:
    entry_id = uuid4()
    became = await asyncio.gather(
        *(entries.write(mira, person.case_id, entry_id, CALL, 0) for _ in range(4))
    )

    assert became == [Became.KEPT] * 4
    assert await admin.fetchval("select count(*) from casework.entry") == 1
    assert await logged(admin) == ["entry_written"]


async def test_two_corrections_at_once_do_not_hide_each_other(
    entries: Entries, mira: Session, admin: Admin, person: Person
) -> None:
    entry_id = uuid4()
    await entries.write(mira, person.case_id, entry_id, CALL, 0)
    one = ContactEntry(day=TODAY, kind="mail")
    other = ContactEntry(day=TODAY, kind="brief")

    assert await entries.write(mira, person.case_id, entry_id, one, 1) is Became.KEPT
    assert await entries.write(mira, person.case_id, entry_id, other, 1) is Became.CHANGED
    noted = await entries.read(mira, person.case_id, entry_id)
    assert noted is not None
    assert (noted.entry, noted.revision) == (one, 2)
    assert await admin.fetchval("select count(*) from casework.entry") == 2


async def test_an_entry_of_one_case_is_none_of_another(
    entries: Entries, mira: Session, admin: Admin, person: Person
) -> None:
    other = await send_report(admin, {"ads_jena": False})
    entry_id = uuid4()
    await entries.write(mira, person.case_id, entry_id, CALL, 0)

    assert await entries.read(mira, other.case_id, entry_id) is None
    assert await entries.read(mira, None, entry_id) is None
    became = await entries.write(mira, other.case_id, entry_id, LETTER, 1)
    assert became is Became.NO_SUCH_CASE


# Incidents ----------------------------------------------------------------------------------


async def test_several_cases_belong_to_one_incident_until_they_leave_it(
    incidents: Incidents, mira: Session, admin: Admin, person: Person
) -> None:
    other = await send_report(admin, {"ads_jena": False})
    incident_id = uuid4()
    new = Target(incident_id=incident_id, new=Incident(title="Einlass"), also=other.case_id)

    assert await incidents.link(mira, person.case_id, new, None) is Linked.KEPT
    assert await incidents.link(mira, person.case_id, new, None) is Linked.KEPT  # sent twice
    file = await incidents.read(mira, incident_id)
    assert file is not None
    assert {case.case_id for case in file.cases} == {person.case_id, other.case_id}
    await incidents.unlink(mira, other.case_id, incident_id)
    file = await incidents.read(mira, incident_id)
    assert file is not None
    assert {case.case_id for case in file.cases} == {person.case_id}
    linking = await incidents.linking(mira, other.case_id, "")
    assert linking is not None
    assert (linking.now, [link.linked for link in linking.links]) == (None, [True, False])
    assert await admin.fetchval("select count(*) from casework.incident_link") == 3


async def test_who_links_is_told_that_somebody_was_faster(
    incidents: Incidents, mira: Session, person: Person
) -> None:
    first, second = (Target(incident_id=uuid4(), new=Incident(title="x")) for _ in range(2))
    await incidents.link(mira, person.case_id, first, None)

    assert await incidents.link(mira, person.case_id, second, None) is Linked.CHANGED
    became = await incidents.link(mira, person.case_id, second, first.incident_id)
    assert became is Linked.KEPT


async def test_a_case_is_found_by_its_short_number(
    incidents: Incidents, mira: Session, admin: Admin, person: Person
) -> None:
    other = await send_report(admin, {"ads_jena": False})
    foreign = await send_report(admin, {"thadine": False})

    async def found(case_id: UUID) -> list[UUID]:
        linking = await incidents.linking(mira, person.case_id, case_id.hex[:8])
        assert linking is not None
        return [each.case.case_id for each in linking.found]

    assert await found(other.case_id) == [other.case_id]
    assert await found(person.case_id) == []
    assert await found(foreign.case_id) == []


async def test_a_foreign_case_or_incident_is_not_linked(
    incidents: Incidents, sessions: dict[str, Session], mira: Session, admin: Admin, person: Person
) -> None:
    toni, incident_id = sessions["thadine"], uuid4()
    theirs = await send_report(admin, {"thadine": False})
    await incidents.link(
        mira, person.case_id, Target(incident_id=incident_id, new=Incident(title="x")), None
    )

    target = Target(incident_id=incident_id)
    assert await incidents.link(toni, person.case_id, target, None) is Linked.NOT_THERE
    assert await incidents.link(toni, theirs.case_id, target, None) is Linked.NOT_THERE
    with_foreign = Target(incident_id=uuid4(), new=Incident(title="x"), also=person.case_id)
    assert await incidents.link(toni, theirs.case_id, with_foreign, None) is Linked.NOT_THERE
    assert await incidents.read(toni, incident_id) is None
    assert await admin.fetchval("select count(*) from casework.incident") == 1


async def test_incidents_stand_in_a_series(
    incidents: Incidents, mira: Session, admin: Admin, person: Person
) -> None:
    other = await send_report(admin, {"ads_jena": False})
    ids, series_id = (uuid4(), uuid4()), uuid4()
    for case_id, incident_id in zip((person.case_id, other.case_id), ids, strict=True):
        new = Target(incident_id=incident_id, new=Incident(title="Aufkleber"))
        await incidents.link(mira, case_id, new, None)

    def wanted(new_series: str) -> Wanted:
        return Wanted(
            title="Aufkleber",
            when="März",
            series_id=series_id,
            new_series=new_series,
            new_series_id=series_id,
        )

    assert await incidents.change(mira, ids[0], wanted("Reihe"), 1) is Linked.KEPT
    assert await incidents.change(mira, ids[1], wanted(""), 1) is Linked.KEPT
    assert await incidents.change(mira, ids[1], wanted(""), 1) is Linked.KEPT  # sent twice
    file = await incidents.read(mira, ids[0])
    assert file is not None
    assert [each.incident_id for each in file.others] == [ids[1]]
    assert file.own_series is not None
    assert file.own_series.title == "Reihe"
    other_title = Wanted(
        title="anders", when="", series_id=None, new_series="", new_series_id=uuid4()
    )
    assert await incidents.change(mira, ids[1], other_title, 1) is Linked.CHANGED


async def test_an_incident_goes_with_its_last_case_and_a_series_with_its_last_incident(
    incidents: Incidents, mira: Session, admin: Admin
) -> None:
    """Nobody would find them again, and what they are called is about people."""
    cases = [(await send_report(admin, {"ads_jena": False})).case_id for _ in range(3)]
    ids, series_id = (uuid4(), uuid4()), uuid4()
    for case_id, incident_id in zip(cases, (ids[0], ids[0], ids[1]), strict=True):
        target = Target(incident_id=incident_id, new=Incident(title=CANARY))
        await incidents.link(mira, case_id, target, None)
    for incident_id, new in zip(ids, (CANARY, ""), strict=True):
        named = Wanted(
            title=CANARY, when="", new_series=new, new_series_id=series_id,
            series_id=None if new else series_id,
        )  # fmt: skip
        await incidents.change(mira, incident_id, named, 1)
    await incidents.unlink(mira, cases[0], ids[0])  # its history still speaks of the incident

    async def left_after(case_id: UUID) -> tuple[int, int]:
        await admin.execute("delete from casework.case where case_id = $1", case_id)
        tables = ("incident", "series")
        counts = [await admin.fetchval(f"select count(*) from casework.{it}") for it in tables]
        return counts[0], counts[1]

    assert await left_after(cases[1]) == (2, 1)
    assert await left_after(cases[0]) == (1, 1)
    assert await left_after(cases[2]) == (0, 0)


async def test_two_stellen_carry_one_pseudonym_and_see_nothing_of_each_other(
    incidents: Incidents, sessions: dict[str, Session], admin: Admin, person: Person
) -> None:
    mark = marks.new_mark()
    found = {}
    for stelle in ("ads_jena", "ezra"):
        session, incident_id = sessions[stelle], uuid4()
        new = Target(incident_id=incident_id, new=Incident(title=f"bei {stelle}"))
        await incidents.link(session, person.cases[stelle], new, None)
        assert await incidents.agree(session, incident_id, mark, TODAY) is Linked.KEPT
        file = await incidents.read(session, incident_id)
        assert file is not None
        assert [case.case_id for case in file.cases] == [person.cases[stelle]]
        found[stelle] = file.known.incident

    assert all(found.values())
    assert len({each.pseudonym for each in found.values() if each}) == 1
    rows = str(await admin.fetch("select * from casework.incident"))
    assert mark not in rows
    assert str(marks.pseudonym(mark)) not in rows  # not even that two know the same


# Activity -----------------------------------------------------------------------------------


async def test_a_year_is_counted_page_by_page(
    entries: Entries,
    activities: Activities,
    mira: Session,
    admin: Admin,
    person: Person,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(activity, "PAGE", 2)
    other = await send_report(admin, {"ads_jena": False})
    for entry in (CALL, CALL, LETTER):
        await entries.write(mira, person.case_id, uuid4(), entry, 0)
    await entries.write(mira, other.case_id, uuid4(), CALL, 0)
    await entries.write(mira, None, uuid4(), TRAINING, 0)
    struck = uuid4()
    await entries.write(mira, person.case_id, struck, CALL, 0)
    wrong = ContactEntry(day=TODAY, kind="telefon", minutes=999, struck=True)
    await entries.write(mira, person.case_id, struck, wrong, 1)
    last_year = ContactEntry(day=TODAY.replace(year=TODAY.year - 1), kind="telefon", minutes=60)
    await entries.write(mira, person.case_id, uuid4(), last_year, 0)

    counted = await activities.count(mira, YEAR)

    tally = counted.tally
    assert tally.contacts.number == {"telefon": 3}
    assert tally.interventions.minutes == {"stellungnahme": 45}
    assert tally.events.participants == {"schulung": 14}
    assert (counted.received, tally.cases, tally.minutes) == (2, 2, 255)
    assert counted.unopened == 0


async def test_what_was_corrected_into_the_period_counts_there(
    entries: Entries, activities: Activities, mira: Session, admin: Admin, person: Person
) -> None:
    entry_id, before = uuid4(), TODAY.replace(year=TODAY.year - 1)
    wrong = ContactEntry(day=before, kind="mail")
    await entries.write(mira, person.case_id, entry_id, wrong, 0)
    await admin.execute("update casework.entry set made_at = $1", before)
    assert (await activities.count(mira, YEAR)).tally.contacts.number == {}
    await entries.write(mira, person.case_id, entry_id, CALL, 1)

    assert (await activities.count(mira, YEAR)).tally.contacts.number == {"telefon": 1}


async def test_the_counts_of_one_stelle_are_its_own(
    entries: Entries, activities: Activities, sessions: dict[str, Session], person: Person
) -> None:
    await entries.write(sessions["ads_jena"], person.case_id, uuid4(), CALL, 0)
    await entries.write(sessions["ads_jena"], None, uuid4(), TRAINING, 0)

    counted = await activities.count(sessions["ezra"], YEAR)

    assert (counted.received, counted.tally.minutes) == (1, 0)
    assert await activities.events(sessions["ezra"]) == []


async def test_counting_is_logged_with_every_case_that_was_opened(
    entries: Entries, activities: Activities, mira: Session, admin: Admin, person: Person
) -> None:
    await entries.write(mira, person.case_id, uuid4(), CALL, 0)
    await activities.count(mira, YEAR)

    row = await admin.fetchrow("select act, case_ids from casework.log order by log_id desc")
    assert row is not None
    assert (row["act"], row["case_ids"]) == ("activity_counted", [person.case_id])
