"""Every statement the service can run: the database accepts it in the one role it names."""

from pathlib import Path
from typing import Any, Final

import asyncpg
import pytest

from adstelle.database import Role, folder, queries
from tests.conftest import Admin

FEATURES: Final = sorted(file.stem for file in (folder() / "queries").glob("*.sql"))
QUERIES: Final = [
    (feature, name)
    for feature in FEATURES
    for name in queries(feature).available_queries
    if not name.endswith("_cursor")
]
SOURCES: Final = Path(__file__).parents[2] / "src" / "adstelle"


def query_of(feature: str, name: str) -> Any:
    return getattr(queries(feature), name)


def role_of(query: Any) -> Role:
    """The role that the first comment line of a statement names."""
    first, _, described = query.__doc__.partition("\n")
    assert first.startswith("role: "), "the first line says which role runs it"
    assert described.strip(), "the second line says what it is for"
    return Role[first.removeprefix("role: ").strip().upper()]


async def explain(connection: Admin, role: Role, sql: str) -> None:
    """Plan a statement as *role*: that checks columns, types and grants, and runs nothing."""
    async with connection.transaction():
        await connection.execute(f"set local role {role}")
        statement = await connection.prepare(sql)
        await statement.explain(*[None] * len(statement.get_parameters()))


def test_there_are_queries_of_every_feature() -> None:
    assert {feature for feature, _ in QUERIES} == set(FEATURES) != set()


@pytest.mark.parametrize(("feature", "name"), QUERIES)
async def test_the_database_accepts_it_in_its_role(admin: Admin, feature: str, name: str) -> None:
    query = query_of(feature, name)
    await explain(admin, role_of(query), query.sql)


@pytest.mark.parametrize(("feature", "name"), QUERIES)
async def test_a_role_without_any_grant_is_refused(admin: Admin, feature: str, name: str) -> None:
    """The counterpart: planning does check the grants."""
    statement = query_of(feature, name)
    strangers = {Role.SWEEP, Role.OPERATOR, Role.ACCOUNTS} - {role_of(statement)}
    refused = 0
    for stranger in strangers:
        try:
            await explain(admin, stranger, statement.sql)
        except asyncpg.InsufficientPrivilegeError:
            refused += 1
    assert refused >= len(strangers) - 1, "some other role may do this as well"


@pytest.mark.parametrize(("feature", "name"), QUERIES)
def test_it_is_used(feature: str, name: str) -> None:
    used = (f"_sql.{name}(", f"_sql.{name}_cursor(")
    loading = f'queries("{feature}")'
    users = [file for file in SOURCES.rglob("*.py") if loading in file.read_text(encoding="utf-8")]
    texts = [file.read_text(encoding="utf-8") for file in users]
    assert any(call in text for call in used for text in texts), "a statement too many"


def test_no_statement_is_written_anywhere_else() -> None:
    """SQL lives in db/queries; what code sends by itself sets the role, the scope, the schema."""
    allowed = {"database.py", "application.py", "postgres.py", "supervisor.py"}
    for file in SOURCES.rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        if file.name not in allowed:
            for call in (".execute(", ".fetch(", ".fetchval(", ".fetchrow("):
                assert call not in text, f"{file.name} sends SQL"
