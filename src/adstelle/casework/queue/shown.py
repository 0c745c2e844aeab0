"""What the page of the queue shows, ready for the template."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final
from uuid import UUID

import msgspec
from markupsafe import Markup, escape

from adstelle.casework import standing
from adstelle.casework.labels.service import Label
from adstelle.casework.queue.address import Address
from adstelle.casework.queue.service import MOST_COUNTED, MOST_MISSING, Entry, Queue
from adstelle.casework.queue.store import Member, View
from adstelle.casework.shown import KINDS, SEPARATOR, promised
from adstelle.casework.words import Option, Words, number
from adstelle.domain.case import State
from adstelle.domain.report import Account
from adstelle.domain.search import Filter
from adstelle.web.deadlines import Due

NOBODY: Final = "niemand"  # whom a case is given that nobody works on
CODED: Final[Mapping[str, str]] = {  # field of a filter: question of the report
    "ground": "grounds",
    "area": "area_of_life",
    "responsible": "alleged_responsible",
}


class QueueRow(msgspec.Struct, frozen=True, kw_only=True):
    """One case of the queue, in words."""

    case_id: UUID
    number: str
    received: str
    state: str
    kind: str
    who: str
    unread: int
    needs_attention: bool
    facts: tuple[str, ...] | None
    labels: tuple[str, ...]
    due: tuple[Due, ...]


class Choice(msgspec.Struct, frozen=True):
    """One view to choose; *query* is what its link adds to the address of the queue."""

    query: str
    label: str
    current: bool


def values(
    words: Words, queue: Queue, address: Address, given: Filter, stelle: str, today: date
) -> dict[str, Any]:
    """Everything the page shows of a part of the queue."""
    return {
        "cases": rows(words, queue, stelle, today),
        "views": views(words, queue, address),
        "states": states(words, address),
        "newer": address.going(after=queue.newer).query if queue.newer else None,
        "older": address.going(before=queue.older).query if queue.older else None,
        "missing": min(queue.missing, MOST_MISSING),
        "missing_more": queue.missing > MOST_MISSING,
        "sought": sought(words, given, queue.members, queue.labels),
        "filter": given,
        "address": address,
        "by_day": address.view is View.DUE,
        "members": [
            Option(NOBODY, words.text("queue.bulk.nobody"), ""),
            *member_options(queue.members),
        ],
        "labels": label_options(queue.labels),
    }


def rows(words: Words, queue: Queue, stelle: str, today: date) -> list[QueueRow]:
    """The cases of a page of the queue."""
    names = {member.member_id: member.name for member in queue.members}
    labels = {label.label_id: label.name for label in queue.labels}
    return [_row(words, entry, names, labels, (stelle, today)) for entry in queue.entries]


def _row(
    words: Words,
    entry: Entry,
    names: Mapping[UUID, str],
    labels: Mapping[UUID, str],
    place: tuple[str, date],
) -> QueueRow:
    stelle, today = place
    is_closed = entry.state is State.ABGESCHLOSSEN
    by_law = [] if is_closed else words.next_due(entry.account, today)
    own = [] if is_closed else _reminder(words, entry.remind_on, today)
    works = [member for member in (entry.assigned_to, entry.deputy) if member is not None]
    who = [names[member] for member in works if member in names]
    return QueueRow(
        case_id=entry.case_id,
        number=number(entry.case_id),
        received=words.day(entry.received_on),
        state=words.state(entry.state),
        kind=KINDS[entry.state],
        who=SEPARATOR.join(who),
        unread=entry.unread,
        needs_attention=entry.needs_attention,
        facts=_facts(words, entry.account) if entry.account else None,
        labels=tuple(sorted(labels[label] for label in entry.labels if label in labels)),
        due=(*promised(words, entry, stelle, today), *by_law, *own),
    )


def _reminder(words: Words, remind_on: date | None, today: date) -> list[Due]:
    """The day that the Stelle set itself."""
    if remind_on is None:
        return []
    tag = words.text("deadline.tag.overdue") if remind_on < today else ""
    return [
        Due(text=words.text("queue.reminder", day=words.day(remind_on)), tag=tag, kind="danger")
    ]


def _facts(words: Words, account: Account) -> tuple[str, ...]:
    """What a case is about, in three lines; before them how it came, if not by the form."""
    answers = account.answers
    lines = (
        standing.arrival(words, account),
        words.code("incident_type", answers.incident_type),
        SEPARATOR.join(words.code("grounds", code) for code in answers.grounds),
        words.code("area_of_life", answers.area_of_life),
    )
    return tuple(filter(None, lines))


def views(words: Words, queue: Queue, address: Address) -> list[Choice]:
    """Everything, and what asks for work with how much of it there is."""
    everything = address.view is None and address.state is None
    return [
        Choice(address.showing().query, words.text("queue.view.all"), everything),
        *(
            Choice(
                address.showing(view=view).query,
                words.text(f"queue.view.{view}") + _count(words, queue.counts[view]),
                view is address.view,
            )
            for view in View
        ),
    ]


def states(words: Words, address: Address) -> list[Choice]:
    """Each state a case can be in."""
    return [
        Choice(address.showing(state=state).query, words.state(state), state is address.state)
        for state in State
    ]


def _count(words: Words, count: int) -> str:
    """How many there are, behind the name of a view; nothing where there is none."""
    most = MOST_COUNTED - 1
    said = words.text("queue.view.many", most=most) if count > most else str(count)
    return f" ({said})" if count else ""


def sought(
    words: Words, given: Filter, members: Iterable[Member], labels: Iterable[Label]
) -> Markup | None:
    """What was looked for, in words; None where nothing was."""
    if given.is_empty:
        return None
    names = {member.member_id: member.name for member in members}
    marks = {label.label_id: label.name for label in labels}
    typed = [Markup("„<bdi>{}</bdi>“").format(text) for text in (given.words, given.place) if text]
    chosen = [
        *(words.code(question, getattr(given, field)) for field, question in CODED.items()),
        words.district(given.district or None),
        words.language(given.language) if given.language else "",
        words.state(given.state) if given.state else "",
        marks.get(given.label, "") if given.label else "",
        names.get(given.assigned, "") if given.assigned else "",
    ]
    parts = [*typed, *(Markup("<bdi>{}</bdi>").format(part) for part in chosen if part)]
    return escape(SEPARATOR).join(parts)


def member_options(members: Iterable[Member]) -> list[Option]:
    """The people of the Stelle to choose from."""
    return [Option(str(member.member_id), member.name, "") for member in members]


def label_options(labels: Iterable[Label]) -> list[Option]:
    """The labels of the Stelle to choose from."""
    return [Option(str(label.label_id), label.name, "") for label in labels]
