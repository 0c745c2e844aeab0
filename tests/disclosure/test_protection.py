"""What is hidden: enough by every rule, and never more than needed. Counted out, not believed."""

import json
import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adstelle.disclosure.certificate import NotProven, check
from adstelle.disclosure.model import build
from adstelle.disclosure.problem import BadProblem, read
from tests.disclosure.enumerator import Enumerator, Json
from tests.disclosure.tables import cases_of, crossed, problem, several, single, solved

quick = settings(
    max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)

FLAT = single("area", 3) | single("form", 2)
SQUARE = single("area", 3) | single("form", 3)
LINKED = single("area", 2) | single("form", 2) | single("month", 2)
GROUNDS = several("ground", 3, 1, 2) | single("area", 2)
WIDE = several("ground", 2, 0, 2) | single("area", 2) | single("form", 2)
REGION = single("place", 5)

PLANS: dict[str, tuple[Json, list[Any], int]] = {
    "one way": (SQUARE, crossed(SQUARE, (), ["area"], ["form"]), 12),
    "two ways": (FLAT, crossed(FLAT, (), ["area"], ["form"], ["area", "form"]), 12),
    "square": (SQUARE, crossed(SQUARE, (), ["area"], ["form"], ["area", "form"]), 9),
    "inner cells only": (FLAT, crossed(FLAT, (), ["area", "form"]), 12),
    "two linked": (
        LINKED,
        crossed(LINKED, (), ["area"], ["area", "form"], ["area", "month"]),
        10,
    ),
    "a cycle": (
        LINKED,
        crossed(LINKED, (), ["area", "form"], ["area", "month"], ["form", "month"]),
        10,
    ),
    "several at once": (GROUNDS, crossed(GROUNDS, (), ["ground"], ["area"], ["area", "ground"]), 7),
    "several at once in two tables": (
        WIDE,
        crossed(WIDE, (), ["area"], ["form"], ["area", "ground"], ["form", "ground"]),
        5,
    ),
    "how many at once": (
        several("ground", 3, 1, 3),
        [
            {}, *crossed(several("ground", 3, 1, 3), ["ground"]),
            *({"ground": {"count": number}} for number in (1, 2, 3)),
            {"ground": {"has_all": ["ground0", "ground1"]}},
            {"ground": {"has_none": ["ground0", "ground2"]}}, {"ground": {"set": ["ground1"]}},
        ],
        9,
    ),
    "hierarchy": (
        REGION,
        [{}, {"place": ["place0", "place1", "place2"]}, *crossed(REGION, ["place"])],
        14,
    ),
}  # fmt: skip


@pytest.mark.parametrize("plan", PLANS)
@quick
@given(data=st.data())
def test_the_answer_is_safe_and_as_small_as_can_be(plan: str, data: st.DataObject) -> None:
    dims, wheres, most = PLANS[plan]
    cases = data.draw(cases_of(dims, 3, most))
    asked = problem(dims, cases, wheres, k=data.draw(st.sampled_from([2, 3])))
    enumerator = Enumerator(asked)

    answered = solved(asked)

    fewest = enumerator.fewest({"all"})
    if fewest is None:
        assert answered["status"] == "infeasible"
    else:
        hidden = [enumerator.ids.index(name) for name in answered["suppressed"]]
        assert answered["optimal"] is True
        assert not enumerator.breaches(hidden)
        assert len(hidden) == fewest


@quick
@given(data=st.data())
def test_whatever_an_earlier_release_showed_or_hid_is_reckoned_with(data: st.DataObject) -> None:
    cases = data.draw(cases_of(LINKED, 6, 10))
    first = problem(LINKED, cases, crossed(LINKED, (), ["area"], ["area", "form"]))
    now = problem(LINKED, cases, crossed(LINKED, (), ["form"], ["form", "month"]))
    before = solved(first)
    if before["status"] == "infeasible":
        return
    away = [cell for cell in first["cells"] if cell["id"] in before["suppressed"]]
    known = {cell["id"] for cell in now["cells"]}
    now["cells"] += [cell for cell in away if cell["id"] not in known]
    now["earlier"] = [before["release"]]
    shown = {c["id"] for c in before["release"]["cells"] if c["value"] is not None}
    every = Enumerator(
        now | {"cells": list({c["id"]: c for c in first["cells"] + now["cells"]}.values())}
    )

    answered = solved(now)

    if answered["status"] == "infeasible":
        free = [n for n, name in enumerate(every.ids) if name not in shown]
        assert every.breaches(free)
    else:
        hidden = {*answered["suppressed"]}
        assert not hidden & shown
        assert hidden >= {cell["id"] for cell in away}
        assert not every.breaches([every.ids.index(name) for name in hidden])


