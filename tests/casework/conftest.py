"""Shared by the tests of an adviser's work."""

import pytest

from adstelle.casework.decision.service import Decisions
from adstelle.casework.mandate.service import Mandates
from adstelle.casework.queue.service import CaseQueue
from adstelle.casework.referral.service import Referrals
from adstelle.casework.service import Casework
from adstelle.city import City
from adstelle.crypto.sessions import Session
from adstelle.database import Pool
from tests.staff_side import Clock, new_member, session_of, set_up, sign_in_of


@pytest.fixture
async def sessions(operator_pool: Pool, staff_pool: Pool) -> dict[str, Session]:
    """Three Stellen, each with somebody who is signed in."""
    clock = Clock()
    sign_in = sign_in_of(staff_pool, clock)
    found = {}
    for login, stelle in (("mira", "ads_jena"), ("juri", "ezra"), ("toni", "thadine")):
        await set_up(operator_pool, stelle, new_member(login))
        found[stelle] = await session_of(sign_in, clock, login)
    return found


@pytest.fixture
def casework(staff_pool: Pool, city: City) -> Casework:
    return Casework(staff_pool, city)


def queue_of(casework: Casework) -> CaseQueue:
    """The queue beside the cases, over the same database and index."""
    return CaseQueue(casework._pool, casework._index)


@pytest.fixture
def referrals(staff_pool: Pool, city: City) -> Referrals:
    return Referrals(staff_pool, city)


@pytest.fixture
def decisions(staff_pool: Pool) -> Decisions:
    return Decisions(staff_pool)


@pytest.fixture
def mandates(staff_pool: Pool) -> Mandates:
    return Mandates(staff_pool)
