"""The next key of a Stelle, or of the statistics, until its recovery key is on paper.

Nothing is stored till then: the page carries it, sealed for the present key.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from enum import Enum, auto

from adstelle.crypto import opening, recovery
from adstelle.crypto.hpke import SEED_BYTES, PrivateKey
from adstelle.domain.private import Private
from adstelle.errors import AdstelleError, Unopenable


class Switched(Enum):
    """What became of it."""

    DONE = auto()
    MISTYPED = auto()  # what was typed is not the recovery key on the page
    MEANWHILE = auto()  # somebody else renewed the key, or the page is too old


class Meanwhile(AdstelleError):
    """Somebody was first: undoes the transaction."""


class Prepared(Private, frozen=True):
    """A next key that is stored nowhere yet, as a page carries it and as it goes onto paper."""

    carried: str
    recovery_key: str


def prepare(seal: Callable[[bytes], bytes]) -> Prepared:
    """Draw a key and its recovery key; *seal* closes both for the present key."""
    private, key = PrivateKey.generate(), opening.new_recovery_key()
    carried = urlsafe_b64encode(seal(private.seed + key)).decode("ascii")
    return Prepared(carried=carried, recovery_key=recovery.printed(key))


def opened(carried: str, unseal: Callable[[bytes], bytes]) -> tuple[PrivateKey, bytes] | None:
    """The key and its recovery key; None for anything that *unseal* refuses with `Unopenable`."""
    try:
        content = unseal(urlsafe_b64decode(carried.encode("ascii")))
    except (ValueError, Unopenable):
        return None
    return PrivateKey(content[:SEED_BYTES]), content[SEED_BYTES:]


def again(carried: str, found: tuple[PrivateKey, bytes] | None) -> Prepared | None:
    """What a page carried, to be shown once more; None where that was nothing."""
    return found and Prepared(carried=carried, recovery_key=recovery.printed(found[1]))
