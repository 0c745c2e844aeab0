"""How long a case and a mailbox are kept: periods are a city's data, what they mean is said here.

Pure: the facts of a case, the rules and today give its fate, with every reason that speaks against
erasing it now. No source fixes the periods of a municipal office; the law fixes only how soon a
wish to erase has to be answered (Art. 12 (3) GDPR).
"""

from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from adstelle.domain.case import State
from adstelle.domain.fristen import DAY, IsHoliday, Period, end, last_day

ANSWER_TO_ERASURE: Final = Period(months=1)  # Art. 12 (3) GDPR
FEWEST_MONTHS_OF_TRACES: Final = 12  # the database lets the log and tombstones go no sooner

Months = Annotated[int, Meta(ge=1, le=600)]


class Then(StrEnum):
    """What happens when the period of a rule is over."""

    ERASE = "erase"
    ASK = "ask"  # somebody of the Stelle says whether the case is still needed


class Kind(StrEnum):
    """What a case is made of."""

    REPORT = "report"  # the report is kept here
    PACKAGE = "package"  # it came from a partner, or with codes to be counted alone


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """Cases of these states and kinds are kept for *months* after their last change.

    *reason* is the key of the text that says why so long.
    """

    id: str
    states: tuple[State, ...]
    months: Months
    then: Then
    reason: str
    kinds: tuple[Kind, ...] = tuple(Kind)

    def fits(self, state: State, kind: Kind) -> bool:
        """Whether it says something about such a case."""
        return state in self.states and kind in self.kinds


class Periods(msgspec.Struct, frozen=True, kw_only=True):
    """How long other things are kept, in months.

    *mailbox*: after no Stelle here has the report any more; *tombstones*: the id of a
    partner's package that went; *promises*: deliveries that arrived and belong to no report.
    """

    mailbox: Months
    log: Months
    tombstones: Months
    promises: Months


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a city has decided about keeping."""

    rules: tuple[Rule, ...]
    periods: Periods

    def rule(self, state: State, kind: Kind) -> Rule:
        """The one rule about such a case; the check of the city's data saw that there is one."""
        return next(rule for rule in self.rules if rule.fits(state, kind))


class Obstacle(StrEnum):
    """Why something is not erased now."""

    HELD = "held"
    UNREAD = "unread"
    STATUTORY = "statutory"
    REMINDER = "reminder"
    UNDELIVERED = "undelivered"
    ASKED = "asked"  # the person's wish to erase everything waits for its answer
    NEEDED = "needed"  # nobody has said yet whether the case is still needed


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known in clear of a case.

    *changed_on*: the last step, message, or "still needed". *due_on*, *remind_on*: the next date
    by law and the Stelle's own. *asked_on*: the person wants everything erased; *is_granted*: so
    did somebody of the Stelle. *is_approved*: two members want it gone before its time.
    """

    state: State
    kind: Kind
    changed_on: date
    is_unread: bool = False
    due_on: date | None = None
    remind_on: date | None = None
    held_until: date | None = None
    is_undelivered: bool = False
    asked_on: date | None = None
    is_granted: bool = False
    is_refused: bool = False
    is_approved: bool = False


class Fate(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of a case: from *erase_on* it goes, unless there is an obstacle."""

    rule: Rule
    erase_on: date
    obstacles: tuple[Obstacle, ...]

    def is_over(self, today: date) -> bool:
        """Whether the time is up, whatever stands in the way."""
        return today >= self.erase_on

    def is_erased(self, today: date) -> bool:
        """Whether it is erased today."""
        return self.is_over(today) and not self.obstacles


def fate(facts: Facts, plan: Plan, today: date) -> Fate:
    """Say when a case goes, and what keeps it today.

    What the person wished and the Stelle granted goes at once; only a hold is stronger (Art. 17 (3)
    (e) GDPR). Two members can shorten the period, and nothing else.
    """
    rule = plan.rule(facts.state, facts.kind)
    if facts.is_granted:
        held = (Obstacle.HELD,) if _is_to_come(facts.held_until, today) else ()
        return Fate(rule=rule, erase_on=today, obstacles=held)
    erase_on = last_day(facts.changed_on, Period(months=rule.months)) + DAY
    if facts.is_approved:
        erase_on = min(erase_on, today)
    return Fate(rule=rule, erase_on=erase_on, obstacles=tuple(_obstacles(facts, rule, today)))


def _obstacles(facts: Facts, rule: Rule, today: date) -> Iterable[Obstacle]:
    if _is_to_come(facts.held_until, today):
        yield Obstacle.HELD
    if facts.is_unread:
        yield Obstacle.UNREAD
    if _is_to_come(facts.due_on, today):
        yield Obstacle.STATUTORY
    if _is_to_come(facts.remind_on, today):
        yield Obstacle.REMINDER
    if facts.is_undelivered:
        yield Obstacle.UNDELIVERED
    if facts.asked_on is not None and not facts.is_refused:
        yield Obstacle.ASKED
    if rule.then is Then.ASK and not facts.is_approved:
        yield Obstacle.NEEDED


def _is_to_come(day: date | None, today: date) -> bool:
    """Whether a date still runs: its last day counts."""
    return day is not None and day >= today


def answer_by(asked_on: date, is_holiday: IsHoliday) -> date:
    """Until when a wish to erase has to be answered: one month, ending on a working day.

    Art. 12 (3) GDPR; counted as Regulation (EEC, Euratom) 1182/71 says, which is how `fristen.end`
    counts: without the day itself, on no weekend or holiday.
    """
    return end(asked_on, ANSWER_TO_ERASURE, is_holiday)


def mailbox_ends(days: Iterable[date], periods: Periods) -> date:
    """The day on which a report goes that no Stelle here has: *days* are those of its history."""
    return last_day(max(days), Period(months=periods.mailbox)) + DAY


class Refusal(StrEnum):
    """Why a Stelle does not erase what the person wants erased (Art. 17 (3) GDPR)."""

    CLAIMS = "claims"  # claims are made or defended with it
    DUTY = "duty"  # the law demands that it is kept
    STILL_WANTED = "still_wanted"  # the person said otherwise since
    OTHER = "other"
