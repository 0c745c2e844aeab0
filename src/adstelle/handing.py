"""Seal one hand-over: what form, mailbox and advisers do alike when a report goes to a Stelle."""

from collections.abc import Mapping
from uuid import UUID, uuid4

import msgspec

from adstelle.city import City
from adstelle.crypto import sealing
from adstelle.crypto.hpke import PublicKey
from adstelle.crypto.sealing import PartKeys
from adstelle.domain.handover import Letter


class Receiver(msgspec.Struct, frozen=True):
    """A Stelle that a report can be given to from here, and the key to seal it with."""

    stelle: str
    key: PublicKey


class SealedHandover(msgspec.Struct, frozen=True, kw_only=True):
    """One hand-over as it is stored.

    A Stelle that works here gets a *wrap* of the report's keys and reads *for_stelle*; one that
    works elsewhere gets a *package*, in the order of its *lane*.
    """

    handover_id: UUID
    stelle: str
    for_mailbox: bytes
    for_stelle: bytes | None = None
    wrap: bytes | None = None
    package: bytes | None = None
    lane: str | None = None


def receivers(city: City, keys: Mapping[str, PublicKey]) -> dict[str, Receiver]:
    """Name every Stelle that a report can be given to; *keys* are those announced here."""
    return {
        code: Receiver(code, keys[code])
        for code, stelle in city.stellen.items()
        if stelle.works_here and code in keys
    }


def seal(
    report_id: UUID, keys: PartKeys, letter: Letter, receiver: Receiver, mailbox_key: PublicKey
) -> SealedHandover:
    """Put a consent into writing for both sides, and give the receiver what it allows."""
    handover_id, stelle = uuid4(), receiver.stelle
    return SealedHandover(
        handover_id=handover_id,
        stelle=stelle,
        for_mailbox=sealing.seal_letter(handover_id, letter, sealing.MAILBOX, mailbox_key),
        for_stelle=sealing.seal_letter(handover_id, letter, stelle, receiver.key),
        wrap=sealing.wrap_keys(keys, letter.scope, report_id, stelle, receiver.key),
    )
