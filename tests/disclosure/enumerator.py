"""Every table that agrees with what is published, counted out one by one, without any solver.

It shares nothing with the protector: cases are listed as combinations of values, cells as which
combinations they count, and the rules are applied to the list as the rules say it.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import combinations, product
from typing import Any

import numpy as np
from numpy.typing import NDArray

Json = dict[str, Any]
Case = Mapping[str, Any]
Counts = NDArray[np.int64]


class Enumerator:
    """All tables over the dimensions of a problem whose total is the one in the problem."""

    def __init__(self, problem: Json) -> None:
        self.k = problem["params"]["k"]
        self.cells = problem["cells"]
        self.ids = [cell["id"] for cell in self.cells]
        cases = [
            case
            for case in every_case(problem["dims"])
            if not any(meets(case, zero) for zero in problem.get("structural_zeros", []))
        ]
        counts = np.array(
            [[meets(case, cell["where"]) for case in cases] for cell in self.cells], dtype=np.int64
        )
        total = next(cell["value"] for cell in self.cells if not cell["where"])
        tables = np.array(list(tables_of(len(cases), total)), dtype=np.int64)
        self.values = np.array([cell["value"] for cell in self.cells])
        self.possible: list[bool] = [bool(row.any()) for row in counts]
        self.tables: Counts = np.unique(np.matmul(tables, counts.T), axis=0)
        self.sensitive = [
            n for n, value in enumerate(self.values) if value < self.k and self.possible[n]
        ]
        self.rests = list(self._rests(problem["dims"], counts))

    def _rests(self, dims: Json, counts: Counts) -> Iterator[tuple[int, int]]:
        """Total and part, where one of several values at once makes the difference."""
        several = [name for name, dim in dims.items() if dim.get("multi")]
        for (whole, one), (part, other) in product(enumerate(self.cells), repeat=2):
            for name in several:
                beside = [
                    {key: value for key, value in cell["where"].items() if key != name}
                    for cell in (one, other)
                ]
                difference = counts[whole] - counts[part]
                is_small = self.values[whole] - self.values[part] < self.k
                if (
                    beside[0] == beside[1]
                    and difference.min() >= 0
                    and difference.any()
                    and is_small
                ):
                    yield whole, part

    def breaches(self, hidden: Collection[int]) -> set[str]:
        """The rules that hiding these cells breaks: R1, R2, R3."""
        shown = [n for n in range(len(self.cells)) if n not in hidden]
        known = self.tables[np.equal(self.tables[:, shown], self.values[shown]).all(axis=1)]
        return {
            *self._outsider(known), *self._rule_aware(known, hidden), *self._insider(known, hidden)
        }  # fmt: skip

    def _outsider(self, known: Counts) -> Iterator[str]:
        for cell in self.sensitive:
            if known[:, cell].min() > 0 or known[:, cell].max() < self.k:
                yield "R1"
        for whole, part in self.rests:
            rest = known[:, whole] - known[:, part]
            if rest.min() > 0 or rest.max() < self.k:
                yield "R1"

    def _rule_aware(self, known: Counts, hidden: Collection[int]) -> Iterator[str]:
        besides = [cell for cell in hidden if cell not in self.sensitive]
        small = (known[:, self.sensitive] < self.k).all(axis=1)
        aware = known[small & (known[:, besides] >= self.k).all(axis=1)]
        for cell in self.sensitive:
            if aware[:, cell].min() > 0 or aware[:, cell].max() < self.k - 1:
                yield "R2"

    def _insider(self, known: Counts, hidden: Collection[int]) -> Iterator[str]:
        for own in (cell for cell in self.sensitive if self.values[cell] == 1):
            seen = known[known[:, own] == 1]
            for cell in self.sensitive:
                is_other = (self.tables[:, own] != self.tables[:, cell]).any()
                if is_other and seen[:, cell].min() == seen[:, cell].max():
                    yield "R3"

    def fewest(self, must_show: Collection[str]) -> int | None:
        """The fewest cells that have to be hidden; None if hiding all is not enough."""
        free = [
            n
            for n, name in enumerate(self.ids)
            if n not in self.sensitive and name not in must_show and self.possible[n]
        ]
        if any(self.ids[n] in must_show for n in self.sensitive):
            return None
        if self.breaches([*self.sensitive, *free]):
            return None
        for number in range(len(free) + 1):
            for more in combinations(free, number):
                if not self.breaches([*self.sensitive, *more]):
                    return number + len(self.sensitive)
        raise AssertionError


def tables_of(places: int, total: int) -> Iterator[tuple[int, ...]]:
    """All ways to put *total* cases into so many places."""
    if places == 1:
        yield (total,)
        return
    for first in range(total + 1):
        for rest in tables_of(places - 1, total - first):
            yield (first, *rest)


def every_case(dims: Json) -> Iterator[Case]:
    for values in product(*(options(dim) for dim in dims.values())):
        yield dict(zip(dims, values, strict=True))


def options(dim: Json) -> list[Any]:
    if not dim.get("multi"):
        return list(dim["values"])
    sizes = range(dim.get("min", 0), dim.get("max", len(dim["values"])) + 1)
    return [set(chosen) for size in sizes for chosen in combinations(dim["values"], size)]


def meets(case: Case, where: Json) -> bool:
    return all(_meets(case[name], condition) for name, condition in where.items())


def _meets(value: Any, condition: Any) -> bool:
    if not isinstance(condition, dict):
        return value in (condition if isinstance(condition, list) else [condition])
    checks: dict[str, Callable[[Any], bool]] = {
        "has": lambda wanted: wanted in value,
        "has_all": lambda wanted: set(wanted) <= value,
        "has_any": lambda wanted: bool(set(wanted) & value),
        "has_none": lambda wanted: not set(wanted) & value,
        "set": lambda wanted: bool(value == set(wanted)),
        "count": lambda wanted: len(value) == wanted,
        "count_min": lambda wanted: len(value) >= wanted,
        "count_max": lambda wanted: len(value) <= wanted,
    }
    return all(checks[word](wanted) for word, wanted in condition.items())
