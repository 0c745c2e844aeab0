"""Keys of Stellen and members: what opens reports. The public process cannot import this module.

passphrase --Argon2id--> member's box (private key and one-time-code secret)
member's private key --HPKE--> Stelle's private key --HPKE--> reports
recovery key --HKDF--> a second copy of the Stelle's private key
"""

import secrets
from collections.abc import Sequence
from typing import Final

import msgspec
from argon2.low_level import Type, hash_secret_raw

from adstelle.crypto import envelope
from adstelle.crypto.hpke import PrivateKey, PublicKey
from adstelle.errors import Unopenable

SALT_BYTES: Final = 16
RECOVERY_BYTES: Final = 20


class Cost(msgspec.Struct, frozen=True):
    """Argon2id cost; the default is RFC 9106's second recommendation."""

    time: int = 3
    memory_kib: int = 64 * 1024
    lanes: int = 4


class MemberBox(msgspec.Struct, frozen=True):
    """What a member's passphrase opens."""

    seed: bytes
    totp: str

    def __repr__(self) -> str:
        return "<MemberBox withheld>"

    def account_key(self) -> bytes:
        """What seals the member's own affairs: only whoever opened the box can derive it."""
        return envelope.derive(self.seed, "member/1/account")


class LockedBox(msgspec.Struct, frozen=True):
    """A member's box as it is stored."""

    salt: bytes
    cost: Cost
    sealed: bytes


def _stretched(passphrase: str, salt: bytes, cost: Cost) -> bytes:
    return hash_secret_raw(
        passphrase.encode(),
        salt,
        time_cost=cost.time,
        memory_cost=cost.memory_kib,
        parallelism=cost.lanes,
        hash_len=envelope.KEY_BYTES,
        type=Type.ID,
    )


def lock_box(box: MemberBox, passphrase: str, member: str, cost: Cost) -> LockedBox:
    """Lock a member's box under the passphrase; slow on purpose, run it in a thread."""
    salt = secrets.token_bytes(SALT_BYTES)
    key = _stretched(passphrase, salt, cost)
    sealed = envelope.seal(key, msgspec.json.encode(box), b"member/1/" + member.encode())
    return LockedBox(salt=salt, cost=cost, sealed=sealed)


def unlock_box(locked: LockedBox, passphrase: str, member: str) -> MemberBox:
    """Open a member's box. Raises `Unopenable` for any other passphrase or member."""
    key = _stretched(passphrase, locked.salt, locked.cost)
    opened = envelope.open_sealed(key, locked.sealed, b"member/1/" + member.encode())
    return msgspec.json.decode(opened, type=MemberBox)


def wrap_stelle_key(stelle_key: PrivateKey, member_key: PublicKey, stelle: str) -> bytes:
    """Give a member a copy of the Stelle's key."""
    return member_key.wrap(stelle_key.seed, b"stelle-key/1/" + stelle.encode())


def unwrap_stelle_key(wrapped: bytes, member_key: PrivateKey, stelle: str) -> PrivateKey:
    """Take the Stelle's key from a member's copy. Raises `Unopenable`."""
    return PrivateKey(member_key.unwrap(wrapped, b"stelle-key/1/" + stelle.encode()))


def new_recovery_key() -> bytes:
    """Draw the key that is printed once, put in a safe, and opens the Stelle if all else fails."""
    return secrets.token_bytes(RECOVERY_BYTES)


def lock_for_recovery(stelle_key: PrivateKey, recovery: bytes, stelle: str) -> bytes:
    """Seal the Stelle's key under its recovery key."""
    key = envelope.derive(recovery, "recovery/1")
    return envelope.seal(key, stelle_key.seed, b"recovery/1/" + stelle.encode())


def open_by_recovery(sealed: bytes, recovery: bytes, stelle: str) -> PrivateKey:
    """Open the Stelle's key with its recovery key. Raises `Unopenable`."""
    key = envelope.derive(recovery, "recovery/1")
    return PrivateKey(envelope.open_sealed(key, sealed, b"recovery/1/" + stelle.encode()))


def seal_generation(former: PrivateKey, following: PrivateKey, generation: int) -> bytes:
    """Keep a Stelle's former key for those who have the one that followed it."""
    return envelope.seal(_generation_key(following.seed), former.seed, _generation(generation))


def open_generations(stelle_key: PrivateKey, sealed: Sequence[tuple[int, bytes]]) -> list[bytes]:
    """Open the seeds of former keys, one with the other; *sealed* has the newest first.

    A chain that breaks ends there: what comes after it is lost, what comes before it is not.
    """
    seeds: list[bytes] = []
    seed = stelle_key.seed
    for generation, each in sealed:
        try:
            seed = envelope.open_sealed(_generation_key(seed), each, _generation(generation))
        except Unopenable:
            break
        seeds.append(seed)
    return seeds


def _generation_key(seed: bytes) -> bytes:
    return envelope.derive(seed, "stelle/1/generation")


def _generation(number: int) -> bytes:
    return b"generation/1/" + str(number).encode()
