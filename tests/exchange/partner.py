"""A partner's system, written from docs/exchange.md alone: nothing of ours is imported here.

What it can read and what it makes shows that the page is enough, and that no library of ours is
needed to take part.
"""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

REQUEST = ("@method", "@target-uri", "content-type", "content-digest", "idempotency-key")
ANSWER = ("@status", "content-type", "content-digest", '"signature";req;key="adstelle"')

Headers = dict[str, str]


# Sealed packages: HPKE base mode with X-Wing, HKDF-SHA256 and AES-256-GCM


def open_report(seed: bytes, message: Mapping[str, Any]) -> Any:
    """Open what a message of kind `report` brings."""
    sealed = base64.b64decode(message["sealed"])
    names = (message["package"], message["sender"], message["receiver"])
    return open_package(seed, sealed, *names)


def open_package(seed: bytes, sealed: bytes, package: str, sender: str, receiver: str) -> Any:
    """Open a sealed package with the 96 bytes of a receiver's private key."""
    suite, kem, x25519, text = sealed[:1], sealed[1:1089], sealed[1089:1121], sealed[1121:]
    assert suite == b"\x02"
    secret = xwing(seed, kem, x25519)
    info = b"\x02" + f"adstelle-exchange/1/{package}/{sender}/{receiver}".encode()
    padded = hpke_open(secret, info, text)
    filled = padded.rstrip(b"\x00")
    assert filled[-1:] == b"\x80"
    return json.loads(filled[:-1])


def xwing(seed: bytes, kem: bytes, x25519: bytes) -> bytes:
    """X-Wing (draft-connolly-cfrg-xwing-kem), with the two private keys spelled out."""
    own = X25519PrivateKey.from_private_bytes(seed[64:])
    first = MLKEM768PrivateKey.from_seed_bytes(seed[:64]).decapsulate(kem)
    second = own.exchange(X25519PublicKey.from_public_bytes(x25519))
    public = own.public_key().public_bytes_raw()
    return hashlib.sha3_256(first + second + x25519 + public + rb"\.//^" + b"\\").digest()


def hpke_open(secret: bytes, info: bytes, text: bytes) -> bytes:
    """RFC 9180, base mode, single shot; suite 0x647a, 0x0001, 0x0002."""
    suite = b"HPKE" + bytes.fromhex("647a00010002")

    def extract(label: bytes, key: bytes, salt: bytes = b"") -> bytes:
        return hmac.digest(salt or bytes(32), b"HPKE-v1" + suite + label + key, "sha256")

    def expand(key: bytes, label: bytes, context: bytes, length: int) -> bytes:
        asked = length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + context
        return hmac.digest(key, asked + b"\x01", "sha256")[:length]  # never more than one block

    context = b"\x00" + extract(b"psk_id_hash", b"") + extract(b"info_hash", info)
    shared = extract(b"secret", b"", salt=secret)
    key, nonce = expand(shared, b"key", context, 32), expand(shared, b"base_nonce", context, 12)
    return AESGCM(key).decrypt(nonce, text, b"")


# HTTP Message Signatures (RFC 9421) with Ed25519


def digest(body: bytes) -> str:
    """The Content-Digest of a body (RFC 9530)."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


def key_id(public: Ed25519PublicKey) -> str:
    return hashlib.sha256(public.public_bytes_raw()).hexdigest()


def signature_base(parts: Sequence[str], values: Mapping[str, str], parameters: str) -> bytes:
    """The lines that are signed."""
    lines = [f"{quoted(part)}: {values[part]}" for part in parts]
    return "\n".join([*lines, f'"@signature-params": {parameters}']).encode()


def quoted(part: str) -> str:
    return part if part.startswith('"') else f'"{part}"'


def parameters(
    parts: Sequence[str], key: Ed25519PrivateKey, created: int | None, **more: object
) -> str:
    """The value of Signature-Input behind the label."""
    given = {
        "created": created,
        "keyid": key_id(key.public_key()),
        "alg": "ed25519",
        "tag": "adstelle-exchange",
    } | more
    written = "".join(
        f";{name}={value}" if isinstance(value, int) else f';{name}="{value}"'
        for name, value in given.items()
        if value is not None
    )
    return f"({' '.join(map(quoted, parts))}){written}"


def sign(key: Ed25519PrivateKey, parts: Sequence[str], values: Headers, written: str) -> Headers:
    signature = base64.b64encode(key.sign(signature_base(parts, values, written))).decode()
    return {"signature-input": f"adstelle={written}", "signature": f"adstelle=:{signature}:"}


def request_headers(body: bytes, idempotency_key: str) -> Headers:
    return {
        "content-type": "application/json",
        "content-digest": digest(body),
        "idempotency-key": idempotency_key,
    }


def sign_request(
    key: Ed25519PrivateKey, url: str, body: bytes, idempotency_key: str, created: int
) -> Headers:
    """Every header of a request that brings a message."""
    headers = request_headers(body, idempotency_key)
    values = {"@method": "POST", "@target-uri": url} | headers
    return headers | sign(key, REQUEST, values, parameters(REQUEST, key, created))


def sign_answer(
    key: Ed25519PrivateKey, request: Headers, status: int, body: bytes, created: int
) -> Headers:
    """Every header of the answer that holds a receipt."""
    headers = {"content-type": "application/json", "content-digest": digest(body)}
    values = {"@status": str(status), ANSWER[3]: of_label(request["signature"])} | headers
    return headers | sign(key, ANSWER, values, parameters(ANSWER, key, created))


def of_label(field: str) -> str:
    """The member `adstelle` of a header with labels."""
    return field.removeprefix("adstelle=")


def is_signed(
    public: Ed25519PublicKey, headers: Headers, parts: Sequence[str], values: Headers, body: bytes
) -> bool:
    """Check what somebody signed; freshness is looked at where the time is known."""
    written = of_label(headers["signature-input"])
    listed = re.match(r"\(([^)]*)\)", written)
    if not listed or listed[1].split(" ") != [quoted(part) for part in parts]:
        return False
    if f'keyid="{key_id(public)}"' not in written or 'tag="adstelle-exchange"' not in written:
        return False
    signature = base64.b64decode(of_label(headers["signature"]).strip(":"))
    try:
        public.verify(signature, signature_base(parts, values, written))
    except InvalidSignature:
        return False
    return headers["content-digest"] == digest(body)


def request_is_signed(public: Ed25519PublicKey, url: str, headers: Headers, body: bytes) -> bool:
    """Check a request that came."""
    values = {"@method": "POST", "@target-uri": url} | headers
    return is_signed(public, headers, REQUEST, values, body)


def answer_is_signed(
    public: Ed25519PublicKey, request: Headers, status: int, headers: Headers, body: bytes
) -> bool:
    """Check an answer to a request of ours."""
    values = {"@status": str(status), ANSWER[3]: of_label(request["signature"])} | headers
    return is_signed(public, headers, ANSWER, values, body)


# Messages


def message(kind: str, package: str, sender: str, receiver: str, **more: object) -> bytes:
    return json.dumps(
        {
            "format": "adstelle-exchange",
            "version": 1,
            "kind": kind,
            "package": package,
            "sender": sender,
            "receiver": receiver,
        }
        | more
    ).encode()


def receipt(kind: str, package: str, body: bytes, received_on: str) -> bytes:
    return json.dumps(
        {
            "format": "adstelle-exchange-receipt",
            "version": 1,
            "package": package,
            "kind": kind,
            "digest": base64.b64encode(hashlib.sha256(body).digest()).decode(),
            "received_on": received_on,
        }
    ).encode()
