"""Every city can say each of its deadlines, in each language and however vague the day is."""

from datetime import date
from itertools import product

import pytest

from adstelle.city import City, load_city
from adstelle.domain.fristen import Deadline, Stand
from adstelle.domain.incident_date import IncidentDate
from adstelle.domain.routing import CodedAnswers
from adstelle.web import deadlines
from adstelle.web.pages import Pages
from tests.cities import ALL, ERFUNDENSTEDT, JENA, MUSTERWERDER

TODAY = date(2026, 11, 22)
CITIES = {folder.name: load_city(folder) for folder in ALL}
DAYS = {
    Stand.OPEN: IncidentDate(day=3, month=11, year=2026),
    Stand.PERHAPS_PASSED: IncidentDate(year=2026),
    Stand.PASSED: IncidentDate(day=3, month=11, year=2020),
    Stand.UNDATED: IncidentDate(words="im Herbst"),
    Stand.NOT_YET: IncidentDate(month=12, year=2026),
}


def answers_of(city: City) -> list[CodedAnswers]:
    """Each area with each responsible party, treated worse for the first ground, in the city."""
    here = next(code for code, meaning in city.territories.items() if meaning == "city")
    what = next(code for code in city.codes.incident_type if "benachteiligung" in code)
    return [
        CodedAnswers(
            grounds=city.codes.grounds[:1],
            incident_type=what,
            area_of_life=area,
            territory=here,
            alleged_responsible=who,
        )
        for area, who in product(city.codes.area_of_life, city.codes.alleged_responsible)
    ]


def found(city: City, when: IncidentDate) -> list[Deadline]:
    """Each deadline of the city once."""
    everything = (
        deadline
        for answers in answers_of(city)
        for deadline in city.deadlines_for(answers, when, TODAY)
    )
    return list({deadline.rule: deadline for deadline in everything}.values())


@pytest.mark.parametrize("stand", DAYS)
@pytest.mark.parametrize(
    ("name", "lang"), [(name, lang) for name, city in CITIES.items() for lang in city.languages]
)
def test_every_deadline_has_its_words(name: str, lang: str, stand: Stand) -> None:
    city = CITIES[name]
    pages, everything = Pages(city, secure=False), found(city, DAYS[stand])

    shown = deadlines.shown(pages, lang, everything, TODAY)
    said = deadlines.as_json(pages, lang, everything, TODAY)
    lines = deadlines.due(pages, lang, everything, TODAY)
    ahead = deadlines.next_due(pages, lang, everything, TODAY)

    kinds = {deadline.kind for deadline in everything}
    assert {"statutory", "none_known"} <= kinds or name == MUSTERWERDER.name
    assert len(shown) == len(said) == len(lines) == len(everything) > 0
    assert {out.stand for out in said if out.kind == "statutory"} <= {stand, Stand.PASSED}
    assert bool(ahead) == any(d.stand(TODAY) in deadlines.AHEAD for d in everything)
    check = city.catalogue.text(lang, "deadline.check")
    assert all(out.text.endswith(check) and "{" not in out.title + out.text for out in said)
    assert all(bool(out.law) == (out.kind == "statutory") for out in said)


OFFICE = CodedAnswers(
    alleged_responsible="bezirk", area_of_life="aemter_behoerden", territory="musterwerder"
)


@pytest.mark.parametrize(
    ("day", "rule", "due"),
    [
        (date(2020, 6, 20), None, None),
        (date(2026, 6, 30), "M1", date(2027, 6, 30)),
        (date(2026, 7, 1), "M2", date(2026, 8, 12)),
        (date(2027, 1, 25), "M2", date(2027, 3, 9)),  # the 8 March is a holiday in Berlin
        (date(2026, 3, 8), "M1", date(2027, 3, 9)),
    ],
)
def test_a_land_with_an_act_of_its_own_has_deadlines_for_its_bodies(
    day: date, rule: str | None, due: date | None
) -> None:
    """Other holidays, other law, other version: data alone."""
    when = IncidentDate(day=day.day, month=day.month, year=day.year)

    reckoned = CITIES[MUSTERWERDER.name].deadlines_for(OFFICE, when, date(2027, 6, 1))

    assert [(d.rule, d.due) for d in reckoned] == ([(rule, due)] if rule else [])


def test_the_same_body_in_jena_and_in_a_small_town_has_none_known() -> None:
    jena, town = CITIES[JENA.name], CITIES[ERFUNDENSTEDT.name]
    when = DAYS[Stand.OPEN]
    in_jena = CodedAnswers(alleged_responsible="stadt", area_of_life="wohnen", territory="jena")
    in_town = CodedAnswers(alleged_responsible="gemeinde", area_of_life="wohnen")

    assert [d.kind for d in jena.deadlines_for(in_jena, when, TODAY)] == ["none_known"]
    assert [d.kind for d in town.deadlines_for(in_town, when, TODAY)] == ["none_known"]


def test_promises_are_counted_with_the_holidays_of_the_land() -> None:
    assert CITIES[MUSTERWERDER.name].answer_by("bezirksstelle", date(2027, 3, 1)) == date(
        2027, 3, 9
    )
    assert CITIES[ERFUNDENSTEDT.name].answer_by("landesverein", date(2027, 3, 1)) is None
