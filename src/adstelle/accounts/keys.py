"""Keys of a member within the Stelle: taking the Stelle's key, and saying whose key is whose."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import msgspec

from adstelle.crypto import opening
from adstelle.crypto.hpke import PrivateKey, PublicKey
from adstelle.crypto.sessions import Session
from adstelle.errors import Unopenable

_PUBLIC: Final = "member-key"

Generations = Sequence[tuple[int, bytes]]


def with_key(session: Session, stelle_key: PrivateKey, sealed: Generations) -> Session:
    """Give a session the Stelle's key, and the former ones that open with it."""
    older = tuple(opening.open_generations(stelle_key, sealed))
    return msgspec.structs.replace(session, seed=stelle_key.seed, older=older)


def seal_public(session: Session, member_id: UUID, public: PublicKey) -> bytes:
    """Write down whose key this is, so that only somebody of the Stelle can have written it.

    A key that anybody could put there would be given the Stelle's next key.
    """
    return session.seal_own(_PUBLIC, public.encoded, member_id.bytes)


def open_public(session: Session, member_id: UUID, sealed: bytes) -> PublicKey:
    """Read a member's public key. Raises `Unopenable`."""
    return PublicKey(session.open_own(_PUBLIC, sealed, member_id.bytes))


def is_current(session: Session, member_id: UUID, sealed: bytes | None, public: PublicKey) -> bool:
    """Whether a member's key is written down, and under the Stelle's newest key."""
    newest = msgspec.structs.replace(session, older=())
    try:
        return sealed is not None and (
            open_public(newest, member_id, sealed).encoded == public.encoded
        )
    except Unopenable:
        return False
