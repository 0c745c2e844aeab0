"""A signed-in session: sealed in the database under a key that exists only in the cookie.

The cookie holds ``address (16 bytes) | key (32)``; the database holds the address's hash and the
sealed session. Either of them alone opens nothing.
"""

import hashlib
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Final
from uuid import UUID

import msgspec

from adstelle.crypto import envelope
from adstelle.crypto.hpke import PrivateKey
from adstelle.domain.private import Private
from adstelle.errors import Unopenable

ADDRESS_BYTES: Final = 16
_COOKIE_BYTES: Final = ADDRESS_BYTES + envelope.KEY_BYTES


class Session(Private, frozen=True):
    """Who is signed in, and the key of their Stelle."""

    member_id: UUID
    name: str
    login: str
    stelle: str
    seed: bytes

    def key(self) -> PrivateKey:
        """The private key that opens what is sealed for the Stelle."""
        return PrivateKey(self.seed)

    def own_key(self, purpose: str) -> bytes:
        """A symmetric key that only sessions of the Stelle can derive, one for each purpose."""
        return envelope.derive(self.seed, f"stelle/1/{purpose}")

    def seal_own(self, purpose: str, plaintext: bytes, binding: bytes) -> bytes:
        """Seal what the Stelle writes for itself: notes, its record, labels."""
        return envelope.seal(self.own_key(purpose), plaintext, self._bound(binding))

    def open_own(self, purpose: str, sealed: bytes, binding: bytes) -> bytes:
        """Open what `seal_own` sealed. Raises `Unopenable` for another Stelle, purpose or place."""
        return envelope.open_sealed(self.own_key(purpose), sealed, self._bound(binding))

    def _bound(self, binding: bytes) -> bytes:
        return b"own/1/" + self.stelle.encode() + b"/" + binding


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
