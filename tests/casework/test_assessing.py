"""What a Stelle finds of its cases is counted: sealed for the statistics, with no way back."""

import asyncio
from collections.abc import Mapping
from typing import Final
from uuid import UUID, uuid4

import asyncpg
import msgspec
import pytest

from adstelle import cards
from adstelle.asking.sealed import STATISTICS
from adstelle.cards import Faults, Sealed
from adstelle.casework.access import within
from adstelle.casework.assessing import service as assessing
from adstelle.casework.incident import store as incident_store
from adstelle.casework.incident.service import Became, Incidents, Joining, Target, Wanted
from adstelle.casework.index import store as index_store
from adstelle.casework.record.service import Records
from adstelle.casework.service import Casework
from adstelle.city import City
from adstelle.crypto import marks, sealing
from adstelle.crypto.hpke import PrivateKey
from adstelle.crypto.sessions import Session
from adstelle.database import Pool, Role, transaction
from adstelle.domain.counting import AssessedCard, Assessment
from adstelle.domain.incident import Incident, Series
from adstelle.domain.record import Record
from adstelle.domain.report import CountCard, Report, card_of
from adstelle.errors import Unopenable
from tests.casework.conftest import queue_of
from tests.conftest import Admin
from tests.core import KEYS, announce_keys
from tests.privacy.test_canary import everything_stored
from tests.staff_side import REPORT, TODAY, Person, send_report

FOUND: Final = Record(
    established="ja",
    local_link="ort",
    grounds=("rassismus_ethnische_herkunft", "sprache"),
    form="benachteiligung",
    area="wohnen",
    responsible="vermieter",
    responsible_name="Hausverwaltung Kanarienvogel",
    severity="schwer",
    criminal="nein",
)


@pytest.fixture
async def mira(admin: Admin, sessions: dict[str, Session]) -> Session:
    await announce_keys(admin, [STATISTICS])
    return sessions["ads_jena"]


@pytest.fixture
def records(staff_pool: Pool) -> Records:
    return Records(staff_pool)


@pytest.fixture
def incidents(staff_pool: Pool) -> Incidents:
    return Incidents(staff_pool)


async def reported(admin: Admin, *, report: Report = REPORT, contact: bool = True) -> Person:
    return await send_report(admin, {"ads_jena": contact}, report=report)


async def kept(admin: Admin) -> list[Assessment]:
    """All assessments, opened as the statistician's session does."""
    rows = await admin.fetch("select assessment_id, sealed from counting.assessment")
    return [
        sealing.open_assessment(KEYS[STATISTICS], row["sealed"], row["assessment_id"])
        for row in rows
    ]


async def assess(records: Records, session: Session, person: Person, record: Record) -> None:
    await records.save(session, person.case_id, "einordnung", record, 0)


async def join(
    incidents: Incidents, session: Session, people: list[Person], number: UUID | None = None
) -> UUID:
    """Link cases to one new incident, one after the other."""
    incident_id = number or uuid4()
    for place, person in enumerate(people):
        new = Incident(title="Absagen") if place == 0 else None
        target = Target(incident_id=incident_id, new=new)
        assert await incidents.link(session, person.case_id, target, None) is Became.KEPT
    return incident_id


async def in_series(
    incidents: Incidents, session: Session, incident_id: UUID, series_id: UUID, *, new: bool
) -> None:
    wanted = Wanted(
        title="Absagen",
        when="",
        series_id=None if new else series_id,
        new_series="Aufkleber" if new else "",
        new_series_id=series_id,
    )
    assert await incidents.change(session, incident_id, wanted, 1) is Became.KEPT


# What is written, and when -------------------------------------------------------------------


async def test_what_was_found_is_counted_once_however_often_it_is_saved(
    admin: Admin, records: Records, mira: Session
) -> None:
    person = await reported(admin)
    await assess(records, mira, person, Record(established="unklar"))
    await records.save(mira, person.case_id, "einordnung", FOUND, 1)
    outcome = msgspec.structs.replace(FOUND, outcomes=("entschuldigung",))
    await records.save(mira, person.case_id, "ergebnis", outcome, 2)

    (found,) = await kept(admin)
    assert (found.stelle, found.outcomes) == ("ads_jena", ("entschuldigung",))
    for field in ("established", "local_link", "grounds", "form", "area", "responsible",
                  "severity", "criminal"):  # fmt: skip
        assert getattr(found, field) == getattr(FOUND, field)
    assert found.body is not None
    assert found.person is not None
    assert (found.incident, found.series, found.is_campaign) == (None, None, False)


