"""What the pages show on which an adviser takes a report."""

from datetime import date
from typing import Any

import msgspec
from markupsafe import escape

from adstelle.asking import shown
from adstelle.asking.shown import FieldView, Row
from adstelle.casework.taking import form
from adstelle.casework.taking.form import Entered, received_of
from adstelle.casework.taking.service import Slip
from adstelle.casework.words import Option, Words
from adstelle.crypto.receipt import grouped
from adstelle.domain.routing import Routing
from adstelle.web import deadlines
from adstelle.web.pages import Pages, View
from adstelle.web.stellen import cards


class Section(msgspec.Struct, frozen=True):
    """Fields under one heading."""

    name: str
    fields: list[FieldView]


def form_values(pages: Pages, lang: str, entered: Entered) -> dict[str, Any]:
    """The long page, filled with what was typed."""
    words = shown.Words(pages, lang)
    return {
        "kept_along": form.kept_along(entered, "form"),
        "sources": _options(Words(pages, lang), "source", form.ARRIVALS),
        "sections": [
            Section(
                name,
                shown.views(form.section(names), entered.answers, words, pages.city.languages[0]),
            )
            for name, names in form.SECTIONS
        ],
    }


def _options(words: Words, name: str, codes: tuple[str, ...]) -> list[Option]:
    return [Option(code, words.text(f"taking.{name}.{code}"), "") for code in codes]


def choice_values(
    pages: Pages,
    lang: str,
    own: str,
    routing: Routing,
    sealable: frozenset[str],
    entered: Entered,
) -> dict[str, Any]:
    """The Stelle itself, the others that fit with the reason, and who is competent instead."""
    words = Words(pages, lang)
    others = [pair for pair in shown.offered(routing) if pair[0] != own]
    reasons = dict(shown.offered(routing))
    not_ours = routing.not_ours
    return {
        "kept_along": form.kept_along(entered, "choice"),
        "own": cards([(own, reasons.get(own, ""))], pages, lang, sealable)[0],
        "cards": cards(others, pages, lang, sealable),
        "not_ours": cards([(code, "") for code in not_ours.stellen], pages, lang)
        if not_ours
        else [],
        "not_ours_reason": words.text(not_ours.reason) if not_ours else "",
        "chosen": entered.answers.get("stellen", ()),
        "with_contact": entered.answers.get("with_contact", ()),
        "codes": [
            Option(code, words.text(f"taking.code.{code}"), words.text(f"taking.code_hint.{code}"))
            for code in form.CODE
        ],
    }


def check_values(pages: Pages, lang: str, entered: Entered) -> dict[str, Any]:
    """Everything that would be kept, in words; what nothing was said to has only its name."""
    words, received = Words(pages, lang), received_of(entered)
    arrived = [
        ("source", words.text(f"taking.source.{received.arrival}")),
        ("received", words.day(received.on)),
        ("with_code", words.text("common.yes" if received.with_code else "common.no")),
    ]
    rows = [
        Row(words.text(f"taking.short.{name}"), escape(value), None, "") for name, value in arrived
    ]
    nothing = escape(words.text("check.nothing"))
    asked = shown.rows(entered.answers, shown.Words(pages, lang), lambda _: None)
    return {
        "kept_along": entered.carried(),
        "rows": [*rows, *(row for row in asked if row.value != nothing)],
        "unanswered": [row.label for row in asked if row.value == nothing],
    }


def slip_values(pages: Pages, slip: Slip, today: date, origin: str) -> dict[str, Any]:
    """The slip, written in the person's language as far as it is ours.

    *origin* is where the public side answers; empty where that is not known.
    """
    lang = pages.nearest_language(slip.language)
    language, words = pages.city.catalogue.languages[lang], Words(pages, lang)
    sheet = pages.html(
        lang,
        View(template="staff/parts/slip.html", path="", title="taking.sheet.title"),
        code=grouped(slip.code) if slip.code else "",
        address=f"{origin}/{lang}/postfach" if origin else "",
        received=words.day(slip.received_on),
        stellen=[
            (card, deadlines.promise(pages, lang, card.code, slip.received_on, today))
            for card in cards([(code, "") for code in slip.stellen], pages, lang)
        ],
        deadlines=deadlines.shown(pages, lang, slip.deadlines, today),
    )
    return {
        "sheet": sheet.decode(),
        "sheet_lang": language.html,
        "sheet_dir": language.dir,
        "has_code": bool(slip.code),
    }
