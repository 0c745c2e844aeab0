"""Releases as files: the format `sdc-release/1`, checked key by key.

Every message names the file and the key. Published figures may stand in it: they are public.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import chain
from typing import Any, Final, Literal, NamedTuple, TypeAlias

import msgspec

from adstelle.errors import AdstelleError

FORMAT: Final = "sdc-release/1"
LARGEST: Final = 10**9  # a count beyond it is no count of cases, and no solver is exact there

Value: TypeAlias = str | int


class BadInput(AdstelleError):
    """A file that cannot be audited: which file, which key, and what is wrong with it."""


class Params(msgspec.Struct, frozen=True):
    k: int = 5


class Dim(msgspec.Struct, forbid_unknown_fields=True):
    """*multi*: a case has between *min* and *max* of the values, otherwise exactly one."""

    values: list[Value]
    multi: bool = False
    min: int = 0
    max: int | None = None

    @property
    def most(self) -> int:
        return len(self.values) if self.max is None else self.max


class Rounding(msgspec.Struct, forbid_unknown_fields=True):
    base: int
    mode: Literal["random", "controlled"]


class Cell(msgspec.Struct, forbid_unknown_fields=True):
    """*value*: None where hidden. *noise*: the published value is at most so far off."""

    id: str
    value: int | None
    where: dict[str, Any] | None = None
    round: Rounding | None = None
    noise: int | None = None
    lo: int | None = None
    hi: int | None = None


class Relation(msgspec.Struct, forbid_unknown_fields=True):
    """Either *total* = sum of *parts*, or sum of *terms* compared by *op* with *rhs*."""

    total: str | None = None
    parts: list[str] | None = None
    terms: dict[str, int] | None = None
    op: Literal["<=", ">=", "=", "=="] = "="
    rhs: int = 0


class Target(msgspec.Struct, forbid_unknown_fields=True):
    id: str
    where: dict[str, Any] | None = None
    terms: dict[str, int] | None = None


class Release(msgspec.Struct, forbid_unknown_fields=True):
    format: str
    cells: list[Cell]
    dims: dict[str, Dim] = {}
    params: Params = Params()
    structural_zeros: list[dict[str, Any]] = []
    relations: list[Relation] = []
    targets: list[Target] = []
    never_suppress: list[str] = []


class Among(NamedTuple):
    """Of one dimension: the case's one value is among *values*."""

    values: frozenset[Value]


class Chosen(NamedTuple):
    """Of a multi-select dimension: *tests* all hold, each an operator with values or a number."""

    tests: frozenset[tuple[str, frozenset[Value] | int]]


Where: TypeAlias = Mapping[str, Among | Chosen]

_NUMBERS: Final = ("count", "count_min", "count_max")
_LISTS: Final = ("has_all", "has_any", "has_none", "set")


class Published(NamedTuple):
    """One file: its *name*, what it says, and its conditions in readable form by key."""

    name: str
    release: Release
    wheres: Mapping[str, Where]


@contextmanager
def decoding(name: str) -> Iterator[None]:
    """Say of a file that does not decode which key is wrong and why. Raises `BadInput`."""
    try:
        yield
    except msgspec.ValidationError as error:
        reason, _, place = str(error).partition(" - at `")
        key = place.rstrip("`").removeprefix("$").removeprefix(".")
        raise BadInput(f"{name}: {key}: {reason}" if key else f"{name}: {reason}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadInput(f"{name}: is not JSON: {error}") from None


def read(name: str, content: bytes) -> Published:
    """Take one file in. Raises `BadInput`."""
    try:
        with decoding(name):
            given = msgspec.json.decode(content)
            if not isinstance(given, dict) or given.get("format") != FORMAT:
                raise BadInput(f'{name}: format: must be "{FORMAT}"')
            release = msgspec.convert(given, Release)
            _check(release)
            return Published(name, release, dict(_wheres(release)))
    except _Wrong as error:
        raise BadInput(f"{name}: {error}") from None


def read_sensitive(name: str, content: bytes) -> frozenset[str]:
    """The ids of sensitive cells: a JSON list, or `{"sensitive": [ids]}`. Raises `BadInput`."""
    try:
        given = msgspec.json.decode(content)
        if isinstance(given, dict):
            given = given.get("sensitive")
        return frozenset(msgspec.convert(given, list[str]))
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError):
        raise BadInput(f"{name}: sensitive: must be a list of ids of cells") from None


class _Wrong(Exception):
    """A key and what is wrong with it, without the file."""


def _check(release: Release) -> None:
    wrong = next(
        chain(
            () if 1 <= release.params.k <= LARGEST else ("params.k: must be at least 1",),
            *(_dim_faults(f"dims.{name}", dim) for name, dim in release.dims.items()),
            *(_cell_faults(f"cells[{i}]", cell) for i, cell in enumerate(release.cells)),
            *(_relation_faults(f"relations[{i}]", it) for i, it in enumerate(release.relations)),
            *(_target_faults(f"targets[{i}]", it) for i, it in enumerate(release.targets)),
            (
                f"never_suppress: {it} is no cell"
                for it in release.never_suppress
                if it not in {cell.id for cell in release.cells}
            ),
        ),
        None,
    )
    if wrong:
        raise _Wrong(wrong)


