"""Drafts: one sealed row, whose address and key exist only in the browser's cookie."""

import base64
import binascii
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import msgspec

from adstelle.crypto import envelope, files
from adstelle.crypto.files import Container
from adstelle.database import Pool
from adstelle.domain.private import Private
from adstelle.errors import Unopenable
from adstelle.intake import store

LIFE: Final = timedelta(hours=24)
LIFE_AFTER_SENDING: Final = timedelta(hours=1)
SECRET_BYTES: Final = 32


class Draft(Private, frozen=True):
    """What was typed so far. *submission* makes sending twice harmless."""

    answers: dict[str, tuple[str, ...]] = msgspec.field(default_factory=dict)
    submission: bytes = b""
    is_sent: bool = False


class Ticket(msgspec.Struct, frozen=True):
    """The browser's secret, and what is derived from it."""

    secret: bytes

    def __repr__(self) -> str:
        return "<Ticket withheld>"

    @property
    def draft_id(self) -> bytes:
        """Where the draft lies."""
        return envelope.derive(self.secret, "draft/1/id")

    @property
    def key(self) -> bytes:
        """What opens it."""
        return envelope.derive(self.secret, "draft/1/key")

    @property
    def files(self) -> Container:
        """What its files belong to."""
        return files.of_draft(self.secret, self.draft_id)

    @property
    def cookie(self) -> str:
        """The secret as a cookie value."""
        return base64.urlsafe_b64encode(self.secret).decode().rstrip("=")


def new_ticket() -> Ticket:
    """Draw the secret of a new draft."""
    return Ticket(secrets.token_bytes(SECRET_BYTES))


def read_ticket(cookie: str | None) -> Ticket | None:
    """Read a cookie; None for a missing or forged one."""
    try:
        secret = base64.urlsafe_b64decode((cookie or "") + "=")
    except (binascii.Error, ValueError):
        return None
    return Ticket(secret) if len(secret) == SECRET_BYTES else None


class Drafts:
    """Where drafts are kept until they are sent, left or 24 hours old."""

    def __init__(self, pool: Pool, now: Callable[[], datetime]) -> None:
        self._pool = pool
        self._now = now

    async def load(self, ticket: Ticket | None) -> Draft | None:
        """Read a draft; None when there is none, it has expired, or the ticket is forged."""
        if ticket is None:
            return None
        sealed = await store.draft(self._pool, ticket.draft_id)
        if sealed is None:
            return None
        try:
            opened = envelope.open_sealed(ticket.key, sealed, b"draft/1/" + ticket.draft_id)
        except Unopenable:
            return None
        return msgspec.json.decode(opened, type=Draft)

    async def save(self, ticket: Ticket, draft: Draft) -> None:
        """Keep a draft for another 24 hours; once sent, what it held is gone within the hour."""
        sealed = envelope.seal(
            ticket.key, msgspec.json.encode(draft), b"draft/1/" + ticket.draft_id
        )
        life = LIFE_AFTER_SENDING if draft.is_sent else LIFE
        await store.save_draft(self._pool, ticket.draft_id, sealed, self._now() + life)

    async def forget(self, ticket: Ticket) -> None:
        """Delete a draft at once."""
        await store.delete_draft(self._pool, ticket.draft_id)
