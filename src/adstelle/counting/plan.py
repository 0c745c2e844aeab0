"""A city's plan of its statistics, `statistics.toml`: read, and applied with coarser groups."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Final

import msgspec

from adstelle.city import City
from adstelle.counting.plan_check import faults_of
from adstelle.counting.scheme import (
    NONE,
    TABLE,
    Common,
    Dimension,
    HeadlinePlan,
    Level,
    Plan,
    TablePlan,
    UnknownMerge,
)
from adstelle.errors import AdstelleError
from adstelle.releases.publication import Words
from adstelle.toml_files import DataError, Fault, read_document, shaped

__all__ = [
    "Alternative",
    "Laid",
    "NoPlan",
    "Plan",
    "PlanError",
    "UnknownMerge",
    "alternatives",
    "laid",
    "load_plan",
    "planned_since",
    "read_plan",
]

FILE: Final = "statistics.toml"


class NoPlan(AdstelleError):
    """This city has no plan of its statistics; it publishes no figures of its own."""


class PlanError(DataError):
    """A plan that must not be used, with every fault found in it."""


class _Written(Common, frozen=True, kw_only=True):
    """The file, by its keys."""

    dimension: tuple[Dimension, ...]
    headline: tuple[HeadlinePlan, ...]
    table: tuple[TablePlan, ...] = ()


def planned_since(folder: Path, city: City) -> date | None:
    """The first day that the city's plan covers; None where there is none without faults."""
    try:
        return load_plan(folder, city).valid_from
    except (NoPlan, PlanError):
        return None


def load_plan(folder: Path, city: City) -> Plan:
    """The plan in the city's *folder*. Raises `NoPlan`, and `PlanError` with every fault."""
    if not (folder / FILE).exists():
        raise NoPlan
    return read_plan(folder / FILE, city)


def read_plan(file: Path, city: City) -> Plan:
    """Read and check one file. Raises `PlanError` with every fault."""
    faults: list[Fault] = []
    document = read_document(file, faults)
    written = shaped(document, (), _Written, faults)
    if written is None:
        raise PlanError(faults)
    plan = Plan(
        **{name: getattr(written, name) for name in Common.__struct_fields__},
        dimensions=written.dimension,
        headlines=written.headline,
        tables=written.table,
        local=frozenset(code for code, kind in city.territories.items() if kind == "city"),
    )
    if found := [*faults_of(plan, document, city)]:
        raise PlanError(found)
    return plan


class Laid(msgspec.Struct, frozen=True):
    """A plan with its merges applied: the level of each dimension in use, the tables left."""

    plan: Plan
    levels: dict[str, Level]  # by the name of the dimension
    tables: tuple[TablePlan, ...]


def laid(plan: Plan, merges: Mapping[str, str]) -> Laid:
    """Apply *merges*: the level of a dimension, or `none` for one or for `table:ID`.

    Raises `UnknownMerge`.
    """
    known = {dim.name for dim in plan.dimensions} | {TABLE + table.id for table in plan.tables}
    for name, level in merges.items():
        is_table = name.startswith(TABLE)
        if name not in known or (is_table and level != NONE):
            raise UnknownMerge(f"the plan has no {name}")
        if level != NONE and plan.dimension(name).level(level) is None:
            raise UnknownMerge(f"the plan has no {level}")
    tables = tuple(
        table
        for table in plan.tables
        if TABLE + table.id not in merges and not any(merges.get(it) == NONE for it in table.dims)
    )
    used = {name for table in tables for name in table.dims}
    levels = {
        dim.name: dim.level(merges.get(dim.name, dim.name)) or dim.levels[0]
        for dim in plan.dimensions
        if dim.name in used
    }
    return Laid(plan, levels, tables)


class Alternative(msgspec.Struct, frozen=True):
    """A coarser way to count that the plan allows: all its *merges*, and the one that is new."""

    merges: dict[str, str]
    changed: str
    to: str
    title: Words  # of the dimension or table that changes
    labels: tuple[Words, ...] = ()  # what it is then counted by; none where it is left out


def alternatives(plan: Plan, merges: Mapping[str, str]) -> list[Alternative]:
    """One rung further down for each dimension still in use, and each crossed table left out.

    Raises `UnknownMerge`.
    """
    now = laid(plan, merges)
    found = []
    for dim in plan.dimensions:
        if dim.name not in now.levels:
            continue
        names = [*(level.name for level in dim.levels), NONE]
        to = names[names.index(now.levels[dim.name].name) + 1]
        level = dim.level(to)
        labels = tuple(value.label for value in level.values) if level else ()
        found.append(Alternative({**merges, dim.name: to}, dim.name, to, dim.title, labels))
    for table in now.tables:
        name = TABLE + table.id
        found.append(Alternative({**merges, name: NONE}, name, NONE, table.title))
    return found
