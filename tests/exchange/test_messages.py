"""Messages are read strictly: each thing that is wrong has its own reason, and none is quoted."""

import json
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adstelle.crypto.packages import LEAST_SEALED, MOST_SEALED
from adstelle.domain.handover import Reason
from adstelle.exchange import messages, refusals
from adstelle.exchange.messages import KINDS, MOST_BYTES, AnyMessage
from adstelle.exchange.refusals import MessageRefused, Refusal, is_final
from tests.exchange import partner

PACKAGE = UUID(int=5)
NAMES = {"sender": "ads_jena", "receiver": "ezra"}
SEALED = bytes(LEAST_SEALED)
ALL: dict[str, AnyMessage] = {
    "report": messages.report(PACKAGE, SEALED, **NAMES),
    "withdrawal": messages.withdrawal(PACKAGE, **NAMES),
    "accepted": messages.decision(PACKAGE, None, **NAMES),
    **{reason.value: messages.decision(PACKAGE, reason, **NAMES) for reason in Reason},
}


def refusal(body: bytes) -> Refusal:
    with pytest.raises(MessageRefused) as raised:
        messages.decode(body)
    assert str(raised.value) == str(raised.value.reason)
    assert raised.value.__suppress_context__ or raised.value.__context__ is None
    return raised.value.reason


def body(which: str = "report", /, **changes: Any) -> bytes:
    """A good message but for *changes*; None leaves a field out."""
    read = json.loads(messages.encode(ALL[which])) | changes
    return json.dumps({name: value for name, value in read.items() if value is not None}).encode()


@pytest.mark.parametrize("kind", ALL)
def test_what_was_written_is_read(kind: str) -> None:
    assert messages.decode(messages.encode(ALL[kind])) == ALL[kind]


def test_the_same_message_gives_the_same_bytes() -> None:
    """A second attempt has to look like the first one."""
    again = messages.report(PACKAGE, SEALED, **NAMES)
    assert messages.encode(ALL["report"]) == messages.encode(again)


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_partner_writes_is_read(kind: str) -> None:
    more: dict[str, dict[str, str]] = {
        "report": {"sealed": json.loads(body())["sealed"]},
        "withdrawal": {},
        "decision": {"decision": "refused", "reason": "full"},
    }
    written = partner.message(kind, str(PACKAGE), *NAMES.values(), **more[kind])

    assert messages.kind_of(messages.decode(written)) == kind


def test_nothing_stands_in_the_clear_but_ids_names_and_codes() -> None:
    fields = {
        kind: set(json.loads(messages.encode(ALL[kind])))
        for kind in ("report", "withdrawal", "full")
    }
    common = {"format", "version", "kind", "package", "sender", "receiver"}
    assert fields == {
        "report": common | {"sealed"},
        "withdrawal": common,
        "full": common | {"decision", "reason"},
    }


WRONG: dict[str, tuple[bytes, Refusal]] = {
    "nothing": (b"", Refusal.NOT_JSON),
    "truncated": (body()[:-1], Refusal.NOT_JSON),
    "no UTF-8": (b'{"kind":"\xff"}', Refusal.NOT_JSON),
    "nested without end": (b"[" * 500_000, Refusal.NOT_JSON),
    "more than one": (body() + body(), Refusal.NOT_JSON),
    "too large": (b" " * (MOST_BYTES + 1), Refusal.OVERSIZED),
    "a list": (b"[]", Refusal.MALFORMED),
    "a text": (b'"report"', Refusal.MALFORMED),
    "nothing in it": (b"{}", Refusal.UNKNOWN_VERSION),
    "another format": (body(format="adstelle-package"), Refusal.UNKNOWN_VERSION),
    "a later version": (body(version=2), Refusal.UNKNOWN_VERSION),
    "a version that is a text": (body(version="1"), Refusal.UNKNOWN_VERSION),
    "a version that is true": (body(version=True), Refusal.UNKNOWN_VERSION),
    "no version": (body(version=None), Refusal.UNKNOWN_VERSION),
    "an unknown kind": (body(kind="letter"), Refusal.UNKNOWN_KIND),
    "no kind": (body(kind=None), Refusal.UNKNOWN_KIND),
    "a kind that is a list": (body(kind=["report"]), Refusal.UNKNOWN_KIND),
    "an unknown field": (body(subject="Kanarie"), Refusal.MALFORMED),
    "no package": (body(package=None), Refusal.MALFORMED),
    "a package that is no id": (body(package="Kanarie"), Refusal.MALFORMED),
    "no sender": (body(sender=None), Refusal.MALFORMED),
    "a sender that is a text": (body(sender="Frau Kanarie"), Refusal.MALFORMED),
    "a receiver that is a path": (body(receiver="a/b"), Refusal.MALFORMED),
    "a receiver without end": (body(receiver="a" * 64), Refusal.MALFORMED),
    "nothing sealed": (body(sealed=None), Refusal.MALFORMED),
    "sealed is no base64": (body(sealed="?" * 4_000), Refusal.MALFORMED),
    "sealed is too short": (body(sealed="AAAA"), Refusal.MALFORMED),
    "sealed is too long": (body(sealed="AAAA" * (MOST_SEALED // 3 + 9)), Refusal.MALFORMED),
    "a withdrawal with content": (body("withdrawal", sealed="AAAA" * 999), Refusal.MALFORMED),
    "a decision that is none": (body("accepted", decision="maybe"), Refusal.MALFORMED),
    "no decision": (body("accepted", decision=None), Refusal.MALFORMED),
    "accepted for a reason": (body("accepted", reason="full"), Refusal.MALFORMED),
    "refused without a reason": (body("full", reason=None), Refusal.MALFORMED),
    "refused in words": (body("full", reason="Frau Kanarie rief an"), Refusal.MALFORMED),
    "two kinds": (body("withdrawal")[:-1] + b',"kind":"report"}', Refusal.MALFORMED),
}


@pytest.mark.parametrize("fault", WRONG)
def test_what_is_wrong_is_refused_for_its_reason(fault: str) -> None:
    wrong, reason = WRONG[fault]
    assert refusal(wrong) is reason


@given(st.sampled_from(sorted(ALL)), st.integers(0, 5_000))
def test_every_truncation_is_noticed(kind: str, length: int) -> None:
    whole = messages.encode(ALL[kind])
    assert refusal(whole[: min(length, len(whole) - 1)]) is Refusal.NOT_JSON


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3)
    ),
    max_leaves=8,
)
names = st.sampled_from(
    ("format", "version", "kind", "package", "sender", "receiver", "sealed", "decision", "reason")
)


