"""Advisers see what is due next: in the queue and on the page of a case, in every language."""

import re
from datetime import date, timedelta
from html import unescape
from typing import Any
from uuid import uuid4

import httpx
import msgspec
import pytest

from adstelle.city import City
from adstelle.domain.incident_date import IncidentDate
from adstelle.domain.report import Report
from adstelle.domain.routing import CodedAnswers
from tests.casework.test_staff_pages import Side as Side
from tests.casework.test_staff_pages import mira as mira
from tests.casework.test_staff_pages import side as side
from tests.conftest import Admin
from tests.deadline_cases import ATTACK, HOME, LANGUAGES, NO_GROUND, OFFICE, WORK
from tests.staff_side import REPORT, TODAY, Person, send_report, write_as_person

# Two months after 2 February 2026, a Thursday; five working days after Monday, 2 March 2026.
DUE = {
    "de": "2. April 2026",
    "de-simple": "2. April 2026",
    "en": "April 2, 2026",
    "ar": "2 أبريل 2026",
}
ANSWER_BY = {
    "de": "9. März 2026",
    "de-simple": "9. März 2026",
    "en": "March 9, 2026",
    "ar": "9 مارس 2026",
}
EXACT = IncidentDate(day=2, month=2, year=2026)
LAW = "AGG § 15 Abs. 4"


def report_of(answers: dict[str, Any], when: IncidentDate = EXACT) -> Report:
    coded = CodedAnswers(**answers | {"grounds": tuple(answers["grounds"])})
    return msgspec.structs.replace(REPORT, answers=coded, date=when)


async def given(
    admin: Admin, answers: dict[str, Any], when: IncidentDate = EXACT, *, day: date = TODAY
) -> Person:
    """Somebody reports to the city's office."""
    return await send_report(admin, {"ads_jena": True}, report=report_of(answers, when), day=day)


def row_of(page: httpx.Response, city: City, lang: str) -> str:
    """What the queue says is due in its only case, without markup."""
    column = city.catalogue.text(lang, "deadline.queue.column")
    found = re.findall(rf'data-label="{column}">(.*?)</td>', page.text, re.S)
    assert len(found) == 1
    return plain(found[0])


def section_of(page: httpx.Response) -> str:
    """What the page of a case says is due, without markup."""
    found = re.search(r'<section aria-labelledby="fristen">(.*?)</section>', page.text, re.S)
    assert found
    return plain(found[1])


