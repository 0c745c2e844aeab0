"""Both ends of a message, first between two systems of ours, then with a partner's own code."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from adstelle.crypto import packages
from adstelle.crypto.hpke import PrivateKey
from adstelle.crypto.signing import SigningKey
from adstelle.domain.handover import Reason
from adstelle.exchange import courier, messages, refusals, signatures
from adstelle.exchange.courier import Incoming
from adstelle.exchange.messages import AnyMessage
from adstelle.exchange.peers import Peer, Peers
from adstelle.exchange.refusals import MessageRefused, Refusal
from adstelle.exchange.signatures import Answer, Request
from tests.crypto.test_packages import package
from tests.exchange import partner

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
TODAY = date(2026, 11, 22)
LATER = NOW + timedelta(hours=6)
PACKAGE = UUID(int=5)
JENA, ERFURT, WEIMAR = (SigningKey.generate() for _ in range(3))
ERFURT_SEALING = PrivateKey.generate()
HERE = ("ads_erfurt", "beratung_erfurt")


def peer(name: str, key: SigningKey, sealing: PrivateKey = ERFURT_SEALING) -> Peer:
    """How another system knows the Stelle *name*."""
    return Peer(
        stelle=f"our_{name}",
        name=name,
        url=f"https://{name.replace('_', '-')}.example/v1/messages",
        sealing_key=sealing.public(),
        keys={key.verifying().key_id: key.verifying()},
    )


# What Jena knows of Erfurt, and what Erfurt knows: two Stellen of one system, and another city.
ERFURT_SEEN = peer("ads_erfurt", ERFURT)
PEERS = Peers([peer("ads_jena", JENA), peer("kokont", JENA), peer("ads_weimar", WEIMAR)])
NAMES = {"sender": "ads_jena", "receiver": "ads_erfurt"}
WITHDRAWAL = messages.withdrawal(PACKAGE, **NAMES)


def at_erfurt(request: Request, now: datetime = NOW) -> Incoming:
    return courier.incoming(request, PEERS, HERE, now)


def refusal(request: Request, now: datetime = NOW) -> Refusal:
    with pytest.raises(MessageRefused) as raised:
        at_erfurt(request, now)
    return raised.value.reason


def test_a_sealed_report_arrives_and_is_acknowledged() -> None:
    made = package()
    sealed = packages.seal_package(made, ERFURT_SEEN.sealing_key, **NAMES)
    message = messages.report(made.package, sealed, **NAMES)
    request = courier.outgoing(message, ERFURT_SEEN, JENA, NOW)

    came = at_erfurt(request)
    assert (came.message, came.peer.name) == (message, "ads_jena")
    assert isinstance(came.message, messages.Report)
    opened = packages.open_package(
        ERFURT_SEALING,
        came.message.sealed,
        came.message.package,
        sender=came.message.sender,
        receiver=came.message.receiver,
    )
    assert opened == made

    answer = courier.acknowledged(came, ERFURT, TODAY, NOW)
    receipt = courier.receipt(answer, request, message, ERFURT_SEEN, NOW)
    assert (receipt.package, receipt.kind, receipt.received_on) == (PACKAGE, "report", TODAY)
    assert courier.refusal(answer) is None


def test_a_later_attempt_is_the_same_message_and_gets_the_same_receipt() -> None:
    first = courier.outgoing(WITHDRAWAL, ERFURT_SEEN, JENA, NOW)
    second = courier.outgoing(WITHDRAWAL, ERFURT_SEEN, JENA, LATER)

    assert first.body == second.body
    assert dict(first.headers)["idempotency-key"] == dict(second.headers)["idempotency-key"]
    bodies = [
        courier.acknowledged(at_erfurt(request, now), ERFURT, TODAY, now).body
        for request, now in ((first, NOW), (second, LATER))
    ]
    assert bodies[0] == bodies[1]


def test_what_was_overheard_cannot_be_sent_again_later() -> None:
    request = courier.outgoing(WITHDRAWAL, ERFURT_SEEN, JENA, NOW)
    assert refusal(request, LATER) is Refusal.STALE


def test_a_decision_goes_back_to_whoever_sent_the_package() -> None:
    jena_seen = PEERS.sender("ads_jena", JENA.verifying().key_id)
    decision = messages.decision(PACKAGE, Reason.FULL, sender="ads_erfurt", receiver=jena_seen.name)
    request = courier.outgoing(decision, jena_seen, ERFURT, NOW)
    assert request.url == "https://ads-jena.example/v1/messages"

    came = courier.incoming(request, Peers([ERFURT_SEEN]), ("ads_jena",), NOW)
    assert came.message == decision
    assert came.peer is ERFURT_SEEN


def test_two_stellen_of_one_system_share_its_key() -> None:
    named = {"sender": "kokont", "receiver": "ads_erfurt"}
    request = courier.outgoing(messages.withdrawal(PACKAGE, **named), ERFURT_SEEN, JENA, NOW)
    assert at_erfurt(request).peer.name == "kokont"


def test_nobody_speaks_for_another() -> None:
    """Weimar's key is known and its signature is good: it is still not Jena."""
    request = courier.outgoing(WITHDRAWAL, ERFURT_SEEN, WEIMAR, NOW)
    assert refusal(request) is Refusal.WRONG_SENDER


