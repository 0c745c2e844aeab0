"""Files on their whole way: sent with a report, read by advisers, answered with files; and back."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from html import unescape
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from adstelle import staff
from adstelle.city import City
from adstelle.crypto import files as sealed_files
from adstelle.database import Pool, Role, transaction
from adstelle.delivery.service import sweep
from adstelle.errors import Unopenable
from adstelle.intake.drafts import read_ticket
from adstelle.web.pages import Pages
from tests.conftest import Admin
from tests.core import JOURNEY, TODAY, begin, code_in
from tests.files import samples
from tests.files.conftest import gated, names_in, served, upload
from tests.files.samples import CANARY
from tests.privacy.test_canary import everything_stored
from tests.staff_side import (
    PASSPHRASE,
    Clock,
    deliver,
    new_member,
    set_up,
    sign_in_of,
)

LINK = re.compile(r'href="(/de/[^"]*/dateien/[0-9a-f-]{36})"')
FORM = re.compile(r'action="(/de/faelle/[^"]*/dateien/[0-9a-f-]{36}/(original|pruefen))"')


@dataclass
class House:
    """Both sides over HTTP, and an adviser who is signed in at each of two Stellen."""

    public: str
    staff: str
    clock: Clock
    worker: Pool

    @asynccontextmanager
    async def adviser(self, login: str) -> AsyncIterator[httpx.AsyncClient]:
        async with httpx.AsyncClient(base_url=self.staff, timeout=60) as client:
            form = {"login": login, "passphrase": PASSPHRASE, "code": self.clock.code()}
            assert (await client.post("/de/anmelden", data=form)).status_code == 303
            yield client

    def visitor(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self.public, timeout=60)

    async def case(self, adviser: httpx.AsyncClient) -> str:
        """The newest case of a queue."""
        await deliver(self.worker)
        queue = await adviser.get("/de/faelle")
        found = re.search(r"/de/faelle/[0-9a-f-]{36}", queue.text)
        assert found, "no case"
        return found[0]


@pytest.fixture
async def house(
    operator_pool: Pool,
    staff_pool: Pool,
    public_pool: Pool,
    worker_pool: Pool,
    city: City,
    admin: Admin,
) -> AsyncIterator[House]:
    for login, stelle in (("mira", "ads_jena"), ("juri", "ezra")):
        await set_up(operator_pool, stelle, new_member(login))
    await admin.execute(
        "insert into accounts.public_key select 'statistics', encoded, created_on "
        "from accounts.public_key limit 1"
    )
    clock = Clock()
    app = staff.build(
        Pages(city, secure=False), staff_pool, sign_in_of(staff_pool, clock), today=lambda: TODAY
    )
    async with served(gated(public_pool, city)) as public, served(app) as staff_address:
        yield House(public, staff_address, clock, worker_pool)


async def send(visitor: httpx.AsyncClient, *files: tuple[str, bytes]) -> str:
    """Report with files; return the code."""
    await begin(visitor)
    for step, typed in JOURNEY.items():
        if step == "dateien":
            page = await upload(visitor, *files, then="weiter")
        else:
            page = await visitor.post(f"/de/m/{step}", data=dict(typed))
        assert page.status_code == 303, (step, page.text[:2000])
    assert (await visitor.post("/de/m/senden")).status_code == 303
    return code_in(await visitor.get("/de/m/quittung"))


def is_download(page: httpx.Response, name: str) -> bytes:
    assert page.status_code == 200, page.text[:300]
    assert page.headers["content-type"] == "application/octet-stream"
    assert page.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["content-disposition"].startswith("attachment; ")
    assert f"filename*=UTF-8''{name}" in page.headers["content-disposition"]
    assert len(page.content) == int(page.headers["content-length"])
    return page.content


async def acts(admin: Admin) -> list[str]:
    rows = await admin.fetch("select act from casework.log order by log_id")
    return [
        row["act"] for row in rows if row["act"] not in {"queue_read", "case_read", "case_indexed"}
    ]


async def test_an_adviser_gets_the_copy_and_the_original_by_a_step_of_its_own(
    house: House, admin: Admin
) -> None:
    photo = samples.picture()
    async with house.visitor() as visitor:
        await send(visitor, ("Foto.jpg", photo), ("Notiz.txt", samples.TEXT))
    async with house.adviser("mira") as mira:
        case = await house.case(mira)
        page = await mira.get(f"{case}/dateien")
        assert names_in(page) == ["Foto.jpg", "Notiz.txt"]
        assert page.text.count("Nicht auf Schadsoftware geprüft") == 2
        copies = LINK.findall(page.text)
        assert len(copies) == 1, "there is no copy of a text"

        copy = is_download(await mira.get(copies[0]), "Foto.jpg")
        assert CANARY.encode() not in copy
        assert await acts(admin) == ["file_read"]

        originals = [there for there, _ in FORM.findall(page.text)]
        assert is_download(await mira.post(originals[0]), "Foto.jpg") == photo
        assert is_download(await mira.post(originals[1]), "Notiz.txt") == samples.TEXT
        assert await acts(admin) == ["file_read", "original_read", "original_read"]
        text = originals[1].removesuffix("/original")
        assert (await mira.get(text)).status_code == 404, "never the original by a link"
        assert (await mira.get(originals[0])).status_code in {404, 405}

    async with house.adviser("juri") as juri:
        assert (await juri.get(copies[0])).status_code == 404, "another Stelle's case"
        own = await house.case(juri)
        assert names_in(await juri.get(f"{own}/dateien")) == ["Foto.jpg", "Notiz.txt"]


async def test_files_go_both_ways_in_a_conversation(house: House, admin: Admin) -> None:
    async with house.visitor() as visitor, house.adviser("mira") as mira:
        code = await send(visitor)
        case = await house.case(mira)
        await visitor.post("/de/postfach", data={"code": code})
        letter = samples.docx()
        form = {"message_id": str(uuid4()), "text": "Unser Schreiben."}
        for _ in range(2):  # sent twice it is kept once
            page = await mira.post(
                f"{case}/dateien", data=form, files=[("files", ("Brief.docx", letter))]
            )
            assert page.headers["location"].endswith("/dateien?getan=gesendet"), page.text[:900]
        other = await mira.post(
            f"{case}/dateien", data=form, files=[("files", ("Anlage.txt", b"Neu"))]
        )
        assert other.status_code == 303, "something else under the same form is not lost"
        assert await admin.fetchval("select count(*) from intake.file") == 2
        assert await admin.fetchval("select count(*) from mailbox.message") == 2

        box = await visitor.get("/de/postfach")
        assert "Dazu eine Datei" in unescape(box.text)
        page = await visitor.get("/de/postfach/dateien")
        assert names_in(page) == ["Brief.docx", "Anlage.txt"]
        copy = is_download(await visitor.get(LINK.findall(page.text)[0]), "Brief.docx")
        assert copy != letter, "what a Stelle sends loses its authors as well"

        back = {"message_id": str(uuid4()), "stelle": "ads_jena", "text": "Danke."}
        sent = await visitor.post(
            "/de/postfach/dateien", data=back, files=[("files", ("Ton.ogg", samples.OGG))]
        )
        assert sent.headers["location"] == "/de/postfach/dateien?getan=gesendet"
        seen = await mira.get(f"{case}/dateien")
        assert "Ton.ogg" in names_in(seen)
        assert "Danke." in seen.text
        assert "Dazu eine Datei" in unescape((await mira.get(case)).text)
        own = await visitor.get("/de/postfach/dateien")
        assert is_download(await visitor.get(LINK.findall(own.text)[-1]), "Ton.ogg") == samples.OGG
        async with house.adviser("juri") as juri:
            theirs = await house.case(juri)
            assert names_in(await juri.get(f"{theirs}/dateien")) == []


@pytest.mark.parametrize("side", ["public", "staff"])
async def test_a_message_with_a_wrong_file_is_not_sent_and_keeps_its_text(
    house: House, admin: Admin, side: str
) -> None:
    async with house.visitor() as visitor, house.adviser("mira") as mira:
        code = await send(visitor)
        case = await house.case(mira)
        await visitor.post("/de/postfach", data={"code": code})
        who = visitor if side == "public" else mira
        there = "/de/postfach/dateien" if side == "public" else f"{case}/dateien"
        form = {"message_id": str(uuid4()), "stelle": "ads_jena", "text": "Mein Text dazu"}
        wrong: list[Any] = [("files", ("gut.txt", b"Text")), ("files", ("leer.pdf", b""))]
        for files in (wrong, [("files", ("", b""))]):
            page = await who.post(there, data=form, files=files)
            assert page.status_code == 422
            assert "Mein Text dazu</textarea>" in page.text
            assert form["message_id"] in page.text
        assert await admin.fetchval("select count(*) from intake.file") == 0
        assert await admin.fetchval("select count(*) from mailbox.message") == 0


async def test_what_was_written_survives_a_session_that_ended(house: House) -> None:
    async with house.visitor() as visitor, house.adviser("mira") as mira:
        await send(visitor)
        case = await house.case(mira)
        mira.cookies.clear()
        form = {"message_id": str(uuid4()), "text": "Lang und mühsam geschrieben"}
        page = await mira.post(f"{case}/dateien", data=form, files=[("files", ("a.txt", b"x"))])
        assert page.status_code == 403
        assert form["text"] in page.text


async def test_after_sending_the_form_cannot_open_the_files_any_more(
    house: House, admin: Admin, public_pool: Pool
) -> None:
    """With the browser's cookie and everything in the database: only the code opens them."""
    async with house.visitor() as visitor:
        code = await send(visitor, ("Foto.jpg", samples.picture()))
        ticket = read_ticket(visitor.cookies.get("entwurf"))
        assert ticket is not None
        assert await listed_or_gone(visitor) == []
        async with transaction(public_pool, Role.FILES, scope=ticket.files.address) as conn:
            assert await conn.fetch("select file_id from intake.file") == []
            assert await conn.fetch("select position from intake.chunk") == []
        (row,) = await admin.fetch("select file_id, header from intake.file")
        with pytest.raises(Unopenable):
            ticket.files.open(row["file_id"], row["header"])
        await visitor.post("/de/postfach", data={"code": code})
        assert names_in(await visitor.get("/de/postfach/dateien")) == ["Foto.jpg"]