def plain(markup: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", markup)).split())


def said(city: City, lang: str, key: str, **values: str) -> str:
    return " ".join(city.catalogue.text(lang, key, **values).split())


async def case_page(browser: httpx.AsyncClient, person: Person, lang: str = "de") -> httpx.Response:
    page = await browser.get(f"/{lang}/faelle/{person.case_id}")
    assert page.status_code == 200
    return page


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_queue_and_case_name_the_next_day_and_what_it_is(
    mira: httpx.AsyncClient, admin: Admin, city: City, lang: str
) -> None:
    person = await given(admin, WORK)
    promised = said(city, lang, "deadline.staff.promise", day=ANSWER_BY[lang])
    name = city.catalogue.text(lang, "deadline_rule.arbeit.name")

    row = row_of(await mira.get(f"/{lang}/faelle"), city, lang)
    section = section_of(await case_page(mira, person, lang))

    assert promised in row
    assert f"{LAW} : {said(city, lang, 'deadline.queue.open', day=DUE[lang])}" in row
    assert promised in section
    assert said(city, lang, "deadline.staff.open", name=name, day=DUE[lang]) in section
    assert LAW in section
    assert said(city, lang, "deadline.staff.hint") in section


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_for_a_state_body_the_case_says_that_none_is_known(
    mira: httpx.AsyncClient, admin: Admin, city: City, lang: str
) -> None:
    person = await given(admin, OFFICE)
    name = city.catalogue.text(lang, "deadline_rule.staat.name")

    row = row_of(await mira.get(f"/{lang}/faelle"), city, lang)
    section = section_of(await case_page(mira, person, lang))

    assert "§" not in row + section
    assert DUE[lang] not in row + section
    assert said(city, lang, "deadline.staff.none_known", name=name) in section


async def test_without_a_rule_only_the_promise_is_due(
    mira: httpx.AsyncClient, admin: Admin, city: City
) -> None:
    person = await given(admin, ATTACK)

    row = row_of(await mira.get("/de/faelle"), city, "de")
    section = section_of(await case_page(mira, person))

    assert row == "Erste Antwort bis 9. März 2026"
    assert "§" not in section


async def test_the_promise_is_kept_by_an_answer(
    mira: httpx.AsyncClient, admin: Admin, city: City
) -> None:
    person = await given(admin, ATTACK)

    sent = await mira.post(f"/de/faelle/{person.case_id}/antwort", data={"text": "Danke."})

    assert sent.status_code == 303
    assert row_of(await mira.get("/de/faelle"), city, "de") == "keine"
    assert said(city, "de", "deadline.staff.nothing") in section_of(await case_page(mira, person))


async def test_what_the_person_writes_keeps_no_promise(
    mira: httpx.AsyncClient, admin: Admin, city: City
) -> None:
    person = await given(admin, ATTACK)
    await write_as_person(admin, person, "ads_jena", "Haben Sie es gelesen?")

    assert "Erste Antwort bis" in row_of(await mira.get("/de/faelle"), city, "de")
    assert "Erste Antwort bis" in section_of(await case_page(mira, person))


async def test_another_stelles_answer_does_not_keep_it(
    side: Side, mira: httpx.AsyncClient, admin: Admin, city: City
) -> None:
    person = await send_report(
        admin, {"ads_jena": True, "ezra": True}, report=report_of(ATTACK), day=TODAY
    )
    theirs = person.cases["ezra"]
    async with side.browser() as juri:
        await side.sign_in(juri, "juri")
        await juri.get(f"/de/faelle/{theirs}")
        sent = await juri.post(f"/de/faelle/{theirs}/antwort", data={"text": "Danke."})
        assert sent.status_code == 303
        assert row_of(await juri.get("/de/faelle"), city, "de") == "keine"

    assert "Erste Antwort bis" in row_of(await mira.get("/de/faelle"), city, "de")


@pytest.mark.parametrize(("late", "tag"), [(7, False), (8, True)])
async def test_a_promise_that_is_over_is_marked(
    mira: httpx.AsyncClient, admin: Admin, city: City, late: int, tag: bool
) -> None:
    """Received on 23 February: until Monday, 2 March. A day earlier: until Friday."""
    person = await given(admin, ATTACK, day=TODAY - timedelta(days=late))

    row = row_of(await mira.get("/de/faelle"), city, "de")
    section = section_of(await case_page(mira, person))

    assert ("überfällig" in row, "überfällig" in section) == (tag, tag)


async def test_a_closed_case_is_due_for_nothing(
    mira: httpx.AsyncClient, admin: Admin, city: City
) -> None:
    person = await given(admin, WORK)
    await mira.get(f"/de/faelle/{person.case_id}")
    step = {"stand": "abgeschlossen"}

    closed = await mira.post(f"/de/faelle/{person.case_id}/schritt", data=step)

    assert closed.status_code == 303
    assert row_of(await mira.get("/de/faelle"), city, "de") == "keine"
    assert "Erste Antwort" not in section_of(await case_page(mira, person))


@pytest.mark.parametrize(
    ("when", "row", "section"),
    [
        (
            IncidentDate(month=2, year=2026),
            "AGG § 21 Abs. 5 : bis 1. April 2026",
            "Gerechnet ab 1. Februar 2026, genannt ist nur der Monat.",
        ),
        (  # the last day for the last possible day
            IncidentDate(year=2025),
            "AGG § 21 Abs. 5 : bis 3. März 2025 vielleicht abgelaufen",
            "3. März 2025 bis 2. März 2026 vielleicht abgelaufen",
        ),
        (
            IncidentDate(words="neulich"),
            "AGG § 21 Abs. 5 : 2 Monate, kein Tag bekannt",
            "2 Monate Zeit, kein Tag bekannt",
        ),
        (
            IncidentDate(day=3, month=3, year=2026),
            "",
            "2 Monate Zeit, der genannte Tag liegt in der Zukunft",
        ),
        (
            IncidentDate(day=1, month=12, year=2025),
            "",
            "bis 2. Februar 2026 wahrscheinlich abgelaufen",
        ),
    ],
)
async def test_vague_and_old_days(
    mira: httpx.AsyncClient,
    admin: Admin,
    city: City,
    when: IncidentDate,
    row: str,
    section: str,
) -> None:
    person = await given(admin, HOME, when)

    queue = row_of(await mira.get("/de/faelle"), city, "de")

    assert queue == f"Erste Antwort bis 9. März 2026 {row}".strip()
    assert section in section_of(await case_page(mira, person))


async def test_a_possible_deadline_is_named_on_the_case_alone(
    mira: httpx.AsyncClient, admin: Admin, city: City
) -> None:
    person = await given(admin, NO_GROUND)

    row = row_of(await mira.get("/de/faelle"), city, "de")
    section = section_of(await case_page(mira, person))

    assert row == "Erste Antwort bis 9. März 2026"
    assert "Vielleicht gibt es eine Frist. Für mehr fehlen Angaben." in section


async def test_a_case_that_does_not_open_has_no_deadline(
    mira: httpx.AsyncClient, admin: Admin, city: City
) -> None:
    person = await given(admin, WORK)
    await admin.execute(
        "update intake.part set sealed = set_byte(sealed, 29, 255 - get_byte(sealed, 29))"
    )

    row = row_of(await mira.get("/de/faelle"), city, "de")
    section = section_of(await case_page(mira, person))

    assert "§" not in row + section
    assert "Erste Antwort bis" in row


async def test_who_has_no_mailbox_here_is_promised_nothing(
    mira: httpx.AsyncClient, admin: Admin, city: City
) -> None:
    """A case that came from another house: the person reads their answers there."""
    package_id, case_id = uuid4(), uuid4()
    await admin.execute(
        "insert into exchange.package (package_id, stelle, sender, sender_name, arrived_on, sealed)"
        " values ($1, 'ads_jena', 'ezra', 'ezra', $2, '\\x00')",
        package_id, TODAY,
    )  # fmt: skip
    await admin.execute(
        "insert into casework.case (case_id, package_id, stelle, received_on, changed_on)"
        " values ($1, $2, 'ads_jena', $3, $3)",
        case_id, package_id, TODAY,
    )  # fmt: skip

    page = await mira.get(f"/de/faelle/{case_id}")

    assert page.status_code == 200
    assert "Erste Antwort" not in section_of(page)
    assert row_of(await mira.get("/de/faelle"), city, "de") == "keine"