async def test_who_waits_for_somebody_else_s_change_counts_it_as_well(
    admin: Admin, staff_pool: Pool, records: Records, incidents: Incidents, mira: Session
) -> None:
    """A record and a series at the same moment: neither is lost in what is counted."""
    person, series_id = await reported(admin), uuid4()
    incident_id = await join(incidents, mira, [person])
    async with within(staff_pool, mira) as conn:
        await incident_store.insert_series(conn, mira, series_id, Series(title="Aufkleber"))
        known = await incident_store.incident(conn, mira, incident_id)
        assert known is not None
        assert known.incident is not None
        await incident_store.change(conn, mira, known, known.incident, series_id)
        await assessing.keep_incidents(conn, mira, [incident_id])
        saving = asyncio.create_task(assess(records, mira, person, FOUND))
        await until_somebody_waits(admin)
    await saving

    (found,) = await kept(admin)
    assert (found.established, found.series is None) == ("ja", False)


async def until_somebody_waits(admin: Admin) -> None:
    """Until a transaction of this database waits for a lock of another one."""
    waiting = (
        "select exists (select from pg_stat_activity where wait_event_type = 'Lock' "
        "and datname = current_database())"
    )
    for _ in range(6000):
        if await admin.fetchval(waiting):
            return
        await asyncio.sleep(0.02)
    raise AssertionError("nobody waited for anything")


async def test_other_sections_say_nothing_that_is_counted(
    admin: Admin, records: Records, mira: Session
) -> None:
    person = await reported(admin)
    await records.save(mira, person.case_id, "kurzfassung", Record(summary="x"), 0)
    assert await kept(admin) == []


async def test_without_a_key_of_the_statistics_nothing_is_written_and_nothing_fails(
    admin: Admin, records: Records, incidents: Incidents, sessions: dict[str, Session]
) -> None:
    person, session = await reported(admin), sessions["ads_jena"]
    await assess(records, session, person, FOUND)
    await join(incidents, session, [person])
    assert await admin.fetchval("select count(*) from counting.assessment") == 0
    assert await admin.fetchval("select count(*) from casework.record") == 1


async def test_two_stellen_have_their_say_on_one_card(
    admin: Admin, records: Records, mira: Session, sessions: dict[str, Session]
) -> None:
    person = await send_report(admin, {"ads_jena": True, "ezra": True})
    for stelle, word in (("ezra", "nein"), ("ads_jena", "ja")):
        await records.save(
            sessions[stelle], person.cases[stelle], "einordnung", Record(established=word), 0
        )

    found = await kept(admin)
    assert {(each.stelle, each.established) for each in found} == {
        ("ads_jena", "ja"), ("ezra", "nein"),
    }  # fmt: skip
    assert len({each.card_id for each in found}) == 1
    assert len({each.person for each in found}) == 2, "each Stelle has pseudonyms of its own"


async def test_cases_of_before_are_counted_when_the_index_takes_them_in(
    admin: Admin, casework: Casework, records: Records, mira: Session
) -> None:
    person = await reported(admin)
    await assess(records, mira, person, FOUND)
    await admin.execute("truncate counting.assessment")
    await admin.execute("update casework.case set indexed = $1", index_store.SCHEME - 1)

    await queue_of(casework)._index.catch_up(mira, 25, TODAY)
    (found,) = await kept(admin)
    assert found.established == "ja"

    await admin.execute("truncate counting.assessment")
    await casework.read(mira, person.case_id, TODAY)
    assert await kept(admin) == [], "what the index has is not written with every look"
    await admin.execute("update casework.case set indexed = 0")
    await casework.read(mira, person.case_id, TODAY)
    assert await kept(admin) == [found]


