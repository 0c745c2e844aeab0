"""A lean HTTP load: *n* connections, each sending the next request when the last was answered."""

import asyncio
import time
from collections.abc import Callable
from itertools import count
from uuid import uuid4

import msgspec

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


async def run(port: int, request: Requests, *, clients: int, seconds: float) -> Load:
    """Send for *seconds* over *clients* connections."""
    times: list[float] = []
    refused = count()
    start = time.perf_counter()
    await asyncio.gather(
        *(_client(port, request, times, refused, start + seconds) for _ in range(clients))
    )
    took = time.perf_counter() - start
    times.sort()
    return Load(
        rate=len(times) / took,
        p50=percentile(times, 0.50),
        p95=percentile(times, 0.95),
        p99=percentile(times, 0.99),
        refused=next(refused),
    )


async def _client(
    port: int,
    request: Requests,
    times: list[float],
    refused: "count[int]",
    end: float,
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while (sent := time.perf_counter()) < end:
        writer.write(request())
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        await reader.readexactly(length)
        if head[9:12] in {b"200", b"201"}:
            times.append(time.perf_counter() - sent)
        else:
            next(refused)
    writer.close()
