"""What a new release may say, given everything published before (the rules of the ledger).

A count once published never gets another number, a count once withheld is never published later,
and what was wrong is only withdrawn. A count is the same where period and condition are.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

from adstelle.releases import publication as published
from adstelle.releases.publication import Key, Period, Publication, Unit

Numbered = tuple[int, Publication]


def faults(new: Publication, earlier: Sequence[Numbered]) -> Iterator[str]:
    """Say what a new release contradicts."""
    if new.withdraws:
        yield from _withdrawal_faults(new, dict(earlier))
        return
    yield from _funnel_faults(new, earlier)
    values = {cell.id: cell.value for cell in new.release.cells}
    known = dict(_known(earlier))
    for key, cell_id in published.keys(new).items():
        if (new.period, key) not in known:
            continue
        number, before = known[new.period, key]
        if before == values[cell_id]:
            continue
        if before is None:
            yield f"{cell_id}: was withheld in release {number} and must stay so"
        else:
            yield f"{cell_id}: is published with another number in release {number}"


def _known(
    earlier: Sequence[Numbered],
) -> Iterator[tuple[tuple[Period, Key], tuple[int, int | None]]]:
    for number, publication in earlier:
        values = {cell.id: cell.value for cell in publication.release.cells}
        for key, cell_id in published.keys(publication).items():
            yield (publication.period, key), (number, values[cell_id])


def _funnel_faults(new: Publication, earlier: Sequence[Numbered]) -> Iterator[str]:
    """Contacts less incidents is a count too: who got in touch without an incident of this city."""
    alike = [it for _, it in earlier if it.period == new.period]
    contacts = dict(chain.from_iterable(_counts(it, "contacts") for it in (*alike, new)))
    incidents = dict(chain.from_iterable(_counts(it, "incidents") for it in (*alike, new)))
    for rest in contacts.keys() & incidents.keys():
        (cell_id, number), (other, less) = contacts[rest], incidents[rest]
        if 0 <= number - less < new.k:
            yield f"{cell_id} less {other} leaves {number - less} contacts without an incident"


def _counts(given: Publication, unit: Unit) -> Iterator[tuple[Key, tuple[str, int]]]:
    """Published cells of one unit, by what else they ask."""
    values = {cell.id: cell.value for cell in given.release.cells}
    for cell_id, where in published.wheres(given).items():
        value = values[cell_id]
        if value is not None and published.unit_of(where) == unit:
            asked = published.key_of(given, where)
            yield frozenset(it for it in asked if it[0] != published.UNIT), (cell_id, value)


def _withdrawal_faults(new: Publication, earlier: Mapping[int, Publication]) -> Iterator[str]:
    for it in new.withdraws:
        before = earlier.get(it.release)
        cells = before.release.cells if before else ()
        if not any(cell.id == it.cell and cell.value is not None for cell in cells):
            yield f"withdraws: release {it.release} publishes no number as {it.cell}"
        if it.cell in withdrawn(it.release, list(earlier.items())):
            yield f"withdraws: {it.cell} of release {it.release} is withdrawn already"


def withdrawn(number: int, releases: Sequence[Numbered]) -> frozenset[str]:
    """The cells of a release that a later one has withdrawn."""
    return frozenset(
        it.cell
        for _, publication in releases
        for it in publication.withdraws
        if it.release == number
    )
