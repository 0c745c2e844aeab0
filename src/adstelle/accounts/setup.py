"""Set up a Stelle, its members, and the statistics: the operator's work, on the command line.

First `prepare`: it makes the keys and stores nothing. Then the recovery key is printed, and
somebody types it back from the paper. Only a key that was read back right lets the rest be stored.
"""

import asyncio
from datetime import date
from uuid import UUID, uuid4

import asyncpg

from adstelle.accounts import entered as typed
from adstelle.accounts import keys, store
from adstelle.accounts.entered import (
    SHORTEST_PASSPHRASE,
    Weak,
    new_totp_secret,
    normalised_login,
    normalised_passphrase,
    weakness,
)
from adstelle.accounts.keys import STATISTICS
from adstelle.accounts.store import Member
from adstelle.crypto import opening, recovery
from adstelle.crypto.hpke import PrivateKey
from adstelle.crypto.opening import Cost, MemberBox
from adstelle.crypto.sessions import Session
from adstelle.database import Connection, Pool, Role, transaction
from adstelle.domain.membership import MemberRole, holds_key, holds_statistics
from adstelle.domain.private import Private
from adstelle.errors import AdstelleError, Unopenable

__all__ = [
    "STATISTICS",
    "NewMember",
    "SetUp",
    "SetUpRefused",
    "add_member",
    "is_set_up",
    "new_totp_secret",
    "passphrase_fault",
    "prepare",
    "public_key",
    "recovered_by",
    "set_up_statistics",
    "set_up_stelle",
    "totp_address",
]


class SetUpRefused(AdstelleError):
    """A set-up that must not be stored; the message says what to do and quotes nothing secret."""


class NewMember(Private, frozen=True):
    """Somebody who is to work for a Stelle. The secret is what their authenticator app holds."""

    login: str
    name: str
    passphrase: str
    totp_secret: str
    demo: bool = False
    role: MemberRole = MemberRole.LEAD


class SetUp(Private, frozen=True):
    """New keys of an owner: a Stelle's code, or `STATISTICS`. Nothing is stored yet."""

    owner: str
    private: PrivateKey
    sealed: bytes
    recovery_key: str

    def is_confirmed(self, entered: str) -> bool:
        """Whether *entered*, typed from paper, opens what will be stored."""
        try:
            return _opened(self.sealed, entered, self.owner).seed == self.private.seed
        except SetUpRefused:
            return False


def prepare(owner: str) -> SetUp:
    """Make the key pair of a Stelle or of the statistics, and its recovery key to be printed."""
    private, key = PrivateKey.generate(), opening.new_recovery_key()
    return SetUp(
        owner=owner,
        private=private,
        sealed=opening.lock_for_recovery(private, key, owner),
        recovery_key=recovery.printed(key),
    )


def totp_address(member: NewMember) -> str:
    """The address that authenticator apps read, as a link or a QR code."""
    return typed.totp_address(member.totp_secret, member.login)


def passphrase_fault(passphrase: str, login: str) -> str | None:
    """Say what is wrong with a new passphrase."""
    match weakness(passphrase, login):
        case Weak.SHORT:
            return f"the passphrase needs at least {SHORTEST_PASSPHRASE} characters"
        case Weak.HOLDS_LOGIN:
            return "the passphrase must not contain the login name"
    return None


async def is_set_up(pool: Pool, owner: str) -> bool:
    """Whether a Stelle or the statistics has its keys."""
    async with transaction(pool, Role.OPERATOR) as conn:
        return await store.has_public_key(conn, owner)


async def public_key(pool: Pool, owner: str) -> bytes | None:
    """The public key of a Stelle; None where it is not set up."""
    async with transaction(pool, Role.OPERATOR) as conn:
        return await store.public_key(conn, owner)


async def set_up_stelle(
    pool: Pool, prepared: SetUp, member: NewMember, *, entered: str, cost: Cost, today: date
) -> UUID:
    """Announce a Stelle's key with its first member, and return who that is.

    *entered* is the recovery key as typed from paper. Raises `SetUpRefused`, and stores nothing.
    """
    _require_confirmed(prepared, entered)
    new = await _locked(prepared.owner, prepared.private, member, cost)
    async with transaction(pool, Role.OPERATOR) as conn:
        await _insert_keys(conn, prepared, today)
        await _insert_member(conn, new, today)
    return new.member_id


