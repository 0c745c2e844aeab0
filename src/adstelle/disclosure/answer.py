"""From a problem to its answer: what is hidden, the release, and the proof."""

import hashlib
import hmac
from collections.abc import Collection, Mapping
from typing import Any

import msgspec

from adstelle.disclosure import certificate
from adstelle.disclosure.model import Model, build
from adstelle.disclosure.problem import Problem
from adstelle.disclosure.protection import Infeasible, costs, protect
from adstelle.disclosure.solver import Progress

Answer = dict[str, Any]


def answer(
    problem: Problem, *, gap: float = 0.0, seed: bytes | None = None,
    progress: Progress | None = None, is_proven: bool = True,
) -> Answer:  # fmt: skip
    """Protect by hiding. *seed*: hide a few more cells at random, chosen by this secret.

    What is not proven (*is_proven*) has no certificate, and is never published.

    *progress* is told what is done, again and again; what it raises ends the work.

    Raises `BadProblem`, `NotSolved`, `NotProven`.
    """
    model, k = build(problem), problem.params.k
    found = protect(model, k, problem.params.weights, gap, progress)
    if isinstance(found, Infeasible):
        return refusal(model, problem, found)
    hidden = found.hidden | (more(model, found.hidden, seed) if seed is not None else set())
    proof: Answer = {}
    if is_proven:
        proof = {"certificate": certificate.make(model, hidden, k, found.tables)}
        certificate.check(model, hidden, k, proof["certificate"])
    away = {name for name, place in model.of.items() if place in hidden}
    return {
        "status": "protected",
        "suppressed": [cell.id for cell in problem.cells if cell.id in away],
        "release": release(
            problem, {c.id: None if c.id in away else c.value for c in problem.cells}
        ),
        "optimal": True if found.gap <= 0 else found.gap,
        **proof,
    }


def refusal(model: Model, problem: Problem, found: Infeasible) -> Answer:
    """Say which cells, in which tables, cannot be protected. Never a count."""
    reasons = {model.quantities[place].name: why for place, why in found.reasons.items()}
    dims = [sorted(c.where or {}) for c in problem.cells if c.id in reasons]
    return {
        "status": "infeasible",
        "cells": [{"id": name, "reason": why} for name, why in sorted(reasons.items())],
        "tables": sorted({" × ".join(names) for names in dims if names}),
    }


def release(
    problem: Problem, values: Mapping[str, int | None], mark: Mapping[str, Any] | None = None
) -> Answer:
    """What may leave the house: definitions and visible numbers, nothing else of the problem.

    *mark*: what is said of every number besides, how it is rounded for instance.
    """
    cells = []
    for cell in problem.cells:
        where = {} if cell.where is None else {"where": cell.where}
        cells.append({"id": cell.id, **where, "value": values[cell.id], **(mark or {})})
    plain: Answer = msgspec.to_builtins(problem)
    return {
        "format": "sdc-release/1",
        "params": {"k": problem.params.k},
        "dims": {
            name: {
                key: value for key, value in dim.items() if value is not None and value is not False
            }
            for name, dim in plain["dims"].items()
        },
        "structural_zeros": problem.structural_zeros,
        "cells": cells,
        "relations": [
            {key: value for key, value in relation.items() if value is not None}
            for relation in plain["relations"]
        ],
    }


def more(model: Model, hidden: Collection[int], seed: bytes) -> set[int]:
    """A few more cells to hide: how many (two on average) and which is decided by *seed*.

    Without it somebody who repeats the choice for every table that could be the counted one might
    discard those for which it comes out differently. One seed for each release.
    """
    free = [
        place
        for place, q in enumerate(model.quantities)
        if place not in hidden and not (q.is_virtual or q.must_show or q.was_shown)
    ]
    cheapest = min(costs(model, free, None), default=0)
    inner = [p for p, cost in zip(free, costs(model, free, None), strict=True) if cost == cheapest]

    def draw(name: str) -> float:
        return int.from_bytes(hmac.digest(seed, name.encode(), hashlib.sha256)[:7]) / 2**56

    number = 0
    while draw(f"one more than {number}") < 2 / 3:  # geometric, two on average
        number += 1
    return set(
        sorted(inner, key=lambda place: draw(f"cell {model.quantities[place].name}"))[:number]
    )
