"""Take a report that came by phone, letter, visit or mail: sealed and stored as the form's are."""

import hashlib
from datetime import date
from enum import Enum, auto
from typing import Final
from uuid import UUID, uuid4

import msgspec

from adstelle.asking import form
from adstelle.asking.sealed import Receiving, seal_report
from adstelle.casework.taking import store
from adstelle.casework.taking.form import Received
from adstelle.city import City
from adstelle.crypto import envelope, receipt
from adstelle.crypto.sessions import Session
from adstelle.database import Pool
from adstelle.domain import routing
from adstelle.domain.fristen import Deadline
from adstelle.domain.private import Private
from adstelle.domain.report import WAYS_OF, Report, Taken
from adstelle.domain.routing import CodedAnswers, Routing
from adstelle.errors import Unopenable
from adstelle.handing import Handing

PURPOSE: Final = "slip"


class Became(Enum):
    """What became of a report that was written down."""

    KEPT = auto()
    CHANGED = auto()  # the same form was kept before, with something else in it


class Slip(Private, frozen=True, kw_only=True):
    """What the person is given on paper. *code* is empty where they wanted none."""

    code: str
    stellen: tuple[str, ...]
    received_on: date
    language: str
    deadlines: tuple[Deadline, ...]
    fingerprint: bytes


class Taking:
    """The way in at an adviser's desk. The Stelle that takes a report always gets it."""

    def __init__(self, pool: Pool, city: City) -> None:
        self._pool = pool
        self.city = city
        self._handing = Handing(city)

    async def sealable(self, session: Session) -> frozenset[str]:
        """The Stellen that a report can be given to from here."""
        return frozenset(self._handing.receivers(await store.public_keys(self._pool, session)))

    def offers(self, answers: CodedAnswers) -> Routing:
        """Say who fits and why."""
        return routing.route(self.city.rules, answers)

    async def take(
        self, session: Session, form_id: UUID, report: Report, received: Received, today: date
    ) -> tuple[Became, UUID]:
        """Store *report* and open its case; the same *form_id* is kept once. Returns the case.

        Raises `NotSetUp` without a key of the statistics.
        """
        keys = await store.public_keys(self._pool, session)
        receivers = self._handing.receivers(keys)
        if form.faults(report, self.city, frozenset(receivers), today, asked=session.stelle):
            raise ValueError("a report with faults was taken")
        case_id = case_of(session, form_id)
        mailbox = receipt.mailbox_keys(receipt.new_code())  # without a code nobody opens it
        how = Receiving(
            report_id=uuid4(),
            mailbox=mailbox,
            received_on=received.on,
            today=today,
            way=WAYS_OF[received.arrival],
            taken=Taken(received.arrival, received.with_code),
        )
        slip = Slip(
            code=mailbox.code if received.with_code else "",
            stellen=tuple(consent.stelle for consent in report.consents),
            received_on=received.on,
            language=report.language,
            deadlines=self.city.deadlines_for(report.answers, report.date, today),
            fingerprint=_fingerprint(report, received),
        )
        sealed = seal_report(self._handing, keys, receivers, report, how)
        sealed_slip = session.seal_own(PURPOSE, msgspec.json.encode(slip), _place(session, case_id))
        if await store.take(self._pool, session, case_id, sealed, sealed_slip, today):
            return Became.KEPT, case_id
        before = await self.slip(session, case_id)
        is_same = before is None or before.fingerprint == slip.fingerprint
        return (Became.KEPT if is_same else Became.CHANGED), case_id

    async def slip(self, session: Session, case_id: UUID) -> Slip | None:
        """Open the slip; None for anybody but who took the report, and once it is gone."""
        sealed = await store.slip(self._pool, session, case_id)
        if sealed is None:
            return None
        try:
            opened = session.open_own(PURPOSE, sealed, _place(session, case_id))
        except Unopenable:
            return None
        return msgspec.json.decode(opened, type=Slip)

    async def forget(self, session: Session, case_id: UUID) -> None:
        """Delete the slip, if it is this member's."""
        if await self.slip(session, case_id) is not None:
            await store.forget_slip(self._pool, session, case_id)

    async def has_case(self, session: Session, case_id: UUID) -> bool:
        """Whether the Stelle has a case."""
        return await store.is_taken(self._pool, session, case_id)


def case_of(session: Session, form_id: UUID) -> UUID:
    """The number of the case that a form becomes: always the same, so that it is kept once."""
    secret = form_id.bytes + session.member_id.bytes
    return UUID(bytes=envelope.derive(secret, "taking/1/case", 16), version=4)


def _place(session: Session, case_id: UUID) -> bytes:
    """A slip opens for whoever took the report, in its own row."""
    return b"slip/1/" + case_id.bytes + session.member_id.bytes


def _fingerprint(report: Report, received: Received) -> bytes:
    """Sealed with the slip, so it need not be keyed."""
    return hashlib.sha256(msgspec.json.encode((report, received))).digest()
