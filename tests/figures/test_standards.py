"""Files of every form of publication before validators that others wrote.

What is read of the standards lies in tests/figures/standards, with where it is from; nothing is
loaded from the net.
"""

import io
import json
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import jsonschema
import msgspec
import openpyxl
import pyshacl
import pytest
from csvw import CSVW
from lxml import etree
from odf import grammar
from odf.opendocument import load as open_document
from odf.table import TableCell
from rdflib import RDF, RDFS, SH, Graph, URIRef

from adstelle.city import City
from adstelle.figures.offered import Kind
from adstelle.figures.sheets import sheets
from tests.documents.pdf_ua import faults
from tests.figures import made
from tests.figures.made import PAGES
from tests.releases.files import YEAR

STANDARDS: Final = Path(__file__).parent / "standards"
DOCS: Final = Path(__file__).parents[2] / "docs"
FORMS: Final = pytest.mark.parametrize("form", made.releases())

# What rdflib says of itself as it reads JSON-LD.
pytestmark = pytest.mark.filterwarnings("ignore:.*Graph.*is deprecated:DeprecationWarning")

Defect = Callable[[dict[str, Any]], object]


# ---------------------------------------------------------------- DCAT-AP.de


@cache
def shapes() -> Graph:
    """DCAT-AP 3.0.0 and what DCAT-AP.de 3.0 adds to it."""
    found = Graph().parse(STANDARDS / "dcat-ap-3.0.0-shacl.jsonld", format="json-ld")
    for name in ("additions", "deprecated", "vocabularies"):
        found.parse(STANDARDS / f"dcat-ap-de-3.0-{name}.ttl")
    return found


def wrong_in(catalogue: bytes) -> list[str]:
    """Violations and warnings: which property of what, and why."""
    given = Graph().parse(data=catalogue, format="json-ld")
    given.parse(STANDARDS / "vocabularies-excerpt.ttl")
    for it in {it for it in given.objects() if isinstance(it, URIRef)}:
        given.add((it, RDF.type, RDFS.Resource))  # as everything is (RDF Schema, rdfs4b)
    _, results, _ = pyshacl.validate(given, shacl_graph=shapes())
    told = (SH.resultSeverity, SH.focusNode, SH.resultPath, SH.resultMessage)
    return sorted(
        " ".join(str(results.value(it, name)) for name in told)
        for it in results.subjects(RDF.type, SH.ValidationResult)
    )


async def test_the_catalogue_keeps_to_the_shapes_of_dcat_ap_de() -> None:
    found = [
        msgspec.structs.replace(it, number=number)
        for number, it in enumerate(made.releases().values(), start=1)
    ]
    assert wrong_in(await made.catalogue(*found)) == []
    assert wrong_in(await made.catalogue()) == []


async def test_so_does_the_catalogue_of_a_city_with_a_contributor_and_another_licence() -> None:
    figures = msgspec.structs.replace(
        PAGES.city.figures, contributor="beispielstadt", licence="cc-by/4.0"
    )
    city = msgspec.structs.replace(PAGES.city, figures=figures)
    assert wrong_in(await made.catalogue(made.release(YEAR), city=city)) == []


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ({"licence": ""}, "MUSS eine dcterms:license haben"),
        ({"licence": "no/such"}, "dcterms:license SOLL folgendes Vokabular benutzen"),
        ({"contributor": "nobody"}, "dcatde:contributorID SOLL, wenn passend"),
    ],
)
async def test_what_a_city_leaves_out_is_found(named: dict[str, str], expected: str) -> None:
    figures = msgspec.structs.replace(PAGES.city.figures, **named)
    city: City = msgspec.structs.replace(PAGES.city, figures=figures)
    found = wrong_in(await made.catalogue(made.release(YEAR), city=city))
    assert any(expected in it for it in found), found


def _first(catalogue: dict[str, Any]) -> Any:
    return catalogue["dcat:dataset"][0]


def _file(catalogue: dict[str, Any]) -> Any:
    return _first(catalogue)["dcat:distribution"][-1]


