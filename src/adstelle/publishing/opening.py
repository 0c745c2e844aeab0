"""Open what is sealed to the statistics key on every core.

Opening takes most of the time of counting, and holds Python's lock meanwhile. So there are other
processes, `python -m adstelle.publishing.opening`: each reads the seeds of the key from its
standard input and then page after page, and writes what was in them. It ends when its input is
closed, so it ends with whoever started it, however that ends.
"""

import os
import struct
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from itertools import cycle
from typing import IO, Final, Self

import msgspec

from adstelle import cards
from adstelle.cards import Opened, Sealed
from adstelle.crypto.hpke import PrivateKey
from adstelle.crypto.sessions import ChainedKey
from adstelle.errors import AdstelleError

FEW: Final = 5000  # rows are opened before another process has started
MOST: Final = 4  # processes; one that counts keeps no more of them busy
_COMMAND: Final = (sys.executable, "-I", "-m", "adstelle.publishing.opening")
_LENGTH: Final = struct.Struct("!I")

Page = Sequence[Sealed]
Contents = list[bytes | None]
Open = Callable[[Iterable[Page]], Iterator[Opened]]


class Ended(AdstelleError):
    """A process that opens has ended before its time."""


@contextmanager
def opening(key: PrivateKey, rows: int) -> Iterator[Open]:
    """Lend what opens pages, in their order: on every core where there are many *rows*."""
    if rows <= FEW:
        yield partial(_here, key)
        return
    number = min(len(os.sched_getaffinity(0)), MOST)
    with ExitStack() as running:
        yield partial(_elsewhere, [running.enter_context(_Process(key)) for _ in range(number)])


def _here(key: PrivateKey, pages: Iterable[Page]) -> Iterator[Opened]:
    for page in pages:
        yield from cards.opened(page, cards.unsealed(key, page))


def _elsewhere(processes: Sequence["_Process"], pages: Iterable[Page]) -> Iterator[Opened]:
    """Give each process a page in turn; none has two, so neither side waits for the other."""
    given: deque[tuple[_Process, Page]] = deque()
    for process, page in zip(cycle(processes), pages, strict=False):
        if len(given) == len(processes):
            yield from _answered(*given.popleft())
        process.give(page)
        given.append((process, page))
    while given:
        yield from _answered(*given.popleft())


def _answered(process: "_Process", page: Page) -> Iterator[Opened]:
    return cards.opened(page, process.answer())


class _Process:
    """One that opens pages. Raises `Ended` where it is gone."""

    def __init__(self, key: PrivateKey) -> None:
        self._process = subprocess.Popen(
            _COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        if self._process.stdin is None or self._process.stdout is None:
            raise AssertionError("both were asked for")
        self._to, self._from = self._process.stdin, self._process.stdout
        self._put(msgspec.msgpack.encode(key.seeds))

    def give(self, page: Page) -> None:
        """Have it open a page, once the answer to the one before is read."""
        self._put(msgspec.msgpack.encode(page))

    def answer(self) -> Contents:
        """Wait for what was in the page."""
        content = _read(self._from)
        if content is None:
            raise Ended
        return msgspec.msgpack.decode(content, type=Contents)

    def _put(self, content: bytes) -> None:
        try:
            _write(self._to, content)
        except BrokenPipeError:
            raise Ended from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()  # it has nothing to put in order
        self._process.communicate()


def _write(to: IO[bytes], content: bytes) -> None:
    to.write(_LENGTH.pack(len(content)))
    to.write(content)
    to.flush()


def _read(source: IO[bytes]) -> bytes | None:
    """The next content; None at the end, in the middle of one as well."""
    length = source.read(_LENGTH.size)
    if len(length) < _LENGTH.size:
        return None
    (wanted,) = _LENGTH.unpack(length)
    content = source.read(wanted)
    return content if len(content) == wanted else None


def main() -> None:
    """Open what comes until nothing more does."""
    source, to = sys.stdin.buffer, sys.stdout.buffer
    seed, *older = msgspec.msgpack.decode(_read(source) or b"", type=list[bytes])
    key = ChainedKey(seed, older)
    while (content := _read(source)) is not None:
        page = msgspec.msgpack.decode(content, type=list[Sealed])
        _write(to, msgspec.msgpack.encode(cards.unsealed(key, page)))


if __name__ == "__main__":
    main()
