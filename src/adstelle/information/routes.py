"""Pages that only inform: who helps, privacy, imprint, accessibility."""

from typing import Final

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from adstelle.web.pages import Pages, View
from adstelle.web.stellen import cards

Page = Response[bytes]


def _page(pages: Pages, lang: str, name: str, path: str) -> Page:
    code = pages.language(lang)
    view = View(template=f"pages/{name}.html", path=path, title=f"pages.{name}_title")
    return pages.page(code, view)


@get("/{lang:str}/datenschutz")
async def privacy(pages: NamedDependency[Pages], lang: FromPath[str]) -> Page:
    """What happens with personal data (Art. 13 GDPR, a draft)."""
    return _page(pages, lang, "privacy", "datenschutz")


@get("/{lang:str}/impressum")
async def imprint(pages: NamedDependency[Pages], lang: FromPath[str]) -> Page:
    """Who answers for the site."""
    return _page(pages, lang, "imprint", "impressum")


@get("/{lang:str}/barrierefreiheit")
async def accessibility(pages: NamedDependency[Pages], lang: FromPath[str]) -> Page:
    """How far accessibility is checked, and whom to tell about a barrier."""
    return _page(pages, lang, "accessibility", "barrierefreiheit")


@get("/{lang:str}/stellen")
async def stellen(pages: NamedDependency[Pages], lang: FromPath[str]) -> Page:
    """Every body that helps, with contact and the day it was checked."""
    code = pages.language(lang)
    view = View(template="pages/stellen.html", path="stellen", title="pages.stellen_title")
    found = [(stelle, "") for stelle in pages.city.stellen]
    return pages.page(code, view, cards=cards(found, pages, code))


HANDLERS: Final = (privacy, imprint, accessibility, stellen)
