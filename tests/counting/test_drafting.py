"""From cards to a publication: what it shows is what was counted, and nothing small follows."""

import random
import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from uuid import UUID

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adstelle.counting import drafting
from adstelle.counting.drafting import Draft, Progress, Step, Withheld, draft, outlook
from adstelle.counting.plan import Plan
from adstelle.counting.units import Frame, snapshot
from adstelle.disclosure.solver import NotSolved
from adstelle.domain.counting import AssessedCard
from adstelle.local.made_up import cards as made_up
from adstelle.releases import publication, rules
from adstelle.releases.publication import Period
from adstelle.releases.tables import Layout
from tests.counting.cases import (
    SEED,
    SMALL,
    YEAR,
    beside,
    card,
    jena,
    jenas_plan,
    planned,
    several,
    smaller,
    words,
)

quick = settings(max_examples=6, deadline=None)
GROUNDS = {"rassismus_ethnische_herkunft": "racism", "geschlecht": "gender", "alter": "age"}
AREAS = {"arbeit": "work", "wohnen": "housing"}


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    return smaller(planned(tmp_path_factory.mktemp("plan")), 3)


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    return planned(tmp_path)


def drafted(plan: Plan, cards: Sequence[AssessedCard], **how: object) -> Draft:
    return draft(plan, cards, YEAR, seed=SEED, **how)  # type: ignore[arg-type]


def values(found: Draft) -> dict[str, int | None]:
    assert found.publication is not None, found.reasons
    return {it.id: it.value for it in found.publication.release.cells}


def bytes_of(found: Draft) -> bytes:
    assert found.publication is not None, found.reasons
    return publication.canonical(found.publication)


def enough() -> list[AssessedCard]:
    """Eighty cards of which enough is shown."""
    chance = random.Random(7)  # noqa: S311
    return [
        card(
            card_id=UUID(int=number + 1),
            grounds=chance.sample(list(GROUNDS), 1 + number % 2),
            area=chance.choices((*AREAS, None), (5, 3, 2))[0],
            territory=("thueringen" if number % 8 == 0 else "jena"),
            established=("ja", "offen", "nein")[number % 3],
        )
        for number in range(80)
    ]


# ---------------------------------------------------------------- Jena


@pytest.fixture(scope="module")
def year() -> list[AssessedCard]:
    return list(made_up(jena(), 66))


def test_a_year_of_jena_becomes_a_publication(year: list[AssessedCard]) -> None:
    steps: list[Progress] = []
    found = draft(jenas_plan(), year, YEAR, seed=SEED, progress=steps.append)
    assert found.publication is not None, found.reasons
    assert values(found)["contacts"] == 66
    assert values(found)["contacts campaign"] is None  # there was none
    assert found.shares["anfragen-quartal"] == drafting.Share(4, 4, 66, 66)
    assert [*dict.fromkeys(it.step for it in steps)] == [
        Step.COUNTING, Step.PROTECTING, Step.AUDITING,
    ]  # fmt: skip
    assert steps[0].done == 66
    assert any(it.done for it in steps if it.step is Step.PROTECTING)
    assert not [*rules.faults(found.publication, [])]
    layout = Layout(publication.read("again", bytes_of(found)))
    assert len(layout.tables) == 12  # those that cross two dimensions want more cases


def test_every_word_is_there_in_every_language(year: list[AssessedCard]) -> None:
    found = draft(jenas_plan(), year, YEAR, seed=SEED)
    assert found.publication is not None
    for _, text in publication._all_words(found.publication):
        assert {*jena().languages} <= text.keys()


# ---------------------------------------------------------------- P1: true, and never small


Made = tuple[Sequence[str], str | None, bool, bool, int, int]
MADE = st.tuples(
    st.lists(st.sampled_from([*GROUNDS, "sprache"]), max_size=4, unique=True),
    st.sampled_from([*AREAS, "bildung", None]),
    st.booleans(),
    st.booleans(),
    st.integers(0, 30),
    st.integers(0, 20),
)


def cards_of(made: Sequence[Made]) -> list[AssessedCard]:
    return [
        card(
            card_id=UUID(int=number + 1), grounds=grounds, area=area,
            established="ja" if is_established else "nein",
            local_link="ort" if is_local else "keiner",
            incident=bytes([incident]), person=bytes([person]),
        )
        for number, (grounds, area, is_local, is_established, incident, person) in enumerate(made)
    ]  # fmt: skip


