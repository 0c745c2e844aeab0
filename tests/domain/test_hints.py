"""The rule that says which cases may belong together: what speaks for it, and what never may."""

from datetime import date, timedelta
from uuid import uuid4

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adstelle.domain import hints
from adstelle.domain.hints import ENOUGH, LEAST, MOST_WORDS, Kind, Known, Traits, Why, hint
from adstelle.domain.incident_date import IncidentDate
from adstelle.domain.record import Record
from adstelle.domain.report import Account, Report, account_of
from adstelle.domain.routing import CodedAnswers

DAY = date(2026, 3, 2)
WORDS = ("Treppenhaus", "Briefkasten", "Kanarienvogel", "Hausmeister", "Schlüssel", "Kündigung",
         "Nachbarin", "Klingelschild", "Wohnzimmer")  # fmt: skip
MANY = frozenset(word for text in WORDS for word in hints.cut(text))
CODES = st.sampled_from([None, "a", "b"])
FEW_WORDS = st.frozensets(st.sampled_from(sorted(MANY)))
PLACES = st.frozensets(st.sampled_from(["lobeda", "markt", "zwatz"]), max_size=2)
SPANS = st.one_of(
    st.none(),
    st.builds(
        lambda day, length: (DAY + timedelta(day), DAY + timedelta(day + length)),
        st.integers(0, 40), st.sampled_from([0, 0, 0, 27]),
    ),
)  # fmt: skip
TRAITS = st.builds(
    Traits, span=SPANS, place=PLACES, district=CODES, responsible=CODES, area=CODES,
    body=st.frozensets(st.sampled_from(["meier", "bau"]), max_size=2),
    grounds=st.frozensets(st.sampled_from(["x", "y"])), words=FEW_WORDS,
)  # fmt: skip
EVERYTHING = [
    *(("word", word) for word in MANY),
    *(("place", place) for place in ("lobeda", "markt", "zwatz")),
]
KNOWN = st.builds(
    Known, size=st.integers(0, 500),
    cases=st.dictionaries(st.sampled_from(EVERYTHING), st.integers(1, 200)),
)  # fmt: skip
RARE = Known(size=100, cases=dict.fromkeys(EVERYTHING, 2))
USUAL = Known(size=100, cases=dict.fromkeys(EVERYTHING, 60))


def told(text: str = "", **other: object) -> Account:
    report = Report(answers=CodedAnswers(), account=text)
    changed = msgspec.structs.replace(report, **other)
    return account_of(changed, card_id=uuid4(), wording="test")


def alike(**same: object) -> tuple[Traits, Traits]:
    one = Traits(**same)  # type: ignore[arg-type]  # fields of the traits
    return one, one


def whys(one: Traits, other: Traits, known: Known = RARE) -> set[Why]:
    found = hint(one, other, known)
    return {reason.why for reason in found.reasons} if found else set()


@given(TRAITS, TRAITS, KNOWN)
def test_it_is_the_same_from_both_sides(one: Traits, other: Traits, known: Known) -> None:
    assert hint(one, other, known) == hint(other, one, known)


@given(TRAITS, TRAITS, KNOWN)
def test_a_hint_has_its_reasons_and_one_that_tells_something(
    one: Traits, other: Traits, known: Known
) -> None:
    found = hint(one, other, known)

    if found is not None:
        reasons = [reason.why for reason in found.reasons]
        assert found.points == sum(hints.POINTS[why] for why in reasons) >= LEAST
        assert not hints.TELLING.isdisjoint(reasons)
        assert len(reasons) == len(set(reasons))


@given(TRAITS, KNOWN)
def test_nothing_in_common_is_no_hint(one: Traits, known: Known) -> None:
    assert hint(one, Traits(), known) is None


@given(TRAITS, TRAITS, KNOWN, st.sampled_from(sorted(MANY)))
def test_one_word_more_in_common_never_speaks_against(
    one: Traits, other: Traits, known: Known, word: str
) -> None:
    def points(one: Traits, other: Traits) -> int:
        found = hint(one, other, known)
        return found.points if found else 0

    more = [msgspec.structs.replace(each, words=each.words | {word}) for each in (one, other)]
    assert points(more[0], more[1]) >= points(one, other)


