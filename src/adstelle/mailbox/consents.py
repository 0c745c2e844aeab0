"""Give the report to a Stelle, take it back, answer a proposal: the person alone decides."""

from collections.abc import Callable
from datetime import date
from uuid import UUID

from adstelle.city import City
from adstelle.crypto import envelope
from adstelle.database import Pool
from adstelle.domain import routing
from adstelle.domain.consent import WORDING, Obstacle
from adstelle.domain.handover import Letter, Scope, Way
from adstelle.domain.private import Private
from adstelle.domain.report import Message, ReferralAnswered
from adstelle.domain.routing import Offer, Routing
from adstelle.errors import AdstelleError
from adstelle.handing import SealedHandover
from adstelle.mailbox import store
from adstelle.mailbox.box import Proposal, Recipient
from adstelle.mailbox.opened import Opened, Opener
from adstelle.mailbox.service import sealed_message


class NoSuchConsent(AdstelleError):
    """No hand-over, choice or proposal of this mailbox has this id."""


class AnsweredOtherwise(AdstelleError):
    """A proposal got the other answer before."""


class Choice(Private, frozen=True):
    """A Stelle and how much it would be given. Its id says nothing to anybody without the code."""

    choice_id: UUID
    stelle: str
    scope: Scope
    reason: str


class Consents:
    """What the person agrees to after the report was sent."""

    def __init__(self, pool: Pool, city: City, today: Callable[[], date]) -> None:
        self._pool = pool
        self._city = city
        self._today = today
        self._opener = Opener(pool, city)

    async def look(self, code: str) -> Opened:
        """Open the mailbox to decide something. Raises `UnknownCode`."""
        return await self._opener.open(code, seen_on=None)

    # Taking back --------------------------------------------------------------------------------

    async def withdraw(self, code: str, handover_id: UUID) -> None:
        """End a consent. Twice is harmless. Raises `UnknownCode` and `NoSuchConsent`."""
        opened = await self.look(code)
        handover_of(opened, handover_id)
        await store.take_back(self._pool, opened.keys.lookup, handover_id, self._today())

    # Giving -------------------------------------------------------------------------------------

    def routing(self, opened: Opened) -> Routing:
        """Who fits what was told, and why."""
        return routing.route(self._city.rules, opened.box.account.answers)

    def offers(self, opened: Opened) -> tuple[Offer, ...]:
        """Who fits and does not have the report."""
        found = self.routing(opened).offers
        return tuple(offer for offer in found if opened.box.living(offer.stelle) is None)

    def choices(self, code: str, opened: Opened) -> tuple[Choice, ...]:
        """Everything that could be agreed to; `obstacle` says what stands in its way."""
        return tuple(
            Choice(choice_id(code, offer.stelle, scope), offer.stelle, scope, offer.reason)
            for offer in self.routing(opened).offers
            for scope in opened.scopes()
        )

    def obstacle(self, opened: Opened, stelle: str, scope: Scope) -> Obstacle | None:
        """Name what stands in the way of giving the report to a Stelle."""
        fitting = {offer.stelle for offer in self.routing(opened).offers}
        return opened.obstacle(stelle, scope, fitting)

    async def give(self, code: str, stelle: str, scope: Scope) -> Obstacle | None:
        """Give the report to a Stelle that fits; None when it is given now.

        What the Stelle has already is an obstacle: ask `Box.living` whether it is the same.
        """
        opened = await self.look(code)
        if obstacle := self.obstacle(opened, stelle, scope):
            return obstacle
        letter = Letter(scope=scope, wording=WORDING, given_on=self._today(), way=Way.MAILBOX)
        new = store.NewHandover(
            report_id=opened.report_id,
            given=self._sealed(opened, stelle, letter),
            given_on=letter.given_on,
        )
        return await store.hand_over(self._pool, opened.keys.lookup, new)

    # Answering a proposal -----------------------------------------------------------------------

    async def answer(self, code: str, proposal_id: UUID, *, agreed: bool) -> Obstacle | None:
        """Say yes or no to a proposal; None when it is said. The same again changes nothing.

        Raises `UnknownCode`, `NoSuchConsent`, and `AnsweredOtherwise` where it has its answer.
        """
        opened = await self.look(code)
        proposal = proposal_of(opened, proposal_id)
        if proposal.agreed is None:
            obstacle = await self._answer(code, opened, proposal, agreed=agreed)
            if obstacle is not None:
                return obstacle
            proposal = proposal_of(await self.look(code), proposal_id)  # two may have answered
        if proposal.agreed != agreed:
            raise AnsweredOtherwise
        return None

    async def _answer(
        self, code: str, opened: Opened, proposal: Proposal, *, agreed: bool
    ) -> Obstacle | None:
        act = ReferralAnswered(proposal=proposal.proposal_id, agreed=agreed)
        message_id = answer_id(code, proposal.proposal_id)
        today, lookup = self._today(), opened.keys.lookup
        answer = sealed_message(opened, proposal.by, message_id, Message(act=act), today)
        if not agreed:
            await store.insert_message(self._pool, lookup, answer)
            return None
        scope = scope_of(opened, proposal)
        if obstacle := proposal_obstacle(opened, proposal):
            return obstacle
        letter = Letter(
            scope=scope,
            wording=WORDING,
            given_on=today,
            way=Way.MAILBOX,
            referred_by=proposal.by,
            note=note_of(proposal),
        )
        new = store.NewHandover(
            report_id=opened.report_id,
            given=self._sealed(opened, proposal.stelle, letter),
            given_on=today,
            referred_by=proposal.by,
            answer=answer,
        )
        return await store.hand_over(self._pool, lookup, new)

    def _sealed(self, opened: Opened, stelle: str, letter: Letter) -> SealedHandover:
        receiver = opened.receivers[stelle]
        return self._opener.handing.seal(opened.source(), letter, receiver, letter.given_on)


