"""Which dimensions are counted together."""

import random
from itertools import combinations

from adstelle.disclosure.cliques import cliques, tree


def test_a_star_stays_as_small_as_its_tables() -> None:
    found = cliques([["ground", "area"], ["area", "form"], ["role"], []])

    assert found == [("area", "form"), ("area", "ground"), ("role",)]
    assert tree(found) == [(0, 1, ("area",)), (0, 2, ())]


def test_a_ring_is_filled_up() -> None:
    found = cliques([["a", "b"], ["b", "c"], ["c", "d"], ["d", "a"]])

    assert found == [("a", "b", "d"), ("b", "c", "d")]
    assert tree(found) == [(0, 1, ("b", "d"))]


def test_what_two_cliques_share_is_shared_by_all_on_the_way() -> None:
    chance = random.Random(1)  # noqa: S311
    for _ in range(200):
        edges = [chance.sample("abcdefg", chance.randint(1, 3)) for _ in range(7)]
        found = cliques(edges)
        assert cliques(chance.sample(edges, len(edges))) == found
        assert all(any({*edge} <= {*clique} for clique in found) for edge in edges)
        for name in "abcdefg":
            having = {place for place, clique in enumerate(found) if name in clique}
            links = [link for link in tree(found) if name in link[2]]
            assert len(links) == max(0, len(having) - 1)  # a tree of those that have it
        assert not any({*one} <= {*other} for one, other in combinations(found, 2))


def test_no_table_at_all_is_one_number() -> None:
    assert cliques([]) == [()]
    assert cliques([[]]) == [()]
