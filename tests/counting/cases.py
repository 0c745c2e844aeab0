"""A small plan and cards for it, made up."""

from collections.abc import Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import msgspec

from adstelle.city import CITIES, City, load_city
from adstelle.counting.plan import Plan, load_plan, read_plan
from adstelle.counting.units import Frame
from adstelle.domain.counting import AssessedCard, Assessment
from adstelle.domain.report import CountCard
from adstelle.domain.routing import CodedAnswers
from adstelle.releases.publication import Period

YEAR = Frame(Period(date(2027, 1, 1), date(2027, 12, 31)), date(2028, 3, 31))
SEED = b"a secret of the tests, 32 bytes."


@cache
def jena() -> City:
    return load_city(CITIES / "jena")


@cache
def jenas_plan() -> Plan:
    return load_plan(CITIES / "jena", jena())


def words(text: str) -> str:
    return "{ " + ", ".join(f'{lang} = "{text}"' for lang in ("de", "de-simple", "en", "ar")) + " }"


SMALL = f"""
version = "small"
valid_from = 2027-01-01
title = {words("Zahlen")}
several = {words("Mehrfach.")}
stellen = ["ads_jena", "thadine"]

[[dimension]]
source = "grounds"
title = {words("Merkmal")}
most = 3
[[dimension.level]]
name = "ground"
rest = "other"
[[dimension.level.value]]
code = "racism"
of = ["rassismus_ethnische_herkunft"]
label = {words("Rassismus")}
[[dimension.level.value]]
code = "gender"
of = ["geschlecht"]
label = {words("Geschlecht")}
[[dimension.level.value]]
code = "age"
of = ["alter"]
label = {words("Alter")}
[[dimension.level.value]]
code = "other"
label = {words("Anderes")}

[[dimension]]
source = "area_of_life"
title = {words("Lebensbereich")}
[[dimension.level]]
name = "area"
rest = "other"
[[dimension.level.value]]
code = "work"
of = ["arbeit"]
label = {words("Arbeit")}
[[dimension.level.value]]
code = "housing"
of = ["wohnen"]
label = {words("Wohnen")}
[[dimension.level.value]]
code = "other"
label = {words("Anderes")}
[[dimension.level]]
name = "area_broad"
rest = "other"
[[dimension.level.value]]
code = "work"
of = ["arbeit"]
label = {words("Arbeit")}
[[dimension.level.value]]
code = "other"
label = {words("Anderes")}

[[headline]]
unit = "contacts"
series = "anfragen"
must_show = true
[[headline]]
unit = "incidents"
[[headline]]
unit = "established"
[[headline]]
unit = "contacts"
campaigns = true
title = {words("Kampagnen")}

[[table]]
id = "merkmal"
unit = "incidents"
rows = "ground"
title = {words("Vorfälle nach Merkmal")}
[[table]]
id = "bereich"
unit = "incidents"
rows = "area"
title = {words("Vorfälle nach Bereich")}
[[table]]
id = "beides"
unit = "incidents"
rows = "ground"
columns = "area"
title = {words("Vorfälle nach beidem")}
"""


def planned(folder: Path, text: str = SMALL) -> Plan:
    """The plan that *text* is. Raises `PlanError`."""
    file = folder / "statistics.toml"
    file.write_text(text)
    return read_plan(file, jena())


def smaller(plan: Plan, k: int) -> Plan:
    """The plan with another k: below five no plan is read, but tests are quicker."""
    return msgspec.structs.replace(plan, k=k)


def card(
    *,
    month: str = "2027-05",
    grounds: Sequence[str] = ("geschlecht",),
    area: str | None = "arbeit",
    card_id: UUID | None = None,
    territory: str | None = "jena",
    **words: Any,
) -> AssessedCard:
    """A card about something in Jena; *words*: what `ads_jena` assessed, if anything."""
    of_id = card_id or uuid4()
    given = CountCard(
        month=month,
        answers=CodedAnswers(grounds=tuple(grounds), area_of_life=area, territory=territory),
        frequency=None,
        district=None,
        mandates=(),
        language="de",
        stellen=("ads_jena",),
    )
    told = (assessed(of_id, **words),) if words else ()
    return AssessedCard(card_id=of_id, card=given, assessments=told)


def assessed(card_id: UUID, stelle: str = "ads_jena", **words: Any) -> Assessment:
    return Assessment(card_id=card_id, stelle=stelle, **words)


def beside(one: AssessedCard, stelle: str, **words: Any) -> AssessedCard:
    """The card with the word of another Stelle."""
    other = assessed(one.card_id, stelle, **words)
    return msgspec.structs.replace(one, assessments=(*one.assessments, other))


def several(number: int, **given: Any) -> list[AssessedCard]:
    return [card(**given) for _ in range(number)]
