"""A publication written with the words of the plan, and what its cells belong to."""

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from adstelle.counting.plan import Laid
from adstelle.counting.scheme import CAMPAIGN, ORIGIN, SINGLE, HeadlinePlan, TablePlan
from adstelle.counting.tabulation import Group, Tabulated, cell_id
from adstelle.counting.units import Frame
from adstelle.disclosure import problem as problems
from adstelle.releases import publication
from adstelle.releases.publication import GERMAN, UNIT, Publication

UNITS: Final = {
    "contacts": "Anfragen", "incidents": "Vorfälle", "established": "festgestellte Fälle",
}  # fmt: skip


def titles(now: Laid, told: Tabulated, cells: set[str]) -> list[str]:
    """What holds these cells, in German: headlines, and the tables in which they are not totals."""
    found = [
        UNITS[it.unit] if it.title is None else it.title[GERMAN]
        for it in now.plan.headlines
        if cell_id(Group(it.unit, it.campaigns)) in cells
    ]
    found += [it.title[GERMAN] for it in told.tables if cells & _inner(now, told, it)]
    return found


def _inner(now: Laid, told: Tabulated, table: TablePlan) -> set[str]:
    """The cells of a table that no smaller table has."""
    names = {now.levels[name].name for name in table.dims}
    return {cell.id for cell in cells_of(now, told, table) if names <= (cell.where or {}).keys()}


def cells_of(now: Laid, told: Tabulated, table: TablePlan) -> Iterator[problems.Cell]:
    """Every cell of a table, its margins and its total too."""
    names = {now.levels[name].name for name in table.dims}
    start = cell_id(Group(table.unit, table.campaigns))
    for cell in told.problem.cells:
        where = cell.where
        if where is None or where[ORIGIN] != (CAMPAIGN if table.campaigns else SINGLE):
            continue
        if cell.id.split(" ")[0] == start.split(" ")[0] and where.keys() - {UNIT, ORIGIN} <= names:
            yield cell


def written(now: Laid, frame: Frame, told: Tabulated, away: set[str]) -> Publication:
    """The file: definitions, numbers that are not hidden, and the plan's words.

    Raises `BadInput`.
    """
    plain: dict[str, Any] = msgspec.to_builtins(told.problem)
    plan = now.plan
    cells = [it for it in told.problem.cells if it.where is not None]
    given = {
        "format": publication.FORMAT,
        "title": plan.title,
        "period": frame.period,
        "cut_off": frame.cut_off,
        "headline": [_headline(it) for it in plan.headlines if _is_said(it, away)],
        "tables": [_table(now, it) for it in told.tables],
        "dims": {
            level.name: _dim_words(now, name)
            for name, level in now.levels.items()
            if level.name in plain["dims"]
        },
        "changes": [*plan.changes, *_anew(told)],
        "notes": plan.notes,
        "release": {
            "format": "sdc-release/1",
            "params": {"k": plan.k},
            "dims": {
                name: {key: it for key, it in dim.items() if it is not None and it is not False}
                for name, dim in plain["dims"].items()
            },
            "structural_zeros": told.problem.structural_zeros,
            "cells": [
                {"id": it.id, "where": it.where, "value": None if it.id in away else it.value}
                for it in cells
            ],
        },
    }
    return publication.read("draft", msgspec.json.encode(given))


def _is_said(it: HeadlinePlan, away: set[str]) -> bool:
    """A campaign is rare: where it is withheld, mostly because there was none, nothing is said."""
    return not (it.campaigns and cell_id(Group(it.unit, it.campaigns)) in away)


def _headline(it: HeadlinePlan) -> dict[str, Any]:
    said = {name: getattr(it, name) for name in ("title", "note", "series", "starts_anew")}
    of_it = {"cell": cell_id(Group(it.unit, it.campaigns)), "unit": it.unit}
    return of_it | {name: words for name, words in said.items() if words is not None}


def _table(now: Laid, table: TablePlan) -> dict[str, Any]:
    columns = {} if table.columns is None else {"columns": now.levels[table.columns].name}
    notes = [it for it in (table.starts_anew, table.note) if it]
    dims = {dim.name: dim for dim in now.plan.dimensions}
    if any(dims[name].most is not None for name in table.dims):
        notes.append(now.plan.several)
    note = {
        lang: " ".join(words[lang] for words in notes if lang in words)
        for lang in (notes[0] if notes else ())
    }
    return {
        "id": table.id, "title": table.title, "unit": table.unit, "total": True,
        "rows": now.levels[table.rows].name, **columns,
        "where": {ORIGIN: CAMPAIGN if table.campaigns else SINGLE},
        **({"note": note} if note else {}),
    }  # fmt: skip


def _dim_words(now: Laid, name: str) -> dict[str, Any]:
    return {
        "title": now.plan.dimension(name).title,
        "labels": {value.code: value.label for value in now.levels[name].values},
    }


def _anew(told: Tabulated) -> Iterator[dict[str, str]]:
    """Tables that begin a new series say so among what has changed."""
    for table in told.tables:
        if table.starts_anew:
            yield {
                lang: f"{table.title.get(lang, table.title[GERMAN])}: {words}"
                for lang, words in table.starts_anew.items()
            }
