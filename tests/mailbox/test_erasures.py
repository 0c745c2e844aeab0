"""Everything shall go: who works on it is asked and has a month, the rest simply ends."""

from datetime import date

import httpx
import pytest

from adstelle.city import City
from adstelle.database import Pool
from adstelle.domain.retention import Refusal
from adstelle.errors import UnknownCode
from adstelle.intake.service import Intake
from adstelle.mailbox.consents import Consents
from adstelle.mailbox.erasures import Erasures
from adstelle.mailbox.service import Mailbox
from adstelle.retention.service import Retention
from tests.conftest import Admin
from tests.core import REPORT, TODAY
from tests.mailbox.desk import promises, work

LATER = date(2026, 12, 1)


@pytest.fixture
def erasures(public_pool: Pool, city: City) -> Erasures:
    return Erasures(public_pool, city, lambda: TODAY)


@pytest.fixture
def later(public_pool: Pool, city: City) -> Erasures:
    return Erasures(public_pool, city, lambda: LATER)


@pytest.fixture
async def arrived(worker_pool: Pool, code: str) -> str:
    """The code of a report that both Stellen have."""
    await work(worker_pool)
    return code


@pytest.fixture
def retention(worker_pool: Pool, city: City) -> Retention:
    return Retention(worker_pool, city.retention, lambda: TODAY)


async def answer(admin: Admin, stelle: str, refusal: str | None) -> None:
    await admin.execute(
        "update intake.handover set erasure_answer = $2, erasure_reason = $3 where stelle = $1",
        stelle, "refused" if refusal else "granted", refusal,
    )  # fmt: skip


async def test_who_works_on_it_is_asked_and_has_a_month(
    erasures: Erasures, mailbox: Mailbox, arrived: str
) -> None:
    await erasures.want(arrived)

    opened = await mailbox.open(arrived)
    assert opened.box.wanted_gone_on == TODAY
    for row in opened.box.recipients:
        assert row.is_living, "it can be read until the Stelle has answered"
        assert row.task is not None
        assert (row.task.asked_on, row.task.answer_by) == (TODAY, date(2026, 12, 22))
    assert opened.kept_until() is None


async def test_asking_again_gives_nobody_more_time(
    erasures: Erasures, later: Erasures, admin: Admin, arrived: str
) -> None:
    await erasures.want(arrived)
    await later.want(arrived)

    rows = await admin.fetch(
        "select distinct erasure_asked_on, erasure_due_on from intake.handover"
    )
    assert [tuple(row.values()) for row in rows] == [(TODAY, date(2026, 12, 22))]


async def test_a_no_is_read_and_can_be_asked_about_again(
    erasures: Erasures, later: Erasures, mailbox: Mailbox, admin: Admin, arrived: str
) -> None:
    await erasures.want(arrived)
    await answer(admin, "ezra", "claims")
    row = (await mailbox.open(arrived)).box.living("ezra")
    assert row is not None
    assert row.task is not None
    assert row.task.refusal is Refusal.CLAIMS

    await later.want(arrived)

    row = (await mailbox.open(arrived)).box.living("ezra")
    assert row is not None
    assert row.task is not None
    assert (row.task.refusal, row.task.asked_on) == (None, LATER)


async def test_a_wish_that_nobody_answered_can_be_taken_back(
    erasures: Erasures,
    retention: Retention,
    mailbox: Mailbox,
    admin: Admin,
    arrived: str,
) -> None:
    await erasures.want(arrived)

    assert await erasures.take_back(arrived)

    opened = await mailbox.open(arrived)
    assert opened.box.wanted_gone_on is None
    assert [row.task for row in opened.box.recipients] == [None, None]
    assert (
        await admin.fetchval(
            "select count(*) from intake.handover where erasure_due_on > $1", TODAY
        )
        == 0
    )
    assert not await erasures.take_back(arrived), "once is enough"
    assert await retention.run_decided() == 0


@pytest.mark.parametrize("refusal", [None, "claims"])
async def test_what_was_answered_stays_answered(
    erasures: Erasures,
    retention: Retention,
    mailbox: Mailbox,
    admin: Admin,
    arrived: str,
    refusal: str | None,
) -> None:
    """From the other Stelle it is taken back all the same, and the mailbox stays."""
    await erasures.want(arrived)
    await answer(admin, "ezra", refusal)

    assert await erasures.take_back(arrived)

    answered = await admin.fetchval(
        "select erasure_answer from intake.handover where stelle = 'ezra'"
    )
    assert answered == ("refused" if refusal else "granted")
    assert await retention.run_decided() == (0 if refusal else 1)
    other = (await mailbox.open(arrived)).box.living("ads_jena")
    assert other is not None
    assert other.task is None


