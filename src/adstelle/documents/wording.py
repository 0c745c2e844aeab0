"""The words of a document in one language: labels, days, codes, facts."""

from collections.abc import Iterable
from datetime import date, datetime

from adstelle.domain.case_document import Audience, Entry, Fact, Section, SectionName
from adstelle.web import dates
from adstelle.web.pages import Pages


class Wording:
    """Puts things into words for one reader in one language."""

    def __init__(self, pages: Pages, lang: str, audience: Audience, today: date) -> None:
        self._pages = pages
        self._lang = lang
        self._audience = audience
        self._today = today

    def _section(
        self,
        name: SectionName,
        *,
        facts: Iterable[Fact] = (),
        text: str = "",
        entries: Iterable[Entry] = (),
    ) -> Section:
        return Section(
            name=name,
            title=self._text(f"export.section.{name}"),
            facts=tuple(fact for fact in facts if fact.value),
            text=text,
            entries=tuple(entries),
        )

    def _signed(self, at: datetime, name: str | None) -> str:
        """When something was done; the Stelle's own file says the moment, and by whom."""
        if self._audience is Audience.FILE:
            moment = dates.moment(self._pages, self._lang, at)
            return " · ".join(filter(None, (moment, name)))
        return self._day(dates.day_of(at, self._pages.city.time_zone))

    def _fact(self, name: str, label: str, value: str, *codes: str) -> Fact:
        return Fact(name, self._text(label), value, codes)

    def _field(self, name: str, value: str, *codes: str) -> Fact:
        return self._fact(name, f"staff.field.{name}", value, *codes)

    def _coded(self, name: str, *codes: str | None) -> Fact:
        given = tuple(code for code in codes if code)
        question = "mandate" if name == "mandates" else name
        said = ", ".join(self._known(f"code.{question}.{code}", code) for code in given)
        return self._field(name, said, *given)

    def _mandates(self, codes: Iterable[str]) -> str:
        said = ", ".join(self._known(f"code.mandate.{code}", code) for code in codes)
        return said or self._text("consent.wish.nothing")

    def _yes_no(self, answer: bool | None) -> str:
        return "" if answer is None else self._text("common.yes" if answer else "common.no")

    def _stelle(self, code: str) -> str:
        return self._known(f"stelle.{code}.name", code)

    def _known(self, key: str, otherwise: str) -> str:
        return self._text(key) if self._pages.city.catalogue.has(key) else otherwise

    def _day(self, given: date) -> str:
        return dates.day(self._pages, self._lang, given)

    def _text(self, key: str, **values: object) -> str:
        return self._pages.text(self._lang, key, **values)
