"""The rules of Jena, proved as tables that advisers can read, and over every combination."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adstelle.city import CITIES, Codes, answers_of
from adstelle.domain.routing import (
    QUESTIONS,
    CodedAnswers,
    Condition,
    NotOurs,
    Offer,
    Routing,
    Rule,
    Step,
    explain,
    heard,
    route,
)
from adstelle.rulebook import read_rulebook, rules_of
from adstelle.toml_files import Fault, read_document, shaped
from tests.domain.combinations import Classes, Combination, coded

HERE = Path(__file__).parent
COUNSELLING = {"ezra", "ads_jena", "thadine"}
OUT_OF_AREA = ("out_of_area",)
VIOLENT = {"koerperlicher_angriff", "bedrohung", "noetigung", "brandstiftung"}
HATRED = {
    "rassismus_ethnische_herkunft",
    "antisemitismus",
    "antiziganismus",
    "religion_weltanschauung",
    "geschlecht",
    "geschlechtsidentitaet",
    "sexuelle_identitaet",
    "behinderung_chronische_erkrankung",
    "soziale_lage",
    "politische_haltung",
    "neonazismus_unspezifisch",
}
COLUMNS = {  # the borderline file is written for advisers, so its head is German
    "grounds": "Warum",
    "incident_type": "Was",
    "area_of_life": "Bereich",
    "territory": "Wo",
    "alleged_responsible": "Von wem",
    "online": "Im Internet",
    "reporter_role": "Wer meldet",
    "criminal_relevance": "Straftat",
    "resident": "Lebt in Jena",
}


def rules_of_jena() -> tuple[Rule, ...]:
    faults: list[Fault] = []
    rules = rules_of(read_rulebook(read_document(CITIES / "jena" / "rules.toml", faults), faults))
    assert not faults
    return rules


def answers_of_jena() -> dict[str, tuple[str, ...]]:
    codes = shaped(read_document(CITIES / "jena" / "codes.toml", []), (), Codes, [])
    assert codes is not None
    return answers_of(codes)


RULES = rules_of_jena()
ANSWERS = answers_of_jena()


def table(name: str, delimiter: str = ",") -> list[dict[str, str]]:
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def offered(routing: Routing) -> tuple[str, ...]:
    return tuple(offer.stelle for offer in routing.offers)


def in_words(routing: Routing) -> str:
    if routing.not_ours is not None:
        return f"nicht zuständig: {' '.join(routing.not_ours.stellen)}"
    return " ".join(offered(routing))


# ------------------------------------------------------------ the published incidents


@pytest.mark.parametrize("row", table("routing_golden.csv"), ids=lambda row: row["id"])
@pytest.mark.parametrize("where", ["", "_if_in_jena"], ids=["as it was", "in Jena"])
def test_a_published_incident_goes_where_it_should(row: dict[str, str], where: str) -> None:
    primary = tuple(row[f"primary{where}"].split())
    also = set(row[f"also{where}"].split())

    routing = route(RULES, coded(row | {"territory": "jena"} if where else row))

    if primary == OUT_OF_AREA:
        assert not routing.offers
        assert routing.not_ours is not None
        assert {"ads_bund", *also} <= set(routing.not_ours.stellen)
    else:
        assert offered(routing)[: len(primary)] == primary
        assert set(offered(routing)[len(primary) :]) == also
        assert routing.not_ours is None


def test_the_golden_table_has_every_published_incident() -> None:
    names = [row["id"] for row in table("routing_golden.csv")]

    assert len(set(names)) == len(names) == 42


# ------------------------------------------------------------ each rule and its neighbours


BORDERLINE = table("routing_borderline.csv", ";")


def coded_borderline(row: dict[str, str]) -> CodedAnswers:
    return coded({question: row[column] for question, column in COLUMNS.items()})


def step_of(rule: str, answers: CodedAnswers) -> Step:
    return next(step for step in explain(RULES, answers) if step.rule == rule)


@pytest.mark.parametrize("row", BORDERLINE, ids=lambda row: f"{row['Regel']}: {row['Fall']}")
def test_a_rule_ends_where_it_should(row: dict[str, str]) -> None:
    answers = coded_borderline(row)

    assert step_of(row["Regel"], answers).applied == (row["Grenze"] == "trifft zu")
    assert in_words(route(RULES, answers)) == row["Angebote in dieser Reihenfolge"]


def borders() -> Iterator[tuple[str, int, str]]:
    for rule in RULES:
        for number, condition in enumerate(rule.when):
            yield rule.id, number, ""
            yield from (
                (rule.id, number, asked) for asked in QUESTIONS if getattr(condition, asked)
            )


@pytest.mark.parametrize(("name", "number", "question"), list(borders()))
def test_every_condition_has_its_neighbours_in_the_table(
    name: str, number: int, question: str
) -> None:
    """One row inside each condition, and for each question one that misses just this question."""
    condition = next(rule.when[number] for rule in RULES if rule.id == name)
    missed = [question] if question else []
    side = "knapp daneben" if question else "trifft zu"

    assert any(
        list(condition.missed(heard(coded_borderline(row)))) == missed
        for row in BORDERLINE
        if row["Regel"] == name and row["Grenze"] == side
    )


def test_a_person_is_told_the_nearest_reason() -> None:
    """In Jena, and living there: the place is the reason, whatever else would do."""
    offers = route(RULES, CodedAnswers(territory="jena", resident=True)).offers

    assert [(offer.stelle, offer.rule) for offer in offers] == [
        ("ads_jena", "R1"),
        ("thadine", "R5"),
    ]


# ------------------------------------------------------------ every combination


CLASSES = Classes(RULES, ANSWERS)
TOLD = ("grounds", "incident_type", "territory", "alleged_responsible", "online", "resident")


def promises(answers: CodedAnswers, routing: Routing) -> Iterator[tuple[str, bool]]:
    """What must be true of every answer, whatever was told."""
    stellen = offered(routing)
    in_reach = answers.territory != "deutschland" or answers.resident is True
    violent_hatred = answers.incident_type in VIOLENT and not HATRED.isdisjoint(answers.grounds)
    first_independent = stellen[:1] and stellen[0] in {"thadine", "hilfetelefon"}
    link = answers.territory == "jena" or answers.resident is True
    yield "nobody is dropped", bool(stellen) != (routing.not_ours is not None)
    yield "each Stelle once", len(set(stellen)) == len(stellen)
    yield "outside Thüringen without a link: not ours", in_reach == bool(stellen)
    yield (
        "who is not ours learns of the federal office",
        (routing.not_ours is None or "ads_bund" in routing.not_ours.stellen),
    )
    yield "R1: a link to Jena is enough", not link or "ads_jena" in stellen
    if violent_hatred and answers.territory in {"jena", "thueringen"}:
        yield "R2: ezra before the city's office", "ads_jena" not in before("ezra", stellen)
    if "antisemitismus" in answers.grounds and answers.territory in {"jena", "thueringen"}:
        yield "R3: documented", "rias_th" in stellen
        yield "R3: and somebody advises", not COUNSELLING.isdisjoint(stellen)
    if answers.alleged_responsible in {"stadt", "staedtisches_unternehmen"} and in_reach:
        yield "R6: an independent body first", bool(first_independent)
        yield "R6: thadine before the city's office", "ads_jena" not in before("thadine", stellen)
    if answers.online and in_reach:
        yield "R7", "elly" in stellen
    if "antiziganismus" in answers.grounds and in_reach:
        yield "R8", "mia_bund" in stellen


def before(stelle: str, stellen: tuple[str, ...]) -> tuple[str, ...]:
    assert stelle in stellen
    return stellen[: stellen.index(stelle)]


def test_the_promises_hold_for_every_combination_of_answers() -> None:
    """Answers that no condition tells apart are one class; every product of classes is tried.

    What is offered depends on nothing but the conditions that hold (tested below), and a promise
    on nothing but that and the questions in TOLD: what is equal in both is looked at once.
    """
    told = [QUESTIONS.index(question) for question in TOLD]
    different: dict[tuple[int, tuple[str, ...]], Combination] = {}
    for combination in CLASSES:
        key = (combination.holding, tuple(combination.codes[index] for index in told))
        different.setdefault(key, combination)
    routed: dict[int, Routing] = {}
    broken: dict[str, tuple[str, ...]] = {}
    for (left, _), combination in different.items():
        answers = combination.answers
        if left not in routed:
            routed[left] = route(RULES, answers)
        for promise, kept in promises(answers, routed[left]):
            if not kept:
                broken.setdefault(promise, combination.codes)

    assert broken == {}
    assert len(routed) > 1000


any_code = {question: st.sampled_from(ANSWERS[question]) for question in QUESTIONS}
any_yes_no = st.sampled_from([True, False, None])
any_answers = st.builds(
    CodedAnswers,
    grounds=st.lists(any_code["grounds"], max_size=5, unique=True).map(tuple),
    incident_type=st.none() | any_code["incident_type"],
    area_of_life=st.none() | any_code["area_of_life"],
    territory=st.none() | any_code["territory"],
    alleged_responsible=st.none() | any_code["alleged_responsible"],
    online=any_yes_no,
    reporter_role=st.none() | any_code["reporter_role"],
    criminal_relevance=any_yes_no,
    resident=any_yes_no,
)


@settings(max_examples=300, deadline=None)
@given(any_answers)
def test_the_promises_hold_for_several_grounds_at_once(answers: CodedAnswers) -> None:
    for promise, kept in promises(answers, route(RULES, answers)):
        assert kept, promise


@settings(max_examples=300, deadline=None)
@given(any_answers.filter(lambda answers: len(answers.grounds) == 1))
def test_a_class_of_answers_is_routed_like_its_representative(answers: CodedAnswers) -> None:
    told = heard(answers)
    representative = {
        question: next(
            members[0]
            for members in CLASSES.of[question].values()
            if not told[question].isdisjoint(members)
        )
        for question in QUESTIONS
    }

    assert route(RULES, coded(representative)) == route(RULES, answers)


@settings(max_examples=200, deadline=None)
@given(any_answers.filter(lambda answers: answers.grounds != ()), any_code["grounds"])
def test_one_ground_more_never_takes_a_stelle_away_that_is_not_only_a_fallback(
    answers: CodedAnswers, ground: str
) -> None:
    fallback = {"thadine"}
    more = CodedAnswers(
        **{question: getattr(answers, question) for question in QUESTIONS}
        | {"grounds": (*answers.grounds, ground)}
    )

    assert set(offered(route(RULES, answers))) - fallback <= set(offered(route(RULES, more)))


# ------------------------------------------------------------ the machine behind the rules


def rule(name: str, *stellen: str, **asked: frozenset[str]) -> Rule:
    return Rule(id=name, reason=f"reason.{name}", stellen=stellen, when=(Condition(**asked),))


def test_what_was_not_answered_fits_only_where_unknown_is_listed() -> None:
    strict = rule("strict", "a", territory=frozenset({"jena"}))
    open_too = rule("open", "b", territory=frozenset({"jena", "unklar"}))

    assert offered(route([strict, open_too], CodedAnswers())) == ("b",)


@pytest.mark.parametrize(("answer", "word"), [(True, "ja"), (False, "nein"), (None, "unklar")])
def test_yes_and_no_are_words(answer: bool | None, word: str) -> None:
    rules = [rule(each, each, online=frozenset({each})) for each in ("ja", "nein", "unklar")]

    assert offered(route(rules, CodedAnswers(online=answer))) == (word,)


def test_all_questions_of_a_condition_must_fit_but_one_condition_is_enough() -> None:
    both = Condition(territory=frozenset({"jena"}), online=frozenset({"ja"}))
    other = Condition(resident=frozenset({"ja"}))
    rules = [Rule(id="R", reason="reason.R", stellen=("a",), when=(both, other))]

    assert offered(route(rules, CodedAnswers(territory="jena", online=True))) == ("a",)
    assert offered(route(rules, CodedAnswers(territory="jena", online=False))) == ()
    assert offered(route(rules, CodedAnswers(resident=True))) == ("a",)


def test_a_stelle_is_offered_once_by_the_first_rule_that_names_it() -> None:
    routing = route([rule("first", "a", "b"), rule("second", "b", "c")], CodedAnswers())

    assert routing.offers == (
        Offer("a", "first", "reason.first"),
        Offer("b", "first", "reason.first"),
        Offer("c", "second", "reason.second"),
    )


def test_a_rule_yields_to_stellen_offered_before() -> None:
    fallback = Rule("last", "reason.last", ("z",), (Condition(),), unless_offered=frozenset("a"))

    assert offered(route([rule("R", "a"), fallback], CodedAnswers())) == ("a",)
    assert offered(route([rule("R", "b"), fallback], CodedAnswers())) == ("b", "z")


def test_who_is_competent_is_said_only_if_nothing_was_offered() -> None:
    elsewhere = [
        Rule(name, f"reason.{name}", stellen, (Condition(),), kind="not_ours")
        for name, stellen in (("one", ("x", "y")), ("two", ("y", "z")))
    ]

    assert route([rule("R", "a"), *elsewhere], CodedAnswers()).not_ours is None
    assert route(elsewhere, CodedAnswers()).not_ours == NotOurs(("x", "y", "z"), "reason.one")


def test_the_explanation_names_the_answers_that_did_not_fit() -> None:
    rules = [
        Rule(
            "R",
            "reason.R",
            ("a",),
            (
                Condition(territory=frozenset({"jena"}), online=frozenset({"ja"})),
                Condition(resident=frozenset({"ja"})),
            ),
        ),
        rule("S", "b"),
        Rule("T", "reason.T", ("c",), (Condition(),), unless_offered=frozenset("b")),
    ]

    assert explain(rules, CodedAnswers(territory="thueringen")) == (
        Step("R", applied=False, missed=("resident",)),
        Step("S", applied=True),
        Step("T", applied=False, offered=("b",)),
    )


@settings(max_examples=100, deadline=None)
@given(any_answers)
def test_the_explanation_and_the_route_agree(answers: CodedAnswers) -> None:
    routing = route(RULES, answers)
    applied = {step.rule for step in explain(RULES, answers) if step.applied}

    assert {offer.rule for offer in routing.offers} <= applied


def test_answers_do_not_show_themselves() -> None:
    answers = CodedAnswers(grounds=("antisemitismus",), incident_type="bedrohung")

    assert repr(answers) == str(answers) == "<CodedAnswers withheld>"
