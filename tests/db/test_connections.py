"""What a lost connection is taken for, and what is our own mistake."""

import re
from enum import StrEnum

import asyncpg
import pytest

from adstelle.accounts.people.store import Act as PeopleAct
from adstelle.casework.store import Act
from adstelle.database import Pool, connection
from adstelle.errors import OutcomeUnknown
from adstelle.publishing.store import Act as FiguresAct
from tests.conftest import Admin


@pytest.mark.parametrize("given", [(), (1, 2), ("no number",)])
async def test_wrong_values_are_no_lost_connection(
    public_pool: Pool, given: tuple[object, ...]
) -> None:
    """They would look like a database that is away, for as long as somebody looks for it."""
    with pytest.raises((asyncpg.InterfaceError, asyncpg.DataError)):
        async with connection(public_pool) as conn:
            await conn.fetchval("select $1::integer", *given)

    async with connection(public_pool) as conn:
        assert await conn.fetchval("select $1::integer", 7) == 7


async def test_a_connection_that_ends_leaves_it_open_what_became_of_the_statement(
    public_pool: Pool, admin: Admin
) -> None:
    async def asked() -> None:
        async with connection(public_pool) as conn:
            backend = await conn.fetchval("select pg_backend_pid()")
            await admin.execute("select pg_terminate_backend($1, 5000)", backend)
            await conn.fetchval("select 1")

    with pytest.raises(OutcomeUnknown):
        await asked()


@pytest.mark.parametrize(
    ("log", "acts"),
    [("casework.log", Act), ("accounts.log", PeopleAct), ("figures.log", FiguresAct)],
)
async def test_the_database_knows_every_act_that_may_be_logged_and_no_other(
    admin: Admin, log: str, acts: type[StrEnum]
) -> None:
    """Each migration that adds one writes the list anew; the last has to be whole."""
    written = await admin.fetchval(
        "select pg_get_constraintdef(oid) from pg_constraint "
        "where conname = 'log_act_check' and conrelid = $1::text::regclass",
        log,
    )

    assert set(re.findall(r"'(\w+)'", written)) == set(acts)
