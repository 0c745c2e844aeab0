"""The pages of the record as a browser meets them: nothing typed is lost or left behind."""

import csv
import re
from collections.abc import AsyncIterator
from io import BytesIO, StringIO
from uuid import uuid4
from xml.etree import ElementTree
from zipfile import ZipFile

import httpx
import pytest

from adstelle import staff
from adstelle.casework.record.form import read_hours
from adstelle.city import City
from adstelle.database import Pool
from adstelle.web.pages import Pages
from tests.casework.test_staff_pages import Side, field
from tests.conftest import Admin
from tests.staff_side import TODAY, Clock, Person, new_member, send_report, set_up, sign_in_of

CANARY = "Kanarienvogel"
DAY = {"day-tag": "2", "day-monat": "3", "day-jahr": "2026"}
PERIOD = {
    "von-tag": "1", "von-monat": "1", "von-jahr": "2026",
    "bis-tag": "31", "bis-monat": "12", "bis-jahr": "2026",
}  # fmt: skip


@pytest.fixture
async def side(operator_pool: Pool, staff_pool: Pool, city: City) -> Side:
    for login, stelle in (("mira", "ads_jena"), ("juri", "ezra")):
        await set_up(operator_pool, stelle, new_member(login))
    clock = Clock()
    app = staff.build(
        Pages(city, secure=False), staff_pool, sign_in_of(staff_pool, clock), today=lambda: TODAY
    )
    return Side(app, clock)


@pytest.fixture
async def mira(side: Side) -> AsyncIterator[httpx.AsyncClient]:
    async with side.browser() as browser:
        assert (await side.sign_in(browser)).status_code == 303
        yield browser


@pytest.fixture
async def juri(side: Side) -> AsyncIterator[httpx.AsyncClient]:
    async with side.browser() as browser:
        assert (await side.sign_in(browser, "juri")).status_code == 303
        yield browser


@pytest.fixture
async def person(admin: Admin, side: Side) -> Person:
    return await send_report(admin, {"ads_jena": False, "ezra": True})


def record(person: Person, path: str = "") -> str:
    return f"/de/faelle/{person.case_id}/akte{path}"


async def test_what_two_people_typed_is_both_there(mira: httpx.AsyncClient, person: Person) -> None:
    path = record(person, "/teil/kurzfassung")
    assert field(await mira.get(path), "revision") == "0"
    await mira.post(path, data={"revision": "0", "summary": "Das Erste"})

    both = await mira.post(path, data={"revision": "0", "summary": "Das Zweite"})

    assert both.status_code == 409
    assert "Das Erste" in both.text
    assert field(both, "summary") == "Das Zweite"
    saved = await mira.post(path, data={"revision": field(both, "revision"), "summary": "Beides"})
    assert saved.status_code == 303
    assert "Beides" in (await mira.get(record(person))).text
    history = (await mira.get(record(person, "/verlauf"))).text
    assert history.index("Beides") < history.index("Das Erste")


async def test_report_and_record_stand_on_one_page(mira: httpx.AsyncClient, person: Person) -> None:
    await mira.post(record(person, "/teil/einordnung"), data={"grounds": "alter", "revision": "0"})

    page = (await mira.get(record(person))).text

    assert "Am Telefon war sie frei." in page
    assert "Rassismus oder Herkunft" in page  # as named
    assert "<dd" in page.partition('id="einordnung"')[2]
    assert ">Alter<" in page  # as assessed
    short = (await mira.get(f"/de/faelle/{person.case_id}")).text
    assert ">Alter<" in short.partition('id="akte"')[2]


async def test_codes_of_others_count_only_once_a_person_has_ticked_them(
    mira: httpx.AsyncClient, person: Person
) -> None:
    path = record(person, "/teil/zaehlweisen")

    page = (await mira.get(path)).text

    assert "Vorschlag, weil angegeben ist: Beleidigung" in page
    assert " checked" not in page
    await mira.post(path, data={"revision": "0", "cross-kokont_type": "beleidigung"})
    assert 'value="beleidigung" checked' in (await mira.get(path)).text


