"""Periods and deadlines, proved as tables that a lawyer can read, and as promises for any day."""

import csv
import itertools
import re
from datetime import date, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adstelle import calendar_days
from adstelle.calendar_days import Region
from adstelle.city import City
from adstelle.domain.fristen import (
    Deadline,
    DeadlineRule,
    Period,
    Precision,
    Stand,
    deadlines,
    end,
    is_working_day,
    last_day,
    possible_days,
)
from adstelle.domain.incident_date import IncidentDate
from adstelle.domain.routing import CodedAnswers, Condition

HERE = Path(__file__).parent
TODAY = date(2040, 1, 1)  # long after every row of the table
THUERINGEN = calendar_days.of(Region("DE", "TH"))
UNITS = {
    "Tag": "days",
    "Tage": "days",
    "Wochen": "weeks",
    "Monate": "months",
    "Jahr": "years",
    "Jahre": "years",
    "Arbeitstag": "working_days",
    "Arbeitstage": "working_days",
}
TWO_MONTHS = Period(months=2)


def no_holiday(_: date) -> bool:
    return False


# ---------------------------------------------------------------- the table

with (HERE / "fristen.csv").open(encoding="utf-8", newline="") as file:
    ROWS = list(csv.DictReader(file, delimiter=";"))


def incident_of(written: str) -> IncidentDate:
    """Read a day, a month or a year as the table writes it; anything else is words."""
    if not re.fullmatch(r"[\d.]+", written):
        return IncidentDate(words=written)
    year, month, day = (*map(int, reversed(written.split("."))), None, None)[:3]
    return IncidentDate(day=day, month=month, year=year)


def period_of(written: str) -> Period:
    length, unit = written.split()
    return Period(**{UNITS[unit]: int(length)})


def day_of(written: str) -> date | None:
    return date(*map(int, reversed(written.split(".")))) if written else None


def rule(
    rule_id: str = "X",
    *,
    period: Period | None = TWO_MONTHS,
    valid: tuple[date | None, date | None] = (date(2006, 8, 18), None),
    law: str = "Gesetz § 1",
) -> DeadlineRule:
    """A deadline for everybody who names the place."""
    return DeadlineRule(
        id=rule_id,
        kind="statutory" if period else "none_known",
        when=(Condition(territory=frozenset({"hier"})),),
        text="t",
        law=law,
        period=period,
        start="s",
        valid_from=valid[0],
        valid_to=valid[1],
    )


HERE_ANSWERS = CodedAnswers(territory="hier")


def reckoned(*rules: DeadlineRule, incident: IncidentDate, today: date = TODAY) -> list[Deadline]:
    found = deadlines(rules, HERE_ANSWERS, incident, today=today, is_holiday=THUERINGEN)
    return list(found)


@pytest.mark.parametrize("row", ROWS, ids=lambda r: f"{r['Regel']}-{r['Vorfall']}-{r['Frist']}")
def test_the_table_for_lawyers(row: dict[str, str]) -> None:
    given_rule = rule(period=period_of(row["Frist"]))

    (found,) = reckoned(given_rule, incident=incident_of(row["Vorfall"]))

    assert found.due == day_of(row["Ende"]), row["Warum"]


def test_the_table_is_whole() -> None:
    rules = {row["Regel"] for row in ROWS}
    cases = [(row["Vorfall"], row["Frist"]) for row in ROWS]

    assert list(ROWS[0]) == ["Regel", "Vorfall", "Frist", "Ende", "Warum"]
    assert len(rules) >= 11
    assert len(cases) == len(set(cases))
    assert all(len(row["Warum"]) > 10 and None not in row for row in ROWS)


# ---------------------------------------------------------------- for any day

days = st.dates(date(1995, 1, 1), date(2060, 12, 31))
periods = st.one_of(
    st.builds(lambda n: Period(days=n), st.integers(1, 400)),
    st.builds(lambda n: Period(weeks=n), st.integers(1, 60)),
    st.builds(lambda n: Period(months=n), st.integers(1, 40)),
    st.builds(lambda n: Period(years=n), st.integers(1, 5)),
)
working_days = st.builds(lambda n: Period(working_days=n), st.integers(1, 30))


@given(days, periods | working_days)
def test_no_period_ends_on_a_saturday_sunday_or_holiday(start: date, period: Period) -> None:
    ends = end(start, period, THUERINGEN)

    assert ends.weekday() not in (5, 6)
    assert not THUERINGEN(ends)


