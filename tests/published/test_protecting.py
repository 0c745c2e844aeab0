"""Tables of Saxony, 2009 to 2021, from the source to the page: checked, protected, published."""

import re
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec
import pytest

from accessibility import rules
from accessibility.rules.page import Page
from accessibility.rules.tree import Document
from adstelle import __main__
from adstelle.auditing import reading
from adstelle.auditing.judging import Options, audit
from adstelle.city import City, load_city
from adstelle.database import Pool
from adstelle.local import demo
from adstelle.published import protecting, sums
from adstelle.published.protecting import Made
from adstelle.published.tables import Tables, read
from adstelle.releases import publication, service
from adstelle.releases.publication import Publication
from tests.accessibility.shown import language_of
from tests.cities import MUSTERWERDER
from tests.core import TODAY, application_of, browser_for
from tests.published.test_sums import one

RAA: Final = MUSTERWERDER / "figures/raa-sachsen.json"
YEARS: Final = range(2009, 2022)
WITHHELD: Final = '<span class="unsaid">nicht veröffentlicht</span>'


@pytest.fixture(scope="module")
def saxony() -> Tables:
    return read(RAA.name, RAA.read_bytes())


@pytest.fixture(scope="module")
def made(saxony: Tables) -> list[Made]:
    return list(protecting.releases(saxony, k=5))


def audited(
    given: Publication, truth: dict[str, int], *, rule_aware: bool = False, insider: bool = False
) -> str:
    """What the auditor says who knows which withheld counts are small."""
    small = frozenset(
        cell.id for cell in given.release.cells if cell.value is None and truth[cell.id] < given.k
    )
    release = reading.read("release", msgspec.json.encode(given.release))
    return audit([release], Options(rule_aware, insider, sensitive=small)).status


def counted(saxony: Tables, made: Made) -> dict[str, int]:
    """The source's number of every cell of a release."""
    truth: dict[str, int] = {}
    for table in saxony.tables:
        if table.period != made.publication.period or table.id in made.left_out:
            continue
        assert table.total is not None
        truth["incidents"] = table.total
        base = table.dims[0]
        name = next(it for it in made.publication.dims if re.fullmatch(rf"{base}(-\d+)?", it))
        for entry in table.cells:
            truth[f"incidents-{name}-{entry.at[base]}"] = int(entry.value)
        if rest := sums.difference(table):
            truth[f"incidents-{name}-ohne_angabe"] = rest
    return truth


def test_every_year_is_a_release_and_small_counts_are_withheld(
    saxony: Tables, made: list[Made]
) -> None:
    assert [it.publication.period.since.year for it in made] == list(YEARS)
    for it in made:
        truth = counted(saxony, it)
        values = {cell.id: cell.value for cell in it.publication.release.cells}
        assert values.keys() == truth.keys()
        shown = {name: value for name, value in values.items() if value is not None}
        assert all(value >= 5 and value == truth[name] for name, value in shown.items())
        assert "incidents" in shown  # totals are dearer than any other cell


def test_every_release_withstands_all_three_attackers(saxony: Tables, made: list[Made]) -> None:
    for it in made:
        truth = counted(saxony, it)
        assert audited(it.publication, truth, rule_aware=True, insider=True) == "safe"


def test_what_cannot_be_true_or_is_counted_otherwise_is_left_out_and_said(made: list[Made]) -> None:
    left_out = {table: why for it in made for table, why in it.left_out.items()}
    assert {table for table, why in left_out.items() if why == "too_many"} == {
        "motiv-2021",
        "region-2013",
    }
    persons = {table for table, why in left_out.items() if why == "another_unit"}
    assert persons == {f"geschlecht-{year}" for year in range(2016, 2022)} | {
        f"alter-{year}" for year in range(2018, 2022)
    }
    assert len(left_out) == 12
    notes = [words["de"] for words in made[-1].publication.notes]
    assert sum(note.startswith("Nicht dabei: ") for note in notes) == 3


def test_what_no_value_has_is_a_value_of_its_own(made: list[Made]) -> None:
    first = {cell.id: cell.value for cell in made[0].publication.release.cells}
    assert first["incidents-motiv-ohne_angabe"] == 21
    in_2020 = {cell.id: cell.value for cell in made[-2].publication.release.cells}
    rest = next(name for name in in_2020 if "tatbestand" in name and name.endswith("ohne_angabe"))
    assert in_2020[rest] is None  # one case
    assert "207" not in "".join(words["de"] for words in made[-2].publication.notes)


def test_other_values_start_anew(made: list[Made]) -> None:
    changed = {
        it.publication.period.since.year: [words["de"].split(":")[0] for words in changes]
        for it in made
        if (changes := it.publication.changes)
    }
    assert changed == {
        2017: ["Tat"], 2018: ["Tat"], 2019: ["Motiv", "Tat"], 2020: ["Motiv"],
    }  # fmt: skip
    motives = {name for it in made for name in it.publication.dims if name.startswith("motiv")}
    assert motives == {"motiv", "motiv-2", "motiv-3"}


