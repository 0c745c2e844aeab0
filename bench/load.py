"""A lean HTTP load: *n* connections, each sending the next request when the last was answered."""

import asyncio
import time
from collections.abc import Callable
from typing import cast
from uuid import uuid4

import msgspec
import uvloop

Requests = Callable[[], bytes]


class Load(msgspec.Struct, frozen=True):
    """What came out: requests a second, and latencies in milliseconds."""

    rate: float
    p50: float
    p95: float
    p99: float
    refused: int


def percentile(sorted_times: list[float], share: float) -> float:
    """Pick a percentile of sorted seconds, in milliseconds."""
    return 1000 * sorted_times[min(len(sorted_times) - 1, int(share * len(sorted_times)))]


def get(path: str, cookie: str = "") -> Requests:
    """Make the requests of a GET."""
    extra = f"cookie: {cookie}\r\n" if cookie else ""
    request = f"GET {path} HTTP/1.1\r\nhost: localhost\r\n{extra}\r\n".encode()
    return lambda: request


def post_json(path: str, body: bytes) -> Requests:
    """Make the requests of a POST, each with an idempotency key of its own."""
    head = (
        f"POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
        f"content-length: {len(body)}\r\nidempotency-key: "
    ).encode()
    return lambda: head + str(uuid4()).encode() + b"\r\n\r\n" + body


def run(port: int, request: Requests, *, clients: int, seconds: float) -> Load:
    """Send for *seconds* over *clients* connections."""
    return uvloop.run(_run(port, request, clients, seconds))


async def _run(port: int, request: Requests, clients: int, seconds: float) -> Load:
    loop = asyncio.get_running_loop()
    start = time.perf_counter()
    opened = [
        (
            await loop.create_connection(
                lambda: _Client(request, start + seconds), "127.0.0.1", port
            )
        )[1]
        for _ in range(clients)
    ]
    await asyncio.gather(*(client.ended for client in opened))
    took = time.perf_counter() - start
    times = sorted(moment for client in opened for moment in client.times)
    return Load(
        rate=len(times) / took,
        p50=percentile(times, 0.50),
        p95=percentile(times, 0.95),
        p99=percentile(times, 0.99),
        refused=sum(client.refused for client in opened),
    )


class _Client(asyncio.Protocol):
    """One connection. It shares the machine with what is measured, so it does next to nothing."""

    def __init__(self, request: Requests, end: float) -> None:
        self._request = request
        self._end = end
        self._answer = b""
        self.times: list[float] = []
        self.refused = 0
        self.ended = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._send()

    def data_received(self, data: bytes) -> None:
        self._answer += data
        head, blank, body = self._answer.partition(b"\r\n\r\n")
        if not blank:
            return
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        if len(body) < length:
            return
        if head[9:12] in {b"200", b"201"}:
            self.times.append(time.perf_counter() - self._sent)
        else:
            self.refused += 1
        self._answer = b""
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.ended.done():
            self.ended.set_exception(exc or ConnectionError("the service hung up"))

    def _send(self) -> None:
        self._sent = time.perf_counter()
        if self._sent < self._end:
            self._transport.write(self._request())
        else:
            self.ended.set_result(None)
            self._transport.close()
