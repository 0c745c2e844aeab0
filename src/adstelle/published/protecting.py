"""From tables that others published to protected releases, one for each period.

Nothing is typed by hand for a table: what its values leave of the total becomes a value of its
own, tables that cannot be true are left out with a sentence that says why, values that changed
since the period before start anew, and what is small is withheld by `adstelle.disclosure`.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import structs

from adstelle.auditing import reading
from adstelle.auditing.reading import BadInput
from adstelle.disclosure.answer import answer
from adstelle.disclosure.problem import read as read_problem
from adstelle.published import sums
from adstelle.published.tables import Table, Tables
from adstelle.releases import publication
from adstelle.releases.publication import (
    COUNTED,
    UNIT,
    UNIT_VALUES,
    DimWords,
    Headline,
    Period,
    Publication,
    TablePlan,
    Unit,
    Words,
)

REST: Final = "ohne_angabe"
# What hiding costs by how many dimensions a cell names; all name the unit, totals nothing else.
COSTS: Final = [1000, 1000, 12, 1]
WORDS: Final[dict[str, Words]] = tomllib.loads(
    (Path(__file__).parent / "words.toml").read_text(encoding="utf-8")
)


class Axis(NamedTuple):
    """A dimension with exactly these values; another set of values has another *name*."""

    name: str
    base: str
    values: tuple[str, ...]


class Made(NamedTuple):
    """*left_out*: the tables that are not in it, with the word why."""

    publication: Publication
    left_out: dict[str, str]


def releases(given: Tables, *, k: int, seed: bytes | None = None) -> Iterator[Made]:
    """Make the releases, oldest period first. *seed*: hide a few more cells, see `disclosure`.

    Raises `BadInput`, and what `disclosure` raises.
    """
    axes = _Axes()
    before: dict[str, tuple[str, ...]] = {}
    ordered = sorted(given.tables, key=lambda it: (it.period.to, it.period.since))
    for period, tables in groupby(ordered, key=lambda it: it.period):
        made = _One(given, period, list(tables), axes, before).made(k, seed)
        if made is not None:
            yield made


class _Axes:
    """Names for sets of values, the same set under the same name in every release."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, tuple[str, ...], int | None], str] = {}

    def named(self, base: str, values: tuple[str, ...], least: int | None) -> Axis:
        """*least*: how many of the values a case has at least, if it may have several."""
        key = (base, values, least)
        number = 1 + sum(it[0] == base for it in self._known)
        name = self._known.setdefault(key, base if number == 1 else f"{base}-{number}")
        return Axis(name, base, values)


