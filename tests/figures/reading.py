"""Read the files of a release as programs that know nothing of us would, and as whole text."""

import io
import re
import zipfile
from collections.abc import Iterator
from typing import Any, Final

import pikepdf
from python_calamine import CalamineWorkbook

from tests.documents.test_pdf import drawn

XMP: Final = re.compile(rb">([^<>]+)<")


def leaves(content: bytes) -> dict[str, list[list[Any]]]:
    """The sheets of a workbook, ODS or XLSX, as another program reads them."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def whole_text(content: bytes) -> str:
    """Every byte of a file that may say something, unpacked."""
    if content.startswith(b"%PDF"):
        return printed(content)
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            return "\n".join(packed.read(name).decode() for name in packed.namelist())
    return content.decode()


def printed(content: bytes) -> str:
    """What a PDF draws, without spaces, and every text in its structure and metadata."""
    with pikepdf.open(io.BytesIO(content)) as made:
        lines = [run for page in range(len(made.pages)) for run in drawn(made, page)]
        said = [text for it in made.objects for text in _strings(it)]
        metadata = made.Root.Metadata.read_bytes() if "/Metadata" in made.Root else b""
    return "\n".join([*lines, *said, *(it.decode() for it in XMP.findall(metadata))])


def _strings(found: Any) -> Iterator[str]:
    if isinstance(found, pikepdf.Dictionary | pikepdf.Stream):
        values = [value for key, value in found.items() if key != "/ID"]
    elif isinstance(found, pikepdf.Array):
        values = list(found)
    else:
        values = []
    for value in values:
        if isinstance(value, pikepdf.String):
            yield str(value)
        elif isinstance(value, pikepdf.Array) and not value.is_indirect:
            yield from _strings(value)
