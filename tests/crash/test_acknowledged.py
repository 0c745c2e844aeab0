"""P1: a report that was acknowledged is never lost, whatever is killed right after the answer.

A real public process and a real PostgreSQL that syncs its disk; people report without a pause
while one of the two is killed with SIGKILL, again and again. At the end every receipt code that
somebody was given must open its mailbox with what they wrote.
"""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from adstelle.database import migrate
from adstelle.local import postgres
from tests.conftest import PASSWORD, Admin, connected
from tests.core import announce_keys, free_port

KILLS = 51
EVERY_NTH_KILLS_THE_APPLICATION = 3
PEOPLE = 4
BETWEEN_KILLS = 3  # reports acknowledged since the last kill
PATIENCE = 300.0
# Loads what `adstelle public` loads, once; each line makes a process of its own that serves.
NURSERY = """
import os, signal, sys
from adstelle import events, settings
from adstelle.__main__ import city_of
from adstelle import public
from adstelle.local.postgres import end_with_parent
from adstelle.reloading import Reloader
read = settings.read(os.environ)
reloader = Reloader(city_of(read))
events.configure()
os.write(1, b"0\\n")  # numbers in one piece: the children write there too
for line in sys.stdin:
    end_with_us = end_with_parent(signal.SIGKILL)
    child = os.fork()
    if child == 0:
        end_with_us()
        public.main(read, reloader, host="127.0.0.1", port=int(sys.argv[1]))
        os._exit(0)
    os.write(1, b"%d\\n" % child)
    os.waitpid(child, 0)
"""


class House:
    """The database and the public process, killed and started as the test likes."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self.server = postgres.start(data)
        self.port = free_port()
        self._nursery: subprocess.Popen[str] | None = None
        self._application = 0

    def open(self) -> None:
        """Begin to serve."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith("ADSTELLE_")}
        dsn = self.server.dsn("adstelle_public", PASSWORD, "postgres")
        self._nursery = subprocess.Popen(
            [sys.executable, "-c", NURSERY, str(self.port)],
            env=kept | {"ADSTELLE_DSN": dsn},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=postgres.end_with_parent(signal.SIGKILL),  # noqa: PLW1509  as there
        )
        self._next_number()
        self._start_application()

    def _start_application(self) -> None:
        assert self._nursery is not None
        assert self._nursery.stdin is not None
        self._nursery.stdin.write("\n")
        self._nursery.stdin.flush()
        self._application = self._next_number()

    def _next_number(self) -> int:
        """Read on until the nursery says a number: a child may say things in between."""
        assert self._nursery is not None
        assert self._nursery.stdout is not None
        for line in self._nursery.stdout:
            if line.strip().isdigit():
                return int(line)
        raise AssertionError("the nursery has ended")

    def kill_application(self) -> None:
        """Kill the process that answers, and start another one."""
        os.kill(self._application, signal.SIGKILL)
        self._start_application()

    def kill_database(self) -> None:
        """Kill PostgreSQL with everything it has, and start it again: it has to recover."""
        self.server.kill()
        self.server = postgres.start(self._data)

    def close(self) -> None:
        """End everything."""
        if self._nursery is not None:
            os.killpg(self._nursery.pid, signal.SIGKILL)  # with whatever it brought up
            self._nursery.communicate()
        self.server.stop()


@pytest.fixture
def house() -> Iterator[House]:
    folder = Path(tempfile.mkdtemp(prefix="adstelle-crash-"))
    folder.chmod(0o711)
    running = House(folder / "database")
    yield running
    running.close()
    shutil.rmtree(folder)


class Street:
    """People who report without a pause, and what each was promised."""

    def __init__(self, port: int) -> None:
        self._address = f"http://127.0.0.1:{port}/api/v1"
        self.promised: dict[str, str] = {}
        self.is_open = True
        self._people: list[asyncio.Task[None]] = []

    @asynccontextmanager
    async def busy(self, people: int) -> AsyncIterator[None]:
        """Let so many people report until the block ends; each finishes what they began."""
        self._people = [asyncio.create_task(self._report()) for _ in range(people)]
        try:
            yield
            self.is_open = False
            async with asyncio.timeout(PATIENCE):
                await asyncio.gather(*self._people)
        finally:
            for person in self._people:
                person.cancel()

    async def _report(self) -> None:
        async with httpx.AsyncClient(timeout=60) as person:
            while self.is_open:
                await self._report_once(person)

    async def _report_once(self, person: httpx.AsyncClient) -> None:
        """Report; what is not answered is sent again with the same key."""
        account, key = f"Bericht {uuid4()}", str(uuid4())
        body = {"account": account, "territory": "jena", "consents": [{"stelle": "ads_jena"}]}
        while True:
            with suppress(httpx.HTTPError):
                answer = await person.post(
                    f"{self._address}/reports", json=body, headers={"idempotency-key": key}
                )
                if answer.status_code == 201:
                    self.promised[answer.json()["receipt_code"]] = account
                    return
                assert answer.status_code == 503, answer.text
            await asyncio.sleep(0.03)

    async def wait_for(self, reports: int) -> None:
        """Stay until so many reports were acknowledged."""
        async with asyncio.timeout(PATIENCE):
            while len(self.promised) < reports:
                for person in self._people:
                    if person.done():
                        person.result()
                await asyncio.sleep(0.005)

    async def read_all(self) -> dict[str, str]:
        """Read back what each person wrote, with the code they were given."""
        found = {}
        async with httpx.AsyncClient(timeout=120) as person:
            for code in self.promised:
                headers = {"authorization": f"Receipt {code}"}
                answer = await person.get(f"{self._address}/mailbox", headers=headers)
                assert answer.status_code == 200, answer.text
                found[code] = answer.json()["account"]
        return found


async def stored(admin: Admin) -> tuple[int, int, int, int]:
    tables = ("intake.report", "intake.submission", "intake.card", "outbox.promise")
    reports, submissions, cards, promises = [
        await admin.fetchval(f"select count(*) from {table}") for table in tables
    ]
    return reports, submissions, cards, promises


async def test_nothing_acknowledged_is_lost(house: House) -> None:
    await migrate(house.server.superuser_dsn, {"adstelle_public": PASSWORD})
    async with connected(house.server.superuser_dsn) as admin:
        assert await admin.fetchval("show fsync") == "on"
        assert await admin.fetchval("show synchronous_commit") == "on"
        await announce_keys(admin)
    house.open()
    street = Street(house.port)

    async with street.busy(PEOPLE):
        for kill in range(KILLS):
            await street.wait_for(len(street.promised) + BETWEEN_KILLS)
            if kill % EVERY_NTH_KILLS_THE_APPLICATION:
                house.kill_database()
            else:
                house.kill_application()
        await street.wait_for(len(street.promised) + BETWEEN_KILLS)

    assert len(street.promised) >= KILLS * BETWEEN_KILLS
    assert await street.read_all() == street.promised
    async with connected(house.server.superuser_dsn) as admin:
        reports, *others = await stored(admin)
    assert reports == len(street.promised), "each once, though some had to be sent again"
    assert others == [reports] * 3, "whole, each with its count and its promise"
