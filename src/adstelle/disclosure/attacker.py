"""Somebody who reads what is published and works out what the hidden numbers can be.

Two of them: the outsider (R1) knows that counts are not negative; the rule-aware one (R2) also
knows which hidden cells are hidden for being small. Asked whether a sensitive quantity can reach
a goal, an attacker finds a table in which it does, or a cut: of its cells, so much more has to be
hidden, whatever else is. (Fischetti and Salazar 2000)
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from fractions import Fraction
from math import gcd, isinf
from typing import NamedTuple

import numpy as np

from adstelle.disclosure.model import Model, Quantity
from adstelle.disclosure.solver import INFINITE, NotSolved, Program, Solution
from adstelle.disclosure.sums import Flags, Integers, Numbers, Sums

NEAR = 1e-6
SCALES = (1, 2, 3, 4, 5, 6, 12, 60, 420)  # denominators of duals that are tried

Limits = tuple[int, int | None]


class Rule(StrEnum):
    OUTSIDER = "R1"
    RULE_AWARE = "R2"


class Goal(NamedTuple):
    """A quantity has to be able to be at most (*sign* 1) or at least (*sign* −1) *value*."""

    place: int
    sign: int
    value: int

    def is_met(self, quantities: Sequence[float] | Integers | Numbers) -> bool:
        return bool(self.sign * (quantities[self.place] - self.value) <= NEAR)


class Table(NamedTuple):
    """Numbers that agree with all that is published; whole ones, or *variables* is None."""

    variables: Integers | None
    quantities: Integers | Numbers


class Cut(NamedTuple):
    """Of the quantities to decide upon, hide so many that their weights sum up to *least*."""

    weights: Mapping[int, int]
    least: int

    def is_met(self, hidden: Iterable[int]) -> bool:
        return sum(self.weights.get(place, 0) for place in hidden) >= self.least


class Dual(NamedTuple):
    """Why something is at least *constant* / *scale*, less *slack* of each hidden quantity.

    A slack of None has no limit.
    """

    scale: int
    constant: int
    slack: Mapping[int, int | None]


def goals(model: Model, rule: Rule, k: int) -> list[Goal]:
    """What has to stay possible for each sensitive quantity."""
    found = []
    for place, quantity in enumerate(model.quantities):
        if not quantity.is_sensitive or (quantity.is_virtual and rule == Rule.RULE_AWARE):
            continue
        low, high = 0, k if rule == Rule.OUTSIDER else k - 1
        if quantity.value >= k:  # sensitive for those who stand behind it
            low, high = max(0, quantity.value - k), quantity.value + k
        found += [Goal(place, 1, low), Goal(place, -1, high)]
    return found


def limits(quantity: Quantity, rule: Rule, k: int, *, is_hidden: bool) -> Limits:
    """Between what the attacker knows *quantity* to be."""
    if not is_hidden and not quantity.is_virtual:
        return quantity.value, quantity.value
    if rule == Rule.OUTSIDER or quantity.is_virtual:
        return 0, None
    if not quantity.is_sensitive:
        return k, None
    return 0, k - 1 if quantity.value < k else None


class Attacker:
    """One attacker against one set of hidden quantities at a time (see `face`)."""

    def __init__(
        self, model: Model, rule: Rule, k: int, free: frozenset[int], told: Callable[[], None],
        *, whole: bool = False,
    ) -> None:  # fmt: skip
        self.rule = rule
        self._model, self._k, self._free = model, k, free
        self._facts = Sums((row.terms for row in model.rows), len(model.variables))
        self._floor, self._roof = _bounds([(row.low, row.high) for row in model.rows])
        self._sums = Sums((q.terms for q in model.quantities), len(model.variables))
        self._shown, self._away = (
            _bounds([limits(q, rule, k, is_hidden=is_hidden) for q in model.quantities])
            for is_hidden in (False, True)
        )
        self._program = Program(
            len(model.variables), told, integer=whole, gap=0.2 if whole else 0.0
        )
        for row in model.rows:
            self._program.add(row.terms, row.low, row.high)
        for quantity in model.quantities:
            self._program.add(quantity.terms, 0, None)
        self._low, self._high = _bounds([(0, None) for _ in model.quantities])  # now
        self._known = self._low, self._high

    def face(self, hidden: Iterable[int]) -> None:
        """Know everything but the *hidden* quantities."""
        low, high = (bounds.copy() for bounds in self._shown)
        away = list(hidden)
        low[away], high[away] = self._away[0][away], self._away[1][away]
        self._known = low, high

    def admits(self, quantities: Integers | Numbers) -> Flags:
        """Whether these (of one table, or of several in rows) agree with all the attacker knows."""
        low, high = self._known
        return np.asarray(((quantities >= low - NEAR) & (quantities <= high + NEAR)).all(axis=-1))

    def push(self, wanted: Sequence[Goal], alone: Iterable[int] = ()) -> tuple[Table, Dual | None]:
        """Go as far towards the *wanted* goals as their sum can go, past none of them.

        *alone*: quantities that are known to be 1. The dual comes for a single goal.
        """
        low, high = (bounds.copy() for bounds in self._known)
        taken = np.zeros(len(low), dtype=np.int64)
        for place, sign, value in wanted:
            if sign < 0:
                high[place] = min(high[place], value)
            else:
                low[place] = max(low[place], value)
            taken[place] += sign
        costs = self._sums.across(taken)
        solution = self._solved(low, high, costs, alone)
        if solution is None:  # the counted table always is one
            raise NotSolved("the solver finds no table at all, not even the counted one")
        dual = self._dual(solution, costs) if len(wanted) == 1 else None
        return self._table(solution), dual

    def reach(self, goal: Goal | None, alone: Iterable[int] = ()) -> Table | None:
        """A table that meets the goal, or just any; None if there is none."""
        low, high = (bounds.copy() for bounds in self._known)
        if goal is not None:
            (high if goal.sign > 0 else low)[goal.place] = goal.value
        nothing = np.zeros(len(self._model.variables), dtype=np.int64)
        solution = self._solved(low, high, nothing, alone)
        return None if solution is None else self._table(solution)

    def _solved(
        self, low: Numbers, high: Numbers, costs: Integers, alone: Iterable[int]
    ) -> Solution | None:
        for own in alone:
            low[own] = high[own] = 1
        changed = np.flatnonzero((self._low != low) | (self._high != high))
        self._low, self._high = low, high
        self._program.bound(len(self._model.rows) + changed, low[changed], high[changed])
        self._program.aim(costs)
        return self._program.solve()

    def _table(self, solution: Solution) -> Table:
        whole = np.rint(solution.columns).astype(np.int64)
        if np.all(np.abs(whole - solution.columns) < NEAR) and np.all(whole >= 0):
            quantities, facts = self._sums.at(whole), self._facts.at(whole)
            is_true = np.all((facts >= self._floor) & (facts <= self._roof))
            if is_true and self.admits(quantities):
                return Table(whole, quantities)
        return Table(None, solution.rows[len(self._model.rows) :])

    def _dual(self, solution: Solution, costs: Integers) -> Dual | None:
        """The duals as exact whole numbers; None if they are not exactly a proof."""
        for scale in SCALES:
            exact = np.rint(solution.duals * scale).astype(np.int64)
            if np.all(np.abs(exact - solution.duals * scale) < NEAR):
                return self._proof(scale, exact, costs)
        return None

    def _proof(self, scale: int, exact: Integers, costs: Integers) -> Dual | None:
        facts, sums = np.split(exact, [len(self._model.rows)])
        rest = scale * costs - self._facts.across(facts) - self._sums.across(sums)
        constant, slack = 0, {}
        free = [int(place) for place in np.flatnonzero(sums) if place in self._free]
        for place in free:
            dual, value = int(sums[place]), self._model.quantities[place].value
            slack[place] = dual * self._slack(value) if dual > 0 else None
            constant += dual * value
        sums[free] = 0
        for duals, low, high in ((facts, self._floor, self._roof), (sums, self._low, self._high)):
            for number in np.flatnonzero(duals):
                bound = low[number] if duals[number] > 0 else high[number]
                if isinf(bound):
                    return None
                constant += int(duals[number]) * int(bound)
        return Dual(scale, constant, slack) if min(rest, default=0) >= 0 else None

    def _slack(self, value: int) -> int:
        """By how much a hidden quantity, not sensitive itself, can be less than it is."""
        return value if self.rule == Rule.OUTSIDER else value - self._k


def _bounds(limits: Sequence[tuple[int | None, int | None]]) -> tuple[Numbers, Numbers]:
    low = [-INFINITE if low is None else low for low, _ in limits]
    high = [INFINITE if high is None else high for _, high in limits]
    return np.array(low, dtype=np.float64), np.array(high, dtype=np.float64)


def cut(duals: Sequence[Dual | None], goal: int) -> Cut | None:
    """What follows if the sum of what *duals* are about has to be able to be *goal*; or None."""
    constant = Fraction(-goal)
    slack: dict[int, Fraction | None] = {}
    for dual in duals:
        if dual is None:
            return None
        constant += Fraction(dual.constant, dual.scale)
        for place, size in dual.slack.items():
            before = slack.get(place, Fraction(0))
            if before is None or size is None:
                slack[place] = None  # unlimited
            else:
                slack[place] = before + Fraction(size, dual.scale)
    if constant <= 0:
        return None
    clipped = {p: constant if s is None else min(s, constant) for p, s in slack.items()}
    scale = constant.denominator
    for weight in clipped.values():
        scale = scale * weight.denominator // gcd(scale, weight.denominator)
    whole = {place: int(weight * scale) for place, weight in sorted(clipped.items()) if weight}
    least = int(constant * scale)
    common = gcd(least, *whole.values())
    return Cut({place: weight // common for place, weight in whole.items()}, least // common)


def counted(model: Model, variables: Sequence[int]) -> list[int]:
    """The quantities of a table of whole numbers."""
    return [
        sum(times * variables[variable] for variable, times in quantity.terms.items())
        for quantity in model.quantities
    ]


def agrees(model: Model, variables: Sequence[int]) -> bool:
    """Whether a table of whole numbers keeps to what everybody knows."""
    if min(variables, default=0) < 0:
        return False
    for row in model.rows:
        found = sum(times * variables[variable] for variable, times in row.terms.items())
        if (row.low is not None and found < row.low) or (row.high is not None and found > row.high):
            return False
    return True
