"""Which cards are one incident, whose word counts, and what is left out."""

import random
from datetime import date
from pathlib import Path
from uuid import UUID

import msgspec
import pytest

from adstelle.counting.plan import Plan, laid
from adstelle.counting.tabulation import tabulate, values_of
from adstelle.counting.units import BadCards, Frame, NotWhole, Snapshot, carded, snapshot
from adstelle.domain.counting import AssessedCard
from adstelle.releases.publication import Period
from tests.counting.cases import YEAR, beside, card, planned, several


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    return planned(tmp_path)


def counts(taken: Snapshot) -> tuple[int, int, int, int]:
    """Contacts, incidents, established ones, and contacts of campaigns."""
    return (
        len(taken.contacts), len(taken.incidents), len(taken.established), len(taken.campaigns),
    )  # fmt: skip


def test_one_incident_is_counted_once(plan: Plan) -> None:
    same = [card(incident=b"a", established="ja", local_link="ort") for _ in range(3)]
    assert counts(snapshot(plan, [*same, card()], YEAR)) == (4, 2, 1, 0)


def test_two_stellen_that_share_a_card_share_the_incident(plan: Plan) -> None:
    """Pseudonyms differ from Stelle to Stelle; the card that both assessed leads from one to the
    other, whatever comes first."""
    both = beside(card(incident=b"a"), "thadine", incident=b"b")
    here, there = card(incident=b"a"), card(stelle="thadine", incident=b"b")
    for order in ([both, here, there], [here, there, both], [there, both, here]):
        assert counts(snapshot(plan, order, YEAR))[1] == 1
    apart = [card(incident=b"a"), card(stelle="thadine", incident=b"a")]
    assert counts(snapshot(plan, apart, YEAR))[1] == 2


def test_established_by_one_of_its_cards(plan: Plan) -> None:
    cards = [
        card(card_id=UUID(int=number), incident=b"a", established=it)
        for number, it in enumerate(("offen", "ja", "nein"))
    ]
    assert counts(snapshot(plan, cards, YEAR)) == (3, 1, 1, 0)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"territory": "jena"}, 1),
        ({"territory": "thueringen"}, 0),
        ({"territory": None}, 0),
        ({"territory": "unklar"}, 0),
        ({"territory": "jena", "local_link": "keiner"}, 0),
        ({"territory": "jena", "local_link": "unklar"}, 0),
        ({"territory": "deutschland", "local_link": "wohnsitz"}, 1),
        ({"territory": "deutschland", "local_link": "beides"}, 1),
        ({"territory": "jena", "established": "ja"}, 1),
    ],
)
def test_what_is_connected_with_the_city(plan: Plan, given: dict[str, str], expected: int) -> None:
    assert counts(snapshot(plan, [card(**given)], YEAR))[1] == expected  # type: ignore[arg-type]


def test_the_plan_says_whose_word_counts(plan: Plan) -> None:
    one = beside(card(established="nein", local_link="ort"), "thadine", established="ja")
    other = beside(card(local_link="ort", grounds=["alter"]), "thadine", established="ja")
    assert counts(snapshot(plan, [one], YEAR))[2] == 0
    assert counts(snapshot(plan, [other], YEAR))[2] == 1  # who said nothing of it is not asked
    turned = msgspec.structs.replace(one, assessments=one.assessments[::-1])
    assert snapshot(plan, [turned], YEAR) == snapshot(plan, [one], YEAR)


def test_what_was_assessed_comes_before_what_was_answered(plan: Plan) -> None:
    one = card(area="arbeit", grounds=["alter"])
    word = beside(one, "ads_jena", area="wohnen", grounds=("geschlecht",))
    taken = snapshot(plan, [word], YEAR)
    assert taken.columns["area_of_life"].said == [("wohnen",)]
    assert taken.columns["grounds"].said == [("geschlecht",)]


def test_campaigns_are_counted_apart(plan: Plan) -> None:
    campaign = [card(is_campaign=True, incident=bytes([n]), established="ja") for n in range(7)]
    assert counts(snapshot(plan, [*campaign, *several(2)], YEAR)) == (2, 2, 0, 7)


