"""Whether a new release, together with all before it, keeps what is withheld.

Each release counts in its own period. So that a year and a quarter of it are not taken for
strangers, every cell is asked in days: the boundaries of all periods cut time into pieces, and a
period is the pieces it covers. What two periods that overlap say together, the cases of one without
those of the other, is a count too, though nobody printed it. Kept out of the public process: only
this needs a solver.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import combinations
from typing import Any

import msgspec

from adstelle.auditing import reading
from adstelle.auditing.judging import Options, audit
from adstelle.auditing.reading import Published
from adstelle.releases import publication
from adstelle.releases.publication import PERIOD, Period
from adstelle.releases.rules import Numbered


def reasons(releases: Sequence[Numbered]) -> list[str]:
    """Say why these cannot stand beside each other; nothing if they are safe.

    Raises what `auditing` raises: `BadInput`, `TooLarge`, `Unproven`.
    """
    told = [(number, it) for number, it in releases if it.release.cells]
    cuts = _cuts([it.period for _, it in told])
    published = [_dated(number, it.release, _pieces(it.period, cuts), cuts) for number, it in told]
    published += _differences(told, cuts)
    answer = audit(published, Options())
    found = [f"{it.id} {it.reason}" for it in answer.reasons]
    if answer.conflict:
        places = ", ".join(place.id for place in answer.conflict)
        found.append(f"these cannot all be true: {places}")
    return found


def _cuts(periods: Sequence[Period]) -> list[date]:
    ends = {it.since for it in periods} | {it.to + timedelta(days=1) for it in periods}
    return sorted(ends)


def _pieces(period: Period, cuts: Sequence[date]) -> list[str]:
    return [it.isoformat() for it in cuts if period.since <= it <= period.to]


def _dated(
    number: int, release: reading.Release, pieces: list[str], cuts: Sequence[date]
) -> Published:
    """The release with its period in every condition and its number before every id."""
    plain: dict[str, Any] = msgspec.to_builtins(release)

    def named(cell_id: str) -> str:
        return f"release {number}, {cell_id}:"

    plain["dims"][PERIOD] = {"values": [it.isoformat() for it in cuts]}
    for cell in (*plain["cells"], *plain["targets"]):
        cell["id"] = named(cell["id"])
        if cell.get("where") is not None:
            cell["where"][PERIOD] = pieces
    for zero in plain["structural_zeros"]:
        zero[PERIOD] = pieces
    for linked in (*plain["relations"], *plain["targets"]):
        _rename(linked, named)
    plain["never_suppress"] = [named(it) for it in plain["never_suppress"]]
    return reading.read(f"release {number}", msgspec.json.encode(plain))


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
