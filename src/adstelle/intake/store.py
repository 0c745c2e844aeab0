"""SQL of the public form. It writes reports and never reads them back."""

from datetime import datetime

import asyncpg
import msgspec

from adstelle.asking.sealed import SealedReport
from adstelle.crypto.hpke import PublicKey
from adstelle.database import Connection, Pool, Role, connection, queries, transaction
from adstelle.files import store as file_store
from adstelle.files.store import Moved

_sql = queries("intake")


class Submission(msgspec.Struct, frozen=True, kw_only=True):
    """A report, and the receipt by which a repeated submission is known."""

    report: SealedReport
    submission_id: bytes
    sealed_receipt: bytes
    expires_at: datetime
    files_at: bytes = b""
    files: tuple[Moved, ...] = ()


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
            await file_store.move(conn, given.files_at, given.report.report_id, given.files)
    except asyncpg.UniqueViolationError:  # ids are random: only the submission can repeat
        return False
    return True


async def _insert(conn: Connection, given: Submission) -> None:
    await _sql.insert_report(
        conn,
        **given.report.columns(),
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
