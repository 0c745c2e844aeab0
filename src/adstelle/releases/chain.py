"""The entries of the ledger and how each is chained to the one before."""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Final

import msgspec

BEGINNING: Final = bytes(32)  # what the first entry follows


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One release as it lies in the ledger. *content*: its canonical bytes."""

    number: int
    published_on: date
    content: bytes
    sha256: bytes
    previous: bytes
    prepared_by: str
    approved_by: str
    hash: bytes


def link(
    previous: Entry | None,
    content: bytes,
    published_on: date,
    *,
    prepared_by: str,
    approved_by: str,
) -> Entry:
    """Make the entry that follows *previous*."""
    entry = Entry(
        number=previous.number + 1 if previous else 1,
        published_on=published_on,
        content=content,
        sha256=hashlib.sha256(content).digest(),
        previous=previous.hash if previous else BEGINNING,
        prepared_by=prepared_by,
        approved_by=approved_by,
        hash=b"",
    )
    return msgspec.structs.replace(entry, hash=seal_of(entry))


def seal_of(entry: Entry) -> bytes:
    """The hash over everything an entry says and over the hash before it."""
    said = {
        "number": entry.number,
        "published_on": entry.published_on.isoformat(),
        "sha256": entry.sha256.hex(),
        "previous": entry.previous.hex(),
        "prepared_by": entry.prepared_by,
        "approved_by": entry.approved_by,
    }
    return hashlib.sha256(msgspec.json.encode(said, order="sorted")).digest()


def breaks(entries: Iterable[Entry]) -> Iterator[str]:
    """Name every place where the chain does not hold."""
    previous, number = BEGINNING, 0
    for entry in entries:
        number += 1
        if entry.number != number:
            yield f"release {number} is missing"
            number = entry.number
        if hashlib.sha256(entry.content).digest() != entry.sha256:
            yield f"release {entry.number}: the content is not what was published"
        if entry.previous != previous:
            yield f"release {entry.number}: does not follow the release before it"
        if seal_of(entry) != entry.hash:
            yield f"release {entry.number}: number, day or names were changed"
        previous = entry.hash
