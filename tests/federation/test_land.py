"""A Land's figures beside those of its cities: nothing that a city withholds is narrowed."""

import secrets
from collections.abc import Mapping
from itertools import product
from operator import add
from typing import Any, Final

import msgspec
import pytest
from hypothesis import Phase, assume, given, settings
from hypothesis import strategies as st

from adstelle.auditing.reading import BadInput
from adstelle.disclosure.answer import answer
from adstelle.disclosure.problem import read as read_problem
from adstelle.federation import land
from adstelle.federation.land import LAND, Public
from adstelle.federation.sharing import MODULUS, Partial, Share, opened, partial, split
from adstelle.releases.publication import Publication
from tests.federation.made_up import city, hidden

THREE: Final = {"a": [30, 3, 2, 12, 8], "b": [22, 4, 1, 9, 14], "c": [41, 2, 4, 3, 17]}
FIVE: Final = {**THREE, "d": [36, 4, 3, 11, 21], "e": [28, 3, 4, 15, 9]}
V: Final = "incidents-a-v"


class Cities:
    """What some cities have counted and published."""

    def __init__(self, counts: Mapping[str, list[int]], **fields: Any) -> None:
        both = {code: city(code.upper(), values, **fields) for code, values in counts.items()}
        self.published = {code: it for code, (it, _) in both.items()}
        self.truth = {code: it for code, (_, it) in both.items()}
        self.public = Public(self.published, [])

    def withheld(self, code: str) -> dict[str, int]:
        return {it: self.truth[code][it] for it in hidden(self.published[code])}

    def small(self) -> dict[str, list[str]]:
        return {
            code: [it for it, value in self.withheld(code).items() if value < 5]
            for code in self.published
        }

    def sums(self) -> tuple[dict[str, int], list[Share], list[Partial]]:
        """The way of the protocol: shares to each other, partial sums to the office."""
        codes = list(self.published)
        asked = land.questions(self.published)
        shares = []
        for code in codes:
            counts = {it.cell.id: self.truth[code][it.ids[code]] for it in asked}
            shares += split(counts, code, codes, lambda: secrets.randbelow(MODULUS))
        held = {code: [it for it in shares if it.receiver == code] for code in codes}
        partials = [partial(code, codes, held[code]) for code in codes]
        return opened(codes, partials), shares, partials

    def agreed(self) -> dict[str, int]:
        shown = land.draft(self.public, self.sums()[0], self.small())
        for code in self.published:
            shown = land.accepted(self.public, shown, code, self.withheld(code))
        return shown

    def naive(self) -> Publication:
        cells = self.truth["a"]
        sums = {cell: sum(it[cell] for it in self.truth.values()) for cell in cells}
        return land.table(self.published, "Land", sums)


@pytest.fixture(scope="module")
def three() -> Cities:
    return Cities(THREE)


@pytest.fixture(scope="module")
def five() -> Cities:
    return Cities(FIVE)


def shown(given: Publication) -> dict[str, int]:
    return {it.id: it.value for it in given.release.cells if it.value is not None}


def test_a_naive_table_unmasks_a_city(three: Cities) -> None:
    """Only c withholds its 3: the sum less what a and b have published is it."""
    assert hidden(three.published["c"]).count(f"{V}3") == 1
    assert f"{V}3" not in {*hidden(three.published["a"]), *hidden(three.published["b"])}
    assert f"c, {V}3:" in land.betrayed(three.public, three.naive())


def test_a_sum_is_asked_for_only_where_three_withhold(three: Cities) -> None:
    asked = {it.cell.id for it in land.questions(three.published)}
    assert asked == {f"{V}0", f"{V}1", f"{V}2"}
    two = {code: three.published[code] for code in ("a", "b")}
    assert land.questions(two) == []


def test_what_all_agree_on_narrows_nothing_and_shows_more(five: Cities) -> None:
    agreed = five.agreed()
    made = land.table(five.published, "Land", agreed)
    public = {it for it, value in shown(land.table(five.published, "Land", {})).items() if value}
    assert land.betrayed(five.public, made) == []
    assert agreed
    assert shown(made).keys() == public | agreed.keys()
    assert all(
        value == sum(it[cell] for it in five.truth.values()) for cell, value in shown(made).items()
    )


