"""What the service works with: the city's data as loaded, with what wants attention.

Nothing is changed here. Data are files under version control; SIGHUP takes new ones into service.
"""

from collections.abc import Iterable
from pathlib import PurePath
from typing import Final

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath
from markupsafe import Markup, escape

from adstelle.city import City, Stelle
from adstelle.domain.fristen import DeadlineRule, Period
from adstelle.domain.routing import Rule
from adstelle.reloading import Reloader, Standing
from adstelle.toml_files import Fault
from adstelle.web import dates
from adstelle.web.guard import AnyRequest, Guard, Page, frame
from adstelle.web.pages import Pages, View

PATH: Final = "stadt"


class Row(msgspec.Struct, frozen=True):
    """One line of a list of facts; it leads nowhere."""

    label: str
    value: str
    href: str = ""


class Place(msgspec.Struct, frozen=True):
    """What the check says, and where: the end of the file's path and the line."""

    where: str
    message: str


class Shown:
    """The city in the words of one reader."""

    def __init__(self, pages: Pages, lang: str) -> None:
        self._pages = pages
        self._lang = lang

    def standing(self, standing: Standing) -> list[Row]:
        """What is in force since when."""
        city = standing.city
        facts = {
            "name": city.name,
            "since": dates.moment(self._pages, self._lang, standing.since),
            "stellen": str(len(city.stellen)),
            "rules": str(len(city.rules)),
            "districts": str(len(city.districts)),
            "warnings": str(len(city.warnings)),
        }
        return [Row(self._text(f"fact.{name}"), value) for name, value in facts.items()]

    def stellen(self, stellen: Iterable[Stelle]) -> list[Row]:
        """Each Stelle: how reports arrive, until when it answers, when its contact was checked."""
        return [
            Row(
                self._pages.text(self._lang, stelle.name),
                lines(
                    self._text(f"channel.{stelle.channel}"),
                    self._promise(stelle.code),
                    self._checked(stelle),
                ),
            )
            for stelle in stellen
        ]

    def rules(self, rules: Iterable[Rule]) -> list[Row]:
        """Each rule in order: its id, whom it offers, the reason that the person reads."""
        names = self._pages.city.stellen
        return [
            Row(
                rule.id,
                lines(
                    *(self._pages.text(self._lang, names[code].name) for code in rule.stellen),
                    self._pages.text(self._lang, rule.reason),
                ),
            )
            for rule in rules
        ]

    def deadlines(self, rules: Iterable[DeadlineRule]) -> list[Row]:
        """Each rule that knows a period: what it is about, law, period."""
        return [
            Row(
                self._pages.text(self._lang, f"{rule.text}.name"),
                lines(self._period(rule.period), rule.law),
            )
            for rule in rules
            if rule.period is not None
        ]

    def languages(self, city: City) -> list[Row]:
        """Each language in its own words, and how far its texts were checked."""
        known = (city.catalogue.languages[code] for code in city.languages)
        return [
            Row(
                Markup('<bdi lang="{}">{}</bdi>').format(language.html, language.name),
                self._text(f"status.{language.status}"),
            )
            for language in known
        ]

    def _text(self, key: str, **values: object) -> str:
        return self._pages.text(self._lang, f"administration.{key}", **values)

    def _promise(self, stelle: str) -> str:
        promised = self._pages.city.first_answer.get(stelle)
        if promised is None:
            return self._text("no_promise")
        return self._text("promise", period=self._period(promised))

    def _checked(self, stelle: Stelle) -> str:
        if stelle.verified_on is None:
            return self._text("never_checked")
        return self._text("checked", day=dates.day(self._pages, self._lang, stelle.verified_on))

    def _period(self, period: Period) -> str:
        return self._pages.text(self._lang, f"deadline.period.{period.unit}", count=period.length)


def lines(*parts: str) -> Markup:
    """Put each part on a line of its own."""
    return Markup("<br>").join(escape(part) for part in parts if part)


def places(faults: Iterable[Fault]) -> list[Place]:
    """Name file and line without the path of the machine."""
    return [
        Place(f"{'/'.join(PurePath(fault.file).parts[-2:])}:{fault.line}", fault.message)
        for fault in faults
    ]


class CityPages:
    """What the handler below needs; built once by the composition root."""

    def __init__(self, guard: Guard, reloader: Reloader) -> None:
        self.guard = guard
        self.reloader = reloader


@get("/{lang:str}/stadt")
async def show_city(
    request: AnyRequest, city_pages: NamedDependency[CityPages], lang: FromPath[str]
) -> Page:
    """Show Stellen, rules, deadlines and languages as loaded, and what the check says of them."""
    session = await city_pages.guard.anybody(request)
    pages, standing = city_pages.guard.pages, city_pages.reloader.standing
    code, city = pages.language(lang), pages.city
    shown = Shown(pages, code)
    refused = standing.refused_at
    return pages.page(
        code,
        View(template="administration/city.html", path=PATH, title="administration.title"),
        **frame(pages, code, session),
        standing=shown.standing(standing),
        refused=dates.moment(pages, code, refused) if refused else "",
        faults=places(standing.faults),
        warnings=places(city.warnings),
        stellen=shown.stellen(city.stellen.values()),
        rules=shown.rules(city.rules),
        deadlines=shown.deadlines(city.deadlines.values()),
        spoken=shown.languages(city),
    )


HANDLERS: Final = (show_city,)
