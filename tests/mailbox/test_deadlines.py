"""The mailbox says by when claims should be made, and until when a Stelle means to answer."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from adstelle.city import City
from adstelle.database import Pool
from adstelle.mailbox.routes import COOKIE
from tests.conftest import Admin
from tests.core import TODAY, application_of, browser_for, is_page, shows
from tests.deadline_cases import (
    ATTACK,
    DUE,
    EXACT,
    LANGUAGES,
    OFFICE,
    WORK,
    line,
    read,
    title,
)
from tests.mailbox.test_mailbox import answer_as_stelle

MAILBOX = "/api/v1/mailbox"


async def code_of(
    browser: httpx.AsyncClient, answers: dict[str, Any], lang: str = "de", **also: Any
) -> str:
    """Report to the city's office; return the receipt code."""
    body = {
        **answers,
        "account": "Weggeschickt.",
        "date": EXACT,
        "language": lang,
        "consents": [{"stelle": "ads_jena"}],
        **also,
    }
    answer = await browser.post(
        "/api/v1/reports", json=body, headers={"Idempotency-Key": str(uuid4())}
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["receipt_code"])


async def opened(browser: httpx.AsyncClient, code: str, lang: str = "de") -> httpx.Response:
    browser.cookies.set(COOKIE, code.replace("-", ""))
    return is_page(await browser.get(f"/{lang}/postfach"))


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_the_mailbox_names_the_day_and_the_law(
    browser: httpx.AsyncClient, city: City, lang: str
) -> None:
    page = await opened(browser, await code_of(browser, WORK), lang)

    assert shows(page, title(city, lang, "open", "arbeit", DUE[lang]))
    assert "AGG § 15 Abs. 4" in page.text
    assert shows(page, line(city, lang, "deadline.check"))


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_for_a_state_body_the_mailbox_says_that_none_is_known(
    browser: httpx.AsyncClient, city: City, lang: str
) -> None:
    page = await opened(browser, await code_of(browser, OFFICE), lang)

    assert shows(page, title(city, lang, "none_known", "staat"))
    assert "§" not in page.text
    assert "2027" not in read(page)


async def test_the_mailbox_says_nothing_where_no_rule_fits(
    browser: httpx.AsyncClient, city: City
) -> None:
    page = await opened(browser, await code_of(browser, ATTACK))

    assert "fristen" not in page.text
    assert "§" not in page.text


@pytest.mark.parametrize(
    ("later", "manner"),
    [(date(2027, 1, 4), "open"), (date(2027, 1, 5), "passed")],
)
async def test_time_passes(
    browser: httpx.AsyncClient, public_pool: Pool, city: City, later: date, manner: str
) -> None:
    """The mailbox tells how it stands on the day on which it is opened."""
    code = await code_of(browser, WORK)
    async with browser_for(application_of(public_pool, city, today=later)) as returning:
        page = await opened(returning, code)

    assert shows(page, title(city, "de", manner, "arbeit", DUE["de"]))


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_the_mailbox_as_json_holds_the_deadline(
    browser: httpx.AsyncClient, city: City, lang: str
) -> None:
    code = await code_of(browser, WORK, lang)

    answer = await browser.get(MAILBOX, headers={"Authorization": f"Receipt {code}"})

    (found,) = answer.json()["deadlines"]
    assert (found["due"], found["stand"], found["law"]) == (
        "2027-01-04",
        "open",
        "AGG § 15 Abs. 4",
    )
    assert found["title"] == title(city, lang, "open", "arbeit", DUE[lang])


async def test_the_mailbox_as_json_says_that_none_is_known(
    browser: httpx.AsyncClient, city: City
) -> None:
    code = await code_of(browser, OFFICE)

    answer = await browser.get(MAILBOX, headers={"Authorization": f"Receipt {code}"})

    (found,) = answer.json()["deadlines"]
    assert (found["due"], found["stand"]) == (None, "none_known")
    assert found["title"] == title(city, "de", "none_known", "staat")


# The Stelle's own promise --------------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_an_answer_is_promised_until_it_comes(
    browser: httpx.AsyncClient, city: City, keyed: Admin, lang: str
) -> None:
    day = {"en": "November 27, 2026", "ar": "27 نوفمبر 2026"}.get(lang, "27. November 2026")
    promise = city.catalogue.text(lang, "deadline.promise.open", day=day)
    code = await code_of(browser, ATTACK)

    assert promise.split("\n")[0] in (await opened(browser, code, lang)).text
    await answer_as_stelle(keyed, "Danke, wir melden uns.")
    assert promise.split("\n")[0] not in (await opened(browser, code, lang)).text


async def test_a_broken_promise_is_told(
    browser: httpx.AsyncClient, public_pool: Pool, city: City
) -> None:
    code = await code_of(browser, ATTACK)
    late = TODAY + timedelta(days=6)
    async with browser_for(application_of(public_pool, city, today=late)) as returning:
        page = await opened(returning, code)

    assert shows(
        page, city.catalogue.text("de", "deadline.promise.passed", day="27. November 2026")
    )


async def test_a_stelle_that_promises_nothing_is_not_held_to_it(
    browser: httpx.AsyncClient,
) -> None:
    page = await opened(browser, await code_of(browser, ATTACK, consents=[{"stelle": "ezra"}]))

    assert "27. November" not in page.text
