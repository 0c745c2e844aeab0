"""Signing keys between systems: Ed25519 (RFC 8032). Who signs is known by the key, not by a name.

The private half lies in a file (PKCS #8, PEM); the public half is 32 bytes in base64, as it stands
in a partner's city data.
"""

import hashlib
from base64 import b64decode, b64encode
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from adstelle.errors import BadKey

PUBLIC_BYTES: Final = 32


class VerifyingKey:
    """What a partner's signatures are checked with."""

    def __init__(self, raw: bytes) -> None:
        if len(raw) != PUBLIC_BYTES:
            raise BadKey
        self.raw = raw
        self.key = Ed25519PublicKey.from_public_bytes(raw)

    @classmethod
    def read(cls, written: str) -> "VerifyingKey":
        """Read the base64 of city data. Raises `BadKey`."""
        try:
            return cls(b64decode(written, validate=True))
        except ValueError:
            raise BadKey from None

    def written(self) -> str:
        """Write it as it stands in city data."""
        return b64encode(self.raw).decode("ascii")

    @property
    def key_id(self) -> str:
        """Its name in signatures: SHA-256 of the key, so that no two keys can share one."""
        return hashlib.sha256(self.raw).hexdigest()


class SigningKey:
    """What this system signs with."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self.key = key

    def __repr__(self) -> str:
        return "<SigningKey withheld>"

    @classmethod
    def generate(cls) -> "SigningKey":
        """Make a new key pair."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def read(cls, content: str) -> "SigningKey":
        """Read the content of a key file. Raises `BadKey`."""
        try:
            key = serialization.load_pem_private_key(content.encode(), password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise BadKey from None
        if not isinstance(key, Ed25519PrivateKey):
            raise BadKey
        return cls(key)

    def written(self) -> bytes:
        """Write the content of a key file."""
        return self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )

    def verifying(self) -> VerifyingKey:
        """Return the half that partners are given."""
        return VerifyingKey(self.key.public_key().public_bytes_raw())
