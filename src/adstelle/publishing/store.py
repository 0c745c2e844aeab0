"""Drafts of releases in the database; statements act in `Role.PUBLISHING`."""

from datetime import date, datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

import asyncpg
import msgspec

from adstelle.crypto.hpke import PublicKey
from adstelle.database import Connection, queries
from adstelle.domain.private import Private
from adstelle.errors import AdstelleError
from adstelle.releases.store import Release

_sql = queries("publishing")


class State(StrEnum):
    """Where a draft stands."""

    WORKING = "working"  # a process counts, protects and audits
    STOPPED = "stopped"  # it ended without an answer
    REFUSED = "refused"  # nothing that may be published came of it
    READY = "ready"
    HANDED = "handed"  # a second person is to approve
    RETURNED = "returned"  # and did not
    APPROVING = "approving"  # a process audits once more
    PUBLISHED = "published"


COMPARING = "comparing"  # the step that a draft goes through when it can be looked at
WORDED = frozenset({State.READY, State.RETURNED})  # may still be changed


class Act(StrEnum):
    """What is written down in the log."""

    BEGUN = "begun"
    CORRECTED = "corrected"
    STOPPED = "stopped"
    WORDED = "worded"
    HANDED = "handed"
    TAKEN_BACK = "taken_back"
    APPROVED = "approved"
    GIVEN_BACK = "given_back"
    REFUSED = "refused"
    PUBLISHED = "published"
    DELETED = "deleted"


class Draft(Private, frozen=True, kw_only=True):
    """One draft. *is_lost*: its process has given no sign of life for long. *step*: "comparing"
    while one tries coarser groups for a draft that can be looked at.

    *wish*, *outcome* and *reply* are sealed (`publishing.kept`), and None in lists.
    """

    draft_id: UUID
    kind: Literal["figures", "correction"]
    state: State
    made_by: UUID
    maker: str
    made_at: datetime
    period_from: date | None
    period_to: date | None
    cut_off: date | None
    step: str | None
    done: int | None
    total: int | None
    is_lost: bool | None
    beside: int | None
    publication: bytes | None
    sha256: bytes | None
    handed_by: UUID | None
    handed_name: str | None
    handed_at: datetime | None
    approved_by: UUID | None
    approver_name: str | None
    release: int | None
    wish: bytes | None
    outcome: bytes | None
    reply: bytes | None


class Line(msgspec.Struct, frozen=True):
    """One entry of the log."""

    name: str
    act: Act
    release: int | None
    done_at: datetime


class Busy(AdstelleError):
    """Another draft is being worked on; there is one process at a time."""


class Job(Private, frozen=True):
    """One process and the draft it works on."""

    draft_id: UUID
    number: UUID


async def begin(
    conn: Connection, job: Job, member_id: UUID, period: tuple[date, date, date], wish: bytes
) -> bool:
    """Add a draft to be counted; false if it is there already. *period*: from, to, cut-off day.

    Raises `Busy`.
    """
    since, until, cut_off = period
    try:
        status = await _sql.begin(
            conn, draft_id=job.draft_id, job=job.number, member_id=member_id, since=since,
            until=until, cut_off=cut_off, wish=wish,
        )  # fmt: skip
    except asyncpg.UniqueViolationError:
        raise Busy from None
    return _changed(status)


async def correct(
    conn: Connection, draft_id: UUID, member_id: UUID, publication: bytes, beside: int
) -> bool:
    """Add a correction; false if it is there already."""
    status = await _sql.correct(
        conn, draft_id=draft_id, member_id=member_id, publication=publication, beside=beside
    )
    return _changed(status)


async def count_again(conn: Connection, job: Job, today: date, wish: bytes) -> bool:
    """Begin anew, as of *today*. Raises `Busy`."""
    try:
        status = await _sql.count_again(
            conn, draft_id=job.draft_id, job=job.number, today=today, wish=wish
        )
    except asyncpg.UniqueViolationError:
        raise Busy from None
    return _changed(status)


async def drafts(conn: Connection) -> list[Draft]:
    """Every draft, the newest first."""
    return [msgspec.convert(dict(row), Draft) async for row in _sql.drafts(conn)]


async def draft(conn: Connection, draft_id: UUID) -> Draft | None:
    """One draft, for the rest of the transaction as it is."""
    row = await _sql.draft(conn, draft_id=draft_id)
    return None if row is None else msgspec.convert(dict(row), Draft)


