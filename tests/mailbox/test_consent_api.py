"""Consent over the API: the same rules as on the pages, problems that say what to do."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from adstelle.city import City
from adstelle.crypto.receipt import grouped, new_code
from adstelle.database import Pool
from adstelle.domain.handover import Scope
from adstelle.domain.report import MandateChanged, Message, ReferralAnswered, ReferralProposed
from adstelle.intake.service import Intake
from tests import core
from tests.conftest import Admin, Database
from tests.core import REPORT
from tests.mailbox import desk
from tests.proxy import road_to

BOX = "/api/v1/mailbox"
HANDOVERS, MANDATES = f"{BOX}/handovers", f"{BOX}/mandates"
PROBLEM = "application/problem+json"
TO_RIAS = ReferralProposed(stelle="rias_th", scope=Scope.FACTS, note="Bitte bald.")


@pytest.fixture
def opened(browser: httpx.AsyncClient, code: str) -> httpx.AsyncClient:
    """A program that has the code."""
    browser.headers["authorization"] = f"Receipt {grouped(code)}"
    return browser


@pytest.fixture
async def proposal(code: str, keyed: Admin) -> UUID:
    return await desk.say(keyed, "ads_jena", Message(act=TO_RIAS))


async def read(browser: httpx.AsyncClient) -> dict[str, Any]:
    answer = await browser.get(BOX)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def given_to(browser: httpx.AsyncClient, stelle: str) -> dict[str, Any]:
    (found,) = [row for row in (await read(browser))["handovers"] if row["stelle"] == stelle]
    given: dict[str, Any] = found
    return given


async def withdraw(browser: httpx.AsyncClient, stelle: str) -> httpx.Response:
    handover_id = (await given_to(browser, stelle))["handover_id"]
    return await browser.post(f"{HANDOVERS}/{handover_id}/withdrawal")


def is_problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == PROBLEM
    assert answer.headers["cache-control"] == "no-store"
    problem: dict[str, Any] = answer.json()
    return problem


# Reading -------------------------------------------------------------------------------------


async def test_the_mailbox_tells_everything_about_consent(
    opened: httpx.AsyncClient, proposal: UUID
) -> None:
    box = await read(opened)
    assert await given_to(opened, "ezra") == {
        "handover_id": (await given_to(opened, "ezra"))["handover_id"],
        "stelle": "ezra",
        "scope": "facts",
        "way": "form",
        "wording": "2026-11",
        "referred_by": None,
        "given_on": "2026-11-22",
        "withdrawn_on": None,
        "standing": "promised",
        "attempts": 0,
        "reason": None,
        "state": None,
        "erasure": None,
        "erased_on": None,
        "erasure_asked_on": None,
        "erasure_answer_by": None,
        "erasure_refused": None,
    }
    assert (await given_to(opened, "ads_jena"))["scope"] == "contact"
    assert box["proposals"] == [
        {
            "proposal_id": str(proposal),
            "by": "ads_jena",
            "stelle": "rias_th",
            "scope": "facts",
            "note": "Bitte bald.",
            "proposed_on": "2026-11-22",
            "agreed": None,
            "obstacle": None,
        }
    ]
    wish = {"since": "2026-11-22", "own": True, "mandates": ["beraten"]}
    assert box["mandates"] == [
        {"stelle": stelle, "mandates": ["beraten"], "history": [wish]}
        for stelle in ("ads_jena", "ezra")
    ]
    further = [(offer["stelle"], offer["obstacle"]) for offer in box["further"]]
    assert further == [("kokont", None), ("weisser_ring", "not_offered")]
    assert all(offer["reason"] for offer in box["further"])
    assert [(note["kind"], note["text"]) for note in box["messages"]] == [("proposal", "")]


async def test_what_a_stelle_decided_is_told(opened: httpx.AsyncClient, keyed: Admin) -> None:
    await keyed.execute(
        "update intake.handover set decision = 'refused', reason = 'full' where stelle = 'ezra'"
    )
    await keyed.execute("update outbox.promise set state = 'delivered', attempts = 2")
    found = await given_to(opened, "ezra")
    assert (found["standing"], found["reason"], found["attempts"]) == ("refused", "full", 2)


# Taking back ---------------------------------------------------------------------------------


async def test_consent_is_taken_back_and_again_nothing_changes(
    opened: httpx.AsyncClient, keyed: Admin, worker_pool: Pool
) -> None:
    answers = [await withdraw(opened, "ezra") for _ in range(2)]
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    found = answers[0].json()
    assert (found["standing"], found["withdrawn_on"], found["erasure"]) == (
        "withdrawn", "2026-11-22", "asked",
    )  # fmt: skip
    await desk.work(worker_pool)
    assert (await given_to(opened, "ezra"))["erasure"] == "done"
    message = {"message_id": str(uuid4()), "stelle": "ezra", "text": "Hallo"}
    is_problem(await opened.post(f"{BOX}/messages", json=message), 401)


async def test_what_is_not_in_this_mailbox_is_not_found(
    opened: httpx.AsyncClient, intake: Intake, keyed: Admin
) -> None:
    other = (await intake.submit(REPORT, uuid4().bytes)).code
    theirs = {"authorization": f"Receipt {grouped(other)}"}
    found = (await opened.get(BOX, headers=theirs)).json()["handovers"][0]["handover_id"]
    before = await desk.everything(keyed)
    for given in (found, str(uuid4())):
        is_problem(await opened.post(f"{HANDOVERS}/{given}/withdrawal"), 404)
        answer = {"agreed": True}
        is_problem(await opened.post(f"{BOX}/proposals/{given}/answer", json=answer), 404)
    assert (await opened.post(f"{HANDOVERS}/x/withdrawal")).status_code == 404
    assert await desk.everything(keyed) == before


@pytest.mark.parametrize(
    "header",
    ["", "Receipt 0123", f"Receipt {grouped(new_code())}"],
    ids=["none", "no code", "another code"],
)
async def test_without_the_code_nothing_is_done(
    browser: httpx.AsyncClient, proposal: UUID, keyed: Admin, header: str
) -> None:
    before = await desk.everything(keyed)
    for path, body in (
        (HANDOVERS, {"stelle": "kokont", "scope": "facts"}),
        (f"{HANDOVERS}/{uuid4()}/withdrawal", None),
        (f"{BOX}/proposals/{proposal}/answer", {"agreed": True}),
        (MANDATES, {"message_id": str(uuid4()), "stelle": "ezra", "mandates": []}),
    ):
        refused = await browser.post(path, json=body, headers={"authorization": header})
        is_problem(refused, 401)
        assert refused.headers["www-authenticate"] == "Receipt"
    assert await desk.everything(keyed) == before


# Giving --------------------------------------------------------------------------------------


async def test_consent_is_given_once_however_often_it_is_sent(
    opened: httpx.AsyncClient, keyed: Admin
) -> None:
    body = {"stelle": "kokont", "scope": "facts"}
    answers = await asyncio.gather(*[opened.post(HANDOVERS, json=body) for _ in range(6)])
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert answers[0].json()["way"] == "mailbox"
    assert await desk.promises(keyed, "kokont") == [("deliver", "promised")]
    is_problem(await opened.post(HANDOVERS, json=body | {"scope": "contact"}), 409)


@pytest.mark.parametrize("stelle", ["rias_th", "weisser_ring", "nowhere", ""])
async def test_who_cannot_be_given_it_is_a_wrong_field(
    opened: httpx.AsyncClient, keyed: Admin, stelle: str
) -> None:
    before = await desk.everything(keyed)
    refused = await opened.post(HANDOVERS, json={"stelle": stelle, "scope": "facts"})
    problem = is_problem(refused, 422)
    assert [(fault["field"], fault["code"]) for fault in problem["errors"]] == [
        ("stelle", "not_offered")
    ]
    assert problem["errors"][0]["detail"]
    assert await desk.everything(keyed) == before


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"stelle": "kokont"},
        {"stelle": "kokont", "scope": "all"},
        {"stelle": None, "scope": "facts"},
        {"stelle": "kokont", "scope": "facts", "wording": "none"},
    ],
)
async def test_consent_has_its_shape(
    opened: httpx.AsyncClient, keyed: Admin, body: dict[str, Any]
) -> None:
    before = await desk.everything(keyed)
    is_problem(await opened.post(HANDOVERS, json=body), 400)
    assert await desk.everything(keyed) == before


async def test_giving_again_too_early_says_when_to_come_back(
    opened: httpx.AsyncClient, worker_pool: Pool
) -> None:
    await withdraw(opened, "ezra")
    body = {"stelle": "ezra", "scope": "facts"}
    refused = await opened.post(HANDOVERS, json=body)
    is_problem(refused, 409)
    assert refused.headers["retry-after"]
    await desk.work(worker_pool)
    assert (await opened.post(HANDOVERS, json=body)).status_code == 201


# Proposals -----------------------------------------------------------------------------------


@pytest.mark.parametrize("yes", [True, False])
async def test_a_proposal_is_answered_once(
    opened: httpx.AsyncClient, proposal: UUID, keyed: Admin, staff_pool: Pool, yes: bool
) -> None:
    path = f"{BOX}/proposals/{proposal}/answer"
    for _ in range(2):
        answer = await opened.post(path, json={"agreed": yes})
        assert answer.status_code == 200, answer.text
        assert answer.json()["agreed"] is yes
    is_problem(await opened.post(path, json={"agreed": not yes}), 409)
    said = ReferralAnswered(proposal=proposal, agreed=yes)
    assert (await desk.acts_heard(staff_pool, "ads_jena"))[1:] == [said]
    promised = [("deliver", "promised")] if yes else []
    assert await desk.promises(keyed, "rias_th") == promised


@pytest.mark.parametrize("body", [{}, {"agreed": "ja"}, {"agreed": 2}, {"agreed": None}])
async def test_only_a_clear_yes_is_a_yes(
    opened: httpx.AsyncClient, proposal: UUID, keyed: Admin, body: dict[str, Any]
) -> None:
    before = await desk.everything(keyed)
    is_problem(await opened.post(f"{BOX}/proposals/{proposal}/answer", json=body), 400)
    assert await desk.everything(keyed) == before


async def test_a_yes_that_is_not_possible_now_says_so(
    opened: httpx.AsyncClient, proposal: UUID, keyed: Admin
) -> None:
    await keyed.execute("delete from accounts.public_key where owner = 'rias_th'")
    refused = await opened.post(f"{BOX}/proposals/{proposal}/answer", json={"agreed": True})
    assert is_problem(refused, 422)["errors"][0]["code"] == "not_offered"
    (found,) = (await read(opened))["proposals"]
    assert (found["agreed"], found["obstacle"]) == (None, "not_offered")


# Wishes --------------------------------------------------------------------------------------


async def test_a_mandate_is_changed(opened: httpx.AsyncClient, staff_pool: Pool) -> None:
    body = {"message_id": str(uuid4()), "stelle": "ezra", "mandates": ["begleiten"]}
    for _ in range(2):
        assert (await opened.post(MANDATES, json=body)).status_code == 201
    assert await desk.acts_heard(staff_pool, "ezra") == [MandateChanged(("begleiten",))]
    is_problem(await opened.post(MANDATES, json=body | {"mandates": ["zuhoeren"]}), 409)
    problem = is_problem(await opened.post(MANDATES, json=body | {"mandates": ["x"]}), 422)
    assert problem["errors"][0]["field"] == "mandates"
    is_problem(await opened.post(MANDATES, json=body | {"stelle": "kokont"}), 401)
    (ezra,) = [each for each in (await read(opened))["mandates"] if each["stelle"] == "ezra"]
    assert ezra["mandates"] == ["begleiten"]
    assert [wish["mandates"] for wish in ezra["history"]] == [["beraten"], ["begleiten"]]


# The database breaks -------------------------------------------------------------------------


async def test_the_answer_says_what_is_known(
    database: Database, city: City, code: str, keyed: Admin
) -> None:
    async with (
        road_to(database) as road,
        core.pool_on(road, database) as pool,
        core.browser_for(core.application_of(pool, city)) as browser,
    ):
        browser.headers["authorization"] = f"Receipt {grouped(code)}"
        path = f"{HANDOVERS}/{(await given_to(browser, 'ezra'))['handover_id']}/withdrawal"
        await road.close()
        assert "Not stored" in is_problem(await browser.post(path), 503)["detail"]
        assert await desk.promises(keyed, "ezra") == [("deliver", "promised")]

        road.reopen()
        road.close_after(b"update intake.handover set")
        assert "Unknown" in is_problem(await browser.post(path), 503)["detail"]
        road.reopen()
        assert (await browser.post(path)).status_code == 200
    assert await desk.promises(keyed, "ezra") == [
        ("deliver", "withdrawn"),
        ("withdraw", "promised"),
    ]
