"""Referrals of one case: what was asked, what was given, where each stands, who else fits."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

import msgspec

from adstelle.domain.handover import Reason, Scope, Standing, Way
from adstelle.domain.private import Private
from adstelle.domain.report import (
    Account,
    Message,
    ReferralAnswered,
    ReferralMade,
    ReferralProposed,
)
from adstelle.domain.routing import Rule, route

AWAITED: Final = timedelta(days=14)  # then an unanswered proposal wants to be looked at
SCOPES: Final = (Scope.FACTS, Scope.CONTACT, Scope.STATISTICS)  # what can be proposed


class Proposal(StrEnum):
    """Where a proposal stands as long as nothing was handed over for it."""

    ASKED = "asked"
    DECLINED = "declined"
    AGREED = "agreed"


class Handed(msgspec.Struct, frozen=True, kw_only=True):
    """One hand-over that this Stelle referred, as far as the database says in clear."""

    handover_id: UUID
    stelle: str
    given_on: date
    standing: Standing
    attempts: int
    reason: Reason | None


class Said(Private, frozen=True):
    """One message of the conversation that opened."""

    message_id: UUID
    sent_on: date
    message: Message


class Referral(Private, frozen=True, kw_only=True):
    """One referral of a case. *subject* is the hand-over, or the message that proposes one.

    *scope* and *way* are None where nothing of it is left to read.
    """

    subject: UUID
    stelle: str
    on: date
    standing: Standing | Proposal
    scope: Scope | None = None
    way: Way | None = None
    note: str = ""
    attempts: int = 0
    reason: Reason | None = None
    is_settled: bool = False

    def went_wrong(self) -> bool:
        """Whether somebody has to find another way for the person."""
        wrong = {Standing.REFUSED, Standing.DEAD, Proposal.DECLINED}
        return self.standing in wrong and not self.is_settled

    def is_overdue(self, today: date) -> bool:
        """Whether the person was asked long ago and has not answered."""
        return self.standing is Proposal.ASKED and not self.is_settled and self.on < today - AWAITED

    def wants_attention(self, today: date) -> bool:
        """What the queue marks a case for."""
        return self.went_wrong() or self.is_overdue(today)

    def has_report(self) -> bool:
        """Whether the Stelle was given the report and that holds."""
        return isinstance(self.standing, Standing) and self.standing is not Standing.WITHDRAWN


def referrals(
    handed: Iterable[Handed], conversation: Iterable[Said], settled: Collection[UUID]
) -> tuple[Referral, ...]:
    """Put what was said and what was handed over together, in the order in which it was said.

    A proposal that was agreed to has no id in its hand-over: for each Stelle, the first yes goes
    with the first hand-over that no message names.
    """
    said = tuple(conversation)
    agreed = {
        each.message.act.proposal: each.message.act.agreed
        for each in said
        if isinstance(each.message.act, ReferralAnswered)
    }
    named = {
        each.message.act.handover for each in said if isinstance(each.message.act, ReferralMade)
    }
    rows = {row.handover_id: row for row in handed}
    free: dict[str, list[Handed]] = defaultdict(list)
    for row in rows.values():
        if row.handover_id not in named:
            free[row.stelle].append(row)
    found = [*_told(said, agreed, rows, free), *_untold(free)]
    return tuple(
        msgspec.structs.replace(each, is_settled=each.subject in settled) for each in found
    )


def _told(
    said: Iterable[Said],
    agreed: dict[UUID, bool],
    rows: dict[UUID, Handed],
    free: dict[str, list[Handed]],
) -> Iterator[Referral]:
    for each in said:
        act = each.message.act
        if isinstance(act, ReferralMade) and act.handover in rows:
            yield _given(rows[act.handover], act.scope, act.way, act.note)
        if isinstance(act, ReferralProposed):
            answer = agreed.get(each.message_id)
            if answer and free[act.stelle]:
                yield _given(free[act.stelle].pop(0), act.scope, Way.MAILBOX, act.note)
            else:
                yield _asked(each, act, answer)


def _untold(free: dict[str, list[Handed]]) -> Iterator[Referral]:
    """Hand-overs whose message does not open, or of which none is left."""
    for rows in free.values():
        yield from (_given(row, None, None, "") for row in rows)


def _given(row: Handed, scope: Scope | None, way: Way | None, note: str) -> Referral:
    return Referral(
        subject=row.handover_id,
        stelle=row.stelle,
        on=row.given_on,
        standing=row.standing,
        scope=scope,
        way=way,
        note=note,
        attempts=row.attempts,
        reason=row.reason,
    )


def _asked(said: Said, act: ReferralProposed, answer: bool | None) -> Referral:
    answers = {None: Proposal.ASKED, False: Proposal.DECLINED, True: Proposal.AGREED}
    return Referral(
        subject=said.message_id,
        stelle=act.stelle,
        on=said.sent_on,
        standing=answers[answer],
        scope=act.scope,
        way=Way.MAILBOX,
        note=act.note,
    )


def answers(marks: Mapping[UUID, str], conversation: Iterable[Said]) -> dict[str, list[UUID]]:
    """What the marks of a case do not say yet: a no is to be looked at, after a yes nothing is."""
    news: dict[str, list[UUID]] = defaultdict(list)
    for each in conversation:
        act = each.message.act
        if isinstance(act, ReferralAnswered) and marks.get(act.proposal) == Proposal.ASKED:
            news["settled" if act.agreed else "declined"].append(act.proposal)
    return news


class Choice(msgspec.Struct, frozen=True):
    """A Stelle that a case can be referred to.

    *reason* is the key of the rule's text, empty where no rule offers it; *asked_on* the day of a
    proposal that still waits.
    """

    stelle: str
    reason: str
    asked_on: date | None


def choices(
    rules: Iterable[Rule],
    account: Account | None,
    receivers: Iterable[str],
    own: str,
    before: Collection[Referral],
) -> tuple[Choice, ...]:
    """Everybody who could be given the case, those first whom the rules offer for it."""
    if account is None:  # what does not open cannot be given
        return ()
    reasons = {offer.stelle: offer.reason for offer in route(rules, account.answers).offers}
    known = tuple(receivers)
    ordered = [stelle for stelle in reasons if stelle in known]
    ordered += [stelle for stelle in known if stelle not in reasons]
    has_it = {own} | {each.stelle for each in before if each.has_report()}
    waiting = {
        each.stelle: each.on
        for each in before
        if each.standing is Proposal.ASKED and not each.is_settled
    }
    return tuple(
        Choice(stelle, reasons.get(stelle, ""), waiting.get(stelle))
        for stelle in ordered
        if stelle not in has_it
    )


class Referring(Private, frozen=True, kw_only=True):
    """A referral as an adviser wants it. *way*: how the person says yes; in the mailbox they are
    asked. *given_on*: when they said yes, where they have. *masked*: the key of the masks with
    which the receiver gets a copy, empty where they get the report itself.
    """

    stelle: str
    scope: Scope
    note: str
    way: Way
    given_on: date | None
    masked: str = ""


class Giver(msgspec.Struct, frozen=True, kw_only=True):
    """What a Stelle has to give of a case, to whom it could go, and since when it is there."""

    choices: tuple[Choice, ...]
    shares_contact: bool
    received_on: date


def objections(
    giver: Giver,
    today: date,
    *,
    stelle: str,
    scope: Scope | None,
    way: Way | None,
    given_on: date | None,
) -> dict[str, str]:
    """What does not fit: the field and the name of the fault. Empty: it may be done.

    What was not chosen at all (empty or None) is for whoever asks to say.
    """
    found: dict[str, str] = {}
    choice = next((each for each in giver.choices if each.stelle == stelle), None)
    if stelle and choice is None:
        found["stelle"] = "not_offered"
    if choice is not None and choice.asked_on is not None and way is Way.MAILBOX:
        found["stelle"] = "asked"
    if scope is Scope.CONTACT and not giver.shares_contact:
        found["scope"] = "no_contact"
    if way is not None and (fault := _day_fault(giver, today, way, given_on)):
        found["given"] = fault
    return found


def _day_fault(giver: Giver, today: date, way: Way, given_on: date | None) -> str | None:
    if way is Way.MAILBOX:
        return None if given_on is None else "not_yet"
    if given_on is None:
        return "missing"
    if given_on > today:
        return "future"
    return "too_early" if given_on < giver.received_on else None


def settled_by(stelle: str, before: Iterable[Referral]) -> list[UUID]:
    """What needs no more attention once the case is referred to *stelle*: earlier refusals, and
    a question to the person about the same Stelle. What never arrived stays to be looked at.
    """
    answered = {Standing.REFUSED, Proposal.DECLINED}
    return [
        each.subject
        for each in before
        if not each.is_settled
        and (
            each.standing in answered or (each.standing is Proposal.ASKED and each.stelle == stelle)
        )
    ]
