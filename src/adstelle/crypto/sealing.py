"""Seal a report for those the person chose, with public keys only.

One random key for the account and one for the contact; each recipient gets one HPKE wrap that
holds the account's key and, where the person said so, the contact's key. The contact part always
exists and the wrap always has the same length: neither says whether a name was given.

Public-key work is what a submission costs most. So each wrap also holds a key for what is agreed
with that recipient alone, and what the person keeps for themself is sealed under the key of their
code: one HPKE call a recipient. The first byte tells which way something was sealed.
"""

from typing import Final, TypeVar
from uuid import UUID

import msgspec

from adstelle.crypto import envelope
from adstelle.crypto.hpke import PrivateKey, PublicKey
from adstelle.domain.counting import Assessment
from adstelle.domain.handover import Letter, Scope
from adstelle.domain.report import Account, Contact, CountCard, Message
from adstelle.errors import Unopenable

MAILBOX: Final = "mailbox"
ACCOUNT: Final = "account"
CONTACT: Final = "contact"
ASSESSMENT_BYTES: Final = 2048  # holds every code a city has
Kind = TypeVar("Kind", CountCard, Assessment)
_NO_KEY: Final = bytes(envelope.KEY_BYTES)
_OTHER_KEYS: Final = (envelope.KEY_BYTES, 2 * envelope.KEY_BYTES)


class SealedParts(msgspec.Struct, frozen=True):
    """The two parts of a report, as they are stored."""

    account: bytes
    contact: bytes


class SealedMessage(msgspec.Struct, frozen=True):
    """A message sealed for both sides."""

    sealed: bytes
    for_stelle: bytes
    for_mailbox: bytes


class PartKeys(msgspec.Struct, frozen=True):
    """The keys a recipient's wrap holds; ``contact`` is None where no consent was given.

    ``letters`` opens the letters to this recipient; wraps of an earlier time hold none.
    """

    account: bytes
    contact: bytes | None
    letters: bytes | None = None

    def __repr__(self) -> str:
        return "<PartKeys withheld>"


def part_binding(report_id: UUID, part: str) -> bytes:
    """Name the one place where a part of a report opens."""
    return b"part/1/" + report_id.bytes + part.encode()


def wrap_binding(report_id: UUID, recipient: str) -> bytes:
    """Name the one place where a recipient's wrap opens."""
    return b"wrap/1/" + report_id.bytes + recipient.encode()


def message_binding(report_id: UUID, message_id: UUID, stelle: str) -> bytes:
    """Name the one place where a message opens."""
    return b"message/1/" + report_id.bytes + message_id.bytes + stelle.encode()


def card_binding(card_id: UUID) -> bytes:
    """Name the one place where a count card opens."""
    return b"card/1/" + card_id.bytes


def assessment_binding(assessment_id: UUID) -> bytes:
    """Name the one place where an assessment opens."""
    return b"assessment/1/" + assessment_id.bytes


def draft_binding(kind: str, draft_id: UUID) -> bytes:
    """Name the one place where something that is sealed in a draft of figures opens."""
    return b"publishing/1/" + kind.encode() + b"/" + draft_id.bytes


def new_part_keys() -> PartKeys:
    """Draw the keys of a new report."""
    return PartKeys(account=envelope.new_key(), contact=envelope.new_key())


def seal_parts(report_id: UUID, keys: PartKeys, account: Account, contact: Contact) -> SealedParts:
    """Seal both parts of a new report."""
    if keys.contact is None:
        raise Unopenable
    return SealedParts(
        account=_seal_part(report_id, ACCOUNT, keys.account, account),
        contact=_seal_part(report_id, CONTACT, keys.contact, contact),
    )


def wrap_keys(
    keys: PartKeys, scope: Scope, report_id: UUID, recipient: str, to: PublicKey
) -> bytes:
    """Give a recipient the keys of what *scope* allows; the wrap's length does not tell which."""
    contact = keys.contact if scope is Scope.CONTACT else None
    held = keys.account + (contact or _NO_KEY) + (keys.letters or _NO_KEY)
    return to.wrap(held, wrap_binding(report_id, recipient))


def keep_keys(keys: PartKeys, report_id: UUID, own: bytes) -> bytes:
    """Keep all keys for the person, under the key of their code."""
    held = keys.account + (keys.contact or _NO_KEY)
    return envelope.seal(own, held, wrap_binding(report_id, MAILBOX))


def _seal_part(report_id: UUID, part: str, key: bytes, content: Account | Contact) -> bytes:
    return envelope.seal(key, msgspec.json.encode(content), part_binding(report_id, part))


def unwrap_keys(
    private: PrivateKey,
    wrapped: bytes,
    report_id: UUID,
    recipient: str,
    own: bytes | None = None,
) -> PartKeys:
    """Open a recipient's wrap, or with *own* what the person kept. Raises `Unopenable`."""
    binding = wrap_binding(report_id, recipient)
    if own is not None and wrapped[:1] == envelope.AES_256_GCM:
        held = envelope.open_sealed(own, wrapped, binding)
    else:
        held = private.unwrap(wrapped, binding)
    account, contact, letters = (
        held[start : start + envelope.KEY_BYTES] for start in (0, *_OTHER_KEYS)
    )
    return PartKeys(
        account=account,
        contact=None if contact == _NO_KEY else contact,
        letters=None if letters in {b"", _NO_KEY} else letters,
    )


