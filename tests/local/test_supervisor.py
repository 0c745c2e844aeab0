"""`adstelle run`: everything starts, is printed once, and ends with it, however it ends."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from adstelle.city import CITIES
from adstelle.errors import AdstelleError
from adstelle.local import demo, postgres
from adstelle.local.health import is_alive
from adstelle.local.supervisor import LOGINS, Processes, login_dsn, origins, wait_until_ready
from adstelle.settings import Settings
from tests.core import two_free_ports

PATIENCE = 300.0


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    """A place for a database that the server's user may enter too."""
    folder = Path(tempfile.mkdtemp(prefix="adstelle-run-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


class Run:
    """A running `adstelle run`, with what it printed so far."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.port = two_free_ports()
        kept = {k: v for k, v in os.environ.items() if not k.startswith("ADSTELLE_")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "adstelle", "run", "--port", str(self.port)],
            env=kept | environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.printed = self._read()
        self.children = _descendants(self.process.pid)

    def _read(self) -> str:
        assert self.process.stdout is not None
        lines = []
        for line in self.process.stdout:
            lines.append(line)
            if "What happens is written" in line:
                break
        return "".join(lines)

    def end(self, number: signal.Signals) -> int:
        """Send a signal and wait until this process and all it started are gone."""
        self.process.send_signal(number)
        code = self.process.wait(PATIENCE)
        _wait_until(lambda: not any(map(_is_running, self.children)))
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code


def _descendants(parent: int) -> list[int]:
    listed = _read(f"/proc/{parent}/task/{parent}/children").split()
    found = [int(child) for child in listed]
    return found + [below for child in found for below in _descendants(child)]


def _read(file: str) -> bytes:
    """What the system says of a process; nothing where it has ended: the database's come and go."""
    try:
        return Path(file).read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def _is_running(pid: int) -> bool:
    state = _read(f"/proc/{pid}/stat").rpartition(b")")[2].split()
    return bool(state) and state[0] != b"Z"


def _wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_it_prints_sign_ins_once_and_leaves_nothing_behind(data: Path) -> None:
    environment = {"ADSTELLE_DATA": str(data / "database")}

    first = Run(environment)
    assert first.process.poll() is None, first.printed
    assert len(first.children) >= 4  # database, public, staff, worker
    found = re.findall(r"^    (demo-\S+)   (\S+)   (\S+)$", first.printed, re.MULTILINE)
    assert {"demo-ads-jena", "demo-statistik"} <= {login for login, _, _ in found}
    page = httpx.get(f"http://localhost:{first.port}/", timeout=PATIENCE)
    assert (
        "/de/zahlen/3"
        in httpx.get(f"http://localhost:{first.port}/de/zahlen", timeout=PATIENCE).text
    )
    assert page.status_code == 200
    _wait_until(lambda: is_alive(f"http://127.0.0.1:{first.port + 1}/leben"))
    told = f"ADSTELLE_STAFF_ORIGIN=http://localhost:{first.port + 1}".encode()
    environments = [_read(f"/proc/{child}/environ") for child in first.children]
    assert any(told in each.split(b"\0") for each in environments)  # passkeys answer to it
    assert first.end(signal.SIGINT) == 0

    second = Run(environment)
    assert "demo-" not in second.printed
    assert not any(passphrase in second.printed for _, passphrase, _ in found)
    second.end(signal.SIGKILL)

    third = Run(environment)  # nothing was damaged, nothing stands in the way
    assert httpx.get(f"http://localhost:{third.port}/leben", timeout=PATIENCE).status_code == 200
    assert third.end(signal.SIGTERM) == 0


def test_with_a_dsn_nothing_embedded_is_started(data: Path) -> None:
    with postgres.start(data / "other") as server:
        run = Run({"ADSTELLE_DSN": server.superuser_dsn, "ADSTELLE_DATA": str(data / "none")})
        try:
            assert (
                httpx.get(f"http://localhost:{run.port}/leben", timeout=PATIENCE).status_code == 200
            )
            assert not (data / "none").exists()
        finally:
            assert run.end(signal.SIGINT) == 0


def test_nobody_is_waited_for_who_ended(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    login = LOGINS["public"]
    processes = Processes(Settings(), "postgresql://nobody@127.0.0.1:9/none", {login: ""}, tmp_path)
    with socket.socket() as occupied, processes:
        occupied.bind(("127.0.0.1", 0))  # nobody listens, and nobody else may
        port = occupied.getsockname()[1]
        processes.start("public", port)

        with pytest.raises(AdstelleError, match="public ended before it was ready"):
            wait_until_ready(port, processes)
    assert "Address already in use" in capfd.readouterr().err


def test_a_file_is_alive_as_long_as_it_is_touched(tmp_path: Path) -> None:
    file = tmp_path / "alive"
    assert not is_alive(str(file))
    file.touch()
    assert is_alive(str(file))
    os.utime(file, (time.time() - 90, time.time() - 90))
    assert not is_alive(str(file))


def test_the_dsn_of_another_login_keeps_place_and_database() -> None:
    made = login_dsn("postgresql://postgres:p%40ss@/postgres?host=%2Ftmp%2Fx&port=5432", "me", "s")

    assert made == "postgresql://me:s@/postgres?host=%2Ftmp%2Fx&port=5432"


def test_the_advisers_side_knows_both_addresses_of_the_demo() -> None:
    """What it prints or shows leads to the port that was asked for."""
    assert origins("staff", 9501) == {
        "ADSTELLE_ORIGIN": "http://localhost:9500",
        "ADSTELLE_STAFF_ORIGIN": "http://localhost:9501",
    }
    assert origins("public", 9500) == origins("worker", None) == {}


def test_every_incident_of_the_demo_can_be_reported() -> None:
    found = demo.incidents(CITIES / "jena")

    assert len(found) == len({incident.id for incident in found}) == 42
    assert all(incident.source.startswith("http") for incident in found)
