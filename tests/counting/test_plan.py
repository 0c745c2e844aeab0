"""A plan is data that somebody writes: what is wrong with it is named, with its line."""

from pathlib import Path

import pytest

from adstelle.city import load_city
from adstelle.counting.plan import (
    NoPlan,
    PlanError,
    UnknownMerge,
    alternatives,
    laid,
    load_plan,
)
from adstelle.counting.plan_check import is_acyclic
from tests.counting.cases import SMALL, jenas_plan, planned, words

CITIES = Path(__file__).parents[1] / "cities"

FAULTS = [
    ("k = 5", "k = 4", "k"),
    ('of = ["alter"]', 'of = ["alters"]', "alters is no answer of grounds"),
    ('of = ["alter"]', 'of = ["geschlecht"]', "geschlecht is counted twice"),
    ('of = ["alter"]\n', "", "age counts no answer"),
    ('code = "age"', 'code = "gender"', "gender stands twice"),
    ('rest = "other"', 'rest = "others"', "rest others is none of its values"),
    ('rest = "other"\n', "", "nothing counts"),
    ("most = 3\n", "", "most belongs to"),
    ("most = 3", "most = 4", "at most 3 grounds"),
    ('name = "area_broad"', 'name = "area"', "level area stands twice"),
    ('name = "area_broad"', 'name = "unit"', "unit: this name has a meaning of its own"),
    ('stellen = ["ads_jena", "thadine"]', 'stellen = ["nobody"]', "the unknown Stelle nobody"),
    ('rows = "ground"', 'rows = "grounds"', "grounds is no dimension"),
    ('columns = "area"', 'columns = "ground"', "crosses a dimension with itself"),
    ('id = "beides"', 'id = "bereich"', "two tables have the same id"),
    (words("Alter"), '{ de = "Alter" }', "has no words in de-simple, en, ar"),
    ('unit = "established"', 'unit = "incidents"', "a unit has two headlines"),
    ('unit = "incidents"\n[[headline]]', 'unit = "contacts"\n[[headline]]', "is no headline"),
    ('unit = "established"', 'unit = "established"\ncampaigns = true', "counted by contacts"),
    (
        'of = ["arbeit"]\nlabel = { de = "Arbeit"', 'of = ["wohnen"]\nlabel = { de = "Arbeit"',
        "wohnen is counted twice",
    ),
]  # fmt: skip

MORE = """
[[dimension]]
source = "{source}"
title = {title}
[[dimension.level]]
name = "more"
rest = "{rest}"
[[dimension.level.value]]
code = "one"
of = {of}
label = {title}
[[dimension.level.value]]
code = "rest"
label = {title}
[[table]]
id = "more"
unit = "incidents"
rows = "more"
{columns}
title = {title}
"""

ADDED = [
    ("reporter_role", ["zeugin"], "", "is about people who got in touch"),
    ("month", ["01"], 'columns = "area"', "time is not crossed"),
    ("district", ["winzerla"], 'columns = "ground"', "grounds by place need k = 10"),
    ("district", ["lobeda_altstadt"], "", "parts of a group of districts need k = 10"),
]


def test_the_plan_of_jena_is_one() -> None:
    plan = jenas_plan()
    assert plan.k == 5
    assert {it.unit for it in plan.headlines} == {"contacts", "incidents", "established"}


@pytest.mark.parametrize("city", ["musterwerder", "erfundenstedt"])
def test_a_city_need_not_have_one(city: str) -> None:
    with pytest.raises(NoPlan):
        load_plan(CITIES / city, load_city(CITIES / city))


@pytest.mark.parametrize(("right", "wrong", "message"), FAULTS)
def test_a_fault_is_named(tmp_path: Path, right: str, wrong: str, message: str) -> None:
    text = SMALL.replace("stellen =", "k = 5\nstellen =")
    assert right in text
    with pytest.raises(PlanError, match=r"statistics\.toml:\d+: ") as found:
        planned(tmp_path, text.replace(right, wrong, 1))
    assert message in str(found.value)


@pytest.mark.parametrize(("source", "of", "columns", "message"), ADDED)
def test_what_would_tell_too_much_is_no_plan(
    tmp_path: Path, source: str, of: list[str], columns: str, message: str
) -> None:
    more = MORE.format(
        source=source, of=str(of).replace("'", '"'), columns=columns, rest="rest", title=words("x")
    )
    with pytest.raises(PlanError) as found:
        planned(tmp_path, SMALL + more)
    assert message in str(found.value)


def test_a_coarser_level_only_merges(tmp_path: Path) -> None:
    broad = SMALL.index('name = "area_broad"')
    cut = SMALL[:broad] + SMALL[broad:].replace('of = ["arbeit"]', 'of = ["arbeit", "bildung"]', 1)
    with pytest.raises(PlanError, match="cuts other of area in two"):
        planned(tmp_path, cut)


def test_tables_form_no_ring(tmp_path: Path) -> None:
    more = MORE.format(
        source="incident_type", of='["beleidigung"]', columns='columns = "area"', rest="rest",
        title=words("x"),
    )  # fmt: skip
    closing = "[[table]]" + more.partition("[[table]]")[2].replace('"area"', '"ground"')
    closing = closing.replace('id = "more"', 'id = "ring"')
    planned(tmp_path, SMALL + more)
    with pytest.raises(PlanError, match="ring"):
        planned(tmp_path, SMALL + more + closing)


@pytest.mark.parametrize(
    ("edges", "expected"),
    [
        (["ab", "ac", "ad"], True),
        (["ab", "bc", "cd"], True),
        (["ab", "bc", "ca"], False),
        (["ab", "bc", "ca", "abc"], True),
        (["ab", "bc", "cd", "da"], False),
        (["a", "b"], True),
        (["ab", "ab"], True),
        ([], True),
    ],
)
def test_a_ring_is_found(edges: list[str], expected: bool) -> None:
    assert is_acyclic(edges) is expected


def test_the_ladder_goes_down_rung_by_rung(tmp_path: Path) -> None:
    plan = planned(tmp_path)
    first = {it.changed: it for it in alternatives(plan, {})}
    assert {name: it.to for name, it in first.items()} == {
        "ground": "none", "area": "area_broad",
        "table:merkmal": "none", "table:bereich": "none", "table:beides": "none",
    }  # fmt: skip
    assert [it["de"] for it in first["area"].labels] == ["Arbeit", "Anderes"]
    lower = {it.changed: it for it in alternatives(plan, first["area"].merges)}
    assert lower["area"].merges == {"area": "none"}
    assert {it.id for it in laid(plan, {"area": "none"}).tables} == {"merkmal"}
    assert [it.changed for it in alternatives(plan, {"area": "none"})] == [
        "ground",
        "table:merkmal",
    ]


@pytest.mark.parametrize(
    "merges", [{"x": "none"}, {"area": "x"}, {"table:x": "none"}, {"area": "ground"}]
)
def test_an_unknown_merge_is_refused(tmp_path: Path, merges: dict[str, str]) -> None:
    with pytest.raises(UnknownMerge):
        laid(planned(tmp_path), merges)
