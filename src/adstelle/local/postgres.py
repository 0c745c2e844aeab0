"""Start and stop a PostgreSQL of one's own, from a Python wheel or an installation.

Only the programs of a wheel are used, never its own launcher: those open folders to everybody,
make accounts and trust every connection. What holds here:

* Every connection needs a password (SCRAM); there is no network listener, only a socket.
* As root the server runs as `nobody`. No mode of a folder that was there before is changed.
* The server ends in order when the process that started it ends, however that ends.
* Its log never holds a value out of a statement.
"""

import ctypes
import fcntl
import hashlib
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO, Self
from urllib.parse import quote, urlencode

from adstelle.local.programs import (
    NOBODY,
    ROOTS_DATA,
    NotStarted,
    as_server,
    find_binaries,
    make_folder,
    reachable,
    run,
    version,
)

OLDEST = 15
START_SECONDS = 120.0  # a recovery after a crash takes its time
STOP_SECONDS = 60.0
SOCKETS = Path("/tmp")  # noqa: S108  short, as a socket's name must be; the owner is checked
PR_SET_PDEATHSIG = 1
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_destination": "stderr",
    "logging_collector": "off",
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_min_duration_statement": "-1",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_statement": "none",
}


@dataclass(frozen=True)
class Server:
    """A running PostgreSQL. Leaving it as a context manager stops it."""

    data: Path
    sockets: Path
    process: "subprocess.Popen[bytes]" = field(repr=False)
    lock: IO[str] = field(repr=False)

    @property
    def log(self) -> Path:
        return self.data / "postgres.log"

    @property
    def cluster(self) -> Path:
        return self.data / "cluster"

    def dsn(self, user: str, password: str, database: str) -> str:
        place = urlencode({"host": str(self.sockets), "port": "5432"})
        return f"postgresql://{quote(user, safe='')}:{quote(password, safe='')}@/{database}?{place}"

    @property
    def superuser_dsn(self) -> str:
        return self.dsn("postgres", _password_file(self.data).read_text(), "postgres")

    def stop(self) -> None:
        """End all connections and shut down in order. Harmless when it has ended already."""
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
        shutil.rmtree(self.sockets, ignore_errors=True)
        self.lock.close()

    def kill(self) -> None:
        """End it as a power cut would. The next start has to recover."""
        self.process.kill()
        for left in _processes_in(self.cluster):
            with suppress(ProcessLookupError):
                os.kill(left, signal.SIGKILL)
        self.process.wait()
        self.lock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def start(
    data: Path, *, binaries: Path | None = None, options: Mapping[str, str] | None = None
) -> Server:
    """Start the server that keeps everything in *data*, which is made if need be.

    Call it in the main thread: the server ends with the thread that started it. Raises
    `NotStarted`.
    """
    binaries = reachable(binaries or find_binaries())
    data = data.absolute()
    with ExitStack() as undo:
        try:
            make_folder(data)
            lock = undo.enter_context(_only_one(data))
            _wait_for_the_last_one(data / "cluster")
            sockets = _socket_folder(data)
            undo.callback(shutil.rmtree, sockets, ignore_errors=True)
            _initialise(data, binaries, sockets)
            process = _launch(data, binaries, sockets, options or {})
        except OSError as error:
            raise NotStarted(f"PostgreSQL in {data}: {error}") from error
        undo.pop_all()
    return Server(data, sockets, process, lock)


