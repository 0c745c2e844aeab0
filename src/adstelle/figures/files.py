"""The same figures as files: tidy CSV with CSVW metadata, a workbook, and a catalogue record.

All of them are made of the layout of a ledger entry, in German, which every publication has. A
withheld count is an empty field with a status beside it in CSV, and words in the workbook.
"""

import csv
from collections.abc import Iterator, Sequence
from datetime import datetime
from io import BytesIO, StringIO
from typing import Any, Final

import msgspec
import xlsxwriter

from adstelle.figures.service import Release
from adstelle.releases.publication import GERMAN, HEADLINES, Publication, Unit
from adstelle.releases.tables import TOTAL, Count, Standing, Table, lines_of

CSV: Final = "text/csv"
CSVW: Final = "application/csvm+json"
JSON: Final = "application/json"
JSONLD: Final = "application/ld+json"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
METADATA: Final = "-metadata.json"
WORDS: Final = {
    Standing.PUBLISHED: "veröffentlicht",
    Standing.WITHHELD: "nicht veröffentlicht",
    Standing.IMPOSSIBLE: "kommt nicht vor",
    Standing.WITHDRAWN: "zurückgezogen",
}
NOTES: Final = (
    "Gezählt ist, was gemeldet wurde. Die Zahlen sagen nicht, wie oft etwas vorkommt.",
    "Kleine Zahlen schützen wir: Sie stehen hier nicht, ebenso wenig Zahlen, aus denen man sie "
    "errechnen könnte.",
)

UNITS: Final[dict[Unit, dict[str, str]]] = {
    "contacts": {GERMAN: "Anfragen an die Beratung"},
    "incidents": {GERMAN: "Vorfälle mit örtlichem Bezug"},
    "established": {GERMAN: "Vorfälle mit festgestellter Diskriminierung"},
}

Row = tuple[str, ...]


class Sheet(msgspec.Struct, frozen=True):
    """One table as rows of texts; *codes*: the values of each dimension column with their words."""

    name: str
    title: str
    columns: tuple[str, ...]
    codes: dict[str, dict[str, str]]
    rows: tuple[tuple[Row, Count], ...]


def sheets(release: Release) -> list[Sheet]:
    """The headlines and every table of a release."""
    given = release.publication
    found = [_headlines(release)] if given.headline else []
    return found + [_sheet(given, table) for table in release.layout.tables]


def _headlines(release: Release) -> Sheet:
    given = release.publication
    return Sheet(
        name=HEADLINES,
        title="Kennzahlen",
        columns=("kennzahl",),
        codes={
            "kennzahl": {it.cell: (it.title or UNITS[it.unit])[GERMAN] for it in given.headline}
        },
        rows=tuple(((it.cell, it.unit), release.layout.headline(it)) for it in given.headline),
    )


def _sheet(given: Publication, table: Table) -> Sheet:
    plan = table.plan
    columns = (plan.rows, plan.columns) if plan.columns else (plan.rows,)
    return Sheet(
        name=plan.id,
        title=plan.title[GERMAN],
        columns=columns,
        codes={name: _codes(given, name, total=plan.total) for name in columns},
        rows=tuple(
            ((row, *([column] if column is not None else []), plan.unit), count)
            for row, column, count in lines_of(table)
        ),
    )


def _codes(given: Publication, name: str, *, total: bool) -> dict[str, str]:
    labels = {code: words[GERMAN] for code, words in given.dims[name].labels.items()}
    return labels | ({TOTAL: "insgesamt"} if total else {})


def _head(sheet: Sheet) -> list[str]:
    named = [text for name in sheet.columns for text in (name, f"{name}_bezeichnung")]
    return [*named, "einheit", "von", "bis", "faelle", "status"]


def _fields(sheet: Sheet, given: Publication, row: Row, count: Count) -> list[str]:
    *codes, unit = row
    named = [
        text
        for name, code in zip(sheet.columns, codes, strict=True)
        for text in (code, sheet.codes[name][code])
    ]
    number = "" if count.number is None else str(count.number)
    period = given.period
    return [*named, unit, f"{period.since}", f"{period.to}", number, count.standing]


def table_csv(release: Release, sheet: Sheet) -> bytes:
    """Write one table, a row for each cell (RFC 4180, UTF-8)."""
    written = StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow(_head(sheet))
    writer.writerows(_fields(sheet, release.publication, *row) for row in sheet.rows)
    return written.getvalue().encode()


def table_metadata(release: Release, sheet: Sheet, city: str) -> bytes:
    """Describe one CSV file (W3C, CSV on the Web)."""
    given = release.publication
    described = {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "de"}],
        "url": f"{sheet.name}.csv",
        "dc:title": f"{given.title[GERMAN]}: {sheet.title}",
        "dc:description": " ".join(NOTES),
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
    return _json(described)


