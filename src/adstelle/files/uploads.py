"""Take files in while they stream: look, scan and seal at once, then have a copy washed.

At no time is a file in this process as a whole, and never is anything of it on a disk. What may not
be taken is forgotten at once; what breaks off leaves nothing.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from datetime import date
from enum import StrEnum
from typing import Final
from uuid import UUID, uuid4

import msgspec
from multipart import MultipartError, MultipartSegment, ParserLimitReached, PushMultipartParser

from adstelle.crypto import envelope
from adstelle.crypto.files import Container, Header, Opener, Sealer, Version
from adstelle.database import Pool
from adstelle.domain.private import Private
from adstelle.errors import OutcomeUnknown, StorageUnavailable, Unopenable
from adstelle.files import kinds, store
from adstelle.files.scanning import Scan, Scanning, scan
from adstelle.files.store import BATCH, File, Owner
from adstelle.files.washing import Laundry, Washed
from adstelle.web.forms import Entries, Unreadable

MOST_BYTES: Final = 50 * 1024 * 1024
MOST_FILES: Final = 20
MOST_TOTAL: Final = 200 * 1024 * 1024
MOST_PARTS: Final = 400
MOST_FIELD: Final = 256 * 1024
_AWAY: Final = (StorageUnavailable, OutcomeUnknown)
_OFFICE: Final = frozenset({"docx", "xlsx", "odt"})


class Fault(StrEnum):
    """Why a file is not taken."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    TOO_MANY = "too_many"
    TOTAL = "total"
    UNKNOWN = "unknown"
    POLYGLOT = "polyglot"
    BOMB = "bomb"
    MACRO = "macro"
    BROKEN = "broken"
    VIRUS = "virus"


class Refusal(Private, frozen=True):
    """A file that was not taken, by the name it came with."""

    name: str
    fault: Fault


class Received(Private, frozen=True):
    """A form with files: its other fields, what was taken and what was not."""

    entries: dict[str, tuple[str, ...]]
    files: tuple[File, ...]
    refused: tuple[Refusal, ...]


class NotKept(StorageUnavailable):
    """The database went away while files came in: none was kept, but what was typed is here."""

    def __init__(self, entries: Entries) -> None:
        super().__init__()
        self.entries = entries


class Uploads:
    """Files of one process's visitors."""

    def __init__(self, pool: Pool, today: Callable[[], date], *, clamd: str | None) -> None:
        self.pool = pool
        self.today = today
        self.clamd = clamd
        self.laundry = Laundry()

    async def receive(
        self,
        owner: Owner,
        body: AsyncIterator[bytes],
        boundary: str,
        before: Sequence[File],
        otherwise: str,
    ) -> Received:
        """Read a form with files. *before* are those that the owner has; *otherwise* names a file
        without a name.

        Raises `Unreadable`, `NotKept` with what was typed, and whatever *body* raises; then nothing
        of it is kept.
        """
        form = _Form(self, owner, before, otherwise)
        parser = PushMultipartParser(boundary, max_segment_count=MOST_PARTS, max_header_size=4096)
        try:
            await _parse(parser, body, form)
            if form.is_lost:
                raise NotKept(form.received().entries)
            return form.received()
        except MultipartError:
            await form.forget()
            raise Unreadable from None
        except BaseException:
            await asyncio.shield(form.forget())
            raise

    async def fields(self, body: AsyncIterator[bytes], boundary: str) -> Entries:
        """Read what was typed, and throw the files away. Raises as `receive` does."""
        nobody = Owner(container=Container(envelope.new_key(), b""))
        form = _Form(self, nobody, (), "", places=0)
        try:
            await _parse(PushMultipartParser(boundary, max_segment_count=MOST_PARTS), body, form)
        except MultipartError:
            raise Unreadable from None
        return form.received().entries

    async def forget(self, container: Container, files: Iterable[UUID]) -> None:
        """Remove files."""
        for file_id in files:
            await store.forget(self.pool, container.address, file_id)

    def content(
        self, container: Container, file: File, version: Version = "original"
    ) -> AsyncIterator[bytes]:
        """Open a version of a file. Raises `Unopenable` on the way where it is not whole."""
        return opened(self.pool, container, file.file_id, file.header, version)

    async def rescan(self, container: Container, file: File) -> Scan:
        """Scan a file that could not be scanned when it came."""
        found = await scan(self.clamd, self.content(container, file))
        if found is not Scan.OFF and found is not file.scan:
            await store.set_scan(self.pool, container.address, file.file_id, found)
        return found


async def opened(
    pool: Pool, container: Container, file_id: UUID, header: Header, version: Version
) -> AsyncIterator[bytes]:
    """Open a file chunk by chunk."""
    opener = Opener(header.key, file_id, version, header.size_of(version))
    async for sealed in store.chunks(pool, container.address, file_id, version):
        if content := opener.feed(sealed):
            yield content
    if not opener.is_whole:
        raise Unopenable


