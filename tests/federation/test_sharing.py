"""Counts are added up, and nobody who lacks one share learns anything of a count."""

import secrets
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adstelle.federation.sharing import (
    MODULUS,
    Partial,
    Share,
    WrongShares,
    opened,
    partial,
    split,
)

CITIES = ("a", "b", "c", "d")
counts = st.integers(0, 10**6)
numbers = st.integers(0, MODULUS - 1)


def draw() -> int:
    return secrets.randbelow(MODULUS)


def drawing(these: list[int]) -> Callable[[], int]:
    left: Iterator[int] = iter(these)
    return lambda: next(left)


def add_up(of_city: dict[str, dict[str, int]]) -> tuple[dict[str, int], list[Share], list[Partial]]:
    cities = list(of_city)
    shares = [it for city in cities for it in split(of_city[city], city, cities, draw)]
    partials = [
        partial(city, cities, [it for it in shares if it.receiver == city]) for city in cities
    ]
    return opened(cities, partials), shares, partials


@given(st.lists(st.tuples(counts, counts), min_size=3, max_size=6))
def test_the_sum_is_the_sum(rows: list[tuple[int, int]]) -> None:
    found, _, _ = add_up({f"s{n}": {"x": x, "y": y} for n, (x, y) in enumerate(rows)})
    assert found == {"x": sum(x for x, _ in rows), "y": sum(y for _, y in rows)}


@given(counts, counts, st.lists(numbers, min_size=3, max_size=3), st.sampled_from("bcd"))
def test_who_lacks_one_share_sees_the_same_for_any_count(
    count: int, other: int, randoms: list[int], honest: str
) -> None:
    """For every other count there are random numbers that show all but *honest* the same: as
    likely as these, so what they see says nothing."""
    shares = split({"x": count}, "a", CITIES, drawing(randoms))
    place = "bcd".index(honest)
    moved = [it if n != place else (it + other - count) % MODULUS for n, it in enumerate(randoms)]
    again = split({"x": other}, "a", CITIES, drawing(moved))

    def seen(of: list[Share]) -> list[Share]:
        return [it for it in of if it.receiver != honest]

    assert seen(shares) == seen(again)


def test_no_message_holds_a_count() -> None:
    secret = {city: {f"v{n}": n for n in range(10)} for city in CITIES}
    _, shares, partials = add_up(secret)
    sent: list[Share | Partial] = [it for it in shares if it.receiver != it.sender]
    said = [value for it in [*sent, *partials] for value in it.values.values()]
    assert len(said) == 4 * 3 * 10 + 4 * 10
    assert min(said) > 10**6  # but for one time in 10^11
    assert len(set(said)) == len(said)


def test_two_cities_are_too_few_and_a_stranger_adds_nothing() -> None:
    for sender, cities in (("a", ("a", "b")), ("a", ("a", "a", "b")), ("x", CITIES)):
        with pytest.raises(WrongShares):
            split({"x": 1}, sender, cities, draw)


def test_shares_that_are_missing_doubled_or_misled_are_refused() -> None:
    _, shares, partials = add_up({city: {"x": 7} for city in CITIES})
    mine = [it for it in shares if it.receiver == "b"]
    other = Share("c", "b", {"y": 1})
    for wrong in (
        mine[1:],
        [*mine, mine[0]],
        [*mine[1:], next(it for it in shares if it.receiver == "c")],
        [*(it for it in mine if it.sender != "c"), other],
    ):
        with pytest.raises(WrongShares):
            partial("b", CITIES, wrong)
    for few in (partials[1:], [*partials, partials[0]]):
        with pytest.raises(WrongShares):
            opened(CITIES, few)
