"""Made-up cards, and what a million of them would need."""

import tracemalloc

from adstelle.counting.units import snapshot
from adstelle.local.made_up import cards
from tests.counting.cases import YEAR, jena, jenas_plan


def test_the_same_seed_makes_the_same_cards() -> None:
    assert [*cards(jena(), 30)] == [*cards(jena(), 30)]
    assert [*cards(jena(), 30)] != [*cards(jena(), 30, seed=2)]


def test_a_card_leaves_little_behind() -> None:
    """A million cards of which nobody shares an incident are to fit into one gigabyte."""
    given, plan = [*cards(jena(), 4000)], jenas_plan()
    tracemalloc.start()
    snapshot(plan, iter(given), YEAR)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak / len(given) < 900
