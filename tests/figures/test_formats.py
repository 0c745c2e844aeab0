"""Every format says the same: published numbers, and of all others in words why not."""

import asyncio
import io
import re
from collections.abc import Iterable
from datetime import date, timedelta
from hashlib import sha256
from typing import Any, Final

import httpx
import msgspec
import pikepdf
import pytest

from adstelle.city import City
from adstelle.database import Pool
from adstelle.disclosure import problem
from adstelle.disclosure.answer import answer
from adstelle.figures import report
from adstelle.figures.offered import Cabinet
from adstelle.figures.service import Figures, Release
from adstelle.web.pages import Pages
from tests.core import TODAY
from tests.documents.test_pdf import tags
from tests.figures.ledger import Publish
from tests.figures.ledger import browser as browser
from tests.figures.ledger import publish as publish
from tests.figures.reading import leaves, printed, whole_text
from tests.releases.files import INCIDENTS, YEAR, changed, only, with_value

LANGUAGES: Final = ("de", "de-simple", "en", "ar")
REPORTS: Final = tuple(f"bericht-{lang}.pdf" for lang in LANGUAGES)
DATA: Final = (
    "tabellen.ods", "tabellen.xlsx", "kennzahlen.csv", "gruende.csv", "sdmx.json",
    "kennzahlen.csv-metadata.json", "gruende.csv-metadata.json",
)  # fmt: skip
FROZEN: Final = "veroeffentlichung.json"
MISSING: Final = {  # of a withheld number, without spaces, as a PDF is read
    "de": "nichtveröffentlicht", "de-simple": "sagenwirnicht", "en": "notpublished",
}  # fmt: skip
WITHDRAWAL: Final = only(
    YEAR, withdraws=[{"release": 1, "cell": "contacts"}, {"release": 1, "cell": "c-work"}]
)


def spelt(numbers: Iterable[int]) -> re.Pattern[str]:
    """Numbers as any language here may write them; not as a piece of a longer one, or of a hash."""
    each = [re.sub("(?=[0-9]{3}$)", "[.,\u00a0\u202f ]?", str(it)) for it in numbers]
    return re.compile(rf"(?<![0-9a-f])({'|'.join(each)})(?![0-9a-f])")


async def get(browser: httpx.AsyncClient, name: str, number: int = 1) -> bytes:
    found = await browser.get(f"/zahlen/{number}/{name}")
    assert found.status_code == 200, name
    return found.content


async def everything(browser: httpx.AsyncClient, number: int = 1) -> dict[str, str]:
    """Every page and every file of a release as text; pages hold the drawings (SVG)."""
    paths = [f"/{lang}/zahlen{rest}" for lang in LANGUAGES for rest in ("", f"/{number}")]
    paths += [f"/zahlen/{number}/{name}" for name in (*REPORTS, *DATA)] + ["/zahlen/katalog"]
    return {path: whole_text((await browser.get(path)).content) for path in paths}


async def released(pool: Pool) -> list[Release]:
    return await Figures(pool).releases()


# ---------------------------------------------------------------- nothing that is withheld


def counted() -> dict[str, Any]:
    """What was counted: with k = 1000, three small counts must not be seen."""
    grid = {
        "a": (983, 2503), "b": (2711, 991), "c": (3307, 3301), "d": (4007, 4013),
    }  # fmt: skip
    values: dict[str, Any] = {"contacts": 30011, "few": 977}
    for ground, (work, home) in grid.items():
        values |= {f"{ground}-work": work, f"{ground}-home": home, ground: work + home}
    values |= {place: sum(values[f"{it}-{place}"] for it in grid) for place in ("work", "home")}
    values["all"] = values["work"] + values["home"]
    cells = [
        *YEAR["release"]["cells"],
        {"id": "c-home", "where": {"unit": INCIDENTS, "ground": "c", "area": "home"}},
    ]
    return {
        "format": "sdc-problem/1",
        "params": {"k": 1000},
        "dims": YEAR["release"]["dims"],
        "cells": [{**it, "value": values[it["id"]]} for it in cells],
        "relations": [{"terms": {"few": 1, "all": -1}, "op": "<=", "rhs": 0}],
    }


