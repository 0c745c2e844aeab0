"""The demo: sign-ins that work only here, and the incidents in a city's folder as reports."""

import secrets
import tomllib
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path
from typing import Final
from uuid import uuid4

import msgspec

from adstelle.accounts import setup
from adstelle.accounts.setup import NewMember, SetUp
from adstelle.casework.assessing import store as assessing
from adstelle.city import City
from adstelle.crypto import sealing
from adstelle.crypto.hpke import PublicKey
from adstelle.crypto.opening import Cost
from adstelle.database import Pool, Role, queries, transaction
from adstelle.domain import routing
from adstelle.domain.incident_date import IncidentDate
from adstelle.domain.membership import MemberRole
from adstelle.domain.report import Consent, Report
from adstelle.domain.routing import CodedAnswers
from adstelle.intake.service import Intake
from adstelle.local import made_up
from adstelle.published import tables
from adstelle.releases import publication
from adstelle.releases.publication import Publication

INCIDENTS: Final = "incidents.toml"
STATISTICIAN: Final = "statistik"  # login demo-statistik
FIGURES: Final = "figures"  # publications or published tables, oldest first by name
CARDS: Final = 240  # made-up count cards: enough for tables of two dimensions in Jena's plan
SMALLEST: Final = 5  # the smallest count that the demo shows of published tables
_sql = queries("demo")
_ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"


class Incident(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A real, published incident in our own words; *source* is where it was published."""

    id: str
    account: str
    grounds: tuple[str, ...]
    incident_type: str
    area_of_life: str
    territory: str
    alleged_responsible: str
    reporter_role: str
    online: bool
    source: str
    documented_by: str
    criminal_relevance: bool | None = None
    place: str = ""
    day: int | None = None
    month: int | None = None
    year: int | None = None


class SignIn(msgspec.Struct, frozen=True):
    """What a demo member needs to sign in, shown once."""

    stelle: str
    login: str
    passphrase: str
    totp_secret: str


def incidents(folder: Path) -> tuple[Incident, ...]:
    """Read the incidents of the city in *folder*; a city need not have any."""
    file = folder / INCIDENTS
    if not file.exists():
        return ()
    written = tomllib.loads(file.read_text(encoding="utf-8"))
    return msgspec.convert(written.get("incident", []), tuple[Incident, ...])


async def set_up(operator: Pool, city: City, today: date) -> list[SignIn]:
    """Give every Stelle that works here its keys and one demo member; nothing if that was done."""
    if await setup.is_set_up(operator, setup.STATISTICS):
        return []
    statistics = setup.prepare(setup.STATISTICS)
    await setup.set_up_statistics(
        operator, statistics, entered=statistics.recovery_key, today=today
    )
    codes = [code for code, stelle in city.stellen.items() if stelle.works_here]
    sign_ins = [await _set_up_stelle(operator, city, code, today) for code in codes]
    if codes:
        sign_ins.append(await _add_statistician(operator, codes[0], statistics, today))
    return sign_ins


async def _set_up_stelle(operator: Pool, city: City, code: str, today: date) -> SignIn:
    name = city.catalogue.text(city.languages[0], city.stellen[code].name)
    member = _member(code.replace("_", "-"), f"Demo {name}", MemberRole.LEAD)
    prepared = setup.prepare(code)
    await setup.set_up_stelle(
        operator, prepared, member, entered=prepared.recovery_key, cost=Cost(), today=today
    )
    return SignIn(name, member.login, member.passphrase, member.totp_secret)


async def _add_statistician(operator: Pool, code: str, statistics: SetUp, today: date) -> SignIn:
    """Add who prepares releases; the lead of the same Stelle may approve them."""
    member = _member(STATISTICIAN, "Demo Statistik", MemberRole.STATISTICIAN)
    await setup.add_member(
        operator, code, statistics.recovery_key, member, cost=Cost(), today=today
    )
    return SignIn("Statistik", member.login, member.passphrase, member.totp_secret)


def _member(login: str, name: str, role: MemberRole) -> NewMember:
    return NewMember(
        login=f"demo-{login}",
        name=name,
        passphrase="-".join(_syllables() for _ in range(4)),
        totp_secret=setup.new_totp_secret(),
        demo=True,
        role=role,
    )


def _syllables() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(5))


async def fill(public: Pool, city: City, found: tuple[Incident, ...], today: date) -> int:
    """Send incidents through the intake, as a person would; return how many."""
    intake = Intake(public, city, lambda: datetime.now(UTC), today=lambda: today)
    sealable = await intake.sealable()
    for incident in found:
        await intake.submit(report_of(incident, city, sealable), uuid4().bytes)
    return len(found)


def report_of(incident: Incident, city: City, sealable: frozenset[str]) -> Report:
    """Make a report of an incident, given to every Stelle that is offered and works here."""
    answers = CodedAnswers(
        **{name: getattr(incident, name) for name in _CODED},
        resident=None,
    )
    offers = routing.route(city.rules, answers).offers
    return Report(
        answers=answers,
        account=incident.account,
        date=IncidentDate(day=incident.day, month=incident.month, year=incident.year),
        place=incident.place,
        mandates=("dokumentieren",),
        affected_agrees="niemand_bestimmtes",
        consents=tuple(Consent(stelle=o.stelle) for o in offers if o.stelle in sealable),
    )


async def count(key: PublicKey, public: Pool, staff: Pool, city: City, today: date) -> int:
    """Put made-up count cards of this year's whole months there, so that there is something to
    draft figures of; return how many. *key*: the statistics'.
    """
    months = {f"{today.year}-{month:02}" for month in range(1, today.month)}
    made = (it for it in made_up.cards(city, 2 * CARDS, today.year) if it.card.month in months)
    found = list(islice(made, CARDS))
    rows = [
        {"card_id": it.card_id, "sealed": sealing.seal_card(it.card_id, it.card, key)}
        for it in found
    ]
    words = {uuid4(): word for it in found for word in it.assessments}
    sealed = {it: sealing.seal_assessment(it, word, key) for it, word in words.items()}
    async with transaction(public, Role.INTAKE) as conn:
        await _sql.insert_card(conn, rows)
    async with transaction(staff, Role.CASEWORK) as conn:
        await assessing.keep(conn, sealed)
    return len(found)


_CODED: Final = tuple(name for name in CodedAnswers.__struct_fields__ if name != "resident")


async def publish(operator: Pool, folder: Path, today: date) -> int:
    """Publish the figures in the folder of a city, as two people would; return how many.

    Every release is audited as any other: loads the solver, which serving needs not.
    """
    from adstelle.releases import service

    found = [it for file in sorted((folder / FIGURES).glob("*.json")) for it in _publications(file)]
    for given in found:
        await service.publish(
            operator, given, prepared_by="Demo eins", approved_by="Demo zwei", today=today
        )
    return len(found)


def _publications(file: Path) -> list[Publication]:
    """One publication, or tables that others published, protected, a release for each period."""
    from adstelle.published import protecting

    content = file.read_bytes()
    if tables.is_one(file.name, content):
        made = protecting.releases(tables.read(file.name, content), k=SMALLEST)
        return [it.publication for it in made]
    return [publication.read(file.name, content)]
