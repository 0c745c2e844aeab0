"""The working record of a case: what the Stelle itself notes, assesses and does.

The fields follow the record that advisers of the advd keep. Every field may be empty. Who saves a
section changes that section and nothing else.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from types import MappingProxyType
from typing import Any, Final

import msgspec

from adstelle.domain.private import Private


class Affected(Private, frozen=True, omit_defaults=True):
    """One person whom it happened to. *gender* is in their own words."""

    role: str | None = None
    age: str | None = None
    gender: str = ""
    words: str = ""


class Record(Private, frozen=True, omit_defaults=True):
    """What the Stelle holds of a case.

    *grounds*, *form*, *area* and *responsible* are the city's codes, as the adviser assesses them;
    the rest are codes of `record_codes.toml`. *cross* names codes of other counting systems that
    a person has confirmed.
    """

    affected: tuple[Affected, ...] = ()
    grounds: tuple[str, ...] = ()
    form: str | None = None
    area: str | None = None
    established: str | None = None
    responsible: str | None = None
    responsible_name: str = ""
    severity: str | None = None
    criminal: str | None = None
    local_link: str | None = None
    agg_area: str | None = None
    cross: dict[str, tuple[str, ...]] = msgspec.field(default_factory=dict)
    outcomes: tuple[str, ...] = ()
    outcome_words: str = ""
    publication: str | None = None
    publication_words: str = ""
    summary: str = ""


SECTIONS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "kurzfassung": ("summary",),
        "personen": ("affected",),
        "einordnung": (
            "grounds",
            "form",
            "area",
            "established",
            "responsible",
            "responsible_name",
            "severity",
            "criminal",
            "local_link",
            "agg_area",
        ),
        "zaehlweisen": ("cross",),
        "ergebnis": ("outcomes", "outcome_words", "publication", "publication_words"),
    }
)

# Fields that hold codes: the city's under this question, or those of `record_codes.toml`.
OF_CITY: Final[Mapping[str, str]] = MappingProxyType(
    {
        "grounds": "grounds",
        "form": "incident_type",
        "area": "area_of_life",
        "responsible": "alleged_responsible",
    }
)
SINGLE: Final = (
    "form", "area", "established", "responsible", "severity", "criminal", "local_link", "agg_area",
    "publication",
)  # fmt: skip
SEVERAL: Final = ("grounds", "outcomes")


def section_of(record: Record, section: str) -> tuple[Any, ...]:
    """What a section holds."""
    return tuple(getattr(record, field) for field in SECTIONS[section])


def merged(base: Record, latest: Record, typed: Record, section: str) -> Record | None:
    """Put a *section* that was typed on top of *base* into the *latest* record.

    None where somebody else has changed the same section in between to something else: then a
    person has to look at both.
    """
    now, wanted = section_of(latest, section), section_of(typed, section)
    if now not in (section_of(base, section), wanted):
        return None
    fields = {name: getattr(latest, name) for name in Record.__struct_fields__}
    return Record(**fields | dict(zip(SECTIONS[section], wanted, strict=True)))


def differences(before: Record, after: Record) -> tuple[str, ...]:
    """Name the fields in which two revisions differ, in the order of the record."""
    return tuple(
        name for name in Record.__struct_fields__ if getattr(before, name) != getattr(after, name)
    )


class ContactEntry(Private, frozen=True, omit_defaults=True, tag="contact"):
    """Somebody was spoken or written to. *struck*: it does not count, it was a mistake."""

    day: date
    kind: str
    minutes: int | None = None
    with_whom: str = ""
    note: str = ""
    struck: bool = False


class Intervention(Private, frozen=True, omit_defaults=True, tag="intervention"):
    """Something was done for the person. *draft_seen* and *draft_seen_on* say of a letter to the
    other side whether the person has seen its draft.
    """

    day: date
    kind: str
    minutes: int | None = None
    draft_seen: str | None = None
    draft_seen_on: date | None = None
    note: str = ""
    struck: bool = False


class EventEntry(Private, frozen=True, omit_defaults=True, tag="event"):
    """A training, a public event, a meeting of the network: it belongs to no case."""

    day: date
    kind: str
    minutes: int | None = None
    participants: int | None = None
    note: str = ""
    struck: bool = False


Entry = ContactEntry | Intervention | EventEntry


def what_of(entry: Entry) -> str:
    """The word for a kind of entry: contact, intervention or event."""
    match entry:
        case ContactEntry():
            return "contact"
        case Intervention():
            return "intervention"
        case EventEntry():
            return "event"


def minutes_of(entries: Iterable[Entry]) -> int:
    """How long it took, as far as that was noted."""
    return sum(entry.minutes or 0 for entry in entries if not entry.struck)
