"""What the pages about keeping show, ready for the templates."""

import re
from collections.abc import Iterable
from datetime import date
from typing import Any, Final
from uuid import UUID

import msgspec
from markupsafe import Markup

from adstelle.casework.erasure.service import Disposal, Hold, Keeping, Kept, Overview
from adstelle.casework.erasure.store import BEGINNING, Spot
from adstelle.casework.words import Option, Row, Words, number, typed
from adstelle.domain.retention import Obstacle, Plan, Refusal

_SPOT: Final = re.compile(r"([01])-([0-9]{8})-([0-9a-f]{32})")
SOON_DAYS: Final = 3  # from here on a wish that waits for its answer stands out


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One case in a list: *day* is the one that counts there, *says* why it stays."""

    case_id: UUID
    number: str
    state: str
    day: str
    says: str


class HoldShown(msgspec.Struct, frozen=True, kw_only=True):
    """A hold, in words; *is_on* as long as it keeps the case."""

    hold_id: UUID
    until: str
    facts: str
    reason: Markup | None
    is_on: bool


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """The person's wish to erase everything; *kind* colours it."""

    tag: str
    kind: str
    asked: str
    answer_by: str
    is_open: bool
    refusal: str


def overview_values(words: Words, overview: Overview, plan: Plan) -> dict[str, Any]:
    """The page of the Stelle."""
    return {
        "wishes": [_line(words, kept, kept.row.answer_by) for kept in overview.wishes],
        "proposals": [_line(words, kept, kept.fate.erase_on) for kept in overview.proposals],
        "asked": [_line(words, kept, kept.fate.erase_on) for kept in overview.asked],
        "going": [_line(words, kept, kept.fate.erase_on) for kept in overview.going],
        "held": [_line(words, kept, kept.fate.erase_on) for kept in overview.held],
        "lately": [(number(gone.case_id), words.moment(gone.gone_at)) for gone in overview.lately],
        "rules": rules(words, plan),
        "following": spot_written(overview.following) if overview.following else "",
    }


def spot_written(spot: Spot) -> str:
    """A place in the address of a page: no more than a day and the number of a case."""
    return f"{spot.rests:d}-{spot.changed_on:%Y%m%d}-{spot.case_id.hex}"


def spot_read(entered: str) -> Spot:
    """Read it back; what is none of ours leads to the beginning."""
    found = _SPOT.fullmatch(entered)
    if found is None:
        return BEGINNING
    try:
        return Spot(found[1] == "1", date.fromisoformat(found[2]), UUID(found[3]))
    except ValueError:
        return BEGINNING


def rules(words: Words, plan: Plan) -> list[Row]:
    """The plan, so that everybody can read what decides."""
    return [
        Row(
            ", ".join(words.text(f"staff.state.{state}") for state in rule.states)
            + _kinds(words, [str(kind) for kind in rule.kinds]),
            " ".join(
                (
                    words.text(f"retention.rule.{rule.then}", count=rule.months),
                    words.text(rule.reason),
                )
            ),
        )
        for rule in plan.rules
    ]


def _kinds(words: Words, kinds: list[str]) -> str:
    return "" if len(kinds) != 1 else " – " + words.text(f"retention.kind.{kinds[0]}")


def _line(words: Words, kept: Kept, day: date | None) -> Line:
    case_id = kept.row.case_id
    return Line(
        case_id=case_id,
        number=number(case_id),
        state=words.state(kept.row.facts.state),
        day=words.day(day or kept.fate.erase_on),
        says=obstacles(words, kept),
    )


def obstacles(words: Words, kept: Kept) -> str:
    """Why a case is not erased now."""
    return " ".join(words.text(f"retention.obstacle.{each}") for each in kept.fate.obstacles)


def case_values(words: Words, keeping: Keeping, today: date) -> dict[str, Any]:
    """The page about how long one case is kept."""
    kept, rule = keeping.kept, keeping.kept.fate.rule
    facts = kept.row.facts
    is_over = kept.fate.is_over(today)
    return {
        "facts": [
            Row(words.text("retention.case.state"), words.state(facts.state)),
            Row(words.text("retention.case.changed"), words.day(facts.changed_on)),
            Row(
                words.text("retention.case.rule"),
                words.text(f"retention.rule.{rule.then}", count=rule.months),
            ),
            Row(words.text("retention.case.why"), words.text(rule.reason)),
        ],
        "fate": words.text(
            "retention.case.over" if is_over else "retention.case.goes",
            day=words.day(kept.fate.erase_on),
        ),
        "is_leaving": kept.fate.is_erased(today),
        "obstacles": [
            words.text(f"retention.obstacle.{each}")
            for each in kept.fate.obstacles
            if is_over or each is not Obstacle.NEEDED  # nobody is asked before
        ],
        "task": task(words, kept, today),
        "is_held": _is_held(kept, today),
        "is_unread": facts.is_unread,
        "holds": [_hold(words, each, today) for each in keeping.holds],
        "disposal": _disposal(words, keeping.disposal),
        "refusals": refusals(words),
    }


def _is_held(kept: Kept, today: date) -> bool:
    until = kept.row.facts.held_until
    return until is not None and until >= today


def refusals(words: Words) -> list[Option]:
    """Why a wish can be refused."""
    return [
        Option(each, words.text(f"retention.refusing.{each}"), words.text(f"retention.hint.{each}"))
        for each in Refusal
    ]


def task(words: Words, kept: Kept, today: date) -> Task | None:
    """The person's wish, where there is one."""
    facts, answer_by = kept.row.facts, kept.row.answer_by
    if facts.asked_on is None or answer_by is None:
        return None
    is_open = not facts.is_granted and not facts.is_refused
    name, kind = _tag(is_open, answer_by, today)
    if facts.is_granted:
        name, kind = "granted", "info"
    refusal = kept.row.refusal
    return Task(
        tag=words.text(f"retention.tag.{name}"),
        kind=kind,
        asked=words.day(facts.asked_on),
        answer_by=words.day(answer_by),
        is_open=is_open,
        refusal=words.text(f"retention.refusing.{refusal}") if refusal else "",
    )


def _tag(is_open: bool, answer_by: date, today: date) -> tuple[str, str]:
    if not is_open:
        return "refused", "info"
    if answer_by < today:
        return "overdue", "danger"
    return ("soon", "warning") if (answer_by - today).days <= SOON_DAYS else ("open", "info")


def _hold(words: Words, hold: Hold, today: date) -> HoldShown:
    facts: Iterable[str] = (words.day(hold.set_on), hold.name)
    return HoldShown(
        hold_id=hold.hold_id,
        until=words.day(hold.until),
        facts=" · ".join(facts),
        reason=typed(hold.reason) if hold.reason is not None else None,
        is_on=hold.lifted_on is None and hold.until >= today,
    )


def _disposal(words: Words, disposal: Disposal | None) -> dict[str, Any] | None:
    if disposal is None:
        return None
    return {
        "by": disposal.name,
        "day": words.day(disposal.proposed_on),
        "is_own": disposal.is_own,
        "is_approved": disposal.is_approved,
        "reason": typed(disposal.reason) if disposal.reason is not None else None,
    }
