"""What comes up more than once among the cases of a Stelle, and how that went over time.

For the Stelle alone: small numbers can point to a person, so nothing of it may be published.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from typing import Final
from uuid import UUID

from adstelle.domain.private import Private
from adstelle.domain.record import Record
from adstelle.domain.report import Account
from adstelle.domain.search import words_of

LEAST: Final = 2  # cases
MOST: Final = 10  # patterns of a kind


class Kind(StrEnum):
    """What cases have in common."""

    BODY = "body"
    PLACE = "place"
    GROUND_AREA = "ground_area"


class Seen(Private, frozen=True, kw_only=True):
    """A case as far as patterns go. *body* is how the Stelle calls whoever is responsible."""

    case_id: UUID
    received_on: date
    body: str = ""
    place: str = ""
    grounds: tuple[str, ...] = ()
    area: str | None = None


class Pattern(Private, frozen=True, kw_only=True):
    """What several cases have in common: a body or a place as most of them spell it, or a ground
    with an area of life. *months*: how many cases came in each month, by its first day.
    """

    kind: Kind
    name: str = ""
    ground: str = ""
    area: str = ""
    cases: int
    months: dict[date, int]


def seen(case_id: UUID, received_on: date, account: Account, record: Record | None) -> Seen:
    """Take from an opened case what patterns are made of; grounds and area as they were named."""
    return Seen(
        case_id=case_id,
        received_on=received_on,
        body=(record or Record()).responsible_name,
        place=account.place,
        grounds=account.answers.grounds,
        area=account.answers.area_of_life,
    )


def patterns(cases: Iterable[Seen]) -> dict[Kind, list[Pattern]]:
    """What at least `LEAST` cases have in common, the most frequent first, `MOST` of each kind.

    Bodies and places are the same where their words are, in whatever order and spelling.
    """
    months: dict[tuple[Kind, tuple[str, ...]], Counter[date]] = defaultdict(Counter)
    names: dict[tuple[Kind, tuple[str, ...]], Counter[str]] = defaultdict(Counter)
    for case in cases:
        month = case.received_on.replace(day=1)
        for kind, text in ((Kind.BODY, case.body), (Kind.PLACE, case.place)):
            if key := tuple(sorted(words_of(text))):
                months[kind, key][month] += 1
                names[kind, key][" ".join(text.split())] += 1
        if case.area:
            for ground in set(case.grounds):
                months[Kind.GROUND_AREA, (ground, case.area)][month] += 1
    found: dict[Kind, list[Pattern]] = {kind: [] for kind in Kind}
    for (kind, key), counted in months.items():
        if counted.total() >= LEAST:
            found[kind].append(_pattern(kind, key, counted, names[kind, key]))
    return {kind: sorted(each, key=_order)[:MOST] for kind, each in found.items()}


def _pattern(
    kind: Kind, key: tuple[str, ...], counted: Counter[date], names: Counter[str]
) -> Pattern:
    total, months = counted.total(), dict(sorted(counted.items()))
    if kind is Kind.GROUND_AREA:
        return Pattern(kind=kind, ground=key[0], area=key[1], cases=total, months=months)
    name = min(names, key=lambda spelled: (-names[spelled], spelled))
    return Pattern(kind=kind, name=name, cases=total, months=months)


def _order(pattern: Pattern) -> tuple[int, str, str, str]:
    return -pattern.cases, pattern.name, pattern.ground, pattern.area


def months_between(first: date, last: date) -> list[date]:
    """Every month of a period, by its first day."""
    found = [first.replace(day=1)]
    while (month := _next(found[-1])) <= last:
        found.append(month)
    return found


def _next(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)
