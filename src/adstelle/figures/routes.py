"""The public pages of published figures, and their files at addresses that stay."""

from typing import Any, Final

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from adstelle.auditing.reading import Params
from adstelle.figures import portal
from adstelle.figures.method import sections
from adstelle.figures.offered import FROZEN, MEDIA, Cabinet, Content, Kind
from adstelle.figures.service import Figures, Release
from adstelle.figures.shown import Shower
from adstelle.web import security
from adstelle.web.pages import Pages, View

PATH: Final = "zahlen"
METHOD: Final = f"{PATH}/methode"
EVERYBODY: Final = {  # what is published may be read by programs of other sites
    "access-control-allow-origin": "*",
    "content-security-policy": "default-src 'none'; sandbox",
}
# A number may be withdrawn: caches ask each time whether a file is still the same. The frozen
# bytes alone never change.
ASK_AGAIN: Final = "public, no-cache"
FOR_GOOD: Final = "public, max-age=31536000, immutable"

Page = Response[bytes]
Asked = Request[Any, Any, Any]


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


@get("/{lang:str}/zahlen/methode")
async def figures_method(
    pages: NamedDependency[Pages], figures: NamedDependency[Figures], lang: FromPath[str]
) -> Page:
    """How figures are made: what counts, what is missing and why."""
    code = pages.language(lang)
    view = View(template="figures/method.html", path=METHOD, title="method.title")
    known = [it.publication.k for it in await figures.releases() if it.publication.release.cells]
    k = known[-1] if known else Params().k
    return pages.page(code, view, sections=sections(pages, code, k))


@get("/{lang:str}/zahlen/{number:int}")
async def figures_release(
    pages: NamedDependency[Pages],
    figures: NamedDependency[Figures],
    cabinet: NamedDependency[Cabinet],
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
    # The report in the reader's language comes first.
    files = sorted(
        cabinet.offered(release), key=lambda it: (it.kind is not Kind.REPORT, it.lang != code)
    )
    return pages.page(
        code,
        view,
        release=release,
        shower=shower,
        headlines=shower.headlines(release),
        tables=shower.tables(release),
        lines=shower.lines(release, everything),
        corrections=corrections,
        files=files,
        known=pages.city.catalogue.languages,
    )


@get("/zahlen/{number:int}/{name:str}")
async def figures_file(
    request: Asked,
    pages: NamedDependency[Pages],
    figures: NamedDependency[Figures],
    cabinet: NamedDependency[Cabinet],
    number: FromPath[int],
    name: FromPath[str],
) -> Page:
    """One file of a release."""
    release = _one(await figures.releases(), number)
    file = cabinet.find(release, name)
    if file is None:
        raise NotFoundException
    content = await cabinet.content(release, file)
    answer = _file(request, pages, content, MEDIA[file.kind])
    if file.kind is not Kind.CSVW:
        answer.headers["content-disposition"] = f'attachment; filename="zahlen-{number}-{name}"'
    if name == FROZEN:
        answer.headers["cache-control"] = FOR_GOOD
    return answer


@get("/zahlen/katalog")
async def figures_catalogue(
    request: Asked,
    pages: NamedDependency[Pages],
    figures: NamedDependency[Figures],
    cabinet: NamedDependency[Cabinet],
) -> Page:
    """All releases for the open-data portal."""
    shelves = [
        await _shelf(cabinet, it) for it in await figures.releases() if it.publication.release.cells
    ]
    content = portal.catalogue(
        shelves, pages.city, origin=cabinet.origin, publisher=cabinet.publisher
    )
    return _file(request, pages, Content.of(content), portal.MEDIA_TYPE)


async def _shelf(cabinet: Cabinet, release: Release) -> portal.Shelf:
    """A release with the bytes of its data files; reports take too long to make them all."""
    files = cabinet.offered(release)
    quick = [it for it in files if it.kind is not Kind.REPORT]
    contents = {it.name: await cabinet.content(release, it) for it in quick}
    return portal.Shelf(release, tuple(files), contents)


def _one(releases: list[Release], number: int) -> Release:
    found = next((it for it in releases if it.number == number), None)
    if found is None:
        raise NotFoundException
    return found


def _file(request: Asked, pages: Pages, content: Content, media_type: str) -> Page:
    """Answer with a file, or that it is still the one that was asked for before (RFC 9110)."""
    tag = f'"{content.sha256}"'
    headers = security.page_headers(pages.secure) | EVERYBODY
    headers |= {"cache-control": ASK_AGAIN, "etag": tag}
    known = request.headers.get("if-none-match", "")
    if tag in {it.strip().removeprefix("W/") for it in known.split(",")}:
        return Response(b"", status_code=304, headers=headers)
    return Response(content.content, media_type=media_type, headers=headers)


HANDLERS: Final = (figures_list, figures_method, figures_release, figures_file, figures_catalogue)
