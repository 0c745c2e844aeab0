"""Small problems for the tests, with cases made up or drawn."""

import json
from collections.abc import Iterable, Sequence
from itertools import product
from typing import Any

from hypothesis import strategies as st

from adstelle.disclosure.answer import answer
from adstelle.disclosure.problem import read
from tests.disclosure.enumerator import Json, meets, options

Where = dict[str, Any]


def problem(
    dims: Json, cases: Sequence[Any], wheres: Iterable[Where], k: int = 3, **more: Any
) -> Json:
    """The tables of *wheres*, counted over *cases*; the total is always shown."""
    cells = [
        {"id": name_of(where), "where": where, "value": sum(meets(case, where) for case in cases)}
        for where in wheres
    ]
    start: Json = {"format": "sdc-problem/1", "params": {"k": k}, "dims": dims, "cells": cells}
    return start | {"never_suppress": ["all"]} | more


def name_of(where: Where) -> str:
    return " ".join(f"{name}:{_plain(condition)}" for name, condition in where.items()) or "all"


def _plain(condition: Any) -> str:
    if isinstance(condition, dict):
        return "+".join(f"{word}={_plain(wanted)}" for word, wanted in condition.items())
    return "|".join(condition) if isinstance(condition, list) else str(condition)


def crossed(dims: Json, *tables: Sequence[str]) -> list[Where]:
    """The cells of the tables over the named dimensions; several values at once: who has each."""
    found: list[Where] = []
    for names in tables:
        for point in product(*(dims[name]["values"] for name in names)):
            found.append(
                {
                    name: {"has": value} if dims[name].get("multi") else value
                    for name, value in zip(names, point, strict=True)
                }
            )
    return found


def single(name: str, size: int) -> Json:
    return {name: {"values": [f"{name}{number}" for number in range(size)]}}


def several(name: str, size: int, least: int, most: int) -> Json:
    dim = single(name, size)
    dim[name] |= {"multi": True, "min": least, "max": most}
    return dim


def cases_of(dims: Json, least: int, most: int) -> st.SearchStrategy[list[Any]]:
    """Cases with frequent and rare values."""
    case = st.fixed_dictionaries(
        {name: st.sampled_from(options(dim) + options(dim)[:1] * 3) for name, dim in dims.items()}
    )
    return st.lists(case, min_size=least, max_size=most)


def solved(given: Json, **how: Any) -> Json:
    return answer(read(json.dumps(given).encode()), **how)
