"""Why a message of a partner is refused: a closed list, and as problem documents (RFC 9457).

A refusal says what was wrong with the message, never what stood in it.
"""

from enum import StrEnum
from typing import Final, NamedTuple

import msgspec

from adstelle.errors import AdstelleError

MEDIA_TYPE: Final = "application/problem+json"
TYPES: Final = "urn:adstelle:exchange:"


class Refusal(StrEnum):
    """Every reason there is; a new one is a new version of the exchange."""

    UNSIGNED = "unsigned"
    UNKNOWN_KEY = "unknown_key"
    BAD_SIGNATURE = "bad_signature"
    STALE = "stale"
    DIGEST_MISMATCH = "digest_mismatch"
    OVERSIZED = "oversized"
    NOT_JSON = "not_json"
    UNKNOWN_VERSION = "unknown_version"
    UNKNOWN_KIND = "unknown_kind"
    MALFORMED = "malformed"
    WRONG_SENDER = "wrong_sender"
    UNKNOWN_RECEIVER = "unknown_receiver"
    UNKNOWN_PACKAGE = "unknown_package"
    CHANGED = "changed"
    WITHDRAWN = "withdrawn"
    BUSY = "busy"


class _Meaning(NamedTuple):
    status: int
    is_final: bool
    title: str


_MEANINGS: Final = {
    Refusal.UNSIGNED: _Meaning(403, False, "The message has no signature."),
    Refusal.UNKNOWN_KEY: _Meaning(403, False, "No partner signs with this key."),
    Refusal.BAD_SIGNATURE: _Meaning(403, False, "The signature does not fit or covers too little."),
    Refusal.STALE: _Meaning(403, False, "The signature is older or newer than five minutes."),
    Refusal.DIGEST_MISMATCH: _Meaning(400, False, "The body is not the one that was signed."),
    Refusal.OVERSIZED: _Meaning(413, True, "The message is too large."),
    Refusal.NOT_JSON: _Meaning(400, True, "The body is not JSON."),
    Refusal.UNKNOWN_VERSION: _Meaning(422, True, "This format or version is not known here."),
    Refusal.UNKNOWN_KIND: _Meaning(422, True, "This kind of message is not known here."),
    Refusal.MALFORMED: _Meaning(422, True, "A field is missing, unknown or of the wrong kind."),
    Refusal.WRONG_SENDER: _Meaning(403, False, "The sender does not sign with this key."),
    Refusal.UNKNOWN_RECEIVER: _Meaning(404, False, "There is no such receiver here."),
    Refusal.UNKNOWN_PACKAGE: _Meaning(404, True, "This package did not come from here."),
    Refusal.CHANGED: _Meaning(409, True, "This message came before with another content."),
    Refusal.WITHDRAWN: _Meaning(410, True, "This package was withdrawn."),
    Refusal.BUSY: _Meaning(503, False, "Not stored. Send it again later."),
}


class MessageRefused(AdstelleError):
    """A message, or the answer to one, that must not be believed or cannot be read."""

    def __init__(self, reason: Refusal) -> None:
        super().__init__(reason)
        self.reason = reason


class Problem(msgspec.Struct, frozen=True):
    """RFC 9457 problem details, as far as the exchange uses them."""

    type: str
    title: str
    status: int


class _Typed(msgspec.Struct):
    """All that has to be there to know a reason."""

    type: str


def is_final(reason: Refusal) -> bool:
    """Whether the very same message would be refused again, however often it is sent."""
    return _MEANINGS[reason].is_final


def problem(reason: Refusal) -> Problem:
    """Say *reason* as a problem document."""
    meaning = _MEANINGS[reason]
    return Problem(type=f"{TYPES}{reason}", title=meaning.title, status=meaning.status)


def read_problem(body: bytes) -> Refusal | None:
    """Read why a partner refused; None for anything that is not on the list."""
    try:
        return Refusal(msgspec.json.decode(body, type=_Typed).type.removeprefix(TYPES))
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
