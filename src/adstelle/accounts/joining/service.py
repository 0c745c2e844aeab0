"""Coming in with a code: for the first time, with a new passphrase, or with a new second factor.

Nothing can be tried here without a code, and a code cannot be guessed; so nobody is kept out by
others, and passphrases are stretched only for somebody who holds a code.
"""

from collections.abc import Callable
from datetime import date
from enum import Enum, auto
from typing import Final

import asyncpg

from adstelle import events
from adstelle.accounts import keys, store
from adstelle.accounts.entered import matching_step, normalised_login
from adstelle.accounts.service import SignIn
from adstelle.accounts.store import Entering, Invitation, LetIn
from adstelle.crypto import invitations
from adstelle.crypto.hpke import PrivateKey
from adstelle.crypto.invitations import Code
from adstelle.crypto.opening import MemberBox, wrap_stelle_key
from adstelle.crypto.sessions import Session
from adstelle.database import Pool, Role, transaction
from adstelle.domain.membership import holds_key
from adstelle.domain.private import Private
from adstelle.errors import Unopenable

MOST_TRIES: Final = 40  # looks at a code: enough for mistakes, few enough for a guessed passphrase
FACTOR: Final = "factor"


class Joined(Enum):
    """What became of it."""

    IN = auto()
    GONE = auto()  # the code is used up, too old, or was made with a former key
    LOGIN_TAKEN = auto()
    CODE_WRONG = auto()  # the one-time code
    PASSPHRASE_WRONG = auto()  # only for a new second factor


class Opened(Private, frozen=True):
    """What a code opens, and for whom."""

    code: Code
    invitation: Invitation
    person: Entering

    @property
    def is_factor(self) -> bool:
        """Whether only the second factor is to be new."""
        return self.invitation.kind == FACTOR


class Entry(Private, frozen=True):
    """What somebody typed to come in; *secret* is what their app now holds."""

    login: str
    passphrase: str
    secret: str
    one_time: str


class Joining:
    """Opens codes and lets people in."""

    def __init__(self, pool: Pool, sign_in: SignIn, today: Callable[[], date]) -> None:
        self._pool = pool
        self._boxes = sign_in.boxes
        self._clock = sign_in.clock
        self._today = today

    async def open(self, entered: str) -> Opened | None:
        """Look at what a code opens; every look counts. None for whatever opens nothing."""
        code = invitations.read(entered)
        if code is None:
            return None
        async with transaction(self._pool, Role.ENTRANCE, scope=code.row) as conn:
            found = await store.admit_to_code(conn, code.row, self._clock(), most=MOST_TRIES)
            person = await store.entering(conn, found.member_id) if found else None
        if found is None or person is None or not _is_whole(found, person):
            return None
        return Opened(code, found, person)

    async def join(self, opened: Opened, entry: Entry) -> Joined:
        """Let somebody in, or give them their new second factor. The code is used up by it."""
        step = matching_step(entry.secret, entry.one_time, self._clock())
        if step is None:
            return Joined.CODE_WRONG
        try:
            new = await (self._renewed if opened.is_factor else self._made)(opened, entry, step)
        except Unopenable:
            return Joined.PASSPHRASE_WRONG if opened.is_factor else Joined.GONE
        return await self._keep(opened, new)

    async def _made(self, opened: Opened, entry: Entry, step: int) -> LetIn:
        """Make a new box, with the Stelle's key for the member inside it where it came along."""
        person, private = opened.person, PrivateKey.generate()
        wrap = own_public = None
        if opened.invitation.key_wrap is not None:
            stelle_key = invitations.unwrap(
                opened.code, opened.invitation.key_wrap, person.member_id, person.stelle
            )
            wrap = wrap_stelle_key(stelle_key, private.public(), person.stelle)
            session = _session(person, stelle_key)
            await self._require_current(stelle_key, person.stelle)
            own_public = keys.seal_public(session, person.member_id, private.public())
        box = MemberBox(seed=private.seed, totp=entry.secret)
        return LetIn(
            member_id=person.member_id,
            login=person.login or normalised_login(entry.login),
            box=await self._boxes.lock(box, entry.passphrase, person.member_id),
            stelle_wrap=wrap,
            statistics_wrap=None,  # the old copy was for the old box
            own_public=own_public,
            step=step,
        )

    async def _renewed(self, opened: Opened, entry: Entry, step: int) -> LetIn:
        """The same box with another secret for codes: it takes the passphrase to make it."""
        scope = opened.code.row
        async with transaction(self._pool, Role.ENTRANCE, scope=scope) as conn:
            member = await store.member_by_id(conn, opened.person.member_id)
        if member is None:
            raise Unopenable
        box = await self._boxes.unlock(member.box, entry.passphrase, member.member_id)
        renewed = MemberBox(seed=box.seed, totp=entry.secret)
        return LetIn(
            member_id=member.member_id,
            login=member.login,
            box=await self._boxes.lock(renewed, entry.passphrase, member.member_id),
            stelle_wrap=member.stelle_wrap,
            statistics_wrap=member.statistics_wrap,
            own_public=member.own_public,
            step=step,
        )

    async def _require_current(self, stelle_key: PrivateKey, stelle: str) -> None:
        """Raises `Unopenable` for a key that was renewed after the code was drawn."""
        async with transaction(self._pool, Role.ENTRANCE) as conn:
            if await store.announced_key(conn, stelle) != stelle_key.public().encoded:
                raise Unopenable

    async def _keep(self, opened: Opened, new: LetIn) -> Joined:
        """Use the code up and store the box, both or neither; then end what was open before."""
        row = opened.code.row
        try:
            async with transaction(self._pool, Role.ENTRANCE, scope=row) as conn:
                if not await store.hold_code(conn, row, self._clock()):
                    return Joined.GONE
                if not await store.let_in(conn, new, self._today()):
                    return Joined.GONE
                await store.forget_passkeys(conn, new.member_id)
                await store.end_former_sessions(conn, new.member_id, b"")
                await store.use_code(conn, row)
        except asyncpg.UniqueViolationError:
            return Joined.LOGIN_TAKEN
        events.emit(events.CodeUsed(kind=opened.invitation.kind, stelle=opened.person.stelle))
        return Joined.IN


def _is_whole(found: Invitation, person: Entering) -> bool:
    """Whether a code can still do what it was made for."""
    if found.kind == FACTOR:
        return person.box is not None
    return (found.key_wrap is not None) == holds_key(person.role)


def _session(person: Entering, stelle_key: PrivateKey) -> Session:
    return Session(
        member_id=person.member_id,
        name=person.name,
        login=person.login or "",
        stelle=person.stelle,
        seed=stelle_key.seed,
        role=person.role,
    )
