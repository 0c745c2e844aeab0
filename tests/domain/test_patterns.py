"""What comes up more than once, counted by month."""

from datetime import date
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adstelle.domain.patterns import LEAST, MOST, Kind, Seen, months_between, patterns

DAYS = st.dates(date(2025, 1, 1), date(2026, 12, 31))
CASES = st.builds(
    Seen, case_id=st.uuids(), received_on=DAYS,
    body=st.sampled_from(["", "Bau Meier", "Meier, BAU", "Amt"]),
    place=st.sampled_from(["", "Lobeda", "lobeda", "Am Markt"]),
    grounds=st.lists(st.sampled_from(["alter", "sprache"]), max_size=2).map(tuple),
    area=st.sampled_from([None, "wohnen", "bildung"]),
)  # fmt: skip


@given(st.lists(CASES))
def test_months_add_up_and_once_is_no_pattern(cases: list[Seen]) -> None:
    for found in patterns(cases).values():
        assert len(found) <= MOST
        assert [each.cases for each in found] == sorted((e.cases for e in found), reverse=True)
        for each in found:
            assert each.cases == sum(each.months.values()) >= LEAST
            assert all(month.day == 1 for month in each.months)


@given(st.lists(CASES), st.randoms())
def test_the_order_of_cases_does_not_matter(cases: list[Seen], chance: object) -> None:
    other = list(cases)
    chance.shuffle(other)  # type: ignore[attr-defined]

    assert patterns(cases) == patterns(other)


def case(day: int, **given_facts: object) -> Seen:
    return Seen(case_id=uuid4(), received_on=date(2026, 3, day), **given_facts)  # type: ignore[arg-type]


def test_the_same_words_are_the_same_body() -> None:
    cases = [case(1, body="Bau Meier"), case(2, body="Bau Meier"), case(3, body="MEIER  Bau")]

    (found,) = patterns(cases)[Kind.BODY]

    assert (found.name, found.cases) == ("Bau Meier", 3)
    assert found.months == {date(2026, 3, 1): 3}


def test_each_ground_counts_with_its_area_and_a_case_once() -> None:
    cases = [
        case(1, grounds=("alter", "sprache", "alter"), area="wohnen"),
        case(2, grounds=("alter",), area="wohnen"),
        case(3, grounds=("alter",), area="bildung"),
        case(4, grounds=("alter",)),
    ]

    (found,) = patterns(cases)[Kind.GROUND_AREA]

    assert (found.ground, found.area, found.cases) == ("alter", "wohnen", 2)


@pytest.mark.parametrize(
    ("first", "last", "count"),
    [
        (date(2026, 3, 2), date(2026, 3, 31), 1),
        (date(2025, 12, 31), date(2026, 1, 1), 2),
        (date(2024, 4, 1), date(2027, 3, 31), 36),
    ],
)
def test_every_month_of_a_period(first: date, last: date, count: int) -> None:
    found = months_between(first, last)

    assert len(found) == len(set(found)) == count
    assert (found[0], found[-1]) == (first.replace(day=1), last.replace(day=1))
