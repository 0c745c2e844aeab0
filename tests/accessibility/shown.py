"""Pages as the running service showed them, ready for every kind of check."""

from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx

from accessibility.browser.tab import Given, Static
from accessibility.listing import ListedPage, Listing, State
from accessibility.rules.page import Language, Page
from accessibility.rules.tree import parsed
from adstelle.city import City
from adstelle.releases import publication
from adstelle.web.application import read_static
from adstelle.web.pages import PACKAGE
from tests.accessibility.service import FIGURES
from tests.accessibility.visitor import Visits


@dataclass(frozen=True)
class Shown:
    """One page in one state and language."""

    listed: ListedPage
    state: State
    language: Language
    status: int
    headers: dict[str, str]
    html: str
    hosts: frozenset[str]

    @property
    def page(self) -> Page:
        """The page for the rules. Trees are large: only those looked at last are kept."""
        return Page(
            document=parsed(self.html),
            language=self.language,
            frame=self.listed.frame or self.listed.side,
            is_fault=self.state.is_fault,
            hosts=self.hosts,
        )

    @property
    def given(self) -> Given:
        """The page for a browser."""
        kept = ("content-security-policy", "referrer-policy", "x-content-type-options")
        return Given(self.html, {name: self.headers[name] for name in kept if name in self.headers})

    def __str__(self) -> str:
        return f"{self.listed.name}/{self.state.name}/{self.language.code}"


class Gallery:
    """Fetches pages once and keeps them."""

    def __init__(self, visits: Visits, listing: Listing, city: City) -> None:
        self._visits = visits
        self._pages = {page.name: page for page in listing.page}
        self._city = city
        self._hosts = _hosts(city)
        self._kept: dict[tuple[str, str, str], Shown] = {}

    async def one(self, name: str, state: str, lang: str) -> Shown:
        key = (name, state, lang)
        if key not in self._kept:
            page = self._pages[name]
            wanted = next(entry for entry in page.state if entry.name == state)
            others = [other for other in wanted.seen_in if other != lang]
            answers = await self._visits.to(page.side, wanted, lang, others)
            for seen_in, answer in answers.items():
                self._kept[name, state, seen_in] = self._shown(page, wanted, seen_in, answer)
        return self._kept[key]

    def _shown(self, listed: ListedPage, state: State, lang: str, answer: httpx.Response) -> Shown:
        return Shown(
            listed=listed,
            state=state,
            language=language_of(self._city, lang),
            status=answer.status_code,
            headers=dict(answer.headers),
            html=answer.text,
            hosts=self._hosts,
        )


def language_of(city: City, lang: str) -> Language:
    known = city.catalogue.languages[lang]
    prefix = city.catalogue.text(lang, "common.error_prefix")
    return Language(code=lang, html=known.html, dir=known.dir, error_prefix=prefix)


def _hosts(city: City) -> frozenset[str]:
    """Where links may lead: the Stellen of the city, and where its figures come from."""
    sites = [stelle.website for stelle in city.stellen.values() if stelle.website]
    for file in FIGURES.glob("*.json"):
        sites.append(publication.read(file.name, file.read_bytes()).source_url or "")
    return frozenset(urlsplit(site).hostname or "" for site in sites)


def static_files() -> dict[str, Static]:
    """The built style sheets and the script, under their addresses."""
    return {
        f"/static/{name}": Static(file.content, file.kind)
        for name, file in read_static(PACKAGE / "static").items()
    }
