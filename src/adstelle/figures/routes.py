"""The public pages of published figures, and their files at addresses that stay."""

from typing import Final

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from adstelle.figures import files
from adstelle.figures.service import Figures, Release
from adstelle.figures.shown import Shower
from adstelle.web import security
from adstelle.web.pages import Pages, View

PATH: Final = "zahlen"
EVERYBODY: Final = {  # what is published may be read by programs of other sites
    "access-control-allow-origin": "*",
    "content-security-policy": "default-src 'none'; sandbox",
}

Page = Response[bytes]


@get("/{lang:str}/zahlen")
async def figures_list(
    pages: NamedDependency[Pages], figures: NamedDependency[Figures], lang: FromPath[str]
) -> Page:
    """Every release with its headline figures, the latest first."""
    code = pages.language(lang)
    view = View(template="figures/list.html", path=PATH, title="figures.title")
    shower = Shower(pages, code)
    found = [it for it in await figures.releases() if it.publication.release.cells]
    return pages.page(code, view, releases=found[::-1], shower=shower)


@get("/{lang:str}/zahlen/{number:int}")
async def figures_release(
    pages: NamedDependency[Pages],
    figures: NamedDependency[Figures],
    lang: FromPath[str],
    number: FromPath[int],
) -> Page:
    """One release: headline figures, tables with bars, lines over the years, method, files."""
    code = pages.language(lang)
    everything = await figures.releases()
    release = _one(everything, number)
    shower = Shower(pages, code)
    view = View(
        template="figures/release.html",
        path=f"{PATH}/{number}",
        title="figures.release_title",
        title_values={"period": shower.period(release.publication.period)},
    )
    corrections = [
        it for it in everything if number in {gone.release for gone in it.publication.withdraws}
    ]
    return pages.page(
        code,
        view,
        release=release,
        shower=shower,
        headlines=shower.headlines(release),
        tables=shower.tables(release),
        lines=shower.lines(release, everything),
        corrections=corrections,
        files=files.names(release) if release.publication.release.cells else [],
    )


@get("/zahlen/{number:int}/{name:str}")
async def figures_file(
    pages: NamedDependency[Pages],
    figures: NamedDependency[Figures],
    number: FromPath[int],
    name: FromPath[str],
) -> Page:
    """One file of a release."""
    release = _one(await figures.releases(), number)
    if name == "veroeffentlichung.json":
        return _file(pages, release.content, files.JSON, _named(number, name))
    if name == "tabellen.xlsx":
        return _file(pages, files.workbook(release), files.XLSX, _named(number, name))
    for sheet in files.sheets(release):
        if name == f"{sheet.name}.csv":
            content = files.table_csv(release, sheet)
            return _file(pages, content, files.CSV, _named(number, name))
        if name == f"{sheet.name}.csv{files.METADATA}":
            content = files.table_metadata(release, sheet, _publisher(pages))
            return _file(pages, content, files.CSVW)
    raise NotFoundException


@get("/zahlen/katalog")
async def figures_catalogue(
    pages: NamedDependency[Pages], figures: NamedDependency[Figures]
) -> Page:
    """All releases for the open-data portal."""
    found = files.catalogue(
        await figures.releases(), origin=figures.origin, publisher=_publisher(pages)
    )
    return _file(pages, found, files.JSONLD)


def _one(releases: list[Release], number: int) -> Release:
    found = next((it for it in releases if it.number == number), None)
    if found is None:
        raise NotFoundException
    return found


def _named(number: int, name: str) -> str:
    return f"zahlen-{number}-{name}"


def _publisher(pages: Pages) -> str:
    return pages.city.imprint.provider or pages.city.name


def _file(pages: Pages, content: bytes, media_type: str, name: str | None = None) -> Page:
    headers = security.page_headers(pages.secure) | EVERYBODY
    if name is not None:
        headers["content-disposition"] = f'attachment; filename="{name}"'
    return Response(content, media_type=media_type, headers=headers)


HANDLERS: Final = (figures_list, figures_release, figures_file, figures_catalogue)
