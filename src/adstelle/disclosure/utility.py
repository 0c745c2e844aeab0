"""How much of the tables can still be read, beside what rounding would have left."""

from collections.abc import Collection, Iterable
from typing import Any

from adstelle.disclosure.problem import Cell, Problem

BASE = 5


def of(problem: Problem, hidden: Collection[str]) -> dict[str, Any]:
    """Shares of cells and of their sum that stay visible, by the number of dimensions named.

    For rounding: the share of cells that rounding to five leaves exact, and the mean distance.
    In-house: with the release the sum of the hidden cells follows from it.
    """
    levels: dict[int, list[Cell]] = {}
    for cell in problem.cells:
        levels.setdefault(len(cell.where or {}), []).append(cell)
    return {
        str(level): _level(cells, hidden) | {"rounding": _rounding(cells)}
        for level, cells in sorted(levels.items())
    }


def _level(cells: Iterable[Cell], hidden: Collection[str]) -> dict[str, Any]:
    listed = list(cells)
    shown = [cell for cell in listed if cell.id not in hidden]
    mass = sum(cell.value for cell in listed)
    return {
        "cells": len(listed),
        "visible": len(shown),
        "share_of_cells": round(len(shown) / len(listed), 3),
        "share_of_mass": round(sum(cell.value for cell in shown) / mass, 3) if mass else 1.0,
    }


def _rounding(cells: list[Cell]) -> dict[str, float]:
    away = [abs(cell.value - BASE * round(cell.value / BASE)) for cell in cells]
    return {
        "share_exact": round(sum(not distance for distance in away) / len(away), 3),
        "mean_distance": round(sum(away) / len(away), 2),
    }
