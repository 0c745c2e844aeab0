"""Read what a browser sent: bounded, strictly UTF-8, never quoted back outside its own field."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

from litestar import Request
from litestar.exceptions import ClientException, InternalServerException

from adstelle.errors import AdstelleError, BrokenOff

MOST_BYTES: Final = 16 * 1024 * 1024
MOST_FIELDS: Final = 200
FORM: Final = "application/x-www-form-urlencoded"

Entries = Mapping[str, tuple[str, ...]]


class Unreadable(AdstelleError):
    """What came is not a form our pages send: other encoding, or broken UTF-8."""


async def read_form(request: Request[Any, Any, Any]) -> dict[str, tuple[str, ...]]:
    """Read a form's fields, each with everything entered for it, line ends as ``\\n``.

    Raises `Unreadable`, `BrokenOff`; a body over 16 MiB is refused before it is read.
    """
    if not (request.headers.get("content-type") or FORM).startswith(FORM):
        raise Unreadable
    try:
        body = (await request.body()).decode("ascii")
        pairs = parse_qsl(body, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ClientException:
        raise
    except InternalServerException:  # the browser is gone, or too slow
        raise BrokenOff from None
    except ValueError:  # includes UnicodeDecodeError; the message may quote the entry
        raise Unreadable from None
    fields: dict[str, tuple[str, ...]] = {}
    for name, value in pairs:
        cleaned = value.replace("\r\n", "\n").replace("\x00", "")
        fields[name] = (*fields.get(name, ()), cleaned)
    return fields


def typed(entries: Entries, name: str) -> str:
    """The last thing entered for *name*, as it was typed; empty if nothing was."""
    return (entries.get(name) or ("",))[-1]


def one(entries: Entries, name: str) -> str:
    """What was `typed`, without outer white space."""
    return typed(entries, name).strip()


def many(entries: Entries, name: str) -> tuple[str, ...]:
    """Everything entered for *name*, each once, without empty entries."""
    return tuple(dict.fromkeys(entry for entry in entries.get(name, ()) if entry))
