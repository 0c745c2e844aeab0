"""Keys of a member within the Stelle: taking the Stelle's key, and saying whose key is whose."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Final
from uuid import UUID

import msgspec

from adstelle.crypto import opening
from adstelle.crypto.hpke import PrivateKey, PublicKey
from adstelle.crypto.sessions import Session
from adstelle.domain.membership import holds_statistics
from adstelle.errors import Unopenable

STATISTICS: Final = "statistics"  # owns a key as a Stelle does; no Stelle can be called so
_PUBLIC: Final = "member-key"

Generations = Sequence[tuple[int, bytes]]


def with_key(session: Session, stelle_key: PrivateKey, sealed: Generations) -> Session:
    """Give a session the Stelle's key, and the former ones that open with it."""
    older = tuple(opening.open_generations(stelle_key, sealed))
    return msgspec.structs.replace(session, seed=stelle_key.seed, older=older)


class StatisticsKeys(msgspec.Struct, frozen=True):
    """What is known to everybody of the key of the statistics: the public half, None before it is
    set up; and its former keys, each sealed for the one that followed.
    """

    announced: bytes | None
    former: Generations


def with_statistics(
    session: Session, own: PrivateKey, wrap: bytes | None, known: StatisticsKeys
) -> Session:
    """Give a statistician's session the key of the statistics, where their copy opens.

    One that does not, or is of a former key, is as good as none: the key is entered from paper.
    """
    if not holds_statistics(session.role):
        return session
    session = msgspec.structs.replace(session, public=own.public().encoded)
    if wrap is not None:
        with suppress(Unopenable):
            key = opening.unwrap_stelle_key(wrap, own, STATISTICS)
            if key.encoded_public() == known.announced:
                return holding_statistics(session, key, known.former)
    return session


def holding_statistics(session: Session, key: PrivateKey, former: Generations) -> Session:
    """Put the key of the statistics into a session, and the former ones behind it."""
    older = tuple(opening.open_generations(key, former))
    return msgspec.structs.replace(session, statistics_seed=key.seed, statistics_older=older)


def wrap_statistics(key: PrivateKey, member: PublicKey) -> bytes:
    """Make a statistician's copy of the key of the statistics."""
    return opening.wrap_stelle_key(key, member, STATISTICS)


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
