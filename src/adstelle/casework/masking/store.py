"""What copies of a case are masked with, in the database: sealed, and only ever appended."""

from typing import Final
from uuid import UUID

import msgspec

from adstelle.crypto.sessions import Session
from adstelle.database import Connection, queries
from adstelle.domain.masking import Masks
from adstelle.domain.private import Private
from adstelle.errors import Unopenable

_sql = queries("masking")
PURPOSE: Final = "mask"


class Kept(Private, frozen=True):
    """What copies are masked with now; *masks* is None where that does not open."""

    revision: int
    masks: Masks | None


async def latest(conn: Connection, session: Session, case_id: UUID) -> Kept:
    """Read and open what copies of a case are masked with; revision 0 is before the first."""
    row = await _sql.latest(conn, case_id=case_id)
    if row is None:
        return Kept(0, Masks())
    try:
        opened = session.open_own(PURPOSE, row["sealed"], _place(case_id, row["revision"]))
    except Unopenable:
        return Kept(row["revision"], None)
    return Kept(row["revision"], msgspec.json.decode(opened, type=Masks))


async def append(
    conn: Connection, session: Session, case_id: UUID, revision: int, masks: Masks
) -> None:
    """Seal and append a revision; the caller holds the case."""
    await _sql.append(
        conn,
        case_id=case_id,
        revision=revision,
        stelle=session.stelle,
        member_id=session.member_id,
        sealed=session.seal_own(PURPOSE, msgspec.json.encode(masks), _place(case_id, revision)),
    )


def _place(case_id: UUID, revision: int) -> bytes:
    return case_id.bytes + revision.to_bytes(4, "big")