def test_two_quarters_and_the_year_are_not_safe_each_for_itself() -> None:
    dims = single("quarter", 2) | single("area", 3)
    cases = [
        {"quarter": f"quarter{q}", "area": f"area{a}"}
        for q, a, number in ((0, 0, 2), (0, 1, 9), (0, 2, 9), (1, 0, 8), (1, 1, 9), (1, 2, 9))
        for _ in range(number)
    ]
    quarters = problem(dims, cases, crossed(dims, (), ["quarter"], ["quarter", "area"]), k=5)
    year = problem(dims, cases, crossed(dims, (), ["area"]), k=5)
    assert solved(year)["suppressed"] == []
    before = solved(quarters)
    away = [cell for cell in quarters["cells"] if cell["id"] in before["suppressed"]]
    year["cells"] += away

    after = solved(year | {"earlier": [before["release"]]})

    assert set(after["suppressed"]) > {cell["id"] for cell in away}
    with pytest.raises(BadProblem, match="hidden by an earlier release, is missing"):
        solved(year | {"cells": year["cells"][:-1], "earlier": [before["release"]]})
    changed = json.loads(json.dumps(before["release"]))
    changed["cells"][0]["value"] += 1
    with pytest.raises(BadProblem, match="'all' is there with two values"):
        solved(year | {"earlier": [changed]})


def test_what_an_earlier_release_hid_stays_hidden() -> None:
    dims = single("area", 4)
    cases = [{"area": f"area{n}"} for n, number in enumerate((2, 9, 9, 9)) for _ in range(number)]
    asked = problem(dims, cases, crossed(dims, (), ["area"]), k=5)
    before = solved(asked)
    assert len(before["suppressed"]) == 2
    more = next(cell for cell in before["release"]["cells"][1:] if cell["value"] is not None)
    more["value"] = None

    after = solved(asked | {"earlier": [before["release"]]})

    assert set(after["suppressed"]) == {*before["suppressed"], more["id"]}
    never = {"never_suppress": ["all", more["id"]]}
    refused = solved(asked | never | {"earlier": [before["release"]]})
    assert refused["cells"] == [
        {"id": more["id"], "reason": "has to be shown, and has to be hidden"}
    ]


@quick
@given(data=st.data())
def test_tables_without_dimensions_are_protected_by_their_relations_alone(
    data: st.DataObject,
) -> None:
    cases = data.draw(cases_of(FLAT, 4, 12))
    asked = problem(FLAT, cases, crossed(FLAT, (), ["area"], ["form"], ["area", "form"]))
    named = {tuple(cell["where"].values()): cell["id"] for cell in asked["cells"]}
    free = {
        "cells": [{"id": cell["id"], "value": cell["value"]} for cell in asked["cells"]],
        "relations": [
            {"total": named[()], "parts": [named[area,] for area in FLAT["area"]["values"]]},
            *(
                {
                    "total": named[area,],
                    "parts": [named[area, form] for form in FLAT["form"]["values"]],
                }
                for area in FLAT["area"]["values"]
            ),
            *(
                {
                    "terms": {named[form,]: 1}
                    | {named[area, form]: -1 for area in FLAT["area"]["values"]}
                }
                for form in FLAT["form"]["values"]
            ),
        ],
    }

    one, other = solved(asked), solved(asked | free)

    assert one["status"] == other["status"]
    if one["status"] == "protected":
        enumerator = Enumerator(asked)
        assert len(one["suppressed"]) == len(other["suppressed"])
        assert not enumerator.breaches([enumerator.ids.index(n) for n in other["suppressed"]])


# The proof ------------------------------------------------------------------------------------


@quick
@given(cases=cases_of(SQUARE, 8, 30))
def test_each_witness_could_be_the_counted_table(cases: list[Any]) -> None:
    asked = problem(SQUARE, cases, PLANS["square"][1])
    answered = solved(asked)
    if answered["status"] == "infeasible":
        return
    hidden = set(answered["suppressed"])
    secret = {cell["id"] for cell in asked["cells"] if cell["value"] < 3}
    shown = {c["id"]: c["value"] for c in asked["cells"] if c["id"] not in hidden}
    reached: dict[str, set[int]] = {name: set() for name in secret}
    for witness in answered["certificate"]["witnesses"]:
        cells = witness["cells"]
        assert {name: cells[name] for name in shown} == shown
        assert sum(cells[f"area:area{n}"] for n in range(3)) == cells["all"]
        if {name for name in cells if cells[name] < 3} == secret:
            for name in secret:
                reached[name].add(cells[name])
    assert all(values >= {0, 2} for values in reached.values())


