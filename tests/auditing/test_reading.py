"""Bad input: the message names the file and the key."""

import copy
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from adstelle.auditing.model import build
from adstelle.auditing.reading import BadInput, read, read_sensitive

Json = dict[str, Any]

GOOD: Json = {
    "format": "sdc-release/1",
    "params": {"k": 5, "note": "parameters of other tools are not ours to judge"},
    "dims": {
        "area": {"values": ["work", "housing"]},
        "ground": {"values": ["a", "b", "c"], "multi": True, "min": 1, "max": 3},
    },
    "structural_zeros": [{"area": "work", "ground": {"has": "c"}}],
    "cells": [
        {"id": "T", "where": {}, "value": 20},
        {"id": "w", "where": {"area": ["work"]}, "value": None, "lo": 0, "hi": 20},
        {"id": "a", "where": {"ground": {"has": "a"}}, "value": 10},
        {"id": "r", "value": 15, "round": {"base": 5, "mode": "random"}},
        {"id": "n", "value": -1, "noise": 2},
    ],
    "relations": [
        {"total": "T", "parts": ["r", "n"]},
        {"terms": {"r": 1, "n": -1}, "op": "<=", "rhs": 20},
    ],
    "targets": [{"id": "t", "terms": {"T": 1, "w": -1}}, {"id": "u", "where": {"area": "work"}}],
    "never_suppress": ["T"],
}


def at(*path: str | int) -> Callable[[Any], Callable[[Json], None]]:
    """A change of GOOD: what is to stand at *path*."""

    def to(value: Any) -> Callable[[Json], None]:
        def change(release: Json) -> None:
            place: Any = release
            for key in path[:-1]:
                place = place[key]
            place[path[-1]] = value

        return change

    return to


WRONG: dict[str, tuple[Callable[[Json], None], str]] = {
    "other format": (at("format")("sdc-problem/1"), 'format: must be "sdc-release/1"'),
    "unknown key": (at("celsl")([]), "unknown field `celsl`"),
    "unknown key of a cell": (at("cells", 1, "wehre")({}), "cells[1]: Object contains unknown"),
    "no cells": (lambda it: it.pop("cells"), "missing required field `cells`"),
    "no value": (lambda it: it["cells"][1].pop("value"), "cells[1]: Object missing"),
    "text for a number": (at("cells", 0, "value")("20"), "cells[0].value: Expected `int | null`"),
    "half a case": (at("cells", 0, "value")(19.5), "cells[0].value: Expected"),
    "true for a number": (at("cells", 0, "value")(True), "cells[0].value: Expected"),
    "k": (at("params", "k")(0), "params.k: must be at least 1"),
    "negative": (at("cells", 0, "value")(-1), "cells[0].value: must not be negative"),
    "too large": (at("cells", 0, "value")(10**12), "cells[0].value: is larger than"),
    "hidden but rounded": (at("cells", 3, "value")(None), "cells[3].round: a hidden cell has none"),
    "no multiple": (at("cells", 3, "value")(14), "cells[3].round.base: does not divide the value"),
    "no base": (at("cells", 3, "round", "base")(0), "cells[3].round.base"),
    "mode": (at("cells", 3, "round", "mode")("up"), "cells[3].round.mode: Invalid enum value"),
    "noise": (at("cells", 4, "noise")(-1), "cells[4].noise: must not be negative"),
    "range": (at("cells", 1, "lo")(21), "cells[1].lo: lies above hi"),
    "empty dimension": (at("dims", "area", "values")([]), "dims.area.values: is empty"),
    "value twice": (at("dims", "area", "values")(["x", "x"]), "dims.area.values: names a value"),
    "min": (at("dims", "ground", "min")(4), "dims.ground.min: must lie"),
    "max": (at("dims", "ground", "max")(0), "dims.ground.max: must lie"),
    "min of one value": (at("dims", "area", "min")(1), "dims.area: min and max need multi"),
    "unknown dimension": (at("cells", 1, "where")({"aera": "work"}), "cells[1].where.aera: no dim"),
    "unknown value": (at("cells", 1, "where", "area")("wrok"), 'cells[1].where.area: "wrok" is no'),
    "no value at all": (at("cells", 1, "where", "area")([]), "cells[1].where.area: is empty"),
    "a list in a list": (at("cells", 1, "where", "area")([["work"]]), "cells[1].where.area: "),
    "one value of a dim": (at("cells", 1, "where", "area")({"has": "work"}), "cells[1].where.area"),
    "plain multi": (at("cells", 2, "where", "ground")("a"), "cells[2].where.ground: needs has"),
    "unknown test": (at("cells", 2, "where", "ground")({"hsa": "a"}), "cells[2].where.ground.hsa"),
    "no list": (at("cells", 2, "where", "ground")({"has_all": "a"}), "ground.has_all: must be a"),
    "no number": (at("cells", 2, "where", "ground")({"count": "1"}), "ground.count: must be a nu"),
    "wrong zero": (at("structural_zeros", 0, "area")("x"), "structural_zeros[0].area: "),
    "half a relation": (at("relations", 0)({"total": "T"}), "relations[0]: total and parts"),
    "no relation": (at("relations", 0)({}), "relations[0]: must have either"),
    "both relations": (
        at("relations", 0, "terms")({"T": 1}), "relations[0]: must have either",
    ),
    "sum with op": (at("relations", 0, "op")("<="), "relations[0]: op and rhs belong to terms"),
    "operator": (at("relations", 1, "op")("<"), "relations[1].op: Invalid enum value"),
    "unknown part": (at("relations", 0, "parts", 1)("z"), "relations[0]: z is no cell"),
    "unknown term": (at("targets", 0, "terms")({"z": 1}), "targets[0].terms: z is no cell"),
    "empty target": (at("targets", 0)({"id": "t"}), "targets[0]: must have either"),
    "one id, two cells": (at("cells", 1, "id")("T"), "cells[1].id: T names another cell too"),
    "kept but unknown": (at("never_suppress")(["z"]), "never_suppress: z is no cell"),
}  # fmt: skip


def built(release: Any) -> None:
    build([read("f.json", msgspec.json.encode(release))])


def test_the_good_one_is_good() -> None:
    built(GOOD)


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_named(name: str) -> None:
    change, message = WRONG[name]
    release = copy.deepcopy(GOOD)
    change(release)
    with pytest.raises(BadInput) as raised:
        built(release)
    assert str(raised.value).startswith("f.json: ")
    assert message in str(raised.value)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[1]", b"[" * 100_000, b'"x"'])
def test_what_is_no_release_is_said_so(content: bytes) -> None:
    with pytest.raises(BadInput, match=r"^f\.json: "):
        read("f.json", content)


def test_files_must_mean_the_same_dimension() -> None:
    other = copy.deepcopy(GOOD)
    other["dims"]["area"]["values"] = ["work", "housing", "school"]
    files = [read(f"{i}.json", msgspec.json.encode(it)) for i, it in enumerate((GOOD, other))]
    with pytest.raises(
        BadInput, match=r"^1\.json: dims\.area: is another dimension than in 0\.json"
    ):
        build(files)


def test_the_split_is_a_list_of_ids() -> None:
    assert read_sensitive("s", b'["a", "b"]') == read_sensitive("s", b'{"sensitive": ["b", "a"]}')
    for content in (b"", b"{}", b"3", b"[3]", b'{"sensitive": "a"}'):
        with pytest.raises(BadInput, match="s: sensitive: must be a list of ids"):
            read_sensitive("s", content)
