"""All cases of a Stelle as one archive: by two people, without what somebody is kept from."""

import hashlib
import io
import zipfile
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import asyncpg
import httpx
import jsonschema
import msgspec
import pytest

from adstelle import staff
from adstelle.accounts import setup
from adstelle.casework.export.service import Exports
from adstelle.casework.files.service import Filing
from adstelle.casework.service import Casework
from adstelle.casework.takeout.archive import Archive
from adstelle.casework.takeout.service import Ended, Takeouts, schema
from adstelle.city import City
from adstelle.crypto.sessions import Session
from adstelle.database import Pool, Role, transaction
from adstelle.domain.case_document import CaseData
from adstelle.files.uploads import Uploads
from adstelle.web.pages import Pages
from tests.conftest import Admin
from tests.staff_side import (
    CHEAP,
    PASSPHRASE,
    REPORT,
    TODAY,
    Clock,
    new_member,
    send_report,
    session_of,
    set_up,
    sign_in_of,
    write_as_person,
)

HOST: Final = "http://localhost:8001"
PAGE: Final = "/de/gesamtausgabe"
SCHEMA: Final = Path(__file__).parents[2] / "docs/case.schema.json"


class Desk:
    """Two leads of the ADS, each in their own browser, and what takes all cases along."""

    def __init__(self, mira: httpx.AsyncClient, dana: httpx.AsyncClient) -> None:
        self.mira = mira
        self.dana = dana

    async def agreed(self, admin: Admin) -> None:
        """Mira asks, Dana agrees."""
        asked = await self.mira.post(f"{PAGE}/anfragen", data={"message_id": str(uuid4())})
        assert asked.status_code == 303
        await self.approve(self.dana, admin)

    async def approve(self, browser: httpx.AsyncClient, admin: Admin) -> None:
        wish = await admin.fetchval("select takeout_id from casework.takeout")
        answer = await browser.post(f"{PAGE}/zustimmen", data={"wunsch": str(wish)})
        assert answer.status_code == 303

    async def take(self, passphrase: str = PASSPHRASE) -> httpx.Response:
        return await self.mira.post(f"{PAGE}/herunterladen", data={"passphrase": passphrase})


@pytest.fixture
async def desk(
    operator_pool: Pool, staff_pool: Pool, city: City, admin: Admin
) -> AsyncIterator[Desk]:
    key = await set_up(operator_pool, "ads_jena", new_member("mira"))
    await setup.add_member(
        operator_pool, "ads_jena", key, new_member("dana"), cost=CHEAP, today=TODAY
    )
    await set_up(operator_pool, "ezra", new_member("juri"))
    clock, pages = Clock(), Pages(city, secure=False)
    app = staff.build(pages, staff_pool, sign_in_of(staff_pool, clock), today=lambda: TODAY)
    transport = httpx.ASGITransport(app)  # type: ignore[arg-type]  # one ASGI, spelt twice
    async with (
        httpx.AsyncClient(transport=transport, base_url=HOST) as mira,
        httpx.AsyncClient(transport=transport, base_url=HOST) as dana,
    ):
        for login, browser in (("mira", mira), ("dana", dana)):
            clock.pass_by(timedelta(minutes=1))
            form = {"login": login, "passphrase": PASSPHRASE, "code": clock.code()}
            assert (await browser.post("/de/anmelden", data=form)).status_code == 303
        yield Desk(mira, dana)


def opened(answer: httpx.Response) -> zipfile.ZipFile:
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert archive.testzip() is None
    return archive


def manifest(archive: zipfile.ZipFile) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(archive.read("manifest.json"))
    return found


async def test_two_people_take_all_cases_along(desk: Desk, admin: Admin) -> None:
    persons = [await send_report(admin, {"ads_jena": True, "ezra": False}) for _ in range(3)]
    await write_as_person(admin, persons[0], "ads_jena", "Wann darf ich kommen?")
    await desk.agreed(admin)

    archive = opened(await desk.take())

    assert archive.namelist()[-1] == "manifest.json"
    listed = manifest(archive)
    assert listed["cases"] == 3
    assert listed["stelle"] == "ads_jena"
    assert {each["path"] for each in listed["files"]} == {*archive.namelist()} - {"manifest.json"}
    for each in listed["files"]:
        content = archive.read(each["path"])
        assert (len(content), hashlib.sha256(content).hexdigest()) == (each["size"], each["sha256"])
    described = msgspec.json.decode(archive.read("case.schema.json"))
    for person in persons:
        content = archive.read(f"cases/{person.cases['ads_jena']}/case.json")
        jsonschema.validate(msgspec.json.decode(content), described)
        case = msgspec.json.decode(content, type=CaseData)
        assert case.account.account == REPORT.account
        assert case.account.card_id.int == 0, "the count stays without a link"
    assert (
        "Wann darf ich kommen?"
        in archive.read(f"cases/{persons[0].cases['ads_jena']}/case.json").decode()
    )


