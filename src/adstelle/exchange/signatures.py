"""HTTP Message Signatures (RFC 9421, Ed25519) with Content-Digest (RFC 9530), both ways.

The package `http-message-signatures` builds and checks signatures; here stands what must be signed,
by whom, how fresh, and what each failure is called. What is verified must have been said to us:
the address comes from our settings, never from the request.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
from http_message_signatures import (
    ContentDigest,
    HTTPMessageSigner,
    HTTPMessageVerifier,
    HTTPSignatureKeyResolver,
    VerifyResult,
)
from http_message_signatures.algorithms import ED25519
from http_message_signatures.exceptions import HTTPMessageSignaturesException, InvalidSignature

from adstelle.crypto.signing import SigningKey, VerifyingKey
from adstelle.exchange.messages import MEDIA_TYPE, MOST_BYTES
from adstelle.exchange.refusals import MessageRefused, Refusal

TAG: Final = "adstelle-exchange"
LABEL: Final = "adstelle"
WINDOW: Final = timedelta(minutes=5)
REQUEST_PARTS: Final = (
    "@method",
    "@target-uri",
    "content-type",
    "content-digest",
    "idempotency-key",
)
ANSWER_PARTS: Final = (
    "@status",
    "content-type",
    "content-digest",
    f'"signature";req;key="{LABEL}"',
)
_LONGEST_FIELD: Final = 2_000

Fields = tuple[tuple[str, str], ...]
Keys = Mapping[str, VerifyingKey]  # by key id


class Request(msgspec.Struct, frozen=True):
    """A request as it is sent or as it came; *url* is the address it is meant for."""

    method: str
    url: str
    headers: Fields
    body: bytes


class Answer(msgspec.Struct, frozen=True):
    """An answer as it is sent or as it came."""

    status: int
    headers: Fields
    body: bytes


def signed_request(
    key: SigningKey, url: str, body: bytes, *, idempotency_key: str, now: datetime
) -> Request:
    """Make the request that brings a message to a partner."""
    headers = {"content-type": MEDIA_TYPE, "idempotency-key": idempotency_key}
    _sign(_RequestView("POST", url, headers), key, REQUEST_PARTS, body, now)
    return Request(method="POST", url=url, headers=tuple(headers.items()), body=body)


def verify_request(request: Request, keys: Keys, now: datetime) -> str:
    """Check a partner's request; return the id of the key that signed it.

    Raises `MessageRefused`.
    """
    return _verified(_came(request), request.body, REQUEST_PARTS, keys, now)


def signed_answer(
    key: SigningKey, request: Request, status: int, body: bytes, *, now: datetime
) -> Answer:
    """Make the answer to a request that was verified."""
    headers = {"content-type": MEDIA_TYPE}
    _sign(_AnswerView(status, headers, _came(request)), key, ANSWER_PARTS, body, now)
    return Answer(status=status, headers=tuple(headers.items()), body=body)


def verify_answer(answer: Answer, request: Request, keys: Keys, now: datetime) -> str:
    """Check that an answer is a partner's, to this very request; return the id of its key.

    Raises `MessageRefused`.
    """
    view = _AnswerView(answer.status, _FieldLines(answer.headers), _came(request))
    return _verified(view, answer.body, ANSWER_PARTS, keys, now)


class _FieldLines:
    """Header lines as they came: a name may stand there twice."""

    def __init__(self, lines: Fields) -> None:
        self._lines = lines

    def items(self) -> Iterable[tuple[str, str]]:
        return self._lines


class _RequestView(msgspec.Struct):
    """A request as the package wants to see it."""

    method: str
    url: str
    headers: dict[str, str] | _FieldLines


class _AnswerView(msgspec.Struct):
    """An answer as the package wants to see it."""

    status_code: int
    headers: dict[str, str] | _FieldLines
    request: _RequestView


def _came(request: Request) -> _RequestView:
    return _RequestView(request.method, request.url, _FieldLines(request.headers))


class _OwnKey(HTTPSignatureKeyResolver):
    def __init__(self, key: SigningKey) -> None:
        self._key = key

    def resolve_private_key(self, key_id: str) -> Any:
        return self._key.key


class _Partners(HTTPSignatureKeyResolver):
    """The keys we believe; remembers whether it was asked for another."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self.is_unknown = False

    def resolve_public_key(self, key_id: str) -> Any:
        key = self._keys.get(key_id)
        self.is_unknown = key is None
        return key.key if key else None


class _Verifier(HTTPMessageVerifier):
    """The package's verifier, with our clock."""

    def __init__(self, keys: Keys, now: datetime) -> None:
        self.partners = _Partners(keys)
        self._now = now
        super().__init__(signature_algorithm=ED25519, key_resolver=self.partners)

    def validate_created_and_expires(
        self, sig_input: Any, max_age: timedelta | None = None
    ) -> None:
        """Refuse what was made too long ago, is not made yet, or has expired."""
        given = sig_input.params
        if abs(self._now - _moment(given.get("created"))) > WINDOW:
            raise MessageRefused(Refusal.STALE)
        if "expires" in given and self._now > _moment(given["expires"]):
            raise MessageRefused(Refusal.STALE)


def _moment(seconds: Any) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        raise MessageRefused(Refusal.STALE) from None


def _sign(
    view: _RequestView | _AnswerView,
    key: SigningKey,
    parts: tuple[str, ...],
    body: bytes,
    now: datetime,
) -> None:
    signer = HTTPMessageSigner(signature_algorithm=ED25519, key_resolver=_OwnKey(key))
    signer.sign(
        view,
        key_id=key.verifying().key_id,
        created=now,
        label=LABEL,
        tag=TAG,
        covered_component_ids=parts,
        body=body,
    )


def _verified(
    view: _RequestView | _AnswerView,
    body: bytes,
    parts: tuple[str, ...],
    keys: Keys,
    now: datetime,
) -> str:
    if len(body) > MOST_BYTES:
        raise MessageRefused(Refusal.OVERSIZED)
    _look_for_signature(view)
    verifier = _Verifier(keys, now)
    try:
        (result,) = verifier.verify(
            view, max_age=None, expect_tag=TAG, expect_label=LABEL, require_components=parts
        )
    except (HTTPMessageSignaturesException, ValueError):  # their messages quote
        is_unknown = verifier.partners.is_unknown
        reason = Refusal.UNKNOWN_KEY if is_unknown else Refusal.BAD_SIGNATURE
        raise MessageRefused(reason) from None
    _check_digest(result, body)
    return str(result.parameters["keyid"])


def _look_for_signature(view: _RequestView | _AnswerView) -> None:
    """Tell a signature that is missing from one that fails; let nothing long into the parser."""
    lengths = {"signature": 0, "signature-input": 0}
    for name, value in view.headers.items():
        if name.lower() in lengths:
            lengths[name.lower()] += len(value)
    if not all(lengths.values()):
        raise MessageRefused(Refusal.UNSIGNED)
    if max(lengths.values()) > _LONGEST_FIELD:
        raise MessageRefused(Refusal.BAD_SIGNATURE)


def _check_digest(result: VerifyResult, body: bytes) -> None:
    try:
        ContentDigest.verify_components(result.covered_components, body)
    except InvalidSignature:
        raise MessageRefused(Refusal.DIGEST_MISMATCH) from None
