"""The sealed search index in the database."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final
from uuid import UUID

import msgspec

from adstelle.casework.store import MessageRow, SealedCase
from adstelle.crypto.sessions import Session
from adstelle.database import Connection, queries

SCHEME: Final = 3  # raise it when words are folded or cut in another way: all is made anew
_sql = queries("search")


def scheme_of(session: Session) -> int:
    """By which scheme a session indexes: a new key of the Stelle makes all tokens anew, too."""
    return SCHEME + len(session.older)


class Recorded(SealedCase, frozen=True, kw_only=True):
    """A sealed case with its record as it stands, if there is one."""

    revision: int | None
    record: bytes | None


class Kept(msgspec.Struct, frozen=True):
    """A case as the index knows it, the first statutory day to come, and what it counts as."""

    case_id: UUID
    tokens: list[int]
    due_on: date | None
    tally: bytes | None = None


async def unindexed(conn: Connection, scheme: int, most: int) -> list[Recorded]:
    """Read the newest cases that are not in the index as they are now."""
    rows = _sql.unindexed(conn, scheme=scheme, most=most)
    return [msgspec.convert(dict(row), Recorded) async for row in rows]


async def missing(conn: Connection, scheme: int, most: int) -> int:
    """Count the cases that are not in the index as they are now, up to *most*."""
    return int(await _sql.missing(conn, scheme=scheme, most=most))


async def conversations(
    conn: Connection, report_ids: Sequence[UUID]
) -> dict[UUID, list[MessageRow]]:
    """Read what was written and read, by report."""
    found: dict[UUID, list[MessageRow]] = {report_id: [] for report_id in report_ids}
    async for row in _sql.conversations(conn, report_ids=list(report_ids)):
        found[row["report_id"]].append(msgspec.convert(dict(row), MessageRow))
    return found


async def is_outdated(conn: Connection, case_id: UUID, scheme: int) -> bool:
    """Whether a case is not in the index as it is now; it is held until the transaction ends."""
    return bool(await _sql.is_outdated(conn, case_id=case_id, scheme=scheme))


async def keep(conn: Connection, scheme: int, cases: Sequence[Kept]) -> None:
    """Bring cases up to date in the index."""
    await _sql.keep_tokens(
        conn, [{"case_id": case.case_id, "tokens": case.tokens} for case in cases]
    )
    await _sql.keep_tally(
        conn,
        [
            {"case_id": case.case_id, "scheme": scheme, "sealed": case.tally}
            for case in cases
            if case.tally is not None
        ],
    )
    await _sql.keep_indexed(
        conn,
        [{"case_id": case.case_id, "scheme": scheme, "due_on": case.due_on} for case in cases],
    )


async def keep_due(conn: Connection, days: Iterable[tuple[UUID, date | None]]) -> None:
    """Note the first statutory day to come of each case."""
    await _sql.keep_due(conn, [{"case_id": case_id, "due_on": day} for case_id, day in days])


async def outdate(conn: Connection, report_id: UUID, stelle: str) -> None:
    """Note that something was written which the index does not know yet."""
    await _sql.outdate(conn, report_id=report_id, stelle=stelle)


async def outdate_case(conn: Connection, case_id: UUID) -> None:
    """The same for a case of which the Stelle noted something."""
    await _sql.outdate_case(conn, case_id=case_id)
