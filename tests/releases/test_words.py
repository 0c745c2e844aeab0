"""Words beside figures tell no number that the figures withhold."""

import pytest

from adstelle.releases import words
from adstelle.releases.words import tells_more
from tests.releases.files import YEAR, read

COUNTS = frozenset({11, 35, 1066})


@pytest.mark.parametrize(
    "text",
    [
        "Drei Fälle kamen dazu.",  # written out: two people read it
        "Von 35 Fällen waren 11 im Netz.",
        "Zusammen 1.066 Anfragen, in English 1,066.",
        "Seit 2025 fragen wir anders.",
        "Vom 1. Juli 2025 bis zum 31. Dezember 2026.",
        "Es waren 35.",
        "منذ ٢٠٢٥ نسأل بطريقة أخرى.",
        "",
    ],
)
def test_what_everybody_may_read(text: str) -> None:
    assert not tells_more(text, COUNTS)


@pytest.mark.parametrize(
    "text",
    [
        "3 Fälle kamen dazu.",
        "Es waren 3.",
        "Davon 12 im Netz",
        "31 % aller Fälle",
        "35% waren im Netz",
        "35 ٪",
        "1,5 mal so viele",
        "Im Bereich Arbeit0",
        "٣ حالات",
        "Nr. 32. Fall",
    ],
)
def test_what_nobody_may_work_out(text: str) -> None:
    assert tells_more(text, COUNTS)


def test_counts_are_those_that_are_published() -> None:
    cells = read(YEAR).release.cells
    assert any(it.value is None for it in cells)
    assert words.published(read(YEAR)) == {it.value for it in cells} - {None}
