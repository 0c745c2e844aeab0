"""Pages that only inform: who helps with what, privacy, imprint, accessibility."""

from typing import Final

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from adstelle.information.paper import parts, receivers
from adstelle.web.finder import subjects
from adstelle.web.pages import Pages, View
from adstelle.web.stellen import cards

FINDER: Final = "wer-hilft"
PAPER: Final = "papierformular"

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


@get("/{lang:str}/wer-hilft")
async def finder(pages: NamedDependency[Pages], lang: FromPath[str]) -> Page:
    """Subjects that are no matter for a report or go beyond one, and who is competent."""
    code = pages.language(lang)
    view = View(template="pages/finder.html", path=FINDER, title="finder.title")
    return pages.page(code, view, subjects=subjects(pages.city.subjects, pages, code))


@get("/{lang:str}/wer-hilft/{number:int}")
async def finder_subject(
    pages: NamedDependency[Pages], lang: FromPath[str], number: FromPath[int]
) -> Page:
    """One subject, for one sheet of paper. Address and title do not say which."""
    code = pages.language(lang)
    known = pages.city.subjects
    if not 1 <= number <= len(known):
        raise NotFoundException
    view = View(
        template="pages/subject.html",
        path=f"{FINDER}/{number}",
        title="finder.subject_title",
        title_values={"n": number},
    )
    (shown,) = subjects(known[number - 1 : number], pages, code)
    return pages.page(code, view, subject=shown)


@get("/{lang:str}/papierformular")
async def paper(pages: NamedDependency[Pages], lang: FromPath[str]) -> Page:
    """The questions of the form, to be printed and filled in by hand."""
    code = pages.language(lang)
    view = View(template="pages/paper.html", path=PAPER, title="paper.title")
    return pages.page(code, view, parts=parts(pages, code), receivers=receivers(pages, code))


HANDLERS: Final = (privacy, imprint, accessibility, stellen, finder, finder_subject, paper)
