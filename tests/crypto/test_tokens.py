"""Tokens say nothing without the key, and how many a case has is hidden in classes."""

import secrets
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adstelle.crypto.tokens import SMALLEST_CLASS, token, tokens_of

KEY = bytes(32)


def test_a_token_is_what_it_was() -> None:
    """HMAC-SHA-256 over field, zero byte, value; the first 64 bits, signed."""
    assert token(KEY, "word", "haus") == 2649038456551637362


def test_key_field_and_value_all_count() -> None:
    tokens = {
        token(KEY, "word", "haus"),
        token(KEY, "place", "haus"),
        token(KEY, "word", "hau"),
        token(secrets.token_bytes(32), "word", "haus"),
    }
    assert len(tokens) == 4


@pytest.mark.parametrize(("terms", "size"), [(0, 64), (1, 64), (64, 64), (65, 128), (129, 256)])
def test_the_number_of_tokens_is_a_class(terms: int, size: int) -> None:
    found = tokens_of(KEY, uuid4(), [("word", str(number)) for number in range(terms)])

    assert len(found) == len(set(found)) == size


@given(st.sets(st.text(min_size=1), max_size=2 * SMALLEST_CLASS))
def test_every_term_is_among_the_tokens_in_no_order_of_its_own(words: set[str]) -> None:
    terms = [("word", word) for word in words]
    found = tokens_of(KEY, uuid4(), terms)

    assert {token(KEY, *term) for term in terms} <= set(found)
    assert found == sorted(found)


def test_a_case_kept_again_looks_the_same_and_another_one_different() -> None:
    terms, case_id = [("word", "haus")], uuid4()

    again = set(tokens_of(KEY, case_id, terms)) & set(tokens_of(KEY, case_id, terms))
    other = set(tokens_of(KEY, case_id, terms)) & set(tokens_of(KEY, uuid4(), terms))

    assert len(again) == SMALLEST_CLASS
    assert other == {token(KEY, "word", "haus")}