# Incidents, series and campaigns ---------------------------------------------------------------


async def test_cases_of_one_incident_have_one_pseudonym_until_they_leave_it(
    admin: Admin, incidents: Incidents, mira: Session
) -> None:
    people = [await reported(admin) for _ in range(3)]
    incident_id = await join(incidents, mira, people[:2])
    await join(incidents, mira, people[2:])

    shared = [each.incident for each in await kept(admin)]
    assert len(shared) == 3
    assert None not in shared
    assert len(set(shared)) == 2

    await incidents.unlink(mira, people[0].case_id, incident_id)
    assert sorted(each.incident is None for each in await kept(admin)) == [False, False, True]


async def test_an_agreed_mark_gives_two_stellen_the_same_pseudonym(
    admin: Admin, incidents: Incidents, mira: Session, sessions: dict[str, Session]
) -> None:
    mark, mine = marks.new_mark(), await reported(admin)
    theirs = await send_report(admin, {"ezra": True})
    ours = [
        (session, await join(incidents, session, [person]))
        for session, person in ((mira, mine), (sessions["ezra"], theirs))
    ]
    assert len({each.incident for each in await kept(admin)}) == 2

    for session, incident_id in ours:
        assert await incidents.agree(session, incident_id, mark, TODAY) is Became.KEPT
    assert [each.incident for each in await kept(admin)] == [marks.pseudonym(mark)[:16]] * 2


async def test_a_campaign_is_called_so_and_all_of_its_cases_say_it(
    admin: Admin, incidents: Incidents, mira: Session
) -> None:
    people, series_id = [await reported(admin) for _ in range(3)], uuid4()
    first = await join(incidents, mira, people[:1])
    second = await join(incidents, mira, people[1:2])
    await join(incidents, mira, people[2:])  # it has nothing to do with them
    await in_series(incidents, mira, first, series_id, new=True)
    assert await incidents.call_campaign(mira, first, series_id, called=True) is Became.KEPT
    await in_series(incidents, mira, second, series_id, new=False)

    found = await kept(admin)
    assert sorted(each.is_campaign for each in found) == [False, True, True]
    assert len({each.series for each in found if each.is_campaign}) == 1
    file = await incidents.read(mira, second)
    assert file is not None
    assert file.own_series is not None
    assert file.own_series.is_campaign

    assert await incidents.call_campaign(mira, second, series_id, called=False) is Became.KEPT
    assert not any(each.is_campaign for each in await kept(admin))
    assert len({each.series for each in await kept(admin)}) == 2


async def test_incidents_that_are_joined_by_a_hint_are_one_series(
    admin: Admin, incidents: Incidents, mira: Session
) -> None:
    one, other = await reported(admin), await reported(admin)
    joining = Joining(
        names={one.case_id: "A", other.case_id: "B"},
        series_id=None,
        new_series="Reihe",
        number=uuid4(),
    )
    await incidents.join(mira, (one.case_id, other.case_id), joining)
    found = await kept(admin)
    assert len(found) == 2
    assert len({each.series for each in found}) == 1
    assert None not in {each.series for each in found}


async def test_another_stelle_calls_nothing_a_campaign(
    admin: Admin, incidents: Incidents, mira: Session, sessions: dict[str, Session]
) -> None:
    incident_id = await join(incidents, mira, [await reported(admin)])
    series_id = uuid4()
    await in_series(incidents, mira, incident_id, series_id, new=True)
    became = await incidents.call_campaign(sessions["ezra"], incident_id, series_id, called=True)
    assert became is Became.NOT_THERE


async def test_a_series_of_long_ago_is_still_there(
    admin: Admin, staff_pool: Pool, incidents: Incidents, mira: Session
) -> None:
    incident_id, old = await join(incidents, mira, [await reported(admin)]), uuid4()
    await in_series(incidents, mira, incident_id, old, new=True)
    for _ in range(incident_store.MOST_SERIES):
        async with within(staff_pool, mira) as conn:
            await incident_store.insert_series(conn, mira, uuid4(), Series(title="neuer"))

    file = await incidents.read(mira, incident_id)
    assert file is not None
    assert file.own_series == Series(title="Aufkleber")
    wanted = Wanted(title="B", when="", series_id=old, new_series="", new_series_id=uuid4())
    assert await incidents.change(mira, incident_id, wanted, 2) is Became.KEPT