def test_the_same_tables_give_the_same_bytes(saxony: Tables, made: list[Made]) -> None:
    again = protecting.releases(saxony, k=5)
    assert [publication.canonical(it.publication) for it in again] == [
        publication.canonical(it.publication) for it in made
    ]


def test_tables_of_several_answers_and_of_two_dimensions() -> None:
    file = one(30, 20, 6, total=40, multi=["a"])
    crossed = one(20, 20, total=40, id="u", dims=["b", "c"])
    file["dims"] |= dict.fromkeys(("b", "c"), crossed["dims"]["a"])
    inner = [("v0", "v0", 17), ("v0", "v1", 3), ("v1", "v0", 8), ("v1", "v1", 12)]
    table = crossed["tables"][0]
    table["cells"] = [{"at": {"b": b, "c": c}, "value": n} for b, c, n in inner]
    table["cells"] += [{"at": {"b": it}, "value": 20} for it in ("v0", "v1")]
    file["tables"].append(table)

    (only,) = protecting.releases(read("x", msgspec.json.encode(file)), k=5)

    assert only.left_out == {}
    assert only.publication.release.dims["a"].multi
    values = {cell.id: cell.value for cell in only.publication.release.cells}
    assert values["incidents-b-v0-c-v1"] is None
    assert values["incidents"] == 40


@pytest.mark.parametrize(
    "fields",
    [
        {"values": (8, 3), "multi": ["a"]},  # one value alone has more than all
        {"values": (2, 3), "multi": ["a"]},  # every case has one, yet there are fewer
        {"values": (4, 4)},
        {"values": (3, 4), "total": None},
        {"values": (30, 70), "numbers": "percent"},
    ],
)
def test_a_table_that_cannot_be_true_is_left_out(fields: dict[str, Any]) -> None:
    values = fields.pop("values")
    file = one(*values, **{"total": 7, **fields})
    file["tables"] += one(30, 20, total=50, id="u", counted={"de": "Anfragen"}, unit="contacts")[
        "tables"
    ]
    (only,) = protecting.releases(read("x", msgspec.json.encode(file)), k=5)
    assert only.left_out.keys() == {"t"}
    assert [plan.id for plan in only.publication.tables] == ["u"]


def test_what_cannot_be_protected_is_left_out_and_its_total_stays() -> None:
    file = one(3, 4, total=7, unit="contacts")  # both are small: who knows that learns 3 to 4
    (only,) = protecting.releases(read("x", msgspec.json.encode(file)), k=5)

    assert only.left_out == {"t": "unprotectable"}
    assert [(cell.id, cell.value) for cell in only.publication.release.cells] == [("contacts", 7)]
    assert only.publication.notes[1]["de"].startswith("Nicht dabei: „Tabelle“. Kleine Zahlen")


async def test_the_demo_city_shows_saxony(operator_pool: Pool, public_pool: Pool) -> None:
    """Loaded, protected, audited together, published, seen: nothing typed for one table."""
    assert await demo.publish(operator_pool, MUSTERWERDER, TODAY) == len(YEARS)
    entries, broken = await service.verified(operator_pool)
    assert (len(entries), broken) == (13, [])

    city = load_city(MUSTERWERDER)
    async with browser_for(application_of(public_pool, city)) as browser:
        overview = (await browser.get("/de/zahlen")).text
        assert overview.count("Rechte Gewalt in Sachsen") >= 13
        for number, entry in enumerate(entries, start=1):
            await _page_says(browser, number, publication.read("entry", entry.content))
        for lang in city.languages:
            _is_accessible(await browser.get(f"/{lang}/zahlen/11"), city, lang)
        english = (await browser.get("/en/zahlen/13")).text
        assert "In the source, the parts come to more than the total." in english


async def _page_says(browser: httpx.AsyncClient, number: int, given: Publication) -> None:
    page = (await browser.get(f"/de/zahlen/{number}")).text
    hidden = [cell.id for cell in given.release.cells if cell.value is None]
    assert page.count(WITHHELD) == len(hidden)
    for words in (*given.notes, *given.changes):
        assert words["de"] in page
    data = [(await browser.get(f"/zahlen/{number}/{plan.id}.csv")).text for plan in given.tables]
    assert sum(text.count("nicht_veroeffentlicht") for text in data) == len(hidden)


def _is_accessible(answer: httpx.Response, city: City, lang: str) -> None:
    page = Page(
        document=Document(answer.text),
        language=language_of(city, lang),
        frame="public",
        is_fault=False,
        hosts=frozenset({"github.com"}),
    )
    assert rules.check(page) == []


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments: list[Any] = ["statistics", "prepare", str(RAA), "--into", str(tmp_path / "out")]
    assert __main__.main(arguments) == 0
    told = capsys.readouterr()
    assert "left out: motiv-2021: too_many" in told.err
    files = sorted((tmp_path / "out").iterdir())
    assert len(files) == 13
    for file in files:
        publication.read(file.name, file.read_bytes())

    assert __main__.main(arguments) == 2  # nothing is written over
    assert "is there already" in capsys.readouterr().err
    assert __main__.main(["statistics", "prepare", "none.json", "--into", str(tmp_path)]) == 2
