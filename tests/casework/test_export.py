"""An adviser has a case written out: their Stelle's alone, logged, without names for the person."""

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import uuid4

import httpx
import msgspec
import pytest

from adstelle import staff
from adstelle.city import City
from adstelle.database import Pool
from adstelle.domain.case_document import CaseDocument
from adstelle.web.pages import Pages
from tests.conftest import Admin
from tests.staff_side import (
    PASSPHRASE,
    REPORT,
    TODAY,
    Clock,
    Person,
    new_member,
    send_report,
    set_up,
    sign_in_of,
    write_as_person,
)

HOST = "http://localhost:8001"


@pytest.fixture
async def mira(
    operator_pool: Pool, staff_pool: Pool, city: City
) -> AsyncIterator[httpx.AsyncClient]:
    """The browser of an adviser of the ADS; ezra has a case of its own."""
    for login, stelle in (("mira", "ads_jena"), ("juri", "ezra")):
        await set_up(operator_pool, stelle, new_member(login))
    clock, pages = Clock(), Pages(city, secure=False)
    app = staff.build(pages, staff_pool, sign_in_of(staff_pool, clock), today=lambda: TODAY)
    transport = httpx.ASGITransport(app)  # type: ignore[arg-type]  # one ASGI, spelt twice
    async with httpx.AsyncClient(transport=transport, base_url=HOST) as browser:
        clock.pass_by(timedelta(minutes=1))
        form = {"login": "mira", "passphrase": PASSPHRASE, "code": clock.code()}
        assert (await browser.post("/de/anmelden", data=form)).status_code == 303
        yield browser


@pytest.fixture
async def person(admin: Admin, mira: httpx.AsyncClient) -> Person:
    person = await send_report(admin, {"ads_jena": True, "ezra": False})
    await write_as_person(admin, person, "ads_jena", "Wann darf ich kommen?")
    return person


async def made(
    browser: httpx.AsyncClient, person: Person, stelle: str = "ads_jena", **fields: str
) -> httpx.Response:
    return await browser.post(f"/de/faelle/{person.cases[stelle]}/ausgabe", data=fields)


def texts(document: CaseDocument) -> str:
    return msgspec.json.encode(document).decode()


async def acts(admin: Admin) -> list[str]:
    return [row["act"] for row in await admin.fetch("select act from casework.log order by log_id")]


async def test_the_persons_copy_is_in_their_language_and_names_no_adviser(
    mira: httpx.AsyncClient, person: Person, admin: Admin
) -> None:
    answer = await made(mira, person, audience="person", kind="json")

    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["content-disposition"] == 'attachment; filename="angaben.json"'
    assert answer.headers["cache-control"] == "no-store"
    document = msgspec.json.decode(answer.content, type=CaseDocument)
    said = texts(document)
    assert document.language == "ar"
    for given in ("Kanarienvogel", "Wann darf ich kommen?", "Lobeda", "beraten"):
        assert given in said
    assert "Mira Muster" not in said
    for inside in (person.report_id, *person.cases.values()):
        assert str(inside) not in said
        assert inside.hex[:8].upper() not in said.replace(" ", "")
    assert await acts(admin) == ["case_read", "step_taken", "contact_read", "export_made"]


async def test_the_paper_file_names_who_did_what(mira: httpx.AsyncClient, person: Person) -> None:
    answer = await made(mira, person, audience="file", kind="json")

    document = msgspec.json.decode(answer.content, type=CaseDocument)
    assert document.language == "de"
    assert "Mira Muster" in texts(document)


async def test_the_pdf_is_a_pdf(mira: httpx.AsyncClient, person: Person) -> None:
    answer = await made(mira, person, audience="person", kind="pdf")

    assert answer.headers["content-type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF")
    assert answer.headers["content-disposition"].endswith('filename="angaben.pdf"')


async def test_looking_at_the_page_opens_nothing(
    mira: httpx.AsyncClient, person: Person, admin: Admin
) -> None:
    page = await mira.get(f"/de/faelle/{person.case_id}/ausgabe")
    wrong = await made(mira, person, kind="json")

    assert (page.status_code, wrong.status_code) == (200, 422)
    assert REPORT.account not in page.text + wrong.text
    assert await acts(admin) == []


async def test_no_case_of_another_stelle_is_written_out(
    mira: httpx.AsyncClient, person: Person, admin: Admin
) -> None:
    foreign = await made(mira, person, "ezra", audience="file", kind="json")
    unknown = await mira.post(f"/de/faelle/{uuid4()}/ausgabe", data={"audience": "file"})

    assert (foreign.status_code, unknown.status_code) == (404, 404)
    assert await acts(admin) == []


async def test_a_stranger_is_asked_to_sign_in(mira: httpx.AsyncClient, person: Person) -> None:
    mira.cookies.clear()

    answer = await made(mira, person, audience="file", kind="json")

    wanted = f"/de/anmelden?weiter=faelle/{person.case_id}/ausgabe"
    assert (answer.status_code, answer.headers["location"]) == (303, wanted)