async def test_the_series_on_the_page_must_be_the_one_the_incident_is_in(
    admin: Admin, incidents: Incidents, mira: Session
) -> None:
    incident_id, series = await join(incidents, mira, [await reported(admin)]), (uuid4(), uuid4())
    for revision, series_id in enumerate(series, 1):
        wanted = Wanted(title="A", when="", series_id=None, new_series="B", new_series_id=series_id)
        await incidents.change(mira, incident_id, wanted, revision)
    became = await incidents.call_campaign(mira, incident_id, series[0], called=True)
    assert became is Became.CHANGED
    assert [each.is_campaign for each in await kept(admin)] == [False]


@pytest.fixture
async def lea(admin: Admin, mira: Session) -> Session:
    """A colleague."""
    lea_id = uuid4()
    await admin.execute(
        "insert into accounts.member (member_id, name, stelle, role, created_on) "
        "values ($1, 'Lea', 'ads_jena', 'adviser', current_date)", lea_id,
    )  # fmt: skip
    return msgspec.structs.replace(mira, member_id=lea_id)


async def keep_from(admin: Admin, session: Session, person: Person) -> None:
    await admin.execute(
        "insert into casework.conflict values ($1, $2, 'ads_jena', current_date)",
        person.case_id, session.member_id,
    )  # fmt: skip


async def test_a_case_the_member_is_kept_from_is_assessed_anew_by_somebody_else(
    admin: Admin, casework: Casework, incidents: Incidents, mira: Session, lea: Session
) -> None:
    """Who changes an incident cannot open a barred case of it; the next who can does."""
    person, other, series_id = await reported(admin), await reported(admin), uuid4()
    incident_id = await join(incidents, mira, [person, other])
    await queue_of(casework)._index.catch_up(mira, 25, TODAY)
    await keep_from(admin, lea, person)
    await in_series(incidents, lea, incident_id, series_id, new=True)
    assert sorted(each.series is None for each in await kept(admin)) == [False, True]

    await queue_of(casework)._index.catch_up(mira, 25, TODAY)
    assert [each.series is None for each in await kept(admin)] == [False, False]


async def test_so_is_one_whose_incident_the_member_does_not_even_see(
    admin: Admin, casework: Casework, incidents: Incidents, mira: Session, lea: Session
) -> None:
    person, other, series_id = await reported(admin), await reported(admin), uuid4()
    hidden, seen = [await join(incidents, mira, [each]) for each in (person, other)]
    await in_series(incidents, mira, hidden, series_id, new=True)
    await in_series(incidents, mira, seen, series_id, new=False)
    await queue_of(casework)._index.catch_up(mira, 25, TODAY)
    await keep_from(admin, lea, person)
    became = await incidents.call_campaign(lea, seen, series_id, called=True)
    assert became is Became.KEPT
    assert sorted(each.is_campaign for each in await kept(admin)) == [False, True]

    await queue_of(casework)._index.catch_up(mira, 25, TODAY)
    assert [each.is_campaign for each in await kept(admin)] == [True, True]


async def test_after_a_new_key_of_the_stelle_everything_is_called_the_same(
    admin: Admin, records: Records, incidents: Incidents, mira: Session
) -> None:
    person, earlier = await reported(admin), await reported(admin, report=REPORT)
    incident_id = await join(incidents, mira, [person, earlier])
    await in_series(incidents, mira, incident_id, uuid4(), new=True)
    await assess(records, mira, person, FOUND)
    before = {each.card_id: each for each in await kept(admin)}
    assert mira.seed is not None
    later = msgspec.structs.replace(
        mira, seed=PrivateKey.generate().seed, older=(PrivateKey.generate().seed, mira.seed)
    )
    await records.save(later, person.case_id, "einordnung", Record(established="nein"), 1)

    after = {each.card_id: each for each in await kept(admin)}
    changed = [card_id for card_id in before if after[card_id] != before[card_id]]
    assert len(after) == len(before) == 2, "no row more"
    assert len(changed) == 1
    again = msgspec.structs.replace(FOUND, established="nein")
    await records.save(later, person.case_id, "einordnung", again, 2)
    now = {each.card_id: each for each in await kept(admin)}[changed[0]]
    assert now == msgspec.structs.replace(before[changed[0]], established="nein")


