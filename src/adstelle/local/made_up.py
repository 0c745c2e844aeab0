"""Made-up count cards of a city: skewed as real ones are, and nothing of anybody.

What is made up depends on nothing but the seed. Some incidents are reported by several people, some
people come more than once, and one body has more cases than the others.
"""

import random
from collections.abc import Iterator, Sequence
from typing import Final
from uuid import UUID

from adstelle.city import City
from adstelle.domain.counting import AssessedCard, Assessment
from adstelle.domain.report import CountCard
from adstelle.domain.routing import CodedAnswers
from adstelle.record_codes import load_record_codes

ASSESSED: Final = 0.8
ESTABLISHED: Final = (("ja", 55), ("nein", 15), ("offen", 30))
LINKED: Final = (("ort", 60), ("wohnsitz", 10), ("beides", 25), ("keiner", 5))
CAMPAIGN: Final = 0.01
AGAIN: Final = 0.1  # a card about an incident that somebody reported before


def cards(city: City, number: int, year: int = 2027, seed: int = 1) -> Iterator[AssessedCard]:
    """*number* cards of one calendar year."""
    chance = random.Random(seed)  # noqa: S311  nothing secret
    make = _Making(city, year, chance)
    return (make.card() for _ in range(number))


class _Making:
    def __init__(self, city: City, year: int, chance: random.Random) -> None:
        self._city, self._year, self._chance = city, year, chance
        self._stellen = [code for code, it in city.stellen.items() if it.works_here]
        self._districts = [it.code for it in city.districts]
        self._outcomes = load_record_codes().outcomes
        self._incidents: list[tuple[bytes, bytes]] = []

    def card(self) -> AssessedCard:
        chance, codes = self._chance, self._city.codes
        grounds = {
            self._pick(codes.grounds)
            for _ in range(chance.choices((1, 2, 3, 4), (70, 20, 8, 2))[0])
        }
        answers = CodedAnswers(
            grounds=tuple(sorted(grounds)),
            incident_type=self._pick(codes.incident_type),
            area_of_life=self._pick(codes.area_of_life),
            territory=self._pick(codes.territory, 0.2),
            alleged_responsible=self._pick(codes.alleged_responsible),
            reporter_role=self._pick(codes.reporter_role, 0.4),
        )
        card = CountCard(
            month=f"{self._year}-{chance.randint(1, 12):02}",
            answers=answers,
            frequency=self._pick(codes.frequency),
            district=self._pick(self._districts, 0.85),
            mandates=(self._pick(codes.mandate),),
            language=self._pick(self._city.languages, 0.3),
            stellen=(self._stellen[0],),
        )
        card_id = UUID(int=chance.getrandbits(128), version=4)
        told = chance.random() < ASSESSED
        return AssessedCard(
            card_id=card_id, card=card, assessments=(self._word(card_id),) if told else ()
        )

    def _word(self, card_id: UUID) -> Assessment:
        chance = self._chance
        if self._incidents and chance.random() < AGAIN:
            incident, person = chance.choice(self._incidents)
            person = person if chance.random() < 0.3 else chance.randbytes(16)
        else:
            incident, person = chance.randbytes(16), chance.randbytes(16)
            self._incidents.append((incident, person))
        return Assessment(
            card_id=card_id,
            stelle=self._stellen[0],
            established=_weighted(chance, ESTABLISHED),
            local_link=_weighted(chance, LINKED),
            outcomes=(self._pick(self._outcomes),),
            incident=incident,
            person=person,
            is_campaign=chance.random() < CAMPAIGN,
            body=min(int(chance.expovariate(0.05)), 10**6).to_bytes(16),
        )

    def _pick(self, codes: Sequence[str], falling: float = 0.75) -> str:
        return self._chance.choices(codes, [falling**place for place in range(len(codes))])[0]


def _weighted(chance: random.Random, words: Sequence[tuple[str, int]]) -> str:
    return chance.choices([word for word, _ in words], [weight for _, weight in words])[0]
