"""Open what is sealed for a Stelle. What does not open is None: a page says so, nothing breaks."""

from adstelle.casework.store import CaseRow, MessageRow, SealedCase
from adstelle.crypto import packages, sealing
from adstelle.crypto.hpke import PrivateKey
from adstelle.crypto.sealing import PartKeys
from adstelle.domain.handover import Letter
from adstelle.domain.package import (
    Package,
    account_of_package,
    contact_of_package,
    letter_of_package,
)
from adstelle.domain.private import Private
from adstelle.domain.report import Account, Contact, Message
from adstelle.errors import Unopenable


class Content(Private, frozen=True):
    """What opened of a case. *keys* are those of a report kept here, None for a package."""

    account: Account | None
    keys: PartKeys | None
    package: Package | None

    @property
    def shares_contact(self) -> bool:
        """Whether the person gave the Stelle their contact."""
        if self.package is not None:
            return self.package.contact is not None
        return self.keys is not None and self.keys.contact is not None


def content(row: SealedCase, private: PrivateKey, stelle: str) -> Content:
    """Open a case but for the contact of a report kept here."""
    if row.package_id is not None:
        found = package(row, private, stelle)
        return Content(account_of_package(found) if found else None, None, found)
    keys = part_keys(row, private, stelle)
    return Content(account(row, keys), keys, None)


def package(row: SealedCase, private: PrivateKey, stelle: str) -> Package | None:
    """A package, as it came or as it was made here."""
    if row.package is None or row.package_id is None or row.sender_name is None:
        return None
    try:
        return packages.open_package(
            private, row.package, row.package_id, sender=row.sender_name, receiver=stelle
        )
    except Unopenable:
        return None


def part_keys(row: SealedCase, private: PrivateKey, stelle: str) -> PartKeys | None:
    """The keys of a report's parts, as far as the person gave them."""
    if row.wrapped is None or row.report_id is None:
        return None
    try:
        return sealing.unwrap_keys(private, row.wrapped, row.report_id, stelle)
    except Unopenable:
        return None


def account(row: SealedCase, keys: PartKeys | None) -> Account | None:
    """What the person reported."""
    if keys is None or row.account is None or row.report_id is None:
        return None
    try:
        return sealing.open_account(keys, row.account, row.report_id)
    except Unopenable:
        return None


def contact(row: CaseRow, found: Content) -> Contact | None:
    """The contact, where the person gave it."""
    if found.package is not None:
        return contact_of_package(found.package)
    if found.keys is None or row.contact is None or row.report_id is None:
        return None
    try:
        return sealing.open_contact(found.keys, row.contact, row.report_id)
    except Unopenable:
        return None


def letter(row: CaseRow, found: Content, private: PrivateKey, stelle: str) -> Letter | None:
    """What the person agreed to; hand-overs of an earlier time have none.

    In the letter of a package from outside the Stelle that refers has a name, no code of ours.
    """
    if row.sender is not None:
        return letter_of_package(found.package) if found.package else None
    if row.for_stelle is None or row.handover_id is None:
        return None
    try:
        secret = found.keys.letters if found.keys else None
        return sealing.open_letter(private, row.for_stelle, row.handover_id, stelle, secret)
    except Unopenable:
        return None


def message(row: MessageRow, private: PrivateKey, stelle: str) -> Message | None:
    """One message of the conversation."""
    if row.for_stelle is None:
        return None
    binding = sealing.message_binding(row.report_id, row.message_id, stelle)
    try:
        return sealing.open_message(private, row.for_stelle, row.sealed, binding)
    except Unopenable:
        return None
