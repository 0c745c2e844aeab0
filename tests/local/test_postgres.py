"""The database of one's own: safe by default, and never left behind."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import mkdtemp

import asyncpg
import pytest

from adstelle.local import postgres, programs

IS_ROOT = os.geteuid() == 0
OPEN = 0o711 if IS_ROOT else 0o700  # as root the server's user has to pass through
START_AND_WAIT = """
import sys, time
from pathlib import Path
from adstelle.local import postgres
server = postgres.start(Path(sys.argv[1]))
print(server.process.pid, flush=True)
time.sleep(600)
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the server's user can reach, unlike pytest's own."""
    folder = Path(mkdtemp(prefix="adstelle-test-"))
    folder.chmod(OPEN)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def server() -> Iterator[postgres.Server]:
    with postgres.temporary() as server:
        yield server


async def ask(dsn: str, *statements: str) -> object:
    """Run *statements*; give the single value of the last one."""
    connection = await asyncpg.connect(dsn)
    try:
        for statement in statements[:-1]:
            await connection.execute(statement)
        return await connection.fetchval(statements[-1])
    finally:
        await connection.close()


def wait_until(is_so: Callable[[], bool], seconds: float = 180) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def is_alive(pid: int) -> bool:
    """Whether a process still works; one that only waits to be collected does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):  # the latter where it ends while it is read
        return False


async def test_what_was_stored_is_there_after_a_restart(folder: Path) -> None:
    with postgres.start(folder / "new" / "data") as first:
        await ask(first.superuser_dsn, "create table kept as select 7 as n", "select 1")
    assert not first.sockets.exists()

    with postgres.start(folder / "new" / "data") as second:
        assert await ask(second.superuser_dsn, "select n from kept") == 7
        assert second.superuser_dsn == first.superuser_dsn


async def test_the_server_does_not_run_as_root(server: postgres.Server) -> None:
    owner = Path(f"/proc/{server.process.pid}").stat().st_uid
    assert owner == (os.geteuid() or programs.NOBODY)


async def test_a_wrong_password_is_refused(server: postgres.Server) -> None:
    with pytest.raises(asyncpg.InvalidPasswordError):
        await ask(server.dsn("postgres", "wrong", "postgres"), "select 1")


async def test_passwords_are_kept_as_scram(server: postgres.Server) -> None:
    stored = await ask(server.superuser_dsn, "select rolpassword from pg_authid where rolcanlogin")
    assert str(stored).startswith("SCRAM-SHA-256$")
    rules = "select string_agg(distinct auth_method, ',') from pg_hba_file_rules"
    assert await ask(server.superuser_dsn, rules) == "scram-sha-256"


def test_nobody_else_can_read_what_it_keeps(server: postgres.Server) -> None:
    assert mode(server.data / "superuser-password") == 0o600
    assert mode(server.log) == 0o600
    assert mode(server.cluster) == 0o700
    assert mode(server.sockets) == 0o700


def test_a_password_with_signs_of_a_url_stays_one(server: postgres.Server) -> None:
    assert "postgresql://who:a%2Fb%40c@/where?host=" in server.dsn("who", "a/b@c", "where")


def open_files(pid: int) -> Iterator[str]:
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed since it was listed
            yield os.readlink(entry)


def test_there_is_no_network_listener(server: postgres.Server) -> None:
    sockets = {
        name.removeprefix("socket:[").removesuffix("]")
        for name in open_files(server.process.pid)
        if name.startswith("socket:")
    }
    network = {
        line.split()[9]
        for table in ("tcp", "tcp6", "udp", "udp6")
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]
    }
    local = {line.split()[6] for line in Path("/proc/net/unix").read_text().splitlines()[1:]}
    assert sockets & local
    assert not sockets & network


async def test_the_order_of_texts_does_not_depend_on_the_machine(server: postgres.Server) -> None:
    order = "select string_agg(t, '' order by t) from unnest(array['b', 'B', 'a', 'ä']) as t"
    assert await ask(server.superuser_dsn, order) == "Babä"
    assert await ask(server.superuser_dsn, "select lower('Ä')") == "ä"


async def test_the_log_holds_no_value_of_a_failed_statement(server: postgres.Server) -> None:
    connection = await asyncpg.connect(server.superuser_dsn)
    try:
        await connection.execute("create table once (word text primary key)")
        insert = "insert into once (word) values ($1)"
        await connection.execute(insert, "canary-7141")
        with pytest.raises(asyncpg.UniqueViolationError):
            await connection.execute(insert, "canary-7141")
        with pytest.raises(asyncpg.UndefinedColumnError):
            await connection.execute("select canary_7141 from once")
    finally:
        await connection.close()
    log = server.log.read_text()
    assert "duplicate key" in log
    assert "canary-7141" not in log
    assert "select canary" not in log


async def test_folders_above_keep_their_modes(folder: Path) -> None:
    above = folder / "above"
    above.mkdir(OPEN)
    above.chmod(OPEN | 0o020)
    with postgres.start(above / "data"):
        pass
    assert [mode(folder), mode(above)] == [OPEN, OPEN | 0o020]


