"""What was published, as linear facts about non-negative integers.

Nothing is known of a case but which tests of each dimension it passes, so values that no test
tells apart are one class. Dimensions that are tabulated together form cliques of a chordal graph;
each clique has one variable for each combination of classes, and neighbours agree on what they
share. Integer tables that agree so belong to one joint table (Vorob'ev 1962; Dobra and Fienberg
2000 for counts), so this small model says exactly what the full table would.

A multi-select dimension of which only single values are asked, in one clique, needs no subsets:
with t cases of min to max values, counts n with 0 <= n <= t and min*t <= sum n <= max*t are
exactly the possible ones (Gale and Ryser). Otherwise its classes are made of subsets.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, combinations, product
from math import comb, prod
from typing import Final, Literal, NamedTuple, TypeAlias

from adstelle.auditing.reading import (
    Among,
    BadInput,
    Cell,
    Chosen,
    Dim,
    Published,
    Relation,
    Value,
    Where,
)
from adstelle.errors import AdstelleError

MOST_VARIABLES: Final = 200_000
MOST_ENTRIES: Final = 1_500_000
MOST_SUBSETS: Final = 100_000

Test: TypeAlias = Among | Chosen
Terms: TypeAlias = dict[int, int]  # variable: coefficient
Range: TypeAlias = tuple[int | None, int | None]


class TooLarge(AdstelleError):
    """The tables are linked so widely that the exact model would not fit."""


class Source(NamedTuple):
    """Where a fact was published: a cell's id, or the key of a relation or structural zero."""

    file: str
    id: str


class Fact(NamedTuple):
    """lo <= terms <= hi. *source*: None where it holds by definition."""

    terms: Terms
    lo: int | None
    hi: int | None
    source: Source | None = None


class Holds(NamedTuple):
    """The one value of a multi-select dimension that is (not) chosen."""

    value: Value
    is_chosen: bool


# A canonical condition: what it asks of each dimension it restricts; or a free cell's id.
Condition: TypeAlias = frozenset[tuple[str, "frozenset[int] | Holds"]]
Key: TypeAlias = Condition | str
Kind: TypeAlias = Literal["hidden", "stated", "target"]


class Asked(NamedTuple):
    """A quantity whose ends are to be found. *stated*: the range in which it was published."""

    id: str
    file: str
    kind: Kind
    terms: Terms
    k: int
    stated: Range
    complements: tuple[tuple[str, int], ...]  # category and published total it is a part of


class Exact(NamedTuple):
    """A number that is known exactly, and the cell it belongs to."""

    id: str
    file: str
    value: int
    k: int
    terms: Terms


class Model(NamedTuple):
    """*spare*: facts that follow from others, needed when some of those are taken away."""

    variables: int
    facts: list[Fact]
    spare: list[Fact]
    declared: list[Fact]  # definitions and structural zeros: what is known without any count
    asked: list[Asked]
    small: list[Exact]  # published below k
    complements: list[Exact]  # of a published total the cases without a published category
    ambiguous: frozenset[str]  # ids that mean different cells in different files
    cliques: list[tuple[str, ...]]


# Classes of values --------------------------------------------------------------------------


class Axis(NamedTuple):
    """A dimension as classes 0 … *size*−1 and what each test admits; *compact*: no subsets."""

    size: int
    admitted: Mapping[Test, "frozenset[int] | Holds"]
    compact: Dim | None = None

    @property
    def single(self) -> list[Value]:
        """The values asked of a compact dimension, each with a count of its own."""
        asked = (it.value for it in self.admitted.values() if isinstance(it, Holds))
        return list(dict.fromkeys(asked))


def _lone(test: Test) -> Holds | None:
    """The test as one about a single chosen value, if it is that."""
    if isinstance(test, Among) or len(test.tests) != 1:
        return None
    ((op, values),) = test.tests
    if isinstance(values, int) or len(values) != 1 or op not in ("has_all", "has_any", "has_none"):
        return None
    return Holds(next(iter(values)), op != "has_none")


def _classes(name: str, dim: Dim, tests: Sequence[Test]) -> Axis:
    """Group the values (or subsets) which all *tests* treat alike."""
    seen: dict[tuple[bool, ...], int] = {}
    for truth in _subsets(name, dim, tests) if dim.multi else _singles(dim, tests):
        seen.setdefault(truth, len(seen))
    admitted = {
        test: frozenset(number for truth, number in seen.items() if truth[place])
        for place, test in enumerate(tests)
    }
    return Axis(len(seen), admitted)


