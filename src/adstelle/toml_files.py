"""TOML files whose faults can be named by file and line."""

import re
import tomllib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin

import msgspec

from adstelle.errors import AdstelleError

Keys = tuple[str, ...]
Shape = TypeVar("Shape", bound=msgspec.Struct)

_PART = r"""(?:[\w-]+|"[^"]*"|'[^']*')"""
_NAME = rf"{_PART}(?:\s*\.\s*{_PART})*"
_HEADER = re.compile(rf"\s*(\[\[?)\s*({_NAME})\s*\]")
_KEY = re.compile(rf"\s*({_NAME})\s*=\s*(.*)")
_LONG_STRINGS = ('"""', "'''")
# What msgspec says, for people who write data files.
_PLAIN = (
    (r"Object contains unknown field `(.+)`", r"unknown key \1"),
    (r"Object missing required field `(.+)`", r"key \1 is missing"),
    (r"Expected `(.+)`, got `(.+)`", r"must be \1, is \2"),
    (r"Invalid enum value (.+)", r"\1 is not allowed here"),
    (r"Invalid date", "not a date (year-month-day, without quotes)"),
    (r"\bstr\b", "text"),
    (r"\bint\b", "a number"),
    (r"\bfloat\b", "a number"),
    (r"\bbool\b", "true or false"),
    (r"\barray\b", "a list"),
    (r"\bobject\b", "a table"),
    (r" \| null", ""),
)


class Fault(msgspec.Struct, frozen=True, order=True):
    """What is wrong in a data file, and where."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


class DataError(AdstelleError):
    """Data files that must not be used, with every fault found in them."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(sorted(set(faults)))
        super().__init__("\n".join(str(fault) for fault in self.faults))


class Document(msgspec.Struct, frozen=True):
    """One file: its tables, and the line on which each key was written."""

    file: str
    tables: dict[str, Any]
    lines: dict[Keys, int]

    def fault(self, keys: Keys, message: str) -> Fault:
        """Blame the line of *keys*, or of the nearest table around them."""
        while keys and keys not in self.lines:
            keys = keys[:-1]
        return Fault(self.file, self.lines.get(keys, 1), message)


