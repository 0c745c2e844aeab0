"""Open a mailbox with its code, read what lies there, and write back."""

from collections.abc import Callable
from datetime import date
from typing import Final
from uuid import UUID

from adstelle.crypto import receipt, sealing
from adstelle.crypto.receipt import MailboxKeys
from adstelle.database import Pool
from adstelle.domain.handover import Letter, Reason, Standing, standing
from adstelle.domain.private import Private
from adstelle.domain.report import Account, Contact, Message
from adstelle.errors import AdstelleError, UnknownCode
from adstelle.mailbox import store

MOST_TEXT: Final = 20_000


class Note(Private, frozen=True):
    """A message, opened; *own* when the person wrote it."""

    message_id: UUID
    stelle: str
    own: bool
    sent_on: date
    was_read: bool
    message: Message


class Recipient(Private, frozen=True, kw_only=True):
    """Somebody who was given the report: what was agreed, and where that stands.

    *letter* is None for reports of a time when it was not kept; *state* is that of the Stelle's
    case, None where there is none here.
    """

    handover_id: UUID
    stelle: str
    letter: Letter | None
    given_on: date
    standing: Standing
    attempts: int
    reason: Reason | None
    state: str | None


class Box(Private, frozen=True):
    """A mailbox, opened."""

    received_on: date
    account: Account
    contact: Contact
    recipients: tuple[Recipient, ...]
    notes: tuple[Note, ...]


class MessageIdUsed(AdstelleError):
    """A message id came again with another text or for another Stelle."""


class Mailbox:
    """The way back in. Whoever has the code is the person; nobody else can be."""

    def __init__(self, pool: Pool, today: Callable[[], date]) -> None:
        self._pool = pool
        self.today = today

    async def open(self, code: str) -> Box:
        """Open the mailbox of a normalised code. Raises `UnknownCode`."""
        keys = receipt.mailbox_keys(code)
        found = await store.contents(self._pool, keys.lookup, self.today())
        if found is None:
            raise UnknownCode
        box = found.box
        part_keys = sealing.unwrap_keys(keys.private, box.wrapped, box.report_id, sealing.MAILBOX)
        return Box(
            received_on=box.received_on,
            account=sealing.open_account(part_keys, box.account, box.report_id),
            contact=sealing.open_contact(part_keys, box.contact, box.report_id),
            recipients=tuple(_recipient(keys, row) for row in found.recipients),
            notes=tuple(_opened(keys, box.report_id, row) for row in found.messages),
        )

    async def write(self, code: str, stelle: str, message_id: UUID, text: str) -> None:
        """Write to one of the chosen Stellen. The same *message_id* is kept once.

        Raises `UnknownCode` for any other Stelle, and `MessageIdUsed` when the id came again with
        something else: that would be lost.
        """
        keys = receipt.mailbox_keys(code)
        given = await store.address(self._pool, keys.lookup, stelle)
        if given is None:
            raise UnknownCode
        sealed = sealing.seal_message(
            given.report_id,
            message_id,
            stelle,
            Message(text=text),
            stelle_key=given.stelle_key,
            mailbox_key=given.mailbox_key,
        )
        message = store.NewMessage(message_id, self.today(), sealed)
        if await store.insert_message(self._pool, keys.lookup, given, stelle, message):
            return
        kept = await store.message(self._pool, keys.lookup, given, message_id)
        if kept is None or (kept.stelle, _text(keys, given, message_id, kept)) != (stelle, text):
            raise MessageIdUsed


def _text(
    keys: MailboxKeys, given: store.Address, message_id: UUID, kept: store.KeptMessage
) -> str:
    binding = sealing.message_binding(given.report_id, message_id, kept.stelle)
    return sealing.open_message(keys.private, kept.for_mailbox, kept.sealed, binding).text


def _opened(keys: MailboxKeys, report_id: UUID, row: store.MessageRow) -> Note:
    binding = sealing.message_binding(report_id, row.message_id, row.stelle)
    message = sealing.open_message(keys.private, row.for_mailbox, row.sealed, binding)
    return Note(
        message_id=row.message_id,
        stelle=row.stelle,
        own=row.author == "person",
        sent_on=row.sent_on,
        was_read=row.read_on is not None,
        message=message,
    )


def _recipient(keys: MailboxKeys, row: store.RecipientRow) -> Recipient:
    letter = row.for_mailbox and sealing.open_letter(
        keys.private, row.for_mailbox, row.handover_id, sealing.MAILBOX
    )
    attempts = row.attempts or 0
    return Recipient(
        handover_id=row.handover_id,
        stelle=row.stelle,
        letter=letter or None,
        given_on=row.given_on,
        standing=standing(
            row.delivery, attempts, row.decision, is_withdrawn=row.withdrawn_on is not None
        ),
        attempts=attempts,
        reason=Reason(row.reason) if row.reason else None,
        state=row.state,
    )