@given(
    st.sampled_from(sorted(ALL)),
    st.dictionaries(names | st.text(max_size=9), json_values, max_size=3),
)
def test_whatever_stands_in_it_is_read_or_refused(kind: str, changes: dict[str, Any]) -> None:
    changed = json.loads(messages.encode(ALL[kind])) | changes
    try:
        read = messages.decode(json.dumps(changed).encode())
    except MessageRefused:
        return
    assert json.loads(messages.encode(read)).keys() <= changed.keys()


@given(st.binary(max_size=200))
def test_any_bytes_are_refused(content: bytes) -> None:
    with pytest.raises(MessageRefused):
        messages.decode(content)


def test_the_largest_report_fits_into_a_message() -> None:
    largest = messages.report(PACKAGE, bytes(MOST_SEALED), sender="a" * 63, receiver="b" * 63)
    assert messages.decode(messages.encode(largest)) == largest


def test_every_attempt_has_the_key_of_its_message() -> None:
    keys = {messages.idempotency_key(message) for message in ALL.values()}
    assert keys == {f'"{PACKAGE}/{kind}"' for kind in KINDS}


# Receipts -------------------------------------------------------------------------------------


def test_a_receipt_is_for_one_message() -> None:
    sent, written = ALL["report"], messages.encode(ALL["report"])
    receipt = messages.receipt_for(sent, written, date(2026, 11, 22))

    assert messages.read_receipt(msgspec.json.encode(receipt), sent, written) == receipt


def test_a_partners_receipt_is_read() -> None:
    sent, written = ALL["report"], messages.encode(ALL["report"])
    answer = partner.receipt("report", str(PACKAGE), written, "2026-11-22")

    assert messages.read_receipt(answer, sent, written).received_on == date(2026, 11, 22)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"", Refusal.MALFORMED),
        (b"{}", Refusal.MALFORMED),
        (b"[" * 200_000, Refusal.MALFORMED),
        (partner.receipt("report", str(PACKAGE), b"other", "2026-11-22"), Refusal.DIGEST_MISMATCH),
        (
            partner.receipt(
                "withdrawal", str(PACKAGE), messages.encode(ALL["report"]), "2026-11-22"
            ),
            Refusal.DIGEST_MISMATCH,
        ),
        (
            partner.receipt(
                "report", str(UUID(int=6)), messages.encode(ALL["report"]), "2026-11-22"
            ),
            Refusal.DIGEST_MISMATCH,
        ),
    ],
)
def test_any_other_receipt_is_refused(answer: bytes, reason: Refusal) -> None:
    with pytest.raises(MessageRefused) as raised:
        messages.read_receipt(answer, ALL["report"], messages.encode(ALL["report"]))
    assert raised.value.reason is reason


# Refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", Refusal)
def test_a_refusal_is_a_problem_document_and_comes_back(reason: Refusal) -> None:
    problem = refusals.problem(reason)

    assert problem.type == f"urn:adstelle:exchange:{reason}"
    assert 400 <= problem.status < 600
    assert refusals.read_problem(msgspec.json.encode(problem)) is reason
    assert refusals.read_problem(json.dumps({"type": problem.type}).encode()) is reason


@pytest.mark.parametrize(
    "body",
    [b"", b"no", b"[]", b"{}", b'{"type":"about:blank","title":"","status":500}', b"[" * 99_999],
)
def test_other_problems_are_none_of_ours(body: bytes) -> None:
    assert refusals.read_problem(body) is None


def test_what_may_come_right_is_not_final() -> None:
    """A wrong clock, a key not yet exchanged, a broken line: the next attempt may succeed."""
    final = {reason for reason in Refusal if is_final(reason)}
    assert final == {
        Refusal.OVERSIZED,
        Refusal.NOT_JSON,
        Refusal.UNKNOWN_VERSION,
        Refusal.UNKNOWN_KIND,
        Refusal.MALFORMED,
        Refusal.UNKNOWN_PACKAGE,
        Refusal.CHANGED,
        Refusal.WITHDRAWN,
    }
