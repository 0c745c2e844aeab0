"""A section is saved without touching the others, and nobody overwrites what they have not seen."""

from datetime import date

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from adstelle.casework.record.form import SYSTEMS
from adstelle.city import City
from adstelle.crosswalk import load_crosswalk
from adstelle.domain.activity import Period, Tally
from adstelle.domain.record import (
    SECTIONS,
    Affected,
    ContactEntry,
    Entry,
    EventEntry,
    Intervention,
    Record,
    differences,
    merged,
    minutes_of,
    section_of,
)
from adstelle.record_codes import load_record_codes
from tests.core import TODAY

WORDS = st.sampled_from(["", "a", "b"])
RECORDS = st.builds(
    Record,
    affected=st.sampled_from([(), (Affected(words="a"),), (Affected(words="b"),)]),
    grounds=st.sampled_from([(), ("sprache",), ("alter", "sprache")]),
    form=st.sampled_from([None, "beleidigung"]),
    responsible_name=WORDS,
    cross=st.sampled_from([{}, {"rias_type": ("angriff",)}]),
    outcome_words=WORDS,
    summary=WORDS,
)
NAMES = st.sampled_from(list(SECTIONS))


def test_every_field_stands_in_one_section() -> None:
    fields = [field for names in SECTIONS.values() for field in names]

    assert sorted(fields) == sorted(Record.__struct_fields__)


@given(RECORDS, RECORDS, NAMES)
def test_what_stands_in_the_other_sections_stays(latest: Record, typed: Record, name: str) -> None:
    now = merged(latest, latest, typed, name)

    assert now is not None
    assert section_of(now, name) == section_of(typed, name)
    assert all(section_of(now, n) == section_of(latest, n) for n in SECTIONS if n != name)


@given(RECORDS, RECORDS, RECORDS, NAMES)
def test_only_what_was_changed_by_both_has_to_be_looked_at(
    base: Record, latest: Record, typed: Record, name: str
) -> None:
    was, now, wanted = (section_of(each, name) for each in (base, latest, typed))

    together = merged(base, latest, typed, name)

    assert (together is None) == (now not in (was, wanted))
    if together is not None:
        assert set(differences(latest, together)) <= set(SECTIONS[name])


@given(RECORDS)
def test_a_record_comes_back_as_it_went(record: Record) -> None:
    assert msgspec.json.decode(msgspec.json.encode(record), type=Record) == record


ENTRIES = st.one_of(
    st.builds(
        ContactEntry,
        day=st.dates(),
        kind=WORDS,
        minutes=st.none() | st.integers(0, 999),
        struck=st.booleans(),
    ),
    st.builds(
        Intervention,
        day=st.dates(),
        kind=WORDS,
        minutes=st.none() | st.integers(0, 999),
        struck=st.booleans(),
    ),
    st.builds(
        EventEntry,
        day=st.dates(),
        kind=WORDS,
        minutes=st.none() | st.integers(0, 999),
        participants=st.none() | st.integers(0, 99),
        struck=st.booleans(),
    ),
)


@given(st.lists(ENTRIES), st.dates(), st.dates())
def test_counts_of_a_period_add_up(entries: list[Entry], one: date, other: date) -> None:
    period = Period(min(one, other), max(one, other))
    tally = Tally(period)

    tally.add((None, entry) for entry in entries)

    inside = [entry for entry in entries if not entry.struck and period.holds(entry.day)]
    kinds = (tally.contacts, tally.interventions, tally.events)
    assert sum(each.number.total() for each in kinds) == len(inside)
    assert tally.minutes == minutes_of(inside)
    assert tally.cases == 0


def test_a_day_at_either_end_counts() -> None:
    tally = Tally(Period(TODAY, TODAY))

    tally.add([(None, ContactEntry(day=TODAY, kind="mail"))])

    assert tally.contacts.number == {"mail": 1}


def test_an_entry_shows_nothing_of_itself() -> None:
    assert str(ContactEntry(day=TODAY, kind="mail", note="Kanarienvogel")) == (
        "<ContactEntry withheld>"
    )


def test_every_code_has_a_label(city: City) -> None:
    codes = {
        f"record.code.{question}.{code}"
        for question, codes in msgspec.structs.asdict(load_record_codes()).items()
        for code in codes
    }
    systems = [system for system in load_crosswalk() if system.code in SYSTEMS]
    codes |= {f"record.code.system.{system.code}" for system in systems}
    codes |= {f"record.code.{system.code}.{code}" for system in systems for code in system.codes}

    assert len(systems) == len(SYSTEMS)
    assert codes == {text for text in city.catalogue.texts["de"] if text.startswith("record.code.")}
