"""A ZIP archive that is written while it is sent: nothing of it lies anywhere, whole or in part."""

import hashlib
import zipfile
from collections.abc import AsyncIterator, Iterator
from typing import IO, Final, cast

import msgspec

from adstelle.domain.private import Private

STARTED: Final = (1980, 1, 1, 0, 0, 0)  # no times: the format's first day


class Listed(Private, frozen=True):
    """A file of the archive, for its manifest."""

    path: str
    size: int
    sha256: str


class _Sink:
    """What the ZIP writer writes to: it cannot be sought in, and is emptied again and again."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, piece: bytes) -> int:
        self._pieces.append(bytes(piece))
        return len(piece)

    def flush(self) -> None:
        """Nothing is kept back."""

    def taken(self) -> bytes:
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


class Archive:
    """Gives bytes to be sent, one piece after the other, and lists what it wrote."""

    def __init__(self) -> None:
        self._sink = _Sink()
        self._zip = zipfile.ZipFile(cast("IO[bytes]", self._sink), "w")
        self._listed: list[bytes] = []

    def put(self, path: str, content: bytes) -> Iterator[bytes]:
        """Write a file whose content is there."""
        with self._zip.open(_entry(path, zipfile.ZIP_DEFLATED), "w") as file:
            file.write(content)
        self._list(path, len(content), hashlib.sha256(content).hexdigest())
        yield self._sink.taken()

    async def stream(self, path: str, content: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """Write a file piece by piece. Raises what *content* raises: then the archive is broken."""
        digest, size = hashlib.sha256(), 0
        with self._zip.open(_entry(path, zipfile.ZIP_STORED), "w", force_zip64=True) as file:
            async for piece in content:
                digest.update(piece)
                size += len(piece)
                file.write(piece)
                yield self._sink.taken()
        self._list(path, size, digest.hexdigest())
        yield self._sink.taken()

    def finish(self, path: str, head: dict[str, object]) -> Iterator[bytes]:
        """Write the manifest, *head* before the list of files, and the archive's directory."""
        with self._zip.open(_entry(path, zipfile.ZIP_DEFLATED), "w") as file:
            file.write(msgspec.json.encode(head)[:-1] + b',"files":[\n')
            for place, listed in enumerate(self._listed):
                file.write((b",\n" if place else b"") + listed)
                yield self._sink.taken()
            file.write(b"\n]}\n")
        self._zip.close()
        yield self._sink.taken()

    def _list(self, path: str, size: int, sha256: str) -> None:
        self._listed.append(msgspec.json.encode(Listed(path, size, sha256)))


def _entry(path: str, method: int) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(path, STARTED)
    entry.compress_type = method
    entry.external_attr = 0o600 << 16
    return entry
