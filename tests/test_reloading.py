"""New city data come into service between two requests; faulty ones never do."""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import msgspec
import pytest

from adstelle import worker
from adstelle.city import CITIES, City, load_city
from adstelle.database import Pool
from adstelle.reloading import Reloader
from adstelle.settings import Settings
from tests import core
from tests.conftest import Admin, Database
from tests.core import REPORT, keyed

__all__ = ["keyed"]  # a fixture
MANY = 3600  # looks, three minutes of them: nothing but a guard against waiting for ever
OLD, NEW = "Antidiskriminierungsstelle", "Umbenannte Stelle"


@pytest.fixture
def cities(tmp_path: Path) -> Path:
    """A copy of the cities that may be changed."""
    return Path(shutil.copytree(CITIES, tmp_path / "cities"))


class Process:
    """A running process of the service, and the file into which it says what happens."""

    def __init__(self, process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
        self.process = process
        self.address = f"http://127.0.0.1:{port}"
        self._log = log

    async def said(self, event: str, times: int = 1) -> str:
        """Wait until an event was said so often; return its line."""
        for _ in range(MANY):
            lines = [line for line in self._log.read_text().splitlines() if f'"{event}"' in line]
            if len(lines) >= times:
                return lines[-1]
            await asyncio.sleep(0.05)
        raise AssertionError(f"{event} is not said")

    def wait_until_it_serves(self) -> None:
        for _ in range(MANY):
            with contextlib.suppress(httpx.TransportError):
                httpx.get(f"{self.address}/de/stellen")
                return
            time.sleep(0.05)
        raise AssertionError("it does not serve")

    def reload(self) -> None:
        self.process.send_signal(signal.SIGHUP)


@pytest.fixture
def public(database: Database, cities: Path, tmp_path: Path) -> Iterator[Process]:
    port = core.free_port()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ADSTELLE_")}
    log = tmp_path / "events"
    with log.open("wb") as written:
        process = subprocess.Popen(
            [sys.executable, "-m", "adstelle", "public", "--port", str(port)],
            env=kept
            | {"ADSTELLE_DSN": database.dsn("adstelle_public"), "ADSTELLE_CITIES": str(cities)},
            stdout=written,
        )
    running = Process(process, port, log)
    try:
        running.wait_until_it_serves()
        yield running
    finally:
        process.terminate()
        process.wait()


class Asking:
    """Asks for the same page again and again."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._found: list[httpx.Response] = []
        self._is_over = False
        self._running = asyncio.create_task(self._run())

    async def _run(self) -> None:
        async with httpx.AsyncClient(base_url=self._address, timeout=60) as browser:
            while not self._is_over:
                self._found.append(await browser.get("/de/stellen"))

    async def more(self, answers: int) -> None:
        """Until so many more were answered, or one was not."""
        wanted = len(self._found) + answers
        for _ in range(MANY):
            if len(self._found) >= wanted or self._running.done():
                return
            await asyncio.sleep(0.05)
        raise AssertionError("nothing is answered")

    async def end(self) -> list[httpx.Response]:
        """Everything that was answered. Raises what a request that was dropped does."""
        self._is_over = True
        await self._running
        return self._found


def rename(cities: Path) -> None:
    file = cities / "jena" / "texts" / "de.toml"
    file.write_text(file.read_text("utf-8").replace(OLD, NEW), "utf-8")


async def test_new_data_come_into_service_and_no_request_is_dropped(
    public: Process, cities: Path
) -> None:
    asking = Asking(public.address)
    await asking.more(1)
    rename(cities)
    public.reload()
    await public.said("CityLoaded", times=2)
    await asking.more(2)  # the first of them may have been asked for before
    found = await asking.end()

    assert {answer.status_code for answer in found} == {200}
    assert NEW not in found[0].text
    assert NEW in found[-1].text


async def test_faulty_data_leave_the_old_in_service(public: Process, cities: Path) -> None:
    rename(cities)
    (cities / "jena" / "rules.toml").write_text("[[rule]]\nid = 5\n", "utf-8")
    public.reload()
    said = await public.said("CityRefused")

    assert '"error":"CityError"' in said
    assert '"faults":0' not in said
    assert OLD in httpx.get(f"{public.address}/de/stellen", timeout=60).text


async def test_what_was_refused_is_known_until_something_is_taken(city: City, cities: Path) -> None:
    reloader = Reloader(city, lambda: load_city(cities / "jena"))
    rules = cities / "jena" / "rules.toml"
    good = rules.read_text("utf-8")

    rules.write_text("[[rule]]\nid = 5\n", "utf-8")
    await reloader.reload()
    assert reloader.standing.refused_at is not None
    assert "rules.toml" in {Path(fault.file).name for fault in reloader.standing.faults}
    assert reloader.standing.city is city

    rules.write_text(good, "utf-8")
    await reloader.reload()
    assert reloader.standing.refused_at is None
    assert reloader.standing.faults == ()
    assert reloader.standing.city is not city


async def test_the_worker_goes_on_with_the_new_city(
    database: Database, city: City, public_pool: Pool, keyed: Admin, tmp_path: Path
) -> None:
    """In the new one the ADS hears by mail that there is something new."""
    newer = with_mails(city)
    reloader, stop = Reloader(city, lambda: newer), asyncio.Event()
    secret = tmp_path / "secret"
    secret.write_text("s" * 40)
    settings = Settings(
        dsn=database.dsn("adstelle_worker"),
        smtp_host="localhost",
        smtp_tls="none",
        mail_from="adstelle@example.org",
        mail_operator="betrieb@example.org",
        mail_secret_file=secret,
    )
    running = asyncio.create_task(worker.run_anew(settings, reloader, stop))
    intake = core.intake_of(public_pool, city)
    notices = "select count(*) from outbox.promise where kind = 'notice'"

    await intake.submit(REPORT, uuid4().bytes)
    assert await arrived(keyed, 2)
    assert await keyed.fetchval(notices) == 0
    await reloader.reload()
    await intake.submit(REPORT, uuid4().bytes)
    assert await arrived(keyed, 4)
    assert await keyed.fetchval(notices) == 1

    stop.set()
    await asyncio.wait_for(running, 60)


async def test_the_worker_refuses_what_it_has_no_means_for(
    database: Database, city: City, public_pool: Pool, keyed: Admin
) -> None:
    """Somebody waits for mails, and there is no mail server: it goes on as before."""
    reloader, stop = Reloader(city, lambda: with_mails(city)), asyncio.Event()
    settings = Settings(dsn=database.dsn("adstelle_worker"))
    running = asyncio.create_task(worker.run_anew(settings, reloader, stop))
    await core.intake_of(public_pool, city).submit(REPORT, uuid4().bytes)
    assert await arrived(keyed, 2)

    await reloader.reload()
    assert reloader.standing.refused_at is not None
    await core.intake_of(public_pool, city).submit(REPORT, uuid4().bytes)
    assert await arrived(keyed, 4)

    stop.set()
    await asyncio.wait_for(running, 60)


def with_mails(city: City) -> City:
    """The same city, where the ADS hears by mail of something new."""
    told = msgspec.structs.replace(
        city.stellen["ads_jena"], channel="mail", notice_to="ads@example.org"
    )
    return msgspec.structs.replace(city, stellen=city.stellen | {"ads_jena": told})


async def arrived(admin: Admin, cases: int) -> bool:
    """Whether so many cases are there; false after a while."""
    for _ in range(MANY):
        if await admin.fetchval("select count(*) from casework.case") == cases:
            return True
        await asyncio.sleep(0.05)
    return False
