"""SQL of the mailbox: what a code's address reaches, and nothing else."""

from datetime import date
from typing import Final
from uuid import UUID

import asyncpg
import msgspec

from adstelle.crypto.files import Container
from adstelle.crypto.hpke import PublicKey
from adstelle.crypto.sealing import SealedMessage
from adstelle.database import Connection, Pool, Role, queries, transaction
from adstelle.domain.consent import Obstacle
from adstelle.errors import UnknownCode
from adstelle.files import store as file_store
from adstelle.handing import SealedHandover
from adstelle.mailbox import notice_store
from adstelle.mailbox.notice_store import NoticeRow
from adstelle.outbox import Kind, notice_lane

_sql = queries("mailbox")
# What the schema refuses when two requests give the report at once, or one too early.
_OBSTACLES: Final = {
    "handover_living": Obstacle.HAS_IT,
    "wrap_pkey": Obstacle.BEING_ERASED,
}


class NotGiven(UnknownCode):
    """This code gives nobody's words to that Stelle: it has no consent, or none any more."""


class BoxRow(msgspec.Struct, frozen=True):
    """A report as it lies there, sealed."""

    report_id: UUID
    received_on: date
    erasure_asked_on: date | None
    mailbox_key: bytes
    wrapped: bytes
    account: bytes
    contact: bytes


class RecipientRow(msgspec.Struct, frozen=True, kw_only=True):
    """One hand-over; *state* is where the Stelle's case stands, None until it is open.

    *delivery* and *withdrawal* are the states of the two promises about it, where they were made.
    """

    handover_id: UUID
    stelle: str
    referred_by: str | None
    given_on: date
    withdrawn_on: date | None
    decision: str | None
    reason: str | None
    erased_on: date | None
    erasure_asked_on: date | None
    erasure_due_on: date | None
    erasure_answer: str | None
    erasure_reason: str | None
    for_mailbox: bytes | None
    delivery: str | None
    attempts: int | None
    state: str | None
    withdrawal: str | None


class MessageRow(msgspec.Struct, frozen=True):
    """A sealed message."""

    message_id: UUID
    stelle: str
    author: str
    sent_on: date
    read_on: date | None
    sealed: bytes
    for_mailbox: bytes
    is_shared: bool


class Contents(msgspec.Struct, frozen=True):
    """Everything behind a code, and everybody's public key."""

    box: BoxRow
    notice: NoticeRow
    recipients: tuple[RecipientRow, ...]
    messages: tuple[MessageRow, ...]
    public_keys: dict[str, PublicKey]


async def contents(pool: Pool, lookup: bytes, seen_on: date | None) -> Contents | None:
    """Read a mailbox; None when no code leads there. With *seen_on* its messages are seen."""
    async with transaction(pool, Role.MAILBOX, scope=lookup) as conn:
        row = await _sql.box(conn, lookup=lookup)
        if row is None:
            return None
        box = BoxRow(**dict(row))
        recipients = _sql.recipients(conn, report_id=box.report_id)
        messages = _sql.messages(conn, report_id=box.report_id)
        found = Contents(
            box=box,
            notice=await notice_store.read(conn, box.report_id),
            recipients=tuple([RecipientRow(**dict(each)) async for each in recipients]),
            messages=tuple([MessageRow(**dict(each)) async for each in messages]),
            public_keys={
                key["owner"]: PublicKey(key["encoded"]) async for key in _sql.public_keys(conn)
            },
        )
        if seen_on is not None:
            await _sql.mark_read(conn, report_id=box.report_id, today=seen_on)
            await notice_store.seen(conn, box.report_id)
    return found


class NewMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A sealed message on its way in; *with_notice* where the Stelle hears of it by mail, *files*
    where it has some: they are kept with it.
    """

    message_id: UUID
    report_id: UUID
    stelle: str
    sent_on: date
    sealed: SealedMessage
    with_notice: bool
    files: Container | None = None


async def insert_message(pool: Pool, lookup: bytes, message: NewMessage) -> bool:
    """Keep a message; false when there is one with this id. Raises `NotGiven`."""
    async with transaction(pool, Role.MAILBOX, scope=lookup) as conn:
        is_new = await _insert_message(conn, message)
        if is_new and message.files is not None:
            await file_store.keep_with_message(conn, message.files, message.message_id)
        return is_new


async def _insert_message(conn: Connection, message: NewMessage) -> bool:
    await _sql.hold_report(conn, report_id=message.report_id)
    try:
        kept = await _sql.insert_message(
            conn,
            message_id=message.message_id,
            report_id=message.report_id,
            stelle=message.stelle,
            sent_on=message.sent_on,
            sealed=message.sealed.sealed,
            for_stelle=message.sealed.for_stelle,
            for_mailbox=message.sealed.for_mailbox,
        )
    except asyncpg.InsufficientPrivilegeError:  # consent ended since the mailbox was opened
        raise NotGiven from None
    if kept is not None and message.with_notice:
        lane = notice_lane(Kind.NOTICE, message.stelle)
        await _sql.put_notice(conn, stelle=message.stelle, lane=lane, today=message.sent_on)
    return kept is not None


class KeptMessage(msgspec.Struct, frozen=True):
    """A message of the person as it lies there, sealed."""

    stelle: str
    sealed: bytes
    for_mailbox: bytes


async def message(
    pool: Pool, lookup: bytes, report_id: UUID, message_id: UUID
) -> KeptMessage | None:
    """Find a message of the person; None when the id belongs to something else."""
    async with transaction(pool, Role.MAILBOX, scope=lookup) as conn:
        row = await _sql.message(conn, report_id=report_id, message_id=message_id)
    return None if row is None else KeptMessage(**dict(row))


class NewHandover(msgspec.Struct, frozen=True, kw_only=True):
    """A consent on its way in; *answer* where it says yes to a proposal."""

    report_id: UUID
    given: SealedHandover
    given_on: date
    referred_by: str | None = None
    answer: NewMessage | None = None


async def hand_over(pool: Pool, lookup: bytes, new: NewHandover) -> Obstacle | None:
    """Keep a consent, what the Stelle is given, the promise to deliver and the answer: all or none.

    An answer that was given before changes nothing. Raises `NotGiven` where nobody may be answered.
    """
    try:
        async with transaction(pool, Role.MAILBOX, scope=lookup) as conn:
            if new.answer is None or await _insert_message(conn, new.answer):
                await _hand_over(conn, new)
    except asyncpg.UniqueViolationError as error:
        return _OBSTACLES[str(error.constraint_name)]
    return None


async def _hand_over(conn: Connection, new: NewHandover) -> None:
    given, today = new.given, new.given_on
    await _sql.insert_handover(
        conn,
        handover_id=given.handover_id,
        report_id=new.report_id,
        stelle=given.stelle,
        referred_by=new.referred_by,
        today=today,
        for_stelle=given.for_stelle,
        for_mailbox=given.for_mailbox,
    )
    if given.wrap is not None:
        await _sql.insert_wrap(
            conn, report_id=new.report_id, stelle=given.stelle, wrapped=given.wrap
        )
    if given.package is not None:
        await _sql.insert_package(
            conn,
            handover_id=given.handover_id,
            stelle=given.stelle,
            sender_name=given.sender_name,
            today=today,
            package=given.package,
        )
    await _sql.promise_delivery(
        conn, handover_id=given.handover_id, stelle=given.stelle, lane=given.lane, today=today
    )


async def take_back(pool: Pool, lookup: bytes, handover_id: UUID, today: date) -> None:
    """End a consent: stop what was not delivered, promise that the rest goes. Twice is harmless."""
    async with transaction(pool, Role.MAILBOX, scope=lookup) as conn:
        await _take_back(conn, handover_id, today)


async def _take_back(conn: Connection, handover_id: UUID, today: date) -> None:
    if await _sql.take_back(conn, handover_id=handover_id, today=today) is None:
        return
    await _sql.stop_delivery(conn, handover_id=handover_id, today=today)
    await _sql.promise_withdrawal(conn, handover_id=handover_id, today=today)
    await _sql.empty_package(conn, handover_id=handover_id, today=today)


class ErasureWish(msgspec.Struct, frozen=True, kw_only=True):
    """The person wants everything gone: whom that is asked of, and what simply ends.

    *with_notice*: the Stellen that hear of it by mail.
    """

    report_id: UUID
    asked: tuple[UUID, ...]
    ended: tuple[UUID, ...]
    with_notice: frozenset[str]
    asked_on: date
    answer_by: date


async def want_gone(pool: Pool, lookup: bytes, wish: ErasureWish) -> None:
    """Keep the wish, ask, and end the rest: all or none. Twice is harmless."""
    today = wish.asked_on
    async with transaction(pool, Role.MAILBOX, scope=lookup) as conn:
        await _sql.want_gone(conn, report_id=wish.report_id, today=today)
        newly = _sql.ask_erasure(
            conn, handover_ids=list(wish.asked), today=today, answer_by=wish.answer_by
        )
        for stelle in [row["stelle"] async for row in newly]:
            if stelle in wish.with_notice:
                lane = notice_lane(Kind.NOTICE, stelle)
                await _sql.put_notice(conn, stelle=stelle, lane=lane, today=today)
        for handover_id in wish.ended:
            await _take_back(conn, handover_id, today)


async def want_kept(pool: Pool, lookup: bytes, report_id: UUID) -> bool:
    """Take the wish to erase back where nobody answered it; false where everybody has."""
    async with transaction(pool, Role.MAILBOX, scope=lookup) as conn:
        released = [row["stelle"] async for row in _sql.want_kept(conn, report_id=report_id)]
        if released:
            await _sql.forget_wish(conn, report_id=report_id)
    return bool(released)
