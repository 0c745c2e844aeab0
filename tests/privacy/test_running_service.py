"""P2 and P3 for a process as it runs: what it and its database write down holds nothing of anybody.

Whatever goes wrong on the way: broken requests, broken input, a database that is away, a defect.
"""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import httpx
import msgspec
import pytest

from adstelle import events
from tests.conftest import Admin, Database
from tests.core import JOURNEY, fill, free_port
from tests.privacy.test_canary import ACCOUNT, WORDS, Watch, canaries_in
from tests.proxy import Road, road_to

WORD = WORDS[0]
NAMES = {event.__name__ for event in events.Event.__subclasses__()}
CANARY_JOURNEY = {
    **JOURNEY,
    "erzaehlen": {"account": ACCOUNT},
    "wo": {"territory": "jena", "place": WORD},
    "kontakt": {"name": WORD, "mail": f"{WORD}@example.org", "with_contact": "ads_jena"},
}


class Service:
    """`adstelle public` as it runs, with everything it says in a file."""

    def __init__(self, dsn: str, folder: Path) -> None:
        self.port = free_port()
        self.said = folder / "said"
        kept = {name: value for name, value in os.environ.items() if "ADSTELLE" not in name}
        with self.said.open("wb") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "adstelle", "public", "--port", str(self.port)],
                env=kept | {"ADSTELLE_DSN": dsn},
                stdout=file,
                stderr=subprocess.STDOUT,
            )

    async def ready(self) -> None:
        async with httpx.AsyncClient() as probe, asyncio.timeout(30):
            while True:
                try:
                    await probe.get(f"http://127.0.0.1:{self.port}/de")
                except httpx.TransportError:
                    await asyncio.sleep(0.05)
                else:
                    return

    def end(self) -> bytes:
        """Stop in order; return everything that was said."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)
        return self.said.read_bytes()

    @asynccontextmanager
    async def browser(self) -> AsyncIterator[httpx.AsyncClient]:
        address = f"http://127.0.0.1:{self.port}"
        hooks = {"response": [Watch()]}
        async with httpx.AsyncClient(base_url=address, event_hooks=hooks, timeout=30) as browser:
            yield browser

    def send_raw(self, request: bytes) -> None:
        """Say something that no browser says, and hang up."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as line:
            line.sendall(request)
            line.settimeout(0.3)
            try:
                line.recv(1000)
            except TimeoutError:
                return


@pytest.fixture
async def road(database: Database) -> AsyncIterator[Road]:
    async with road_to(database) as road:
        yield road


@pytest.fixture
async def service(
    road: Road, database: Database, keyed: Admin, tmp_path: Path
) -> AsyncIterator[Service]:
    service = Service(road.dsn(database, "adstelle_public"), tmp_path)
    try:
        await service.ready()
        yield service
    finally:
        service.process.kill()
        service.process.wait()


RAW = [
    b"NONSENSE " + WORD.encode() + b"\r\n\r\n",
    b"GET /" + WORD.encode() * 20_000 + b" HTTP/1.1\r\nhost: x\r\n\r\n",
    b"POST /de/m/erzaehlen HTTP/1.1\r\nhost: x\r\ncontent-length: 900\r\n\r\naccount=" + WORD.encode(),
    b"POST /de/m HTTP/1.1\r\nhost: x\r\ncontent-length: -" + WORD.encode() + b"\r\n\r\n",
    b"POST /de/m HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n" + WORD.encode(),
    b"GET /de HTTP/1.1\r\nhost: x\r\nuser-agent: " + WORD.encode() + b"\r\nreferer: " + WORD.encode()
    + b"\r\nx-forwarded-for: " + WORD.encode() + b"\r\ncookie: entwurf=" + WORD.encode() + b"\r\n\r\n",
    WORD.encode() * 100,
]  # fmt: skip


async def test_nothing_that_is_written_down_holds_a_word_of_a_person(
    service: Service, road: Road, database: Database, admin: Admin
) -> None:
    async with service.browser() as browser:
        await fill(browser, CANARY_JOURNEY)
        assert (await browser.post("/de/m/senden")).status_code == 303
        for request in RAW:
            await asyncio.to_thread(service.send_raw, request)

        await road.close()
        away = await browser.post("/de/m/erzaehlen", data={"account": ACCOUNT, WORD: WORD})
        assert away.status_code == 503
        assert ACCOUNT in away.text, "the person themselves gets it back"
        await browser.get(f"/de/m/{WORD}?{WORD}={WORD}")
        body = {"account": ACCOUNT, "place": WORD}
        key = {"idempotency-key": str(uuid4())}
        assert (await browser.post("/api/v1/reports", json=body, headers=key)).status_code == 503
        road.reopen()

        await admin.execute("alter table intake.draft rename column sealed to other")
        await admin.execute("alter table intake.card add check (false)")
        failed = await browser.post("/de/m/erzaehlen", data={"account": ACCOUNT})
        assert failed.status_code == 500
        assert not canaries_in(failed.content)
        failed = await browser.post("/api/v1/reports", json=body, headers=key)
        assert failed.status_code == 500
        assert not canaries_in(failed.content)

    said = service.end()
    assert not canaries_in(said)
    assert not canaries_in(database.server.log.read_bytes())
    found = [msgspec.json.decode(line)["event"] for line in said.splitlines()]
    assert found.count("Failed") == 2, "the defects were noted"
    assert set(found) <= NAMES, "nothing but events is said"
    assert {"Started", "ReportReceived", "Stopped"} <= set(found)


async def test_nobody_who_only_comes_by_is_noted(service: Service) -> None:
    """No address, no browser, no page, no time: no line for a visit at all."""
    async with service.browser() as browser:
        before = service.said.read_bytes()
        for path in ("/de", "/de/sicher", "/de/stellen", f"/de/{WORD}", "/de/m/rolle", "/leben"):
            await browser.get(path, headers={"user-agent": WORD, "referer": f"https://{WORD}.de"})
            await browser.head(path)
    assert service.said.read_bytes() == before
    assert b"127.0.0.1" not in service.end()


async def test_answers_do_not_say_what_runs_here(service: Service) -> None:
    async with service.browser() as browser:
        answer = await browser.get("/de")
    names = {name.lower() for name in answer.headers}
    assert names.isdisjoint({"server", "date", "x-powered-by", "via", "etag", "last-modified"})