async def test_once_everybody_answered_it_is_too_late(
    browser: httpx.AsyncClient, erasures: Erasures, admin: Admin, arrived: str
) -> None:
    await browser.post("/de/postfach", data={"code": arrived})
    await browser.post("/de/postfach/loeschen")
    assert "Wunsch zurücknehmen" in (await browser.get("/de/postfach/loeschen")).text
    for stelle in ("ezra", "ads_jena"):
        await answer(admin, stelle, None)

    late = await browser.post("/de/postfach/loeschen/zuruecknehmen")

    assert late.status_code == 409
    assert "Das geht nicht mehr" in late.text
    assert "Wunsch zurücknehmen" not in late.text
    granted = "select count(*) from intake.handover where erasure_answer = 'granted'"
    assert await admin.fetchval(granted) == 2


async def test_taking_it_back_twice_is_once(
    browser: httpx.AsyncClient, erasures: Erasures, arrived: str
) -> None:
    await browser.post("/de/postfach", data={"code": arrived})
    await browser.post("/de/postfach/loeschen")
    for _ in range(2):
        kept = await browser.post("/de/postfach/loeschen/zuruecknehmen")
        assert kept.headers["location"] == "/de/postfach?getan=loeschen-zurueck"


async def test_what_has_not_arrived_simply_ends(
    erasures: Erasures,
    retention: Retention,
    mailbox: Mailbox,
    worker_pool: Pool,
    admin: Admin,
    code: str,
) -> None:
    await erasures.want(code)
    assert await promises(admin, "ezra") == [("deliver", "withdrawn"), ("withdraw", "promised")]
    assert await retention.run_decided() == 0, "the key has not been taken back yet"
    await work(worker_pool)

    assert await retention.run_decided() == 1
    with pytest.raises(UnknownCode):
        await mailbox.open(code)


async def test_nobody_has_it_so_it_goes_at_once(
    erasures: Erasures, retention: Retention, mailbox: Mailbox, intake: Intake, admin: Admin
) -> None:
    counted = REPORT.__class__(answers=REPORT.answers, account=REPORT.account)
    code = (await intake.submit(counted, b"a" * 16)).code
    assert (await mailbox.open(code)).kept_until() == date(2027, 11, 23)
    await erasures.want(code)

    assert await retention.run_decided() == 1
    assert await admin.fetchval("select count(*) from intake.report") == 0
    assert await admin.fetchval("select count(*) from intake.card") == 1


async def test_an_erased_copy_is_told_and_can_be_given_anew(
    erasures: Erasures,
    retention: Retention,
    consents: Consents,
    mailbox: Mailbox,
    admin: Admin,
    arrived: str,
) -> None:
    await erasures.want(arrived)
    await answer(admin, "ezra", None)
    await answer(admin, "ads_jena", "duty")
    assert await retention.run_decided() == 1

    opened = await mailbox.open(arrived)
    row = next(row for row in opened.box.recipients if row.stelle == "ezra")
    assert (str(row.standing), row.erased_on, row.is_living) == ("erased", TODAY, False)
    assert not opened.has_conversation("ezra")
    assert await consents.give(arrived, "ezra", opened.scopes()[0]) is None


async def test_the_api_does_the_same(
    browser: httpx.AsyncClient, worker_pool: Pool, admin: Admin, code: str
) -> None:
    await work(worker_pool)
    headers = {"authorization": f"Receipt {code}"}
    for _ in range(2):
        told = await browser.post("/api/v1/mailbox/erasure", headers=headers)
        assert told.status_code == 200
        assert told.json()["wanted_gone_on"] == "2026-11-22"
        assert {h["erasure_answer_by"] for h in told.json()["handovers"]} == {"2026-12-22"}
    await answer(admin, "ezra", "other")
    box = (await browser.get("/api/v1/mailbox", headers=headers)).json()
    refused = {h["stelle"]: h["erasure_refused"] for h in box["handovers"]}
    assert refused == {"ads_jena": None, "ezra": "other"}
    assert (await browser.post("/api/v1/mailbox/erasure", headers={})).status_code in {400, 401}


async def test_the_api_takes_a_wish_back(
    browser: httpx.AsyncClient, worker_pool: Pool, admin: Admin, code: str
) -> None:
    await work(worker_pool)
    headers = {"authorization": f"Receipt {code}"}
    await browser.post("/api/v1/mailbox/erasure", headers=headers)
    for _ in range(2):
        kept = await browser.post("/api/v1/mailbox/erasure/withdrawal", headers=headers)
        assert (kept.status_code, kept.json()["wanted_gone_on"]) == (200, None)
    await browser.post("/api/v1/mailbox/erasure", headers=headers)
    for stelle in ("ezra", "ads_jena"):
        await answer(admin, stelle, "claims")
    late = await browser.post("/api/v1/mailbox/erasure/withdrawal", headers=headers)
    assert late.status_code == 409