def _singles(dim: Dim, tests: Sequence[Test]) -> Iterator[tuple[bool, ...]]:
    for value in dim.values:
        yield tuple(isinstance(test, Among) and value in test.values for test in tests)


def _subsets(name: str, dim: Dim, tests: Sequence[Test]) -> Iterator[tuple[bool, ...]]:
    """What the tests say of every subset; of values nobody names only the number counts."""
    pairs = [pair for test in tests if isinstance(test, Chosen) for pair in test.tests]
    sets = (values for _, values in pairs if isinstance(values, frozenset))
    named = sorted(frozenset().union(*sets), key=repr)
    others = len(dim.values) - len(named)
    sizes = range(min(dim.most, len(named)) + 1)
    if sum(comb(len(named), size) for size in sizes) * (others + 1) > MOST_SUBSETS:
        raise TooLarge(f"dims.{name}: too many combinations of its values to tell apart")
    for chosen in chain.from_iterable(combinations(named, size) for size in sizes):
        for more in range(max(0, dim.min - len(chosen)), min(others, dim.most - len(chosen)) + 1):
            yield tuple(
                isinstance(test, Chosen)
                and all(_passes(frozenset(chosen), more, *pair) for pair in test.tests)
                for test in tests
            )


def _passes(chosen: frozenset[Value], more: int, op: str, wanted: frozenset[Value] | int) -> bool:
    """Whether *chosen* and *more* values that no test names pass one operator."""
    if isinstance(wanted, int):
        number = len(chosen) + more
        return {
            "count": number == wanted,
            "count_min": number >= wanted,
            "count_max": number <= wanted,
        }[op]
    return {
        "has_all": wanted <= chosen,
        "has_any": bool(wanted & chosen),
        "has_none": not wanted & chosen,
        "set": chosen == wanted and more == 0,
    }[op]


# Cliques ------------------------------------------------------------------------------------


def _cliques(scopes: Iterable[frozenset[str]], axes: Mapping[str, Axis]) -> list[frozenset[str]]:
    """The maximal cliques of a chordal graph in which every scope lies in a clique."""
    near: dict[str, set[str]] = defaultdict(set)
    for scope in scopes:
        for name in scope:
            near[name] |= scope
    found: list[frozenset[str]] = []
    while near:
        name = min(near, key=lambda it: (prod(axes[other].size for other in near[it]), it))
        clique = frozenset(near.pop(name))
        if not any(clique <= other for other in found):
            found.append(clique)
        for other in clique - {name}:
            near[other] = (near[other] | clique) - {name}
    return found or [frozenset()]


def _tree(cliques: Sequence[frozenset[str]]) -> Iterator[tuple[int, int]]:
    """The edges of a junction tree: a spanning tree that shares as much as possible."""
    group = list(range(len(cliques)))
    pairs = combinations(range(len(cliques)), 2)
    for left, right in sorted(pairs, key=lambda it: -len(cliques[it[0]] & cliques[it[1]])):
        if group[left] != group[right]:
            old = group[right]
            group = [group[left] if it == old else it for it in group]
            yield left, right