async def _parse(parser: PushMultipartParser, body: AsyncIterator[bytes], form: "_Form") -> None:
    """Feed a form. After too many parts the rest is thrown away, so that a page can answer."""
    is_full = False
    async for piece in body:
        if is_full:
            continue
        try:
            for event in parser.parse(piece):
                await form.take(event)
        except ParserLimitReached:
            if form.is_inside:  # a header too long is no form of ours
                raise
            is_full = True
            form.refuse_rest()
    if not is_full:
        parser.close()


class _Form:
    """A form on its way in."""

    def __init__(
        self,
        uploads: Uploads,
        owner: Owner,
        before: Sequence[File],
        otherwise: str,
        places: int = MOST_FILES,
    ) -> None:
        self._uploads = uploads
        self._owner = owner
        self._places = places - len(before)
        self._bytes = MOST_TOTAL - sum(file.header.size for file in before)
        self._otherwise = otherwise
        self._entries: dict[str, tuple[str, ...]] = {}
        self._files: list[File] = []
        self._refused: list[Refusal] = []
        self._field: tuple[str, bytearray] | None = None
        self._arriving: _Arriving | None = None
        self._parts = 0
        self.is_lost = False  # the database went away: only what is typed is still read

    @property
    def is_inside(self) -> bool:
        """Whether the parser stopped before the form had many parts."""
        return self._parts < MOST_PARTS

    async def take(self, event: MultipartSegment | bytes | bytearray | None) -> None:
        """Take what the parser found: the start of a part, some of it, or its end."""
        try:
            await self._take(event)
        except _AWAY:
            self.is_lost = True
            self._arriving = None

    async def _take(self, event: MultipartSegment | bytes | bytearray | None) -> None:
        if isinstance(event, MultipartSegment):
            self._parts += 1
            self._start(event)
        elif event is not None:
            await self._go_on(bytes(event))
        else:
            await self._end()

    def _start(self, part: MultipartSegment) -> None:
        if part.filename is None:
            self._field = (part.name or "", bytearray())
        elif (part.filename or part.content_type) and not self.is_lost:
            self._arriving = _Arriving(
                self._uploads,
                self._owner,
                part.filename,
                otherwise=self._otherwise,
                left=self._bytes,
                has_place=self._places > 0,
            )

    async def _go_on(self, content: bytes) -> None:
        if self._field is not None:
            self._field[1].extend(content)
            if len(self._field[1]) > MOST_FIELD:
                raise Unreadable
        elif self._arriving is not None:
            await self._arriving.write(content)

    async def _end(self) -> None:
        if self._field is not None:
            name, typed = self._field
            self._field = None
            self._entries[name] = (*self._entries.get(name, ()), _text(typed))
        elif self._arriving is not None:
            became = await self._arriving.finish()
            self._arriving = None
            if isinstance(became, File):
                self._files.append(became)
                self._places -= 1
                self._bytes -= became.header.size
            elif became is not None:
                self._refused.append(became)

    def refuse_rest(self) -> None:
        """There are more parts than anybody needs."""
        self._refused.append(Refusal("", Fault.TOO_MANY))

    async def forget(self) -> None:
        """Keep nothing of what came."""
        if self._arriving is not None:
            await self._arriving.abandon()
        with contextlib.suppress(*_AWAY):  # what is left goes with the draft, or in an hour
            ids = [file.file_id for file in self._files]
            await self._uploads.forget(self._owner.container, ids)

    def received(self) -> Received:
        """Everything, once the form is whole."""
        return Received(self._entries, tuple(self._files), tuple(self._refused))


def _text(typed: bytearray) -> str:
    try:
        return typed.decode().replace("\r\n", "\n").replace("\x00", "")
    except UnicodeDecodeError:
        raise Unreadable from None


