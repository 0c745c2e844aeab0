"""Published tables that do not add up are found: the known ones, and no others."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adstelle import __main__
from adstelle.auditing.reading import BadInput
from adstelle.published import sums
from adstelle.published.sums import findings
from adstelle.published.tables import Tables, read
from tests.cities import MUSTERWERDER

RAA = MUSTERWERDER / "figures/raa-sachsen.json"
NEIGHBOURS = sorted(Path(__file__).parent.glob("*.json"))
KNOWN = {  # table: the values together, the total that was published
    **{f"motiv-{year}": sums for year, sums in {
        2009: (253, 274), 2010: (206, 248), 2011: (154, 197), 2012: (141, 155), 2013: (197, 222),
        2014: (238, 257), 2015: (460, 477), 2016: (412, 437), 2017: (215, 229), 2018: (299, 317),
        2021: (190, 189),
    }.items()},
    **{f"region-{year}": sums for year, sums in {
        2009: (263, 274), 2010: (239, 248), 2011: (186, 197), 2013: (223, 222),
    }.items()},
    "tatbestand-2018": (309, 317), "tatbestand-2020": (207, 208),
    "geschlecht-2020": (277, 304), "geschlecht-2021": (259, 261),
}  # fmt: skip


def load(file: Path) -> Tables:
    return read(file.name, file.read_bytes())


def one(*values: float, **fields: Any) -> dict[str, Any]:
    """A table of one dimension with these values."""
    codes = [f"v{number}" for number in range(len(values))]
    table = {
        "id": "t",
        "title": {"de": "Tabelle"},
        "counted": {"de": "Fälle"},
        "unit": "incidents",
        "period": {"from": "2025-01-01", "to": "2025-12-31"},
        "dims": ["a"],
        "cells": [{"at": {"a": c}, "value": v} for c, v in zip(codes, values, strict=True)],
    }
    dim = {"title": {"de": "A"}, "labels": {code: {"de": code} for code in codes}}
    return {
        "format": "published-tables/1",
        "publisher": "Wir",
        "dims": {"a": dim},
        "tables": [table | fields],
    }


def kinds(file: dict[str, Any]) -> list[str]:
    return [it.kind for it in findings(read("x", msgspec.json.encode(file)))]


def test_the_known_inconsistent_sums_of_saxony_and_no_others() -> None:
    found = findings(load(RAA))
    assert all(it.is_wrong for it in found)
    assert {it.table: (it.parts, it.total) for it in found} == KNOWN
    too_many = {it.table for it in found if it.kind == "too_many"}
    assert too_many == {"motiv-2021", "region-2013"}


def test_of_the_neighbours_one_share_is_of_another_total() -> None:
    found = [it for file in NEIGHBOURS for it in findings(load(file))]
    wrong = [(it.table, it.kind, it.place) for it in found if it.is_wrong]
    place = {"bereich": "oeffentlicher_raum"}
    assert wrong == [("jena-2022-23-anteile", "no_such_share", place)]


def test_what_neighbours_corrected_later_is_said() -> None:
    found = [it for file in NEIGHBOURS for it in findings(load(file)) if it.kind == "later_total"]
    assert {(it.table, it.total, it.count) for it in found} == {
        ("rias-bund-2022", 2480, 2616), ("rias-bund-2023", 4782, 4886),
        ("ezra-gesamt-2018", 162, 166), ("ezra-gesamt-2018", 162, 167),
        ("ezra-gesamt-2019", 108, 120), ("ezra-gesamt-2022", 180, 186),
    }  # fmt: skip


def test_shares_of_jena_give_counts_away() -> None:
    found = findings(load(NEIGHBOURS[[it.stem for it in NEIGHBOURS].index("jena")]))
    away = {(it.parts, it.total, it.count) for it in found if it.kind == "gives_count_away"}
    assert away == {(22, 36, 8), (37, 35, 13), (31, 35, 11)}


def test_several_grounds_make_more_than_a_hundred_percent_and_that_is_no_mistake() -> None:
    found = findings(load(next(it for it in NEIGHBOURS if it.stem == "ads-bund")))
    several = {it.table: it.parts for it in found if it.kind == "several_answers"}
    assert several == {f"adsbund-merkmal-{2020 + n}": p for n, p in ((2, 110), (3, 115), (4, 117))}


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        (one(3, 4, total=7), []),
        (one(3, 5, total=7), ["too_many"]),
        (one(3, 3, total=7), ["too_few"]),
        (one(3, 3, total=7, complete=False), ["quoted_in_part"]),
        (one(5, 5, total=7, multi=["a"]), ["several_answers"]),
        (one(2, 3, total=7, multi=["a"]), ["too_few"]),
        (one(2, 3, total=7, multi=["a"], complete=False), []),
        (one(8, 3, total=7, multi=["a"]), ["above_total", "several_answers"]),
        (one(33, 33, 33, numbers="percent"), []),  # rounding
        (one(34, 34, 34, numbers="percent"), ["too_many"]),
        (one(33.3, 33.3, 33.3, numbers="percent"), []),
        (one(33.3, 33.3, 33.1, numbers="percent"), ["too_few"]),
        (one(12.5, 87.5, numbers="percent", total=8), ["gives_count_away"] * 2),
        (one(50, 50, numbers="percent", total=1000), []),
        (one(7, total=7, later=[{"total": 7}]), []),
        (one(7, total=7, later=[{"total": 6}]), ["later_total"]),
    ],
)
def test_findings(file: dict[str, Any], expected: list[str]) -> None:
    assert kinds(file) == expected


def test_tables_that_count_the_same_have_the_same_total() -> None:
    file = one(3, 4, total=7)
    other = one(3, 5, total=8, id="u")
    file["tables"] += other["tables"]
    assert kinds(file) == ["another_total"]


def test_margins_of_two_dimensions() -> None:
    file = one(3, 4, total=7)
    file["dims"]["b"] = file["dims"]["a"]
    table = file["tables"][0]
    table["dims"].append("b")
    inner = [("v0", "v0", 1), ("v0", "v1", 2), ("v1", "v0", 3), ("v1", "v1", 2)]
    table["cells"] += [{"at": {"a": a, "b": b}, "value": n} for a, b, n in inner]
    found = findings(read("x", msgspec.json.encode(file)))
    assert [(it.kind, it.place, it.parts, it.total) for it in found] == [
        ("too_many", {"a": "v1"}, 5, 4)
    ]


@given(st.lists(st.integers(0, 60), min_size=1, max_size=5), st.integers(0, 300))
def test_the_difference_is_what_the_values_leave(values: list[int], total: int) -> None:
    table = read("x", msgspec.json.encode(one(*values, total=total))).tables[0]
    found = kinds(one(*values, total=total))
    rest = sums.difference(table)
    assert rest == total - sum(values)
    assert found == (["too_few"] if rest > 0 else ["too_many"] if rest < 0 else [])


@given(st.integers(1, 400), st.data())
def test_a_share_gives_a_count_away_if_no_other_count_rounds_to_it(
    total: int, data: st.DataObject
) -> None:
    count = data.draw(st.integers(0, total))
    share = round(100 * count / total)
    others = [n for n in range(total + 1) if abs(200 * n - 2 * share * total) <= total]
    found = findings(
        read("x", msgspec.json.encode(one(share, numbers="percent", total=total, complete=False)))
    )
    away = [it.count for it in found if it.kind == "gives_count_away"]
    assert away == ([count] if others == [count] else [])
    assert all(it.kind != "no_such_share" for it in found)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"total": -1}, "tables[0]: a total must lie"),
        ({"dims": ["b"]}, "tables[0].dims: b is not described"),
        ({"multi": ["b"]}, "tables[0].multi: b is no dimension"),
        ({"numbers": "rates"}, "tables[0].numbers: Invalid enum value"),
        ({"title": {}}, "tables[0]: title and counted need German"),
        ({"period": {"from": "2025-02-01", "to": "2025-01-01"}}, "tables[0].period.to: lies"),
        ({"cells": [{"at": {"a": "v0"}, "value": 1}] * 2}, "tables[0].cells[0].at: is there twice"),
        ({"cells": [{"at": {"a": "x"}, "value": 1}]}, "tables[0].cells[0].at: a x is no value"),
        ({"cells": [{"at": {"a": "v0"}, "value": 1.5}]}, "tables[0].cells[0].value: a count"),
        ({"cells": [{"at": {}, "value": 1}]}, "tables[0].cells[0].at: is empty"),
        ({"surprise": 1}, "tables[0]: Object contains unknown field"),
    ],
)
def test_a_bad_file_is_refused_with_its_key(change: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInput) as error:
        read("datei", msgspec.json.encode(one(3, 4, **{"total": 7, **change})))
    assert str(error.value).startswith(f"datei: {message}")


def test_the_example_of_the_documentation_is_one() -> None:
    text = (Path(__file__).parents[2] / "docs/published-tables.md").read_text(encoding="utf-8")
    example = text.split("```json\n")[1].split("```")[0]
    (found,) = findings(read("docs", example.encode()))
    assert (found.kind, found.parts, found.total) == ("too_few", 38, 40)


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert __main__.main(["statistics", "sums", str(RAA)]) == 1
    told = capsys.readouterr()
    assert "WRONG" in told.err
    assert "the values of motiv add up to 190 of 189: 1 more than there are" in told.err
    assert "43 tables, 19 sums do not match" in told.err
    assert len(json.loads(told.out)[0]["findings"]) == 19

    fits = tmp_path / "fits.json"
    fits.write_bytes(msgspec.json.encode(one(3, 4, total=7)))
    assert __main__.main(["statistics", "sums", str(fits)]) == 0
    assert __main__.main(["statistics", "sums", str(tmp_path / "none.json")]) == 2
    fits.write_text("{")
    assert __main__.main(["statistics", "sums", str(fits)]) == 2
