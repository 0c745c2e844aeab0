"""Read what is published, with what was withdrawn since."""

from collections.abc import Sequence
from datetime import date
from functools import lru_cache

import msgspec

from adstelle.database import Pool, Role, transaction
from adstelle.releases import publication, rules, store
from adstelle.releases.publication import Publication
from adstelle.releases.rules import Numbered
from adstelle.releases.tables import Layout


class Release(msgspec.Struct, frozen=True):
    """One entry of the ledger, read; *layout* knows what was withdrawn later.

    *withdrawn*: ids of cells whose numbers no longer stand, since the days *corrected_on*.
    """

    number: int
    published_on: date
    content: bytes
    sha256: bytes
    publication: Publication
    layout: Layout
    withdrawn: frozenset[str] = frozenset()
    corrected_on: tuple[date, ...] = ()

    @property
    def modified_on(self) -> date:
        """The day since which its files are as they are."""
        return max((self.published_on, *self.corrected_on))


class Figures:
    """The published figures; a pool that may take the role `Role.FIGURES`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def releases(self) -> list[Release]:
        """Everything published, in the order in which it was."""
        async with transaction(self._pool, Role.FIGURES) as conn:
            rows = await store.releases(conn)
        read: list[Numbered] = [(row.number, _read(row.content)) for row in rows]
        return [_release(row, rows, rules.withdrawn(row.number, read)) for row in rows]


def _release(
    row: store.Release, rows: Sequence[store.Release], withdrawn: frozenset[str]
) -> Release:
    return Release(
        number=row.number,
        published_on=row.published_on,
        content=row.content,
        sha256=row.sha256,
        publication=_read(row.content),
        layout=_layout(row.content, withdrawn),
        withdrawn=withdrawn,
        corrected_on=tuple(
            it.published_on
            for it in rows
            if row.number in {gone.release for gone in _read(it.content).withdraws}
        ),
    )


@lru_cache(maxsize=64)
def _read(content: bytes) -> Publication:
    """A release never changes: read once, known for good."""
    return publication.read("ledger", content)


@lru_cache(maxsize=64)
def _layout(content: bytes, withdrawn: frozenset[str]) -> Layout:
    return Layout(_read(content), withdrawn)
