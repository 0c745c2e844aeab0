"""Refer a case on: ask the person in the mailbox, or give it where they have said yes already."""

from contextlib import AbstractAsyncContextManager
from datetime import date
from enum import Enum, auto
from typing import Final
from uuid import UUID

from adstelle.casework import store, writing
from adstelle.casework.access import within
from adstelle.casework.dossier import Dossier, log_read, open_case
from adstelle.casework.masking import store as masking_store
from adstelle.casework.referral import store as referral_store
from adstelle.casework.referral.store import ASKED, SETTLED, HasItAlready, StillLeaving
from adstelle.casework.store import Act, Address
from adstelle.casework.writing import NO_ID, Written
from adstelle.city import City
from adstelle.crypto import files
from adstelle.crypto.sessions import Session
from adstelle.database import Connection, Pool
from adstelle.domain import referral
from adstelle.domain.consent import is_contact
from adstelle.domain.handover import Letter, Scope
from adstelle.domain.masking import Masks
from adstelle.domain.private import Private
from adstelle.domain.referral import Giver, Referral, Referring
from adstelle.domain.report import Account, Contact, Message, ReferralMade, ReferralProposed
from adstelle.files import store as file_store
from adstelle.handing import Handing, Receiver, SealedHandover, Source

WORDING: Final = "gespraech-2026-11"  # the words to read out (referral.spoken); change it with them


class Told(Private, frozen=True):
    """What the person reads about a referral, and the number that makes sending twice harmless."""

    text: str
    message_id: UUID


class Became(Enum):
    """What became of a referral."""

    KEPT = auto()
    CHANGED = auto()  # the same form was sent before, with something else
    OBJECTED = auto()  # it does not fit, or no longer: `domain.referral.objections` says why
    HAS_IT = auto()  # the person gave the report to that Stelle themselves
    STILL_LEAVING = auto()  # a consent to the same Stelle was taken back a moment ago
    NO_SUCH_CASE = auto()
    NEW = auto()  # nothing yet: it was not sent before


class Subject(Private, frozen=True, kw_only=True):
    """What there is to refer: the case as the receiver would get it."""

    case_id: UUID
    account: Account
    contact: Contact | None
    mandates: tuple[str, ...]
    giver: Giver
    referrals: tuple[Referral, ...]
    has_files: bool
    masks: Masks


class _Found(Private, frozen=True):
    """A case with what was referred of it so far, and everybody it could go to."""

    dossier: Dossier
    receivers: dict[str, Receiver]
    referrals: tuple[Referral, ...]
    masks: Masks


