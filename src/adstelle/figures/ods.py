"""The workbook as an OpenDocument spreadsheet (ODF 1.3, ISO/IEC 26300), the format of offices.

Sixty lines instead of a package: the packages there are for it stamp files with the clock, so the
same release would have other bytes each time, and bring an XML library into the public process.
"""

from collections.abc import Iterator
from datetime import date
from io import BytesIO
from typing import Final
from xml.sax.saxutils import escape, quoteattr
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from adstelle.figures.service import Release
from adstelle.figures.sheets import Sheet, above, head, leaf_name, printed, sheets
from adstelle.releases.publication import GERMAN

MEDIA_TYPE: Final = "application/vnd.oasis.opendocument.spreadsheet"
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)  # the first moment that a zip can name
_OASIS: Final = "urn:oasis:names:tc:opendocument:xmlns"
_NAMES: Final = "".join(
    f' xmlns:{short}="{_OASIS}:{name}:1.0"'
    for short, name in [
        ("office", "office"), ("table", "table"), ("text", "text"), ("style", "style"),
        ("fo", "xsl-fo-compatible"), ("meta", "meta"),
    ]
) + ' xmlns:dc="http://purl.org/dc/elements/1.1/"'  # fmt: skip
_XML: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'
_MANIFEST: Final = (
    f'{_XML}<manifest:manifest xmlns:manifest="{_OASIS}:manifest:1.0" manifest:version="1.3">'
    + "".join(
        f'<manifest:file-entry manifest:full-path="{path}" manifest:media-type="{kind}"/>'
        for path, kind in [
            ("/", MEDIA_TYPE), ("content.xml", "text/xml"), ("styles.xml", "text/xml"),
            ("meta.xml", "text/xml"),
        ]
    )
    + "</manifest:manifest>"
)  # fmt: skip
_STYLES: Final = (
    f'{_XML}<office:document-styles{_NAMES} office:version="1.3"><office:styles>'
    '<style:default-style style:family="table-cell">'
    '<style:text-properties fo:language="de" fo:country="DE"/></style:default-style>'
    '<style:style style:name="Default" style:family="table-cell"/>'
    "</office:styles></office:document-styles>"
)
_AUTOMATIC: Final = (
    "<office:automatic-styles>"
    '<style:style style:name="wide" style:family="table-column">'
    '<style:table-column-properties style:column-width="45mm"/></style:style>'
    '<style:style style:name="bold" style:family="table-cell">'
    '<style:text-properties fo:font-weight="bold"/></style:style>'
    "</office:automatic-styles>"
)


def spreadsheet(release: Release) -> bytes:
    """Write all tables, each on its own sheet; the same release gives the same bytes."""
    parts = {  # the type comes first and unpacked, so that programs know the file by its beginning
        "mimetype": MEDIA_TYPE,
        "META-INF/manifest.xml": _MANIFEST,
        "content.xml": _content(release),
        "styles.xml": _STYLES,
        "meta.xml": _meta(release.publication.title[GERMAN], release.published_on),
    }
    file = BytesIO()
    with ZipFile(file, "w") as packed:
        for name, text in parts.items():
            part = ZipInfo(name, _EPOCH)
            part.compress_type = ZIP_STORED if name == "mimetype" else ZIP_DEFLATED
            packed.writestr(part, text.encode())
    return file.getvalue()


def _meta(title: str, day: date) -> str:
    return (
        f'{_XML}<office:document-meta{_NAMES} office:version="1.3"><office:meta>'
        f"<meta:generator>Adstelle</meta:generator><dc:title>{escape(title)}</dc:title>"
        f"<dc:date>{day}T00:00:00</dc:date><dc:language>de-DE</dc:language>"
        "</office:meta></office:document-meta>"
    )


def _content(release: Release) -> str:
    tables = "".join(
        _table(release, number, sheet) for number, sheet in enumerate(sheets(release), start=1)
    )
    return (
        f'{_XML}<office:document-content{_NAMES} office:version="1.3">{_AUTOMATIC}'
        f"<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body>"
        "</office:document-content>"
    )


def _table(release: Release, number: int, sheet: Sheet) -> str:
    rows = "".join(_rows(release, sheet))
    columns = len(head(sheet))
    return (
        f"<table:table table:name={quoteattr(leaf_name(number, sheet))}>"
        f'<table:table-column table:style-name="wide" table:number-columns-repeated="{columns}"/>'
        f"{rows}</table:table>"
    )


def _rows(release: Release, sheet: Sheet) -> Iterator[str]:
    for place, text in enumerate(above(release, sheet)):
        yield _row([text], bold=place < 2)
    yield _row([""])
    yield _row(head(sheet), bold=True)
    for row, count in sheet.rows:
        yield _row(printed(sheet, release.publication, row, count))


def _row(cells: list[str] | list[str | int], *, bold: bool = False) -> str:
    style = ' table:style-name="bold"' if bold else ""
    return f"<table:table-row>{''.join(_cell(it, style) for it in cells)}</table:table-row>"


def _cell(cell: str | int, style: str) -> str:
    kind = f'float" office:value="{cell}' if isinstance(cell, int) else "string"
    return (
        f'<table:table-cell{style} office:value-type="{kind}">'
        f"<text:p>{escape(str(cell))}</text:p></table:table-cell>"
    )
