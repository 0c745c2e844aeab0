"""Tables that others have published, as a file (`published-tables/1`)."""

from collections.abc import Iterator
from typing import Any, Final, Literal, TypeAlias

import msgspec

from adstelle.auditing.reading import LARGEST, BadInput, decoding
from adstelle.releases.publication import GERMAN, Code, DimWords, Period, Words

FORMAT: Final = "published-tables/1"

At: TypeAlias = dict[str, str]  # dimension: value; a dimension left out counts all its values


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One number as it was published: a count, or percent."""

    at: At
    value: int | float


class Later(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the publisher later gave as the total of the same period."""

    total: int


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """*counted*: what, in words; *unit*: a code for it, one of `publication.COUNTED` if it can be
    published here. *multi*: dimensions of which one case may have several values. *is_complete*:
    every value that was counted is among the cells, not only those somebody quoted."""

    id: Code
    title: Words
    counted: Words
    unit: Code
    period: Period
    dims: tuple[Code, ...] = ()
    cells: tuple[Entry, ...] = ()
    numbers: Literal["counts", "percent"] = "counts"
    multi: tuple[str, ...] = ()
    is_complete: bool = msgspec.field(default=True, name="complete")
    total: int | None = None
    later: tuple[Later, ...] = ()
    source_url: str | None = None


class Tables(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The whole file: tables of one publisher. *dims*: words for every value."""

    format: str
    publisher: str
    tables: tuple[Table, ...]
    dims: dict[Code, DimWords] = {}
    source: Words | None = None
    source_url: str | None = None


def read(name: str, content: bytes) -> Tables:
    """Take a file in. Raises `BadInput` with file, key and what is wrong."""
    with decoding(name):
        found = msgspec.json.decode(content, type=Tables)
    wrong = next(_faults(found), None)
    if wrong:
        raise BadInput(f"{name}: {wrong}")
    return found


def is_one(name: str, content: bytes) -> bool:
    """Whether a file says that it is of this format."""
    try:
        given: Any = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BadInput(f"{name}: is not JSON") from None
    return isinstance(given, dict) and given.get("format") == FORMAT


def _faults(given: Tables) -> Iterator[str]:
    if given.format != FORMAT:
        yield f'format: must be "{FORMAT}"'
    for name, words in given.dims.items():
        for place, text in ((name, words.title), *words.labels.items()):
            if GERMAN not in text:
                yield f"dims.{name}: {place} has no German words"
    ids = [table.id for table in given.tables]
    for number, table in enumerate(given.tables):
        key = f"tables[{number}]"
        if ids.count(table.id) > 1:
            yield f"{key}.id: {table.id} is taken"
        yield from _table_faults(given, key, table)


def _table_faults(given: Tables, key: str, table: Table) -> Iterator[str]:
    if GERMAN not in table.title or GERMAN not in table.counted:
        yield f"{key}: title and counted need German words"
    if table.period.to < table.period.since:
        yield f"{key}.period.to: lies before period.from"
    for name in {*table.dims} - {*given.dims}:
        yield f"{key}.dims: {name} is not described in dims"
    for name in {*table.multi} - {*table.dims}:
        yield f"{key}.multi: {name} is no dimension of this table"
    totals = [table.total, *(it.total for it in table.later)]
    if any(it is not None and not 0 <= it <= LARGEST for it in totals):
        yield f"{key}: a total must lie between 0 and {LARGEST}"
    yield from _cell_faults(given, key, table)


def _cell_faults(given: Tables, key: str, table: Table) -> Iterator[str]:
    places = [entry.at for entry in table.cells]
    for number, entry in enumerate(table.cells):
        place = f"{key}.cells[{number}]"
        if places.count(entry.at) > 1:
            yield f"{place}.at: is there twice"
        yield from _entry_faults(given, place, table, entry)


def _entry_faults(given: Tables, key: str, table: Table, entry: Entry) -> Iterator[str]:
    if not entry.at:
        yield f"{key}.at: is empty; the total has a key of its own"
    for name, value in entry.at.items():
        if name not in table.dims or value not in given.dims[name].labels:
            yield f"{key}.at: {name} {value} is no value of this table"
    if not 0 <= entry.value <= LARGEST:
        yield f"{key}.value: must lie between 0 and {LARGEST}"
    if table.numbers == "counts" and not isinstance(entry.value, int):
        yield f"{key}.value: a count is a whole number"
