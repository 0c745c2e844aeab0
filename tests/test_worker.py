"""The worker process: keeps promises, waits for its database, stops when told."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import msgspec
import pytest

from adstelle import operations, worker
from adstelle.city import City
from adstelle.crypto import notice
from adstelle.database import Pool
from adstelle.settings import Settings
from tests import core
from tests.conftest import Admin, Database
from tests.core import REPORT, keyed
from tests.proxy import Road, road_to

__all__ = ["keyed"]  # a fixture
MANY = 3600  # looks, three minutes of them: nothing but a guard against waiting for ever


@pytest.fixture
async def road(database: Database) -> AsyncIterator[Road]:
    async with road_to(database) as road:
        yield road


async def delivered(admin: Admin) -> bool:
    """Whether nothing is promised any more; false after a while."""
    for _ in range(MANY):
        waiting = "select count(*) from outbox.promise where state = 'promised'"
        if await admin.fetchval(waiting) == 0:
            return True
        await asyncio.sleep(0.05)
    return False


async def test_it_delivers_waits_for_the_database_and_stops(
    road: Road,
    database: Database,
    city: City,
    public_pool: Pool,
    keyed: Admin,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(worker, "PAUSE", 0.05)
    monkeypatch.setattr(worker, "PAUSE_WHEN_AWAY", 0.05)
    intake = core.intake_of(public_pool, city)
    stop = asyncio.Event()
    settings = Settings(dsn=road.dsn(database, "adstelle_worker"))
    running = asyncio.create_task(worker.run(settings, city, stop))

    await intake.submit(REPORT, uuid4().bytes)
    assert await delivered(keyed)
    assert await keyed.fetchval("select count(*) from casework.case") == 2

    await road.close()
    await intake.submit(REPORT, uuid4().bytes)
    await asyncio.sleep(0.3)
    assert not running.done(), "it waits"
    road.reopen()
    assert await delivered(keyed)
    assert await keyed.fetchval("select count(*) from casework.case") == 4

    stop.set()
    await asyncio.wait_for(running, 60)


async def test_it_sweeps_while_it_works(
    database: Database, city: City, keyed: Admin, monkeypatch: pytest.MonkeyPatch
) -> None:
    await keyed.execute("insert into intake.draft values ('old', '', now() - interval '1 day')")
    stop = asyncio.Event()
    settings = Settings(dsn=database.dsn("adstelle_worker"))
    running = asyncio.create_task(worker.run(settings, city, stop))
    for _ in range(MANY):
        if await keyed.fetchval("select count(*) from intake.draft") == 0:
            break
        await asyncio.sleep(0.05)
    stop.set()
    await asyncio.wait_for(running, 60)
    assert await keyed.fetchval("select count(*) from intake.draft") == 0


async def test_people_are_asked_for_an_address_while_it_can_send(
    database: Database, city: City, keyed: Admin, tmp_path: Path
) -> None:
    key, secret = tmp_path / "key", tmp_path / "mail"
    assert operations.notice_key(key) == 0
    assert key.stat().st_mode & 0o777 == 0o600
    secret.write_text("a secret of this installation", encoding="utf-8")
    without = Settings(dsn=database.dsn("adstelle_worker"))
    able = msgspec.structs.replace(
        without,
        smtp_host="127.0.0.1",
        smtp_tls="none",
        mail_from="adstelle@example.org",
        mail_operator="betrieb@example.org",
        mail_secret_file=secret,
        notice_key_file=key,
        notice_from="post@neutral.example",
    )
    expected = notice.read(key.read_text(encoding="utf-8").strip()).encoded_public()
    for settings, shown in ((able, [expected]), (without, [])):
        stop = asyncio.Event()
        running = asyncio.create_task(worker.run(settings, city, stop))
        for _ in range(MANY):
            rows = await keyed.fetch("select encoded from mailbox.notice_key")
            if [row["encoded"] for row in rows] == shown:
                break
            await asyncio.sleep(0.05)
        stop.set()
        await asyncio.wait_for(running, 60)
        assert [row["encoded"] for row in rows] == shown


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_the_process_ends_in_order_when_told(
    database: Database, number: signal.Signals, tmp_path: Path
) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ADSTELLE_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "adstelle", "worker"],
        env=kept | {"ADSTELLE_DSN": database.dsn("adstelle_worker")},
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if '"Started"' in line:
            break
    process.send_signal(number)
    out, err = process.communicate(timeout=180)
    assert (process.returncode, err) == (0, "")
    assert '"Stopped"' in out
