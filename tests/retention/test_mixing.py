"""Once a month no count card lies beside its report any more, and no transaction tells either."""

from datetime import date
from typing import Any, Final
from uuid import uuid4

from adstelle.database import Pool, Role, transaction
from adstelle.retention import store
from adstelle.retention.service import Retention
from tests.conftest import Admin

FEBRUARY: Final = date(2026, 2, 3)
MANY: Final = 40  # in an order drawn by lot, all of them stay where they were once in 40! times


async def filled(admin: Admin) -> None:
    """Cards and assessments as they come: one transaction after the other."""
    for number in range(MANY):
        await admin.execute("insert into intake.card values ($1, $2)", uuid4(), b"card %d" % number)
        await admin.execute(
            "insert into counting.assessment values ($1, $2)", uuid4(), b"found %d" % number
        )


async def lying(admin: Admin, table: str) -> list[tuple[Any, ...]]:
    """The rows of a table in the order of its file, each with the transaction that wrote it."""
    rows = await admin.fetch(f"select xmin::text, * from {table} order by ctid")
    return [tuple(row) for row in rows]


async def mixed(pool: Pool, today: date) -> bool:
    async with transaction(pool, Role.RETENTION) as conn:
        return await store.mix(conn, today)


async def test_nothing_tells_any_more_what_came_together(admin: Admin, worker_pool: Pool) -> None:
    await filled(admin)
    before = {it: await lying(admin, it) for it in ("intake.card", "counting.assessment")}
    assert await mixed(worker_pool, FEBRUARY)
    for table, rows in before.items():
        after = await lying(admin, table)
        assert sorted(it[1:] for it in after) == sorted(it[1:] for it in rows)  # nothing is lost
        assert [it[1] for it in after] != [it[1] for it in rows]
        assert len({it[0] for it in rows}) == MANY
        assert len({it[0] for it in after}) == 1


async def test_it_is_done_once_a_month(admin: Admin, worker_pool: Pool) -> None:
    assert await mixed(worker_pool, FEBRUARY)
    assert not await mixed(worker_pool, FEBRUARY.replace(day=28))
    assert await mixed(worker_pool, date(2026, 3, 1))


async def test_the_daily_round_sees_to_it(admin: Admin, retention: Retention) -> None:
    await filled(admin)
    await retention.run()
    assert len({it[0] for it in await lying(admin, "intake.card")}) == 1
