"""Seal a package for one receiver, for one place; open one that came.

A sealed package is what `crypto.hpke` wraps: ``0x02 | encapsulated key | ciphertext``, with the
plaintext filled up to a size class. docs/exchange.md describes it byte by byte.
"""

from typing import Final
from uuid import UUID

import msgspec

from adstelle.crypto import envelope
from adstelle.crypto.hpke import PrivateKey, PublicKey
from adstelle.domain.package import Package
from adstelle.errors import Oversized, Unopenable

LARGEST_CLASS: Final = 512 * 1024
_AROUND: Final = 1 + 1088 + 32 + 16  # suite, ML-KEM-768 ciphertext, X25519 key, tag
LEAST_SEALED: Final = envelope.SMALLEST_CLASS + _AROUND
MOST_SEALED: Final = LARGEST_CLASS + _AROUND


def binding(package_id: UUID, sender: str, receiver: str) -> bytes:
    """Name the one place where a package opens."""
    return f"adstelle-exchange/1/{package_id}/{sender}/{receiver}".encode("ascii")


def seal_package(package: Package, to: PublicKey, *, sender: str, receiver: str) -> bytes:
    """Seal *package* for its receiver. Raises `Oversized`."""
    padded = envelope.padded(msgspec.json.encode(package))
    if len(padded) > LARGEST_CLASS:
        raise Oversized
    return to.wrap(padded, binding(package.package, sender, receiver))


def open_package(
    private: PrivateKey, sealed: bytes, package_id: UUID, *, sender: str, receiver: str
) -> Package:
    """Open a package. Raises `Unopenable` for any other key or place, and for any other content."""
    opened = private.unwrap(sealed, binding(package_id, sender, receiver))
    try:
        package = msgspec.json.decode(envelope.unpadded(opened), type=Package)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Unopenable from None  # the message of the first may quote
    if package.package != package_id:
        raise Unopenable
    return package
