"""Have a copy without metadata made by a process of its own (`files.washer`), one at a time."""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator
from typing import Final, Literal

import msgspec

PATIENCE: Final = 60.0  # seconds for one file
PIECE: Final = 64 * 1024
_COMMAND: Final = (sys.executable, "-I", "-m", "adstelle.files.washer")
_ENVIRONMENT: Final = {"PATH": os.defpath, "LANG": "C.UTF-8"}  # no address, no secret of ours


class Fate(msgspec.Struct, frozen=True):
    """What the process says. *why* where it refused, *copy* and *size* are those of the copy."""

    fate: Literal["washed", "kept", "refused"]
    kind: str = ""
    copy: str = ""
    size: int = 0
    why: str = ""


class Washed(msgspec.Struct):
    """The answer, and the copy as it comes."""

    fate: Fate
    copy: AsyncIterator[bytes]


class Laundry:
    """Makes copies. One process at a time bounds what all uploads together can take."""

    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(1)

    @contextlib.asynccontextmanager
    async def wash(self, kind: str, content: AsyncIterator[bytes]) -> AsyncIterator[Washed]:
        """Give a file to the process. Whatever ends it, it ends as "no copy": see `_lost`."""
        async with self._turn:
            process = await asyncio.create_subprocess_exec(
                *_COMMAND,
                kind,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                env=_ENVIRONMENT,
            )
            try:
                async with asyncio.timeout(PATIENCE):
                    yield await _washed(process, kind, content)
            finally:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()


async def _washed(
    process: asyncio.subprocess.Process, kind: str, content: AsyncIterator[bytes]
) -> Washed:
    if process.stdin is None or process.stdout is None:
        raise AssertionError("both were asked for")
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        async for piece in content:
            process.stdin.write(piece)
            await process.stdin.drain()
    process.stdin.close()
    line = await process.stdout.readline()
    try:
        fate = msgspec.json.decode(line, type=Fate)
    except msgspec.DecodeError:
        fate = _lost(kind)
    return Washed(fate, _rest(process.stdout))


def _lost(kind: str) -> Fate:
    """The process died of a limit: an archive is taken for a bomb, the rest has no copy."""
    return Fate("refused", why="bomb") if kind == "zip" else Fate("kept", kind=kind)


async def _rest(output: asyncio.StreamReader) -> AsyncIterator[bytes]:
    while piece := await output.read(PIECE):
        yield piece
