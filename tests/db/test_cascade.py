"""Erasing takes everything along: whatever names a case, a report or a hand-over goes with it."""

from typing import Final

from tests.conftest import Admin

NAMING: Final = ("case_id", "report_id", "handover_id", "package_id", "case_ids")
# Looked at one by one: why it may name something and stay.
DECIDED: Final = {
    "casework.log.case_ids": "the log outlives its cases: the number leads nowhere once they are gone",
    "exchange.package.package_id": "its own key; erased by its role, a partner's id stays for a year",
    "intake.handover.handover_id": "its own key; it goes with the report",
    "intake.report.report_id": "its own key",
    "casework.case.case_id": "its own key",
}

COLUMNS: Final = """
select n.nspname || '.' || c.relname || '.' || a.attname as name, exists (
    select from pg_constraint f where f.conrelid = c.oid and f.contype = 'f'
        and f.confdeltype = 'c' and a.attnum = any (f.conkey)) as cascades
from pg_class c join pg_namespace n on n.oid = c.relnamespace
join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where c.relkind in ('r', 'p') and n.nspname !~ '^pg_|^information_schema$'
    and a.attname = any ($1::text[])
"""


async def hanging(admin: Admin) -> set[str]:
    """Columns that name something and do not go with it."""
    rows = await admin.fetch(COLUMNS, list(NAMING))
    assert len(rows) > 12
    return {row["name"] for row in rows if not row["cascades"]}


async def test_whatever_names_a_case_or_a_report_goes_with_it(admin: Admin) -> None:
    assert await hanging(admin) == DECIDED.keys() - {"casework.case.report_id"}


async def test_a_table_that_would_stay_is_found(admin: Admin) -> None:
    await admin.execute("create table casework.forgotten (case_id uuid references casework.case)")
    try:
        assert "casework.forgotten.case_id" in await hanging(admin)
    finally:
        await admin.execute("drop table casework.forgotten")
