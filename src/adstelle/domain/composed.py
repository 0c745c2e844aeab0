"""Unicode's normal forms, in a time that grows with the text and never with its square.

`unicodedata.normalize` sorts the marks that follow a letter one by one: a hundred thousand accents
on one letter take minutes, and the whole process waits. Nobody writes more than a few. So a letter
keeps at most thirty, as in the stream-safe text format (UAX 15, section 13).
"""

import unicodedata
from typing import Final, Literal

MOST_MARKS: Final = 30  # the number of UAX 15; no language needs more than a handful

Form = Literal["NFC", "NFD", "NFKC", "NFKD"]


def normalised(form: Form, text: str) -> str:
    """Bring *text* into a normal form; marks beyond `MOST_MARKS` on one letter are left out."""
    return unicodedata.normalize(form, _stream_safe(text))  # noqa: TID251  the one place


def _stream_safe(text: str) -> str:
    if text.isascii():
        return text
    kept, marks = [], 0
    for sign in text:
        marks = marks + 1 if _is_mark(sign) else 0
        if marks <= MOST_MARKS:
            kept.append(sign)
    return "".join(kept)


def _is_mark(sign: str) -> bool:
    """Whether a sign is sorted after the letter before it, also where only its parts are."""
    if sign.isascii():
        return False
    first = unicodedata.normalize("NFKD", sign)[0]  # noqa: TID251  one letter
    return unicodedata.combining(first) != 0
