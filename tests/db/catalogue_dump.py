"""Write the database's catalogue as text: everything that decides what is stored and who sees it."""

import asyncio
import sys
from typing import Final

from adstelle.database import migrate
from adstelle.local import postgres
from tests.conftest import Admin, connected

OURS: Final = (
    "('intake', 'mailbox', 'casework', 'accounts', 'outbox', 'exchange', 'figures', 'counting', "
    "'scope', 'public')"
)
PARTS: Final = {
    "columns": f"""
        select format('%s.%s.%s %s%s%s%s', n.nspname, c.relname, a.attname,
            format_type(a.atttypid, a.atttypmod),
            case when a.attnotnull then ' not null' else '' end,
            case when a.attidentity <> '' then ' identity ' || a.attidentity::text
                else coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '') end,
            case when a.attstorage <> t.typstorage then ' storage ' || a.attstorage::text else '' end)
        from pg_attribute a
        join pg_class c on c.oid = a.attrelid and c.relkind in ('r', 'v', 'm', 'p', 'f')
        join pg_namespace n on n.oid = c.relnamespace and n.nspname in {OURS}
        join pg_type t on t.oid = a.atttypid
        left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
        where a.attnum > 0 and not a.attisdropped""",
    "row security": f"""
        select format('%s.%s %s', n.nspname, c.relname,
            case when c.relrowsecurity then 'on' else 'off' end)
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.relkind = 'r' and n.nspname in {OURS}""",
    "constraints": f"""
        select format('%s.%s %s', n.nspname, c.relname, pg_get_constraintdef(k.oid))
        from pg_constraint k join pg_class c on c.oid = k.conrelid
        join pg_namespace n on n.oid = c.relnamespace and n.nspname in {OURS}
        where k.contype <> 'n'""",
    "indexes": f"select indexdef from pg_indexes where schemaname in {OURS}",
    "policies": f"""
        select format('%s.%s %s %s %s to %s%s%s', schemaname, tablename, policyname,
            lower(permissive), lower(cmd), array_to_string(roles, ', '),
            coalesce(' using ' || qual, ''), coalesce(' check ' || with_check, ''))
        from pg_policies where schemaname in {OURS}""",
    "functions": f"""
        select format('%s.%s(%s) %s%s %s', n.nspname, p.proname,
            pg_get_function_identity_arguments(p.oid), p.provolatile,
            case when p.prosecdef then ' security definer' else '' end,
            coalesce(p.prosrc, '') || coalesce(pg_get_function_sqlbody(p.oid), ''))
        from pg_proc p join pg_namespace n on n.oid = p.pronamespace and n.nspname in {OURS}""",
    "triggers": f"""
        select pg_get_triggerdef(t.oid) from pg_trigger t
        join pg_class c on c.oid = t.tgrelid
        join pg_namespace n on n.oid = c.relnamespace and n.nspname in {OURS}
        where not t.tgisinternal""",
}


async def dump(connection: Admin) -> str:
    """Describe everything, sorted, one line each: to be compared and read."""
    lines: list[str] = []
    for part, query in PARTS.items():
        rows = [" ".join(row[0].split()) for row in await connection.fetch(query)]
        lines += [f"== {part}", *sorted(rows), ""]
    return "\n".join(lines)


async def _dump_of_a_new_database() -> str:
    with postgres.temporary() as server:
        await migrate(server.superuser_dsn, {})
        async with connected(server.superuser_dsn) as connection:
            return await dump(connection)


if __name__ == "__main__":
    sys.stdout.write(asyncio.run(_dump_of_a_new_database()))