class Referrals:
    """Referrals of the cases of a session's Stelle. Its own case stays as it is."""

    def __init__(self, pool: Pool, city: City) -> None:
        self._pool = pool
        self._rules = city.rules
        self._handing = Handing(city)

    async def subject(
        self, session: Session, case_id: UUID, *, with_contact: bool
    ) -> Subject | None:
        """Open what can be referred, the contact only where it is to be shown; every look is
        logged before. None where the Stelle has no such case or cannot give it to anybody.
        """
        if not await log_read(self._pool, session, case_id):
            return None
        async with self._transaction(session) as conn:
            found = await self._find(conn, session, case_id)
            if found is None:
                return None
            with_contact = with_contact and found.dossier.keys.contact is not None
            if with_contact:
                await store.append_log(conn, session, Act.CONTACT_READ, [case_id])
        report = files.of_report(found.dossier.keys.account, found.dossier.to.report_id)
        return Subject(
            has_files=bool(await file_store.files(self._pool, report)),
            case_id=case_id,
            account=found.dossier.account,
            contact=found.dossier.contact() if with_contact else None,
            mandates=found.dossier.mandates,
            giver=self._giver(session, found, with_contact=with_contact),
            referrals=found.referrals,
            masks=found.masks,
        )

    async def before(
        self, session: Session, case_id: UUID, wanted: Referring, told: Told
    ) -> Became:
        """Whether this very form was sent before; nothing is done here."""
        async with self._transaction(session) as conn:
            to = await store.address(conn, case_id)
            if to is None:
                return Became.NO_SUCH_CASE
            return await _sent_before(conn, session, to, wanted, told)

    async def refer(
        self,
        session: Session,
        case_id: UUID,
        wanted: Referring,
        told: Told,
        today: date,
    ) -> Became:
        """Ask the person, or give the report; all of it in one transaction with the log."""
        try:
            async with self._transaction(session) as conn:
                await store.lock_state(conn, case_id)  # one referral of a case at a time
                found = await self._find(conn, session, case_id)
                if found is None:
                    return Became.NO_SUCH_CASE
                return await self._refer(conn, session, found, (wanted, told), today)
        except HasItAlready:
            return Became.HAS_IT
        except StillLeaving:
            return Became.STILL_LEAVING

    async def settle(self, session: Session, case_id: UUID, subject: UUID, today: date) -> bool:
        """Note that somebody has seen to a referral; false where there is nothing to see to.

        What still may go wrong cannot be settled beforehand.
        """
        async with self._transaction(session) as conn:
            found = await self._find(conn, session, case_id)
            referrals = found.referrals if found else ()
            meant = next((each for each in referrals if each.subject == subject), None)
            if meant is not None and meant.wants_attention(today):
                await referral_store.mark(conn, session, case_id, [subject], SETTLED, today)
                await store.append_log(conn, session, Act.REFERRAL_SETTLED, [case_id])
                return True
        return meant is not None and meant.is_settled

    async def _refer(
        self,
        conn: Connection,
        session: Session,
        found: _Found,
        said: tuple[Referring, Told],
        today: date,
    ) -> Became:
        wanted, told = said
        before = await _sent_before(conn, session, found.dossier.to, wanted, told)
        if before is not Became.NEW:
            return before
        if wanted.masked not in ("", found.masks.key):  # others, or none that open: never unmasked
            return Became.OBJECTED
        if referral.objections(
            self._giver(session, found, with_contact=wanted.scope is Scope.CONTACT),
            today,
            stelle=wanted.stelle,
            scope=wanted.scope,
            way=wanted.way,
            given_on=wanted.given_on,
        ):
            return Became.OBJECTED
        sealed = self._sealed(session, found, wanted, today)
        message = _message(wanted, told, sealed.handover_id if sealed else NO_ID)
        if not await self._write(conn, session, found, (told, message), today):
            return Became.CHANGED
        if sealed is not None:
            await referral_store.hand_over(conn, session, found.dossier.to.report_id, sealed, today)
        case_id, asked = found.dossier.row.case_id, [told.message_id] if sealed is None else []
        await referral_store.mark(conn, session, case_id, asked, ASKED, today)
        settled = referral.settled_by(wanted.stelle, found.referrals)
        await referral_store.mark(conn, session, case_id, settled, SETTLED, today)
        act = Act.REFERRAL_PROPOSED if sealed is None else Act.REFERRAL_MADE
        await store.append_log(conn, session, act, [case_id])
        return Became.KEPT

    async def _write(
        self,
        conn: Connection,
        session: Session,
        found: _Found,
        said: tuple[Told, Message],
        today: date,
    ) -> bool:
        """Keep what the person reads; false where its number belongs to something else."""
        told, message = said
        written = await writing.write(
            conn, session, found.dossier.to, told.message_id, message, today
        )
        return written is Written.NEW

    def _sealed(
        self, session: Session, found: _Found, wanted: Referring, today: date
    ) -> SealedHandover | None:
        """The hand-over, where the person has said yes; None where they are asked."""
        if wanted.given_on is None:
            return None
        letter = Letter(
            scope=wanted.scope,
            wording=WORDING,
            given_on=wanted.given_on,
            way=wanted.way,
            referred_by=session.stelle,
            note=wanted.note,
        )
        dossier, with_contact = found.dossier, wanted.scope is Scope.CONTACT
        source = Source(
            report_id=dossier.to.report_id,
            mailbox=dossier.to.mailbox_key,
            keys=dossier.keys,
            account=dossier.account,
            contact=dossier.contact() if with_contact else None,
        )
        masks = found.masks if wanted.masked else Masks()
        return self._handing.seal(source, letter, found.receivers[wanted.stelle], today, masks)

    async def _find(self, conn: Connection, session: Session, case_id: UUID) -> _Found | None:
        dossier = await open_case(conn, session, case_id)
        if dossier is None:
            return None
        report_id = dossier.to.report_id
        before = await referral_store.before(conn, report_id, case_id, session.stelle)
        return _Found(
            dossier=dossier,
            receivers=self._handing.receivers(await referral_store.public_keys(conn)),
            referrals=referral.referrals(before.handed, dossier.conversation, before.settled),
            masks=(await masking_store.latest(conn, session, case_id)).masks or Masks(),
        )

    def _giver(self, session: Session, found: _Found, *, with_contact: bool) -> Giver:
        """What there is to give; whether a contact holds anything is looked at only if wanted."""
        dossier = found.dossier
        shares_contact = dossier.keys.contact is not None
        if shares_contact and with_contact:
            shares_contact = is_contact(dossier.contact() or Contact())
        return Giver(
            choices=referral.choices(
                self._rules, dossier.account, found.receivers, session.stelle, found.referrals
            ),
            shares_contact=shares_contact,
            received_on=dossier.row.received_on,
        )

    def _transaction(self, session: Session) -> AbstractAsyncContextManager[Connection]:
        return within(self._pool, session)


async def _sent_before(
    conn: Connection, session: Session, to: Address, wanted: Referring, told: Told
) -> Became:
    message = _message(wanted, told, NO_ID)
    written = await writing.kept(conn, session, to, told.message_id, message)
    if written is None:
        return Became.NEW
    return Became.KEPT if written is Written.SAME else Became.CHANGED


def _message(wanted: Referring, told: Told, handover_id: UUID) -> Message:
    """What the person reads of a referral, and the Stelle itself afterwards."""
    act: ReferralProposed | ReferralMade = ReferralProposed(
        stelle=wanted.stelle, scope=wanted.scope, note=wanted.note
    )
    if wanted.given_on is not None:
        act = ReferralMade(
            handover=handover_id,
            stelle=wanted.stelle,
            scope=wanted.scope,
            way=wanted.way,
            given_on=wanted.given_on,
            note=wanted.note,
        )
    return Message(text=told.text, act=act)
