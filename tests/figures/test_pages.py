"""What everybody sees of the ledger: pages and files say the same, and nothing that is withheld."""

import csv
import hashlib
import io
import re
import zipfile
from typing import Any, Final

import httpx
import pytest

from adstelle.auditing.reading import BadInput
from adstelle.releases import publication
from tests.figures.ledger import Publish
from tests.figures.ledger import browser as browser
from tests.figures.ledger import publish as publish
from tests.releases.files import YEAR, changed, only, read, with_value

LANGUAGES: Final = ("de", "de-simple", "en", "ar")
SECRET: Final = 1009  # what the withheld cells would say
SPELT: Final = re.compile(r"(?<![0-9a-f])1[.,\u00a0 ]?009(?![0-9a-f])")
NEXT: Final[dict[str, Any]] = {
    "period": {"from": "2026-01-01", "to": "2026-12-31"},
    "cut_off": "2027-03-31",
}
FILES: Final = (
    "kennzahlen.csv",
    "kennzahlen.csv-metadata.json",
    "gruende.csv",
    "gruende.csv-metadata.json",
    "tabellen.xlsx",
    "veroeffentlichung.json",
)


async def rows(browser: httpx.AsyncClient, path: str) -> list[dict[str, str]]:
    answer = await browser.get(path)
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.text)))


async def test_without_a_release_the_page_says_so(browser: httpx.AsyncClient) -> None:
    page = await browser.get("/de/zahlen")
    assert page.status_code == 200
    assert "Bisher ist nichts veröffentlicht" in page.text


@pytest.mark.parametrize(
    "path", ["/de/zahlen/1", "/zahlen/1/gruende.csv", "/zahlen/1/tabellen.xlsx", "/xx/zahlen"]
)
async def test_what_is_not_there_is_not_found(browser: httpx.AsyncClient, path: str) -> None:
    assert (await browser.get(path)).status_code == 404


async def test_a_withheld_number_says_so_in_words(
    browser: httpx.AsyncClient, publish: Publish
) -> None:
    await publish(YEAR)
    page = (await browser.get("/de/zahlen/1")).text

    assert page.count('<span class="unsaid">nicht veröffentlicht</span>') == 5
    assert page.count('<span class="unsaid">kommt nicht vor</span>') == 1
    assert page.count('class="bar"') == 3  # the published cells that are no totals
    assert "Zahlen unter 5 veröffentlichen wir deshalb nicht" in page


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_german_words_are_marked_where_the_reader_has_another_language(
    browser: httpx.AsyncClient, publish: Publish, lang: str
) -> None:
    await publish(YEAR)
    page = (await browser.get(f"/{lang}/zahlen/1")).text
    marked = '<span lang="de" dir="ltr">Rassismus</span>' in page
    assert marked == (lang in {"en", "ar"})
    assert ("One year" in page) == (lang == "en")


async def test_csv_is_tidy_and_empty_where_and_only_where_nothing_is_published(
    browser: httpx.AsyncClient, publish: Publish
) -> None:
    await publish(YEAR)
    found = await rows(browser, "/zahlen/1/gruende.csv")

    assert len(found) == 5 * 3
    assert {(it["ground"], it["area"]) for it in found} == {
        (ground, area)
        for ground in [*"abcd", "_insgesamt"]
        for area in ["work", "home", "_insgesamt"]
    }
    for it in found:
        assert (it["status"] == "veroeffentlicht") == (it["faelle"] != "")
    statuses = {(it["ground"], it["area"]): it["status"] for it in found}
    assert statuses["a", "work"] == "nicht_veroeffentlicht"
    assert statuses["c", "home"] == "kommt_nicht_vor"
    assert next(it for it in found if it["ground"] == "a" and it["area"] == "_insgesamt") == {
        "ground": "a", "ground_bezeichnung": "Rassismus", "area": "_insgesamt",
        "area_bezeichnung": "insgesamt", "einheit": "incidents", "von": "2025-01-01",
        "bis": "2025-12-31", "faelle": "22", "status": "veroeffentlicht",
    }  # fmt: skip


async def test_the_metadata_describes_every_column_of_its_table(
    browser: httpx.AsyncClient, publish: Publish
) -> None:
    await publish(YEAR)
    for name in ("gruende", "kennzahlen"):
        found = await rows(browser, f"/zahlen/1/{name}.csv")
        answer = await browser.get(f"/zahlen/1/{name}.csv-metadata.json")
        described = answer.json()
        schema = described["tableSchema"]

        assert answer.headers["content-type"] == "application/csvm+json"
        assert described["url"] == f"{name}.csv"
        assert [column["name"] for column in schema["columns"]] == list(found[0])
        keys = [tuple(it[key] for key in schema["primaryKey"]) for it in found]
        assert len(set(keys)) == len(keys)


