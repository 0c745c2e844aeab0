"""The second half of a sign-in: a passkey, or the code that was not typed with the passphrase.

The first half says nothing of what it found: whoever types any name and any passphrase is asked for
a second factor, by the same page at the same cost, and only the answer to both is told. So this
order gives away no more than one page with everything does (docs/decisions/0005, 0026).
"""

import hashlib
import secrets
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Final
from uuid import UUID

from adstelle import events
from adstelle.accounts.challenges import CHALLENGE_BYTES, Challenges
from adstelle.accounts.passkeys import authenticator, kept, store
from adstelle.accounts.passkeys.authenticator import NotProven, Place
from adstelle.accounts.passkeys.kept import Passkey
from adstelle.accounts.service import CODES_REFUSED_FOR, MOST_WRONG_CODES, SignIn
from adstelle.accounts.store import Member
from adstelle.crypto import sessions
from adstelle.crypto.opening import MemberBox
from adstelle.database import Pool, Role, transaction
from adstelle.domain.private import Private
from adstelle.errors import SignInRefused, Unopenable

MOST_LOGIN: Final = 200  # characters; nobody has a longer name


class Half(Private, frozen=True):
    """A sign-in whose second factor is asked. *box* is None where nothing will let them in.

    *stored* is the hash of the box as it was stored: another one came in between, if it is not.
    """

    login: str
    box: MemberBox | None
    stored: bytes
    challenge: bytes


Proof = Callable[[Member, MemberBox, Half], Awaitable[None]]


class Asked(Private, frozen=True):
    """A half sign-in as its page needs it: its cookie, and the question to the authenticator."""

    cookie: str
    options: str


class SecondStep:
    """Asks for the second factor, and lets in whoever has both."""

    def __init__(
        self,
        pool: Pool,
        sign_in: SignIn,
        challenges: Challenges,
        place: Place,
        today: Callable[[], date],
    ) -> None:
        self._pool = pool
        self._sign_in = sign_in
        self._challenges = challenges
        self._place = place
        self._today = today

    async def begin(self, login: str, passphrase: str) -> Asked:
        """Try the passphrase, and ask for the second factor whatever became of it."""
        member = await self._sign_in.member(login)
        box = await self._sign_in.unlocked(member, passphrase)
        half = Half(
            login=login if len(login) <= MOST_LOGIN else "",
            box=box,
            stored=b"" if member is None else _digest(member),
            challenge=secrets.token_bytes(CHALLENGE_BYTES),
        )
        cookie = sessions.new_cookie()
        ticket = sessions.ticket(cookie)
        if ticket is None:
            raise AssertionError("a new cookie can be read")
        await self._challenges.keep(ticket, half)
        return Asked(cookie=cookie, options=authenticator.request(self._place, half.challenge))

    async def again(self, cookie: str | None) -> Asked | None:
        """Ask once more, where nothing was answered; None when it is over."""
        ticket = sessions.ticket(cookie) if cookie else None
        half = await self._challenges.look(ticket, Half)
        if cookie is None or half is None:
            return None
        return Asked(cookie=cookie, options=authenticator.request(self._place, half.challenge))

    async def with_code(self, cookie: str | None, code: str) -> str | None:
        """Open a session with a one-time code. Returns and raises as `with_passkey` does."""

        async def prove(member: Member, box: MemberBox, _: Half) -> None:
            await self._sign_in.use_code(member.member_id, box, code)

        return await self._finish(cookie, prove, by_passkey=False)

    async def with_passkey(self, cookie: str | None, answer: str) -> str | None:
        """Open a session with what an authenticator answered, and return the session's cookie.

        None when the half sign-in is over. Raises `SignInRefused`, and never says why.
        """

        async def prove(member: Member, box: MemberBox, half: Half) -> None:
            await self._use_passkey(member, box, half.challenge, answer)

        return await self._finish(cookie, prove, by_passkey=True)

    async def _finish(self, cookie: str | None, prove: Proof, *, by_passkey: bool) -> str | None:
        ticket = sessions.ticket(cookie) if cookie else None
        half = await self._challenges.take(ticket, Half)
        if half is None:
            return None
        member = await self._sign_in.member(half.login)
        try:
            if member is None or half.box is None or half.stored != _digest(member):
                raise SignInRefused
            await prove(member, half.box, half)
            return await self._sign_in.open(member, half.box, by_passkey=by_passkey)
        except (SignInRefused, Unopenable, NotProven):
            await self._sign_in.note_refused(member)
            raise SignInRefused from None

    async def _use_passkey(
        self, member: Member, box: MemberBox, challenge: bytes, answer: str
    ) -> None:
        """Raises `SignInRefused`, `NotProven`."""
        now, scope = self._sign_in.clock(), member.member_id.bytes
        async with transaction(self._pool, Role.ACCOUNTS, scope=scope) as conn:
            admitted = await store.admit_passkey(
                conn,
                member.member_id,
                now=now,
                blocked_until=now + CODES_REFUSED_FOR,
                most=MOST_WRONG_CODES,
            )
            rows = await store.passkeys(conn, member.member_id)
        if not admitted:
            raise SignInRefused
        found = kept.opened(box.account_key(), member.member_id, rows)
        passkey = _answering(found, authenticator.credential_of(answer))
        count = authenticator.signed(self._place, challenge, answer, passkey.credential)
        if not await self._accept(member.member_id, passkey.passkey_id, count):
            await self._doubt(member, passkey.passkey_id)
            raise SignInRefused

    async def _accept(self, member_id: UUID, passkey_id: UUID, count: int) -> bool:
        async with transaction(self._pool, Role.ACCOUNTS, scope=member_id.bytes) as conn:
            return await store.accept_passkey(
                conn, passkey_id, sign_count=count, today=self._today()
            )

    async def _doubt(self, member: Member, passkey_id: UUID) -> None:
        """The count went back: the key was copied, or is. Nobody can say which one this was."""
        scope = member.member_id.bytes
        async with transaction(self._pool, Role.ACCOUNTS, scope=scope) as conn:
            is_new = await store.doubt_passkey(conn, passkey_id, self._today())
        if is_new:
            events.emit(events.PasskeyDoubted(stelle=member.stelle))


def _answering(found: tuple[Passkey, ...], credential_id: bytes) -> Passkey:
    for passkey in found:
        if passkey.credential.credential_id == credential_id:
            return passkey
    raise NotProven


def _digest(member: Member) -> bytes:
    return hashlib.sha256(member.box.sealed).digest()
