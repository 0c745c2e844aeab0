"""Referrals in the database: what was handed over in this Stelle's name, and what was seen to."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any, Final
from uuid import UUID

import msgspec

from adstelle.crypto.hpke import PublicKey
from adstelle.crypto.sessions import Session
from adstelle.database import Connection, queries
from adstelle.domain.handover import Reason, standing
from adstelle.domain.referral import Handed
from adstelle.errors import AdstelleError
from adstelle.handing import SealedHandover

ASKED: Final = "asked"
SETTLED: Final = "settled"
_sql = queries("casework")


class HasItAlready(AdstelleError):
    """The Stelle was given the report before; by whom is not said."""


class StillLeaving(AdstelleError):
    """The Stelle had the report, the consent was taken back, and its key is just being erased."""


class Before(msgspec.Struct, frozen=True):
    """What the database says in clear of a case's referrals."""

    handed: tuple[Handed, ...]
    marks: Mapping[UUID, str]

    @property
    def settled(self) -> frozenset[UUID]:
        """What somebody has seen to."""
        return frozenset(subject for subject, state in self.marks.items() if state == SETTLED)


async def before(conn: Connection, report_id: UUID, case_id: UUID, stelle: str) -> Before:
    """Read what *stelle* referred of a case so far."""
    handed = [_handed(row) async for row in _sql.handed(conn, report_id=report_id, stelle=stelle)]
    marks = {row["subject"]: row["state"] async for row in _sql.marks(conn, case_id=case_id)}
    return Before(tuple(handed), marks)


def _handed(row: Any) -> Handed:
    return Handed(
        handover_id=row["handover_id"],
        stelle=row["stelle"],
        given_on=row["given_on"],
        standing=standing(
            row["delivery"],
            row["attempts"],
            row["decision"],
            is_withdrawn=row["withdrawn_on"] is not None and row["erased_on"] is None,
        ),
        attempts=row["attempts"],
        reason=Reason(row["reason"]) if row["reason"] else None,
    )


async def public_keys(conn: Connection) -> dict[str, PublicKey]:
    """Read everybody's public key."""
    return {row["owner"]: PublicKey(row["encoded"]) async for row in _sql.public_keys(conn)}


async def hand_over(
    conn: Connection, session: Session, report_id: UUID, sealed: SealedHandover, today: date
) -> None:
    """Keep a hand-over with all that belongs to it. Raises `HasItAlready` and `StillLeaving`.

    The record of the consent comes first: the database lets the key only follow it.
    """
    done = await _sql.insert_handover(
        conn,
        handover_id=sealed.handover_id,
        report_id=report_id,
        stelle=sealed.stelle,
        referred_by=session.stelle,
        given_on=today,
        for_stelle=sealed.for_stelle,
        for_mailbox=sealed.for_mailbox,
    )
    if not _is_one(done):
        raise HasItAlready
    if sealed.wrap is not None:
        done = await _sql.insert_wrap(
            conn, report_id=report_id, recipient=sealed.stelle, wrapped=sealed.wrap
        )
        if not _is_one(done):
            raise StillLeaving
    if sealed.package is not None:
        await _sql.insert_package(
            conn,
            handover_id=sealed.handover_id,
            stelle=sealed.stelle,
            sender_name=sealed.sender_name,
            today=today,
            sealed=sealed.package,
        )
    await _sql.promise_delivery(
        conn,
        handover_id=sealed.handover_id,
        stelle=sealed.stelle,
        lane=sealed.lane,
        today=today,
    )


def _is_one(status: str) -> bool:
    return status.endswith(" 1")


async def mark(
    conn: Connection,
    session: Session,
    case_id: UUID,
    subjects: Collection[UUID],
    state: str,
    today: date,
) -> None:
    """Note for the queue how referrals stand."""
    if subjects:
        await _sql.mark(
            conn,
            case_id=case_id,
            subjects=list(subjects),
            stelle=session.stelle,
            state=state,
            today=today,
        )
