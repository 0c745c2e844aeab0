"""How much of the tables can still be read, beside what other methods would have left of them.

In-house: with the release the sum of the hidden cells follows from it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping

from msgspec import Struct

from adstelle.disclosure import perturbing
from adstelle.disclosure.model import Model, build
from adstelle.disclosure.perturbing import CellKey, Draw
from adstelle.disclosure.problem import BadProblem, Problem
from adstelle.disclosure.rounding import BASE, rounded

BUDGETS = (1, 4, 10)  # of differential privacy
KEYS = {"cell key 2": CellKey(2, 1.0), "cell key 4": CellKey(4, 3.0, never=2)}

Range = tuple[int, int | None]
Shown = tuple[int | None, Range]  # a cell's printed number and what a reader knows of its count


class Row(Struct, frozen=True):
    """What *method* does to the cells that name so many *dimensions*; all numbers are counts.

    *cases*: in all cells together. *shown*, *shown_cases*: cells with a number, and the cases in
    them. *exact*: cells printed with their count. *error*: how far numbers and counts are apart in
    sum, a hidden cell taken for the middle of 0 … k−1. *big*: counts from 2·k on; *big_near*:
    those printed no more than a tenth away. *small*: counts below k that could be others;
    *narrowed*: those of which a reader who knows the method is left fewer than k values; *pinned*:
    one. *zeros*: of them noughts printed as 0; *printed_zeros*: all that are printed as 0.
    """

    method: str
    dimensions: int
    cells: int
    cases: int
    shown: int
    shown_cases: int
    exact: int
    error: int
    big: int
    big_near: int
    small: int
    narrowed: int
    pinned: int
    zeros: int
    printed_zeros: int


class _Cell(Struct, frozen=True):
    """*place*: its quantity, the same for the same condition; None if it cannot have a case."""

    id: str
    value: int
    place: int | None


def compare(problem: Problem, hidden: Collection[str], seed: bytes) -> list[Row]:
    """One row for each method and number of dimensions. The same *seed* gives the same rows.

    *hidden*: the ids that protecting left without a number. What a reader knows is reckoned cell
    by cell; that a hidden one keeps its range, beside all others, is what the certificate proves.
    Controlled rounding is missing where it is impossible. Raises `BadProblem`, `NotSolved`.
    """
    model, k = build(problem), problem.params.k
    levels: dict[int, list[_Cell]] = defaultdict(list)
    for cell in problem.cells:
        levels[len(cell.where or {})].append(_Cell(cell.id, cell.value, model.of[cell.id]))
    cells = [cell for level in levels.values() for cell in level]
    return [
        _row(method, level, levels[level], shown, k)
        for method, shown in _methods(problem, model, cells, hidden, seed)
        for level in sorted(levels)
    ]


def _methods(
    problem: Problem, model: Model, cells: list[_Cell], hidden: Collection[str], seed: bytes
) -> Iterator[tuple[str, Mapping[str, Shown]]]:
    k = problem.params.k
    yield (
        "suppression",
        {
            it.id: (None, (0, k - 1)) if it.id in hidden else (it.value, (it.value, it.value))
            for it in cells
        },
    )
    controlled = _controlled(problem, seed)
    if controlled:
        yield "controlled rounding", {it.id: _within(controlled[it.id], BASE - 1) for it in cells}
    moving = [cell for cell in cells if cell.place is not None]
    still = {it.id: (0, (0, 0)) for it in cells if it.place is None}
    names = {it.id: model.quantities[it.place or 0].name for it in moving}
    draw = Draw(seed, "rounding")
    at_random = {
        it.id: perturbing.rounded_at_random(it.value, BASE, draw.of(names[it.id])) for it in moving
    }
    yield "random rounding", still | {it: _within(at_random[it], BASE - 1) for it in at_random}
    for method, key in KEYS.items():
        draw = Draw(seed, method)
        keyed = {it.id: key.changed(it.value, draw.of(names[it.id])) for it in moving}
        yield method, still | {it: (keyed[it], key.range(keyed[it])) for it in keyed}
    most = perturbing.sensitivity(problem)
    for budget in BUDGETS:
        draw = Draw(seed, f"privacy {budget}")
        noisy = {
            it.id: it.value
            + perturbing.noise(budget, most, draw.of(names[it.id]), draw.of(names[it.id], 1))
            for it in moving
        }
        yield (
            f"differential privacy {budget}",
            still | {it: (max(0, noisy[it]), (0, None)) for it in noisy},
        )


def _controlled(problem: Problem, seed: bytes) -> dict[str, int]:
    try:
        found = rounded(problem, seed)
    except BadProblem:  # beside an earlier release, for instance
        return {}
    if found["status"] != "protected":
        return {}
    return {cell["id"]: cell["value"] for cell in found["release"]["cells"]}


def _within(shown: int, most: int) -> Shown:
    return shown, (max(0, shown - most), shown + most)


def _row(
    method: str, level: int, cells: list[_Cell], shown: Mapping[str, Shown], k: int
) -> Row:  # fmt: skip
    printed = [(it, *shown[it.id]) for it in cells]
    away = [abs((k - 1) // 2 - it.value if n is None else n - it.value) for it, n, _ in printed]
    big = [(it.value, n) for it, n, _ in printed if it.value >= 2 * k]
    small = [it for it in printed if it[0].value < k and it[0].place is not None]
    widths = [k if high is None else high - low + 1 for _, _, (low, high) in small]
    return Row(
        method=method,
        dimensions=level,
        cells=len(cells),
        cases=sum(it.value for it in cells),
        shown=sum(n is not None for _, n, _ in printed),
        shown_cases=sum(it.value for it, n, _ in printed if n is not None),
        exact=sum(n == it.value for it, n, _ in printed),
        error=sum(away),
        big=len(big),
        big_near=sum(n is not None and 10 * abs(n - value) <= value for value, n in big),
        small=len(small),
        narrowed=sum(width < k for width in widths),
        pinned=sum(width == 1 for width in widths),
        zeros=sum(it.value == n == 0 for it, n, _ in small),
        printed_zeros=sum(n == 0 for it, n, _ in printed if it.place is not None),
    )
