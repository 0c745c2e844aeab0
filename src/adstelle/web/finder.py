"""Subjects as people meet them: what it is about, and the Stellen that help, as cards."""

from collections.abc import Iterable

import msgspec

from adstelle.domain.finder import Subject
from adstelle.web.pages import Pages
from adstelle.web.stellen import Card, cards


class SubjectView(msgspec.Struct, frozen=True, kw_only=True):
    """One subject. Its *number* is its address: it says nothing to who reads the history."""

    number: int
    name: str
    text: str
    cards: list[Card]


def subjects(found: Iterable[Subject], pages: Pages, lang: str) -> list[SubjectView]:
    """Show subjects of the city; each keeps its number, whichever of them are shown."""
    numbers = {subject.code: n for n, subject in enumerate(pages.city.subjects, start=1)}
    return [
        SubjectView(
            number=numbers[subject.code],
            name=pages.text(lang, subject.name),
            text=subject.text,
            cards=cards([(code, "") for code in subject.stellen], pages, lang),
        )
        for subject in found
    ]
