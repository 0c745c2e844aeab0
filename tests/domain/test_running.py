"""Running figures: three counts apart, each incident once, assessed before reported."""

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adstelle.domain.activity import Period
from adstelle.domain.case import State
from adstelle.domain.record import Record
from adstelle.domain.report import Arrival, MandateChanged, Message, Taken, account_of
from adstelle.domain.running import (
    DIMS,
    FORM,
    PARTNER,
    UNSAID,
    Count,
    Dim,
    Figures,
    Line,
    Tallied,
    Tally,
    Unit,
    tallied,
)
from tests.staff_side import REPORT

YEAR = Period(date(2026, 1, 1), date(2026, 12, 31))
MARCH, APRIL, BEFORE = date(2026, 3, 2), date(2026, 4, 9), date(2025, 12, 30)
TERRITORIES = {"jena": "city", "thueringen": "land"}
ONE, TWO = UUID(int=1), UUID(int=2)
LOCAL = Tallied(grounds=("alter",), form="beleidigung", area="wohnen", is_local=True)
FOUND = msgspec.structs.replace(LOCAL, grounds=("sprache",), is_established=True)
SERIES = UUID(int=9)


def line(
    of: Tallied | None = LOCAL,
    day: date = MARCH,
    *,
    incident: UUID | None = None,
    series: UUID | None = None,
) -> Line:
    return Line(
        received_on=day, state=State.NEU, by_partner=False, incident_id=incident,
        series_id=series, tallied=of,
    )  # fmt: skip


def counted(lines: Sequence[Line], period: Period = YEAR) -> Figures:
    tally = Tally(period)
    tally.add(lines)
    return tally.done()


def totals(lines: Sequence[Line]) -> tuple[int, ...]:
    figures = counted(lines)
    return tuple(figures.totals[unit].total for unit in Unit)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([], (0, 0, 0)),
        ([line()], (1, 1, 0)),
        ([line(FOUND)], (1, 1, 1)),
        ([line(Tallied(is_established=True))], (1, 0, 0)),
        ([line(), line()], (2, 2, 0)),
        ([line(incident=ONE), line(FOUND, APRIL, incident=ONE)], (2, 1, 1)),
        ([line(incident=ONE), line(incident=TWO)], (2, 2, 0)),
        ([line(day=BEFORE, incident=ONE), line(FOUND, incident=ONE)], (1, 0, 0)),
        ([line(Tallied(), BEFORE, incident=ONE), line(incident=ONE)], (1, 1, 0)),
        ([line(day=BEFORE)], (0, 0, 0)),
        ([line(None), line()], (1, 1, 0)),
    ],
    ids=[
        "nothing", "one with a link", "established", "established elsewhere", "two incidents",
        "one incident of two cases", "two linked incidents", "first reported last year",
        "of no link last year", "last year", "one that is not known",
    ],
)  # fmt: skip
def test_the_three_counts(lines: list[Line], expected: tuple[int, ...]) -> None:
    assert totals(lines) == expected


def test_of_several_cases_the_established_one_says_what_it_was() -> None:
    cells = counted([line(incident=ONE), line(FOUND, APRIL, incident=ONE)]).cells

    assert cells[Unit.INCIDENTS, Dim.GROUND] == {"sprache": Count(1, 0)}
    assert cells[Unit.INCIDENTS, Dim.MONTH] == {"2026-03": Count(1, 0)}, "the first report's month"
    assert cells[Unit.CONTACTS, Dim.GROUND] == {"alter": Count(1, 0), "sprache": Count(1, 0)}


def test_series_are_counted_apart_and_their_number_said() -> None:
    figures = counted([line(series=SERIES, incident=ONE), line(series=SERIES), line()])

    assert figures.totals[Unit.INCIDENTS] == Count(3, 2)
    assert figures.cells[Unit.CONTACTS, Dim.AREA] == {"wohnen": Count(3, 2)}
    assert figures.series[Unit.CONTACTS] == 1
    assert figures.series[Unit.ESTABLISHED] == 0


