"""Every city is a folder of data: the whole way of a report works in each, in each language.

Jena is served; the two others do not exist and are as different from it as we could make them.
"""

import json
import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest

from accessibility import rules
from accessibility.rules.page import Page
from accessibility.rules.tree import Document
from adstelle.asking import form, questions
from adstelle.asking.sealed import STATISTICS
from adstelle.city import City, load_city
from adstelle.crypto.hpke import PrivateKey
from adstelle.database import Pool
from adstelle.domain import routing
from adstelle.domain.routing import CodedAnswers
from adstelle.local import demo
from adstelle.routing_cli import main as routing_main
from adstelle.web.head import HeadAsGet
from tests.accessibility.shown import language_of
from tests.cities import ALL, ERFUNDENSTEDT, JENA, MUSTERWERDER
from tests.conftest import Admin
from tests.core import TODAY, application_of, browser_for, code_in, is_page, leads_to, shows

CITIES = {folder.name: load_city(folder) for folder in ALL}
PLACES = [(name, lang) for name, city in CITIES.items() for lang in city.languages]
STORY = "Sie sagten, für Leute wie mich sei kein Platz."
INFORMATION = ("", "sicher", "wer-hilft", "stellen", "datenschutz", "impressum", "barrierefreiheit")


@pytest.fixture(params=PLACES, ids="-".join)
def place(request: pytest.FixtureRequest) -> tuple[City, str]:
    """A city and one of its languages."""
    name, lang = request.param
    return CITIES[name], lang


@pytest.fixture
async def browser(
    place: tuple[City, str], public_pool: Pool, admin: Admin
) -> AsyncIterator[httpx.AsyncClient]:
    """A browser at the public side of that city; its Stellen have keys."""
    city, _ = place
    owners = [*(code for code, stelle in city.stellen.items() if stelle.works_here), STATISTICS]
    await admin.executemany(
        "insert into accounts.public_key values ($1, $2, $3)",
        [(owner, PrivateKey.generate().public().encoded, TODAY) for owner in owners],
    )
    async with browser_for(HeadAsGet(application_of(public_pool, city))) as browser:
        yield browser


def looked_at(answer: httpx.Response, city: City, lang: str, status: int = 200) -> httpx.Response:
    """What holds for every page; our own rules object to nothing."""
    is_page(answer, status)
    sites = (stelle.website for stelle in city.stellen.values() if stelle.website)
    page = Page(
        document=Document(answer.text),
        language=language_of(city, lang),
        frame="bare" if answer.url.path.endswith("/leer") else "public",
        is_fault=False,
        hosts=frozenset(urlsplit(site).hostname or "" for site in sites),
    )
    assert rules.check(page) == [], answer.url.path
    return answer


def here(city: City) -> str:
    """The code of the city itself."""
    return next(code for code, meaning in city.territories.items() if meaning == "city")


def coded(city: City) -> dict[str, Any]:
    """The first answer to every question, here in the city."""
    return {
        "grounds": [city.codes.grounds[0]],
        "incident_type": city.codes.incident_type[0],
        "area_of_life": city.codes.area_of_life[0],
        "territory": here(city),
        "alleged_responsible": city.codes.alleged_responsible[0],
        "reporter_role": "betroffene",
    }


def recipients(city: City) -> list[str]:
    """Who is offered for these answers and works here."""
    answers = CodedAnswers(**coded(city) | {"grounds": (city.codes.grounds[0],), "resident": True})
    offers = routing.route(city.rules, answers).offers
    return [offer.stelle for offer in offers if city.stellen[offer.stelle].works_here]


def journey(city: City, lang: str) -> dict[str, dict[str, Any]]:
    """Something typed on every page of the form."""
    given = coded(city)
    chosen = recipients(city)
    return {
        "rolle": {"reporter_role": given["reporter_role"]},
        "was": {"incident_type": given["incident_type"]},
        "erzaehlen": {"account": STORY},
        "wann": {"date-jahr": "2026", "frequency": city.codes.frequency[0]},
        "wo": {"territory": given["territory"], "district": city.districts[0].code},
        "wohnort": {"resident": "ja"},
        "bereich": {"area_of_life": given["area_of_life"]},
        "grund": {"grounds": given["grounds"]},
        "wer": {"alleged_responsible": given["alleged_responsible"]},
        "dateien": {"tun": "weiter"},
        "hilfe": {"mandates": list(city.codes.mandate)},
        "stellen": {"stellen": chosen},
        "antwort": {"language": lang, "address_as": "Kim"},
        "kontakt": {"with_contact": chosen[0]},
    }