def test_a_stranger_is_not_listened_to() -> None:
    request = courier.outgoing(WITHDRAWAL, ERFURT_SEEN, SigningKey.generate(), NOW)
    assert refusal(request) is Refusal.UNKNOWN_KEY


def test_a_receiver_who_is_not_here_is_named_as_that() -> None:
    message = messages.withdrawal(PACKAGE, sender="ads_jena", receiver="ads_gera")
    assert refusal(courier.outgoing(message, ERFURT_SEEN, JENA, NOW)) is Refusal.UNKNOWN_RECEIVER


def test_a_message_for_another_address_is_not_taken() -> None:
    request = courier.outgoing(WITHDRAWAL, ERFURT_SEEN, JENA, NOW)
    elsewhere = msgspec.structs.replace(request, url="https://ads-gera.example/v1/messages")
    assert refusal(elsewhere) is Refusal.BAD_SIGNATURE


def test_the_idempotency_key_belongs_to_the_message() -> None:
    body = messages.encode(WITHDRAWAL)
    request = signatures.signed_request(
        JENA, ERFURT_SEEN.url, body, idempotency_key='"another"', now=NOW
    )
    assert refusal(request) is Refusal.MALFORMED


@pytest.mark.parametrize("content", [b"{", b'{"format":"adstelle-exchange","version":9}', b"[]"])
def test_what_is_signed_well_but_no_message_is_refused(content: bytes) -> None:
    request = signatures.signed_request(
        JENA, ERFURT_SEEN.url, content, idempotency_key='"x"', now=NOW
    )
    assert refusal(request) in {Refusal.NOT_JSON, Refusal.UNKNOWN_VERSION, Refusal.MALFORMED}


def test_the_signature_is_looked_at_before_the_content() -> None:
    unsigned = Request("POST", ERFURT_SEEN.url, (), b"{")
    assert refusal(unsigned) is Refusal.UNSIGNED


# Renewing keys --------------------------------------------------------------------------------


def test_while_a_key_is_renewed_both_are_believed() -> None:
    new = SigningKey.generate()
    keys = {key.verifying().key_id: key.verifying() for key in (JENA, new)}
    renewing = Peers([msgspec.structs.replace(peer("ads_jena", JENA), keys=keys)])
    for key in (JENA, new):
        request = courier.outgoing(WITHDRAWAL, ERFURT_SEEN, key, NOW)
        assert courier.incoming(request, renewing, HERE, NOW).peer.name == "ads_jena"

    renewed = Peers([peer("ads_jena", new)])
    with pytest.raises(MessageRefused) as raised:
        courier.incoming(courier.outgoing(WITHDRAWAL, ERFURT_SEEN, JENA, NOW), renewed, HERE, NOW)
    assert raised.value.reason is Refusal.UNKNOWN_KEY


# What the sender believes ---------------------------------------------------------------------

REQUEST = courier.outgoing(WITHDRAWAL, ERFURT_SEEN, JENA, NOW)