async def set_up_statistics(pool: Pool, prepared: SetUp, *, entered: str, today: date) -> None:
    """Announce the key for count cards; its only private copy opens with the recovery key."""
    _require_confirmed(prepared, entered)
    async with transaction(pool, Role.OPERATOR) as conn:
        await _insert_keys(conn, prepared, today)


def recovered_by(stelle: str, role: MemberRole) -> str:
    """Whose recovery key lets somebody in as *role*: a member gets a copy of what it opens."""
    return STATISTICS if holds_statistics(role) else stelle


async def add_member(
    pool: Pool, stelle: str, entered: str, member: NewMember, *, cost: Cost, today: date
) -> UUID:
    """Let one more person work for *stelle*, with a recovery key *entered* from paper.

    It is that of the Stelle, and for a statistician that of the statistics (`recovered_by`).
    Raises `SetUpRefused`.
    """
    owner = recovered_by(stelle, member.role)
    async with transaction(pool, Role.OPERATOR) as conn:
        has_stelle = await store.sealed_for_recovery(conn, stelle) is not None
        sealed = await store.sealed_for_recovery(conn, owner)
    if not has_stelle or stelle == STATISTICS:
        raise SetUpRefused("this Stelle is not set up")
    if sealed is None:
        raise SetUpRefused("the statistics key is not set up")
    new = await _locked(stelle, _opened(sealed, entered, owner), member, cost)
    async with transaction(pool, Role.OPERATOR) as conn:
        await _insert_member(conn, new, today)
    return new.member_id


def _require_confirmed(prepared: SetUp, entered: str) -> None:
    if not prepared.is_confirmed(entered):
        raise SetUpRefused("the recovery key does not fit; nothing was stored")


def _opened(sealed: bytes, entered: str, owner: str) -> PrivateKey:
    key = recovery.read(entered)
    try:
        if key is not None:
            return opening.open_by_recovery(sealed, key, owner)
    except Unopenable:
        pass
    raise SetUpRefused("the recovery key does not fit; nothing was stored")


async def _locked(stelle: str, key: PrivateKey, member: NewMember, cost: Cost) -> Member:
    """Lock a new member's keys under their passphrase. Raises `SetUpRefused` for a weak one.

    *key* is the Stelle's, and for a statistician that of the statistics.
    """
    if fault := passphrase_fault(member.passphrase, member.login):
        raise SetUpRefused(fault)
    member_id, private = uuid4(), PrivateKey.generate()
    box = MemberBox(seed=private.seed, totp=member.totp_secret)
    public = private.public()
    stelle_wrap = own_public = statistics_wrap = None
    if holds_key(member.role):
        holder = Session(
            member_id=member_id, name=member.name, login=member.login, stelle=stelle,
            seed=key.seed,
        )  # fmt: skip
        stelle_wrap = opening.wrap_stelle_key(key, public, stelle)
        own_public = keys.seal_public(holder, member_id, public)
    if holds_statistics(member.role):
        statistics_wrap = keys.wrap_statistics(key, public)
    return Member(
        member_id=member_id,
        login=normalised_login(member.login),
        name=member.name,
        stelle=stelle,
        role=member.role,
        box=await asyncio.to_thread(
            opening.lock_box, box, normalised_passphrase(member.passphrase), str(member_id), cost
        ),
        stelle_wrap=stelle_wrap,
        statistics_wrap=statistics_wrap,
        own_public=own_public,
        demo=member.demo,
    )


async def _insert_keys(conn: Connection, prepared: SetUp, today: date) -> None:
    try:
        await store.insert_keys(
            conn,
            prepared.owner,
            public=prepared.private.public().encoded,
            sealed_for_recovery=prepared.sealed,
            today=today,
        )
    except asyncpg.UniqueViolationError:
        raise SetUpRefused("this Stelle is set up already") from None


async def _insert_member(conn: Connection, new: Member, today: date) -> None:
    try:
        await store.insert_member(conn, new, today)
    except asyncpg.UniqueViolationError:
        raise SetUpRefused("this login name is taken") from None
