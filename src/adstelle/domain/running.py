"""A Stelle's own running figures: three counts apart, for work in the house, not protected.

Contacts, incidents with a link to the city, and established incidents are counted as published
figures are (docs/counting-plan.md): what the adviser assessed holds, else what was reported.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import Final
from uuid import UUID

import msgspec

from adstelle.domain.activity import Period
from adstelle.domain.case import State
from adstelle.domain.counting import ESTABLISHED, LOCAL
from adstelle.domain.private import Private
from adstelle.domain.record import Record
from adstelle.domain.report import Account, Message, mandates_of

CITY: Final = "city"  # of a city's territories
FORM: Final = "form"  # it came by the form or the API
PARTNER: Final = "partner"
UNSAID: Final = ""
COUNTED: Final = ("grounds", "form", "area", "established", "local_link")  # of a record


class Unit(StrEnum):
    """What is counted; never two of them in one table."""

    CONTACTS = "contacts"
    INCIDENTS = "incidents"
    ESTABLISHED = "established"


class Dim(StrEnum):
    """By what it is counted."""

    MONTH = "month"
    GROUND = "ground"
    FORM = "form"
    AREA = "area"
    DISTRICT = "district"
    WAY = "way"
    MANDATE = "mandate"
    STATE = "state"


_OF_INCIDENT: Final = (Dim.MONTH, Dim.GROUND, Dim.FORM, Dim.AREA, Dim.DISTRICT)
# How it came, what was wanted and where it stands belong to a contact, not to what happened.
DIMS: Final[Mapping[Unit, tuple[Dim, ...]]] = MappingProxyType(
    {Unit.CONTACTS: tuple(Dim), Unit.INCIDENTS: _OF_INCIDENT, Unit.ESTABLISHED: _OF_INCIDENT}
)


class Tallied(Private, frozen=True, array_like=True):
    """The codes of one case as they are counted; the Stelle keeps them sealed beside the case.

    *way* is how an adviser took it, or `FORM`. *is_local*: it has a link to the city.
    """

    grounds: tuple[str, ...] = ()
    form: str = UNSAID
    area: str = UNSAID
    district: str = UNSAID
    mandates: tuple[str, ...] = ()
    way: str = FORM
    is_local: bool = False
    is_established: bool = False


class Line(Private, frozen=True, kw_only=True):
    """One case in its place. *tallied* is None where it is not known yet, or does not open.

    *is_campaign*: its series is one campaign.
    """

    received_on: date
    state: State
    by_partner: bool
    incident_id: UUID | None
    series_id: UUID | None
    is_campaign: bool = False
    tallied: Tallied | None


class Count(msgspec.Struct):
    """How many, and how many of these belong to a series."""

    total: int = 0
    in_series: int = 0

    def add(self, *, in_series: bool) -> None:
        """Count one."""
        self.total += 1
        self.in_series += in_series


class Figures(msgspec.Struct, frozen=True):
    """What was counted. *cells*: for each dimension of a unit its codes, `UNSAID` where nothing was
    said; of months `YYYY-MM`. *series*: how many of them there are. Contacts of *campaigns* stand
    for themselves and are in no other number, as in what is published. *unknown* cases are in none.
    """

    totals: dict[Unit, Count]
    cells: dict[tuple[Unit, Dim], dict[str, Count]]
    series: dict[Unit, int]
    campaigns: int
    of_campaigns: int
    unknown: int


def tallied(
    account: Account, messages: Iterable[Message], record: Record, territories: Mapping[str, str]
) -> Tallied:
    """What a case counts as. *territories* says of each territory whether it is the city."""
    answers = account.answers
    if record.local_link is None:
        is_local = territories.get(answers.territory or "") == CITY or answers.resident is True
    else:
        is_local = record.local_link in LOCAL
    return Tallied(
        grounds=record.grounds or answers.grounds,
        form=record.form or answers.incident_type or UNSAID,
        area=record.area or answers.area_of_life or UNSAID,
        district=account.district or UNSAID,
        mandates=mandates_of(account, messages),
        way=account.taken.arrival.value if account.taken else FORM,
        is_local=is_local,
        is_established=record.established == ESTABLISHED,
    )


class Tally:
    """Counts cases one after the other, in the order in which they came.

    A contact counts in the month in which it came; an incident once, in the month of the first case
    with a link to the city. Of several cases an established one says what it was, else the first.
    """

    def __init__(self, period: Period) -> None:
        self._period = period
        self._totals = {unit: Count() for unit in Unit}
        self._cells: dict[tuple[Unit, Dim], dict[str, Count]] = {
            (unit, dim): {} for unit in Unit for dim in DIMS[unit]
        }
        self._asked = {
            unit: [(_SAID[dim], self._cells[unit, dim]) for dim in DIMS[unit]] for unit in Unit
        }
        self._series: dict[Unit, set[UUID]] = {unit: set() for unit in Unit}
        self._first: dict[UUID, Line] = {}
        self._saying: dict[UUID, Line] = {}
        self._campaigns: set[UUID | None] = set()
        self._of_campaigns = 0
        self._unknown = 0

    def add(self, lines: Iterable[Line]) -> None:
        """Count cases. Those before the period only say which incidents are no new ones."""
        for line in lines:
            if line.tallied is None:
                self._unknown += self._period.holds(line.received_on)
            elif line.is_campaign:
                self._apart(line)
            else:
                self._add(line, line.tallied)

    def _apart(self, line: Line) -> None:
        if self._period.holds(line.received_on):
            self._campaigns.add(line.series_id)
            self._of_campaigns += 1

    def _add(self, line: Line, of: Tallied) -> None:
        if self._period.holds(line.received_on):
            self._count(Unit.CONTACTS, line, of, line.received_on)
        if of.is_local:
            self._take(line, of)

    def done(self) -> Figures:
        """Everything that was counted."""
        for incident_id, first in self._first.items():
            saying = self._saying[incident_id]
            if saying.tallied is not None:
                self._incident(saying, saying.tallied, first.received_on)
        self._first.clear()
        return Figures(
            totals=self._totals,
            cells=self._cells,
            series={unit: len(found) for unit, found in self._series.items()},
            campaigns=len(self._campaigns),
            of_campaigns=self._of_campaigns,
            unknown=self._unknown,
        )

    def _take(self, line: Line, of: Tallied) -> None:
        if line.incident_id is None:
            self._incident(line, of, line.received_on)
            return
        self._first.setdefault(line.incident_id, line)
        saying = self._saying.setdefault(line.incident_id, line)
        if of.is_established and not (saying.tallied and saying.tallied.is_established):
            self._saying[line.incident_id] = line

    def _incident(self, line: Line, of: Tallied, day: date) -> None:
        if self._period.holds(day):
            self._count(Unit.INCIDENTS, line, of, day)
            if of.is_established:
                self._count(Unit.ESTABLISHED, line, of, day)

    def _count(self, unit: Unit, line: Line, of: Tallied, day: date) -> None:
        in_series = line.series_id is not None
        self._totals[unit].add(in_series=in_series)
        if line.series_id is not None:
            self._series[unit].add(line.series_id)
        for said, cells in self._asked[unit]:
            for code in said(line, of, day) or (UNSAID,):
                count = cells.get(code)
                if count is None:
                    count = cells[code] = Count()
                count.add(in_series=in_series)


@lru_cache(maxsize=1000)
def _month(year: int, month: int) -> tuple[str]:
    return (f"{year:04}-{month:02}",)


Said = Callable[[Line, Tallied, date], Collection[str]]  # of grounds and mandates several codes
_SAID: Final[Mapping[Dim, Said]] = MappingProxyType(
    {
        Dim.MONTH: lambda _line, _of, day: _month(day.year, day.month),
        Dim.GROUND: lambda _line, of, _day: dict.fromkeys(of.grounds),
        Dim.FORM: lambda _line, of, _day: (of.form,),
        Dim.AREA: lambda _line, of, _day: (of.area,),
        Dim.DISTRICT: lambda _line, of, _day: (of.district,),
        Dim.WAY: lambda line, of, _day: (PARTNER if line.by_partner else of.way,),
        Dim.MANDATE: lambda _line, of, _day: dict.fromkeys(of.mandates),
        Dim.STATE: lambda line, _of, _day: (str(line.state),),
    }
)
