"""Whether published tables add up, and which of their numbers say more than they seem to.

Rules of arithmetic, nothing else. Where one case has one value, the values of a table add up to
its total; where one case may have several, they may come to more, and that is no mistake. Where
only some values were quoted, what is missing from the total is no mistake either.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from typing import Final, Literal, TypeAlias

import msgspec

from adstelle.published.tables import At, Entry, Table, Tables
from adstelle.releases.publication import GERMAN

Kind: TypeAlias = Literal[
    "too_many", "too_few", "quoted_in_part", "several_answers", "above_total",
    "another_total", "later_total", "gives_count_away", "no_such_share",
]  # fmt: skip
WRONG: Final[frozenset[Kind]] = frozenset(
    ("too_many", "too_few", "above_total", "another_total", "no_such_share")
)


class Finding(msgspec.Struct, frozen=True, omit_defaults=True):
    """*place*: which part of the table; empty for all of it. *parts*: what its values add up to,
    *total*: what was published, *count*: a count that follows."""

    table: str
    kind: Kind
    text: str
    is_wrong: bool
    place: At = {}
    parts: int | float | None = None
    total: int | None = None
    count: int | None = None


def findings(given: Tables) -> list[Finding]:
    """Everything there is to say, table by table, then what tables say of each other."""
    found = [it for table in given.tables for it in of_table(table)]
    return [*found, *_another_total(given.tables)]


def of_table(table: Table) -> list[Finding]:
    """What there is to say of one table by itself."""
    numbers = _counts(table) if table.numbers == "counts" else _percent(table)
    return [*numbers, *_later(table)]


def difference(table: Table) -> int | None:
    """By how much the values of a table of one dimension fall short of the total; below nought:
    they exceed it. None if that says nothing: percent, several answers, no total."""
    if table.numbers != "counts" or table.multi or table.total is None or len(table.dims) != 1:
        return None
    return table.total - sum(int(entry.value) for entry in table.cells)


# Counts -----------------------------------------------------------------------------------------


def _counts(table: Table) -> Iterator[Finding]:
    """Compare each margin, and the total, with what it is made of, dimension by dimension."""
    known = {frozenset(entry.at.items()): int(entry.value) for entry in table.cells}
    if table.total is not None:
        known[frozenset()] = table.total
    for whole, total in known.items():
        place = dict(whole)
        for name in (it for it in table.dims if it not in place):
            parts = [n for at, n in known.items() if whole < at and {name} == _more(at, whole)]
            if parts and name in table.multi:
                yield from _several(table, place, name, parts, total)
            elif parts:
                yield from _one_each(table, place, name, sum(parts), total)


def _more(at: frozenset[tuple[str, str]], whole: frozenset[tuple[str, str]]) -> set[str]:
    return {name for name, _ in at - whole}


def _one_each(table: Table, place: At, name: str, parts: int, total: int) -> Iterator[Finding]:
    said = f"{_named(place)}the values of {name} add up to {parts} of {total}"
    if parts > total:
        text = f"{said}: {parts - total} more than there are"
        yield _finding(table, "too_many", text, place, parts, total)
    elif parts < total and table.is_complete:
        text = f"{said}: {total - parts} attributed to none of them"
        yield _finding(table, "too_few", text, place, parts, total)
    elif parts < total:
        text = f"{said}: only some of them were quoted, nothing can be said"
        yield _finding(table, "quoted_in_part", text, place, parts, total)


def _several(
    table: Table, place: At, name: str, parts: Sequence[int], total: int
) -> Iterator[Finding]:
    together = sum(parts)
    if max(parts) > total:
        text = f"{_named(place)}one value of {name} alone has {max(parts)} of {total}"
        yield _finding(table, "above_total", text, place, max(parts), total)
    said = f"{_named(place)}the values of {name} add up to {together} of {total}"
    if together < total and table.is_complete:
        text = f"{said}, although every case has at least one"
        yield _finding(table, "too_few", text, place, together, total)
    elif together > total:
        text = f"{said}: one case may have several, so this is no mistake"
        yield _finding(table, "several_answers", text, place, together, total)


# Percent ----------------------------------------------------------------------------------------


def _percent(table: Table) -> Iterator[Finding]:
    if len(table.dims) == 1:
        yield from _hundred(table)
    for entry in table.cells:
        yield from _share(table, entry)


def _hundred(table: Table) -> Iterator[Finding]:
    """Rounded shares may miss a hundred by half a step each."""
    together = sum(_exactly(entry) for entry in table.cells)
    slack = sum(_half_step(entry) for entry in table.cells)
    parts = float(together) if together.denominator > 1 else int(together)
    said = f"the shares add up to {parts} %"
    if table.multi:
        if together > 100 + slack:
            text = f"{said}: one case may have several values, so this is no mistake"
            yield _finding(table, "several_answers", text, {}, parts, table.total)
    elif together > 100 + slack:
        yield _finding(table, "too_many", f"{said}, more than rounding explains", {}, parts)
    elif together < 100 - slack:
        kind: Kind = "too_few" if table.is_complete else "quoted_in_part"
        text = f"{said}, less than rounding explains"
        if not table.is_complete:
            text = f"{said}: only some values were quoted, nothing can be said"
        yield _finding(table, kind, text, {}, parts)


def _share(table: Table, entry: Entry) -> Iterator[Finding]:
    """A share of a small total is a count: 31 % of 35 can only be 11."""
    if table.total is None:
        return
    low = ceil((_exactly(entry) - _half_step(entry)) * table.total / 100)
    high = floor((_exactly(entry) + _half_step(entry)) * table.total / 100)
    said = f"{_named(entry.at)}{entry.value} % of {table.total}"
    if low > high:
        text = f"{said} is no whole number of cases: the share is of another total"
        yield _finding(table, "no_such_share", text, entry.at, entry.value, table.total)
    elif low == high:
        text = f"{said} can only be {low}: the share gives the count away"
        found = _finding(table, "gives_count_away", text, entry.at, entry.value, table.total)
        yield msgspec.structs.replace(found, count=low)


def _exactly(entry: Entry) -> Fraction:
    return Fraction(Decimal(str(entry.value)))


def _half_step(entry: Entry) -> Fraction:
    """Half of the last decimal place that was published: 31 is 30.5 to 31.5."""
    exponent = Decimal(str(entry.value)).as_tuple().exponent
    return Fraction(1, 2 * 10 ** -min(0, int(exponent)))


# Other totals -----------------------------------------------------------------------------------


def _later(table: Table) -> Iterator[Finding]:
    for later in table.later:
        if table.total is not None and later.total != table.total:
            text = (
                f"the total was {table.total}, later {later.total}: cases of this period were "
                f"{'added' if later.total > table.total else 'removed'}; a release here stays "
                "as it is, a later count is a new one"
            )
            found = _finding(table, "later_total", text, {}, None, table.total)
            yield msgspec.structs.replace(found, count=later.total)


def _another_total(tables: Iterable[Table]) -> Iterator[Finding]:
    """Tables that say they count the same in the same time have the same total."""
    first: dict[tuple[object, ...], Table] = {}
    named: dict[tuple[object, ...], set[int]] = defaultdict(set)
    for table in tables:
        if table.total is None:
            continue
        key = (table.period, table.unit, table.counted[GERMAN])
        other = first.setdefault(key, table)
        if named[key] and table.total not in named[key]:
            text = f"the total is {table.total}, in {other.id} it is {other.total}"
            yield _finding(table, "another_total", text, {}, None, table.total)
        named[key].add(table.total)


def _named(place: At) -> str:
    return "".join(f"{name} {value}: " for name, value in sorted(place.items()))


def _finding(
    table: Table, kind: Kind, text: str, place: At, parts: int | float | None,
    total: int | None = None,
) -> Finding:  # fmt: skip
    return Finding(table.id, kind, text, kind in WRONG, place, parts, total)