def test_a_campaign_stands_for_itself() -> None:
    campaign = [
        msgspec.structs.replace(line(FOUND, day, series=SERIES), is_campaign=True)
        for day in (BEFORE, MARCH, APRIL)
    ]
    figures = counted([*campaign, line()])

    assert (figures.campaigns, figures.of_campaigns) == (1, 2)
    assert figures.totals == {
        Unit.CONTACTS: Count(1, 0), Unit.INCIDENTS: Count(1, 0), Unit.ESTABLISHED: Count()
    }  # fmt: skip


def test_what_is_of_a_contact_is_no_matter_of_incidents() -> None:
    of_contacts = {Dim.WAY, Dim.MANDATE, Dim.STATE}

    assert set(DIMS[Unit.CONTACTS]) == set(Dim)
    assert not of_contacts & {*DIMS[Unit.INCIDENTS], *DIMS[Unit.ESTABLISHED]}


def test_a_case_that_is_not_known_is_named_and_in_no_number() -> None:
    figures = counted([line(None), line(None, BEFORE)])

    assert figures.unknown == 1
    assert not any(figures.cells.values())


@given(st.lists(st.tuples(
    st.sampled_from([LOCAL, FOUND, Tallied(), None]),
    st.integers(-40, 400),
    st.sampled_from([None, ONE, TWO]),
)))  # fmt: skip
def test_established_are_incidents_and_every_table_of_one_answer_sums_up(
    given_lines: list[tuple[Tallied | None, int, UUID | None]],
) -> None:
    figures = counted(
        [line(of, YEAR.first + timedelta(d), incident=number) for of, d, number in given_lines]
    )
    contacts, incidents, established = (figures.totals[unit].total for unit in Unit)

    assert established <= incidents <= contacts + 2  # an earlier report may be its first
    for (unit, dim), cells in figures.cells.items():
        if dim not in {Dim.GROUND, Dim.MANDATE}:
            assert sum(cell.total for cell in cells.values()) == figures.totals[unit].total


# What a case counts as ----------------------------------------------------------------------


def of_record(record: Record, messages: Sequence[Message] = ()) -> Tallied:
    account = account_of(REPORT, card_id=ONE, wording="test")
    return tallied(account, messages, record, TERRITORIES)


def test_what_was_assessed_comes_before_what_was_reported() -> None:
    reported = of_record(Record())
    assessed = of_record(Record(grounds=("alter",), form="bedrohung", area="arbeit"))

    assert (reported.grounds, reported.form, reported.area) == (
        REPORT.answers.grounds, "beleidigung", "wohnen",
    )  # fmt: skip
    assert (assessed.grounds, assessed.form, assessed.area) == (("alter",), "bedrohung", "arbeit")


@pytest.mark.parametrize(
    ("territory", "resident", "assessed", "expected"),
    [
        ("jena", None, None, True),
        ("thueringen", None, None, False),
        ("thueringen", True, None, True),
        (None, None, None, False),
        ("jena", True, "keiner", False),
        ("jena", None, "unklar", False),
        ("thueringen", None, "ort", True),
        (None, False, "wohnsitz", True),
        (None, None, "beides", True),
    ],
)
def test_the_link_to_the_city(
    territory: str | None, resident: bool | None, assessed: str | None, expected: bool
) -> None:
    answers = msgspec.structs.replace(REPORT.answers, territory=territory, resident=resident)
    report = msgspec.structs.replace(REPORT, answers=answers)
    account = account_of(report, card_id=ONE, wording="test")

    assert tallied(account, (), Record(local_link=assessed), TERRITORIES).is_local is expected


def test_the_last_word_on_what_is_wanted_counts_and_how_it_came() -> None:
    changed = Message(text="", act=MandateChanged(mandates=("dokumentieren",)))
    taken = account_of(
        REPORT, card_id=ONE, wording="test", taken=Taken(arrival=Arrival.VISIT, has_code=False)
    )

    assert of_record(Record()).mandates == REPORT.mandates
    assert of_record(Record(), [changed]).mandates == ("dokumentieren",)
    assert of_record(Record()).way == FORM
    assert tallied(taken, (), Record(), TERRITORIES).way == "visit"
    by_partner = msgspec.structs.replace(line(), by_partner=True)
    assert counted([by_partner]).cells[Unit.CONTACTS, Dim.WAY] == {PARTNER: Count(1, 0)}
    assert counted([line()]).cells[Unit.CONTACTS, Dim.MANDATE] == {UNSAID: Count(1, 0)}
