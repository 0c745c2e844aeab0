"""docs/exchange: the schemas are current, the examples hold, the page is enough to read them."""

import json
import re
from base64 import b64decode
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from adstelle.crosswalk import load_crosswalk
from adstelle.crypto import packages
from adstelle.crypto.hpke import PrivateKey, PublicKey
from adstelle.crypto.signing import SigningKey, VerifyingKey
from adstelle.domain.handover import Reason, Scope, Way
from adstelle.domain.package import Package
from adstelle.exchange import messages, refusals, signatures
from adstelle.exchange.refusals import MessageRefused, Refusal, is_final
from adstelle.exchange.signatures import Answer, Request
from tests.exchange import partner
from tests.exchange.test_messages import WRONG
from tools import exchange_docs

FOLDER = Path(__file__).parents[2] / "docs" / "exchange"
PAGE = FOLDER.with_suffix(".md").read_text(encoding="utf-8")
VECTORS: dict[str, Any] = json.loads((FOLDER / "vectors.json").read_text(encoding="utf-8"))
EXCHANGES: list[dict[str, Any]] = VECTORS["exchanges"]
NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
KINDS = [json.loads(exchange["request"]["body"])["kind"] for exchange in EXCHANGES]


def read_schema(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.schema.json").read_text(encoding="utf-8"))


def validator(name: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(
        read_schema(name), format_checker=jsonschema.FormatChecker()
    )


def public(name: str) -> Ed25519PublicKey:
    raw = b64decode(VECTORS["keys"][name]["verifying_key"])
    return Ed25519PublicKey.from_public_bytes(raw)


# Schemas --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", exchange_docs.SHAPES)
def test_a_schema_is_current(name: str) -> None:
    """If this fails: `python tools/exchange_docs.py`."""
    assert read_schema(name) == exchange_docs.schema(name)
    jsonschema.Draft202012Validator.check_schema(read_schema(name))


def test_no_schema_is_left_over() -> None:
    files = {file.name.removesuffix(".schema.json") for file in FOLDER.glob("*.schema.json")}
    assert files == set(exchange_docs.SHAPES)


@pytest.mark.parametrize("exchange", EXCHANGES, ids=KINDS)
def test_the_examples_fit_their_schemas(exchange: dict[str, Any]) -> None:
    validator("message").validate(json.loads(exchange["request"]["body"]))
    validator("receipt").validate(json.loads(exchange["answer"]["body"]))


def test_the_package_fits_its_schema() -> None:
    validator("package").validate(VECTORS["package"]["plaintext"])
    for reason in Refusal:
        problem = json.loads(msgspec.json.encode(refusals.problem(reason)))
        validator("problem").validate(problem)


# What a schema cannot say, and the page says instead.
BEYOND = {"accepted for a reason", "refused without a reason", "sealed is no base64"}


@pytest.mark.parametrize("fault", sorted(WRONG))
def test_the_schema_refuses_what_the_receiver_refuses(fault: str) -> None:
    body, reason = WRONG[fault]
    if reason in (Refusal.NOT_JSON, Refusal.OVERSIZED):
        return
    assert validator("message").is_valid(json.loads(body)) is (fault in BEYOND)


# Examples -------------------------------------------------------------------------------------


def test_a_stranger_opens_the_package_with_the_page_alone() -> None:
    seed = b64decode(VECTORS["keys"]["partner"]["sealing_seed"])
    message = json.loads(EXCHANGES[0]["request"]["body"])

    assert partner.open_report(seed, message) == VECTORS["package"]["plaintext"]
    assert message["sealed"] == VECTORS["package"]["sealed"]


def test_our_own_code_still_opens_it() -> None:
    private = PrivateKey(b64decode(VECTORS["keys"]["partner"]["sealing_seed"]))
    message = messages.decode(EXCHANGES[0]["request"]["body"].encode())
    assert isinstance(message, messages.Report)

    opened = packages.open_package(
        private, message.sealed, message.package, sender=message.sender, receiver=message.receiver
    )

    assert opened == msgspec.convert(VECTORS["package"]["plaintext"], Package)
    assert private.public().written() == VECTORS["keys"]["partner"]["sealing_key"]


def test_the_keys_belong_together() -> None:
    for keys in VECTORS["keys"].values():
        key = Ed25519PrivateKey.from_private_bytes(b64decode(keys["signing_seed"]))
        assert partner.key_id(key.public_key()) == keys["key_id"]
        assert SigningKey(key).verifying().written() == keys["verifying_key"]
    sealing = VECTORS["keys"]["partner"]["sealing_key"]
    assert PublicKey.read(sealing).written() == sealing


@pytest.mark.parametrize("exchange", EXCHANGES, ids=KINDS)
def test_a_stranger_checks_request_and_receipt(exchange: dict[str, Any]) -> None:
    request, answer = exchange["request"], exchange["answer"]
    message = json.loads(request["body"])
    sender, receiver = public(message["sender"]), public(message["receiver"])
    body, said = request["body"].encode(), answer["body"].encode()

    assert partner.request_is_signed(sender, request["url"], request["headers"], body)
    assert not partner.request_is_signed(receiver, request["url"], request["headers"], body)
    assert partner.answer_is_signed(
        receiver, request["headers"], answer["status"], answer["headers"], said
    )
    assert json.loads(said) == json.loads(
        partner.receipt(message["kind"], message["package"], body, "2026-11-22")
    )


@pytest.mark.parametrize("exchange", EXCHANGES, ids=KINDS)
def test_our_own_code_still_checks_them(exchange: dict[str, Any]) -> None:
    keys = {
        key.key_id: key
        for key in (VerifyingKey.read(k["verifying_key"]) for k in VECTORS["keys"].values())
    }
    asked, said = exchange["request"], exchange["answer"]
    request = Request(
        asked["method"], asked["url"], tuple(asked["headers"].items()), asked["body"].encode()
    )
    answer = Answer(said["status"], tuple(said["headers"].items()), said["body"].encode())

    message = messages.decode(request.body)
    assert (
        signatures.verify_request(request, keys, NOW) == (VECTORS["keys"][message.sender]["key_id"])
    )
    assert (
        signatures.verify_answer(answer, request, keys, NOW)
        == (VECTORS["keys"][message.receiver]["key_id"])
    )
    receipt = messages.read_receipt(answer.body, message, request.body)
    assert receipt.received_on == NOW.date()


@pytest.mark.parametrize("exchange", EXCHANGES, ids=KINDS)
def test_signing_the_example_again_gives_the_same_signature(exchange: dict[str, Any]) -> None:
    """Ed25519 is deterministic: a partner can compare byte by byte."""
    asked = exchange["request"]
    message = messages.decode(asked["body"].encode())
    seed = b64decode(VECTORS["keys"][message.sender]["signing_seed"])
    key = Ed25519PrivateKey.from_private_bytes(seed)

    ours = signatures.signed_request(
        SigningKey(key),
        asked["url"],
        messages.encode(message),
        idempotency_key=messages.idempotency_key(message),
        now=NOW,
    )
    theirs = partner.sign_request(
        key,
        asked["url"],
        asked["body"].encode(),
        asked["headers"]["idempotency-key"],
        int(NOW.timestamp()),
    )

    assert {name.lower(): value for name, value in ours.headers} == asked["headers"] == theirs
    assert ours.body.decode() == asked["body"]


def test_an_example_that_was_damaged_does_not_hold() -> None:
    """The checks above can fail."""
    request = EXCHANGES[0]["request"]
    sender = public("ads_jena")
    headers = request["headers"] | {"idempotency-key": '"another"'}
    assert not partner.request_is_signed(sender, request["url"], headers, request["body"].encode())
    with pytest.raises(MessageRefused):
        signatures.verify_request(
            Request("POST", request["url"], tuple(headers.items()), request["body"].encode()),
            {k["key_id"]: VerifyingKey.read(k["verifying_key"]) for k in VECTORS["keys"].values()},
            NOW,
        )


# The page -------------------------------------------------------------------------------------


def rows(heading: str) -> list[list[str]]:
    """The cells of the first table under a heading of the page."""
    _, _, rest = PAGE.partition(f"\n{heading}\n")
    lines = re.split(r"\n\n", rest[rest.index("|") :])[0].split("\n")
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_the_page_lists_every_refusal_with_its_status() -> None:
    listed = {
        cells[0].strip("`"): (int(cells[1]), cells[2] == "no") for cells in rows("## Refusals")
    }
    assert listed == {
        reason.value: (refusals.problem(reason).status, is_final(reason)) for reason in Refusal
    }


def test_the_page_lists_every_field_of_a_package() -> None:
    fields = {
        name.strip("`")
        for cells in rows("### What a package holds")
        for name in cells[0].split(", ")
    }
    assert fields == set(Package.__struct_fields__)


def test_the_page_lists_every_code_it_uses() -> None:
    for code in (*Scope, *Way, *Reason):
        assert f"`{code}`" in PAGE


def test_the_page_lists_every_code_of_the_crosswalk() -> None:
    listed = {
        cells[0].strip("`"): re.findall(r"`(\w+)`", cells[2])
        for cells in rows("### Codes of others")
    }
    assert listed == {system.code: list(system.codes) for system in load_crosswalk()}


def test_the_numbers_on_the_page_are_those_of_the_code() -> None:
    for number in (packages.LEAST_SEALED, packages.MOST_SEALED, messages.MOST_BYTES):
        assert f"{number:,}" in PAGE