@quick
@given(cases=cases_of(FLAT, 6, 12))
def test_what_is_hidden_would_do_for_every_witness_as_well(cases: list[Any]) -> None:
    asked = problem(FLAT, cases, PLANS["two ways"][1])
    answered = solved(asked)
    if answered["status"] == "infeasible":
        return
    for witness in answered["certificate"]["witnesses"]:
        cells = [cell | {"value": witness["cells"][cell["id"]]} for cell in asked["cells"]]
        if {c["id"] for c in cells if c["value"] < 3} != {
            c["id"] for c in asked["cells"] if c["value"] < 3
        }:
            continue  # R1 alone: another small cell
        enumerator = Enumerator(asked | {"cells": cells})
        hidden = [enumerator.ids.index(name) for name in answered["suppressed"]]
        assert not enumerator.breaches(hidden) & {"R1", "R2"}


def test_two_tables_of_several_at_once_are_of_the_same_cases() -> None:
    """One case with both grounds and one with none are not two cases with one ground each."""
    asked = problem(WIDE, [], PLANS["several at once in two tables"][1], never_suppress=[])
    ones = {"area:area0", "area:area1", "form:form0", "form:form1"}
    ones |= {"area:area0 ground:has=ground0", "area:area0 ground:has=ground1"}
    ones |= {"form:form0 ground:has=ground0", "form:form1 ground:has=ground1"}
    for cell in asked["cells"]:
        cell["value"] = 2 if cell["id"] == "all" else int(cell["id"] in ones)

    with pytest.raises(BadProblem, match="contradict each other"):
        solved(asked)


def test_a_changed_certificate_proves_nothing() -> None:
    asked = problem(SQUARE, EXAMPLE, PLANS["square"][1])
    answered = solved(asked)
    model = build(read(json.dumps(asked).encode()))
    hidden = {
        place
        for name, place in model.of.items()
        if place is not None and name in answered["suppressed"]
    }
    proof = answered["certificate"]
    check(model, hidden, 3, proof)

    for change in ("variables", "cells", "proofs"):
        spoilt = json.loads(json.dumps(proof))
        if change == "proofs":
            spoilt["proofs"].popitem()
        elif change == "cells":
            spoilt["witnesses"][0]["cells"]["all"] += 1
        else:
            spoilt["witnesses"][0]["variables"][0] += 1
        with pytest.raises(NotProven):
            check(model, hidden, 3, spoilt)
    with pytest.raises(NotProven):
        check(model, set(sorted(hidden)[1:]), 3, proof)


# The rules ------------------------------------------------------------------------------------

EXAMPLE = [
    {"area": f"area{a}", "form": f"form{f}"}
    for a, row in enumerate(((12, 1, 6), (7, 9, 8), (5, 6, 20)))
    for f, number in enumerate(row)
    for _ in range(number)
]


def test_a_small_cell_takes_three_more_with_it() -> None:
    answered = solved(problem(SQUARE, EXAMPLE, PLANS["square"][1], k=5))

    assert len(answered["suppressed"]) == 4
    assert "area:area0 form:form1" in answered["suppressed"]


def test_who_knows_a_cell_of_one_to_be_their_own_learns_no_other() -> None:
    """Of four hidden cells 1 9 / 9 1 the two small ones are always the same number."""
    rows = ((1, 9, 10), (9, 1, 10), (10, 10, 10))
    cases = [
        {"area": f"area{a}", "form": f"form{f}"}
        for a, row in enumerate(rows)
        for f, number in enumerate(row)
        for _ in range(number)
    ]
    asked = problem(SQUARE, cases, PLANS["square"][1], k=5)
    answered = solved(asked)
    hidden = {f"area:area{a} form:form{f}" for a in (0, 1) for f in (0, 1)}

    assert set(answered["suppressed"]) != hidden
    assert len(answered["suppressed"]) > 4
    assert set(answered["certificate"]["insiders"]) == {
        "area:area0 form:form0",
        "area:area1 form:form1",
    }
    model = build(read(json.dumps(asked).encode()))
    away = {p for name, p in model.of.items() if p is not None and name in answered["suppressed"]}
    check(model, away, 5, answered["certificate"])
    with pytest.raises(NotProven, match="R3"):
        check(model, away, 5, answered["certificate"] | {"insiders": {}})


def test_who_stands_behind_a_cell_counts_too() -> None:
    asked = problem(SQUARE, EXAMPLE, crossed(SQUARE, (), ["area"], ["form"]), k=5)
    assert solved(asked)["suppressed"] == []
    for more in ({"persons": 4}, {"incidents": 2}, {"largest": 17}):
        asked["cells"][1] |= more
        assert "area:area0" in solved(asked)["suppressed"]
        for key in more:
            del asked["cells"][1][key]
    asked["cells"][1] |= {"persons": 15, "incidents": 9, "largest": 12}
    assert solved(asked)["suppressed"] == []


