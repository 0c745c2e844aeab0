"""Giving a report to a Stelle: what the person agreed to, and where that hand-over stands."""

from datetime import date
from enum import StrEnum
from typing import Final

from adstelle.domain.private import Private


class Scope(StrEnum):
    """How much a Stelle is given."""

    FACTS = "facts"  # everything but who the person is
    CONTACT = "contact"  # the contact as well
    STATISTICS = "statistics"  # the coded answers alone, to be counted


class Way(StrEnum):
    """How the person said yes."""

    FORM = "form"
    API = "api"
    MAILBOX = "mailbox"
    PHONE = "phone"
    LETTER = "letter"
    VISIT = "visit"


SPOKEN: Final = (Way.PHONE, Way.LETTER, Way.VISIT)  # an adviser wrote it down


class Letter(Private, frozen=True):
    """The consent to one hand-over, as the person and the receiver can read it.

    *wording* names the version of the text the person agreed to; *note* is what the referring
    Stelle adds for the receiver, and the person sees it before they agree. *masked*: the receiver
    has a copy with passages masked, and nobody can write to them by the mailbox.
    """

    scope: Scope
    wording: str
    given_on: date
    way: Way
    referred_by: str | None = None
    note: str = ""
    masked: bool = False


class Decision(StrEnum):
    """What a Stelle says to a case that came to it."""

    ACCEPTED = "accepted"
    REFUSED = "refused"


class Reason(StrEnum):
    """Why a Stelle does not take a case over."""

    FULL = "full"
    NOT_COMPETENT = "not_competent"
    NO_CONTACT = "no_contact"
    UNREADABLE = "unreadable"
    OTHER = "other"


class Standing(StrEnum):
    """Where a hand-over stands, for the person, the advisers and the operator alike."""

    PROMISED = "promised"
    TRIED = "tried"
    DELIVERED = "delivered"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    ERASED = "erased"  # the Stelle has erased its copy; only the person is told so
    DEAD = "dead"


def standing(
    delivery: str | None, attempts: int, decision: str | None, *, is_withdrawn: bool
) -> Standing:
    """Tell it from the delivery's state, the receiver's decision and the person's will.

    The person's will comes first. A decision can only come from somebody who has the report, so
    it outweighs what we know of the delivery.
    """
    if is_withdrawn:
        return Standing.WITHDRAWN
    if decision is not None:
        return Standing(decision)
    if delivery == "promised" and attempts > 0:
        return Standing.TRIED
    return Standing(delivery) if delivery is not None else Standing.PROMISED


class Erasure(StrEnum):
    """What became of the receiver's copy after the person took their consent back."""

    NOTHING = "nothing"  # it had not left
    ASKED = "asked"
    DONE = "done"
    DEAD = "dead"  # nobody could be asked; a person has to act


_ERASURES: Final = {
    None: Erasure.NOTHING,
    "promised": Erasure.ASKED,
    "delivered": Erasure.DONE,
    "dead": Erasure.DEAD,
}


def erasure(withdrawal: str | None) -> Erasure:
    """Tell it from the state of the promise to withdraw; None where there was none to make."""
    return _ERASURES[withdrawal]
