"""The forms of the record as they are typed: sections, and entries with a day."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Final
from uuid import UUID, uuid4

from msgspec.structs import replace

from adstelle.city import Codes
from adstelle.domain.crosswalk import System
from adstelle.domain.private import Private
from adstelle.domain.record import (
    OF_CITY,
    SEVERAL,
    SINGLE,
    Affected,
    ContactEntry,
    Entry,
    EventEntry,
    Intervention,
    Record,
    what_of,
)
from adstelle.record_codes import RecordCodes
from adstelle.web.days import TypedDay, number, read_day, typed_day
from adstelle.web.forms import Entries, many, one
from adstelle.web.guard import message_id_in

MOST_TEXT: Final = 20_000
MOST_LINE: Final = 200
MOST_PERSONS: Final = 20
LONG: Final = ("summary", "outcome_words", "publication_words")
SYSTEMS: Final = ("rias_type", "vbrg_motive", "vbrg_offence", "kokont_type")
WORDS: Final = ("summary", "responsible_name", "outcome_words", "publication_words")
SLUGS: Final[Mapping[str, str]] = {"contact": "kontakt", "intervention": "massnahme"}
_HOURS: Final = re.compile(r"(\d{1,3})(?:[.,](\d))?")

Faults = dict[str, str]


class Choices:
    """Which codes each question of the record can be answered with."""

    def __init__(self, city: Codes, own: RecordCodes, systems: tuple[System, ...]) -> None:
        self._city = city
        self._own = own
        self.systems = tuple(system for system in systems if system.code in SYSTEMS)

    def of(self, question: str) -> tuple[str, ...]:
        """The codes of one question, in the order in which they are shown."""
        source: Codes | RecordCodes = self._city if question in OF_CITY else self._own
        found: tuple[str, ...] = getattr(source, OF_CITY.get(question, question))
        return found


def base_in(entries: Entries) -> int:
    """The revision that a form was filled in on top of; 0 is before the first."""
    entered = one(entries, "revision")
    return int(entered) if entered.isdecimal() and len(entered) < 9 else 0


def read_section(entries: Entries, choices: Choices) -> Record:
    """Take a section out of a form. Whatever the form does not ask stays empty."""
    values: dict[str, object] = {name: one(entries, name) for name in WORDS}
    values |= {name: one(entries, name) or None for name in SINGLE}
    values |= {name: many(entries, name) for name in SEVERAL}
    values["affected"] = _persons(entries)
    values["cross"] = {
        system.code: codes
        for system in choices.systems
        if (codes := many(entries, f"cross-{system.code}"))
    }
    return Record(**values)  # type: ignore[arg-type]  # each name with its own kind of value


def _persons(entries: Entries) -> tuple[Affected, ...]:
    found = (
        Affected(
            role=one(entries, f"role-{n}") or None,
            age=one(entries, f"age-{n}") or None,
            gender=one(entries, f"gender-{n}"),
            words=one(entries, f"words-{n}"),
        )
        for n in range(1, MOST_PERSONS + 1)
    )
    return tuple(person for person in found if person != Affected())


def section_faults(typed: Record, before: Record, choices: Choices) -> Faults:
    """What is wrong with a section: field and name of the fault.

    A code that was valid when it was chosen stays, also where it is no longer offered.
    """
    return (
        {
            name: "unknown"
            for name in (*SINGLE, *SEVERAL)
            if not set(_codes(typed, name)) <= {*choices.of(name), *_codes(before, name)}
        }
        | {
            name: "too_long"
            for name in WORDS
            if len(getattr(typed, name)) > (MOST_TEXT if name in LONG else MOST_LINE)
        }
        | {
            f"cross-{system.code}": "unknown"
            for system in choices.systems
            if not set(typed.cross.get(system.code, ()))
            <= {*system.codes, *before.cross.get(system.code, ())}
        }
        | _person_faults(typed, before, choices)
    )


def _person_faults(typed: Record, before: Record, choices: Choices) -> Faults:
    found: Faults = {}
    for n, person in enumerate(typed.affected, 1):
        for name in ("role", "age"):
            stays = {getattr(each, name) for each in before.affected}
            if getattr(person, name) not in {None, *choices.of(name), *stays}:
                found[f"{name}-{n}"] = "unknown"
        for name in ("gender", "words"):
            if len(getattr(person, name)) > MOST_LINE:
                found[f"{name}-{n}"] = "too_long"
    return found


def _codes(record: Record, name: str) -> tuple[str, ...]:
    value = getattr(record, name)
    return value if isinstance(value, tuple) else (value,) if value else ()


class EntryForm(Private, frozen=True, kw_only=True):
    """The form of an entry as it was typed. *what* is contact, intervention or event."""

    what: str
    entry_id: UUID
    revision: int = 0
    day: TypedDay = TypedDay()
    kind: str = ""
    minutes: str = ""
    hours: str = ""
    with_whom: str = ""
    participants: str = ""
    draft_seen: str = ""
    draft_day: TypedDay = TypedDay()
    note: str = ""
    struck: bool = False

    def faults(self, kinds: tuple[str, ...], today: date) -> Faults:
        """What is wrong with it: field and name of the fault."""
        found = self._day_faults(today)
        if self.kind not in kinds:
            found["kind"] = "kind"
        if self.draft_seen not in {"", "ja", "nein"}:
            found["draft_seen"] = "unknown"
        read = {"minutes": number, "hours": read_hours, "participants": number}
        for name, reading in read.items():
            entered = getattr(self, name)
            if entered and reading(entered) is None:
                found[name] = name
        most = {"with_whom": MOST_LINE, "note": MOST_TEXT}
        found |= {
            name: "too_long" for name, length in most.items() if len(getattr(self, name)) > length
        }
        return found

    def _day_faults(self, today: date) -> Faults:
        found: Faults = {}
        day = read_day(self.day)
        if day is None:
            found["day"] = "day"
        elif day > today:
            found["day"] = "day_to_come"
        if not self.draft_day.is_empty() and read_day(self.draft_day) is None:
            found["draft_day"] = "day"
        return found

    @property
    def path(self) -> str:
        """Where it is sent, below the page that lists such entries."""
        if self.revision:
            return f"{'' if self.what == 'event' else 'eintrag/'}{self.entry_id}"
        return "neu" if self.what == "event" else f"neu/{SLUGS[self.what]}"

    def again(self, revision: int) -> "EntryForm":
        """The form to be sent once more on top of *revision*; a new entry becomes one more."""
        if not self.revision:
            return replace(self, entry_id=uuid4())
        return replace(self, revision=revision)

    def entry(self) -> Entry:
        """The entry; only for a form without faults."""
        day = read_day(self.day)
        if day is None:
            raise ValueError("a form with faults makes no entry")
        match self.what:
            case "contact":
                return ContactEntry(
                    day=day,
                    kind=self.kind,
                    minutes=number(self.minutes),
                    with_whom=self.with_whom,
                    note=self.note,
                    struck=self.struck,
                )
            case "intervention":
                return Intervention(
                    day=day,
                    kind=self.kind,
                    minutes=number(self.minutes),
                    draft_seen=self.draft_seen or None,
                    draft_seen_on=read_day(self.draft_day),
                    note=self.note,
                    struck=self.struck,
                )
            case _:
                return EventEntry(
                    day=day,
                    kind=self.kind,
                    minutes=read_hours(self.hours),
                    participants=number(self.participants),
                    note=self.note,
                    struck=self.struck,
                )


def read_hours(entered: str) -> int | None:
    """Read hours with at most one decimal, as minutes; None if that is not possible."""
    match = _HOURS.fullmatch(entered.strip())
    return int(match[1]) * 60 + int(match[2] or 0) * 6 if match else None


def written_hours(minutes: int | None) -> str:
    """Write minutes as hours for the form: 1,5."""
    return "" if minutes is None else f"{minutes / 60:.1f}".removesuffix(".0").replace(".", ",")


def new_form(what: str, today: date) -> EntryForm:
    """An empty form, with today's date in it."""
    return EntryForm(what=what, entry_id=uuid4(), day=_typed(today))


