"""Reports with and without a deadline, and what has to stand on every page about them."""

from typing import Any, Final

import httpx

from adstelle.city import City
from tests.core import MARKUP, RECEIPT_CODE

LANGUAGES: Final = ("de", "de-simple", "en", "ar")
# Two months after 3 November 2026 is a Sunday; the Monday, as each language writes it.
DUE: Final = {
    "de": "4. Januar 2027",
    "de-simple": "4. Januar 2027",
    "en": "January 4, 2027",
    "ar": "4 يناير 2027",
}
EXACT: Final = {"day": 3, "month": 11, "year": 2026}
WORK: Final[dict[str, Any]] = {
    "reporter_role": "betroffene",
    "territory": "jena",
    "grounds": ["alter"],
    "incident_type": "unmittelbare_benachteiligung",
    "area_of_life": "arbeit",
    "alleged_responsible": "arbeitgeber",
}
HOME: Final = WORK | {"area_of_life": "wohnen", "alleged_responsible": "vermieter"}
OFFICE: Final = WORK | {"area_of_life": "aemter_behoerden", "alleged_responsible": "behoerde"}
NO_GROUND: Final = WORK | {"grounds": []}
ATTACK: Final = WORK | {
    "grounds": ["rassismus_ethnische_herkunft"],
    "incident_type": "koerperlicher_angriff",
    "area_of_life": "oeffentlicher_raum",
    "alleged_responsible": "unbekannt_oder_privatperson",
}
_STEPS: Final = {
    "rolle": "reporter_role",
    "was": "incident_type",
    "wo": "territory",
    "bereich": "area_of_life",
    "grund": "grounds",
    "wer": "alleged_responsible",
}
_DATE: Final = {"day": "date-tag", "month": "date-monat", "year": "date-jahr"}


def typed(answers: dict[str, Any], when: dict[str, int]) -> dict[str, dict[str, Any]]:
    """The same answers as they are typed into the form, given to the city's office."""
    steps = {step: {name: answers[name]} for step, name in _STEPS.items()}
    return steps | {
        "erzaehlen": {"account": "Sie haben mich weggeschickt."},
        "wann": {_DATE[part]: str(number) for part, number in when.items()},
        "stellen": {"stellen": "ads_jena"},
    }


def line(city: City, lang: str, key: str, **values: str) -> str:
    """The first line of a text, as the page shows it."""
    return city.catalogue.text(lang, key, **values).split("\n")[0]


def title(city: City, lang: str, manner: str, rule: str, day: str = "") -> str:
    """The title of a deadline."""
    name = city.catalogue.text(lang, f"deadline_rule.{rule}.name")
    months = city.catalogue.text(lang, "deadline.period.months", count=2)
    return city.catalogue.text(lang, f"deadline.title.{manner}", name=name, day=day, period=months)


def read(page: httpx.Response) -> str:
    """What somebody reads on a page; not its receipt code, which is drawn by lot as ids are."""
    return RECEIPT_CODE.sub("", MARKUP.sub("", page.text))
