"""What the page of a copy shows: what goes in as it stands, and which copies there were."""

from collections.abc import Iterable
from typing import Any

import msgspec
from markupsafe import Markup

from adstelle.casework.export.store import Made
from adstelle.casework.words import Option, Row, Words, fact, typed
from adstelle.domain.case_document import (
    LEAVABLE,
    Audience,
    CaseDocument,
    Entry,
    Fact,
    LeftFor,
    Section,
    parts_of,
)
from adstelle.domain.referral import Referral


class PieceShown(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a document, in words. *key* is empty for what cannot be left out."""

    key: str
    heading: Markup
    rows: list[Row]
    text: Markup


class SectionShown(msgspec.Struct, frozen=True):
    """A section with its parts."""

    name: str
    title: str
    pieces: list[PieceShown]


class MadeShown(msgspec.Struct, frozen=True, kw_only=True):
    """A copy that was made, in words."""

    when: str
    name: str
    what: str
    left: list[Markup]
    why: str
    words: Markup


def audiences(words: Words) -> list[Option]:
    """For whom a copy can be."""
    return [
        Option(
            each, words.text(f"export.audience.{each}"), words.text(f"export.audience_hint.{each}")
        )
        for each in Audience
    ]


def receivers(words: Words, agreed: Iterable[Referral]) -> list[Option]:
    """The Stellen that the person agreed to, and to how much."""
    return [
        Option(each.stelle, words.stelle(each.stelle), words.text(f"referral.scope.{each.scope}"))
        for each in agreed
    ]


def reasons(words: Words) -> list[Option]:
    """Why something may be left out."""
    return [
        Option(each, words.text(f"export.reason.{each}"), words.text(f"export.reason_hint.{each}"))
        for each in LeftFor
    ]


def document_values(document: CaseDocument) -> dict[str, Any]:
    """The document as it would go out: what always goes in, and what may be left out."""
    return {
        "fixed": [_fixed(each) for each in document.sections if each.name not in LEAVABLE],
        "leavable": [_leavable(each) for each in document.sections if each.name in LEAVABLE],
    }


def _fixed(section: Section) -> SectionShown:
    whole = [_piece(section, "")] if section.facts or section.text else []
    pieces = [*whole, *(_piece(entry, "") for entry in section.entries)]
    return SectionShown(section.name, section.title, pieces)


def _leavable(section: Section) -> SectionShown:
    pieces = [_piece(part.entry or section, part.key) for part in parts_of(section)]
    return SectionShown(section.name, section.title, pieces)


def _piece(given: Section | Entry, key: str) -> PieceShown:
    return PieceShown(
        key=key,
        heading=fact(given.heading) if isinstance(given, Entry) else Markup(""),
        rows=[_row(each) for each in given.facts],
        text=typed(given.text),
    )


def _row(given: Fact) -> Row:
    return Row(given.label, fact(given.value))


def made(words: Words, given: Iterable[Made]) -> list[MadeShown]:
    """The copies that were made, newest first."""
    return [_made(words, each) for each in given]


def _made(words: Words, given: Made) -> MadeShown:
    copy, when = given.copy, words.moment(given.made_at)
    if copy is None:
        unopenable = words.text("export.made.unopenable")
        return MadeShown(
            when=when, name=given.name, what=unopenable, left=[], why="", words=Markup("")
        )
    what = [
        words.text(f"export.audience.{copy.audience}"),
        words.stelle(copy.stelle) if copy.stelle else "",
        copy.kind.upper(),
        words.text("export.made.masked", count=copy.masks) if copy.masks else "",
    ]
    left = (
        (Markup("{}").format(words.text(f"export.section.{each.section}")), fact(each.heading))
        for each in copy.left
    )
    return MadeShown(
        when=when,
        name=given.name,
        what=" · ".join(filter(None, what)),
        left=[Markup(": ").join(filter(None, each)) for each in left],
        why=words.text(f"export.reason.{copy.reason}") if copy.reason else "",
        words=fact(copy.words),
    )