def recounted(cards: Sequence[AssessedCard]) -> dict[str, int]:
    """Every cell of the small plan, counted one by one, without the code under test."""
    cases: dict[bytes | None, list[AssessedCard]] = {}
    for it in cards:
        if it.assessments[0].local_link == "ort":
            cases.setdefault(it.assessments[0].incident, []).append(it)
    found = {"contacts": len(cards), "contacts campaign": 0}

    def count(name: str) -> None:
        found[name] = found.get(name, 0) + 1

    for alike in cases.values():
        first = min(alike, key=lambda it: (it.assessments[0].established != "ja", it.card_id.bytes))
        count("incidents")
        if first.assessments[0].established == "ja":
            count("established")
        said = {GROUNDS.get(it, "other") for it in first.card.answers.grounds} or {"other"}
        grounds = [it for it in ("racism", "gender", "age", "other") if it in said][:3]
        area = AREAS.get(first.card.answers.area_of_life or "", "other")
        count(f"incidents area={area}")
        for ground in grounds:
            count(f"incidents ground={ground}")
            count(f"incidents area={area} ground={ground}")
    return found


@quick
@given(made=st.lists(MADE, min_size=6, max_size=40))
def test_what_is_published_is_true_and_not_small(small: Plan, made: list[Made]) -> None:
    cards = cards_of(made)
    truth = recounted(cards)
    found = drafted(small, cards)
    if found.publication is None:
        assert found.reasons
        return
    for name, value in values(found).items():
        if value is not None:
            assert value == truth.get(name, 0)
            assert value >= 3
    for it in found.counted:
        assert it.value == truth.get(it.cell, 0)
        assert (it.withheld is None) is (values(found)[it.cell] is not None)
        if it.value < 3:
            assert it.withheld is Withheld.FEW


@quick
@given(made=st.lists(MADE, min_size=6, max_size=20), seed=st.integers(0, 99))
def test_the_same_cards_give_the_same_bytes(small: Plan, made: list[Made], seed: int) -> None:
    cards = cards_of(made)
    shuffled = random.Random(seed).sample(cards, len(cards))  # noqa: S311
    turned = msgspec.structs.replace(small, tables=small.tables[::-1])
    one, other, third = (
        drafted(plan, given) for plan, given in ((small, cards), (small, shuffled), (turned, cards))
    )
    assert (one, one.snapshot) == (other, other.snapshot)
    if one.publication and third.publication:
        assert bytes_of(one) == bytes_of(other)
        assert values(one) == values(third)


@quick
@given(made=st.lists(MADE, min_size=8, max_size=30))
def test_contacts_less_incidents_are_a_count_too(small: Plan, made: list[Made]) -> None:
    found = drafted(small, cards_of(made))
    if found.publication is not None:
        shown = values(found)
        contacts, incidents = shown["contacts"], shown["incidents"]
        if contacts is not None and incidents is not None:
            assert contacts - incidents >= 3


def test_campaigns_are_spoken_of_where_there_are_some(plan: Plan) -> None:
    campaign = [card(is_campaign=True, person=bytes([n])) for n in range(6)]
    found = drafted(plan, [*enough(), *campaign]).publication
    without = drafted(plan, enough()).publication
    assert found is not None
    assert without is not None
    assert [it.cell for it in found.headline][3:] == ["contacts campaign"]
    assert [it.cell for it in without.headline][3:] == []
    assert values(drafted(plan, [*enough(), *campaign]))["contacts"] == 80


# ---------------------------------------------------------------- P7: frozen


def test_a_late_card_changes_nothing(plan: Plan) -> None:
    cards = enough()
    late = card(month="2028-02", established="ja", incident=b"late")
    one, other = drafted(plan, cards), drafted(plan, [*cards, late])
    assert bytes_of(one) == bytes_of(other)
    assert one.snapshot == other.snapshot


def test_what_is_published_stays(plan: Plan) -> None:
    cards = enough()
    first = drafted(plan, cards)
    assert first.publication is not None
    again = drafted(plan, cards, earlier=[(1, first.publication)])
    assert again.publication == first.publication  # the ledger knows it, nothing is added
    changed = drafted(plan, [*cards, card()], earlier=[(1, first.publication)])
    assert (changed.publication, changed.reasons) == (None, (drafting.AGAIN,))


def with_secret(number: int, cards: Sequence[AssessedCard], **how: object) -> Draft:
    return draft(jenas_plan(), cards, YEAR, seed=bytes([number]) * 32, **how)  # type: ignore[arg-type]


