"""Masking: what an adviser marks is gone from a copy, and the mark says nothing of its length.

What is to be masked is a text: a sentence that was ticked, or words that were typed. It is found
wherever letters and digits are the same, whatever the case, the Unicode form, accents, invisible
signs, punctuation, spaces and line breaks between them, and a hyphen at a line's end. What is
found is masked to the ends of its words, so that no ending stays; what nothing but punctuation
separates becomes one mark, so that nobody counts words.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Final, TypeVar

import msgspec

from adstelle.domain.case_document import (
    CaseData,
    CaseDocument,
    Entry,
    Fact,
    Section,
    SectionName,
)
from adstelle.domain.composed import normalised
from adstelle.domain.package import Facts, Package
from adstelle.domain.private import Private
from adstelle.domain.record import Record

MARK: Final = "[geschwärzt]"
_DASHES: Final = "-\N{HYPHEN}\N{NON-BREAKING HYPHEN}"
_TATWEEL: Final = "\N{ARABIC TATWEEL}"
_BROKEN: Final = "\x1f"  # a hyphen at a line's end: part of the word, or only of the line
_GAP: Final = " "
_BETWEEN: Final = _GAP + _BROKEN
_DOTS: Final = "\N{COMBINING DIAERESIS}"
_DOTTED: Final = (["a"], ["o"], ["u"])
# What ends a sentence is looked at once in each run of such signs: else a row of dots takes the
# square of its length.
_ENDS: Final = "[.!?…:;؟۔。]"
_SENTENCE: Final = re.compile(rf"[^\n]*?(?:(?<!{_ENDS}){_ENDS}+(?=\s|$)|\n|$)", re.DOTALL)

_TOLD: Final = ("account", "ground_words", "place", "date_words", "interpreter")
_CONTACT: Final = ("name", "address_as", "mail", "phone", "safe_times")

S = TypeVar("S", bound=msgspec.Struct)


class Masks(Private, frozen=True):
    """What is masked in copies of a case: sentences that were ticked, words that were typed."""

    passages: tuple[str, ...] = ()
    words: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.passages) + len(self.words)

    @property
    def key(self) -> str:
        """Names these masks in a form, so that others are noticed; empty where there are none."""
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()[:16] if self.count else ""


def is_maskable(text: str) -> bool:
    """Whether there is anything in it to look for: two letters or digits at least."""
    return sum(sign not in _BETWEEN for sign in _skeleton(text).signs) > 1


def masked(text: str, masks: Masks) -> str:
    """The text with everything masked that *masks* say."""
    spans = list(_together(text, _found(text, masks)))
    for start, end in reversed(spans):
        text = text[:start] + MARK + text[end:]
    return text


def masked_document(document: CaseDocument, masks: Masks) -> CaseDocument:
    """A copy of which nothing that is masked is left: not in its data, not in what is made of it.

    What the program itself says (titles of sections, labels) stays.
    """
    if not masks.count:
        return document
    return msgspec.structs.replace(
        document,
        title=masked(document.title, masks),
        sections=tuple(_section(section, masks) for section in document.sections),
    )


def _section(section: Section, masks: Masks) -> Section:
    return msgspec.structs.replace(
        section,
        facts=_facts(section.facts, masks),
        text=masked(section.text, masks),
        entries=tuple(_entry(entry, masks) for entry in section.entries),
    )


def _entry(entry: Entry, masks: Masks) -> Entry:
    return Entry(
        heading=masked(entry.heading, masks),
        facts=_facts(entry.facts, masks),
        text=masked(entry.text, masks),
    )


def _facts(facts: Iterable[Fact], masks: Masks) -> tuple[Fact, ...]:
    return tuple(_fact(fact, masks) for fact in facts)


def _fact(fact: Fact, masks: Masks) -> Fact:
    """A value that was masked loses its codes: they would say it again."""
    value = masked(fact.value, masks)
    if value != fact.value:
        return msgspec.structs.replace(fact, value=value, codes=())
    codes = tuple(code for code in fact.codes if not _says(code, masks))
    return msgspec.structs.replace(fact, codes=codes)


def masked_package(package: Package, masks: Masks) -> Package:
    """A package of which nothing that is masked is left; a code that would say it again goes."""
    told, contact = package.told, package.contact
    return msgspec.structs.replace(
        package,
        facts=_masked_codes(package.facts, masks),
        told=_masked_fields(told, _TOLD, masks) if told else None,
        contact=_masked_fields(contact, _CONTACT, masks) if contact else None,
        note=masked(package.note, masks),
        cross_codes=tuple(
            each
            for each in package.cross_codes
            if not (_says(each.answer, masks) or _says(each.code, masks))
        ),
    )


def _masked_fields(given: S, names: Iterable[str], masks: Masks) -> S:
    texts = {name: masked(getattr(given, name), masks) for name in names}
    return msgspec.structs.replace(given, **texts)


def _masked_codes(facts: Facts, masks: Masks) -> Facts:
    return msgspec.structs.replace(
        facts,
        **{
            name: _kept_code(getattr(facts, name), masks)
            for name in facts.__struct_fields__
            if name not in {"online", "criminal_relevance", "resident", "incident_date"}
        },
    )


def _kept_code(given: str | tuple[str, ...] | None, masks: Masks) -> str | tuple[str, ...] | None:
    if isinstance(given, tuple):
        return tuple(code for code in given if not _says(code, masks))
    return None if given is None or _says(given, masks) else given


def _says(code: str, masks: Masks) -> bool:
    """Whether a code holds what is to be masked: it is made of the same words."""
    words = code.replace("_", " ")
    return masked(words, masks) != words


# Sentences to tick ------------------------------------------------------------------------------


def sentences(text: str) -> Iterator[str]:
    """The sentences of a text, each in one piece; a line that ends is a sentence as well."""
    for found in _SENTENCE.findall(text):
        if is_maskable(found):
            yield found.strip()


def texts_of(case: CaseData) -> Iterator[tuple[SectionName, str]]:
    """Everything that somebody typed into a case and that its copies say, section by section."""
    account = case.account
    for text in (account.account, account.ground_words, account.place, account.date.words):
        yield SectionName.REPORT, text
    for said in case.messages:
        yield SectionName.MESSAGES, said.message.text if said.message else ""
    for text in _noted(case.record or Record()):
        yield SectionName.RECORD, text
    for worked in case.work:
        if worked.entry is not None:
            yield SectionName.WORK, getattr(worked.entry, "with_whom", "")
            yield SectionName.WORK, worked.entry.note
    for remark in case.remarks:
        yield SectionName.NOTES, remark.text or ""


def _noted(record: Record) -> Iterator[str]:
    yield from (record.summary, record.responsible_name, record.outcome_words)
    yield record.publication_words
    for person in record.affected:
        yield person.words


def key_of(passage: str) -> str:
    """What names a passage in a form: it says nothing, and another passage has another one."""
    return hashlib.sha256(_skeleton(passage).signs.encode()).hexdigest()[:16]


# Finding ----------------------------------------------------------------------------------------


class _Skeleton(Private, frozen=True):
    """Letters and digits alone, folded, with one sign for whatever is between them.

    *places* says where each of them stands in the text.
    """

    signs: str
    places: list[int]


def _found(text: str, masks: Masks) -> Iterator[tuple[int, int]]:
    """Where something to be masked stands, to the ends of its words."""
    for umlauts in (False, True):
        skeleton = _skeleton(text, umlauts=umlauts)
        for wanted in (*masks.passages, *masks.words):
            if is_maskable(wanted):
                signs = _skeleton(wanted, umlauts=umlauts).signs.strip(_BETWEEN)
                yield from _places(text, skeleton, signs)


def _places(text: str, skeleton: _Skeleton, wanted: str) -> Iterator[tuple[int, int]]:
    at = skeleton.signs.find(wanted[0])
    while at >= 0:
        end = _end_of(wanted, skeleton.signs, at)
        if end is not None:
            yield _whole_words(text, skeleton.places[at], skeleton.places[end - 1] + 1)
        at = skeleton.signs.find(wanted[0], at + 1)  # they may overlap


def _end_of(wanted: str, signs: str, at: int) -> int | None:
    """Where *wanted* ends that begins at *at*; None where it does not stand there.

    A word may be broken at a line's end; digits may be grouped in any way.
    """
    for place, sign in enumerate(wanted):
        here, before = signs[at : at + 1], wanted[place - 1] if place else ""
        if sign == _BROKEN or (sign == _GAP and _is_among_digits(wanted, place)):
            at += here in (_GAP, _BROKEN)
            continue
        if sign == _GAP:
            here = _GAP if here == _BROKEN else here
        elif before not in _BETWEEN and (here == _BROKEN or _is_grouped(before, here, sign)):
            at += 1
            here = signs[at : at + 1]
        if here != sign:
            return None
        at += 1
    return at


def _is_among_digits(signs: str, place: int) -> bool:
    return signs[place - 1].isdigit() and signs[place + 1].isdigit()


def _is_grouped(before: str, here: str, sign: str) -> bool:
    return here == _GAP and before.isdigit() and sign.isdigit()


def _whole_words(text: str, start: int, end: int) -> tuple[int, int]:
    while start > 0 and _is_of_word(text[start - 1]):
        start -= 1
    while end < len(text) and _is_of_word(text[end]):
        end += 1
    return start, end


def _together(text: str, spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Join what overlaps, and what no letter or digit separates."""
    begun: tuple[int, int] | None = None
    for start, end in sorted(spans):
        if begun is None:
            begun = (start, end)
        elif start <= begun[1] or not any(map(_is_of_word, text[begun[1] : start])):
            begun = (begun[0], max(begun[1], end))
        else:
            yield begun
            begun = (start, end)
    if begun is not None:
        yield begun


