"""Many sums over the same variables at once, in whole numbers."""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Integers: TypeAlias = NDArray[np.int64]
Numbers: TypeAlias = NDArray[np.float64]
Flags: TypeAlias = NDArray[np.bool_]


class Sums:
    """*rows*: each a sum of variables, by how often each counts."""

    def __init__(self, rows: Iterable[Mapping[int, int]], variables: int) -> None:
        listed = list(rows)
        self._size = len(listed)
        self._variables = variables
        self._row = np.array([n for n, row in enumerate(listed) for _ in row], dtype=np.int64)
        self._variable = np.array([it for row in listed for it in row], dtype=np.int64)
        self._times = np.array([it for row in listed for it in row.values()], dtype=np.int64)

    def at(self, values: Integers) -> Integers:
        """What each sum is, if the variables are *values*."""
        found = np.zeros(self._size, dtype=np.int64)
        np.add.at(found, self._row, self._times * values[self._variable])
        return found

    def across(self, factors: Integers) -> Integers:
        """How often each variable counts, if each sum is taken *factors* times."""
        found = np.zeros(self._variables, dtype=np.int64)
        np.add.at(found, self._variable, self._times * factors[self._row])
        return found
