"""Whether some combination of answers leads nowhere: to no offer, and to nobody who is named."""

from collections.abc import Iterable, Mapping, Sequence

from adstelle.domain.routing import QUESTIONS, UNANSWERED, Condition

SKIPPED = ""
Answered = Mapping[str, str]


def gap(conditions: Sequence[Condition], answers: Mapping[str, Sequence[str]]) -> Answered | None:
    """Find answers that fit no condition, `SKIPPED` for a question without an answer; or None.

    Who fits a condition is told somebody: its rule counts, or gives way to what was offered
    before. One ground is enough to look at: a further one only makes more conditions fit.
    """
    nothing: dict[int, Answered] = {(1 << len(conditions)) - 1: {}}
    for question in QUESTIONS:
        found: dict[int, Answered] = {}
        for left, told in nothing.items():
            for code in (SKIPPED, *answers[question]):
                bits = left & _fitting(conditions, question, code)
                found.setdefault(bits, {**told, question: code})
        nothing = {bits: found[bits] for bits in _least(found)}
    return nothing.get(0)


def _fitting(conditions: Iterable[Condition], question: str, code: str) -> int:
    """The conditions, as bits, that this answer leaves standing."""
    codes = UNANSWERED if code == SKIPPED else {code}
    return sum(
        1 << number
        for number, condition in enumerate(conditions)
        if not (asked := getattr(condition, question)) or not asked.isdisjoint(codes)
    )


def _least(sets: Iterable[int]) -> list[int]:
    """Leave out what holds another set: if the larger can be emptied, so can the smaller."""
    least: list[int] = []
    for bits in sorted(sets, key=int.bit_count):
        if not any(bits & smaller == smaller for smaller in least):
            least.append(bits)
    return least