async def test_when_the_session_has_ended_nothing_typed_is_lost(
    side: Side, mira: httpx.AsyncClient, person: Person
) -> None:
    path = record(person, "/neu/kontakt")
    mira.cookies.clear()
    typed = {**DAY, "kind": "telefon", "note": f"{CANARY} rief an", "message_id": str(uuid4())}

    ended = await mira.post(path, data=typed)

    assert ended.status_code == 403
    assert CANARY in ended.text
    carried = dict(re.findall(r'<input type="hidden" name="([\w-]+)" value="([^"]*)"', ended.text))
    assert carried["weiter"] == path.removeprefix("/de/")
    again = await side.sign_in(mira, **carried)
    assert CANARY in again.text
    assert f'action="{path}"' in again.text
    kept = await mira.post(path, data=typed)
    assert kept.status_code == 303
    assert CANARY in (await mira.get(record(person))).text


@pytest.mark.parametrize(
    "path",
    ["", "/verlauf", "/teil/kurzfassung", "/neu/kontakt", "/teil/quatsch", "/neu/quatsch"],
)
async def test_another_stelles_record_looks_like_none(
    mira: httpx.AsyncClient, juri: httpx.AsyncClient, person: Person, path: str
) -> None:
    await mira.post(record(person, "/teil/kurzfassung"), data={"revision": "0", "summary": CANARY})

    answer = await juri.get(record(person, path))

    assert answer.status_code == 404
    assert CANARY not in answer.text


async def test_an_entry_is_corrected_and_both_stay_in_the_history(
    mira: httpx.AsyncClient, person: Person
) -> None:
    form = await mira.get(record(person, "/neu/kontakt"))
    typed = {**DAY, "kind": "telefon", "minutes": "30", "message_id": field(form, "message_id")}
    await mira.post(record(person, "/neu/kontakt"), data=typed)
    page = (await mira.get(record(person))).text
    found = re.search(r"/akte(/eintrag/[0-9a-f-]{36})", page)
    assert found
    revision = field(await mira.get(record(person, found[1])), "revision")

    kept = await mira.post(
        record(person, found[1]),
        data={**DAY, "kind": "besuch", "minutes": "90", "revision": revision},
    )

    assert kept.status_code == 303
    assert "1 h 30 min" in (await mira.get(record(person))).text
    history = (await mira.get(record(person, "/verlauf"))).text
    assert "30 min" in history.partition("vorher:")[2]


async def test_a_statement_is_marked_until_the_person_has_seen_the_draft(
    mira: httpx.AsyncClient, person: Person
) -> None:
    typed = {**DAY, "kind": "stellungnahme", "message_id": str(uuid4())}
    await mira.post(record(person, "/neu/massnahme"), data=typed)
    assert "Entwurf noch nicht gezeigt" in (await mira.get(record(person))).text

    seen = typed | {"draft_seen": "ja", "revision": "1"}
    await mira.post(record(person, f"/eintrag/{typed['message_id']}"), data=seen)

    assert "Entwurf noch nicht gezeigt" not in (await mira.get(record(person))).text


async def test_the_counts_come_as_page_workbook_and_csv_without_anything_personal(
    mira: httpx.AsyncClient, person: Person
) -> None:
    contact = {
        **DAY, "kind": "telefon", "minutes": "90", "with_whom": CANARY, "note": CANARY,
        "message_id": str(uuid4()),
    }  # fmt: skip
    await mira.post(record(person, "/neu/kontakt"), data=contact)
    event = {**DAY, "kind": "schulung", "hours": "2,5", "participants": "14", "note": CANARY,
             "message_id": str(uuid4())}  # fmt: skip
    await mira.post("/de/auswertung/veranstaltungen/neu", data=event)

    page = await mira.post("/de/auswertung", data=PERIOD)

    assert page.headers["location"] == "/de/auswertung?von=2026-01-01&bis=2026-12-31"
    shown = (await mira.get(page.headers["location"])).text
    assert "nicht zur Veröffentlichung" in shown
    query = "von=2026-01-01&bis=2026-12-31"
    text = await mira.get(f"/de/auswertung/datei?art=csv&{query}")
    book = await mira.get(f"/de/auswertung/datei?art=xlsx&{query}")
    rows = list(csv.reader(StringIO(text.content.decode("utf-8-sig")), delimiter=";"))
    assert ["Telefon", "1", "1,50"] in rows
    assert ["Schulung", "1", "2,50", "14"] in rows
    assert ["Stunden im Ganzen", "4,00"] in rows
    assert any("nicht zur Veröffentlichung" in row[0] for row in rows if row)
    with ZipFile(BytesIO(book.content)) as archive:
        inside = {name: archive.read(name).decode() for name in archive.namelist()}
    for content in inside.values():
        ElementTree.fromstring(content)  # noqa: S314  our own file
    whole = "".join(inside.values())
    assert "nicht zur Veröffentlichung" in whole
    assert "<v>1.5</v>" in whole
    for content in (shown, text.text, whole):
        assert CANARY not in content
        assert str(person.case_id) not in content
    assert text.headers["content-disposition"].startswith("attachment")
    assert book.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "query",
    [
        "",
        "art=csv",
        "art=pdf&von=2026-01-01&bis=2026-12-31",
        "art=csv&von=2026-02-01&bis=2026-01-01",
    ],
)
async def test_there_is_no_file_without_a_period(mira: httpx.AsyncClient, query: str) -> None:
    assert (await mira.get(f"/de/auswertung/datei?{query}")).status_code == 404