@contextmanager
def temporary(
    *, binaries: Path | None = None, options: Mapping[str, str] | None = None
) -> Iterator[Server]:
    """Give a server with a folder of its own that is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="adstelle-database-"))
    try:
        if os.geteuid() == 0:
            folder.chmod(0o711)
        with start(folder, binaries=binaries, options=options) as server:
            yield server
    finally:
        shutil.rmtree(folder)


def default_data() -> Path:
    """Where the data of this user lie when no folder is named."""
    if os.geteuid() == 0:
        return ROOTS_DATA / "database"
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "adstelle" / "database"


# Folders ------------------------------------------------------------------------------------


def _only_one(data: Path) -> IO[str]:
    """Take the lock of *data*; the system lets go of it when this process ends."""
    lock = (data / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise NotStarted(f"the database in {data} is in use by another Adstelle") from None
    return lock


def _wait_for_the_last_one(cluster: Path) -> None:
    """Let a server end whose Adstelle was killed, then forget the process number it left.

    The number may belong to any other process by now, and PostgreSQL would refuse to start.
    """
    deadline = time.monotonic() + STOP_SECONDS
    while left := _processes_in(cluster):
        if time.monotonic() > deadline:
            raise NotStarted(f"an earlier PostgreSQL still works in {cluster}: process {left[0]}")
        time.sleep(0.02)
    (cluster / "postmaster.pid").unlink(missing_ok=True)


def _processes_in(folder: Path) -> list[int]:
    """Find the processes of a server: all of them work in the folder of its cluster."""
    found = []
    place = str(folder.resolve())
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if os.readlink(process / "cwd") == place:
                found.append(int(process.name))
    return found


def _socket_folder(data: Path) -> Path:
    """Make an empty folder, always the same for *data* and closed to everybody else.

    Not in *data*: a copy of the cluster would take the socket's lock with it and not start.
    """
    owner = os.geteuid() or NOBODY
    folder = SOCKETS / f"adstelle-{owner}-{hashlib.sha256(os.fsencode(data)).hexdigest()[:12]}"
    with suppress(FileNotFoundError):
        if folder.lstat().st_uid not in {owner, os.geteuid()}:
            raise NotStarted(f"{folder} belongs to somebody else")
        shutil.rmtree(folder)
    folder.mkdir(mode=0o700)
    if os.geteuid() == 0:
        os.chown(folder, NOBODY, NOBODY)
    return folder


# Server -------------------------------------------------------------------------------------


def _password_file(data: Path) -> Path:
    return data / "superuser-password"


def _initialise(data: Path, binaries: Path, sockets: Path) -> None:
    """Make the cluster unless it is there. One that was cut short is begun again."""
    cluster = data / "cluster"
    major = version(binaries) or 0
    if major < OLDEST:
        raise NotStarted(f"{binaries} is PostgreSQL {major}; Adstelle needs {OLDEST} or newer")
    if cluster.exists():
        made_by = (cluster / "PG_VERSION").read_text().strip()
        if made_by != str(major):
            raise NotStarted(f"{cluster} is of PostgreSQL {made_by}, {binaries} is {major}")
        return
    password = secrets.token_urlsafe(24)
    _write_secret(_password_file(data), password, os.geteuid())
    given = sockets / "password"
    _write_secret(given, password, os.geteuid() or NOBODY)
    part = data / "cluster.part"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(mode=0o700)
    if os.geteuid() == 0:
        os.chown(part, NOBODY, NOBODY)
    made = run(binaries / "initdb", *_initdb_arguments(major, part, given))
    if made.returncode:
        raise NotStarted(f"initdb failed: {made.stderr.strip()}")
    given.unlink()
    part.rename(cluster)


def _initdb_arguments(major: int, cluster: Path, password: Path) -> list[str]:
    """The same order of text everywhere: built in from 17, of the system before."""
    arguments = [f"--pgdata={cluster}", "--username=postgres", f"--pwfile={password}"]
    arguments += ["--auth=scram-sha-256", "--encoding=UTF8", "--data-checksums"]
    if major >= 17:
        return [*arguments, "--no-locale", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    return [*arguments, "--locale=C.UTF-8", "--lc-messages=C"]


def _write_secret(path: Path, text: str, owner: int) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        if owner != os.geteuid():
            os.fchown(file.fileno(), owner, owner)


def _launch(
    data: Path, binaries: Path, sockets: Path, options: Mapping[str, str]
) -> "subprocess.Popen[bytes]":
    cluster, log = data / "cluster", data / "postgres.log"
    settings = {**SETTINGS, "unix_socket_directories": str(sockets), **options}
    command = [str(binaries / "postgres"), "-D", str(cluster)]
    command += [f"--{name}={value}" for name, value in settings.items()]
    with os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as written:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=written,
            process_group=0,  # Ctrl-C is for us; we stop the server last
            preexec_fn=end_with_parent(signal.SIGINT),  # noqa: PLW1509  two system calls
            **as_server(),
        )
    try:
        _wait_until_ready(process, cluster, log)
    except BaseException:  # Ctrl-C as well
        process.send_signal(signal.SIGQUIT)
        process.wait()
        raise
    return process


def _wait_until_ready(process: "subprocess.Popen[bytes]", cluster: Path, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not _is_ready(cluster, process.pid):
        if process.poll() is not None:
            raise NotStarted(f"PostgreSQL did not start:\n{log.read_text()[-2000:].strip()}")
        if time.monotonic() > deadline:
            raise NotStarted(f"PostgreSQL was not ready after {START_SECONDS:.0f} s: see {log}")
        time.sleep(0.01)


def _is_ready(cluster: Path, pid: int) -> bool:
    """Read what the server writes about itself: its number first, its state in line 8."""
    try:
        lines = (cluster / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return False
    return len(lines) > 7 and lines[0] == str(pid) and lines[7].strip() == "ready"


def end_with_parent(number: signal.Signals) -> Callable[[], None] | None:
    """Give the `preexec_fn` that has a child receive *number* when we end, however we end.

    For PostgreSQL an interrupt is an orderly stop.
    """
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl
    return partial(_ask_for_signal, prctl, int(number), os.getpid())


def _ask_for_signal(prctl: Callable[..., int], number: int, parent: int) -> None:
    prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)
    if os.getppid() != parent:  # it ended before we asked
        os._exit(1)
