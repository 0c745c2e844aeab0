"""The sum of what several cities have published: made of public numbers, so it tells nothing new.

A cell where one city withholds is withheld. Everybody can calculate it, so no audit is needed.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from msgspec import structs

from adstelle.auditing.reading import BadInput, Cell
from adstelle.releases import publication
from adstelle.releases.publication import Headline, Key, Publication, TablePlan, Words
from adstelle.releases.tables import Layout

WORDS: Final[dict[str, Words]] = tomllib.loads(
    (Path(__file__).parent / "words.toml").read_text(encoding="utf-8")
)


def combined(given: Mapping[str, Publication], name: str) -> Publication:
    """Add up publications, each under the name of its file; *name*: what they are together.

    Raises `BadInput` where they are not about the same.
    """
    check(given)
    releases = list(given.values())
    first = releases[0]
    common = cells(releases)
    bare = structs.replace(
        first,
        title=_filled("title", name, len(releases)),
        cut_off=max(it.cut_off for it in releases),
        release=structs.replace(
            first.release,
            cells=[common[it] for it in _keys(first).values() if it in common],
            params=structs.replace(first.release.params, k=max(it.k for it in releases)),
            relations=[],
            targets=[],
            never_suppress=[],
        ),
        headline=(),
        tables=(),
        changes=(),
        notes=tuple(_notes(releases)),
        source={publication.GERMAN: "; ".join(dict.fromkeys(it.title["de"] for it in releases))},
        source_url=None,
    )
    tables = tuple(it for it in first.tables if _fits(bare, it))
    used = {it for plan in tables for it in (plan.rows, plan.columns)}
    made = structs.replace(
        bare,
        headline=tuple(_headlines(bare, first)),
        tables=tables,
        dims={dim: words for dim, words in first.dims.items() if dim in used},
    )
    return publication.read(name, publication.canonical(made))


def cells(releases: Sequence[Publication]) -> dict[Key, Cell]:
    """The cells that every release has, with the first one's id and, where all say a number, the
    sum."""
    of_each = [{key: _cell(it, cell_id) for cell_id, key in _keys(it).items()} for it in releases]
    found: dict[Key, Cell] = {}
    for key, cell in of_each[0].items():
        alike = [it[key] for it in of_each if key in it]
        if len(alike) == len(releases):
            values = [it.value for it in alike if it.value is not None]
            value = sum(values) if len(values) == len(releases) else None
            found[key] = Cell(id=cell.id, value=value, where=cell.where)
    return found


def _keys(given: Publication) -> dict[str, Key]:
    wheres = publication.wheres(given)
    return {
        cell.id: publication.key_of(given, wheres[cell.id])
        for cell in given.release.cells
        if cell.id in wheres
    }


def _cell(given: Publication, cell_id: str) -> Cell:
    return next(it for it in given.release.cells if it.id == cell_id)


def check(given: Mapping[str, Publication]) -> None:
    """Raise `BadInput` unless these can be added up: the same period, the same dimensions."""
    if len(given) < 2:
        raise BadInput("there must be at least two releases to combine")
    files = list(given)
    first = given[files[0]]
    for number, file in enumerate(files):
        if wrong := next(_faults(first, given[file]), None):
            raise BadInput(f"{file}: {wrong}")
        content = publication.canonical(given[file])
        for other in files[:number]:
            if publication.canonical(given[other]) == content:
                raise BadInput(f"{file}: is the same release as {other}")


def _faults(first: Publication, other: Publication) -> Iterator[str]:
    if other.withdraws:
        yield "withdraws: a correction brings no figures"
    if other.period != first.period:
        yield "period: is another than that of the first file"
    for name in first.release.dims.keys() & other.release.dims.keys():
        one, another = first.release.dims[name], other.release.dims[name]
        alike = (one.multi, one.min, one.most) == (another.multi, another.min, another.most)
        if set(one.values) != set(another.values) or not alike:
            yield f"release.dims.{name}: is another dimension than in the first file"
    zeros = [{frozenset(it.items()) for it in publication.zeros(of)} for of in (first, other)]
    if zeros[0] != zeros[1]:
        yield "release.structural_zeros: are others than in the first file"
    for cell in other.release.cells:
        if any(it is not None for it in (cell.round, cell.noise, cell.lo, cell.hi)):
            yield f"release.cells: {cell.id} is rounded; only exact counts can be added up"


def _fits(bare: Publication, plan: TablePlan) -> bool:
    """Whether all cells of a table are there."""
    try:
        Layout(structs.replace(bare, tables=(plan,)))
    except BadInput:
        return False
    return True


def _headlines(bare: Publication, first: Publication) -> Iterator[Headline]:
    there = {cell.id for cell in bare.release.cells}
    for it in first.headline:
        if it.cell in there:
            yield Headline(cell=it.cell, unit=it.unit, title=it.title)


def _notes(releases: Sequence[Publication]) -> Iterator[Words]:
    yield WORDS["method"]
    if len({it.cut_off for it in releases}) > 1:
        yield WORDS["cut_offs"]


def _filled(word: str, name: str, number: int) -> Words:
    return {lang: it.format(name=name, number=number) for lang, it in WORDS[word].items()}
