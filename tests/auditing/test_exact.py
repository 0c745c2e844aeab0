"""The auditor's intervals are those of an enumeration of every possible table."""

from itertools import combinations, product
from typing import Any

import msgspec
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

from adstelle.auditing.judging import Answer, Options, audit
from adstelle.auditing.reading import read
from tests.auditing.enumerated import agree, fits, kinds_of_case, tables

Json = dict[str, Any]

FEW = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
A, B = {"values": ["x", "y", "z"]}, {"values": ["p", "q"]}


def multi(least: int, most: int) -> Json:
    return {"values": ["r", "s", "t"], "multi": True, "min": least, "max": most}


@st.composite
def conditions(draw: st.DrawFn, dims: Json, *, only_has: bool) -> Json:
    names = draw(st.lists(st.sampled_from(sorted(dims)), unique=True, max_size=2))
    return {name: draw(answered(dims[name], only_has)) for name in names}


def answered(dim: Json, only_has: bool) -> st.SearchStrategy[Any]:
    value = st.sampled_from(dim["values"])
    some = st.lists(value, unique=True, min_size=1, max_size=2)
    if not dim.get("multi"):
        return value | some
    has = st.builds(lambda it: {"has": it}, value)
    if only_has:
        return has | st.builds(lambda it: {"has_none": [it]}, value)
    ops = st.sampled_from(["has_all", "has_any", "has_none", "set"])
    counts = st.sampled_from(["count", "count_min", "count_max"])
    return (
        has
        | st.builds(lambda op, it: {op: it}, ops, some)
        | st.builds(lambda op, it: {op: it}, counts, st.integers(0, 3))
        | st.builds(lambda it, no: {"has_any": it, "count_min": no}, some, st.integers(0, 3))
    )


@st.composite
def worlds(draw: st.DrawFn) -> Json:
    """Dimensions, structural zeros and a handful of true cases."""
    dims: Json = {"a": A, "b": B}
    kinds = draw(st.sampled_from(["tables", "linked", "multi", "multi"]))
    if kinds == "linked":
        dims["c"] = {"values": ["k", "l"]}
    if kinds == "multi":
        least = draw(st.integers(0, 1))
        dims["g"] = multi(least, draw(st.integers(max(1, least), 3)))
    zeros = draw(st.lists(st.just({"a": "x", "b": "p"}), max_size=1))
    possible = kinds_of_case(dims, zeros)
    cases = draw(st.lists(st.sampled_from(possible), min_size=1, max_size=6))
    return {"dims": dims, "zeros": zeros, "cases": cases, "only_has": draw(st.booleans())}


@st.composite
def releases(draw: st.DrawFn, files: int = 1) -> tuple[Json, list[Json]]:
    """A world and what was published of it: true, hidden, rounded, noisy or in ranges."""
    world = draw(worlds())
    condition = conditions(world["dims"], only_has=world["only_has"])
    wheres = draw(st.lists(condition, min_size=2, max_size=6))
    asked = {f"c{number}": where for number, where in enumerate(wheres)}
    made = []
    for number in range(files):
        cells = [{"id": "T", "where": {}, "value": len(world["cases"])}] if not number else []
        for name, where in asked.items():
            if number == 0 or draw(st.booleans()):
                true = sum(fits(case, where) for case in world["cases"])
                cells.append({"id": name, "where": where, **draw(shown(true))})
        made.append(
            {
                "format": "sdc-release/1",
                "params": {"k": 3},
                "dims": world["dims"],
                "structural_zeros": world["zeros"],
                "cells": cells,
            }
        )
    world["asked"] = {"T": {}, **asked}
    return world, made


