"""The receipt says by when claims should be made, on the page and as JSON, in every language."""

from datetime import date
from typing import Any
from uuid import uuid4

import httpx
import msgspec
import pytest

from adstelle.city import City
from adstelle.crypto.envelope import SMALLEST_CLASS
from adstelle.domain.fristen import Deadline, Precision
from adstelle.intake.service import Intake, Receipt
from tests import core
from tests.conftest import Admin
from tests.core import TODAY, fill, is_page, leads_to, shows
from tests.deadline_cases import (
    ATTACK,
    DUE,
    EXACT,
    HOME,
    LANGUAGES,
    NO_GROUND,
    OFFICE,
    WORK,
    line,
    read,
    title,
    typed,
)

RECEIPT = "m/quittung"
REPORTS = "/api/v1/reports"


async def receipt_of(
    browser: httpx.AsyncClient, answers: dict[str, Any], when: dict[str, int], lang: str = "de"
) -> httpx.Response:
    """Report by the form, and look at the receipt."""
    await fill(browser, typed(answers, when), lang)
    leads_to(await browser.post(f"/{lang}/m/senden"), f"/{lang}/{RECEIPT}")
    return is_page(await browser.get(f"/{lang}/{RECEIPT}"))


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(
    ("answers", "rule", "law"),
    [(WORK, "arbeit", "AGG § 15 Abs. 4"), (HOME, "angebote", "AGG § 21 Abs. 5")],
)
async def test_the_receipt_names_the_day_and_the_law(
    browser: httpx.AsyncClient, city: City, lang: str, answers: dict[str, Any], rule: str, law: str
) -> None:
    page = await receipt_of(browser, answers, EXACT, lang)

    assert shows(page, title(city, lang, "open", rule, DUE[lang]))
    assert f'<span lang="de" dir="ltr">{law}</span>' in page.text
    assert shows(page, line(city, lang, "deadline.check"))
    assert shows(page, line(city, lang, f"deadline_rule.{rule}.text"))
    assert not shows(page, city.catalogue.text(lang, "deadline_rule.staat.name"))


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_for_a_state_body_it_says_that_none_is_known(
    browser: httpx.AsyncClient, city: City, lang: str
) -> None:
    page = await receipt_of(browser, OFFICE, EXACT, lang)

    assert shows(page, title(city, lang, "none_known", "staat"))
    assert shows(page, line(city, lang, "deadline.check"))
    assert "2027" not in read(page)
    assert "§" not in page.text


async def test_nothing_is_said_where_no_rule_fits(browser: httpx.AsyncClient, city: City) -> None:
    page = await receipt_of(browser, ATTACK, EXACT)

    assert "fristen" not in page.text
    assert not shows(page, line(city, "de", "deadline.check"))
    assert "§" not in page.text


async def test_where_too_little_was_told_it_says_perhaps(
    browser: httpx.AsyncClient, city: City
) -> None:
    page = await receipt_of(browser, NO_GROUND, EXACT)

    assert shows(page, title(city, "de", "possible", "vielleicht"))
    assert "2027" not in read(page)


@pytest.mark.parametrize(
    ("when", "manner", "day", "counted"),
    [
        ({"month": 11, "year": 2026}, "open_at_latest", "4. Januar 2027", "1. November 2026"),
        ({"year": 2026}, "perhaps_passed", "", "2. März 2026"),
        ({"day": 5, "month": 3, "year": 2026}, "passed", "", "5. Mai 2026"),
        ({}, "undated", "", "kein Datum"),
    ],
)
async def test_a_vague_or_old_day_is_told_as_it_is(
    browser: httpx.AsyncClient,
    city: City,
    when: dict[str, int],
    manner: str,
    day: str,
    counted: str,
) -> None:
    page = await receipt_of(browser, HOME, when)

    assert shows(page, title(city, "de", manner, "angebote", day))
    assert counted in page.text


async def test_the_promise_of_the_office_stands_beside_its_name(
    browser: httpx.AsyncClient, city: City
) -> None:
    """Five working days after Sunday, 22 November 2026."""
    page = await receipt_of(browser, ATTACK, EXACT)

    assert shows(page, city.catalogue.text("de", "deadline.promise.open", day="27. November 2026"))


async def test_the_receipt_says_the_same_in_another_language(
    browser: httpx.AsyncClient, city: City
) -> None:
    await receipt_of(browser, WORK, EXACT, "de")

    for lang in LANGUAGES:
        page = is_page(await browser.get(f"/{lang}/{RECEIPT}"))
        assert shows(page, title(city, lang, "open", "arbeit", DUE[lang]))


# JSON ----------------------------------------------------------------------------------------


