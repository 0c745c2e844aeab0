"""A Stelle's cases in the database: what is sealed comes and goes sealed."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

from adstelle.crypto.hpke import PublicKey
from adstelle.crypto.sealing import SealedMessage
from adstelle.crypto.sessions import Session
from adstelle.database import Connection, queries
from adstelle.domain.case import State
from adstelle.domain.handover import Decision, Reason

_sql = queries("casework")


class Act(StrEnum):
    """What is written into the log."""

    QUEUE_READ = "queue_read"
    CASE_READ = "case_read"
    CONTACT_READ = "contact_read"
    MESSAGE_SENT = "message_sent"
    STEP_TAKEN = "step_taken"
    MANDATE_CHANGED = "mandate_changed"
    REFERRAL_PROPOSED = "referral_proposed"
    REFERRAL_MADE = "referral_made"
    REFERRAL_SETTLED = "referral_settled"
    DECIDED = "decided"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    ASSIGNED = "assigned"
    REMINDER_SET = "reminder_set"
    CONFLICT_SET = "conflict_set"
    CONFLICT_LIFTED = "conflict_lifted"
    NOTES_READ = "notes_read"
    NOTE_WRITTEN = "note_written"
    RECORD_CHANGED = "record_changed"
    ENTRY_WRITTEN = "entry_written"
    INCIDENT_LINKED = "incident_linked"
    INCIDENT_UNLINKED = "incident_unlinked"
    INCIDENT_CHANGED = "incident_changed"
    ACTIVITY_COUNTED = "activity_counted"
    FIGURES_READ = "figures_read"
    FILE_READ = "file_read"
    ORIGINAL_READ = "original_read"
    FILE_SCANNED = "file_scanned"
    REPORT_TAKEN = "report_taken"
    EXPORT_MADE = "export_made"
    CASE_INDEXED = "case_indexed"
    CASE_ASSIGNED = "case_assigned"
    CASE_LABELLED = "case_labelled"
    CASE_KEPT = "case_kept"
    HOLD_SET = "hold_set"
    HOLD_LIFTED = "hold_lifted"
    DISPOSAL_PROPOSED = "disposal_proposed"
    DISPOSAL_DECLINED = "disposal_declined"
    DISPOSAL_APPROVED = "disposal_approved"
    ERASURE_GRANTED = "erasure_granted"
    ERASURE_REFUSED = "erasure_refused"
    CASE_ERASED = "case_erased"
    CASE_COMPARED = "case_compared"
    HINT_DISMISSED = "hint_dismissed"
    HINT_REOPENED = "hint_reopened"
    PATTERN_READ = "pattern_read"
    MASKS_KEPT = "masks_kept"
    TAKEN_OUT = "taken_out"


class SealedCase(msgspec.Struct, frozen=True, kw_only=True):
    """What is sealed of a case: a report kept here under its wrap, or a package.

    *sender_name* is the name under which the package was sealed.
    """

    case_id: UUID
    report_id: UUID | None
    package_id: UUID | None
    state: State
    received_on: date
    wrapped: bytes | None
    account: bytes | None
    package: bytes | None
    sender_name: str | None


class CaseRow(SealedCase, frozen=True, kw_only=True):
    """One case, still sealed. *sender* is the partner a package came from."""

    mailbox_key: bytes | None
    contact: bytes | None
    sender: str | None
    handover_id: UUID | None
    for_stelle: bytes | None
    given_on: date | None
    decision: Decision | None
    reason: Reason | None
    erasure_asked_on: date | None
    erasure_due_on: date | None
    erasure_answer: str | None


class Address(msgspec.Struct, frozen=True):
    """Where an answer to the person goes."""

    report_id: UUID
    mailbox_key: PublicKey


class StepRow(msgspec.Struct, frozen=True):
    """One step that was taken, and by whom. *reason*: why the case was closed, sealed."""

    from_state: State
    to_state: State
    taken_at: datetime
    name: str
    takes_back: bool
    reason: bytes | None


class LogRow(msgspec.Struct, frozen=True):
    """One entry of the log; *name* is None where it was nobody here."""

    act: Act
    done_at: datetime
    name: str | None


class MessageRow(msgspec.Struct, frozen=True):
    """One message, still sealed."""

    message_id: UUID
    report_id: UUID
    author: str
    sent_on: date
    read_on: date | None
    sealed: bytes
    for_stelle: bytes | None


async def case_of(conn: Connection, case_id: UUID) -> CaseRow | None:
    """Read one case; None for an unknown or another Stelle's."""
    row = await _sql.case_of(conn, case_id=case_id)
    return None if row is None else msgspec.convert(dict(row), CaseRow)


