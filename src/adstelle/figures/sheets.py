"""A release as rows of texts and counts, in German, which every publication has.

All files are made of this. A withheld count has no number here, only its standing.
"""

from typing import Final

import msgspec

from adstelle.figures.service import Release
from adstelle.releases.publication import GERMAN, HEADLINES, Publication, Unit
from adstelle.releases.tables import TOTAL, Count, Standing, Table, lines_of

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


def printed(sheet: Sheet, given: Publication, row: Row, count: Count) -> list[str | int]:
    """The same row for a spreadsheet: a number, or in its place the words why there is none."""
    *before, _, _ = fields(sheet, given, row, count)
    words = WORDS[count.standing]
    return [*before, words if count.number is None else count.number, words]


def leaf_name(number: int, sheet: Sheet) -> str:
    """What a sheet is called in a workbook: at most 31 characters, as Excel wants it."""
    return f"{number} {sheet.name}"[:31]


def above(release: Release, sheet: Sheet) -> list[str]:
    """The lines above a table in a workbook; the first two are its titles."""
    return [release.publication.title[GERMAN], sheet.title, *notes(sheet)]


def notes(sheet: Sheet) -> list[str]:
    """What has to be known of a table, so that nobody takes rounded numbers for exact ones."""
    bases = {count.base for _, count in sheet.rows if count.base is not None}
    return [*NOTES, *(f"Zahlen sind auf Vielfache von {it} gerundet." for it in sorted(bases))]


def _codes(given: Publication, name: str, *, total: bool) -> dict[str, str]:
    labels = given.dims[name].labels
    found = {str(it): labels[str(it)][GERMAN] for it in given.release.dims[name].values}
    return found | ({TOTAL: "insgesamt"} if total else {})


def head(sheet: Sheet) -> list[str]:
    """Name the columns of a tidy table."""
    named = [text for name in sheet.columns for text in (name, f"{name}_bezeichnung")]
    return [*named, "einheit", "von", "bis", "faelle", "status"]


def fields(sheet: Sheet, given: Publication, row: Row, count: Count) -> list[str]:
    """One row of a tidy table; the number is empty if and only if it is not published."""
    *codes, unit = row
    named = [
        text
        for name, code in zip(sheet.columns, codes, strict=True)
        for text in (code, sheet.codes[name][code])
    ]
    number = "" if count.number is None else str(count.number)
    period = given.period
    return [*named, unit, f"{period.since}", f"{period.to}", number, count.standing]
