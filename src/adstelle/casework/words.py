"""The words of one reader's language: codes with their labels, typed text as it was typed."""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from markupsafe import Markup, escape

from adstelle.crypto import codes
from adstelle.crypto.sessions import Session
from adstelle.domain.case import State
from adstelle.domain.report import Account
from adstelle.web import dates, deadlines
from adstelle.web.guard import frame
from adstelle.web.pages import Pages
from adstelle.web.stellen import Card, cards

_YES_NO: Final[Mapping[object, str]] = {
    True: "common.yes",
    False: "common.no",
    "ja": "common.yes",
    "nein": "common.no",
    "unklar": "common.unknown",
}


def number(case_id: UUID) -> str:
    """The short number of a case, to be read out over the phone. It means nothing."""
    digits = case_id.hex[:8].upper()
    return f"{digits[:4]} {digits[4:]}"


def digits_of(entered: str) -> str:
    """Read the short number of a case: eight hexadecimal digits; empty for anything else."""
    digits = codes.latin_digits("".join(entered.split())).lower()
    is_number = len(digits) == 8 and all(each in "0123456789abcdef" for each in digits)
    return digits if is_number else ""


def typed(text: str) -> Markup:
    """What a person typed: paragraphs and lines kept, each in its own direction of writing."""
    blocks = (block.strip("\n") for block in text.strip().split("\n\n"))
    return Markup("").join(
        Markup('<p dir="auto">{}</p>').format(
            Markup("<br>").join(escape(line) for line in block.split("\n"))
        )
        for block in blocks
        if block.strip()
    )


def fact(text: str) -> Markup:
    """A short typed fact: in the line if it is one, in its own direction of writing."""
    return typed(text) if "\n" in text or not text else Markup("<bdi>{}</bdi>").format(text)


class Row(msgspec.Struct, frozen=True):
    """One line of a list of facts."""

    label: str
    value: str
    href: None = None


class Option(msgspec.Struct, frozen=True):
    """One choice of several, as the templates show it."""

    value: str
    label: str
    hint: str


class Words:
    """The words of one reader's language."""

    def __init__(self, pages: Pages, lang: str) -> None:
        self._pages = pages
        self._lang = lang

    def frame(self, session: Session) -> dict[str, Any]:
        """What every page has around it for whoever is signed in."""
        return frame(self._pages, self._lang, session)

    def text(self, key: str, **values: object) -> str:
        """A text in the reader's language."""
        return self._pages.text(self._lang, key, **values)

    def day(self, given: date) -> str:
        """A day as it is written in the reader's language."""
        return dates.day(self._pages, self._lang, given)

    def month(self, given: date) -> str:
        """The month of a day as it is written in the reader's language."""
        return dates.month(self._pages, self._lang, given)

    def moment(self, given: datetime) -> str:
        """A moment in the city's time."""
        return dates.moment(self._pages, self._lang, given)

    def due(self, account: Account | None, today: date) -> list[deadlines.Due]:
        """Every deadline that what was reported brings with it."""
        found = deadlines.reckon(self._pages, account, today) if account else ()
        return deadlines.due(self._pages, self._lang, found, today)

    def next_due(self, account: Account | None, today: date) -> list[deadlines.Due]:
        """The deadline that ends first, if one may still be met."""
        found = deadlines.reckon(self._pages, account, today) if account else ()
        return deadlines.next_due(self._pages, self._lang, found, today)

    def promised(self, stelle: str, received_on: date, today: date) -> list[deadlines.Due]:
        """The first answer that *stelle* promised."""
        return deadlines.promise_due(self._pages, self._lang, stelle, received_on, today)

    def state(self, state: State) -> str:
        """Where a case stands."""
        return self.text(f"staff.state.{state}")

    def stelle(self, code: str) -> str:
        """The name of a Stelle; one that the city does not know is named as it names itself."""
        return self._known(f"stelle.{code}.name", code)

    def works_here(self, code: str) -> bool:
        """Whether a Stelle works here; the city may no longer know it."""
        known = self._pages.city.stellen.get(code)
        return known is not None and known.works_here

    def card(self, code: str) -> Card | None:
        """What a Stelle does and how to reach it; None for one that the city does not know."""
        known = [(code, "")] if code in self._pages.city.stellen else []
        return next(iter(cards(known, self._pages, self._lang)), None)

    def code(self, question: str, code: str | None) -> str:
        """A coded answer. A code that the city no longer has is shown as it is."""
        key = f"code.{question}.{code}"
        return self._known(key, code or "")

    def faults(
        self, found: Mapping[str, str], prefix: str, label: Callable[[str], str]
    ) -> dict[str, str]:
        """What is wrong with which field, in words. What is said of several fields names each."""
        times = Counter(found.values())
        return {
            field: self._fault(label(field) if times[name] > 1 else "", f"{prefix}.{name}")
            for field, name in found.items()
        }

    def _fault(self, label: str, key: str) -> str:
        if not label:
            return self.text(key)
        return f"{label}{'' if label.endswith(('?', '؟')) else ':'}\n{self.text(key)}"

    def record_code(self, question: str, code: str | None) -> str:
        """A code of the working record; one that is no longer known is shown as it is."""
        return self._known(f"record.code.{question}.{code}", code or "")

    def district(self, code: str | None) -> str:
        """The name of a district."""
        return self._known(f"district.{code}", code or "")

    def language(self, code: str) -> str:
        """The name of a language, in that language and marked as such."""
        known = self._pages.city.catalogue.languages.get(code)
        if known is None:
            return code
        marked = Markup('<span lang="{}" dir="{}">{}</span>')
        return marked.format(known.html, known.dir, known.name)

    def yes_no(self, answer: bool | str | None) -> str:
        """Yes, no or unknown; empty if it was not answered."""
        return self.text(_YES_NO[answer]) if answer in _YES_NO else str(answer or "")

    def agrees(self, answer: str | None) -> str:
        """What was said of the affected person's consent; empty if it was not answered."""
        return self._known(f"field.affected_agrees.{answer}", "") if answer else ""

    def incident_day(self, account: Account) -> str:
        """When it happened."""
        return dates.incident_day(self._pages, self._lang, account.date)

    def _known(self, key: str, otherwise: str) -> str:
        return self.text(key) if self._pages.city.catalogue.has(key) else otherwise