@given(TRAITS, TRAITS, st.integers(ENOUGH, 500))
def test_words_that_many_cases_have_count_nothing(one: Traits, other: Traits, size: int) -> None:
    usual = Known(size=size, cases=dict.fromkeys(EVERYTHING, max(3, size // 2)))
    without = [msgspec.structs.replace(each, words=frozenset()) for each in (one, other)]

    assert hint(one, other, usual) == hint(without[0], without[1], usual)


@given(TRAITS, TRAITS, st.integers(0, ENOUGH - 1))
def test_in_a_small_stelle_no_word_is_rare(one: Traits, other: Traits, size: int) -> None:
    few = Known(size=size, cases=dict.fromkeys(EVERYTHING, 2))

    assert {Why.MANY_WORDS, Why.SOME_WORDS, Why.PLACE}.isdisjoint(whys(one, other, few))


@given(TRAITS, TRAITS, KNOWN)
def test_days_apart_it_was_another_incident(one: Traits, other: Traits, known: Known) -> None:
    found = hint(one, other, known)

    if found and one.exact and other.exact and abs((one.exact - other.exact).days) > hints.NEAR:
        assert found.kind is Kind.SERIES


WEAK = {"district": "lobeda", "responsible": "vermieter", "area": "wohnen",
        "grounds": frozenset({"alter", "sprache"})}  # fmt: skip


def test_what_many_share_by_chance_never_makes_a_hint_by_itself() -> None:
    month = (DAY, DAY + timedelta(27))

    assert hint(*alike(**WEAK, span=month, place=frozenset({"jena"})), USUAL) is None


@pytest.mark.parametrize(
    ("telling", "why", "kind"),
    [
        ({"span": (DAY, DAY)}, Why.SAME_DAY, Kind.INCIDENT),
        ({"place": frozenset({"markt"})}, Why.PLACE, Kind.SERIES),
        ({"body": frozenset({"meier"})}, Why.BODY, Kind.SERIES),
        ({"words": MANY}, Why.MANY_WORDS, Kind.INCIDENT),
        ({"words": frozenset(sorted(MANY)[:4])}, Why.SOME_WORDS, Kind.SERIES),
    ],
)
def test_with_something_telling_it_is_one(telling: dict[str, object], why: Why, kind: Kind) -> None:
    found = hint(*alike(**(WEAK | telling)), RARE)

    assert found is not None
    assert why in {reason.why for reason in found.reasons}
    assert found.kind is kind


@pytest.mark.parametrize(
    ("apart", "why", "kind"),
    [
        (0, Why.SAME_DAY, Kind.INCIDENT),
        (1, Why.NEAR_DAYS, Kind.INCIDENT),
        (3, Why.NEAR_DAYS, Kind.INCIDENT),
        (4, Why.CLOSE_DAYS, Kind.SERIES),
        (14, Why.CLOSE_DAYS, Kind.SERIES),
        (15, None, Kind.SERIES),
    ],
)
def test_days_between(apart: int, why: Why | None, kind: Kind) -> None:
    one, other = (
        Traits(body=frozenset({"meier"}), area="wohnen", words=MANY, span=(day, day))
        for day in (DAY, DAY + timedelta(apart))
    )

    found = hint(one, other, RARE)

    assert found is not None
    assert found.kind is kind
    times = {Why.SAME_DAY, Why.NEAR_DAYS, Why.CLOSE_DAYS, Why.SAME_TIME}
    assert times & {reason.why for reason in found.reasons} == ({why} if why else set())


def test_of_a_month_only_the_month_is_the_same() -> None:
    month = (date(2026, 3, 1), date(2026, 3, 31))
    one, other = (
        Traits(body=frozenset({"meier"}), area="wohnen", grounds=frozenset({"x"}), span=span)
        for span in (month, (DAY, DAY))
    )

    assert Why.SAME_TIME in whys(one, other)


@pytest.mark.parametrize(
    ("given_date", "span"),
    [
        (IncidentDate(day=2, month=3, year=2026), (DAY, DAY)),
        (IncidentDate(month=2, year=2024), (date(2024, 2, 1), date(2024, 2, 29))),
        (IncidentDate(year=2026), None),
        (IncidentDate(day=31, month=2, year=2026), None),
        (IncidentDate(day=1, month=13, year=2026), None),
        (IncidentDate(day=1, month=1, year=0), None),
        (IncidentDate(), None),
    ],
)
def test_when_it_can_have_been(given_date: IncidentDate, span: tuple[date, date] | None) -> None:
    assert given_date.span == span
    assert given_date.exact == (span[0] if span and span[0] == span[1] else None)


def test_words_of_building_blocks_do_not_count() -> None:
    text = " ".join(WORDS)

    found = hints.traits_of(told(text), None, hints.cut("Treppenhaus und Briefkasten"))

    assert found.words == MANY - hints.cut("Treppenhaus Briefkasten")


def test_spelling_and_ending_do_not_matter_and_short_words_do_not_count() -> None:
    one = hints.traits_of(told("Im TREPPENHAUS der Schluessel"), None, frozenset())
    other = hints.traits_of(told("Des Treppenhauses Schlüssel"), None, frozenset())

    assert one.words == other.words
    assert len(one.words) == 2


def test_what_the_stelle_assessed_holds_before_what_was_named() -> None:
    account = told(answers=CodedAnswers(grounds=("alter",), area_of_life="wohnen"))
    record = Record(grounds=("sprache",), area="bildung", responsible_name="Bau Meier")

    found = hints.traits_of(account, record, frozenset())

    assert (found.grounds, found.area) == (frozenset({"sprache"}), "bildung")
    assert found.body == hints.cut("Meier Bau")
    assert hints.traits_of(account, None, frozenset()).grounds == frozenset({"alter"})


def test_what_is_looked_up_is_bounded_and_holds_no_code() -> None:
    text = " ".join(f"wort{number:04}" for number in range(5000))
    record = Record(responsible_name="Bau Meier")
    account = told(text, place="Am Markt", date=IncidentDate(day=2, month=3, year=2026))

    found = hints.sought(hints.traits_of(account, record, frozenset()))

    fields = [field for field, _ in found]
    assert fields.count("word") == MOST_WORDS + 2  # the body's name may stand in an account
    assert fields.count("day") == 2 * hints.NEAR + 1
    assert set(fields) == {"day", "place", "body", "word"}
