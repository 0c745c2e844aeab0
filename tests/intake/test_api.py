"""The JSON way in: the same rules, problems that quote nothing, a description that is true."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any, Final
from uuid import uuid1, uuid4

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adstelle.city import City
from adstelle.crypto.receipt import normalised
from adstelle.database import Pool
from tests import core
from tests.conftest import Admin, Database
from tests.core import NOTHING, counts
from tests.proxy import STORING, road_to

REPORTS, OFFERS, MAILBOX = "/api/v1/reports", "/api/v1/offers", "/api/v1/mailbox"
MESSAGES: Final = f"{MAILBOX}/messages"
CONSENT: Final = (  # tests/mailbox/test_consent_api.py
    f"{MAILBOX}/mandates",
    f"{MAILBOX}/handovers",
    f"{MAILBOX}/handovers/{{handover_id}}/withdrawal",
    f"{MAILBOX}/proposals/{{proposal_id}}/answer",
)
PROBLEM: Final = "application/problem+json"
CODED: Final = {
    "grounds": ["rassismus_ethnische_herkunft"],
    "incident_type": "koerperlicher_angriff",
    "area_of_life": "oeffentlicher_raum",
    "territory": "jena",
    "alleged_responsible": "unbekannt_oder_privatperson",
    "reporter_role": "betroffene",
}
BODY: Final[dict[str, Any]] = {
    **CODED,
    "account": "Am Holzmarkt hat mich jemand gestoßen.",
    "date": {"day": 3, "month": 11, "year": 2026},
    "consents": [{"stelle": "ezra"}, {"stelle": "ads_jena", "with_contact": True}],
    "contact": {"mail": "kim@example.org"},
}


def key() -> dict[str, str]:
    return {"Idempotency-Key": str(uuid4())}


def is_problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    """A problem document of this status, and nothing else."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == PROBLEM
    assert answer.headers["cache-control"] == "no-store"
    problem: dict[str, Any] = answer.json()
    assert problem["status"] == status
    assert problem["title"]
    assert set(problem) <= {"type", "title", "status", "detail", "errors"}
    return problem


def faults(problem: dict[str, Any]) -> dict[str, str]:
    return {fault["field"]: fault["code"] for fault in problem["errors"]}


async def report(browser: httpx.AsyncClient, body: Any = BODY, **headers: str) -> httpx.Response:
    return await browser.post(REPORTS, json=body, headers=key() | headers)


# Reports -------------------------------------------------------------------------------------


async def test_a_report_is_stored_for_those_who_were_named(
    browser: httpx.AsyncClient, keyed: Admin
) -> None:
    answer = await report(browser)
    assert answer.status_code == 201
    assert answer.headers["cache-control"] == "no-store"
    assert "set-cookie" not in answer.headers
    received = answer.json()
    assert set(received) == {"receipt_code", "stellen", "deadlines"}
    assert received["stellen"] == ["ezra", "ads_jena"]
    assert normalised(received["receipt_code"])

    report_id = await keyed.fetchval("select report_id from intake.report")
    for stelle in received["stellen"]:
        account = await core.stored_account(keyed, report_id, stelle)
        assert account.account == BODY["account"]
    assert (await core.stored_contact(keyed, report_id, "ads_jena")).mail == "kim@example.org"
    wraps = await keyed.fetch("select recipient from intake.wrap")
    assert {row["recipient"] for row in wraps} == {"ads_jena", "ezra", "mailbox"}


async def test_an_account_is_enough_and_then_it_is_only_counted(
    browser: httpx.AsyncClient, keyed: Admin
) -> None:
    answer = await report(browser, {"account": "Nur das."})
    assert answer.status_code == 201
    assert answer.json()["stellen"] == []
    found = await counts(keyed)
    assert (found["wrap"], found["promise"], found["card"]) == (1, 0, 1)


async def test_the_same_key_repeats_the_answer(browser: httpx.AsyncClient, keyed: Admin) -> None:
    once = key()
    answers = [await browser.post(REPORTS, json=BODY, headers=once) for _ in range(3)]
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert (await counts(keyed))["report"] == 1


async def test_ten_at_once_with_one_key_are_one(browser: httpx.AsyncClient, keyed: Admin) -> None:
    once = key()
    answers = await asyncio.gather(
        *[browser.post(REPORTS, json=BODY, headers=once) for _ in range(10)]
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert (await counts(keyed))["report"] == 1


async def test_thirty_at_once_are_all_taken_in(browser: httpx.AsyncClient, keyed: Admin) -> None:
    """Thirty people behind one address: nobody is locked out, nobody meets an error."""
    answers = await asyncio.gather(*[report(browser) for _ in range(30)])
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["receipt_code"] for answer in answers}) == 30
    assert (await counts(keyed))["report"] == 30


