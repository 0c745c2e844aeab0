"""The systems we exchange messages with: Stellen of the city data that work in one of their own."""

from collections.abc import Iterable

import msgspec

from adstelle.city import City, Stelle
from adstelle.crypto.hpke import PublicKey
from adstelle.crypto.signing import SigningKey, VerifyingKey
from adstelle.errors import BadKey, SettingsError
from adstelle.exchange.messages import PATH
from adstelle.exchange.refusals import MessageRefused, Refusal
from adstelle.exchange.signatures import Keys
from adstelle.partners import Partner
from adstelle.settings import Settings, read_secret


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


def signing_key(settings: Settings, city: City) -> SigningKey | None:
    """Read this system's signing key; None where the city has no partners.

    Raises `SettingsError` where it has some: a channel must not take what it could not deliver.
    """
    if not any(stelle.partner for stelle in city.stellen.values()):
        return None
    if settings.signing_key_file is None:
        raise SettingsError("the city has partners, but ADSTELLE_SIGNING_KEY_FILE is not set")
    try:
        return SigningKey.read(read_secret(settings.signing_key_file))
    except BadKey:
        raise SettingsError("ADSTELLE_SIGNING_KEY_FILE holds no signing key") from None


def _peer(stelle: Stelle, partner: Partner) -> Peer:
    keys = (VerifyingKey.read(written) for written in partner.verifying_keys)
    return Peer(
        stelle=stelle.code,
        name=partner.receiver or stelle.code,
        url=partner.endpoint + PATH,
        sealing_key=PublicKey.read(partner.sealing_key),
        keys={key.key_id: key for key in keys},
    )