def test_a_city_objects_where_its_own_count_would_tell_another(three: Cities) -> None:
    """c has 4 of the 7: a and b together have 3, so c would know that neither has 5."""
    draft = land.draft(three.public, three.sums()[0], three.small())
    assert draft == {f"{V}2": 7}
    accepted = {
        code: land.accepted(three.public, draft, code, three.withheld(code)) for code in "abc"
    }
    assert accepted == {"a": draft, "b": draft, "c": {}}


def test_who_knows_which_counts_are_small_learns_nothing() -> None:
    """Three small counts that add up to 12 are four each; nobody else would know."""
    cities = Cities({code: [30, 4, 4, 12, 8] for code in "abc"})
    sums = {f"{V}1": 12}
    assert land.betrayed(cities.public, land.table(cities.published, "Land", sums)) == []
    assert land.draft(cities.public, sums, cities.small()) == {}


def test_small_sums_are_never_shown() -> None:
    cities = Cities({code: [30, 1, 1, 12, 8] for code in "abc"})
    sums, _, _ = cities.sums()
    assert sums[f"{V}1"] == 3
    assert f"{V}1" not in land.draft(cities.public, sums, cities.small())


def test_no_message_holds_a_card_or_a_small_count(five: Cities) -> None:
    _, shares, partials = five.sums()
    sent = [it for it in shares if it.sender != it.receiver] + [*partials]
    assert {it for message in sent for it in message.values} == {
        it.cell.id for it in land.questions(five.published)
    }
    assert min(value for message in sent for value in message.values.values()) > 10**6


def test_what_was_published_of_other_times_counts(five: Cities) -> None:
    """The Land had all cases of a cell in the first half of the year: there were none in the
    second, of which every city has withheld its count."""
    half: dict[str, Any] = {"period": {"from": "2025-01-01", "to": "2025-06-30"}}
    rest: dict[str, Any] = {"period": {"from": "2025-07-01", "to": "2025-12-31"}}
    first = Cities({code: [15, *values[1:3], 6, 5] for code, values in FIVE.items()}, **half)
    second = Cities({code: [15, 0, 0, 6, 6] for code in FIVE}, **rest)
    year = Cities(
        {code: [30, *values[1:3], 12, 11] for code, values in FIVE.items()},
    )
    sums = {f"{V}1": 16}
    assert sum(values[1] for values in FIVE.values()) == 16
    assert land.draft(year.public, sums, year.small()) == sums

    earlier = land.table(first.published, "Land", sums)
    others = [(LAND, earlier), *second.published.items()]
    assert land.draft(Public(year.published, others), sums, year.small()) == {}


def test_sums_that_contradict_what_is_published_are_refused(three: Cities) -> None:
    with pytest.raises(BadInput, match="contradict"):
        land.draft(three.public, {f"{V}1": 10**6}, three.small())


def test_figures_that_are_not_safe_alone_are_refused(three: Cities) -> None:
    release = three.published["c"].release
    cells = [
        msgspec.structs.replace(it, value=three.truth["c"][it.id]) if it.id != f"{V}1" else it
        for it in release.cells
    ]
    bare = msgspec.structs.replace(release, cells=cells)
    cities = {**three.published, "c": msgspec.structs.replace(three.published["c"], release=bare)}
    with pytest.raises(BadInput, match="not safe by itself: c, "):
        land.draft(Public(cities, []), {}, three.small())


# Checked once more by counting out all possibilities --------------------------------------------


def vectors(given: Publication, counts: Mapping[str, int]) -> list[dict[str, int]]:
    """All that a city can have counted, given its total and the cells it shows."""
    fixed = {cell: value for cell, value in shown(given).items() if cell != "incidents"}
    cells = [it for it in hidden(given) if it != "incidents"]
    left = counts["incidents"] - sum(fixed.values())
    every = product(range(left + 1), repeat=max(0, len(cells) - 1))
    return [
        fixed | dict(zip(cells, (*some, left - sum(some)), strict=True))
        for some in every
        if cells and sum(some) <= left
    ] or [fixed]