async def test_a_used_key_with_another_report_is_a_conflict(
    browser: httpx.AsyncClient, keyed: Admin
) -> None:
    once = key()
    await browser.post(REPORTS, json=BODY, headers=once)
    other = await browser.post(REPORTS, json=BODY | {"account": "Anderes."}, headers=once)
    is_problem(other, 409)
    assert (await counts(keyed))["report"] == 1


WRONG: Final[dict[str, tuple[dict[str, Any], dict[str, str]]]] = {
    "no account": ({"account": "  "}, {"account": "missing"}),
    "long account": ({"account": "x" * 20_001}, {"account": "too_long"}),
    "unknown ground": ({"grounds": ["mars"]}, {"grounds": "unknown", "stellen": "not_offered"}),
    "ground twice": ({"grounds": [*CODED["grounds"], *CODED["grounds"]]}, {"grounds": "unknown"}),
    "unknown language": ({"language": "tlh"}, {"language": "unknown"}),
    "not offered": ({"consents": [{"stelle": "rias_th"}]}, {"stellen": "not_offered"}),
    "the statistics": ({"consents": [{"stelle": "statistics"}]}, {"stellen": "not_offered"}),
    "not set up": ({"consents": [{"stelle": "weisser_ring"}]}, {"stellen": "not_offered"}),
    "twice": ({"consents": [{"stelle": "ezra"}] * 2}, {"stellen": "not_offered"}),
    "over somebody's head": ({"reporter_role": "zeugin"}, {"stellen": "needs_agreement"}),
    "no such day": ({"date": {"day": 31, "month": 2, "year": 2025}}, {"date": "no_such_day"}),
    "future": ({"date": {"month": 12, "year": 2026}}, {"date": "future"}),
    "half a date": ({"date": {"day": 3}}, {"date": "incomplete"}),
    "malformed mail": ({"contact": {"mail": "kim@"}}, {"mail": "malformed"}),
    "no contact to give": ({"contact": {}}, {"with_contact": "empty"}),
}


@pytest.mark.parametrize("what", WRONG)
async def test_what_is_wrong_is_named(browser: httpx.AsyncClient, keyed: Admin, what: str) -> None:
    change, expected = WRONG[what]
    problem = is_problem(await report(browser, BODY | change), 422)
    assert faults(problem) == expected
    assert all(fault["detail"] for fault in problem["errors"])
    assert await counts(keyed) == NOTHING


MISSHAPEN: Final[dict[str, Any]] = {
    "nothing": {},
    "a list": [BODY],
    "a word": "account",
    "null": None,
    "unknown field": BODY | {"is_admin": True},
    "unknown field inside": BODY | {"contact": {"fax": "1"}},
    "number for text": BODY | {"account": 7},
    "text for list": BODY | {"grounds": "alter"},
    "text for truth": BODY | {"online": "ja"},
    "null for text": BODY | {"account": None},
    "month 13": BODY | {"date": {"month": 13, "year": 2026}},
    "text for number": BODY | {"date": {"year": "this year"}},
    "consent as text": BODY | {"consents": ["ezra"]},
}


@pytest.mark.parametrize("what", MISSHAPEN)
async def test_another_shape_is_refused(
    browser: httpx.AsyncClient, keyed: Admin, what: str
) -> None:
    is_problem(await report(browser, MISSHAPEN[what]), 400)
    assert await counts(keyed) == NOTHING


RAW: Final = {
    "no JSON": b"account=x",
    "half JSON": b'{"account": "x"',
    "broken UTF-8": b'{"account": "\xff\xfe"}',
    "a lone surrogate": b'{"account": "\\ud800"}',
    "UTF-16": '{"account": "x"}'.encode("utf-16"),
    "too deep": b'{"grounds": ' + b"[" * 5000 + b"]" * 5000 + b"}",
    "empty": b"",
}


@pytest.mark.parametrize("what", RAW)
async def test_what_is_no_json_is_refused(
    browser: httpx.AsyncClient, keyed: Admin, what: str
) -> None:
    headers = key() | {"content-type": "application/json"}
    is_problem(await browser.post(REPORTS, content=RAW[what], headers=headers), 400)
    assert await counts(keyed) == NOTHING


