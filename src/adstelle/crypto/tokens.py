"""Tokens of the search index: what a case is found by, under a key of the Stelle.

A token is HMAC-SHA-256 over ``field | 0 | value``, its first 64 bits as a signed number. How many
a case has is hidden in classes: tokens that nothing leads to fill each up.
"""

import hmac
from collections.abc import Iterable
from typing import Final
from uuid import UUID

SMALLEST_CLASS: Final = 64


def token(key: bytes, field: str, value: str) -> int:
    """The token of one value of one field. No field and no value has a zero byte."""
    digest = hmac.digest(key, f"{field}\0{value}".encode(), "sha256")
    return int.from_bytes(digest[:8], "big", signed=True)


def tokens_of(key: bytes, case_id: UUID, terms: Iterable[tuple[str, str]]) -> list[int]:
    """All tokens of a case, in numerical order, filled up to 64, 128, 256 … of them.

    What fills up is made from the case's number: kept again unchanged, a case looks the same.
    """
    found = {token(key, field, value) for field, value in terms}
    size = SMALLEST_CLASS
    while size < len(found):
        size *= 2
    filling = (token(key, "filling", f"{case_id}/{number}") for number in range(size))
    for one in filling:
        if len(found) == size:
            break
        found.add(one)
    return sorted(found)
