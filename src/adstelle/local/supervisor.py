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
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Final, Self
from urllib.parse import urlsplit, urlunsplit

from adstelle import database
from adstelle.accounts import setup
from adstelle.city import CITIES, City
from adstelle.crypto.hpke import PublicKey
from adstelle.database import Role, open_pool
from adstelle.errors import AdstelleError
from adstelle.local import demo, postgres
from adstelle.local.health import is_alive
from adstelle.settings import PREFIX, Settings, with_password

LOGINS: Final = {
    "public": "adstelle_public",
    "staff": "adstelle_staff",
    "worker": "adstelle_worker",
}
READY_SECONDS: Final = 180.0  # a busy machine takes its time
STOP_SECONDS: Final = 15.0


class Stopped(Exception):
    """A signal asked us to end."""


def run(settings: Settings, city: City, *, port: int) -> int:
    """Start everything, print where it is, and stay until a signal comes or a process ends."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _raise_stopped)
    try:
        with _administrator(settings) as dsn, tempfile.TemporaryDirectory() as folder:
            passwords = {login: secrets.token_urlsafe(24) for login in LOGINS.values()}
            with Processes(settings, dsn, passwords, Path(folder)) as processes:
                # Both load while the database is prepared; nobody knows their addresses yet.
                processes.start("public", port)
                processes.start("staff", port + 1)
                shown = (settings.cities or CITIES) / city.code
                sign_ins = asyncio.run(_prepare(dsn, city, passwords, shown))
                processes.start("worker", None)
                wait_until_ready(port, processes)
                _print_addresses(city, port, sign_ins)
                print(f"What happens is written to {processes.log}.", flush=True)
                return processes.watch()
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


async def _prepare(
    dsn: str, city: City, passwords: dict[str, str], folder: Path
) -> list[demo.SignIn]:
    """Bring the database up to date, and set the demo up on its first start.

    *folder*: the city's, with incidents and figures to show.
    """
    await database.migrate(dsn, passwords)
    today = city.today()
    async with open_pool(dsn, Role.OPERATOR, size=1) as operator:
        sign_ins = await demo.set_up(operator, city, today)
        if sign_ins:
            await demo.publish(operator, folder, today)
        key = await setup.public_key(operator, setup.STATISTICS)
    if sign_ins and key is not None:
        public, staff = (
            login_dsn(dsn, login, passwords[login]) for login in (LOGINS["public"], LOGINS["staff"])
        )
        async with (
            open_pool(public, Role.INTAKE, size=1) as intake,
            open_pool(staff, Role.CASEWORK, size=1) as casework,
        ):
            await demo.fill(intake, city, demo.incidents(folder), today)
            await demo.count(PublicKey(key), intake, casework, city, today)
    return sign_ins


class Processes:
    """The processes of the service, each with its own login; leaving it ends them all.

    A process's password is in a file that only this user can read.
    """

    def __init__(
        self, settings: Settings, dsn: str, passwords: Mapping[str, str], folder: Path
    ) -> None:
        self.log = folder / "events"
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._dsn, self._passwords, self._folder = dsn, passwords, folder
        self._shared = {"ADSTELLE_CITY": settings.city, "ADSTELLE_DEMO": "true"}
        if settings.cities is not None:
            self._shared["ADSTELLE_CITIES"] = str(settings.cities)
        if settings.signing_key_file is not None:
            self._shared["ADSTELLE_SIGNING_KEY_FILE"] = str(settings.signing_key_file)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._running.values():
            process.terminate()
        for process in self._running.values():
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def start(self, name: str, port: int | None) -> None:
        """Start one process; it ends with this one, however this one ends."""
        place = [] if port is None else ["--port", str(port)]
        with self.log.open("ab") as written:
            self._running[name] = subprocess.Popen(
                [sys.executable, "-m", "adstelle", name, *place],
                env=self._environment(name) | origins(name, port),
                stdout=written,
                process_group=0,  # Ctrl-C is for us
                preexec_fn=postgres.end_with_parent(signal.SIGTERM),  # noqa: PLW1509  as there
            )

    def watch(self) -> int:
        """Stay until one of the processes ends, which none should."""
        while (name := self.ended()) is None:
            time.sleep(0.2)
        print(f"{name} ended unexpectedly; stopping.", file=sys.stderr)
        return 1

    def ended(self) -> str | None:
        """Name a process that ended, if one did."""
        return next((n for n, process in self._running.items() if process.poll() is not None), None)

    def _environment(self, name: str) -> dict[str, str]:
        login = LOGINS[name]
        file = self._folder / name
        file.touch(mode=0o600)
        file.write_text(self._passwords[login], encoding="utf-8")
        kept = {key: value for key, value in os.environ.items() if not key.startswith(PREFIX)}
        return {
            **kept,
            **self._shared,
            "ADSTELLE_DSN": login_dsn(self._dsn, login, ""),
            "ADSTELLE_DATABASE_PASSWORD_FILE": str(file),
        }


def origins(name: str, port: int | None) -> dict[str, str]:
    """Where both sides are reached here, for the advisers' one.

    A passkey answers to its own address only; slips and releases say where people go.
    """
    if name != "staff" or port is None:
        return {}
    return {
        "ADSTELLE_ORIGIN": f"http://localhost:{port - 1}",
        "ADSTELLE_STAFF_ORIGIN": f"http://localhost:{port}",
    }


def wait_until_ready(port: int, processes: Processes) -> None:
    """Wait until both sides answer.

    Raises AdstelleError: a process ended, so that waiting is in vain; or they never answer.
    """
    deadline = time.monotonic() + READY_SECONDS
    for address in (f"http://127.0.0.1:{port}/leben", f"http://127.0.0.1:{port + 1}/leben"):
        while not is_alive(address):
            if (name := processes.ended()) is not None:
                raise AdstelleError(f"{name} ended before it was ready")
            if time.monotonic() > deadline:
                raise AdstelleError(f"{address} does not answer")
            time.sleep(0.05)


def _print_addresses(city: City, port: int, sign_ins: list[demo.SignIn]) -> None:
    print(
        f"\nAdstelle for {city.name} is running (a demo: do not enter anything real).\n\n"
        f"  report     http://localhost:{port}/\n"
        f"  mailbox    http://localhost:{port}/de/postfach\n"
        f"  figures    http://localhost:{port}/de/zahlen\n"
        f"  advisers   http://localhost:{port + 1}/\n"
        f"  API        http://localhost:{port}/api/v1/openapi.json\n"
    )
    if sign_ins:
        print("Demo sign-ins, shown only this once. A one-time code: adstelle code SECRET\n")
        for entry in sign_ins:
            print(f"  {entry.stelle}\n    {entry.login}   {entry.passphrase}   {entry.totp_secret}")
        print()
    print("Ctrl-C stops everything.", flush=True)
