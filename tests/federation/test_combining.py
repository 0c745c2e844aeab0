"""The sum of published figures: what everybody could add up, and nothing else."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from adstelle import __main__
from adstelle.auditing.reading import BadInput
from adstelle.federation.combining import combined
from adstelle.releases import publication
from adstelle.releases.publication import Publication
from adstelle.releases.tables import Layout
from tests.federation.made_up import city
from tests.releases.files import YEAR, read

ONE, _ = city("Eins", [30, 3, 2, 12, 8])
TWO, _ = city("Zwei", [22, 14, 11, 9, 7])


def values(given: Publication) -> dict[str, int | None]:
    return {cell.id: cell.value for cell in given.release.cells}


def test_a_sum_where_all_publish_and_nothing_where_one_withholds() -> None:
    made = combined({"1": ONE, "2": TWO}, "Landkreis")
    one, two = values(ONE), values(TWO)
    for cell, value in values(made).items():
        first, second = one[cell], two[cell]
        assert value == (None if first is None or second is None else first + second)
    assert values(made)["incidents"] == 118
    assert values(made)["incidents-a-v1"] is None
    assert made.title["de"] == "Landkreis: Zahlen aus 2 Veröffentlichungen"
    assert made.source == {"de": "Zahlen aus Eins; Zahlen aus Zwei"}
    assert [plan.id for plan in made.tables] == ["t"]
    assert len(Layout(made).tables) == 1
    assert publication.read("again", publication.canonical(made)) == made


cells = st.lists(st.integers(5, 60) | st.none(), min_size=4, max_size=4)


@given(st.lists(cells, min_size=2, max_size=5))
def test_a_sum_is_shown_if_and_only_if_every_city_shows_its_part(
    rows: list[list[int | None]],
) -> None:
    files = {f"{number}": _with(row, number) for number, row in enumerate(rows)}
    made = values(combined(files, "Land"))
    for place, cell in enumerate(("v0", "v1", "v2", "v3")):
        column = [row[place] for row in rows]
        parts = [it for it in column if it is not None]
        assert made[f"incidents-a-{cell}"] == (sum(parts) if len(parts) == len(column) else None)


def _with(row: list[int | None], number: int) -> Publication:
    release = ONE.release
    shown = dict(
        zip([cell.id for cell in release.cells if cell.id != "incidents"], row, strict=False)
    )
    changed = [structs.replace(it, value=shown.get(it.id)) for it in release.cells]
    return structs.replace(
        ONE, title={"de": f"Stadt {number}"}, release=structs.replace(release, cells=changed)
    )


def test_a_table_that_one_city_lacks_is_left_out() -> None:
    bare = structs.replace(
        TWO, tables=(), dims={},
        release=structs.replace(TWO.release, cells=TWO.release.cells[:1]),
    )  # fmt: skip
    made = combined({"1": ONE, "2": bare}, "Land")
    assert list(values(made)) == ["incidents"]
    assert made.tables == ()
    assert len(made.headline) == 1


def test_different_days_of_counting_are_said() -> None:
    later = structs.replace(TWO, cut_off=TWO.cut_off.replace(year=2026))
    made = combined({"1": ONE, "2": later}, "Land")
    assert made.cut_off == later.cut_off
    assert "Nicht alle haben zum selben Stichtag gezählt." in [it["de"] for it in made.notes]


def refused(*files: Publication) -> str:
    with pytest.raises(BadInput) as error:
        combined({f"{number}.json": it for number, it in enumerate(files)}, "Land")
    return str(error.value)


def _released(**fields: Any) -> Publication:
    return structs.replace(TWO, release=structs.replace(TWO.release, **fields))


def test_what_is_not_about_the_same_is_refused() -> None:
    assert "at least two" in refused(ONE)
    assert "1.json: is the same release as 0.json" in refused(ONE, ONE)
    moved = structs.replace(TWO.period, since=TWO.period.since.replace(month=2))
    assert "1.json: period" in refused(ONE, structs.replace(TWO, period=moved))
    dims = {**TWO.release.dims}
    dims["a"] = structs.replace(dims["a"], values=["v0", "v1"])
    assert "1.json: release.dims.a" in refused(ONE, _released(dims=dims))
    zeros = [{"a": "v0"}]
    assert "structural_zeros" in refused(ONE, _released(structural_zeros=zeros))
    low = [structs.replace(it, lo=0) for it in TWO.release.cells]
    assert "is rounded" in refused(ONE, _released(cells=low))
    gone = read({**YEAR, **_withdrawing()})
    assert "withdraws" in refused(ONE, gone)


def _withdrawing() -> dict[str, Any]:
    empty = {**YEAR["release"], "cells": [], "structural_zeros": []}
    gone = [{"release": 1, "cell": "all"}]
    return {"withdraws": gone, "headline": [], "tables": [], "release": empty}


def test_the_command(tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    files = []
    for name, it in (("eins", ONE), ("zwei", TWO)):
        files.append(str(tmp_path / f"{name}.json"))
        Path(files[-1]).write_bytes(publication.canonical(it))
    assert __main__.main(["statistics", "combine", *files, "--as", "Land"]) == 0
    told = capsysbinary.readouterr()
    made = publication.read("out", told.out)
    assert values(made)["incidents"] == 118
    assert b"6 cells, " in told.err
    assert msgspec.json.decode(told.out)["format"] == "figures-publication/1"

    assert __main__.main(["statistics", "combine", files[0], files[0], "--as", "Land"]) == 2
    assert b"named twice" in capsysbinary.readouterr().err
    assert __main__.main(["statistics", "combine", files[0], "none.json", "--as", "Land"]) == 2
