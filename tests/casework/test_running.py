"""Running figures on a real database and on their page: whose they are, and no file of them."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import httpx
import msgspec
import pytest

from adstelle import staff
from adstelle.accounts.service import SignIn
from adstelle.casework.access import within
from adstelle.casework.incident.service import Incidents, Target, Wanted
from adstelle.casework.index import tally
from adstelle.casework.index.service import Index
from adstelle.casework.mandate.service import Mandates, Wish
from adstelle.casework.record.service import Records
from adstelle.casework.running import service
from adstelle.casework.running.service import RunningFigures
from adstelle.city import City
from adstelle.crypto.sessions import Session
from adstelle.database import Pool, queries
from adstelle.domain.activity import Period
from adstelle.domain.incident import Incident
from adstelle.domain.record import Record
from adstelle.domain.running import Count, Dim, Figures, Unit
from adstelle.web.pages import Pages
from tests.conftest import Admin
from tests.staff_side import (
    PASSPHRASE,
    REPORT,
    TODAY,
    Clock,
    new_member,
    send_report,
    session_of,
    set_up,
    sign_in_of,
)

YEAR = Period(date(2026, 1, 1), date(2026, 12, 31))
HOST = "http://localhost:8001"
PAGE = "/de/laufende-zahlen"
CANARY = "Kanarienvogel"


@dataclass(frozen=True)
class Office:
    """Mira of the ADS and Juri of ezra, and what they can do."""

    mira: Session
    juri: Session
    figures: RunningFigures
    records: Records
    admin: Admin
    pool: Pool
    clock: Clock
    sign_in: SignIn

    async def sent(self, *, day: date = TODAY, stelle: str = "ads_jena") -> UUID:
        return (await send_report(self.admin, {stelle: False}, day=day)).case_id

    async def assessed(self, case_id: UUID, record: Record) -> None:
        await self.records.save(self.mira, case_id, "einordnung", record, 0)

    async def counted(self, session: Session | None = None, period: Period = YEAR) -> Figures:
        return (await self.figures.count(session or self.mira, period, TODAY)).figures

    async def totals(self, session: Session | None = None) -> tuple[int, ...]:
        figures = await self.counted(session)
        return tuple(figures.totals[unit].total for unit in Unit)


@pytest.fixture
async def office(operator_pool: Pool, staff_pool: Pool, admin: Admin, city: City) -> Office:
    clock = Clock()
    sign_in = sign_in_of(staff_pool, clock)
    await set_up(operator_pool, "ads_jena", new_member())
    await set_up(operator_pool, "ezra", new_member("juri"))
    return Office(
        mira=await session_of(sign_in, clock),
        juri=await session_of(sign_in, clock, "juri"),
        figures=RunningFigures(staff_pool, Index(staff_pool, city)),
        records=Records(staff_pool),
        admin=admin,
        pool=staff_pool,
        clock=clock,
        sign_in=sign_in,
    )


@pytest.fixture
async def browser(office: Office, city: City) -> AsyncIterator[httpx.AsyncClient]:
    app = staff.build(Pages(city, secure=False), office.pool, office.sign_in, today=lambda: TODAY)
    transport = httpx.ASGITransport(app)  # type: ignore[arg-type]  # one ASGI, spelt twice
    async with httpx.AsyncClient(transport=transport, base_url=HOST) as browser:
        office.clock.now = office.clock.now.replace(minute=30)
        form = {"login": "mira", "passphrase": PASSPHRASE, "code": office.clock.code()}
        assert (await browser.post("/de/anmelden", data=form)).status_code == 303
        yield browser


async def test_what_was_reported_and_assessed_is_counted_three_ways(office: Office) -> None:
    await office.sent()
    assessed, elsewhere = await office.sent(), await office.sent()
    await office.assessed(assessed, Record(grounds=("alter",), established="ja", local_link="ort"))
    await office.assessed(elsewhere, Record(established="ja", local_link="keiner"))
    await office.sent(day=date(2025, 12, 31))

    figures = await office.counted()

    assert [figures.totals[unit].total for unit in Unit] == [3, 2, 1]
    assert figures.cells[Unit.ESTABLISHED, Dim.GROUND] == {"alter": Count(1, 0)}
    assert figures.cells[Unit.CONTACTS, Dim.MONTH] == {"2026-03": Count(3, 0)}
    assert figures.unknown == 0


async def test_a_change_of_the_record_or_the_mandate_counts_at_the_next_look(
    office: Office, staff_pool: Pool
) -> None:
    case_id = await office.sent()
    assert await office.totals() == (1, 1, 0)

    await office.assessed(case_id, Record(established="ja"))
    assert await office.totals() == (1, 1, 1)
    wish = Wish(("dokumentieren",), "Nur das.", uuid4())
    await Mandates(staff_pool).change(office.mira, case_id, wish, TODAY)

    cells = (await office.counted()).cells
    assert cells[Unit.CONTACTS, Dim.MANDATE] == {"dokumentieren": Count(1, 0)}


async def test_an_incident_of_two_cases_counts_once_and_a_series_apart(office: Office) -> None:
    first, second = await office.sent(day=date(2025, 12, 31)), await office.sent()
    third = await office.sent()
    assert await office.totals() == (2, 2, 0)

    incidents = Incidents(office.pool)
    target = Target(incident_id=uuid4(), new=Incident(title="Aushang"), also=second)
    await incidents.link(office.mira, first, target, None)
    assert await office.totals() == (2, 1, 0), "it was first reported last year"
    target = Target(incident_id=uuid4(), new=Incident(title="Aushang zwei"))
    await incidents.link(office.mira, third, target, None)
    await name_a_series(office, target.incident_id)

    figures = await office.counted()
    assert figures.totals[Unit.INCIDENTS] == Count(1, 1)
    assert figures.series[Unit.INCIDENTS] == 1


async def test_a_campaign_is_counted_for_itself(office: Office, browser: httpx.AsyncClient) -> None:
    await office.sent()
    case_id = await office.sent()
    target = Target(incident_id=uuid4(), new=Incident(title="Serienbrief"))
    await Incidents(office.pool).link(office.mira, case_id, target, None)
    series = await name_a_series(office, target.incident_id)
    assert await office.totals() == (2, 2, 0)

    incidents = Incidents(office.pool)
    await incidents.call_campaign(office.mira, target.incident_id, series, called=True)

    assert await office.totals() == (1, 1, 0)
    assert "in keiner anderen Zahl: 1 aus einer Kampagne" in (await browser.get(PAGE)).text


async def name_a_series(office: Office, incident_id: UUID) -> UUID:
    """Put an incident into a series of its own."""
    series = Wanted(
        title="Aushang", when="", series_id=None, new_series="Reihe", new_series_id=uuid4()
    )
    await Incidents(office.pool).change(office.mira, incident_id, series, 1)
    return series.new_series_id


async def test_pages_of_cases_are_one_count(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "PAGE", 2)
    for _ in range(5):
        await office.sent()

    assert await office.totals() == (5, 5, 0)


async def test_the_figures_of_a_stelle_are_its_own(office: Office) -> None:
    await office.sent()
    await office.sent(stelle="ezra")
    await office.sent(stelle="ezra")

    assert (await office.totals(), await office.totals(office.juri)) == ((1, 1, 0), (2, 2, 0))


async def test_whoever_is_kept_from_a_case_does_not_count_it(office: Office) -> None:
    await office.sent()
    case_id = await office.sent()
    assert await office.totals() == (2, 2, 0)

    await office.admin.execute(
        "insert into casework.conflict (case_id, member_id, stelle, since) "
        "values ($1, $2, 'ads_jena', current_date)",
        case_id, office.mira.member_id,
    )  # fmt: skip

    assert await office.totals() == (1, 1, 0)
    async with within(office.pool, office.mira) as conn:
        assert await conn.fetchval("select count(*) from casework.tally") == 1


async def test_looking_is_logged(office: Office) -> None:
    await office.sent()
    await office.counted()

    row = await office.admin.fetchrow("select * from casework.log order by log_id desc limit 1")
    assert row is not None
    assert (row["act"], row["member_id"]) == ("figures_read", office.mira.member_id)


async def test_the_database_alone_reads_none_of_it(office: Office) -> None:
    """Sealed for one case, all of one length, and never twice the same."""
    one, two = await office.sent(), await office.sent()
    await office.assessed(two, Record(grounds=("alter", "sprache"), established="ja"))
    await office.counted()

    rows = await office.admin.fetch("select case_id, sealed from casework.tally")
    sealed = {row["case_id"]: row["sealed"] for row in rows}
    keys = office.mira.own_keys(tally.PURPOSE)
    assert len(set(sealed.values())) == 2
    assert len({len(each) for each in sealed.values()}) == 1
    assert tally.open_sealed(keys, one, sealed[one]) is not None
    assert tally.open_sealed(keys, two, sealed[one]) is None
    assert tally.open_sealed(office.juri.own_keys(tally.PURPOSE), one, sealed[one]) is None


async def test_a_case_that_is_not_taken_in_yet_is_spoken_of(
    office: Office, browser: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "TAKEN_IN", 0)
    await office.sent()

    assert "Noch nicht alle Fälle sind dabei" in (await browser.get(PAGE)).text
    assert (await office.counted()).unknown == 1


# The page -----------------------------------------------------------------------------------


async def test_the_page_shows_one_unit_at_a_time_under_its_mark(
    office: Office, browser: httpx.AsyncClient
) -> None:
    case_id = await office.sent()
    await office.assessed(case_id, Record(established="ja"))
    by_name = {
        unit: (await browser.get(f"{PAGE}?zaehlen={unit}&von=2026-01&bis=2026-12")).text
        for unit in Unit
    }

    for page in by_name.values():
        assert "Nur für die Arbeit im Haus" in page
        assert page.index("Nur für die Arbeit im Haus") < page.index("<table")
        assert REPORT.account not in page
        assert CANARY not in page
    assert "Wie es zu Ihnen kam" in by_name[Unit.CONTACTS]
    assert "Wie es zu Ihnen kam" not in by_name[Unit.INCIDENTS]
    assert "Eine festgestellte Diskriminierung" in by_name[Unit.ESTABLISHED]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("von=2026-12&bis=2026-01", 422),
        ("von=2026-01&bis=2026-01", 200),
        ("von=0000-00&bis=x&zaehlen=alles", 200),
        ("", 200),
    ],
)
async def test_a_period_is_any_months_in_order(
    browser: httpx.AsyncClient, query: str, status: int
) -> None:
    page = await browser.get(f"{PAGE}?{query}")
    asked = await browser.post(
        PAGE, data=dict(part.split("=") for part in query.split("&") if part)
    )

    assert page.status_code == status
    assert asked.status_code == (422 if status == 422 else 303)
    assert ("Der zweite Monat liegt vor dem ersten" in page.text) is (status == 422)


@pytest.mark.parametrize(
    "accept", ["text/csv", "application/json", "application/pdf", "application/vnd.ms-excel", "*/*"]
)
async def test_no_file_of_it_exists(
    office: Office, browser: httpx.AsyncClient, city: City, accept: str
) -> None:
    """Whatever is asked for is the page, kept by no browser; there is no other address."""
    await office.sent()
    page = await browser.get(PAGE, headers={"accept": accept})
    app = staff.build(Pages(city, secure=False), office.pool, office.sign_in, today=lambda: TODAY)

    assert page.headers["content-type"].startswith("text/html")
    assert page.headers["cache-control"] == "no-store"
    assert "content-disposition" not in page.headers
    assert [route.path for route in app.routes if "laufende" in route.path] == [
        "/{lang:str}/laufende-zahlen"
    ]
    for ending in ("/datei", ".csv", ".xlsx", "?art=xlsx&format=csv", "/csv"):
        answer = await browser.get(f"{PAGE}{ending}")
        assert answer.headers["content-type"].startswith("text/html")
        assert "content-disposition" not in answer.headers
    main = page.text.partition("<main")[2].partition("</main>")[0]
    assert "download" not in main
    assert "<script" not in main
    links = {part.partition('"')[0] for part in main.split('href="')[1:]}
    beside = {"/de/auswertung", "/de/muster"}
    assert {link.partition("?")[0] for link in links} == {PAGE} | beside


async def test_on_paper_stands_the_mark_alone(browser: httpx.AsyncClient) -> None:
    main = (await browser.get(PAGE)).text.partition("<main")[2].partition("</main>")[0]
    before, _, after = main.partition('<div class="screen')

    assert "Nur für die Arbeit im Haus" in before
    assert "<table" not in before
    assert after.rstrip().endswith("</div>"), "everything else is for the screen"


async def test_who_opens_no_case_sees_no_figures(browser: httpx.AsyncClient) -> None:
    await browser.post("/de/abmelden")
    stranger = await browser.get(PAGE)

    assert stranger.status_code == 303
    assert stranger.headers["location"] == "/de/anmelden?weiter=laufende-zahlen"


async def test_a_page_costs_what_its_cases_cost(office: Office) -> None:
    """And not what those behind it do: twenty pages would go through all cases ten times."""
    for _ in range(5):
        await office.sent()
    statement = "explain (analyze, format json) " + queries("running").page.sql
    async with within(office.pool, office.mira) as conn:
        await conn.execute("set local enable_indexscan = off")  # nothing comes in order by itself
        plan = await conn.fetchval(statement, 0, YEAR.last, YEAR.first, 1)  # one case a page
    (found,) = msgspec.json.decode(plan)

    assert max(looked_for_links(found["Plan"])) == 1


def looked_for_links(node: dict[str, Any]) -> Iterator[int]:
    """How often each part of a plan looked for links of a case with incidents."""
    if node.get("Relation Name") == "incident_link":
        yield node["Actual Loops"]
    for below in node.get("Plans", ()):
        yield from looked_for_links(below)
