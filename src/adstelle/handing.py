"""Seal one hand-over: what form, mailbox and advisers do alike when a report goes to a Stelle."""

from collections.abc import Mapping
from datetime import date
from typing import Final
from uuid import UUID, uuid4

import msgspec

from adstelle.city import City
from adstelle.crosswalk import load_crosswalk
from adstelle.crypto import envelope, packages, sealing
from adstelle.crypto.hpke import PublicKey
from adstelle.crypto.sealing import PartKeys
from adstelle.domain.handover import Letter, Scope
from adstelle.domain.masking import Masks, masked, masked_package
from adstelle.domain.package import Cover, package_of
from adstelle.domain.private import Private
from adstelle.domain.report import Account, Contact
from adstelle.errors import Unopenable
from adstelle.exchange.peers import peers_of

NO_MASKS: Final = Masks()


class Receiver(msgspec.Struct, frozen=True):
    """A Stelle that a report can be given to from here, and the key to seal it with.

    *name* is what messages call it; a Stelle that works here is called by its code.
    """

    stelle: str
    key: PublicKey
    name: str
    works_here: bool


class Source(Private, frozen=True):
    """An opened report, as far as whoever hands it over may open it: without consent to the
    contact, *contact* is None and *keys* hold none for it.

    *mailbox* seals for the person: their public key, or where they hand over themself the key of
    their code.
    """

    report_id: UUID
    mailbox: PublicKey | bytes
    keys: PartKeys
    account: Account
    contact: Contact | None


class SealedHandover(msgspec.Struct, frozen=True, kw_only=True):
    """One hand-over as it is stored.

    A Stelle that works here reads *for_stelle* and gets a *wrap* of the report's keys. Who works
    elsewhere gets a *package*, in the order of its *lane*; so does who shall only count, or gets a
    masked copy.
    """

    handover_id: UUID
    stelle: str
    for_mailbox: bytes
    for_stelle: bytes | None
    wrap: bytes | None
    package: bytes | None
    sender_name: str | None
    lane: str | None


class Handing:
    """Seals hand-overs of one city."""

    def __init__(self, city: City) -> None:
        self._city = city
        self._systems = load_crosswalk()
        self._partners = peers_of(city).by_stelle

    def receivers(self, keys: Mapping[str, PublicKey]) -> dict[str, Receiver]:
        """Name every Stelle that a report can be given to; *keys* are those announced here."""
        found: dict[str, Receiver] = {}
        for code, stelle in self._city.stellen.items():
            if stelle.works_here and code in keys:
                found[code] = Receiver(code, keys[code], code, works_here=True)
            elif code in self._partners:
                peer = self._partners[code]
                found[code] = Receiver(code, peer.sealing_key, peer.name, works_here=False)
        return found

    def seal(
        self,
        source: Source,
        letter: Letter,
        receiver: Receiver,
        today: date,
        masks: Masks = NO_MASKS,
    ) -> SealedHandover:
        """Put a consent into writing for both sides, and give the receiver what it allows.

        With *masks* everybody gets a package, a copy of its own: the key to a report kept here
        would open what is masked. Raises `Unopenable` for a contact that *source* does not hold.
        """
        if letter.scope is Scope.CONTACT and source.contact is None:
            raise Unopenable
        handover_id, stelle, key = uuid4(), receiver.stelle, receiver.key
        wrap = package = sender = for_stelle = None
        shared: PublicKey | bytes = key
        letter = msgspec.structs.replace(
            letter, note=masked(letter.note, masks), masked=masks.count > 0
        )
        if receiver.works_here and letter.scope is not Scope.STATISTICS and not letter.masked:
            shared = envelope.new_key()
            keys = msgspec.structs.replace(source.keys, letters=shared)
            wrap = sealing.wrap_keys(keys, letter.scope, source.report_id, stelle, key)
        else:
            sender = letter.referred_by or self._city.office
            cover = Cover(
                package_id=handover_id, made_on=today, referred_by=self._name(letter.referred_by)
            )
            contact = source.contact or Contact()
            whole = package_of(cover, letter, source.account, contact, self._systems)
            package = packages.seal_package(
                masked_package(whole, masks),
                key,
                sender=sender,
                receiver=receiver.name,
            )
        if receiver.works_here:
            for_stelle = sealing.seal_letter(handover_id, letter, stelle, shared)
        return SealedHandover(
            handover_id=handover_id,
            stelle=stelle,
            for_mailbox=sealing.seal_letter(handover_id, letter, sealing.MAILBOX, source.mailbox),
            for_stelle=for_stelle,
            wrap=wrap,
            package=package,
            sender_name=sender,
            lane=None if receiver.works_here else stelle,
        )

    def _name(self, stelle: str | None) -> str | None:
        """The public name of a Stelle, in the city's first language."""
        if stelle is None:
            return None
        return self._city.catalogue.text(self._city.languages[0], self._city.stellen[stelle].name)
