"""Shared by the tests of publishing: two statisticians, two leads, and drafts in every state."""

from dataclasses import dataclass
from uuid import UUID, uuid4

import msgspec
import pytest

from adstelle.accounts import setup
from adstelle.accounts.setup import NewMember, SetUp
from adstelle.city import CITIES
from adstelle.crypto.sessions import ChainedKey, Session
from adstelle.database import Pool
from adstelle.domain.membership import MemberRole
from adstelle.publishing.jobs import Jobs, Site
from adstelle.publishing.service import Publishing, Seen
from adstelle.publishing.store import Job, State
from tests.conftest import Admin, Database
from tests.publishing.drafts import put
from tests.staff_side import CHEAP, PASSPHRASE, SECRET, TODAY, new_member, set_up


@dataclass
class Office:
    """Who works on figures. *dora* drafts; *stella*, *lea* (a lead) and *mira* may approve."""

    admin: Admin
    publishing: Publishing
    statistics: SetUp
    people: dict[str, Session]

    def __getattr__(self, name: str) -> Session:
        try:
            return self.people[name]
        except KeyError:
            raise AttributeError(name) from None

    async def draft(self, state: State = State.READY, *, comparing: bool = False) -> UUID:
        """Put a draft there that *dora* made and handed over, and *mira* agrees to."""
        draft_id, dora = uuid4(), self.people["dora"].member_id
        people = (dora, dora, self.people["mira"].member_id)
        key = self.statistics.private.public()
        await put(self.admin, draft_id, state, key, people, comparing=comparing)
        return draft_id

    async def look(self, draft_id: UUID, who: str = "dora") -> Seen:
        seen = await self.publishing.look(self.people[who], draft_id)
        assert seen is not None
        return seen

    async def sha256(self, draft_id: UUID) -> str:
        found = (await self.look(draft_id)).draft.sha256
        return found.hex() if found else ""

    async def state(self, draft_id: UUID) -> str | None:
        found: str | None = await self.admin.fetchval(
            "select state from figures.draft where draft_id = $1", draft_id
        )
        return found

    async def ledger(self) -> list[int]:
        return [row[0] for row in await self.admin.fetch("select number from figures.release")]


class NoJobs(Jobs):
    """Starts nothing, and remembers what it was asked for."""

    def __init__(self, pool: Pool) -> None:
        super().__init__(pool, None)
        self.started: list[tuple[UUID, bool]] = []  # which draft, whether with the key
        self.ended: list[UUID] = []

    async def start(self, job: Job, member_id: UUID, *, key: ChainedKey | None = None) -> None:
        self.started.append((job.draft_id, key is not None))

    def end(self, draft_id: UUID) -> None:
        self.ended.append(draft_id)


@pytest.fixture
def jobs(staff_pool: Pool) -> NoJobs:
    return NoJobs(staff_pool)


@pytest.fixture
def real_jobs(staff_pool: Pool, database: Database) -> Jobs:
    return Jobs(staff_pool, Site(database.dsn("adstelle_staff"), CITIES / "jena"))


@pytest.fixture
async def office(admin: Admin, operator_pool: Pool, staff_pool: Pool, jobs: NoJobs) -> Office:
    statistics = setup.prepare(setup.STATISTICS)
    await setup.set_up_statistics(
        operator_pool, statistics, entered=statistics.recovery_key, today=TODAY
    )
    recovery = await set_up(operator_pool, "ads_jena", new_member("mira"))
    await set_up(operator_pool, "ezra", new_member("lea"))
    people = {
        name: await _join(operator_pool, statistics, recovery, name, role)
        for name, role in (
            ("dora", MemberRole.STATISTICIAN),
            ("stella", MemberRole.STATISTICIAN),
            ("ada", MemberRole.ADVISER),
        )
    }
    for name in ("mira", "lea"):
        people[name] = await _session(admin, name)
    return Office(admin, Publishing(staff_pool, jobs, lambda: TODAY), statistics, people)


async def _join(
    pool: Pool, statistics: SetUp, recovery: str, login: str, role: MemberRole
) -> Session:
    member = NewMember(
        login=login, name=f"{login.title()} Muster", passphrase=PASSPHRASE, totp_secret=SECRET,
        role=role,
    )  # fmt: skip
    counts = role is MemberRole.STATISTICIAN
    key = statistics.recovery_key if counts else recovery
    member_id = await setup.add_member(pool, "ads_jena", key, member, cost=CHEAP, today=TODAY)
    return Session(
        member_id=member_id, name=member.name, login=login, stelle="ads_jena", role=role, seed=None,
        statistics_seed=statistics.private.seed if counts else None,
    )  # fmt: skip


async def _session(admin: Admin, login: str) -> Session:
    row = await admin.fetchrow("select * from accounts.member where login = $1", login)
    assert row is not None
    return Session(
        member_id=row["member_id"], name=row["name"], login=login, stelle=row["stelle"],
        role=MemberRole(row["role"]), seed=None,
    )  # fmt: skip


def renamed(session: Session, name: str) -> Session:
    return msgspec.structs.replace(session, name=name)
