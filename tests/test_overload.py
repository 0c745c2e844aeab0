"""The gate: when the house is full, 503 with Retry-After, before memory grows."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx
import pytest
from litestar.types import ASGIApp, Receive, Scope, Send

from adstelle.web import security
from adstelle.web.overload import LARGE_BYTES, MOST_LARGE, RETRY_SECONDS, Gate

PAGES = {"de": b"Bitte warten", "ar": "يرجى الانتظار".encode()}
MOST = 3


class Room:
    """An application whose guests stay until they are let out."""

    def __init__(self) -> None:
        self.inside = 0
        self.most_inside = 0
        self.open = asyncio.Event()
        self.fails = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.inside += 1
        self.most_inside = max(self.inside, self.most_inside)
        try:
            await self.open.wait()
            if self.fails:
                raise RuntimeError
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            self.inside -= 1


@pytest.fixture
def room() -> Room:
    return Room()


@pytest.fixture
def gate(room: Room) -> Gate:
    return Gate(room, busy_pages=PAGES, headers=security.page_headers(secure=True), most=MOST)


def guest(gate: ASGIApp) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=gate, raise_app_exceptions=False)  # type: ignore[arg-type]  # litestar's ASGI types are narrower than httpx's
    return httpx.AsyncClient(transport=transport, base_url="http://localhost")


async def at_once(answer: Awaitable[httpx.Response]) -> httpx.Response:
    """Wait only a little for what must not wait inside."""
    async with asyncio.timeout(10):
        return await answer


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110  the room has no bell
            await asyncio.sleep(0)


async def test_beyond_the_bound_people_are_asked_to_wait(room: Room, gate: Gate) -> None:
    async with guest(gate) as client:
        waiting = [asyncio.create_task(client.get("/de/")) for _ in range(MOST)]
        await until(lambda: room.inside == MOST)
        refused = await at_once(client.get("/ar/m/wann"))
        room.open.set()
        served = await asyncio.gather(*waiting)
        again = await client.get("/de/")

    assert refused.status_code == 503
    assert refused.headers["retry-after"] == str(RETRY_SECONDS)
    assert refused.headers["cache-control"] == "no-store"
    assert refused.headers["content-security-policy"] == security.POLICY
    assert refused.content == PAGES["ar"]
    assert [answer.status_code for answer in served] == [200] * MOST
    assert again.status_code == 200
    assert room.most_inside == MOST


async def test_the_api_is_answered_with_a_problem(room: Room, gate: Gate) -> None:
    async with guest(gate) as client:
        waiting = [asyncio.create_task(client.get("/de/")) for _ in range(MOST)]
        await until(lambda: room.inside == MOST)
        refused = await at_once(client.post("/api/v1/reports"))
        room.open.set()
        await asyncio.gather(*waiting)

    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["status"] == 503


async def test_few_large_bodies_are_read_at_once(room: Room, gate: Gate) -> None:
    large = b"x" * (LARGE_BYTES + 1)
    async with guest(gate) as client:
        waiting = [
            asyncio.create_task(client.post("/de/m/erzaehlen", content=large))
            for _ in range(MOST_LARGE)
        ]
        await until(lambda: room.inside == MOST_LARGE)
        refused = await at_once(client.post("/de/m/erzaehlen", content=large))
        small = asyncio.create_task(client.get("/de/"))
        await until(lambda: room.inside == MOST_LARGE + 1)
        room.open.set()
        await asyncio.gather(*waiting, small)

    assert refused.status_code == 503
    assert small.result().status_code == 200


async def test_a_failing_request_gives_its_place_back(room: Room, gate: Gate) -> None:
    room.fails = True
    room.open.set()
    async with guest(gate) as client:
        for _ in range(MOST * 2):
            assert (await client.get("/de/")).status_code == 500
        room.fails = False
        assert (await client.get("/de/")).status_code == 200