class Clique:
    """The variables of one clique, from *first* on: for each combination of classes the number
    of cases and, of a compact dimension, how many of them chose each value."""

    def __init__(self, names: frozenset[str], axes: Mapping[str, Axis], first: int) -> None:
        self.names = names
        self.first = first
        self._plain = sorted(name for name in names if axes[name].compact is None)
        self._sizes = [axes[name].size for name in self._plain]
        self._compact = next((axes[name] for name in names if axes[name].compact), None)
        self._values = self._compact.single if self._compact else []
        dim = self._compact.compact if self._compact else None
        self._others = len(dim.values) - len(self._values) if dim else 0
        self._width = 1 + len(self._values) + (self._others > 0)
        self.size = prod(self._sizes) * self._width

    def terms(self, key: Key) -> Terms:
        """The cases that fulfil *key*, as a sum of variables."""
        wanted = dict(key) if isinstance(key, frozenset) else {}
        holds = next((it for it in wanted.values() if isinstance(it, Holds)), None)
        terms: Terms = {}
        for start in self._starts(wanted):
            if holds is None or not holds.is_chosen:
                terms[start] = 1
            if holds is not None:
                place = start + 1 + self._values.index(holds.value)
                terms[place] = 1 if holds.is_chosen else -1
        return terms

    def _starts(self, wanted: Mapping[str, "frozenset[int] | Holds"]) -> Iterator[int]:
        ranges = [
            sorted(classes) if isinstance(classes := wanted.get(name), frozenset) else range(size)
            for name, size in zip(self._plain, self._sizes, strict=True)
        ]
        for combination in product(*ranges):
            number = 0
            for at, size in zip(combination, self._sizes, strict=True):
                number = number * size + at
            yield self.first + number * self._width

    def facts(self) -> Iterator[Fact]:
        """Gale and Ryser's conditions on the counts of a compact dimension."""
        if self._compact is None or self._compact.compact is None:
            return
        dim = self._compact.compact
        for start in self._starts({}):
            counts = range(start + 1, start + self._width)
            for place in counts:
                values = self._others if place - start > len(self._values) else 1
                yield Fact({start: values, place: -1}, 0, None)
            if dim.min:
                yield Fact({start: -dim.min, **dict.fromkeys(counts, 1)}, 0, None)
            if dim.most < len(dim.values):
                most = {start: dim.most} if dim.most else {}
                yield Fact({**most, **dict.fromkeys(counts, -1)}, 0, None)

    def atoms(self, shared: frozenset[str], axes: Mapping[str, Axis]) -> Iterator[Condition]:
        names = sorted(shared)
        for combination in product(*(range(axes[name].size) for name in names)):
            yield frozenset(
                (name, frozenset({at})) for name, at in zip(names, combination, strict=True)
            )


# The model ----------------------------------------------------------------------------------


def build(published: Sequence[Published]) -> Model:
    """Raises `BadInput` for what does not fit together, `TooLarge`."""
    return _Builder(published).model()


