"""What is to be protected: the format `sdc-problem/1`, read and checked.

Optional keys beyond the plain format. A cell may say what the contributor rules need: `persons`
and `incidents` (how many different ones stand behind it) and `largest` (how many of its cases
concern one and the same responsible body; give it for cells that name an area or a district).
`priority` multiplies what hiding the cell costs. `params.weights` says what it costs by the number
of dimensions a cell names, from none on; without it every cell costs the same, and of equally
small answers the one that hides inner cells is taken. `earlier` lists the releases
(`sdc-release/1`) published about the same cases so far: what they show is known for good, what
they hide stays hidden, so its value has to stand among `cells`.
"""

from collections import Counter
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from adstelle.errors import AdstelleError

Count = Annotated[int, Meta(ge=0, le=10**9)]
Positive = Annotated[int, Meta(ge=1, le=10**6)]
Whole = Annotated[int, Meta(ge=-(10**9), le=10**9)]
Where = dict[str, Any]


class BadProblem(AdstelleError):
    """A problem that cannot be read: at which key, and what is wrong there. Never a count."""


class Params(Struct, forbid_unknown_fields=True):
    k: Annotated[int, Meta(ge=2, le=1000)] = 5
    weights: Annotated[list[Positive], Meta(min_length=1)] | None = None


class Dimension(Struct, forbid_unknown_fields=True):
    values: Annotated[list[str], Meta(min_length=1)]
    multi: bool = False
    min: Annotated[int, Meta(ge=0)] | None = None
    max: Annotated[int, Meta(ge=0)] | None = None

    def sizes(self) -> tuple[int, int]:
        """The smallest and the largest number of values that a case has at once."""
        if not self.multi:
            return 1, 1
        return self.min or 0, len(self.values) if self.max is None else self.max


class Cell(Struct, forbid_unknown_fields=True):
    id: str
    value: Count
    where: Where | None = None
    persons: Count | None = None
    incidents: Count | None = None
    largest: Count | None = None
    priority: Positive = 1

    def is_sensitive(self, k: int) -> bool:
        """Too few cases, people or incidents, or nearly all cases about one responsible body."""
        few = min(n for n in (self.value, self.persons, self.incidents) if n is not None)
        if self.largest is None:
            return few < k
        return few < k or self.largest * 5 > self.value * 4 or self.value - self.largest <= 2


class ReleasedCell(Struct, forbid_unknown_fields=True):
    id: str
    value: Count | None
    where: Where | None = None


class Relation(Struct, forbid_unknown_fields=True):
    """Either a total and its parts, or terms with an operator and a right hand side."""

    total: str | None = None
    parts: list[str] | None = None
    terms: dict[str, Whole] | None = None
    op: Literal["<=", ">=", "=", "=="] = "=="
    rhs: Whole = 0

    def coefficients(self) -> dict[str, int] | None:
        """How often each cell counts; None if the relation is neither of the two."""
        if self.terms is not None and self.total is None and self.parts is None:
            return self.terms
        if self.terms is None and self.total is not None and self.parts is not None:
            counted = Counter({self.total: 1})
            counted.subtract(self.parts)
            return dict(counted)
        return None


class Release(Struct, forbid_unknown_fields=True, tag_field="format", tag="sdc-release/1"):
    cells: list[ReleasedCell]
    params: dict[str, Any] = {}
    dims: dict[str, Dimension] = {}
    structural_zeros: list[Where] = []
    relations: list[Relation] = []


class Problem(Struct, forbid_unknown_fields=True, tag_field="format", tag="sdc-problem/1"):
    cells: Annotated[list[Cell], Meta(min_length=1)]
    params: Params = msgspec.field(default_factory=Params)
    dims: dict[str, Dimension] = {}
    structural_zeros: list[Where] = []
    relations: list[Relation] = []
    never_suppress: list[str] = []
    earlier: list[Release] = []


