"""The tables as whole numbers: what somebody who knows their definition can work out with.

A variable is the number of cases of one combination of classes (or, in a counted dimension, of
those that have one value); a quantity is a sum of variables that has an id, or several; a row is
a fact about variables that everybody knows.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any, NamedTuple

from msgspec import Struct

from adstelle.disclosure.cliques import Clique, cliques, tree
from adstelle.disclosure.problem import BadProblem, Cell, Problem, Release, Where
from adstelle.disclosure.spaces import LIMIT, Key, Space, canonical, only_has, space

Terms = Mapping[int, int]  # variable: how often it counts
Conditions = Mapping[str, frozenset[int] | str]


class Row(NamedTuple):
    """low ≤ terms ≤ high; None: no bound on that side."""

    terms: Terms
    low: int | None
    high: int | None


class Quantity(Struct):
    """What one or several cells count, or the difference of two of them (*is_virtual*)."""

    name: str
    terms: Terms
    value: int
    key: Key = ()
    level: int = 0  # how many dimensions it names
    priority: int = 1
    is_sensitive: bool = False
    is_virtual: bool = False
    must_show: bool = False
    was_shown: bool = False  # by an earlier release
    was_hidden: bool = False


class Model(Struct):
    """*of* names the quantity of each cell; a cell that cannot have a case has none."""

    variables: list[str]
    rows: list[Row]
    quantities: list[Quantity]
    of: dict[str, int | None]


def build(problem: Problem) -> Model:
    """The model of all tables and earlier releases. Raises `BadProblem`."""
    frame = _Frame(problem)
    gathered = _Gathered(frame, problem)
    return Model(
        variables=frame.labels,
        rows=[*frame.rows, *gathered.rows],
        quantities=[*gathered.quantities, *_virtual(gathered, problem)],
        of=gathered.of,
    )


class _Frame:
    """Dimensions, cliques and variables, and the rows that tie them together."""

    def __init__(self, problem: Problem) -> None:
        self.dims = problem.dims
        sources: list[Problem | Release] = [problem, *problem.earlier]
        cells = [cell for source in sources for cell in source.cells]
        self.zeros = [self.plain(zero) for source in sources for zero in source.structural_zeros]
        wheres = [self.plain(cell.where or {}) for cell in cells] + self.zeros
        self.cliques = cliques(wheres)
        self.spaces = {
            name: self._space(name, [where[name] for where in wheres if name in where])
            for name in sorted({name for where in wheres for name in where})
        }
        self.labels: list[str] = []
        self.rows: list[Row] = []
        zeros = [dict(self._key(zero)) for zero in self.zeros]
        self.blocks = [self._block(clique, zeros) for clique in self.cliques]
        for one, other, shared in tree(self.cliques):
            self._tie(one, other, shared)

    def plain(self, where: Where) -> Where:
        """Without conditions that every case meets."""
        return {
            name: condition
            for name, condition in canonical(where).items()
            if self.dims[name].multi or set(condition["has_any"]) != set(self.dims[name].values)
        }

    def key(self, where: Where) -> Key:
        """The conditions in their only form."""
        return self._key(self.plain(where))

    def _key(self, plain: Where) -> Key:
        key: dict[str, frozenset[int] | str] = {}
        for name, condition in plain.items():
            known = self.spaces[name]
            held = condition["has"] if known.counted else known.held[repr(condition)]
            if held != frozenset(range(len(known.classes))):
                key[name] = held
        return tuple(key.items())

    def terms(self, key: Key, *beside: str) -> Terms:
        """What a quantity counts, in the first clique with its dimensions and those *beside*."""
        conditions = dict(key)
        block = next(
            block
            for clique, block in zip(self.cliques, self.blocks, strict=True)
            if {*conditions, *beside} <= set(clique)
        )
        return block.terms(conditions)

    def _space(self, name: str, conditions: list[Any]) -> Space:
        dim = self.dims[name]
        around = [clique for clique in self.cliques if name in clique]
        counted = (
            all(only_has(condition) for condition in conditions)
            and len(around) == 1
            and sum(self.dims[other].multi for other in around[0]) == 1
        )
        return space(name, dim, conditions, counted=counted)

    def _block(self, clique: Clique, zeros: Sequence[Conditions]) -> "_Block":
        inside = [zero for zero in zeros if zero.keys() <= set(clique)]
        block = _Block(clique, {name: self.spaces[name] for name in clique})
        size = 1
        for known in block.spaces.values():
            size *= len(known.counted) + 1 if known.counted else len(known.classes)
        if len(self.labels) + size > LIMIT:
            raise BadProblem(f"cells: too many combinations of {', '.join(clique)}")
        self.rows.extend(block.fill(self.labels, inside))
        return block

    def _tie(self, one: int, other: int, shared: Clique) -> None:
        for point in product(*(range(len(self.spaces[name].classes)) for name in shared)):
            conditions = {n: frozenset([c]) for n, c in zip(shared, point, strict=True)}
            difference = Counter(self.blocks[one].terms(conditions))
            difference.subtract(self.blocks[other].terms(conditions))
            if difference:
                self.rows.append(Row(dict(difference), 0, 0))


class _Block:
    """The variables of one clique."""

    def __init__(self, clique: Clique, spaces: Mapping[str, Space]) -> None:
        counted = [name for name in clique if spaces[name].counted]
        self.spaces = spaces
        self.counted = counted[0] if len(counted) == 1 else None
        self.plain = tuple(name for name in clique if name != self.counted)
        self.cases: dict[tuple[int, ...], int] = {}  # point of classes: variable
        self.having: dict[tuple[tuple[int, ...], str], int] = {}

    def fill(self, labels: list[str], zeros: Sequence[Conditions]) -> Iterator[Row]:
        """Add the names of the variables to *labels*; give the rows of the counted dimension."""
        for point in product(*(range(len(self.spaces[name].classes)) for name in self.plain)):
            here = [zero for zero in zeros if self._holds(point, zero)]
            if any(self.counted not in zero for zero in here):
                continue
            self.cases[point] = len(labels)
            named = [
                f"{n}={self.spaces[n].classes[c]}" for n, c in zip(self.plain, point, strict=True)
            ]
            labels.append(" ".join(named))
            if self.counted is not None:
                barred = {zero[self.counted] for zero in here}
                yield from self._count(point, barred, labels, named)

    def terms(self, conditions: Conditions) -> Terms:
        points = [point for point in self.cases if self._holds(point, conditions)]
        value = conditions.get(self.counted or "")
        if isinstance(value, str):
            return {
                self.having[point, value]: 1 for point in points if (point, value) in self.having
            }
        return {self.cases[point]: 1 for point in points}

    def _holds(self, point: tuple[int, ...], conditions: Conditions) -> bool:
        return all(
            cls in conditions[name]  # only counted ones are texts
            for name, cls in zip(self.plain, point, strict=True)
            if name in conditions
        )

    def _count(
        self, point: tuple[int, ...], barred: set[Any], labels: list[str], named: list[str]
    ) -> Iterator[Row]:
        known = self.spaces[self.counted or ""]
        cases = self.cases[point]
        having = []
        for value in known.counted:
            if value not in barred:
                self.having[point, value] = len(labels)
                having.append(len(labels))
                labels.append(" ".join([*named, f"{self.counted} has {value}"]))
        for variable in having:
            yield Row({variable: 1, cases: -1}, None, 0)
        every = dict.fromkeys(having, 1)
        if known.most < len(having):
            yield Row({**every, cases: -known.most}, None, 0)
        if known.least:
            yield Row({**every, cases: -known.least}, 0, None)


class _Gathered:
    """The quantities of all cells and earlier releases, and what relations say about them."""

    def __init__(self, frame: _Frame, problem: Problem) -> None:
        self.frame = frame
        self.quantities: list[Quantity] = []
        self.keys: dict[Key | str, int | None] = {}
        self.of: dict[str, int | None] = {}
        self.rows: list[Row] = []
        shown = set(problem.never_suppress)
        for cell in sorted(problem.cells, key=lambda cell: cell.id):
            self.of[cell.id] = self._add(cell, problem.params.k, must_show=cell.id in shown)
        self._relate(problem, self.of)
        for release in problem.earlier:
            self._relate(release, {cell.id: self._add_earlier(cell) for cell in _sorted(release)})

    def _place(self, name: str, where: Where | None, value: int | None) -> int | None:
        """The quantity of a cell. Raises `BadProblem` if it cannot be *value*."""
        key: Key | str = f"free {name}" if where is None else self.frame.key(where)
        if key not in self.keys:
            if value is None:
                raise BadProblem(f"cells: {name!r}, hidden by an earlier release, is missing")
            self.keys[key] = self._new(name, key, value)
        place = self.keys[key]
        known = 0 if place is None else self.quantities[place].value
        if value is not None and value != known:
            why = (
                "is impossible by a structural zero"
                if place is None
                else "is there with two values"
            )
            raise BadProblem(f"cells: {name!r} {why}")
        return place

    def _new(self, name: str, key: Key | str, value: int) -> int | None:
        if isinstance(key, str):
            terms: Terms = {len(self.frame.labels): 1}
            self.frame.labels.append(name)
        else:
            terms = self.frame.terms(key)
        if not terms:
            return None
        plain: Key = () if isinstance(key, str) else key
        level = 1 if isinstance(key, str) else len(key)
        self.quantities.append(Quantity(name, terms, value, plain, level))
        return len(self.quantities) - 1

    def _add(self, cell: Cell, k: int, *, must_show: bool) -> int | None:
        place = self._place(cell.id, cell.where, cell.value)
        if place is not None:
            found = self.quantities[place]
            found.is_sensitive |= cell.is_sensitive(k)
            found.must_show |= must_show
            found.priority = max(found.priority, cell.priority)
        return place

    def _add_earlier(self, cell: Any) -> int | None:
        place = self._place(cell.id, cell.where, cell.value)
        if place is not None and cell.value is None:
            self.quantities[place].was_hidden = True
        elif place is not None:
            self.quantities[place].was_shown = True
        return place

    def _relate(self, source: Problem | Release, of: Mapping[str, int | None]) -> None:
        for relation in source.relations:
            terms: Counter[int] = Counter()
            for name, times in (relation.coefficients() or {}).items():
                place = of[name]
                if place is not None:
                    for variable, count in self.quantities[place].terms.items():
                        terms[variable] += times * count
            low = None if relation.op == "<=" else relation.rhs
            high = None if relation.op == ">=" else relation.rhs
            self.rows.append(Row({v: n for v, n in terms.items() if n}, low, high))


def _sorted(release: Release) -> list[Any]:
    return sorted(release.cells, key=lambda cell: cell.id)


def _virtual(gathered: _Gathered, problem: Problem) -> Iterator[Quantity]:
    """What no table shows, but two or more of its cells say together: the rest of a total.

    Of a dimension with several values at once: the cases without a value. Of others: what is left
    of a total when all its parts that are cells are taken away, as long as no two of them overlap.
    """
    known = {tuple(sorted(q.terms.items())) for q in gathered.quantities}
    for whole, name, parts in _families(gathered):
        is_multi = problem.dims[name].multi
        for group in [[part] for part in parts] if is_multi else [_largest(parts, gathered)]:
            rest = _rest(gathered, whole, name, group)
            if rest is not None and tuple(sorted(rest.terms.items())) not in known:
                known.add(tuple(sorted(rest.terms.items())))
                rest.is_sensitive = rest.value < problem.params.k
                yield rest


def _families(gathered: _Gathered) -> Iterator[tuple[int, str, list[int]]]:
    """Each quantity with the ones that differ from it by being narrower in one dimension."""
    places = {k: p for k, p in gathered.keys.items() if not isinstance(k, str) and p is not None}
    around: dict[tuple[str, Key], list[tuple[frozenset[int] | str | None, int]]] = defaultdict(list)
    for key, place in places.items():
        for name in gathered.frame.spaces:
            others = tuple(part for part in key if part[0] != name)
            around[name, others].append((dict(key).get(name), place))
    for (name, _), members in around.items():
        for held, whole in members:
            parts = [place for other, place in members if _is_narrower(other, held)]
            if parts:
                yield whole, name, parts


def _is_narrower(one: frozenset[int] | str | None, other: frozenset[int] | str | None) -> bool:
    if one is None or one == other or isinstance(other, str):
        return False
    return other is None or (not isinstance(one, str) and one < other)


def _largest(parts: Sequence[int], gathered: _Gathered) -> list[int]:
    terms = {part: set(gathered.quantities[part].terms) for part in parts}
    return [one for one in parts if not any(terms[one] < terms[other] for other in parts)]


def _rest(gathered: _Gathered, whole: int, name: str, parts: Iterable[int]) -> Quantity | None:
    """The total without the parts; None if they overlap or nothing can be left."""
    total = gathered.quantities[whole]
    terms = Counter(gathered.frame.terms(total.key, name))
    value, names = total.value, []
    taken: set[int] = set()
    for part in (gathered.quantities[place] for place in parts):
        if taken & set(part.terms):
            return None
        taken |= set(part.terms)
        terms.subtract(part.terms)
        value -= part.value
        names.append(part.name)
    left = {variable: times for variable, times in terms.items() if times}
    known = gathered.frame.spaces[name]
    if not left or (known.counted and known.least >= len(known.counted)):
        return None
    return Quantity(f"{total.name} without {' and '.join(names)}", left, value, is_virtual=True)