def test_a_folder_the_server_may_not_enter_is_named_and_left_closed(folder: Path) -> None:
    """Root is told which folder it is; an ordinary user is the server's user already."""
    closed = folder / "closed"
    closed.mkdir()
    closed.chmod(0o700 if IS_ROOT else 0o500)
    with pytest.raises(programs.NotStarted, match="closed"):
        postgres.start(closed / "data")
    assert mode(closed) == (0o700 if IS_ROOT else 0o500)


def test_programs_the_server_may_not_reach_are_copied(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only root has two users to tell apart; for others unreachable is unreachable."""
    found = next(programs.in_wheels())
    package = found.parents[1]
    hidden = folder / "hidden"
    for source in (package, package.with_name(f"{package.name}.libs")):
        shutil.copytree(source, hidden / source.name, symlinks=True)
    hidden.chmod(0o700 if IS_ROOT else 0o000)
    monkeypatch.setattr(programs, "ROOTS_DATA", folder / "roots")
    binaries = hidden / found.relative_to(package.parent)
    try:
        if IS_ROOT:
            with postgres.start(folder / "data", binaries=binaries) as server:
                program = os.readlink(f"/proc/{server.process.pid}/exe")
            assert program.startswith(f"{folder}/roots/programs/{package.name}-")
        else:
            with pytest.raises(programs.NotStarted, match="cannot be run"):
                postgres.start(folder / "data", binaries=binaries)
    finally:
        hidden.chmod(0o700)


async def test_it_ends_in_order_when_its_adstelle_is_killed(folder: Path) -> None:
    command = [sys.executable, "-c", START_AND_WAIT, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        parent.send_signal(signal.SIGKILL)
    wait_until(lambda: not is_alive(pid))

    log = (folder / "postgres.log").read_text()
    assert "database system is shut down" in log
    with postgres.start(folder) as server:
        assert "not properly shut down" not in server.log.read_text()


async def test_a_start_right_after_the_kill_waits_for_the_old_server(folder: Path) -> None:
    command = [sys.executable, "-c", START_AND_WAIT, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        parent.send_signal(signal.SIGKILL)
    with postgres.start(folder) as server:
        assert await ask(server.superuser_dsn, "select 1") == 1


async def test_what_was_committed_survives_a_kill_of_the_server(folder: Path) -> None:
    first = postgres.start(folder)
    await ask(first.superuser_dsn, "create table kept as select 7 as n", "select 1")
    first.kill()
    with postgres.start(folder) as second:
        assert await ask(second.superuser_dsn, "select n from kept") == 7


def test_a_number_left_behind_that_now_belongs_to_another_process_is_no_obstacle(
    folder: Path,
) -> None:
    first = postgres.start(folder)
    left = (first.cluster / "postmaster.pid").read_text().splitlines()
    first.kill()
    owner = programs.NOBODY if IS_ROOT else None
    with subprocess.Popen(["/bin/sleep", "600"], user=owner) as stranger:
        try:
            left[0] = str(stranger.pid)
            (first.cluster / "postmaster.pid").write_text("\n".join(left) + "\n")
            postgres.start(folder).stop()
        finally:
            stranger.kill()


def test_a_second_start_on_the_same_folder_is_told_so(folder: Path) -> None:
    with postgres.start(folder) as server:
        with pytest.raises(programs.NotStarted, match="in use by another Adstelle"):
            postgres.start(folder)
        assert is_alive(server.process.pid)


def test_a_set_up_that_was_cut_short_is_begun_again(folder: Path) -> None:
    part = folder / "cluster.part"
    part.mkdir()
    (part / "PG_VERSION").write_text("18\n")
    postgres.start(folder).stop()
    assert not part.exists()


def test_data_of_another_version_are_left_alone(folder: Path) -> None:
    cluster = folder / "cluster"
    cluster.mkdir()
    (cluster / "PG_VERSION").write_text("9\n")
    with pytest.raises(programs.NotStarted, match="is of PostgreSQL 9"):
        postgres.start(folder)
    assert [path.name for path in cluster.iterdir()] == ["PG_VERSION"]


def test_a_server_that_does_not_start_says_why_and_gives_the_folder_back(folder: Path) -> None:
    with pytest.raises(programs.NotStarted, match="no_such_setting"):
        postgres.start(folder, options={"no_such_setting": "1"})
    postgres.start(folder).stop()


async def test_the_programs_of_the_second_wheel_do_as_well() -> None:
    first, second = programs.in_wheels()
    assert first.parts[-3] != second.parts[-3]
    with postgres.temporary(binaries=second) as server:
        assert await ask(server.superuser_dsn, "select 1") == 1


def test_named_programs_come_first(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADSTELLE_PG_BIN", str(folder))
    with pytest.raises(programs.NotStarted, match="ADSTELLE_PG_BIN"):
        programs.find_binaries()
    for program in ("postgres", "initdb"):
        (folder / program).touch()
    assert programs.find_binaries() == folder


def test_data_lie_in_the_home_of_an_ordinary_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("HOME", "/home/someone")
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    assert postgres.default_data() == Path("/home/someone/.local/share/adstelle/database")
    monkeypatch.setenv("XDG_DATA_HOME", "/elsewhere")
    assert postgres.default_data() == Path("/elsewhere/adstelle/database")
