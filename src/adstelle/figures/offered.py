"""Which files there are of a release, what they are, and their bytes: made once, then kept.

What is withdrawn later changes the files of a release, so it is part of what they are kept by.
"""

import asyncio
from collections.abc import Callable
from enum import StrEnum
from functools import partial
from hashlib import sha256
from typing import Final, Self, TypeAlias

import msgspec

from adstelle.figures import files, ods, report, sdmx
from adstelle.figures.service import Release
from adstelle.figures.sheets import sheets
from adstelle.web.pages import Pages

FROZEN: Final = "veroeffentlichung.json"  # the bytes that are hashed: they alone never change
MOST_KEPT: Final = 512  # files; one has 5 to 100 kB

Key: TypeAlias = tuple[int, bytes, frozenset[str], str]


class Kind(StrEnum):
    """What a file is; the text `formats.kind.…` says it."""

    REPORT = "report"
    ODS = "ods"
    XLSX = "xlsx"
    CSV = "csv"
    CSVW = "csvw"
    SDMX = "sdmx"
    JSON = "json"


MEDIA: Final = {
    Kind.REPORT: "application/pdf",
    Kind.ODS: ods.MEDIA_TYPE,
    Kind.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Kind.CSV: "text/csv",
    Kind.CSVW: "application/csvm+json",
    Kind.SDMX: sdmx.MEDIA_TYPE,
    Kind.JSON: "application/json",
}


class Offered(msgspec.Struct, frozen=True):
    """One file of a release. *lang*: of a report; *about*: the German title of a table."""

    name: str
    kind: Kind
    lang: str = ""
    about: str = ""


class Content(msgspec.Struct, frozen=True):
    """The bytes of a file and their SHA-256 in hexadecimal digits."""

    content: bytes
    sha256: str

    @classmethod
    def of(cls, content: bytes) -> Self:
        """Measure bytes."""
        return cls(content, sha256(content).hexdigest())


class Cabinet:
    """Makes the files of releases, off the event loop and one at a time, and keeps them.

    Their addresses begin with *origin*, whatever a request calls this host.
    """

    def __init__(self, pages: Pages, origin: str) -> None:
        self._pages = pages
        self.origin = origin
        self._kept: dict[Key, Content] = {}
        self._making = asyncio.Lock()

    @property
    def publisher(self) -> str:
        """Who answers for the figures."""
        return self._pages.city.imprint.provider or self._pages.city.name

    def offered(self, release: Release) -> list[Offered]:
        """Every file of a release that people or portals may want; none of a mere correction."""
        if not release.publication.release.cells:
            return []
        return [
            *(
                Offered(f"bericht-{lang}.pdf", Kind.REPORT, lang=lang)
                for lang in self._pages.city.languages
            ),
            Offered("tabellen.ods", Kind.ODS),
            Offered("tabellen.xlsx", Kind.XLSX),
            *(Offered(f"{it.name}.csv", Kind.CSV, about=it.title) for it in sheets(release)),
            Offered("sdmx.json", Kind.SDMX),
            Offered(FROZEN, Kind.JSON),
        ]

    def find(self, release: Release, name: str) -> Offered | None:
        """A file by its name, also those that stand beside another one."""
        if name == FROZEN:
            return Offered(FROZEN, Kind.JSON)
        beside = [
            Offered(f"{it.name}{files.METADATA}", Kind.CSVW, about=it.about)
            for it in self.offered(release)
            if it.kind is Kind.CSV
        ]
        return next((it for it in [*self.offered(release), *beside] if it.name == name), None)

    async def content(self, release: Release, file: Offered) -> Content:
        """The bytes of a file."""
        key = (release.number, release.sha256, release.withdrawn, file.name)
        async with self._making:
            if key not in self._kept:
                made = await asyncio.to_thread(self._maker(release, file))
                if len(self._kept) >= MOST_KEPT:
                    del self._kept[next(iter(self._kept))]
                self._kept[key] = Content.of(made)
            return self._kept[key]

    def _maker(self, release: Release, file: Offered) -> Callable[[], bytes]:
        match file.kind:
            case Kind.REPORT:
                address = f"{self.origin}/{file.lang}/zahlen/{release.number}"
                return partial(report.report, self._pages, file.lang, release, address)
            case Kind.CSV | Kind.CSVW:
                return partial(self._table, release, file)
            case Kind.ODS:
                return partial(ods.spreadsheet, release)
            case Kind.XLSX:
                return partial(files.workbook, release)
            case Kind.SDMX:
                return partial(
                    sdmx.message,
                    release,
                    origin=self.origin,
                    publisher=self.publisher,
                    city=self._pages.city.code,
                )
            case Kind.JSON:
                return lambda: release.content

    def _table(self, release: Release, file: Offered) -> bytes:
        name = file.name.removesuffix(files.METADATA).removesuffix(".csv")
        sheet = next(it for it in sheets(release) if it.name == name)
        if file.kind is Kind.CSV:
            return files.table_csv(release, sheet)
        return files.table_metadata(release, sheet, self.publisher)
