"""Hints on a real database: what is found without reading, what is said of it, who sees it."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid4

import asyncpg
import msgspec
import pytest

from adstelle.accounts import setup
from adstelle.casework.access import within
from adstelle.casework.blocks.service import Block, Blocks
from adstelle.casework.desk.service import Desks
from adstelle.casework.hints import patterns as pattern_service
from adstelle.casework.hints import store as hints_store
from adstelle.casework.hints.patterns import PatternView
from adstelle.casework.hints.service import CANDIDATES, Became, Found, Hints, Look
from adstelle.casework.incident.service import Became as BecameOfIncident
from adstelle.casework.incident.service import Incidents, Joining, Target
from adstelle.casework.index.service import Index
from adstelle.casework.record.service import Records
from adstelle.city import City
from adstelle.crypto import envelope
from adstelle.crypto.sessions import Session
from adstelle.database import Pool
from adstelle.domain.activity import Period
from adstelle.domain.hints import Kind, Why
from adstelle.domain.incident import Incident
from adstelle.domain.incident_date import IncidentDate
from adstelle.domain.patterns import Kind as PatternKind
from adstelle.domain.record import Record
from adstelle.domain.report import Report
from adstelle.domain.routing import CodedAnswers
from tests.conftest import Admin
from tests.staff_side import (
    CHEAP,
    REPORT,
    TODAY,
    Clock,
    new_member,
    send_report,
    session_of,
    set_up,
    sign_in_of,
)

CANARY = "Kanarienvogel"
TEXT = "Briefkasten Treppenhaus Hausmeister Klingelschild Kellerschlüssel Wasserschaden Mahnung"
OTHER = CodedAnswers(grounds=("alter",), incident_type="beleidigung", area_of_life="bildung")
PERIOD = Period(date(2025, 4, 1), TODAY)


@dataclass(frozen=True)
class Office:
    """Two people of the ADS and one of ezra, and what they can do."""

    mira: Session
    kim: Session
    juri: Session
    hints: Hints
    incidents: Incidents
    index: Index
    desks: Desks
    blocks: Blocks
    records: Records
    admin: Admin

    async def sent(self, text: str = "Text", *, stelle: str = "ads_jena", **other: object) -> UUID:
        """A case with this account; what is not named is that of any other case here."""
        plain = Report(answers=OTHER, account=text, date=IncidentDate(year=2020, month=1))
        report = msgspec.structs.replace(plain, **other)
        return (await send_report(self.admin, {stelle: False}, report=report)).case_id

    async def crowd(self, count: int = 12) -> list[UUID]:
        """Cases that have nothing to do with any other, so that rare means something."""
        found = [await self.sent(f"Fall {number} {uuid4().hex}") for number in range(count)]
        await self.indexed()
        return found

    async def indexed(self) -> None:
        await self.index.catch_up(self.mira, 1000, TODAY)

    async def look(self, case_id: UUID, session: Session | None = None) -> Look:
        look = await self.hints.look(session or self.mira, case_id)
        assert look is not None
        return look

    async def found(self, case_id: UUID, session: Session | None = None) -> dict[UUID, Found]:
        return {each.case.case_id: each for each in (await self.look(case_id, session)).found}


@pytest.fixture
async def office(operator_pool: Pool, staff_pool: Pool, city: City, admin: Admin) -> Office:
    clock = Clock()
    sign_in = sign_in_of(staff_pool, clock)
    key = await set_up(operator_pool, "ads_jena", new_member("mira"))
    await set_up(operator_pool, "ezra", new_member("juri"))
    await setup.add_member(
        operator_pool, "ads_jena", key, new_member("kim"), cost=CHEAP, today=TODAY
    )
    mira, kim, juri = [await session_of(sign_in, clock, each) for each in ("mira", "kim", "juri")]
    blocks = Blocks(staff_pool)
    return Office(
        mira=mira,
        kim=kim,
        juri=juri,
        hints=Hints(staff_pool, city, blocks),
        incidents=Incidents(staff_pool),
        index=Index(staff_pool, city),
        desks=Desks(staff_pool),
        blocks=blocks,
        records=Records(staff_pool),
        admin=admin,
    )


def whys(found: Found) -> set[Why]:
    return {reason.why for reason in found.hint.reasons}


# What is found ----------------------------------------------------------------------------------


async def test_two_who_tell_of_the_same_are_found_from_both_sides(office: Office) -> None:
    await office.crowd()
    one = await office.sent(f"{TEXT} Wohnungstür {CANARY}")
    other = await office.sent(f"Im {TEXT} war die Wohnungstür, sagt {CANARY}.", language="ar")
    await office.indexed()

    for case_id, wanted in ((one, other), (other, one)):
        (found,) = (await office.found(case_id)).values()
        assert found.case.case_id == wanted
        assert found.hint.kind is Kind.INCIDENT
        assert whys(found) >= {Why.MANY_WORDS, Why.AREA, Why.GROUND}


@pytest.mark.parametrize("apart", [0, 3])
async def test_the_day_and_what_else_is_the_same_is_found_without_a_word(
    office: Office, apart: int
) -> None:
    await office.crowd()
    days = (IncidentDate(day=20 + each, month=2, year=2026) for each in (0, apart))
    one, other = [await office.sent(f"{each}", place="Markt", date=each) for each in days]
    await office.indexed()

    found = await office.found(one)

    assert set(found) == {other}
    assert found[other].hint.kind is Kind.INCIDENT
    assert whys(found[other]) >= {Why.PLACE, Why.NEAR_DAYS if apart else Why.SAME_DAY}


async def test_the_responsible_body_is_found_by_the_name_in_the_records(office: Office) -> None:
    await office.crowd()
    one, other = [await office.sent("Nichts weiter") for _ in range(2)]
    await office.indexed()
    for case_id, name in ((one, f"Hausverwaltung {CANARY}"), (other, f"{CANARY}, Hausverwaltung")):
        record = Record(responsible_name=name)
        await office.records.save(office.mira, case_id, "einordnung", record, 0)
    assert await office.found(one) == {}, "it was indexed without a session that looked"
    await office.indexed()

    found = await office.found(one)

    assert Why.BODY in whys(found[other])
    assert found[other].hint.kind is Kind.SERIES


async def test_what_everybody_writes_is_no_hint(office: Office) -> None:
    cases = [await office.sent(f"{TEXT} {uuid4().hex}") for _ in range(12)]
    await office.indexed()

    assert await office.found(cases[0]) == {}


async def test_building_blocks_of_the_stelle_are_no_hint(office: Office) -> None:
    await office.crowd()
    one, _ = [await office.sent(TEXT) for _ in range(2)]
    await office.indexed()
    assert await office.found(one)

    await office.blocks.keep(office.mira, uuid4(), Block(title="Aufnahme", text=TEXT, lang="de"))

    assert await office.found(one) == {}


async def test_another_stelles_case_is_never_found(office: Office) -> None:
    await office.crowd()
    one = await office.sent(TEXT)
    await office.sent(TEXT, stelle="ezra")
    await office.indexed()
    await office.index.catch_up(office.juri, 100, TODAY)

    assert await office.found(one) == {}
    assert await office.hints.look(office.juri, one) is None


async def test_few_candidates_are_opened_and_each_is_logged(office: Office) -> None:
    await office.crowd(1200 // 25)
    same = [await office.sent(TEXT, place="Markt") for _ in range(CANDIDATES + 5)]
    await office.indexed()
    await office.admin.execute("delete from casework.log")

    look = await office.look(same[0])

    logged = await office.admin.fetch("select act, case_ids from casework.log order by log_id")
    assert {row["act"] for row in logged} == {"case_compared"}
    assert [len(row["case_ids"]) for row in logged] == [1, CANDIDATES]
    assert {each.case.case_id for each in look.found} <= set(logged[1]["case_ids"])


async def test_no_search_reads_the_whole_index(admin: Admin) -> None:
    """Whatever the planner thinks of a token: each is looked up."""
    settings = await admin.fetchval("select proconfig from pg_proc where proname = 'alike'")

    assert "enable_seqscan=off" in settings


async def test_of_another_stelle_nothing_is_found_or_counted_by_any_token(
    office: Office, staff_pool: Pool, admin: Admin
) -> None:
    """Tokens of two Stellen never meet; should they, the database still keeps them apart."""
    one, other = [await office.sent(TEXT) for _ in range(2)]
    foreign = await office.sent(TEXT, stelle="ezra")
    await office.indexed()
    await office.index.catch_up(office.juri, 100, TODAY)
    await admin.execute("update casework.search set tokens = array[1, 2, 3]")

    async with within(staff_pool, office.mira) as conn:
        found = await hints_store.alike(conn, [1, 2], CANDIDATES)

    assert {each.case_id for each in found} == {one, other}
    assert all(each.cases == [2, 2] for each in found)
    assert foreign not in {each.case_id for each in found}


async def test_cases_that_are_not_indexed_yet_are_missed_and_that_is_said(office: Office) -> None:
    await office.crowd()
    one, _ = [await office.sent(TEXT) for _ in range(2)]

    look = await office.look(one)

    assert look.found == ()
    assert look.missing == 2


async def test_a_case_that_does_not_open_breaks_nothing(office: Office) -> None:
    await office.crowd()
    one, other = [await office.sent(TEXT) for _ in range(2)]
    await office.indexed()
    await office.admin.execute(
        "update intake.part set sealed = set_byte(sealed, 29, 255 - get_byte(sealed, 29)) "
        "where report_id = (select report_id from casework.case where case_id = $1)", other,
    )  # fmt: skip

    assert await office.found(one) == {}
    assert (await office.look(other)).case.account is None
    pair = await office.hints.compare(office.mira, one, other)
    assert pair is not None
    assert pair.hint is None


# Whoever must not see a case --------------------------------------------------------------------


async def test_who_is_kept_from_a_case_gets_no_hint_of_it(office: Office) -> None:
    await office.crowd()
    one, other = [await office.sent(TEXT) for _ in range(2)]
    await office.indexed()
    assert set(await office.found(one, office.kim)) == {other}
    await office.hints.say(office.mira, uuid4(), (one, other), apart=True)

    await office.desks.keep_away(office.mira, other, office.kim.member_id, TODAY)

    look = await office.look(one, office.kim)
    assert (look.found, look.apart) == ((), ())
    assert await office.hints.compare(office.kim, one, other) is None
    assert await office.hints.look(office.kim, other) is None
    said = await office.hints.say(office.kim, uuid4(), (one, other), apart=False)
    assert said is Became.NOT_THERE
    assert [each.other_id for each in (await office.look(one)).apart] == [other]


async def test_a_case_one_must_not_see_is_not_counted_either(
    office: Office, staff_pool: Pool
) -> None:
    """Three have the words: for whoever sees two of them these are rare, for others not."""
    await office.crowd(47)
    one, other, third = [await office.sent(TEXT) for _ in range(3)]
    await office.indexed()
    assert await office.found(one, office.kim) == {}

    await office.desks.keep_away(office.mira, third, office.kim.member_id, TODAY)

    assert set(await office.found(one, office.kim)) == {other}
    assert await office.found(one) == {}


async def test_the_database_lets_nobody_answer_for_others_or_for_foreign_cases(
    office: Office, staff_pool: Pool
) -> None:
    one, other = sorted([await office.sent(TEXT) for _ in range(2)])
    foreign = await office.sent(TEXT, stelle="ezra")
    statement = (
        "insert into casework.hint_answer (hint_answer_id, case_id, other_id, stelle, member_id, "
        "sealed) values (gen_random_uuid(), $1, $2, 'ads_jena', $3, '')"
    )
    pairs = [(one, other, office.kim.member_id), (*sorted((one, foreign)), office.mira.member_id)]
    for values in pairs:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with within(staff_pool, office.mira) as conn:
                await conn.execute(statement, *values)
    for change in (
        "update casework.hint_answer set sealed = ''",
        "delete from casework.hint_answer",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with within(staff_pool, office.mira) as conn:
                await conn.execute(change)


# What is said of it -----------------------------------------------------------------------------


async def test_what_does_not_belong_together_is_not_offered_until_that_is_taken_back(
    office: Office,
) -> None:
    await office.crowd()
    one, other = [await office.sent(TEXT) for _ in range(2)]
    await office.indexed()
    number = uuid4()

    for _ in range(2):
        assert await office.hints.say(office.mira, number, (one, other), apart=True) is Became.KEPT
    for case_id, away in ((one, other), (other, one)):
        look = await office.look(case_id, office.kim)
        assert look.found == ()
        assert [(each.other_id, each.name) for each in look.apart] == [(away, "Mira Muster")]
    assert await office.hints.say(office.kim, uuid4(), (other, one), apart=False) is Became.KEPT

    assert set(await office.found(one)) == {other}
    assert (await office.look(one)).apart == ()
    rows = await office.admin.fetch(
        "select act, case_ids from casework.log where act like 'hint%' order by log_id"
    )
    assert [(row["act"], set(row["case_ids"])) for row in rows] == [
        ("hint_dismissed", {one, other}), ("hint_reopened", {one, other}),
    ]  # fmt: skip


async def test_what_was_said_is_sealed_and_goes_with_either_case(office: Office) -> None:
    one, other, third = [await office.sent(TEXT) for _ in range(3)]
    for pair in ((one, other), (one, third)):
        await office.hints.say(office.mira, uuid4(), pair, apart=True)
    await office.hints.say(office.mira, uuid4(), (one, third), apart=False)

    sealed = await office.admin.fetch("select sealed from casework.hint_answer")

    assert len({len(row["sealed"]) for row in sealed}) == 1, "its length tells which it is"
    for clear in (envelope.padded(word)[:16] for word in (b"apart", b"open")):
        assert not any(clear in row["sealed"] for row in sealed)
    await office.admin.execute("delete from casework.case where case_id = $1", other)
    assert (await office.look(one)).apart == ()
    await office.admin.execute("delete from casework.case where case_id = $1", one)
    assert await office.admin.fetchval("select count(*) from casework.hint_answer") == 0


async def test_an_answer_moved_to_another_pair_does_not_open(office: Office) -> None:
    one, other, third = [await office.sent(TEXT) for _ in range(3)]
    await office.hints.say(office.mira, uuid4(), (one, other), apart=True)
    pair = sorted((one, third))

    await office.admin.execute("update casework.hint_answer set case_id = $1, other_id = $2", *pair)

    (moved,) = (await office.look(one)).apart
    assert (moved.other_id, moved.apart) == (third, None)


async def test_what_is_together_is_not_offered(office: Office) -> None:
    await office.crowd()
    one, other, third = [await office.sent(TEXT, place="Markt") for _ in range(3)]
    await office.indexed()
    assert set(await office.found(one)) == set()  # three of fifteen: no longer rare
    await office.crowd(150)
    assert set(await office.found(one)) == {other, third}

    target = Target(incident_id=uuid4(), new=Incident(title="Markt"), also=other)
    await office.incidents.link(office.mira, one, target, None)

    assert set(await office.found(one)) == {third}
    joining = Joining(
        names={third: "Noch einmal"}, series_id=None, new_series="Reihe", number=uuid4()
    )
    await office.incidents.join(office.mira, (other, third), joining)
    assert set(await office.found(one)) == set()


# Parts of a series ------------------------------------------------------------------------------


def joining(names: dict[UUID, str], new_series: str = "Reihe", **other: UUID) -> Joining:
    return Joining(
        names=names,
        new_series=new_series,
        series_id=other.get("series_id"),
        number=other.get("number") or uuid4(),
    )


async def series_of(office: Office, case_id: UUID) -> tuple[str, UUID | None]:
    linking = await office.incidents.linking(office.mira, case_id, "")
    assert linking is not None
    assert linking.now is not None
    assert linking.now.incident is not None
    return linking.now.incident.title, linking.now.series_id


async def test_two_cases_come_into_a_new_series_once(office: Office) -> None:
    one, other = [await office.sent() for _ in range(2)]
    wanted = joining({one: "Erster", other: "Zweiter"})

    for _ in range(2):
        became = await office.incidents.join(office.mira, (one, other), wanted)
        assert became is BecameOfIncident.KEPT

    first, second = await series_of(office, one), await series_of(office, other)
    assert (first[0], second[0]) == ("Erster", "Zweiter")
    assert first[1] == second[1] is not None
    assert await office.admin.fetchval("select count(*) from casework.series") == 1
    assert await office.admin.fetchval("select count(*) from casework.incident") == 2
    logged = "select count(*) from casework.log where act = $1"
    assert await office.admin.fetchval(logged, "incident_linked") == 2
    assert await office.admin.fetchval(logged, "incident_changed") == 2


async def test_the_other_one_comes_into_the_series_that_there_is(office: Office) -> None:
    one, other, third = [await office.sent() for _ in range(3)]
    await office.incidents.join(office.mira, (one, other), joining({one: "1", other: "2"}))

    became = await office.incidents.join(office.mira, (third, other), joining({third: "3"}))

    assert became is BecameOfIncident.KEPT
    assert (await series_of(office, third))[1] == (await series_of(office, one))[1]


async def test_two_different_series_are_not_mixed(office: Office) -> None:
    cases = [await office.sent() for _ in range(4)]
    for one, other in (cases[:2], cases[2:]):
        await office.incidents.join(office.mira, (one, other), joining({one: "1", other: "2"}))

    became = await office.incidents.join(office.mira, (cases[0], cases[2]), joining({}))

    assert became is BecameOfIncident.CHANGED


async def test_a_name_that_is_missing_by_now_is_asked_for(office: Office) -> None:
    one, other = [await office.sent() for _ in range(2)]

    became = await office.incidents.join(office.mira, (one, other), joining({one: "1"}))

    assert became is BecameOfIncident.CHANGED
    assert await office.admin.fetchval("select count(*) from casework.series") == 0


async def test_a_foreign_case_or_series_is_not_joined(office: Office) -> None:
    one, other = [await office.sent() for _ in range(2)]
    foreign = await office.sent(stelle="ezra")
    names = {one: "1", other: "2", foreign: "3"}

    became = await office.incidents.join(office.mira, (one, foreign), joining(names))
    assert became is BecameOfIncident.NOT_THERE
    unknown = joining(names, "", series_id=uuid4())
    assert await office.incidents.join(office.mira, (one, other), unknown) is (
        BecameOfIncident.NOT_THERE
    )
    assert await office.admin.fetchval("select count(*) from casework.incident") == 0


# Patterns ---------------------------------------------------------------------------------------


async def test_what_comes_up_more_than_once(office: Office, staff_pool: Pool) -> None:
    for text in ("eins", "zwei"):
        case_id = await office.sent(text, place="Am Markt", answers=REPORT.answers)
        record = Record(responsible_name="Bau Meier")
        await office.records.save(office.mira, case_id, "einordnung", record, 0)
    await office.sent("drei", place="Lobeda")
    await office.sent("vier", place="Am Markt", stelle="ezra")

    found = await PatternView(staff_pool).look(office.mira, PERIOD)

    assert (found.looked_at, found.is_cut, found.unopened) == (3, False, 0)
    assert [(each.name, each.cases) for each in found.found[PatternKind.PLACE]] == [("Am Markt", 2)]
    assert [each.name for each in found.found[PatternKind.BODY]] == ["Bau Meier"]
    pairs = {(each.ground, each.area) for each in found.found[PatternKind.GROUND_AREA]}
    assert pairs == {(ground, "wohnen") for ground in REPORT.answers.grounds}
    logged = await office.admin.fetch(
        "select case_ids from casework.log where act = 'pattern_read'"
    )
    assert [len(row["case_ids"]) for row in logged] == [3]


async def test_patterns_are_without_what_one_must_not_see_and_without_other_times(
    office: Office, staff_pool: Pool
) -> None:
    cases = [await office.sent(place="Am Markt") for _ in range(2)]
    view = PatternView(staff_pool)
    before = Period(date(2024, 1, 1), date(2024, 12, 31))
    assert (await view.look(office.kim, before)).looked_at == 0

    await office.desks.keep_away(office.mira, cases[0], office.kim.member_id, TODAY)

    found = await view.look(office.kim, PERIOD)
    assert found.looked_at == 1
    assert not any(found.found.values())


async def test_only_the_newest_cases_are_opened(
    office: Office, staff_pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pattern_service, "MOST", 2)
    monkeypatch.setattr(pattern_service, "PAGE", 1)
    await office.sent(place="Lobeda")
    for _ in range(2):
        await office.sent(place="Am Markt")

    found = await PatternView(staff_pool).look(office.mira, PERIOD)

    assert (found.looked_at, found.is_cut) == (2, True)
    assert [each.name for each in found.found[PatternKind.PLACE]] == ["Am Markt"]
