"""What others do to tables: random rounding, cell keys, differential privacy. For comparison only;
nothing that leaves the house is made by it.

A noise depends on a secret and on what is counted, not on the order: the same secret gives the
same figures, and one condition has one noise in every table.
"""

import hashlib
import hmac
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from math import exp, floor, log, prod
from typing import Any, NamedTuple

from adstelle.disclosure.problem import Cell, Dimension, Problem
from adstelle.disclosure.spaces import canonical, only_has

FINE = 2**52  # chances are counted in parts of this
STEPS = 60


class Draw(NamedTuple):
    """Even chances for one purpose."""

    seed: bytes
    purpose: str

    def of(self, name: str, number: int = 0) -> int:
        """From 0 to `FINE` − 1."""
        message = f"{self.purpose} {number} {name}".encode()
        return int.from_bytes(hmac.digest(self.seed, message, hashlib.sha256)[:8]) % FINE


def rounded_at_random(value: int, base: int, chance: int) -> int:
    """Up or down to a multiple of *base*, in the mean the value itself."""
    down = value - value % base
    return down + base * (chance * base < value % base * FINE)


class CellKey:
    """The cell-key method: a count is changed by at most *most*, by nothing in the mean, with the
    given *variance*; no count from 1 to *never* occurs, and nought stays nought.

    Of the distributions that do so the one of greatest entropy, as the statistical offices take it
    (Giessing 2016, Computational issues in the design of transition probabilities).
    """

    def __init__(self, most: int, variance: float, never: int = 0) -> None:
        self.most, self._variance, self._never = most, variance, never
        self._known: dict[int, list[tuple[int, int]]] = {0: [(0, FINE)]}

    def changed(self, value: int, chance: int) -> int:
        """The count that is shown."""
        return value + next(noise for noise, upper in self._table(value) if chance < upper)

    def noises(self, value: int) -> list[int]:
        """By how much this count can be changed."""
        return [noise for noise, _ in self._table(value)]

    def range(self, shown: int) -> tuple[int, int]:
        """Between what somebody who knows the method knows the count to be."""
        possible = [
            value
            for value in range(max(0, shown - self.most), shown + self.most + 1)
            if shown - value in self.noises(value)
        ]
        return possible[0], possible[-1]

    def _table(self, value: int) -> list[tuple[int, int]]:
        value = min(value, self.most + self._never + 1)  # all greater ones are changed alike
        if value not in self._known:
            noises = [
                noise
                for noise in range(-self.most, self.most + 1)
                if value + noise == 0 or value + noise > self._never
            ]
            chances = _widest(noises, self._variance)
            sums = [round(FINE * sum(chances[: place + 1])) for place in range(len(noises))]
            self._known[value] = [*zip(noises, [*sums[:-1], FINE], strict=True)]
        return self._known[value]


def _widest(noises: Sequence[int], variance: float) -> list[float]:
    """The chances of greatest entropy with mean 0 and this variance: exp(a·v + b·v²), by Newton."""
    a = b = 0.0
    for _ in range(STEPS):
        weights = [exp(a * v + b * v * v) for v in noises]
        one, two, three, four = (
            sum(weight * v**power for weight, v in zip(weights, noises, strict=True)) / sum(weights)
            for power in (1, 2, 3, 4)
        )
        aa, ab, bb = two - one * one, three - one * two, four - two * two
        off, area = two - variance, aa * bb - ab * ab
        a -= max(-0.5, min(0.5, (bb * one - ab * off) / area))
        b -= max(-0.5, min(0.5, (aa * off - ab * one) / area))
    return [weight / sum(weights) for weight in weights]


def noise(epsilon: float, sensitivity: int, one: int, other: int) -> int:
    """Of the two-sided geometric distribution: *one* and *other* are even chances."""
    return _geometric(epsilon / sensitivity, one) - _geometric(epsilon / sensitivity, other)


def _geometric(rate: float, chance: int) -> int:
    return floor(-log((chance + 1) / FINE) / rate)


def sensitivity(problem: Problem) -> int:
    """By how much one case more can change all cells together, at most."""
    tables: dict[tuple[str, ...], list[Cell]] = {}
    for cell in problem.cells:
        tables.setdefault(tuple(sorted(cell.where or {})), []).append(cell)
    return sum(
        prod(_met_at_once(problem.dims[name], _conditions(cells, name)) for name in names)
        for names, cells in tables.items()
    )


def _conditions(cells: Iterable[Cell], name: str) -> list[Mapping[str, Any]]:
    plain = (canonical({name: (cell.where or {})[name]})[name] for cell in cells)
    return list({repr(condition): condition for condition in plain}.values())


def _met_at_once(dim: Dimension, conditions: Sequence[Mapping[str, Any]]) -> int:
    """How many of the conditions one case can meet, at most."""
    if not dim.multi:
        counts = Counter(value for condition in conditions for value in condition["has_any"])
        return max(counts.values())
    named = sum(only_has(condition) is not None for condition in conditions)
    return min(named, dim.sizes()[1]) + len(conditions) - named