CATALOGUE_DEFECTS: Final[dict[str, tuple[str, Defect]]] = {
    "no title": ("title", lambda it: it.pop("dct:title")),
    "no publisher": (
        "MUSS einen dcterms:publisher haben",
        lambda it: _first(it).pop("dct:publisher"),
    ),
    "publisher without a name": (
        "name",
        lambda it: [each["dct:publisher"].pop("foaf:name") for each in (it, _first(it))],
    ),
    "two licences": (
        "license",
        lambda it: _file(it).update({"dct:license": [{"@id": "a:b"}, {"@id": "a:c"}]}),
    ),
    "no address": ("accessURL", lambda it: _file(it).pop("dcat:accessURL")),
    "a telephone in words": (
        "hasTelephone",
        lambda it: _first(it)["dcat:contactPoint"].update({"vcard:hasTelephone": "1"}),
    ),
    "an old kind of size": (
        "byteSize",
        lambda it: _file(it)["dcat:byteSize"].update({"@type": "xsd:decimal"}),
    ),
    "the old list of checksums": (
        "algorithm",
        lambda it: _file(it)["spdx:checksum"].update(
            {"spdx:algorithm": {"@id": "http://dcat-ap.de/def/hashAlgorithms/sha/256"}}
        ),
    ),
    "an old property": (
        "politicalGeocodingURI",
        lambda it: _first(it).update({"dcatde:politicalGeocodingURI": {"@id": "a:b"}}),
    ),
    "a language of our own": (
        "language",
        lambda it: _first(it).update({"dct:language": {"@id": "a:leicht"}}),
    ),
    "a theme of our own": ("theme", lambda it: _first(it).update({"dcat:theme": {"@id": "a:b"}})),
    "a format of our own": ("format", lambda it: _file(it).update({"dct:format": {"@id": "a:b"}})),
    "a day in words": ("issued", lambda it: _first(it).update({"dct:issued": {"@id": "a:b"}})),
    "a period of nothing": (
        "dcterms:PeriodOfTime: MUSS mindestens",
        lambda it: _first(it).update({"dct:temporal": {"@type": "dct:PeriodOfTime"}}),
    ),
}


@pytest.mark.parametrize("defect", CATALOGUE_DEFECTS)
async def test_a_defect_in_the_catalogue_is_found(defect: str) -> None:
    expected, plant = CATALOGUE_DEFECTS[defect]
    given = msgspec.json.decode(await made.catalogue(made.release(YEAR)))
    plant(given)
    found = wrong_in(msgspec.json.encode(given))
    assert any(expected in it for it in found), found


# ---------------------------------------------------------------- SDMX-JSON and our own format

FORMATS: Final = jsonschema.FormatChecker()


def _is_address(given: object) -> bool:
    return not isinstance(given, str) or all(urlsplit(given)[:2])


def _is_moment(given: object) -> bool:
    return not isinstance(given, str) or datetime.fromisoformat(given).tzinfo is not None


FORMATS.checks("uri")(_is_address)
FORMATS.checks("date-time", raises=ValueError)(_is_moment)


@cache
def validator(path: Path) -> Any:
    schema = json.loads(path.read_bytes())
    kind = jsonschema.Draft202012Validator if "$defs" in schema else jsonschema.Draft7Validator
    return kind(schema, format_checker=FORMATS)


def wrong_json(path: Path, given: Any) -> list[str]:
    return [f"{it.json_path}: {it.message}" for it in validator(path).iter_errors(given)]


SDMX: Final = STANDARDS / "sdmx-json-data-schema-2.0.0.json"
OURS: Final = DOCS / "figures-publication.schema.json"


@FORMS
async def test_sdmx_keeps_to_the_official_schema(form: str) -> None:
    files = await made.files(made.releases()[form], Kind.SDMX)
    message = msgspec.json.decode(files["sdmx.json"])
    assert message["meta"]["schema"] == validator(SDMX).schema["id"]
    assert wrong_json(SDMX, message) == []


@FORMS
def test_what_is_frozen_keeps_to_our_schema(form: str) -> None:
    assert wrong_json(OURS, msgspec.json.decode(made.releases()[form].content)) == []


def _structure(message: dict[str, Any]) -> Any:
    return message["data"]["structures"][1]


SDMX_DEFECTS: Final[dict[str, Defect]] = {
    "no sender": lambda it: it["meta"].pop("sender"),
    "an id with a blank": lambda it: it["meta"].update(id="je na"),
    "a day for a moment": lambda it: it["meta"].update(prepared="2026-04-01T00:00:00"),
    "an address of nothing": lambda it: it["meta"]["links"][0].update(href="zahlen"),
    "a code with a blank": lambda it: _structure(it)["dimensions"]["observation"][0]["values"][
        0
    ].update(id="a b"),
    "no place in the key": lambda it: _structure(it)["dimensions"]["observation"][0].pop(
        "keyPosition"
    ),
    "no relationship": lambda it: _structure(it)["attributes"]["observation"][0].pop(
        "relationship"
    ),
    "a kind of its own": lambda it: _structure(it)["measures"]["observation"][0]["format"].update(
        dataType="Number"
    ),
    "a key in words": lambda it: it["data"]["dataSets"][0]["observations"].update({"a:0": [1]}),
    "another action": lambda it: it["data"]["dataSets"][0].update(action="Inform"),
    "no links": lambda it: it["data"]["dataSets"][0].pop("links"),
    "nothing to choose from": lambda it: _structure(it)["dimensions"]["observation"][0].update(
        values=[]
    ),
}