def open_account(keys: PartKeys, sealed: bytes, report_id: UUID) -> Account:
    """Open the account. Raises `Unopenable`."""
    opened = envelope.open_sealed(keys.account, sealed, part_binding(report_id, ACCOUNT))
    return msgspec.json.decode(opened, type=Account)


def open_contact(keys: PartKeys, sealed: bytes, report_id: UUID) -> Contact:
    """Open the contact. Raises `Unopenable` also where no consent gave the key."""
    if keys.contact is None:
        raise Unopenable
    opened = envelope.open_sealed(keys.contact, sealed, part_binding(report_id, CONTACT))
    return msgspec.json.decode(opened, type=Contact)


def letter_binding(handover_id: UUID, side: str) -> bytes:
    """Name the one place where a hand-over's letter opens; *side* is a Stelle or the mailbox."""
    return b"letter/1/" + handover_id.bytes + side.encode()


def seal_letter(handover_id: UUID, letter: Letter, side: str, key: PublicKey | bytes) -> bytes:
    """Seal what was agreed to for one side: under a key it holds already, or its public key."""
    plaintext, binding = msgspec.json.encode(letter), letter_binding(handover_id, side)
    if isinstance(key, bytes):
        return envelope.seal(key, plaintext, binding)
    return key.wrap(envelope.padded(plaintext), binding)


def open_letter(
    private: PrivateKey,
    sealed: bytes,
    handover_id: UUID,
    side: str,
    secret: bytes | None = None,
) -> Letter:
    """Open one side's letter; *secret* is the key it holds already. Raises `Unopenable`."""
    binding = letter_binding(handover_id, side)
    if secret is not None and sealed[:1] == envelope.AES_256_GCM:
        opened = envelope.open_sealed(secret, sealed, binding)
    else:
        opened = envelope.unpadded(private.unwrap(sealed, binding))
    return msgspec.json.decode(opened, type=Letter)


def seal_card(card_id: UUID, card: CountCard, statistics: PublicKey) -> bytes:
    """Seal a count card for the statistician's session alone."""
    return statistics.wrap(envelope.padded(msgspec.json.encode(card)), card_binding(card_id))


def open_card(private: PrivateKey, sealed: bytes, card_id: UUID) -> CountCard:
    """Open a count card. Raises `Unopenable` for any other key, place or content."""
    return _opened(private, sealed, card_binding(card_id), CountCard)


def seal_assessment(assessment_id: UUID, assessment: Assessment, statistics: PublicKey) -> bytes:
    """Seal what a Stelle found of a case; all have the same length."""
    plaintext = envelope.padded(msgspec.json.encode(assessment), ASSESSMENT_BYTES)
    return statistics.wrap(plaintext, assessment_binding(assessment_id))


def open_assessment(private: PrivateKey, sealed: bytes, assessment_id: UUID) -> Assessment:
    """Open an assessment. Raises `Unopenable` for any other key, place or content."""
    return _opened(private, sealed, assessment_binding(assessment_id), Assessment)


def unsealed(private: PrivateKey, sealed: bytes, binding: bytes) -> bytes:
    """Open a count card or an assessment, still to be read. Raises `Unopenable`."""
    return envelope.unpadded(private.unwrap(sealed, binding))


def _opened(private: PrivateKey, sealed: bytes, binding: bytes, kind: type[Kind]) -> Kind:
    return read(unsealed(private, sealed, binding), kind)


def read(opened: bytes, kind: type[Kind]) -> Kind:
    """Read what was opened. Raises `Unopenable` for any other content."""
    try:
        return msgspec.json.decode(opened, type=kind)
    except msgspec.MsgspecError:  # its message may quote what is in there
        raise Unopenable from None


def seal_message(
    report_id: UUID,
    message_id: UUID,
    stelle: str,
    message: Message,
    *,
    stelle_key: PublicKey,
    mailbox_key: PublicKey,
) -> SealedMessage:
    """Seal a message for both sides of the conversation between a person and one Stelle."""
    binding = message_binding(report_id, message_id, stelle)
    return seal_message_under(
        envelope.new_key(), message, binding, stelle_key=stelle_key, mailbox_key=mailbox_key
    )


def seal_message_under(
    key: bytes,
    message: Message,
    binding: bytes,
    *,
    stelle_key: PublicKey,
    mailbox_key: PublicKey,
) -> SealedMessage:
    """The same with a key that its files were sealed under before; *binding* is the message's."""
    return SealedMessage(
        sealed=envelope.seal(key, msgspec.json.encode(message), binding),
        for_stelle=stelle_key.wrap(key, binding),
        for_mailbox=mailbox_key.wrap(key, binding),
    )


def message_key(private: PrivateKey, wrapped: bytes, binding: bytes) -> bytes:
    """The key of a message, from either side's wrap. Raises `Unopenable`."""
    return private.unwrap(wrapped, binding)


def open_message(private: PrivateKey, wrapped: bytes, sealed: bytes, binding: bytes) -> Message:
    """Open a message from either side's wrap. Raises `Unopenable`."""
    opened = envelope.open_sealed(message_key(private, wrapped, binding), sealed, binding)
    return msgspec.json.decode(opened, type=Message)
