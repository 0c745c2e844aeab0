"""Open a mailbox with its code, for as long as one request takes."""

from collections.abc import Set as AbstractSet
from datetime import date
from typing import Final
from uuid import UUID

from adstelle.city import City
from adstelle.crypto import notice, receipt, sealing
from adstelle.crypto.hpke import PublicKey
from adstelle.crypto.receipt import MailboxKeys
from adstelle.crypto.sealing import PartKeys
from adstelle.database import Pool
from adstelle.domain import consent
from adstelle.domain.consent import Obstacle
from adstelle.domain.handover import Erasure, Letter, Reason, Scope, Standing, erasure, standing
from adstelle.domain.private import Private
from adstelle.domain.report import Message
from adstelle.domain.retention import Refusal, mailbox_ends
from adstelle.errors import UnknownCode, Unopenable
from adstelle.handing import Handing, Receiver, Source
from adstelle.mailbox import store
from adstelle.mailbox.box import Box, ErasureTask, Note, Notice, Recipient
from adstelle.mailbox.notice_store import NoticeRow

SCOPES: Final = (Scope.FACTS, Scope.CONTACT, Scope.STATISTICS)


class Opened(Private, frozen=True, kw_only=True):
    """An open mailbox, with what it takes to write from it and to give the report to somebody.

    *stelle_keys* are those of Stellen that work here: they alone read messages. *notice_key*: whom
    an address for mails without content is sealed for, None where no mails are sent.
    """

    city: City
    box: Box
    report_id: UUID
    keys: MailboxKeys
    part_keys: PartKeys
    mailbox_key: PublicKey
    receivers: dict[str, Receiver]
    stelle_keys: dict[str, PublicKey]
    notice_key: PublicKey | None

    def has_conversation(self, stelle: str) -> bool:
        """Whether the person can write to a Stelle: it works here, and was given the report itself,
        not codes alone or a masked copy.
        """
        given = self.box.living(stelle)
        if given is None or stelle not in self.stelle_keys:
            return False
        letter = given.letter
        return letter is None or not (letter.scope is Scope.STATISTICS or letter.masked)

    def kept_until(self) -> date | None:
        """When everything goes; None as long as a Stelle that works here has the report."""
        stellen = self.city.stellen
        living = (row.stelle for row in self.box.recipients if row.is_living)
        if any(code in stellen and stellen[code].works_here for code in living):
            return None
        return mailbox_ends(self.box.days(), self.city.retention.periods)

    def scopes(self) -> tuple[Scope, ...]:
        """How much the person can give: a contact only where they left one."""
        has_contact = consent.is_contact(self.box.contact)
        return tuple(scope for scope in SCOPES if has_contact or scope is not Scope.CONTACT)

    def obstacle(self, stelle: str, scope: Scope, possible: AbstractSet[str]) -> Obstacle | None:
        """Name what stands between the report and a Stelle; *possible* are those that fit."""
        if self.box.living(stelle):
            return Obstacle.HAS_IT
        answers, agrees = self.box.account.answers, self.box.account.affected_agrees
        receivable = possible & self.receivers.keys()
        if fault := consent.fault([stelle], receivable, answers.reporter_role, agrees):
            return fault
        if scope not in self.scopes():
            return Obstacle.EMPTY
        works_here = self.receivers[stelle].works_here
        if works_here and self.box.is_being_erased(stelle):  # elsewhere the lane keeps the order
            return Obstacle.BEING_ERASED
        return None

    def source(self) -> Source:
        """The report, as it is handed over from here."""
        return Source(
            report_id=self.report_id,
            mailbox=self.keys.own,
            keys=self.part_keys,
            account=self.box.account,
            contact=self.box.contact,
        )


class Opener:
    """Opens mailboxes of one city."""

    def __init__(self, pool: Pool, city: City) -> None:
        self._pool = pool
        self._city = city
        self.handing = Handing(city)

    async def open(self, code: str, *, seen_on: date | None) -> Opened:
        """Open the mailbox of a normalised code. Raises `UnknownCode`.

        With *seen_on* its messages count as read: they are about to be shown.
        """
        keys = receipt.mailbox_keys(code)
        found = await store.contents(self._pool, keys.lookup, seen_on)
        if found is None:
            raise UnknownCode
        receivers = self.handing.receivers(found.public_keys)
        return _opened(self._city, keys, found, receivers)


