"""What the tests of the service share: keys, a report, the application, a person at the form."""

import re
import socket
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import UTC, date, datetime
from html import unescape
from typing import Any, Final
from uuid import UUID

import httpx
import msgspec
import pytest
from litestar import Litestar
from litestar.types import ASGIApp

from adstelle import public
from adstelle.asking.sealed import STATISTICS
from adstelle.city import City
from adstelle.crypto import envelope, sealing
from adstelle.crypto.hpke import PrivateKey
from adstelle.crypto.sealing import PartKeys
from adstelle.database import Pool, Role, open_pool
from adstelle.domain.incident_date import IncidentDate
from adstelle.domain.report import Account, Consent, Contact, CountCard, Report
from adstelle.domain.routing import CodedAnswers
from adstelle.intake.service import Intake
from adstelle.web.head import HeadAsGet
from tests.conftest import Admin, Database
from tests.proxy import Road

NOW: Final = datetime(2026, 11, 22, 10, tzinfo=UTC)
TODAY: Final = date(2026, 11, 22)
HOST: Final = "http://localhost"
KEYS: Final = {
    owner: PrivateKey.generate()
    for owner in ("ads_jena", "ezra", "kokont", "rias_th", "thadine", STATISTICS)
}
# In Jena the rules offer for it: ezra, ads_jena, kokont, weisser_ring, in this order.
ANSWERS: Final = CodedAnswers(
    grounds=("rassismus_ethnische_herkunft",),
    incident_type="koerperlicher_angriff",
    area_of_life="oeffentlicher_raum",
    territory="jena",
    alleged_responsible="unbekannt_oder_privatperson",
    reporter_role="betroffene",
)
REPORT: Final = Report(
    answers=ANSWERS,
    account="Am Holzmarkt hat mich jemand gestoßen.\nNiemand hat geholfen.",
    date=IncidentDate(day=3, month=11, year=2026),
    frequency="einmal",
    place="Holzmarkt",
    mandates=("beraten",),
    consents=(Consent(stelle="ads_jena", with_contact=True), Consent(stelle="ezra")),
    contact=Contact(name="Kim Beispiel", mail="kim@example.org"),
)


async def announce_keys(admin: Admin, owners: Iterable[str] = KEYS) -> None:
    """Announce public keys, as the set-up of Stellen and statistics does."""
    await admin.executemany(
        "insert into accounts.public_key values ($1, $2, $3)",
        [(owner, KEYS[owner].public().encoded, TODAY) for owner in owners],
    )


def free_port() -> int:
    """Find a port of 127.0.0.1 that nobody else is given as long as this process lives.

    It stays bound, and nobody listens: whoever connects is refused, until a server of ours binds it
    as well, with SO_REUSEADDR as servers do. Else another process may be given it in between.
    """
    return _hold(0)


def two_free_ports() -> int:
    """Find two such ports, one after the other; return the first."""
    while True:
        first = _hold(0)
        with suppress(OSError):  # the next one is somebody's
            _hold(first + 1)
            return first


def _hold(port: int) -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", port))
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found = int(held.getsockname()[1])
        held.detach()  # open until this process ends
    return found


def intake_of(pool: Pool, city: City) -> Intake:
    return Intake(pool, city, lambda: NOW, today=lambda: TODAY)


@asynccontextmanager
async def pool_on(road: Road, database: Database) -> AsyncIterator[Pool]:
    """A pool of the public process whose connections travel on *road*."""
    async with open_pool(road.dsn(database, "adstelle_public"), Role.INTAKE, size=4) as pool:
        yield pool


@asynccontextmanager
async def worker_pool_on(road: Road, database: Database) -> AsyncIterator[Pool]:
    """A pool of the worker process whose connections travel on *road*."""
    async with open_pool(road.dsn(database, "adstelle_worker"), Role.DELIVERY, size=2) as pool:
        yield pool


def application_of(
    pool: Pool,
    city: City,
    *,
    secure: bool = False,
    today: date = TODAY,
    clamd: str | None = None,
) -> Litestar:
    """The public application with a clock that stands still for what is shown.

    Expiry is decided by the database's clock, so `now` has to be the real one.
    """
    return public.build(
        pool,
        city,
        secure=secure,
        now=lambda: datetime.now(UTC),
        today=lambda: today,
        outside=public.Outside(clamd=clamd),
    )


@asynccontextmanager
async def browser_for(app: ASGIApp) -> AsyncIterator[httpx.AsyncClient]:
    """A browser without JavaScript: keeps cookies, follows nothing by itself."""
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)  # type: ignore[arg-type]  # one ASGI, spelt twice
    async with httpx.AsyncClient(transport=transport, base_url=HOST) as browser:
        yield browser


async def stored_keys(admin: Admin, report_id: UUID, stelle: str) -> PartKeys:
    """Open a Stelle's wrap of a stored report. Raises `Unopenable`."""
    wrapped = await admin.fetchval(
        "select wrapped from intake.wrap where report_id = $1 and recipient = $2",
        report_id, stelle,
    )  # fmt: skip
    return sealing.unwrap_keys(KEYS[stelle], wrapped, report_id, stelle)


