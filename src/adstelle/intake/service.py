"""Take in a report: decide, seal, and store everything in one statement."""

import asyncio
import hmac
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Final
from uuid import uuid4

import msgspec

from adstelle import events
from adstelle.asking import form
from adstelle.asking.sealed import Receiving, seal_report
from adstelle.city import City
from adstelle.crypto import envelope, files, receipt
from adstelle.crypto.hpke import PublicKey
from adstelle.crypto.receipt import MailboxKeys
from adstelle.database import Pool
from adstelle.domain import routing
from adstelle.domain.fristen import Deadline
from adstelle.domain.handover import Way
from adstelle.domain.private import Private
from adstelle.domain.report import Report
from adstelle.domain.routing import CodedAnswers, Routing
from adstelle.errors import AdstelleError, Unopenable
from adstelle.files.store import File, Moved
from adstelle.handing import Handing, Receiver
from adstelle.intake import store

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
        self._drawn: MailboxKeys | None = None

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
        mailbox = self._mailbox()
        made = Receipt(
            code=mailbox.code,
            stellen=tuple(consent.stelle for consent in report.consents),
            fingerprint=fingerprint,
            received_on=today,
            deadlines=self.city.deadlines_for(report.answers, report.date, today),
        )
        submission = await self.sealed(report, made, mailbox, idempotency, way, attached)
        if await store.insert(self._pool, submission):
            events.emit(events.ReportReceived(recipients=len(made.stellen)))
            return made
        stored = await self.receipt_of(idempotency)
        if stored is None or not hmac.compare_digest(stored.fingerprint, fingerprint):
            raise Reused
        events.emit(events.ReportRepeated())
        return stored

    def _mailbox(self) -> MailboxKeys:
        """A new mailbox. The next is drawn while the database stores this one's report: its keys
        cost a tenth of a submission.
        """
        drawn, self._drawn = self._drawn or _drawn(), None
        asyncio.get_running_loop().call_soon(self._draw)
        return drawn

    def _draw(self) -> None:
        self._drawn = self._drawn or _drawn()

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
        mailbox: MailboxKeys,
        idempotency: bytes,
        way: Way = Way.FORM,
        attached: Attached | None = None,
    ) -> store.Submission:
        """Seal everything one submission stores; nothing leaves this process yet."""
        how = Receiving(
            report_id=uuid4(),
            mailbox=mailbox,
            received_on=made.received_on,
            today=made.received_on,
            way=way,
        )
        submission_id = envelope.derive(idempotency, "submission/1/id")
        stored = seal_report(self._handing, await self.keys(), await self.receivers(), report, how)
        return store.Submission(
            report=stored,
            submission_id=submission_id,
            sealed_receipt=envelope.seal(
                envelope.derive(idempotency, "submission/1/key"),
                msgspec.json.encode(made),
                submission_id,
            ),
            expires_at=_next_hour(self._now() + RECEIPT_LIFE),
            files_at=attached.container.address if attached else b"",
            files=_moved(attached, stored.files),
        )


def _next_hour(moment: datetime) -> datetime:
    """The full hour after it: a receipt's end must not tell to the second when it was made."""
    return moment.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)


def _drawn() -> MailboxKeys:
    return receipt.mailbox_keys(receipt.new_code())


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