@st.composite
def multi_select_tables(draw: st.DrawFn) -> tuple[Json, list[Json]]:
    """Tables of all grounds by area, and by form or not, with margins; some counts are hidden."""
    least = draw(st.integers(0, 2))
    dims: Json = {"a": B, "g": multi(least, draw(st.integers(max(1, least), 3)))}
    rows: list[Json] = [{}, {"a": "p"}, {"a": "q"}]
    if draw(st.booleans()):
        dims["b"] = B
        rows += [{"b": "p"}, {"b": "q"}]
    cases = draw(st.lists(st.sampled_from(kinds_of_case(dims, [])), min_size=2, max_size=5))
    grounds: list[Json] = [{}, *({"g": {"has": it}} for it in "rst")]
    wheres = [row | ground for row in rows for ground in grounds]
    asked = {f"c{number}": where for number, where in enumerate(wheres)}
    cells = []
    for name, where in asked.items():
        true = sum(fits(case, where) for case in cases)
        is_hidden = name != "c0" and draw(st.booleans())
        cells.append({"id": name, "where": where, "value": None if is_hidden else true})
    world = {"dims": dims, "zeros": [], "cases": cases, "asked": asked}
    form = {"format": "sdc-release/1", "params": {"k": 3}, "dims": dims}
    return world, [{**form, "cells": cells}]


@st.composite
def linked_tables(draw: st.DrawFn) -> tuple[Json, list[Json]]:
    """Two-way tables of four dimensions, in a ring or any other way; whole tables are hidden."""
    dims: Json = {name: {"values": ["y", "n"]} for name in "abcd"}
    ring = [("a", "b"), ("b", "c"), ("c", "d"), ("a", "d")]
    pairs = draw(st.just(ring) | st.permutations([*combinations("abcd", 2)]).map(lambda it: it[:4]))
    kinds = draw(st.lists(st.sampled_from(kinds_of_case(dims, [])), min_size=1, max_size=2))
    cases = draw(st.lists(st.sampled_from(kinds), min_size=2, max_size=5))
    hidden = draw(st.sets(st.sampled_from(pairs), min_size=1, max_size=2))
    cells: list[Json] = [{"id": "T", "where": {}, "value": len(cases)}]
    for pair in pairs:
        for values in product("yn", repeat=2):
            where = dict(zip(pair, values, strict=True))
            true = sum(fits(case, where) for case in cases)
            name = f"{pair}{values}"
            cells.append({"id": name, "where": where, "value": None if pair in hidden else true})
    asked = {cell["id"]: cell["where"] for cell in cells}
    form = {"format": "sdc-release/1", "params": {"k": 3}, "dims": dims}
    world = {"dims": dims, "zeros": [], "cases": cases, "asked": asked}
    return world, [{**form, "cells": cells}]


def shown(true: int) -> st.SearchStrategy[Json]:
    """A true way to publish a count."""
    down = true // 3 * 3
    rounded = [down] if true == down else [down, down + 3]
    return st.one_of(
        st.just({"value": true}),
        st.just({"value": None}),
        st.just({"value": None}),
        st.builds(
            lambda it, mode: {"value": it, "round": {"base": 3, "mode": mode}},
            st.sampled_from(rounded), st.sampled_from(["random", "controlled"]),
        ),
        st.builds(lambda it: {"value": true + it, "noise": 1}, st.integers(-1, 1)),
        st.builds(lambda lo, hi: {"value": None, "lo": true - lo, "hi": true + hi},
                  st.integers(0, 2), st.integers(0, 2)),
    )  # fmt: skip


def possible_tables(world: Json, made: list[Json]) -> list[dict[str, int]]:
    found = tables(world["dims"], world["zeros"], world["asked"], [len(world["cases"])])
    cells = [cell for release in made for cell in release["cells"]]
    return [table for table in found if all(agree(table, cell) for cell in cells)]


def audited(made: list[Json], **options: Any) -> Answer:
    files = [read(f"{i}.json", msgspec.json.encode(it)) for i, it in enumerate(made)]
    return audit(files, Options(**options))


def check(world: Json, made: list[Json]) -> None:
    possible = possible_tables(world, made)
    answer = audited(made)
    assert answer.status != "contradiction"
    for interval in answer.intervals:
        values = [table[interval.id] for table in possible]
        assert (interval.lo, interval.hi) == (min(values), max(values)), interval.id
    hidden = {cell["id"] for it in made for cell in it["cells"] if cell["value"] is None}
    assert hidden <= {interval.id for interval in answer.intervals}


@given(releases())
@FEW
def test_one_release(drawn: tuple[Json, list[Json]]) -> None:
    check(*drawn)


