"""Seal a whole report for everybody it goes to: what the public form and an adviser do alike."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final
from uuid import UUID, uuid4

import msgspec

from adstelle.crypto import files, sealing
from adstelle.crypto.hpke import PublicKey
from adstelle.crypto.receipt import MailboxKeys
from adstelle.crypto.sealing import MAILBOX, SealedParts
from adstelle.domain.consent import WORDING
from adstelle.domain.handover import Letter, Scope, Way
from adstelle.domain.private import Private
from adstelle.domain.report import Consent, Report, Taken, account_of, card_of
from adstelle.errors import AdstelleError
from adstelle.handing import Handing, Receiver, SealedHandover, Source

STATISTICS: Final = "statistics"


class NotSetUp(AdstelleError):
    """There is no statistics key yet: nothing may be stored that could not be counted."""


class Receiving(Private, frozen=True, kw_only=True):
    """How a report came: the keys of its mailbox, when, and how the person said yes.

    *taken* is None where the person wrote themselves.
    """

    report_id: UUID
    mailbox: MailboxKeys
    received_on: date
    today: date
    way: Way
    taken: Taken | None = None


class SealedReport(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is stored of one report, and where its files belong."""

    report_id: UUID
    received_on: date
    mailbox_lookup: bytes
    mailbox_key: bytes
    parts: SealedParts
    mailbox_wrap: bytes
    card_id: UUID
    card: bytes
    given: tuple[SealedHandover, ...]
    files: files.Container

    @property
    def wraps(self) -> dict[str, bytes]:
        """The mailbox's wrap, and one for each Stelle that works here."""
        stellen = {each.stelle: each.wrap for each in self.given if each.wrap is not None}
        return {MAILBOX: self.mailbox_wrap} | stellen

    def columns(self) -> dict[str, Any]:
        """The same, as the statements that store it name it."""
        return {
            "report_id": self.report_id,
            "received_on": self.received_on,
            "mailbox_lookup": self.mailbox_lookup,
            "mailbox_key": self.mailbox_key,
            "account": self.parts.account,
            "contact": self.parts.contact,
            "recipients": list(self.wraps),
            "wraps": list(self.wraps.values()),
            "card_id": self.card_id,
            "card": self.card,
            "handovers": [each.handover_id for each in self.given],
            "stellen": [each.stelle for each in self.given],
            "for_stelle": [each.for_stelle for each in self.given],
            "for_mailbox": [each.for_mailbox for each in self.given],
            "packages": [each.package for each in self.given],
            "sender_names": [each.sender_name for each in self.given],
            "lanes": [each.lane for each in self.given],
        }


def seal_report(
    handing: Handing,
    keys: Mapping[str, PublicKey],
    receivers: Mapping[str, Receiver],
    report: Report,
    how: Receiving,
) -> SealedReport:
    """Seal a report for its mailbox, its count and every Stelle the person chose.

    *receivers* are `handing.receivers(keys)`. Nothing leaves the process yet. Raises `NotSetUp`
    without a key of the statistics.
    """
    if STATISTICS not in keys:
        raise NotSetUp
    card_id, part_keys, mailbox = uuid4(), sealing.new_part_keys(), how.mailbox
    account = account_of(report, card_id=card_id, wording=WORDING, taken=how.taken)
    source = Source(
        report_id=how.report_id,
        mailbox=mailbox.own,
        keys=part_keys,
        account=account,
        contact=report.contact,
    )
    return SealedReport(
        report_id=how.report_id,
        received_on=how.received_on,
        mailbox_lookup=mailbox.lookup,
        mailbox_key=mailbox.private.encoded_public(),
        parts=sealing.seal_parts(how.report_id, part_keys, account, report.contact),
        mailbox_wrap=sealing.keep_keys(part_keys, how.report_id, mailbox.own),
        card_id=card_id,
        card=sealing.seal_card(
            card_id, card_of(report, month=f"{how.received_on:%Y-%m}"), keys[STATISTICS]
        ),
        given=tuple(
            handing.seal(source, _letter(consent, how), receivers[consent.stelle], how.today)
            for consent in report.consents
        ),
        files=files.of_report(part_keys.account, how.report_id),
    )


def _letter(consent: Consent, how: Receiving) -> Letter:
    """Put one consent into writing."""
    return Letter(
        scope=Scope.CONTACT if consent.with_contact else Scope.FACTS,
        wording=WORDING,
        given_on=how.received_on,
        way=how.way,
    )
