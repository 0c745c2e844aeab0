"""Signatures: ours and a stranger's implementation agree, and nothing that was changed passes."""

import base64
import hashlib
import hmac
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from http_message_signatures import (
    HTTPMessageSigner,
    HTTPMessageVerifier,
    MappingKeyResolver,
)
from http_message_signatures.algorithms import ED25519
from hypothesis import given
from hypothesis import strategies as st

from adstelle.crypto.signing import SigningKey
from adstelle.exchange import signatures
from adstelle.exchange.messages import MOST_BYTES
from adstelle.exchange.refusals import MessageRefused, Refusal
from adstelle.exchange.signatures import WINDOW, Answer, Request
from tests.exchange import partner

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
CREATED = int(NOW.timestamp())
URL = "https://ads.example/austausch/v1/messages"
BODY = b'{"kind":"withdrawal"}'
OURS, THEIRS, STRANGER = (SigningKey.generate() for _ in range(3))
KEYS = {key.verifying().key_id: key.verifying() for key in (OURS, THEIRS)}
IDEMPOTENCY = '"00000000-0000-0000-0000-000000000005/withdrawal"'

Change = Callable[[Request], Request]


def request(key: SigningKey = OURS, body: bytes = BODY, at: datetime = NOW) -> Request:
    return signatures.signed_request(key, URL, body, idempotency_key=IDEMPOTENCY, now=at)


def by_hand(*left_out: str, created: int | None = CREATED, **more: object) -> Request:
    """A request that the partner's code signed, but for some parts or with other parameters."""
    parts = tuple(part for part in partner.REQUEST if part not in left_out)
    headers = partner.request_headers(BODY, IDEMPOTENCY)
    values = {"@method": "POST", "@target-uri": URL} | headers
    written = partner.parameters(parts, THEIRS.key, created, **more)
    headers |= partner.sign(THEIRS.key, parts, values, written)
    return Request("POST", URL, tuple(headers.items()), BODY)


def refusal(came: Request, now: datetime = NOW) -> Refusal:
    with pytest.raises(MessageRefused) as raised:
        signatures.verify_request(came, KEYS, now)
    assert str(raised.value) == str(raised.value.reason)
    assert raised.value.__suppress_context__ or raised.value.__context__ is None
    return raised.value.reason


def with_header(came: Request, name: str, value: str | None) -> Request:
    kept = [(n, v) for n, v in came.headers if n.lower() != name]
    added = [] if value is None else [(name, value)]
    return msgspec.structs.replace(came, headers=(*kept, *added))


def header(came: Request | Answer, name: str) -> str:
    (value,) = (v for n, v in came.headers if n.lower() == name)
    return value


# Two implementations --------------------------------------------------------------------------


def test_the_package_makes_and_accepts_the_vector_of_the_standard() -> None:
    """RFC 9421, appendix B.2.6: Ed25519 signs the same bytes everywhere."""

    class Message:
        method = "POST"
        url = "https://example.com/foo?param=Value&Pet=dog"

        def __init__(self) -> None:
            self.headers = {
                "Host": "example.com",
                "Date": "Tue, 20 Apr 2021 02:07:55 GMT",
                "Content-Type": "application/json",
                "Content-Length": "18",
            }

    pem = (
        "-----BEGIN PRIVATE KEY-----\n"
        "MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF\n"
        "-----END PRIVATE KEY-----\n"
    )
    key = SigningKey.read(pem)
    keys = MappingKeyResolver(
        public_keys={"test-key-ed25519": key.verifying().key},
        private_keys={"test-key-ed25519": key.key},
    )
    message = Message()

    HTTPMessageSigner(signature_algorithm=ED25519, key_resolver=keys).sign(
        message,
        key_id="test-key-ed25519",
        created=datetime.fromtimestamp(1618884473, UTC),
        label="sig-b26",
        include_alg=False,
        covered_component_ids=(
            "date",
            "@method",
            "@path",
            "@authority",
            "content-type",
            "content-length",
        ),
    )

    assert message.headers["Signature-Input"] == (
        'sig-b26=("date" "@method" "@path" "@authority" "content-type" "content-length")'
        ';created=1618884473;keyid="test-key-ed25519"'
    )
    assert message.headers["Signature"] == (
        "sig-b26=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPp"
        "BKRCw==:"
    )
    verifier = HTTPMessageVerifier(signature_algorithm=ED25519, key_resolver=keys)
    assert verifier.verify(message, max_age=None)


