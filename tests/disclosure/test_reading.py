"""Bad input is refused with the key that is wrong, and never with a count."""

import json
from typing import Any

import pytest

from adstelle.disclosure.problem import BadProblem, read
from tests.disclosure.tables import solved

GOOD: dict[str, Any] = {
    "format": "sdc-problem/1",
    "params": {"k": 5},
    "dims": {
        "area": {"values": ["work", "housing"]},
        "ground": {"values": ["a", "b", "c"], "multi": True, "min": 1, "max": 3},
    },
    "structural_zeros": [{"area": "work", "ground": {"has": "c"}}],
    "cells": [
        {"id": "T", "where": {}, "value": 1013},
        {"id": "work", "where": {"area": "work"}, "value": 1009},
        {"id": "work a", "where": {"area": "work", "ground": {"has": "a"}}, "value": 3},
    ],
    "relations": [{"terms": {"work": 1, "T": -1}, "op": "<=", "rhs": 0}],
    "never_suppress": ["T"],
}


def test_the_example_of_the_format_is_read() -> None:
    assert solved(GOOD)["status"] == "protected"


@pytest.mark.parametrize(
    ("where", "value", "named"),
    [
        ("format", "sdc-release/1", "format"),
        ("params", {"k": 1}, "params.k"),
        ("params", {"kk": 5}, "kk"),
        ("params", {"k": "5"}, "params.k"),
        ("never_supress", ["T"], "never_supress"),
        ("never_suppress", ["x"], r"never_suppress\[0\]"),
        ("cells", [], "cells"),
        ("cells.1.id", "T", r"cells\[0\].id"),
        ("cells.1.value", 1009.5, r"cells\[1\].value"),
        ("cells.1.value", -1, r"cells\[1\].value"),
        ("cells.1.value", None, r"cells\[1\].value"),
        ("cells.1.where", {"form": "x"}, r"cells\[1\].where.form"),
        ("cells.1.where", {"area": "school"}, r"cells\[1\].where.area"),
        ("cells.1.where", {"area": []}, r"cells\[1\].where.area"),
        ("cells.1.where", {"area": {"has": "work"}}, r"cells\[1\].where.area"),
        ("cells.2.where", {"ground": "a"}, r"cells\[2\].where.ground"),
        ("cells.2.where", {"ground": {"hat": "a"}}, r"cells\[2\].where.ground.hat"),
        ("cells.2.where", {"ground": {"has": "z"}}, r"cells\[2\].where.ground.has"),
        ("cells.2.where", {"ground": {"has_all": "a"}}, r"cells\[2\].where.ground.has_all"),
        ("cells.2.where", {"ground": {"count": "1"}}, r"cells\[2\].where.ground.count"),
        ("cells.2.where", {"ground": {"count": True}}, r"cells\[2\].where.ground.count"),
        ("dims.area", {"values": ["work", "work"]}, "dims.area.values"),
        ("dims.area", {"values": ["work", "housing"], "max": 1}, "dims.area"),
        ("dims.ground.max", 4, "dims.ground"),
        ("dims.ground.min", 4, "dims.ground"),
        ("relations.0", {"total": "T"}, r"relations\[0\]"),
        ("relations.0", {"total": "T", "parts": ["x"]}, r"relations\[0\]"),
        ("relations.0.op", "<", r"relations\[0\].op"),
        ("structural_zeros.0", {"form": "x"}, r"structural_zeros\[0\].form"),
        ("earlier", [{"format": "sdc-release/1", "cells": [], "round": 5}], r"earlier\[0\]"),
        (
            "earlier",
            [{"format": "sdc-release/1", "cells": [], "dims": {"area": {"values": ["x"]}}}],
            r"earlier\[0\].dims.area",
        ),
    ],
)
def test_the_key_that_is_wrong_is_named(where: str, value: object, named: str) -> None:
    problem = json.loads(json.dumps(GOOD))
    *path, last = where.split(".")
    place = problem
    for key in path:
        place = place[int(key)] if key.isdigit() else place[key]
    place[int(last) if last.isdigit() else last] = value

    with pytest.raises(BadProblem, match=named) as caught:
        read(json.dumps(problem).encode())

    assert not any(count in str(caught.value) for count in ("1009", "1013"))


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b"null"])
def test_what_is_no_problem_is_refused(content: bytes) -> None:
    with pytest.raises(BadProblem):
        read(content)


def test_cells_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(BadProblem, match="contradict each other") as caught:
        solved(GOOD | {"cells": [GOOD["cells"][0] | {"value": 1008}, *GOOD["cells"][1:]]})

    assert "10" not in str(caught.value)
