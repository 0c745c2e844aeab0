"""Letting people in and out of a Stelle. Whoever gives a key has it; nobody else can give it."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from enum import Enum, auto
from typing import Final
from uuid import UUID

from adstelle import events
from adstelle.accounts.people import store
from adstelle.accounts.people.store import Act, Kind, Line, NewCode, Person
from adstelle.crypto import invitations
from adstelle.crypto.invitations import Code
from adstelle.crypto.sessions import Session
from adstelle.database import Connection, Pool, Role, transaction
from adstelle.domain.membership import MemberRole, holds_key, manages_people, may_issue
from adstelle.domain.private import Private

CODE_LIFE: Final = {Kind.JOIN: timedelta(days=7), Kind.FACTOR: timedelta(days=1)}


class Not(Enum):
    """Why something was not done."""

    FOR_YOU = auto()  # the role does not allow it
    THERE = auto()  # no such person, or they left, or it is not their turn
    LAST_LEAD = auto()  # nobody would be left who can let others in
    ONESELF = auto()  # a colleague has to do it


class Team(Private, frozen=True):
    """Who works for a Stelle, and what was done about it.

    *key_is_due*: somebody who had the Stelle's key left after it was last renewed.
    *statistics_are_due*: the same of the key of the statistics.
    """

    people: tuple[Person, ...]
    log: tuple[Line, ...]
    key_is_due: bool
    statistics_are_due: bool


class People:
    """What leads and administrators do."""

    def __init__(
        self, pool: Pool, clock: Callable[[], datetime], today: Callable[[], date]
    ) -> None:
        self._pool = pool
        self._clock = clock
        self._today = today

    async def team(self, session: Session) -> Team:
        """Everybody of the Stelle."""
        async with transaction(self._pool, Role.PEOPLE, scope=session.stelle) as conn:
            return Team(
                tuple(await store.members(conn)),
                tuple(await store.log(conn)),
                await store.key_is_due(conn),
                await store.statistics_are_due(conn),
            )

    async def person(self, session: Session, member_id: UUID) -> Person | None:
        """One of them; another Stelle's is nobody."""
        async with transaction(self._pool, Role.PEOPLE, scope=session.stelle) as conn:
            return await store.member(conn, member_id)

    async def invite(
        self, session: Session, member_id: UUID, name: str, role: MemberRole
    ) -> Code | Not | None:
        """Write somebody down, and let them in as far as *session* can: None where a lead has to.

        Sent twice it is one person, and the last code counts.
        """
        if not manages_people(session.role):
            return Not.FOR_YOU
        async with transaction(self._pool, Role.PEOPLE, scope=session.stelle) as conn:
            if await store.insert_member(
                conn, member_id, name, session.stelle, role, self._today()
            ):
                await self._note(conn, session, Act.INVITED, member_id)
        if not may_issue(session.role, role):
            return None
        return await self.issue(session, member_id, Kind.JOIN)

    async def issue(self, session: Session, member_id: UUID, kind: Kind) -> Code | Not:
        """Draw a code for somebody; what was out for them before is worthless."""
        code = invitations.new()
        async with transaction(self._pool, Role.PEOPLE, scope=session.stelle) as conn:
            person = await store.member(conn, member_id)
            refused = _issuing(session, person, kind)
            if person is None or refused is not None:
                return refused or Not.THERE
            brings_key = kind is Kind.JOIN and holds_key(person.role)
            wrap = (
                invitations.wrap(code, session.key(), member_id, session.stelle)
                if brings_key
                else None
            )
            await store.replace_code(
                conn,
                NewCode(
                    row=code.row,
                    member_id=member_id,
                    stelle=session.stelle,
                    kind=kind,
                    key_wrap=wrap,
                    expires_at=self._clock() + CODE_LIFE[kind],
                ),
            )
            await self._note(conn, session, _act(person, kind), member_id)
        events.emit(events.CodeIssued(kind=kind.value, stelle=session.stelle))
        return code

    async def withdraw(self, session: Session, member_id: UUID) -> Not | None:
        """Take a code back; somebody who never came in is forgotten with it."""
        if not manages_people(session.role):
            return Not.FOR_YOU
        async with transaction(self._pool, Role.PEOPLE, scope=session.stelle) as conn:
            person = await store.member(conn, member_id)
            if person is None:
                return None  # forgotten before: sent twice it is done once
            await store.withdraw_code(conn, member_id)
            await self._note(conn, session, Act.WITHDRAWN, None)
            if person.joined_on is None:
                await self._forget(conn, member_id)
        return None

    async def set_role(self, session: Session, member_id: UUID, role: MemberRole) -> Not | None:
        """Make an adviser a lead, or a lead an adviser. Their sessions end: they hold the role."""
        if member_id == session.member_id or not holds_key(role):
            return Not.ONESELF
        async with transaction(self._pool, Role.PEOPLE, scope=session.stelle) as conn:
            leads = await store.lock_leads(conn)
            person = await store.member(conn, member_id)
            if session.member_id not in leads:
                return Not.FOR_YOU
            if person is None or person.joined_on is None or not holds_key(person.role):
                return Not.THERE
            if await store.set_role(conn, member_id, role):
                await store.end_sessions(conn, member_id)
                await self._note(conn, session, Act.ROLE_CHANGED, member_id)
        return None

    async def end(self, session: Session, member_id: UUID) -> Not | None:
        """End a membership: at once, with every session and every code. The name stays."""
        if not manages_people(session.role):
            return Not.FOR_YOU
        if member_id == session.member_id:
            return Not.ONESELF
        async with transaction(self._pool, Role.PEOPLE, scope=session.stelle) as conn:
            leads = await store.lock_leads(conn)
            person = await store.member(conn, member_id)
            if person is None or person.joined_on is None:
                return Not.THERE
            if person.left_on is not None:
                return None
            if leads == [member_id]:
                return Not.LAST_LEAD
            await store.withdraw_code(conn, member_id)
            await store.end_membership(conn, member_id, self._today())
            await store.forget_ways_in(conn, member_id)
            await store.end_sessions(conn, member_id)
            await self._note(conn, session, Act.ENDED, member_id)
        events.emit(events.MembershipEnded(stelle=session.stelle))
        return None

    async def _forget(self, conn: Connection, member_id: UUID) -> None:
        await store.delete_member(conn, member_id)

    async def _note(self, conn: Connection, session: Session, act: Act, about: UUID | None) -> None:
        await store.append_log(conn, session.stelle, session.member_id, act, about)


def _issuing(session: Session, person: Person | None, kind: Kind) -> Not | None:
    """Why *session* cannot hand out such a code; None when it can."""
    if person is None or person.left_on is not None:
        return Not.THERE
    if not may_issue(session.role, person.role):
        return Not.FOR_YOU
    if person.member_id == session.member_id:
        return Not.ONESELF
    if kind is Kind.FACTOR and person.joined_on is None:
        return Not.THERE
    return None


def _act(person: Person, kind: Kind) -> Act:
    if kind is Kind.FACTOR:
        return Act.FACTOR_RESET
    return Act.LET_IN if person.joined_on is None else Act.PASSPHRASE_RESET