async def test_files_come_along_as_they_are(desk: Desk, admin: Admin) -> None:
    person = await send_report(admin, {"ads_jena": True})
    content = b"Sehr geehrte Frau Muster,\nanbei.\n" * 4000  # more than one chunk
    sent = await desk.mira.post(
        f"/de/faelle/{person.case_id}/dateien",
        data={"text": "Anbei", "message_id": str(uuid4())},
        files={"files": ("../Brief an ihn.txt", content, "text/plain")},
    )
    assert sent.status_code == 303, sent.text
    await desk.agreed(admin)

    archive = opened(await desk.take())

    folder = f"cases/{person.case_id}/files/"
    (path,) = (name for name in archive.namelist() if name.startswith(folder))
    assert path.removeprefix(folder).startswith("001-")
    assert ".." not in path
    assert archive.read(path) == content
    case = msgspec.json.decode(archive.read(f"cases/{person.case_id}/case.json"), type=CaseData)
    assert [(file.size, file.from_person) for file in case.files] == [(len(content), False)]


async def test_another_stelle_sees_nothing_of_it(
    desk: Desk, admin: Admin, staff_pool: Pool
) -> None:
    await desk.agreed(admin)
    for stelle, seen in (("ads_jena", 1), ("ezra", 0)):
        member = await admin.fetchval(
            "select member_id from accounts.member where stelle = $1 limit 1", stelle
        )
        async with transaction(staff_pool, Role.CASEWORK, scope=stelle, member=member) as conn:
            assert len(await conn.fetch("select from casework.takeout")) == seen


async def test_every_case_is_logged_and_nothing_counts_as_read(desk: Desk, admin: Admin) -> None:
    persons = [await send_report(admin, {"ads_jena": True}) for _ in range(2)]
    await write_as_person(admin, persons[0], "ads_jena", "Hallo")
    await desk.agreed(admin)

    await desk.take()

    rows = await admin.fetch("select case_ids from casework.log where act = 'taken_out'")
    assert sorted(row["case_ids"] for row in rows) == sorted([p.case_id] for p in persons)
    assert await admin.fetchval("select read_on from mailbox.message") is None
    states = await admin.fetch("select distinct state from casework.case")
    assert [row["state"] for row in states] == ["neu"]


async def test_nobody_alone_and_nobody_without_the_passphrase(desk: Desk, admin: Admin) -> None:
    await send_report(admin, {"ads_jena": True})
    assert (await desk.take()).status_code == 409, "nobody asked"
    await desk.mira.post(f"{PAGE}/anfragen", data={"message_id": str(uuid4())})
    await desk.approve(desk.mira, admin)  # nothing happens: nobody agrees with themselves
    assert (await desk.take()).status_code == 409

    await desk.approve(desk.dana, admin)
    wrong = await desk.take("eine andere lange Passphrase")
    none = await desk.take("")
    other = await desk.dana.post(f"{PAGE}/herunterladen", data={"passphrase": PASSPHRASE})

    assert (wrong.status_code, none.status_code, other.status_code) == (422, 422, 409)
    assert "Das ist nicht Ihre Passphrase" in wrong.text
    assert await admin.fetchval("select count(*) from casework.log where act = 'taken_out'") == 0
    assert (await desk.take()).status_code == 200


async def test_what_was_agreed_ends(desk: Desk, admin: Admin) -> None:
    await send_report(admin, {"ads_jena": True})
    await desk.agreed(admin)
    assert "Sie können alle Fälle herunterladen" in (await desk.mira.get(PAGE)).text
    wish = await admin.fetchval("select takeout_id from casework.takeout")

    await desk.dana.post(f"{PAGE}/beenden", data={"wunsch": str(wish)})

    assert (await desk.take()).status_code == 409
    page = (await desk.mira.get(PAGE)).text
    assert "Beendet" in page
    assert "Dana Muster" in page


async def test_after_a_week_it_has_lapsed_and_can_be_asked_anew(desk: Desk, admin: Admin) -> None:
    await desk.agreed(admin)
    week = "update casework.takeout set approved_on = approved_on - 8, asked_on = asked_on - 9"
    await admin.execute(week)

    assert (await desk.take()).status_code == 409
    await desk.mira.post(f"{PAGE}/anfragen", data={"message_id": str(uuid4())})

    open_ones = "select count(*) from casework.takeout where ended_on is null and asked_on = $1"
    assert await admin.fetchval(open_ones, TODAY) == 1


