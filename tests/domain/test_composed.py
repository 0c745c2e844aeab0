"""Normal forms: what people write stays as it is, and nobody stops a process with accents."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adstelle.domain.composed import MOST_MARKS, Form, normalised

FORMS: tuple[Form, ...] = ("NFC", "NFD", "NFKC", "NFKD")
# Two marks that are sorted, two that are letters of their own until they are taken apart.
MARKS = ("\N{COMBINING ACUTE ACCENT}", "\N{COMBINING GRAVE ACCENT BELOW}", "\uff9e", "\u0f73")


def longest_run(text: str) -> int:
    """How many signs in a row are sorted by their classes."""
    longest = run = 0
    for sign in unicodedata.normalize("NFKD", text):
        run = run + 1 if unicodedata.combining(sign) else 0
        longest = max(longest, run)
    return longest


@given(st.text(st.characters(codec="utf-8")), st.sampled_from(FORMS))
def test_what_people_write_is_normalised_as_unicode_says(text: str, form: Form) -> None:
    if longest_run(text) <= MOST_MARKS:
        assert normalised(form, text) == unicodedata.normalize(form, text)


@given(
    st.lists(st.sampled_from(("a", "ệ", *MARKS)), min_size=100, max_size=300),
    st.sampled_from(FORMS),
)
def test_no_letter_keeps_more_marks_than_anybody_writes(signs: list[str], form: Form) -> None:
    """Each sign that is kept can be taken apart into two, and the letter can bring two along."""
    assert longest_run(normalised(form, "".join(signs))) <= 2 * MOST_MARKS + 2


@pytest.mark.parametrize("mark", MARKS)
def test_a_row_of_marks_is_cut(mark: str) -> None:
    assert len(normalised("NFC", "a" + mark * 10_000)) <= 2 * MOST_MARKS + 1


def test_no_sign_brings_marks_unseen() -> None:
    """Every sign that begins with a mark once it is taken apart counts as one."""
    hidden = [
        sign
        for sign in map(chr, range(0x80, 0x110000))
        if unicodedata.combining(unicodedata.normalize("NFKD", sign)[0])
        and len(normalised("NFC", "a" + sign * 100)) > 2 * MOST_MARKS + 1
    ]
    assert hidden == []
