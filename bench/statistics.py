"""How long protecting a year's tables takes, and how much of them stays visible.

A city that does not exist: ten grounds, up to three of them at once and unevenly spread, ten
areas, six forms, nine districts, four quarters, roles and organisations, five outcomes. Plan A
counts each by itself, plan B adds ground × area, area × form and area × district, plan C five
more tables of two. What is made up depends on nothing but the seed.
"""

import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

import msgspec

SIZES = {
    "ground": 10, "area": 10, "form": 6, "district": 9, "quarter": 4, "role": 4,
    "organisation": 4, "outcome": 5,
}  # fmt: skip
PLANS = {
    "A": (),
    "B": ("ground area", "area form", "area district"),
    "C": (
        "ground area", "area form", "area district", "area quarter", "area role",
        "area organisation", "area outcome", "form outcome",
    ),
}  # fmt: skip
LEVELS = [1000, 12, 1]  # what hiding costs: the total, a cell of one dimension, a cell of two
RUNS = (
    ("A", 120),
    ("A", 400),
    ("B", 120),
    ("B", 400),
    ("B", 1000),
    ("B", 2000),
    ("C", 400),
    ("C", 2000),
    ("C", 20000),
)

Case = dict[str, list[str]]


def values(dim: str) -> list[str]:
    return [f"{dim}{number}" for number in range(SIZES[dim])]


def cases(number: int, seed: int = 1) -> Iterator[Case]:
    """Made-up cases: each dimension has frequent and rare values."""
    chance = random.Random(seed)  # noqa: S311  nothing secret
    while number:
        number -= 1
        case = {dim: chance.choices(values(dim), _weights(dim)) for dim in SIZES}
        several = chance.choices((1, 2, 3), (70, 22, 8))[0]
        while len(case["ground"]) < several:
            case["ground"] = sorted(
                {*case["ground"], *chance.choices(values("ground"), _weights("ground"))}
            )
        yield case


def _weights(dim: str) -> list[float]:
    falling = 0.75 if SIZES[dim] > 5 else 0.85
    return [falling**number for number in range(SIZES[dim])]


def problem(plan: str, counted: Sequence[Case]) -> dict[str, Any]:
    """The tables of *plan* over the cases, as `sdc-problem/1`."""
    tables = [(), *((dim,) for dim in SIZES), *(tuple(pair.split()) for pair in PLANS[plan])]
    cells = []
    for dims in tables:
        counts = Counter(
            point for case in counted for point in product(*(case[dim] for dim in dims))
        )
        for point in product(*(values(dim) for dim in dims)):
            where = {
                dim: {"has": value} if dim == "ground" else value
                for dim, value in zip(dims, point, strict=True)
            }
            cells.append({"id": " ".join(point) or "all", "where": where, "value": counts[point]})
    several = {"multi": True, "min": 1, "max": 3}
    return {
        "format": "sdc-problem/1",
        "params": {"k": 5, "weights": LEVELS},
        "dims": {d: {"values": values(d)} | (several if d == "ground" else {}) for d in SIZES},
        "cells": cells,
        "never_suppress": ["all"],
    }


def main(arguments: Sequence[str]) -> None:
    """Print a line for each plan and size; arguments such as `B400` choose some of them."""
    from adstelle.disclosure.answer import answer  # noqa: PLC0415  needs the extra `statistics`
    from adstelle.disclosure.problem import read  # noqa: PLC0415

    chosen = [run for run in RUNS if not arguments or "{}{}".format(*run) in arguments]
    if not chosen:
        return
    print(
        "plan      n  cells  small  hidden besides  one-way shown",
        " two-way shown / mass    time  processor",
    )
    for plan, number in chosen:
        given = problem(plan, list(cases(number)))
        begun, worked = time.perf_counter(), time.process_time()
        found = answer(read(msgspec.json.encode(given)), report=True)
        took, worked = time.perf_counter() - begun, time.process_time() - worked
        print(_line(plan, number, given, found), f"{took:6.1f} s {worked:8.1f} s", flush=True)


def _line(plan: str, number: int, given: dict[str, Any], found: dict[str, Any]) -> str:
    small = sum(cell["value"] < given["params"]["k"] for cell in given["cells"])
    start = f"{plan:4} {number:6} {len(given['cells']):6} {small:6}"
    if found["status"] != "protected":
        return f"{start}  infeasible: {len(found['cells'])} cells{'':36}"
    one, two = found["utility"]["1"], found["utility"].get("2")
    pairs = f"{two['share_of_cells']:6.0%} / {two['share_of_mass']:4.0%}" if two else "–"
    return (
        f"{start} {len(found['suppressed']) - small:15} {one['share_of_cells']:14.0%} {pairs:>21}"
    )
