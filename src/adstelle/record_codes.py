"""The codes of the working record that hold in every city, read from `record_codes.toml`."""

import tomllib
from pathlib import Path

import msgspec

FILE = Path(__file__).with_name("record_codes.toml")


class RecordCodes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The answers to each question of the record, in the order in which they are shown."""

    role: tuple[str, ...]
    age: tuple[str, ...]
    established: tuple[str, ...]
    severity: tuple[str, ...]
    criminal: tuple[str, ...]
    local_link: tuple[str, ...]
    agg_area: tuple[str, ...]
    outcomes: tuple[str, ...]
    publication: tuple[str, ...]
    contact: tuple[str, ...]
    intervention: tuple[str, ...]
    event: tuple[str, ...]
    draft_seen: tuple[str, ...]


def load_record_codes(file: Path = FILE) -> RecordCodes:
    """Read the codes. Raises `msgspec.ValidationError` naming what is wrong."""
    return msgspec.convert(tomllib.loads(file.read_text(encoding="utf-8")), RecordCodes)
