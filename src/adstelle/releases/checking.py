"""Whether a new release, together with all before it, keeps what is withheld.

Each release counts in its own period. So that a year and a quarter of it are not taken for
strangers, every cell is asked in days: the boundaries of all periods cut time into pieces, and a
period is the pieces it covers. Kept out of the public process: only this needs a solver.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import msgspec

from adstelle.auditing import reading
from adstelle.auditing.judging import Options, audit
from adstelle.auditing.reading import Published
from adstelle.releases.publication import PERIOD, Period
from adstelle.releases.rules import Numbered


def reasons(releases: Sequence[Numbered]) -> list[str]:
    """Say why these cannot stand beside each other; nothing if they are safe.

    Raises what `auditing` raises: `BadInput`, `TooLarge`, `Unproven`.
    """
    told = [(number, it) for number, it in releases if it.release.cells]
    cuts = _cuts([it.period for _, it in told])
    published = [_dated(number, it.release, _pieces(it.period, cuts), cuts) for number, it in told]
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


def _rename(linked: dict[str, Any], named: Any) -> None:
    if linked.get("total") is not None:
        linked["total"] = named(linked["total"])
    if linked.get("parts") is not None:
        linked["parts"] = [named(it) for it in linked["parts"]]
    if linked.get("terms") is not None:
        linked["terms"] = {named(it): factor for it, factor in linked["terms"].items()}