def form_of(entry: Entry, entry_id: UUID, revision: int) -> EntryForm:
    """The form with an entry in it, to be corrected."""
    minutes = "" if entry.minutes is None else str(entry.minutes)
    common = EntryForm(
        what=what_of(entry),
        entry_id=entry_id,
        revision=revision,
        day=_typed(entry.day),
        kind=entry.kind,
        minutes=minutes,
        note=entry.note,
        struck=entry.struck,
    )
    match entry:
        case ContactEntry():
            return replace(common, with_whom=entry.with_whom)
        case Intervention():
            seen_on = _typed(entry.draft_seen_on) if entry.draft_seen_on else TypedDay()
            return replace(common, draft_seen=entry.draft_seen or "", draft_day=seen_on)
        case EventEntry():
            count = "" if entry.participants is None else str(entry.participants)
            hours = written_hours(entry.minutes)
            return replace(common, minutes="", participants=count, hours=hours)


def read_entry(what: str, entries: Entries, entry_id: UUID | None = None) -> EntryForm:
    """Take an entry out of a form; the hidden id of a new one is its number."""
    return EntryForm(
        what=what,
        entry_id=entry_id or message_id_in(entries),
        revision=base_in(entries),
        day=typed_day(entries, "day"),
        kind=one(entries, "kind"),
        minutes=one(entries, "minutes"),
        hours=one(entries, "hours"),
        with_whom=one(entries, "with_whom"),
        participants=one(entries, "participants"),
        draft_seen=one(entries, "draft_seen"),
        draft_day=typed_day(entries, "draft_day"),
        note=one(entries, "note"),
        struck=bool(one(entries, "struck")),
    )


def _typed(day: date) -> TypedDay:
    return TypedDay(day=str(day.day), month=str(day.month), year=str(day.year))
