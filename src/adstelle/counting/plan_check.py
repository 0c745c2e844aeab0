"""What can be wrong with a plan, each fault with its line."""

from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise
from typing import Any, Final

from adstelle.city import City
from adstelle.counting.scheme import MONTHS, NONE, ORIGIN, Dimension, Level, Plan, Source, TablePlan
from adstelle.record_codes import load_record_codes
from adstelle.releases.publication import GERMAN, PERIOD, UNIT, Words
from adstelle.toml_files import Document, Fault, Keys, repeated

RESERVED: Final = frozenset({UNIT, PERIOD, ORIGIN, NONE})
SMALL_AREA_K: Final = 10  # anything smaller than a planning region
MOST_GROUNDS: Final = 3
OF_CONTACTS: Final[Collection[Source]] = {"reporter_role", "language", "mandate"}
SEVERAL: Final[Collection[Source]] = {"grounds", "outcomes", "mandate"}  # several answers at once


def codes_of(source: Source, city: City) -> tuple[str, ...]:
    """Every answer that a source can hold."""
    record = load_record_codes()
    if source == "month":
        return MONTHS
    if source == "language":
        return city.languages
    if source == "district":
        return tuple(district.code for district in city.districts)
    if source in ("outcomes", "severity", "criminal"):
        found: tuple[str, ...] = getattr(record, source)
        return found
    codes: tuple[str, ...] = getattr(city.codes, source)
    return codes


def is_acyclic(edges: Collection[Collection[str]]) -> bool:
    """Whether sets of dimensions hang together without a ring (the reduction of Graham, and of
    Yu and Ozsoyoglu)."""
    left = [set(edge) for edge in edges]
    while True:
        alone = {it for edge in left for it in edge if sum(it in other for other in left) == 1}
        smaller = [edge - alone for edge in left]
        kept = [
            edge
            for place, edge in enumerate(smaller)
            if edge
            and not any(
                edge < other or (edge == other and before < place)
                for before, other in enumerate(smaller)
                if before != place
            )
        ]
        if kept == left:
            return not left
        left = kept


def faults_of(plan: Plan, file: Document, city: City) -> Iterator[Fault]:
    yield from _stellen_faults(plan, file, city)
    yield from _word_faults(plan, file, city.languages)
    yield from _dimensions_faults(plan, file, city)
    yield from _headline_faults(plan, file)
    yield from _tables_faults(plan, file)
    yield from _impossible_faults(plan, file)


def _dimensions_faults(plan: Plan, file: Document, city: City) -> Iterator[Fault]:
    names = [level.name for dim in plan.dimensions for level in dim.levels]
    for name in sorted(repeated(names)):
        yield file.fault(("dimension",), f"level {name} stands twice")
    for number, dim in enumerate(plan.dimensions):
        keys = ("dimension", str(number))
        yield from (file.fault(keys, message) for message in _dimension_faults(dim, plan.k, city))


def _headline_faults(plan: Plan, file: Document) -> Iterator[Fault]:
    for number, headline in enumerate(plan.headlines):
        if headline.campaigns and headline.unit != "contacts":
            message = "campaigns: they are counted by contacts"
            yield file.fault(("headline", str(number), "campaigns"), message)
    totals = [(it.unit, it.campaigns) for it in plan.headlines]
    if len(set(totals)) < len(totals):
        yield file.fault(("headline",), "a unit has two headlines")


def _tables_faults(plan: Plan, file: Document) -> Iterator[Fault]:
    if repeated(table.id for table in plan.tables):
        yield file.fault(("table",), "two tables have the same id")
    for number, table in enumerate(plan.tables):
        keys = ("table", str(number))
        yield from (
            file.fault(keys, f"table {table.id}: {it}") for it in _table_faults(plan, table)
        )
    if not is_acyclic([table.dims for table in plan.tables]):
        message = "the tables form a ring: cross dimensions around one of them, like a star"
        yield file.fault(("table",), message)


def _stellen_faults(plan: Plan, file: Document, city: City) -> Iterator[Fault]:
    for code in plan.stellen:
        if code not in city.stellen:
            yield file.fault(("stellen",), f"stellen names the unknown Stelle {code}")
    for code in sorted(repeated(plan.stellen)):
        yield file.fault(("stellen",), f"stellen names {code} twice")


def _dimension_faults(dim: Dimension, k: int, city: City) -> Iterator[str]:
    for name in sorted(RESERVED & dim.family):
        yield f"{name}: this name has a meaning of its own"
    if (dim.source in SEVERAL) is (dim.most is None):
        yield f"{dim.name}: most belongs to {', '.join(sorted(SEVERAL))}, and only there"
    if dim.source == "grounds" and (dim.most or 0) > MOST_GROUNDS:
        yield f"{dim.name}: at most {MOST_GROUNDS} grounds of a case are counted"
    known = codes_of(dim.source, city)
    for level in dim.levels:
        yield from (f"{level.name}: {it}" for it in _level_faults(dim, level, known))
        if dim.most is not None and dim.most > len(level.values):
            yield f"{level.name}: has fewer values than most says"
    for finer, coarser in pairwise(dim.levels):
        yield from _nesting_faults(finer, coarser, known)
    if dim.source == "district" and k < SMALL_AREA_K:
        yield from _area_faults(dim, city)


