"""The table from our codes to those of the field, read from `crosswalk.toml` and checked."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec

from adstelle.domain.crosswalk import Counterparts, Question, System
from adstelle.domain.routing import Condition
from adstelle.toml_files import (
    DataError,
    Document,
    Fault,
    Keys,
    read_document,
    repeated,
    shaped_each,
)

FILE = Path(__file__).with_name("crosswalk.toml")

Codes = Mapping[str, Collection[str]]


class Entry(NamedTuple):
    """An answer to a question, where one system speaks of it or should."""

    system: str
    question: str
    code: str


class CrosswalkError(DataError):
    """A table that must not be used, with every fault found in it."""


class WrittenSystem(msgspec.Struct, frozen=True):
    """A system as it stands in the file; *source* says where its codes are published."""

    code: str
    question: Question
    source: tuple[str, ...]
    codes: tuple[str, ...]
    none: tuple[str, ...] = ()
    whole: Counterparts = {}
    part: Counterparts = {}
    beside: Condition = Condition()


Written = tuple[Keys, WrittenSystem]


def load_crosswalk(file: Path = FILE) -> tuple[System, ...]:
    """Read and check the table. Raises `CrosswalkError` with every fault, file and line."""
    faults: list[Fault] = []
    document = read_document(file, faults)
    written = shaped_each(document, "system", WrittenSystem, faults)
    for place, system in written:
        faults.extend(_faults(document, place, system))
    for code in repeated(system.code for _, system in written):
        faults.append(document.fault((), f"system {code} stands twice"))
    if faults:
        raise CrosswalkError(faults)
    return tuple(_system(system) for _, system in written)


def unlisted(systems: Iterable[System], codes: Codes) -> tuple[Entry, ...]:
    """Name every answer of a city that a system neither maps nor lists as without counterpart."""
    return tuple(
        Entry(system.code, system.question, code)
        for system in systems
        for code in codes[system.question]
        if code not in {*system.whole, *system.part, *system.none}
    )


def unknown(systems: Iterable[System], codes: Codes) -> tuple[Entry, ...]:
    """Name every answer that a system speaks of and *codes* do not have."""
    return tuple(
        Entry(system.code, question, code)
        for system in systems
        for question, code in _spoken_of(system)
        if code not in codes[question]
    )


def _spoken_of(system: System) -> Iterator[tuple[str, str]]:
    for code in (*system.whole, *system.part, *system.none):
        yield system.question, code
    for question, answers in msgspec.structs.asdict(system.beside).items():
        yield from ((question, code) for code in answers)


def _faults(document: Document, place: Keys, system: WrittenSystem) -> Iterator[Fault]:
    if not system.source:
        yield document.fault((*place, "source"), f"{system.code}: codes need their source")
    answers = [*system.whole, *system.part, *system.none]
    for answer in repeated(answers):
        yield document.fault(place, f"{system.code}: {answer} stands twice")
    for fit in ("whole", "part"):
        for answer, codes in getattr(system, fit).items():
            for code in codes or ("nothing",):
                if code not in system.codes:
                    keys = (*place, fit, answer)
                    yield document.fault(keys, f"{system.code}: {answer} becomes {code}, no code")


def _system(written: WrittenSystem) -> System:
    return System(
        code=written.code,
        question=written.question,
        codes=written.codes,
        whole=written.whole,
        part=written.part,
        none=written.none,
        beside=written.beside,
    )