class _Builder:
    def __init__(self, published: Sequence[Published]) -> None:
        self._published = published
        self._dims = _merged_dims(published)
        self._axes, cliques = self._classified()
        self._cliques: list[Clique] = []
        self._variables = 0
        for names in cliques:
            self._cliques.append(Clique(names, self._axes, self._variables))
            self._variables += self._cliques[-1].size
            if self._variables > MOST_VARIABLES:
                raise TooLarge(
                    f"dims {', '.join(sorted(names))} are tabulated together and would need more "
                    f"than {MOST_VARIABLES} variables; publish fewer of them in one table"
                )
        self._entries = 0
        self._free: dict[str, int] = {}
        self._known: dict[Key, Terms] = {}
        self._by_id = self._named()
        self._exact = dict(self._exactly())

    def model(self) -> Model:
        links, spare = self._links()
        inner = chain.from_iterable(clique.facts() for clique in self._cliques)
        declared = [*links, *inner, *self._zero_facts()]
        facts = [*declared, *self._cell_facts(), *self._relation_facts()]
        asked = list(self._asked())
        return Model(
            self._variables,
            facts,
            spare,
            [*declared, *spare],
            asked,
            [exact for _, _, exact in self._exact_cells() if exact.value < exact.k],
            list(self._complements()),
            frozenset(it for it, keys in self._everywhere().items() if len(keys) > 1),
            [tuple(sorted(clique.names)) for clique in self._cliques],
        )

    # Conditions

    def _classified(self) -> tuple[dict[str, Axis], list[frozenset[str]]]:
        """Classes of every dimension and the cliques; compact dimensions only where it is exact."""
        wheres = [where for it in self._published for where in it.wheres.values()]
        tests: dict[str, dict[Test, None]] = defaultdict(dict)
        for where in wheres:
            for name, test in where.items():
                tests[name][test] = None
        compact = {
            name for name in tests if self._dims[name].multi and all(map(_lone, tests[name]))
        }
        while True:
            axes = {name: self._axis(name, list(tests[name]), name in compact) for name in tests}
            keys = [_key(where, axes) for where in wheres]
            cliques = _cliques([frozenset(name for name, _ in key) for key in keys], axes)
            multi = [frozenset(it for it in clique if self._dims[it].multi) for clique in cliques]
            wide = {
                name
                for name in compact
                for clique in multi
                if name in clique and (len(clique) > 1 or sum(name in it for it in multi) > 1)
            }
            if not wide:
                return axes, cliques
            compact -= wide

    def _axis(self, name: str, tests: list[Test], is_compact: bool) -> Axis:
        dim = self._dims[name]
        if not is_compact:
            return _classes(name, dim, tests)
        return Axis(1 + len(dim.values), {test: it for test in tests if (it := _lone(test))}, dim)

    def _key(self, published: Published, place: str) -> Condition:
        return _key(published.wheres[place], self._axes)

    def _cell_key(self, published: Published, number: int) -> Key:
        place = f"cells[{number}].where"
        if place in published.wheres:
            return self._key(published, place)
        return published.release.cells[number].id

    def _terms(self, key: Key) -> Terms:
        if key not in self._known:
            if isinstance(key, str):
                self._free[key] = self._variables
                self._variables += 1
                self._known[key] = {self._free[key]: 1}
            else:
                self._known[key] = self._counted(next(self._holding(key)).terms(key))
        return self._known[key]

    def _holding(self, key: Key) -> Iterator[Clique]:
        names = {name for name, _ in key} if isinstance(key, frozenset) else set()
        return (clique for clique in self._cliques if names <= clique.names)

    def _counted(self, terms: Terms) -> Terms:
        self._entries += len(terms)
        if self._entries > MOST_ENTRIES:
            raise TooLarge(f"the tables together need more than {MOST_ENTRIES} entries")
        return terms

    # Ids

    def _named(self) -> list[dict[str, Key]]:
        """For each file its ids. Raises `BadInput`."""
        named: list[dict[str, Key]] = []
        for published in self._published:
            ids: dict[str, Key] = {}
            for number, cell in enumerate(published.release.cells):
                key = self._cell_key(published, number)
                if ids.setdefault(cell.id, key) != key:
                    raise BadInput(
                        f"{published.name}: cells[{number}].id: {cell.id} names another cell too"
                    )
            named.append(ids)
        return named

    def _everywhere(self) -> dict[str, set[Key]]:
        keys: dict[str, set[Key]] = defaultdict(set)
        for ids in self._by_id:
            for name, key in ids.items():
                keys[name].add(key)
        return keys

    def _found(self, file: int, name: str, place: str) -> Key:
        """The cell of this id in this file, or in the only other ones that mean it alike."""
        if name in self._by_id[file]:
            return self._by_id[file][name]
        keys = {ids[name] for ids in self._by_id if name in ids}
        if len(keys) != 1:
            reason = "is no cell" if not keys else "is a different cell in different files"
            raise BadInput(f"{self._published[file].name}: {place}: {name} {reason}")
        return keys.pop()

    # Facts

    def _links(self) -> tuple[list[Fact], list[Fact]]:
        """Neighbouring cliques count the same cases. Apart: where that number is published."""
        needed: list[Fact] = []
        spare: list[Fact] = []
        for left, right in _tree([clique.names for clique in self._cliques]):
            one, other = self._cliques[left], self._cliques[right]
            for key in one.atoms(one.names & other.names, self._axes):
                terms = dict.fromkeys(other.terms(key), -1)
                fact = Fact(self._counted({**one.terms(key), **terms}), 0, 0)
                (spare if key in self._exact else needed).append(fact)
        return needed, spare

    def _exactly(self) -> Iterator[tuple[Key, int]]:
        for published, ids in zip(self._published, self._by_id, strict=True):
            for cell in published.release.cells:
                if cell.value is not None and not _slack(cell):
                    yield ids[cell.id], cell.value

    def _cell_facts(self) -> Iterator[Fact]:
        for published, ids in zip(self._published, self._by_id, strict=True):
            for cell in published.release.cells:
                key = ids[cell.id]
                everywhere = (
                    [self._terms(key)]
                    if isinstance(key, str)
                    else [self._counted(clique.terms(key)) for clique in self._holding(key)]
                )
                for terms, said in product(everywhere, _said(cell)):
                    yield Fact(terms, *said, Source(published.name, cell.id))

    def _zero_facts(self) -> Iterator[Fact]:
        for published in self._published:
            for number in range(len(published.release.structural_zeros)):
                place = f"structural_zeros[{number}]"
                for clique in self._holding(self._key(published, place)):
                    terms = self._counted(clique.terms(self._key(published, place)))
                    yield Fact(terms, 0, 0, Source(published.name, place))

    def _relation_facts(self) -> Iterator[Fact]:
        for file, published in enumerate(self._published):
            for number, relation in enumerate(published.release.relations):
                place = f"relations[{number}]"
                terms = self._combined(file, place, _relation_terms(relation))
                lo = None if relation.op == "<=" else relation.rhs
                hi = None if relation.op == ">=" else relation.rhs
                yield Fact(terms, lo, hi, Source(published.name, place))

    def _combined(self, file: int, place: str, by_id: Iterable[tuple[str, int]]) -> Terms:
        total: Terms = defaultdict(int)
        for name, factor in by_id:
            for variable, coefficient in self._terms(self._found(file, name, place)).items():
                total[variable] += factor * coefficient
        return self._counted({variable: it for variable, it in total.items() if it})

    # Questions

    def _asked(self) -> Iterator[Asked]:
        seen: set[tuple[str, Key]] = set()
        for file, published in enumerate(self._published):
            release = published.release
            for number, cell in enumerate(release.cells):
                key = self._by_id[file][cell.id]
                kind: Kind = "hidden" if cell.value is None else "stated"
                if (cell.value is None or _slack(cell)) and (cell.id, key) not in seen:
                    seen.add((cell.id, key))
                    parts = tuple(self._totals(published, number))
                    said = _said(cell)[0] if kind == "stated" else (None, None)
                    yield Asked(
                        cell.id, published.name, kind, self._terms(key), self._k(), said, parts
                    )
            for number, target in enumerate(release.targets):
                terms = (
                    self._terms(self._key(published, f"targets[{number}].where"))
                    if target.terms is None
                    else self._combined(file, f"targets[{number}].terms", target.terms.items())
                )
                yield Asked(target.id, published.name, "target", terms, self._k(), (None, None), ())

    def _k(self) -> int:
        return max(published.release.params.k for published in self._published)

    def _totals(self, published: Published, number: int) -> Iterator[tuple[str, int]]:
        """Exactly published totals of which this cell counts one chosen value."""
        where = published.wheres.get(f"cells[{number}].where", {})
        for name, test in where.items():
            holds = _lone(test)
            if holds is not None and holds.is_chosen:
                rest = _key({it: where[it] for it in where if it != name}, self._axes)
                if rest in self._exact:
                    yield f"{name} {holds.value}", self._exact[rest]

    def _exact_cells(self) -> Iterator[tuple[Published, int, Exact]]:
        seen: set[Key] = set()
        for published, ids in zip(self._published, self._by_id, strict=True):
            for number, cell in enumerate(published.release.cells):
                key = ids[cell.id]
                if cell.value is not None and not _slack(cell) and key not in seen:
                    seen.add(key)
                    exact = Exact(cell.id, published.name, cell.value, self._k(), self._terms(key))
                    yield published, number, exact

    def _complements(self) -> Iterator[Exact]:
        for published, number, exact in self._exact_cells():
            for _, total in self._totals(published, number):
                yield exact._replace(value=total - exact.value)


