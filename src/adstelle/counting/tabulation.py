"""From cases to the counts of a plan: exactly its cells, as a problem to protect.

The memory that is needed grows with the cells and the different bodies, not with the cases.
"""

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any, Final

import msgspec

from adstelle.counting.plan import Laid
from adstelle.counting.scheme import (
    CAMPAIGN,
    ORIGIN,
    PLACES,
    SINGLE,
    Dimension,
    Level,
    TablePlan,
)
from adstelle.counting.units import Column, Said, Snapshot
from adstelle.disclosure.problem import Cell, Params, Problem, Relation
from adstelle.disclosure.problem import Dimension as Counted
from adstelle.errors import AdstelleError
from adstelle.releases.publication import COUNTED, UNIT, UNIT_VALUES, Unit

Point = tuple[str, ...]
REST: Final = "contacts without an incident"  # a count that two published ones would tell


class Contradicted(AdstelleError):
    """Cases that the plan calls impossible. *dims*: titles of the dimensions."""

    def __init__(self, dims: Sequence[str]) -> None:
        self.dims = tuple(dims)
        super().__init__("the plan calls impossible what was counted: " + " × ".join(dims))


class Group(msgspec.Struct, frozen=True):
    """Cells that are counted together: one unit by no, one or two dimensions."""

    unit: Unit
    campaigns: bool
    dims: tuple[str, ...] = ()


class Tabulated(msgspec.Struct, frozen=True):
    """*problem* for the protector, and the tables that are counted."""

    problem: Problem
    tables: tuple[TablePlan, ...]


def tabulate(laid: Laid, taken: Snapshot) -> Tabulated:
    """Count what the plan asks for. Raises `Contradicted`."""
    tables = counted_tables(laid, taken)
    counting = _Counting(laid, taken)
    groups: dict[Group, int] = {}  # the priority of each
    for headline in laid.plan.headlines:
        _ask(groups, Group(headline.unit, headline.campaigns), headline.priority)
    for table in tables:
        for dims in _margins(table.dims):
            _ask(groups, Group(table.unit, table.campaigns, dims), table.priority)
    cells = [cell for group, weight in groups.items() for cell in counting.cells(group, weight)]
    rests, relations = _rests(cells)
    zeros = counting.impossible(groups)
    used = dict.fromkeys(name for table in tables for name in table.dims)
    problem = Problem(
        cells=[*cells, *rests],
        params=Params(k=laid.plan.k, weights=list(laid.plan.weights)),
        dims={
            UNIT: Counted(values=list(UNIT_VALUES)),
            ORIGIN: Counted(values=[SINGLE, CAMPAIGN]),
            **{laid.levels[name].name: counting.dimension(name) for name in used},
        },
        structural_zeros=zeros,
        relations=relations,
        never_suppress=[
            cell_id(Group(it.unit, it.campaigns)) for it in laid.plan.headlines if it.must_show
        ],
    )
    return Tabulated(problem, tables)


def counted_tables(laid: Laid, taken: Snapshot) -> tuple[TablePlan, ...]:
    """Those for which there are enough cases; parts of a year only where there is a whole one."""
    dims = {dim.name: dim for dim in laid.plan.dimensions}
    return tuple(
        table
        for table in laid.tables
        if len(rows_of(taken, table.unit, campaigns=table.campaigns)) >= table.at_least
        and (taken.frame.is_year or all(dims[name].source != "month" for name in table.dims))
    )


def rows_of(taken: Snapshot, unit: Unit, *, campaigns: bool) -> "array[int]":
    """The rows of a unit."""
    if campaigns:
        return taken.campaigns
    of: dict[Unit, array[int]] = {
        "contacts": taken.contacts,
        "incidents": taken.incidents,
        "established": taken.established,
    }
    return of[unit]


def cell_id(group: Group, named: Sequence[tuple[str, str]] = ()) -> str:
    """The name of a cell: what it counts, then its level and value in alphabetical order."""
    origin = ["campaign"] if group.campaigns else []
    return " ".join([group.unit, *origin, *(f"{name}={value}" for name, value in sorted(named))])


def where_of(laid: Laid, group: Group, point: Point) -> dict[str, Any]:
    """The condition of a cell."""
    units = COUNTED[group.unit]
    found: dict[str, Any] = {
        UNIT: units[0] if len(units) == 1 else list(units),
        ORIGIN: CAMPAIGN if group.campaigns else SINGLE,
    }
    for name, value in zip(group.dims, point, strict=True):
        several = laid.plan.dimension(name).most is not None
        found[laid.levels[name].name] = {"has": value} if several else value
    return found


def _ask(groups: dict[Group, int], group: Group, priority: int) -> None:
    groups[group] = max(priority, groups.get(group, 1))


