"""An envelope opens for one key at one place, and its length says little."""

import hashlib

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given, settings
from hypothesis import strategies as st

from adstelle.crypto import envelope
from adstelle.errors import Unopenable
from tests.crypto.vectors import VECTORS

KEY = bytes(range(32))
PLACE = b"part/1/somewhere"
keys = st.binary(min_size=32, max_size=32)
texts = st.binary(max_size=3000)


@given(keys, texts, st.binary(max_size=60))
def test_what_was_sealed_opens(key: bytes, text: bytes, place: bytes) -> None:
    assert envelope.open_sealed(key, envelope.seal(key, text, place), place) == text


@given(keys, keys, texts)
def test_another_key_opens_nothing(key: bytes, other: bytes, text: bytes) -> None:
    sealed = envelope.seal(key, text, PLACE)
    if other == key:
        return
    with pytest.raises(Unopenable):
        envelope.open_sealed(other, sealed, PLACE)


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_it_opens_at_no_other_place(place: bytes, other: bytes) -> None:
    sealed = envelope.seal(KEY, b"text", place)
    if other == place:
        return
    with pytest.raises(Unopenable):
        envelope.open_sealed(KEY, sealed, other)


def test_any_flipped_bit_is_noticed() -> None:
    sealed = envelope.seal(KEY, b"what happened", PLACE)
    for position in range(len(sealed)):
        for bit in (1, 128):
            damaged = bytearray(sealed)
            damaged[position] ^= bit
            with pytest.raises(Unopenable):
                envelope.open_sealed(KEY, bytes(damaged), PLACE)


def test_any_truncation_is_noticed() -> None:
    sealed = envelope.seal(KEY, b"what happened", PLACE)
    for length in range(len(sealed)):
        with pytest.raises(Unopenable):
            envelope.open_sealed(KEY, sealed[:length], PLACE)


@given(st.binary(min_size=1, max_size=40))
def test_nothing_can_be_appended(more: bytes) -> None:
    with pytest.raises(Unopenable):
        envelope.open_sealed(KEY, envelope.seal(KEY, b"text", PLACE) + more, PLACE)


@pytest.mark.parametrize("version", [0, 2, 255])
def test_another_version_is_refused_even_if_it_would_decrypt(version: int) -> None:
    nonce, byte = bytes(12), bytes([version])
    body = AESGCM(KEY).encrypt(nonce, envelope.padded(b"text"), byte + PLACE)

    with pytest.raises(Unopenable):
        envelope.open_sealed(KEY, byte + nonce + body, PLACE)


def test_the_same_text_never_looks_the_same() -> None:
    assert len({envelope.seal(KEY, b"text", PLACE) for _ in range(100)}) == 100


@given(texts)
def test_padding_is_undone_exactly(text: bytes) -> None:
    assert envelope.unpadded(envelope.padded(text)) == text


@settings(max_examples=300)
@given(st.integers(min_value=0, max_value=300_000))
def test_only_size_classes_are_seen(length: int) -> None:
    size = len(envelope.padded(bytes(length)))

    assert size >= 1024
    assert size & (size - 1) == 0, "a power of two"
    assert size // 2 < length + 1 or size == 1024, "the smallest that fits"


@pytest.mark.parametrize("text", [b"", b"\x00" * 1024, b"text", b"text\x00\x00", b"text\x81"])
def test_padding_that_is_not_ours_is_refused(text: bytes) -> None:
    with pytest.raises(Unopenable):
        envelope.unpadded(text)


@given(keys, st.text(max_size=20), st.text(max_size=20))
def test_every_label_derives_another_key(secret: bytes, label: str, other: str) -> None:
    same = envelope.derive(secret, label) == envelope.derive(secret, other)
    assert same == (label == other)


def test_the_derivation_is_the_pinned_one() -> None:
    pinned = VECTORS["derive"]
    derived = envelope.derive(bytes.fromhex(pinned["secret"]), pinned["label"])
    assert derived.hex() == pinned["derived"]


def test_what_was_sealed_by_an_earlier_version_still_opens() -> None:
    pinned, nonce = VECTORS["envelope"], bytes(12)
    text = pinned["plaintext"].encode()
    body = AESGCM(KEY).encrypt(nonce, (text + b"\x80").ljust(1024, b"\x00"), b"\x01place")
    sealed = b"\x01" + nonce + body
    assert hashlib.sha256(sealed).hexdigest() == pinned["sealed_sha256"]

    assert envelope.open_sealed(KEY, sealed, b"place") == text
