"""A publication as a file (`figures-publication/1`): cells, and the words people read beside them.

It holds no number that is not published: a withheld count is `null` in the file as well.
docs/figures.md describes the format, docs/figures-publication.schema.json is its schema.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeAlias

import msgspec

from adstelle.auditing import reading
from adstelle.auditing.reading import Among, BadInput, Chosen, Where

FORMAT: Final = "figures-publication/1"
UNIT: Final = "unit"
PERIOD: Final = "period"
HEADLINES: Final = "kennzahlen"  # the name of the headline figures among the tables
GERMAN: Final = "de"

Unit = Literal["contacts", "incidents", "established"]
Key: TypeAlias = frozenset[tuple[str, Among | Chosen]]
Words: TypeAlias = dict[str, str]  # by language; German must be there

# The values of the dimension `unit` that each unit counts. Established cases are incidents too:
# the value "incidents" is an incident of which discrimination has not been established.
COUNTED: Final[dict[Unit, tuple[str, ...]]] = {
    "contacts": ("contacts",),
    "incidents": ("incidents", "established"),
    "established": ("established",),
}
UNIT_VALUES: Final = ["contacts", "incidents", "established"]

Code: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9]([a-z0-9_-]*[a-z0-9])?$")]


class Period(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"since": "from"}):
    """From the first to the last day, both counted; any two days."""

    since: date
    to: date


class DimWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What people read for a dimension and for each of its values."""

    title: Words
    labels: dict[str, Words]


