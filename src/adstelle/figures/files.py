"""The same figures as files: tidy CSV with CSVW metadata, and a workbook.

All of them are made of the layout of a ledger entry, in German, which every publication has. A
withheld count is an empty field with a status beside it in CSV, and words in the workbook.
"""

import csv
import re
from collections.abc import Iterator
from datetime import datetime
from io import BytesIO, StringIO
from typing import Any, Final

import msgspec
import xlsxwriter

from adstelle.figures.service import Release
from adstelle.figures.sheets import Sheet, above, fields, head, leaf_name, notes, printed, sheets
from adstelle.releases.publication import GERMAN
from adstelle.releases.tables import Standing

METADATA: Final = "-metadata.json"
_MEANS_MORE: Final = re.compile(r"[\\^$.*+?()\[\]{}|/]")


def table_csv(release: Release, sheet: Sheet) -> bytes:
    """Write one table, a row for each cell (RFC 4180, UTF-8)."""
    written = StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow(head(sheet))
    writer.writerows(fields(sheet, release.publication, *row) for row in sheet.rows)
    return written.getvalue().encode()


def table_metadata(release: Release, sheet: Sheet, city: str) -> bytes:
    """Describe one CSV file (W3C, CSV on the Web)."""
    given = release.publication
    described = {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "de"}],
        "url": f"{sheet.name}.csv",
        "dc:title": f"{given.title[GERMAN]}: {sheet.title}",
        "dc:description": " ".join(notes(sheet)),
        "dc:publisher": city,
        "dc:issued": {"@value": f"{release.published_on}", "@type": "xsd:date"},
        "dc:temporal": f"{given.period.since}/{given.period.to}",
        "dialect": {"encoding": "utf-8", "delimiter": ",", "header": True},
        "tableSchema": {
            "columns": [*_described(sheet), *_fixed(given.k)],
            "primaryKey": [*sheet.columns, "einheit"],
            "aboutUrl": "#" + "-".join(f"{{{name}}}" for name in (*sheet.columns, "einheit")),
        },
    }
    return encoded(described)


def _described(sheet: Sheet) -> Iterator[dict[str, Any]]:
    for name in sheet.columns:
        codes = "|".join(map(_literally, sheet.codes[name]))
        yield {"name": name, "titles": name, "required": True,
               "datatype": {"base": "string", "format": f"^({codes})$"}}  # fmt: skip
        label = f"{name}_bezeichnung"
        yield {"name": label, "titles": label, "required": True, "datatype": "string"}


def _literally(code: str) -> str:
    """A code in a regular expression (ECMAScript, as CSVW wants them), which stands for itself."""
    return _MEANS_MORE.sub(r"\\\g<0>", code)


def _fixed(k: int) -> list[dict[str, Any]]:
    standings = "|".join(Standing)
    return [
        _column("einheit", {"base": "string", "format": "^(contacts|incidents|established)$"}),
        _column("von", "date"),
        _column("bis", "date"),
        {
            "name": "faelle", "titles": "faelle", "null": "",
            "datatype": {"base": "integer", "minimum": 0},
            "dc:description": f"Leer, wenn der Status nicht veroeffentlicht ist. Zahlen unter {k} "
            "und Zahlen, aus denen man sie errechnen könnte, werden nicht veröffentlicht.",
        },
        _column("status", {"base": "string", "format": f"^({standings})$"}),
    ]  # fmt: skip


def _column(name: str, datatype: object) -> dict[str, Any]:
    return {"name": name, "titles": name, "required": True, "datatype": datatype}


def workbook(release: Release) -> bytes:
    """Write all tables, each on its own sheet; the same release gives the same bytes."""
    file, given = BytesIO(), release.publication
    with xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False}) as book:
        book.set_properties(
            {
                "title": given.title[GERMAN],
                "created": datetime.combine(release.published_on, datetime.min.time()),
            }
        )
        bold = book.add_format({"bold": True})
        for number, sheet in enumerate(sheets(release), start=1):
            page = book.add_worksheet(leaf_name(number, sheet))
            page.set_column(0, 9, 24)
            titles = above(release, sheet)
            for place, text in enumerate(titles):
                page.write_string(place, 0, text, bold if place < 2 else None)
            page.write_row(len(titles) + 1, 0, head(sheet), bold)
            for place, row in enumerate(sheet.rows, start=len(titles) + 2):
                _write(page, place, printed(sheet, given, *row))
    return file.getvalue()


def _write(page: Any, place: int, cells: list[str | int]) -> None:
    for column, cell in enumerate(cells):
        if isinstance(cell, int):
            page.write_number(place, column, cell)
        else:
            page.write_string(place, column, cell)


def encoded(described: object) -> bytes:
    """JSON to be read by people too; the same content gives the same bytes."""
    return msgspec.json.format(msgspec.json.encode(described), indent=1) + b"\n"