async def listed_or_gone(visitor: httpx.AsyncClient) -> list[str]:
    page = await visitor.get("/de/m/dateien")
    return names_in(page) if page.status_code == 200 else []


@pytest.mark.parametrize("scope", [None, b"", bytes(32), "ads_jena"])
async def test_without_a_key_no_file_is_seen_or_touched(
    house: House, public_pool: Pool, scope: bytes | str | None
) -> None:
    async with house.visitor() as visitor:
        await send(visitor, ("Foto.jpg", samples.picture()))
    if isinstance(scope, str):
        scope = scope.encode()
    async with transaction(public_pool, Role.FILES, scope=scope) as conn:
        assert await conn.fetch("select file_id, header from intake.file") == []
        assert await conn.fetch("select sealed from intake.chunk") == []
        assert await conn.execute("delete from intake.file") == "DELETE 0"
    for role in (Role.INTAKE, Role.MAILBOX):
        async with transaction(public_pool, role) as conn:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await conn.fetch("select file_id from intake.file")


async def test_who_lost_the_consent_loses_the_files(house: House, admin: Admin) -> None:
    async with house.visitor() as visitor, house.adviser("mira") as mira:
        code = await send(visitor, ("Foto.jpg", samples.picture()))
        case = await house.case(mira)
        page = await mira.get(f"{case}/dateien")
        (copy,) = LINK.findall(page.text)
        await visitor.post("/de/postfach", data={"code": code})
        box = await visitor.get("/de/postfach")
        for there in re.findall(r"/de/postfach/zuruecknehmen/[0-9a-f-]+", box.text):
            await visitor.post(there)
        for _ in range(2):  # at once, and after the worker erased
            assert (await mira.get(copy)).status_code == 404
            assert (await mira.get(f"{case}/dateien")).status_code == 404
            await deliver(house.worker)
        assert names_in(await visitor.get("/de/postfach/dateien")) == ["Foto.jpg"]
        await admin.execute("delete from intake.report")
        assert await admin.fetchval("select count(*) from intake.file") == 0
        assert await admin.fetchval("select count(*) from intake.chunk") == 0