def _described(sheet: Sheet) -> Iterator[dict[str, Any]]:
    for name in sheet.columns:
        codes = "|".join(sheet.codes[name])
        yield {"name": name, "titles": name, "required": True,
               "datatype": {"base": "string", "format": f"^({codes})$"}}  # fmt: skip
        label = f"{name}_bezeichnung"
        yield {"name": label, "titles": label, "required": True, "datatype": "string"}


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
            page = book.add_worksheet(f"{number} {sheet.name}"[:31])
            page.set_column(0, 9, 24)
            lines = [[given.title[GERMAN]], [sheet.title], *([note] for note in NOTES), []]
            for place, cells in enumerate(lines):
                page.write_row(place, 0, cells, bold if place < 2 else None)
            page.write_row(len(lines), 0, _head(sheet), bold)
            for place, row in enumerate(sheet.rows, start=len(lines) + 1):
                _write(page, place, _fields(sheet, given, *row), row[1])
    return file.getvalue()


def _write(page: Any, place: int, fields: list[str], count: Count) -> None:
    *before, _, _ = fields
    page.write_row(place, 0, before)
    if count.number is None:
        page.write_string(place, len(before), WORDS[count.standing])
    else:
        page.write_number(place, len(before), count.number)
    page.write_string(place, len(before) + 1, WORDS[count.standing])


# The catalogue ------------------------------------------------------------------------------


def catalogue(releases: Sequence[Release], *, origin: str, publisher: str) -> bytes:
    """Describe every release as a dataset with its files (DCAT-AP.de 2.0, JSON-LD)."""
    return _json(
        {
            "@context": {
                "dcat": "http://www.w3.org/ns/dcat#",
                "dct": "http://purl.org/dc/terms/",
                "foaf": "http://xmlns.com/foaf/0.1/",
                "spdx": "http://spdx.org/rdf/terms#",
                "xsd": "http://www.w3.org/2001/XMLSchema#",
            },
            "@id": f"{origin}/zahlen/katalog",
            "@type": "dcat:Catalog",
            "dct:title": _german("Zahlen der Antidiskriminierungsarbeit"),
            "dct:description": _german(" ".join(NOTES)),
            "dct:publisher": _agent(publisher),
            "dcat:dataset": [_dataset(it, origin, publisher) for it in releases if sheets(it)],
        }
    )


def _dataset(release: Release, origin: str, publisher: str) -> dict[str, Any]:
    given, place = release.publication, f"{origin}/zahlen/{release.number}"
    return {
        "@id": place,
        "@type": "dcat:Dataset",
        "dct:identifier": f"{release.number}",
        "dct:title": [{"@value": text, "@language": lang} for lang, text in given.title.items()
                      if lang != "de-simple"],
        "dct:description": _german(" ".join(NOTES)),
        "dct:publisher": _agent(publisher),
        "dct:issued": _dated(f"{release.published_on}"),
        "dcat:theme": [
            {"@id": f"http://publications.europa.eu/resource/authority/data-theme/{theme}"}
            for theme in ("JUST", "SOCI")
        ],
        "dct:temporal": {
            "@type": "dct:PeriodOfTime",
            "dcat:startDate": _dated(f"{given.period.since}"),
            "dcat:endDate": _dated(f"{given.period.to}"),
        },
        "dcat:landingPage": {"@id": f"{origin}/de/zahlen/{release.number}"},
        "dcat:distribution": [
            {
                "@id": f"{place}/{name}",
                "@type": "dcat:Distribution",
                "dct:title": _german(name),
                "dcat:accessURL": {"@id": f"{place}/{name}"},
                "dcat:downloadURL": {"@id": f"{place}/{name}"},
                "dcat:mediaType": {
                    "@id": f"https://www.iana.org/assignments/media-types/{media_type}"
                },
            }
            for name, media_type in names(release)
        ],
    }  # fmt: skip


def names(release: Release) -> list[tuple[str, str]]:
    """Every file of a release that people may want, with its media type."""
    tables = [(f"{sheet.name}.csv", CSV) for sheet in sheets(release)]
    return [*tables, ("tabellen.xlsx", XLSX), ("veroeffentlichung.json", JSON)]


def _german(text: str) -> dict[str, str]:
    return {"@value": text, "@language": "de"}


def _dated(day: str) -> dict[str, str]:
    return {"@value": day, "@type": "xsd:date"}


def _agent(name: str) -> dict[str, str]:
    return {"@type": "foaf:Agent", "foaf:name": name}


def _json(described: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(described), indent=1) + b"\n"
