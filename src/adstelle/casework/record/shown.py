"""What the pages of the record show, ready for the templates."""

from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

import msgspec
from markupsafe import Markup, escape

from adstelle.casework.record.form import (
    MOST_PERSONS,
    Choices,
    Faults,
)
from adstelle.casework.record.opening import Brief, Noted
from adstelle.casework.record.service import Change, RecordFile
from adstelle.casework.shown import report_rows
from adstelle.casework.words import Option, Row, Words, fact, number, typed
from adstelle.domain import crosswalk
from adstelle.domain.record import (
    OF_CITY,
    SECTIONS,
    SEVERAL,
    SINGLE,
    Affected,
    ContactEntry,
    Entry,
    EventEntry,
    Intervention,
    Record,
    differences,
    minutes_of,
    what_of,
)
from adstelle.domain.report import Account
from adstelle.domain.routing import CodedAnswers

BLANK_PERSONS = 2
SEPARATOR = Markup(" · ")
# The labels of an entry's form.
LABELS = {
    "day": "day",
    "minutes": "entry_minutes",
    "hours": "event_hours",
    "participants": "event_participants",
    "with_whom": "with_whom",
    "draft_seen": "draft_label",
    "draft_day": "draft_day",
    "note": "note",
}


class Section(msgspec.Struct, frozen=True):
    """A section of the record: what stands in it."""

    name: str
    rows: list[Row]


class EntryShown(msgspec.Struct, frozen=True, kw_only=True):
    """One entry, in words; *text* is None where it does not open."""

    entry_id: UUID
    day: str
    kind: str
    facts: Markup
    note: Markup
    struck: bool
    warns: bool
    opens: bool
    author: str


class ChangeShown(msgspec.Struct, frozen=True, kw_only=True):
    """One revision in the history: what it is about, and each field before and after."""

    moment: str
    name: str
    what: str
    opens: bool
    fields: list[tuple[str, Markup, Markup]]


class CrossShown(msgspec.Struct, frozen=True):
    """One counting system with its codes; those that the table suggests say so."""

    name: str
    label: str
    options: list[Option]
    chosen: tuple[str, ...]


