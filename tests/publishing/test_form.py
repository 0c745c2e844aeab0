"""Which period is proposed, and which one is refused before anything is counted."""

from datetime import date
from typing import Final
from uuid import uuid4

import pytest

from adstelle.publishing.form import Asked, proposed
from adstelle.web.days import TypedDay

TODAY: Final = date(2026, 11, 26)


def asked(since: str, until: str) -> Asked:
    return Asked(since=_typed(since), until=_typed(until), message_id=uuid4())


def _typed(month: str) -> TypedDay:
    year, _, number = month.partition("-")
    return TypedDay(month=number, year=year)


@pytest.mark.parametrize(
    ("planned", "since", "until"),
    [
        (None, date(2025, 1, 1), date(2025, 12, 31)),
        (date(2024, 7, 1), date(2025, 1, 1), date(2025, 12, 31)),
        (date(2026, 1, 1), date(2026, 1, 1), date(2026, 10, 31)),
        (date(2026, 11, 1), date(2026, 11, 1), date(2026, 11, 30)),  # not over: the page says so
    ],
)
def test_what_is_proposed_lies_where_the_plan_holds(
    planned: date | None, since: date, until: date
) -> None:
    assert proposed(TODAY, planned, uuid4()).frame(TODAY) == (since, until, TODAY)


@pytest.mark.parametrize(
    ("since", "until", "faults"),
    [
        ("2026-1", "2026-10", {}),
        ("2025-12", "2026-10", {"since": "unplanned"}),
        ("2026-1", "2026-11", {"until": "running"}),
        ("2026-3", "2026-2", {"until": "order"}),
        ("2026-13", "", {"since": "missing", "until": "missing"}),
    ],
)
def test_what_cannot_be_counted_is_refused(since: str, until: str, faults: dict[str, str]) -> None:
    assert asked(since, until).faults(TODAY, date(2026, 1, 1)) == faults


def test_a_month_that_ends_today_is_over() -> None:
    assert asked("2026-1", "2026-11").faults(date(2026, 11, 30), None) == {}
