"""The form to print: the very questions of the public form, with lines to write on."""

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from adstelle.asking import shown
from adstelle.asking.questions import STEPS, Step, always, has_recipient
from adstelle.asking.shown import FieldView
from adstelle.city import City
from adstelle.exchange.peers import peers_of
from adstelle.web.pages import Pages
from adstelle.web.stellen import Card, cards

LINES: Final = {"account": 14, "ground_words": 2, "address_as": 1}
CHOICE: Final = ("stellen", "with_contact")  # on paper each Stelle stands with its reasons


class Question(msgspec.Struct, frozen=True):
    """One question. *lines* to write on; *only* names the text that says whom it is for."""

    view: FieldView
    lines: int
    only: str


class Part(msgspec.Struct, frozen=True):
    """What one page of the public form asks, under one heading."""

    name: str
    questions: list[Question]


class Receiver(msgspec.Struct, frozen=True):
    """A Stelle that may be given the report, with every reason there is to offer it."""

    card: Card
    reasons: list[str]


def parts(pages: Pages, lang: str) -> list[Part]:
    """Every question of the public form, in its order."""
    words = shown.Words(pages, lang)
    found = (Part(step.name, list(_questions(step, words))) for step in STEPS)
    return [part for part in found if part.questions]


def _questions(step: Step, words: shown.Words) -> Iterator[Question]:
    only = "" if step.applies in {always, has_recipient} else f"paper.only.{step.name}"
    for view in shown.views(step, {}, words, ""):
        if view.name not in CHOICE:
            is_written = view.kind in {"long", "line"}
            yield Question(view, LINES.get(view.name, 1) if is_written else 0, only)


def receivers(pages: Pages, lang: str) -> list[Receiver]:
    """Every Stelle that some rule offers and that a report can be given to from here."""
    city = pages.city
    reasons = _reasons(city)
    return [
        Receiver(card, [pages.text(lang, reason) for reason in reasons[card.code]])
        for card in cards([(code, "") for code in reasons], pages, lang)
    ]


def _reasons(city: City) -> dict[str, list[str]]:
    """For each Stelle the reasons of all rules that offer it, each once."""
    found: dict[str, dict[str, None]] = {}
    for rule in city.rules:
        for code in _reachable(city, rule.stellen if rule.kind == "offer" else ()):
            found.setdefault(code, {})[rule.reason] = None
    return {code: list(reasons) for code, reasons in found.items()}


def _reachable(city: City, stellen: Iterable[str]) -> Iterator[str]:
    partners = peers_of(city).by_stelle
    yield from (code for code in stellen if city.stellen[code].works_here or code in partners)
