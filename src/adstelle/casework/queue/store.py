"""The queue in the database: where cases stand in a view, and what a page shows of them."""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

import msgspec

from adstelle.casework.store import SealedCase
from adstelle.database import Connection, queries
from adstelle.domain.case import State

NEWEST: Final = 2**63 - 1
FEW: Final = 2000  # up to so many cases found by words are looked up one by one
_sql = queries("queue")


class View(StrEnum):
    """A part of the queue that asks for work."""

    MINE = "mine"
    NEW = "new"
    UNREAD = "unread"
    DUE = "due"
    ATTENTION = "attention"
    WAITING = "waiting"
    UNASSIGNED = "unassigned"


class Sought(msgspec.Struct, frozen=True, kw_only=True):
    """Which cases of the queue are wanted; None asks nothing.

    *asked_before*: since when a proposal waits too long. *positions* are the only places where a
    case may stand; of *tokens* it has to hold all of one row.
    """

    view: View | None
    me: UUID
    asked_before: date
    state: State | None
    label: UUID | None
    assigned: UUID | None
    positions: list[int] | None
    tokens: list[list[int]] | None


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a case stands: by its position, or by its days where the view is sorted by them."""

    case_id: UUID | None = None
    position: int = NEWEST
    next_on: date | None = None
    due_on: date | None = None


class QueueRow(SealedCase, frozen=True, kw_only=True):
    """One case of the queue, still sealed; *awaits_answer* until the Stelle wrote to the person."""

    unread: int
    awaits_answer: bool
    assigned_to: UUID | None
    deputy: UUID | None
    due_on: date | None
    remind_on: date | None
    labels: tuple[UUID, ...]


class Member(msgspec.Struct, frozen=True):
    """Somebody who works for the Stelle."""

    member_id: UUID
    name: str


async def plan_anew(conn: Connection) -> None:
    """Let the transaction plan every statement for the values it comes with."""
    await _sql.plan_anew(conn)


async def found(conn: Connection, tokens: list[list[int]]) -> list[int]:
    """The positions of cases that hold all of one row of tokens: a few too many for `FEW`."""
    rows = await _each(_sql.found(conn, tokens=tokens, most=FEW + 1))
    return [row["position"] for row in rows]


async def places(
    conn: Connection, sought: Sought, start: Place | None, most: int, *, back: bool = False
) -> list[Place]:
    """Where the next cases stand after *start*, or with *back* those before it, as they are shown.

    None stands before the first.
    """
    given = msgspec.structs.asdict(sought) | {"most": most}
    if sought.view is View.DUE:
        at = start or Place(position=0, next_on=date.min, due_on=date.min)
        given |= {"next_on": at.next_on, "due_on": at.due_on or date.max, "position": at.position}
        found = _sql.sooner(conn, **given) if back else _sql.later(conn, **given)
    else:
        given |= {"position": start.position if start else NEWEST}
        found = _sql.newer(conn, **given) if back else _sql.older(conn, **given)
    read = [msgspec.convert(row, Place) for row in await _each(found)]
    return read[::-1] if back else read


async def rows(conn: Connection, case_ids: Sequence[UUID]) -> list[QueueRow]:
    """Read cases, in the order in which they are named."""
    read = await _each(_sql.rows(conn, case_ids=list(case_ids)))
    by_id = {row["case_id"]: msgspec.convert(row, QueueRow) for row in read}
    return [by_id[case_id] for case_id in case_ids if case_id in by_id]


async def attention(
    conn: Connection, case_ids: Sequence[UUID], asked_before: date
) -> frozenset[UUID]:
    """Which of these cases need somebody to look at a referral."""
    found = _sql.attention(conn, case_ids=list(case_ids), asked_before=asked_before)
    return frozenset(row["case_id"] for row in await _each(found))


async def counts(conn: Connection, sought: Sought, most: int) -> dict[View, int]:
    """Count the cases of each view, up to *most*."""
    row = await _sql.counts(conn, me=sought.me, asked_before=sought.asked_before, most=most)
    return {view: row[view.value] for view in View}


async def choices(conn: Connection) -> tuple[tuple[Member, ...], dict[UUID, bytes]]:
    """Read who works for the Stelle, by name, and its labels, sealed."""
    read = await _each(_sql.choices(conn))
    members = [Member(row["member_id"], row["name"]) for row in read if row["member_id"]]
    labels = {row["label_id"]: row["sealed"] for row in read if row["label_id"]}
    return tuple(sorted(members, key=lambda one: (one.name.casefold(), one.member_id))), labels


async def chosen(
    conn: Connection, case_ids: Sequence[UUID], member_id: UUID | None = None
) -> list[UUID]:
    """Of these cases those there are; without such that the member must not see."""
    return _ids(await _each(_sql.chosen(conn, case_ids=list(case_ids), member_id=member_id)))


async def assign(
    conn: Connection, case_ids: Sequence[UUID], member_id: UUID | None, *, told_by: UUID
) -> list[UUID]:
    """Give cases to somebody, or to nobody, and append that; return those that changed."""
    changed = _sql.assign(conn, case_ids=list(case_ids), member_id=member_id, told_by=told_by)
    return _ids(await _each(changed))


async def label(
    conn: Connection, case_ids: Sequence[UUID], label_id: UUID, *, on: bool
) -> list[UUID]:
    """Put a label on cases, or take it off; return those that changed."""
    if on:
        return _ids(await _each(_sql.put_label(conn, case_ids=list(case_ids), label_id=label_id)))
    return _ids(await _each(_sql.take_label(conn, case_ids=list(case_ids), label_id=label_id)))


def _ids(rows: list[dict[str, Any]]) -> list[UUID]:
    return [row["case_id"] for row in rows]


async def _each(rows: Any) -> list[dict[str, Any]]:
    return [dict(row) async for row in rows]
