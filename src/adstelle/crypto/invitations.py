"""Codes that let a person in, or set a second factor anew: handed over in person, good once.

A code has 110 random bits. The database holds what HKDF makes of it with one label, to find the
row; with another label it becomes the key under which the Stelle's key comes along. So the code
and the database together open the Stelle, and each alone opens nothing.
"""

from typing import Final
from uuid import UUID

from adstelle.crypto import envelope, receipt
from adstelle.crypto.hpke import PrivateKey
from adstelle.domain.private import Private

ID_BYTES: Final = 32


class Code(Private, frozen=True):
    """A code as it is handed over, and what it finds and opens."""

    written: str

    @property
    def row(self) -> bytes:
        """The id under which the database knows it."""
        return envelope.derive(self.written.encode("ascii"), "invitation/1/row", ID_BYTES)

    @property
    def key(self) -> bytes:
        """What the Stelle's key is sealed under."""
        return envelope.derive(self.written.encode("ascii"), "invitation/1/key")


def new() -> Code:
    """Draw a code."""
    return Code(written=receipt.new_code())


def read(entered: str) -> Code | None:
    """Read a code as typed from paper; None when something was mistyped."""
    written = receipt.normalised(entered)
    return None if written is None else Code(written=written)


def wrap(code: Code, stelle_key: PrivateKey, member_id: UUID, stelle: str) -> bytes:
    """Send the Stelle's key along with a code, for one member."""
    return envelope.seal(code.key, stelle_key.seed, _binding(code, member_id, stelle))


def unwrap(code: Code, wrapped: bytes, member_id: UUID, stelle: str) -> PrivateKey:
    """Take the Stelle's key from what came with a code. Raises `Unopenable`."""
    return PrivateKey(envelope.open_sealed(code.key, wrapped, _binding(code, member_id, stelle)))


def _binding(code: Code, member_id: UUID, stelle: str) -> bytes:
    return b"invitation/1/" + code.row + member_id.bytes + stelle.encode()
