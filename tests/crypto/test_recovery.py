"""A recovery key survives paper: written, read back, every slip noticed."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adstelle.crypto import recovery
from tests.crypto.vectors import VECTORS

PINNED = VECTORS["recovery"]


@given(st.binary(min_size=20, max_size=20))
def test_what_was_printed_is_read_back(key: bytes) -> None:
    printed = recovery.printed(key)

    assert recovery.read(printed) == key
    assert recovery.read(printed.lower().replace("-", " ")) == key


def test_any_single_wrong_character_and_any_swapped_neighbours_are_caught() -> None:
    code = PINNED["printed"].replace("-", "")
    for place, other in itertools.product(range(len(code)), "0123456789ABCDEFGHJKMNPQRSTVWXYZ"):
        wrong = code[:place] + other + code[place + 1 :]
        assert (recovery.read(wrong) is None) == (wrong != code)
    for place in range(len(code) - 1):
        swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
        if swapped != code and place != len(code) // 2 - 1:
            assert recovery.read(swapped) is None


@pytest.mark.parametrize("entered", ["", "0" * 35, "0" * 37, "U" * 36])
def test_what_cannot_be_a_key_is_none(entered: str) -> None:
    assert recovery.read(entered) is None


def test_the_writing_is_the_pinned_one() -> None:
    assert recovery.printed(bytes.fromhex(PINNED["key"])) == PINNED["printed"]
