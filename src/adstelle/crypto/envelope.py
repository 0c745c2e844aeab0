"""Symmetric envelopes: padded, authenticated, bound to their place, versioned.

A sealed text is ``version (1 byte) | nonce (12) | AES-256-GCM ciphertext``. The binding is
additional authenticated data: a ciphertext moved to another row, part or recipient does not open.
"""

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from adstelle.errors import Unopenable

AES_256_GCM = b"\x01"
KEY_BYTES = 32
NONCE_BYTES = 12
SMALLEST_CLASS = 1024


def new_key() -> bytes:
    """Return 32 random bytes."""
    return secrets.token_bytes(KEY_BYTES)


def derive(secret: bytes, label: str, length: int = KEY_BYTES) -> bytes:
    """Derive *length* bytes from a secret of full entropy (HKDF-SHA-256, RFC 5869)."""
    return HKDF(hashes.SHA256(), length, salt=None, info=f"adstelle/{label}".encode()).derive(
        secret
    )


def padded(plaintext: bytes, smallest: int = SMALLEST_CLASS) -> bytes:
    """Fill up to the next size class (1 KiB, 2 KiB, 4 KiB …), so that length says little.

    ISO/IEC 7816-4: one byte 0x80, then zeros; unambiguous for any plaintext.
    """
    size = smallest
    while size < len(plaintext) + 1:
        size *= 2
    return (plaintext + b"\x80").ljust(size, b"\x00")


def unpadded(padded_text: bytes) -> bytes:
    """Undo `padded`. Raises `Unopenable` when the padding is not ours."""
    text = padded_text.rstrip(b"\x00")
    if not text.endswith(b"\x80"):
        raise Unopenable
    return text[:-1]


def seal(key: bytes, plaintext: bytes, binding: bytes, smallest: int = SMALLEST_CLASS) -> bytes:
    """Seal *plaintext* under a 32-byte key for the one place that *binding* names.

    *smallest* is the first size class; others follow by doubling.
    """
    nonce = secrets.token_bytes(NONCE_BYTES)
    sealed = AESGCM(key).encrypt(nonce, padded(plaintext, smallest), AES_256_GCM + binding)
    return AES_256_GCM + nonce + sealed


def open_sealed(key: bytes, sealed: bytes, binding: bytes) -> bytes:
    """Open what `seal` made. Raises `Unopenable` for any other key, place or content."""
    version, nonce = sealed[:1], sealed[1 : 1 + NONCE_BYTES]
    if version != AES_256_GCM or len(nonce) != NONCE_BYTES:
        raise Unopenable
    try:
        opened = AESGCM(key).decrypt(nonce, sealed[1 + NONCE_BYTES :], version + binding)
    except InvalidTag:
        raise Unopenable from None
    return unpadded(opened)
