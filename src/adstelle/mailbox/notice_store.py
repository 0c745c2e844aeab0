"""SQL of the address for mails without content, as far as the person has to do with it."""

from datetime import datetime
from uuid import UUID

import msgspec

from adstelle.database import Connection, Pool, Role, queries, transaction

_sql = queries("notice")


class NoticeRow(msgspec.Struct, frozen=True):
    """The address for mails without content: None where there is none.

    *works*: the worker has not given it up; *key*: whom one is sealed for, None where no mails are
    sent.
    """

    for_mailbox: bytes | None
    works: bool
    key: bytes | None


class NewNotice(msgspec.Struct, frozen=True):
    """An address on its way in, sealed for both; *due_at*: when its mailbox is looked at first."""

    report_id: UUID
    for_worker: bytes
    for_mailbox: bytes
    due_at: datetime


async def read(conn: Connection, report_id: UUID) -> NoticeRow:
    """What was left, and whether anything can be."""
    row = await _sql.notice(conn, report_id=report_id)
    return NoticeRow(**dict(row))


async def seen(conn: Connection, report_id: UUID) -> None:
    """The person sees everything that has come."""
    await _sql.seen(conn, report_id=report_id)


async def leave(pool: Pool, lookup: bytes, new: NewNotice) -> None:
    """Keep an address in place of any other."""
    async with transaction(pool, Role.MAILBOX, scope=lookup) as conn:
        await _sql.leave(
            conn,
            report_id=new.report_id,
            for_worker=new.for_worker,
            for_mailbox=new.for_mailbox,
            due_at=new.due_at,
        )


async def remove(pool: Pool, lookup: bytes, report_id: UUID) -> None:
    """Forget it. Twice is harmless."""
    async with transaction(pool, Role.MAILBOX, scope=lookup) as conn:
        await _sql.remove(conn, report_id=report_id)
