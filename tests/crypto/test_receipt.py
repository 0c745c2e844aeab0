"""The receipt code: enough chance, every slip of the pen noticed, typed in any way."""

import hashlib
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adstelle.crypto import codes, receipt
from tests.crypto.vectors import VECTORS

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
PINNED = VECTORS["receipt"]
CODES = [receipt.new_code() for _ in range(20)] + [PINNED["code"].replace("-", "")]
new_codes = st.lists(st.integers(0, 31), min_size=22, max_size=22).map(
    lambda values: codes.written(codes.with_checks(values))
)


def test_there_are_at_least_95_random_bits() -> None:
    assert receipt.RANDOM_CHARACTERS * codes.BITS >= 95
    drawn = [receipt.new_code() for _ in range(1500)]

    assert len(set(drawn)) == len(drawn)
    for place in range(receipt.RANDOM_CHARACTERS):
        assert {code[place] for code in drawn} == set(ALPHABET), "every value at every place"


@given(new_codes)
def test_a_new_code_is_accepted_as_it_is_shown(code: str) -> None:
    shown = receipt.grouped(code)

    assert receipt.normalised(shown) == code
    assert [len(group) for group in shown.split("-")] == [4] * 6


@pytest.mark.parametrize("code", CODES, ids=range(len(CODES)))
def test_any_single_wrong_character_is_caught(code: str) -> None:
    for place, other in itertools.product(range(len(code)), ALPHABET):
        wrong = code[:place] + other + code[place + 1 :]
        assert (receipt.normalised(wrong) is None) == (wrong != code)


@pytest.mark.parametrize("place", range(23))
def test_any_swapped_neighbours_are_caught(place: int) -> None:
    """Every pair of characters at every place: the code is built around them."""
    for first, second in itertools.permutations(range(32), 2):
        code = _code_with(place, first, second)
        swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
        if swapped != code:
            assert receipt.normalised(swapped) is None


def _code_with(place: int, first: int, second: int) -> str:
    """A code with the two values at *place*; at its end they are what the checks turn out to be."""
    values = [7] * receipt.RANDOM_CHARACTERS
    for offset, value in enumerate((first, second)):
        if place + offset < len(values):
            values[place + offset] = value
        else:
            values[0], values[1] = first, second
    return codes.written(codes.with_checks(values))


@given(new_codes, st.data())
def test_any_two_wrong_characters_are_caught(code: str, data: st.DataObject) -> None:
    letters = list(code)
    for place in data.draw(st.sets(st.integers(0, 23), min_size=1, max_size=2)):
        letters[place] = data.draw(st.sampled_from(ALPHABET))
    wrong = "".join(letters)

    assert (receipt.normalised(wrong) is None) == (wrong != code)


@given(new_codes, st.integers(0, 23))
def test_a_missing_or_doubled_character_is_caught(code: str, place: int) -> None:
    assert receipt.normalised(code[:place] + code[place + 1 :]) is None
    assert receipt.normalised(code[:place] + code[place] + code[place:]) is None


def _as_typed(code: str, change: dict[str, str]) -> str:
    return "".join(change.get(letter, letter) for letter in code)


ARABIC_INDIC = dict(zip("0123456789", "٠١٢٣٤٥٦٧٨٩", strict=True))
PERSIAN = dict(zip("0123456789", "۰۱۲۳۴۵۶۷۸۹", strict=True))
DEVANAGARI = dict(zip("0123456789", "०१२३४५६७८९", strict=True))


@given(new_codes)
@pytest.mark.parametrize(
    "change",
    [
        *({"0": "O"}, {"0": "o"}, {"1": "I"}, {"1": "l"}, {"1": "L"}, {"1": "i"}),
        *(ARABIC_INDIC, PERSIAN, DEVANAGARI),
    ],
)
def test_look_alikes_and_other_digits_are_read(change: dict[str, str], code: str) -> None:
    assert receipt.normalised(_as_typed(code, change)) == code


@given(new_codes, st.sampled_from(["-", " ", "\u00a0", "\n", "–", ".", "\u200f", "_"]))
def test_case_and_separators_do_not_matter(code: str, between: str) -> None:
    assert receipt.normalised(between.join(code.lower())) == code
    assert receipt.normalised(f"  {receipt.grouped(code).replace('-', between)}  ") == code


@pytest.mark.parametrize("entered", ["", "   ", "0", "U" * 24, "Ä" * 24, "²" * 24, "0" * 1000])
def test_what_cannot_be_a_code_is_none(entered: str) -> None:
    assert receipt.normalised(entered) is None


@given(st.text(max_size=60))
def test_anything_at_all_can_be_typed(entered: str) -> None:
    code = receipt.normalised(entered)
    assert code is None or receipt.normalised(code) == code


def test_codes_lead_to_the_pinned_mailbox() -> None:
    code = receipt.normalised(PINNED["code"])
    assert code is not None
    keys = receipt.mailbox_keys(code)

    assert keys.lookup.hex() == PINNED["lookup"]
    public = keys.private.public().encoded
    assert hashlib.sha256(public).hexdigest() == PINNED["public_key_sha256"]


def test_address_and_key_have_nothing_in_common() -> None:
    keys = receipt.mailbox_keys(receipt.new_code())
    assert keys.lookup not in keys.private.seed
    assert repr(keys) == "<MailboxKeys withheld>"
