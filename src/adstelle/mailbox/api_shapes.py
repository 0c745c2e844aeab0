"""What travels over the mailbox's API, and how an open mailbox looks there."""

from datetime import date
from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from adstelle.domain.consent import Obstacle
from adstelle.domain.handover import Erasure, Reason, Scope, Standing, Way
from adstelle.domain.report import (
    MandateChanged,
    ReferralAnswered,
    ReferralMade,
    ReferralProposed,
)
from adstelle.domain.retention import Refusal
from adstelle.mail_address import LONGEST
from adstelle.mailbox.box import Note, Proposal, Recipient
from adstelle.mailbox.consents import Consents, note_of, proposal_obstacle, proposals, scope_of
from adstelle.mailbox.opened import Opened
from adstelle.mailbox.service import MOST_TEXT
from adstelle.web.deadlines import DeadlineOut

Kind = Literal["text", "mandate", "proposal", "answer", "referral", "unopenable"]
KINDS: Final[dict[type, Kind]] = {
    MandateChanged: "mandate",
    ReferralProposed: "proposal",
    ReferralAnswered: "answer",
    ReferralMade: "referral",
}
StelleCode = Annotated[str, Meta(examples=["ads_jena"])]
Mandates = Annotated[tuple[str, ...], Meta(examples=[["beraten", "begleiten"]])]


class HandoverOut(msgspec.Struct, frozen=True, kw_only=True):
    """One consent: what was agreed, where it stands, and what became of it.

    ``scope``, ``way`` and ``wording`` are null where they were not kept. ``state`` is that of the
    Stelle's case, null where there is none here. ``erasure`` is null as long as consent lives.
    ``erased_on``: the Stelle itself erased its copy. ``erasure_asked_on``: the person asked for
    that, and the Stelle has until ``erasure_answer_by``; ``erasure_refused`` says why it does not.
    """

    handover_id: UUID
    stelle: StelleCode
    scope: Annotated[Scope, Meta(examples=["facts"])] | None
    way: Annotated[Way, Meta(examples=["form"])] | None
    wording: Annotated[str, Meta(examples=["2026-11"])] | None
    referred_by: Annotated[str, Meta(examples=["ads_jena"])] | None
    given_on: date
    withdrawn_on: date | None
    standing: Annotated[Standing, Meta(examples=["delivered"])]
    attempts: Annotated[int, Meta(examples=[1])]
    reason: Annotated[Reason, Meta(examples=["full"])] | None
    state: Annotated[str, Meta(examples=["gelesen"])] | None
    erasure: Annotated[Erasure, Meta(examples=["done"])] | None
    erased_on: date | None
    erasure_asked_on: date | None
    erasure_answer_by: date | None
    erasure_refused: Annotated[Refusal, Meta(examples=["claims"])] | None


class ProposalOut(msgspec.Struct, frozen=True, kw_only=True):
    """The Stelle ``by`` asks whether the report may go to ``stelle`` too.

    ``scope`` and ``note`` are exactly what a yes would add to the report. ``agreed`` is null until
    it is answered; ``obstacle`` says why a yes is not possible now.
    """

    proposal_id: UUID
    by: StelleCode
    stelle: Annotated[str, Meta(examples=["ezra"])]
    scope: Annotated[Scope, Meta(examples=["facts"])]
    note: str
    proposed_on: date
    agreed: bool | None
    obstacle: Annotated[Obstacle, Meta(examples=["being_erased"])] | None


class WishOut(msgspec.Struct, frozen=True):
    """What the person wanted from a day on; *own* when they wrote it down themselves."""

    since: date
    own: bool
    mandates: Mandates


class MandateOut(msgspec.Struct, frozen=True):
    """What the person wants of a Stelle now, and how that came about, oldest first."""

    stelle: StelleCode
    mandates: Mandates
    history: tuple[WishOut, ...]


class FurtherOut(msgspec.Struct, frozen=True):
    """A Stelle that fits and does not have the report; *obstacle*: why it cannot be given now."""

    stelle: Annotated[str, Meta(examples=["ezra"])]
    rule: Annotated[str, Meta(examples=["R3"])]
    reason: str
    obstacle: Annotated[Obstacle, Meta(examples=["being_erased"])] | None


class MessageOut(msgspec.Struct, frozen=True):
    """One message; *own* when the person wrote it. Of a kind other than text it may be empty."""

    stelle: StelleCode
    own: bool
    sent_on: date
    was_read: bool
    text: str
    kind: Kind


class NoticeOut(msgspec.Struct, frozen=True):
    """The address for a mail that there is something new; *works* is false once nobody was reached
    there: then nothing is sent to it any more.
    """

    mail: Annotated[str, Meta(examples=["person@example.org"])]
    works: bool