def _level_faults(dim: Dimension, level: Level, known: Collection[str]) -> Iterator[str]:
    named = [answer for value in level.values for answer in value.of]
    yield from (f"{answer} is no answer of {dim.source}" for answer in sorted({*named} - {*known}))
    yield from (f"{answer} is counted twice" for answer in sorted(repeated(named)))
    yield from (f"{code} stands twice" for code in sorted(repeated(level.codes)))
    for value in level.values:
        if not value.of and value.code != level.rest:
            yield f"{value.code} counts no answer"
    if level.rest is not None:
        if level.rest not in level.codes:
            yield f"rest {level.rest} is none of its values"
    elif missing := sorted({*known} - {*named}):
        yield f"nothing counts {', '.join(missing)}"
    elif dim.source != "month":
        yield "rest is missing; where is counted who did not answer?"


def _nesting_faults(finer: Level, coarser: Level, known: Collection[str]) -> Iterator[str]:
    for code in finer.codes:
        answers = [answer for answer in known if finer.value_of(answer) == code]
        found = {coarser.value_of(answer) for answer in answers}
        if len(found | ({coarser.rest} if code == finer.rest else set())) > 1:
            yield f"{coarser.name}: cuts {code} of {finer.name} in two; a level only merges"


def _area_faults(dim: Dimension, city: City) -> Iterator[str]:
    for level in dim.levels:
        values: dict[str, set[str | None]] = {}
        for district in city.districts:
            values.setdefault(district.group, set()).add(level.value_of(district.code))
        if any(len(found) > 1 for found in values.values()):
            yield f"{level.name}: parts of a group of districts need k = {SMALL_AREA_K}"


def _table_faults(plan: Plan, table: TablePlan) -> Iterator[str]:
    dims = {dim.name: dim for dim in plan.dimensions}
    if unknown := [name for name in table.dims if name not in dims]:
        yield f"{unknown[0]} is no dimension (by its finest level)"
        return
    if table.rows == table.columns:
        yield "crosses a dimension with itself"
    sources = {dims[name].source for name in table.dims}
    if table.unit != "contacts" and (found := sorted(sources & {*OF_CONTACTS})):
        yield f"{found[0]} is about people who got in touch and is counted by contacts"
    if table.columns and "month" in sources:
        yield "time is not crossed: each part of a year would be a table of its own"
    if {"district", "grounds"} <= sources and plan.k < SMALL_AREA_K:
        yield f"grounds by place need k = {SMALL_AREA_K}"
    if sum(dims[name].most is not None for name in table.dims) > 1:
        yield "crosses two dimensions that have several values at once"
    if (table.unit, table.campaigns) not in {(it.unit, it.campaigns) for it in plan.headlines}:
        yield "its total is no headline"


def _impossible_faults(plan: Plan, file: Document) -> Iterator[Fault]:
    dims = {dim.name: dim for dim in plan.dimensions}
    crossed = [{*table.dims} for table in plan.tables]
    for number, it in enumerate(plan.impossible):
        keys = ("impossible", str(number))
        for name, code in it.where.items():
            if name not in dims or code not in dims[name].levels[0].codes:
                yield file.fault(keys, f"impossible: {name} has no value {code}")
        if not any({*it.where} <= dims_ for dims_ in crossed):
            yield file.fault(keys, "impossible: no table crosses these dimensions")


def _word_faults(plan: Plan, file: Document, languages: Sequence[str]) -> Iterator[Fault]:
    for keys, words in _all_words(plan):
        lacking = [lang for lang in (GERMAN, *languages) if not words.get(lang, "").strip()]
        if lacking:
            names = ", ".join(dict.fromkeys(lacking))
            yield file.fault(keys, f"{'.'.join(keys)}: has no words in {names}")


def _all_words(plan: Plan) -> Iterator[tuple[Keys, Words]]:
    yield ("title",), plan.title
    yield ("several",), plan.several
    for name in ("changes", "notes"):
        yield from (((name, str(i)), words) for i, words in enumerate(getattr(plan, name)))
    for number, dim in enumerate(plan.dimensions):
        yield ("dimension", str(number), "title"), dim.title
        for place, level in enumerate(dim.levels):
            at = ("dimension", str(number), "level", str(place))
            yield from (((*at, "value", value.code), value.label) for value in level.values)
    shown: dict[str, Sequence[Any]] = {"headline": plan.headlines, "table": plan.tables}
    for kind, entries in shown.items():
        for number, entry in enumerate(entries):
            for name in ("title", "note", "starts_anew"):
                if (words := getattr(entry, name)) is not None:
                    yield (kind, str(number), name), words
