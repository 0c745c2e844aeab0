"""A mailbox, opened: what lies there, and what it means."""

from collections.abc import Iterable, Iterator
from datetime import date
from uuid import UUID

from adstelle.domain.handover import Erasure, Letter, Reason, Scope, Standing
from adstelle.domain.private import Private
from adstelle.domain.report import (
    Account,
    Contact,
    MandateChanged,
    Message,
    ReferralAnswered,
    ReferralProposed,
    mandates_of,
)
from adstelle.domain.retention import Refusal


class Note(Private, frozen=True, kw_only=True):
    """A message, opened; *own* when the person wrote it.

    *is_shared* as long as the Stelle can read it: what it lost with its consent stays the person's.
    *key* opens its files, where it has some. What *is_unopenable* is damaged and says nothing here:
    one of many closes nobody's mailbox.
    """

    message_id: UUID
    stelle: str
    own: bool
    sent_on: date
    was_read: bool
    is_shared: bool
    message: Message
    key: bytes | None = None
    is_unopenable: bool = False


class ErasureTask(Private, frozen=True, kw_only=True):
    """The Stelle was asked to erase its copy; *refusal* says why it does not."""

    asked_on: date
    answer_by: date
    is_granted: bool
    refusal: Refusal | None


class Recipient(Private, frozen=True, kw_only=True):
    """Somebody who was given the report: what was agreed, and where that stands.

    *letter* is None for reports of a time when it was not kept; *state* is that of the Stelle's
    case, None where there is none here; *erasure* is None as long as consent lives. *erased_on*:
    the Stelle itself has erased its copy.
    """

    handover_id: UUID
    stelle: str
    letter: Letter | None
    referred_by: str | None
    given_on: date
    withdrawn_on: date | None
    erased_on: date | None
    task: ErasureTask | None
    standing: Standing
    attempts: int
    reason: Reason | None
    state: str | None
    erasure: Erasure | None

    @property
    def is_living(self) -> bool:
        """Whether the person still agrees."""
        return self.withdrawn_on is None


class Proposal(Private, frozen=True, kw_only=True):
    """A Stelle asks whether the report may go to another one; *agreed* is None until answered."""

    proposal_id: UUID
    by: str
    stelle: str
    scope: Scope
    note: str
    proposed_on: date
    agreed: bool | None


class Wish(Private, frozen=True):
    """What the person wanted from a day on, and whether they wrote it down themselves."""

    since: date
    own: bool
    mandates: tuple[str, ...]


class Notice(Private, frozen=True, kw_only=True):
    """The address for a mail that there is something new, and in which language it is written.

    *works* is false once nobody was reached there.
    """

    mail: str
    lang: str
    works: bool


class Box(Private, frozen=True):
    """A mailbox, opened."""

    received_on: date
    wanted_gone_on: date | None
    account: Account
    contact: Contact
    recipients: tuple[Recipient, ...]
    notes: tuple[Note, ...]
    notice: Notice | None = None

    def handover(self, handover_id: UUID) -> Recipient | None:
        """One consent, living or not."""
        return next((row for row in self.recipients if row.handover_id == handover_id), None)

    def days(self) -> Iterator[date]:
        """The days of its history, from which the mailbox's own period counts."""
        yield self.received_on
        for row in self.recipients:
            yield row.withdrawn_on or row.given_on
        yield from (note.sent_on for note in self.notes)

    def living(self, stelle: str) -> Recipient | None:
        """The consent that a Stelle has now."""
        return next(
            (row for row in self.recipients if row.stelle == stelle and row.is_living), None
        )

    def latest(self) -> tuple[Recipient, ...]:
        """For each Stelle the consent that counts: the living one, else the last."""
        last: dict[str, Recipient] = {}
        for row in self.recipients:  # the living ones of a day come last
            last[row.stelle] = row
        return tuple(last.values())

    def is_being_erased(self, stelle: str) -> bool:
        """Whether something may still lie with a Stelle that lost its consent."""
        left = {Erasure.ASKED, Erasure.DEAD}
        return any(row.erasure in left for row in self.recipients if row.stelle == stelle)

    def conversation(self, stelle: str) -> tuple[Note, ...]:
        """What person and Stelle wrote to each other."""
        return tuple(note for note in self.notes if note.stelle == stelle)

    def mandates(self, stelle: str) -> tuple[str, ...]:
        """What the person wants of a Stelle now, as both sides can read it."""
        return mandates_of(self.account, _shared(self.conversation(stelle)))

    def wishes(self, stelle: str) -> tuple[Wish, ...]:
        """How that came about, oldest first."""
        given = self.living(stelle)
        first = Wish(given.given_on if given else self.received_on, True, self.account.mandates)
        changes = (
            Wish(note.sent_on, note.own, note.message.act.mandates)
            for note in self.conversation(stelle)
            if note.is_shared and isinstance(note.message.act, MandateChanged)
        )
        return (first, *changes)

    def proposals(self) -> tuple[Proposal, ...]:
        """What Stellen that have the report propose, oldest first."""
        answers = dict(self._answers())
        return tuple(
            Proposal(
                proposal_id=note.message_id,
                by=note.stelle,
                stelle=act.stelle,
                scope=act.scope,
                note=act.note,
                proposed_on=note.sent_on,
                agreed=answers.get((note.stelle, note.message_id)),
            )
            for note in self.notes
            for act in (note.message.act,)
            if isinstance(act, ReferralProposed)
            and not note.own
            and note.is_shared
            and self.living(note.stelle)
        )

    def _answers(self) -> Iterator[tuple[tuple[str, UUID], bool]]:
        for note in self.notes:
            act = note.message.act
            if note.own and isinstance(act, ReferralAnswered):
                yield (note.stelle, act.proposal), act.agreed


def _shared(notes: Iterable[Note]) -> Iterator[Message]:
    return (note.message for note in notes if note.is_shared)