async def test_a_withheld_count_occurs_in_no_byte_of_any_format(
    browser: httpx.AsyncClient, publish: Publish
) -> None:
    """From the counts to the files: what `protect` hides is nowhere, what it shows is."""
    given = counted()
    found = answer(problem.read(msgspec.json.encode(given)))
    secret = {it["value"] for it in given["cells"] if it["id"] in found["suppressed"]}
    assert {983, 991, 977} < secret
    await publish(changed(release=found["release"]))

    said = await everything(browser)

    assert {path for path, text in said.items() if spelt(secret).search(text)} == set()
    shown = spelt([given["cells"][0]["value"]])
    assert all(shown.search(text) for path, text in said.items() if "kennzahlen.csv-" not in path
               and "gruende" not in path and "katalog" not in path)  # fmt: skip


async def test_a_withdrawn_number_occurs_in_no_file_but_the_frozen_one(
    browser: httpx.AsyncClient, publish: Publish
) -> None:
    await publish(with_value(YEAR, "contacts", 1021))
    assert spelt([1021]).search(printed(await get(browser, "bericht-de.pdf")))
    await publish(WITHDRAWAL)

    said = await everything(browser)

    assert {path for path, text in said.items() if spelt([1021]).search(text)} == set()
    assert b"1021" in await get(browser, FROZEN)


# ---------------------------------------------------------------- the same in every format


async def test_a_withheld_number_says_so_in_words_everywhere(
    browser: httpx.AsyncClient, publish: Publish
) -> None:
    await publish(YEAR)
    for lang, words in MISSING.items():
        assert printed(await get(browser, f"bericht-{lang}.pdf")).count(words) >= 5, lang
    for name in ("tabellen.ods", "tabellen.xlsx"):
        found = leaves(await get(browser, name))
        assert list(found) == ["1 kennzahlen", "2 gruende"]
        rows = found["2 gruende"][6:]
        assert len(rows) == 5 * 3
        for row in rows:
            assert isinstance(row[-2], float) == (row[-1] == "veröffentlicht"), row
            assert row[-1] == "veröffentlicht" or row[-2] == row[-1]
        assert [row[-2] for row in rows].count("nicht veröffentlicht") == 4
        assert [row[-2] for row in rows].count("kommt nicht vor") == 1


async def test_the_open_document_is_one(browser: httpx.AsyncClient, publish: Publish) -> None:
    await publish(changed(title={"de": 'Ein <Jahr> & "mehr"'}))
    content = await get(browser, "tabellen.ods")

    kind = b"application/vnd.oasis.opendocument.spreadsheet"
    assert content[30 : 38 + len(kind)] == b"mimetype" + kind  # readable without unpacking
    assert leaves(content)["1 kennzahlen"][0][0] == 'Ein <Jahr> & "mehr"'