async def test_who_is_kept_from_a_case_takes_none_of_it_and_does_not_learn_of_it(
    desk: Desk, admin: Admin
) -> None:
    seen, kept = [await send_report(admin, {"ads_jena": True}) for _ in range(2)]
    await desk.agreed(admin)
    before = manifest(opened(await desk.take()))
    assert before["cases"] == 2
    await admin.execute(
        "insert into casework.conflict select $1, member_id, stelle, current_date "
        "from accounts.member where login = 'mira'",
        kept.case_id,
    )

    answer = await desk.take()

    archive = opened(answer)
    assert manifest(archive)["cases"] == 1
    assert str(kept.case_id) not in "".join(archive.namelist())
    assert str(kept.case_id).encode() not in archive.read("manifest.json")
    assert f"cases/{seen.case_id}/case.json" in archive.namelist()
    assert manifest(archive)["conflicts_of_interest"] == before["conflicts_of_interest"]


async def test_only_a_lead_asks(desk: Desk, admin: Admin) -> None:
    await admin.execute("update accounts.member set role = 'adviser' where login = 'mira'")
    await admin.execute("delete from accounts.session")
    answer = await desk.mira.post(f"{PAGE}/anfragen", data={"message_id": str(uuid4())})
    assert answer.status_code in {303, 404}
    assert await admin.fetchval("select count(*) from casework.takeout") == 0


async def test_the_database_lets_nobody_agree_with_themselves(desk: Desk, admin: Admin) -> None:
    await desk.mira.post(f"{PAGE}/anfragen", data={"message_id": str(uuid4())})
    with pytest.raises(asyncpg.CheckViolationError):
        await admin.execute(
            "update casework.takeout set approved_by = asked_by, approved_on = asked_on"
        )


@pytest.fixture
async def mira(desk: Desk, staff_pool: Pool) -> Session:
    clock = Clock()
    clock.pass_by(timedelta(minutes=5))
    return await session_of(sign_in_of(staff_pool, clock), clock)


async def test_a_download_that_breaks_off_leaves_nothing_and_opens_as_nothing(
    desk: Desk, admin: Admin, mira: Session, takeouts: Takeouts
) -> None:
    for _ in range(3):
        await send_report(admin, {"ads_jena": True})
    await desk.agreed(admin)

    archive = takeouts.archive(mira)
    pieces = [await anext(archive) for _ in range(3)]
    await archive.aclose()  # type: ignore[attr-defined]  # an asynchronous generator

    with pytest.raises(zipfile.BadZipFile):
        zipfile.ZipFile(io.BytesIO(b"".join(pieces)))
    logged = await admin.fetchval("select count(*) from casework.log where act = 'taken_out'")
    assert logged == 1, "what was opened is logged, and nothing else"
    assert manifest(opened(await desk.take()))["cases"] == 3


async def test_taken_back_on_the_way_it_breaks_off(
    desk: Desk, admin: Admin, mira: Session, takeouts: Takeouts
) -> None:
    await send_report(admin, {"ads_jena": True})
    await desk.agreed(admin)
    archive = takeouts.archive(mira)
    await anext(archive)
    await admin.execute("update casework.takeout set ended_by = asked_by, ended_on = asked_on")

    with pytest.raises(Ended):
        [piece async for piece in archive]


@pytest.fixture
def takeouts(staff_pool: Pool, city: City) -> Takeouts:
    uploads = Uploads(staff_pool, lambda: TODAY, clamd=None)
    filing = Filing(staff_pool, uploads)
    exports = Exports(staff_pool, Casework(staff_pool, city), filing, lambda: TODAY)

    async def is_passphrase(_: Session, __: str) -> bool:
        return True

    return Takeouts(staff_pool, exports, uploads, is_passphrase)


async def test_a_file_streams_through(desk: Desk) -> None:
    """Large files are never held as a whole: each piece goes on before the next one comes."""
    archive, waiting = Archive(), 0

    async def content() -> AsyncIterator[bytes]:
        nonlocal waiting
        for _ in range(64):
            waiting += 1
            yield bytes(65536)

    written, largest = b"", 0
    async for piece in archive.stream("a.bin", content()):
        largest = max(largest, len(piece))
        written += piece
    for piece in archive.finish("manifest.json", {"cases": 0}):
        written += piece

    assert largest < 2 * 65536
    with zipfile.ZipFile(io.BytesIO(written)) as read:
        assert read.read("a.bin") == bytes(64 * 65536)


def test_the_schema_is_published() -> None:
    """docs/case.schema.json describes a case of the archive; renew it with this test's words."""
    assert SCHEMA.read_bytes() == schema()
