"""A release as a report to read and to print: PDF/UA-1 in the reader's language.

It says what the page of the release says, and how figures are made. It knows no clock: the same
release, with the same numbers withdrawn, gives the same bytes.
"""

from pathlib import Path
from typing import Any, Final

from adstelle.documents import row_heads
from adstelle.documents.pdf import displayable, typeset
from adstelle.figures.method import Section, sections
from adstelle.figures.service import Release
from adstelle.figures.shown import Figure, Said, Shower, ShownHeadline, ShownTable
from adstelle.web import dates
from adstelle.web.pages import Pages

TEMPLATE: Final = Path(__file__).with_name("report.typ")


def report(pages: Pages, lang: str, release: Release, address: str) -> bytes:
    """Write the report; *address*: where the release stands."""
    shower = Shower(pages, lang)
    written = typeset(TEMPLATE, _document(pages, lang, release, shower) | {"address": address})
    return row_heads.mark(written)


def _document(pages: Pages, lang: str, release: Release, shower: Shower) -> dict[str, Any]:
    given, language = release.publication, pages.city.catalogue.languages[lang]
    day = release.published_on
    caveat, *method = sections(pages, lang, given.k)
    return {
        "html": language.html.partition("-")[0],
        "dir": language.dir,
        "simple": lang == "de-simple",
        "date": [day.year, day.month, day.day],
        "publisher": displayable(pages.text(lang, "city.office")),
        "title": displayable(shower.text("release_title", period=shower.period(given.period))),
        "lead": _said(shower.said(given.title)),
        "dates": [
            displayable(shower.text("published", day=shower.day(release))),
            displayable(shower.text("cut_off", day=shower.cut_off(release))),
        ],
        "notices": [
            displayable(shower.text("corrected.text", day=dates.day(pages, lang, it)))
            for it in release.corrected_on
        ],
        "headlines_title": displayable(shower.text("headlines")),
        "headlines": [_headline(it) for it in shower.headlines(release)],
        "changes_title": displayable(shower.text("changes")),
        "changes": [_said(shower.said(it)) for it in given.changes],
        "tables_title": displayable(shower.text("tables")),
        "tables": [_table(it, shower) for it in shower.tables(release)],
        "method_title": displayable(pages.text(lang, "method.title")),
        "caveat": _section(caveat),
        "method": [_section(it) for it in method],
        "notes": [_said(shower.said(it)) for it in given.notes],
        "source_title": displayable(shower.text("source")),
        "source": _said(shower.said(given.source)) if given.source else None,
        "address_title": displayable(pages.text(lang, "method.address")),
        "hash_title": displayable(shower.text("files.hash")),
        "hash": release.sha256.hex(),
    }


def _section(it: Section) -> dict[str, Any]:
    return {
        "title": displayable(it.title),
        "text": _paragraphs(it.text),
        "terms": [[displayable(term), _paragraphs(text)] for term, text in it.terms],
        "contact": it.is_contact,
    }


def _headline(it: ShownHeadline) -> dict[str, Any]:
    return {
        "figure": _figure(it.figure),
        "what": _said(it.title) if it.title else {"text": displayable(it.unit), "lang": ""},
        "unit": displayable(it.unit) if it.title else "",
        "note": _said(it.note) if it.note else None,
    }


def _table(it: ShownTable, shower: Shower) -> dict[str, Any]:
    words = [it.alternative, *([shower.text("bars.withheld")] if it.holds_withheld else [])]
    return {
        "title": _said(it.title),
        "unit": displayable(shower.text("counted", unit=it.unit)),
        "head": [_said(text) for text in it.head],
        "lines": [
            {
                "label": _said(line.label),
                "total": line.is_total,
                "figures": [_figure(figure) for figure in line.figures],
            }
            for line in it.lines
        ],
        "words": displayable(" ".join(words).replace("\n", " ")),
        "note": _said(it.note) if it.note else None,
    }


def _figure(figure: Figure) -> dict[str, Any]:
    return {
        "text": displayable(figure.text),
        "published": figure.is_published,
        "bar": figure.bar,
        "pattern": figure.pattern,
    }


def _said(it: Said) -> dict[str, str]:
    return {"text": displayable(it.text), "lang": it.lang}


def _paragraphs(text: str) -> list[list[str]]:
    """Paragraphs with their lines, which count in Leichte Sprache."""
    return [
        [displayable(line) for line in block.split("\n")] for block in text.strip().split("\n\n")
    ]
