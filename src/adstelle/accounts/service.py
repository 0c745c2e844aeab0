"""Sign-in with passphrase and one-time code; sessions that only their cookie opens.

The order of the steps is the protection (docs/decisions/0005-staff-sign-in.md): only somebody who
knows the passphrase gets as far as a code, so nobody else can make codes be refused; and a login
name that does not exist costs the same time and gets the same answer as a wrong passphrase.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from adstelle import events
from adstelle.accounts import keys, store
from adstelle.accounts.boxes import Boxes
from adstelle.accounts.entered import matching_step, normalised_login
from adstelle.accounts.store import Member
from adstelle.crypto import sessions
from adstelle.crypto.hpke import PrivateKey
from adstelle.crypto.opening import Cost, MemberBox, unwrap_stelle_key
from adstelle.crypto.sessions import Session
from adstelle.database import Pool, Role, transaction
from adstelle.errors import SignInRefused, Unopenable

SESSION_LIFE: Final = timedelta(hours=10)
MOST_WRONG_CODES: Final = 5
CODES_REFUSED_FOR: Final = timedelta(minutes=15)
_NOBODY: Final = UUID(int=0)

Clock = Callable[[], datetime]


class SignIn:
    """Opens, finds and ends the sessions of members."""

    def __init__(self, pool: Pool, clock: Clock, *, demo: bool, cost: Cost) -> None:
        """*cost* is that of new boxes, and what an unknown login name is made to cost."""
        self._pool = pool
        self._clock = clock
        self._demo = demo
        self.boxes = Boxes(cost)

    @property
    def clock(self) -> Clock:
        """The time it works by."""
        return self._clock

    async def sign_in(self, login: str, passphrase: str, code: str) -> str:
        """Open a session and return its cookie. Raises `SignInRefused`, and never says why."""
        member = await self.member(login)
        try:
            box = await self.unlocked(member, passphrase)
            if member is None or box is None:
                raise SignInRefused
            await self.use_code(member.member_id, box, code)
            return await self.open(member, box)
        except (SignInRefused, Unopenable):
            await self.note_refused(member)
            raise SignInRefused from None

    async def member(self, login: str) -> Member | None:
        """Find a member by the login name as it was typed."""
        async with transaction(self._pool, Role.ACCOUNTS) as conn:
            return await store.member(conn, normalised_login(login))

    async def unlocked(self, member: Member | None, passphrase: str) -> MemberBox | None:
        """Open a member's box; None for a wrong passphrase, at the same cost as for nobody."""
        try:
            if member is None:
                await self.boxes.try_nobody(passphrase)
                return None
            box = await self.boxes.unlock(member.box, passphrase, member.member_id)
        except Unopenable:
            return None
        return None if member.demo and not self._demo else box

    async def note_refused(self, member: Member | None) -> None:
        """Count a sign-in that was refused; None where the name is nobody's."""
        await self._count(_NOBODY if member is None else member.member_id, opened=False)
        events.emit(events.SignInFailed())

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

    async def open(self, member: Member, box: MemberBox, *, by_passkey: bool = False) -> str:
        """Open a session for whoever passed both factors, and return its cookie.

        Raises `SignInRefused` when the member has changed since, `Unopenable` for another's key.
        """
        session = await self._session(member, box)
        cookie = await self._keep(member, session)
        await self._note(member, session, PrivateKey(box.seed))
        await self._count(member.member_id, opened=True, by_passkey=by_passkey)
        events.emit(events.SignedIn(member_id=member.member_id))
        return cookie

    async def use_code(self, member_id: UUID, box: MemberBox, code: str) -> None:
        """Use up a one-time code, after the box was opened. Raises `SignInRefused`."""
        now = self._clock()
        async with transaction(self._pool, Role.ACCOUNTS) as conn:
            admitted = await store.admit_code(
                conn,
                member_id,
                now=now,
                blocked_until=now + CODES_REFUSED_FOR,
                most=MOST_WRONG_CODES,
            )
        step = matching_step(box.totp, code, now) if admitted else None
        if step is None:
            raise SignInRefused
        async with transaction(self._pool, Role.ACCOUNTS) as conn:
            if not await store.accept_code(conn, member_id, step):
                raise SignInRefused

    async def _session(self, member: Member, box: MemberBox) -> Session:
        session = Session(
            member_id=member.member_id,
            name=member.name,
            login=member.login,
            stelle=member.stelle,
            seed=None,
            role=member.role,
            account_key=box.account_key(),
        )
        own = PrivateKey(box.seed)
        if member.stelle_wrap is None:
            async with transaction(self._pool, Role.ENTRANCE) as conn:
                known = await store.statistics_keys(conn)
            return keys.with_statistics(session, own, member.statistics_wrap, known)
        stelle_key = unwrap_stelle_key(member.stelle_wrap, own, member.stelle)
        async with transaction(self._pool, Role.ACCOUNTS) as conn:
            generations = await store.generations(conn, member.stelle)
        return keys.with_key(session, stelle_key, generations)

    async def _keep(self, member: Member, session: Session) -> str:
        """Keep a session, unless the member left or got another key since they were looked up."""
        cookie = sessions.new_cookie()
        ticket = sessions.ticket(cookie)
        if ticket is None:
            raise AssertionError("a new cookie can be read")
        sealed, now = sessions.seal_session(session, ticket), self._clock()
        async with transaction(self._pool, Role.ACCOUNTS, scope=ticket.row) as conn:
            kept = await store.insert_session(
                conn, ticket, member, sealed, hour=hour_of(now), end=now + SESSION_LIFE
            )
        if not kept:
            raise SignInRefused
        return cookie

    async def _note(self, member: Member, session: Session, private: PrivateKey) -> None:
        """Write down that somebody came, and their key where that was not done yet."""
        own_public = None
        if session.seed is not None:
            public = private.public()
            if not keys.is_current(session, member.member_id, member.own_public, public):
                own_public = keys.seal_public(session, member.member_id, public)
        async with transaction(self._pool, Role.ACCOUNTS) as conn:
            await store.note_opened(conn, member.member_id, hour_of(self._clock()), own_public)

    async def _count(self, member_id: UUID, *, opened: bool, by_passkey: bool = False) -> None:
        """Count by the hour; names that nobody has as well, so that both take as long."""
        hour = hour_of(self._clock())
        async with transaction(self._pool, Role.ACCOUNTS, scope=member_id.bytes) as conn:
            await store.count_sign_in(conn, member_id, hour, opened=opened, by_passkey=by_passkey)


def hour_of(moment: datetime) -> datetime:
    """The hour a moment lies in: nothing finer is kept of when somebody came."""
    return moment.replace(minute=0, second=0, microsecond=0)
