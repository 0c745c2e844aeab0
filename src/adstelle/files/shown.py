"""What pages show of files and of what could not be taken, in one language."""

from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

import msgspec
from babel.numbers import format_decimal

from adstelle.files.scanning import Scan
from adstelle.files.store import File
from adstelle.files.uploads import MOST_BYTES, MOST_FILES, MOST_TOTAL, Refusal
from adstelle.web.pages import Pages

MB: Final = 1024 * 1024
KB: Final = 1024


class FileRow(msgspec.Struct, frozen=True, kw_only=True):
    """One file, in words. *scan* is a word of `Scan`; *has_copy*: one without metadata is there."""

    file_id: UUID
    name: str
    what: str
    size: str
    scan: Scan
    is_free: bool
    has_copy: bool


class RefusalRow(msgspec.Struct, frozen=True):
    """One file that was not taken, and why; *name* is empty where it is about all the others."""

    name: str
    why: str


class Limits(msgspec.Struct, frozen=True):
    """What may be sent, in words."""

    each: str
    total: str
    files: int


def file_rows(pages: Pages, lang: str, files: Iterable[File]) -> list[FileRow]:
    """Files as a list."""
    return [
        FileRow(
            file_id=file.file_id,
            name=file.header.name,
            what=pages.text(lang, f"files.kind.{file.header.kind}"),
            size=size(pages, lang, file.header.size),
            scan=file.scan,
            is_free=file.is_free,
            has_copy=file.header.copy_size is not None,
        )
        for file in files
    ]


def refusals(pages: Pages, lang: str, refused: Sequence[Refusal]) -> list[RefusalRow]:
    """What was not taken; of too many files it is said once."""
    said = dict.fromkeys(
        RefusalRow("" if each.fault == "too_many" else each.name, _why(pages, lang, each))
        for each in refused
    )
    return list(said)


def _why(pages: Pages, lang: str, refused: Refusal) -> str:
    given = limits(pages, lang)
    values = {"each": given.each, "total": given.total, "files": given.files}
    return pages.text(lang, f"files.error.{refused.fault}", **values)


def summary(refused: Sequence[Refusal]) -> str:
    """The text for the summary of errors."""
    return "files.error.one" if len(refused) == 1 else "files.error.several"


def limits(pages: Pages, lang: str) -> Limits:
    """What may be sent."""
    return Limits(size(pages, lang, MOST_BYTES), size(pages, lang, MOST_TOTAL), MOST_FILES)


def size(pages: Pages, lang: str, given: int) -> str:
    """Write a size: 1,2 MB; what is smaller than a kilobyte is one."""
    locale = pages.city.catalogue.languages[lang].babel.replace("-", "_")
    if given >= MB:
        number = format_decimal(round(given / MB, 1), locale=locale)
        return pages.text(lang, "files.size.mb", n=number)
    number = format_decimal(max(1, round(given / KB)), locale=locale)
    return pages.text(lang, "files.size.kb", n=number)
