"""Words: in the language the page says, filled in, and not tied to seeing."""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Final

from accessibility.rules.page import Page
from accessibility.rules.tree import Element

ARABIC: Final = re.compile("[\u0600-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufeff]")
OTHER: Final = re.compile("[\u0370-\u05ff\u0900-\u0dff\u3040-\u9fff]")
LATIN_WORD: Final = re.compile("[A-Za-zÄÖÜäöüß]{2,}")
GERMAN: Final = """
und der die das nicht ist wir sie ein eine zu mit für auf den im oder von ihr ihre bitte kann können
wie wer was hier es haben sind dann bei uns
"""
ENGLISH: Final = """
the and of to is you not are your we can or with for this please what who how it have then at us
that be our do from will
"""
WORDS: Final = {"de": frozenset(GERMAN.split()), "en": frozenset(ENGLISH.split())}
KEY: Final = re.compile(r"[a-z][a-z_]*(\.[a-z][a-z_]*)+|[a-z]+(_[a-z]+)+")
UNFINISHED: Final = re.compile(r"\{[a-z_]*\}|&(amp|lt|gt|quot|#\d+);|\bNone\b|\bUndefined\b")
SENSORY: Final = re.compile(
    r"(rechts|links) (oben|unten)|(rechten|linken) (Rand|Seite)|"
    r"(rote[nrs]?|grüne[nrs]?|blaue[nrs]?|runde[nrs]?) (Knopf|Feld|Schaltfläche|Symbol)|"
    r"on the (left|right)|(red|green|blue|round) (button|field|icon)|"
    r"(الأحمر|الأخضر|الأزرق|على اليمين|على اليسار)"
)
VAGUE_LINKS: Final = """
hier|mehr|weiterlesen|link|klicken sie hier|hier klicken|
here|more|click here|read more|
هنا|المزيد|اضغط هنا
""".replace("\n", "").split("|")


def texts_are_in_the_language_of_the_page(page: Page) -> Iterator[str]:
    for text, holder in _own_words(page):
        lang = _lang(holder)
        if lang == "ar":
            if _is_latin_sentence(text):
                yield f"{text!r} is marked as Arabic"
        elif ARABIC.search(text) or OTHER.search(text):
            yield f"{text!r} is marked as {lang!r}"
        elif (guess := _guess(text)) not in (None, lang):
            yield f"{text!r} is marked as {lang!r}, and is {guess!r}"


def _is_latin_sentence(text: str) -> bool:
    """Words in Latin letters that are not the name of somebody or of a place."""
    latin = LATIN_WORD.findall(text)
    return len(latin) > 1 and not ARABIC.search(text) and any(word.islower() for word in latin)


def _guess(text: str) -> str | None:
    """The language whose small words stand in a text clearly more often than the other's."""
    words = re.findall(r"\w+", text.lower())
    german, english = (sum(word in WORDS[lang] for word in words) for lang in ("de", "en"))
    if abs(german - english) < 2:
        return None
    return "de" if german > english else "en"


def _lang(element: Element) -> str:
    found = (e.get("lang") for e in (element, *element.ancestors()) if e.has("lang"))
    return next(found, "")


@lru_cache(maxsize=1)
def _own_words(page: Page) -> list[tuple[str, Element]]:
    return list(_find_own_words(page))


def _find_own_words(page: Page) -> Iterator[tuple[str, Element]]:
    """Our texts: not what people typed, nor names and addresses that stand for themselves."""
    for text, holder in page.document.root.texts():
        around = (holder, *holder.ancestors())
        typed = any(e.get("dir") == "auto" or e.tag in {"bdi", "textarea", "code"} for e in around)
        if text.strip() and not typed:
            yield " ".join(text.split()), holder
    for element in page.document.all:
        for name in ("aria-label", "data-left", "data-over", "data-twice", "data-once"):
            if element.has(name) and "languages" not in element.classes:
                yield element.get(name), element


def texts_are_filled_in(page: Page) -> Iterator[str]:
    for text, holder in _own_words(page):
        if KEY.fullmatch(text) or UNFINISHED.search(text):
            yield f"{text!r} in {holder!r} is not a text"


def texts_need_no_eyes(page: Page) -> Iterator[str]:
    for text, _ in _own_words(page):
        if SENSORY.search(text):
            yield f"{text!r} is for people who see"


def links_say_where_they_lead(page: Page) -> Iterator[str]:
    for link in page.document.find("a"):
        if link.text.lower().strip(" .…:") in VAGUE_LINKS:
            yield f"the link {link.text!r} does not say where it leads"


def same_words_lead_to_the_same_place(page: Page) -> Iterator[str]:
    seen: dict[str, str] = {}
    for link in page.document.find("a"):
        first = seen.setdefault(link.text.lower(), link.get("href"))
        if first != link.get("href"):
            yield f"{link.text!r} leads to {first} and to {link.get('href')}"


def foreign_words_carry_their_language(page: Page) -> Iterator[str]:
    """Numbers, addresses and codes read from left to right on pages that do not."""
    if page.language.dir != "rtl":
        return
    for link in page.document.find("a"):
        if link.get("href").startswith(("tel:", "mailto:")):
            inside = [e for e in link.descendants("bdi") if e.get("dir") == "ltr"]
            if not inside:
                yield f"{link.text!r} needs a direction of its own"


RULES: Final[tuple[Callable[[Page], Iterator[str]], ...]] = (
    texts_are_in_the_language_of_the_page,
    texts_are_filled_in,
    texts_need_no_eyes,
    links_say_where_they_lead,
    same_words_lead_to_the_same_place,
    foreign_words_carry_their_language,
)
