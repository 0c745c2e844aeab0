"""Passkeys as their owner's session sees them: each sealed for one member and one row."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import date
from uuid import UUID, uuid4

import msgspec

from adstelle.accounts.passkeys.authenticator import Credential
from adstelle.accounts.passkeys.store import PasskeyRow
from adstelle.crypto import envelope
from adstelle.domain.private import Private
from adstelle.errors import Unopenable


class Secret(Private, frozen=True):
    """What lies sealed in a row."""

    name: str
    credential: Credential


class Passkey(Private, frozen=True):
    """A passkey that was opened."""

    passkey_id: UUID
    name: str
    credential: Credential
    added_on: date
    used_on: date | None
    doubted_on: date | None


def seal(account_key: bytes, member_id: UUID, secret: Secret, today: date) -> PasskeyRow:
    """Make the row of a new passkey."""
    passkey_id = uuid4()
    content = msgspec.json.encode(secret)
    return PasskeyRow(
        passkey_id=passkey_id,
        sealed=envelope.seal(account_key, content, _binding(member_id, passkey_id)),
        added_on=today,
        used_on=None,
        doubted_on=None,
    )


def opened(account_key: bytes, member_id: UUID, rows: Iterable[PasskeyRow]) -> tuple[Passkey, ...]:
    """Open rows; one that is not this member's, or was put there by others, is none."""
    found = []
    for row in rows:
        with suppress(Unopenable):
            content = envelope.open_sealed(
                account_key, row.sealed, _binding(member_id, row.passkey_id)
            )
            secret = msgspec.json.decode(content, type=Secret)
            found.append(
                Passkey(
                    passkey_id=row.passkey_id,
                    name=secret.name,
                    credential=secret.credential,
                    added_on=row.added_on,
                    used_on=row.used_on,
                    doubted_on=row.doubted_on,
                )
            )
    return tuple(found)


def handle(account_key: bytes) -> bytes:
    """What an authenticator knows a member by; it says nothing to anybody else."""
    return envelope.derive(account_key, "passkey/1/handle")


def _binding(member_id: UUID, passkey_id: UUID) -> bytes:
    return b"passkey/1/" + member_id.bytes + passkey_id.bytes
