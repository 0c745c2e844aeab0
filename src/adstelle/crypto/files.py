"""Files: sealed chunk by chunk while they stream, openable chunk by chunk, and only whole.

The construction is STREAM (Hoang, Reyhanitabar, Rogaway and Vizár, 2015) over AES-256-GCM: every
chunk's nonce is ``7 zero bytes | chunk number (4) | 1 if it is the last, else 0``, under a key of
this stream alone. A chunk left out, added, swapped or taken from elsewhere does not open;
neither does a stream that ends too early. A stored chunk is ``version (1) | ciphertext | tag``.

A file has one random key. It lies with the file's name, kind and size in a header, sealed for the
container: a draft, a report or a message. Whoever can open the container can open the header.
"""

from collections.abc import Iterator
from typing import Final, Literal
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from adstelle.crypto import envelope
from adstelle.domain.private import Private
from adstelle.errors import Unopenable

VERSION: Final = b"\x01"
CHUNK: Final = (
    64 * 1024
)  # bytes of plaintext in a chunk; a file of one byte takes one chunk as well
MOST_CHUNKS: Final = 1 << 32

Version = Literal["original", "copy"]


class Header(Private, frozen=True, kw_only=True):
    """What a file is called and is. *kind* is a code of `adstelle.files.kinds`, *size* in bytes.

    *copy_kind* and *copy_size* are those of the copy without metadata; None where there is none.
    """

    key: bytes
    name: str
    kind: str
    size: int
    copy_kind: str | None = None
    copy_size: int | None = None

    def size_of(self, version: Version) -> int:
        """How long a version is; 0 where there is none."""
        return self.size if version == "original" else self.copy_size or 0


class Container(Private, frozen=True):
    """Something that files belong to. *key* opens its headers, *place* names it in the bindings."""

    key: bytes
    place: bytes

    @property
    def address(self) -> bytes:
        """Where its files are found. Only who has the key can name it."""
        return envelope.derive(self.key, "files/1/address")

    def seal(self, file_id: UUID, header: Header) -> bytes:
        """Seal a header for this container."""
        return envelope.seal(
            envelope.derive(self.key, "files/1/header"),
            msgspec.json.encode(header),
            self._binding(file_id),
        )

    def open(self, file_id: UUID, sealed: bytes) -> Header:
        """Open a header. Raises `Unopenable` for another file's or container's."""
        key = envelope.derive(self.key, "files/1/header")
        opened = envelope.open_sealed(key, sealed, self._binding(file_id))
        return msgspec.json.decode(opened, type=Header)

    def _binding(self, file_id: UUID) -> bytes:
        return b"file/1/" + file_id.bytes + self.place


def of_draft(secret: bytes, draft_id: bytes) -> Container:
    """The files of a draft; *secret* is known to the browser alone."""
    return Container(envelope.derive(secret, "draft/1/files"), b"draft/" + draft_id)


def of_report(account_key: bytes, report_id: UUID) -> Container:
    """The files sent with a report: who can open the account can open them."""
    return Container(envelope.derive(account_key, "report/1/files"), b"report/" + report_id.bytes)


def of_message(message_key: bytes) -> Container:
    """The files of a message, which has a key of its own: who can open it can open them."""
    return Container(envelope.derive(message_key, "message/1/files"), b"message")


def chunks_of(size: int) -> int:
    """How many chunks a file of *size* bytes is stored in: a class, so that length says little.

    Padmé (Nikitin and others, PURBs, 2019) over the number of chunks: at most 12 % more.
    """
    needed = max(1, -(-size // CHUNK))
    if needed < 4:
        return needed
    exponent = needed.bit_length() - 1
    mask = (1 << (exponent - exponent.bit_length())) - 1
    return (needed + mask) & ~mask


def _nonce(position: int, *, is_last: bool) -> bytes:
    if position >= MOST_CHUNKS:
        raise Unopenable
    return bytes(7) + position.to_bytes(4) + (b"\x01" if is_last else b"\x00")


class _Stream:
    """The key and binding of one version of one file."""

    def __init__(self, file_key: bytes, file_id: UUID, version: Version) -> None:
        self._aead = AESGCM(envelope.derive(file_key, f"file/1/{version}"))
        self._binding = VERSION + b"chunk/1/" + file_id.bytes + version.encode()
        self._position = 0


class Sealer(_Stream):
    """Seals a stream: `feed` what arrives, `finish` at its end; both give chunks to be stored."""

    def __init__(self, file_key: bytes, file_id: UUID, version: Version) -> None:
        super().__init__(file_key, file_id, version)
        self._rest = bytearray()
        self.size = 0

    def feed(self, content: bytes) -> Iterator[bytes]:
        """Seal the chunks that are full; the last one waits, it may turn out to be the last."""
        self.size += len(content)
        self._rest += content
        while len(self._rest) > CHUNK:
            yield self._sealed(bytes(self._rest[:CHUNK]), is_last=False)
            del self._rest[:CHUNK]

    def finish(self) -> Iterator[bytes]:
        """Seal the rest, filled up to the size class."""
        last = chunks_of(self.size) - 1
        rest = bytes(self._rest).ljust(CHUNK, b"\x00")
        while self._position < last:
            yield self._sealed(rest, is_last=False)
            rest = bytes(CHUNK)
        yield self._sealed(rest, is_last=True)

    def _sealed(self, plaintext: bytes, *, is_last: bool) -> bytes:
        nonce = _nonce(self._position, is_last=is_last)
        self._position += 1
        return VERSION + self._aead.encrypt(nonce, plaintext, self._binding)


class Opener(_Stream):
    """Opens a stream of *size* bytes: `feed` the chunks in order, then ask `is_whole`."""

    def __init__(self, file_key: bytes, file_id: UUID, version: Version, size: int) -> None:
        super().__init__(file_key, file_id, version)
        self._left = size
        self._chunks = chunks_of(size)

    @property
    def is_whole(self) -> bool:
        """Whether the last chunk was opened."""
        return self._position == self._chunks

    def feed(self, sealed: bytes) -> bytes:
        """Open the next chunk. Raises `Unopenable`; what came before was right."""
        is_last = self._position == self._chunks - 1
        if sealed[:1] != VERSION or self.is_whole:
            raise Unopenable
        try:
            opened = self._aead.decrypt(
                _nonce(self._position, is_last=is_last), sealed[1:], self._binding
            )
        except InvalidTag:
            raise Unopenable from None
        self._position += 1
        content = opened[: self._left]
        self._left -= len(content)
        return content
