"""The subjects of a city, read from `finder.toml`: every Stelle, code and set known."""

from collections.abc import Collection, Iterator

import msgspec

from adstelle.domain.finder import Subject
from adstelle.rulebook import Answers, Rulebook, condition_faults, condition_of
from adstelle.toml_files import Document, Fault, Keys, repeated, shaped_each


class WrittenSubject(msgspec.Struct, frozen=True):
    """A subject as it stands in the file; `@name` stands for a set of codes in `rules.toml`."""

    code: str
    stellen: tuple[str, ...]
    when: tuple[dict[str, tuple[str, ...]], ...] = ()


Written = tuple[tuple[Keys, WrittenSubject], ...]


def read_finder(document: Document, faults: list[Fault]) -> Written:
    """Read the file as it is written; whether its words are known is not asked yet."""
    return shaped_each(document, "subject", WrittenSubject, faults)


def subjects_of(written: Written, book: Rulebook) -> tuple[Subject, ...]:
    """Spell out the sets. There must be no faults."""
    return tuple(
        Subject(
            code=subject.code,
            stellen=subject.stellen,
            when=tuple(condition_of(book, asked) for asked in subject.when),
        )
        for _, subject in written
    )


def finder_faults(
    document: Document,
    written: Written,
    book: Rulebook,
    answers: Answers,
    stellen: Collection[str],
) -> Iterator[Fault]:
    """Name every word in the subjects that the city does not know, and every empty subject."""
    twice = repeated(subject.code for _, subject in written)
    for keys, subject in written:
        name = f"subject {subject.code}"
        if subject.code in twice:
            yield document.fault((*keys, "code"), f"{name} is written twice")
        if not subject.stellen:
            yield document.fault((*keys, "stellen"), f"{name} names no Stelle")
        for stelle in repeated(subject.stellen):
            yield document.fault((*keys, "stellen"), f"{name} names {stelle} twice")
        for stelle in set(subject.stellen) - set(stellen):
            yield document.fault((*keys, "stellen"), f"{name} names the unknown Stelle {stelle}")
        if not all(subject.when):
            yield document.fault(keys, f"{name} has a condition that asks nothing")
        yield from condition_faults(book, document, answers, keys, subject.when)
