"""Migrations: safe when several start at once, never changed afterwards, known in every detail."""

import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from uuid import uuid4

import pytest

from adstelle import database as migrations
from adstelle.database import folder, migrate
from adstelle.errors import AdstelleError
from adstelle.local import postgres
from tests.conftest import LOGINS, PASSWORD, Admin, Database, connected, superuser_dsn
from tests.db.catalogue_dump import dump

CATALOGUE = Path(__file__).with_name("catalogue.txt")
FILES = sorted(file.name for file in (folder() / "migrations").glob("*.sql"))


@pytest.fixture
async def bare(server: postgres.Server) -> AsyncIterator[str]:
    """A database in which nothing was ever done."""
    name = f"bare_{uuid4().hex}"
    async with connected(server.superuser_dsn) as connection:
        await connection.execute(f"create database {name}")
        yield superuser_dsn(server, name)
        await connection.execute(f"drop database {name} with (force)")


async def test_three_processes_that_start_at_once_migrate_once(bare: str) -> None:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("ADSTELLE_")}
    command = [sys.executable, "-m", "adstelle", "migrate"]
    started = [
        subprocess.Popen(
            command,
            env=environment | {"ADSTELLE_DSN": bare},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    ended = [(process.communicate(timeout=300), process.returncode) for process in started]

    assert [code for _, code in ended] == [0, 0, 0], ended
    applied = [line for (out, _), _ in ended for line in out.splitlines()]
    assert sorted(applied) == FILES, "each file once, by one of the three"
    async with connected(bare) as connection:
        rows = await connection.fetch("select name from public.migration order by name")
        assert [row["name"] for row in rows] == FILES
        assert await dump(connection) == CATALOGUE.read_text(encoding="utf-8")


async def test_a_second_time_does_nothing(bare: str) -> None:
    assert await migrate(bare, {}) == FILES
    assert await migrate(bare, {}) == []


async def test_a_file_changed_after_it_was_applied_is_refused(
    bare: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "db"
    for file in folder().rglob("*.sql"):
        target = copy / file.relative_to(folder())
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.read_bytes())
    monkeypatch.setattr(migrations, "folder", lambda: copy)
    await migrate(bare, {})
    changed = copy / "migrations" / FILES[0]
    changed.write_text(changed.read_text(encoding="utf-8") + "-- harmless\n", encoding="utf-8")
    (copy / "migrations" / "9999_next.sql").write_text("create table public.next ()")

    with pytest.raises(AdstelleError, match=FILES[0]):
        await migrate(bare, {})
    async with connected(bare) as connection:
        assert await connection.fetchval("select to_regclass('public.next')") is None


async def test_a_file_that_fails_leaves_nothing(
    bare: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "migrations").mkdir()
    broken = "create table public.half (); select 1 / 0"
    (tmp_path / "migrations" / "0001_broken.sql").write_text(broken)
    monkeypatch.setattr(migrations, "folder", lambda: tmp_path)

    with pytest.raises(Exception, match="division"):
        await migrate(bare, {})
    async with connected(bare) as connection:
        assert await connection.fetchval("select to_regclass('public.half')") is None
        assert await connection.fetchval("select count(*) from public.migration") == 0


FIRST_VERSION = """
insert into intake.report values ('{report}', '2026-11-01', 'lookup', 'key');
insert into outbox.promise (kind, report_id, stelle, state, changed_on)
    select 'deliver', '{report}', stelle, 'delivered', '2026-11-02' from unnest('{{ads_jena,ezra}}'::text[]) as stelle;
insert into casework.case (report_id, stelle, received_on, changed_on)
    select '{report}', stelle, '2026-11-01', '2026-11-02' from unnest('{{ads_jena,ezra}}'::text[]) as stelle;
insert into accounts.stelle values ('ezra', '');
insert into accounts.member (member_id, login, name, stelle, salt, cost_time, cost_memory_kib,
        cost_lanes, sealed_box, stelle_wrap, created_on)
    values ('{report}', 'a', 'A', 'ezra', '', 1, 1, 1, '', '', '2026-11-01');
insert into casework.step (report_id, stelle, from_state, to_state, member_id)
    values ('{report}', 'ezra', 'neu', 'gelesen', '{report}');
insert into casework.log (stelle, member_id, act, report_ids)
    values ('ezra', '{report}', 'case_read', array['{report}'::uuid, gen_random_uuid()]);
"""


async def test_cases_and_hand_overs_of_the_first_version_are_kept(
    bare: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = tmp_path / "migrations"
    first.mkdir()
    shutil.copy(folder() / "migrations" / FILES[0], first)
    (tmp_path / "roles").mkdir()
    (tmp_path / "roles" / "roles.sql").write_text("select 1")
    with monkeypatch.context() as before:
        before.setattr(migrations, "folder", lambda: tmp_path)
        assert await migrate(bare, {}) == FILES[:1]
    report_id = uuid4()
    async with connected(bare) as connection:
        await connection.execute(FIRST_VERSION.format(report=report_id))
        await migrate(bare, {})

        cases = {
            row["stelle"]: row["case_id"]
            for row in await connection.fetch(
                "select stelle, case_id from casework.case where report_id = $1", report_id
            )
        }
        assert len(set(cases.values())) == 2, "two Stellen share no number"
        step = await connection.fetchval("select case_id from casework.step")
        assert step == cases["ezra"]
        assert await connection.fetchval("select case_ids from casework.log") == [step]
        handed = await connection.fetch(
            "select h.stelle, given_on, promised_on, state from intake.handover h "
            "join outbox.promise using (handover_id, stelle) order by 1"
        )
        day, moved = date(2026, 11, 1), date(2026, 11, 2)
        assert [tuple(row) for row in handed] == [
            (stelle, day, moved, "delivered") for stelle in ("ads_jena", "ezra")
        ]


async def test_passwords_are_set_whatever_they_hold(bare: str, server: postgres.Server) -> None:
    """On a server of its own the roles would be new; here the password is put back afterwards."""
    odd = 'it\'s \\ a $1 "password"; drop table x --'
    try:
        await migrate(bare, {"adstelle_worker": odd})
        name = bare.rpartition("/")[2].partition("?")[0]
        async with connected(server.dsn("adstelle_worker", odd, name)) as connection:
            assert await connection.fetchval("select current_user") == "adstelle_worker"
    finally:
        await migrate(bare, dict.fromkeys(LOGINS, PASSWORD))


async def test_the_catalogue_is_the_one_that_was_looked_at(admin: Admin) -> None:
    """To take a change on: look at it, then `python -m tests.db.catalogue_dump > …/catalogue.txt`."""
    assert await dump(admin) == CATALOGUE.read_text(encoding="utf-8")


async def test_only_superusers_see_the_list_of_migrations(database: Database) -> None:
    for login in LOGINS:
        async with connected(database.dsn(login)) as connection:
            with pytest.raises(Exception, match="permission denied"):
                await connection.fetch("table public.migration")
