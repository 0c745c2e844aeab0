"""How another system is reached and known: the table `[stelle.partner]` of the city data."""

import re
from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from adstelle.crypto.hpke import PublicKey
from adstelle.crypto.signing import VerifyingKey
from adstelle.errors import BadKey

MOST_KEYS: Final = 2
_ENDPOINT: Final = re.compile(r"https://[a-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~-]+)*")
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")


class Partner(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where messages go, for whom they are sealed, and by which key answers are known.

    *receiver* is the name by which that system knows the Stelle, where it is not our code.
    While a signing key is being renewed, *verifying_keys* holds the old one and the new one.
    """

    endpoint: str
    sealing_key: str
    verifying_keys: tuple[str, ...]
    receiver: str | None = None


def partner_faults(partner: Partner, code: str) -> Iterator[tuple[str, str]]:
    """Name what is wrong, each with the key to blame; *code* is ours for the Stelle."""
    if not _ENDPOINT.fullmatch(partner.endpoint):
        yield "endpoint", "endpoint must be https://host/path without a slash at the end"
    if not _NAME.fullmatch(partner.receiver or code):
        yield "receiver", "this name cannot travel in a message"
    if not _is_key(PublicKey.read, partner.sealing_key):
        yield "sealing_key", "sealing_key is no key"
    if not 1 <= len(partner.verifying_keys) <= MOST_KEYS:
        yield "verifying_keys", "a partner signs with one key, with two while it is renewed"
    if not all(_is_key(VerifyingKey.read, key) for key in partner.verifying_keys):
        yield "verifying_keys", "verifying_keys holds what is no key"


def _is_key(read: Callable[[str], object], written: str) -> bool:
    try:
        read(written)
    except BadKey:
        return False
    return True
