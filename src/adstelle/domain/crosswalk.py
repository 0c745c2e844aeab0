"""What a coded answer is called elsewhere in the field. The table is data; here it is applied."""

from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec

from adstelle.domain import routing
from adstelle.domain.private import Private
from adstelle.domain.routing import CodedAnswers, Condition

Question = Literal["grounds", "incident_type"]
Fit = Literal["whole", "part"]
Counterparts = dict[str, tuple[str, ...]]


class System(msgspec.Struct, frozen=True):
    """One system of codes that others count by, and what our answers to one question become.

    *whole*: the answer lies within the code. *part*: it may lie outside, somebody has to look.
    *none*: answers that have no counterpart. A code is proposed only where *beside* holds for
    the other answers.
    """

    code: str
    question: Question
    codes: tuple[str, ...]
    whole: Counterparts
    part: Counterparts
    none: tuple[str, ...]
    beside: Condition


class Proposal(Private, frozen=True):
    """One code of another system, derived from one coded answer. Nobody has confirmed it."""

    system: str
    code: str
    fit: Fit
    question: Question
    answer: str


def proposals(systems: Iterable[System], answers: CodedAnswers) -> tuple[Proposal, ...]:
    """Derive every code that the table gives for *answers*, in the order of the table."""
    given = routing.heard(answers)
    return tuple(
        proposal
        for system in systems
        if system.beside.holds(given)
        for answer in _chosen(answers, system.question)
        for proposal in _counterparts(system, answer)
    )


def _chosen(answers: CodedAnswers, question: Question) -> tuple[str, ...]:
    if question == "grounds":
        return answers.grounds
    return (answers.incident_type,) if answers.incident_type else ()


def _counterparts(system: System, answer: str) -> Iterator[Proposal]:
    fits: tuple[tuple[Fit, Counterparts], ...] = (("whole", system.whole), ("part", system.part))
    for fit, counterparts in fits:
        for code in counterparts.get(answer, ()):
            yield Proposal(
                system=system.code, code=code, fit=fit, question=system.question, answer=answer
            )