def test_an_incident_counts_when_it_was_first_reported(plan: Plan) -> None:
    before = card(month="2026-12", incident=b"a", local_link="ort")
    elsewhere = card(month="2026-12", incident=b"b", local_link="keiner")
    now = [card(incident=b"a", local_link="ort"), card(incident=b"b", local_link="ort")]
    assert counts(snapshot(plan, [before, elsewhere, *now], YEAR)) == (2, 1, 0, 0)


def test_what_comes_later_changes_nothing(plan: Plan) -> None:
    cards = several(5)
    later = card(month="2028-01", incident=b"a")
    assert snapshot(plan, [*cards, later], YEAR) == snapshot(plan, cards, YEAR)


def test_the_order_of_the_cards_is_nobodys_business(plan: Plan) -> None:
    cards = [
        card(card_id=UUID(int=n), incident=bytes([n % 7]), person=bytes([n % 5]), established="ja",
             area=("arbeit", "wohnen", None)[n % 3])
        for n in range(40)
    ]  # fmt: skip
    found = []
    for seed in range(5):
        random.Random(seed).shuffle(cards)  # noqa: S311
        taken = snapshot(plan, cards, YEAR)
        problem = tabulate(laid(plan, {}), taken).problem
        found.append((taken.digest, msgspec.json.encode(problem)))
    assert len(set(found)) == 1


def test_every_change_is_another_snapshot(plan: Plan) -> None:
    one = card(card_id=UUID(int=1), established="ja")
    changed = [
        one,
        card(card_id=UUID(int=1), established="nein"),
        card(card_id=UUID(int=2), established="ja"),
        card(card_id=UUID(int=1), established="ja", month="2027-06"),
    ]
    digests = {snapshot(plan, [it], YEAR).digest for it in changed}
    other_day = Frame(YEAR.period, date(2028, 4, 1))
    assert len({*digests, snapshot(plan, [one], other_day).digest}) == 5


def test_a_card_counts_once(plan: Plan) -> None:
    one = card()
    with pytest.raises(BadCards, match="twice"):
        snapshot(plan, [one, one], YEAR)


@pytest.mark.parametrize(
    "period", [(date(2027, 1, 2), date(2027, 12, 31)), (date(2027, 1, 1), date(2027, 12, 30))]
)
def test_a_period_is_made_of_whole_months(plan: Plan, period: tuple[date, date]) -> None:
    with pytest.raises(NotWhole):
        snapshot(plan, [], Frame(Period(*period), date(2028, 1, 1)))


def test_a_year_may_begin_in_summer() -> None:
    frame = Frame(Period(date(2026, 7, 1), date(2027, 6, 30)), date(2027, 9, 30))
    assert (frame.months[0], frame.months[-1], frame.is_year) == ("2026-07", "2027-06", True)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ((), ("other",)),
        (("unklar",), ("other",)),
        (("alter", "geschlecht"), ("gender", "age")),
        (
            ("alter", "geschlecht", "rassismus_ethnische_herkunft", "sprache"),
            ("racism", "gender", "age"),
        ),
        (("alter", "sprache", "unklar"), ("age", "other")),
    ],
)
def test_at_most_three_grounds_count_in_the_order_of_the_plan(
    plan: Plan, said: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    dim = plan.dimension("ground")
    assert values_of(dim, dim.levels[0], said) == expected


def test_cards_are_read_from_lines() -> None:
    one = card(incident=b"a" * 16, established="ja")
    line = msgspec.json.encode(one)
    assert list(carded([line, b"\n"])) == [one]
    with pytest.raises(BadCards, match=r"^cards:2: "):
        list(carded([line, b'{"card_id": 3}']))


def test_nobody_is_named_by_a_fault() -> None:
    with pytest.raises(BadCards) as found:
        list(carded([b'{"card_id": "secret-canary"}']))
    assert "canary" not in str(found.value)
    assert "canary" not in repr(AssessedCard(card_id=UUID(int=1), card=card().card))
