"""Shared by the tests of people: a Stelle with a lead, and everything they can do."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

import pytest

from adstelle.accounts import setup
from adstelle.accounts.entered import new_totp_secret
from adstelle.accounts.joining.service import Entry, Joined, Joining
from adstelle.accounts.own.service import Account
from adstelle.accounts.people.service import People
from adstelle.accounts.rotation.service import Rotation
from adstelle.accounts.service import SignIn
from adstelle.accounts.setup import SetUp
from adstelle.crypto.invitations import Code
from adstelle.crypto.sessions import Session
from adstelle.database import Pool
from adstelle.domain.membership import MemberRole
from tests.staff_side import PASSPHRASE, SECRET, TODAY, Clock, new_member, set_up, sign_in_of

MINUTE = timedelta(minutes=1)
OTHER_PASSPHRASE = "neun ganz andere kleine Wörter"


@dataclass
class House:
    """A Stelle's people, and what each of them uses."""

    clock: Clock
    sign_in: SignIn
    people: People
    joining: Joining
    account: Account
    rotation: Rotation
    recovery_key: str
    statistics: SetUp

    async def cookie(
        self, login: str = "mira", passphrase: str = PASSPHRASE, secret: str = SECRET
    ) -> str:
        self.clock.pass_by(MINUTE)
        return await self.sign_in.sign_in(login, passphrase, self.clock.code(secret))

    async def session(
        self, login: str = "mira", passphrase: str = PASSPHRASE, secret: str = SECRET
    ) -> Session:
        found = await self.sign_in.load(await self.cookie(login, passphrase, secret))
        assert found is not None
        return found

    async def join(
        self,
        code: Code,
        login: str = "",
        passphrase: str = PASSPHRASE,
        secret: str = SECRET,
        one_time: str | None = None,
    ) -> Joined:
        """Do what somebody does who was handed a code."""
        self.clock.pass_by(MINUTE)
        opened = await self.joining.open(code.written)
        if opened is None:
            return Joined.GONE
        entry = Entry(login, passphrase, secret, one_time or self.clock.code(secret))
        return await self.joining.join(opened, entry)

    async def add(self, by: Session, login: str, role: MemberRole = MemberRole.ADVISER) -> Session:
        """Let somebody in and sign them in."""
        code = await self.people.invite(by, uuid4(), f"{login.title()} Muster", role)
        assert isinstance(code, Code)
        assert await self.join(code, login) is Joined.IN
        return await self.session(login)


def other_secret() -> str:
    return new_totp_secret()


@pytest.fixture
async def house(operator_pool: Pool, staff_pool: Pool) -> House:
    """The ADS with one lead, `mira`."""
    recovery_key = await set_up(operator_pool, "ads_jena", new_member())
    statistics = setup.prepare(setup.STATISTICS)
    await setup.set_up_statistics(
        operator_pool, statistics, entered=statistics.recovery_key, today=TODAY
    )
    clock = Clock()
    sign_in = sign_in_of(staff_pool, clock)
    return House(
        clock=clock,
        sign_in=sign_in,
        people=People(staff_pool, clock, lambda: TODAY),
        joining=Joining(staff_pool, sign_in, lambda: TODAY),
        account=Account(staff_pool, sign_in),
        rotation=Rotation(staff_pool, sign_in, lambda: TODAY),
        recovery_key=recovery_key,
        statistics=statistics,
    )