def _margins(dims: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    yield ()
    yield from ((name,) for name in dims)
    if len(dims) > 1:
        yield tuple(sorted(dims))


class _Counting:
    """The columns of one snapshot at the levels of one plan."""

    def __init__(self, laid: Laid, taken: Snapshot) -> None:
        self._laid, self._taken, self._k = laid, taken, laid.plan.k
        self._dims: dict[str, Dimension] = {dim.name: dim for dim in laid.plan.dimensions}
        self._values = {
            name: [
                values_of(self._dims[name], level, said)
                for said in taken.columns[self._dims[name].source].said
            ]
            for name, level in laid.levels.items()
        }

    def dimension(self, name: str) -> Counted:
        """How the protector knows the dimension."""
        codes = list(self._laid.levels[name].codes)
        most = self._dims[name].most
        if most is None:
            return Counted(values=codes)
        return Counted(values=codes, multi=True, min=1, max=min(most, len(codes)))

    def cells(self, group: Group, priority: int) -> Iterator[Cell]:
        """Every cell of a group, those without cases as well."""
        rows = rows_of(self._taken, group.unit, campaigns=group.campaigns)
        points, at = self._points(group.dims, rows)
        counts: Counter[Point] = Counter()
        for said, number in Counter(at).items():
            for point in points[said]:
                counts[point] += number
        names_place = any(self._dims[name].source in PLACES for name in group.dims)
        persons = self._different(points, at, rows, self._taken.person)
        incidents = self._different(points, at, rows, self._taken.incident)
        largest = self._largest(points, at, rows) if names_place else None
        for point in product(*(self._laid.levels[name].codes for name in group.dims)):
            named = [
                (self._laid.levels[name].name, value)
                for name, value in zip(group.dims, point, strict=True)
            ]
            yield Cell(
                id=cell_id(group, named),
                where=where_of(self._laid, group, point),
                value=counts[point],
                persons=persons[point],
                incidents=None if group.campaigns else incidents[point],
                largest=None if largest is None else largest[point],
                priority=priority,
            )

    def impossible(self, groups: dict[Group, int]) -> list[dict[str, Any]]:
        """The structural zeros of the finest levels in use. Raises `Contradicted`."""
        found = []
        asked = [set(group.dims) for group in groups]
        for it in self._laid.plan.impossible:
            names = tuple(sorted(it.where))
            if any(self._laid.levels.get(name) != self._dims[name].levels[0] for name in names):
                continue
            if not any({*names} <= dims for dims in asked):
                continue
            point = tuple(it.where[name] for name in names)
            self._check_none(names, point)
            zero = where_of(self._laid, Group("contacts", campaigns=False, dims=names), point)
            found.append({name: zero[name] for name in zero if name not in (UNIT, ORIGIN)})
        return found

    def _check_none(self, names: tuple[str, ...], point: Point) -> None:
        every = array("I", range(len(self._taken.person)))
        points, at = self._points(names, every)
        if any(point in points[said] for said in set(at)):
            raise Contradicted([self._dims[name].title["de"] for name in names])

    def _points(
        self, dims: tuple[str, ...], rows: "array[int]"
    ) -> tuple[dict[int, list[Point]], "array[int]"]:
        """What each row says, and the cells in which it counts."""
        columns = [self._taken.columns[self._dims[name].source] for name in dims]
        at = array("Q", bytes(8 * len(rows)))
        for column in columns:
            size = len(column.said)
            at = array("Q", (it * size + column.at[row] for it, row in zip(at, rows, strict=True)))
        points = {
            said: list(
                product(
                    *(
                        self._values[name][it]
                        for name, it in zip(dims, _parts(said, columns), strict=True)
                    )
                )
            )
            for said in set(at)
        }
        return points, at

    def _different(
        self, points: dict[int, list[Point]], at: "array[int]", rows: "array[int]",
        cluster: "array[int]",
    ) -> Counter[Point]:  # fmt: skip
        """How many clusters stand behind each cell; counted no further than k."""
        seen: dict[Point, set[int]] = defaultdict(set)
        open_ = {said: [seen[point] for point in its] for said, its in points.items()}
        for said, row in zip(at, rows, strict=True):
            if sets := open_[said]:
                for it in sets:
                    it.add(cluster[row])
                if all(len(it) >= self._k for it in sets):
                    open_[said] = []
        return Counter({point: min(len(found), self._k) for point, found in seen.items()})

    def _largest(
        self, points: dict[int, list[Point]], at: "array[int]", rows: "array[int]"
    ) -> Counter[Point]:
        """How many cases of each cell concern the body that most of them concern."""
        body = self._taken.body
        pairs = Counter((said, body[row]) for said, row in zip(at, rows, strict=True) if body[row])
        cases: Counter[tuple[Point, int]] = Counter()
        for (said, of), number in pairs.items():
            for point in points[said]:
                cases[point, of] += number
        found: Counter[Point] = Counter()
        for (point, _), number in cases.items():
            found[point] = max(found[point], number)
        return found


def _parts(said: int, columns: Sequence[Column]) -> tuple[int, ...]:
    """Undo how what was said to several questions became one number."""
    found = []
    for column in reversed(columns):
        said, it = divmod(said, len(column.said))
        found.append(it)
    return tuple(reversed(found))


def values_of(dim: Dimension, level: Level, said: Said) -> tuple[str, ...]:
    """The values in which a case counts: one, or of several the first in the order of the plan."""
    by_answer = level.by_answer()
    found = {by_answer.get(answer, level.rest) for answer in said} - {None}
    if not found and level.rest is not None:
        found = {level.rest}
    return tuple(code for code in level.codes if code in found)[: dim.most or 1]


def _rests(cells: Sequence[Cell]) -> tuple[list[Cell], list[Relation]]:
    """Contacts less incidents, wherever both are counted: a count that nobody publishes."""
    by_id = {cell.id: cell for cell in cells}
    rests, relations = [], []
    for cell in cells:
        unit, _, rest = cell.id.partition(" ")
        if unit != "contacts" or not (part := by_id.get(f"incidents {rest}".strip())):
            continue
        left = Cell(id=f"{REST} {rest}".strip(), value=cell.value - part.value)
        rests.append(left)
        relations.append(Relation(total=cell.id, parts=[part.id, left.id]))
    return rests, relations
