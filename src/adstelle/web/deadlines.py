"""Deadlines as people read them: on the receipt, in the mailbox, on the pages of advisers, as JSON.

Nothing here decides whether a deadline applies; that is `domain.fristen`. Everything shown says
that it is only reckoned and has to be checked.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from adstelle.domain.fristen import Deadline, DeadlineRule, Period, Precision, Stand
from adstelle.domain.report import Account
from adstelle.web import dates
from adstelle.web.pages import Pages

Kind = Literal["info", "warning", "danger"]

KINDS: Final[Mapping[Stand, Kind]] = {
    Stand.OPEN: "warning",
    Stand.PERHAPS_PASSED: "warning",
    Stand.PASSED: "info",
    Stand.UNDATED: "warning",
    Stand.NOT_YET: "info",
    Stand.NONE_KNOWN: "info",
    Stand.POSSIBLE: "info",
}
AHEAD: Final = (Stand.OPEN, Stand.PERHAPS_PASSED, Stand.UNDATED)  # what an adviser must not miss


class Paragraph(msgspec.Struct, frozen=True):
    """A text by its key, with what is filled in."""

    key: str
    values: dict[str, str] = {}


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """One deadline in the words of a reader who was told of it."""

    kind: Kind
    title: str
    law: str
    paragraphs: tuple[Paragraph, ...]


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """One line of what is due, for advisers; *tag* says what is wrong with it, if anything is."""

    text: str
    law: str = ""
    note: str = ""
    tag: str = ""
    kind: Kind = "warning"


class DeadlineOut(msgspec.Struct, frozen=True, kw_only=True):
    """A deadline, reckoned and not checked. Show `title` and `text`; they say so."""

    rule: Annotated[str, Meta(examples=["F2"])]
    kind: Annotated[str, Meta(examples=["statutory"])]
    law: Annotated[str, Meta(examples=["AGG § 21 Abs. 5"])]
    stand: Annotated[str, Meta(examples=["open"])]
    precision: Annotated[str, Meta(examples=["day"])]
    counted_from: date | None
    due: date | None
    latest: date | None
    title: str
    text: str


def reckon(pages: Pages, account: Account, today: date) -> tuple[Deadline, ...]:
    """Reckon the deadlines of an opened account, with the rules of the city."""
    return pages.city.deadlines_for(account.answers, account.date, today)


def shown(pages: Pages, lang: str, found: Iterable[Deadline], today: date) -> list[Shown]:
    """Say to the person who reported by when claims should be made."""
    return [
        _shown(pages, lang, rule, deadline, today) for rule, deadline in _with_rules(pages, found)
    ]


def _shown(pages: Pages, lang: str, rule: DeadlineRule, deadline: Deadline, today: date) -> Shown:
    values = _values(pages, lang, rule, deadline)
    return Shown(
        kind=KINDS[deadline.stand(today)],
        title=pages.text(lang, f"deadline.title.{_manner(deadline, today)}", **values),
        law=rule.law,
        paragraphs=tuple(_paragraphs(rule, deadline, values, today)),
    )


def as_json(
    pages: Pages, lang: str, found: Iterable[Deadline], today: date
) -> tuple[DeadlineOut, ...]:
    """The same for other front ends."""
    known = list(_with_rules(pages, found))
    words = shown(pages, lang, (deadline for _, deadline in known), today)
    check = Paragraph("deadline.check")
    return tuple(
        DeadlineOut(
            rule=rule.id,
            kind=rule.kind,
            law=rule.law,
            stand=deadline.stand(today),
            precision=deadline.precision,
            counted_from=deadline.counted_from,
            due=deadline.due,
            latest=deadline.latest,
            title=said.title,
            text="\n\n".join(
                pages.text(lang, paragraph.key, **paragraph.values)
                for paragraph in (*said.paragraphs, check)
            ),
        )
        for (rule, deadline), said in zip(known, words, strict=True)
    )


def promise(pages: Pages, lang: str, stelle: str, received_on: date, today: date) -> str:
    """Say to the person until when *stelle* means to answer; empty if it promises nothing."""
    by = pages.city.answer_by(stelle, received_on)
    if by is None:
        return ""
    key = "deadline.promise.open" if today <= by else "deadline.promise.passed"
    return pages.text(lang, key, day=dates.day(pages, lang, by))


def promise_due(pages: Pages, lang: str, stelle: str, received_on: date, today: date) -> list[Due]:
    """Remind the Stelle of the first answer it promised."""
    by = pages.city.answer_by(stelle, received_on)
    if by is None:
        return []
    text = pages.text(lang, "deadline.staff.promise", day=dates.day(pages, lang, by))
    tag = "" if today <= by else pages.text(lang, "deadline.tag.overdue")
    return [Due(text=text, tag=tag, kind="danger")]


def due(pages: Pages, lang: str, found: Iterable[Deadline], today: date) -> list[Due]:
    """Tell an adviser of every deadline of a case, the one that ends first at the head."""
    return [
        Due(
            text=_text(pages, lang, f"deadline.staff.{deadline.stand(today)}", rule, deadline),
            law=rule.law,
            note=_text(pages, lang, f"deadline.staff.counted_{deadline.precision}", rule, deadline)
            if deadline.due
            else "",
            tag=_tag(pages, lang, deadline.stand(today)),
        )
        for rule, deadline in _soonest_first(_with_rules(pages, found))
    ]


def next_due(pages: Pages, lang: str, found: Iterable[Deadline], today: date) -> list[Due]:
    """Of the deadlines of a case only the first that may still be met, in a few words."""
    ahead = (deadline for deadline in found if deadline.stand(today) in AHEAD)
    return [
        Due(
            text=_text(pages, lang, f"deadline.queue.{deadline.stand(today)}", rule, deadline),
            law=rule.law,
            tag=_tag(pages, lang, deadline.stand(today)),
        )
        for rule, deadline in _soonest_first(_with_rules(pages, ahead))[:1]
    ]


def next_day(found: Iterable[Deadline], today: date) -> date | None:
    """Of the deadlines of a case the first day that may still be met."""
    ahead = (deadline.due for deadline in found if deadline.stand(today) in AHEAD)
    return min((day for day in ahead if day is not None), default=None)


def _with_rules(pages: Pages, found: Iterable[Deadline]) -> Iterable[tuple[DeadlineRule, Deadline]]:
    """Each deadline with its rule; one whose rule the city no longer has is left out."""
    rules = pages.city.deadlines
    return ((rules[deadline.rule], deadline) for deadline in found if deadline.rule in rules)


def _soonest_first(
    known: Iterable[tuple[DeadlineRule, Deadline]],
) -> list[tuple[DeadlineRule, Deadline]]:
    """In the order in which they end; those without a day come last."""
    return sorted(known, key=lambda pair: pair[1].due or date.max)


def _tag(pages: Pages, lang: str, stand: Stand) -> str:
    is_over = stand in {Stand.PERHAPS_PASSED, Stand.PASSED}
    return pages.text(lang, f"deadline.tag.{stand}") if is_over else ""


def _manner(deadline: Deadline, today: date) -> str:
    """How sure a day can be told: the precision counts only while the deadline is open."""
    stand = deadline.stand(today)
    if stand is Stand.OPEN and deadline.precision is not Precision.DAY:
        return "open_at_latest"
    return stand


def _paragraphs(
    rule: DeadlineRule, deadline: Deadline, values: dict[str, str], today: date
) -> Iterable[Paragraph]:
    stand = deadline.stand(today)
    if rule.period is not None:
        manner = f"open_{deadline.precision}" if stand is Stand.OPEN else stand
        yield Paragraph(f"deadline.counted.{manner}", values)
        yield Paragraph("deadline.within", values)
        yield Paragraph(rule.start)
    yield Paragraph(f"{rule.text}.text")


def _text(pages: Pages, lang: str, key: str, rule: DeadlineRule, deadline: Deadline) -> str:
    return pages.text(lang, key, **_values(pages, lang, rule, deadline))


def _values(pages: Pages, lang: str, rule: DeadlineRule, deadline: Deadline) -> dict[str, str]:
    """What a text about a deadline may fill in."""
    days = {"start": deadline.counted_from, "day": deadline.due, "latest": deadline.latest}
    return {
        "name": pages.text(lang, f"{rule.text}.name"),
        "period": _period(pages, lang, rule.period) if rule.period else "",
        **{name: dates.day(pages, lang, day) if day else "" for name, day in days.items()},
    }


def _period(pages: Pages, lang: str, period: Period) -> str:
    return pages.text(lang, f"deadline.period.{period.unit}", count=period.length)