def unbelieved(answer: Answer, message: AnyMessage = WITHDRAWAL) -> Refusal:
    with pytest.raises(MessageRefused) as raised:
        courier.receipt(answer, REQUEST, message, ERFURT_SEEN, NOW)
    return raised.value.reason


def test_only_the_receivers_own_receipt_counts() -> None:
    came = at_erfurt(REQUEST)
    forged = courier.acknowledged(came, WEIMAR, TODAY, NOW)
    assert unbelieved(forged) is Refusal.UNKNOWN_KEY

    plain = Answer(200, (), forged.body)
    assert unbelieved(plain) is Refusal.UNSIGNED


def test_a_receipt_for_something_else_does_not_count() -> None:
    decision = messages.decision(PACKAGE, None, **NAMES)
    other = courier.outgoing(decision, ERFURT_SEEN, JENA, NOW)
    answer = courier.acknowledged(at_erfurt(other), ERFURT, TODAY, NOW)
    with pytest.raises(MessageRefused) as raised:
        courier.receipt(answer, other, WITHDRAWAL, ERFURT_SEEN, NOW)
    assert raised.value.reason is Refusal.DIGEST_MISMATCH


def test_a_signed_answer_without_a_receipt_does_not_count() -> None:
    answer = signatures.signed_answer(ERFURT, REQUEST, 200, b'{"ok":true}', now=NOW)
    assert unbelieved(answer) is Refusal.MALFORMED


@pytest.mark.parametrize("reason", Refusal)
def test_a_refusal_comes_back_with_its_reason(reason: Refusal) -> None:
    answer = courier.refused(reason)

    assert courier.refusal(answer) is reason
    assert answer.status == refusals.problem(reason).status
    assert ("content-type", "application/problem+json") in answer.headers
    assert ("retry-after" in dict(answer.headers)) is (reason is Refusal.BUSY)
    assert unbelieved(answer) is Refusal.UNSIGNED


def test_a_page_of_some_proxy_is_no_reason() -> None:
    assert courier.refusal(Answer(502, (("content-type", "text/html"),), b"<h1>Bad")) is None


# A partner's own code -------------------------------------------------------------------------


def lowered(headers: signatures.Fields) -> dict[str, str]:
    return {name.lower(): value for name, value in headers}


def test_a_partner_opens_checks_and_acknowledges_what_we_send() -> None:
    """Sealed, signed and sent by us; opened, checked and answered by code that knows the docs."""
    made = package("Im Bus.", "Bitte rufen Sie abends an.")
    sealed = packages.seal_package(made, ERFURT_SEEN.sealing_key, **NAMES)
    message = messages.report(made.package, sealed, **NAMES)
    request = courier.outgoing(message, ERFURT_SEEN, JENA, NOW)

    headers = lowered(request.headers)
    public = JENA.verifying().key
    assert partner.request_is_signed(public, ERFURT_SEEN.url, headers, request.body)
    read: Mapping[str, Any] = json.loads(request.body)
    opened = partner.open_report(ERFURT_SEALING.seed, read)
    assert opened == json.loads(msgspec.json.encode(made))

    said = partner.receipt(read["kind"], read["package"], request.body, "2026-11-22")
    signed = partner.sign_answer(ERFURT.key, headers, 202, said, int(NOW.timestamp()))
    answer = Answer(202, tuple(signed.items()), said)
    assert courier.receipt(answer, request, message, ERFURT_SEEN, NOW).received_on == TODAY


def test_we_read_and_acknowledge_what_a_partner_sends() -> None:
    url = "https://ads-erfurt.example/v1/messages"
    body = partner.message("decision", str(PACKAGE), *NAMES.values(), decision="accepted")
    sent = partner.sign_request(JENA.key, url, body, f'"{PACKAGE}/decision"', int(NOW.timestamp()))

    came = at_erfurt(Request("POST", url, tuple(sent.items()), body))
    assert came.message == messages.decision(PACKAGE, None, **NAMES)

    answer = courier.acknowledged(came, ERFURT, TODAY, NOW)
    said = lowered(answer.headers)
    public = ERFURT.verifying().key
    assert partner.answer_is_signed(public, sent, answer.status, said, answer.body)
    assert json.loads(answer.body) == json.loads(
        partner.receipt("decision", str(PACKAGE), body, "2026-11-22")
    )
