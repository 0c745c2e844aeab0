"""By what the same person and the same responsible body are recognised, and what is counted."""

from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adstelle.domain.assessing import assessment_of, body_of, person_of
from adstelle.domain.counting import Assessment
from adstelle.domain.record import Record
from adstelle.domain.report import Contact


@pytest.mark.parametrize(("one", "other"), [
    (Contact(phone="0170 555 01 23"), Contact(phone="+49 170/5550123")),
    (Contact(phone="0170 5550123"), Contact(phone="0049 (0)170 5550123")),
    (Contact(phone="+49 (0)170 5550123"), Contact(phone="0170-5550123", name="Kim")),
    (Contact(phone="٠١٧٠ ٥٥٥٠١٢٣"), Contact(phone="01705550123")),
    (Contact(mail="Kim@Example.org "), Contact(mail="kim@example.org", phone="03641 123456")),
    (Contact(phone="+43 1 234567"), Contact(phone="0043 1 234567")),
])  # fmt: skip
def test_the_same_person_is_recognised(one: Contact, other: Contact) -> None:
    assert person_of(one) == person_of(other) != ""


@pytest.mark.parametrize(("one", "other"), [
    (Contact(phone="0170 5550123"), Contact(phone="0170 5550124")),
    (Contact(phone="0170 5550123"), Contact(phone="+43 170 5550123")),
    (Contact(mail="kim@example.org"), Contact(mail="kim@example.com")),
    (Contact(mail="4917055@x.de"), Contact(phone="4917055")),
])  # fmt: skip
def test_another_person_is_another_one(one: Contact, other: Contact) -> None:
    assert person_of(one) != person_of(other)


@pytest.mark.parametrize("contact", [
    Contact(), Contact(name="Kim Beispiel"), Contact(phone="unbekannt"), Contact(phone="110"),
    Contact(mail="  ", phone="-"), Contact(safe_times="0170 5550123"),
])  # fmt: skip
def test_who_cannot_be_recognised_is_nobody(contact: Contact) -> None:
    assert person_of(contact) == ""


@given(st.integers(min_value=10**8, max_value=10**10), st.sampled_from(("", "+49", "0049", "49")))
def test_however_a_number_is_written_it_is_the_same(number: int, country: str) -> None:
    local = f"17{number}"
    written = f"{country}{local}" if country else f"0{local}"
    spaced = " ".join(written[place : place + 3] for place in range(0, len(written), 3))
    assert person_of(Contact(phone=spaced)) == f"phone 49{local}"


def test_a_body_is_the_same_however_it_is_spelt() -> None:
    names = ("Stadtverwaltung  Müller", "stadtverwaltung mueller", "MÜLLER, Stadtverwaltung")
    assert len({body_of(Record(responsible_name=name)) for name in names}) == 1
    assert body_of(Record(responsible_name="Bäckerei Meyer")) != body_of(
        Record(responsible_name=names[0])
    )
    assert body_of(Record(responsible_name=" – ")) == ""


def test_what_is_counted_of_a_record_is_codes_alone() -> None:
    """A field that somebody adds to the record is looked at before it is counted."""
    codes = {
        "established", "local_link", "grounds", "form", "area", "responsible", "severity",
        "criminal", "outcomes",
    }  # fmt: skip
    elsewhere = {
        "affected", "responsible_name", "agg_area", "cross", "outcome_words", "publication",
        "publication_words", "summary",
    }  # fmt: skip
    assert set(Record.__struct_fields__) == codes | elsewhere
    written = {field: ["a", "b"] if field in {"grounds", "outcomes"} else "a" for field in codes}
    words = ("summary", "outcome_words", "publication_words", "responsible_name")
    record = msgspec.convert(written | dict.fromkeys(words, "Wort"), Record)
    found = assessment_of(UUID(int=7), "x", record)
    assert "Wort" not in str(msgspec.to_builtins(found))
    assert all(getattr(found, field) == getattr(record, field) for field in codes)
    assert {"card_id", "stelle", "district", "incident", "series", "is_campaign", "person",
            "body"} == set(Assessment.__struct_fields__) - codes  # fmt: skip
