"""What a Stelle did in a period, in numbers: for itself and its funders. No person, no case."""

from collections import Counter
from collections.abc import Iterable
from datetime import date
from uuid import UUID

import msgspec

from adstelle.domain.record import ContactEntry, Entry, EventEntry, Intervention


class Period(msgspec.Struct, frozen=True):
    """From one day to another, both included."""

    first: date
    last: date

    def holds(self, day: date) -> bool:
        """Whether a day lies within."""
        return self.first <= day <= self.last


class Sums:
    """How often each kind of something happened, how long it took, how many took part."""

    def __init__(self) -> None:
        self.number: Counter[str] = Counter()
        self.minutes: Counter[str] = Counter()
        self.participants: Counter[str] = Counter()

    def add(self, entry: Entry) -> None:
        """Count one entry."""
        self.number[entry.kind] += 1
        self.minutes[entry.kind] += entry.minutes or 0
        if isinstance(entry, EventEntry):
            self.participants[entry.kind] += entry.participants or 0


class Tally:
    """Counts entries one after the other; those outside the period and struck ones are left out."""

    def __init__(self, period: Period) -> None:
        self.period = period
        self.contacts = Sums()
        self.interventions = Sums()
        self.events = Sums()
        self._cases: set[UUID] = set()

    def add(self, entries: Iterable[tuple[UUID | None, Entry]]) -> None:
        """Count entries, each with its case."""
        for case_id, entry in entries:
            if entry.struck or not self.period.holds(entry.day):
                continue
            self._of(entry).add(entry)
            if case_id is not None:
                self._cases.add(case_id)

    def _of(self, entry: Entry) -> Sums:
        match entry:
            case ContactEntry():
                return self.contacts
            case Intervention():
                return self.interventions
            case EventEntry():
                return self.events

    @property
    def cases(self) -> int:
        """In how many cases something was done."""
        return len(self._cases)

    @property
    def minutes(self) -> int:
        """How long everything together took."""
        return sum(
            sums.minutes.total() for sums in (self.contacts, self.interventions, self.events)
        )