# Nothing leads back ----------------------------------------------------------------------------


async def test_all_are_equally_long_and_nothing_of_them_is_in_clear(
    admin: Admin, city: City, records: Records, incidents: Incidents, mira: Session
) -> None:
    most = Record(
        established="nicht_feststellbar",
        local_link="beides",
        grounds=city.codes.grounds,
        form="x" * 40,
        area="x" * 40,
        responsible="x" * 40,
        responsible_name=FOUND.responsible_name,
        severity="sehr_schwer",
        criminal="angezeigt",
    )
    people = [await reported(admin) for _ in range(2)]
    await records.save(mira, people[0].case_id, "einordnung", most, 0)
    outcomes = tuple(f"ergebnis_nummer_{number}" for number in range(20))
    await records.save(
        mira, people[0].case_id, "ergebnis", msgspec.structs.replace(most, outcomes=outcomes), 1
    )
    await records.save(mira, people[1].case_id, "einordnung", Record(established="ja"), 0)
    await join(incidents, mira, people[:1])

    rows = await admin.fetch("select * from counting.assessment")
    assert len({len(row["sealed"]) for row in rows}) == 1
    everything = b"".join(row["assessment_id"].bytes + row["sealed"] for row in rows)
    dump = await everything_stored(admin)
    for word in ("rassismus_ethnische_herkunft", "Kanarienvogel", "ergebnis_nummer"):
        assert word.encode() not in dump
    ids = {person.case_id for person in people} | {person.report_id for person in people}
    assert not any(number.bytes in everything for number in ids)


async def test_the_table_has_no_column_that_could_tell_more(admin: Admin) -> None:
    columns = await admin.fetch(
        "select column_name, data_type from information_schema.columns "
        "where table_schema = 'counting' and table_name = 'assessment'"
    )
    assert {tuple(row) for row in columns} == {("assessment_id", "uuid"), ("sealed", "bytea")}


@pytest.mark.parametrize("statement", [
    "select * from counting.assessment",
    "select assessment_id from counting.assessment",
    "insert into counting.assessment values (gen_random_uuid(), 'x')",
    "update counting.assessment set sealed = 'x'",
    "delete from counting.assessment",
    "select sealed from intake.card",
])  # fmt: skip
async def test_an_adviser_reads_and_removes_none(
    staff_pool: Pool, mira: Session, statement: str
) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with transaction(
            staff_pool, Role.CASEWORK, scope="ads_jena", member=mira.member_id
        ) as conn:
            await conn.execute(statement)


@pytest.mark.parametrize("table", ["casework.case", "casework.record", "intake.report",
                                   "intake.part", "accounts.member"])  # fmt: skip
