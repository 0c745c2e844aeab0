"""The counts of a period in words: tables for the page and for files."""

from collections.abc import Iterable
from typing import Any

from adstelle.casework.activity.service import Counted, Listed
from adstelle.casework.activity.sheet import Cell, Duration, Table
from adstelle.casework.record.form import Faults
from adstelle.casework.record.shown import entry_facts, hours
from adstelle.casework.words import Words, typed
from adstelle.domain.activity import Period, Sums
from adstelle.record_codes import RecordCodes


def faults(words: Words, found: Faults) -> dict[str, str]:
    """What is wrong with which of the two days, in words."""
    labels = {"von": words.text("activity.first"), "bis": words.text("activity.last")}
    return words.faults(found, "activity.error", labels.__getitem__)


def tables(words: Words, counted: Counted, codes: RecordCodes) -> list[Table]:
    """Everything that was counted: the whole, then each kind."""
    tally = counted.tally
    whole = Table(
        words.text("activity.whole"),
        [words.text("activity.column.what"), words.text("activity.column.number")],
        [
            [words.text("activity.row.received"), counted.received],
            [words.text("activity.row.cases"), tally.cases],
            [words.text("activity.row.contacts"), tally.contacts.number.total()],
            [words.text("activity.row.interventions"), tally.interventions.number.total()],
            [words.text("activity.row.events"), tally.events.number.total()],
            [words.text("activity.row.participants"), tally.events.participants.total()],
            [words.text("activity.row.hours"), Duration(tally.minutes)],
        ],
    )
    return [
        whole,
        _by_kind(words, "contact", codes.contact, tally.contacts),
        _by_kind(words, "intervention", codes.intervention, tally.interventions),
        _by_kind(words, "event", codes.event, tally.events),
    ]


def _by_kind(words: Words, question: str, codes: Iterable[str], sums: Sums) -> Table:
    """One row for each kind; a kind that is no longer known is counted all the same."""
    with_people = question == "event"
    names = ["what", "number", "hours", *(["participants"] if with_people else [])]
    rows: list[list[Cell]] = []
    for code in dict.fromkeys((*codes, *sums.number)):
        row: list[Cell] = [
            words.record_code(question, code),
            sums.number[code],
            Duration(sums.minutes[code]),
        ]
        rows.append([*row, sums.participants[code]] if with_people else row)
    head = [words.text(f"activity.column.{name}") for name in names]
    return Table(words.text(f"activity.by.{question}"), head, rows)


def notes(words: Words, period: Period, counted: Counted) -> list[str]:
    """What has to stand beside the numbers, wherever they go."""
    first, last = words.day(period.first), words.day(period.last)
    found = [
        words.text("activity.period_of", first=first, last=last),
        words.text("activity.purpose"),
    ]
    if counted.unopened:
        found.append(words.text("activity.unopened", count=counted.unopened))
    return found


def on_page(words: Words, given: Iterable[Table]) -> list[dict[str, Any]]:
    """The same tables for a page: times in words, and of the kinds only those that there were."""
    whole, *kinds = given
    shown = [(whole, whole.rows), *((each, [row for row in each.rows if row[1]]) for each in kinds)]
    return [
        {
            "caption": table.caption,
            "head": table.head,
            "rows": [[_written(words, cell) for cell in row] for row in rows],
        }
        for table, rows in shown
        if rows
    ]


def _written(words: Words, cell: Cell) -> str:
    if isinstance(cell, Duration):
        return hours(words, cell.minutes) if cell.minutes else "–"
    return str(cell)


def events(words: Words, listed: Iterable[Listed]) -> list[dict[str, Any]]:
    """The events, in words."""
    return [
        {
            "entry_id": each.sealed.entry_id,
            "day": words.day(each.event.day),
            "kind": words.record_code("event", each.event.kind),
            "facts": list(entry_facts(words, each.event)),
            "note": typed(each.event.note),
            "struck": each.event.struck,
        }
        for each in listed
    ]
