"""Count cards with what the Stellen found of them: read sealed, opened with the statistics key.

Nothing is held but the assessments, packed: about half a kilobyte each. Cards pass by one by one.
"""

from collections.abc import AsyncIterator, Iterable, Iterator
from enum import StrEnum
from uuid import UUID

import msgspec

from adstelle.crypto import sealing
from adstelle.crypto.hpke import PrivateKey
from adstelle.database import Connection, queries
from adstelle.domain.counting import AssessedCard, Assessment
from adstelle.errors import Unopenable

_sql = queries("cards")


class What(StrEnum):
    """What a row holds."""

    ASSESSMENT = "assessment"
    CARD = "card"


class Sealed(msgspec.Struct, frozen=True):
    """A row as it stands in the database; *number* is the card's or the assessment's own."""

    what: What
    number: UUID
    sealed: bytes


class Faults(msgspec.Struct):
    """What could not be counted, so that nothing is lost silently."""

    cards: int = 0  # do not open
    assessments: int = 0  # do not open
    orphans: int = 0  # assessments whose card is missing, or does not open

    def __bool__(self) -> bool:
        return bool(self.cards or self.assessments or self.orphans)


async def sealed(conn: Connection) -> AsyncIterator[Sealed]:
    """Read all assessments and then all cards, in an order that says nothing.

    In a transaction of `Role.STATISTICS`; only a few rows are held at once.
    """
    async with _sql.assessments_cursor(conn) as rows:
        async for row in rows:
            yield Sealed(What.ASSESSMENT, row["number"], row["sealed"])
    async with _sql.cards_cursor(conn) as rows:
        async for row in rows:
            yield Sealed(What.CARD, row["number"], row["sealed"])


def opened(key: PrivateKey, rows: Iterable[Sealed], faults: Faults) -> Iterator[AssessedCard]:
    """Open cards, each with its assessments in the order of the Stellen, and count *faults*.

    All assessments come before the first card. Raises `ValueError` where one comes later.
    """
    waiting: dict[bytes, list[bytes]] = {}
    is_begun = False
    for row in rows:
        if row.what is What.CARD:
            is_begun = True
            card = _card(key, row, waiting, faults)
            if card is not None:
                yield card
        elif is_begun:
            raise ValueError("an assessment behind the first card")
        else:
            _wait(key, row, waiting, faults)
    faults.orphans += sum(map(len, waiting.values()))


def _wait(key: PrivateKey, row: Sealed, waiting: dict[bytes, list[bytes]], faults: Faults) -> None:
    """Open an assessment and keep it until its card comes."""
    try:
        found = sealing.open_assessment(key, row.sealed, row.number)
    except Unopenable:
        faults.assessments += 1
        return
    waiting.setdefault(found.card_id.bytes, []).append(msgspec.msgpack.encode(found))


def _card(
    key: PrivateKey, row: Sealed, waiting: dict[bytes, list[bytes]], faults: Faults
) -> AssessedCard | None:
    try:
        card = sealing.open_card(key, row.sealed, row.number)
    except Unopenable:
        faults.cards += 1
        return None
    packed = waiting.pop(row.number.bytes, ())
    found = [msgspec.msgpack.decode(each, type=Assessment) for each in packed]
    found.sort(key=lambda each: each.stelle)
    return AssessedCard(card_id=row.number, card=card, assessments=tuple(found))