def read_document(path: Path, faults: list[Fault]) -> Document:
    """Read *path*; a file that cannot be read is a fault and counts as empty.

    The mark that some editors put before the text (a byte order mark) is left out.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        return Document(str(path), tomllib.loads(text), key_lines(text))
    except OSError as error:
        faults.append(Fault(str(path), 1, _unread(error)))
    except UnicodeDecodeError as error:
        line = bytes(error.object[: error.start]).count(b"\n") + 1
        faults.append(Fault(str(path), line, "not UTF-8: please save the file as UTF-8"))
    except tomllib.TOMLDecodeError as error:
        faults.append(_syntax_fault(path, text, str(error)))
    return Document(str(path), {}, {})


def _unread(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "file is missing"
    if isinstance(error, IsADirectoryError):
        return "this is a folder, a file is needed"
    return f"file cannot be read: {error.strerror}"


def _syntax_fault(path: Path, text: str, message: str) -> Fault:
    """Say once where the fault is; at the end of the file it is on the last line."""
    found = re.search(r" \(at (?:line (\d+), column \d+|end of document)\)", message)
    line = int(found[1]) if found and found[1] else text.rstrip("\n").count("\n") + 1
    return Fault(str(path), line, f"not TOML: {re.sub(r' [(]at [^)]*[)]$', '', message)}")


def key_lines(text: str) -> dict[Keys, int]:
    """Find the line of each table and key; entries of an array of tables carry their number."""
    lines: dict[Keys, int] = {}
    sizes: dict[Keys, int] = {}
    table: Keys = ()
    closing = ""
    for number, line in enumerate(text.split("\n"), start=1):
        if closing:
            closing = "" if closing in line else closing
        elif header := _HEADER.match(line):
            table = _opened(_parts(header[2]), is_array=header[1] == "[[", sizes=sizes)
            lines.setdefault(table, number)
            lines.setdefault(_parts(header[2]), number)
        elif key := _KEY.match(line):
            _note(lines, table, _parts(key[1]), number)
            closing = _still_open(key[2])
    return lines


def _note(lines: dict[Keys, int], table: Keys, parts: Keys, number: int) -> None:
    """Note a dotted key under each table that it opens on the way."""
    for depth in range(1, len(parts) + 1):
        lines.setdefault(table + parts[:depth], number)


def _opened(parts: Keys, *, is_array: bool, sizes: dict[Keys, int]) -> Keys:
    """Spell out a header as the keys that lead to its table, array entries by number."""
    keys: Keys = ()
    for depth, part in enumerate(parts, start=1):
        keys += (part,)
        if is_array and depth == len(parts):
            sizes[keys] = sizes.get(keys, 0) + 1
        if keys in sizes:
            keys += (str(sizes[keys] - 1),)
    return keys


def _parts(name: str) -> Keys:
    return tuple(part.strip("\"'") for part in re.findall(_PART, name))


def _still_open(value: str) -> str:
    """Name the quotes of a string that goes on in the next line."""
    opened = value[:3]
    return opened if opened in _LONG_STRINGS and opened not in value[3:] else ""


def shaped(document: Document, keys: Keys, shape: type[Shape], faults: list[Fault]) -> Shape | None:
    """Read the table at *keys* as a *shape*; note every fault in it, not only the first."""
    table = _table(document, keys)
    known = len(faults)
    fields = {field.name: field for field in msgspec.structs.fields(shape)}
    values: dict[str, Any] = {}
    for name, value in table.items():
        if name not in fields:
            faults.append(document.fault((*keys, name), f"unknown key {name}"))
            continue
        try:
            values[name] = msgspec.convert(value, fields[name].type)
        except msgspec.ValidationError as error:
            message = _none_of(fields[name].type, value) or str(error)
            faults.append(misshapen(document, (*keys, name), message))
    for name, field in fields.items():
        if field.required and name not in table:
            faults.append(document.fault(keys, f"key {name} is missing"))
    return None if len(faults) > known else shape(**values)


def _none_of(kind: Any, value: object) -> str:
    """List what may stand where only some words may."""
    allowed = get_args(kind) if get_origin(kind) is Literal else ()
    return f"{value!r} is none of {', '.join(map(str, allowed))}" if allowed else ""


def misshapen(document: Document, keys: Keys, message: str) -> Fault:
    """Say in plain words what is wrong with an entry, and blame the line on which it stands.

    msgspec ends its message with the way to the entry: `` - at `$[1].code` ``.
    """
    message, _, way = message.partition(" - at `$")
    inside = tuple(re.findall(r"[\w-]+", way))
    for technical, plain in _PLAIN:
        message = re.sub(technical, plain, message)
    unknown = re.findall(r"^unknown key (.+)", message)  # it has a line of its own
    return document.fault((*keys, *inside, *unknown), f"{'.'.join((keys[-1], *inside))}: {message}")


def shaped_each(
    document: Document, name: str, shape: type[Shape], faults: list[Fault], beside: str = ""
) -> tuple[tuple[Keys, Shape], ...]:
    """Read the array of tables *name*, each entry with its place; only *beside* may stand by it."""
    for other in document.tables.keys() - {name, beside}:
        faults.append(document.fault((other,), f"unknown key {other}"))
    places = [(name, str(number)) for number in range(len(tables(document, name)))]
    if name in document.tables and not places:
        faults.append(document.fault((name,), f"{name} must be written as [[{name}]]"))
    entries = ((keys, shaped(document, keys, shape, faults)) for keys in places)
    return tuple((keys, entry) for keys, entry in entries if entry is not None)


def tables(document: Document, name: str) -> list[dict[str, Any]]:
    """The entries of the array of tables *name*, right or wrong."""
    entries = document.tables.get(name)
    if isinstance(entries, list) and all(isinstance(entry, dict) for entry in entries):
        return entries
    return []


def repeated(names: Iterable[str]) -> frozenset[str]:
    """Name what occurs more than once."""
    return frozenset(name for name, count in Counter(names).items() if count > 1)


def _table(document: Document, keys: Keys) -> dict[str, Any]:
    table: Any = document.tables
    for key in keys:
        table = table[int(key)] if isinstance(table, list) else table[key]
    return dict(table)
