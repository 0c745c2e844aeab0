"""Run everything on one machine: database, public side, staff side and worker, each a process.

Each process has its own database login. They end with this one, however it ends; the database
ends last.
"""

import asyncio
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from datetime import datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit, urlunsplit
from zoneinfo import ZoneInfo

from adstelle import database
from adstelle.city import City
from adstelle.database import Role, open_pool
from adstelle.errors import AdstelleError
from adstelle.local import demo, postgres
from adstelle.settings import Settings, with_password

LOGINS: Final = {
    "public": "adstelle_public",
    "staff": "adstelle_staff",
    "worker": "adstelle_worker",
}
READY_SECONDS: Final = 60.0
STOP_SECONDS: Final = 15.0


class Stopped(Exception):
    """A signal asked us to end."""


def run(settings: Settings, city: City, *, port: int) -> int:
    """Start everything, print where it is, and stay until a signal comes or a process ends."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _raise_stopped)
    try:
        with _administrator(settings) as dsn, tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            passwords = {login: secrets.token_urlsafe(24) for login in LOGINS.values()}
            asyncio.run(database.migrate(dsn, passwords))
            sign_ins = asyncio.run(_prepare(dsn, city, passwords))
            environments = _environments(settings, dsn, passwords, folder)
            with _processes(environments, port, folder / "events") as running:
                _wait_until_ready(port)
                _print_addresses(city, port, sign_ins)
                print(f"What happens is written to {folder / 'events'}.", flush=True)
                return _watch(running)
    except Stopped:
        return 0


def _raise_stopped(*_: object) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # once is enough: let the end be orderly
    raise Stopped


@contextmanager
def _administrator(settings: Settings) -> Iterator[str]:
    """Give the administrator's DSN, of the server named or of an embedded one."""
    if settings.dsn is not None:
        with nullcontext(settings.database()) as dsn:
            yield dsn
        return
    with postgres.start(settings.data or postgres.default_data()) as server:
        yield server.superuser_dsn


def login_dsn(administrator: str, login: str, password: str) -> str:
    """The DSN of another login to the same database."""
    parts = urlsplit(administrator)
    _, _, host = parts.netloc.rpartition("@")
    return with_password(urlunsplit(parts._replace(netloc=f"{login}@{host}")), password)


async def _prepare(dsn: str, city: City, passwords: Mapping[str, str]) -> list[demo.SignIn]:
    """Set the demo up on its first start."""
    today = datetime.now(ZoneInfo(city.time_zone)).date()
    async with open_pool(dsn, Role.OPERATOR, size=1) as operator:
        sign_ins = await demo.set_up(operator, city, today)
    if sign_ins:
        login = LOGINS["public"]
        public = login_dsn(dsn, login, passwords[login])
        async with open_pool(public, Role.INTAKE, size=1) as pool:
            await demo.fill(pool, city, today)
    return sign_ins


def _environments(
    settings: Settings, dsn: str, passwords: Mapping[str, str], folder: Path
) -> dict[str, dict[str, str]]:
    """What each process is given: its own login, its password in a file only we can read."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ADSTELLE_")}
    shared = {"ADSTELLE_CITY": settings.city, "ADSTELLE_DEMO": "true"}
    if settings.cities is not None:
        shared["ADSTELLE_CITIES"] = str(settings.cities)
    environments = {}
    for process, login in LOGINS.items():
        file = folder / process
        file.touch(mode=0o600)
        file.write_text(passwords[login], encoding="utf-8")
        environments[process] = {
            **kept,
            **shared,
            "ADSTELLE_DSN": login_dsn(dsn, login, ""),
            "ADSTELLE_DATABASE_PASSWORD_FILE": str(file),
        }
    return environments


@contextmanager
def _processes(
    environments: Mapping[str, Mapping[str, str]], port: int, log: Path
) -> Iterator[dict[str, "subprocess.Popen[bytes]"]]:
    ports = {"public": ["--port", str(port)], "staff": ["--port", str(port + 1)]}
    running: dict[str, subprocess.Popen[bytes]] = {}
    try:
        with log.open("ab") as written:
            for process, environment in environments.items():
                running[process] = subprocess.Popen(
                    [sys.executable, "-m", "adstelle", process, *ports.get(process, [])],
                    env=environment,
                    stdout=written,
                    process_group=0,  # Ctrl-C is for us
                    preexec_fn=postgres.end_with_parent(signal.SIGTERM),  # noqa: PLW1509  as there
                )
        yield running
    finally:
        _end(running.values())


def _end(processes: Iterable["subprocess.Popen[bytes]"]) -> None:
    """Ask all to end, then insist."""
    for process in processes:
        process.terminate()
    for process in processes:
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_ready(port: int) -> None:
    deadline = time.monotonic() + READY_SECONDS
    for address in (f"http://127.0.0.1:{port}/leben", f"http://127.0.0.1:{port + 1}/leben"):
        while not is_alive(address):
            if time.monotonic() > deadline:
                raise AdstelleError(f"{address} does not answer")
            time.sleep(0.05)


def is_alive(address: str) -> bool:
    """Whether a health address answers with 200."""
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310  our own address
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _watch(running: Mapping[str, "subprocess.Popen[bytes]"]) -> int:
    """Stay until one of the processes ends, which none should."""
    while True:
        for process, child in running.items():
            if child.poll() is not None:
                print(f"{process} ended unexpectedly; stopping.", file=sys.stderr)
                return 1
        time.sleep(0.2)


def _print_addresses(city: City, port: int, sign_ins: list[demo.SignIn]) -> None:
    print(
        f"\nAdstelle for {city.name} is running (a demo: do not enter anything real).\n\n"
        f"  report     http://localhost:{port}/\n"
        f"  mailbox    http://localhost:{port}/de/postfach\n"
        f"  advisers   http://localhost:{port + 1}/\n"
        f"  API        http://localhost:{port}/api/v1/openapi.json\n"
    )
    if sign_ins:
        print("Demo sign-ins, shown only this once. A one-time code: adstelle code SECRET\n")
        for entry in sign_ins:
            print(f"  {entry.stelle}\n    {entry.login}   {entry.passphrase}   {entry.totp_secret}")
        print()
    print("Ctrl-C stops everything.", flush=True)
