"""SQL of the public form. It writes reports and never reads them back."""

from datetime import date, datetime
from uuid import UUID

import asyncpg
import msgspec

from adstelle.crypto.hpke import PublicKey
from adstelle.crypto.sealing import MAILBOX, SealedParts
from adstelle.database import Connection, Pool, Role, connection, queries, transaction
from adstelle.files import store as file_store
from adstelle.files.store import Moved
from adstelle.handing import SealedHandover

_sql = queries("intake")


class Submission(msgspec.Struct, frozen=True, kw_only=True):
    """Everything one submission stores."""

    report_id: UUID
    received_on: date
    mailbox_lookup: bytes
    mailbox_key: bytes
    parts: SealedParts
    mailbox_wrap: bytes
    card_id: UUID
    card: bytes
    given: tuple[SealedHandover, ...]
    submission_id: bytes
    sealed_receipt: bytes
    expires_at: datetime
    files_at: bytes = b""
    files: tuple[Moved, ...] = ()

    @property
    def wraps(self) -> dict[str, bytes]:
        """The mailbox's wrap, and one for each Stelle that works here."""
        stellen = {each.stelle: each.wrap for each in self.given if each.wrap is not None}
        return {MAILBOX: self.mailbox_wrap} | stellen


async def insert(pool: Pool, given: Submission) -> bool:
    """Store a submission in one statement; false when the same one is stored already.

    With files it is one transaction. Raises `files.store.Gone` when one of them is not there.
    """
    try:
        if not given.files:
            async with connection(pool) as conn:
                await _insert(conn, given)
            return True
        async with transaction(pool, Role.INTAKE) as conn:
            await _insert(conn, given)
            await file_store.move(conn, given.files_at, given.report_id, given.files)
    except asyncpg.UniqueViolationError:  # ids are random: only the submission can repeat
        return False
    return True


async def _insert(conn: Connection, given: Submission) -> None:
    await _sql.insert_report(
        conn,
        report_id=given.report_id,
        received_on=given.received_on,
        mailbox_lookup=given.mailbox_lookup,
        mailbox_key=given.mailbox_key,
        account=given.parts.account,
        contact=given.parts.contact,
        recipients=list(given.wraps),
        wraps=list(given.wraps.values()),
        card_id=given.card_id,
        card=given.card,
        handovers=[each.handover_id for each in given.given],
        stellen=[each.stelle for each in given.given],
        for_stelle=[each.for_stelle for each in given.given],
        for_mailbox=[each.for_mailbox for each in given.given],
        packages=[each.package for each in given.given],
        sender_names=[each.sender_name for each in given.given],
        lanes=[each.lane for each in given.given],
        submission_id=given.submission_id,
        sealed_receipt=given.sealed_receipt,
        expires_at=given.expires_at,
    )


async def sealed_receipt(pool: Pool, submission_id: bytes) -> bytes | None:
    """Read the sealed receipt of a submission, as long as it is kept."""
    async with transaction(pool, Role.INTAKE, scope=submission_id) as conn:
        found: bytes | None = await _sql.receipt(conn, submission_id=submission_id)
    return found


async def public_keys(pool: Pool) -> dict[str, PublicKey]:
    """Read everybody's public key."""
    async with connection(pool) as conn:
        rows = [row async for row in _sql.public_keys(conn)]
    return {row["owner"]: PublicKey(row["encoded"]) for row in rows}


async def draft(pool: Pool, draft_id: bytes) -> bytes | None:
    """Read a sealed draft that has not expired."""
    async with transaction(pool, Role.INTAKE, scope=draft_id) as conn:
        found: bytes | None = await _sql.draft(conn, draft_id=draft_id)
    return found


async def save_draft(pool: Pool, draft_id: bytes, sealed: bytes, expires_at: datetime) -> None:
    """Write a sealed draft."""
    async with transaction(pool, Role.INTAKE, scope=draft_id) as conn:
        await _sql.save_draft(conn, draft_id=draft_id, sealed=sealed, expires_at=expires_at)


async def delete_draft(pool: Pool, draft_id: bytes) -> None:
    """Forget a draft."""
    async with transaction(pool, Role.INTAKE, scope=draft_id) as conn:
        await _sql.delete_draft(conn, draft_id=draft_id)
