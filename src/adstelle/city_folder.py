"""What lies in the folder of a city: files that nobody reads are misspelt ones."""

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final

from adstelle.toml_files import Fault

TOML: Final = ".toml"
DEMO: Final = "incidents"  # what the demo shows; a city need not have it
STATISTICS: Final = "statistics"  # what a city counts; who publishes nothing need not have it


def fault(folder: Path) -> Fault | None:
    """Say why *folder* is no folder."""
    if folder.is_dir():
        return None
    there = "this is a file, a folder is needed" if folder.exists() else "there is no such folder"
    return Fault(str(folder), 1, there)


def unread(folder: Path, names: Collection[str]) -> Iterator[Fault]:
    """Name files that look like data and are not: *names* are those of a city."""
    for path in sorted(folder.glob(f"*{TOML}")):
        if path.stem not in {*names, DEMO, STATISTICS}:
            expected = ", ".join(f"{name}{TOML}" for name in names)
            yield Fault(str(path), 1, f"nobody reads this file; a city has {expected}")


def languages(texts: Path) -> frozenset[str]:
    """The languages in which there are texts."""
    return frozenset(path.stem for path in texts.glob("*") if path.is_dir() or path.suffix == TOML)


def unlisted(texts: Path, listed: Collection[str]) -> Iterator[Fault]:
    """Name texts in languages that the city does not speak (yet)."""
    for path in sorted(texts.glob("*")):
        if (path.is_dir() or path.suffix == TOML) and path.stem not in listed:
            message = f"nobody reads these texts: city.toml does not list language {path.stem}"
            yield Fault(str(path), 1, message)
