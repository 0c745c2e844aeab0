"""To whom a report may be given: one rule for the form, the API, the mailbox and the advisers."""

from collections.abc import Collection, Sequence
from enum import StrEnum
from typing import Final

from adstelle.domain.report import Contact
from adstelle.domain.roles import THIRD_PARTIES

WORDING: Final = "2026-11"  # the consent texts of this version; change it with the texts
AGREED: Final = frozenset({"ja", "niemand_bestimmtes"})
CONTACT_FIELDS: Final = ("name", "address_as", "mail", "phone")


class Obstacle(StrEnum):
    """Why a report cannot be given to a Stelle, now or at all."""

    NOT_OFFERED = "not_offered"  # does not fit, or nothing can be given to it from here
    NEEDS_AGREEMENT = "needs_agreement"
    EMPTY = "empty"  # the contact, and there is none
    HAS_IT = "has_it"
    BEING_ERASED = "being_erased"  # what it had under an earlier consent


def may_share(role: str | None, affected_agrees: str | None) -> bool:
    """Whether a report may go to a Stelle: never over the affected person's head."""
    return role not in THIRD_PARTIES or affected_agrees in AGREED


def is_contact(contact: Contact) -> bool:
    """Whether there is something to pass on: when somebody may be reached alone says nothing."""
    return any(getattr(contact, name) for name in CONTACT_FIELDS)


def fault(
    chosen: Sequence[str], possible: Collection[str], role: str | None, affected_agrees: str | None
) -> Obstacle | None:
    """Name what is wrong with a choice of Stellen; *possible* are offered and can receive.

    Consent goes only to Stellen that were offered, once each, and not over somebody's head.
    """
    if not set(chosen) <= set(possible) or len(chosen) != len(set(chosen)):
        return Obstacle.NOT_OFFERED
    agreed = may_share(role, affected_agrees)
    return Obstacle.NEEDS_AGREEMENT if chosen and not agreed else None
