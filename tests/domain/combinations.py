"""Every combination of answers to the questions of a city, as few as are enough.

Answers that no condition of any rule tells apart are one class; the product of classes is complete
by construction.
"""

import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from adstelle.domain.routing import QUESTIONS, UNANSWERED, CodedAnswers, Rule

SKIPPED: Final = ""
YES_NO: Final = {"ja": True, "nein": False, "unklar": None, SKIPPED: None}


Group = tuple[int, bool]


class Combination(NamedTuple):
    """One answer a question, and the conditions that hold for them, as bits."""

    codes: tuple[str, ...]
    holding: int

    @property
    def answers(self) -> CodedAnswers:
        return coded(dict(zip(QUESTIONS, self.codes, strict=True)))


def coded(row: Mapping[str, str]) -> CodedAnswers:
    """Read answers from a table; an empty cell was not answered."""
    return CodedAnswers(
        grounds=tuple(row.get("grounds", "").split()),
        incident_type=row.get("incident_type") or None,
        area_of_life=row.get("area_of_life") or None,
        territory=row.get("territory") or None,
        alleged_responsible=row.get("alleged_responsible") or None,
        online=YES_NO[row.get("online", "")],
        reporter_role=row.get("reporter_role") or None,
        criminal_relevance=YES_NO[row.get("criminal_relevance", "")],
        resident=YES_NO[row.get("resident", "")],
    )


class Classes:
    """The answers of a city, grouped by what its rules make of them.

    *apart* are answers to whatever question that are not grouped with others.
    """

    def __init__(
        self,
        rules: Sequence[Rule],
        answers: Mapping[str, Sequence[str]],
        apart: Collection[str] = (),
    ) -> None:
        self._conditions = [condition for rule in rules for condition in rule.when]
        self._apart = apart
        self.of: dict[str, dict[Group, list[str]]] = {
            question: self._grouped(question, answers[question]) for question in QUESTIONS
        }

    def __iter__(self) -> Iterator[Combination]:
        """Every combination of classes."""
        choices = [
            [(members[0], bits) for (bits, _), members in self.of[question].items()]
            for question in QUESTIONS
        ]
        for chosen in itertools.product(*choices):
            left = -1
            for _, bits in chosen:
                left &= bits
            yield Combination(tuple(code for code, _ in chosen), left)

    def _grouped(self, question: str, codes: Sequence[str]) -> dict[Group, list[str]]:
        grouped: dict[Group, list[str]] = {}
        for code in (*codes, SKIPPED):
            group = (self._standing(question, code), code in self._apart)
            grouped.setdefault(group, []).append(code)
        return grouped

    def _standing(self, question: str, code: str) -> int:
        """The conditions, as bits, that this answer leaves standing."""
        told = UNANSWERED if code == SKIPPED else {code}
        return sum(
            1 << number
            for number, condition in enumerate(self._conditions)
            if not (asked := getattr(condition, question)) or not asked.isdisjoint(told)
        )
