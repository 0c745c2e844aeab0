"""Hide as little as possible so that no attacker finds out a sensitive quantity.

The master says which quantities to hide at the least cost; the attackers answer with cuts, until
they have none. What is left is shown to be safe by tables of whole numbers, each of which could
have been the counted one.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple

from adstelle.disclosure.attacker import NEAR, Attacker, Cut, Goal, Rule, Table, cut, goals
from adstelle.disclosure.model import Model
from adstelle.disclosure.problem import BadProblem
from adstelle.disclosure.solver import NotSolved, Program

KEPT = 120  # tables that are remembered from round to round


class Infeasible(NamedTuple):
    """The quantities that cannot be protected, each with a reason in words."""

    reasons: dict[int, str]


class Protected(NamedTuple):
    hidden: frozenset[int]
    tables: list[Table]
    gap: float


def protect(
    model: Model, k: int, weights: Sequence[int] | None, gap: float
) -> Protected | Infeasible:
    """Choose what is hidden. Raises `BadProblem` if the cells contradict each other."""
    torn = {
        place: "has to be shown, and has to be hidden"
        for place, quantity in enumerate(model.quantities)
        if (quantity.is_sensitive or quantity.was_hidden)
        and (quantity.must_show or quantity.was_shown)
        and not quantity.is_virtual
    }
    return Infeasible(torn) if torn else _Search(model, k, weights, gap).run()


def costs(model: Model, free: Sequence[int], weights: Sequence[int] | None) -> list[int]:
    """What hiding each quantity costs: by its level and priority, never by its count."""
    quantities = [model.quantities[place] for place in free]
    if weights is not None:
        return [weights[min(q.level, len(weights) - 1)] * q.priority for q in quantities]
    deepest = max((q.level for q in quantities), default=0)
    unit = 1 + sum(deepest - q.level for q in quantities)
    return [unit * q.priority + deepest - q.level for q in quantities]


class _Search:
    def __init__(self, model: Model, k: int, weights: Sequence[int] | None, gap: float) -> None:
        self._model, self._k = model, k
        quantities = list(enumerate(model.quantities))
        self._always = frozenset(
            place
            for place, q in quantities
            if not q.is_virtual and (q.is_sensitive or q.was_hidden)
        )
        kept = {p for p, q in quantities if q.is_virtual or q.must_show or q.was_shown}
        self._free = [place for place, _ in quantities if place not in kept | self._always]
        self._column = {place: column for column, place in enumerate(self._free)}
        free = frozenset(self._free)
        rules = (Rule.RULE_AWARE, Rule.OUTSIDER)  # what satisfies the first helps the second
        self._attackers = [Attacker(model, rule, k, free) for rule in rules]
        self._goals = [goals(model, rule, k) for rule in rules]
        self._exact = [Attacker(model, rule, k, free, whole=True) for rule in rules]
        self._costs = costs(model, self._free, weights)
        self._master = Program(len(self._free), integer=True, most=1, gap=gap)
        self._master.aim(self._costs)
        self._tables = [self._counted()]
        self._stuck: set[int] = set()

    def run(self) -> Protected | Infeasible:
        self._round(set(self._always) | set(self._free))
        tried: set[frozenset[int]] = set()
        while not self._stuck and (solution := self._master.solve()) is not None:
            chosen = {p for p, y in zip(self._free, solution.columns, strict=True) if y > 0.5}
            hidden = self._always | chosen
            if hidden in tried:
                raise NotSolved("the solver does not keep to what it was told; nothing is answered")
            tried.add(hidden)
            if not self._round(set(hidden)) and self._finish(hidden):
                return Protected(hidden, self._whole(hidden), self._gap(chosen, solution.bound))
        named = self._stuck or {goal.place for goal in chain(*self._goals)}
        return Infeasible(dict.fromkeys(sorted(named), "cannot be protected, whatever is hidden"))

    def _gap(self, chosen: Iterable[int], bound: float) -> float:
        """By which share the answer may be dearer than the best; costs are whole numbers."""
        cost = sum(self._costs[self._column[place]] for place in chosen)
        return 0.0 if cost - bound < 1 - NEAR else (cost - bound) / cost

    def _counted(self) -> Table:
        """A table of whole numbers that has the counts of all cells."""
        attacker = self._exact[0]
        attacker.face([])
        found = attacker.reach(None)
        if found is None or found.variables is None:
            raise BadProblem("cells: the values contradict each other; no table has them all")
        return found

    # With fractions, quickly -------------------------------------------------------------------

    def _round(self, hidden: set[int]) -> bool:
        """Let everybody attack; add to *hidden* until nobody succeeds. True: cuts were found."""
        begun = len(hidden)
        for attacker, wanted in zip(self._attackers, self._goals, strict=True):
            attacker.face(hidden)
            for goal in self._open(attacker, wanted):
                while goal.place not in self._stuck:
                    table, dual = attacker.push([goal])
                    self._tables.append(table)
                    if goal.is_met(table.quantities):
                        break
                    found = cut([dual], goal.sign * goal.value)
                    self._hide_more(found, hidden, goal.place)
                    attacker.face(hidden)
        if len(hidden) == begun:  # seldom needed, so asked last
            self._attack_from_inside(hidden)
        del self._tables[1:-KEPT]  # the first is the counted one
        return len(hidden) > begun

    def _open(self, attacker: Attacker, wanted: Sequence[Goal]) -> Iterator[Goal]:
        """The goals that no known table meets, after trying many of them at once."""
        tables = [table for table in self._tables if attacker.admits(table)]
        left = [g for g in wanted if not any(g.is_met(table.quantities) for table in tables)]
        for sign in (1, -1):
            pending, before = [goal for goal in left if goal.sign == sign], -1
            while pending and len(pending) != before:
                before = len(pending)
                table, _ = attacker.push(pending)
                self._tables.append(table)
                pending = [goal for goal in pending if not goal.is_met(table.quantities)]
            yield from pending

    def _attack_from_inside(self, hidden: set[int]) -> None:
        """R3: who knows a cell of one to be their own must find no other sensitive one exactly."""
        attacker = self._attackers[1]
        attacker.face(hidden)
        for own, other in self._pairs(attacker):
            above, below = self._beside(other)
            while other not in self._stuck:
                highest, one = attacker.push([above], own)
                lowest, two = attacker.push([below], own)
                self._tables += [highest, lowest]
                if highest.quantities[other] - lowest.quantities[other] >= 1 - NEAR:
                    break
                self._hide_more(cut([one, two], -1), hidden, other)
                attacker.face(hidden)

    def _pairs(self, attacker: Attacker) -> Iterator[tuple[int, int]]:
        """Own cell and other cell, if every known table gives the other the same number."""
        quantities = self._model.quantities
        secret = [p for p, q in enumerate(quantities) if q.is_sensitive and not q.is_virtual]
        for own in (place for place in secret if quantities[place].value == 1):
            tables = [t for t in self._tables if abs(t.quantities[own] - 1) < NEAR]
            known = [table.quantities for table in tables if attacker.admits(table)]
            pending, before = [p for p in secret if p != own and self._is_exact(p, known)], -1
            while pending and len(pending) != before:
                before = len(pending)
                table, _ = attacker.push([self._beside(place)[0] for place in pending], own)
                self._tables.append(table)
                pending = [p for p in pending if self._is_exact(p, [table.quantities])]
            yield from ((own, other) for other in pending)

    def _is_exact(self, place: int, known: Sequence[Sequence[float]]) -> bool:
        value = self._model.quantities[place].value
        return all(abs(quantities[place] - value) < 1 - NEAR for quantities in known)

    def _beside(self, place: int) -> tuple[Goal, Goal]:
        """To be more than it is, and to be less, if it can."""
        value = self._model.quantities[place].value
        return Goal(place, -1, value + 1), Goal(place, 1, max(0, value - 1))

    def _hide_more(self, found: Cut | None, hidden: set[int], target: int) -> None:
        """Take a cut, or else say that what is shown now is too much; then hide by it."""
        if found is None or found.is_met(hidden):
            found = Cut({place: 1 for place in self._free if place not in hidden}, 1)
        if sum(found.weights.values()) < found.least:
            self._stuck.add(target)
            return
        self._forbid(found)
        while not found.is_met(hidden):
            hidden.add(
                max(
                    (place for place in found.weights if place not in hidden),
                    key=lambda place: (
                        found.weights[place] / self._costs[self._column[place]],
                        -place,
                    ),
                )
            )

    def _forbid(self, found: Cut) -> None:
        weights = {self._column[place]: weight for place, weight in found.weights.items()}
        self._master.add(weights, found.least, None)

    # In whole numbers, for certain ----------------------------------------------------------------

    def _whole(self, hidden: Collection[int]) -> list[Table]:
        self._exact[1].face(hidden)
        return [t for t in self._tables if t.variables is not None and self._exact[1].admits(t)]

    def _finish(self, hidden: Collection[int]) -> bool:
        """Find whole tables for every goal; if there are none for one, forbid what is hidden."""
        self._tables = self._whole(hidden)
        for attacker, wanted in zip(self._exact, self._goals, strict=True):
            attacker.face(hidden)
            for goal in self._open(attacker, wanted):
                if not self._find(attacker, goal, None):
                    return self._refuse(hidden)
        for own, other in self._pairs(self._exact[1]):
            value = self._model.quantities[other].value
            ways = self._beside(other) if value else self._beside(other)[:1]
            if not any(self._find(self._exact[1], way, own) for way in ways):
                return self._refuse(hidden)
        return True

    def _find(self, attacker: Attacker, goal: Goal, own: int | None) -> bool:
        table = attacker.reach(goal, own)
        if table is not None:
            self._tables.append(table)
        return table is not None and table.variables is not None

    def _refuse(self, hidden: Collection[int]) -> bool:
        self._forbid(Cut({place: 1 for place in self._free if place not in hidden}, 1))
        return False
