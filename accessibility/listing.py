"""Read pages.toml: every page in every state, and the way to it."""

import tomllib
from pathlib import Path
from typing import Final

import msgspec

from accessibility.rules.page import Frame, Side

LANGUAGES: Final = ("de", "de-simple", "en", "ar")
FILE: Final = Path(__file__).with_name("pages.toml")


class State(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing a page can look like; pages.toml says what the fields mean."""

    name: str
    way: tuple[str, ...]
    status: int = 200
    errors: tuple[str, ...] = ()
    faulty: bool | None = None
    shows: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()

    @property
    def seen_in(self) -> tuple[str, ...]:
        return self.languages or LANGUAGES

    @property
    def is_fault(self) -> bool:
        return bool(self.errors) if self.faulty is None else self.faulty


class ListedPage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One address in all its states."""

    name: str
    side: Side
    routes: tuple[str, ...]
    state: tuple[State, ...]
    frame: Frame | None = None


class NoPage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Addresses that answer with something else, and with what."""

    routes: tuple[str, ...]
    because: str


class Listing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file."""

    ways: dict[str, tuple[str, ...]]
    page: tuple[ListedPage, ...]
    no_page: tuple[NoPage, ...]

    def commands(self, way: tuple[str, ...]) -> list[str]:
        """Write a way out in full."""
        return [
            command
            for step in way
            for command in (self.commands(self.ways[step]) if step in self.ways else [step])
        ]


def load() -> Listing:
    """Read the file. Raises `msgspec.ValidationError` naming what is wrong in it."""
    written = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return msgspec.convert(written, Listing)
