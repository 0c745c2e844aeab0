"""Which sums over several cities may be shown although cities withhold their own counts.

Such a sum is new: it is judged together with everything the cities and the Land have ever
published, with `city` as a dimension. No count that anybody withholds may be narrowed: one that
could be zero still can, one that could be k or more still can, none becomes exact. That asks nobody
for a withheld count. Nor may it be narrowed for somebody who knows of every city which of its
withheld counts are small; for that the cities tell the office which, and no count. Then each city
judges the draft as only it can: by subtracting its own counts it may not narrow what another
withholds.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final, NamedTuple, TypeAlias

from msgspec import structs

from adstelle.auditing import reading
from adstelle.auditing.judging import Options, audit
from adstelle.auditing.reading import BadInput, Cell, Published
from adstelle.federation import combining
from adstelle.releases import publication
from adstelle.releases.checking import boundaries, in_time, within
from adstelle.releases.publication import PERIOD, Key, Period, Publication

CITY: Final = "city"
LAND: Final = "land"
FEWEST: Final = 3  # cities that withhold, or the sum is not asked for

Cities: TypeAlias = Mapping[str, Publication]  # by code: what each city has published
Others: TypeAlias = Sequence[tuple[str, Publication]]  # by code of a city, or `LAND`
Range: TypeAlias = tuple[int | None, int | None]


class Public(NamedTuple):
    """What everybody knows: what the *cities* have published of one period, and every *other*
    release of theirs or of the Land."""

    cities: Cities
    others: Others


class Asked(NamedTuple):
    """A sum that is new: its condition, and the id it has in each city's release."""

    cell: Cell
    ids: Mapping[str, str]


def questions(cities: Cities) -> list[Asked]:
    """The sums worth asking for: at least `FEWEST` cities withhold their count.

    Where no city does, the sum is known. Where one does, the sum would be its count; where two do,
    each would learn the other's.
    """
    keys = {city: _ids(it) for city, it in cities.items()}
    found = []
    for key, cell in combining.cells(list(cities.values())).items():
        ids = {city: keys[city][key] for city in cities}
        withheld = sum(_value(cities[city], ids[city]) is None for city in cities)
        if withheld >= FEWEST:
            found.append(Asked(cell, ids))
    return found


def draft(
    public: Public, sums: Mapping[str, int], small: Mapping[str, Collection[str]]
) -> dict[str, int]:
    """Of the *sums* that were asked for, by the id of the cell, those that can be shown so far.

    *small*: by city the ids of the withheld cells that are below k. Raises `BadInput` if the sums
    contradict what was published, or what was published is not safe by itself.
    """
    combining.check(public.cities)
    frame = _Frame(public)
    outsider = _Judge(frame, sums)
    aware = _Judge(frame, sums, _split(frame, small), public.cities)
    guarded = {_named(city, cell) for city, ids in small.items() for cell in ids}

    def is_safe(some: Mapping[str, int]) -> bool:
        return not outsider.betrayed(some) and not aware.changed(some, guarded)

    return _largest(sums, is_safe)


def accepted(
    public: Public, shown: Mapping[str, int], city: str, counts: Mapping[str, int]
) -> dict[str, int]:
    """Of what is to be shown, what a city has no objection to. *counts*: of its withheld cells, by
    id in its own release; they stay with it."""
    frame = _Frame(public)
    insider = _Judge(frame, shown, [_exactly(frame, city, counts)], [city])
    return _largest(shown, lambda some: not insider.betrayed(some))


def table(cities: Cities, name: str, shown: Mapping[str, int]) -> Publication:
    """The Land's figures: sums of what is published, and of the others those that are *shown*."""
    made = combining.combined(cities, name)
    cells = [
        structs.replace(it, value=shown[it.id]) if it.id in shown else it
        for it in made.release.cells
    ]
    return structs.replace(made, release=structs.replace(made.release, cells=cells))


def betrayed(public: Public, land: Publication) -> list[str]:
    """Every withheld count that the Land's figures narrow, against what everybody knows."""
    values = {it.id: it.value for it in land.release.cells}
    sums = combining.cells(list(public.cities.values())).values()
    asked = [it.id for it in sums if it.value is None]
    shown = {it: value for it in asked if (value := values.get(it)) is not None}
    return sorted(_Judge(_Frame(public), asked).betrayed(shown))