class Headline(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One cell by itself, called by its unit if it has no title.

    Headlines of the same *series* are one line over the years; *starts_anew* says why this one
    cannot be compared with the ones before.
    """

    cell: str
    unit: Unit
    title: Words | None = None
    note: Words | None = None
    series: Code | None = None
    starts_anew: Words | None = None


class TablePlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A table over one or two dimensions; *where*: what is the same for all of its cells."""

    id: Code
    title: Words
    unit: Unit
    rows: str
    columns: str | None = None
    where: dict[str, str | int | list[str | int]] = {}
    total: bool = False
    note: Words | None = None


class Withdrawn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A number of an earlier release that no longer stands."""

    release: int
    cell: str


class Publication(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The whole file. *changes*: what is otherwise than in the release before."""

    format: str
    title: Words
    period: Period
    cut_off: date
    release: reading.Release
    dims: dict[str, DimWords] = {}
    headline: tuple[Headline, ...] = ()
    tables: tuple[TablePlan, ...] = ()
    changes: tuple[Words, ...] = ()
    notes: tuple[Words, ...] = ()
    source: Words | None = None
    source_url: str | None = None
    withdraws: tuple[Withdrawn, ...] = ()

    @property
    def k(self) -> int:
        """The smallest count that is published."""
        return self.release.params.k


def read(name: str, content: bytes) -> Publication:
    """Take a file in. Raises `BadInput` with file, key and what is wrong."""
    with reading.decoding(name):
        found = msgspec.json.decode(content, type=Publication)
    if found.format != FORMAT:
        raise BadInput(f'{name}: format: must be "{FORMAT}"')
    wheres(found, name)
    wrong = next(_faults(found), None)
    if wrong:
        raise BadInput(f"{name}: {wrong}")
    return found


def load(file: str) -> Publication:
    """Read a file of this name. Raises `BadInput`."""
    try:
        content = Path(file).read_bytes()
    except OSError as error:
        raise BadInput(f"{file}: {error.strerror}") from None
    return read(file, content)


def canonical(publication: Publication) -> bytes:
    """Write a publication as it is frozen: same content, same bytes."""
    return msgspec.json.encode(publication, order="sorted") + b"\n"


def wheres(publication: Publication, name: str = "publication") -> dict[str, Where]:
    """The conditions of every cell, by the id of the cell. Raises `BadInput`."""
    found = _conditions(publication, name)
    return {
        cell.id: found[f"cells[{number}].where"]
        for number, cell in enumerate(publication.release.cells)
        if cell.where is not None
    }


def zeros(publication: Publication) -> list[Where]:
    """The conditions that no case can fulfil. Raises `BadInput`."""
    found = _conditions(publication, "publication")
    return [
        found[f"structural_zeros[{number}]"]
        for number in range(len(publication.release.structural_zeros))
    ]


def _conditions(publication: Publication, name: str) -> Mapping[str, Where]:
    return reading.read(f"{name}: release", msgspec.json.encode(publication.release)).wheres


def key_of(publication: Publication, where: Where) -> Key:
    """What a condition asks, however it is written: a test that all pass is none."""
    dims = publication.release.dims
    return frozenset(
        (name, test)
        for name, test in where.items()
        if not (isinstance(test, Among) and test.values == frozenset(dims[name].values))
    )


def keys(publication: Publication) -> dict[Key, str]:
    """The id of the cell that answers each condition."""
    return {key_of(publication, where): cell_id for cell_id, where in wheres(publication).items()}


def unit_of(where: Where) -> Unit | None:
    """Which of the three counts a cell belongs to; None if it mixes them."""
    test = where.get(UNIT)
    asked = test.values if isinstance(test, Among) else frozenset()
    return next((unit for unit, values in COUNTED.items() if asked == frozenset(values)), None)


def _faults(given: Publication) -> Iterator[str]:
    if given.period.to < given.period.since:
        yield "period.to: lies before period.from"
    if given.cut_off < given.period.to:
        yield "cut_off: lies before the end of the period"
    if given.withdraws:
        yield from _withdrawal_faults(given)
        return
    if not given.release.cells:
        yield "release.cells: is empty"
    yield from _frame_faults(given)
    yield from _cell_faults(given)
    yield from _word_faults(given)
    for number, headline in enumerate(given.headline):
        yield from _headline_faults(given, f"headline[{number}]", headline)
    ids = [plan.id for plan in given.tables]
    for number, plan in enumerate(given.tables):
        key = f"tables[{number}]"
        if plan.id == HEADLINES or ids.count(plan.id) > 1:
            yield f"{key}.id: {plan.id} is taken"
        yield from _table_faults(given, key, plan)


def _withdrawal_faults(given: Publication) -> Iterator[str]:
    if given.release.cells or given.headline or given.tables:
        yield "withdraws: a correction only withdraws; it brings no figures of its own"
    if len(set(given.withdraws)) < len(given.withdraws):
        yield "withdraws: names a cell twice"


def _frame_faults(given: Publication) -> Iterator[str]:
    dims = given.release.dims
    if UNIT not in dims or dims[UNIT].multi or dims[UNIT].values != UNIT_VALUES:
        yield f"release.dims.{UNIT}: must have exactly the values {', '.join(UNIT_VALUES)}"
    if PERIOD in dims:
        yield f"release.dims.{PERIOD}: is reserved; the period of the file counts for all cells"


def _cell_faults(given: Publication) -> Iterator[str]:
    found = wheres(given)
    seen: dict[Key, str] = {}
    ids = [cell.id for cell in given.release.cells]
    for number, cell in enumerate(given.release.cells):
        key = f"release.cells[{number}]"
        if ids.count(cell.id) > 1:
            yield f"{key}.id: {cell.id} is taken"
        if cell.where is None:
            yield f"{key}.where: is missing; without it no later release can be compared"
            continue
        if unit_of(found[cell.id]) is None:
            yield f"{key}.where.{UNIT}: must be one of the three counts (docs/figures.md)"
        asked = key_of(given, found[cell.id])
        if seen.setdefault(asked, cell.id) != cell.id:
            yield f"{key}: asks the same as the cell {seen[asked]}"
        if cell.value is None and (cell.lo is not None or cell.hi is not None):
            yield f"{key}: a withheld cell says nothing of its size"


def _word_faults(given: Publication) -> Iterator[str]:
    for key, words in _all_words(given):
        if not words.get(GERMAN, "").strip():
            yield f"{key}: has no German text"


def _all_words(given: Publication) -> Iterator[tuple[str, Words]]:
    yield "title", given.title
    if given.source is not None:
        yield "source", given.source
    for name in ("changes", "notes"):
        yield from ((f"{name}[{i}]", words) for i, words in enumerate(getattr(given, name)))
    for name, dim in given.dims.items():
        yield f"dims.{name}.title", dim.title
        yield from ((f"dims.{name}.labels.{it}", words) for it, words in dim.labels.items())
    shown: Iterable[tuple[str, Any]] = (
        *((f"headline[{i}]", it) for i, it in enumerate(given.headline)),
        *((f"tables[{i}]", it) for i, it in enumerate(given.tables)),
    )
    for key, it in shown:
        for name in ("title", "note", "starts_anew"):
            if (words := getattr(it, name, None)) is not None:
                yield f"{key}.{name}", words


def _headline_faults(given: Publication, key: str, headline: Headline) -> Iterator[str]:
    where = wheres(given).get(headline.cell)
    if where is None:
        yield f"{key}.cell: {headline.cell} is no cell"
    elif unit_of(where) != headline.unit:
        yield f"{key}.unit: the cell {headline.cell} counts something else"


def _table_faults(given: Publication, key: str, plan: TablePlan) -> Iterator[str]:
    for place, name in (("rows", plan.rows), ("columns", plan.columns)):
        if name is None:
            continue
        if name not in given.release.dims or name == UNIT:
            yield f"{key}.{place}: {name} is no dimension to tabulate"
        elif missing := [
            it for it in given.release.dims[name].values if not _label(given, name, it)
        ]:
            yield f"dims.{name}.labels: {missing[0]} has none"
    for name in plan.where:
        if name == UNIT or name not in given.release.dims or given.release.dims[name].multi:
            yield f"{key}.where.{name}: is no single-valued dimension"


def _label(given: Publication, name: str, value: str | int) -> bool:
    return name in given.dims and str(value) in given.dims[name].labels