@pytest.mark.parametrize("defect", SDMX_DEFECTS)
async def test_a_defect_in_sdmx_is_found(defect: str) -> None:
    files = await made.files(made.release(YEAR), Kind.SDMX)
    message = msgspec.json.decode(files["sdmx.json"])
    SDMX_DEFECTS[defect](message)
    assert wrong_json(SDMX, message)


@pytest.mark.parametrize(
    "plant",
    [
        lambda it: it.pop("title"),
        lambda it: it.update(cases=1),
        lambda it: it["release"]["cells"][1].update(value="few"),
        lambda it: it["headline"][0].update(unit="cases"),
        lambda it: it["tables"][0].update(id="Gründe"),
    ],
)
def test_a_defect_in_what_is_frozen_is_found(plant: Defect) -> None:
    given = msgspec.json.decode(made.release(YEAR).content)
    plant(given)
    assert wrong_json(OURS, given)


# ---------------------------------------------------------------- CSV on the Web


def read_csv(folder: Path, files: dict[str, bytes], name: str) -> list[dict[str, Any]]:
    """The rows as their description says them. Raises if one does not fit the other."""
    for file, content in files.items():
        (folder / file).write_bytes(content)
    table = CSVW(str(folder / name), md_url=str(folder / f"{name}-metadata.json"), validate=True)
    if not table.is_valid or table.warnings:
        raise ValueError(name, table.warnings)
    head = files[name].decode().partition("\r\n")[0].split(",")
    if head != [str(it.titles) for it in table.t.tableSchema.columns]:  # which csvw lets pass
        raise ValueError(name, head)
    return list(table.t)


@FORMS
async def test_every_csv_is_read_through_its_description(form: str, tmp_path: Path) -> None:
    release = made.releases()[form]
    files = await made.files(release, Kind.CSV, Kind.CSVW)
    for sheet in sheets(release):
        rows = read_csv(tmp_path, files, f"{sheet.name}.csv")
        assert [it["faelle"] for it in rows] == [count.number for _, count in sheet.rows]
        assert [it["status"] for it in rows] == [count.standing for _, count in sheet.rows]
        for name in sheet.columns:
            assert {it[name] for it in rows} == set(sheet.codes[name])
            assert all(it[f"{name}_bezeichnung"] == sheet.codes[name][it[name]] for it in rows)
        period = release.publication.period
        assert {(it["von"].date(), it["bis"].date()) for it in rows} == {(period.since, period.to)}


CSV_DEFECTS: Final[dict[str, tuple[bytes, bytes]]] = {
    "a number in words": (b",80,", b",achtzig,"),
    "a count below zero": (b",80,", b",-80,"),
    "an unknown status": (b"nicht_veroeffentlicht", b"geheim"),
    "an unknown code": (b"contacts,Anfragen", b"calls,Anfragen"),
    "a day of another calendar": (b"2025-12-31", b"31.12.2025"),
    "the same twice": (b"few,Festgestellt,established", b"contacts,Anfragen,contacts"),
    "another column": (b",faelle,", b",anzahl,"),
    "no code": (b"\r\ncontacts,Anfragen", b"\r\n,Anfragen"),
}


@pytest.mark.parametrize("defect", CSV_DEFECTS)
async def test_a_defect_in_csv_is_found(defect: str, tmp_path: Path) -> None:
    files = await made.files(made.release(YEAR), Kind.CSV, Kind.CSVW)
    before, after = CSV_DEFECTS[defect]
    assert before in files["kennzahlen.csv"]
    files["kennzahlen.csv"] = files["kennzahlen.csv"].replace(before, after, 1)
    with pytest.raises((ValueError, KeyError, UserWarning)):
        read_csv(tmp_path, files, "kennzahlen.csv")


@pytest.mark.parametrize(
    "plant",
    [
        lambda it: it.pop("@context"),
        lambda it: it["tableSchema"]["columns"].pop(0),
        lambda it: it["tableSchema"]["columns"][5]["datatype"].update(base="count"),
        lambda it: it["tableSchema"].update(primaryKey=["einheit", "code"]),
        lambda it: it["tableSchema"]["columns"][0].update(name="two words"),
        lambda it: it["tableSchema"]["columns"][2].update(titles="was"),
    ],
)
async def test_a_defect_in_a_description_is_found(plant: Defect, tmp_path: Path) -> None:
    files = await made.files(made.release(YEAR), Kind.CSV, Kind.CSVW)
    described = msgspec.json.decode(files["kennzahlen.csv-metadata.json"])
    plant(described)
    files["kennzahlen.csv-metadata.json"] = msgspec.json.encode(described)
    with pytest.raises((ValueError, KeyError, UserWarning)):
        read_csv(tmp_path, files, "kennzahlen.csv")


