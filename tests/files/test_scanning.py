"""Nothing is handed out that the scanner did not call clean, where there is a scanner."""

import asyncio
import os
import re
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from adstelle import staff
from adstelle.city import City
from adstelle.database import Pool
from adstelle.files import scanning
from adstelle.files.scanning import Scan, scan
from adstelle.web.pages import Pages
from tests.conftest import Admin
from tests.core import TODAY, begin
from tests.files import samples
from tests.files.conftest import gated, listed, served, upload
from tests.files.scanner import EICAR, LIMIT, Mood, Scanner, scanner_running
from tests.files.test_journey import FORM, House, acts, send
from tests.files.test_journey import house as house
from tests.files.test_uploads import error_in, rows
from tests.staff_side import sign_in_of

CLAMD_PLACES = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"


@pytest.fixture
async def scanner() -> AsyncIterator[tuple[Scanner, str]]:
    async with scanner_running() as running:
        yield running


async def pieces(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), 60_000):
        yield content[start : start + 60_000]


@pytest.mark.parametrize(
    ("mood", "content", "found"),
    [
        ("well", b"Text", Scan.CLEAN),
        ("well", bytes(1_000_000), Scan.CLEAN),
        ("well", EICAR, Scan.FOUND),
        ("well", bytes(500_000) + EICAR, Scan.FOUND),
        ("well", bytes(LIMIT + 100_000), Scan.PENDING),
        ("breaking", bytes(1_000_000), Scan.PENDING),
        ("silent", b"Text", Scan.PENDING),
        ("strange", b"Text", Scan.PENDING),
    ],
)
async def test_only_a_clear_answer_is_clean(
    scanner: tuple[Scanner, str],
    monkeypatch: pytest.MonkeyPatch,
    mood: Mood,
    content: bytes,
    found: Scan,
) -> None:
    if mood == "silent":
        monkeypatch.setattr(scanning, "PATIENCE_AT_THE_END", 0.3)
    server, place = scanner
    server.mood = mood
    assert await scan(place, pieces(content)) is found


@pytest.mark.parametrize("place", ["127.0.0.1:9", "/nowhere/clamd.socket"])
async def test_a_scanner_that_is_away_scans_nothing(place: str) -> None:
    assert await scan(place, pieces(b"Text")) is Scan.PENDING
    assert await scan(None, pieces(b"Text")) is Scan.OFF


async def test_malware_is_refused_and_not_kept(
    scanner: tuple[Scanner, str], public_pool: Pool, city: City, keyed: Admin
) -> None:
    async with (
        served(gated(public_pool, city, clamd=scanner[1])) as address,
        httpx.AsyncClient(base_url=address, timeout=60) as visitor,
    ):
        await begin(visitor)
        page = await upload(visitor, ("brief.txt", EICAR), ("gut.txt", b"Text"))
        assert "Schadsoftware" in error_in(page)
        assert await listed(visitor) == ["gut.txt"]
        assert await keyed.fetchval("select scan from intake.file") == "clean"
        assert (await rows(keyed))[0] == 1


async def test_what_could_not_be_scanned_is_closed_until_it_was(
    house: House,
    scanner: tuple[Scanner, str],
    public_pool: Pool,
    staff_pool: Pool,
    city: City,
    admin: Admin,
) -> None:
    server, place = scanner
    server.mood = "breaking"
    pages, sign_in = Pages(city, secure=False), sign_in_of(staff_pool, house.clock)
    app = staff.build(
        pages, staff_pool, sign_in, today=lambda: TODAY, outside=staff.Outside(clamd=place)
    )
    async with served(gated(public_pool, city, clamd=place)) as public, served(app) as inside:
        house.public, house.staff = public, inside
        async with house.visitor() as visitor, house.adviser("mira") as mira:
            code = await send(visitor, ("Foto.jpg", samples.picture()))
            case = await house.case(mira)
            closed = await mira.get(f"{case}/dateien")
            assert "bleibt die Datei verschlossen" in closed.text
            ((there, what),) = FORM.findall(closed.text)
            assert what == "pruefen"
            file = there.removesuffix("/pruefen")
            assert (await mira.get(file)).status_code == 404
            assert (await mira.post(f"{file}/original")).status_code == 404
            await visitor.post("/de/postfach", data={"code": code})
            mailbox = file.replace(case, "/de/postfach")
            assert (await visitor.get(mailbox)).status_code == 404

            again = await mira.post(there)
            assert again.headers["location"].endswith("?getan=pending")
            assert (await mira.get(file)).status_code == 404
            server.mood = "well"
            assert (await mira.post(there)).headers["location"].endswith("?getan=clean")
            assert (await mira.get(file)).status_code == 200
            assert (await visitor.get(mailbox)).status_code == 200
            assert await acts(admin) == ["file_scanned", "file_scanned", "file_read"]


async def test_malware_that_is_found_later_stays_closed(
    house: House, scanner: tuple[Scanner, str], staff_pool: Pool, city: City, admin: Admin
) -> None:
    pages, sign_in = Pages(city, secure=False), sign_in_of(staff_pool, house.clock)
    app = staff.build(
        pages, staff_pool, sign_in, today=lambda: TODAY, outside=staff.Outside(clamd=scanner[1])
    )
    async with served(app) as inside:
        house.staff = inside
        async with house.visitor() as visitor, house.adviser("mira") as mira:
            await send(visitor, ("brief.txt", EICAR))  # nothing is scanned there
            await admin.execute("update intake.file set scan = 'pending'")
            case = await house.case(mira)
            ((there, _),) = FORM.findall((await mira.get(f"{case}/dateien")).text)
            assert (await mira.post(there)).headers["location"].endswith("?getan=found")
            file = there.removesuffix("/pruefen")
            assert (await mira.post(f"{file}/original")).status_code == 404
            shown = await mira.get(f"{case}/dateien")
            assert "wurde Schadsoftware gefunden" in shown.text
            assert not re.search(r"/(original|pruefen)\"", shown.text)


@pytest.fixture
def clamd(tmp_path: Path) -> Iterator[str]:
    """The real one, where it is installed, with one signature of our own."""
    program = shutil.which("clamd", path=CLAMD_PLACES)
    if program is None:
        pytest.skip("clamd is not installed")
    (tmp_path / "own.ndb").write_text("Own.Canary:0:*:4b616e617269656e766f67656c\n")
    socket = tmp_path / "clamd.socket"
    settings = tmp_path / "clamd.conf"
    settings.write_text(
        f"Foreground yes\nLocalSocket {socket}\nDatabaseDirectory {tmp_path}\n"
        f"StreamMaxLength 2M\nTemporaryDirectory {tmp_path}\n"
    )
    with subprocess.Popen([program, "-c", str(settings)], stdout=subprocess.DEVNULL) as running:
        try:
            yield str(socket)
        finally:
            running.terminate()


async def test_the_real_clamd_says_the_same(clamd: str) -> None:
    for _ in range(1800):
        if Path(clamd).exists():
            break
        await asyncio.sleep(0.1)
    assert await scan(clamd, pieces(b"Text")) is Scan.CLEAN
    assert await scan(clamd, pieces(samples.TEXT)) is Scan.FOUND
    assert await scan(clamd, pieces(bytes(4_000_000))) is Scan.PENDING