class BoxOut(msgspec.Struct, frozen=True, kw_only=True):
    """An open mailbox; the deadlines are in the language of the report.

    ``kept_until``: the day on which everything goes; null as long as a Stelle that works here has
    the report. ``wanted_gone_on``: since when the person wants everything erased. ``notice``: null
    where no address was left; ``may_leave_notice``: whether such mails are sent from here.
    """

    received_on: date
    kept_until: date | None
    wanted_gone_on: date | None
    account: str
    deadlines: tuple[DeadlineOut, ...]
    handovers: tuple[HandoverOut, ...]
    proposals: tuple[ProposalOut, ...]
    mandates: tuple[MandateOut, ...]
    further: tuple[FurtherOut, ...]
    messages: tuple[MessageOut, ...]
    notice: NoticeOut | None
    may_leave_notice: bool


class MessageIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A message to one of the chosen Stellen; the id makes repeating it harmless."""

    message_id: UUID
    stelle: StelleCode
    text: Annotated[str, Meta(min_length=1, max_length=MOST_TEXT, examples=["Vielen Dank."])]


class MandateIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the person wants of a Stelle from now on; the id makes repeating it harmless."""

    message_id: UUID
    stelle: StelleCode
    mandates: Mandates


class MessageStored(msgspec.Struct, frozen=True):
    """The message is kept; repeating the request keeps it once."""

    message_id: UUID


class HandoverIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Consent to one Stelle, and to how much it is given."""

    stelle: StelleCode
    scope: Annotated[Scope, Meta(examples=["facts"])]


class NoticeIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An address for a mail that there is something new, and the language of the mail."""

    mail: Annotated[str, Meta(max_length=LONGEST, examples=["person@example.org"])]
    language: Annotated[str, Meta(examples=["de"])] = "de"


class AnswerIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Yes or no to a proposal."""

    agreed: bool


def box(opened: Opened, consents: Consents, due: tuple[DeadlineOut, ...]) -> BoxOut:
    """Everything in a mailbox."""
    found = opened.box
    return BoxOut(
        received_on=found.received_on,
        kept_until=opened.kept_until(),
        wanted_gone_on=found.wanted_gone_on,
        account=found.account.account,
        deadlines=due,
        handovers=tuple(handover(row) for row in found.recipients),
        proposals=tuple(proposal(opened, each) for each in proposals(opened)),
        mandates=tuple(
            MandateOut(row.stelle, found.mandates(row.stelle), _wishes(opened, row.stelle))
            for row in found.recipients
            if row.is_living
        ),
        further=_further(opened, consents),
        messages=tuple(_message(note) for note in found.notes),
        notice=NoticeOut(found.notice.mail, found.notice.works) if found.notice else None,
        may_leave_notice=opened.notice_key is not None,
    )


def handover(row: Recipient) -> HandoverOut:
    """One consent."""
    letter = row.letter
    return HandoverOut(
        handover_id=row.handover_id,
        stelle=row.stelle,
        scope=letter.scope if letter else None,
        way=letter.way if letter else None,
        wording=letter.wording if letter else None,
        referred_by=row.referred_by,
        given_on=row.given_on,
        withdrawn_on=row.withdrawn_on,
        standing=row.standing,
        attempts=row.attempts,
        reason=row.reason,
        state=row.state,
        erasure=row.erasure,
        erased_on=row.erased_on,
        erasure_asked_on=row.task.asked_on if row.task else None,
        erasure_answer_by=row.task.answer_by if row.task else None,
        erasure_refused=row.task.refusal if row.task else None,
    )


def proposal(opened: Opened, given: Proposal) -> ProposalOut:
    """One proposal."""
    return ProposalOut(
        proposal_id=given.proposal_id,
        by=given.by,
        stelle=given.stelle,
        scope=scope_of(opened, given),
        note=note_of(given),
        proposed_on=given.proposed_on,
        agreed=given.agreed,
        obstacle=None if given.agreed is not None else proposal_obstacle(opened, given),
    )


def _wishes(opened: Opened, stelle: str) -> tuple[WishOut, ...]:
    wishes = opened.box.wishes(stelle)
    return tuple(WishOut(wish.since, wish.own, wish.mandates) for wish in wishes)


def _further(opened: Opened, consents: Consents) -> tuple[FurtherOut, ...]:
    text = opened.city.catalogue.text
    return tuple(
        FurtherOut(
            offer.stelle,
            offer.rule,
            text("de", offer.reason),
            consents.obstacle(opened, offer.stelle, Scope.FACTS),
        )
        for offer in consents.offers(opened)
    )


def _message(note: Note) -> MessageOut:
    return MessageOut(
        stelle=note.stelle,
        own=note.own,
        sent_on=note.sent_on,
        was_read=note.was_read,
        text=note.message.text,
        kind="unopenable" if note.is_unopenable else KINDS.get(type(note.message.act), "text"),
    )