async def test_a_report_needs_a_random_key(browser: httpx.AsyncClient, keyed: Admin) -> None:
    is_problem(await browser.post(REPORTS, json=BODY), 400)
    clock = str(uuid1())
    for bad in ("", "1", "x" * 36, str(uuid4())[:-1], "0" * 32, "ffffffff" * 4, clock):
        answer = await browser.post(REPORTS, json=BODY, headers={"Idempotency-Key": bad})
        is_problem(answer, 400)
    assert await counts(keyed) == NOTHING


async def test_ten_megabytes_are_too_long_and_twenty_are_not_read(
    browser: httpx.AsyncClient, keyed: Admin
) -> None:
    ten = await report(browser, {"account": "x" * 10_000_000})
    assert faults(is_problem(ten, 422)) == {"account": "too_long"}
    is_problem(await report(browser, {"account": "x" * 20_000_000}), 413)
    assert await counts(keyed) == NOTHING


@pytest.mark.parametrize("headers", [{"sec-fetch-site": "cross-site"}, {"origin": "https://x.de"}])
async def test_no_foreign_page_sends_for_a_visitor(
    browser: httpx.AsyncClient, keyed: Admin, headers: dict[str, str]
) -> None:
    is_problem(await report(browser, **headers), 403)
    assert await counts(keyed) == NOTHING


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/api/v1/nothing", 404), ("GET", REPORTS, 405), ("DELETE", MAILBOX, 405),
     ("GET", "/api/v2/reports", 404)],
)  # fmt: skip
async def test_what_is_not_there_is_a_problem_too(
    browser: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    is_problem(await browser.request(method, path), status)


WORDS: Final = st.text(alphabet="abcdefghijklmnopqrstuvwxyz_", min_size=9, max_size=20)
PLACES: Final = [
    lambda word: BODY | {"account": ["", word]},
    lambda word: BODY | {word: "x"},
    lambda word: BODY | {"grounds": [word]},
    lambda word: BODY | {"incident_type": word},
    lambda word: BODY | {"language": word},
    lambda word: BODY | {"consents": [{"stelle": word}]},
    lambda word: BODY | {"consents": [{"stelle": "ezra", word: 1}]},
    lambda word: BODY | {"contact": {word: word}},
    lambda word: BODY | {"contact": {"mail": word}},
    lambda word: BODY | {"date": {"words": word, "day": 99}},
    lambda word: word,
    lambda word: [word],
]


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(WORDS, st.sampled_from(PLACES))
async def test_a_problem_quotes_nothing_of_what_was_sent(
    browser: httpx.AsyncClient, word: str, place: Any
) -> None:
    answers = [
        await report(browser, place(word)),
        await browser.post(OFFERS, json=place(word)),
        await browser.post(REPORTS, json=BODY, headers={"Idempotency-Key": word}),
        await browser.post(REPORTS, content=word.encode(), headers=key()),
        await browser.get(MAILBOX, headers={"Authorization": f"Receipt {word}"}),
        await browser.get(f"/api/v1/{word}?{word}={word}"),
        await browser.post(MESSAGES, json={"text": word, word: 1}, headers={"Authorization": word}),
    ]
    for answer in answers:
        assert answer.status_code >= 400
        assert word not in answer.text
        assert word not in str(answer.headers)


# Offers --------------------------------------------------------------------------------------


async def test_offers_say_who_and_why_and_store_nothing(
    browser: httpx.AsyncClient, city: City, keyed: Admin
) -> None:
    answer = await browser.post(OFFERS, json=CODED)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    found = answer.json()
    assert [offer["stelle"] for offer in found["offers"]] == [
        "ezra", "ads_jena", "kokont", "weisser_ring",
    ]  # fmt: skip
    assert [offer["can_receive"] for offer in found["offers"]] == [True, True, True, False]
    assert found["offers"][0]["reason"] == city.catalogue.text("de", "reason.hassgewalt")
    assert found["not_ours"] is None
    assert await counts(keyed) == NOTHING


async def test_where_nobody_here_is_competent_it_says_who_is(browser: httpx.AsyncClient) -> None:
    elsewhere = {
        "grounds": ["alter"], "incident_type": "unmittelbare_benachteiligung",
        "area_of_life": "arbeit", "territory": "deutschland",
        "alleged_responsible": "arbeitgeber", "resident": False,
    }  # fmt: skip
    found = (await browser.post(OFFERS, json=elsewhere)).json()
    assert found["offers"] == []
    assert found["not_ours"]["stellen"] == ["ads_bund"]
    assert found["not_ours"]["reason"]


async def test_offers_know_no_unknown_code(browser: httpx.AsyncClient) -> None:
    problem = is_problem(await browser.post(OFFERS, json={"territory": "mars"}), 422)
    assert faults(problem) == {"territory": "unknown"}


# The mailbox ---------------------------------------------------------------------------------


@pytest.fixture
async def opened(browser: httpx.AsyncClient) -> dict[str, str]:
    """The header that opens the mailbox of a report."""
    return {"Authorization": f"Receipt {(await report(browser)).json()['receipt_code']}"}


async def test_the_mailbox_is_read_and_written(
    browser: httpx.AsyncClient, opened: dict[str, str]
) -> None:
    message = {"message_id": str(uuid4()), "stelle": "ezra", "text": "Vielen Dank."}
    for _ in range(2):
        sent = await browser.post(MESSAGES, json=message, headers=opened)
        assert sent.status_code == 201
    answer = await browser.get(MAILBOX, headers=opened)

    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    box = answer.json()
    assert (box["received_on"], box["account"]) == ("2026-11-22", BODY["account"])
    assert {entry["stelle"]: entry["standing"] for entry in box["handovers"]} == {
        "ads_jena": "promised", "ezra": "promised",
    }  # fmt: skip
    assert [(note["own"], note["text"]) for note in box["messages"]] == [(True, "Vielen Dank.")]


async def test_a_used_message_id_is_a_conflict(
    browser: httpx.AsyncClient, opened: dict[str, str]
) -> None:
    message = {"message_id": str(uuid4()), "stelle": "ezra", "text": "Vielen Dank."}
    await browser.post(MESSAGES, json=message, headers=opened)
    other = await browser.post(MESSAGES, json=message | {"text": "Anders."}, headers=opened)
    is_problem(other, 409)


@pytest.mark.parametrize(
    "header",
    ["", "Receipt", "Receipt ", "Receipt 0123", "Bearer 0123-4567-89AB-CDEF-GHJK-MNJK",
     "Receipt 0123-4567-89AB-CDEF-GHJK-MNJK", "Basic eDp5", "Receipt " + "0" * 5000],
)  # fmt: skip
async def test_another_code_opens_nothing(browser: httpx.AsyncClient, header: str) -> None:
    for answer in (
        await browser.get(MAILBOX, headers={"Authorization": header}),
        await browser.post(
            MESSAGES,
            json={"message_id": str(uuid4()), "stelle": "ezra", "text": "x"},
            headers={"Authorization": header},
        ),
    ):
        is_problem(answer, 401)
        assert answer.headers["www-authenticate"] == "Receipt"


async def test_without_a_code_there_is_no_mailbox(browser: httpx.AsyncClient) -> None:
    assert (await browser.get(MAILBOX)).status_code in {400, 401}


async def test_nobody_writes_to_whom_they_did_not_choose(
    browser: httpx.AsyncClient, opened: dict[str, str]
) -> None:
    message = {"message_id": str(uuid4()), "stelle": "kokont", "text": "Hallo"}
    is_problem(await browser.post(MESSAGES, json=message, headers=opened), 401)


@pytest.mark.parametrize(
    "change",
    [{"text": ""}, {"text": "x" * 20_001}, {"text": 1}, {"message_id": "x"}, {"stelle": None},
     {"author": "stelle"}],
)  # fmt: skip
async def test_a_message_has_its_shape(
    browser: httpx.AsyncClient, opened: dict[str, str], change: dict[str, Any]
) -> None:
    message = {"message_id": str(uuid4()), "stelle": "ezra", "text": "Hallo"} | change
    is_problem(await browser.post(MESSAGES, json=message, headers=opened), 400)


# The database breaks -------------------------------------------------------------------------


async def test_the_answer_says_what_is_known(database: Database, city: City, keyed: Admin) -> None:
    once = key()
    async with (
        road_to(database) as road,
        core.pool_on(road, database) as pool,
        core.browser_for(core.application_of(pool, city)) as browser,
    ):
        await browser.post(OFFERS, json=CODED)
        await road.close()
        away = await browser.post(REPORTS, json=BODY, headers=once)
        assert "Not stored" in is_problem(away, 503)["detail"]
        assert away.headers["retry-after"]
        assert await counts(keyed) == NOTHING

        road.reopen()
        road.drop_answer_to(STORING)
        unknown = await browser.post(REPORTS, json=BODY, headers=once)
        assert "Unknown" in is_problem(unknown, 503)["detail"]
        assert unknown.headers["retry-after"]
        assert (await counts(keyed))["report"] == 1

        again = await browser.post(REPORTS, json=BODY, headers=once)
        assert again.status_code == 201
    assert (await counts(keyed))["report"] == 1


# The description -----------------------------------------------------------------------------


@pytest.fixture
async def described(browser: httpx.AsyncClient) -> dict[str, Any]:
    answer = await browser.get("/api/v1/openapi.json")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def nodes(value: Any) -> Iterator[dict[str, Any]]:
    """Every object in a document."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from nodes(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from nodes(inner)


def example_of(schema: dict[str, Any], described: dict[str, Any]) -> Any:
    """Build a value out of the examples of a schema, without what has none and is not needed."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix("#/components/schemas/")
        return example_of(described["components"]["schemas"][name], described)
    if "examples" in schema:
        return schema["examples"][0]
    if schema.get("format") == "uuid":
        return str(uuid4())
    assert schema.get("type") == "object", f"no example: {schema}"
    return {
        name: example_of(inner, described)
        for name, inner in schema["properties"].items()
        if name in schema["required"] or "examples" in inner
    }


def body_of(path: str, described: dict[str, Any]) -> Any:
    content = described["paths"][path]["post"]["requestBody"]["content"]["application/json"]
    return example_of(content["schema"], described)


def test_it_is_an_openapi_3_1_document(described: dict[str, Any]) -> None:
    assert described["openapi"].startswith("3.1.")
    assert {"title", "version", "description"} <= set(described["info"])
    assert set(described["paths"]) == {
        REPORTS,
        OFFERS,
        MAILBOX,
        MESSAGES,
        f"{MAILBOX}/erasure",
        f"{MAILBOX}/erasure/withdrawal",
        f"{MAILBOX}/notice",
        f"{MAILBOX}/notice/removal",
        *CONSENT,
    }
    schemas = described["components"]["schemas"]
    for node in nodes(described):
        if isinstance(node.get("$ref"), str):
            assert node["$ref"].removeprefix("#/components/schemas/") in schemas


def test_every_operation_says_what_it_answers(described: dict[str, Any]) -> None:
    names = []
    for path in described["paths"].values():
        for operation in path.values():
            names.append(operation["operationId"])
            answers = operation["responses"]
            assert any(status.startswith("2") for status in answers)
            assert {"400", "503"} <= set(answers)
            for status, answer in answers.items():
                ((kind, content),) = answer["content"].items()
                assert kind == ("application/json" if status < "300" else PROBLEM)
                assert content["schema"].get("$ref"), f"{names[-1]} {status} is not described"
    assert len(names) == len(set(names)) == 12


def test_examples_are_ours_and_not_made_up(described: dict[str, Any], city: City) -> None:
    known = json.dumps([core.REPORT.answers.grounds, "ads_jena"])
    assert "ads_jena" in known
    for node in nodes(described["components"]["schemas"]):
        for example in node.get("examples", []):
            assert not (isinstance(example, str) and len(example) == 20 and example.isalpha())


async def test_the_examples_are_accepted(
    browser: httpx.AsyncClient, described: dict[str, Any], keyed: Admin
) -> None:
    body = body_of(REPORTS, described)
    assert len(body) >= 5, "an example that shows something"
    sent = await browser.post(REPORTS, json=body, headers=key())
    assert sent.status_code == 201, sent.text
    assert (await browser.post(OFFERS, json=body_of(OFFERS, described))).status_code == 200

    body["consents"] = [example_of({"$ref": "#/components/schemas/ConsentIn"}, described)]
    sent = await browser.post(REPORTS, json=body, headers=key())
    assert sent.status_code == 201, sent.text
    opened = {"Authorization": f"Receipt {sent.json()['receipt_code']}"}
    for path in (MESSAGES, f"{MAILBOX}/mandates"):
        written = await browser.post(path, json=body_of(path, described), headers=opened)
        assert written.status_code == 201, written.text
    body["consents"] = []
    sent = await browser.post(REPORTS, json=body, headers=key())
    opened = {"Authorization": f"Receipt {sent.json()['receipt_code']}"}
    given = await browser.post(
        f"{MAILBOX}/handovers", json=body_of(f"{MAILBOX}/handovers", described), headers=opened
    )
    assert given.status_code == 201, given.text


async def test_answers_have_the_described_shape(
    browser: httpx.AsyncClient, described: dict[str, Any], public_pool: Pool
) -> None:
    def fields(name: str) -> set[str]:
        return set(described["components"]["schemas"][name]["properties"])

    received = await report(browser)
    assert set(received.json()) == fields("ReceiptOut")
    assert set((await browser.post(OFFERS, json=CODED)).json()) == fields("OffersOut")
    opened = {"Authorization": f"Receipt {received.json()['receipt_code']}"}
    assert set((await browser.get(MAILBOX, headers=opened)).json()) == fields("BoxOut")
    problem = is_problem(await report(browser, {"account": ""}), 422)
    assert set(problem) <= fields("Problem")