async def test_a_damaged_file_is_not_handed_out(house: House, admin: Admin) -> None:
    async with house.visitor() as visitor, house.adviser("mira") as mira:
        await send(visitor, ("Foto.jpg", samples.picture()))
        case = await house.case(mira)
        (copy,) = LINK.findall((await mira.get(f"{case}/dateien")).text)
        await admin.execute(
            "update intake.chunk set sealed = set_byte(sealed, 40, 1 # get_byte(sealed, 40))"
        )
        assert (await mira.get(copy)).status_code == 404


async def test_what_did_not_become_whole_is_swept(
    house: House, admin: Admin, worker_pool: Pool
) -> None:
    async with house.visitor() as visitor:
        await send(visitor, ("a.txt", b"Text"))
    report_id = await admin.fetchval("select report_id from intake.report")
    for age in ("1 minute", "-1 minute"):
        await admin.execute(
            "insert into intake.file (file_id, address, report_id, arrived_on, unfinished_until) "
            f"values ($1, sha256('x'), $2, $3, now() + interval '{age}')",
            uuid4(), report_id, TODAY,
        )  # fmt: skip
    assert await sweep(worker_pool) == 1
    assert await admin.fetchval("select count(*) from intake.file") == 2


async def test_no_name_and_no_byte_of_a_file_is_readable(
    house: House, admin: Admin, event_log: Any
) -> None:
    async with house.visitor() as visitor, house.adviser("mira") as mira:
        files = ((f"{CANARY}.txt", samples.TEXT), (f"{CANARY}.jpg", samples.picture()))
        await send(visitor, *files)
        case = await house.case(mira)
        await mira.post(
            f"{case}/dateien",
            data={"text": CANARY, "message_id": str(uuid4())},
            files=[("files", (f"{CANARY}.pdf", samples.pdf()))],
        )
        wrong = await upload(visitor, (f"{CANARY}.exe", b"\x00"))
        assert CANARY not in wrong.headers.get("location", "")
        stored = await everything_stored(admin)
        assert CANARY.encode() not in stored
        assert CANARY.encode().hex().encode() not in stored
        assert CANARY not in event_log()


def test_containers_are_told_apart() -> None:
    key, report_id = bytes(32), UUID(int=1)
    assert sealed_files.of_report(key, report_id).address != sealed_files.of_message(key).address
