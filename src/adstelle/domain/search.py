"""What a case is found by: codes, and words folded so that spelling and ending do not matter.

Index and question go the same way, so they always meet. A word is one of two letters and digits or
more; of Latin words those of three letters or more, because shorter ones find everything.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final
from uuid import UUID

from Stemmer import Stemmer

from adstelle.domain.case import State
from adstelle.domain.composed import normalised
from adstelle.domain.private import Private
from adstelle.domain.report import Account, Message, ReferralMade, ReferralProposed

Term = tuple[str, str]  # field, value

MOST_TERMS: Final = 4000
GERMAN: Final = "de"
_UMLAUTS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "\N{ARABIC TATWEEL}": ""})
_WORD: Final = re.compile(r"[^\W_]{2,}")
_STEMMERS: Final = {
    "ar": "arabic", "de": "german", "el": "greek", "en": "english", "es": "spanish",
    "fr": "french", "hu": "hungarian", "it": "italian", "nl": "dutch", "pt": "portuguese",
    "ro": "romanian", "ru": "russian", "tr": "turkish",
}  # fmt: skip


class Filter(Private, frozen=True, kw_only=True):
    """What an adviser looks for; what is empty asks nothing, everything else must hold."""

    words: str = ""
    place: str = ""
    ground: str = ""
    area: str = ""
    district: str = ""
    responsible: str = ""
    language: str = ""
    state: State | None = None
    label: UUID | None = None
    assigned: UUID | None = None

    @property
    def is_empty(self) -> bool:
        """Whether it asks nothing at all."""
        return self == Filter()


def folded(text: str) -> str:
    """Text without case and accents; umlauts are written as two letters, as many people type them.

    ``Straße`` and ``STRASSE``, ``Müller`` and ``Mueller``, ``café`` and ``cafe`` become the same.
    """
    plain = normalised("NFKC", normalised("NFKC", text).casefold())
    apart = normalised("NFKD", plain.translate(_UMLAUTS))
    return "".join(sign for sign in apart if not unicodedata.combining(sign)).casefold()


def words_of(text: str) -> list[str]:
    """The folded words of a text, each once, in their order."""
    found = _WORD.findall(folded(text))
    return list(dict.fromkeys(word for word in found if len(word) > 2 or not word.isalpha()
                              or not word.isascii()))  # fmt: skip


def stems(words: Sequence[str], language: str) -> list[str]:
    """Cut the endings of folded words as *language* makes them; unknown languages keep them."""
    algorithm = _STEMMERS.get(language.partition("-")[0])
    if algorithm is None:
        return list(words)
    # A stemmer would keep what people wrote in a cache of its own, and is not for two threads.
    return [str(stem) for stem in Stemmer(algorithm, 0).stemWords(words)]


def terms_of(account: Account, messages: Iterable[Message], body: str = "") -> list[Term]:
    """Everything a case is found by, codes first, at most `MOST_TERMS`.

    Words are cut in the language of the report and in German, in which advisers write. *body* is
    how the Stelle calls whoever is responsible. The day of the incident is there for hints alone.
    """
    answers = account.answers
    codes: list[Term] = [("ground", code) for code in answers.grounds]
    codes += [
        (field, code)
        for field, code in (
            ("area", answers.area_of_life),
            ("responsible", answers.alleged_responsible),
            ("district", account.district),
            ("language", account.language),
        )
        if code
    ]
    if account.date.exact is not None:
        codes.append(day_term(account.date.exact))
    texts = [body, account.account, account.ground_words, account.place, *_said(messages)]
    spoken = (GERMAN, account.language)
    places = _stemmed("place", account.place, spoken)
    bodies = _stemmed("body", body, spoken)
    words = _stemmed("word", "\n".join(texts), spoken)
    return list(dict.fromkeys([*codes, *places, *bodies, *words]))[:MOST_TERMS]


def day_term(day: date) -> Term:
    """What a case is found by that tells of this day."""
    return "day", day.isoformat()


def wanted(given: Filter, languages: Iterable[str]) -> list[list[Term]]:
    """What a case must hold: all terms of one of the lists, which are equally long.

    The words of a question are understood in each of *languages*; no list asks nothing.
    """
    codes = [
        (field, getattr(given, field))
        for field in ("ground", "area", "responsible", "district", "language")
        if getattr(given, field)
    ]
    words, place = words_of(given.words), words_of(given.place)
    variants = [
        [*codes, *_terms("word", stems(words, lang)), *_terms("place", stems(place, lang))]
        for lang in dict.fromkeys((GERMAN, *languages))
    ]
    different = [list(terms) for terms in dict.fromkeys(map(tuple, variants))]
    return different if different != [[]] else []


def _said(messages: Iterable[Message]) -> Iterable[str]:
    for message in messages:
        yield message.text
        if isinstance(message.act, ReferralProposed | ReferralMade):
            yield message.act.note


def _stemmed(field: str, text: str, languages: Iterable[str]) -> list[Term]:
    words = words_of(text)
    return [term for lang in languages for term in _terms(field, stems(words, lang))]


def _terms(field: str, values: Iterable[str]) -> list[Term]:
    return [(field, value) for value in values]
