"""Whether a new release, together with all before it, keeps what is withheld.

Each release counts in its own period. So that a year and a quarter of it are not taken for
strangers, every cell is asked in days: the boundaries of all periods cut time into pieces, and a
period is the pieces it covers. What two periods that overlap say together, the cases of one without
those of the other, is a count too, though nobody printed it. Kept out of the public process: only
this needs a solver.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from itertools import chain, combinations
from typing import Any, TypeAlias

import msgspec

from adstelle.auditing import reading
from adstelle.auditing.judging import Options, audit
from adstelle.auditing.reading import Published
from adstelle.auditing.solving import Progress
from adstelle.releases import publication
from adstelle.releases.publication import PERIOD, Period
from adstelle.releases.rules import Numbered

Placed: TypeAlias = tuple[Sequence[str], Sequence[str]]  # a dimension's values; those of a release


def reasons(
    releases: Sequence[Numbered], sensitive: Mapping[int, Mapping[str, int]] | None = None,
    progress: Progress | None = None,
) -> list[str]:  # fmt: skip
    """Say why these cannot stand beside each other; nothing if they are safe.

    *sensitive*: for a release, by its number, its withheld counts below k; secret, so there may be
    none for earlier ones. With it the reasons are secret too, and it is also tried what somebody
    learns who knows which these are, and who is the one case in one of them. *progress* is
    told the attacker and how many of how many questions are done; what it raises ends the work.

    Raises what `auditing` raises: `BadInput`, `TooLarge`, `Unproven`.
    """
    told = [(number, it) for number, it in releases if it.release.cells]
    cuts = boundaries([it.period for _, it in told])
    published = [
        within(f"release {number}", it.release, {PERIOD: in_time(it.period, cuts)})
        for number, it in told
    ]
    published += _differences(told, cuts)
    answer = audit(published, _options(told, sensitive), progress)
    found = [f"{it.id} {it.reason}" for it in answer.reasons]
    if answer.conflict:
        places = ", ".join(place.id for place in answer.conflict)
        found.append(f"these cannot all be true: {places}")
    return found


def _options(
    releases: Sequence[Numbered], sensitive: Mapping[int, Mapping[str, int]] | None
) -> Options:
    if sensitive is None:
        return Options()
    hidden = {
        (number, cell.id)
        for number, it in releases
        for cell in it.release.cells
        if cell.value is None
    }
    small = {_named(it, cell): n for it, told in sensitive.items() for cell, n in told.items()}
    untold = frozenset(_named(number, it) for number, it in hidden if number not in sensitive)
    return Options(
        rule_aware=True,
        insider=True,
        sensitive=frozenset(small),
        untold=untold,
        alone=frozenset(it for it, value in small.items() if value == 1),
        ranges=False,
    )


def _named(number: int, cell_id: str) -> str:
    return _in(f"release {number}", cell_id)


def _in(name: str, cell_id: str) -> str:
    """The id of a cell among those of all files."""
    return f"{name}, {cell_id}:"


def boundaries(periods: Iterable[Period]) -> list[date]:
    """The days on which any of the periods begins, or the day after any ends."""
    ends = {(it.since, it.to + timedelta(days=1)) for it in periods}
    return sorted(set(chain.from_iterable(ends)))


def in_time(period: Period, cuts: Sequence[date]) -> Placed:
    """All pieces of time, named by their first day, and those which the period covers."""
    return [it.isoformat() for it in cuts], _pieces(period, cuts)


def _pieces(period: Period, cuts: Sequence[date]) -> list[str]:
    return [it.isoformat() for it in cuts if period.since <= it <= period.to]


def within(name: str, release: reading.Release, placed: Mapping[str, Placed]) -> Published:
    """The release with more dimensions in every condition and with its *name* before every id."""
    plain: dict[str, Any] = msgspec.to_builtins(release)

    def named(cell_id: str) -> str:
        return _in(name, cell_id)

    plain["dims"] |= {dim: {"values": list(values)} for dim, (values, _) in placed.items()}
    asked = {dim: list(own) for dim, (_, own) in placed.items()}
    for cell in (*plain["cells"], *plain["targets"]):
        cell["id"] = named(cell["id"])
        if cell.get("where") is not None:
            cell["where"] |= asked
    for zero in plain["structural_zeros"]:
        zero.update(asked)
    for linked in (*plain["relations"], *plain["targets"]):
        _rename(linked, named)
    plain["never_suppress"] = [named(it) for it in plain["never_suppress"]]
    return reading.read(name, msgspec.json.encode(plain))


def _differences(told: Sequence[Numbered], cuts: Sequence[date]) -> list[Published]:
    """For each two releases whose periods overlap: what both count, in the days of one alone and
    in those of both."""
    found = []
    for (one, first), (other, second) in combinations(told, 2):
        mine, yours = set(_pieces(first.period, cuts)), set(_pieces(second.period, cuts))
        asked = [it for it in (mine - yours, yours - mine, mine & yours) if it not in (mine, yours)]
        if not mine & yours or not any(asked):
            continue
        shared = publication.keys(second).keys()
        ids = [it for key, it in publication.keys(first).items() if key in shared]
        wheres = {cell.id: cell.where for cell in first.release.cells}
        targets = [
            {
                "id": f"releases {one} and {other}, {it}: from {min(pieces)} on,",
                "where": {**(wheres[it] or {}), PERIOD: sorted(pieces)},
            }
            for pieces in asked
            if pieces
            for it in ids
        ]
        found.append(_asking(f"releases {one} and {other}", first.release, targets, cuts))
    return found


def _asking(
    name: str, release: reading.Release, targets: list[dict[str, Any]], cuts: Sequence[date]
) -> Published:
    """A file without cells of its own, that only asks for counts."""
    plain: dict[str, Any] = msgspec.to_builtins(release)
    plain["dims"][PERIOD] = {"values": [it.isoformat() for it in cuts]}
    empty: dict[str, Any] = {
        "cells": [],
        "relations": [],
        "structural_zeros": [],
        "never_suppress": [],
    }
    return reading.read(name, msgspec.json.encode({**plain, **empty, "targets": targets}))


def _rename(linked: dict[str, Any], named: Any) -> None:
    if linked.get("total") is not None:
        linked["total"] = named(linked["total"])
    if linked.get("parts") is not None:
        linked["parts"] = [named(it) for it in linked["parts"]]
    if linked.get("terms") is not None:
        linked["terms"] = {named(it): factor for it, factor in linked["terms"].items()}
