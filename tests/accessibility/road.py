"""The road to the database: a socket of its own, that tests can close or let break."""

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Literal

SOCKET = ".s.PGSQL.5432"
Way = Literal["back", "away", "breaking"]


class Road:
    """Carries what a process says to the database at *target*, and back."""

    def __init__(self, target: Path, folder: Path) -> None:
        self._target = target / SOCKET
        self._socket = folder / SOCKET
        self._door: asyncio.Server | None = None
        self._ends: set[asyncio.StreamWriter] = set()
        self._journeys: set[asyncio.Task[None]] = set()
        self._breaking = False

    async def set(self, way: Way) -> None:
        """*away*: nobody listens; *breaking*: whoever sends something is cut off after that."""
        self._breaking = way == "breaking"
        if way == "away":
            await self._close()
        elif self._door is None:
            self._door = await asyncio.start_unix_server(self._welcome, self._socket)

    async def _close(self) -> None:
        if self._door is None:
            return
        self._door.close()
        self._socket.unlink(missing_ok=True)
        self._door = None
        for end in self._ends:
            end.close()
        await asyncio.gather(*self._journeys)

    async def _welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        journey = asyncio.create_task(self._journey(reader, writer))
        self._journeys.add(journey)
        journey.add_done_callback(self._journeys.discard)

    async def _journey(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_unix_connection(self._target)
        self._ends |= {writer, back}
        if self._door is None:  # closed meanwhile
            writer.close()
            back.close()
        await asyncio.gather(self._carry(reader, back, from_us=True), self._carry(there, writer))
        self._ends -= {writer, back}

    async def _carry(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, from_us: bool = False
    ) -> None:
        with suppress(OSError):
            while carried := await source.read(65536):
                if self._breaking and from_us:
                    break
                sink.write(carried)
                await sink.drain()
        sink.close()
        with suppress(OSError):
            await sink.wait_closed()