def read(content: bytes) -> Problem:
    """Decode and check *content*. Raises `BadProblem`, which names the key."""
    try:
        problem = msgspec.json.decode(content, type=Problem)
    except msgspec.ValidationError as error:  # names types and keys, never a count
        raise BadProblem(str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise BadProblem("the file is not JSON") from None
    _check_parts("", problem, problem.dims)
    known = {cell.id for cell in problem.cells}
    for place, name in enumerate(problem.never_suppress):
        if name not in known:
            raise BadProblem(f"never_suppress[{place}]: {name!r} is not the id of a cell")
    for place, release in enumerate(problem.earlier):
        for name, dim in release.dims.items():
            if problem.dims.setdefault(name, dim) != dim:
                raise BadProblem(f"earlier[{place}].dims.{name}: differs from the one in dims")
        _check_parts(f"earlier[{place}].", release, problem.dims)
    return problem


def _check_parts(prefix: str, given: Problem | Release, dims: dict[str, Dimension]) -> None:
    for name, dim in given.dims.items():
        _check_dimension(f"{prefix}dims.{name}", dim)
    cells: list[Cell | ReleasedCell] = [*given.cells]
    ids = Counter(cell.id for cell in cells)
    for place, cell in enumerate(cells):
        if ids[cell.id] > 1:
            raise BadProblem(f"{prefix}cells[{place}].id: {cell.id!r} is there twice")
        check_where(f"{prefix}cells[{place}].where", cell.where or {}, dims)
    for place, zero in enumerate(given.structural_zeros):
        check_where(f"{prefix}structural_zeros[{place}]", zero, dims)
    for place, relation in enumerate(given.relations):
        _check_relation(f"{prefix}relations[{place}]", relation, ids)


def _check_dimension(key: str, dim: Dimension) -> None:
    if len(set(dim.values)) < len(dim.values):
        raise BadProblem(f"{key}.values: a value is there twice")
    if not dim.multi and (dim.min, dim.max) != (None, None):
        raise BadProblem(f"{key}: min and max belong to a dimension with multi = true")
    low, high = dim.sizes()
    if not low <= high <= len(dim.values):
        raise BadProblem(f"{key}: min, max and the number of values do not fit together")


def _check_relation(key: str, relation: Relation, ids: Counter[str]) -> None:
    coefficients = relation.coefficients()
    if not coefficients:
        raise BadProblem(f"{key}: has to have either total and parts, or terms")
    for name in coefficients:
        if name not in ids:
            raise BadProblem(f"{key}: {name!r} is not the id of a cell")


LISTS = {"has_all", "has_any", "has_none", "set"}
NUMBERS = {"count", "count_min", "count_max"}


def check_where(key: str, where: Where, dims: dict[str, Dimension]) -> None:
    """Raise `BadProblem` unless *where* names known dimensions and values."""
    for name, condition in where.items():
        if name not in dims:
            raise BadProblem(f"{key}.{name}: is not a dimension")
        if dims[name].multi:
            _check_multi(f"{key}.{name}", condition, dims[name])
        else:
            wanted = condition if isinstance(condition, list) else [condition]
            _check_values(f"{key}.{name}", wanted, dims[name], may_be_empty=False)


def _check_multi(key: str, condition: object, dim: Dimension) -> None:
    if not isinstance(condition, dict) or not condition:
        raise BadProblem(f"{key}: several values at once are possible; use has, count and the like")
    for word, wanted in condition.items():
        place = f"{key}.{word}"
        if word == "has":
            _check_values(place, [wanted], dim, may_be_empty=False)
        elif word in LISTS:
            if not isinstance(wanted, list):
                raise BadProblem(f"{place}: has to be a list of values")
            _check_values(place, wanted, dim, may_be_empty=True)
        elif word not in NUMBERS:
            raise BadProblem(f"{place}: is not a condition")
        elif not isinstance(wanted, int) or isinstance(wanted, bool) or wanted < 0:
            raise BadProblem(f"{place}: has to be a whole number from 0 on")


def _check_values(key: str, wanted: list[object], dim: Dimension, *, may_be_empty: bool) -> None:
    if not wanted and not may_be_empty:
        raise BadProblem(f"{key}: names no value")
    for value in wanted:
        if value not in dim.values:
            raise BadProblem(f"{key}: {value!r} is not a value of this dimension")
