"""The counts as files: a workbook for a funder's report, and plain CSV. This module alone knows the
package for workbooks.
"""

import csv
from collections.abc import Sequence
from io import BytesIO, StringIO
from typing import Final

import msgspec
import xlsxwriter

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV: Final = "text/csv; charset=utf-8"
WIDE: Final = 44  # characters


class Duration(msgspec.Struct, frozen=True):
    """A time in minutes: hours in a file, words on a page."""

    minutes: int

    @property
    def hours(self) -> float:
        """In hours, to the minute."""
        return round(self.minutes / 60, 2)


Cell = str | int | Duration


class Table(msgspec.Struct, frozen=True):
    """One table: its caption, what its columns are, and its rows; the first cell names a row."""

    caption: str
    head: list[str]
    rows: list[list[Cell]]


def workbook(title: str, notes: Sequence[str], tables: Sequence[Table], *, rtl: bool) -> bytes:
    """Write everything on one sheet, below each other."""
    file = BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False}) as book:
        book.set_properties({"title": title, "comments": " ".join(notes)})
        sheet = book.add_worksheet()
        bold, hours = book.add_format({"bold": True}), book.add_format({"num_format": "0.00"})
        if rtl:
            sheet.right_to_left()
        sheet.set_column(0, 0, WIDE)
        sheet.set_column(1, 3, 16)
        lines: list[list[Cell]] = [[title]]
        lines += [[note] for note in notes]
        heads = {0}
        for table in tables:
            lines += [[], [table.caption]]
            heads |= {len(lines) - 1, len(lines)}
            lines += [list(table.head), *table.rows]
        for row, cells in enumerate(lines):
            for column, cell in enumerate(cells):
                if isinstance(cell, Duration):
                    sheet.write_number(row, column, cell.hours, hours)
                else:
                    sheet.write(row, column, cell, bold if row in heads else None)
    return file.getvalue()


def plain(title: str, notes: Sequence[str], tables: Sequence[Table], *, comma: bool) -> bytes:
    """Write the same as CSV with semicolons; *comma*: hours with a decimal comma."""
    written = StringIO()
    writer = csv.writer(written, delimiter=";", lineterminator="\r\n")
    writer.writerow([title])
    writer.writerows([note] for note in notes)
    for table in tables:
        writer.writerow([])
        writer.writerow([table.caption])
        writer.writerow(table.head)
        writer.writerows([_plain(cell, comma=comma) for cell in row] for row in table.rows)
    return written.getvalue().encode("utf-8-sig")


def _plain(cell: Cell, *, comma: bool) -> str:
    if isinstance(cell, Duration):
        hours = f"{cell.hours:.2f}"
        return hours.replace(".", ",") if comma else hours
    return str(cell)
