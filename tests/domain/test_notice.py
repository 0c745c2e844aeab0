"""When a mailbox is looked at: by day, once a day, at a moment that nobody's act has a part in."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from adstelle.domain.notice import following, is_by_day, is_news, moment

JENA = ZoneInfo("Europe/Berlin")
moments = st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))
chances = st.floats(0, 1, exclude_max=True)


@given(moments, chances)
def test_the_next_look_is_tomorrow_and_by_day(now: datetime, chance: float) -> None:
    due = following(now, chance, JENA, was_looked_at=True)

    assert due.astimezone(JENA).date() == now.astimezone(JENA).date() + timedelta(days=1)
    assert is_by_day(due, JENA)


@given(moments, chances)
def test_who_wakes_up_before_the_day_looks_on_the_same_day(now: datetime, chance: float) -> None:
    due = following(now, chance, JENA, was_looked_at=False)

    assert due > now
    assert is_by_day(due, JENA)
    is_early = now.astimezone(JENA).hour < 8
    assert (due.astimezone(JENA).date() == now.astimezone(JENA).date()) is is_early


@given(moments, st.lists(chances, min_size=2, max_size=2, unique=True))
def test_chance_alone_moves_it_within_the_day(now: datetime, both: list[float]) -> None:
    day = now.date()
    early, late = (moment(day, chance, JENA) for chance in sorted(both))

    assert early <= late
    assert late - early < timedelta(hours=12)


@given(st.integers(0, 99), st.integers(0, 99))
def test_only_what_came_on_top_is_news(things: int, told: int) -> None:
    assert is_news(things, told) is (things - told > 0)