@given(days, periods)
def test_no_period_ends_before_its_last_day_by_the_calendar(start: date, period: Period) -> None:
    """And after it only over days that do not count: five at most, from Good Friday to Easter."""
    calendar_end, ends = last_day(start, period), end(start, period, THUERINGEN)
    between = [calendar_end + timedelta(days=n) for n in range((ends - calendar_end).days)]

    assert ends >= calendar_end > start
    assert len(between) <= 5
    assert not any(is_working_day(day, THUERINGEN) for day in between)


@given(days, days, periods | working_days)
def test_what_begins_later_does_not_end_earlier(one: date, other: date, period: Period) -> None:
    first, second = sorted((one, other))

    assert end(first, period, THUERINGEN) <= end(second, period, THUERINGEN)


@given(days, periods | working_days)
def test_fewer_holidays_never_make_a_period_longer(start: date, period: Period) -> None:
    assert end(start, period, no_holiday) <= end(start, period, THUERINGEN)


@given(days, st.integers(1, 40))
def test_months_end_on_the_day_of_that_number_or_on_the_last(start: date, months: int) -> None:
    ends = last_day(start, Period(months=months))

    assert ends.year * 12 + ends.month == start.year * 12 + start.month + months
    assert ends.day == start.day or (
        ends.day < start.day and (ends + timedelta(days=1)).month != ends.month
    )


@given(days, st.integers(1, 30))
def test_working_days_are_counted_one_by_one(start: date, length: int) -> None:
    ends = end(start, Period(working_days=length), THUERINGEN)
    after = (start + timedelta(days=n) for n in range(1, (ends - start).days + 1))

    assert sum(is_working_day(day, THUERINGEN) for day in after) == length


@given(days, st.booleans())
def test_a_month_or_year_is_counted_from_its_first_possible_day(day: date, has_month: bool) -> None:
    """Whatever day it was: what is said is never later than what would be true."""
    vague = IncidentDate(month=day.month if has_month else None, year=day.year)
    exact = IncidentDate(day=day.day, month=day.month, year=day.year)
    late = date(2100, 1, 1)

    (said,) = reckoned(rule(valid=(None, None)), incident=vague, today=late)
    (true,) = reckoned(rule(valid=(None, None)), incident=exact, today=late)

    assert said.due is not None
    assert true.due is not None
    assert said.latest is not None
    assert said.due <= true.due <= said.latest
    assert said.precision is (Precision.MONTH if has_month else Precision.YEAR)
    assert true.precision is Precision.DAY
    assert true.latest == true.due


# ---------------------------------------------------------------- days known in part


@pytest.mark.parametrize(
    ("incident", "expected"),
    [
        (IncidentDate(day=5, month=3, year=2026), (date(2026, 3, 5), date(2026, 3, 5))),
        (IncidentDate(month=2, year=2028), (date(2028, 2, 1), date(2028, 2, 29))),
        (IncidentDate(year=2026), (date(2026, 1, 1), date(2026, 12, 31))),
        (IncidentDate(day=5, year=2026), (date(2026, 1, 1), date(2026, 12, 31))),
        (IncidentDate(day=5, month=3), None),
        (IncidentDate(month=3), None),
        (IncidentDate(day=31, month=2, year=2026), None),
        (IncidentDate(day=0, month=2, year=2026), None),
        (IncidentDate(month=13, year=2026), None),
        (IncidentDate(day=5, month=0, year=2026), None),
        (IncidentDate(year=0), None),
        (IncidentDate(year=10**20), None),
        (IncidentDate(year=-2026, month=1), None),
        (IncidentDate(words="letzten Dienstag"), None),
        (IncidentDate(), None),
    ],
)
def test_what_a_date_may_mean(incident: IncidentDate, expected: tuple[date, date] | None) -> None:
    found = possible_days(incident)

    assert (found and (found.first, found.last)) == expected


def test_a_deadline_does_not_show_itself() -> None:
    (found,) = reckoned(rule(), incident=IncidentDate(day=5, month=3, year=2026))

    assert "2026" not in f"{found} {found!r} {possible_days(IncidentDate(year=2026))}"


# ---------------------------------------------------------------- what can be said about it


