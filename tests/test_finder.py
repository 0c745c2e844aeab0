"""Who helps with what: complete, told with contact and date, found from everywhere, discreet."""

import re
from collections.abc import AsyncIterator

import httpx
import pytest
from babel import Locale

from accessibility.rules.tree import Document, Element
from adstelle.city import City
from adstelle.database import Pool
from adstelle.domain.finder import Subject, fitting
from adstelle.domain.routing import CodedAnswers, Condition
from tests.core import application_of, browser_for, is_page, shows

LANGUAGES = ("de", "de-simple", "en", "ar")
# Named in the city's integration concept and in a party's programme for it.
NAMED_BY_THE_CITY = (
    "rlc_jena",
    "medinetz_jena",
    "weltraum",
    "welcome_center",
    "weisser_ring",
    "thadine",
    "kokont",
    "neu_in_jena",
)
PHONE = re.compile(r"tel:[0-9+]+")


@pytest.fixture
async def browser(public_pool: Pool, city: City) -> AsyncIterator[httpx.AsyncClient]:
    async with browser_for(application_of(public_pool, city)) as browser:
        yield browser


def cards(page: httpx.Response) -> dict[str, Element]:
    """The cards of a page, by the name on them."""
    articles = Document(page.text).find("article")
    return {next(card.descendants("h3")).text: card for card in articles}


@pytest.mark.parametrize("code", NAMED_BY_THE_CITY)
async def test_whom_the_city_names_is_found(
    browser: httpx.AsyncClient, city: City, code: str
) -> None:
    """On the overview, and with contact on the page of a subject."""
    name = city.catalogue.text("de", city.stellen[code].name)
    overview = is_page(await browser.get("/de/wer-hilft"))
    assert shows(overview, name)

    number = next(n for n, subject in enumerate(city.subjects, start=1) if code in subject.stellen)
    page = is_page(await browser.get(f"/de/wer-hilft/{number}"))
    assert name in cards(page)
    assert f'href="/de/wer-hilft/{number}"' in overview.text


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_each_stelle_is_told_with_everything_that_is_known(
    browser: httpx.AsyncClient, city: City, lang: str
) -> None:
    """Contact, hours, languages, and the day of the check, or that there was none."""
    text = city.catalogue.text
    names = Locale.parse(city.catalogue.languages[lang].babel).languages
    for number, subject in enumerate(city.subjects, start=1):
        page = is_page(await browser.get(f"/{lang}/wer-hilft/{number}"))
        found = cards(page)
        assert len(found) == len(subject.stellen)
        for code in subject.stellen:
            stelle = city.stellen[code]
            told = found[" ".join(text(lang, stelle.name).split())].text
            for contact in (stelle.phone, stelle.mail, stelle.address):
                assert contact is None or contact in told
            assert all(names[language] in told for language in stelle.languages)
            if stelle.hours:
                assert " ".join(text(lang, stelle.hours).split()) in told
            if stelle.verified_on:
                assert stelle.verified_on.strftime("%d.%m.%Y") in told
                assert text(lang, "directory.not_verified") not in told
            else:
                assert text(lang, "directory.not_verified") in told


async def test_the_overview_names_everybody_with_a_number_to_call(
    browser: httpx.AsyncClient, city: City
) -> None:
    sections = [
        section
        for section in Document((await browser.get("/de/wer-hilft")).text).find("section")
        if "subject" in section.classes
    ]

    assert len(sections) == len(city.subjects)
    for section, subject in zip(sections, city.subjects, strict=True):
        stellen = [city.stellen[code] for code in subject.stellen]
        names = [item.text for item in section.descendants("li")]
        for stelle, told in zip(stellen, names, strict=True):
            assert told.startswith(city.catalogue.text("de", stelle.name))
            assert stelle.phone is None or told.endswith(stelle.phone)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("path", ["", "/stellen", "/datenschutz", "/postfach", "/wer-hilft/3"])
async def test_it_is_found_from_everywhere(
    browser: httpx.AsyncClient, lang: str, path: str
) -> None:
    links = Document((await browser.get(f"/{lang}{path}")).text).find("a")

    assert [link for link in links if link.get("href") == f"/{lang}/wer-hilft"]


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_neither_title_nor_address_tells_the_subject(
    browser: httpx.AsyncClient, city: City, lang: str
) -> None:
    """The history of a shared device says a number, not "violence"."""
    for number, subject in enumerate(city.subjects, start=1):
        title = Document((await browser.get(f"/{lang}/wer-hilft/{number}")).text).title
        words = re.findall(r"\w{5,}", city.catalogue.text(lang, subject.name))
        site = city.catalogue.text(lang, "common.site", city=city.catalogue.text(lang, "city.name"))
        assert not [word for word in words if word in title.replace(site, "")]


@pytest.mark.parametrize("number", ["0", "14", "99", "-1", "x", "1/2"])
async def test_there_is_no_other_subject(browser: httpx.AsyncClient, number: str) -> None:
    is_page(await browser.get(f"/de/wer-hilft/{number}"), 404)


async def test_answers_lead_to_their_subjects_on_the_form(
    browser: httpx.AsyncClient, city: City
) -> None:
    """Beside offers, and where nothing is ours; only the subjects that fit."""
    numbers = {subject.code: n for n, subject in enumerate(city.subjects, start=1)}
    await browser.post("/de/m")
    await browser.post("/de/m/was", data={"incident_type": "partnerschaftsgewalt"})
    await browser.post("/de/m/wo", data={"territory": "jena"})
    offers = await browser.get("/de/m/stellen")
    await browser.post("/de/m/wo", data={"territory": "deutschland"})
    not_ours = await browser.get("/de/m/stellen")

    def suggested(page: httpx.Response) -> set[int]:
        return {int(n) for n in re.findall(r'href="/de/wer-hilft/(\d+)"', page.text)}

    assert suggested(offers) == {numbers["nahgewalt"], numbers["seelische_not"]}
    assert suggested(not_ours) == suggested(offers) | {numbers["ausserhalb_thueringens"]}
    assert 'href="/de/wer-hilft"' in not_ours.text


def test_a_subject_without_conditions_only_stands_in_the_list() -> None:
    always = Subject("a", ("x",), (Condition(territory=frozenset({"jena"})),))
    never = Subject("b", ("x",))

    assert fitting((always, never), CodedAnswers(territory="jena")) == (always,)
    assert fitting((always, never), CodedAnswers()) == ()


async def test_a_number_to_call_reads_as_that_number(
    browser: httpx.AsyncClient,
) -> None:
    """On paper nobody presses a link: the number itself must stand there."""
    page = await browser.get("/de/wer-hilft/1")
    links = [link for link in Document(page.text).find("a") if PHONE.match(link.get("href"))]

    assert links
    for link in links:
        assert re.sub(r"\D", "", link.text) == re.sub(r"\D", "", link.get("href"))
