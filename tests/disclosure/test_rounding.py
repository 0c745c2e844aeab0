"""Rounding everything at once to five: it adds up, and every count keeps its width of doubt."""

import json
from typing import Any

import pytest
from hypothesis import given

from adstelle.disclosure.problem import BadProblem, read
from adstelle.disclosure.rounding import rounded
from tests.disclosure.enumerator import Json
from tests.disclosure.tables import cases_of, crossed, problem
from tests.disclosure.test_protection import GROUNDS, PLANS, SQUARE, quick


def solved(given: Json, seed: bytes | None = None) -> Json:
    return rounded(read(json.dumps(given).encode()), seed)


@quick
@given(cases=cases_of(SQUARE, 0, 60))
def test_rounded_tables_add_up_near_their_counts(cases: list[Any]) -> None:
    asked = problem(SQUARE, cases, PLANS["square"][1])

    answered = solved(asked)

    assert answered["status"] == "protected"
    assert answered["suppressed"] == []
    counts = {cell["id"]: cell["value"] for cell in asked["cells"]}
    shown = {cell["id"]: cell["value"] for cell in answered["release"]["cells"]}
    assert all(value % 5 == 0 for value in shown.values())
    assert all(abs(shown[name] - counts[name]) <= 4 for name in counts)
    areas = [shown[f"area:area{n}"] for n in range(3)]
    assert sum(areas) == shown["all"]
    assert [sum(shown[f"area:area{n} form:form{m}"] for m in range(3)) for n in range(3)] == areas
    assert all(
        cell["round"] == {"base": 5, "mode": "controlled"} for cell in answered["release"]["cells"]
    )


@quick
@given(cases=cases_of(GROUNDS, 5, 40))
def test_several_at_once_are_no_more_than_there_are_cases(cases: list[Any]) -> None:
    asked = problem(GROUNDS, cases, crossed(GROUNDS, (), ["ground"], ["area"], ["area", "ground"]))

    shown = {cell["id"]: cell["value"] for cell in solved(asked)["release"]["cells"]}

    for area in GROUNDS["area"]["values"]:
        having = [shown[f"area:{area} ground:has=ground{n}"] for n in range(3)]
        assert all(number <= shown[f"area:{area}"] for number in having)
        assert shown[f"area:{area}"] <= sum(having) <= 2 * shown[f"area:{area}"]


def test_a_secret_decides_between_equals_and_nothing_else_does() -> None:
    cases = [{"area": f"area{n % 3}", "form": f"form{n % 2}"} for n in range(48)]
    asked = problem(SQUARE, cases, PLANS["square"][1])

    assert solved(asked, b"a") == solved(asked, b"a")
    ways = {json.dumps(solved(asked, bytes([n]))["release"]) for n in range(8)}
    assert len(ways) > 1


def test_rounding_and_hiding_never_meet() -> None:
    asked = problem(SQUARE, [], PLANS["square"][1])
    earlier = [{"format": "sdc-release/1", "cells": []}]
    with pytest.raises(BadProblem, match="earlier"):
        solved(asked | {"earlier": earlier})