class _Arriving:
    """One file on its way in."""

    def __init__(
        self,
        uploads: Uploads,
        owner: Owner,
        name: str,
        *,
        otherwise: str,
        left: int,
        has_place: bool,
    ) -> None:
        self._uploads = uploads
        self._owner = owner
        self._name = name
        self._otherwise = otherwise
        self._left = left
        self._fault = None if has_place else Fault.TOO_MANY
        self._file_id = uuid4()
        self._key = envelope.new_key()
        self._look = kinds.Look()
        self._scanning = Scanning(uploads.clamd)
        self._sealer = Sealer(self._key, self._file_id, "original")
        self._waiting: list[bytes] = []
        self._stored = 0
        self._has_begun = False

    async def write(self, content: bytes) -> None:
        """Take some of it; once it may not be taken, the rest is thrown away."""
        size = self._sealer.size + len(content)
        if self._fault is None and size > min(MOST_BYTES, self._left):
            self._fault = Fault.TOO_LARGE if size > MOST_BYTES else Fault.TOTAL
            await self.abandon()
        if self._fault is not None:
            return
        if not self._has_begun:
            await store.begin(self._uploads.pool, self._owner, self._file_id, self._uploads.today())
            self._has_begun = True
        self._look.feed(content)
        await self._scanning.feed(content)
        await self._put(self._sealer.feed(content), most=BATCH)

    async def _put(self, chunks: Iterable[bytes], *, most: int) -> None:
        """Store sealed chunks, at least *most* at a time."""
        for chunk in chunks:
            self._waiting.append(chunk)
            if len(self._waiting) >= BATCH:
                await self._flush("original")
        if len(self._waiting) >= most:
            await self._flush("original")

    async def _flush(self, version: Version) -> None:
        if self._waiting:
            await store.put_chunks(
                self._uploads.pool,
                self._owner.container.address,
                self._file_id,
                version,
                self._stored,
                self._waiting,
            )
            self._stored += len(self._waiting)
            self._waiting = []

    async def finish(self) -> File | Refusal | None:
        """It is whole: say what became of it. None where nothing was chosen in the form."""
        if self._fault is None and not self._sealer.size:
            if not self._name:
                return None
            self._fault = Fault.EMPTY
        seen = self._look.seen() if self._fault is None else kinds.Seen()
        if seen.fault is not None:
            self._fault = Fault(seen.fault)
        scanned = await self._scanning.finish() if self._fault is None else Scan.OFF
        if scanned is Scan.FOUND:
            self._fault = Fault.VIRUS
        if self._fault is not None:
            return await self._refusal(self._fault)
        await self._put(self._sealer.finish(), most=1)
        return await self._kept(seen.kind, scanned)

    async def _refusal(self, fault: Fault) -> Refusal:
        await self.abandon()
        return Refusal(kinds.clean_name(self._name) or self._otherwise, fault)

    async def _kept(self, kind: str, scanned: Scan) -> File | Refusal:
        header = Header(key=self._key, name="", kind=kind, size=self._sealer.size)
        if kind in kinds.WASHED:
            washed = await self._wash(header)
            if isinstance(washed, Fault):
                return await self._refusal(washed)
            header = washed
        name = kinds.named(self._name, header.kind, self._otherwise)
        header = msgspec.structs.replace(header, name=name)
        await store.seal(self._uploads.pool, self._owner, self._file_id, header, scanned)
        return File(self._file_id, header, scanned, self._uploads.today())

    async def _wash(self, header: Header) -> Header | Fault:
        """Have a copy made of what was stored; the process that does it is not trusted."""
        pool, container = self._uploads.pool, self._owner.container
        content = opened(pool, container, self._file_id, header, "original")
        try:
            async with self._uploads.laundry.wash(header.kind, content) as washed:
                became = await self._copied(header, washed)
        except TimeoutError:
            became = Fault.BOMB if header.kind == kinds.ZIP else header
        if isinstance(became, Header) and became.copy_size is None:
            await store.drop_copy(pool, container.address, self._file_id)
        return became

    async def _copied(self, header: Header, washed: Washed) -> Header | Fault:
        fate = washed.fate
        if fate.fate == "refused":
            return Fault(fate.why) if fate.why in set(Fault) else Fault.BROKEN
        if header.kind == kinds.ZIP and fate.kind not in _OFFICE:
            return Fault.BROKEN
        kind = fate.kind if header.kind == kinds.ZIP else header.kind
        found = msgspec.structs.replace(header, kind=kind)
        if fate.fate != "washed" or fate.copy not in kinds.ENDINGS:
            return found
        sealer = Sealer(self._key, self._file_id, "copy")
        self._stored, self._waiting = 0, []
        async for piece in washed.copy:
            if sealer.size + len(piece) > 2 * MOST_BYTES:
                return found
            await self._put_copy(sealer.feed(piece))
        await self._put_copy(sealer.finish())
        await self._flush("copy")
        if sealer.size != fate.size or not sealer.size:
            return found
        return msgspec.structs.replace(found, copy_kind=fate.copy, copy_size=sealer.size)

    async def _put_copy(self, chunks: Iterable[bytes]) -> None:
        for chunk in chunks:
            self._waiting.append(chunk)
            if len(self._waiting) >= BATCH:
                await self._flush("copy")

    async def abandon(self) -> None:
        """Keep nothing of it."""
        self._waiting = []
        await self._scanning.close()
        if self._has_begun:
            self._has_begun = False
            with contextlib.suppress(*_AWAY):  # what is left goes with the draft, or in an hour
                await self._uploads.forget(self._owner.container, [self._file_id])
