"""Hide as little as possible so that no attacker finds out a sensitive quantity.

The master says which quantities to hide at the least cost; the attackers answer with cuts, until
they have none. What is left is shown to be safe by tables of whole numbers, each of which could
have been the counted one.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np

from adstelle.disclosure.attacker import NEAR, Attacker, Cut, Goal, Rule, Table, cut, goals
from adstelle.disclosure.model import Model
from adstelle.disclosure.problem import BadProblem
from adstelle.disclosure.solver import NotSolved, Program, Progress
from adstelle.disclosure.sums import Flags, Integers, Numbers

SHAKEN = 24  # tables in which about half of the cells of one stay and the other small ones move
IDLE = 3  # tables in a row that helped nothing before each goal is tried by itself
KEPT = 1000  # tables that are remembered from round to round


class Infeasible(NamedTuple):
    """The quantities that cannot be protected, each with a reason in words."""

    reasons: dict[int, str]


class Protected(NamedTuple):
    hidden: frozenset[int]
    tables: list[Table]
    gap: float


def protect(
    model: Model, k: int, weights: Sequence[int] | None, gap: float,
    progress: Progress | None = None,
) -> Protected | Infeasible:  # fmt: skip
    """Choose what is hidden. Raises `BadProblem` if the cells contradict each other.

    *progress* is told the phase and how many programs were solved in it, before each of them; what
    it raises ends the work.
    """
    torn = {
        place: "has to be shown, and has to be hidden"
        for place, quantity in enumerate(model.quantities)
        if (quantity.is_sensitive or quantity.was_hidden)
        and (quantity.must_show or quantity.was_shown)
        and not quantity.is_virtual
    }
    return Infeasible(torn) if torn else _Search(model, k, weights, gap, progress).run()


def costs(model: Model, free: Sequence[int], weights: Sequence[int] | None) -> list[int]:
    """What hiding each quantity costs: by its level and priority, never by its count."""
    quantities = [model.quantities[place] for place in free]
    if weights is not None:
        return [weights[min(q.level, len(weights) - 1)] * q.priority for q in quantities]
    deepest = max((q.level for q in quantities), default=0)
    unit = 1 + sum(deepest - q.level for q in quantities)
    return [unit * q.priority + deepest - q.level for q in quantities]


class _Search:
    def __init__(
        self, model: Model, k: int, weights: Sequence[int] | None, gap: float,
        progress: Progress | None,
    ) -> None:  # fmt: skip
        self._model, self._k = model, k
        self._progress, self._solved = progress, 0
        self._is_certain = False  # whether only tables of whole numbers are of use by now
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
        self._attackers = [Attacker(model, rule, k, free, self._tell) for rule in rules]
        self._goals = [goals(model, rule, k) for rule in rules]
        self._exact = [Attacker(model, rule, k, free, self._tell, whole=True) for rule in rules]
        self._costs = costs(model, self._free, weights)
        self._master = Program(len(self._free), self._tell, integer=True, most=1, gap=gap)
        self._master.aim(self._costs)
        self._tables = [self._counted()]
        self._stuck: set[int] = set()
        self._values = np.array([q.value for _, q in quantities], dtype=np.int64)
        secret = [p for p, q in quantities if q.is_sensitive and not q.is_virtual]
        self._secret = np.array(secret, dtype=np.int64)
        self._owns = self._secret[self._values[self._secret] == 1]
        self._chance = np.random.default_rng(1)

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

    def _tell(self) -> None:
        if self._progress is not None:
            self._progress("proving" if self._is_certain else "hiding", self._solved, None)
        self._solved += 1

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
            begun_with = len(self._tables)
            for goal in self._open(attacker, wanted):
                while goal.place not in self._stuck:
                    if any(goal.is_met(it.quantities) for it in self._tables[begun_with:]):
                        break  # on the way to another; what is hidden since only adds to it
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
        known = self._admitted(attacker)
        lowest, highest = known.min(axis=0), known.max(axis=0)
        left = [g for g in wanted if not g.is_met(lowest if g.sign > 0 else highest)]
        idle = 0
        while left and idle < IDLE:
            table, _ = attacker.push(self._one_of_each(left))
            before = len(left)
            if self._remember(table):
                left = [goal for goal in left if not goal.is_met(table.quantities)]
            idle = idle + 1 if len(left) == before else 0
        yield from left

    def _one_of_each(self, wanted: Iterable[Goal]) -> list[Goal]:
        """Of what one quantity has to be able to be, more or less, either by chance: as the sums
        are known, some can only be more if others are less."""
        chosen: dict[int, Goal] = {}
        for goal in wanted:
            if goal.place not in chosen or self._chance.random() < 0.5:
                chosen[goal.place] = goal
        return list(chosen.values())

    def _admitted(self, attacker: Attacker) -> Numbers:
        """What the known tables count, as far as they could be the counted one."""
        known = np.array([table.quantities for table in self._tables], dtype=np.float64)
        return known[attacker.admits(known)]

    def _remember(self, table: Table) -> bool:
        is_good = table.variables is not None or not self._is_certain
        if is_good:
            self._tables.append(table)
        return is_good

    def _attack_from_inside(self, hidden: set[int]) -> None:
        """R3: who knows a cell of one to be their own must find no other sensitive one exactly."""
        attacker = self._attackers[1]
        attacker.face(hidden)
        for own, other in self._pairs(attacker):
            above, below = self._beside(other)
            while other not in self._stuck:
                highest, one = attacker.push([above], [own])
                lowest, two = attacker.push([below], [own])
                self._tables += [highest, lowest]
                if highest.quantities[other] - lowest.quantities[other] >= 1 - NEAR:
                    break
                self._hide_more(cut([one, two], -1), hidden, other)
                attacker.face(hidden)

    def _pairs(self, attacker: Attacker) -> Iterator[tuple[int, int]]:
        """Own cell and other cell, if every known table gives the other the same number."""
        unmoved = self._unmoved(self._admitted(attacker))
        for _ in range(SHAKEN):
            if not unmoved.any():
                return
            busy = unmoved.any(axis=1) & (self._chance.random(len(self._owns)) < 0.5)
            alone = self._owns[busy]
            rest = np.setdiff1d(self._secret[unmoved[busy].any(axis=0)], alone)
            unmoved &= self._moved_away(attacker, rest, alone)
        for number in np.flatnonzero(unmoved.any(axis=1)):
            own, before = self._owns[[number]], -1
            while (left := unmoved[number].sum()) not in (0, before):
                before = left
                unmoved &= self._moved_away(attacker, self._secret[unmoved[number]], own)
            yield from ((int(own[0]), int(other)) for other in self._secret[unmoved[number]])

    def _moved_away(self, attacker: Attacker, places: Integers, alone: Integers) -> Flags:
        """Look for a table in which these have other numbers; say what it leaves unmoved."""
        table, _ = attacker.push([self._away(int(place)) for place in places], alone)
        kept = self._remember(table)
        return self._unmoved(np.array([table.quantities] if kept else [], dtype=np.float64))

    def _unmoved(self, known: Numbers) -> Flags:
        """For each own cell the secret ones that have their true number whenever it holds one."""
        known = known.reshape(-1, len(self._values))
        is_alone = np.abs(known[:, self._owns] - 1) < NEAR
        is_moved = np.abs(known[:, self._secret] - self._values[self._secret]) >= 1 - NEAR
        moved = is_alone.T.astype(np.float32) @ is_moved.astype(np.float32)  # quickest so
        unmoved: Flags = (moved == 0) & (self._owns[:, np.newaxis] != self._secret)
        return unmoved

    def _away(self, place: int) -> Goal:
        """To be more or less than it is, by chance: all of them cannot be more at once."""
        above, below = self._beside(place)
        return below if self._values[place] and self._chance.random() < 0.5 else above

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
        whole = [table for table in self._tables if table.variables is not None]
        return [table for table in whole if self._exact[1].admits(table.quantities)]

    def _finish(self, hidden: Collection[int]) -> bool:
        """Find whole tables for every goal; if there are none for one, forbid what is hidden."""
        self._tables, self._is_certain = self._whole(hidden), True
        try:
            return self._is_proven(hidden) or self._refuse(hidden)
        finally:
            self._is_certain = False

    def _is_proven(self, hidden: Collection[int]) -> bool:
        """Corners of the linear programs first: most are tables of whole numbers."""
        for quick, exact, wanted in zip(self._attackers, self._exact, self._goals, strict=True):
            quick.face(hidden)
            exact.face(hidden)
            left = [*self._open(quick, wanted)]
            if not all(self._find(exact, goal) for goal in self._open(exact, left)):
                return False
        for _ in self._pairs(self._attackers[1]):
            pass  # for the tables it finds
        for own, other in self._pairs(self._exact[1]):
            value = self._model.quantities[other].value
            ways = self._beside(other) if value else self._beside(other)[:1]
            if not any(self._find(self._exact[1], way, [own]) for way in ways):
                return False
        return True

    def _find(self, attacker: Attacker, goal: Goal, own: Sequence[int] = ()) -> bool:
        table = attacker.reach(goal, own)
        if table is not None:
            self._tables.append(table)
        return table is not None and table.variables is not None

    def _refuse(self, hidden: Collection[int]) -> bool:
        self._forbid(Cut({place: 1 for place in self._free if place not in hidden}, 1))
        return False