@given(multi_select_tables())
@FEW
def test_multi_select(drawn: tuple[Json, list[Json]]) -> None:
    check(*drawn)


@given(linked_tables())
@FEW
def test_linked_tables(drawn: tuple[Json, list[Json]]) -> None:
    check(*drawn)


@given(releases(files=2))
@FEW
def test_two_releases_are_one_puzzle(drawn: tuple[Json, list[Json]]) -> None:
    check(*drawn)


@given(releases(), st.data())
@FEW
def test_a_release_that_cannot_be_true_is_said_so(
    drawn: tuple[Json, list[Json]], data: st.DataObject
) -> None:
    """One number changed: either the intervals are right again or the conflict is irreducible."""
    world, made = drawn
    cell = data.draw(st.sampled_from([it for it in made[0]["cells"] if it["value"] is not None]))
    cell["value"] += 1 if not cell.get("round") else 3
    if cell["id"] == "T":
        world["cases"] = [*world["cases"], world["cases"][0]]
    if possible_tables(world, made):
        event("still possible")
        check(world, made)
        return
    answer = audited(made)
    event("contradiction")
    assert answer.status == "contradiction"
    named = {place.id for place in answer.conflict}
    kept = [cell for cell in made[0]["cells"] if cell["id"] in named]
    assume("T" in named)
    assert possible_tables(world, [{"cells": kept}]) == []
    for cell in kept:
        if cell["id"] != "T":
            rest = [it for it in kept if it is not cell]
            assert possible_tables(world, [{"cells": rest}])


@given(releases())
@FEW
def test_who_knows_the_small_ones(drawn: tuple[Json, list[Json]]) -> None:
    """R2: the tables with the same small hidden counts, and no others."""
    world, made = drawn
    true = {it: sum(fits(c, where) for c in world["cases"]) for it, where in world["asked"].items()}
    hidden = {cell["id"] for cell in made[0]["cells"] if cell["value"] is None}
    small = frozenset(it for it in hidden if true[it] < 3)
    kinds = kinds_of_case(world["dims"], world["zeros"])
    never = {it for it in hidden if not any(fits(kind, world["asked"][it]) for kind in kinds)}
    possible = [
        table
        for table in possible_tables(world, made)
        if all((table[it] < 3) == (it in small) for it in hidden - never)
    ]
    answer = audited(made, rule_aware=True, sensitive=small)
    for interval in answer.intervals:
        values = [table[interval.id] for table in possible]
        assert (interval.lo, interval.hi) == (min(values), max(values)), interval.id
    failing = {it.id for it in answer.reasons if it.attacker == "rule-aware"}
    spans = {it: {table[it] for table in possible} for it in small - never}
    assert failing == {it for it, span in spans.items() if not {0, 2} <= span}


@given(releases())
@FEW
def test_who_is_the_one_case_of_a_hidden_cell(drawn: tuple[Json, list[Json]]) -> None:
    """R3: the narrowest range that some such case could know."""
    world, made = drawn
    possible = possible_tables(world, made)
    answer = audited(made, insider=True)
    hidden = [cell["id"] for cell in made[0]["cells"] if cell["value"] is None]
    wanted = {
        it.id: (min(values), max(values))
        for it in answer.intervals
        if (values := {table[it.id] for table in possible})
    }
    plain = dict(wanted)
    betrayed = set()
    for own in hidden:
        alone = [table for table in possible if table[own] == 1]
        if not alone or plain[own] == (1, 1):
            continue
        for it in set(wanted) - {own}:
            lo, hi = min(table[it] for table in alone), max(table[it] for table in alone)
            if hi - lo < wanted[it][1] - wanted[it][0]:
                wanted[it] = (lo, hi)
            if lo == hi < 3 and it in hidden and plain[it][0] < plain[it][1]:
                betrayed.add(it)
    found = {it.id: it for it in answer.intervals}
    for name, (lo, hi) in wanted.items():
        assert found[name].hi - found[name].lo == hi - lo, name  # type: ignore[operator]
    assert {it.id for it in answer.reasons if it.attacker == "insider"} == betrayed