def handover_of(opened: Opened, handover_id: UUID) -> Recipient:
    """A consent of this mailbox. Raises `NoSuchConsent`."""
    found = opened.box.handover(handover_id)
    if found is None:
        raise NoSuchConsent
    return found


def proposals(opened: Opened) -> tuple[Proposal, ...]:
    """What the person is asked: by somebody they can answer, about a Stelle that there is."""
    return tuple(
        proposal
        for proposal in opened.box.proposals()
        if opened.has_conversation(proposal.by) and proposal.stelle in opened.city.stellen
    )


def proposal_of(opened: Opened, proposal_id: UUID) -> Proposal:
    """One of these. Raises `NoSuchConsent`."""
    for proposal in proposals(opened):
        if proposal.proposal_id == proposal_id:
            return proposal
    raise NoSuchConsent


def scope_of(opened: Opened, proposal: Proposal) -> Scope:
    """How much saying yes would give: no contact where none was left."""
    is_without = proposal.scope is Scope.CONTACT and Scope.CONTACT not in opened.scopes()
    return Scope.FACTS if is_without else proposal.scope


def note_of(proposal: Proposal) -> str:
    """What a yes would add: who shall only count reads no words."""
    return "" if proposal.scope is Scope.STATISTICS else proposal.note


def proposal_obstacle(opened: Opened, proposal: Proposal) -> Obstacle | None:
    """Name what stands in the way of saying yes: whether the Stelle fits, the other one knows."""
    return opened.obstacle(proposal.stelle, scope_of(opened, proposal), opened.receivers.keys())


def choice_id(code: str, stelle: str, scope: Scope) -> UUID:
    """The address of a choice, the same each time; only the code leads from one to the other."""
    return _uuid(code, f"choice/1/{stelle}/{scope}")


def answer_id(code: str, proposal_id: UUID) -> UUID:
    """The id of the one answer that a proposal can get."""
    return _uuid(code, f"answer/1/{proposal_id}")


def _uuid(code: str, label: str) -> UUID:
    return UUID(bytes=envelope.derive(code.encode("ascii"), label, 16), version=4)
