"""What the page of the key of the statistics says about renewing it."""

from typing import Any, Final
from uuid import UUID

from adstelle.accounts.renewal.service import Standing
from adstelle.accounts.renewal.store import Course, Step

RENEWED: Final = "erneuert"
NOT_NOW: Final = "nicht"
_NUMBERS: Final = 2**128  # how many a row can have: they are spread evenly
_BEGUN: Final = {Step.ASSESSMENT: 0, Step.CARD: 50, Step.DRAFT: 99}


def standing(found: Standing) -> dict[str, Any]:
    """Who has the key, who left with it, and how far everything is sealed for it."""
    course = found.course
    return {
        "left": found.left,
        "colleagues": found.colleagues,
        "course": None if course is None else _name(course),
        "percent": None if course is None else percent(course.step, course.after),
        "unread": 0 if course is None else course.unread,
    }


def _name(course: Course) -> str:
    if course.step is Step.DONE:
        return "finished"
    if course.is_waiting:
        return "waiting"
    return "broken_off" if course.is_broken_off else "running"


def percent(step: Step, after: UUID) -> int:
    """About how much is done: rows are gone through in the order of their random numbers."""
    if step not in _BEGUN:
        return 100
    within = 0 if step is Step.DRAFT else 50 * after.int // _NUMBERS
    return _BEGUN[step] + within