class _One:
    """The release of one period. *before*: the values of each dimension when last tabulated."""

    def __init__(
        self, given: Tables, period: Period, tables: Sequence[Table], axes: _Axes,
        before: dict[str, tuple[str, ...]],
    ) -> None:  # fmt: skip
        self._given, self._period = given, period
        self.left_out = {it.id: why for it in tables if (why := _unfit(it, tables))}
        self._tables = [it for it in tables if it.id not in self.left_out]
        self._titles = {it.id: it.title for it in tables}
        self._axes = {
            it.id: [_axis(given, it, name, axes) for name in it.dims] for it in self._tables
        }
        self._changes = list(self._changed(before))

    def made(self, k: int, seed: bytes | None) -> Made | None:
        """Protect what can be protected; None if nothing is left to say."""
        while self._tables:
            found = answer(read_problem(msgspec.json.encode(self._problem(k))), seed=seed)
            if found["status"] == "protected":
                return Made(self._publication(found["release"]), self.left_out)
            self._give_up_one()
        return None

    def _give_up_one(self) -> None:
        """Of the last table keep the total only; where there are none but totals, the last."""
        tables = self._tables
        number = max((n for n, it in enumerate(tables) if it.dims), default=len(tables) - 1)
        table = tables.pop(number)
        self.left_out[table.id] = "unprotectable"
        if table.dims:
            tables.insert(number, structs.replace(table, dims=(), cells=(), multi=()))
            self._axes[table.id] = []

    # The problem --------------------------------------------------------------------------------

    def _problem(self, k: int) -> dict[str, Any]:
        cells: dict[str, dict[str, Any]] = {}
        for table in self._tables:
            for cell in self._cells(table):
                cells[cell["id"]] = cell
        return {
            "format": "sdc-problem/1",
            "params": {"k": k, "weights": COSTS},
            "dims": {UNIT: {"values": UNIT_VALUES}, **self._dims()},
            "cells": list(cells.values()),
        }

    def _dims(self) -> dict[str, dict[str, Any]]:
        dims: dict[str, dict[str, Any]] = {}
        for table in self._tables:
            for axis in self._axes[table.id]:
                dims[axis.name] = {"values": list(axis.values)}
                if (least := _least(table, axis.base)) is not None:
                    dims[axis.name] |= {"multi": True, "min": least}
        return dims

    def _cells(self, table: Table) -> Iterator[dict[str, Any]]:
        unit = _unit(table)
        yield {"id": unit, "where": _where(unit), "value": table.total}
        named = {axis.base: axis for axis in self._axes[table.id]}
        rest = sums.difference(table)
        entries = [(dict(it.at), it.value) for it in table.cells]
        if rest:
            entries.append(({table.dims[0]: REST}, rest))
        for at, value in entries:
            where: dict[str, Any] = _where(unit)
            for base, code in at.items():
                where[named[base].name] = {"has": code} if base in table.multi else code
            codes = "-".join(f"{named[base].name}-{code}" for base, code in at.items())
            yield {"id": f"{unit}-{codes}", "where": where, "value": value}

    # The words ----------------------------------------------------------------------------------

    def _publication(self, release: dict[str, Any]) -> Publication:
        by_unit = {_unit(it): it for it in self._tables}
        headlines = tuple(
            Headline(cell=unit, unit=unit, title=table.counted, series=unit)
            for unit, table in by_unit.items()
        )
        made = Publication(
            format=publication.FORMAT,
            title=self._title(),
            period=self._period,
            cut_off=self._period.to,
            release=msgspec.convert(release, reading.Release),
            dims={axis.name: self._words(axis) for axes in self._axes.values() for axis in axes},
            headline=headlines,
            tables=tuple(self._plan(it) for it in self._tables if it.dims),
            changes=tuple(self._changes),
            notes=tuple(self._notes()),
            source=self._given.source or {publication.GERMAN: self._given.publisher},
            source_url=self._given.source_url,
        )
        return publication.read(self._given.publisher, publication.canonical(made))

    def _title(self) -> Words:
        return self._given.source or {publication.GERMAN: self._given.publisher}

    def _plan(self, table: Table) -> TablePlan:
        rows, *columns = [axis.name for axis in self._axes[table.id]]
        return TablePlan(
            id=table.id, title=table.title, unit=_unit(table), rows=rows,
            columns=columns[0] if columns else None, total=not table.multi,
        )  # fmt: skip

    def _words(self, axis: Axis) -> DimWords:
        known = self._given.dims[axis.base]
        labels = {**known.labels, REST: WORDS["rest"]}
        return DimWords(known.title, {code: labels[code] for code in axis.values})

    def _notes(self) -> Iterator[Words]:
        yield WORDS["public_already"]
        if any(REST in axis.values for it in self._tables for axis in self._axes[it.id]):
            yield WORDS["rest_note"]
        for table_id, why in self.left_out.items():
            yield _filled(why, self._titles[table_id])
        yield WORDS["no_cut_off"]

    def _changed(self, before: dict[str, tuple[str, ...]]) -> Iterator[Words]:
        """Name every dimension whose values are others than when it was last tabulated."""
        for table in self._tables:
            for axis in self._axes[table.id]:
                values = tuple(code for code in axis.values if code != REST)
                if before.setdefault(axis.base, values) != values:
                    yield _filled("starts_anew", self._given.dims[axis.base].title)
                before[axis.base] = values


def _unfit(table: Table, tables: Sequence[Table]) -> str | None:
    """The word for why a table cannot be published, or None."""
    if table.unit not in COUNTED:
        return "another_unit"
    if table.numbers != "counts" or table.total is None or len(table.dims) > 2:
        return "no_counts"
    first = next(it for it in tables if it.unit == table.unit and it.total is not None)
    if (first.total, first.counted) != (table.total, table.counted):
        return "too_many"
    wrong = {it.kind for it in sums.of_table(table) if it.is_wrong}
    may_be: set[sums.Kind] = set() if sums.difference(table) is None else {"too_few"}
    return None if wrong <= may_be else "too_many"


def _axis(given: Tables, table: Table, name: str, axes: _Axes) -> Axis:
    """The values that this table distinguishes, in the order of the file; the rest comes last."""
    there = {entry.at[name] for entry in table.cells if name in entry.at}
    values = tuple(code for code in given.dims[name].labels if code in there)
    if REST in values:
        raise BadInput(f"dims.{name}: {REST} is reserved for what no value has")
    if sums.difference(table):
        values = (*values, REST)
    return axes.named(name, values, _least(table, name))


def _least(table: Table, name: str) -> int | None:
    """How many values a case has at least where it may have several; None where it has one."""
    return None if name not in table.multi else int(table.is_complete)


def _unit(table: Table) -> Unit:
    unit: Unit = msgspec.convert(table.unit, Unit)
    return unit


def _where(unit: Unit) -> dict[str, Any]:
    asked = COUNTED[unit]
    return {UNIT: asked[0] if len(asked) == 1 else list(asked)}


def _filled(word: str, title: Mapping[str, str]) -> Words:
    """The sentence in each language, with the title in that language or else in German."""
    german = title[publication.GERMAN]
    return {lang: text.format(title=title.get(lang, german)) for lang, text in WORDS[word].items()}