@pytest.mark.parametrize(
    ("incident", "today", "expected"),
    [
        (IncidentDate(day=3, month=11, year=2026), date(2026, 11, 3), Stand.OPEN),
        (IncidentDate(day=3, month=11, year=2026), date(2027, 1, 4), Stand.OPEN),  # the last day
        (IncidentDate(day=3, month=11, year=2026), date(2027, 1, 5), Stand.PASSED),
        (IncidentDate(month=9, year=2026), date(2026, 11, 2), Stand.OPEN),
        (IncidentDate(month=9, year=2026), date(2026, 11, 3), Stand.PERHAPS_PASSED),
        (IncidentDate(month=9, year=2026), date(2026, 11, 30), Stand.PERHAPS_PASSED),
        (IncidentDate(month=9, year=2026), date(2026, 12, 1), Stand.PASSED),
        (IncidentDate(year=2026), date(2026, 11, 22), Stand.PERHAPS_PASSED),
        (IncidentDate(year=2024), date(2026, 11, 22), Stand.PASSED),
        (IncidentDate(day=23, month=11, year=2026), date(2026, 11, 22), Stand.NOT_YET),
        (IncidentDate(month=12, year=2026), date(2026, 11, 22), Stand.NOT_YET),
        (IncidentDate(year=2027), date(2026, 11, 22), Stand.NOT_YET),
        (IncidentDate(words="im Herbst"), date(2026, 11, 22), Stand.UNDATED),
    ],
)
def test_how_a_deadline_stands(incident: IncidentDate, today: date, expected: Stand) -> None:
    (found,) = reckoned(rule(), incident=incident, today=today)

    assert found.stand(today) is expected
    assert (found.due is None) == (expected in {Stand.UNDATED, Stand.NOT_YET})


def test_the_current_month_is_over_today_for_the_last_possible_day() -> None:
    """Nobody reports today what happens on the thirtieth."""
    today = date(2026, 11, 22)

    (found,) = reckoned(rule(), incident=IncidentDate(month=11, year=2026), today=today)

    assert (found.counted_from, found.latest) == (date(2026, 11, 1), date(2027, 1, 22))


def test_no_deadline_known_is_said_without_a_day() -> None:
    (found,) = reckoned(rule(period=None), incident=IncidentDate(day=3, month=11, year=2026))

    assert found == Deadline(rule="X", kind="none_known")
    assert found.stand(TODAY) is Stand.NONE_KNOWN


def test_a_rule_whose_condition_does_not_hold_says_nothing() -> None:
    elsewhere = CodedAnswers(territory="dort")

    found = deadlines(
        [rule()], elsewhere, IncidentDate(year=2026), today=TODAY, is_holiday=no_holiday
    )

    assert found == ()


# ---------------------------------------------------------------- versions of a law

REFORM = date(2026, 6, 1)
OLD = rule("ALT", valid=(date(2006, 8, 18), date(2026, 5, 31)))
NEW = rule("NEU", period=Period(months=6), valid=(REFORM, None))


@pytest.mark.parametrize(
    ("incident", "expected"),
    [
        (IncidentDate(day=17, month=8, year=2006), []),  # the day before the law
        (IncidentDate(day=18, month=8, year=2006), [("ALT", date(2006, 10, 18))]),
        (IncidentDate(day=31, month=5, year=2026), [("ALT", date(2026, 7, 31))]),
        (IncidentDate(day=1, month=6, year=2026), [("NEU", date(2026, 12, 1))]),
        # May have been under either: what ends first counts.
        (IncidentDate(year=2026), [("ALT", date(2026, 3, 2))]),
        (IncidentDate(words="neulich"), [("NEU", None)]),  # the law of today
    ],
)
def test_the_law_of_the_day_counts(
    incident: IncidentDate, expected: list[tuple[str, date | None]]
) -> None:
    for order in ((OLD, NEW), (NEW, OLD)):
        found = reckoned(*order, incident=incident)

        assert [(deadline.rule, deadline.due) for deadline in found] == expected


def test_a_law_that_began_within_the_year_counts_from_its_first_day() -> None:
    """Only the year is known and there was no law before: it may still apply."""
    (found,) = reckoned(NEW, incident=IncidentDate(year=2026))

    assert (found.counted_from, found.due) == (REFORM, date(2026, 12, 1))
    assert found.precision is Precision.YEAR


def test_different_laws_stand_side_by_side() -> None:
    other = rule("Y", law="Gesetz § 2", period=Period(months=3))

    found = reckoned(rule(), other, incident=IncidentDate(day=2, month=3, year=2026))

    assert [(d.rule, d.due) for d in found] == [
        ("X", date(2026, 5, 4)),
        ("Y", date(2026, 6, 2)),
    ]


# ---------------------------------------------------------------- periods as they are written


