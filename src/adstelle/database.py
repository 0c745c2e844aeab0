"""The database: pools, one feature role a transaction, query files, migrations."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeAlias
from uuid import UUID

import aiosql
import asyncpg
from aiosql.adapters.asyncpg import AsyncPGAdapter

from adstelle.errors import AdstelleError, OutcomeUnknown, StorageUnavailable

Connection: TypeAlias = (
    "asyncpg.Connection[asyncpg.Record] | asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"
)
Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"

PATIENCE: Final = 5.0  # seconds a request waits for a connection, and a statement for its end
_LOCK: Final = 0x4144_5354  # "ADST": one migration at a time
_AWAY: Final = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    asyncpg.InternalClientError,
    asyncpg.InvalidAuthorizationSpecificationError,
)


# All three until the transaction ends, in one round trip.
_ACT_AS: Final = (
    "select set_config('role', $1, true), set_config('adstelle.scope', $2, true), "
    "set_config('adstelle.member', $3, true)"
)


class Role(StrEnum):
    """The feature roles of db/roles/roles.sql; a transaction acts in exactly one."""

    INTAKE = "adstelle_intake"
    MAILBOX = "adstelle_mailbox"
    CASEWORK = "adstelle_casework"
    ACCOUNTS = "adstelle_accounts"
    DELIVERY = "adstelle_delivery"
    EXCHANGE = "adstelle_exchange"
    FILES = "adstelle_files"
    SWEEP = "adstelle_sweep"
    RETENTION = "adstelle_retention"
    OPERATOR = "adstelle_operator"
    PEOPLE = "adstelle_people"
    ROTATION = "adstelle_rotation"
    ENTRANCE = "adstelle_entrance"
    RENEWAL = "adstelle_renewal"
    NOTICE = "adstelle_notice"
    FIGURES = "adstelle_figures"
    PUBLISHING = "adstelle_publishing"
    STATISTICS = "adstelle_statistics"


def folder() -> Path:
    """Find ``db/``: beside the package when installed, at the top of the tree in a checkout."""
    package = Path(__file__).parent
    inside = package / "db"
    return inside if inside.is_dir() else package.parents[1] / "db"


class _Statements(AsyncPGAdapter):
    """How named statements reach a connection; pools are not accepted here.

    The library's own way looks through all attributes of a connection before each statement,
    whether it is a pool: 25 microseconds each.
    """

    def _ordered(self, name: str, given: dict[str, Any]) -> list[Any]:
        return [given[parameter] for parameter in self.var_sorted[name]]

    async def select(
        self, conn: Connection, name: str, sql: str, given: dict[str, Any], _: None = None
    ) -> AsyncIterator[asyncpg.Record]:
        for row in await conn.fetch(sql, *self._ordered(name, given)):
            yield row

    async def select_one(
        self, conn: Connection, name: str, sql: str, given: dict[str, Any], _: None = None
    ) -> asyncpg.Record | None:
        return await conn.fetchrow(sql, *self._ordered(name, given))

    async def select_value(
        self, conn: Connection, name: str, sql: str, given: dict[str, Any]
    ) -> Any:
        return await conn.fetchval(sql, *self._ordered(name, given))

    async def insert_update_delete(
        self, conn: Connection, name: str, sql: str, given: dict[str, Any]
    ) -> str:
        return await conn.execute(sql, *self._ordered(name, given))


@cache
def queries(feature: str) -> Any:
    """Load ``db/queries/<feature>.sql``; attributes are the named statements."""
    file = folder() / "queries" / f"{feature}.sql"
    return aiosql.from_path(file, _Statements)  # type: ignore[arg-type]  # wants unused methods too


def open_pool(dsn: str, role: Role, *, size: int) -> Pool:
    """Make a pool whose connections start in *role*; it connects when first used."""
    return asyncpg.create_pool(
        dsn,
        min_size=0,
        max_size=size,
        timeout=PATIENCE,
        command_timeout=PATIENCE,
        reset=_nothing_to_reset,
        server_settings={
            "role": role.value,
            "search_path": "pg_catalog",
            "application_name": "adstelle",
        },
    )


async def _nothing_to_reset(_: object) -> None:
    """Spare each use a second round trip: whatever is set, is set for one transaction only."""


@asynccontextmanager
async def connection(pool: Pool) -> AsyncIterator[Connection]:
    """Lend a connection in the pool's own role, for a single statement.

    Raises `StorageUnavailable` when nothing was sent, `OutcomeUnknown` when the connection broke
    after that: the statement may have taken effect.
    """
    try:
        lent = await pool.acquire(timeout=PATIENCE)
    except _AWAY:
        raise StorageUnavailable from None
    try:
        yield lent
    except asyncpg.InsufficientResourcesError:
        raise StorageUnavailable from None
    except _AWAY as error:
        if isinstance(error, asyncpg.InterfaceError) and _is_open(lent):
            raise  # a statement was called with the wrong values, which is our mistake
        raise OutcomeUnknown from None
    finally:
        with suppress(*_AWAY):  # what was answered stays answered; the pool drops what is broken
            await pool.release(lent)


def _is_open(lent: Connection) -> bool:
    try:
        return not lent.is_closed()
    except asyncpg.InterfaceError:  # the pool took it back when it broke
        return False


@asynccontextmanager
async def transaction(
    pool: Pool, role: Role, *, scope: str | bytes | None = None, member: UUID | None = None
) -> AsyncIterator[Connection]:
    """Open a transaction that may do what *role* may do within *scope*, and no more.

    *scope* is what row policies compare with: a Stelle's code, or the address of one draft,
    mailbox or session. *member* is who asks, in casework: without one it shows no case at all.
    Raises as `connection` does.
    """
    named = scope.hex() if isinstance(scope, bytes) else scope or ""
    async with connection(pool) as conn, conn.transaction():
        await conn.execute(_ACT_AS, role, named, str(member or ""))
        yield conn


async def act_as(conn: Connection, role: Role, *, scope: bytes) -> None:
    """Go on in another role and scope, for the rest of the caller's transaction."""
    await conn.execute(_ACT_AS, role, scope.hex(), "")


