"""What counts as safe, said in words; contradictions; refusals."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import highspy
import msgspec
import pytest

from adstelle.auditing import solving
from adstelle.auditing.judging import Answer, Options, audit
from adstelle.auditing.model import TooLarge
from adstelle.auditing.reading import BadInput, read
from adstelle.auditing.solving import Unproven

Json = dict[str, Any]
ROWS = {"values": ["x", "y", "z"]}
GROUNDS = {"values": ["r", "s", "t"], "multi": True, "min": 1, "max": 2}


def cell(name: str, value: int | None, where: Json | None = None, **more: Any) -> Json:
    return {"id": name, "value": value, **({} if where is None else {"where": where}), **more}


def release(*cells: Json, **more: Any) -> Json:
    dims = {"a": ROWS, "b": {"values": ["p", "q"]}, "g": GROUNDS}
    return {"format": "sdc-release/1", "params": {"k": 5}, "dims": dims, "cells": cells, **more}


def audited(*releases: Json, **options: Any) -> Answer:
    files = [read(f"{i}.json", msgspec.json.encode(it)) for i, it in enumerate(releases)]
    return audit(files, Options(**options))


def ranges(answer: Answer) -> dict[str, tuple[int | None, int | None]]:
    return {it.id: (it.lo, it.hi) for it in answer.intervals}


def row(x: int | None, y: int | None, z: int | None, total: int = 30) -> list[Json]:
    values = zip("xyz", (x, y, z), strict=True)
    return [cell("T", total, {}), *(cell(it, value, {"a": it}) for it, value in values)]


def test_one_hole_is_no_secret() -> None:
    answer = audited(release(*row(None, 12, 10)))
    assert (answer.status, ranges(answer)) == ("unsafe", {"x": (8, 8)})
    assert answer.reasons[0].reason == "is hidden, but follows exactly: 8"


def test_two_holes_are_safe_if_their_sum_is_large_enough() -> None:
    assert audited(release(*row(None, None, 20))).status == "safe"
    answer = audited(release(*row(None, None, 26)))
    assert (answer.status, ranges(answer)["x"]) == ("unsafe", (0, 4))
    assert answer.reasons[0].reason == "is known to be below 5: 0 to 4"


def test_a_published_small_count_fails_unless_it_is_impossible() -> None:
    assert audited(release(*row(0, 20, 10))).status == "unsafe"
    assert audited(release(*row(0, 20, 10), structural_zeros=[{"a": "x"}])).status == "safe"


def test_a_structural_zero_is_no_secret() -> None:
    answer = audited(release(*row(None, 20, 10), structural_zeros=[{"a": "x"}]))
    assert (answer.status, ranges(answer)) == ("safe", {"x": (0, 0)})


def test_the_rest_of_a_total_is_a_count_too() -> None:
    """28 of 30 name a ground: two do not, and no cell said so."""
    cells = [cell("T", 30, {}), cell("r", 28, {"g": {"has": "r"}})]
    answer = audited(release(*cells))
    assert answer.status == "unsafe"
    assert "not in it are exactly 2" in answer.reasons[0].reason


def test_the_rest_of_a_hidden_count_is_only_noted_unless_strict() -> None:
    cells = [cell("T", 6, {}), cell("r", None, {"g": {"has": "r"}}, lo=3)]
    answer = audited(release(*cells))
    assert (answer.status, [it.reason for it in answer.noted]) == (
        "safe",
        ["cannot be zero: 3 to 6", "the cases of its total without g r are 0 to 3"],
    )
    assert audited(release(*cells), strict=True).status == "unsafe"


def test_the_split_decides_what_is_only_noted_without_it() -> None:
    cells = [*row(None, None, 20), cell("xp", 2, {"a": "x", "b": "p"})]
    cells[-1] = cell("xp", None, {"a": "x", "b": "p"}, lo=2)
    answer = audited(release(*cells))
    assert (answer.status, ranges(answer)["x"]) == ("safe", (2, 10))
    assert audited(release(*cells), sensitive=frozenset({"y"})).status == "safe"
    answer = audited(release(*cells), sensitive=frozenset({"x"}))
    assert [it.reason for it in answer.reasons] == ["is known not to be zero: 2 to 10"]


def test_who_knows_that_both_are_small_knows_them() -> None:
    """4 + 4 = 8."""
    answer = audited(
        release(*row(None, None, 22)), rule_aware=True, sensitive=frozenset({"x", "y"})
    )
    assert (answer.status, ranges(answer)) == ("unsafe", {"x": (4, 4), "y": (4, 4)})
    assert {it.attacker for it in answer.reasons} == {"rule-aware"}


def test_without_the_split_the_rule_alone_says_nothing_more() -> None:
    answer = audited(release(*row(None, None, 22)), rule_aware=True)
    assert (answer.status, ranges(answer)) == ("safe", {"x": (0, 8), "y": (0, 8)})
    assert "which hidden counts are small" in answer.remarks[0]


def test_the_one_case_of_a_cell_knows_the_other() -> None:
    release_ = release(*row(None, None, 25))
    assert audited(release_).status == "safe"
    answer = audited(release_, insider=True)
    assert answer.status == "unsafe"
    assert [it.reason for it in answer.reasons] == [
        "whoever is the one case in x knows that it is 4",
        "whoever is the one case in y knows that it is 4",
    ] or {it.id for it in answer.reasons} == {"x", "y"}


def test_what_was_hidden_must_not_be_published_later() -> None:
    """Other words for the same condition, another id, another file."""
    later = release(cell("not y, not z", 7, {"a": ["x"]}))
    answer = audited(release(*row(None, None, 12)), later)
    assert (answer.status, ranges(answer)) == ("unsafe", {"x": (7, 7), "y": (11, 11)})


def test_the_same_id_may_mean_different_cells_in_different_files() -> None:
    first = release(cell("T", 30, {}), cell("c", None, {"a": "x"}))
    second = release(cell("c", None, {"a": "y"}))
    named = [(it.id, it.file) for it in audited(first, second).intervals]
    assert named == [("c", "0.json"), ("c", "1.json")]


def test_relations_bind_free_cells_over_files() -> None:
    first = {"format": "sdc-release/1", "cells": [cell("old", 20), cell("new", None)]}
    second = {
        "format": "sdc-release/1",
        "cells": [cell("grown", None), cell("both", 50)],
        "relations": [
            {"total": "both", "parts": ["new", "grown"]},
            {"terms": {"grown": 1, "old": -1}, "op": ">=", "rhs": 3},
            {"terms": {"new": 2}, "op": ">=", "rhs": 21},
        ],
        "targets": [{"id": "gap", "terms": {"grown": 1, "new": -1}}],
    }
    answer = audited(first, second)
    assert ranges(answer) == {"new": (11, 27), "grown": (23, 39), "gap": (-4, 28)}


def test_what_nothing_bounds_has_no_end() -> None:
    answer = audited(release(cell("T", None, {}), cell("x", 9, {"a": "x"})))
    assert (answer.status, ranges(answer)) == ("safe", {"T": (9, None)})


def test_whole_numbers_know_more_than_fractions() -> None:
    """2x + 2y = 2z + 1 has fractions for answers and no whole numbers."""
    cells = [cell(it, None) for it in "xyz"]
    odd = {"terms": {"x": 2, "y": 2, "z": -2}, "rhs": 1}
    caps = [{"terms": {it: 1}, "op": "<=", "rhs": 9} for it in "xyz"]
    answer = audited({"format": "sdc-release/1", "cells": cells, "relations": [odd, *caps]})
    assert answer.status == "contradiction"
    assert [it.id for it in answer.conflict] == ["relations[0]"]
    even = {"terms": {"x": 2, "y": 3, "z": -6}, "rhs": 1}  # x = 2, y = 1, z = 1 is the least
    answer = audited({"format": "sdc-release/1", "cells": cells, "relations": [even, *caps]})
    assert ranges(answer)["x"] == (2, 8)


def test_a_contradiction_names_an_irreducible_few() -> None:
    """Seven true numbers around three that cannot all be true."""
    wrong = release(*row(10, 10, 11), cell("p", 20, {"b": "p"}), cell("q", None, {"b": "q"}))
    answer = audited(wrong, release(cell("xp", 8, {"a": "x", "b": "p"})))
    assert answer.status == "contradiction"
    assert {it.id for it in answer.conflict} == {"T", "x", "y", "z"}
    assert (answer.intervals, answer.reasons) == ([], [])


def test_the_same_cell_with_two_numbers_is_a_contradiction() -> None:
    answer = audited(release(*row(10, None, None)), release(cell("X", 11, {"a": "x"})))
    assert [(it.file, it.id) for it in answer.conflict] == [("0.json", "x"), ("1.json", "X")]


def test_rounding_keeps_its_promise_or_fails() -> None:
    """Each multiple of five may be four off; a wrong table of rounded numbers gives more away."""
    rounding = {"round": {"base": 5, "mode": "random"}}
    cells = [cell(it, 5, {"a": it}, **rounding) for it in "xyz"]
    answer = audited(release(cell("T", 15, {}, **rounding), *cells))
    assert (answer.status, ranges(answer)["x"]) == ("safe", (1, 9))
    answer = audited(release(cell("T", 4, {}, lo=0), *cells))
    assert (answer.status, ranges(answer)["x"]) == ("unsafe", (1, 2))
    assert "was published as 1 to 9, but is 1 to 2" in {it.reason for it in answer.reasons}


def test_a_target_that_is_known_to_be_small_fails() -> None:
    target = {"id": "y or z", "where": {"a": ["y", "z"]}}
    cells = [cell("T", 30, {}), cell("x", 27, {"a": "x"})]
    answer = audited(release(*cells, targets=[target]))
    assert (answer.status, ranges(answer)) == ("unsafe", {"y or z": (3, 3)})


def test_too_wide_tables_are_refused_with_the_dimensions_named() -> None:
    values = [f"v{i}" for i in range(70)]
    dims = {name: {"values": values} for name in "abc"}
    cells = [
        cell(f"{one}{other}{value}", None, {one: value, other: value})
        for one, other in ("ab", "bc", "ca")
        for value in values
    ]
    with pytest.raises(TooLarge, match="dims a, b, c are tabulated together"):
        audited({"format": "sdc-release/1", "dims": dims, "cells": cells})
    grounds = {"values": [f"v{i}" for i in range(40)], "multi": True}
    pairs = [
        cell(one, None, {"g": {"has_all": [one, "v0"]}})
        for one in grounds["values"][1:]  # type: ignore[index]
    ]
    with pytest.raises(TooLarge, match=r"dims\.g: too many"):
        audited({"format": "sdc-release/1", "dims": {"g": grounds}, "cells": pairs})


@pytest.mark.parametrize("status", ["kNotset", "kTimeLimit", "kSolveError", "kUnknown"])
def test_a_solver_without_a_proof_is_not_believed(
    monkeypatch: pytest.MonkeyPatch, status: str
) -> None:
    class Silent(highspy.Highs):
        def getModelStatus(self) -> highspy.HighsModelStatus:  # noqa: N802
            found: highspy.HighsModelStatus = getattr(highspy.HighsModelStatus, status)
            return found

    monkeypatch.setattr(highspy, "Highs", Silent)
    with pytest.raises(Unproven, match="no proven answer"):
        audited(release(*row(None, None, 20)))


def test_a_point_that_breaks_a_fact_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solving.Part, "holds", lambda *_: False)
    with pytest.raises(Unproven):
        audited(release(*row(None, None, 20)))


def test_a_solver_with_another_number_of_threads_spoils_no_answer() -> None:
    """HiGHS then says `kNotset` and gives zeros for every variable; a process of its own."""
    program = """