def test_another_secret_may_hide_other_cells_but_not_afterwards(year: list[AssessedCard]) -> None:
    first = with_secret(0, year)
    assert len({bytes_of(with_secret(number, year)) for number in range(3)}) > 1
    assert first.publication is not None
    for number in range(3):
        again = with_secret(number, year, earlier=[(1, first.publication)])
        assert bytes_of(again) == bytes_of(first)


# ---------------------------------------------------------------- periods that overlap


def test_a_part_of_the_year_in_other_groups_is_refused(plan: Plan) -> None:
    first = drafted(plan, enough())
    assert first.publication is not None
    half = Frame(Period(date(2027, 1, 1), date(2027, 6, 30)), date(2027, 9, 30))
    found = draft(
        plan, enough(), half, seed=SEED, earlier=[(1, first.publication)],
        merges={"area": "area_broad"},
    )  # fmt: skip
    assert found.publication is None
    assert found.reasons == (drafting.OTHERWISE.format(title="Lebensbereich"),)


def test_a_year_and_a_part_of_it_are_attacked_together(plan: Plan) -> None:
    """All but two of the cards came by June: both together would tell the two."""
    cards = [*several(38, month="2027-05"), *several(2, month="2027-08")]
    half = Frame(Period(date(2027, 1, 1), date(2027, 6, 30)), date(2027, 9, 30))
    first = draft(plan, cards, half, seed=SEED)
    assert first.publication is not None
    assert drafted(plan, cards).publication is not None
    found = drafted(plan, cards, earlier=[(1, first.publication)])
    assert found.publication is None
    assert found.reasons


# ---------------------------------------------------------------- P10, P13: whole or not at all


def test_too_few_cases_are_no_release(plan: Plan) -> None:
    found = drafted(plan, several(4))
    assert found.publication is None
    assert found.reasons == (drafting.FEW.format(title="Anfragen"),)
    assert not found.counted


def test_four_people_are_too_few(plan: Plan) -> None:
    """P12: forty contacts by four people."""
    cards = [card(person=bytes([n % 4]), incident=bytes([n])) for n in range(40)]
    assert drafted(plan, cards).publication is None
    assert drafted(plan, [*cards, card(person=b"e", incident=b"z")]).publication is not None


def test_what_is_nearly_all_about_one_body_is_withheld(plan: Plan) -> None:
    cards = [
        *(card(area="wohnen", body=b"landlord", person=bytes([n])) for n in range(18)),
        *(card(area="wohnen", body=bytes([n])) for n in range(2)),
        *several(30, area="arbeit"), *several(30, area=None),
    ]  # fmt: skip
    assert {it.cell: it.withheld for it in drafted(plan, cards).counted}[
        "incidents area=housing"
    ] is Withheld.FEW