def _opened(
    city: City, keys: MailboxKeys, found: store.Contents, receivers: dict[str, Receiver]
) -> Opened:
    row = found.box
    part_keys = sealing.unwrap_keys(
        keys.private, row.wrapped, row.report_id, sealing.MAILBOX, keys.own
    )
    return Opened(
        city=city,
        box=Box(
            received_on=row.received_on,
            wanted_gone_on=row.erasure_asked_on,
            account=sealing.open_account(part_keys, row.account, row.report_id),
            contact=sealing.open_contact(part_keys, row.contact, row.report_id),
            recipients=tuple(_recipient(keys, each) for each in found.recipients),
            notes=tuple(_note(keys, row.report_id, each) for each in found.messages),
            notice=_notice(keys, row.report_id, found.notice),
        ),
        report_id=row.report_id,
        keys=keys,
        part_keys=part_keys,
        mailbox_key=PublicKey(row.mailbox_key),
        receivers=receivers,
        stelle_keys={
            code: key
            for code, key in found.public_keys.items()
            if code in city.stellen and city.stellen[code].works_here
        },
        notice_key=PublicKey(found.notice.key) if found.notice.key else None,
    )


def _notice(keys: MailboxKeys, report_id: UUID, row: NoticeRow) -> Notice | None:
    if row.for_mailbox is None:
        return None
    left = notice.open_for_mailbox(row.for_mailbox, report_id, keys.own)
    return Notice(mail=left.mail, lang=left.lang, works=row.works)


def _note(keys: MailboxKeys, report_id: UUID, row: store.MessageRow) -> Note:
    binding = sealing.message_binding(report_id, row.message_id, row.stelle)
    try:
        message = sealing.open_message(keys.private, row.for_mailbox, row.sealed, binding)
    except Unopenable:
        message = None
    return Note(
        message_id=row.message_id,
        stelle=row.stelle,
        own=row.author == "person",
        sent_on=row.sent_on,
        was_read=row.read_on is not None,
        is_shared=row.is_shared,
        message=message or Message(),
        key=sealing.message_key(keys.private, row.for_mailbox, binding)
        if message and message.files
        else None,
        is_unopenable=message is None,
    )


def _letter(keys: MailboxKeys, row: store.RecipientRow) -> Letter | None:
    """What was agreed to; None for hand-overs of an earlier time, and where it is damaged."""
    if not row.for_mailbox:
        return None
    try:
        return sealing.open_letter(
            keys.private, row.for_mailbox, row.handover_id, sealing.MAILBOX, keys.own
        )
    except Unopenable:
        return None


def _recipient(keys: MailboxKeys, row: store.RecipientRow) -> Recipient:
    is_withdrawn, attempts = row.withdrawn_on is not None, row.attempts or 0
    stands = standing(row.delivery, attempts, row.decision, is_withdrawn=is_withdrawn)
    ended = Erasure.DONE if row.erased_on else erasure(row.withdrawal)
    return Recipient(
        handover_id=row.handover_id,
        stelle=row.stelle,
        letter=_letter(keys, row),
        referred_by=row.referred_by,
        given_on=row.given_on,
        withdrawn_on=row.withdrawn_on,
        erased_on=row.erased_on,
        task=_task(row),
        standing=Standing.ERASED if row.erased_on else stands,
        attempts=attempts,
        reason=Reason(row.reason) if row.reason else None,
        state=row.state,
        erasure=ended if is_withdrawn else None,
    )


def _task(row: store.RecipientRow) -> ErasureTask | None:
    """What the Stelle was asked to do, and what it said."""
    if row.erasure_asked_on is None or row.erasure_due_on is None:
        return None
    return ErasureTask(
        asked_on=row.erasure_asked_on,
        answer_by=row.erasure_due_on,
        is_granted=row.erasure_answer == "granted",
        refusal=Refusal(row.erasure_reason) if row.erasure_reason else None,
    )
