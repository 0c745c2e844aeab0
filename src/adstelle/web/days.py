"""Days as people type them: three fields, digits of any script, months also by their names."""

from datetime import date
from functools import cache
from typing import Final

from babel import Locale

from adstelle.domain.composed import normalised
from adstelle.domain.private import Private
from adstelle.web.forms import Entries, one

MONTH_LANGUAGES: Final = (
    "de", "en", "ar", "ar_SY", "ar_DZ", "ar_MA", "fa", "fa_AF", "fr", "tr", "uk", "ru", "es", "pl",
    "vi",
)  # fmt: skip

LONGEST_MONTH: Final = 40  # characters of a name, dots and accents among them

Parts = tuple[int | None, int | None, int | None]


class TypedDay(Private, frozen=True):
    """Day, month and year as they were typed; any may be empty."""

    day: str = ""
    month: str = ""
    year: str = ""

    def is_empty(self) -> bool:
        """Whether nothing was typed at all."""
        return self == TypedDay()


def typed_day(entries: Entries, name: str) -> TypedDay:
    """Take the three fields of the macro `date_input` out of a form."""
    return TypedDay(*(one(entries, f"{name}-{part}") for part in ("tag", "monat", "jahr")))


def read_parts(typed: TypedDay) -> Parts | None:
    """Read what was typed, each part by itself; None when one of them cannot be read."""
    month = number(typed.month)
    if month is None and len(typed.month) <= LONGEST_MONTH:
        month = _month_names().get(_folded(typed.month))
    read = (number(typed.day), month, number(typed.year))
    given = (typed.day, typed.month, typed.year)
    if any(part and value is None for part, value in zip(given, read, strict=True)):
        return None
    return read


def read_day(typed: TypedDay) -> date | None:
    """Read a whole day; None when it is not whole, or there is none such."""
    day, month, year = read_parts(typed) or (None, None, None)
    if day is None or month is None or year is None:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def number(entered: str) -> int | None:
    """Read a whole number in any script's digits, with dots and spaces around; None if none."""
    stripped = entered.strip(" .,\u00a0")
    return int(stripped) if stripped.isdecimal() and len(stripped) <= 4 else None


@cache
def _month_names() -> dict[str, int]:
    """Months as people write them, in every language we can expect, without accents and dots."""
    found = {"maerz": 3}
    for language in MONTH_LANGUAGES:
        for width in ("wide", "abbreviated"):
            for context in ("format", "stand-alone"):
                months = Locale.parse(language).months[context][width]
                found |= {_folded(name): number for number, name in months.items()}
    return found


def _folded(word: str) -> str:
    decomposed = normalised("NFKD", word.casefold())
    return "".join(letter for letter in decomposed if letter.isalnum())