async def test_sdmx_says_each_status_in_its_codes(
    browser: httpx.AsyncClient, publish: Publish
) -> None:
    """Required fields and patterns: sdmx-json-data-schema.json 2.0.0."""
    await publish(YEAR)
    await publish(WITHDRAWAL)
    answered = await browser.get("/zahlen/1/sdmx.json")
    assert answered.headers["content-type"] == "application/vnd.sdmx.data+json;version=2.0.0"
    message = answered.json()

    assert {"id", "prepared", "sender", "schema"} <= message["meta"].keys()
    assert re.fullmatch(r"[A-Za-z0-9_@$-]+", message["meta"]["id"])
    first, second = message["data"]["structures"]
    headlines, grounds = message["data"]["dataSets"]
    assert [it["id"] for it in first["dimensions"]["observation"]] == [
        "kennzahl", "EINHEIT", "TIME_PERIOD",
    ]  # fmt: skip
    assert [it["keyPosition"] for it in second["dimensions"]["observation"]] == [0, 1, 2, 3]
    said = {key: _coded(second, it) for key, it in grounds["observations"].items()}
    assert len(said) == 5 * 3
    assert said["0:0:0:0"] == (None, "Q", "C")  # a × work
    assert said["2:1:0:0"] == (None, "M", "F")  # c × home
    assert said["2:0:0:0"] == (None, "O", "F")  # c × work, withdrawn
    assert said["3:0:0:0"] == (7, "A", "F")
    assert said["4:2:0:0"] == (60, "A", "F")
    assert {it[1:] for it in said.values() if it[0] is None} == {("Q", "C"), ("M", "F"), ("O", "F")}
    total = second["dimensions"]["observation"][0]["values"][4]
    assert total == {"id": "_T", "name": "insgesamt"}
    assert _coded(first, headlines["observations"]["1:1:0"]) == (None, "Q", "C")
    period = first["dimensions"]["observation"][-1]["values"][0]
    assert period["value"] == "2025-01-01/P365D"
    assert all(
        {"href", "rel"} <= link.keys() for it in (headlines, grounds) for link in it["links"]
    )


async def test_sdmx_keeps_to_the_schema(browser: httpx.AsyncClient, publish: Publish) -> None:
    """What sdmx-json-data-schema.json 2.0.0 asks of the parts we use, also for odd codes."""
    odd, code = changed(), "ä $1"
    labels = odd["dims"]["ground"]["labels"]
    labels[code] = labels.pop("a")
    odd["release"]["dims"]["ground"]["values"][0] = code
    for cell in odd["release"]["cells"]:
        if cell["where"].get("ground") == "a":
            cell["where"]["ground"] = code
    await publish(odd)
    data = (await browser.get("/zahlen/1/sdmx.json")).json()["data"]

    for structure, found in zip(data["structures"], data["dataSets"], strict=True):
        dimensions = structure["dimensions"]["observation"]
        for it in dimensions:
            assert re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]*", it["id"])
            for value in it["values"]:
                assert ("value" in value) != ({"id", "name"} <= value.keys())
                assert re.fullmatch(r"[A-Za-z0-9_@$-]+", value.get("id", "_"))
            assert len({str(value) for value in it["values"]}) == len(it["values"])
        assert all("relationship" in it for it in structure["attributes"]["observation"])
        sizes = [len(it["values"]) for it in dimensions]
        for key, given in found["observations"].items():
            places = [int(it) for it in key.split(":")]
            assert all(at < size for at, size in zip(places, sizes, strict=True))
            assert len(given) == 3


async def test_rounded_numbers_are_not_taken_for_exact_ones(
    browser: httpx.AsyncClient, publish: Publish
) -> None:
    rounded = only(YEAR, "contacts")
    rounded["headline"] = YEAR["headline"][:1]
    rounded["release"]["cells"][0]["round"] = {"base": 5, "mode": "controlled"}
    await publish(rounded)

    for name in ("tabellen.ods", "tabellen.xlsx", "sdmx.json", "kennzahlen.csv-metadata.json"):
        said = whole_text(await get(browser, name))
        assert "auf Vielfache von 5 gerundet" in said, name
    assert "rund80" in printed(await get(browser, "bericht-de.pdf"))


def _coded(structure: dict[str, Any], given: list[Any]) -> tuple[int | None, str, str]:
    number, status, confidence = given
    codes = [it["values"] for it in structure["attributes"]["observation"]]
    return number, codes[0][status]["id"], codes[1][confidence]["id"]


