"""Take in a report: decide, seal, and store everything in one statement."""

import hmac
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Final
from uuid import uuid4

import msgspec

from adstelle import events
from adstelle.city import City
from adstelle.crypto import envelope, files, receipt, sealing
from adstelle.crypto.hpke import PublicKey
from adstelle.database import Pool
from adstelle.domain import routing
from adstelle.domain.consent import WORDING
from adstelle.domain.fristen import Deadline
from adstelle.domain.handover import Letter, Scope, Way
from adstelle.domain.private import Private
from adstelle.domain.report import Consent, Report, account_of, card_of
from adstelle.domain.routing import CodedAnswers, Routing
from adstelle.errors import AdstelleError, Unopenable
from adstelle.files.store import File, Moved
from adstelle.handing import Handing, Receiver, Source
from adstelle.intake import form, store

STATISTICS: Final = "statistics"
RECEIPT_LIFE: Final = timedelta(hours=24)
KEYS_LIFE: Final = 60.0


class Receipt(Private, frozen=True):
    """What the person gets once: the code, who was given the report, and what is due when."""

    code: str
    stellen: tuple[str, ...]
    fingerprint: bytes
    received_on: date
    deadlines: tuple[Deadline, ...]


class Faulty(AdstelleError):
    """A report cannot be taken in; *faults* names every field with what is wrong."""

    def __init__(self, faults: form.Faults) -> None:
        super().__init__()
        self.faults = faults


class Reused(AdstelleError):
    """An idempotency key came again with another report."""


class NotSetUp(AdstelleError):
    """There is no statistics key yet: nothing may be stored that could not be counted."""


class Attached(Private, frozen=True):
    """The files of a draft that go with the report."""

    container: files.Container
    files: tuple[File, ...]


class Intake:
    """The way in, for the form and the API alike."""

    def __init__(
        self, pool: Pool, city: City, now: Callable[[], datetime], *, today: Callable[[], date]
    ) -> None:
        self._pool = pool
        self.city = city
        self._now = now
        self.today = today
        self._handing = Handing(city)
        self._keys: dict[str, PublicKey] = {}
        self._receivers: dict[str, Receiver] = {}
        self._keys_read = -KEYS_LIFE

    async def keys(self) -> dict[str, PublicKey]:
        """Everybody's public key, at most a minute old."""
        if time.monotonic() - self._keys_read >= KEYS_LIFE:
            self._keys = await store.public_keys(self._pool)
            self._receivers = self._handing.receivers(self._keys)
            self._keys_read = time.monotonic()
        return self._keys

    async def receivers(self) -> dict[str, Receiver]:
        """The Stellen that a report can be given to."""
        await self.keys()
        return self._receivers

    async def sealable(self) -> frozenset[str]:
        """The codes of these Stellen."""
        return frozenset(await self.receivers())

    def offers(self, answers: CodedAnswers) -> Routing:
        """Say who fits and why."""
        return routing.route(self.city.rules, answers)

    async def faults(self, report: Report) -> form.Faults:
        """Name everything wrong with a report; empty when it may be submitted."""
        return form.faults(report, self.city, await self.sealable(), self.today())

    async def submit(
        self,
        report: Report,
        idempotency: bytes,
        way: Way = Way.FORM,
        attached: Attached | None = None,
    ) -> Receipt:
        """Store *report*, with its files, for those the person chose and return the receipt.

        Coming again with the same idempotency key (at least 16 random bytes) and the same report
        returns the same receipt and stores nothing. Raises `Faulty`, `Reused` for another report,
        `files.store.Gone` when a file was taken back in between, and `OutcomeUnknown` when the
        database broke off: then the same call tells.
        """
        if faults := await self.faults(report):
            raise Faulty(faults)
        fingerprint, today = _fingerprint(report, idempotency), self.today()
        made = Receipt(
            code=receipt.new_code(),
            stellen=tuple(consent.stelle for consent in report.consents),
            fingerprint=fingerprint,
            received_on=today,
            deadlines=self.city.deadlines_for(report.answers, report.date, today),
        )
        submission = await self.sealed(report, made, idempotency, way, attached)
        if await store.insert(self._pool, submission):
            events.emit(events.ReportReceived(recipients=len(made.stellen)))
            return made
        stored = await self.receipt_of(idempotency)
        if stored is None or not hmac.compare_digest(stored.fingerprint, fingerprint):
            raise Reused
        events.emit(events.ReportRepeated())
        return stored

    async def receipt_of(self, idempotency: bytes) -> Receipt | None:
        """Return the receipt of a submission, if it was stored within the last day."""
        submission_id = envelope.derive(idempotency, "submission/1/id")
        sealed = await store.sealed_receipt(self._pool, submission_id)
        if sealed is None:
            return None
        key = envelope.derive(idempotency, "submission/1/key")
        try:
            opened = envelope.open_sealed(key, sealed, submission_id)
        except Unopenable:
            return None
        return msgspec.json.decode(opened, type=Receipt)

    async def sealed(
        self,
        report: Report,
        made: Receipt,
        idempotency: bytes,
        way: Way = Way.FORM,
        attached: Attached | None = None,
    ) -> store.Submission:
        """Seal everything one submission stores; nothing leaves this process yet."""
        keys = await self.keys()
        if STATISTICS not in keys:
            raise NotSetUp
        report_id, card_id = uuid4(), uuid4()
        mailbox = receipt.mailbox_keys(made.code)
        part_keys, receivers = sealing.new_part_keys(), await self.receivers()
        account = account_of(report, card_id=card_id, wording=WORDING)
        source = Source(
            report_id=report_id,
            mailbox=mailbox.own,
            keys=part_keys,
            account=account,
            contact=report.contact,
        )
        submission_id = envelope.derive(idempotency, "submission/1/id")
        return store.Submission(
            report_id=report_id,
            received_on=made.received_on,
            mailbox_lookup=mailbox.lookup,
            mailbox_key=mailbox.private.encoded_public(),
            parts=sealing.seal_parts(report_id, part_keys, account, report.contact),
            mailbox_wrap=sealing.keep_keys(part_keys, report_id, mailbox.own),
            card_id=card_id,
            card=sealing.seal_card(
                card_id, card_of(report, month=f"{made.received_on:%Y-%m}"), keys[STATISTICS]
            ),
            given=tuple(
                self._handing.seal(
                    source, self._letter(consent, way), receivers[consent.stelle], self.today()
                )
                for consent in report.consents
            ),
            submission_id=submission_id,
            sealed_receipt=envelope.seal(
                envelope.derive(idempotency, "submission/1/key"),
                msgspec.json.encode(made),
                submission_id,
            ),
            expires_at=self._now() + RECEIPT_LIFE,
            files_at=attached.container.address if attached else b"",
            files=_moved(attached, files.of_report(part_keys.account, report_id)),
        )

    def _letter(self, consent: Consent, way: Way) -> Letter:
        """Put one consent into writing."""
        return Letter(
            scope=Scope.CONTACT if consent.with_contact else Scope.FACTS,
            wording=WORDING,
            given_on=self.today(),
            way=way,
        )


def _moved(attached: Attached | None, to: files.Container) -> tuple[Moved, ...]:
    """Seal what says what a file is anew, for the report; its content stays as it is."""
    return tuple(
        Moved(each.file_id, to.address, to.seal(each.file_id, each.header))
        for each in (attached.files if attached else ())
    )


def _fingerprint(report: Report, idempotency: bytes) -> bytes:
    return hmac.digest(
        envelope.derive(idempotency, "submission/1/fingerprint"),
        msgspec.json.encode(report),
        "sha256",
    )
