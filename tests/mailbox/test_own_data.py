"""The person takes along what their mailbox holds: with the code, and not without it."""

import httpx
import msgspec

from adstelle.crypto.receipt import grouped
from adstelle.domain.case_document import CaseDocument, SectionName
from adstelle.domain.report import Message
from adstelle.intake.service import Intake
from tests.conftest import Admin
from tests.core import REPORT
from tests.mailbox.desk import say


async def open_box(browser: httpx.AsyncClient, intake: Intake) -> None:
    made = await intake.submit(REPORT, b"sixteen bytes...")
    page = await browser.post("/de/postfach", data={"code": grouped(made.code)})
    assert page.status_code == 303


async def test_everything_is_there_as_data(
    browser: httpx.AsyncClient, intake: Intake, keyed: Admin
) -> None:
    await open_box(browser, intake)
    await say(keyed, "ads_jena", Message(text="Guten Tag, wir hören Ihnen zu."))

    answer = await browser.post("/de/postfach/daten", data={"kind": "json"})

    assert answer.headers["content-disposition"] == 'attachment; filename="angaben.json"'
    assert answer.headers["cache-control"] == "no-store"
    document = msgspec.json.decode(answer.content, type=CaseDocument)
    sections = {section.name: section for section in document.sections}
    assert sections[SectionName.REPORT].text == REPORT.account
    assert {fact.value for fact in sections[SectionName.CONTACT].facts} >= {
        "Kim Beispiel", "kim@example.org",
    }  # fmt: skip
    assert len(sections[SectionName.CONSENTS].entries) == 2
    (message,) = sections[SectionName.MESSAGES].entries
    assert message.text == "Guten Tag, wir hören Ihnen zu."
    report_id = await keyed.fetchval("select report_id from intake.report")
    assert str(report_id) not in answer.text


async def test_everything_is_there_as_a_document(
    browser: httpx.AsyncClient, intake: Intake
) -> None:
    await open_box(browser, intake)

    answer = await browser.post("/ar/postfach/daten", data={"kind": "pdf"})

    assert answer.headers["content-type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF")


async def test_taking_it_along_reads_no_message(
    browser: httpx.AsyncClient, intake: Intake, keyed: Admin
) -> None:
    """A download is not a look at the answers: the Stelle is not told that they were read."""
    await open_box(browser, intake)
    await say(keyed, "ads_jena", Message(text="Guten Tag"))

    await browser.post("/de/postfach/daten", data={"kind": "json"})

    assert await keyed.fetchval("select read_on from mailbox.message") is None


async def test_without_the_code_there_is_nothing(
    browser: httpx.AsyncClient, intake: Intake
) -> None:
    await open_box(browser, intake)
    browser.cookies.clear()

    answer = await browser.post("/de/postfach/daten", data={"kind": "json"})

    assert answer.status_code == 403
    assert REPORT.account not in answer.text
