"""An adviser has a case written out: their Stelle's alone, logged, without names for the person."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
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
    browser: httpx.AsyncClient, person: Person, owner: str = "ads_jena", **fields: Any
) -> httpx.Response:
    """Look at what goes in, as everybody has to, then ask for the file."""
    address = f"/de/faelle/{person.cases[owner]}/ausgabe"
    look = await browser.post(address, data={**fields, "kind": "ansehen"})
    if look.status_code != 200 or "kind" not in fields:
        return look
    return await browser.post(address, data={**hidden(look), "masked": "ja", **fields})


def hidden(page: httpx.Response) -> dict[str, str]:
    """What the form of a page carries along."""
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text))


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
    read = ["case_read", "contact_read", "notes_read"]
    assert sorted(await acts(admin)) == sorted([*read, "step_taken", *read, "export_made"])
    assert (await acts(admin))[-1] == "export_made"


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

    assert answer.status_code == 403
    assert REPORT.account[:10] not in answer.text
    assert f'value="faelle/{person.case_id}/ausgabe"' in answer.text


# The whole case ------------------------------------------------------------------------------


@pytest.fixture
async def noted(mira: httpx.AsyncClient, person: Person) -> Person:
    """The same with everything that an adviser notes of a case."""
    case = f"/de/faelle/{person.case_id}"
    summary = {"revision": "0", "summary": "Die Vermieterin lügt."}
    contact = {"day-tag": "2", "day-monat": "3", "day-jahr": "2026", "kind": "telefon",
               "with_whom": "Frau Celik", "note": "Sie war sehr müde.", "minutes": "30",
               "message_id": str(uuid4()), "revision": "0"}  # fmt: skip
    note = {"text": "Der Nachbar weiß davon.", "message_id": str(uuid4())}
    for page, fields in (
        ("akte/teil/kurzfassung", summary),
        ("akte/neu/kontakt", contact),
        ("notizen", note),
    ):
        answer = await mira.post(f"{case}/{page}", data=fields)
        assert answer.status_code == 303, (page, answer.text)
    return person


async def test_the_person_gets_what_was_noted_of_them(
    mira: httpx.AsyncClient, noted: Person
) -> None:
    answer = await made(mira, noted, audience="person", kind="json")

    said = texts(msgspec.json.decode(answer.content, type=CaseDocument))
    for text in ("Die Vermieterin lügt.", "Sie war sehr müde.", "Frau Celik", "Der Nachbar weiß"):
        assert text in said
    assert "Mira Muster" not in said


async def test_what_is_left_out_needs_a_reason_and_both_stay_with_the_stelle(
    mira: httpx.AsyncClient, noted: Person, admin: Admin
) -> None:
    wanted = {"audience": "person", "kind": "json", "weg-notes-0": "ja"}

    refused = await made(mira, noted, **wanted)
    no_words = await made(mira, noted, **wanted, reason="other")
    answer = await made(mira, noted, **wanted, reason="others", words="Der Nachbar ist bedroht.")

    assert (refused.status_code, no_words.status_code) == (422, 422)
    assert "Bitte wählen Sie, warum" in refused.text
    said = texts(msgspec.json.decode(answer.content, type=CaseDocument))
    assert "Der Nachbar" not in said
    assert "Die Vermieterin lügt." in said
    page = await made(mira, noted, audience="person")
    assert "Rechte anderer Menschen" in page.text
    assert "Der Nachbar ist bedroht." in page.text
    sealed = await admin.fetch("select sealed from casework.export")
    assert len(sealed) == 1, "what was refused made no copy"
    assert b"bedroht" not in sealed[0]["sealed"]


async def test_what_nobody_looked_at_does_not_go_out(
    mira: httpx.AsyncClient, noted: Person, admin: Admin
) -> None:
    """Somebody else writes in between: the numbers of parts may mean something else now."""
    address = f"/de/faelle/{noted.case_id}/ausgabe"
    look = await mira.post(address, data={"audience": "person"})
    await write_as_person(admin, noted, "ads_jena", "Noch etwas.")

    answer = await mira.post(address, data={**hidden(look), "masked": "ja", "kind": "json"})

    assert answer.status_code == 409
    assert "Der Fall hat sich gerade geändert" in answer.text
    assert "Noch etwas." in answer.text
    assert "export_made" not in await acts(admin)


async def test_a_member_who_is_kept_away_makes_no_copy(
    mira: httpx.AsyncClient, noted: Person, admin: Admin
) -> None:
    await made(mira, noted, audience="file", kind="json")
    await admin.execute(
        "insert into casework.conflict select case_id, member_id, stelle, current_date "
        "from casework.case join accounts.member using (stelle) where stelle = 'ads_jena'"
    )

    answer = await made(mira, noted, audience="file", kind="json")

    assert answer.status_code == 404


async def test_before_anybody_was_given_the_report_there_is_no_copy_for_them(
    mira: httpx.AsyncClient, noted: Person
) -> None:
    answer = await made(mira, noted, audience="referral", stelle="thadine", kind="json")

    assert "Noch keine Stelle hat den Bericht von Ihnen" in answer.text
    assert "Sie war sehr müde." not in answer.text