def asked(city: City, lang: str, step: str) -> str:
    """The question of a page; where somebody lives, whom it happened to is asked in person."""
    is_own = step == "wohnort" and coded(city)["reporter_role"] == "betroffene"
    return city.catalogue.text(lang, "field.resident.own.label" if is_own else f"step.{step}")


async def test_the_whole_way_of_a_report(
    place: tuple[City, str], browser: httpx.AsyncClient, admin: Admin
) -> None:
    """Every page is looked at, everything is answered, sent, read in the mailbox, replied to."""
    city, lang = place
    answer = await browser.post(f"/{lang}/m")
    for step, typed in journey(city, lang).items():
        leads_to(answer, f"/{lang}/m/{step}")
        page = looked_at(await browser.get(f"/{lang}/m/{step}"), city, lang)
        assert shows(page, asked(city, lang, step))
        answer = await browser.post(f"/{lang}/m/{step}", data=typed)
    leads_to(answer, f"/{lang}/m/pruefen")
    looked_at(await browser.get(f"/{lang}/m/pruefen"), city, lang)
    leads_to(await browser.post(f"/{lang}/m/senden"), f"/{lang}/m/quittung")
    receipt = looked_at(await browser.get(f"/{lang}/m/quittung"), city, lang)
    stored = await admin.fetch("select recipient from intake.wrap order by recipient")
    assert [row["recipient"] for row in stored] == sorted([*recipients(city), "mailbox"])

    box = await browser.post(f"/{lang}/postfach", data={"code": code_in(receipt)})
    box = looked_at(await browser.get(f"/{lang}/postfach"), city, lang)
    assert shows(box, STORY)
    stelle = recipients(city)[0]
    assert shows(box, city.catalogue.text(lang, city.stellen[stelle].name))
    reply = {"stelle": stelle, "message_id": str(uuid4()), f"text-{stelle}": "Danke."}
    await browser.post(f"/{lang}/postfach/antwort", data=reply)
    assert shows(looked_at(await browser.get(f"/{lang}/postfach"), city, lang), "Danke.")


async def test_every_page_that_informs(place: tuple[City, str], browser: httpx.AsyncClient) -> None:
    city, lang = place
    subjects = [f"wer-hilft/{number}" for number in range(1, len(city.subjects) + 1)]
    for path in (*INFORMATION, *subjects, "postfach", "leer"):
        looked_at(await browser.get(f"/{lang}/{path}".rstrip("/")), city, lang)
    looked_at(await browser.get(f"/{lang}/wer-hilft/{len(subjects) + 1}"), city, lang, 404)
    looked_at(await browser.get(f"/{lang}/gibt-es-nicht"), city, lang, 404)


async def test_nobody_is_sent_away_without_a_name(
    place: tuple[City, str], browser: httpx.AsyncClient
) -> None:
    """Far away and not living here: who is competent is named, and the fitting subject."""
    city, lang = place
    far = next(code for code, meaning in city.territories.items() if meaning == "elsewhere")
    await browser.post(f"/{lang}/m")
    await browser.post(f"/{lang}/m/wo", data={"territory": far})
    page = looked_at(await browser.get(f"/{lang}/m/stellen"), city, lang)

    assert shows(page, city.catalogue.text(lang, "stellen.not_ours.title"))
    assert len(re.findall('class="kern-card stelle-card"', page.text)) > 0
    last = city.subjects[-1]
    assert shows(page, city.catalogue.text(lang, last.name))
    assert f'href="/{lang}/wer-hilft/{len(city.subjects)}"' in page.text


@pytest.fixture(params=CITIES, ids=str)
def city(request: pytest.FixtureRequest) -> City:
    return CITIES[request.param]