import highspy
from tests.auditing.test_judging import Unproven, audited, release, row
other = highspy.Highs()
other.setOptionValue("output_flag", False)
other.setOptionValue("threads", 2)
other.addVar(0, 1)
other.run()
try:
    audited(release(*row(None, None, 20)))
except Unproven as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "the solver gave no proven answer (Not Set)\n"


FIGURES = Path(__file__).parent / "published_figures.json"


def as_release(figure: Json) -> Json:
    values = list(figure["values"])
    where = {it: {figure["dimension"]: it} for it in values}
    cells = [cell(it, figure["values"][it], where[it]) for it in values]
    dims = {figure["dimension"]: {"values": values}}
    total = cell("gesamt", figure["total"], {})
    return {"format": "sdc-release/1", "dims": dims, "cells": [total, *cells]}


@pytest.mark.parametrize("figure", json.loads(FIGURES.read_text()), ids=lambda it: it["id"])
def test_published_tables_whose_sums_do_not_fit_are_found(figure: Json) -> None:
    """Real tables that claim to be complete; some add up to something else, as in the source."""
    answer = audited(as_release(figure))
    small = {it for it, value in figure["values"].items() if value < 5}
    if sum(figure["values"].values()) == figure["total"]:
        assert answer.status == ("unsafe" if small else "safe")
        assert small == {it.id for it in answer.reasons}
    else:
        assert answer.status == "contradiction"
        too_few = (
            sum(figure["values"].values()) < figure["total"]
        )  # or too many: zeros tell nothing
        telling = {it for it, value in figure["values"].items() if value or too_few}
        assert {it.id for it in answer.conflict} == {"gesamt", *telling}


def test_sensitive_ids_must_be_hidden_cells() -> None:
    with pytest.raises(BadInput, match="sensitive: z is no hidden cell"):
        audited(release(*row(None, None, 20)), sensitive=frozenset({"z"}))
