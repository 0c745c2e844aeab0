"""The whole service as it runs: public and staff processes over a real database, for browsers."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from urllib.parse import quote, urlencode
from uuid import UUID, uuid4

import asyncpg
import httpx
import msgspec
import pyotp

from adstelle.accounts import setup
from adstelle.accounts.setup import NewMember
from adstelle.city import CITIES, City
from adstelle.crypto import sealing
from adstelle.crypto.hpke import PublicKey
from adstelle.crypto.opening import Cost
from adstelle.database import Pool, Role, open_pool
from adstelle.delivery.channels.inbox import Inbox
from adstelle.delivery.service import Delivery
from adstelle.domain.handover import Scope
from adstelle.domain.membership import MemberRole
from adstelle.domain.report import Message, ReferralProposed
from adstelle.publishing.store import State
from adstelle.releases import publication
from adstelle.releases import service as releases
from tests import identity_provider
from tests.accessibility.road import Road
from tests.core import free_port
from tests.identity_provider import FakeProvider
from tests.publishing import drafts
from tests.releases.files import SHOWN

CHEAP = Cost(time=1, memory_kib=8, lanes=1)
PASSPHRASE = "sieben stille Störche staunen"
PATIENCE = 180.0
NO_SETTINGS: Final[Mapping[str, str]] = {}
NEWEST_REPORT = (
    "select report_id, mailbox_key from intake.report join intake.handover using (report_id) "
    "join outbox.promise using (handover_id) order by promise_id desc limit 1"
)


LEFT: Final = """
update accounts.member set left_on = current_date, login = null, sealed_box = null,
    stelle_wrap = null, statistics_wrap = null, own_public = null
where member_id = any ($1) and left_on is null
"""

FIGURES: Final = CITIES / "jena" / "figures"
FORGET: Final = (  # what nobody can do to a ledger in use
    "set session_replication_role = replica; "
    "delete from figures.draft; delete from figures.release; "
    "set session_replication_role = origin"
)


@dataclass(frozen=True)
class Member:
    """What somebody needs to sign in."""

    login: str
    secret: str
    member_id: UUID

    @property
    def code(self) -> str:
        return pyotp.TOTP(self.secret).now()


@dataclass
class Service:
    """A running service; addresses have no slash at the end."""

    city: City
    addresses: Mapping[str, str]
    road: Road
    superuser_dsn: str
    recovery_keys: Mapping[str, str]
    operator: Pool
    delivery: Delivery
    staff_dsn: str
    _members: int = field(default=0)

    async def new_member(self, stelle: str, role: MemberRole = MemberRole.LEAD) -> Member:
        """Let one more person work for *stelle*: a one-time code signs each of them in once."""
        self._members += 1
        member = NewMember(
            login=f"person-{self._members}",
            name=f"Mira Muster {self._members}",
            passphrase=PASSPHRASE,
            totp_secret=setup.new_totp_secret(),
            role=role,
        )
        member_id = await setup.add_member(
            self.operator,
            stelle,
            self.recovery_keys[setup.recovered_by(stelle, role)],
            member,
            cost=CHEAP,
            today=self.city.today(),
        )
        return Member(member.login, member.totp_secret, member_id)

    async def retire(self, members: Sequence[UUID]) -> None:
        """Let people leave: thousands to choose from would make every list slow."""
        connection = await asyncpg.connect(self.superuser_dsn)
        try:
            await connection.execute(LEFT, list(members))
        finally:
            await connection.close()

    async def deliver(self) -> None:
        """Do what the worker does, now."""
        while await self.delivery.deliver_next():
            pass

    async def propose(self, by: str, stelle: str, scope: str, note: str) -> None:
        """Let a Stelle that has the newest report propose another one, as its session would."""
        connection = await asyncpg.connect(self.superuser_dsn)
        try:
            report = await connection.fetchrow(NEWEST_REPORT)
            key = await connection.fetchval(
                "select encoded from accounts.public_key where owner = $1", by
            )
            if report is None:
                raise AssertionError("there is no report")
            message_id = uuid4()
            sealed = sealing.seal_message(
                report["report_id"],
                message_id,
                by,
                Message(act=ReferralProposed(stelle=stelle, scope=Scope(scope), note=note)),
                stelle_key=PublicKey(key),
                mailbox_key=PublicKey(report["mailbox_key"]),
            )
            await connection.execute(
                "insert into mailbox.message (message_id, report_id, stelle, author, sent_on, "
                "sealed, for_stelle, for_mailbox) values ($1, $2, $3, 'stelle', $4, $5, $6, $7)",
                message_id, report["report_id"], by, self.city.today(),
                sealed.sealed, sealed.for_stelle, sealed.for_mailbox,
            )  # fmt: skip
        finally:
            await connection.close()

    async def sql(self, statement: str) -> None:
        connection = await asyncpg.connect(self.superuser_dsn)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    async def figures(self, names: Sequence[str]) -> None:
        """Begin the ledger anew with these publications."""
        await self.sql(FORGET)
        for name in names:
            file = FIGURES / f"{name}.json"
            given = publication.read(name, file.read_bytes() if file.exists() else SHOWN[name])
            await releases.publish(
                self.operator, given, prepared_by="Eva Eins", approved_by="Zoe Zwei",
                today=self.city.today(),
            )  # fmt: skip

    async def draft(
        self, kind: str, draft_id: UUID, maker: UUID | None, *, comparing: bool
    ) -> None:
        """Let there be one draft, in the state of this name; *maker*: whose, if not Erika's;
        *comparing*: whether coarser groups are being tried for it.
        """
        state = State(kind)
        connection = await asyncpg.connect(self.superuser_dsn)
        try:
            await connection.execute("delete from figures.draft")
            first, second = [
                row[0]
                for row in await connection.fetch(
                    "select member_id from accounts.member where login = any "
                    "(array['erste-ads_jena', 'erste-ezra']) order by login"
                )
            ]
            encoded = await connection.fetchval(
                "select encoded from accounts.public_key where owner = 'statistics'"
            )
            people = (maker or first, maker or first, second)
            await drafts.put(
                connection, draft_id, state, PublicKey(encoded), people, comparing=comparing
            )
        finally:
            await connection.close()

    async def newest_case(self, stelle: str) -> UUID:
        """The case of a Stelle that stands first in its queue."""
        connection = await asyncpg.connect(self.superuser_dsn)
        try:
            found: UUID = await connection.fetchval(
                "select case_id from casework.case where stelle = $1 "
                "order by position desc limit 1",
                stelle,
            )
        finally:
            await connection.close()
        return found


@asynccontextmanager
async def running(sockets: Path, superuser_dsn: str, city: City) -> AsyncIterator[Service]:
    """Set the Stellen up in a migrated database and start both sides on free ports."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="adstelle-road-")))
        road = Road(sockets, folder)
        await road.set("back")
        stack.push_async_callback(road.set, "away")
        provider, port = stack.enter_context(identity_provider.running()), free_port()
        staff = with_provider(provider, folder) | {
            "ADSTELLE_STAFF_ORIGIN": f"http://127.0.0.1:{port}"
        }
        addresses = {
            side: await stack.enter_async_context(
                process(side, _dsn(login, superuser_dsn, folder), port=at, settings=settings)
            )
            for side, login, at, settings in (
                ("public", "adstelle_public", 0, NO_SETTINGS),
                ("staff", "adstelle_staff", port, staff),
            )
        }
        worker_dsn = _dsn("adstelle_worker", superuser_dsn, sockets)
        async with (
            open_pool(superuser_dsn, Role.OPERATOR, size=2) as operator,
            open_pool(worker_dsn, Role.DELIVERY, size=2) as worker,
        ):
            keys = await _set_up(operator, city)
            inbox = Inbox(worker)
            delivery = Delivery(worker, dict.fromkeys(keys, inbox), city.today)
            for address in addresses.values():
                await wait_for(address)
            staff_dsn = _dsn("adstelle_staff", superuser_dsn, sockets)
            yield Service(city, addresses, road, superuser_dsn, keys, operator, delivery, staff_dsn)