async def test_the_api(city: City, public_pool: Pool, admin: Admin) -> None:
    owners = [*recipients(city), STATISTICS]
    await admin.executemany(
        "insert into accounts.public_key values ($1, $2, $3)",
        [(owner, PrivateKey.generate().public().encoded, TODAY) for owner in owners],
    )
    async with browser_for(application_of(public_pool, city)) as client:
        offers = (await client.post("/api/v1/offers", json=coded(city))).json()["offers"]
        assert [offer["stelle"] for offer in offers if offer["can_receive"]] == recipients(city)
        report = coded(city) | {
            "account": STORY,
            "mandates": list(city.codes.mandate),
            "district": city.districts[0].code,
            "consents": [{"stelle": stelle} for stelle in recipients(city)],
        }
        stored = await client.post(
            "/api/v1/reports", json=report, headers={"Idempotency-Key": str(uuid4())}
        )
        assert (stored.status_code, stored.json()["stellen"]) == (201, recipients(city))
        authorization = {"Authorization": f"Receipt {stored.json()['receipt_code']}"}
        box = await client.get("/api/v1/mailbox", headers=authorization)
        assert box.json()["account"] == STORY
        refused = await client.post("/api/v1/offers", json=coded(city) | {"territory": "nirgends"})
        assert refused.status_code == 422


def test_the_codes_of_one_city_are_none_of_another() -> None:
    """Nothing but the data decides which answers there are."""
    assert here(CITIES["erfundenstedt"]) not in CITIES["jena"].codes.territory
    assert here(CITIES["jena"]) not in CITIES["erfundenstedt"].codes.territory


@pytest.mark.parametrize("folder", ALL, ids=lambda folder: folder.name)
def test_routing_is_explained(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    city = CITIES[folder.name]
    file = tmp_path / "answers.json"
    file.write_text(json.dumps([{"id": "X", **coded(city)}]), encoding="utf-8")

    assert (
        routing_main(["explain", "--city", folder.name, "--trace", str(file)], folder.parent) == 0
    )
    line = json.loads(capsys.readouterr().out)
    offers = [offer["stelle"] for offer in line["offers"]]
    assert [stelle for stelle in offers if city.stellen[stelle].works_here] == recipients(city)
    assert [step["rule"] for step in line["rules"]] == [rule.id for rule in city.rules]


def test_an_ombuds_office_of_the_land_comes_after_the_independent_body() -> None:
    """What a state act brings (as Berlin's LADG does) is a rule like any other."""
    city = CITIES["musterwerder"]
    answers = CodedAnswers(territory="berlin", alleged_responsible="polizei_justiz")

    offers = [offer.stelle for offer in routing.route(city.rules, answers).offers]

    assert offers == ["beratungsnetz", "ombudsstelle"]


def test_the_internet_is_offered_before_what_nobody_knows(city: City) -> None:
    """Also where "I don't know" is not the last of the city's answers."""
    codes = form.codes_of(questions.BY_NAME["wo"].fields[0], city, {})

    assert [code for code in codes if code != "internet"][-1] == "unklar"
    assert codes[-2:] == ("internet", "unklar")
    assert set(codes) == {*city.codes.territory, "internet"}


def test_a_city_need_not_have_incidents_for_the_demo(tmp_path: Path) -> None:
    (tmp_path / "incidents.toml").touch()

    assert demo.incidents(tmp_path) == ()
    assert demo.incidents(ERFUNDENSTEDT) == demo.incidents(MUSTERWERDER) == ()
    assert demo.incidents(JENA)


def test_the_land_is_named_by_the_city_alone(city: City) -> None:
    """The service's own texts know no Land: what Thüringen rules stands in Jena's texts."""
    named: Callable[[str], bool] = re.compile("Thüring|Thuring|تورينغن|Jena|يينا").search  # type: ignore[assignment]
    texts = city.catalogue.texts
    knowing = [
        f"{lang} {key}"
        for lang in texts
        for key, forms in texts[lang].items()
        for text in forms.values()
        if named(text)
    ]

    assert bool(knowing) == (city.code == "jena")
