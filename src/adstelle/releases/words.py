"""Words beside figures must not tell what the figures withhold.

A number written in digits is a count like any other. Allowed are counts that are published in the
same release, years, and the day of a date. Numbers written out ("drei") are for people to see: two
of them read every word.
"""

import re
from collections.abc import Collection
from typing import Final

from adstelle.releases.publication import Publication

YEARS: Final = range(1900, 2101)
DAYS: Final = range(1, 32)
_NUMBER: Final = re.compile(r"(\d[\d.,]*)(\s*[%٪])?(?=(\s*\w)?)")


def published(publication: Publication) -> frozenset[int]:
    """The counts of a publication that everybody may read."""
    return frozenset(it.value for it in publication.release.cells if it.value is not None)


def tells_more(text: str, counts: Collection[int]) -> bool:
    """Whether a text holds a number that is none of *counts*, no year and no day of a date."""
    return any(not _is_fine(found, counts) for found in _NUMBER.finditer(text))


def _is_fine(found: re.Match[str], counts: Collection[int]) -> bool:
    written, percent, follows = found.groups()
    digits = written.rstrip(".,")
    if percent or not re.fullmatch(r"\d+|\d{1,3}(?:[.,]\d{3})+", digits):
        return False
    number = int(re.sub(r"[.,]", "", digits))
    is_day = written == f"{digits}." and number in DAYS and (follows or "").strip().isalpha()
    return number in counts or number in YEARS or is_day
