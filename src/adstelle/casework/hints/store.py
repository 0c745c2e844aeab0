"""Cases to be compared, and what advisers said of them, in the database."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Final
from uuid import UUID

import msgspec

from adstelle.casework.index.store import Recorded
from adstelle.crypto.sessions import Session
from adstelle.database import Connection, queries
from adstelle.domain.private import Private
from adstelle.errors import Unopenable

_sql = queries("hints")
PURPOSE: Final = "hint"
COMMON: Final = 200  # a token of more cases tells nothing
MOST_SIZE: Final = 10_000  # from here on COMMON is below what is rare
_APART, _OPEN = b"apart", b"open"


class Alike(msgspec.Struct, frozen=True):
    """A case that shares tokens with another one; *cases*: how many have each of them."""

    case_id: UUID
    shared: list[int]
    cases: list[int]


class Answer(Private, frozen=True, kw_only=True):
    """What somebody said of a case and *other_id*: *apart*, they do not belong together, or that
    is open again. None where it does not open.
    """

    other_id: UUID
    made_at: datetime
    name: str
    apart: bool | None


async def cases(conn: Connection, case_ids: Collection[UUID]) -> list[Recorded]:
    """Read cases, still sealed, in the order in which they are named."""
    rows = [dict(row) async for row in _sql.cases(conn, case_ids=list(case_ids))]
    read = {row["case_id"]: msgspec.convert(row, Recorded) for row in rows}
    return [read[case_id] for case_id in case_ids if case_id in read]


async def alike(
    conn: Connection,
    tokens: Collection[int],
    most: int,
    *,
    without: Collection[UUID] = (),
    only: UUID | None = None,
) -> list[Alike]:
    """Find the cases that share the rarest of *tokens*, the best first; or ask of one case only."""
    rows = _sql.alike(
        conn,
        tokens=list(tokens),
        without=list(without),
        only_case=only,
        common=COMMON,
        most=most,
    )
    return [msgspec.convert(dict(row), Alike) async for row in rows]


async def size(conn: Connection) -> int:
    """How many cases are in the search index, up to `MOST_SIZE`."""
    return int(await _sql.size(conn, most=MOST_SIZE))


async def together(conn: Connection, case_id: UUID) -> set[UUID]:
    """The cases that belong to the same incident or series already."""
    return {row["case_id"] async for row in _sql.together(conn, case_id=case_id)}


async def answers(conn: Connection, session: Session, case_id: UUID) -> dict[UUID, Answer]:
    """What was said last of this case and each other one."""
    found: dict[UUID, Answer] = {}
    async for row in _sql.answers(conn, case_id=case_id):
        pair = row["case_id"], row["other_id"]
        other_id = pair[1] if pair[0] == case_id else pair[0]
        found[other_id] = Answer(
            other_id=other_id,
            made_at=row["made_at"],
            name=row["name"],
            apart=_opened(session, row["hint_answer_id"], pair, row["sealed"]),
        )
    return found


async def append_answer(
    conn: Connection, session: Session, number: UUID, cases: tuple[UUID, UUID], *, apart: bool
) -> bool:
    """Append what was said of two cases; false where *number* was written down before."""
    first, second = sorted(cases)
    place = _place(number, (first, second))
    return bool(
        await _sql.append_answer(
            conn,
            hint_answer_id=number,
            case_id=first,
            other_id=second,
            stelle=session.stelle,
            member_id=session.member_id,
            sealed=session.seal_own(PURPOSE, _APART if apart else _OPEN, place),
        )
    )


async def received(conn: Connection, first: date, last: date, most: int) -> list[tuple[UUID, date]]:
    """The newest cases that came in a period."""
    rows = _sql.received(conn, first=first, last=last, most=most)
    return [(row["case_id"], row["received_on"]) async for row in rows]


def _place(number: UUID, pair: tuple[UUID, UUID]) -> bytes:
    return number.bytes + pair[0].bytes + pair[1].bytes


def _opened(session: Session, number: UUID, pair: tuple[UUID, UUID], sealed: bytes) -> bool | None:
    try:
        return session.open_own(PURPOSE, sealed, _place(number, pair)) == _APART
    except Unopenable:
        return None