def test_what_is_known_to_be_impossible_is_shown_as_nought() -> None:
    zero = {"area": "area0", "form": "form1"}
    cases = [case for case in EXAMPLE if case != zero]
    asked = problem(SQUARE, cases, PLANS["square"][1], k=5)
    assert len(solved(asked)["suppressed"]) == 4

    answered = solved(asked | {"structural_zeros": [zero]})

    assert answered["suppressed"] == []
    assert {c["id"]: c["value"] for c in answered["release"]["cells"]}["area:area0 form:form1"] == 0
    with pytest.raises(BadProblem, match="impossible by a structural zero"):
        solved(problem(SQUARE, EXAMPLE, PLANS["square"][1], structural_zeros=[zero]))


def test_the_rest_of_a_total_that_no_cell_counts_is_protected() -> None:
    dims = single("area", 3)
    cases = [{"area": "area0"}] * 20 + [{"area": "area1"}] * 30 + [{"area": "area2"}] * 2

    answered = solved(problem(dims, cases, crossed(dims, (), ["area"])[:3], k=5))

    assert len(answered["suppressed"]) == 1


def test_nothing_is_protected_by_halves() -> None:
    asked = problem(SQUARE, EXAMPLE[:4], PLANS["square"][1], k=5)
    answered = solved(asked)
    assert answered["status"] == "infeasible"
    assert answered["cells"] == [{"id": "all", "reason": "has to be shown, and has to be hidden"}]
    assert "release" not in answered

    asked = problem(SQUARE, EXAMPLE, PLANS["square"][1], k=5)
    asked["never_suppress"] += ["area:area0 form:form0", "area:area0 form:form2", "area:area0"]
    answered = solved(asked)
    assert answered["status"] == "infeasible"
    assert answered["cells"][0]["id"] == "area:area0 form:form1"
    assert answered["tables"] == ["area × form"]


def test_costs_follow_the_plan() -> None:
    dims = single("area", 4)
    cases = [{"area": f"area{n}"} for n, number in enumerate((2, 9, 9, 9)) for _ in range(number)]
    asked = problem(dims, cases, crossed(dims, (), ["area"]), k=5)
    for cell in asked["cells"][2:4]:
        cell["priority"] = 3

    assert solved(asked)["suppressed"] == ["area:area0", "area:area3"]


def test_a_secret_hides_a_few_more() -> None:
    asked = problem(SQUARE, EXAMPLE, PLANS["square"][1], k=5)
    fewest = set(solved(asked)["suppressed"])

    more = [set(solved(asked, seed=bytes([n]))["suppressed"]) - fewest for n in range(40)]

    assert all(fewest <= set(solved(asked, seed=bytes([n]))["suppressed"]) for n in range(5))
    assert len({frozenset(names) for names in more}) > 10
    assert 1 < sum(map(len, more)) / len(more) < 3
    assert solved(asked, seed=b"x") == solved(asked, seed=b"x")


def test_how_far_it_is_can_be_seen_and_it_can_be_stopped() -> None:
    asked = problem(SQUARE, EXAMPLE, PLANS["square"][1], k=5)
    told: list[tuple[str, int, int | None]] = []

    solved(asked, progress=lambda *it: told.append(it))

    assert told[0] == ("hiding", 0, None)
    assert {phase for phase, _, _ in told} <= {"hiding", "proving"}
    assert [done for _, done, _ in told] == list(range(len(told)))

    def stop(phase: str, done: int, of: int | None) -> None:
        if done == 3:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        solved(asked, progress=stop)


@quick
@given(cases=cases_of(SQUARE, 8, 30))
def test_a_gap_is_stated_and_kept(cases: list[Any]) -> None:
    asked = problem(SQUARE, cases, PLANS["square"][1])
    best, near = solved(asked), solved(asked, gap=0.5)
    if best["status"] == "protected":
        small = sum(cell["value"] < 3 for cell in asked["cells"])
        more, fewest = (len(found["suppressed"]) - small for found in (near, best))
        assert fewest <= more <= 2.1 * fewest
        assert near["optimal"] is True or 0 < near["optimal"] <= 0.5


@quick
@given(cases=cases_of(SQUARE, 8, 30), seed=st.integers(0, 99))
def test_another_order_only_orders_the_answer_anew(cases: list[Any], seed: int) -> None:
    asked = problem(SQUARE, cases, PLANS["square"][1])
    other = json.loads(json.dumps(asked))
    chance = random.Random(seed)  # noqa: S311
    chance.shuffle(other["cells"])
    other["dims"] = dict(reversed(other["dims"].items()))
    for dim in other["dims"].values():
        chance.shuffle(dim["values"])

    one, two = solved(asked), solved(other)

    assert json.dumps(one) == json.dumps(solved(asked))
    assert one["status"] == two["status"]
    if one["status"] == "protected":
        assert set(one["suppressed"]) == set(two["suppressed"])
        assert one["certificate"] == two["certificate"]
        assert two["suppressed"] == [
            cell["id"] for cell in other["cells"] if cell["id"] in one["suppressed"]
        ]