def possible(
    of: Mapping[str, list[dict[str, int]]], sums: Mapping[str, int]
) -> dict[tuple[str, str], set[int]]:
    """By city and cell every number that some tables have which add up to the Land's sums."""
    wanted = tuple(sums.values())
    found: dict[tuple[str, str], set[int]] = {}
    for code, its in of.items():
        others = {tuple(0 for _ in sums)}
        for more in (rows for other, rows in of.items() if other != code):
            parts = {tuple(row[cell] for cell in sums) for row in more}
            others = {tuple(map(add, one, part)) for one in others for part in parts}
        for row in its:
            if tuple(w - row[c] for w, c in zip(wanted, sums, strict=True)) in others:
                for cell, value in row.items():
                    found.setdefault((code, cell), set()).add(value)
    return found


def fitting(rows: list[dict[str, int]], withheld: Mapping[str, int]) -> list[dict[str, int]]:
    """Those that agree with which of the withheld counts are small."""
    return [row for row in rows if all((row[it] < 5) == (n < 5) for it, n in withheld.items())]


few = st.lists(st.integers(1, 6), min_size=3, max_size=3).map(lambda it: [30, *it])


@settings(max_examples=12, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(st.lists(few, min_size=3, max_size=4))
def test_counting_out_finds_nothing_narrowed(rows: list[list[int]]) -> None:
    cities = Cities({f"s{number}": row for number, row in enumerate(rows)})
    assume(all("incidents" not in hidden(it) for it in cities.published.values()))
    agreed = cities.agreed()
    withheld = {code: cities.withheld(code) for code in cities.published}
    of = {code: vectors(it, cities.truth[code]) for code, it in cities.published.items()}
    aware = {code: fitting(its, withheld[code]) for code, its in of.items()}
    before, after = possible(of, {}), possible(of, agreed)
    unaware, told = possible(aware, {}), possible(aware, agreed)
    for code, counts in withheld.items():
        own = {cell: cities.truth[code][cell] for cell in of[code][0]}
        by_subtracting = possible({**of, code: [own]}, agreed)
        for other, cell in ((it, cell) for it in of for cell in withheld[it]):
            numbers = after if other == code else by_subtracting
            assert min(numbers[other, cell]) == 0 or min(before[other, cell]) > 0
            assert max(numbers[other, cell]) >= 5
            assert len(numbers[other, cell]) > 1
        for cell in (it for it, count in counts.items() if count < 5):
            ends = [min(told[code, cell]), max(told[code, cell])]
            assert ends == [min(unaware[code, cell]), max(unaware[code, cell])]


def test_a_body_that_saw_everything_would_protect_the_same_counts(three: Cities) -> None:
    """Compared with `disclosure`, which needs all counts and has the cities' releases as earlier
    ones: what it shows betrays none of the small counts either, nor does it show those of ours
    that two cities alone withhold."""
    found = answer(read_problem(msgspec.json.encode(_everything(three))))
    assert found["status"] == "protected"
    ideal = {
        it["id"]: it["value"]
        for it in found["release"]["cells"]
        if "city" not in it["where"] and it["value"] is not None
    }
    narrowed = land.betrayed(three.public, land.table(three.published, "Land", ideal))
    guarded = {f"{code}, {it}:" for code, ids in three.small().items() for it in ids}
    assert not guarded & {*narrowed}
    assert f"{V}3" not in ideal


def _everything(cities: Cities) -> dict[str, Any]:
    codes = list(cities.published)
    plain = {code: msgspec.to_builtins(given.release) for code, given in cities.published.items()}
    dims = {name: {"values": dim["values"]} for name, dim in plain["a"]["dims"].items()} | {
        "city": {"values": codes}
    }
    cells, earlier = [], []
    for code, release in plain.items():
        own = [
            {"id": f"{code} {it['id']}", "where": {**it["where"], "city": code},
             "value": it["value"]}
            for it in release["cells"]
        ]  # fmt: skip
        earlier.append({"format": "sdc-release/1", "dims": dims, "cells": own})
        truth = {f"{code} {cell}": value for cell, value in cities.truth[code].items()}
        cells += [{**it, "value": truth[it["id"]]} for it in own]
    for it in plain["a"]["cells"]:
        total = sum(truth[it["id"]] for truth in cities.truth.values())
        cells.append({"id": it["id"], "where": it["where"], "value": total})
    return {"format": "sdc-problem/1", "dims": dims, "cells": cells, "earlier": earlier}
