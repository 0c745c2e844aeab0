"""How long protecting and auditing a year's tables takes, and how much of them stays visible.

A city that does not exist: ten grounds, up to three of them at once and unevenly spread, ten
areas, six forms, nine districts, four quarters, roles and organisations, five outcomes. Plan A
counts each by itself, plan B adds ground × area, area × form and area × district, plan C five
more tables of two. What is made up depends on nothing but the seed.

`growth` crosses area with one more dimension after the other, and then with more areas: 400 cases
in 53 to 989 cells. It leaves its figures as a drawing in `docs/images/statistics-growth.svg`.
"""

import random
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import partial
from itertools import product
from math import log10
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import msgspec

from adstelle.auditing import judging, reading
from adstelle.disclosure import problem as problems
from adstelle.disclosure.answer import answer

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

GROWTH = (  # how many areas, and with what area is crossed
    (10, ""),
    (10, "form"),
    (10, "form ground"),
    (10, "form ground district"),
    (10, "form ground district quarter role organisation outcome"),
    (22, "form ground district quarter role organisation outcome"),
)
DRAWING = Path(__file__).parent.parent / "docs/images/statistics-growth.svg"

Case = dict[str, list[str]]
Found = TypeVar("Found")
Sizes = Mapping[str, int]


def values(dim: str, sizes: Sizes = SIZES) -> list[str]:
    return [f"{dim}{number}" for number in range(sizes[dim])]


def cases(number: int, seed: int = 1, sizes: Sizes = SIZES) -> Iterator[Case]:
    """Made-up cases: each dimension has frequent and rare values."""
    chance = random.Random(seed)  # noqa: S311  nothing secret
    while number:
        number -= 1
        case = {dim: chance.choices(values(dim, sizes), _weights(sizes[dim])) for dim in sizes}
        several = chance.choices((1, 2, 3), (70, 22, 8))[0]
        while len(case["ground"]) < several:
            case["ground"] = sorted(
                {*case["ground"], *chance.choices(values("ground"), _weights(SIZES["ground"]))}
            )
        yield case


def _weights(size: int) -> list[float]:
    falling = 0.75 if size > 5 else 0.85
    return [falling**number for number in range(size)]


def problem(pairs: Sequence[str], counted: Sequence[Case], sizes: Sizes = SIZES) -> dict[str, Any]:
    """Tables of none, of each one and of *pairs* of dimensions over the cases, `sdc-problem/1`."""
    tables = [(), *((dim,) for dim in sizes), *(tuple(pair.split()) for pair in pairs)]
    cells = []
    for dims in tables:
        counts = Counter(
            point for case in counted for point in product(*(case[dim] for dim in dims))
        )
        for point in product(*(values(dim, sizes) for dim in dims)):
            where = {
                dim: {"has": value} if dim == "ground" else value
                for dim, value in zip(dims, point, strict=True)
            }
            cells.append({"id": " ".join(point) or "all", "where": where, "value": counts[point]})
    several = {"multi": True, "min": 1, "max": 3}
    return {
        "format": "sdc-problem/1",
        "params": {"k": 5, "weights": LEVELS},
        "dims": {
            d: {"values": values(d, sizes)} | (several if d == "ground" else {}) for d in sizes
        },
        "cells": cells,
        "never_suppress": ["all"],
    }


class Measured(NamedTuple):
    """Processor seconds: what a busy machine disturbs least."""

    cells: int
    small: int
    hidden: int
    protect: float
    outsider: float
    everybody: float  # who knows the small cells, and who is one of them, too


def main(arguments: Sequence[str]) -> None:
    """Print tables; arguments such as `B400`, or `growth`, choose some of it."""
    chosen = [it for it in RUNS if not arguments or f"{it[0]}{it[1]}" in arguments]
    if chosen:
        print("| plan, cases | cells | small | hidden besides | one-way shown / their sum "
              "| two-way | protect | audit: outsider | all three |")  # fmt: skip
        print("|---|---|---|---|---|---|---|---|---|")
    for plan, number in chosen:
        given = problem(PLANS[plan], list(cases(number)))
        found, measured = measure(given)
        print(_line(f"{plan} {number}", given, found, measured), flush=True)
    if not arguments or "growth" in arguments:
        _grow()


def _grow() -> None:
    print("\n| cells | small | hidden besides | protect | audit: outsider | all three |")
    print("|---|---|---|---|---|---|")
    points = []
    for areas, partners in GROWTH:
        sizes = SIZES | {"area": areas}
        pairs = [f"area {dim}" for dim in partners.split()]
        points.append(measure(problem(pairs, list(cases(400, sizes=sizes)), sizes))[1])
        print(f"| {_counts(points[-1])} | {_times(points[-1])} |", flush=True)
    DRAWING.write_text(drawn(points))
    print(f"\n![Processor seconds by number of cells; the table above has the same figures]"
          f"(images/{DRAWING.name})")  # fmt: skip