@pytest.mark.parametrize(
    "written",
    [{}, {"months": 2, "days": 1}, {"months": 0}, {"months": -1}, {"month": 2}, {"months": 1.5}],
)
def test_a_period_has_one_length(written: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(written, Period)


def test_a_period_names_its_unit() -> None:
    found = msgspec.convert({"working_days": 5}, Period)

    assert (found.unit, found.length) == ("working_days", 5)


# ---------------------------------------------------------------- the deadlines of Jena

UNKNOWN_DAY = IncidentDate()
ARBEIT, CIVIL = "AGG § 15 Abs. 4", "AGG § 21 Abs. 5"
NONE_KNOWN, POSSIBLE = "keine bekannt", "vielleicht"
# What the published incidents were labelled with, domain reference section 6 (`agg_deadline_hint`).
PUBLISHED = {
    "CH-058": [CIVIL],
    "CH-062": [CIVIL],
    "CH-065": [CIVIL],
    "CH-067": [ARBEIT],
    "CH-069": [ARBEIT],
    "CH-071": [ARBEIT],
    "CH-073": [ARBEIT],
    "CH-060": [NONE_KNOWN],  # an authority
}
with (HERE / "routing_golden.csv").open(encoding="utf-8", newline="") as file:
    INCIDENTS = list(csv.DictReader(file))
with (HERE / "fristen_faelle.csv").open(encoding="utf-8", newline="") as file:
    CASES = list(csv.DictReader(file, delimiter=";"))


def said(city: City, answers: CodedAnswers, incident: IncidentDate = UNKNOWN_DAY) -> list[str]:
    """The laws that are shown, or in a word why none is."""
    found = city.deadlines_for(answers, incident, TODAY)
    kinds = {"none_known": NONE_KNOWN, "possible": POSSIBLE}
    return [kinds.get(d.kind) or city.deadlines[d.rule].law for d in found]


@pytest.mark.parametrize("row", INCIDENTS, ids=lambda row: row["id"])
def test_published_incidents(city: City, row: dict[str, str]) -> None:
    """Attacks, insults and signs in public get no deadline; work, homes and services do."""
    answers = CodedAnswers(
        grounds=tuple(row["grounds"].split()),
        incident_type=row["incident_type"],
        area_of_life=row["area_of_life"],
        territory=row["territory"],
        alleged_responsible=row["alleged_responsible"],
    )

    assert said(city, answers) == PUBLISHED.get(row["id"], [])


@pytest.mark.parametrize("row", CASES, ids=lambda row: row["Fall"])
def test_cases_for_lawyers(city: City, row: dict[str, str]) -> None:
    answers = CodedAnswers(
        grounds=tuple(row["Warum"].split()),
        incident_type=row["Was"] or None,
        area_of_life=row["Bereich"] or None,
        alleged_responsible=row["Von wem"] or None,
    )

    assert said(city, answers) == [row["Ergebnis"]] * bool(row["Ergebnis"])


def test_nobody_is_told_of_a_deadline_and_of_none(city: City) -> None:
    """Over every combination: one answer at most."""
    codes = city.codes
    grounds: list[tuple[str, ...]] = [(), ("alter",), ("sprache",), ("keine_angabe",)]
    lists = (codes.incident_type, codes.area_of_life, codes.alleged_responsible)
    others = list(itertools.product(*((None, *answers) for answers in lists)))

    seen = set()
    for reason, (what, area, who) in itertools.product(grounds, others):
        answers = CodedAnswers(
            grounds=reason, incident_type=what, area_of_life=area, alleged_responsible=who
        )
        found = tuple(said(city, answers))
        assert len(found) <= 1, (reason, what, area, who, found)
        seen.add(found)
    assert seen == {(), (ARBEIT,), (CIVIL,), (NONE_KNOWN,), (POSSIBLE,)}


@pytest.mark.parametrize(("day", "expected"), [(17, []), (18, [ARBEIT])])
def test_the_agg_does_not_reach_back(city: City, day: int, expected: list[str]) -> None:
    answers = CodedAnswers(
        grounds=("alter",), incident_type="unmittelbare_benachteiligung", area_of_life="arbeit"
    )

    assert said(city, answers, IncidentDate(day=day, month=8, year=2006)) == expected


@pytest.mark.parametrize(
    ("territory", "due"),
    [
        ("jena", date(2027, 9, 21)),
        ("thueringen", date(2027, 9, 21)),
        ("deutschland", date(2027, 9, 20)),  # the 20 September is a holiday in Thüringen only
        ("unklar", date(2027, 9, 20)),
        (None, date(2027, 9, 20)),
    ],
)
def test_where_the_place_is_uncertain_no_holiday_of_the_land_is_counted(
    city: City, territory: str | None, due: date
) -> None:
    answers = CodedAnswers(
        grounds=("alter",),
        incident_type="unmittelbare_benachteiligung",
        area_of_life="wohnen",
        territory=territory,
        alleged_responsible="vermieter",
    )

    (found,) = city.deadlines_for(answers, IncidentDate(day=20, month=7, year=2027), TODAY)

    assert found.due == due
