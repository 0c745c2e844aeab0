"""Subjects that are no matter for a report, or go beyond one, and who is competent for them."""

from collections.abc import Iterable

import msgspec

from adstelle.domain.routing import CodedAnswers, Condition, heard


class Subject(msgspec.Struct, frozen=True):
    """One subject with the Stellen that help, in order.

    *when* says to which answers of a report it is suggested: one condition is enough. Without
    conditions it only stands in the list.
    """

    code: str
    stellen: tuple[str, ...]
    when: tuple[Condition, ...] = ()

    @property
    def name(self) -> str:
        """The key of its name."""
        return f"subject.{self.code}.name"

    @property
    def text(self) -> str:
        """The key of what there is to know about it."""
        return f"subject.{self.code}.text"

    @property
    def texts(self) -> tuple[str, str]:
        """Every text key that must exist for it."""
        return (self.name, self.text)


def fitting(subjects: Iterable[Subject], answers: CodedAnswers) -> tuple[Subject, ...]:
    """The subjects to suggest to somebody who gave these answers."""
    given = heard(answers)
    return tuple(
        subject for subject in subjects if any(condition.holds(given) for condition in subject.when)
    )
