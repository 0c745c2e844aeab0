"""The exact ends of integer quantities under linear facts, by HiGHS.

A linear program bounds an end, an integer point that is checked in whole numbers attains it; where
the two differ an integer program decides. Nothing is taken from a solver that did not say
`kOptimal`, and no point that does not hold every fact exactly.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from math import ceil, inf
from typing import Any, Final, NamedTuple, TypeAlias

import highspy
import numpy as np
from numpy.typing import NDArray

from adstelle.auditing.model import Fact, Range, Source, Terms
from adstelle.errors import AdstelleError

Integers: TypeAlias = NDArray[np.int64]
Number: TypeAlias = float  # an int, or an infinity
Pairs: TypeAlias = tuple[tuple[int, int], ...]  # variable and coefficient, sorted
Bounded: TypeAlias = tuple[Pairs, Number, Number]
Progress: TypeAlias = Callable[[str, int, int | None], None]  # phase, how many done, of how many

SWEEPS: Final = 12
MOST_NODES: Final = 200_000
TRIES: Final = 3
NUDGE: Final = 1000.0
KEPT: Final = 4_000_000  # numbers in the witnesses that are kept
TOLERANCE: Final = 1e-5
PRIMAL: Final = 4

_Status = highspy.HighsModelStatus
_ANSWERS: Final = (
    _Status.kOptimal, _Status.kInfeasible, _Status.kUnbounded, _Status.kUnboundedOrInfeasible
)  # fmt: skip


class Unproven(AdstelleError):
    """The solver gave no proven answer; nothing may be concluded."""


class Contradiction(AdstelleError):
    """No table of whole numbers fits everything that was published."""


class Counts(NamedTuple):
    """How much work it was."""

    linear: int = 0
    integer: int = 0


# Cheap bounds -------------------------------------------------------------------------------


class Box:
    """Bounds of the variables, tightened by one fact after the other. Raises `Contradiction`."""

    def __init__(self, variables: int, facts: Sequence[Fact]) -> None:
        self.low: list[Number] = [0] * variables
        self.high: list[Number] = [inf] * variables
        self._changed: set[int] = set()
        touched = set(range(variables))
        for sweep in range(SWEEPS):
            self._changed = set()
            for fact in facts:
                if sweep == 0 or not touched.isdisjoint(fact.terms):
                    self._tighten(fact)
            touched = self._changed
            if not touched:
                break

    def reach(self, terms: Iterable[tuple[int, int]]) -> tuple[Number, Number]:
        """The least and the greatest a sum can be inside the box."""
        low: Number = 0
        high: Number = 0
        for variable, factor in terms:
            ends = (factor * self.low[variable], factor * self.high[variable])
            low += min(ends)
            high += max(ends)
        return low, high

    def _tighten(self, fact: Fact) -> None:
        low, high = self.reach(fact.terms.items())
        if fact.hi is not None:
            self._at_most(fact.terms, fact.hi, low)
        if fact.lo is not None:
            negative = {variable: -factor for variable, factor in fact.terms.items()}
            self._at_most(negative, -fact.lo, -high)

    def _at_most(self, terms: Terms, limit: int, least: Number) -> None:
        """terms <= limit, where *least* is the least they can be."""
        if least > limit:
            raise Contradiction
        if least == -inf:
            return
        room = limit - least
        for variable, factor in terms.items():
            if factor > 0 and self.low[variable] + room // factor < self.high[variable]:
                self.high[variable] = self.low[variable] + room // factor
                self._changed.add(variable)
            elif factor < 0 and self.high[variable] - room // -factor > self.low[variable]:
                self.low[variable] = self.high[variable] - room // -factor
                self._changed.add(variable)
            if self.low[variable] > self.high[variable]:
                raise Contradiction


# One connected part -------------------------------------------------------------------------


class Sums:
    """Many sums over the same variables, evaluated in whole numbers."""

    def __init__(self, rows: Sequence[Pairs]) -> None:
        self.rows = rows
        self.starts = np.cumsum([0, *(len(row) for row in rows)], dtype=np.int64)
        self.index = np.array([it for row in rows for it, _ in row], dtype=np.int64)
        self.factor = np.array([it for row in rows for _, it in row], dtype=np.int64)
        self._filled = np.flatnonzero(np.diff(self.starts))

    def at(self, point: Integers) -> Integers:
        found = np.zeros(len(self.rows), dtype=np.int64)
        if len(self._filled):
            summands = self.factor * point[self.index]
            found[self._filled] = np.add.reduceat(summands, self.starts[:-1][self._filled])
        return found


class Part:
    """Variables that facts connect. *low*, *high*: their bounds; *rows* with *floor* and *roof*."""

    def __init__(self, members: Sequence[int], box: Box, rows: Sequence[Bounded]) -> None:
        place = {variable: number for number, variable in enumerate(members)}
        self.members = np.array(members, dtype=np.int64)
        self.low = np.array([box.low[it] for it in members], dtype=np.float64)
        self.high = np.array([box.high[it] for it in members], dtype=np.float64)
        self.sums = Sums([tuple((place[it], factor) for it, factor in row) for row, _, _ in rows])
        self.floor = np.array([it for _, it, _ in rows], dtype=np.float64)
        self.roof = np.array([it for _, _, it in rows], dtype=np.float64)
        self.place = place
        self._chance = np.random.default_rng(1)
        self.counts = Counts()

    def holds(self, point: Integers) -> bool:
        """Whether *point* fulfils every fact; whole numbers below 2^53 compare exactly."""
        sums = self.sums.at(point)
        return bool(
            np.all(point >= self.low)
            and np.all(point <= self.high)
            and np.all(sums >= self.floor)
            and np.all(sums <= self.roof)
        )

    @cached_property
    def _linear(self) -> highspy.Highs:
        solver = self._solver()
        solver.setOptionValue("presolve", "off")  # keeps the basis for the next question
        solver.setOptionValue("solver", "simplex")
        solver.setOptionValue("simplex_strategy", PRIMAL)  # only costs differ: it stays feasible
        return solver

    @cached_property
    def _whole(self) -> highspy.Highs:
        solver = self._solver()
        solver.setOptionValue("mip_rel_gap", 0.0)
        solver.setOptionValue("mip_abs_gap", 1e-6)
        solver.setOptionValue("mip_max_nodes", MOST_NODES)
        number = len(self.members)
        kinds = np.full(number, int(highspy.HighsVarType.kInteger), dtype=np.uint8)
        solver.changeColsIntegrality(number, np.arange(number, dtype=np.int32), kinds)
        return solver

    def _solver(self) -> highspy.Highs:
        solver = highspy.Highs()  # type: ignore[no-untyped-call]
        solver.setOptionValue("output_flag", False)
        solver.setOptionValue("threads", 1)  # the same in every solver of a process
        program = highspy.HighsLp()
        program.num_col_, program.num_row_ = len(self.members), len(self.floor)
        program.col_cost_ = np.zeros(len(self.members))
        program.col_lower_, program.col_upper_ = self.low, self.high
        program.row_lower_, program.row_upper_ = self.floor, self.roof
        program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        program.a_matrix_.num_col_ = len(self.members)
        program.a_matrix_.num_row_ = len(self.floor)
        program.a_matrix_.start_ = self.sums.starts.astype(np.int32)
        program.a_matrix_.index_ = self.sums.index.astype(np.int32)
        program.a_matrix_.value_ = self.sums.factor.astype(np.float64)
        if solver.passModel(program) == highspy.HighsStatus.kError:
            raise Unproven("the solver refused the model")
        return solver

    def linear(self, goal: Pairs, sign: int) -> tuple[Number, Integers | None]:
        """A bound for the least of sign*goal, and the point if it is one of whole numbers."""
        self.counts = self.counts._replace(linear=self.counts.linear + 1)
        status, value, point = _run(self._linear, len(self.members), goal, sign)
        if status in (_Status.kUnbounded, _Status.kUnboundedOrInfeasible):
            return -inf, None
        return ceil(value - TOLERANCE - 1e-9 * abs(value)), point if self.holds(point) else None

    def nudged(self, goal: Pairs, sign: int) -> Integers | None:
        """Another corner that is best for the goal, or nearly: it may be one of whole numbers."""
        self.counts = self.counts._replace(linear=self.counts.linear + 1)
        cost = self._chance.random(len(self.members)) / NUDGE
        for variable, factor in goal:
            cost[variable] += sign * factor
        _, _, point = _solved(self._linear, cost)
        return point if self.holds(point) else None

    def whole(self, goal: Pairs, sign: int) -> tuple[int, Integers]:
        """The least of sign*goal over whole numbers, and where."""
        self.counts = self.counts._replace(integer=self.counts.integer + 1)
        status, _, point = _run(self._whole, len(self.members), goal, sign)
        if status != _Status.kOptimal or not self.holds(point):
            raise Unproven("the solver found no whole numbers that fulfil every fact")
        return sign * sum(factor * int(point[it]) for it, factor in goal), point

    def fix(self, row: int, floor: Number, roof: Number) -> None:
        """Change the bounds of one row, in every program that was built of it."""
        self.floor[row], self.roof[row] = floor, roof
        for solver in (self.__dict__.get("_linear"), self.__dict__.get("_whole")):
            if solver is not None:
                solver.changeRowBounds(row, floor, roof)

    def some(self) -> Integers:
        """Some point of whole numbers. Raises `Contradiction`."""
        _, point = self.linear((), 1)
        return self.whole((), 1)[1] if point is None else point

    @cached_property
    def first(self) -> Integers:
        """A point of whole numbers to begin with. Raises `Contradiction`."""
        return self.some() if len(self.floor) else self.low.astype(np.int64)


def _run(solver: highspy.Highs, number: int, goal: Pairs, sign: int) -> tuple[Any, float, Integers]:
    """Minimise sign*goal. Raises `Contradiction` if nothing fits, `Unproven`."""
    cost = np.zeros(number)
    for variable, factor in goal:
        cost[variable] = sign * factor
    return _solved(solver, cost)


def _solved(solver: highspy.Highs, cost: NDArray[np.float64]) -> tuple[Any, float, Integers]:
    number = len(cost)
    solver.changeColsCost(number, np.arange(number, dtype=np.int32), cost)
    solver.run()
    if solver.getModelStatus() not in _ANSWERS:  # led astray by where it came from
        solver.clearSolver()
        solver.run()
    status = solver.getModelStatus()
    if status == _Status.kInfeasible:
        raise Contradiction
    if status in (_Status.kUnbounded, _Status.kUnboundedOrInfeasible) and np.any(cost):
        return status, -inf, np.zeros(number, dtype=np.int64)
    if status != _Status.kOptimal:
        raise Unproven(f"the solver gave no proven answer ({solver.modelStatusToString(status)})")
    values = np.rint(np.array(solver.getSolution().col_value)).astype(np.int64)
    return status, solver.getInfo().objective_function_value, values


class Ends:
    """The ends of *goals* in one part: closed in on from outside by bounds, from inside by
    points of whole numbers; every point serves all goals.

    *met*: what the points known so far count of each goal; one at least.
    """

    def __init__(
        self, part: Part, goals: Sums, reach: Sequence[Range], met: Sequence[Integers]
    ) -> None:
        self._part = part
        self._goals = goals
        self.least = [-inf if lo is None else lo for lo, _ in reach]
        self.most = [inf if hi is None else hi for _, hi in reach]
        self._low: Integers = np.min(met, axis=0)
        self._high: Integers = np.max(met, axis=0)
        self.met: list[Integers] = []  # since

    def range(self, number: int) -> Range:
        return _end(self.least[number]), _end(self.most[number])

    def width(self, number: int) -> int:
        """How far apart the points known so far are; the ends are not nearer."""
        return int(self._high[number]) - int(self._low[number])

    def close(self, number: int, sign: int) -> None:
        """Find the least of a goal (*sign* 1) or the greatest (-1)."""
        if sign == 1:
            self.least[number] = self._closed(number, 1, self.least[number])
        else:
            self.most[number] = -self._closed(number, -1, -self.most[number])

    def _add(self, point: Integers) -> None:
        found = self._goals.at(point)
        self._low, self._high = np.minimum(self._low, found), np.maximum(self._high, found)
        self.met.append(found)

    def _closed(self, number: int, sign: int, bound: Number) -> Number:
        if self._reached(number, sign) == bound:
            return bound
        goal = self._goals.rows[number]
        closer, point = self._part.linear(goal, sign)
        if point is not None:
            self._add(point)
        bound = max(bound, closer)
        if bound in (-inf, self._reached(number, sign)):
            return bound
        for _ in range(TRIES):
            point = self._part.nudged(goal, sign)
            if point is not None:
                self._add(point)
            if bound == self._reached(number, sign):
                return bound
        found, point = self._part.whole(goal, sign)
        self._add(point)
        return found

    def _reached(self, number: int, sign: int) -> int:
        return int(self._low[number]) if sign == 1 else -int(self._high[number])


class Inside:
    """What the one case of a quantity knows of the others: their ends once that one is 1.

    A point of whole numbers found for one serves every other in which it leaves one case; only
    where such points lie nearer together than is known already, a program has to be asked.
    """

    def __init__(
        self, part: Part, goals: Sums, fixed: Sequence[int], near: Sequence[Sequence[int]]
    ) -> None:
        """*part*: its last rows are the *goals*, without bounds, less what is *fixed* of them.
        *near*: for each goal the others that could depend on it."""
        self._part = part
        self._goals = goals
        self._fixed = np.array(fixed, dtype=np.int64)
        self._near = near
        self._met = [goals.at(part.first) + self._fixed]

    @property
    def counts(self) -> Counts:
        return self._part.counts

    def learned(
        self, own: int, reach: Sequence[Range], known: Sequence[Number]
    ) -> dict[int, Range]:
        """The ends of those other goals that are nearer together than is *known*, once *own* is 1.

        *reach*: ends that hold for everybody.
        """
        row = len(self._part.floor) - len(self._fixed) + own
        self._part.fix(row, 1 - self._fixed[own], 1 - self._fixed[own])
        try:
            return self._nearer(own, reach, known)
        except Contradiction:
            return {}  # it cannot be one
        finally:
            self._part.fix(row, -inf, inf)

    def _nearer(
        self, own: int, reach: Sequence[Range], known: Sequence[Number]
    ) -> dict[int, Range]:
        if not any(it[own] == 1 for it in self._met):
            self._met.append(self._goals.at(self._part.some()) + self._fixed)
        met = [it - self._fixed for it in self._met if it[own] == 1]
        outer = [_shifted(it, -int(by)) for it, by in zip(reach, self._fixed, strict=True)]
        ends = Ends(self._part, self._goals, outer, met)
        found: dict[int, Range] = {}
        for other in self._near[own]:
            for sign in (-1, 1):
                if ends.width(other) < known[other]:
                    ends.close(other, sign)
            if ends.width(other) < known[other]:
                found[other] = _shifted(ends.range(other), int(self._fixed[other]))
        room = max(0, KEPT // len(self._fixed) - len(self._met))
        self._met += [it + self._fixed for it in ends.met[:room]]
        return found


def _shifted(range_: Range, by: int) -> Range:
    lo, hi = range_
    return None if lo is None else lo + by, None if hi is None else hi + by


# The whole system ---------------------------------------------------------------------------


class System:
    """Facts about *variables* non-negative integers. Raises `Contradiction` if none fit."""

    def __init__(self, variables: int, facts: Sequence[Fact]) -> None:
        self.box = Box(variables, facts)
        self._rows = self._reduced(facts)
        self._parts = self._split(self._rows)
        self._part_of = {int(it): part for part in self._parts for it in part.members}

    @property
    def counts(self) -> Counts:
        return Counts(
            sum(it.counts.linear for it in self._parts),
            sum(it.counts.integer for it in self._parts),
        )

    def check(self) -> None:
        """Raises `Contradiction` if no table of whole numbers fits."""
        for part in self._parts:
            _ = part.first

    def _reduced(self, facts: Iterable[Fact]) -> list[Bounded]:
        """The facts that still say something, about variables that are not fixed; each sum once."""
        low, high = self.box.low, self.box.high
        rows: dict[Pairs, tuple[Number, Number]] = {}
        for fact in facts:
            pairs = tuple(sorted(it for it in fact.terms.items() if low[it[0]] < high[it[0]]))
            fixed = sum(f * low[it] for it, f in fact.terms.items() if low[it] == high[it])
            floor = -inf if fact.lo is None else fact.lo - fixed
            roof = inf if fact.hi is None else fact.hi - fixed
            least, most = self.box.reach(pairs)
            if least > roof or most < floor:
                raise Contradiction
            if least < floor or most > roof:
                other = rows.get(pairs, (-inf, inf))
                rows[pairs] = (max(floor, other[0]), min(roof, other[1]))
        if any(floor > roof for floor, roof in rows.values()):
            raise Contradiction
        return [(pairs, floor, roof) for pairs, (floor, roof) in rows.items()]

    def _split(self, rows: Sequence[Bounded]) -> list[Part]:
        root = list(range(len(self.box.low)))

        def find(it: int) -> int:
            while root[it] != it:
                root[it] = root[root[it]]
                it = root[it]
            return it

        for pairs, _, _ in rows:
            for variable, _ in pairs[1:]:
                root[find(variable)] = find(pairs[0][0])
        members: dict[int, list[int]] = {}
        for variable in range(len(root)):
            if self.box.low[variable] < self.box.high[variable]:
                members.setdefault(find(variable), []).append(variable)
        mine: dict[int, list[Bounded]] = {it: [] for it in members}
        for row in rows:
            mine[find(row[0][0][0])].append(row)
        return [Part(members[it], self.box, mine[it]) for it in members]

    def ends(
        self, goals: Sequence[Terms], known: Sequence[Range], told: Callable[[], None]
    ) -> list[Range]:
        """The exact least and greatest value of each goal; None: it has no such end.

        *known*: ranges of the goals proved elsewhere, or none. *told* is called for each goal,
        and may raise to stop.
        """
        shares = [self._shared(goal) for goal in goals]
        asked: dict[Part, dict[Pairs, Range]] = {}
        for number, (fixed, share) in enumerate(shares):
            for part, pairs in share.items():
                bounds = known[number] if known and len(share) == 1 else (None, None)
                asked.setdefault(part, {})[pairs] = self._outer(part, pairs, bounds, fixed)
        found = {part: self._found(part, asked[part], told) for part in asked}
        return [self._sum(fixed, share, found) for fixed, share in shares]

    def inside(self, goals: Sequence[Terms]) -> Inside:
        """For asking what is known once one of the goals is 1."""
        members = sorted(self._part_of)
        asked = [tuple(it for it in goal.items() if it[0] in self._part_of) for goal in goals]
        part = Part(members, self.box, [*self._rows, *((it, -inf, inf) for it in asked)])
        sums = Sums([tuple((part.place[it], factor) for it, factor in row) for row in asked])
        shares = [self._shared(goal) for goal in goals]
        near = [
            [
                other
                for other, (_, theirs) in enumerate(shares)
                if other != own and not theirs.keys().isdisjoint(mine)
            ]
            for own, (_, mine) in enumerate(shares)
        ]
        return Inside(part, sums, [fixed for fixed, _ in shares], near)

    def _shared(self, goal: Terms) -> tuple[int, dict[Part, Pairs]]:
        """A goal as a number and what each part contributes, in the part's own variables."""
        fixed = 0
        share: dict[Part, list[tuple[int, int]]] = {}
        for variable, factor in goal.items():
            part = self._part_of.get(variable)
            if part is None:
                fixed += factor * int(self.box.low[variable])
            else:
                share.setdefault(part, []).append((part.place[variable], factor))
        return fixed, {part: tuple(sorted(pairs)) for part, pairs in share.items()}

    def _outer(self, part: Part, pairs: Pairs, known: Range, fixed: int) -> Range:
        least, most = self.box.reach((int(part.members[it]), factor) for it, factor in pairs)
        lo = max(least, -inf if known[0] is None else known[0] - fixed)
        hi = min(most, inf if known[1] is None else known[1] - fixed)
        return (None if lo == -inf else int(lo), None if hi == inf else int(hi))

    def _found(
        self, part: Part, goals: Mapping[Pairs, Range], told: Callable[[], None]
    ) -> dict[Pairs, Range]:
        if not len(part.floor):
            return dict(goals)  # no fact: the bounds themselves are reached
        sums = Sums(list(goals))
        ends = Ends(part, sums, list(goals.values()), [sums.at(part.first)])
        for number in range(len(goals)):
            told()
            ends.close(number, 1)
            ends.close(number, -1)
        return {goal: ends.range(number) for number, goal in enumerate(goals)}

    def _sum(
        self, fixed: int, share: dict[Part, Pairs], found: dict[Part, dict[Pairs, Range]]
    ) -> Range:
        lows = [found[part][pairs][0] for part, pairs in share.items()]
        highs = [found[part][pairs][1] for part, pairs in share.items()]
        return (
            None if None in lows else fixed + sum(it for it in lows if it is not None),
            None if None in highs else fixed + sum(it for it in highs if it is not None),
        )


def _end(value: Number) -> int | None:
    return None if abs(value) == inf else int(value)


# Contradictions -----------------------------------------------------------------------------


def conflict(variables: int, facts: Sequence[Fact]) -> list[Source]:
    """Sources that cannot all be true, none of which could be left out (QuickXplain, Junker 2004).

    Raises `Unproven`.
    """

    def is_possible(kept: Iterable[Source]) -> bool:
        wanted = set(kept)
        chosen = [it for it in facts if it.source is None or it.source in wanted]
        try:
            System(variables, chosen).check()
        except Contradiction:
            return False
        return True

    return _explained(
        [], False, list(dict.fromkeys(it.source for it in facts if it.source)), is_possible
    )


def _explained(
    base: list[Source],
    is_grown: bool,
    rest: list[Source],
    is_possible: Callable[[Iterable[Source]], bool],
) -> list[Source]:
    if is_grown and not is_possible(base):
        return []
    if len(rest) == 1:
        return rest
    left, right = rest[: len(rest) // 2], rest[len(rest) // 2 :]
    second = _explained(base + left, bool(left), right, is_possible)
    first = _explained(base + second, bool(second), left, is_possible)
    return first + second