def with_provider(provider: FakeProvider, folder: Path) -> dict[str, str]:
    """Settings of the staff process, for people who come by way of *provider*."""
    secret = folder / "identity-provider"
    secret.write_text(identity_provider.SECRET, encoding="utf-8")
    return {
        "ADSTELLE_OIDC_ISSUER": provider.issuer,
        "ADSTELLE_OIDC_CLIENT_ID": identity_provider.CLIENT_ID,
        "ADSTELLE_OIDC_CLIENT_SECRET_FILE": str(secret),
    }


def _dsn(login: str, superuser_dsn: str, sockets: Path) -> str:
    """The same database for another login, by another road."""
    database = superuser_dsn.partition("@/")[2].partition("?")[0]
    place = urlencode({"host": str(sockets), "port": "5432"})
    return f"postgresql://{login}:{quote('only-for-tests')}@/{database}?{place}"


async def _set_up(operator: Pool, city: City) -> dict[str, str]:
    """Give every Stelle that works here its keys; return its recovery key."""
    statistics = setup.prepare(setup.STATISTICS)
    await setup.set_up_statistics(
        operator, statistics, entered=statistics.recovery_key, today=city.today()
    )
    keys = {setup.STATISTICS: statistics.recovery_key}
    for code in (code for code, stelle in city.stellen.items() if stelle.works_here):
        prepared = setup.prepare(code)
        member = NewMember(
            login=f"erste-{code}",
            name="Erika Erste",
            passphrase=PASSPHRASE,
            totp_secret=setup.new_totp_secret(),
        )
        await setup.set_up_stelle(
            operator,
            prepared,
            member,
            entered=prepared.recovery_key,
            cost=CHEAP,
            today=city.today(),
        )
        keys[code] = prepared.recovery_key
    return keys


@asynccontextmanager
async def process(
    side: str, dsn: str, *, port: int = 0, settings: Mapping[str, str] = NO_SETTINGS
) -> AsyncIterator[str]:
    """Run one side until the end; give its address. Unless told, it takes any free port."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("ADSTELLE_")
    }
    started = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "adstelle", side, "--port", str(port),
        env=environment | {"ADSTELLE_DSN": dsn, **settings},
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    if started.stdout is None:
        raise AssertionError("the output was asked for")
    taken = await _port(started.stdout)
    rest = asyncio.create_task(started.stdout.read())
    try:
        yield f"http://127.0.0.1:{taken}"
    finally:
        started.terminate()
        await asyncio.gather(started.wait(), rest)


async def _port(output: asyncio.StreamReader) -> int:
    """Read what a process says until it says on which port it listens."""
    async for line in output:
        event = msgspec.json.decode(line)
        if event.get("port"):
            return int(event["port"])
    raise AssertionError("the process ended before it listened")


async def wait_for(address: str) -> None:
    deadline = time.monotonic() + PATIENCE
    async with httpx.AsyncClient() as client:
        while time.monotonic() < deadline:
            with suppress(httpx.TransportError):
                if (await client.get(f"{address}/leben")).status_code == 200:
                    return
            await asyncio.sleep(0.02)
    raise AssertionError(f"{address} does not answer")
