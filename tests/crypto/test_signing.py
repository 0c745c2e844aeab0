"""Signing keys: read from a file, shown by their public half alone."""

import base64

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, x25519
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from adstelle.crypto.signing import SigningKey, VerifyingKey
from adstelle.errors import BadKey

# RFC 8032, section 7.1, test 1
SEED = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
PUBLIC = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")


def test_a_key_comes_back_from_its_file() -> None:
    key = SigningKey.generate()

    again = SigningKey.read(key.written().decode())

    assert again.verifying().raw == key.verifying().raw
    assert key.written().startswith(b"-----BEGIN PRIVATE KEY-----")


def test_new_keys_differ() -> None:
    assert len({SigningKey.generate().verifying().key_id for _ in range(20)}) == 20


def test_the_public_half_is_the_standards() -> None:
    key = SigningKey(Ed25519PrivateKey.from_private_bytes(SEED))

    assert key.verifying().raw == PUBLIC
    assert key.verifying().written() == base64.b64encode(PUBLIC).decode()
    assert VerifyingKey.read(key.verifying().written()).raw == PUBLIC


def test_the_id_is_the_hash_of_the_key() -> None:
    assert VerifyingKey(PUBLIC).key_id == (
        "21fe31dfa154a261626bf854046fd2271b7bed4b6abe45aa58877ef47f9721b9"
    )


def test_a_file_that_another_program_made_is_read() -> None:
    """The key of RFC 9421, appendix B.1.4, as it is printed there."""
    printed = (
        "-----BEGIN PRIVATE KEY-----\n"
        "MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF\n"
        "-----END PRIVATE KEY-----\n"
    )
    public = "JrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs="

    assert SigningKey.read(printed).verifying().written() == public
    assert SigningKey.read(printed).written().decode() == printed


def pem(key: ec.EllipticCurvePrivateKey | x25519.X25519PrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


NO_KEYS = {
    "nothing": "",
    "a word": "key",
    "a public half": SigningKey.generate().verifying().written(),
    "half a file": SigningKey.generate().written().decode()[:60],
    "another kind": pem(ec.generate_private_key(ec.SECP256R1())),
    "a key to seal with": pem(x25519.X25519PrivateKey.generate()),
    "one under a passphrase": SigningKey.generate()
    .key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"secret"),
    )
    .decode(),
}


@pytest.mark.parametrize("content", NO_KEYS.values(), ids=NO_KEYS)
def test_what_is_no_signing_key_is_refused(content: str) -> None:
    with pytest.raises(BadKey) as raised:
        SigningKey.read(content)
    assert str(raised.value) == ""


@pytest.mark.parametrize("written", ["", "AAAA", "?", base64.b64encode(bytes(31)).decode(), "ä"])
def test_what_is_no_verifying_key_is_refused(written: str) -> None:
    with pytest.raises(BadKey):
        VerifyingKey.read(written)


def test_a_signing_key_does_not_show_itself() -> None:
    key = SigningKey.generate()
    assert repr(key) == str(key) == "<SigningKey withheld>"