async def test_a_mark_goes_from_one_stelle_to_the_other(
    mira: httpx.AsyncClient, juri: httpx.AsyncClient, person: Person
) -> None:
    async def incident(browser: httpx.AsyncClient, stelle: str) -> str:
        path = f"/de/faelle/{person.cases[stelle]}/vorfall"
        typed = {"incident": "neu", "title": "Einlass", "message_id": str(uuid4())}
        page = await browser.get((await browser.post(path, data=typed)).headers["location"])
        found = re.search(r'href="(/de/vorfaelle/[0-9a-f-]{36})"', page.text)
        assert found
        return found[1]

    ours, theirs = await incident(mira, "ads_jena"), await incident(juri, "ezra")
    mark = field(await mira.get(f"{ours}/kennung"), "own")
    assert (await mira.post(f"{ours}/kennung", data={"own": mark, "tun": "eigene"})).is_redirect
    wrong = await juri.post(f"{theirs}/kennung", data={"kennung": mark[:-1], "tun": "fremde"})
    right = await juri.post(f"{theirs}/kennung", data={"kennung": mark.lower(), "tun": "fremde"})

    assert (wrong.status_code, right.status_code) == (422, 303)
    assert "Abgestimmt am 2. März 2026" in (await juri.get(theirs)).text
    assert (await juri.get(ours)).status_code == 404


async def test_a_series_is_called_a_campaign_by_a_tick_and_no_longer_without(
    side: Side, mira: httpx.AsyncClient, juri: httpx.AsyncClient, person: Person
) -> None:
    typed = {"incident": "neu", "title": "Einlass", "message_id": str(uuid4())}
    linked = await mira.post(f"/de/faelle/{person.case_id}/vorfall", data=typed)
    page = await mira.get(linked.headers["location"])
    found = re.search(r'href="(/de/vorfaelle/[0-9a-f-]{36})"', page.text)
    assert found
    path = found[1]
    assert 'name="campaign"' not in (await mira.get(path)).text, "there is no series yet"
    named = {"title": "Einlass", "new_series": "Zuschriften", "revision": "1"}
    assert (await mira.post(f"{path}/aendern", data=named)).status_code == 303

    series = {"series": field(await mira.get(path), "series")}
    ticked = re.compile(r'<input[^>]*name="campaign"[^>]* checked')
    for given, is_ticked in (({"campaign": "ja"}, True), ({}, False)):
        done = await mira.post(path, data=series | given)
        assert done.headers["location"] == f"{path}?getan=kampagne"
        assert bool(ticked.search((await mira.get(path)).text)) is is_ticked
    assert (await juri.post(path, data=series | {"campaign": "ja"})).status_code == 404
    for nonsense in ({}, {"series": "x"}, {"series": str(uuid4())}):
        assert (await mira.post(path, data=nonsense)).status_code == 404

    async with side.browser() as stranger:
        answer = await stranger.post(path, data=series | {"campaign": "ja"})
    assert not answer.is_success
    assert not ticked.search((await mira.get(path)).text)


@pytest.mark.parametrize(
    ("entered", "minutes"),
    [("2", 120), ("1,5", 90), ("1.5", 90), ("١٫٥", None), ("٢", 120), ("", None), ("viele", None)],
)
def test_hours_are_read_as_people_write_them(entered: str, minutes: int | None) -> None:
    assert read_hours(entered) == minutes
