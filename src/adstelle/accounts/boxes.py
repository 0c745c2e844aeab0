"""Members' boxes: stretched passphrases, a few at a time, whoever asks for it."""

import asyncio
import secrets
from typing import Final
from uuid import UUID

from adstelle.accounts.entered import normalised_passphrase
from adstelle.crypto import envelope
from adstelle.crypto.opening import (
    SALT_BYTES,
    Cost,
    LockedBox,
    MemberBox,
    lock_box,
    unlock_box,
)

AT_ONCE: Final = 2  # passphrases being stretched: 64 MiB each
_NOBODY: Final = UUID(int=0)
_BOX_BYTES: Final = 1 + envelope.NONCE_BYTES + envelope.SMALLEST_CLASS + 16


class Boxes:
    """Locks and opens boxes; at most `AT_ONCE` are worked on, the others wait."""

    def __init__(self, cost: Cost) -> None:
        """*cost* is that of new boxes, and of an attempt on a login name that does not exist."""
        self._cost = cost
        self._dummy = LockedBox(
            secrets.token_bytes(SALT_BYTES),
            cost,
            envelope.AES_256_GCM + secrets.token_bytes(_BOX_BYTES - 1),
        )
        self._turn = asyncio.Semaphore(AT_ONCE)

    async def unlock(self, locked: LockedBox, passphrase: str, member_id: UUID) -> MemberBox:
        """Open a member's box. Raises `Unopenable`."""
        async with self._turn:
            return await asyncio.to_thread(
                unlock_box, locked, normalised_passphrase(passphrase), str(member_id)
            )

    async def try_nobody(self, passphrase: str) -> None:
        """Do the same work for nobody's box. Raises `Unopenable`."""
        await self.unlock(self._dummy, passphrase, _NOBODY)

    async def lock(self, box: MemberBox, passphrase: str, member_id: UUID) -> LockedBox:
        """Lock a box under a passphrase."""
        async with self._turn:
            return await asyncio.to_thread(
                lock_box, box, normalised_passphrase(passphrase), str(member_id), self._cost
            )
