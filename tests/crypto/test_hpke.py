"""A wrap opens for one private key at one place."""

import base64
import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adstelle.crypto.hpke import HYBRID, SEED_BYTES, PrivateKey, PublicKey
from adstelle.errors import Unopenable
from tests.crypto.vectors import VECTORS

KEY = PrivateKey(bytes(range(SEED_BYTES)))
PUBLIC = KEY.public()
PLACE = b"wrap/1/somewhere"


@settings(deadline=None)
@given(st.binary(max_size=200), st.binary(max_size=60))
def test_what_was_wrapped_opens(text: bytes, place: bytes) -> None:
    assert KEY.unwrap(PUBLIC.wrap(text, place), place) == text


@settings(deadline=None)
@given(st.binary(min_size=SEED_BYTES, max_size=SEED_BYTES))
def test_another_key_opens_nothing(seed: bytes) -> None:
    wrapped = PUBLIC.wrap(b"key", PLACE)
    if seed == KEY.seed:
        return
    with pytest.raises(Unopenable):
        PrivateKey(seed).unwrap(wrapped, PLACE)


def test_each_half_of_the_key_is_needed() -> None:
    """Post-quantum and classical together: to break one of them is not enough."""
    wrapped = PUBLIC.wrap(b"key", PLACE)
    for half in (slice(0, 64), slice(64, 96)):
        seed = bytearray(KEY.seed)
        seed[half] = bytes(b ^ 0x55 for b in seed[half])
        with pytest.raises(Unopenable):
            PrivateKey(bytes(seed)).unwrap(wrapped, PLACE)


@settings(deadline=None)
@given(st.binary(max_size=60), st.binary(max_size=60))
def test_it_opens_at_no_other_place(place: bytes, other: bytes) -> None:
    wrapped = PUBLIC.wrap(b"key", place)
    if other == place:
        return
    with pytest.raises(Unopenable):
        KEY.unwrap(wrapped, other)


def test_any_changed_byte_is_noticed() -> None:
    wrapped = PUBLIC.wrap(b"key", PLACE)
    for position in range(len(wrapped)):
        damaged = bytearray(wrapped)
        damaged[position] ^= 1
        with pytest.raises(Unopenable):
            KEY.unwrap(bytes(damaged), PLACE)


def test_any_truncation_is_noticed() -> None:
    wrapped = PUBLIC.wrap(b"key", PLACE)
    for length in range(0, len(wrapped), 7):
        with pytest.raises(Unopenable):
            KEY.unwrap(wrapped[:length], PLACE)
    with pytest.raises(Unopenable):
        KEY.unwrap(wrapped[:-1], PLACE)


@pytest.mark.parametrize("suite", [b"\x00", b"\x01", b"\x03", b""])
def test_another_suite_is_refused(suite: bytes) -> None:
    with pytest.raises(Unopenable):
        KEY.unwrap(suite + PUBLIC.wrap(b"key", PLACE)[1:], PLACE)
    with pytest.raises(Unopenable):
        PublicKey(suite + PUBLIC.encoded[1:])


@pytest.mark.parametrize("length", [0, 1, 1216, 1218])
def test_a_public_key_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(Unopenable):
        PublicKey(PUBLIC.encoded.ljust(1300, b"\x00")[:length])


def test_a_public_key_that_is_none_is_refused() -> None:
    with pytest.raises(Unopenable):
        PublicKey(HYBRID + b"\xff" * 1216)


@pytest.mark.parametrize("length", [0, 95, 97])
def test_a_seed_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(Unopenable):
        PrivateKey(bytes(length))


def test_new_keys_differ() -> None:
    assert len({PrivateKey.generate().seed for _ in range(20)}) == 20


def test_a_private_key_does_not_show_itself() -> None:
    assert repr(KEY) == str(KEY) == "<PrivateKey withheld>"


def test_keys_and_wraps_of_an_earlier_version_still_open() -> None:
    pinned = VECTORS["hpke"]
    assert hashlib.sha256(PUBLIC.encoded).hexdigest() == pinned["public_key_sha256"]

    wrapped = base64.b64decode(pinned["wrapped"])
    assert KEY.unwrap(wrapped, b"place") == pinned["plaintext"].encode()
