"""SQL of files. Rows are reached by the address of what they belong to, which takes its key."""

from collections.abc import AsyncIterator, Sequence
from datetime import date
from typing import Final
from uuid import UUID

import asyncpg
import msgspec

from adstelle.crypto.files import Container, Header, Version
from adstelle.database import Connection, Pool, Role, act_as, queries, transaction
from adstelle.domain.private import Private
from adstelle.errors import AdstelleError, Unopenable
from adstelle.files.scanning import Scan

BATCH: Final = 8  # chunks in one statement: half a megabyte
_sql = queries("files")


class Gone(AdstelleError):
    """What the file should belong to is not there any more."""


class Owner(Private, frozen=True, kw_only=True):
    """Whose files: a draft's, or those of a message about a report."""

    container: Container
    draft_id: bytes | None = None
    report_id: UUID | None = None

    @property
    def is_draft(self) -> bool:
        """Whether a file is kept as soon as it is whole; else it waits for its message."""
        return self.draft_id is not None


class File(Private, frozen=True):
    """A whole file, with its header open."""

    file_id: UUID
    header: Header
    scan: Scan
    arrived_on: date

    @property
    def is_free(self) -> bool:
        """Whether it may be handed out: nothing was found, or nothing is scanned here."""
        return self.scan in {Scan.CLEAN, Scan.OFF}


class Moved(Private, frozen=True):
    """A draft's file on its way into a report: its header, sealed for the report."""

    file_id: UUID
    address: bytes
    header: bytes


async def begin(pool: Pool, owner: Owner, file_id: UUID, today: date) -> None:
    """Make room for a file. Raises `Gone` where its draft or report is gone."""
    address = owner.container.address
    try:
        async with transaction(pool, Role.FILES, scope=address) as conn:
            await _sql.begin_file(
                conn,
                file_id=file_id,
                address=address,
                draft_id=owner.draft_id,
                report_id=owner.report_id,
                today=today,
            )
    except asyncpg.ForeignKeyViolationError:
        raise Gone from None


async def put_chunks(
    pool: Pool, address: bytes, file_id: UUID, version: Version, first: int, chunks: Sequence[bytes]
) -> None:
    """Keep the next chunks. Raises `Gone` where the file is gone."""
    try:
        async with transaction(pool, Role.FILES, scope=address) as conn:
            await _sql.put_chunks(
                conn, file_id=file_id, version=version, first=first, chunks=list(chunks)
            )
    except (asyncpg.InsufficientPrivilegeError, asyncpg.ForeignKeyViolationError):
        raise Gone from None


async def drop_copy(pool: Pool, address: bytes, file_id: UUID) -> None:
    """Forget a copy that did not become whole."""
    async with transaction(pool, Role.FILES, scope=address) as conn:
        await _sql.drop_copy(conn, file_id=file_id)


async def seal(pool: Pool, owner: Owner, file_id: UUID, header: Header, scan: Scan) -> None:
    """Note that a file is whole. Raises `Gone` where it is gone."""
    container = owner.container
    async with transaction(pool, Role.FILES, scope=container.address) as conn:
        kept = await _sql.seal_file(
            conn,
            file_id=file_id,
            header=container.seal(file_id, header),
            scan=scan,
            is_kept=owner.is_draft,
        )
    if kept is None:
        raise Gone


async def files(pool: Pool, container: Container) -> tuple[File, ...]:
    """The whole files of a container; one whose header does not open is left out."""
    async with transaction(pool, Role.FILES, scope=container.address) as conn:
        rows = [row async for row in _sql.files_at(conn, address=container.address)]
    return tuple(
        File(row["file_id"], header, Scan(row["scan"]), row["arrived_on"])
        for row in rows
        if (header := _opened(container, row["file_id"], row["header"])) is not None
    )


def _opened(container: Container, file_id: UUID, sealed: bytes) -> Header | None:
    try:
        return container.open(file_id, sealed)
    except Unopenable:
        return None


async def chunks(
    pool: Pool, address: bytes, file_id: UUID, version: Version
) -> AsyncIterator[bytes]:
    """The sealed chunks of a file, a few at a time; no connection is held in between."""
    first = 0
    while True:
        async with transaction(pool, Role.FILES, scope=address) as conn:
            found = [
                row["sealed"]
                async for row in _sql.chunks(
                    conn, file_id=file_id, version=version, first=first, most=BATCH
                )
            ]
        for sealed in found:
            yield sealed
        first += len(found)
        if len(found) < BATCH:
            return


async def forget(pool: Pool, address: bytes, file_id: UUID) -> None:
    """Remove a file."""
    async with transaction(pool, Role.FILES, scope=address) as conn:
        await _sql.forget_file(conn, file_id=file_id)


async def move(conn: Connection, address: bytes, report_id: UUID, moved: Sequence[Moved]) -> None:
    """End the transaction that stores a report: give it the draft's files. Raises `Gone`."""
    await act_as(conn, Role.FILES, scope=address + moved[0].address)
    for each in moved:
        found = await _sql.move_file(conn, report_id=report_id, **msgspec.structs.asdict(each))
        if found is None:
            raise Gone


async def keep_with_message(conn: Connection, container: Container, message_id: UUID) -> None:
    """End the transaction that stores a message: keep its files."""
    await act_as(conn, Role.FILES, scope=container.address)
    await _sql.keep_with_message(conn, address=container.address, message_id=message_id)


async def set_scan(pool: Pool, address: bytes, file_id: UUID, scan: Scan) -> None:
    """Note what the scanner said."""
    async with transaction(pool, Role.FILES, scope=address) as conn:
        await _sql.set_scan(conn, file_id=file_id, scan=scan)