def _merged_dims(published: Sequence[Published]) -> dict[str, Dim]:
    """Raises `BadInput` where files describe a dimension differently."""
    dims: dict[str, tuple[str, Dim]] = {}
    for it in published:
        for name, dim in it.release.dims.items():
            file, other = dims.setdefault(name, (it.name, dim))
            alike = (dim.multi, dim.min, dim.most) == (other.multi, other.min, other.most)
            if set(dim.values) != set(other.values) or not alike:
                raise BadInput(f"{it.name}: dims.{name}: is another dimension than in {file}")
    return {name: dim for name, (_, dim) in dims.items()}


def _key(where: Where, axes: Mapping[str, Axis]) -> Condition:
    """The canonical condition: what admits every class restricts nothing."""
    admitted = ((name, axes[name].admitted[test]) for name, test in where.items())
    return frozenset(
        (name, it) for name, it in admitted if isinstance(it, Holds) or len(it) < axes[name].size
    )


def _relation_terms(relation: Relation) -> list[tuple[str, int]]:
    if relation.total is None or relation.parts is None:
        return list((relation.terms or {}).items())
    return [(relation.total, 1), *((part, -1) for part in relation.parts)]


def _slack(cell: Cell) -> int:
    """How far the published value may be from the count."""
    return (cell.noise or 0) + (cell.round.base - 1 if cell.round else 0)


def _said(cell: Cell) -> list[Range]:
    """The ranges a cell was published with; the first is its value's."""
    value, slack = cell.value, _slack(cell)
    ranges: list[Range] = [] if value is None else [(max(0, value - slack), value + slack)]
    if cell.lo is not None or cell.hi is not None:
        ranges.append((cell.lo, cell.hi))
    return ranges