def test_a_partner_accepts_what_we_sign() -> None:
    sent = request()
    headers = {name.lower(): value for name, value in sent.headers}

    assert partner.request_is_signed(OURS.verifying().key, URL, headers, BODY)
    assert not partner.request_is_signed(OURS.verifying().key, URL + "/", headers, BODY)
    assert not partner.request_is_signed(STRANGER.verifying().key, URL, headers, BODY)


def test_we_accept_what_a_partner_signs() -> None:
    headers = partner.sign_request(THEIRS.key, URL, BODY, IDEMPOTENCY, CREATED)
    came = Request("POST", URL, tuple(headers.items()), BODY)

    assert signatures.verify_request(came, KEYS, NOW) == THEIRS.verifying().key_id


def test_a_partner_accepts_our_receipt_and_we_accept_theirs() -> None:
    sent = request()
    asked = {name.lower(): value for name, value in sent.headers}
    ours = signatures.signed_answer(OURS, sent, 200, b"{}", now=NOW)
    said = {name.lower(): value for name, value in ours.headers}
    assert partner.answer_is_signed(OURS.verifying().key, asked, 200, said, b"{}")

    theirs = partner.sign_answer(THEIRS.key, asked, 202, b"{}", CREATED)
    answer = Answer(202, tuple(theirs.items()), b"{}")
    assert signatures.verify_answer(answer, sent, KEYS, NOW) == THEIRS.verifying().key_id


def test_the_algorithm_need_not_be_named() -> None:
    assert signatures.verify_request(by_hand(alg=None), KEYS, NOW)


def test_a_stronger_digest_is_as_good() -> None:
    headers = partner.request_headers(BODY, IDEMPOTENCY)
    strong = base64.b64encode(hashlib.sha512(BODY).digest()).decode()
    headers["content-digest"] = f"sha-512=:{strong}:"
    values = {"@method": "POST", "@target-uri": URL} | headers
    written = partner.parameters(partner.REQUEST, THEIRS.key, CREATED)
    headers |= partner.sign(THEIRS.key, partner.REQUEST, values, written)

    assert signatures.verify_request(Request("POST", URL, tuple(headers.items()), BODY), KEYS, NOW)


def test_a_proxy_may_add_a_signature_of_its_own() -> None:
    sent = request()
    added = with_header(
        sent, "signature-input", header(sent, "signature-input") + ", proxy=();created=1"
    )
    added = with_header(added, "signature", header(sent, "signature") + ", proxy=:AAAA:")
    assert signatures.verify_request(added, KEYS, NOW) == OURS.verifying().key_id


# What does not pass ---------------------------------------------------------------------------