async def migrate(dsn: str, passwords: dict[str, str]) -> list[str]:
    """Bring the schema and the roles up to date; return the names of the files applied.

    Safe when several processes start at once: a session lock lets one work and the others wait.
    *passwords* maps a login role to its password. Raises `AdstelleError` when a file that was
    applied has changed since, and `StorageUnavailable` when there is no database.
    """
    try:
        conn = await asyncpg.connect(dsn)
    except _AWAY:
        raise StorageUnavailable from None
    try:
        await conn.execute("select pg_advisory_lock($1)", _LOCK)
        applied = await _apply_files(conn)
        async with conn.transaction():
            await conn.execute((folder() / "roles" / "roles.sql").read_text(encoding="utf-8"))
            for login, password in passwords.items():
                await _set_password(conn, login, password)
        return applied
    finally:
        await conn.close()


async def _apply_files(conn: Connection) -> list[str]:
    await conn.execute(
        "create table if not exists public.migration "
        "(name text primary key, sha256 text not null, applied_at timestamptz default now())"
    )
    known = {row["name"]: row["sha256"] for row in await conn.fetch("table public.migration")}
    applied = []
    for file in sorted((folder() / "migrations").glob("*.sql")):
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        if file.name in known:
            if known[file.name] != digest:
                raise AdstelleError(f"migration {file.name} was changed after it was applied")
            continue
        async with conn.transaction():
            await conn.execute(file.read_text(encoding="utf-8"))
            await conn.execute(
                "insert into public.migration (name, sha256) values ($1, $2)", file.name, digest
            )
        applied.append(file.name)
    return applied


async def _set_password(conn: Connection, login: str, password: str) -> None:
    statement = await conn.fetchval(
        "select format('alter role %I password %L', $1::text, $2::text)", login, password
    )
    await conn.execute(statement)