def measure(given: dict[str, Any]) -> tuple[dict[str, Any], Measured]:
    """Protect and audit; what is not protected is not audited."""
    small = {it["id"]: it["value"] for it in given["cells"] if it["value"] < given["params"]["k"]}
    alone = frozenset(cell for cell, value in small.items() if value == 1)
    content = msgspec.json.encode(given)
    protect, found = timed(lambda: answer(problems.read(content)))
    times = []
    if found["status"] == "protected":
        release = [reading.read("release", msgspec.json.encode(found["release"]))]
        for options in (
            judging.Options(),
            judging.Options(True, True, sensitive=frozenset(small), alone=alone, ranges=False),
        ):
            took, audited = timed(partial(judging.audit, release, options))
            if audited.status != "safe":
                raise RuntimeError(f"the auditor finds it {audited.status}")
            times.append(took)
    outsider, everybody = times or (0.0, 0.0)
    hidden = len(found.get("suppressed", ())) - len(small)
    return found, Measured(len(given["cells"]), len(small), hidden, protect, outsider, everybody)


def timed(work: Callable[[], Found]) -> tuple[float, Found]:
    """Seconds of this processor, and what came of it."""
    begun = time.process_time()
    done = work()
    return time.process_time() - begun, done


def _line(name: str, given: dict[str, Any], found: dict[str, Any], measured: Measured) -> str:
    if found["status"] != "protected":
        return f"| {name} | {_counts(measured)} | infeasible | | {measured.protect:.1f} s | | |"
    one, two = (_visible(given, found["suppressed"], dims) for dims in (1, 2))
    return f"| {name} | {_counts(measured)} | {one} | {two} | {_times(measured)} |"


def _counts(it: Measured) -> str:
    return f"{it.cells} | {it.small} | {it.hidden}"


def _times(it: Measured) -> str:
    return " | ".join(f"{seconds:.1f} s" for seconds in (it.protect, it.outsider, it.everybody))


def _visible(given: dict[str, Any], hidden: Collection[str], dims: int) -> str:
    """The share of cells, and of the cases in them, that stay visible."""
    values = {it["id"]: it["value"] for it in given["cells"] if len(it["where"]) == dims}
    shown = [values[it] for it in values if it not in hidden]
    total = sum(values.values())
    return f"{len(shown) / len(values):.0%} / {sum(shown) / total:.0%}" if total else ""


# The drawing --------------------------------------------------------------------------------

WIDTH, HEIGHT, LEFT, BOTTOM = 640, 360, 60, 310
LINES = (("protect", "none", "protect"), ("outsider", "2 5", "audit: outsider"),
         ("everybody", "9 4", "audit: all three"))  # fmt: skip


def drawn(points: Sequence[Measured]) -> str:
    """Both axes by powers of ten; lines differ by their dashes, not by colour alone."""
    parts = [*_axes()]
    for number, (name, dashes, label) in enumerate(LINES):
        path = " ".join(f"{_x(it.cells):.0f},{_y(getattr(it, name)):.0f}" for it in points)
        style = f'fill="none" stroke="currentColor" stroke-width="2" stroke-dasharray="{dashes}"'
        row = 38 + 18 * number
        parts += [
            f'<polyline points="{path}" {style}/>',
            f'<path d="M{LEFT + 20} {row}h50" {style}/>',
            f'<text x="{LEFT + 80}" y="{row + 5}">{label}</text>',
        ]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"'
            ' aria-label="Processor seconds by number of cells" font-family="sans-serif"'
            ' font-size="14" fill="currentColor" color="#333">',
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
            *parts,
            "</svg>\n",
        ]
    )


def _axes() -> Iterator[str]:
    for cells in (50, 100, 200, 500, 1000):
        yield f'<path d="M{_x(cells):.0f} {BOTTOM}v6" stroke="currentColor"/>'
        yield f'<text x="{_x(cells):.0f}" y="{BOTTOM + 22}" text-anchor="middle">{cells}</text>'
    for seconds in (0.01, 0.1, 1, 10, 100):
        yield f'<path d="M{LEFT} {_y(seconds):.0f}H{WIDTH - 20}" stroke="#ccc"/>'
        yield f'<text x="{LEFT - 8}" y="{_y(seconds) + 5:.0f}" text-anchor="end">{seconds} s</text>'
    yield f'<text x="{WIDTH - 20}" y="{HEIGHT - 8}" text-anchor="end">cells</text>'


def _x(cells: int) -> float:
    return LEFT + (WIDTH - LEFT - 20) * log10(cells / 50) / log10(20)


def _y(seconds: float) -> float:
    return BOTTOM - (BOTTOM - 20) * log10(max(seconds, 0.01) / 0.01) / 4
