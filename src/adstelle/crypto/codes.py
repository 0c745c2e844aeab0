"""Codes that people copy by hand: Crockford base32 in groups, with check characters.

The two check characters make a code of up to 31 characters a Reed-Solomon code over GF(32) with
distance three: any one wrong character, any two wrong characters and so any swapped neighbours
are noticed before the code is used.
"""

import unicodedata
from collections.abc import Sequence
from typing import Final

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
BITS: Final = 5
CHECKS: Final = 2
GROUP: Final = 4
LONGEST: Final = 31
_ALIKE: Final = str.maketrans({"O": "0", "I": "1", "L": "1"})
_FIELD: Final = 0b100101  # x^5 + x^2 + 1, primitive over GF(2)


def _times(a: int, b: int) -> int:
    """Multiply in GF(32)."""
    product = 0
    while b:
        if b & 1:
            product ^= a
        a <<= 1
        if a & 0b100000:
            a ^= _FIELD
        b >>= 1
    return product


def _weights(length: int) -> list[int]:
    weights = [1]
    while len(weights) < length:
        weights.append(_times(weights[-1], 2))
    return weights


# For each position, every value times the position's weight: a code is checked by look-ups.
_WEIGHTED: Final = tuple(
    tuple(_times(value, weight) for value in range(1 << BITS)) for weight in _weights(LONGEST)
)


def _sums(values: Sequence[int]) -> tuple[int, int]:
    plain = weighted = 0
    for value, products in zip(values, _WEIGHTED, strict=False):
        plain ^= value
        weighted ^= products[value]
    return plain, weighted


def with_checks(values: Sequence[int]) -> list[int]:
    """Append the two values for which both sums become zero: two equations, one solution."""
    plain, weighted = _sums(values)
    near, far = _WEIGHTED[len(values)], _WEIGHTED[len(values) + 1]
    first = next(v for v in range(1 << BITS) if near[v] ^ far[plain ^ v] == weighted)
    return [*values, first, plain ^ first]


def is_whole(values: Sequence[int]) -> bool:
    """Whether the check characters fit."""
    return len(values) <= LONGEST and _sums(values) == (0, 0)


def written(values: Sequence[int]) -> str:
    """Write values as characters, without hyphens."""
    return "".join(ALPHABET[value] for value in values)


def grouped(code: str) -> str:
    """Write a code in groups of four, as people see it."""
    return "-".join(code[start : start + GROUP] for start in range(0, len(code), GROUP))


def latin_digits(text: str) -> str:
    """Write the digits of any script as 0 to 9."""
    return "".join(_latin_digit(letter) for letter in text)


def _latin_digit(character: str) -> str:
    digit = unicodedata.decimal(character, None)
    return character if digit is None else str(digit)


def values_of(entered: str) -> list[int] | None:
    """Read what a person typed: any case, spaces, hyphens, O for 0, any script's digits.

    None when a character is left that no code has.
    """
    kept = latin_digits("".join(letter for letter in entered if letter.isalnum()))
    letters = kept.upper().translate(_ALIKE)
    if any(letter not in ALPHABET for letter in letters):
        return None
    return [ALPHABET.index(letter) for letter in letters]
