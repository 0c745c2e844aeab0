"""A road to PostgreSQL that can be closed, or break at the worst moment."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp
from urllib.parse import quote

from tests.conftest import PASSWORD, Database

SOCKET = ".s.PGSQL.5432"
# How the statement that stores a report is recognised on the wire: the list of its recipients
# begins with the mailbox or ends with it, each as a text of an array. Only its call has that.
STORING = b"\x00\x00\x00\x07mailbox"
# Of the event loop; three do: an end is closed, the other one sees it and tells its owner.
ROUNDS = 20


class Road:
    """Forwards bytes both ways until told otherwise."""

    def __init__(self, to: Path) -> None:
        self._to = to
        self.folder = Path(mkdtemp(prefix="adstelle-road-"))
        self._open: set[asyncio.StreamWriter] = set()
        self.is_closed = False
        self._drop_at: bytes | None = None
        self._close_after: bytes | None = None

    def dsn(self, database: Database, login: str) -> str:
        """What *login* connects to on this road."""
        real = database.dsn(login).partition("?")[0]
        assert PASSWORD in real
        return f"{real}?host={quote(str(self.folder), safe='')}&port=5432"

    async def close(self) -> None:
        """The database is away: what is open breaks, nothing new is let in."""
        self.is_closed = True
        for writer in self._open:
            writer.transport.abort()
        for _ in range(ROUNDS):  # until the end that is in this process has heard
            await asyncio.sleep(0)

    def reopen(self) -> None:
        """The database is back."""
        self.is_closed = False

    def drop_answer_to(self, statement: bytes) -> None:
        """Let a statement arrive once, and break before its answer."""
        self._drop_at = statement

    def close_after(self, statement: bytes) -> None:
        """Let a statement be answered once, then close the road."""
        self._close_after = statement

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        if self.is_closed:
            writer.transport.abort()
            return
        there_reader, there = await asyncio.open_unix_connection(self._to / SOCKET)
        self._open |= {writer, there}
        if self.is_closed:  # meanwhile
            writer.transport.abort()
            there.transport.abort()
        fate = Fate()
        try:
            await asyncio.gather(
                self._forth(reader, there, fate), self._back(there_reader, writer, fate)
            )
        finally:
            for end in (writer, there):
                self._open.discard(end)
                end.transport.abort()

    async def _forth(
        self, reader: asyncio.StreamReader, there: asyncio.StreamWriter, fate: "Fate"
    ) -> None:
        with suppress(OSError):
            while sent := await reader.read(1 << 16):
                if self._drop_at and self._drop_at in sent:
                    self._drop_at, fate.drops = None, True
                if self._close_after and self._close_after in sent:
                    self._close_after, fate.closes = None, True
                there.write(sent)
                await there.drain()
        there.transport.abort()

    async def _back(
        self, reader: asyncio.StreamReader, here: asyncio.StreamWriter, fate: "Fate"
    ) -> None:
        """Bring answers; the one that *fate* waits for says that the server has done its work."""
        with suppress(OSError):
            while sent := await reader.read(1 << 16):
                if fate.drops:
                    break  # nobody hears the answer
                here.write(sent)
                await here.drain()
                if fate.closes:
                    await self.close()
        here.transport.abort()


class Fate:
    """What is to happen to one connection when its statement has been answered."""

    def __init__(self) -> None:
        self.drops = False
        self.closes = False


@asynccontextmanager
async def road_to(database: Database) -> AsyncIterator[Road]:
    """Open a road; everything on it ends with it."""
    road = Road(database.server.sockets)
    server = await asyncio.start_unix_server(road.carry, road.folder / SOCKET)
    try:
        yield road
    finally:
        await road.close()
        server.close()
        shutil.rmtree(road.folder)
