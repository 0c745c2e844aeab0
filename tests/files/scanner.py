"""A scanner for tests that speaks what clamd(8) documents: INSTREAM, its limit, its answers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final, Literal

EICAR: Final = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR" + b"-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
LIMIT: Final = 3_000_000  # StreamMaxLength

Mood = Literal["well", "silent", "breaking", "strange"]


class Scanner:
    """Answers as clamd does; *mood* is what is wrong with it."""

    def __init__(self) -> None:
        self.mood: Mood = "well"
        self.seen: list[int] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, EOFError):
            writer.write(await self._answer(reader))
            await writer.drain()
        writer.close()

    async def _answer(self, reader: asyncio.StreamReader) -> bytes:
        if await reader.readuntil(b"\0") != b"zINSTREAM\0":
            return b"UNKNOWN COMMAND\0"
        content = bytearray()
        while size := int.from_bytes(await reader.readexactly(4)):
            content += await reader.readexactly(size)
            if self.mood == "breaking":
                return b""
            if len(content) > LIMIT:
                return b"INSTREAM size limit exceeded. ERROR\0"
        self.seen.append(len(content))
        if self.mood == "silent":
            await asyncio.sleep(30)
        if self.mood == "strange":
            return b"stream: OKAY, I think\0"
        return b"stream: Eicar-Signature FOUND\0" if EICAR in content else b"stream: OK\0"


@asynccontextmanager
async def scanner_running() -> AsyncIterator[tuple[Scanner, str]]:
    """Run a scanner on a free port; give it and its address."""
    scanner = Scanner()
    server = await asyncio.start_server(scanner.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield scanner, f"127.0.0.1:{port}"
    finally:
        server.close()