class _Frame:
    """All releases with their city and their time as dimensions."""

    def __init__(self, public: Public) -> None:
        self.cities = public.cities
        self._codes = list(public.cities)
        releases = [*public.cities.values(), *(it for _, it in public.others)]
        self._cuts = boundaries(it.period for it in releases)
        self.period = releases[0].period
        self.published = [
            *(self.placed(city, it.release, it.period) for city, it in public.cities.items()),
            *(
                self.placed(city, it.release, it.period, f"release {number} beside")
                for number, (city, it) in enumerate(public.others, start=1)
            ),
        ]

    def placed(
        self, city: str, release: reading.Release, period: Period, which: str = ""
    ) -> Published:
        own = self._codes if city == LAND else [city]
        dims = {CITY: (self._codes, own), PERIOD: in_time(period, self._cuts)}
        return within(f"{city}, {which}" if which else city, release, dims)


class _Judge:
    """Everything published, to be judged with some sums over all cities besides. *extra*: what
    somebody knows beyond that; *known*: the cities whose counts it is about."""

    def __init__(
        self, frame: _Frame, asked: Collection[str], extra: Sequence[Published] = (),
        known: Collection[str] = (),
    ) -> None:  # fmt: skip
        self._frame = frame
        self._known = tuple(f"{city}, " for city in known)
        self._published = [*frame.published, *extra]
        releases = list(frame.cities.values())
        cells = combining.cells(releases).values()
        self._land = _bare(
            releases[0].release,
            [it for it in cells if it.id in asked or it.value is not None],
        )
        self._before, wrong = self._judged({})
        if wrong:
            raise BadInput(f"what was published is not safe by itself: {min(wrong)}")

    def betrayed(self, shown: Mapping[str, int]) -> set[str]:
        """The withheld counts that are narrowed if these sums are shown: those which the auditor
        calls unsafe (exact, or surely below k), and those which could be zero and no longer can."""
        after, wrong = self._judged(shown)
        raised = {it for it, (low, _) in after.items() if low != 0 and self._before[it][0] == 0}
        return wrong | {it for it in raised if not it.startswith(self._known)}

    def changed(self, shown: Mapping[str, int], of: Collection[str]) -> set[str]:
        """Those *of* these counts whose range is another one at all."""
        after, _ = self._judged(shown)
        return {it for it in of if after[it] != self._before[it]}

    def _judged(self, shown: Mapping[str, int]) -> tuple[dict[str, Range], set[str]]:
        """The range of every withheld count, and what the auditor finds wrong."""
        cells = [
            structs.replace(it, value=shown.get(it.id)) if it.value is None else it
            for it in self._land.cells
        ]
        land = self._frame.placed(LAND, _bare(self._land, cells), self._frame.period)
        answer = audit([*self._published, land], Options())
        if answer.status == "contradiction":
            raise BadInput("sums or small counts contradict what the cities have published")
        wrong = {it.id for it in answer.reasons if not it.id.startswith(self._known)}
        return {it.id: (it.lo, it.hi) for it in answer.intervals}, wrong


def _largest(
    sums: Mapping[str, int], is_safe: Callable[[Mapping[str, int]], bool]
) -> dict[str, int]:
    """As many as can stand together, earlier ones first; halves, then halves of those."""
    shown: dict[str, int] = {}

    def add(group: Sequence[str]) -> None:
        more = {it: sums[it] for it in group}
        if not group or is_safe({**shown, **more}):
            shown.update(more)
        elif len(group) > 1:
            middle = len(group) // 2
            add(group[:middle])
            add(group[middle:])

    add(list(sums))
    return shown


def _ids(given: Publication) -> dict[Key, str]:
    return publication.keys(given)


def _value(given: Publication, cell_id: str) -> int | None:
    return next(it.value for it in given.release.cells if it.id == cell_id)


def _named(name: str, cell_id: str) -> str:
    return f"{name}, {cell_id}:"


def _exactly(frame: _Frame, city: str, counts: Mapping[str, int]) -> Published:
    """The city's figures with nothing withheld, as it knows them itself."""
    release = frame.cities[city].release
    cells = [
        structs.replace(it, value=counts[it.id]) if it.value is None else it for it in release.cells
    ]
    return frame.placed(city, _bare(release, cells), frame.period)


def _split(frame: _Frame, small: Mapping[str, Collection[str]]) -> list[Published]:
    """All figures as somebody sees them who knows which of the withheld counts are small."""
    found = []
    for city, given in frame.cities.items():
        cells = [
            structs.replace(it, lo=0, hi=given.k - 1)
            if it.id in small[city]
            else structs.replace(it, lo=given.k)
            for it in given.release.cells
            if it.value is None
        ]
        found.append(frame.placed(city, _bare(given.release, cells), frame.period))
    return found


def _bare(release: reading.Release, cells: list[Cell]) -> reading.Release:
    """Other cells of the same dimensions."""
    return structs.replace(release, cells=cells, relations=[], targets=[], never_suppress=[])