async def address(conn: Connection, case_id: UUID) -> Address | None:
    """Find where to write to the person; None where that is not possible from here."""
    row = await _sql.address(conn, case_id=case_id)
    return None if row is None else Address(row["report_id"], PublicKey(row["mailbox_key"]))


async def lock_state(conn: Connection, case_id: UUID) -> State | None:
    """Read where a case stands, and hold it there until the transaction ends."""
    state = await _sql.lock_state(conn, case_id=case_id)
    return None if state is None else State(state)


async def append_step(
    conn: Connection,
    session: Session,
    case_id: UUID,
    step: tuple[State, State],
    today: date,
    reason: bytes | None = None,
) -> None:
    """Append one step to the history, and move the case; a *reason* comes sealed."""
    await _sql.append_step(
        conn,
        case_id=case_id,
        stelle=session.stelle,
        from_state=step[0],
        to_state=step[1],
        member_id=session.member_id,
        reason=reason,
    )
    await move(conn, session, case_id, step[1], today)


async def move(conn: Connection, session: Session, case_id: UUID, to: State, today: date) -> None:
    """Move a case whose step was appended, and log it."""
    await _sql.set_state(conn, case_id=case_id, state=to, today=today)
    await append_log(conn, session, Act.STEP_TAKEN, [case_id])


async def steps(conn: Connection, case_id: UUID) -> list[StepRow]:
    """Read the history of a case, oldest first."""
    return [msgspec.convert(row, StepRow) for row in await _each(_sql.steps(conn, case_id=case_id))]


async def append_log(
    conn: Connection, session: Session, act: Act, case_ids: Sequence[UUID]
) -> None:
    """Write down who did or read what."""
    await _sql.append_log(
        conn,
        stelle=session.stelle,
        member_id=session.member_id,
        act=act,
        case_ids=list(case_ids),
    )


async def log_of(conn: Connection, case_id: UUID) -> list[LogRow]:
    """Read who read or did what with a case, newest first."""
    rows = await _each(_sql.log_of(conn, case_id=case_id))
    return [msgspec.convert(row, LogRow) for row in rows]


async def messages(conn: Connection, report_id: UUID) -> list[MessageRow]:
    """Read the conversation, oldest first."""
    rows = await _each(_sql.messages(conn, report_id=report_id))
    return [msgspec.convert(row, MessageRow) for row in rows]


async def mark_read(conn: Connection, report_id: UUID, today: date) -> None:
    """Note that the Stelle has seen what the person wrote."""
    await _sql.mark_read(conn, report_id=report_id, today=today)


async def insert_message(
    conn: Connection,
    session: Session,
    report_id: UUID,
    message_id: UUID,
    sealed: SealedMessage,
    today: date,
) -> bool:
    """Keep an answer; false when this message is kept already."""
    return bool(
        await _sql.insert_message(
            conn,
            message_id=message_id,
            report_id=report_id,
            stelle=session.stelle,
            sent_on=today,
            sealed=sealed.sealed,
            for_stelle=sealed.for_stelle,
            for_mailbox=sealed.for_mailbox,
        )
    )


async def message(
    conn: Connection, report_id: UUID, message_id: UUID
) -> tuple[bytes, bytes] | None:
    """Read one of the Stelle's own messages: the text and its wrap, both sealed."""
    row = await _sql.message(conn, report_id=report_id, message_id=message_id)
    return None if row is None else (row["sealed"], row["for_stelle"])


async def _each(rows: Any) -> list[dict[str, Any]]:
    return [dict(row) async for row in rows]
