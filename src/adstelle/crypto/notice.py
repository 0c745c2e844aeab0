"""Seal the address for mails without content: for the worker, and for the person themself.

The worker's private key lies in a file that no other process reads and that is in no backup of the
database. The person's copy is under the key of their code, like everything they keep.
"""

from base64 import b64decode, b64encode
from uuid import UUID

import msgspec

from adstelle.crypto import envelope
from adstelle.crypto.hpke import PrivateKey, PublicKey
from adstelle.domain.notice import NoticeTo
from adstelle.errors import BadKey, Unopenable


def _binding(report_id: UUID, side: bytes) -> bytes:
    """Name the one place where an address opens."""
    return b"notice/1/" + report_id.bytes + side


def seal_for_worker(to: NoticeTo, report_id: UUID, key: PublicKey) -> bytes:
    """Seal an address so that only the worker opens it; its length does not tell how long it is."""
    return key.wrap(envelope.padded(msgspec.json.encode(to)), _binding(report_id, b"worker"))


def open_for_worker(sealed: bytes, report_id: UUID, key: PrivateKey) -> NoticeTo:
    """Undo that. Raises `Unopenable`."""
    opened = envelope.unpadded(key.unwrap(sealed, _binding(report_id, b"worker")))
    return msgspec.json.decode(opened, type=NoticeTo)


def seal_for_mailbox(to: NoticeTo, report_id: UUID, own: bytes) -> bytes:
    """Keep an address for the person, under the key of their code."""
    return envelope.seal(own, msgspec.json.encode(to), _binding(report_id, b"mailbox"))


def open_for_mailbox(sealed: bytes, report_id: UUID, own: bytes) -> NoticeTo:
    """Undo that. Raises `Unopenable`."""
    opened = envelope.open_sealed(own, sealed, _binding(report_id, b"mailbox"))
    return msgspec.json.decode(opened, type=NoticeTo)


def written(key: PrivateKey) -> bytes:
    """Write the content of the worker's key file."""
    return b64encode(key.seed) + b"\n"


def read(content: str) -> PrivateKey:
    """Read the content of the worker's key file. Raises `BadKey`."""
    try:
        return PrivateKey(b64decode(content, validate=True))
    except (ValueError, Unopenable):
        raise BadKey from None
