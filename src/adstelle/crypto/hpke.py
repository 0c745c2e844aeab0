"""Public-key wrapping: HPKE (RFC 9180), hybrid ML-KEM-768 + X25519 by default.

A wrapped text is ``suite (1 byte) | encapsulated key | ciphertext``; a public key starts with the
same byte, so that another suite can stand beside this one. Why hybrid: what is stored today must
not open when a quantum computer exists (docs/decisions/0004-sealing.md has the measurements).
"""

import secrets
from base64 import b64decode, b64encode
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)

from adstelle.errors import BadKey, Unopenable

HYBRID: Final = b"\x02"  # 0x01 is kept for plain X25519
SEED_BYTES: Final = 96
_MLKEM_SEED: Final = 64
_MLKEM_PUBLIC: Final = 1184
_X25519_PUBLIC: Final = 32
_SUITE: Final = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


class PublicKey:
    """What anybody may wrap for; its bytes are ``suite | ML-KEM-768 (1184) | X25519 (32)``."""

    def __init__(self, encoded: bytes) -> None:
        if encoded[:1] != HYBRID or len(encoded) != 1 + _MLKEM_PUBLIC + _X25519_PUBLIC:
            raise Unopenable
        self.encoded = encoded
        try:
            mlkem = MLKEM768PublicKey.from_public_bytes(encoded[1 : 1 + _MLKEM_PUBLIC])
        except ValueError:
            raise Unopenable from None
        x25519 = X25519PublicKey.from_public_bytes(encoded[1 + _MLKEM_PUBLIC :])
        self._key = MLKEM768X25519PublicKey(mlkem, x25519)

    @classmethod
    def read(cls, written: str) -> "PublicKey":
        """Read the base64 of city data. Raises `BadKey`."""
        try:
            return cls(b64decode(written, validate=True))
        except (ValueError, Unopenable):
            raise BadKey from None

    def written(self) -> str:
        """Write it as it stands in city data."""
        return b64encode(self.encoded).decode("ascii")

    def wrap(self, plaintext: bytes, binding: bytes) -> bytes:
        """Encrypt *plaintext* so that only the private key opens it, at this place only."""
        return HYBRID + _SUITE.encrypt(plaintext, self._key, HYBRID + binding)


class PrivateKey:
    """The other half, made from a 96-byte seed; the seed is what is stored or derived."""

    def __init__(self, seed: bytes) -> None:
        if len(seed) != SEED_BYTES:
            raise Unopenable
        self.seed = seed
        self._mlkem = MLKEM768PrivateKey.from_seed_bytes(seed[:_MLKEM_SEED])
        self._x25519 = X25519PrivateKey.from_private_bytes(seed[_MLKEM_SEED:])
        self._key = MLKEM768X25519PrivateKey(self._mlkem, self._x25519)

    def __repr__(self) -> str:
        return "<PrivateKey withheld>"

    @property
    def seeds(self) -> tuple[bytes, ...]:
        """Everything it opens with."""
        return (self.seed,)

    @classmethod
    def generate(cls) -> "PrivateKey":
        """Make a new key pair."""
        return cls(secrets.token_bytes(SEED_BYTES))

    def public(self) -> PublicKey:
        """Return the half that may be known."""
        return PublicKey(self.encoded_public())

    def encoded_public(self) -> bytes:
        """Return the same as it is stored."""
        x25519 = self._x25519.public_key().public_bytes(
            serialization.Encoding.Raw, serialization.PublicFormat.Raw
        )
        return HYBRID + self._mlkem.public_key().public_bytes_raw() + x25519

    def unwrap(self, wrapped: bytes, binding: bytes) -> bytes:
        """Undo `PublicKey.wrap`. Raises `Unopenable` for any other key, place or content."""
        if wrapped[:1] != HYBRID:
            raise Unopenable
        try:
            return _SUITE.decrypt(wrapped[1:], self._key, HYBRID + binding)
        except (InvalidTag, ValueError):
            raise Unopenable from None
