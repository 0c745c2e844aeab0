"""What is said of other methods: they are the published ones, and the figures are right."""

import json
from math import exp
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adstelle.disclosure.perturbing import (
    FINE,
    CellKey,
    Draw,
    noise,
    rounded_at_random,
    sensitivity,
)
from adstelle.disclosure.problem import read
from adstelle.disclosure.utility import KEYS, Row, compare
from tests.disclosure.enumerator import Json, every_case, meets
from tests.disclosure.tables import crossed, problem, several, single, solved
from tests.disclosure.test_protection import EXAMPLE, PLANS, SQUARE

CRITICAL = 37.7  # chi-square, 15 degrees of freedom, one in a thousand


def rows(asked: Json, hidden: Any = (), seed: bytes = b"secret") -> dict[tuple[str, int], Row]:
    found = compare(read(json.dumps(asked).encode()), hidden, seed)
    return {(row.method, row.dimensions): row for row in found}


def test_each_method_stands_beside_the_others_with_the_same_cells() -> None:
    asked = problem(SQUARE, EXAMPLE, PLANS["square"][1], k=5)
    hidden = solved(asked)["suppressed"]
    found = rows(asked, hidden)

    assert {method for method, _ in found} == {
        "suppression", "controlled rounding", "random rounding", "cell key 2", "cell key 4",
        "differential privacy 1", "differential privacy 4", "differential privacy 10",
    }  # fmt: skip
    hiding = found["suppression", 2]
    assert (hiding.cells, hiding.shown, hiding.exact) == (9, 5, 5)
    away = sum(cell["value"] for cell in asked["cells"] if cell["id"] in hidden)
    assert (hiding.cases, hiding.shown_cases) == (74, 74 - away)
    assert (hiding.small, hiding.narrowed, hiding.pinned) == (1, 0, 0)
    assert found["suppression", 1].exact == 6
    rounding = found["controlled rounding", 2]
    assert rounding.shown == 9
    assert rounding.exact < 9
    assert rounding.error <= 9 * 4
    assert {row.cells for (_, level), row in found.items() if level == 2} == {9}


def test_the_same_secret_gives_the_same_figures() -> None:
    asked = problem(SQUARE, EXAMPLE, PLANS["square"][1], k=5)
    other = asked | {"cells": asked["cells"][::-1]}

    assert rows(asked) == rows(asked) == rows(other)
    assert rows(asked) != rows(asked, seed=b"another")


def test_beside_an_earlier_release_nothing_is_rounded() -> None:
    asked = problem(SQUARE, EXAMPLE, crossed(SQUARE, (), ["area"]), k=5)
    before = solved(asked)["release"]

    found = rows(asked | {"earlier": [before]})

    assert ("controlled rounding", 1) not in found
    assert ("random rounding", 1) in found


def test_one_condition_has_one_noise_and_what_cannot_be_has_none() -> None:
    zero = {"area": "area0", "form": "form1"}
    asked = problem(
        SQUARE, [case for case in EXAMPLE if case != zero], PLANS["square"][1], k=5,
        structural_zeros=[zero],
    )  # fmt: skip
    twice = [cell | {"id": f"{cell['id']} again"} for cell in asked["cells"]]
    for seed in range(5):
        once = rows(asked, seed=bytes([seed]))
        both = rows(asked | {"cells": asked["cells"] + twice}, seed=bytes([seed]))
        for method in ("random rounding", *KEYS):
            assert both[method, 2].error == 2 * once[method, 2].error
            assert both[method, 2].exact == 2 * once[method, 2].exact
            assert once[method, 2].printed_zeros == 0


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
@given(value=st.integers(0, 40), chance=st.integers(0, FINE - 1))
def test_a_cell_key_changes_little_and_never_nought(key: CellKey, value: int, chance: int) -> None:
    shown = key.changed(value, chance)

    assert abs(shown - value) <= key.most
    assert shown == 0 or shown > key._never
    assert value or shown == 0
    low, high = key.range(shown)
    assert low <= value <= high


@pytest.mark.parametrize(("name", "variance"), [("cell key 2", 1.0), ("cell key 4", 3.0)])
@pytest.mark.parametrize("value", range(1, 12))
def test_a_cell_key_changes_nothing_in_the_mean(name: str, variance: float, value: int) -> None:
    table = KEYS[name]._table(value)
    chances = [upper - lower for (_, upper), lower in
               zip(table, [0, *(upper for _, upper in table)], strict=False)]  # fmt: skip

    noises = [noise for noise, _ in table]
    assert sum(map(int.__mul__, noises, chances)) / FINE == pytest.approx(0, abs=1e-6)
    squares = [noise * noise for noise in noises]
    assert sum(map(int.__mul__, squares, chances)) / FINE == pytest.approx(variance, abs=1e-6)


def test_the_geometric_mechanism_has_its_distribution() -> None:
    """By chi-square; P(x) = (1 − α)/(1 + α) · α^|x| with α = exp(−ε/Δ)."""
    draw, number, alpha = Draw(b"fixed", "test"), 20_000, exp(-1 / 2)
    drawn = [noise(1, 2, draw.of(str(n)), draw.of(str(n), 1)) for n in range(number)]

    found, wanted = [], []
    for value in range(-7, 8):
        found.append(drawn.count(value))
        wanted.append(number * (1 - alpha) / (1 + alpha) * alpha ** abs(value))
    found.append(number - sum(found))
    wanted.append(number - sum(wanted))
    assert sum((one - two) ** 2 / two for one, two in zip(found, wanted, strict=True)) < CRITICAL


@pytest.mark.parametrize(("value", "share"), [(0, 0), (5, 0), (6, 0.2), (9, 0.8)])
def test_random_rounding_goes_up_as_often_as_it_should(value: int, share: float) -> None:
    draw = Draw(b"fixed", "test")
    drawn = [rounded_at_random(value, 5, draw.of(str(n))) for n in range(4000)]

    down = value - value % 5
    assert set(drawn) <= {down, down + 5}
    assert drawn.count(down + 5) / 4000 == pytest.approx(share, abs=0.03)


@pytest.mark.parametrize("plan", PLANS)
def test_no_case_counts_in_more_cells_than_is_said(plan: str) -> None:
    dims, wheres, _ = PLANS[plan]
    asked = problem(dims, [], wheres)

    most = max(sum(meets(case, where) for where in wheres) for case in every_case(dims))

    said = sensitivity(read(json.dumps(asked).encode()))
    assert said >= most
    if plan in ("one way", "two ways", "square", "two linked", "several at once"):
        assert said == most


def test_a_small_count_with_a_narrow_range_is_said_to_be_so() -> None:
    """Of a number from 1 to 4, changed by 2 at most, three values are left, or two."""
    dims = single("area", 4) | several("ground", 2, 1, 2)
    cases = [{"area": f"area{n}", "ground": {"ground0"}} for n in range(4) for _ in range(n)]
    asked = problem(dims, cases, crossed(dims, (), ["area"]), k=5, never_suppress=[])

    found = rows(asked)

    assert found["cell key 2", 1].small == 4
    assert found["cell key 2", 1].narrowed >= 1
    assert found["cell key 4", 1].narrowed == 0
    assert found["cell key 2", 1].zeros == found["cell key 4", 1].zeros == 1
