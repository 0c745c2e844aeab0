"""What the pages of hints and patterns show, ready for the templates."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final
from uuid import UUID

import msgspec
from markupsafe import Markup, escape

from adstelle.casework.hints.patterns import Patterns
from adstelle.casework.hints.service import Found, Look, Opened, Pair
from adstelle.casework.hints.store import Answer
from adstelle.casework.incident.shown import title_of
from adstelle.casework.incident.store import Known
from adstelle.casework.words import Option, Row, Words, fact, number, typed
from adstelle.domain.hints import Hint, Reason, Why
from adstelle.domain.patterns import Kind, Pattern, months_between
from adstelle.domain.report import Account

SEPARATOR: Final = Markup(" · ")
NEW: Final = "neu"
WIDTH, HEIGHT, GAP = 216, 36, 2  # of the little chart: it fits on the smallest screen


class HintShown(msgspec.Struct, frozen=True, kw_only=True):
    """A case that may belong to another one, in words."""

    case_id: UUID
    number: str
    kind: str
    facts: Markup
    reasons: list[Markup]


class ApartShown(msgspec.Struct, frozen=True, kw_only=True):
    """A case of which somebody said that it does not belong to another one."""

    case_id: UUID
    number: str
    moment: str
    name: str


class CaseShown(msgspec.Struct, frozen=True, kw_only=True):
    """One of two cases side by side; *account* is None where it does not open."""

    case_id: UUID
    number: str
    rows: list[Row]
    account: Markup | None


def look_values(words: Words, look: Look) -> dict[str, Any]:
    """What the list of hints shows."""
    return {
        "hints": [_found(words, look.case, found) for found in look.found],
        "apart": [_apart(words, answer) for answer in look.apart],
        "missing": look.missing,
        "opens": look.case.account is not None,
    }


def _found(words: Words, case: Opened, found: Found) -> HintShown:
    other = found.case
    account = other.account
    facts = [
        words.text("hints.received", day=words.day(other.received_on)),
        words.state(other.state),
        words.code("incident_type", account.answers.incident_type) if account else "",
    ]
    return HintShown(
        case_id=other.case_id,
        number=number(other.case_id),
        kind=words.text(f"hints.kind.{found.hint.kind}"),
        facts=SEPARATOR.join(Markup("<bdi>{}</bdi>").format(each) for each in facts if each),
        reasons=reasons(words, found.hint, case, other),
    )


def reasons(words: Words, hint: Hint, one: Opened, other: Opened) -> list[Markup]:
    """Why two cases may belong together, in words, with what they say."""
    return [_reason(words, reason, one, other) for reason in hint.reasons]


def _reason(words: Words, reason: Reason, one: Opened, other: Opened) -> Markup:
    said = escape(words.text(f"hints.why.{reason.why}", count=reason.number))
    what = [each for each in _what(words, reason, one, other) if each]
    return said + Markup(": ") + SEPARATOR.join(what) if what else said


def _what(words: Words, reason: Reason, one: Opened, other: Opened) -> Iterable[Markup]:
    """What it is that they have in common; both spellings, where these differ."""
    accounts = [case.account for case in (one, other) if case.account is not None]
    names = [case.record.responsible_name for case in (one, other) if case.record is not None]
    match reason.why:
        case Why.SAME_DAY | Why.SAME_TIME:
            yield fact(_day(words, accounts[0]))
        case Why.PLACE | Why.USUAL_PLACE:
            yield from map(fact, dict.fromkeys(account.place for account in accounts))
        case Why.DISTRICT:
            yield fact(words.district(accounts[0].district))
        case Why.BODY:
            yield from map(fact, dict.fromkeys(names))
        case Why.RESPONSIBLE:
            yield fact(words.code("alleged_responsible", _responsible(one)))
        case Why.AREA:
            yield fact(words.code("area_of_life", _area(one)))
        case Why.GROUND:
            yield from (fact(words.code("grounds", code)) for code in reason.codes)
        case _:
            return


def _responsible(case: Opened) -> str | None:
    noted = case.record.responsible if case.record else None
    return noted or (case.account.answers.alleged_responsible if case.account else None)


def _area(case: Opened) -> str | None:
    noted = case.record.area if case.record else None
    return noted or (case.account.answers.area_of_life if case.account else None)


def _apart(words: Words, answer: Answer) -> ApartShown:
    return ApartShown(
        case_id=answer.other_id,
        number=number(answer.other_id),
        moment=words.moment(answer.made_at),
        name=answer.name,
    )


def pair_values(words: Words, pair: Pair) -> dict[str, Any]:
    """What the page shows that puts two cases side by side."""
    one, other = pair.incidents
    series = {each.series_id for each in pair.incidents if each is not None and each.series_id}
    joined = next((each.series for each in pair.series if each.series_id in series), None)
    return {
        "cases": [_case(words, case) for case in (pair.one, pair.other)],
        "reasons": reasons(words, pair.hint, pair.one, pair.other) if pair.hint else [],
        "answer": _apart(words, pair.answer) if pair.answer else None,
        "is_together": pair.is_together,
        "incident_id": one.incident_id if one else None,
        "has_incident": [one is not None, other is not None],
        "incident": _title(words, one or other),
        "series": fact(joined.title) if joined else None,
        "series_count": len(series),
        "series_choices": _choices(words, pair),
    }


def _choices(words: Words, pair: Pair) -> list[Option]:
    """The series that there are, then a new one; nothing where there is none yet."""
    known = [
        Option(str(each.series_id), fact(each.series.title), "")
        for each in pair.series
        if each.series
    ]
    return [*known, Option(NEW, words.text("hints.series_new"), "")] if known else []


def _title(words: Words, known: Known | None) -> Markup | None:
    return title_of(words, known.incident) if known is not None else None


def _case(words: Words, case: Opened) -> CaseShown:
    account = case.account
    rows = [("received", words.day(case.received_on)), ("state", words.state(case.state))]
    if account is not None:
        rows += _facts(words, case, account)
    return CaseShown(
        case_id=case.case_id,
        number=number(case.case_id),
        rows=[Row(words.text(f"hints.field.{name}"), value) for name, value in rows if value],
        account=typed(account.account) if account else None,
    )


def _facts(words: Words, case: Opened, account: Account) -> list[tuple[str, str]]:
    body = case.record.responsible_name if case.record else ""
    grounds = [words.code("grounds", code) for code in account.answers.grounds]
    return [
        ("date", fact(words.incident_day(account))),
        ("place", fact(account.place)),
        ("district", fact(words.district(account.district))),
        ("responsible", fact(body or words.code("alleged_responsible", _responsible(case)))),
        ("area", words.code("area_of_life", _area(case))),
        ("grounds", SEPARATOR.join(grounds)),
    ]


def suggested(words: Words, case: Opened) -> str:
    """What an incident may be called: area of life and day, no name."""
    if case.account is None:
        return ""
    parts = (words.code("area_of_life", _area(case)), _day(words, case.account))
    return ", ".join(filter(None, parts))


def _day(words: Words, account: Account) -> str:
    """When it happened, without what was written beside it."""
    bare = msgspec.structs.replace(account.date, words="")
    return words.incident_day(msgspec.structs.replace(account, date=bare))


LABELS: Final = {
    "title": "incident_name",
    "when": "when",
    "series": "series_which",
    "new_series": "series_name",
    "name": "name",
    "other_name": "name",
}


def faults(words: Words, found: Mapping[str, str], numbers: tuple[str, str]) -> dict[str, str]:
    """What is wrong with which field, in words."""

    def label(field: str) -> str:
        return words.text(f"hints.{LABELS[field]}", number=numbers[field == "other_name"])

    return words.faults(found, "hints.error", label)


class Bar(msgspec.Struct, frozen=True):
    """One month of the little chart."""

    x: int
    y: int
    height: int


class PatternShown(msgspec.Struct, frozen=True, kw_only=True):
    """A pattern in words, with its months as a chart and a table, and what to look for."""

    name: Markup
    cases: int
    bars: list[Bar]
    said: str
    rows: list[list[str]]
    sought: dict[str, str]


def pattern_values(words: Words, found: Patterns, first: date, last: date) -> dict[str, Any]:
    """What the page of patterns shows."""
    months = months_between(first, last)
    return {
        "groups": [
            (kind, [_pattern(words, pattern, months) for pattern in found.found[kind]])
            for kind in Kind
        ],
        "chart": {"width": WIDTH, "height": HEIGHT, "bar": WIDTH // len(months) - GAP},
        "looked_at": found.looked_at,
        "is_cut": found.is_cut,
        "unopened": found.unopened,
    }


def _pattern(words: Words, pattern: Pattern, months: list[date]) -> PatternShown:
    most = max(pattern.months.values())
    said = [(month, pattern.months[month]) for month in months if month in pattern.months]
    return PatternShown(
        name=_name(words, pattern),
        cases=pattern.cases,
        bars=[
            _bar(place * WIDTH // len(months), pattern.months.get(month, 0), most)
            for place, month in enumerate(months)
        ],
        said="; ".join(f"{words.month(month)}: {count}" for month, count in said),
        rows=[[words.month(month), str(count)] for month, count in said],
        sought=_sought(pattern),
    )


def _name(words: Words, pattern: Pattern) -> Markup:
    if pattern.kind is Kind.GROUND_AREA:
        codes = (words.code("grounds", pattern.ground), words.code("area_of_life", pattern.area))
        return SEPARATOR.join(map(fact, codes))
    return fact(pattern.name)


def _bar(x: int, count: int, most: int) -> Bar:
    """A month without a case keeps a line at the bottom: so it is seen that there was none."""
    height = max(1, round(count / most * HEIGHT))
    return Bar(x, HEIGHT - height, height)


def _sought(pattern: Pattern) -> dict[str, str]:
    """What the search has to look for, by the fields of its form."""
    match pattern.kind:
        case Kind.BODY:
            return {"words": pattern.name}
        case Kind.PLACE:
            return {"place": pattern.name}
        case Kind.GROUND_AREA:
            return {"ground": pattern.ground, "area": pattern.area}
