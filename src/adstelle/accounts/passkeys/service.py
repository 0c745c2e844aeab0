"""One's own passkeys: listed, added and removed. A change takes the passphrase."""

import secrets
from collections.abc import Callable
from datetime import date
from enum import Enum, auto
from typing import Final
from uuid import UUID

from adstelle import events
from adstelle.accounts import store as accounts
from adstelle.accounts.challenges import CHALLENGE_BYTES, Challenges
from adstelle.accounts.own.service import Account
from adstelle.accounts.passkeys import authenticator, kept, store
from adstelle.accounts.passkeys.authenticator import Holder, NotProven, Place
from adstelle.accounts.passkeys.kept import Passkey, Secret
from adstelle.crypto import sessions
from adstelle.crypto.sessions import Session, Ticket
from adstelle.database import Pool, Role, transaction
from adstelle.domain.private import Private
from adstelle.errors import NoKey

MOST_PASSKEYS: Final = 10


class Wish(Private, frozen=True):
    """A passkey that is to be made, by somebody who gave the passphrase."""

    name: str
    challenge: bytes


class Became(Enum):
    """What became of a wish to change something."""

    DONE = auto()
    PASSPHRASE_WRONG = auto()
    FULL = auto()  # there are as many as there may be
    NOT_PROVEN = auto()  # what the authenticator answered proves nothing
    GONE = auto()  # nothing is asked any more: it took too long, or was answered before


class Passkeys:
    """Lists, adds and removes passkeys of whoever asks. The app for codes stays in any case."""

    def __init__(
        self,
        pool: Pool,
        account: Account,
        challenges: Challenges,
        place: Place,
        today: Callable[[], date],
    ) -> None:
        self._pool = pool
        self._account = account
        self._challenges = challenges
        self._place = place
        self._today = today

    async def listed(self, session: Session) -> tuple[Passkey, ...]:
        """One's own passkeys, the oldest first. Raises `NoKey` for an older session."""
        scope = session.member_id.bytes
        async with transaction(self._pool, Role.ACCOUNTS, scope=scope) as conn:
            rows = await store.passkeys(conn, session.member_id)
        return kept.opened(_account_key(session), session.member_id, rows)

    async def wish(
        self, session: Session, cookie: str | None, name: str, passphrase: str
    ) -> Became:
        """Check the passphrase, and keep what is to be made until the authenticator made it."""
        if len(await self.listed(session)) >= MOST_PASSKEYS:
            return Became.FULL
        if not await self._account.is_passphrase(session, passphrase):
            return Became.PASSPHRASE_WRONG
        wish = Wish(name=name, challenge=secrets.token_bytes(CHALLENGE_BYTES))
        await self._challenges.keep(_ticket(cookie), wish)
        return Became.DONE

    async def wished(self, session: Session, cookie: str | None) -> tuple[str, str] | None:
        """The name of what is to be made, and the question to the authenticator; None when over."""
        wish = await self._challenges.look(_ticket(cookie), Wish)
        if wish is None:
            return None
        known = [passkey.credential.credential_id for passkey in await self.listed(session)]
        holder = Holder(handle=kept.handle(_account_key(session)), login=session.login)
        return wish.name, authenticator.creation(self._place, wish.challenge, holder, known)

    async def add(self, session: Session, cookie: str | None, answer: str) -> Became:
        """Keep the passkey that an authenticator made."""
        wish = await self._challenges.take(_ticket(cookie), Wish)
        if wish is None:
            return Became.GONE
        there = await self.listed(session)
        try:
            made, count = authenticator.created(self._place, wish.challenge, answer)
        except NotProven:
            return Became.NOT_PROVEN
        if any(made.credential_id == each.credential.credential_id for each in there):
            return Became.NOT_PROVEN
        if len(there) >= MOST_PASSKEYS:
            return Became.FULL
        secret = Secret(name=wish.name, credential=made)
        row = kept.seal(_account_key(session), session.member_id, secret, self._today())
        scope = session.member_id.bytes
        async with transaction(self._pool, Role.ACCOUNTS, scope=scope) as conn:
            await store.insert_passkey(conn, session.member_id, row, sign_count=count)
        events.emit(events.AccountChanged(stelle=session.stelle))
        return Became.DONE

    async def remove(
        self, session: Session, cookie: str | None, passkey_id: UUID, passphrase: str
    ) -> Became:
        """Remove a passkey; other sessions end: one of them may have been opened with it."""
        if not await self._account.is_passphrase(session, passphrase):
            return Became.PASSPHRASE_WRONG
        scope = session.member_id.bytes
        async with transaction(self._pool, Role.ACCOUNTS, scope=scope) as conn:
            await store.remove_passkey(conn, session.member_id, passkey_id)
            await accounts.end_sessions_but(conn, session.member_id, _ticket(cookie).row)
        events.emit(events.AccountChanged(stelle=session.stelle))
        return Became.DONE


def _account_key(session: Session) -> bytes:
    if session.account_key is None:
        raise NoKey
    return session.account_key


def _ticket(cookie: str | None) -> Ticket:
    found = sessions.ticket(cookie) if cookie else None
    if found is None:
        raise NoKey
    return found
