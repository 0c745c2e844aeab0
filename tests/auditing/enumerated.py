"""Every table that fits what was published, by adding one case after the other.

Knows nothing of the auditor: no linear programs, no cliques, no classes of values.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations, product
from typing import Any

Case = dict[str, Any]  # the one value of a dimension, or a set of values
Tables = list[dict[str, int]]  # each possible table: the count of each id


RULES: dict[str, Callable[[Any, Any], bool]] = {
    "has": lambda answer, it: it in answer,
    "has_all": lambda answer, it: set(it) <= answer,
    "has_any": lambda answer, it: bool(set(it) & answer),
    "has_none": lambda answer, it: not set(it) & answer,
    "count": lambda answer, it: len(answer) == it,
    "count_min": lambda answer, it: len(answer) >= it,
    "count_max": lambda answer, it: len(answer) <= it,
    "set": lambda answer, it: bool(answer == set(it)),
}


def kinds_of_case(dims: Mapping[str, Any], zeros: Sequence[Mapping[str, Any]]) -> list[Case]:
    """Every combination of answers a case can have, but the impossible ones."""
    answers = [[(name, it) for it in _answers(dim)] for name, dim in dims.items()]
    cases = [dict(combination) for combination in product(*answers)]
    return [case for case in cases if not any(fits(case, zero) for zero in zeros)]


def _answers(dim: Mapping[str, Any]) -> Iterator[Any]:
    if not dim.get("multi"):
        yield from dim["values"]
        return
    for size in range(dim.get("min", 0), dim.get("max", len(dim["values"])) + 1):
        yield from map(frozenset, combinations(dim["values"], size))


def fits(case: Case, where: Mapping[str, Any]) -> bool:
    return all(_fits(case[name], wanted) for name, wanted in where.items())


def _fits(answer: Any, wanted: Any) -> bool:
    if not isinstance(wanted, dict):
        return answer in (wanted if isinstance(wanted, list) else [wanted])
    return all(RULES[op](answer, given) for op, given in wanted.items())


def tables(
    dims: Mapping[str, Any], zeros: Sequence[Mapping[str, Any]],
    asked: Mapping[str, Mapping[str, Any]], totals: Sequence[int],
) -> Tables:  # fmt: skip
    """Every table of *asked* conditions that *totals* many cases can give."""
    steps = {
        tuple(int(fits(case, where)) for where in asked.values())
        for case in kinds_of_case(dims, zeros)
    }
    now = {tuple(0 for _ in asked)}
    found = set(now) if 0 in totals else set()
    for number in range(1, max(totals) + 1):
        now = {tuple(map(sum, zip(it, step, strict=True))) for it in now for step in steps}
        if number in totals:
            found |= now
    return [dict(zip(asked, it, strict=True)) for it in found]


def agree(table: Mapping[str, int], cell: Mapping[str, Any]) -> bool:
    """Whether what was published of a cell is true of *table*."""
    count, value = table[cell["id"]], cell["value"]
    slack = cell.get("noise", 0) + (cell["round"]["base"] - 1 if cell.get("round") else 0)
    if value is not None and abs(count - value) > slack:
        return False
    return bool(cell.get("lo", count) <= count <= cell.get("hi", count))
