"""The one place that knows the solver (HiGHS). Every answer is optimal, or proven impossible.

All programs of a process run with one thread: with differing numbers HiGHS returns nonsense
without an error. There is no time limit, so that the same input gives the same output.
"""

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from time import monotonic
from typing import NamedTuple, TypeAlias

import highspy
import numpy as np

from adstelle.disclosure.sums import Integers, Numbers
from adstelle.errors import AdstelleError

INFINITE = highspy.kHighsInf
OPTIMAL = highspy.HighsModelStatus.kOptimal
EMPTY = highspy.HighsModelStatus.kModelEmpty
IMPOSSIBLE = highspy.HighsModelStatus.kInfeasible
THREADS = 1
PRIMAL = 4
EVERY = 0.5  # seconds until *told* is called again by an integer program


Progress: TypeAlias = Callable[[str, int, int | None], None]  # phase, how many done, of how many


class NotSolved(AdstelleError):
    """The solver came to no optimal answer; nothing is published on a lesser one."""


class Solution(NamedTuple):
    columns: Numbers
    rows: Numbers
    duals: Numbers
    objective: float
    bound: float  # of the best possible objective


class Program:
    """A linear or integer program to be minimised, solved again and again with other bounds.

    Columns are ≥ 0, and ≤ *most* if given. *told* is called before it is solved, and
    again and again while an integer program is; what it raises ends the solving.
    """

    def __init__(
        self, columns: int, told: Callable[[], None] = lambda: None,
        *, integer: bool = False, most: float = INFINITE, gap: float = 0.0,
    ) -> None:  # fmt: skip
        self._told = told
        self._asked = 0.0  # when *told* was called last
        self._stopped: BaseException | None = None
        with _silence():
            self._highs = highspy.Highs()  # type: ignore[no-untyped-call]
        for name, value in (("output_flag", False), ("threads", THREADS), ("mip_rel_gap", gap)):
            self._highs.setOptionValue(name, value)
        self._highs.setOptionValue("parallel", "off")
        self._columns = np.arange(columns, dtype=np.int32)
        self._is_integer = integer
        self._highs.addVars(columns, np.zeros(columns), np.full(columns, most))
        # After other costs the last corner still holds, and the primal method goes on from it.
        self._highs.setOptionValue("simplex_strategy", PRIMAL)
        self._highs.setOptionValue("presolve", "choose" if integer else "off")
        if integer:
            self._highs.cbMipInterrupt += self._go_on
            kinds = np.full(columns, highspy.HighsVarType.kInteger)
            self._highs.changeColsIntegrality(columns, self._columns, kinds)

    def add(self, terms: Mapping[int, float], low: float | None, high: float | None) -> None:
        """Add the row low ≤ terms ≤ high."""
        places = np.fromiter(terms, dtype=np.int32, count=len(terms))
        values = np.fromiter(terms.values(), dtype=float, count=len(terms))
        self._highs.addRow(*_bounds(low, high), len(terms), places, values)

    def bound(self, rows: Integers, low: Numbers, high: Numbers) -> None:
        """Give some of the rows other bounds."""
        change = self._highs.changeRowsBounds  # type: ignore[attr-defined]  # not in its stubs
        change(len(rows), rows.astype(np.int32), low, high)

    def aim(self, costs: Sequence[float] | Integers) -> None:
        """Say what each column costs."""
        self._highs.changeColsCost(len(costs), self._columns, np.array(costs, dtype=float))

    def solve(self) -> Solution | None:
        """The best solution, None if there is none. Raises `NotSolved` for any other end."""
        self._ask()
        status = self._run()
        if status not in (OPTIMAL, IMPOSSIBLE, EMPTY):  # led astray by where it came from
            self._highs.clearSolver()
            status = self._run()
        if status == IMPOSSIBLE:
            return None
        if status == EMPTY:
            return Solution(np.zeros(0), np.zeros(0), np.zeros(0), 0.0, 0.0)
        if status != OPTIMAL:
            raise NotSolved(f"the solver ended with {status}; nothing is answered")
        found, info = self._highs.getSolution(), self._highs.getInfo()
        bound = info.mip_dual_bound if self._is_integer else info.objective_function_value
        return Solution(
            np.array(found.col_value),
            np.array(found.row_value),
            np.array(found.row_dual),
            info.objective_function_value,
            bound,
        )

    def _run(self) -> highspy.HighsModelStatus:
        self._highs.run()
        if self._stopped is not None:
            stopped, self._stopped = self._stopped, None
            raise stopped
        return self._highs.getModelStatus()

    def _ask(self) -> None:
        self._asked = monotonic()
        self._told()

    def _go_on(self, event: highspy.HighsCallbackEvent) -> None:
        """Called by the solver at work; past it no exception finds its way out by itself."""
        try:
            if self._stopped is None and monotonic() - self._asked > EVERY:
                self._ask()
        except BaseException as stopped:  # raised again once the solver has ended
            self._stopped = stopped
        if self._stopped is not None:
            event.interrupt()


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
