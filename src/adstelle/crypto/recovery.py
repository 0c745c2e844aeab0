"""A recovery key on paper: two lines' worth of characters, each half with its own check characters.

160 bits make 32 characters; one Reed-Solomon code over GF(32) reaches no further than 31, so the
key is written as two codes of 18.
"""

from typing import Final

from adstelle.crypto import codes
from adstelle.crypto.opening import RECOVERY_BYTES

HALVES: Final = 2
_VALUES: Final = RECOVERY_BYTES * 8 // codes.BITS // HALVES
_HALF: Final = _VALUES + codes.CHECKS


def printed(key: bytes) -> str:
    """Write a recovery key as it goes onto paper."""
    number = int.from_bytes(key)
    places = range(HALVES * _VALUES - 1, -1, -1)
    values = [number >> place * codes.BITS & (1 << codes.BITS) - 1 for place in places]
    halves = (codes.with_checks(values[:_VALUES]), codes.with_checks(values[_VALUES:]))
    return codes.grouped("".join(map(codes.written, halves)))


def read(entered: str) -> bytes | None:
    """Read a recovery key from paper; None when something was mistyped."""
    values = codes.values_of(entered)
    if values is None or len(values) != HALVES * _HALF:
        return None
    number = 0
    for half in (values[:_HALF], values[_HALF:]):
        if not codes.is_whole(half):
            return None
        for value in half[: -codes.CHECKS]:
            number = number << codes.BITS | value
    return number.to_bytes(RECOVERY_BYTES)
