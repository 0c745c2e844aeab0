"""Adding up counts that nobody else may see: additive shares (docs/federation.md).

Each city splits each count into one share for every city, all of them random but for their sum
modulo `MODULUS`. It keeps its own share and sends each of the others one. Each adds up what it
holds; the sum of those sums is the sum of the counts. All but one share of a count are
uniformly random: whoever lacks one share of a city knows nothing of its count. As many cities as
there are, less one, learn the last one's count by putting together what they hold; so they do by
subtracting their own counts from the sum.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, TypeAlias

import msgspec

from adstelle.errors import AdstelleError

MODULUS: Final = 2**64
FEWEST: Final = 3  # of two cities each learns the other's count from the sum

Counts: TypeAlias = Mapping[str, int]  # id of a cell: count
Draw: TypeAlias = Callable[[], int]  # a number from 0 to MODULUS - 1, from a secret source


class WrongShares(AdstelleError):
    """Shares are missing, doubled, or about other cells; nothing is added up."""


class Share(msgspec.Struct, frozen=True):
    """What one city tells another, once: random numbers by cell."""

    sender: str
    receiver: str
    values: dict[str, int]


class Partial(msgspec.Struct, frozen=True):
    """What a city tells the statistics office: by cell the sum of the shares it holds."""

    sender: str
    values: dict[str, int]


def split(counts: Counts, sender: str, cities: Sequence[str], draw: Draw) -> list[Share]:
    """A share for every city, the sender's own last. Raises `WrongShares` for too few cities."""
    if len(set(cities)) < FEWEST or sender not in cities:
        raise WrongShares(f"at least {FEWEST} different cities add up, the sender among them")
    left = dict(counts)
    shares = []
    for city in cities:
        if city != sender:
            values = {cell: draw() for cell in counts}
            left = {cell: (left[cell] - values[cell]) % MODULUS for cell in left}
            shares.append(Share(sender, city, values))
    return [*shares, Share(sender, sender, left)]


def partial(receiver: str, cities: Sequence[str], shares: Iterable[Share]) -> Partial:
    """Add up what *receiver* holds: one share of each city. Raises `WrongShares`."""
    held = list(shares)
    if any(it.receiver != receiver for it in held):
        raise WrongShares("a share is meant for somebody else")
    return Partial(receiver, _summed(cities, [(it.sender, it.values) for it in held]))


def opened(cities: Sequence[str], partials: Iterable[Partial]) -> dict[str, int]:
    """The sum of all counts by cell, of one partial sum of each city. Raises `WrongShares`."""
    return _summed(cities, [(it.sender, it.values) for it in partials])


def _summed(cities: Sequence[str], given: Sequence[tuple[str, Counts]]) -> dict[str, int]:
    if sorted(sender for sender, _ in given) != sorted(cities):
        raise WrongShares("there must be exactly one from each city")
    cells = given[0][1].keys()
    if any(values.keys() != cells for _, values in given):
        raise WrongShares("they are not about the same cells")
    return {cell: sum(values[cell] for _, values in given) % MODULUS for cell in cells}
