"""Which dimensions have to be counted together, so that nothing the tables say jointly is lost.

The dimensions that occur together in a cell are joined; cycles are filled up until the graph is
chordal. Its maximal cliques, linked in a tree by what they share, then know as much as the table
over all dimensions would: whole numbers that agree on what two neighbours share can always be
put together (decomposable models; Dobra and Fienberg 2000).
"""

from collections.abc import Collection, Iterable
from itertools import combinations

Clique = tuple[str, ...]


def cliques(edges: Iterable[Collection[str]]) -> list[Clique]:
    """The maximal cliques of the filled-up graph, each sorted; the same for any order of input."""
    near: dict[str, set[str]] = {}
    for edge in edges:
        for name in edge:
            near.setdefault(name, set()).update(set(edge) - {name})
    found: list[set[str]] = []
    while near:
        name = min(near, key=lambda name: (_missing(near, name), len(near[name]), name))
        around = near.pop(name)
        for one, other in combinations(around, 2):
            near[one].add(other)
            near[other].add(one)
        for other in around:
            near[other].discard(name)
        if not any({name, *around} <= clique for clique in found):
            found.append({name, *around})
    return sorted(tuple(sorted(clique)) for clique in found) or [()]


def _missing(near: dict[str, set[str]], name: str) -> int:
    return sum(other not in near[one] for one, other in combinations(near[name], 2))


def tree(found: list[Clique]) -> list[tuple[int, int, Clique]]:
    """Links between cliques, as two places and what they share: a largest spanning tree."""
    links: list[tuple[int, int, Clique]] = []
    inside, outside = {0}, set(range(1, len(found)))
    while outside:
        one, other = min(
            ((one, other) for one in inside for other in outside),
            key=lambda pair: (-len({*found[pair[0]]} & {*found[pair[1]]}), pair),
        )
        inside.add(other)
        outside.remove(other)
        links.append((one, other, tuple(sorted({*found[one]} & {*found[other]}))))
    return links
