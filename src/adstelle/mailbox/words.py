"""The words of the mailbox in one language: a report in full, and what was agreed."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Final

import msgspec
from markupsafe import Markup, escape

from adstelle.city import City
from adstelle.domain.handover import Scope
from adstelle.domain.report import Account, Contact
from adstelle.domain.routing import CodedAnswers
from adstelle.web import dates
from adstelle.web.pages import Pages

_RESIDENT: Final = {True: "ja", False: "nein", None: None}


class Row(msgspec.Struct, frozen=True):
    """One line of a list of facts."""

    label: str
    value: Markup
    href: None = None


class Words:
    """Labels in one language. A code that the city no longer has is shown as it is."""

    def __init__(self, pages: Pages, lang: str) -> None:
        self.pages = pages
        self.lang = lang
        self.city: City = pages.city

    def text(self, key: str, **values: object) -> str:
        """A text of this language."""
        return self.pages.text(self.lang, key, **values)

    def known(self, key: str, otherwise: str) -> str:
        """A text, or what to show where there is none."""
        return self.text(key) if self.city.catalogue.has(key) else otherwise

    def day(self, given: date) -> str:
        """A day as this language writes it."""
        return dates.day(self.pages, self.lang, given)

    def stelle(self, code: str) -> str:
        """The name of a Stelle."""
        return self.known(f"stelle.{code}.name", code)

    def mandates(self, codes: Iterable[str]) -> list[str]:
        """What somebody wants; one line that says so where they want nothing."""
        wanted = [self.known(f"code.mandate.{code}", code) for code in codes]
        return wanted or [self.text("consent.wish.nothing")]

    def scope(self, scope: Scope) -> str:
        """How much was or would be given."""
        return self.text(f"consent.scope.{scope}")

    # The report -----------------------------------------------------------------------------

    def report(self, account: Account, contact: Contact | None) -> list[Row]:
        """Everything a Stelle may read; without *contact* nothing of that."""
        told = [*self._answers(account.answers), *self._told(account)]
        reach = self._contact(contact) if contact is not None else ()
        return [
            Row(self.text(f"field.{name}.short"), value) for name, value in (*told, *reach) if value
        ]

    def _answers(self, answers: CodedAnswers) -> Iterator[tuple[str, Markup]]:
        place = (answers.territory, "internet" if answers.online else None)
        yield "reporter_role", self._codes("reporter_role", (answers.reporter_role,))
        yield "incident_type", self._codes("incident_type", (answers.incident_type,))
        yield "territory", self._codes("territory", place)
        yield "resident", self._codes("resident", (_RESIDENT[answers.resident],))
        yield "area_of_life", self._codes("area_of_life", (answers.area_of_life,))
        yield "grounds", self._codes("grounds", answers.grounds)
        yield (
            "alleged_responsible",
            self._codes("alleged_responsible", (answers.alleged_responsible,)),
        )
        if answers.criminal_relevance is not None:
            relevance = "yes" if answers.criminal_relevance else "no"
            yield "criminal_relevance", escape(self.text(f"common.{relevance}"))

    def _told(self, account: Account) -> Iterator[tuple[str, Markup]]:
        yield "affected_agrees", self._codes("affected_agrees", (account.affected_agrees,))
        yield "account", typed(account.account)
        yield "date", typed(dates.incident_day(self.pages, self.lang, account.date))
        yield "frequency", self._codes("frequency", (account.frequency,))
        yield "district", self._codes("district", (account.district,))
        yield "place", typed(account.place)
        yield "ground_words", typed(account.ground_words)
        yield "mandates", self._codes("mandate", account.mandates)
        yield "language", self._language(account.language)
        yield "interpreter", typed(account.interpreter)

    def _contact(self, contact: Contact) -> Iterator[tuple[str, Markup]]:
        yield "name", typed(contact.name)
        yield "address_as", typed(contact.address_as)
        yield "mail", _from_left(contact.mail)
        yield "phone", _from_left(contact.phone)
        if contact.phone:
            yield "voicemail", escape(self.text(f"common.{'yes' if contact.voicemail else 'no'}"))
        yield "safe_times", typed(contact.safe_times)

    def _codes(self, question: str, codes: Iterable[str | None]) -> Markup:
        """Coded answers, one a line."""
        return lines(self._label(question, code) for code in codes if code)

    def _label(self, question: str, code: str) -> str:
        keys = (f"code.{question}.{code}", f"field.{question}.{code}", f"{question}.{code}")
        return next((self.text(key) for key in keys if self.city.catalogue.has(key)), code)

    def _language(self, code: str) -> Markup:
        """A language is named in itself."""
        known = self.city.catalogue.languages.get(code)
        if known is None:
            return escape(code)
        return Markup('<span lang="{}" dir="{}">{}</span>').format(
            known.html, known.dir, known.name
        )


def lines(texts: Iterable[str]) -> Markup:
    """Texts below each other."""
    return Markup("<br>").join(escape(text) for text in texts)


def typed(text: str) -> Markup:
    """What was typed keeps its lines and its own direction."""
    return Markup('<div class="typed" dir="auto">{}</div>').format(text) if text else Markup("")


def _from_left(text: str) -> Markup:
    return Markup('<bdi dir="ltr">{}</bdi>').format(text) if text else Markup("")
