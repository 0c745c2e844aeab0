"""The rows that change when the statistics get a new key, and what is sealed for it anew."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

import msgspec

from adstelle.crypto.hpke import PublicKey
from adstelle.database import Connection, queries

_sql = queries("renewal")


class Step(StrEnum):
    """What is sealed anew, one after the other."""

    ASSESSMENT = "assessment"
    CARD = "card"
    DRAFT = "draft"
    DONE = "done"


class Colleague(msgspec.Struct, frozen=True):
    """Somebody else who may hold the key, and whether they do."""

    name: str
    holds: bool


class Place(msgspec.Struct, frozen=True):
    """Where to go on: behind *after*. *unread*: how many rows no key opened so far."""

    step: Step
    after: UUID
    unread: int


class Course(msgspec.Struct, frozen=True, kw_only=True):
    """How far everything is sealed for the newest key.

    *is_waiting*: what is sealed for the key before may still come in. *is_broken_off*: nobody is at
    it any more.
    """

    step: Step
    after: UUID
    unread: int
    is_waiting: bool
    is_broken_off: bool


class SealedRow(NamedTuple):
    """An assessment or a count card as it stands in the database."""

    number: UUID
    sealed: bytes


class SealedDraft(msgspec.Struct, frozen=True):
    """What is sealed in a draft of figures."""

    number: UUID
    wish: bytes | None
    outcome: bytes | None
    reply: bytes | None


# What is to be seen ---------------------------------------------------------------------------


async def left(conn: Connection) -> list[str]:
    """The names of statisticians who left since the key was renewed."""
    return [row["name"] async for row in _sql.left(conn)]


async def colleagues(conn: Connection, member_id: UUID) -> list[Colleague]:
    """All other statisticians, of every Stelle."""
    rows = _sql.colleagues(conn, member_id=member_id)
    return [Colleague(row["name"], row["holds"]) async for row in rows]


async def course(conn: Connection, *, grace: timedelta, patience: timedelta) -> Course | None:
    """How far it is; None where the key was never renewed."""
    row = await _sql.resealing(conn, grace=grace, patience=patience)
    return None if row is None else msgspec.convert(dict(row), Course)


# A new key ------------------------------------------------------------------------------------


async def announce(conn: Connection, encoded: bytes, *, before: bytes, today: date) -> bool:
    """Announce the next key; false when another came in between."""
    return bool(await _sql.announce(conn, encoded=encoded, before=before, created_on=today))


async def take_away(conn: Connection) -> None:
    """Take the key so far from every statistician, also from whoever is just being given it."""
    _ = [row async for row in _sql.hold_statisticians(conn)]
    await _sql.take_away(conn)


async def give(conn: Connection, member_id: UUID, wrap: bytes) -> bool:
    """Give the next key to whoever made it; false when they left."""
    return bool(await _sql.give(conn, member_id=member_id, statistics_wrap=wrap))


async def next_generation(conn: Connection) -> int:
    """The number of the key that is retired now; the first is 1."""
    return int(await _sql.next_generation(conn))


async def retire(conn: Connection, generation: int, sealed: bytes, now: datetime) -> None:
    """Keep the key so far, sealed for the one that follows."""
    await _sql.retire(conn, generation=generation, sealed=sealed, retired_at=now)


async def keep_for_recovery(conn: Connection, sealed: bytes) -> None:
    """Seal the next key under its recovery key."""
    await _sql.keep_for_recovery(conn, sealed_for_recovery=sealed)


async def begin_resealing(conn: Connection) -> None:
    """Stop what is being counted with the key so far, and have everything sealed anew."""
    await _sql.stop_counting(conn)
    await _sql.begin_resealing(conn)


async def keep_one_session(conn: Connection, row: bytes, sealed: bytes) -> bool:
    """End all sessions of statisticians but one, and put the next key into that.

    False when that one ended.
    """
    await _sql.end_other_sessions(conn, session_id=row)
    return bool(await _sql.reseal_session(conn, session_id=row, sealed=sealed))


async def note_renewed(conn: Connection, stelle: str, member_id: UUID) -> None:
    """Write down who renewed the key."""
    await _sql.note_renewed(conn, stelle=stelle, member_id=member_id)


# Sealing anew ---------------------------------------------------------------------------------


async def beat(conn: Connection) -> None:
    """Say that somebody is at it."""
    await _sql.beat(conn)


async def seconds_left(conn: Connection, grace: timedelta) -> float:
    """How long what is sealed for the key before may still come in."""
    return float(await _sql.seconds_left(conn, grace=grace) or 0)


async def hold_place(conn: Connection) -> Place | None:
    """Where to go on, nobody else at it until the transaction ends; None where nothing is to do."""
    row = await _sql.hold_place(conn)
    return None if row is None else msgspec.convert(dict(row), Place)


async def announced(conn: Connection) -> PublicKey | None:
    """The newest key."""
    encoded = await _sql.announced(conn)
    return None if encoded is None else PublicKey(encoded)


async def rows(conn: Connection, place: Place, most: int) -> list[SealedRow]:
    """The next assessments or count cards, nobody else changing them meanwhile."""
    found = (
        _sql.assessments(conn, after=place.after, most=most)
        if place.step is Step.ASSESSMENT
        else _sql.cards(conn, after=place.after, most=most)
    )
    return [SealedRow(*row) async for row in found]


async def drafts(conn: Connection, place: Place, most: int) -> list[SealedDraft]:
    """The next drafts of figures, nobody else changing them meanwhile."""
    read = _sql.drafts(conn, after=place.after, most=most)
    return [msgspec.convert(dict(row), SealedDraft) async for row in read]


async def reseal_rows(conn: Connection, step: Step, contents: Mapping[UUID, bytes]) -> None:
    """Put *contents*, by number, in place of what was read."""
    numbers, sealed = list(contents), list(contents.values())
    if step is Step.ASSESSMENT:
        await _sql.reseal_assessments(conn, numbers=numbers, contents=sealed)
    else:
        await _sql.reseal_cards(conn, numbers=numbers, contents=sealed)


async def reseal_draft(conn: Connection, draft: SealedDraft) -> None:
    """Put what is sealed in a draft in place of what was read."""
    await _sql.reseal_draft(
        conn, draft_id=draft.number, wish=draft.wish, outcome=draft.outcome, reply=draft.reply
    )


async def move_place(conn: Connection, place: Place) -> None:
    """Remember what is done, and that somebody is at it."""
    await _sql.move_place(conn, step=place.step, after=place.after, unread=place.unread)
