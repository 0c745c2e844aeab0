"""What somebody changes of their own account, and sees of it. Every change takes the passphrase."""

from enum import Enum, auto

from adstelle import events
from adstelle.accounts import store
from adstelle.accounts.entered import matching_step
from adstelle.accounts.service import SignIn
from adstelle.accounts.store import Member, SessionRow, SignInCount
from adstelle.crypto import sessions
from adstelle.crypto.opening import MemberBox
from adstelle.crypto.sessions import Session
from adstelle.database import Pool, Role, transaction
from adstelle.domain.private import Private
from adstelle.errors import Unopenable


class Changed(Enum):
    """What became of a change."""

    DONE = auto()
    PASSPHRASE_WRONG = auto()
    CODE_WRONG = auto()
    MEANWHILE = auto()  # something else was changed in between, or the membership ended


class Overview(Private, frozen=True):
    """One's own sessions and sign-ins; *current* is the session that asks."""

    sessions: tuple[SessionRow, ...]
    sign_ins: tuple[SignInCount, ...]
    current: bytes


class Account:
    """One's own passphrase, second factor and sessions."""

    def __init__(self, pool: Pool, sign_in: SignIn) -> None:
        self._pool = pool
        self._boxes = sign_in.boxes
        self._clock = sign_in.clock

    async def overview(self, session: Session, cookie: str | None) -> Overview:
        """Sessions and counted sign-ins of the last weeks."""
        scope = session.member_id.bytes
        async with transaction(self._pool, Role.ACCOUNTS, scope=scope) as conn:
            return Overview(
                tuple(await store.sessions_of(conn, session.member_id, self._clock())),
                tuple(await store.sign_ins(conn, session.member_id)),
                _row(cookie),
            )

    async def end_others(self, session: Session, cookie: str | None) -> None:
        """End every session but the one that asks."""
        scope = session.member_id.bytes
        async with transaction(self._pool, Role.ACCOUNTS, scope=scope) as conn:
            await store.end_sessions_but(conn, session.member_id, _row(cookie))

    async def end_one(self, session: Session, session_id: bytes) -> None:
        """End one session of one's own; somebody else's is none."""
        scope = session.member_id.bytes
        async with transaction(self._pool, Role.ACCOUNTS, scope=scope) as conn:
            await store.end_session_of(conn, session.member_id, session_id)

    async def change_passphrase(
        self, session: Session, cookie: str | None, old: str, new: str
    ) -> Changed:
        """Lock the box anew; other sessions end."""
        try:
            member, box = await self._unlocked(session, old)
        except Unopenable:
            return Changed.PASSPHRASE_WRONG
        return await self._relock(session, cookie, member, box, new)

    async def change_factor(
        self, session: Session, cookie: str | None, passphrase: str, secret: str, one_time: str
    ) -> Changed:
        """Take another secret for codes; other sessions end."""
        if matching_step(secret, one_time, self._clock()) is None:
            return Changed.CODE_WRONG
        try:
            member, box = await self._unlocked(session, passphrase)
        except Unopenable:
            return Changed.PASSPHRASE_WRONG
        renewed = MemberBox(seed=box.seed, totp=secret)
        return await self._relock(session, cookie, member, renewed, passphrase)

    async def is_passphrase(self, session: Session, passphrase: str) -> bool:
        """Whether it is the member's passphrase: asked once more before something grave."""
        try:
            await self._unlocked(session, passphrase)
        except Unopenable:
            return False
        return True

    async def _unlocked(self, session: Session, passphrase: str) -> tuple[Member, MemberBox]:
        """Open one's own box with the passphrase, before a change. Raises `Unopenable`."""
        scope = session.member_id.bytes
        async with transaction(self._pool, Role.ENTRANCE, scope=scope) as conn:
            member = await store.member_by_id(conn, session.member_id)
        if member is None:
            raise Unopenable
        return member, await self._boxes.unlock(member.box, passphrase, member.member_id)

    async def _relock(
        self,
        session: Session,
        cookie: str | None,
        member: Member,
        box: MemberBox,
        passphrase: str,
    ) -> Changed:
        locked = await self._boxes.lock(box, passphrase, member.member_id)
        scope = session.member_id.bytes
        async with transaction(self._pool, Role.ENTRANCE, scope=scope) as conn:
            if not await store.relock(conn, member.member_id, locked, member.box):
                return Changed.MEANWHILE
            await store.end_former_sessions(conn, member.member_id, _row(cookie))
        events.emit(events.AccountChanged(stelle=session.stelle))
        return Changed.DONE


def _row(cookie: str | None) -> bytes:
    ticket = sessions.ticket(cookie) if cookie else None
    return b"" if ticket is None else ticket.row