async def test_the_json_is_what_was_frozen_and_may_be_read_by_other_sites(
    browser: httpx.AsyncClient, publish: Publish
) -> None:
    await publish(YEAR)
    answer = await browser.get("/zahlen/1/veroeffentlichung.json")

    assert answer.content == publication.canonical(read(YEAR))
    assert answer.headers["access-control-allow-origin"] == "*"
    page = (await browser.get("/de/zahlen/1")).text
    assert hashlib.sha256(answer.content).hexdigest() in page


async def test_the_same_release_gives_the_same_files(
    browser: httpx.AsyncClient, publish: Publish
) -> None:
    await publish(YEAR)
    for name in FILES:
        first, again = [(await browser.get(f"/zahlen/1/{name}")).content for _ in range(2)]
        assert first == again, name


async def test_a_number_that_is_withheld_occurs_nowhere(
    browser: httpx.AsyncClient, publish: Publish
) -> None:
    """A canary: the withheld cells were counted as 1009; the file with them is refused, the one
    without them is published, and no page and no file says 1009."""
    for cell in YEAR["release"]["cells"]:
        if cell["value"] is None:
            with pytest.raises(BadInput):
                await publish(with_value(YEAR, cell["id"], {"hidden": SECRET}))
    await publish(YEAR)
    await publish(changed(**NEXT))
    paths = [f"/{lang}/zahlen{rest}" for lang in LANGUAGES for rest in ("", "/1", "/2")]
    paths += [f"/zahlen/1/{name}" for name in FILES] + ["/zahlen/katalog"]

    for path in paths:
        answer = await browser.get(path)
        assert answer.status_code == 200, path
        said = unpacked(answer.content) if path.endswith("xlsx") else answer.text
        assert not SPELT.search(said), path


def unpacked(workbook: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(workbook)) as packed:
        return "\n".join(packed.read(name).decode() for name in packed.namelist())


async def test_a_withdrawn_number_is_gone_from_page_and_tables(
    browser: httpx.AsyncClient, publish: Publish
) -> None:
    await publish(YEAR)
    before = (await browser.get("/zahlen/1/veroeffentlichung.json")).content
    await publish(only(YEAR, withdraws=[{"release": 1, "cell": "contacts"}]))

    page = (await browser.get("/de/zahlen/1")).text
    assert "Zahlen wurden zurückgezogen" in page
    assert '<span class="unsaid">zurückgezogen</span>' in page
    assert "<bdi>80</bdi>" not in page
    contacts, _ = await rows(browser, "/zahlen/1/kennzahlen.csv")
    assert (contacts["faelle"], contacts["status"]) == ("", "zurueckgezogen")
    assert (await browser.get("/zahlen/1/veroeffentlichung.json")).content == before
    assert (await browser.get("/de/zahlen")).text.count("<section") == 2  # release and caveat


async def test_the_line_breaks_where_periods_cannot_be_compared(
    browser: httpx.AsyncClient, publish: Publish
) -> None:
    await publish(YEAR)
    await publish(with_value(changed(**NEXT), "contacts", 90))
    longer: dict[str, Any] = {
        "period": {"from": "2027-01-01", "to": "2028-06-30"},
        "cut_off": "2028-09-30",
    }
    await publish(changed(**longer))

    second = (await browser.get("/de/zahlen/2")).text
    assert (second.count("years__stroke"), second.count("years__break")) == (1, 0)
    third = (await browser.get("/de/zahlen/3")).text
    assert (third.count("years__stroke"), third.count("years__break")) == (1, 1)
    assert third.count("Der Zeitraum ist anders lang.") == 1
    first = (await browser.get("/de/zahlen/1")).text
    assert "years__point" not in first  # later releases change nothing on it


async def test_a_new_way_of_counting_breaks_the_line_with_its_reason(
    browser: httpx.AsyncClient, publish: Publish
) -> None:
    await publish(YEAR)
    anew = changed(**NEXT)
    anew["headline"][0]["starts_anew"] = {"de": "Neu gefragt."}
    await publish(anew)

    page = (await browser.get("/de/zahlen/2")).text
    assert (page.count("years__stroke"), page.count("years__break")) == (0, 1)
    assert "Neu gefragt." in page


async def test_the_catalogue_names_every_file_of_every_release(
    browser: httpx.AsyncClient, publish: Publish
) -> None:
    await publish(YEAR)
    await publish(only(YEAR, withdraws=[{"release": 1, "cell": "contacts"}]))
    elsewhere = {"host": "anderswo.example"}
    found = (await browser.get("/zahlen/katalog", headers=elsewhere)).json()

    (dataset,) = found["dcat:dataset"]
    for distribution in dataset["dcat:distribution"]:
        address = distribution["dcat:downloadURL"]["@id"]
        assert address.startswith("http://localhost:8000/zahlen/"), "not as the request calls us"
        assert (await browser.get(address)).status_code == 200
    assert dataset["dct:temporal"]["dcat:endDate"]["@value"] == "2025-12-31"
