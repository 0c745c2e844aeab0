"""The shape of a plan: what a city counts, written down before it counts.

A plan names dimensions with ever coarser levels, headlines, and tables of one or two dimensions.
docs/counting-plan.md describes the file.
"""

from collections.abc import Collection
from datetime import date
from typing import Annotated, Final, Literal

import msgspec

from adstelle.errors import AdstelleError
from adstelle.releases.publication import Code, Unit, Words

NONE: Final = "none"  # the last rung of every ladder: the dimension or the table is left out
ORIGIN: Final = "origin"  # keeps campaigns apart from everything else
SINGLE, CAMPAIGN = "single", "campaign"
TABLE: Final = "table:"  # before the id of a table among merges

Source = Literal[
    "grounds", "incident_type", "area_of_life", "alleged_responsible", "district", "outcomes",
    "severity", "criminal", "month", "reporter_role", "language", "mandate", "frequency",
]  # fmt: skip
PLACES: Final[Collection[Source]] = {"area_of_life", "district", "alleged_responsible"}
MONTHS: Final = tuple(f"{number:02}" for number in range(1, 13))


class UnknownMerge(AdstelleError):
    """A level or a table that the plan does not have."""


class Value(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One value and the answers that it counts."""

    code: Code
    label: Words
    of: tuple[str, ...] = ()


class Level(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"values": "value"}):
    """One way to group the answers. *rest* counts what no value names, and no answer at all."""

    name: Code
    values: tuple[Value, ...]
    rest: Code | None = None

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(value.code for value in self.values)

    def value_of(self, answer: str) -> str | None:
        return self.by_answer().get(answer, self.rest)

    def by_answer(self) -> dict[str, str]:
        return {answer: value.code for value in self.values for answer in value.of}


class Dimension(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"levels": "level"}
):
    """A question by which is counted. The first level is the finest and gives its name.

    *most*: how many values of a case count, the first in the order of the plan; None: always one.
    *replaces*: names under which earlier plans counted something like it, in another way.
    """

    source: Source
    title: Words
    levels: Annotated[tuple[Level, ...], msgspec.Meta(min_length=1)]
    most: Annotated[int, msgspec.Meta(ge=1)] | None = None
    replaces: tuple[Code, ...] = ()

    @property
    def name(self) -> str:
        return self.levels[0].name

    @property
    def family(self) -> frozenset[str]:
        """Every name under which this was ever counted."""
        return frozenset({*self.replaces, *(level.name for level in self.levels)})

    def level(self, name: str) -> Level | None:
        return next((level for level in self.levels if level.name == name), None)


class HeadlinePlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The total of a unit by itself, or (*campaigns*) the contacts that belong to campaigns.

    *must_show*: without it there is no release.
    """

    unit: Unit
    title: Words | None = None
    note: Words | None = None
    series: Code | None = None
    starts_anew: Words | None = None
    campaigns: bool = False
    must_show: bool = False
    priority: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 1


class TablePlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A table over one or two dimensions, named by their finest level.

    *at_least*: counted only from so many cases of its unit on; below, it would be all holes.
    *priority* multiplies what hiding one of its cells costs.
    """

    id: Code
    title: Words
    unit: Unit
    rows: str
    columns: str | None = None
    campaigns: bool = False
    at_least: Annotated[int, msgspec.Meta(ge=0)] = 0
    note: Words | None = None
    starts_anew: Words | None = None
    priority: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 1

    @property
    def dims(self) -> tuple[str, ...]:
        return (self.rows,) if self.columns is None else (self.rows, self.columns)


class Impossible(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Values that cannot occur together, of the finest levels, and why that is known."""

    where: Annotated[dict[str, str], msgspec.Meta(min_length=1)]
    reason: Annotated[str, msgspec.Meta(min_length=1)]


class Common(msgspec.Struct, frozen=True, kw_only=True):
    """*stellen*: whose assessment counts, where several assessed one case. *weights*: what hiding a
    cell costs, by how many dimensions it names. *several*: said where several values may apply."""

    version: Annotated[str, msgspec.Meta(min_length=1)]
    valid_from: date
    title: Words
    several: Words
    stellen: tuple[str, ...]
    k: Annotated[int, msgspec.Meta(ge=5, le=1000)] = 5
    weights: tuple[Annotated[int, msgspec.Meta(ge=1, le=10**6)], ...] = (1000, 12, 1)
    impossible: tuple[Impossible, ...] = ()
    changes: tuple[Words, ...] = ()
    notes: tuple[Words, ...] = ()


class Plan(Common, frozen=True, kw_only=True):
    """A checked plan. *local*: the territories that are the city's own."""

    dimensions: tuple[Dimension, ...]
    headlines: tuple[HeadlinePlan, ...]
    tables: tuple[TablePlan, ...]
    local: frozenset[str]

    def dimension(self, name: str) -> Dimension:
        """The dimension that has a level of this *name*. Raises `UnknownMerge`."""
        for found in self.dimensions:
            if found.level(name):
                return found
        raise UnknownMerge(f"the plan has no {name}")
