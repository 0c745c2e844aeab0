"""The receipt code: 110 random bits and two check characters, and the mailbox keys made from it.

The code is Crockford base32, ``XXXX-XXXX-XXXX-XXXX-XXXX-XXXX``; `crypto.codes` says what its check
characters notice.
"""

import secrets
from typing import Final

import msgspec

from adstelle.crypto import codes, envelope
from adstelle.crypto.codes import ALPHABET, grouped
from adstelle.crypto.hpke import SEED_BYTES, PrivateKey

__all__ = [
    "ALPHABET",
    "LENGTH",
    "RANDOM_CHARACTERS",
    "MailboxKeys",
    "grouped",
    "mailbox_keys",
    "new_code",
    "normalised",
]

RANDOM_CHARACTERS: Final = 22
LENGTH: Final = RANDOM_CHARACTERS + codes.CHECKS


class MailboxKeys(msgspec.Struct, frozen=True):
    """What a *code* stands for: the mailbox's address in the database, the private key for what
    others seal for it, and the symmetric key of what the person keeps there themself.
    """

    code: str
    lookup: bytes
    private: PrivateKey
    own: bytes

    def __repr__(self) -> str:
        return "<MailboxKeys withheld>"


def new_code() -> str:
    """Draw a new code, without hyphens."""
    values = [byte % (1 << codes.BITS) for byte in secrets.token_bytes(RANDOM_CHARACTERS)]
    return codes.written(codes.with_checks(values))


def normalised(entered: str) -> str | None:
    """Read what a person typed: any case, spaces, hyphens, O for 0, any script's digits.

    Returns the bare code, or None when it cannot be one (wrong length, character or check).
    """
    values = codes.values_of(entered)
    if values is None or len(values) != LENGTH or not codes.is_whole(values):
        return None
    return codes.written(values)


def mailbox_keys(code: str) -> MailboxKeys:
    """Derive the mailbox's address and key from a normalised code."""
    secret = code.encode("ascii")
    return MailboxKeys(
        code=code,
        lookup=envelope.derive(secret, "receipt/1/lookup"),
        private=PrivateKey(envelope.derive(secret, "receipt/1/key", SEED_BYTES)),
        own=envelope.derive(secret, "receipt/1/own"),
    )
