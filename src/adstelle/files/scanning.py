"""Ask a virus scanner, clamd, while a file streams by. Whatever goes wrong: it was not scanned.

The protocol is INSTREAM of clamd(8): ``zINSTREAM\\0``, then each piece behind its length as four
bytes in network order, a length of zero at the end, and one answer that ends with a zero byte.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from enum import StrEnum
from typing import Final

PATIENCE: Final = 10.0  # seconds for a connection or for one piece
PATIENCE_AT_THE_END: Final = 60.0
MOST_ANSWER: Final = 4096


class Scan(StrEnum):
    """What is known about a file."""

    OFF = "off"  # there is no scanner here
    CLEAN = "clean"
    PENDING = "pending"  # it could not be scanned: nobody gets it before it was
    FOUND = "found"


class Scanning:
    """One file on its way through the scanner."""

    def __init__(self, place: str | None) -> None:
        self._place = place
        self._is_broken = False
        self._ends: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def feed(self, content: bytes) -> None:
        """Send a piece. Never raises: a scanner that is away must not stop an upload."""
        if self._place is None or self._is_broken or not content:
            return
        try:
            if self._ends is None:
                self._ends = await asyncio.wait_for(_connected(self._place), PATIENCE)
                self._ends[1].write(b"zINSTREAM\0")
            await self._write(len(content).to_bytes(4) + content)
        except (OSError, TimeoutError):
            self._is_broken = True

    async def _write(self, content: bytes) -> None:
        if self._ends is not None:
            self._ends[1].write(content)
            await asyncio.wait_for(self._ends[1].drain(), PATIENCE)

    async def finish(self) -> Scan:
        """Hear what was found."""
        if self._place is None:
            return Scan.OFF
        try:
            if self._is_broken or self._ends is None:
                return Scan.PENDING
            await self._write(bytes(4))
            reading = self._ends[0].readuntil(b"\0")
            return _meaning(await asyncio.wait_for(reading, PATIENCE_AT_THE_END))
        except (OSError, TimeoutError, EOFError, asyncio.LimitOverrunError):
            return Scan.PENDING
        finally:
            await self.close()

    async def close(self) -> None:
        """Let go of the scanner."""
        if self._ends is not None:
            self._ends[1].close()
            with contextlib.suppress(OSError, TimeoutError):
                await asyncio.wait_for(self._ends[1].wait_closed(), PATIENCE)
            self._ends = None


def _meaning(answer: bytes) -> Scan:
    """``stream: OK`` alone is clean; "size limit exceeded" and everything unknown is not."""
    said = answer.rstrip(b"\0").strip()
    if said == b"stream: OK":
        return Scan.CLEAN
    return Scan.FOUND if said.startswith(b"stream: ") and said.endswith(b" FOUND") else Scan.PENDING


async def _connected(place: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if place.startswith("/"):
        return await asyncio.open_unix_connection(place, limit=MOST_ANSWER)
    host, _, port = place.rpartition(":")
    return await asyncio.open_connection(host.strip("[]"), int(port), limit=MOST_ANSWER)


async def scan(place: str | None, content: AsyncIterator[bytes]) -> Scan:
    """Scan a whole file."""
    scanning = Scanning(place)
    try:
        async for piece in content:
            await scanning.feed(piece)
        return await scanning.finish()
    finally:
        await scanning.close()