# ---------------------------------------------------------------- workbooks

# The grammar of odfpy is that of ODF 1.2 without this one, which 1.2 and 1.3 ask for.
MISSING_IN_GRAMMAR: Final = {
    ("urn:oasis:names:tc:opendocument:xmlns:manifest:1.0", "version"),
}


def wrong_elements(node: Any) -> Iterator[str]:
    """What the grammar of OpenDocument does not allow."""
    me = _name(node)
    allowed, attributes = grammar.allowed_children.get(me), grammar.allowed_attributes.get(me)
    if me not in grammar.allowed_children and me not in grammar.allowed_attributes:
        yield f"unknown: {me[1]}"
    given = {(it.namespace, it.localname) for it in map(etree.QName, node.attrib)}
    if attributes is not None:
        yield from (f"{me[1]}: {it}" for it in given - set(attributes) - MISSING_IN_GRAMMAR)
    for it in set(grammar.required_attributes.get(me, ())) - given:
        yield f"{me[1]} without {it}"
    words = [node.text, *(kid.tail for kid in node)]
    if me not in grammar.allows_text and any((it or "").strip() for it in words):
        yield f"words in {me[1]}"
    for kid in node:
        if allowed is not None and _name(kid) not in allowed:
            yield f"{_name(kid)[1]} in {me[1]}"
        yield from wrong_elements(kid)


def _name(node: Any) -> tuple[str | None, str]:
    name = etree.QName(node)
    return name.namespace, name.localname


def wrong_parts(content: bytes) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        parts = [it for it in packed.namelist() if it.endswith(".xml")]
        return [
            wrong for it in parts for wrong in wrong_elements(etree.fromstring(packed.read(it)))
        ]


@FORMS
async def test_the_open_document_keeps_to_its_grammar(form: str) -> None:
    release = made.releases()[form]
    content = (await made.files(release, Kind.ODS))["tabellen.ods"]
    assert wrong_parts(content) == []
    again = open_document(io.BytesIO(content))
    found = Counter(it.getAttribute("valuetype") for it in again.getElementsByType(TableCell))
    shown = [count for sheet in sheets(release) for _, count in sheet.rows]
    assert found["float"] == sum(it.number is not None for it in shown)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("text:p>", "text:q>"),
        ('office:value-type="float"', 'office:kind="float"'),
        ("table:number-columns-repeated", "table:columns"),
        ("<table:table table:name=", "<table:table table:title="),
        ("</table:table-cell>", "</table:table-cell>80"),
        ("<office:body>", "<office:body><text:p/>"),
    ],
)
async def test_a_defect_in_an_open_document_is_found(before: str, after: str) -> None:
    content = (await made.files(made.release(YEAR), Kind.ODS))["tabellen.ods"]
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        text = packed.read("content.xml").decode()
    assert before in text
    assert list(wrong_elements(etree.fromstring(text.replace(before, after).encode())))


@FORMS
async def test_another_program_opens_the_workbook_without_a_word(form: str) -> None:
    release = made.releases()[form]
    content = (await made.files(release, Kind.XLSX))["tabellen.xlsx"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        book = openpyxl.load_workbook(io.BytesIO(content))
    found = [cell for page in book for row in page.iter_rows() for cell in row]
    assert {it.data_type for it in found} <= {"s", "n"}  # words and numbers, no formula
    shown = [count.number for sheet in sheets(release) for _, count in sheet.rows]
    numbers = [it.value for it in found if isinstance(it.value, int)]
    assert numbers == [it for it in shown if it is not None]


# ---------------------------------------------------------------- reports

REPORTS: Final = [
    ("year", "de"), ("withdrawn", "en"), ("odd-words", "ar"), ("odd-words", "de-simple"),
    ("one-dimension", "de"), ("starts-anew", "de"), ("only-headlines", "en"), ("rounded", "de"),
    ("jena-2023-24", "de"), ("made-up-0", "de"), ("made-up-3", "ar"), ("made-up-5", "en"),
]  # fmt: skip


@pytest.mark.parametrize(("form", "lang"), REPORTS)
def test_a_report_can_be_read_aloud(form: str, lang: str) -> None:
    assert faults(made.report(made.releases()[form], lang)) == []
