"""The deadlines of a city, read from `deadlines.toml`: dated rules, each with law and source."""

from collections.abc import Iterator
from datetime import date
from itertools import combinations

import msgspec

from adstelle.domain.fristen import DeadlineRule, Kind, Period
from adstelle.rulebook import (
    Answers,
    Rulebook,
    Sets,
    condition_faults,
    condition_of,
    read_sets,
    set_faults,
)
from adstelle.toml_files import Document, Fault, Keys, repeated, shaped_each


class WrittenDeadline(msgspec.Struct, frozen=True, kw_only=True):
    """A deadline as it stands in the file; *verified_on* is the day on which a lawyer read it."""

    id: str
    kind: Kind
    when: tuple[dict[str, tuple[str, ...]], ...]
    text: str
    source: tuple[str, ...]
    law: str = ""
    period: Period | None = None
    start: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    verified_on: date | None = None

    @property
    def texts(self) -> tuple[str, ...]:
        """Every text key that must exist for this deadline."""
        return (f"{self.text}.name", f"{self.text}.text", *filter(None, (self.start,)))


class DeadlineBook(msgspec.Struct, frozen=True):
    """The deadlines as written, each with its place; *words* knows the sets they may name."""

    document: Document
    own: Sets
    words: Rulebook
    written: tuple[tuple[Keys, WrittenDeadline], ...]


def read_deadlines(document: Document, book: Rulebook, faults: list[Fault]) -> DeadlineBook:
    """Read the file as it is written; beside its own sets, those of the rules in *book* count."""
    own, shared = read_sets(document, faults), book.sets
    sets = {
        question: {**shared.get(question, {}), **own.get(question, {})}
        for question in shared.keys() | own.keys()
    }
    written = shaped_each(document, "deadline", WrittenDeadline, faults, "sets")
    return DeadlineBook(document, own, Rulebook(book.document, sets, ()), written)


def deadlines_of(book: DeadlineBook) -> dict[str, DeadlineRule]:
    """Spell out the sets. The book must be without faults."""
    return {
        written.id: DeadlineRule(
            id=written.id,
            kind=written.kind,
            when=tuple(condition_of(book.words, asked) for asked in written.when),
            text=written.text,
            law=written.law,
            period=written.period,
            start=written.start,
            valid_from=written.valid_from,
            valid_to=written.valid_to,
            source=written.source,
        )
        for _, written in book.written
    }


def deadline_faults(
    book: DeadlineBook, rules: Rulebook, answers: Answers, today: date | None
) -> Iterator[Fault]:
    """Name every word the city does not know, and every deadline that could mislead somebody."""
    yield from set_faults(book.document, book.own, answers)
    yield from _repeated_sets(book, rules)
    twice = repeated(written.id for _, written in book.written)
    for keys, written in book.written:
        name = f"deadline {written.id}"
        if written.id in twice:
            yield book.document.fault((*keys, "id"), f"{name} is written twice")
        if not written.when or not all(written.when):
            yield book.document.fault(keys, f"{name} has a condition that asks nothing")
        yield from condition_faults(book.words, book.document, answers, keys, written.when)
        for field, message in (*_missing(written), *_wrong_days(written, today)):
            yield book.document.fault((*keys, field), f"{name}: {message}")
    yield from _overlaps(book)


def _repeated_sets(book: DeadlineBook, rules: Rulebook) -> Iterator[Fault]:
    for question, named in book.own.items():
        for name in named.keys() & rules.sets.get(question, {}).keys():
            message = f"set {name} stands in rules.toml already"
            yield book.document.fault(("sets", question, name), message)


def _missing(written: WrittenDeadline) -> Iterator[tuple[str, str]]:
    """A deadline by law needs its law, what it counts and from when; no other may have a period."""
    if not written.source:
        yield "source", "a deadline needs its source"
    for field in ("law", "period", "start", "valid_from"):
        if written.kind == "statutory" and not getattr(written, field):
            yield field, f"a statutory deadline needs its {field}"
    if written.kind != "statutory" and written.period:
        yield "period", f"kind {written.kind} has no period"


def _wrong_days(written: WrittenDeadline, today: date | None) -> Iterator[tuple[str, str]]:
    if _first(written) > _last(written):
        yield "valid_to", "valid_to lies before valid_from"
    if today and written.verified_on and written.verified_on > today:
        yield "verified_on", "verified in the future"


def _overlaps(book: DeadlineBook) -> Iterator[Fault]:
    """Deadlines of one law are its versions: on no day are two of them in force."""
    by_law = ((keys, written) for keys, written in book.written if written.law)
    for (_, one), (keys, other) in combinations(by_law, 2):
        is_together = max(_first(one), _first(other)) <= min(_last(one), _last(other))
        if one.law == other.law and is_together:
            message = f"deadline {other.id}: {other.law} is in force twice, see {one.id}"
            yield book.document.fault((*keys, "valid_from"), message)


def _first(written: WrittenDeadline) -> date:
    return written.valid_from or date.min


def _last(written: WrittenDeadline) -> date:
    return written.valid_to or date.max
