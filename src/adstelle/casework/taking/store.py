"""What an adviser took in the database: the report goes in sealed, the slip comes back sealed."""

from datetime import date, timedelta
from typing import Final
from uuid import UUID

import asyncpg

from adstelle.asking.sealed import SealedReport
from adstelle.casework import store
from adstelle.casework.access import within
from adstelle.casework.store import Act
from adstelle.crypto.hpke import PublicKey
from adstelle.crypto.sessions import Session
from adstelle.database import Pool, queries

SLIP_LIFE: Final = timedelta(hours=1)
_sql = queries("taking")


async def take(
    pool: Pool, session: Session, case_id: UUID, sealed: SealedReport, slip: bytes, today: date
) -> bool:
    """Store a report and open its case; false when this very one is stored already."""
    try:
        async with within(pool, session) as conn:
            await _sql.take(
                conn,
                **sealed.columns(),
                case_id=case_id,
                today=today,
                receipt=slip,
                life=SLIP_LIFE,
            )
            await store.append_log(conn, session, Act.REPORT_TAKEN, [case_id])
    except asyncpg.UniqueViolationError:
        return False
    return True


async def public_keys(pool: Pool, session: Session) -> dict[str, PublicKey]:
    """Read everybody's public key."""
    async with within(pool, session) as conn:
        return {row["owner"]: PublicKey(row["encoded"]) async for row in _sql.public_keys(conn)}


async def slip(pool: Pool, session: Session, case_id: UUID) -> bytes | None:
    """Read the sealed slip of a case, as long as it is kept."""
    async with within(pool, session) as conn:
        found: bytes | None = await _sql.receipt(conn, case_id=case_id)
    return found


async def forget_slip(pool: Pool, session: Session, case_id: UUID) -> None:
    """Delete the slip of a case, and with it the only copy of the person's code."""
    async with within(pool, session) as conn:
        await _sql.forget_receipt(conn, case_id=case_id)


async def is_taken(pool: Pool, session: Session, case_id: UUID) -> bool:
    """Whether the Stelle has this case."""
    async with within(pool, session) as conn:
        return bool(await _sql.case_taken(conn, case_id=case_id))