# ---------------------------------------------------------------- the report


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_the_report_is_tagged_in_its_language(
    browser: httpx.AsyncClient, publish: Publish, lang: str
) -> None:
    await publish(YEAR)
    content = await get(browser, f"bericht-{lang}.pdf")
    with pikepdf.open(io.BytesIO(content)) as made:
        root = made.Root
        assert str(root.Lang) == lang.partition("-")[0]
        assert bool(root.MarkInfo.Marked)
        assert str(made.docinfo.CreationDate).startswith(f"D:{TODAY:%Y%m%d}000000")
        with made.open_metadata() as metadata:
            assert metadata["pdfuaid:part"] == "1"
        found = list(tags(root.StructTreeRoot.K))
        scopes = [
            str(it["/A"][0].Scope)
            for it in made.objects
            if isinstance(it, pikepdf.Dictionary) and it.get("/S") == "/TH"
        ]
    assert [it for it in found if it in {"/H1", "/H2"}] == ["/H1", "/H2", "/H2", "/H2", "/H2"]
    assert found.count("/Table") == found.count("/Caption") == 1
    assert scopes == ["/Column"] * 4 + ["/Row"] * 5
    assert found.count("/TR") == 1 + 5
    assert "/Figure" not in found  # bars repeat the numbers; the words below name the longest


async def test_the_report_says_what_the_figures_cannot_say(
    browser: httpx.AsyncClient, publish: Publish
) -> None:
    await publish(YEAR)
    said = printed(await get(browser, "bericht-de.pdf"))
    for words in (
        "DieZahlensagennicht,wieoftMenschen",
        "StandderZählung:31.März2026.",
        "AmlängstenistderBalkenfür:Alter,Arbeit(9).",
        "http://localhost:8000/de/zahlen/1",
    ):
        assert words in "".join(said.split()), words


async def test_a_number_keeps_its_order_in_the_arabic_report(
    browser: httpx.AsyncClient, publish: Publish, city: City
) -> None:
    await publish(YEAR)
    said = printed(await get(browser, "bericht-ar.pdf"))
    assert city.phone.replace(" ", "") in said  # else its two parts change places


