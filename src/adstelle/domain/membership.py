"""What people are in a Stelle, and what follows from it. A role is what somebody may do here."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from adstelle.domain.private import Private


class MemberRole(StrEnum):
    """A member is exactly one of these."""

    ADVISER = "adviser"  # works cases
    LEAD = "lead"  # works cases, lets people in and out, renews the Stelle's key
    STATISTICIAN = "statistician"  # opens count cards, no case
    ADMINISTRATOR = "administrator"  # lets people in and out, opens nothing


class Rights(Private, frozen=True):
    """What a role may do. *holds_key*: whether it ever gets the Stelle's key.

    *holds_statistics*: whether it ever gets the key that opens count cards. No role gets both.
    """

    holds_key: bool
    manages_people: bool
    holds_statistics: bool


RIGHTS: Final[Mapping[MemberRole, Rights]] = {
    MemberRole.ADVISER: Rights(holds_key=True, manages_people=False, holds_statistics=False),
    MemberRole.LEAD: Rights(holds_key=True, manages_people=True, holds_statistics=False),
    MemberRole.STATISTICIAN: Rights(holds_key=False, manages_people=False, holds_statistics=True),
    MemberRole.ADMINISTRATOR: Rights(holds_key=False, manages_people=True, holds_statistics=False),
}


def holds_key(role: MemberRole) -> bool:
    """Whether somebody in this role opens cases."""
    return RIGHTS[role].holds_key


def manages_people(role: MemberRole) -> bool:
    """Whether somebody in this role says who else works here."""
    return RIGHTS[role].manages_people


def holds_statistics(role: MemberRole) -> bool:
    """Whether somebody in this role opens count cards."""
    return RIGHTS[role].holds_statistics


def approves_figures(role: MemberRole) -> bool:
    """Whether somebody in this role may be the second person who agrees to a release."""
    return role in (MemberRole.LEAD, MemberRole.STATISTICIAN)


def may_issue(issuer: MemberRole, role: MemberRole) -> bool:
    """Whether *issuer* may hand out a code for somebody in *role*.

    A code for somebody who opens cases brings the Stelle's key along, and only whoever holds it
    can give it.
    """
    return manages_people(issuer) and (holds_key(issuer) or not holds_key(role))