def test_an_unproven_answer_is_none(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    def unsolved(*_: object, **__: object) -> None:
        raise NotSolved("no time")

    monkeypatch.setattr(drafting, "answer", unsolved)
    found = drafted(plan, enough())
    assert (found.publication, found.reasons) == (None, (drafting.UNPROVEN,))


def test_a_day_before_the_end_of_the_period_is_no_day_to_count(plan: Plan) -> None:
    early = Frame(YEAR.period, date(2027, 12, 30))
    assert draft(plan, enough(), early, seed=SEED).reasons == (drafting.CUT_OFF,)
    part = Frame(Period(date(2027, 1, 15), date(2027, 6, 30)), date(2027, 9, 30))
    assert draft(plan, enough(), part, seed=SEED).reasons == (drafting.MONTHS,)
    twice = enough()[:1] * 2
    assert drafted(plan, twice).reasons == (drafting.CARDS,)


IMPOSSIBLE = """
[[impossible]]
reason = "Wer arbeitet, wird nicht wegen des Alters benachteiligt (nur in diesem Test)."
[impossible.where]
area = "work"
ground = "age"
"""


def test_what_is_impossible_must_not_be_there(tmp_path: Path) -> None:
    plan = planned(tmp_path, SMALL + IMPOSSIBLE)
    possible = [it for it in enough() if "alter" not in it.card.answers.grounds]
    found = drafted(plan, possible)
    assert found.publication is not None, found.reasons
    assert values(found)["incidents area=work ground=age"] == 0  # known beforehand, and said
    refused = drafted(plan, [*possible, card(grounds=["alter"], area="arbeit")])
    assert refused.reasons == (drafting.IMPOSSIBLE.format(title="Lebensbereich × Merkmal"),)


def failing(plan: Plan) -> list[Draft]:
    first = drafted(plan, enough()).publication
    assert first is not None
    half = Frame(Period(date(2027, 1, 1), date(2027, 6, 30)), date(2027, 9, 30))
    return [
        drafted(plan, several(4)),
        drafted(plan, [*enough(), card()], earlier=[(1, first)]),
        draft(plan, enough(), half, seed=SEED, earlier=[(1, first)], merges={"area": "area_broad"}),
    ]


def test_no_reason_names_a_count(plan: Plan) -> None:
    for found in failing(plan):
        assert found.reasons
        assert not [it for it in found.reasons if re.search(r"\d", it)]


# ---------------------------------------------------------------- coarser, and anew


def test_a_coarser_way_shows_more_of_what_it_shows(plan: Plan) -> None:
    taken, steps = snapshot(plan, enough(), YEAR), list[Progress]()
    found = {it.changed: now for it, now in outlook(plan, taken, seed=SEED, progress=steps.append)}
    tried = [it for it in steps if it.step is Step.COMPARING]
    assert [(it.done, it.of) for it in tried] == [(n, len(found)) for n in range(len(found))]
    assert Step.AUDITING not in {it.step for it in steps}
    merged = found["area"]
    assert merged.publication is not None
    assert "area_broad" in merged.publication.release.dims
    assert "area" not in merged.publication.release.dims
    assert found["table:beides"].publication is not None
    assert "beides" not in found["table:beides"].shares
    assert merged.shares["bereich"].cases_shown <= merged.shares["bereich"].cases


def anew(text: str) -> str:
    """The next version: the question about the area of life was asked in another way."""
    why = words("Gefragt wird seit 2028 anders.")
    return (
        text.replace('"small"', '"small 2"')
        .replace('name = "area"', 'name = "area_2028"')
        .replace('= "area"', '= "area_2028"')
        .replace('"area_broad"', '"area_2028_broad"')
        .replace('source = "area_of_life"', 'source = "area_of_life"\nreplaces = ["area"]')
        .replace('id = "bereich"', f'id = "bereich"\nstarts_anew = {why}')
        .replace('series = "anfragen"', f'series = "anfragen"\nstarts_anew = {why}')
    )


def test_a_changed_question_begins_a_new_series(plan: Plan, tmp_path: Path) -> None:
    before = drafted(plan, enough()).publication
    assert before is not None
    changed = planned(tmp_path, anew(SMALL))
    next_year = Frame(Period(date(2028, 1, 1), date(2028, 12, 31)), date(2029, 3, 31))
    cards = [
        msgspec.structs.replace(it, card=msgspec.structs.replace(it.card, month="2028-05"))
        for it in enough()
    ]
    found = draft(changed, cards, next_year, seed=SEED, earlier=[(1, before)])
    assert found.publication is not None, found.reasons
    assert "area" not in found.publication.release.dims
    assert found.publication.headline[0].starts_anew
    table = next(it for it in found.publication.tables if it.id == "bereich")
    assert table.note is not None
    assert "anders" in table.note["de"]
    assert [it["de"] for it in found.publication.changes] == [
        "Vorfälle nach Bereich: Gefragt wird seit 2028 anders."
    ]
    same_year = drafted(changed, enough(), earlier=[(1, before)])
    assert same_year.reasons == (drafting.OTHERWISE.format(title="Lebensbereich"),)


def test_other_values_under_the_same_name_are_refused(plan: Plan, tmp_path: Path) -> None:
    """Also beside a release of quite another time: people would read one line over the years."""
    before = drafted(plan, enough()).publication
    assert before is not None
    changed = planned(tmp_path, SMALL.replace('code = "age"', 'code = "old"'))
    other = msgspec.structs.replace(
        before, period=Period(date(2025, 1, 1), date(2025, 12, 31)), cut_off=date(2026, 3, 31)
    )
    assert drafted(plan, enough(), earlier=[(1, other)]).publication is not None
    found = drafted(changed, enough(), earlier=[(1, other)])
    assert found.reasons == (drafting.CHANGED.format(title="Merkmal"),)


def test_a_plan_counts_nothing_that_began_before_it(plan: Plan) -> None:
    later = msgspec.structs.replace(plan, valid_from=date(2027, 1, 2))
    assert drafted(later, enough()).reasons == (drafting.TOO_NEW,)


def test_a_word_of_a_second_stelle_does_not_count_twice(plan: Plan) -> None:
    cards = [
        beside(it, "thadine", established="ja", incident=b"x" + it.card_id.bytes) for it in enough()
    ]
    assert {it.cell: it.value for it in drafted(plan, cards).counted}["contacts"] == 80
