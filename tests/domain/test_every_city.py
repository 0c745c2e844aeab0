"""What the rules of every city must keep to, for every combination of answers."""

from collections.abc import Iterator
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adstelle.city import City, answers_of, load_city
from adstelle.domain.finder import fitting
from adstelle.domain.gaps import gap
from adstelle.domain.routing import QUESTIONS, CodedAnswers, Condition, Routing, Rule, route
from tests.cities import ALL
from tests.domain.combinations import SKIPPED, Classes, Combination, coded

CITIES = {folder.name: load_city(folder) for folder in ALL}
# Answers to "by whom" that mean: the city itself, or what belongs to it.
ITSELF = {
    "jena": {"stadt", "staedtisches_unternehmen"},
    "erfundenstedt": {"gemeinde"},
    "musterwerder": {"bezirk", "landesbehoerde", "schule_hochschule", "polizei_justiz"},
}
BY_WHOM = QUESTIONS.index("alleged_responsible")


@pytest.fixture(params=CITIES, ids=str)
def city(request: pytest.FixtureRequest) -> City:
    return CITIES[request.param]


def different(city: City) -> Iterator[tuple[Combination, Routing]]:
    """Every combination that the rules tell apart, or that names the city itself, routed once."""
    routed: dict[tuple[int, bool], Routing] = {}
    for combination in Classes(city.rules, answers_of(city.codes), ITSELF[city.code]):
        key = (combination.holding, combination.codes[BY_WHOM] in ITSELF[city.code])
        if key not in routed:
            routed[key] = route(city.rules, combination.answers)
            yield combination, routed[key]


def promises(city: City, combination: Combination, routing: Routing) -> Iterator[tuple[str, bool]]:
    """What must be true in every city, whatever was told."""
    stellen = [offer.stelle for offer in routing.offers]
    here = [stelle for stelle in stellen if city.stellen[stelle].works_here]
    elsewhere = routing.not_ours
    yield "an offer, or an explicit word who is competent", bool(stellen) != bool(elsewhere)
    yield "who is competent is named", elsewhere is None or bool(elsewhere.stellen)
    yield "each Stelle once", len(set(stellen)) == len(stellen)
    reasons = [offer.reason for offer in routing.offers]
    reasons += [elsewhere.reason] if elsewhere else []
    yield "each reason is a text", all(map(city.catalogue.has, reasons))
    if here and combination.codes[BY_WHOM] in ITSELF[city.code]:
        first = city.stellen[here[0]]
        yield "an independent body first where the city is concerned", first.independent


def test_the_promises_hold_for_every_combination(city: City) -> None:
    broken: dict[str, tuple[str, ...]] = {}
    seen = 0
    for combination, routing in different(city):
        seen += 1
        for promise, kept in promises(city, combination, routing):
            if not kept:
                broken.setdefault(promise, combination.codes)

    assert broken == {}
    assert seen > len(city.rules)


def test_the_unanswered_form_leads_somewhere(city: City) -> None:
    routing = route(city.rules, CodedAnswers())

    assert routing.offers or routing.not_ours


def test_who_is_far_away_is_shown_a_subject(city: City) -> None:
    """Nobody reads only "not ours": a subject of the finder fits the place."""
    far = [code for code, meaning in city.territories.items() if meaning == "elsewhere"]

    assert far
    for code in far:
        assert fitting(city.subjects, CodedAnswers(territory=code))


# ------------------------------------------------------------ answers that lead nowhere


def test_a_city_has_no_gap(city: City) -> None:
    conditions = [condition for rule in city.rules for condition in rule.when]

    assert gap(conditions, answers_of(city.codes)) is None


def test_a_gap_is_found_where_a_rule_is_taken_away(city: City) -> None:
    """Without one rule: either nothing is missing, or the answers found lead nowhere indeed."""
    found = 0
    for left_out in city.rules:
        rules = [rule for rule in city.rules if rule is not left_out]
        lost = gap([c for rule in rules for c in rule.when], answers_of(city.codes))
        if lost is not None:
            found += 1
            assert route(rules, coded(lost)) == Routing((), None)

    assert found > 0


CODES: dict[str, tuple[str, ...]] = dict.fromkeys(QUESTIONS, ("a", "b"))
CODES |= dict.fromkeys(("online", "criminal_relevance", "resident"), ("ja", "nein", "unklar"))
asked = st.fixed_dictionaries(
    {},
    optional={
        question: st.frozensets(st.sampled_from((*codes, "unklar")), min_size=1)
        for question, codes in CODES.items()
        if question in {"territory", "resident", "online"}
    },
)


@settings(max_examples=200, deadline=None)
@given(st.lists(asked.map(lambda given: Condition(**given)), max_size=5))
def test_a_gap_is_found_if_and_only_if_there_is_one(conditions: list[Condition]) -> None:
    """Against trying everything, for a few questions."""
    rules = [Rule("R", "reason.R", ("x",), tuple(conditions))]
    questions = ("territory", "resident", "online")
    combinations = product(*((*CODES[question], SKIPPED) for question in questions))
    nowhere = [
        combination
        for combination in combinations
        if not route(rules, coded(dict(zip(questions, combination, strict=True)))).offers
    ]

    found = gap(conditions, CODES)

    assert (found is None) == (nowhere == [])
    assert found is None or not route(rules, coded(found)).offers