async def stored_account(admin: Admin, report_id: UUID, stelle: str) -> Account:
    """Read the account as *stelle* can."""
    sealed = await _part(admin, report_id, "account")
    return sealing.open_account(await stored_keys(admin, report_id, stelle), sealed, report_id)


async def stored_contact(admin: Admin, report_id: UUID, stelle: str) -> Contact:
    """Read the contact as *stelle* can. Raises `Unopenable` without consent."""
    sealed = await _part(admin, report_id, "contact")
    return sealing.open_contact(await stored_keys(admin, report_id, stelle), sealed, report_id)


async def _part(admin: Admin, report_id: UUID, part: str) -> bytes:
    sealed: bytes = await admin.fetchval(
        "select sealed from intake.part where report_id = $1 and part = $2", report_id, part
    )
    return sealed


async def stored_cards(admin: Admin) -> list[CountCard]:
    """Read all count cards, as the statistician's session does."""
    rows = await admin.fetch("select card_id, sealed from intake.card")
    opened = (
        KEYS[STATISTICS].unwrap(row["sealed"], sealing.card_binding(row["card_id"])) for row in rows
    )
    return [msgspec.json.decode(envelope.unpadded(card), type=CountCard) for card in opened]


TABLES: Final = ("report", "part", "wrap", "card", "submission")


async def counts(admin: Admin) -> dict[str, int]:
    """How many rows one submission's tables hold."""
    found = {
        table: await admin.fetchval(f"select count(*) from intake.{table}") for table in TABLES
    }
    found["promise"] = await admin.fetchval("select count(*) from outbox.promise")
    return found


NOTHING: Final = dict.fromkeys((*TABLES, "promise"), 0)
# A whole journey through the form: step by step what is typed.
JOURNEY: Final[Mapping[str, Mapping[str, Any]]] = {
    "rolle": {"reporter_role": "betroffene"},
    "was": {"incident_type": "koerperlicher_angriff"},
    "erzaehlen": {"account": "Am Holzmarkt hat mich jemand gestoßen."},
    "wann": {"date-tag": "3", "date-monat": "November", "date-jahr": "2026", "frequency": "einmal"},
    "wo": {"territory": "jena", "district": "", "place": "Holzmarkt"},
    "wohnort": {"resident": "ja"},
    "bereich": {"area_of_life": "oeffentlicher_raum"},
    "grund": {"grounds": ["rassismus_ethnische_herkunft", "sprache"], "ground_words": ""},
    "wer": {"alleged_responsible": "unbekannt_oder_privatperson"},
    "dateien": {"tun": "weiter"},
    "hilfe": {"mandates": ["beraten"]},
    "stellen": {"stellen": ["ezra", "ads_jena"]},
    "antwort": {"language": "en", "interpreter": "", "address_as": "Kim"},
    "kontakt": {"name": "Kim Beispiel", "mail": "", "with_contact": "ads_jena"},
}


async def begin(browser: httpx.AsyncClient, lang: str = "de") -> None:
    """Press "begin": from here on there is a draft."""
    page = await browser.post(f"/{lang}/m")
    assert page.status_code == 303


async def fill(
    browser: httpx.AsyncClient, journey: Mapping[str, Mapping[str, Any]] = JOURNEY, lang: str = "de"
) -> None:
    """Answer every question of *journey* and be led from page to page."""
    await begin(browser, lang)
    for step, typed in journey.items():
        page = await browser.post(f"/{lang}/m/{step}", data=dict(typed))
        assert page.status_code == 303, f"{step}: {page.status_code}"


RECEIPT_CODE: Final = re.compile(r"(?:[0-9A-HJKMNP-TV-Z]{4}-){5}[0-9A-HJKMNP-TV-Z]{4}")
MARKUP: Final = re.compile(r"<[^>]*>")


def code_in(page: httpx.Response) -> str:
    """Find the receipt code on a receipt page."""
    found = RECEIPT_CODE.search(MARKUP.sub("", page.text))
    assert found, "no receipt code on the page"
    return found[0]


def is_page(page: httpx.Response, status: int = 200) -> httpx.Response:
    """What holds for every page, whatever it says."""
    assert page.status_code == status, page.text[:500]
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["x-content-type-options"] == "nosniff"
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert 'src="http' not in page.text
    return page


def leads_to(page: httpx.Response, address: str) -> None:
    assert (page.status_code, page.headers.get("location")) == (303, address), page.text[:300]
    assert page.headers["cache-control"] == "no-store"


def shows(page: httpx.Response, text: str) -> bool:
    return text in unescape(page.text)


# Fixtures. A folder that needs them names them in its conftest.py.


@pytest.fixture
async def keyed(admin: Admin) -> Admin:
    """The superuser, where the keys of `KEYS` are announced."""
    await announce_keys(admin)
    return admin


@pytest.fixture
def intake(public_pool: Pool, city: City, keyed: Admin) -> Intake:
    return intake_of(public_pool, city)


@pytest.fixture
async def browser(public_pool: Pool, city: City, keyed: Admin) -> AsyncIterator[httpx.AsyncClient]:
    async with browser_for(HeadAsGet(application_of(public_pool, city))) as browser:
        yield browser
