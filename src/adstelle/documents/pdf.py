"""Accessible PDF: tagged, PDF/UA-1, fonts embedded, made in memory alone; here of a case."""

import asyncio
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any, Final

import fontpkg_noto_sans
import fontpkg_noto_sans_arabic
import msgspec
import typst
from fontTools.ttLib import TTFont

from adstelle.domain.case_document import CaseDocument, Entry, Fact, Section

TEMPLATE: Final = Path(__file__).with_name("case.typ")
FONTS: Final = (fontpkg_noto_sans.ROOT / "files", fontpkg_noto_sans_arabic.ROOT / "files")
# What no font has: the compiler would refuse the whole document for one such letter.
UNKNOWN: Final = "\N{REPLACEMENT CHARACTER}"
_AT_ONCE: Final = asyncio.Semaphore(2)


async def pdf(document: CaseDocument, html_lang: str, direction: str) -> bytes:
    """Write *document* as a PDF, off the event loop, at most two at a time."""
    async with _AT_ONCE:
        return await asyncio.to_thread(compile_pdf, document, html_lang, direction)


def compile_pdf(document: CaseDocument, html_lang: str, direction: str) -> bytes:
    """The same at once. What the compiler is given stays in memory."""
    shown = {
        "html": html_lang.partition("-")[0],
        "dir": direction,
        "title": displayable(document.title),
        "lead": _typed(document.lead),
        "sections": [_section(section) for section in document.sections],
    }
    return typeset(TEMPLATE, shown)


def typeset(template: Path, document: object) -> bytes:
    """Compile a template that reads *document* (JSON); refused where it is not PDF/UA-1."""
    made: bytes = typst.compile(
        template.read_bytes(),
        format="pdf",
        sys_inputs={"document": msgspec.json.encode(document).decode()},
        font_paths=_fonts(),
        pdf_standards=["ua-1"],
    )
    return made


def _section(section: Section) -> dict[str, Any]:
    return {
        "title": displayable(section.title),
        "facts": [_fact(fact) for fact in section.facts],
        "text": _typed(section.text),
        "entries": [_entry(entry) for entry in section.entries],
    }


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "heading": displayable(entry.heading),
        "facts": [_fact(fact) for fact in entry.facts],
        "text": _typed(entry.text),
    }


def _fact(fact: Fact) -> dict[str, Any]:
    return {"label": displayable(fact.label), "value": _typed(fact.value)}


def _typed(text: str) -> list[dict[str, Any]]:
    """Paragraphs with their lines, each with the direction of its first strong letter."""
    blocks = (block.strip("\n") for block in text.strip().split("\n\n"))
    return [
        {"dir": direction_of(block), "lines": [displayable(line) for line in block.split("\n")]}
        for block in blocks
        if block.strip()
    ]


def direction_of(text: str) -> str:
    """Which way a text is written, by its first strong letter (UAX 9, rule P2)."""
    for letter in text:
        match unicodedata.bidirectional(letter):
            case "L":
                return "ltr"
            case "R" | "AL":
                return "rtl"
    return "ltr"


def displayable(text: str) -> str:
    """The same with U+FFFD for every letter that no font of ours has; controls are dropped."""
    known = _letters()
    return "".join(
        letter if letter in known else "" if _is_invisible(letter) else UNKNOWN for letter in text
    )


def _is_invisible(letter: str) -> bool:
    """Controls, joiners and variation selectors: without them the text says the same."""
    return unicodedata.category(letter) in {"Cc", "Cf"} or "\ufe00" <= letter <= "\ufe0f"


@cache
def _fonts() -> typst.Fonts:
    """Our fonts alone: what the machine has installed must not change a document."""
    return typst.Fonts(
        font_paths=[str(folder) for folder in FONTS],
        include_system_fonts=False,
        include_embedded_fonts=False,
    )


@cache
def _letters() -> frozenset[str]:
    """Every letter that one of the fonts can show; fonts know controls as well, PDF/UA does not."""
    found: set[int] = set()
    for folder in FONTS:
        for file in folder.glob("*.ttf"):
            with TTFont(file, lazy=True) as font:
                found |= font.getBestCmap().keys()
    return frozenset(letter for letter in map(chr, found) if unicodedata.category(letter) != "Cc")