def _dim_faults(key: str, dim: Dim) -> Iterator[str]:
    if not dim.values:
        yield f"{key}.values: is empty"
    if len(set(dim.values)) < len(dim.values):
        yield f"{key}.values: names a value twice"
    if not dim.multi and (dim.min != 0 or dim.max is not None):
        yield f"{key}: min and max need multi"
    if not 0 <= dim.min <= len(dim.values):
        yield f"{key}.min: must lie between 0 and the number of values"
    if not dim.min <= dim.most <= len(dim.values):
        yield f"{key}.max: must lie between min and the number of values"


def _cell_faults(key: str, cell: Cell) -> Iterator[str]:
    if cell.value is None:
        for name in ("round", "noise"):
            if getattr(cell, name) is not None:
                yield f"{key}.{name}: a hidden cell has none"
    elif cell.noise is None and cell.value < 0:
        yield f"{key}.value: must not be negative"
    elif cell.round and (cell.round.base < 1 or cell.value % cell.round.base):
        yield f"{key}.round.base: does not divide the value"
    if cell.noise is not None and not 0 <= cell.noise <= LARGEST:
        yield f"{key}.noise: must not be negative"
    if cell.lo is not None and cell.hi is not None and cell.lo > cell.hi:
        yield f"{key}.lo: lies above hi"
    numbers = {name: getattr(cell, name) or 0 for name in ("value", "lo", "hi")}
    yield from _number_faults(key, numbers)


def _relation_faults(key: str, relation: Relation) -> Iterator[str]:
    is_sum = relation.total is not None and relation.parts is not None
    if (relation.total is None) != (relation.parts is None):
        yield f"{key}: total and parts belong together"
    if is_sum == (relation.terms is not None):
        yield f"{key}: must have either total and parts or terms"
    if is_sum and (relation.rhs or relation.op not in ("=", "==")):
        yield f"{key}: op and rhs belong to terms"
    yield from _number_faults(key, {**(relation.terms or {}), "rhs": relation.rhs})


def _target_faults(key: str, target: Target) -> Iterator[str]:
    if (target.where is None) == (target.terms is None):
        yield f"{key}: must have either where or terms"
    yield from _number_faults(key, target.terms or {})


def _number_faults(key: str, numbers: Mapping[str, int]) -> Iterator[str]:
    for name, number in numbers.items():
        if abs(number) > LARGEST:
            yield f"{key}.{name}: is larger than {LARGEST}"


def _wheres(release: Release) -> Iterator[tuple[str, Where]]:
    """Every condition with its key. Raises `_Wrong`."""
    named: list[tuple[str, dict[str, Any] | None]] = [
        *((f"cells[{i}].where", cell.where) for i, cell in enumerate(release.cells)),
        *((f"structural_zeros[{i}]", zero) for i, zero in enumerate(release.structural_zeros)),
        *((f"targets[{i}].where", target.where) for i, target in enumerate(release.targets)),
    ]
    for key, where in named:
        if where is not None:
            yield (
                key,
                {name: _test(release, f"{key}.{name}", name, it) for name, it in where.items()},
            )


def _test(release: Release, key: str, name: str, given: Any) -> Among | Chosen:
    dim = release.dims.get(name)
    if dim is None:
        raise _Wrong(f"{key}: no dimension has this name")
    if not dim.multi:
        return Among(_values(key, dim, given if isinstance(given, list) else [given]))
    if not isinstance(given, dict) or not given:
        raise _Wrong(f"{key}: needs has, has_all, has_any, has_none, count or set")
    return Chosen(frozenset(_chosen(f"{key}.{op}", dim, op, it) for op, it in given.items()))


def _chosen(key: str, dim: Dim, op: str, given: Any) -> tuple[str, frozenset[Value] | int]:
    if op == "has":
        return "has_all", _values(key, dim, [given])
    if op in _LISTS:
        return op, _values(key, dim, given, may_be_empty=op == "set")
    if op not in _NUMBERS:
        raise _Wrong(f"{key}: is none of has, {', '.join((*_LISTS, *_NUMBERS))}")
    if not isinstance(given, int) or isinstance(given, bool) or given < 0:
        raise _Wrong(f"{key}: must be a number of values")
    return op, given


def _values(key: str, dim: Dim, given: Any, *, may_be_empty: bool = False) -> frozenset[Value]:
    if not isinstance(given, list):
        raise _Wrong(f"{key}: must be a list of values")
    if not given and not may_be_empty:
        raise _Wrong(f"{key}: is empty")
    for value in given:
        if isinstance(value, bool) or not isinstance(value, str | int) or value not in dim.values:
            raise _Wrong(f"{key}: {msgspec.json.encode(value).decode()} is no value of it")
    return frozenset(given)
