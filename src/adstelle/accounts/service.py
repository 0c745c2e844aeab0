"""Sign-in with passphrase and one-time code; sessions that only their cookie opens.

The order of the steps is the protection (docs/decisions/0005-staff-sign-in.md): only somebody who
knows the passphrase gets as far as a code, so nobody else can make codes be refused; and a login
name that does not exist costs the same time and gets the same answer as a wrong passphrase.
"""

import asyncio
import secrets
import unicodedata
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import pyotp
from pyotp.utils import strings_equal

from adstelle import events
from adstelle.accounts import store
from adstelle.accounts.store import Member
from adstelle.crypto import envelope, sessions
from adstelle.crypto.codes import latin_digits
from adstelle.crypto.hpke import PrivateKey
from adstelle.crypto.opening import (
    SALT_BYTES,
    Cost,
    LockedBox,
    MemberBox,
    unlock_box,
    unwrap_stelle_key,
)
from adstelle.crypto.sessions import Session
from adstelle.database import Pool, Role, transaction
from adstelle.errors import SignInRefused, Unopenable

SESSION_LIFE: Final = timedelta(hours=10)
MOST_WRONG_CODES: Final = 5
CODES_REFUSED_FOR: Final = timedelta(minutes=15)
CODE_SECONDS: Final = 30
AT_ONCE: Final = 2  # passphrases being stretched: 64 MiB each
_NOBODY: Final = UUID(int=0)
_BOX_BYTES: Final = 1 + envelope.NONCE_BYTES + envelope.SMALLEST_CLASS + 16

Clock = Callable[[], datetime]


class SignIn:
    """Opens, finds and ends the sessions of advisers."""

    def __init__(self, pool: Pool, clock: Clock, *, demo: bool, cost: Cost) -> None:
        """*cost* is what an unknown login name is made to cost."""
        self._pool = pool
        self._clock = clock
        self._demo = demo
        self._dummy = LockedBox(
            secrets.token_bytes(SALT_BYTES),
            cost,
            envelope.AES_256_GCM + secrets.token_bytes(_BOX_BYTES - 1),
        )
        self._turn = asyncio.Semaphore(AT_ONCE)

    async def sign_in(self, login: str, passphrase: str, code: str) -> str:
        """Open a session and return its cookie. Raises `SignInRefused`, and never says why."""
        try:
            member, box = await self._unlocked(normalised_login(login), passphrase)
            await self._use_code(member, box, code)
            private = PrivateKey(box.seed)
            stelle_key = unwrap_stelle_key(member.stelle_wrap, private, member.stelle)
        except (SignInRefused, Unopenable):
            events.emit(events.SignInFailed())
            raise SignInRefused from None
        cookie = await self._open_session(member, stelle_key)
        events.emit(events.SignedIn(member_id=member.member_id))
        return cookie

    async def load(self, cookie: str | None) -> Session | None:
        """Find the session of a cookie; None when there is none, or it ended."""
        ticket = sessions.ticket(cookie) if cookie else None
        if ticket is None:
            return None
        async with transaction(self._pool, Role.ACCOUNTS, scope=ticket.row) as conn:
            sealed = await store.session(conn, ticket.row, self._clock())
        return None if sealed is None else sessions.open_session(sealed, ticket)

    async def sign_out(self, cookie: str | None) -> None:
        """End a session: nothing opens with its cookie any more."""
        ticket = sessions.ticket(cookie) if cookie else None
        if ticket is None:
            return
        async with transaction(self._pool, Role.ACCOUNTS, scope=ticket.row) as conn:
            await store.delete_session(conn, ticket.row)

    async def _unlocked(self, login: str, passphrase: str) -> tuple[Member, MemberBox]:
        async with transaction(self._pool, Role.ACCOUNTS) as conn:
            member = await store.member(conn, login)
        locked = self._dummy if member is None else member.box
        bound_to = str(_NOBODY if member is None else member.member_id)
        async with self._turn:
            box = await asyncio.to_thread(
                unlock_box, locked, normalised_passphrase(passphrase), bound_to
            )
        if member is None or (member.demo and not self._demo):
            raise SignInRefused
        return member, box

    async def _use_code(self, member: Member, box: MemberBox, code: str) -> None:
        now = self._clock()
        async with transaction(self._pool, Role.ACCOUNTS) as conn:
            admitted = await store.admit_code(
                conn,
                member.member_id,
                now=now,
                blocked_until=now + CODES_REFUSED_FOR,
                most=MOST_WRONG_CODES,
            )
        step = matching_step(box.totp, code, now) if admitted else None
        if step is None:
            raise SignInRefused
        async with transaction(self._pool, Role.ACCOUNTS) as conn:
            if not await store.accept_code(conn, member.member_id, step):
                raise SignInRefused

    async def _open_session(self, member: Member, stelle_key: PrivateKey) -> str:
        cookie = sessions.new_cookie()
        ticket = sessions.ticket(cookie)
        if ticket is None:
            raise AssertionError("a new cookie can be read")
        session = Session(
            member_id=member.member_id,
            name=member.name,
            login=member.login,
            stelle=member.stelle,
            seed=stelle_key.seed,
        )
        sealed = sessions.seal_session(session, ticket)
        async with transaction(self._pool, Role.ACCOUNTS, scope=ticket.row) as conn:
            expires_at = self._clock() + SESSION_LIFE
            await store.insert_session(conn, ticket.row, member.member_id, sealed, expires_at)
        return cookie


def normalised_login(entered: str) -> str:
    """Login names are the same in any case."""
    return entered.strip().casefold()


def normalised_passphrase(entered: str) -> str:
    """An umlaut is the same however a keyboard composes it."""
    return unicodedata.normalize("NFC", entered)


def matching_step(secret: str, code: str, now: datetime) -> int | None:
    """Find the half minute for which *code* is right: this one, the last or the next."""
    entered = latin_digits("".join(code.split()))
    totp = pyotp.TOTP(secret, interval=CODE_SECONDS)
    current = int(now.timestamp()) // CODE_SECONDS
    steps = (current - 1, current, current + 1)
    fitting = [step for step in steps if strings_equal(totp.generate_otp(step), entered)]
    return fitting[-1] if fitting else None