async def end_lost(conn: Connection) -> None:
    """Whatever a lost process worked on can be begun again."""
    await _sql.end_lost(conn)


async def stop(conn: Connection, draft_id: UUID) -> bool:
    """Nobody waits for what is counted; false where nothing is."""
    return _changed(await _sql.stop(conn, draft_id=draft_id))


async def ended(conn: Connection, job: Job) -> bool:
    """A process is over; true if it left no answer, or did not compare to the end."""
    return _changed(await _sql.ended(conn, draft_id=job.draft_id, job=job.number))


async def beat(conn: Connection, job: Job, step: str, done: int | None, total: int | None) -> bool:
    """Say how far it is; false where nobody waits for it any more."""
    status = await _sql.beat(
        conn, draft_id=job.draft_id, job=job.number, step=step, done=done, total=total
    )
    return _changed(status)


async def beat_comparing(conn: Connection, job: Job, done: int | None, total: int | None) -> bool:
    """Say how many other ways are tried; false where nobody waits for them any more."""
    status = await _sql.beat_comparing(
        conn, draft_id=job.draft_id, job=job.number, done=done, total=total
    )
    return _changed(status)


async def drafted(
    conn: Connection, job: Job, publication: bytes | None, beside: int, outcome: bytes,
    ways: int | None = None,
) -> bool:  # fmt: skip
    """Keep what a process came to; false where nobody waits for it any more.

    *ways*: how many others it tries now; None where none.
    """
    status = await _sql.drafted(
        conn, draft_id=job.draft_id, job=job.number, publication=publication, beside=beside,
        outcome=outcome, ways=ways,
    )  # fmt: skip
    return _changed(status)


async def compared(conn: Connection, job: Job, former: bytes, outcome: bytes) -> bool:
    """Put the whole *outcome* in place of the *former* one; false where that is no longer there."""
    status = await _sql.compared(
        conn, draft_id=job.draft_id, job=job.number, former=former, outcome=outcome
    )
    return _changed(status)


async def word(conn: Connection, draft_id: UUID, publication: bytes, wish: bytes) -> bool:
    """Put other words beside the same numbers."""
    status = await _sql.word(conn, draft_id=draft_id, publication=publication, wish=wish)
    return _changed(status)


async def hand(conn: Connection, draft_id: UUID, member_id: UUID) -> bool:
    """Let somebody else approve it."""
    return _changed(await _sql.hand(conn, draft_id=draft_id, member_id=member_id))


async def take_back(conn: Connection, draft_id: UUID) -> bool:
    """Nobody is to approve it for now."""
    return _changed(await _sql.take_back(conn, draft_id=draft_id))


async def approve(conn: Connection, job: Job, member_id: UUID) -> bool:
    """Say yes; a process does the rest. Raises `Busy`."""
    try:
        status = await _sql.approve(
            conn, draft_id=job.draft_id, job=job.number, member_id=member_id
        )
    except asyncpg.UniqueViolationError:
        raise Busy from None
    return _changed(status)


async def give_back(conn: Connection, draft_id: UUID, reply: bytes) -> bool:
    """Say no, and why."""
    return _changed(await _sql.give_back(conn, draft_id=draft_id, reply=reply))


async def published(conn: Connection, draft_id: UUID, release: int) -> bool:
    """It stands in the ledger as this number."""
    return _changed(await _sql.published(conn, draft_id=draft_id, release=release))


async def delete(conn: Connection, draft_id: UUID) -> bool:
    """Forget a draft and everything that was counted for it."""
    return _changed(await _sql.delete(conn, draft_id=draft_id))


async def append_log(
    conn: Connection, member_id: UUID, act: Act, draft_id: UUID, release: int | None = None
) -> None:
    """Write down who did what."""
    await _sql.append_log(conn, member_id=member_id, act=act, draft_id=draft_id, release=release)


async def log(conn: Connection) -> list[Line]:
    """The last things that were done, the newest first."""
    return [msgspec.convert(dict(row), Line) async for row in _sql.log(conn)]


async def ledger(conn: Connection) -> list[Release]:
    """What is published, in its order."""
    return [msgspec.convert(dict(row), Release) async for row in _sql.ledger(conn)]


async def statistics_key(conn: Connection) -> PublicKey | None:
    """What is sealed with it, only whoever holds the statistics key reads; None before set-up."""
    encoded = await _sql.statistics_key(conn)
    return None if encoded is None else PublicKey(encoded)


def _changed(status: str) -> bool:
    return status.endswith(" 1")
