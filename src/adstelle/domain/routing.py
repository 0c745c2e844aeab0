"""Which Stellen fit what was told, and why. The rules are data of a city; here they are applied."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

import msgspec

from adstelle.domain.private import Private

UNANSWERED = frozenset({"unklar", "unbekannt"})
_WORDS = {True: "ja", False: "nein"}

Given = Mapping[str, frozenset[str]]


class CodedAnswers(Private, frozen=True):
    """What a report says in codes. None and an empty tuple mean: not answered."""

    grounds: tuple[str, ...] = ()
    incident_type: str | None = None
    area_of_life: str | None = None
    territory: str | None = None
    alleged_responsible: str | None = None
    online: bool | None = None
    reporter_role: str | None = None
    criminal_relevance: bool | None = None
    resident: bool | None = None


class Condition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """For each question the answers that fit. An empty set asks nothing; all others must hold.

    Yes and no are the words `ja` and `nein`. A question that was not answered fits only where
    `unklar` (or `unbekannt`, for the role) is listed.
    """

    grounds: frozenset[str] = frozenset()
    incident_type: frozenset[str] = frozenset()
    area_of_life: frozenset[str] = frozenset()
    territory: frozenset[str] = frozenset()
    alleged_responsible: frozenset[str] = frozenset()
    online: frozenset[str] = frozenset()
    reporter_role: frozenset[str] = frozenset()
    criminal_relevance: frozenset[str] = frozenset()
    resident: frozenset[str] = frozenset()

    def missed(self, given: Given) -> Iterator[str]:
        """Name the questions whose answers do not fit."""
        for question in QUESTIONS:
            fitting = getattr(self, question)
            if fitting and fitting.isdisjoint(given[question]):
                yield question

    def holds(self, given: Given) -> bool:
        """Whether no answer is missed."""
        for question in QUESTIONS:  # as `missed`; every report asks dozens of conditions
            fitting = getattr(self, question)
            if fitting and fitting.isdisjoint(given[question]):
                return False
        return True


QUESTIONS = Condition.__struct_fields__


class Rule(msgspec.Struct, frozen=True):
    """Offer *stellen* where one of the conditions holds.

    *reason* is the key of the text that tells the person why. The rule counts only as long as
    none of *unless_offered* was offered before it; a rule of kind `not_ours` only if no Stelle
    was offered at all.
    """

    id: str
    reason: str
    stellen: tuple[str, ...]
    when: tuple[Condition, ...]
    kind: Literal["offer", "not_ours"] = "offer"
    unless_offered: frozenset[str] = frozenset()


class Offer(msgspec.Struct, frozen=True):
    """One Stelle that fits, and the first rule that says so."""

    stelle: str
    rule: str
    reason: str


class NotOurs(msgspec.Struct, frozen=True):
    """Who is competent where this city's Stellen are not."""

    stellen: tuple[str, ...]
    reason: str


class Routing(msgspec.Struct, frozen=True):
    """The answer of the rules: offers in order, or the word who is competent instead."""

    offers: tuple[Offer, ...]
    not_ours: NotOurs | None


class Step(msgspec.Struct, frozen=True):
    """What became of one rule: *missed* are the answers that did not fit, *offered* the Stellen
    that made it unnecessary."""

    rule: str
    applied: bool
    missed: tuple[str, ...] = ()
    offered: tuple[str, ...] = ()


def route(rules: Iterable[Rule], answers: CodedAnswers) -> Routing:
    """Name every Stelle that fits, each once, in the order of the rules."""
    offers: dict[str, Offer] = {}
    elsewhere: dict[str, str] = {}
    for rule, held, before in _weighed(rules, heard(answers)):
        if not held or before:
            continue
        for stelle in rule.stellen:
            if rule.kind == "offer":
                offers.setdefault(stelle, Offer(stelle, rule.id, rule.reason))
            else:
                elsewhere.setdefault(stelle, rule.reason)
    if offers or not elsewhere:
        return Routing(tuple(offers.values()), None)
    return Routing((), NotOurs(tuple(elsewhere), next(iter(elsewhere.values()))))


def explain(rules: Iterable[Rule], answers: CodedAnswers) -> tuple[Step, ...]:
    """Say rule by rule whether it applied, and if not, why not."""
    given = heard(answers)
    return tuple(
        Step(rule.id, held and not before, () if held else _nearest(rule, given), before)
        for rule, held, before in _weighed(rules, given)
    )


def heard(answers: CodedAnswers) -> Given:
    """Spell every answer as a set of codes, the way conditions ask for it."""
    return {
        question: _spelled(answer) for question, answer in msgspec.structs.asdict(answers).items()
    }


def _spelled(answer: bool | str | tuple[str, ...] | None) -> frozenset[str]:
    if answer is None or answer == ():
        return UNANSWERED
    if isinstance(answer, tuple):
        return frozenset(answer)
    return frozenset({_WORDS[answer] if isinstance(answer, bool) else answer})


def _weighed(rules: Iterable[Rule], given: Given) -> Iterator[tuple[Rule, bool, tuple[str, ...]]]:
    """Say of each rule whether it holds, and which earlier offers make it unnecessary."""
    offered: dict[str, None] = {}
    for rule in rules:
        held = any(condition.holds(given) for condition in rule.when)
        before = tuple(stelle for stelle in offered if held and _yields_to(rule, stelle))
        if held and not before and rule.kind == "offer":
            offered.update(dict.fromkeys(rule.stellen))
        yield rule, held, before


def _yields_to(rule: Rule, stelle: str) -> bool:
    return rule.kind == "not_ours" or stelle in rule.unless_offered


def _nearest(rule: Rule, given: Given) -> tuple[str, ...]:
    """The answers missed by the condition that came closest."""
    return min((tuple(condition.missed(given)) for condition in rule.when), key=len)