async def test_a_report_is_made_once_and_beside_the_loop(
    public_pool: Pool, city: City, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted are calls of the real maker; it runs in a thread, or the loop could not go on."""
    await publish(YEAR)
    (release,) = await released(public_pool)
    made, threads = 0, set()
    genuine = report.report

    def noted(*given: Any) -> bytes:
        nonlocal made
        made += 1
        threads.add(_in_loop())
        return genuine(*given)

    monkeypatch.setattr(report, "report", noted)
    cabinet = Cabinet(Pages(city, secure=False), "http://localhost:8000")
    file = cabinet.find(release, "bericht-de.pdf")
    assert file is not None
    both = await asyncio.gather(*(cabinet.content(release, file) for _ in range(2)))
    assert both[0] is both[1]
    assert (made, threads) == (1, {False})


def _in_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


async def test_the_same_release_gives_the_same_bytes(
    public_pool: Pool, city: City, publish: Publish
) -> None:
    await publish(YEAR)
    (release,) = await released(public_pool)
    cabinets = [Cabinet(Pages(city, secure=False), "http://localhost:8000") for _ in range(2)]
    for file in cabinets[0].offered(release):
        one, other = [(await it.content(release, file)).sha256 for it in cabinets]
        assert one == other, file.name


# ---------------------------------------------------------------- addresses and caches


async def test_caches_ask_again_and_hear_that_nothing_changed(
    browser: httpx.AsyncClient, publish: Publish
) -> None:
    await publish(YEAR)
    for name in (*REPORTS, *DATA):
        first = await browser.get(f"/zahlen/1/{name}")
        assert first.headers["cache-control"] == "public, no-cache", name
        tag = first.headers["etag"]
        assert tag == f'"{sha256(first.content).hexdigest()}"'
        again = await browser.get(f"/zahlen/1/{name}", headers={"if-none-match": f'"x", W/{tag}'})
        assert (again.status_code, again.content) == (304, b""), name
    tag = (await browser.get("/zahlen/1/kennzahlen.csv")).headers["etag"]
    await publish(WITHDRAWAL)
    again = await browser.get("/zahlen/1/kennzahlen.csv", headers={"if-none-match": tag})
    assert again.status_code == 200  # a withdrawn number does not live on in a cache
    frozen = await browser.get(f"/zahlen/1/{FROZEN}")
    assert frozen.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert (await browser.get("/zahlen/2/bericht-de.pdf")).status_code == 404


# ---------------------------------------------------------------- the catalogue


async def test_the_catalogue_says_what_dcat_ap_de_asks_for(
    browser: httpx.AsyncClient, publish: Publish
) -> None:
    """What the shapes do not ask (test_standards.py): that the values are those of the city."""
    await publish(YEAR)
    await publish(WITHDRAWAL, TODAY + timedelta(7))
    found = (await browser.get("/zahlen/katalog")).json()
    eu = "http://publications.europa.eu/resource/authority"

    for name in ("dct:title", "dct:description", "dct:publisher", "dct:language", "dct:license"):
        assert found[name], name
    assert found["dcat:themeTaxonomy"]["@id"] == f"{eu}/data-theme"
    (dataset,) = found["dcat:dataset"]
    assert dataset["dct:publisher"]["@type"] == "foaf:Agent"
    assert dataset["dct:publisher"]["foaf:name"] == "Stadt Jena"
    contact = dataset["dcat:contactPoint"]
    assert "vcard:Kind" in contact["@type"]
    assert contact["vcard:hasEmail"]["@id"] == "mailto:antidiskriminierung@jena.de"
    assert contact["vcard:hasTelephone"]["@id"] == "tel:+493641492637"
    assert [it["@id"] for it in dataset["dcat:theme"]] == [
        f"{eu}/data-theme/JUST", f"{eu}/data-theme/SOCI",
    ]  # fmt: skip
    assert "Jena" in {it["@value"] for it in dataset["dcat:keyword"]}
    assert dataset["dct:accrualPeriodicity"]["@id"] == f"{eu}/frequency/NEVER"
    geo = "http://dcat-ap.de/def/politicalGeocoding"
    assert dataset["dct:spatial"]["@id"] == f"{geo}/municipalityKey/16053000"
    assert dataset["dcatde:politicalGeocodingLevelURI"]["@id"] == f"{geo}/Level/municipality"
    assert "dcatde:contributorID" not in dataset  # Jena has no code yet
    days = [date.fromisoformat(dataset[f"dct:{it}"]["@value"]) for it in ("issued", "modified")]
    assert days == [TODAY, TODAY + timedelta(7)]
    assert dataset["dct:temporal"]["dcat:startDate"]["@value"] == "2025-01-01"

    names = [it["@id"].rpartition("/")[2] for it in dataset["dcat:distribution"]]
    assert set(names) == {*REPORTS, *(it for it in DATA if "metadata" not in it), FROZEN}
    formats = {"CSV", "ODS", "XLSX", "JSON", "PDF"}
    for it in dataset["dcat:distribution"]:
        content = await get(browser, it["@id"].rpartition("/")[2])
        assert it["dct:license"]["@id"] == "http://dcat-ap.de/def/licenses/dl-zero-de/2.0"
        assert it["dct:format"]["@id"].removeprefix(f"{eu}/file-type/") in formats
        assert it["dcat:accessURL"] == it["dcat:downloadURL"] == {"@id": it["@id"]}
        assert "dcatde:licenseAttributionByText" not in it  # this licence wants no name
        if it["@id"].endswith(".pdf"):
            continue
        assert it["dcat:byteSize"]["@value"] == str(len(content))
        assert it["spdx:checksum"]["spdx:checksumValue"]["@value"] == sha256(content).hexdigest()


async def test_the_method_is_linked_from_every_release(
    browser: httpx.AsyncClient, publish: Publish
) -> None:
    await publish(YEAR)
    for lang in LANGUAGES:
        page = await browser.get(f"/{lang}/zahlen/methode")
        assert page.status_code == 200
        for other in ("", "/1"):
            text = (await browser.get(f"/{lang}/zahlen{other}")).text
            assert f'href="/{lang}/zahlen/methode"' in text
    release = (await browser.get("/en/zahlen/1")).text
    first = release.index('href="/zahlen/1/bericht-en.pdf"')
    assert first < release.index('href="/zahlen/1/bericht-de.pdf"')  # the reader's own first
