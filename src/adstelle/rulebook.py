"""The rules of a city, read from `rules.toml`: names of sets spelled out, every code known."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Literal

import msgspec

from adstelle.domain.gaps import gap
from adstelle.domain.routing import Condition, Rule
from adstelle.toml_files import Document, Fault, Keys, misshapen, repeated, shaped_each

SET = "@"

Answers = Mapping[str, Collection[str]]
Sets = dict[str, dict[str, tuple[str, ...]]]
Asked = Mapping[str, tuple[str, ...]]


class WrittenRule(msgspec.Struct, frozen=True):
    """A rule as it stands in the file; `@name` in a condition stands for a set of codes."""

    id: str
    reason: str
    stellen: tuple[str, ...]
    when: tuple[dict[str, tuple[str, ...]], ...]
    kind: Literal["offer", "not_ours"] = "offer"
    unless_offered: tuple[str, ...] = ()


class Rulebook(msgspec.Struct, frozen=True):
    """The rules as written, each with its place, and the sets of codes they name."""

    document: Document
    sets: Sets
    written: tuple[tuple[Keys, WrittenRule], ...]


def read_rulebook(document: Document, faults: list[Fault]) -> Rulebook:
    """Read the file as it is written; whether its words are known is not asked yet."""
    sets = read_sets(document, faults)
    return Rulebook(document, sets, shaped_each(document, "rule", WrittenRule, faults, "sets"))


def read_sets(document: Document, faults: list[Fault]) -> Sets:
    """Read the named sets of codes of a file, by question."""
    try:
        return msgspec.convert(document.tables.get("sets", {}), Sets)
    except msgspec.ValidationError as error:
        faults.append(misshapen(document, ("sets",), str(error)))
        return {}


def rules_of(book: Rulebook) -> tuple[Rule, ...]:
    """Spell out the sets. The book must be without faults."""
    return tuple(
        Rule(
            id=written.id,
            reason=written.reason,
            stellen=written.stellen,
            when=tuple(condition_of(book, asked) for asked in written.when),
            kind=written.kind,
            unless_offered=frozenset(written.unless_offered),
        )
        for _, written in book.written
    )


def rule_faults(book: Rulebook, answers: Answers, stellen: Collection[str]) -> Iterator[Fault]:
    """Name every word in the rules that the city does not know, and every rule that cannot work."""
    yield from set_faults(book.document, book.sets, answers)
    twice = repeated(rule.id for _, rule in book.written)
    for keys, rule in book.written:
        if rule.id in twice:
            yield book.document.fault((*keys, "id"), f"rule {rule.id} is written twice")
        if not rule.when or not all(rule.when):
            yield book.document.fault(keys, f"rule {rule.id} has a condition that asks nothing")
        for field in ("stellen", "unless_offered"):
            for stelle in getattr(rule, field):
                if stelle not in stellen:
                    message = f"rule {rule.id} names the unknown Stelle {stelle}"
                    yield book.document.fault((*keys, field), message)
        yield from condition_faults(book, book.document, answers, keys, rule.when)
        if not rule.stellen:
            yield book.document.fault((*keys, "stellen"), f"rule {rule.id} names no Stelle")


def gap_faults(book: Rulebook, answers: Mapping[str, Sequence[str]]) -> Iterator[Fault]:
    """Nobody may be left without a word: name answers that no rule fits. No other faults before."""
    conditions = [condition for rule in rules_of(book) for condition in rule.when]
    found = gap(conditions, answers)
    if found is not None:
        told = ", ".join(f"{question} {code}" for question, code in found.items() if code)
        message = f"no rule fits these answers: {told or 'none at all'} (the rest not answered)"
        yield book.document.fault((), message)


def condition_of(book: Rulebook, asked: Asked) -> Condition:
    """Spell out the sets in a condition without faults."""
    return Condition(
        **{question: frozenset(_codes(book, question, words)) for question, words in asked.items()}
    )


def _codes(book: Rulebook, question: str, words: tuple[str, ...]) -> Iterator[str]:
    for word in words:
        if word.startswith(SET):
            yield from book.sets[question][word.removeprefix(SET)]
        else:
            yield word


def set_faults(document: Document, sets: Sets, answers: Answers) -> Iterator[Fault]:
    """Name every question and code in the sets of *document* that the city does not know."""
    for question, named in sets.items():
        if question not in answers:
            yield document.fault(("sets", question), f"no question is called {question}")
            continue
        for name, codes in named.items():
            for code in codes:
                if code not in answers[question]:
                    message = f"set {name} names the unknown code {code}"
                    yield document.fault(("sets", question, name), message)


def condition_faults(
    book: Rulebook, document: Document, answers: Answers, keys: Keys, when: Iterable[Asked]
) -> Iterator[Fault]:
    """Name every word in conditions of *document* that the city or its sets do not know."""
    for number, asked in enumerate(when):
        for question, words in asked.items():
            place = (*keys, "when", str(number), question)
            for message in _wrong(book, answers, question, words):
                yield document.fault(place, message)


def _wrong(
    book: Rulebook, answers: Answers, question: str, words: tuple[str, ...]
) -> Iterator[str]:
    if question not in answers:
        yield f"no question is called {question}"
        return
    if not words:
        yield f"{question} lists no answer"
    for word in words:
        named = word.startswith(SET)
        known = book.sets.get(question, {}) if named else answers[question]
        if word.removeprefix(SET) not in known:
            yield f"unknown {'set' if named else 'code'} {word}"