def hours(words: Words, minutes: int) -> str:
    """How long something took: 1 h 30 min, as the language says it."""
    if minutes < 60:
        return words.text("record.minutes", minutes=minutes)
    if minutes % 60 == 0:
        return words.text("record.hours", hours=minutes // 60)
    return words.text("record.hours_minutes", hours=minutes // 60, minutes=minutes % 60)


def coded(words: Words, question: str, code: str | None) -> str:
    """The label of a code, the city's or the record's own."""
    if question in OF_CITY:
        return words.code(OF_CITY[question], code)
    return words.record_code(question, code)


def value(words: Words, record: Record, field: str) -> Markup:
    """What a field says, in words; empty where it says nothing."""
    given = getattr(record, field)
    if field == "affected":
        return Markup("<br>").join(_person(words, each) for each in given)
    if field == "cross":
        return Markup("<br>").join(_cross(words, given))
    if field in SEVERAL:
        return Markup("<br>").join(escape(coded(words, field, code)) for code in given)
    if field in SINGLE:
        return escape(coded(words, field, given))
    return fact(given)


def _person(words: Words, person: Affected) -> Markup:
    facts = (
        escape(words.record_code("role", person.role)),
        escape(words.record_code("age", person.age)),
        fact(person.gender),
        fact(person.words),
    )
    return SEPARATOR.join(filter(None, facts))


def _cross(words: Words, given: dict[str, tuple[str, ...]]) -> Iterator[Markup]:
    for system, codes in given.items():
        labels = ", ".join(words.record_code(system, code) for code in codes)
        yield escape(f"{words.record_code('system', system)}: {labels}")


def section_rows(words: Words, record: Record, section: str) -> list[Row]:
    """The rows of a section; what is empty is left out."""
    rows = ((field, value(words, record, field)) for field in SECTIONS[section])
    return [Row(words.text(f"record.field.{field}"), shown) for field, shown in rows if shown]


def file_values(words: Words, file: RecordFile) -> dict[str, Any]:
    """What the page of the record shows."""
    account, record = file.account, file.record
    notes = [each for each in file.entries if each.entry is not None]
    counted = [each.entry for each in notes if each.entry and not each.entry.struck]
    return {
        "number": number(file.case_id),
        "received": words.day(file.received_on),
        "account": typed(account.account) if account else None,
        "report": report_rows(words, account) if account else [],
        "record": record,
        "sections": [
            Section(name, section_rows(words, record, name) if record else []) for name in SECTIONS
        ],
        "entries": entries(words, file.entries),
        "time_spent": hours(words, minutes_of(counted)),
        "contacts": sum(isinstance(entry, ContactEntry) for entry in counted),
        "interventions": sum(isinstance(entry, Intervention) for entry in counted),
    }


def brief_values(words: Words, brief: Brief) -> dict[str, Any]:
    """What the page of a case shows of its record."""
    record = brief.record or Record()
    fields = ("summary", "grounds", "established", "outcomes")
    shown = [(field, value(words, record, field)) for field in fields]
    rows = [Row(words.text(f"record.field.{field}"), text) for field, text in shown if text]
    if brief.entries:
        rows.append(Row(words.text("record.time_spent"), hours(words, brief.minutes)))
    return {"record_rows": rows, "record_opens": brief.record is not None}


def entries(words: Words, given: Iterable[Noted]) -> list[EntryShown]:
    """Contacts and interventions, the latest day first."""
    shown = [_entry(words, each) for each in _by_day(given)]
    shown.reverse()
    return shown


def _by_day(given: Iterable[Noted]) -> list[Noted]:
    return sorted(given, key=lambda each: each.entry.day if each.entry else each.made_at.date())


def _entry(words: Words, noted: Noted) -> EntryShown:
    entry = noted.entry
    return EntryShown(
        entry_id=noted.entry_id,
        day=words.day(entry.day if entry else noted.made_at.date()),
        kind=words.record_code(what_of(entry), entry.kind) if entry else "",
        facts=SEPARATOR.join(entry_facts(words, entry)) if entry else Markup(""),
        note=typed(entry.note) if entry else Markup(""),
        struck=entry.struck if entry else False,
        warns=_warns(entry),
        opens=entry is not None,
        author=noted.name,
    )


def _warns(entry: Entry | None) -> bool:
    """A letter to the other side goes out only after the person has seen the draft."""
    return (
        isinstance(entry, Intervention)
        and entry.kind == "stellungnahme"
        and entry.draft_seen != "ja"
        and not entry.struck
    )


def entry_facts(words: Words, entry: Entry) -> Iterator[Markup]:
    """Everything about an entry but its day, kind and note."""
    if entry.minutes:
        yield escape(hours(words, entry.minutes))
    match entry:
        case ContactEntry() if entry.with_whom:
            yield fact(entry.with_whom)
        case Intervention() if entry.draft_seen:
            seen = words.text(f"record.draft.{entry.draft_seen}")
            on = words.day(entry.draft_seen_on) if entry.draft_seen_on else ""
            yield escape(f"{seen} ({on})" if on else seen)
        case EventEntry() if entry.participants is not None:
            yield escape(words.text("record.participants", count=entry.participants))
        case _:
            pass


def faults(words: Words, found: Faults) -> dict[str, str]:
    """What is wrong with which field, in words."""
    return words.faults(found, "record.error", lambda field: _label(words, field))


def _label(words: Words, field: str) -> str:
    """How the form calls a field; those of a person carry its number."""
    name, _, which = field.partition("-")
    if name == "cross":
        return words.record_code("system", which)
    if which:
        label = words.text(f"record.person_{name}")
        return f"{words.text('record.person', number=int(which))}, {label}"
    if field in LABELS:
        return words.text(f"record.{LABELS[field]}")
    return words.text(f"record.field.{field}")


def options(words: Words, question: str, codes: Iterable[str]) -> list[Option]:
    """Choices with their labels."""
    return [Option(code, coded(words, question, code), "") for code in codes]


def section_values(
    words: Words, choices: Choices, typed_in: Record, before: Record, account: Account | None
) -> dict[str, Any]:
    """What the form of a section needs; a code that is no longer offered stays a choice."""
    offered = {
        name: options(words, name, dict.fromkeys((*choices.of(name), *_chosen(before, name))))
        for name in (*SINGLE, *SEVERAL)
    }
    blank = min(BLANK_PERSONS, MOST_PERSONS - len(typed_in.affected))
    return {
        "given": typed_in,
        "offered": offered,
        "persons": [*typed_in.affected, *[Affected()] * blank],
        "roles": options(words, "role", choices.of("role")),
        "ages": options(words, "age", choices.of("age")),
        "cross": cross(words, choices, typed_in, before, account),
    }


def _chosen(record: Record, name: str) -> tuple[str, ...]:
    chosen = getattr(record, name)
    return chosen if isinstance(chosen, tuple) else (chosen,) if chosen else ()


def cross(
    words: Words, choices: Choices, typed_in: Record, record: Record, account: Account | None
) -> list[CrossShown]:
    """Every system with its codes: what was assessed suggests some, else what was reported."""
    reported = account.answers if account else CodedAnswers()
    assessed = msgspec.structs.replace(
        reported,
        grounds=record.grounds or reported.grounds,
        incident_type=record.form or reported.incident_type,
    )
    suggested = {
        (each.system, each.code): each.answer
        for each in crosswalk.proposals(choices.systems, assessed)
    }
    return [
        CrossShown(
            system.code,
            words.record_code("system", system.code),
            [
                Option(
                    code,
                    words.record_code(system.code, code),
                    _suggestion(words, system.question, suggested.get((system.code, code))),
                )
                for code in dict.fromkeys((*system.codes, *record.cross.get(system.code, ())))
            ],
            typed_in.cross.get(system.code, ()),
        )
        for system in choices.systems
    ]


def _suggestion(words: Words, question: str, answer: str | None) -> str:
    if answer is None:
        return ""
    return words.text("record.suggested", answer=words.code(question, answer))


def history(words: Words, changes: Iterable[Change]) -> list[ChangeShown]:
    """The history, newest first."""
    return [_change(words, change) for change in changes]


def _change(words: Words, change: Change) -> ChangeShown:
    after = change.after
    is_record = isinstance(after, Record)
    what = words.text("record.history.record" if is_record else "record.history.unopenable")
    fields: list[tuple[str, Markup, Markup]] = []
    if isinstance(after, Record):
        fields = _record_fields(words, change.before, after)
    elif after is not None:
        key = "added" if change.revision == 1 else "corrected"
        what = words.text(f"record.history.{key}", kind=_kind(words, after))
        before = change.before if not isinstance(change.before, Record) else None
        old = _whole(words, before) if before else Markup("")
        fields = [(words.text("record.history.entry"), old, _whole(words, after))]
    return ChangeShown(
        moment=words.moment(change.made_at),
        name=change.name,
        what=what,
        opens=change.opens,
        fields=fields,
    )


def _record_fields(
    words: Words, before: Record | Entry | None, after: Record
) -> list[tuple[str, Markup, Markup]]:
    old = before if isinstance(before, Record) else Record()
    return [
        (words.text(f"record.field.{name}"), value(words, old, name), value(words, after, name))
        for name in differences(old, after)
    ]


def _kind(words: Words, entry: Entry) -> str:
    return words.record_code(what_of(entry), entry.kind)


def _whole(words: Words, entry: Entry) -> Markup:
    """An entry in one piece."""
    parts = [escape(words.day(entry.day)), escape(_kind(words, entry)), *entry_facts(words, entry)]
    if entry.struck:
        parts.append(escape(words.text("record.struck")))
    whole = SEPARATOR.join(parts)
    return whole + typed(entry.note) if entry.note else whole
