"""Pseudonyms of what is counted: within a Stelle the same thing has the same one.

HMAC-SHA-256 under a key of the Stelle, its first 128 bits; each kind of thing has its own label.
Without the key nobody gets from a pseudonym to what it stands for.
"""

import hmac
from typing import Final
from uuid import UUID

PURPOSE: Final = "counting"
LENGTH: Final = 16  # bytes


def pseudonym(key: bytes, kind: str, value: bytes) -> bytes:
    """What stands for *value*. *kind* has no zero byte."""
    return hmac.digest(key, kind.encode() + b"\0" + value, "sha256")[:LENGTH]


def assessment_id(key: bytes, card_id: UUID) -> UUID:
    """The number of the Stelle's assessment of a card: one, however often it is written.

    It is made from the card's number, which stands only in the sealed case: once that is erased,
    not even the Stelle can tell which assessment it was.
    """
    return UUID(bytes=pseudonym(key, "assessment", card_id.bytes))
