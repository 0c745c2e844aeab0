"""P1: a report that was acknowledged is never lost, whatever is killed right after the answer.

A real public process and a real PostgreSQL that syncs its disk; people report without a pause
while one of the two is killed with SIGKILL, again and again. At the end every receipt code that
somebody was given must open its mailbox with what they wrote.
"""

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import asyncpg
import httpx
import pytest

from adstelle.database import migrate
from adstelle.local import postgres
from tests.conftest import PASSWORD
from tests.core import announce_keys

KILLS = 50
EVERY_NTH_KILLS_THE_APPLICATION = 4
PEOPLE = 4
BETWEEN_KILLS = 3  # reports acknowledged since the last kill
PATIENCE = 120.0


class House:
    """The database and the public process, killed and started as the test likes."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self.server = postgres.start(data)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self._application: subprocess.Popen[bytes] | None = None

    def start_application(self) -> None:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("ADSTELLE_")}
        dsn = self.server.dsn("adstelle_public", PASSWORD, "postgres")
        self._application = subprocess.Popen(
            [sys.executable, "-m", "adstelle", "public", "--port", str(self.port)],
            env=kept | {"ADSTELLE_DSN": dsn},
            stdout=subprocess.DEVNULL,
        )

    def kill_application(self) -> None:
        assert self._application is not None
        self._application.send_signal(signal.SIGKILL)
        self._application.wait()
        self.start_application()

    def kill_database(self) -> None:
        self.server.kill()
        self.server = postgres.start(self._data)

    def end(self) -> None:
        if self._application is not None:
            self._application.kill()
            self._application.wait()
        self.server.stop()


@pytest.fixture
def house() -> Iterator[House]:
    folder = Path(tempfile.mkdtemp(prefix="adstelle-crash-"))
    folder.chmod(0o711)
    running = House(folder / "database")
    yield running
    running.end()
    shutil.rmtree(folder)


class Street:
    """People who report without a pause, and what each was promised."""

    def __init__(self, port: int) -> None:
        self._address = f"http://127.0.0.1:{port}/api/v1"
        self.promised: dict[str, str] = {}
        self.is_open = True

    async def report(self) -> None:
        """Report again and again; what is not answered is sent again with the same key."""
        while self.is_open:
            account, key = f"Bericht {uuid4()}", str(uuid4())
            body = {"account": account, "territory": "jena", "consents": [{"stelle": "ads_jena"}]}
            while self.is_open:
                with suppress(httpx.HTTPError):
                    async with httpx.AsyncClient(timeout=10) as person:
                        answer = await person.post(
                            f"{self._address}/reports",
                            json=body,
                            headers={"idempotency-key": key},
                        )
                    if answer.status_code == 201:
                        self.promised[answer.json()["receipt_code"]] = account
                        break
                    assert answer.status_code == 503, answer.text
                await asyncio.sleep(0.02)

    async def wait_for(self, reports: int) -> None:
        """Stay until so many reports were acknowledged."""
        async with asyncio.timeout(PATIENCE):
            while len(self.promised) < reports:  # noqa: ASYNC110  an event for each would be more
                await asyncio.sleep(0.005)

    async def read(self, code: str) -> str:
        """Read back what a person wrote, with the code they were given."""
        headers = {"authorization": f"Receipt {code}"}
        async with httpx.AsyncClient(timeout=30) as person:
            answer = await person.get(f"{self._address}/mailbox", headers=headers)
        assert answer.status_code == 200, answer.text
        account: str = answer.json()["account"]
        return account


async def test_nothing_acknowledged_is_lost(house: House) -> None:
    await migrate(house.server.superuser_dsn, {"adstelle_public": PASSWORD})
    admin = await asyncpg.connect(house.server.superuser_dsn)
    await announce_keys(admin)
    await admin.close()
    house.start_application()
    street = Street(house.port)
    people = [asyncio.create_task(street.report()) for _ in range(PEOPLE)]

    for kill in range(KILLS):
        await street.wait_for(len(street.promised) + BETWEEN_KILLS)
        if kill % EVERY_NTH_KILLS_THE_APPLICATION:
            house.kill_database()
        else:
            house.kill_application()
    await street.wait_for(len(street.promised) + BETWEEN_KILLS)
    street.is_open = False
    await asyncio.gather(*people)

    assert len(street.promised) >= KILLS * BETWEEN_KILLS
    for code, account in street.promised.items():
        assert await street.read(code) == account
    admin = await asyncpg.connect(house.server.superuser_dsn)
    stored = await admin.fetchrow(
        "select (select count(*) from intake.report) as reports, "
        "(select count(*) from intake.card) as cards, "
        "(select count(*) from outbox.promise) as promises"
    )
    await admin.close()
    assert stored is not None
    # Each report once, though some were sent again after an answer that never came.
    extra = stored["reports"] - len(street.promised)
    assert 0 <= extra <= PEOPLE
    assert stored["cards"] == stored["promises"] == stored["reports"]
