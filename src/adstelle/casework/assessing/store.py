"""What is counted of a case, on its way in: it is read sealed and goes out sealed."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from adstelle.casework.store import SealedCase
from adstelle.crypto.hpke import PublicKey
from adstelle.database import Connection, queries

_sql = queries("assessing")


class Findings(SealedCase, frozen=True, kw_only=True):
    """A case with everything that its assessment is made of, still sealed."""

    contact: bytes | None
    revision: int | None
    record: bytes | None
    incident_id: UUID | None
    incident_revision: int | None
    incident: bytes | None
    series_id: UUID | None
    series: bytes | None


async def statistics_key(conn: Connection) -> PublicKey | None:
    """The key that assessments are sealed to; None where it is not set up.

    From here on nobody else of the Stelle assesses anything. It is the last that a transaction
    waits for, and what it reads before it seals is read after this.
    """
    encoded = await _sql.statistics_key(conn)
    return None if encoded is None else PublicKey(encoded)


async def findings(conn: Connection, case_ids: Sequence[UUID]) -> list[Findings]:
    """Read what is counted of these cases, those that came as a package left out."""
    rows = _sql.findings(conn, case_ids=list(case_ids))
    return [msgspec.convert(dict(row), Findings) async for row in rows]


async def keep(conn: Connection, sealed: dict[UUID, bytes]) -> None:
    """Keep sealed assessments by their numbers, in place of the former ones.

    In the order of the numbers, as everything that changes several of them at once.
    """
    ids = sorted(sealed)
    await _sql.assess(conn, ids=ids, contents=[sealed[each] for each in ids])


async def outdate_barred(
    conn: Connection, incidents: Sequence[UUID] = (), *, series_id: UUID | None = None
) -> None:
    """Have the cases of *incidents*, or of a series, that the member is kept from assessed by
    somebody else.
    """
    await _sql.outdate_barred(conn, incidents=list(incidents), series_id=series_id)
