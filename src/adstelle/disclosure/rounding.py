"""Controlled rounding to five: where nothing can be hidden, every number is blurred instead.

All cells become multiples of five that still add up, none further than four from its count; so a
reader knows of each count a only that it lies between the printed number less four and plus four.
Never together with hiding on the same cases.
"""

import hashlib
import hmac
from collections import Counter

from adstelle.disclosure.answer import Answer, release
from adstelle.disclosure.attacker import agrees, counted
from adstelle.disclosure.certificate import NotProven
from adstelle.disclosure.model import Model, build
from adstelle.disclosure.problem import BadProblem, Problem
from adstelle.disclosure.solver import Program

BASE = 5
MARK = {"round": {"base": BASE, "mode": "controlled"}}


def rounded(problem: Problem, seed: bytes | None = None) -> Answer:
    """Round all cells at once, as near to the counts as it goes; *seed* decides between equals.

    Raises `BadProblem`, `NotSolved`, `NotProven`.
    """
    if problem.earlier:
        raise BadProblem("earlier: rounding is never mixed with what an earlier release shows")
    model = build(problem)
    if any(row.low or row.high for row in model.rows):
        raise BadProblem("relations: rounding needs a right hand side of 0")
    variables = _solve(model, seed)
    if variables is None:
        return {
            "status": "infeasible",
            "cells": [],
            "tables": ["all: they cannot be rounded together"],
        }
    values = [BASE * value for value in counted(model, variables)]
    _check(model, variables, values)
    shown = {name: 0 if place is None else values[place] for name, place in model.of.items()}
    return {
        "status": "protected",
        "suppressed": [],
        "release": release(problem, shown, MARK),
        "optimal": True,
        "certificate": {"variables": model.variables, "table": list(variables)},
    }


def _solve(model: Model, seed: bytes | None) -> tuple[int, ...] | None:
    """Minimise the distances: each is a column after those of the table."""
    number = len(model.variables)
    real = [quantity for quantity in model.quantities if not quantity.is_virtual]
    program = Program(number + len(real), integer=True)
    for row in model.rows:
        program.add(row.terms, row.low, row.high)
    for place, quantity in enumerate(real, start=number):
        terms = Counter({variable: BASE * times for variable, times in quantity.terms.items()})
        program.add(terms, quantity.value - BASE + 1, quantity.value + BASE - 1)
        program.add({**terms, place: -1}, None, quantity.value)
        program.add({**terms, place: 1}, quantity.value, None)
    program.aim([0] * number + [1000 + _chance(seed, quantity.name) for quantity in real])
    found = program.solve()
    return None if found is None else tuple(round(value) for value in found.columns[:number])


def _chance(seed: bytes | None, name: str) -> int:
    return 0 if seed is None else hmac.digest(seed, name.encode(), hashlib.sha256)[0] % 100


def _check(model: Model, variables: tuple[int, ...], values: list[int]) -> None:
    near = (
        abs(value - quantity.value) < BASE
        for value, quantity in zip(values, model.quantities, strict=True)
        if not quantity.is_virtual
    )
    if not agrees(model, variables) or not all(near):
        raise NotProven("the rounded tables do not add up")
