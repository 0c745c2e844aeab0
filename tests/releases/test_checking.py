"""A draft is tried by those who know which of its withheld counts are small, as well."""

from typing import Any, Final

import pytest

from adstelle.releases import checking
from adstelle.releases.publication import Publication
from tests.releases.files import YEAR, only, read

# 1 9 10 / 9 1 10 / 10 10 10 with the first four withheld: the small ones are always the same.
SQUARE: Final = {
    "p-x": None, "p-y": None, "p-z": 10, "q-x": None, "q-y": None, "q-z": 10,
    "r-x": 10, "r-y": 10, "r-z": 10,
}  # fmt: skip
SMALL: Final = {1: {"p-x": 1, "q-y": 1}}


def table(total: int = 20, **fields: Any) -> Publication:
    """Rows p, q, r by columns x, y, z; *total*: of the rows and columns with withheld numbers."""
    file = only(YEAR, **fields)
    margins = dict.fromkeys("pqxy", total) | {"r": 30, "z": 30}
    file["dims"] = {
        "row": {"title": {"de": "Zeile"}, "labels": {it: {"de": it} for it in "pqr"}},
        "column": {"title": {"de": "Spalte"}, "labels": {it: {"de": it} for it in "xyz"}},
    }
    file["release"]["structural_zeros"] = []
    file["release"]["dims"] = {
        "unit": YEAR["release"]["dims"]["unit"],
        "row": {"values": list("pqr")},
        "column": {"values": list("xyz")},
    }
    file["release"]["cells"] = [
        {"id": name, "where": {"unit": "contacts", **where(name)}, "value": value}
        for name, value in {**margins, **SQUARE}.items()
    ]
    return read(file)


def where(name: str) -> dict[str, str]:
    return {("row" if it in "pqr" else "column"): it for it in name.split("-")}


def test_who_is_the_one_case_of_a_small_count_is_reckoned_with() -> None:
    draft = table()

    assert checking.reasons([(1, draft)]) == []
    told = checking.reasons([(1, draft)], SMALL)
    assert "release 1, q-y: whoever is the one case in release 1, p-x: knows that it is 1" in told


def test_who_knows_which_counts_are_small_is_reckoned_with() -> None:
    """Margins of 17: the other counts, at least 5, leave the small ones 2 at most."""
    draft = table(17)

    assert checking.reasons([(1, draft)]) == []
    told = checking.reasons([(1, draft)], SMALL)
    assert any("p-x: who knows which hidden counts are small" in it for it in told)


def test_of_an_earlier_release_nobody_has_to_have_told() -> None:
    """Its withheld counts are not taken for large ones: two of 5 or more are not 7 together."""
    earlier = table(17)
    later = {"from": "2026-01-01", "to": "2026-12-31"}
    draft = table(period=later, cut_off="2027-03-31")

    told = checking.reasons([(1, earlier), (2, draft)], {2: SMALL[1]})

    assert {it.split(" ")[1] for it in told} == {"2,"}
    assert any(it.startswith("release 2, q-y: whoever is the one case") for it in told)


def test_it_can_be_stopped() -> None:
    told: list[tuple[str, int, int | None]] = []

    def stop(*progress: Any) -> None:
        told.append(progress)
        if progress[0] == "insider":
            raise InterruptedError

    with pytest.raises(InterruptedError):
        checking.reasons([(1, table())], SMALL, stop)

    assert [phase for phase, done, _ in told if not done] == ["outsider", "rule-aware", "insider"]
    assert {of for _, _, of in told} == {4, 2}