async def test_the_statistics_read_nothing_of_a_case(staff_pool: Pool, table: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with transaction(staff_pool, Role.STATISTICS) as conn:
            await conn.execute(f"select from {table}")


async def test_only_the_statistics_key_opens_it(
    admin: Admin, records: Records, mira: Session
) -> None:
    await assess(records, mira, await reported(admin), FOUND)
    (row,) = await admin.fetch("select * from counting.assessment")
    for key, number in ((mira.key(), row["assessment_id"]), (KEYS[STATISTICS], uuid4())):
        with pytest.raises(Unopenable):
            sealing.open_assessment(key, row["sealed"], number)


# Reading ---------------------------------------------------------------------------------------


async def with_cards(admin: Admin, found: list[Assessment]) -> Mapping[UUID, CountCard]:
    """Store the count cards of assessed reports, as submitting them does."""
    made = {each.card_id: card_of(REPORT, month="2026-03") for each in found}
    await admin.executemany(
        "insert into intake.card values ($1, $2)",
        [
            (number, sealing.seal_card(number, card, KEYS[STATISTICS].public()))
            for number, card in made.items()
        ],
    )
    return made


async def read(pool: Pool, faults: Faults) -> list[AssessedCard]:
    async with transaction(pool, Role.STATISTICS) as conn:
        rows = [row async for page in cards.sealed(conn) for row in page]
    return joined(KEYS[STATISTICS], rows, faults)


def joined(key: PrivateKey, rows: list[Sealed], faults: Faults) -> list[AssessedCard]:
    return list(cards.joined(cards.opened(rows, cards.unsealed(key, rows)), faults))


async def test_cards_and_what_was_found_come_together_again(
    admin: Admin,
    staff_pool: Pool,
    records: Records,
    mira: Session,
    sessions: dict[str, Session],
) -> None:
    both = await send_report(admin, {"ads_jena": True, "ezra": True})
    for stelle in ("ezra", "ads_jena"):
        await records.save(sessions[stelle], both.cases[stelle], "einordnung", FOUND, 0)
    await assess(records, mira, await reported(admin), FOUND)
    made = await with_cards(admin, await kept(admin))
    alone = uuid4()
    await with_cards(admin, [Assessment(card_id=alone, stelle="x")])

    faults = Faults()
    found = {each.card_id: each for each in await read(staff_pool, faults)}
    assert not faults
    assert found.keys() == made.keys() | {alone}
    assert sorted(
        [assessment.stelle for assessment in each.assessments] for each in found.values()
    ) == [[], ["ads_jena"], ["ads_jena", "ezra"]]
    assert all(each.card == card_of(REPORT, month="2026-03") for each in found.values())


async def test_what_cannot_be_counted_is_said(
    admin: Admin, staff_pool: Pool, records: Records, mira: Session
) -> None:
    for _ in range(3):
        await assess(records, mira, await reported(admin), FOUND)
    first, second, _third = await kept(admin)
    await with_cards(admin, [first, second])
    await admin.execute("update intake.card set sealed = 'x' where card_id = $1", second.card_id)
    await admin.execute("select counting.assess(array[gen_random_uuid()], array['x'::bytea])")
    broken = uuid4()
    nonsense = KEYS[STATISTICS].public().wrap(b"[]\x80", sealing.card_binding(broken))
    await admin.execute("insert into intake.card values ($1, $2)", broken, nonsense)

    faults = Faults()
    assert [each.card_id for each in await read(staff_pool, faults)] == [first.card_id]
    assert faults == Faults(cards=2, assessments=1, orphans=2)


async def test_rows_come_page_by_page_and_each_once(
    admin: Admin, staff_pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages that are full, one that is not, and one that ends exactly at the end."""
    monkeypatch.setattr(cards, "PAGE", 2)
    await admin.executemany(
        "insert into intake.card values ($1, $2)", [(uuid4(), b"card") for _ in range(4)]
    )
    await admin.executemany(
        "insert into counting.assessment values ($1, $2)", [(uuid4(), b"word") for _ in range(3)]
    )
    async with transaction(staff_pool, Role.STATISTICS) as conn:
        of = await cards.totals(conn)
        pages = [page async for page in cards.sealed(conn)]

    assert (of.assessments, of.cards) == (3, 4)
    assert [[it.what.value for it in page] for page in pages] == [
        ["assessment"] * 2, ["assessment"], ["card"] * 2, ["card"] * 2,
    ]  # fmt: skip
    assert len({it.number for page in pages for it in page}) == 7
    assert {(it.what, it.sealed) for page in pages for it in page} == {
        ("assessment", b"word"), ("card", b"card"),
    }  # fmt: skip


def test_an_assessment_that_comes_too_late_is_not_lost() -> None:
    number, key = uuid4(), KEYS[STATISTICS]
    card = sealing.seal_card(number, card_of(REPORT, month="2026-03"), key.public())
    late = Assessment(card_id=number, stelle="x")
    rows = [
        Sealed(cards.What.CARD, number, card),
        Sealed(cards.What.ASSESSMENT, number, sealing.seal_assessment(number, late, key.public())),
    ]
    with pytest.raises(ValueError, match="behind"):
        joined(key, rows, Faults())