async def sent(
    browser: httpx.AsyncClient, answers: dict[str, Any], lang: str = "de", **also: Any
) -> list[dict[str, Any]]:
    body = {**answers, "account": "Weggeschickt.", "date": EXACT, "language": lang, **also}
    answer = await browser.post(REPORTS, json=body, headers={"Idempotency-Key": str(uuid4())})
    assert answer.status_code == 201, answer.text
    found: list[dict[str, Any]] = answer.json()["deadlines"]
    return found


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_the_answer_to_a_report_holds_the_deadline(
    browser: httpx.AsyncClient, city: City, lang: str
) -> None:
    (found,) = await sent(browser, WORK, lang)

    text = found.pop("text")
    assert found == {
        "rule": "F1",
        "kind": "statutory",
        "law": "AGG § 15 Abs. 4",
        "stand": "open",
        "precision": "day",
        "counted_from": "2026-11-03",
        "due": "2027-01-04",
        "latest": "2027-01-04",
        "title": title(city, lang, "open", "arbeit", DUE[lang]),
    }
    assert line(city, lang, "deadline_rule.arbeit.text") in text
    assert line(city, lang, "deadline.check") in text


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_for_a_state_body_the_answer_says_that_none_is_known(
    browser: httpx.AsyncClient, city: City, lang: str
) -> None:
    (found,) = await sent(browser, OFFICE, lang)

    assert (found["kind"], found["stand"], found["due"], found["law"]) == (
        "none_known",
        "none_known",
        None,
        "",
    )
    assert found["title"] == title(city, lang, "none_known", "staat")


async def test_the_answer_to_an_attack_holds_none(browser: httpx.AsyncClient) -> None:
    assert await sent(browser, ATTACK) == []


async def test_a_day_given_in_words_has_no_due_day(browser: httpx.AsyncClient) -> None:
    (found,) = await sent(browser, HOME, date={"words": "im Herbst"})

    assert (found["stand"], found["precision"], found["due"]) == ("undated", "none", None)


async def test_sending_twice_repeats_the_deadlines(browser: httpx.AsyncClient) -> None:
    once = {"Idempotency-Key": str(uuid4())}
    body = {**WORK, "account": "Weggeschickt.", "date": EXACT}

    first, second = [await browser.post(REPORTS, json=body, headers=once) for _ in range(2)]

    assert first.json()["deadlines"]
    assert first.json() == second.json()


# Privacy -------------------------------------------------------------------------------------


async def test_nothing_stored_tells_a_deadline_by_its_size(
    browser: httpx.AsyncClient, keyed: Admin
) -> None:
    """All receipts are of one size, whatever is due."""
    for answers in (ATTACK, OFFICE, NO_GROUND, WORK, HOME):
        await sent(browser, answers, consents=[{"stelle": "ads_jena"}])

    rows = await keyed.fetch("select octet_length(sealed_receipt) as size from intake.submission")

    assert len(rows) == 5
    assert len({row["size"] for row in rows}) == 1


def test_a_receipt_for_everybody_with_three_deadlines_is_still_of_that_size(city: City) -> None:
    dated = Deadline(
        rule="F15b",
        kind="statutory",
        precision=Precision.MONTH,
        counted_from=TODAY,
        due=TODAY,
        latest=TODAY,
    )
    largest = Receipt(
        code="0" * 24,
        stellen=tuple(code for code, stelle in city.stellen.items() if stelle.channel == "inbox"),
        fingerprint=bytes(32),
        received_on=TODAY,
        deadlines=(dated,) * 3,
    )

    assert len(msgspec.json.encode(largest)) < SMALLEST_CLASS


async def test_no_due_day_and_no_law_is_stored_in_clear(intake: Intake, keyed: Admin) -> None:
    """What is due says what happened: the database must not know it."""
    report = msgspec.structs.replace(
        core.REPORT,
        answers=msgspec.structs.replace(
            core.ANSWERS,
            incident_type="unmittelbare_benachteiligung",
            area_of_life="arbeit",
            alleged_responsible="arbeitgeber",
        ),
        consents=(),
    )
    made = await intake.submit(report, uuid4().bytes)
    assert [deadline.due for deadline in made.deadlines] == [date(2027, 1, 4)]

    tables = await keyed.fetch(
        "select schemaname || '.' || quote_ident(tablename) as name from pg_tables "
        "where schemaname in ('intake', 'mailbox', 'casework', 'outbox', 'accounts')"
    )
    for table in tables:
        rows = str(await keyed.fetch(f"select t::text from {table['name']} t"))  # bytes as hex
        for clear in ("2027-01-04", "F1", "AGG", "statutory"):
            assert clear not in rows, table["name"]
