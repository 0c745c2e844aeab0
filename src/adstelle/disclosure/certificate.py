"""Proof that an answer is safe: tables of whole numbers, any of which could be the counted one.

Each agrees with every published number; together they show every sensitive cell as small and as
large as it has to be able to be. Checked here without a solver. Whoever has the certificate knows
the hidden numbers nearly: it stays in the house.
"""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from adstelle.disclosure.attacker import Goal, Rule, Table, agrees, counted, goals, limits
from adstelle.disclosure.model import Model
from adstelle.errors import AdstelleError


class NotProven(AdstelleError):
    """The certificate does not prove that the answer is safe; nothing is answered."""


class Shown(NamedTuple):
    """A table, what it counts, and for which attackers it could be the counted one."""

    variables: Sequence[int]
    quantities: Sequence[int]
    by: Collection[Rule]


def make(model: Model, hidden: Collection[int], k: int, tables: Sequence[Table]) -> dict[str, Any]:
    """A certificate of few tables, chosen from those in whole numbers. Raises `NotProven`."""
    known = [
        Shown(t.variables.tolist(), quantities, _by(model, hidden, k, quantities))
        for t in tables
        if t.variables is not None
        for quantities in [[int(it) for it in t.quantities]]
    ]
    claims = _claims(model, k)
    met = [
        {label for label, (rule, goal) in claims.items() if _proves(table, rule, goal)}
        for table in known
    ]
    chosen: list[int] = []
    left = set(claims)
    while left:
        best = max(range(len(known)), key=lambda table: len(met[table] & left), default=None)
        if best is None or not met[best] & left:
            raise NotProven("not every sensitive cell has a table that proves it")
        chosen.append(best)
        left -= met[best]
    apart = [_apart(model, table) for table in known]
    insiders = {}
    for own in _insiders(model):
        names = {place for place in _secret(model) if place != own}
        needed = []
        for number in [*chosen, *(n for n in range(len(known)) if n not in chosen)]:
            if known[number].quantities[own] == 1 and names & apart[number]:
                names -= apart[number]
                needed.append(number)
        chosen += [number for number in needed if number not in chosen]
        insiders[model.quantities[own].name] = [chosen.index(number) for number in needed]
    return {
        "variables": model.variables,
        "witnesses": [
            {"variables": list(table.variables), "cells": _cells(model, table.quantities)}
            for table in (known[number] for number in chosen)
        ],
        "proofs": {
            label: next(place for place, number in enumerate(chosen) if label in met[number])
            for label in claims
        },
        "insiders": insiders,
    }


def check(model: Model, hidden: Collection[int], k: int, certificate: dict[str, Any]) -> None:
    """Raise `NotProven` unless every claim has a witness that shows it."""
    shown = []
    for witness in certificate["witnesses"]:
        shown.append(_shown(model, hidden, k, witness["variables"]))
        if witness["cells"] != _cells(model, shown[-1].quantities):
            raise NotProven("a witness does not add up")
    for label, (rule, goal) in _claims(model, k).items():
        number = certificate["proofs"].get(label)
        if number is None or not _proves(shown[number], rule, goal):
            raise NotProven(f"not proven: {label}")
    _check_insiders(model, shown, certificate["insiders"])


def _check_insiders(model: Model, shown: Sequence[Shown], insiders: dict[str, list[int]]) -> None:
    for own in _insiders(model):
        name = model.quantities[own].name
        apart = {own}
        for number in insiders.get(name, []):
            if shown[number].quantities[own] == 1:
                apart |= _apart(model, shown[number])
        if not apart >= _secret(model):
            raise NotProven(f"not proven: R3 {name}")


def _claims(model: Model, k: int) -> dict[str, tuple[Rule, Goal]]:
    """What has to be possible under which rule, by a name such as `R1 work ≥`."""
    return {
        f"{rule} {model.quantities[goal.place].name} {'≤' if goal.sign > 0 else '≥'}": (rule, goal)
        for rule in Rule
        for goal in goals(model, rule, k)
    }


def _proves(table: Shown, rule: Rule, goal: Goal) -> bool:
    return rule in table.by and goal.sign * (table.quantities[goal.place] - goal.value) <= 0


def _secret(model: Model) -> set[int]:
    return {p for p, q in enumerate(model.quantities) if q.is_sensitive and not q.is_virtual}


def _insiders(model: Model) -> list[int]:
    """The cells of which one person may know that they are alone in it (R3)."""
    return sorted(place for place in _secret(model) if model.quantities[place].value == 1)


def _apart(model: Model, table: Shown) -> set[int]:
    """The cells with another number than counted, if an insider can think *table* possible."""
    if Rule.OUTSIDER not in table.by:
        return set()
    return {p for p in _secret(model) if table.quantities[p] != model.quantities[p].value}


def _shown(model: Model, hidden: Collection[int], k: int, variables: Sequence[int]) -> Shown:
    quantities = counted(model, variables)
    by = _by(model, hidden, k, quantities) if agrees(model, variables) else set()
    return Shown(variables, quantities, by)


def _by(model: Model, hidden: Collection[int], k: int, quantities: Sequence[int]) -> set[Rule]:
    """For which attackers a table that counts *quantities* could be the counted one."""
    by: set[Rule] = set()
    for rule in Rule:
        known = (
            limits(quantity, rule, k, is_hidden=place in hidden)
            for place, quantity in enumerate(model.quantities)
        )
        if all(
            low <= value and (high is None or value <= high)
            for value, (low, high) in zip(quantities, known, strict=True)
        ):
            by.add(rule)
    return by


def _cells(model: Model, quantities: Sequence[int]) -> dict[str, int]:
    return {
        name: 0 if place is None else quantities[place] for name, place in sorted(model.of.items())
    }
