"""A signed-in session: sealed in the database under a key that exists only in the cookie.

The cookie holds ``address (16 bytes) | key (32)``; the database holds the address's hash and the
sealed session. Either of them alone opens nothing.
"""

import hashlib
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from contextlib import suppress
from functools import cached_property
from typing import Final
from uuid import UUID

import msgspec

from adstelle.crypto import envelope
from adstelle.crypto.hpke import PrivateKey, PublicKey
from adstelle.domain.membership import MemberRole, holds_statistics
from adstelle.domain.private import Private
from adstelle.errors import NoKey, Unopenable

ADDRESS_BYTES: Final = 16
_COOKIE_BYTES: Final = ADDRESS_BYTES + envelope.KEY_BYTES


class ChainedKey(PrivateKey):
    """The private key of a Stelle, or of the statistics, with the former ones behind it, the newest
    first: what any of them opens, opens.
    """

    def __init__(self, seed: bytes, older: Sequence[bytes] = ()) -> None:
        super().__init__(seed)
        self.older = tuple(older)

    @property
    def seeds(self) -> tuple[bytes, ...]:
        """Everything it opens with, the newest first."""
        return (self.seed, *self.older)

    def unwrap(self, wrapped: bytes, binding: bytes) -> bytes:
        """Undo `PublicKey.wrap`, for the newest key first. Raises `Unopenable`."""
        try:
            return super().unwrap(wrapped, binding)
        except Unopenable:
            return self._by_former(wrapped, binding)

    def renewed(self, wrapped: bytes, binding: bytes) -> bytes | None:
        """Wrap for the newest key what only a former one opens; None where there is nothing to do.

        Raises `Unopenable` where none of them opens it.
        """
        with suppress(Unopenable):
            super().unwrap(wrapped, binding)
            return None
        return self._public.wrap(self._by_former(wrapped, binding), binding)

    @cached_property
    def _public(self) -> PublicKey:
        return self.public()

    @cached_property
    def _former(self) -> tuple[PrivateKey, ...]:
        return tuple(map(PrivateKey, self.older))

    def _by_former(self, wrapped: bytes, binding: bytes) -> bytes:
        for former in self._former:
            with suppress(Unopenable):
                return former.unwrap(wrapped, binding)
        raise Unopenable


class Session(Private, frozen=True):
    """Who is signed in, what they are there, and the key of their Stelle.

    *seed* is None for whoever holds no key of the Stelle: administrators and statisticians.
    *older* are the Stelle's former keys, the newest first (docs/decisions/0020-people.md).
    *account_key* seals what is only the member's, such as passkeys; None in sessions that are older
    than it. *statistics_seed* is the key of the statistics, *statistics_older* are its former ones,
    the newest first, and *public* is the member's own public key, which it can be wrapped for: all
    of them only a statistician's (docs/decisions/0035, 0044).

    Raises `ValueError` for a session that would open both cases and count cards.
    """

    member_id: UUID
    name: str
    login: str
    stelle: str
    seed: bytes | None
    older: tuple[bytes, ...] = ()
    role: MemberRole = MemberRole.ADVISER
    account_key: bytes | None = None
    statistics_seed: bytes | None = None
    statistics_older: tuple[bytes, ...] = ()
    public: bytes | None = None

    def __post_init__(self) -> None:
        counts = self.statistics_seed is not None
        if counts and (self.seed is not None or not holds_statistics(self.role)):
            raise ValueError("only a statistician holds the key of the statistics, and no other")

    def statistics_key(self) -> ChainedKey:
        """The private key that opens count cards. Raises `NoKey`."""
        if self.statistics_seed is None:
            raise NoKey
        return ChainedKey(self.statistics_seed, self.statistics_older)

    def key(self) -> ChainedKey:
        """The private key that opens what is sealed for the Stelle. Raises `NoKey`."""
        return ChainedKey(self._seed(), self.older)

    def own_key(self, purpose: str) -> bytes:
        """A symmetric key that only sessions of the Stelle can derive, one for each purpose."""
        return _own_key(self._seed(), purpose)

    def own_keys(self, purpose: str) -> tuple[bytes, ...]:
        """The same, then those of the Stelle's former keys, the newest first."""
        return tuple(_own_key(seed, purpose) for seed in (self._seed(), *self.older))

    def lasting_key(self, purpose: str) -> bytes:
        """The same, from the Stelle's very first key: what must stay alike after a new one.

        Where a chain of former keys broke, from the oldest that is left.
        """
        return _own_key((self._seed(), *self.older)[-1], purpose)

    def seal_own(self, purpose: str, plaintext: bytes, binding: bytes) -> bytes:
        """Seal what the Stelle writes for itself: notes, its record, labels."""
        return envelope.seal(self.own_key(purpose), plaintext, self._bound(binding))

    def open_own(self, purpose: str, sealed: bytes, binding: bytes) -> bytes:
        """Open what `seal_own` sealed. Raises `Unopenable` for another Stelle, purpose or place."""
        for key in self.own_keys(purpose):
            with suppress(Unopenable):
                return envelope.open_sealed(key, sealed, self._bound(binding))
        raise Unopenable

    def _seed(self) -> bytes:
        if self.seed is None:
            raise NoKey
        return self.seed

    def _bound(self, binding: bytes) -> bytes:
        return b"own/1/" + self.stelle.encode() + b"/" + binding


def _own_key(seed: bytes, purpose: str) -> bytes:
    return envelope.derive(seed, f"stelle/1/{purpose}")


class Ticket(Private, frozen=True):
    """What a cookie holds: where the session lies, and the key that opens it."""

    row: bytes
    key: bytes


def new_cookie() -> str:
    """Draw the content of a new session's cookie."""
    return urlsafe_b64encode(secrets.token_bytes(_COOKIE_BYTES)).decode("ascii")


def ticket(cookie: str) -> Ticket | None:
    """Read a cookie; None when it is none of ours."""
    try:
        content = urlsafe_b64decode(cookie.encode("ascii"))
    except ValueError:
        return None
    if len(content) != _COOKIE_BYTES:
        return None
    return Ticket(
        row=hashlib.sha256(content[:ADDRESS_BYTES]).digest(),
        key=envelope.derive(content[ADDRESS_BYTES:], "session/1"),
    )


def seal_session(session: Session, to: Ticket) -> bytes:
    """Seal a session for its row."""
    return envelope.seal(to.key, msgspec.json.encode(session), b"session/1/" + to.row)


def open_session(sealed: bytes, to: Ticket) -> Session | None:
    """Open a session; None for any other cookie's."""
    try:
        opened = envelope.open_sealed(to.key, sealed, b"session/1/" + to.row)
    except Unopenable:
        return None
    return msgspec.json.decode(opened, type=Session)
