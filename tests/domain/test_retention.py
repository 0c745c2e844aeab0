"""When a case goes: never while somebody waits, however the facts fall together."""

from datetime import date, timedelta
from typing import Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adstelle.domain.case import State
from adstelle.domain.fristen import DAY, Period, last_day
from adstelle.domain.retention import (
    Facts,
    Fate,
    Kind,
    Obstacle,
    Periods,
    Plan,
    Rule,
    Then,
    answer_by,
    fate,
    mailbox_ends,
)

TODAY: Final = date(2026, 11, 22)
PERIODS: Final = Periods(mailbox=12, log=36, tombstones=12, promises=3)
OPEN: Final = (State.NEU, State.GELESEN, State.IN_BEARBEITUNG, State.RUECKFRAGE)
PLAN: Final = Plan(
    rules=(
        Rule(id="open", states=OPEN, months=12, then=Then.ASK, reason="r"),
        Rule(
            id="closed",
            states=tuple(state for state in State if state not in OPEN),
            months=36,
            then=Then.ERASE,
            reason="r",
        ),
    ),
    periods=PERIODS,
)
days = st.dates(min_value=date(2018, 1, 1), max_value=date(2030, 12, 31))
facts = st.builds(
    Facts,
    state=st.sampled_from(State),
    kind=st.sampled_from(Kind),
    changed_on=days,
    is_unread=st.booleans(),
    due_on=st.none() | days,
    remind_on=st.none() | days,
    held_until=st.none() | days,
    is_undelivered=st.booleans(),
    asked_on=st.none() | days,
    is_granted=st.booleans(),
    is_refused=st.booleans(),
    is_approved=st.booleans(),
)


def closed(**more: object) -> Facts:
    whole = Facts(state=State.ABGESCHLOSSEN, kind=Kind.REPORT, changed_on=date(2020, 1, 1))
    return msgspec.structs.replace(whole, **more)


def found(given: Facts) -> Fate:
    return fate(given, PLAN, TODAY)


@given(facts, days)
def test_nothing_goes_while_somebody_waits(given: Facts, today: date) -> None:
    if not fate(given, PLAN, today).is_erased(today):
        return
    assert given.held_until is None or given.held_until < today
    if given.is_granted:  # the person wants it, and the Stelle agrees
        return
    assert not given.is_unread
    assert not given.is_undelivered
    assert given.due_on is None or given.due_on < today
    assert given.remind_on is None or given.remind_on < today
    assert given.asked_on is None or given.is_refused
    if not given.is_approved:
        rule = PLAN.rule(given.state, given.kind)
        assert rule.then is Then.ERASE
        assert last_day(given.changed_on, Period(months=rule.months)) < today


@given(facts, days)
def test_what_nothing_keeps_goes_in_its_time(given: Facts, today: date) -> None:
    became = fate(given, PLAN, today)
    assert became.is_erased(today) == (today >= became.erase_on and not became.obstacles)
    later = fate(given, PLAN, became.erase_on + timedelta(days=36_500))
    for_ever = {Obstacle.UNREAD, Obstacle.UNDELIVERED, Obstacle.ASKED, Obstacle.NEEDED}
    assert set(later.obstacles) <= for_ever, "dates pass, and holds as well"


def test_the_last_day_of_a_period_still_belongs_to_it() -> None:
    became = found(closed(changed_on=date(2023, 11, 21)))
    assert (became.erase_on, became.is_erased(TODAY)) == (TODAY, True)
    assert not found(closed(changed_on=date(2023, 11, 22))).is_erased(TODAY)


@pytest.mark.parametrize(
    ("obstacle", "more"),
    [
        (Obstacle.UNREAD, {"is_unread": True}),
        (Obstacle.STATUTORY, {"due_on": TODAY}),
        (Obstacle.REMINDER, {"remind_on": TODAY}),
        (Obstacle.HELD, {"held_until": TODAY}),
        (Obstacle.UNDELIVERED, {"is_undelivered": True}),
        (Obstacle.ASKED, {"asked_on": TODAY}),
    ],
)
def test_each_obstacle_is_named(obstacle: Obstacle, more: dict[str, object]) -> None:
    assert found(closed(**more)).obstacles == (obstacle,)
    assert found(closed(**more, is_approved=True)).obstacles == (obstacle,), "two cannot either"
    passed = {k: v - DAY if isinstance(v, date) and k != "asked_on" else v for k, v in more.items()}
    if obstacle in {Obstacle.STATUTORY, Obstacle.REMINDER, Obstacle.HELD}:
        assert found(closed(**passed)).obstacles == ()


def test_what_the_person_wants_goes_at_once_but_for_a_hold() -> None:
    fresh = closed(changed_on=TODAY, asked_on=TODAY, is_granted=True, is_unread=True, due_on=TODAY)
    assert found(fresh).is_erased(TODAY)
    held = msgspec.structs.replace(fresh, held_until=TODAY)
    assert found(held).obstacles == (Obstacle.HELD,)


def test_an_open_case_is_asked_about() -> None:
    forgotten = closed(state=State.RUECKFRAGE)
    assert found(forgotten).obstacles == (Obstacle.NEEDED,)
    assert found(msgspec.structs.replace(forgotten, is_approved=True)).is_erased(TODAY)


@pytest.mark.parametrize(
    ("asked_on", "due"),
    [
        (date(2026, 11, 23), date(2026, 12, 23)),
        (date(2026, 11, 20), date(2026, 12, 21)),  # a Sunday
        (date(2026, 11, 25), date(2026, 12, 28)),  # Christmas, then a weekend
        (
            date(2027, 1, 31),
            date(2027, 3, 1),
        ),  # ends on the last of February, a Sunday
    ],
)
def test_a_wish_is_answered_within_a_month(asked_on: date, due: date) -> None:
    holidays = {date(2026, 12, 25), date(2026, 12, 26)}
    assert answer_by(asked_on, holidays.__contains__) == due


def test_the_mailbox_ends_a_year_after_the_last_day() -> None:
    assert mailbox_ends([date(2026, 1, 5), date(2025, 3, 1)], PERIODS) == date(2027, 1, 6)