def _skeleton(text: str, *, umlauts: bool = False) -> _Skeleton:
    """With *umlauts*, those are two letters, as many people type them: ``Müller``, ``Mueller``."""
    signs: list[str] = []
    places: list[int] = []
    for place, letter in enumerate(text):
        if _is_invisible(letter):
            folded = "e" if umlauts and letter == _DOTS and signs[-1:] in _DOTTED else ""
        else:
            folded = _folded(letter, umlauts=umlauts) or _between(text, place)
        if folded and folded in _BETWEEN and (not signs or signs[-1] in _BETWEEN):
            continue
        signs += folded
        places += [place] * len(folded)
    return _Skeleton("".join(signs), places)


def _folded(letter: str, *, umlauts: bool) -> str:
    """A letter without case and accents; empty for what is neither letter nor digit."""
    apart = normalised("NFKD", normalised("NFKD", letter).casefold())
    plain = "".join(sign for sign in apart if sign.isalnum())
    return f"{plain}e" if umlauts and plain in {"a", "o", "u"} and _DOTS in apart else plain


def _between(text: str, place: int) -> str:
    """What stands for something between words: a hyphen at a line's end may be within a word."""
    is_dash = text[place] in _DASHES
    return _BROKEN if is_dash and text[place + 1 :].lstrip(" \t\r")[:1] == "\n" else _GAP


def _is_invisible(letter: str) -> bool:
    """Soft hyphens, joiners, marks of direction, accents that stand alone, the Arabic stroke."""
    return letter == _TATWEEL or unicodedata.category(letter) in {"Cf", "Mn", "Me", "Mc"}


def _is_of_word(letter: str) -> bool:
    return letter.isalnum() or _is_invisible(letter)
