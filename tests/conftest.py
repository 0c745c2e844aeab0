"""A real database for every test: one server a process, an empty schema a test."""

import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from io import StringIO
from typing import TypeAlias
from uuid import uuid4

import asyncpg
import pytest
from hypothesis import HealthCheck, settings

from adstelle import database as storage
from adstelle import events
from adstelle.city import CITIES, City, load_city
from adstelle.database import Pool, Role, folder, migrate, open_pool
from adstelle.local import postgres

# A run says the same of the same commit. Who looks for what nobody has thought of yet lets chance
# choose the examples: ./dev test --hypothesis-profile=default
# How long an example takes depends on who else is working.
settings.register_profile(
    "repeatable",
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("repeatable")

# A statement of a test may wait for a lock until somebody else got to theirs.
storage.PATIENCE = 60.0  # type: ignore[misc]

TEMPLATE = "adstelle_template"
LOGINS = ("adstelle_public", "adstelle_staff", "adstelle_worker")
PASSWORD = "only-for-tests"
OPTIONS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}

# Changes with every change of the schema, of a grant or of a policy, and with nothing else.
CATALOGUES = ("class", "attribute", "policy", "proc", "namespace", "constraint", "trigger", "index")
STAMP = " union all ".join(
    f"select '{name}', count(*), max(xmin::text::bigint) from pg_catalog.pg_{name}"
    for name in CATALOGUES
)
EMPTY = """
    set session_replication_role = replica;  -- in any order, whoever refers to whom
    do $$
    declare
        filled regclass;
    begin
        for filled in select oid from pg_class where relkind = 'r'
            and relnamespace::regnamespace::text
                in ('intake', 'mailbox', 'casework', 'accounts', 'outbox', 'exchange', 'figures',
                    'counting')
        loop
            execute format('delete from %s', filled);
        end loop;
    end
    $$;
"""

Admin: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
Stamp: TypeAlias = "list[asyncpg.Record]"


@dataclass(frozen=True)
class Database:
    """A fresh database: what each login connects to."""

    server: postgres.Server
    name: str

    def dsn(self, login: str) -> str:
        return self.server.dsn(login, PASSWORD, self.name)

    @property
    def superuser_dsn(self) -> str:
        return superuser_dsn(self.server, self.name)


def superuser_dsn(server: postgres.Server, database: str) -> str:
    return server.superuser_dsn.replace("/postgres?", f"/{database}?")


@asynccontextmanager
async def connected(dsn: str) -> AsyncIterator[Admin]:
    connection = await asyncpg.connect(dsn)
    try:
        yield connection
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def server() -> Iterator[postgres.Server]:
    with postgres.temporary(options=OPTIONS) as running:
        yield running


class Shelf:
    """Keeps a used database for the next test if only its rows have to go; copying is slow."""

    def __init__(self, server: postgres.Server) -> None:
        self._server = server
        self._kept: list[tuple[Database, Stamp]] = []

    async def take(self) -> tuple[Database, Stamp]:
        return self._kept.pop() if self._kept else await self._new()

    async def put_back(self, used: Database, stamp: Stamp) -> None:
        async with connected(self._server.superuser_dsn) as connection:
            await connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1",
                used.name,
            )
            async with connected(used.superuser_dsn) as inside:
                if await inside.fetch(STAMP) == stamp:
                    await inside.execute(EMPTY)
                    self._kept.append((used, stamp))
                    return
            await connection.execute(f"drop database {used.name} with (force)")

    async def _new(self) -> tuple[Database, Stamp]:
        """Copy the migrated schema, and grant on the database what no copy has."""
        fresh = Database(self._server, f"test_{uuid4().hex}")
        async with connected(self._server.superuser_dsn) as connection:
            await connection.execute(f"create database {fresh.name} template {TEMPLATE}")
        async with connected(fresh.superuser_dsn) as inside:
            await inside.execute((folder() / "roles" / "roles.sql").read_text(encoding="utf-8"))
            return fresh, await inside.fetch(STAMP)


@pytest.fixture(scope="session")
async def shelf(server: postgres.Server) -> Shelf:
    async with connected(server.superuser_dsn) as connection:
        await connection.execute(f"create database {TEMPLATE}")
    await migrate(superuser_dsn(server, TEMPLATE), dict.fromkeys(LOGINS, PASSWORD))
    return Shelf(server)


@pytest.fixture
async def database(shelf: Shelf) -> AsyncIterator[Database]:
    """The migrated schema without a row; a test may change anything in it, grants as well."""
    fresh, stamp = await shelf.take()
    yield fresh
    await shelf.put_back(fresh, stamp)


@pytest.fixture
async def admin(database: Database) -> AsyncIterator[Admin]:
    """The superuser: sees everything, as a stolen disk would show it."""
    async with connected(database.superuser_dsn) as connection:
        yield connection


@pytest.fixture
async def public_pool(database: Database) -> AsyncIterator[Pool]:
    async with open_pool(database.dsn("adstelle_public"), Role.INTAKE, size=4) as pool:
        yield pool


@pytest.fixture
async def staff_pool(database: Database) -> AsyncIterator[Pool]:
    async with open_pool(database.dsn("adstelle_staff"), Role.ACCOUNTS, size=4) as pool:
        yield pool


@pytest.fixture
async def worker_pool(database: Database) -> AsyncIterator[Pool]:
    async with open_pool(database.dsn("adstelle_worker"), Role.DELIVERY, size=4) as pool:
        yield pool


@pytest.fixture
async def operator_pool(database: Database) -> AsyncIterator[Pool]:
    async with open_pool(database.superuser_dsn, Role.OPERATOR, size=2) as pool:
        yield pool


@pytest.fixture
def event_log(capfd: pytest.CaptureFixture[str]) -> Iterator[Callable[[], str]]:
    """What a process writes about itself: its events, then whatever else came out."""
    events.configure()
    log, written = logging.getLogger("adstelle"), StringIO()
    log.handlers = [logging.StreamHandler(written)]
    yield lambda: written.getvalue() + "".join(capfd.readouterr())
    log.handlers.clear()


@pytest.fixture
def server_log(database: Database) -> Callable[[], bytes]:
    """What PostgreSQL writes about this test: the server is that of others as well."""
    before = database.server.log.stat().st_size
    return lambda: database.server.log.read_bytes()[before:]


@pytest.fixture(scope="session")
def city() -> City:
    return load_city(CITIES / "jena")
