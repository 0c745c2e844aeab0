"""SQL of the mailbox: what a code's address reaches, and nothing else."""

from datetime import date
from uuid import UUID

import msgspec

from adstelle.crypto.hpke import PublicKey
from adstelle.crypto.sealing import SealedMessage
from adstelle.database import Connection, Pool, Role, queries, transaction

_sql = queries("mailbox")


class BoxRow(msgspec.Struct, frozen=True):
    """A report as it lies there, sealed."""

    report_id: UUID
    received_on: date
    mailbox_key: bytes
    wrapped: bytes
    account: bytes
    contact: bytes


class RecipientRow(msgspec.Struct, frozen=True, kw_only=True):
    """One hand-over; *state* is where the Stelle's case stands, None until it is open."""

    handover_id: UUID
    stelle: str
    referred_by: str | None
    given_on: date
    withdrawn_on: date | None
    decision: str | None
    reason: str | None
    for_mailbox: bytes | None
    delivery: str | None
    attempts: int | None
    state: str | None


class MessageRow(msgspec.Struct, frozen=True):
    """A sealed message."""

    message_id: UUID
    stelle: str
    author: str
    sent_on: date
    read_on: date | None
    sealed: bytes
    for_mailbox: bytes


class Contents(msgspec.Struct, frozen=True):
    """Everything behind a code."""

    box: BoxRow
    recipients: tuple[RecipientRow, ...]
    messages: tuple[MessageRow, ...]


async def contents(pool: Pool, lookup: bytes, today: date) -> Contents | None:
    """Read a mailbox and note that its messages were seen; None when no code leads there."""
    async with transaction(pool, Role.MAILBOX, scope=lookup) as conn:
        row = await _sql.box(conn, lookup=lookup)
        if row is None:
            return None
        box = BoxRow(**dict(row))
        found = Contents(
            box=box,
            recipients=await _recipients(conn, box.report_id),
            messages=tuple(
                [MessageRow(**dict(r)) async for r in _sql.messages(conn, report_id=box.report_id)]
            ),
        )
        await _sql.mark_read(conn, report_id=box.report_id, today=today)
    return found


async def _recipients(conn: Connection, report_id: UUID) -> tuple[RecipientRow, ...]:
    rows = _sql.recipients(conn, report_id=report_id)
    return tuple([RecipientRow(**dict(row)) async for row in rows])


class Address(msgspec.Struct, frozen=True):
    """Whom an answer is sealed for."""

    report_id: UUID
    mailbox_key: PublicKey
    stelle_key: PublicKey


async def address(pool: Pool, lookup: bytes, stelle: str) -> Address | None:
    """Find the keys for a message to *stelle*; None unless the report was given to it."""
    async with transaction(pool, Role.MAILBOX, scope=lookup) as conn:
        row = await _sql.box(conn, lookup=lookup)
        if row is None:
            return None
        chosen = {
            entry.stelle
            for entry in await _recipients(conn, row["report_id"])
            if entry.withdrawn_on is None
        }
        keys = {key["owner"]: key["encoded"] async for key in _sql.public_keys(conn)}
    if stelle not in chosen or stelle not in keys:
        return None
    return Address(row["report_id"], PublicKey(row["mailbox_key"]), PublicKey(keys[stelle]))


class NewMessage(msgspec.Struct, frozen=True):
    """A sealed message on its way in."""

    message_id: UUID
    sent_on: date
    sealed: SealedMessage


async def insert_message(
    pool: Pool, lookup: bytes, given: Address, stelle: str, message: NewMessage
) -> bool:
    """Keep a message; false when there is one with this id."""
    async with transaction(pool, Role.MAILBOX, scope=lookup) as conn:
        kept = await _sql.insert_message(
            conn,
            message_id=message.message_id,
            report_id=given.report_id,
            stelle=stelle,
            sent_on=message.sent_on,
            sealed=message.sealed.sealed,
            for_stelle=message.sealed.for_stelle,
            for_mailbox=message.sealed.for_mailbox,
        )
    return kept is not None


class KeptMessage(msgspec.Struct, frozen=True):
    """A message of the person as it lies there, sealed."""

    stelle: str
    sealed: bytes
    for_mailbox: bytes


async def message(
    pool: Pool, lookup: bytes, given: Address, message_id: UUID
) -> KeptMessage | None:
    """Find a message of the person; None when the id belongs to something else."""
    async with transaction(pool, Role.MAILBOX, scope=lookup) as conn:
        row = await _sql.message(conn, report_id=given.report_id, message_id=message_id)
    return None if row is None else KeptMessage(**dict(row))