CHANGES: dict[str, tuple[Change, Refusal]] = {
    "no signature": (lambda r: with_header(r, "signature", None), Refusal.UNSIGNED),
    "no description of it": (lambda r: with_header(r, "signature-input", None), Refusal.UNSIGNED),
    "an empty signature": (lambda r: with_header(r, "signature", ""), Refusal.UNSIGNED),
    "no headers at all": (lambda r: msgspec.structs.replace(r, headers=()), Refusal.UNSIGNED),
    "another body": (
        lambda r: msgspec.structs.replace(r, body=BODY + b" "),
        Refusal.DIGEST_MISMATCH,
    ),
    "half a body": (lambda r: msgspec.structs.replace(r, body=BODY[:5]), Refusal.DIGEST_MISMATCH),
    "another body with its digest": (
        lambda r: with_header(
            msgspec.structs.replace(r, body=b"{}"), "content-digest", partner.digest(b"{}")
        ),
        Refusal.BAD_SIGNATURE,
    ),
    "no digest": (lambda r: with_header(r, "content-digest", None), Refusal.BAD_SIGNATURE),
    "another method": (
        lambda r: msgspec.structs.replace(r, method="PUT"),
        Refusal.BAD_SIGNATURE,
    ),
    "another address": (
        lambda r: msgspec.structs.replace(r, url="https://other.example/v1/messages"),
        Refusal.BAD_SIGNATURE,
    ),
    "another media type": (
        lambda r: with_header(r, "content-type", "text/plain"),
        Refusal.BAD_SIGNATURE,
    ),
    "another idempotency key": (
        lambda r: with_header(r, "idempotency-key", '"other"'),
        Refusal.BAD_SIGNATURE,
    ),
    "a header twice": (
        lambda r: msgspec.structs.replace(
            r, headers=(*r.headers, ("Idempotency-Key", IDEMPOTENCY))
        ),
        Refusal.BAD_SIGNATURE,
    ),
    "the signature of another key": (
        lambda r: with_header(r, "signature", header(request(THEIRS), "signature")),
        Refusal.BAD_SIGNATURE,
    ),
    "another label": (
        lambda r: with_header(
            with_header(r, "signature", header(r, "signature").replace("adstelle", "sig1")),
            "signature-input",
            header(r, "signature-input").replace("adstelle=", "sig1="),
        ),
        Refusal.BAD_SIGNATURE,
    ),
    "a signature that is no structured field": (
        lambda r: with_header(r, "signature", "adstelle=:no"),
        Refusal.BAD_SIGNATURE,
    ),
    "a signature without end": (
        lambda r: with_header(r, "signature-input", header(r, "signature-input") + " " * 5_000),
        Refusal.BAD_SIGNATURE,
    ),
    "more than anybody has to take": (
        lambda r: msgspec.structs.replace(r, body=bytes(MOST_BYTES + 1)),
        Refusal.OVERSIZED,
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_was_changed_on_the_way_is_refused(change: str) -> None:
    signatures.verify_request(request(), KEYS, NOW)
    made, reason = CHANGES[change]

    assert refusal(made(request())) is reason


def test_a_key_that_nobody_gave_us_is_unknown() -> None:
    assert refusal(request(STRANGER)) is Refusal.UNKNOWN_KEY
    assert refusal(by_hand(keyid=STRANGER.verifying().key_id)) is Refusal.UNKNOWN_KEY
    assert refusal(by_hand(keyid=OURS.verifying().key_id)) is Refusal.BAD_SIGNATURE
    assert refusal(by_hand(keyid=None)) is Refusal.BAD_SIGNATURE


@pytest.mark.parametrize("part", partner.REQUEST)
def test_a_signature_that_leaves_something_out_is_refused(part: str) -> None:
    assert refusal(by_hand(part)) is Refusal.BAD_SIGNATURE


def test_a_signature_made_for_something_else_is_refused() -> None:
    assert refusal(by_hand(tag="payments")) is Refusal.BAD_SIGNATURE
    assert refusal(by_hand(tag=None)) is Refusal.BAD_SIGNATURE
    assert refusal(by_hand(purpose="x")) is Refusal.BAD_SIGNATURE


@pytest.mark.parametrize("algorithm", ["hmac-sha256", "rsa-v1_5-sha256", "none", ""])
def test_no_signature_chooses_its_algorithm(algorithm: str) -> None:
    assert refusal(by_hand(alg=algorithm)) is Refusal.BAD_SIGNATURE


def test_the_public_key_is_no_shared_secret() -> None:
    """Algorithm confusion: an HMAC under the key that everybody knows."""
    headers = partner.request_headers(BODY, IDEMPOTENCY)
    values = {"@method": "POST", "@target-uri": URL} | headers
    written = partner.parameters(partner.REQUEST, THEIRS.key, CREATED, alg="hmac-sha256")
    base = partner.signature_base(partner.REQUEST, values, written)
    forged = base64.b64encode(hmac.digest(THEIRS.verifying().raw, base, "sha256")).decode()
    for named in (written, written.replace(';alg="hmac-sha256"', "")):
        headers |= {"signature-input": f"adstelle={named}", "signature": f"adstelle=:{forged}:"}
        came = Request("POST", URL, tuple(headers.items()), BODY)
        assert refusal(came) is Refusal.BAD_SIGNATURE


SECOND = timedelta(seconds=1)


@pytest.mark.parametrize("sign", [1, -1], ids=["old", "of the future"])
def test_five_minutes_are_the_window(sign: int) -> None:
    assert signatures.verify_request(request(), KEYS, NOW + sign * WINDOW)
    assert refusal(request(), NOW + sign * (WINDOW + SECOND)) is Refusal.STALE


def test_a_signature_without_its_time_is_stale() -> None:
    assert refusal(by_hand(created=None)) is Refusal.STALE
    assert refusal(by_hand(created=10**14)) is Refusal.STALE


def test_a_signature_may_expire_sooner() -> None:
    soon = by_hand(expires=CREATED + 60)
    assert signatures.verify_request(soon, KEYS, NOW + 60 * SECOND)
    assert refusal(soon, NOW + 61 * SECOND) is Refusal.STALE


# Answers --------------------------------------------------------------------------------------


def answer_refusal(answer: Answer, to: Request, now: datetime = NOW) -> Refusal:
    with pytest.raises(MessageRefused) as raised:
        signatures.verify_answer(answer, to, KEYS, now)
    return raised.value.reason


def test_an_answer_belongs_to_one_request() -> None:
    first, later = request(), request(at=NOW + SECOND)
    answer = signatures.signed_answer(THEIRS, first, 200, b"{}", now=NOW)

    assert signatures.verify_answer(answer, first, KEYS, NOW)
    assert answer_refusal(answer, later) is Refusal.BAD_SIGNATURE


def test_what_was_changed_in_an_answer_is_refused() -> None:
    sent = request()
    answer = signatures.signed_answer(THEIRS, sent, 200, b"{}", now=NOW)
    changed = msgspec.structs.replace

    assert answer_refusal(changed(answer, status=202), sent) is Refusal.BAD_SIGNATURE
    assert answer_refusal(changed(answer, body=b"[]"), sent) is Refusal.DIGEST_MISMATCH
    assert answer_refusal(changed(answer, headers=()), sent) is Refusal.UNSIGNED
    assert answer_refusal(answer, sent, NOW + WINDOW + SECOND) is Refusal.STALE
    strange = signatures.signed_answer(STRANGER, sent, 200, b"{}", now=NOW)
    assert answer_refusal(strange, sent) is Refusal.UNKNOWN_KEY


@pytest.mark.parametrize("part", partner.ANSWER)
def test_an_answer_that_leaves_something_out_is_refused(part: str) -> None:
    sent = request()
    asked = {name.lower(): value for name, value in sent.headers}
    headers = {"content-type": "application/json", "content-digest": partner.digest(b"{}")}
    values = {"@status": "200", partner.ANSWER[3]: partner.of_label(asked["signature"])} | headers
    parts = tuple(other for other in partner.ANSWER if other != part)
    written = partner.parameters(parts, THEIRS.key, CREATED)
    headers |= partner.sign(THEIRS.key, parts, values, written)

    answer = Answer(200, tuple(headers.items()), b"{}")
    assert answer_refusal(answer, sent) is Refusal.BAD_SIGNATURE


def test_a_request_is_no_answer() -> None:
    """Sent back to its sender, a signed request proves nothing."""
    sent = request()
    assert answer_refusal(Answer(200, sent.headers, sent.body), sent) is Refusal.BAD_SIGNATURE


# Whatever comes -------------------------------------------------------------------------------

fields = st.sampled_from(
    ("signature", "signature-input", "content-digest", "content-type", "idempotency-key")
)
damage = st.one_of(
    st.text(st.characters(codec="latin-1"), max_size=80),
    st.text('();=:"\\ ,adstelle0123456789-?', max_size=80),
)


@given(fields, damage, st.integers(0, 200), st.integers(0, 40))
def test_no_damage_passes_and_none_breaks_the_door(name: str, put: str, at: int, cut: int) -> None:
    sent = request()
    value = header(sent, name)
    changed = value[:at] + put + value[at + cut :]
    try:
        signatures.verify_request(with_header(sent, name, changed), KEYS, NOW)
    except MessageRefused:
        return
    # Only what does not change the meaning of a header may pass: spaces around it, a second label.
    assert changed.strip(" \t") == value or name in ("signature", "signature-input")


@given(st.lists(st.tuples(fields, damage), max_size=6), st.binary(max_size=50), damage)
def test_nothing_strange_breaks_the_door(
    headers: list[tuple[str, str]], body: bytes, url: str
) -> None:
    with pytest.raises(MessageRefused):
        signatures.verify_request(Request("POST", url, tuple(headers), body), KEYS, NOW)
