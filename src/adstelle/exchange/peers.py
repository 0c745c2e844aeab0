"""The systems we exchange messages with: Stellen of the city data that work in one of their own."""

from collections.abc import Iterable

import msgspec

from adstelle.city import City, Stelle
from adstelle.crypto.hpke import PublicKey
from adstelle.crypto.signing import VerifyingKey
from adstelle.exchange.messages import PATH
from adstelle.exchange.refusals import MessageRefused, Refusal
from adstelle.exchange.signatures import Keys
from adstelle.partners import Partner


class Peer(msgspec.Struct, frozen=True):
    """One Stelle elsewhere: *stelle* is our code for it, *name* what messages call it.

    *keys* are those it signs with, by id.
    """

    stelle: str
    name: str
    url: str
    sealing_key: PublicKey
    keys: Keys


class Peers:
    """Everybody we take messages from."""

    def __init__(self, peers: Iterable[Peer]) -> None:
        self.by_stelle = {peer.stelle: peer for peer in peers}

    def keys(self) -> Keys:
        """Every key that is believed. Stellen of one system may share theirs."""
        return {
            key_id: key for peer in self.by_stelle.values() for key_id, key in peer.keys.items()
        }

    def sender(self, name: str, key_id: str) -> Peer:
        """Find who calls itself *name* and signs with this key. Raises `MessageRefused`."""
        for peer in self.by_stelle.values():
            if peer.name == name and key_id in peer.keys:
                return peer
        raise MessageRefused(Refusal.WRONG_SENDER)


def peers_of(city: City) -> Peers:
    """Every partner of a city; its data were checked when it was loaded."""
    return Peers(
        _peer(stelle, stelle.partner) for stelle in city.stellen.values() if stelle.partner
    )


def _peer(stelle: Stelle, partner: Partner) -> Peer:
    keys = (VerifyingKey.read(written) for written in partner.verifying_keys)
    return Peer(
        stelle=stelle.code,
        name=partner.receiver or stelle.code,
        url=partner.endpoint + PATH,
        sealing_key=PublicKey.read(partner.sealing_key),
        keys={key.key_id: key for key in keys},
    )
