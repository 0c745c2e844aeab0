"""By when a claim should be made: periods by BGB §§ 187 (1), 188 and 193, from a day known in part.

The rules are data of a city; here they are applied. Nothing here knows a law, and whether a day is
a holiday is for the caller to say. Where a day is uncertain, the earlier one counts: too early does
no harm, too late costs the claim.
"""

from calendar import monthrange
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from adstelle.domain.incident_date import IncidentDate
from adstelle.domain.private import Private
from adstelle.domain.routing import CodedAnswers, Condition, heard

SATURDAY: Final = 5
DAY: Final = timedelta(days=1)

IsHoliday = Callable[[date], bool]
Kind = Literal["statutory", "none_known", "possible"]
Length = Annotated[int, Meta(ge=1, le=1000)]


class Period(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long something takes: in one unit, the others are missing."""

    days: Length | None = None
    weeks: Length | None = None
    months: Length | None = None
    years: Length | None = None
    working_days: Length | None = None

    def __post_init__(self) -> None:
        if len(self._given()) != 1:
            raise ValueError(f"one of {', '.join(self.__struct_fields__)} must be given")

    @property
    def unit(self) -> str:
        """What it is counted in."""
        return self._given()[0][0]

    @property
    def length(self) -> int:
        """How many of the unit."""
        return self._given()[0][1]

    def _given(self) -> list[tuple[str, int]]:
        lengths = msgspec.structs.asdict(self).items()
        return [(unit, length) for unit, length in lengths if length is not None]


class Precision(StrEnum):
    """How exactly somebody knows a day."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"
    NONE = "none"


class Stand(StrEnum):
    """What can be said about a deadline on a certain day."""

    OPEN = "open"
    PERHAPS_PASSED = "perhaps_passed"  # counted from the first possible day, not from the last
    PASSED = "passed"
    UNDATED = "undated"  # no day is known to count from
    NOT_YET = "not_yet"  # the day lies in the future
    NONE_KNOWN = "none_known"
    POSSIBLE = "possible"


class DeadlineRule(msgspec.Struct, frozen=True, kw_only=True):
    """What the law says about claims of one kind, for what happened while it is in force.

    A rule of kind `none_known` says that we know of no deadline; one of kind `possible` that there
    may be one and too little was told to say which. Both have no period. *text* is the key of the
    texts about the claim, *start* of the sentence that says what the period starts with.
    """

    id: str
    kind: Kind
    when: tuple[Condition, ...]
    text: str
    law: str = ""
    period: Period | None = None
    start: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    source: tuple[str, ...] = ()

    def in_force(self, days: "Days") -> "Days | None":
        """The part of *days* on which the rule was in force."""
        first = max(days.first, self.valid_from or date.min)
        last = min(days.last, self.valid_to or date.max)
        return Days(first, last, days.precision) if first <= last else None


class Days(Private, frozen=True, kw_only=False):
    """The days on which something may have happened, the first and the last of them."""

    first: date
    last: date
    precision: Precision


class Deadline(Private, frozen=True, omit_defaults=True):
    """What a rule says about one report.

    *due* is counted from the first possible day, *latest* from the last. Both are missing where no
    day is known, or where the day lies in the future.
    """

    rule: str
    kind: Kind
    precision: Precision = Precision.NONE
    counted_from: date | None = None
    due: date | None = None
    latest: date | None = None

    def stand(self, today: date) -> Stand:
        """What can be said about it on the day *today*."""
        if self.kind != "statutory":
            return Stand(self.kind)
        if self.due is None or self.latest is None:
            return Stand.UNDATED if self.counted_from is None else Stand.NOT_YET
        if today <= self.due:
            return Stand.OPEN
        return Stand.PERHAPS_PASSED if today <= self.latest else Stand.PASSED


def is_working_day(day: date, is_holiday: IsHoliday) -> bool:
    """Whether *day* is none of those on which no period ends."""
    return day.weekday() < SATURDAY and not is_holiday(day)


def end(start: date, period: Period, is_holiday: IsHoliday) -> date:
    """The last day of a period that an event on the day *start* begins.

    Ends on no Saturday, Sunday or holiday: then on the next working day (§ 193).
    """
    if period.working_days is not None:
        return _working_days_later(start, period.working_days, is_holiday)
    return _working_day_from(last_day(start, period), is_holiday)


def last_day(start: date, period: Period) -> date:
    """The last day by the calendar, before § 193; the day of the event does not count (§ 187 (1)).

    Weeks end on the weekday of the event, months and years on the day of its number (§ 188 (2)),
    or on the last of the month where that day is missing (§ 188 (3)).
    """
    day = start + timedelta(days=period.days or 0, weeks=period.weeks or 0)
    year, month = divmod(
        day.year * 12 + day.month - 1 + (period.months or 0) + 12 * (period.years or 0), 12
    )
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _working_day_from(day: date, is_holiday: IsHoliday) -> date:
    while not is_working_day(day, is_holiday):
        day += DAY
    return day


def _working_days_later(start: date, length: int, is_holiday: IsHoliday) -> date:
    day = start
    for _ in range(length):
        day = _working_day_from(day + DAY, is_holiday)
    return day


def possible_days(incident: IncidentDate) -> Days | None:
    """Every day on which it may have happened; None where the numbers say nothing.

    A day that does not exist says nothing either: nobody knows which of its numbers is wrong.
    """
    year, month, day = incident.year, incident.month, incident.day
    if year is None:
        return None
    try:
        if month is None:
            return Days(date(year, 1, 1), date(year, 12, 31), Precision.YEAR)
        if day is None:
            last = monthrange(year, month)[1]
            return Days(date(year, month, 1), date(year, month, last), Precision.MONTH)
        exact = date(year, month, day)
        return Days(exact, exact, Precision.DAY)
    except (ValueError, OverflowError):
        return None


def deadlines(
    rules: Iterable[DeadlineRule],
    answers: CodedAnswers,
    incident: IncidentDate,
    *,
    today: date,
    is_holiday: IsHoliday,
) -> tuple[Deadline, ...]:
    """Say of every rule that fits what it means for this report, in the order of the rules.

    Rules of one law are its versions: the one in force when it happened counts, and the one that
    ends first where several may have been. That a deadline is possible is said only if none is
    certain.
    """
    given, days = heard(answers), possible_days(incident)
    found: dict[str, Deadline] = {}
    for rule in rules:
        if any(condition.holds(given) for condition in rule.when):
            deadline = _reckoned(rule, days, today, is_holiday)
            law = rule.law or rule.id
            if deadline and (law not in found or _is_sooner(deadline, found[law])):
                found[law] = deadline
    is_certain = any(deadline.kind == "statutory" for deadline in found.values())
    return tuple(d for d in found.values() if d.kind != "possible" or not is_certain)


def _reckoned(
    rule: DeadlineRule, days: Days | None, today: date, is_holiday: IsHoliday
) -> Deadline | None:
    """Count from the first possible day on which *rule* was in force; None if it never was."""
    valid = rule.in_force(days or Days(today, today, Precision.NONE))
    if valid is None:
        return None
    if rule.period is None or days is None:
        return Deadline(rule=rule.id, kind=rule.kind)
    dated = valid.first <= today
    return Deadline(
        rule=rule.id,
        kind=rule.kind,
        precision=valid.precision,
        counted_from=valid.first,
        due=end(valid.first, rule.period, is_holiday) if dated else None,
        latest=end(min(valid.last, today), rule.period, is_holiday) if dated else None,
    )


def _is_sooner(deadline: Deadline, other: Deadline) -> bool:
    return deadline.due is not None and (other.due is None or deadline.due < other.due)
