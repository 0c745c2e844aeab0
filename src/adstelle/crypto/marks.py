"""An agreed mark: a code that two Stellen share, so that what both know is counted once.

90 random bits and two check characters, in five groups of four. What is kept is a keyed hash, with
the code as its key: from it nobody finds the code, and both Stellen arrive at the same one.
"""

import secrets
from typing import Final

from adstelle.crypto import codes, envelope

RANDOM_CHARACTERS: Final = 18
LENGTH: Final = RANDOM_CHARACTERS + codes.CHECKS


def new_mark() -> str:
    """Draw a new mark, without hyphens."""
    values = [secrets.randbelow(1 << codes.BITS) for _ in range(RANDOM_CHARACTERS)]
    return codes.written(codes.with_checks(values))


def normalised(entered: str) -> str | None:
    """Read what a person typed; None when it cannot be a mark (length, character or check)."""
    values = codes.values_of(entered)
    if values is None or len(values) != LENGTH or not codes.is_whole(values):
        return None
    return codes.written(values)


def pseudonym(mark: str) -> bytes:
    """The 32 bytes that stand for the incident, from a normalised mark."""
    return envelope.derive(mark.encode("ascii"), "incident/1/pseudonym")
