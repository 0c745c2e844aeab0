"""What the dimensions can look like: their values, grouped by what the tables tell apart.

One dimension is a list of classes, and a condition on it is the set of classes it holds. Where one
value a case has, a class is a group of values; where a case has several at once, a group of sets
of values. There may be many such sets, so where only `has` is asked for, and in one clique of
tables only, the dimension is *counted*: for each value how many cases have it. With t cases that
have m to M values each, exactly the whole numbers with 0 ≤ n ≤ t and m·t ≤ Σ n ≤ M·t occur
(Gale and Ryser).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from math import comb
from typing import Any, NamedTuple

from adstelle.disclosure.problem import BadProblem, Dimension, Where

LIMIT = 200_000
Held = frozenset[int]  # the classes that a condition holds
Key = tuple[tuple[str, Held | str], ...]  # a condition in its only form; a text: has this value


class Space(NamedTuple):
    """A dimension as the tables see it."""

    classes: tuple[str, ...]  # their names
    held: Mapping[str, Held]  # for each condition, in JSON-like form, its classes
    counted: tuple[str, ...] = ()  # the values that are counted, instead of classes
    least: int = 0  # how many of the counted values a case has at least
    most: int = 0


class Element(NamedTuple):
    """What one case can have in a dimension: some of the named values, and how many in all."""

    named: frozenset[str]
    size: int


def canonical(where: Where) -> Where:
    """The same conditions in one form, however they were written."""
    return {name: _plain(where[name]) for name in sorted(where)}


def _plain(condition: Any) -> Any:
    if isinstance(condition, str):
        return {"has_any": [condition]}
    if isinstance(condition, list):
        return {"has_any": sorted(set(condition))}
    plain: dict[str, Any] = {}
    for word, wanted in sorted(condition.items()):
        if word in ("has_all", "has_any") and len(set(wanted)) == 1 and "has" not in condition:
            plain["has"] = wanted[0]
        else:
            plain[word] = sorted(set(wanted)) if isinstance(wanted, list) else wanted
    return plain


def only_has(condition: Any) -> str | None:
    """The value, if all that *condition* (in its canonical form) asks is whether a case has it."""
    return condition["has"] if list(condition) == ["has"] else None


def space(name: str, dim: Dimension, conditions: Iterable[Any], *, counted: bool) -> Space:
    """The classes of a dimension. Raises `BadProblem` if there are too many to list."""
    asked = sorted({repr(condition): condition for condition in conditions}.items())
    named = sorted({value for _, condition in asked for value in _values(condition)})
    low, high = dim.sizes()
    if counted:
        others = len(dim.values) - len(named)
        return Space(("",), {}, tuple(named), max(0, low - others), high)
    groups: dict[tuple[bool, ...], list[Element]] = {}
    for element in _elements(name, dim, named):
        met = tuple(_meets(element, condition) for _, condition in asked)
        groups.setdefault(met, []).append(element)
    patterns = sorted(groups, reverse=True)
    held = {
        text: frozenset(place for place, pattern in enumerate(patterns) if pattern[number])
        for number, (text, _) in enumerate(asked)
    }
    return Space(tuple(_label(groups[pattern]) for pattern in patterns), held)


def _values(condition: Mapping[str, Any]) -> Iterator[str]:
    for wanted in condition.values():
        if isinstance(wanted, str):
            yield wanted
        elif isinstance(wanted, list):
            yield from wanted


def _elements(name: str, dim: Dimension, named: Sequence[str]) -> Iterator[Element]:
    low, high = dim.sizes()
    others = len(dim.values) - len(named)
    if sum(comb(len(named), size) for size in range(high + 1)) * (high + 1) > LIMIT:
        raise BadProblem(f"dims.{name}: too many combinations of its values for these tables")
    for number in range(min(high, len(named)) + 1):
        for chosen in combinations(named, number):
            for size in range(max(low, number), min(high, number + others) + 1):
                yield Element(frozenset(chosen), size)


CHECKS: Mapping[str, Callable[[Element, Any], bool]] = {
    "has": lambda element, wanted: wanted in element.named,
    "has_all": lambda element, wanted: element.named.issuperset(wanted),
    "has_any": lambda element, wanted: not element.named.isdisjoint(wanted),
    "has_none": lambda element, wanted: element.named.isdisjoint(wanted),
    "set": lambda element, wanted: element.named.issuperset(wanted) and element.size == len(wanted),
    "count": lambda element, wanted: element.size == int(wanted),
    "count_min": lambda element, wanted: element.size >= int(wanted),
    "count_max": lambda element, wanted: element.size <= int(wanted),
}


def _meets(element: Element, condition: Mapping[str, Any]) -> bool:
    return all(CHECKS[word](element, wanted) for word, wanted in condition.items())


def _label(elements: Sequence[Element]) -> str:
    first = "+".join(sorted(elements[0].named)) or "other"
    return first if len(elements) == 1 else f"{first} or alike"
