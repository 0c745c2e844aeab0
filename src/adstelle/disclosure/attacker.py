"""Somebody who reads what is published and works out what the hidden numbers can be.

Two of them: the outsider (R1) knows that counts are not negative; the rule-aware one (R2) also
knows which hidden cells are hidden for being small. Asked whether a sensitive quantity can reach
a goal, an attacker finds a table in which it does, or a cut: of its cells, so much more has to be
hidden, whatever else is. (Fischetti and Salazar 2000)
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from fractions import Fraction
from math import gcd
from typing import NamedTuple

from adstelle.disclosure.model import Model, Quantity
from adstelle.disclosure.solver import NotSolved, Program, Solution, total

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

    def is_met(self, quantities: Sequence[float]) -> bool:
        return self.sign * (quantities[self.place] - self.value) <= NEAR


class Table(NamedTuple):
    """Numbers that agree with all that is published; whole ones, or *variables* is None."""

    variables: tuple[int, ...] | None
    quantities: Sequence[float]


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
        self, model: Model, rule: Rule, k: int, free: frozenset[int], *, whole: bool = False
    ) -> None:
        self.rule = rule
        self._model, self._k, self._free = model, k, free
        self._program = Program(len(model.variables), integer=whole, gap=0.2 if whole else 0.0)
        for row in model.rows:
            self._program.add(row.terms, row.low, row.high)
        self._now: list[tuple[int | None, int | None]] = []
        for quantity in model.quantities:
            self._program.add(quantity.terms, 0, None)
            self._now.append((0, None))
        self._limits: list[Limits] = []

    def face(self, hidden: Iterable[int]) -> None:
        """Know everything but the *hidden* quantities."""
        away = set(hidden)
        self._limits = [
            limits(quantity, self.rule, self._k, is_hidden=place in away)
            for place, quantity in enumerate(self._model.quantities)
        ]
        self._restore(range(len(self._limits)))

    def admits(self, table: Table) -> bool:
        """Whether *table* agrees with all the attacker knows."""
        return all(
            low - NEAR <= value and (high is None or value <= high + NEAR)
            for value, (low, high) in zip(table.quantities, self._limits, strict=True)
        )

    def push(self, wanted: Sequence[Goal], own: int | None = None) -> tuple[Table, Dual | None]:
        """Go as far towards the *wanted* goals, all of one sign, as their sum can go.

        *own*: a quantity that an insider knows to be 1. The dual comes for a single goal.
        """
        costs = self._aim(wanted, own)
        solution = self._program.solve()
        if solution is None:  # the counted table always is one
            raise NotSolved("the solver finds no table at all, not even the counted one")
        dual = self._dual(solution, costs) if len(wanted) == 1 else None
        self._restore([*(goal.place for goal in wanted), *([] if own is None else [own])])
        return self._table(solution), dual

    def reach(self, goal: Goal | None, own: int | None = None) -> Table | None:
        """A table that meets the goal, or just any; None if there is none."""
        self._aim([], own)
        if goal is not None:
            low, high = self._limits[goal.place]
            bounds = (low, goal.value) if goal.sign > 0 else (goal.value, high)
            self._set(goal.place, *bounds)
        solution = self._program.solve()
        self._restore([*([] if goal is None else [goal.place]), *([] if own is None else [own])])
        return None if solution is None else self._table(solution)

    def _aim(self, wanted: Sequence[Goal], own: int | None) -> list[int]:
        for goal in wanted:
            low, high = self._limits[goal.place]
            if goal.sign < 0:
                self._set(goal.place, low, goal.value if high is None else min(high, goal.value))
            else:
                self._set(goal.place, max(low, goal.value), high)
        if own is not None:
            self._set(own, 1, 1)
        terms = [self._model.quantities[goal.place].terms for goal in wanted]
        costs = total(terms, len(self._model.variables), wanted[0].sign if wanted else 1)
        self._program.aim(costs)
        return costs

    def _set(self, place: int, low: int | None, high: int | None) -> None:
        if self._now[place] != (low, high):
            self._now[place] = (low, high)
            self._program.bound(len(self._model.rows) + place, low, high)

    def _restore(self, places: Iterable[int]) -> None:
        for place in places:
            self._set(place, *self._limits[place])

    def _table(self, solution: Solution) -> Table:
        whole = tuple(round(value) for value in solution.columns)
        if all(abs(a - b) < NEAR for a, b in zip(whole, solution.columns, strict=True)):
            table = Table(whole, counted(self._model, whole))
            if self.admits(table) and agrees(self._model, whole):
                return table
        return Table(None, solution.rows[len(self._model.rows) :])

    def _dual(self, solution: Solution, costs: Sequence[int]) -> Dual | None:
        """The duals as exact whole numbers; None if they are not exactly a proof."""
        for scale in SCALES:
            exact = [round(dual * scale) for dual in solution.duals]
            if all(abs(a - d * scale) < NEAR for a, d in zip(exact, solution.duals, strict=True)):
                return self._proof(scale, exact, costs)
        return None

    def _proof(self, scale: int, exact: Sequence[int], costs: Sequence[int]) -> Dual | None:
        rest = [scale * cost for cost in costs]
        constant, slack = 0, {}
        facts = [(row.terms, row.low, row.high) for row in self._model.rows]
        known = [(q.terms, *now) for q, now in zip(self._model.quantities, self._now, strict=True)]
        for number, (terms, low, high) in enumerate([*facts, *known]):
            dual, place = exact[number], number - len(facts)
            if not dual:
                continue
            for column, times in terms.items():
                rest[column] -= dual * times
            if place in self._free:
                value = self._model.quantities[place].value
                slack[place] = dual * self._slack(value) if dual > 0 else None
                constant += dual * value
            else:
                bound = low if dual > 0 else high
                if bound is None:
                    return None
                constant += dual * bound
        return Dual(scale, constant, slack) if min(rest, default=0) >= 0 else None

    def _slack(self, value: int) -> int:
        """By how much a hidden quantity, not sensitive itself, can be less than it is."""
        return value if self.rule == Rule.OUTSIDER else value - self._k


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
