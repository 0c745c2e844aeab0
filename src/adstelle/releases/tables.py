"""The cells of a publication laid out as headlines and tables, each number with its standing.

Pages, charts and downloads are all made of this; a withheld cell has no number here.
"""

from collections.abc import Collection, Iterator
from enum import StrEnum
from typing import Final

import msgspec

from adstelle.auditing.reading import Among, BadInput, Chosen, Value, Where
from adstelle.releases import publication as published
from adstelle.releases.publication import Headline, Key, Publication, TablePlan

TOTAL: Final = "_insgesamt"  # the value of a dimension where all cases are counted


class Standing(StrEnum):
    """What is said of a count; one word for everything withheld, whatever the reason."""

    PUBLISHED = "veroeffentlicht"
    WITHHELD = "nicht_veroeffentlicht"
    IMPOSSIBLE = "kommt_nicht_vor"
    WITHDRAWN = "zurueckgezogen"


class Count(msgspec.Struct, frozen=True):
    """*number*: only where it is published. *base*: it is a multiple of that, rounded."""

    standing: Standing
    number: int | None = None
    base: int | None = None


class Line(msgspec.Struct, frozen=True):
    """One row: *code* is a value of the row's dimension or `TOTAL`; counts by column."""

    code: str
    counts: tuple[Count, ...]


class Table(msgspec.Struct, frozen=True):
    """*columns*: values of the second dimension, or none; the last may be `TOTAL`."""

    plan: TablePlan
    columns: tuple[str, ...]
    lines: tuple[Line, ...]


class Layout:
    """One publication with what was withdrawn of it since. Raises `BadInput` where a cell that a
    table needs is neither published nor withheld."""

    def __init__(self, publication: Publication, withdrawn: Collection[str] = ()) -> None:
        self.publication = publication
        self._withdrawn = withdrawn
        self._cells = {cell.id: cell for cell in publication.release.cells}
        self._ids = published.keys(publication)
        self._zeros = _zeros(publication)
        self.tables = tuple(self._table(plan) for plan in publication.tables)

    def headline(self, headline: Headline) -> Count:
        """The count of a headline."""
        return self._count(headline.cell)

    def _count(self, cell_id: str) -> Count:
        cell = self._cells[cell_id]
        if cell_id in self._withdrawn:
            return Count(Standing.WITHDRAWN)
        if cell.value is None:
            return Count(Standing.WITHHELD)
        return Count(Standing.PUBLISHED, cell.value, cell.round.base if cell.round else None)

    def _table(self, plan: TablePlan) -> Table:
        columns = self._values(plan.columns, plan) if plan.columns else ()
        lines = tuple(
            Line(row, tuple(self._at(plan, row, column) for column in columns or (None,)))
            for row in self._values(plan.rows, plan)
        )
        return Table(plan, columns, lines)

    def _values(self, name: str, plan: TablePlan) -> tuple[str, ...]:
        values = tuple(str(it) for it in self.publication.release.dims[name].values)
        return (*values, TOTAL) if plan.total else values

    def _at(self, plan: TablePlan, row: str, column: str | None) -> Count:
        where: dict[str, Among | Chosen] = {
            published.UNIT: Among(frozenset(published.COUNTED[plan.unit])),
            **{name: Among(_several(value)) for name, value in plan.where.items()},
        }
        for name, code in ((plan.rows, row), (plan.columns, column)):
            if name is not None and code is not None and code != TOTAL:
                where[name] = self._test(name, code)
        cell_id = self._ids.get(published.key_of(self.publication, where))
        if any(_holds(zero, where) for zero in self._zeros):
            return Count(Standing.IMPOSSIBLE)
        if cell_id is None:
            place = row if column is None else f"{row} × {column}"
            raise BadInput(f"tables.{plan.id}: there is no cell for {place}")
        return self._count(cell_id)

    def _test(self, name: str, code: str) -> Among | Chosen:
        dim = self.publication.release.dims[name]
        value = frozenset({next(it for it in dim.values if str(it) == code)})
        return Chosen(frozenset({("has_all", value)})) if dim.multi else Among(value)


def _several(value: Value | list[Value]) -> frozenset[Value]:
    return frozenset(value if isinstance(value, list) else [value])


def _zeros(publication: Publication) -> list[Key]:
    return [frozenset(where.items()) for where in published.zeros(publication)]


def _holds(zero: Key, where: Where) -> bool:
    """Whether everything that *where* asks for lies in what is impossible."""
    return all(_implies(where.get(name), test) for name, test in zero)


def _implies(asked: Among | Chosen | None, test: Among | Chosen) -> bool:
    if isinstance(asked, Among) and isinstance(test, Among):
        return asked.values <= test.values
    if isinstance(asked, Chosen) and isinstance(test, Chosen):
        return test.tests <= asked.tests
    return False


def lines_of(table: Table) -> Iterator[tuple[str, str | None, Count]]:
    """Row, column and count of every cell, for tidy files."""
    for line in table.lines:
        for number, count in enumerate(line.counts):
            yield line.code, table.columns[number] if table.columns else None, count
