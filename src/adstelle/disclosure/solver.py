"""The one place that knows the solver (HiGHS). Every answer is optimal, or proven impossible.

All programs of a process run with one thread: with differing numbers HiGHS returns nonsense
without an error. There is no time limit, so that the same input gives the same output.
"""

import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import highspy
import numpy as np

from adstelle.errors import AdstelleError

INFINITE = highspy.kHighsInf
OPTIMAL = highspy.HighsModelStatus.kOptimal
EMPTY = highspy.HighsModelStatus.kModelEmpty
IMPOSSIBLE = highspy.HighsModelStatus.kInfeasible
THREADS = 1


class NotSolved(AdstelleError):
    """The solver came to no optimal answer; nothing is published on a lesser one."""


class Solution(NamedTuple):
    columns: list[float]
    rows: list[float]
    duals: list[float]
    objective: float
    bound: float  # of the best possible objective


class Program:
    """A linear or integer program to be minimised, solved again and again with other bounds.

    Columns are ≥ 0, and ≤ *most* if given.
    """

    def __init__(
        self, columns: int, *, integer: bool = False, most: float = INFINITE, gap: float = 0.0
    ) -> None:
        with _silence():
            self._highs = highspy.Highs()  # type: ignore[no-untyped-call]
        for name, value in (("output_flag", False), ("threads", THREADS), ("mip_rel_gap", gap)):
            self._highs.setOptionValue(name, value)
        self._highs.setOptionValue("parallel", "off")
        self._columns = np.arange(columns, dtype=np.int32)
        self._is_integer = integer
        self._highs.addVars(columns, np.zeros(columns), np.full(columns, most))
        if integer:
            kinds = np.full(columns, highspy.HighsVarType.kInteger)
            self._highs.changeColsIntegrality(columns, self._columns, kinds)

    def add(self, terms: Mapping[int, float], low: float | None, high: float | None) -> None:
        """Add the row low ≤ terms ≤ high."""
        places = np.fromiter(terms, dtype=np.int32, count=len(terms))
        values = np.fromiter(terms.values(), dtype=float, count=len(terms))
        self._highs.addRow(*_bounds(low, high), len(terms), places, values)

    def bound(self, row: int, low: float | None, high: float | None) -> None:
        self._highs.changeRowBounds(row, *_bounds(low, high))

    def aim(self, costs: Sequence[float]) -> None:
        """Say what each column costs."""
        self._highs.changeColsCost(len(costs), self._columns, np.array(costs, dtype=float))

    def solve(self) -> Solution | None:
        """The best solution, None if there is none. Raises `NotSolved` for any other end."""
        status = self._run()
        if status not in (OPTIMAL, IMPOSSIBLE, EMPTY):  # led astray by where it came from
            self._highs.clearSolver()
            status = self._run()
        if status == IMPOSSIBLE:
            return None
        if status == EMPTY:
            return Solution([], [], [], 0.0, 0.0)
        if status != OPTIMAL:
            raise NotSolved(f"the solver ended with {status}; nothing is answered")
        found, info = self._highs.getSolution(), self._highs.getInfo()
        bound = info.mip_dual_bound if self._is_integer else info.objective_function_value
        return Solution(
            list(found.col_value),
            list(found.row_value),
            list(found.row_dual),
            info.objective_function_value,
            bound,
        )

    def _run(self) -> highspy.HighsModelStatus:
        self._highs.run()
        return self._highs.getModelStatus()


@contextmanager
def _silence() -> Iterator[None]:
    """Keep off standard output what HiGHS says of itself there, past Python and its own options."""
    sys.stdout.flush()
    kept = os.dup(1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        yield
    finally:
        os.dup2(kept, 1)
        os.close(nowhere)
        os.close(kept)


def _bounds(low: float | None, high: float | None) -> tuple[float, float]:
    return -INFINITE if low is None else low, INFINITE if high is None else high


def total(rows: Iterable[Mapping[int, int]], columns: int, factor: int = 1) -> list[int]:
    """What each column costs when the sum of *rows* is to be minimised (*factor* −1: maximised)."""
    costs = [0] * columns
    for row in rows:
        for column, times in row.items():
            costs[column] += factor * times
    return costs
