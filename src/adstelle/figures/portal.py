"""All releases for data portals: a catalogue after DCAT-AP.de 3.0, in JSON-LD.

Source: https://www.dcat-ap.de/def/dcatde/3.0/spec/. What only a city can say (licence, contributor,
municipality) comes from `[figures]` in its city.toml and is left out where it is not said.
docs/figures.md lists every field. A thing that is in none of the vocabularies that validators read
says its class itself.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final

import msgspec

from adstelle.city import City
from adstelle.figures.files import encoded
from adstelle.figures.offered import MEDIA, Content, Kind, Offered
from adstelle.figures.service import Release
from adstelle.figures.sheets import NOTES
from adstelle.releases.publication import GERMAN

MEDIA_TYPE: Final = "application/ld+json"
EU: Final = "http://publications.europa.eu/resource/authority"
DE: Final = "http://dcat-ap.de/def"
MEDIA_TYPES: Final = "https://www.iana.org/assignments/media-types"
CONTEXT: Final = {
    "adms": "http://www.w3.org/ns/adms#",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dcatap": "http://data.europa.eu/r5r/",
    "dcatde": f"{DE}/dcatde/",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "spdx": "http://spdx.org/rdf/terms#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
THEMES: Final = ("JUST", "SOCI")
KEYWORDS: Final = ("Antidiskriminierung", "Beratung", "Diskriminierung", "Gleichbehandlung")
LANGUAGES: Final = {"de": "DEU", "de-simple": "DEU", "en": "ENG", "ar": "ARA"}
FORMATS: Final = {
    Kind.REPORT: "PDF",
    Kind.ODS: "ODS",
    Kind.XLSX: "XLSX",
    Kind.CSV: "CSV",
    Kind.SDMX: "JSON",
    Kind.JSON: "JSON",
}
CONFORMS: Final = {
    Kind.REPORT: "https://www.iso.org/standard/64599.html",  # PDF/UA-1
    Kind.ODS: "https://docs.oasis-open.org/office/OpenDocument/v1.3/os/",
    Kind.CSV: "https://www.w3.org/TR/tabular-metadata/",
    Kind.SDMX: "https://github.com/sdmx-twg/sdmx-json/tree/v2.0.0/data-message",
}
NAMES: Final = {
    Kind.REPORT: "Bericht zum Lesen (PDF/UA)",
    Kind.ODS: "Alle Tabellen (OpenDocument)",
    Kind.XLSX: "Alle Tabellen (Excel)",
    Kind.CSV: "Tabelle",
    Kind.SDMX: "Alle Tabellen (SDMX-JSON)",
    Kind.JSON: "Die Veröffentlichung, wie sie geprüft und eingefroren ist",
}


class Shelf(msgspec.Struct, frozen=True):
    """A release with its files; of those that are quickly made also their bytes, by name."""

    release: Release
    files: tuple[Offered, ...]
    contents: Mapping[str, Content]


def catalogue(shelves: Sequence[Shelf], city: City, *, origin: str, publisher: str) -> bytes:
    """Describe every release as a data set with its files."""
    return encoded(_Writer(city, origin, publisher).catalogue(shelves))


class _Writer:
    """Writes the catalogue of one city."""

    def __init__(self, city: City, origin: str, publisher: str) -> None:
        self._city = city
        self._origin = origin
        self._publisher: dict[str, Any] = {
            "@id": f"{origin}/zahlen/katalog#herausgeber",
            "@type": "foaf:Agent",
            "foaf:name": publisher,
            "foaf:homepage": _document(city.website),
        }

    def catalogue(self, shelves: Sequence[Shelf]) -> dict[str, Any]:
        days = [it.release.published_on for it in shelves]
        later = [it.release.modified_on for it in shelves]
        return {
            "@context": CONTEXT,
            "@id": f"{self._origin}/zahlen/katalog",
            "@type": "dcat:Catalog",
            "dct:title": _german("Zahlen der Antidiskriminierungsarbeit"),
            "dct:description": _german(" ".join(NOTES)),
            "dct:publisher": self._publisher,
            "dct:language": _languages(self._city.languages),
            "foaf:homepage": _document(f"{self._origin}/{GERMAN}/zahlen"),
            "dcat:themeTaxonomy": _id(f"{EU}/data-theme"),
            **({"dct:issued": _day(min(days)), "dct:modified": _day(max(later))} if days else {}),
            **self._licence(),
            "dcat:dataset": [self._dataset(it) for it in shelves],
        }

    def _dataset(self, shelf: Shelf) -> dict[str, Any]:
        release = shelf.release
        given, place = release.publication, f"{self._origin}/zahlen/{release.number}"
        return {
            "@id": place,
            "@type": "dcat:Dataset",
            "dct:identifier": place,
            "dct:title": _translated(given.title),
            "dct:description": _german(" ".join([*NOTES, *(it[GERMAN] for it in given.notes)])),
            "dct:publisher": self._publisher,
            "dcat:contactPoint": self._contact(),
            "dcat:theme": [_id(f"{EU}/data-theme/{theme}") for theme in THEMES],
            "dcat:keyword": [_german(word) for word in (*KEYWORDS, self._city.name)],
            "dct:issued": _day(release.published_on),
            "dct:modified": _day(release.modified_on),
            # One release is one data set, and it is frozen: the next period is another one.
            "dct:accrualPeriodicity": _id(f"{EU}/frequency/NEVER"),
            "dct:accessRights": _id(f"{EU}/access-right/PUBLIC"),
            "dct:temporal": {
                "@type": "dct:PeriodOfTime",
                "dcat:startDate": _day(given.period.since),
                "dcat:endDate": _day(given.period.to),
            },
            "dct:language": _languages(given.title),
            "dcat:landingPage": _document(f"{self._origin}/{GERMAN}/zahlen/{release.number}"),
            "foaf:page": _document(f"{self._origin}/{GERMAN}/zahlen/methode"),
            **self._place(),
            "dcat:distribution": [self._distribution(shelf, place, file) for file in shelf.files],
        }

    def _contact(self) -> dict[str, Any]:
        return {
            "@id": f"{self._origin}/zahlen/katalog#kontakt",
            "@type": ["vcard:Kind", "vcard:Organization"],
            "vcard:fn": self._city.catalogue.text(GERMAN, "city.office"),
            "vcard:hasEmail": _id(f"mailto:{self._city.mail}"),
            "vcard:hasTelephone": _id(_telephone(self._city.phone)),
            "vcard:hasURL": _id(self._city.website),
        }

    def _place(self) -> dict[str, Any]:
        """Who hands the data in, and of which municipality they are, as far as the city says."""
        figures, found = self._city.figures, dict[str, Any]()
        if figures.contributor:
            found["dcatde:contributorID"] = _id(f"{DE}/contributors/{figures.contributor}")
        if figures.municipality:
            key = f"{DE}/politicalGeocoding/municipalityKey/{figures.municipality}"
            found["dct:spatial"] = _typed("dct:Location", key)
            level = f"{DE}/politicalGeocoding/Level/municipality"
            found["dcatde:politicalGeocodingLevelURI"] = _id(level)
        return found

    def _licence(self) -> dict[str, Any]:
        licence = self._city.figures.licence
        if not licence:
            return {}
        return {"dct:license": _typed("dct:LicenseDocument", f"{DE}/licenses/{licence}")}

    def _distribution(self, shelf: Shelf, place: str, file: Offered) -> dict[str, Any]:
        address = f"{place}/{file.name}"
        media_type = MEDIA[file.kind].partition(";")[0]
        return {
            "@id": address,
            "@type": "dcat:Distribution",
            "dct:title": _german(": ".join(filter(None, (NAMES[file.kind], file.about)))),
            "dct:description": _german(" ".join(NOTES)),
            "dcat:accessURL": _id(address),
            "dcat:downloadURL": _id(address),
            "dcat:mediaType": _typed("dct:MediaType", f"{MEDIA_TYPES}/{media_type}"),
            "dct:format": _id(f"{EU}/file-type/{FORMATS[file.kind]}"),
            "dct:language": _languages([file.lang or GERMAN]),
            "dct:issued": _day(shelf.release.published_on),
            "dct:modified": _day(shelf.release.modified_on),
            "dcatap:availability": _id(f"{EU}/planned-availability/STABLE"),
            **_standard(file.kind),
            **self._licence(),
            **self._attribution(),
            **dict(_measured(shelf.contents.get(file.name))),
        }

    def _attribution(self) -> dict[str, Any]:
        """Licences that want a name beside the data say whose."""
        wants_name = "by" in self._city.figures.licence.split("/")[0].split("-")
        return (
            {"dcatde:licenseAttributionByText": self._publisher["foaf:name"]} if wants_name else {}
        )


def _measured(content: Content | None) -> Iterator[tuple[str, Any]]:
    if content is None:
        return
    yield "dcat:byteSize", {"@value": str(len(content.content)), "@type": "xsd:nonNegativeInteger"}
    yield (
        "spdx:checksum",
        {
            "@type": "spdx:Checksum",
            "spdx:algorithm": _typed("spdx:ChecksumAlgorithm", "spdx:checksumAlgorithm_sha256"),
            "spdx:checksumValue": {"@value": content.sha256, "@type": "xsd:hexBinary"},
        },
    )


def _standard(kind: Kind) -> dict[str, Any]:
    return {"dct:conformsTo": _typed("dct:Standard", CONFORMS[kind])} if kind in CONFORMS else {}


def _id(address: str) -> dict[str, str]:
    return {"@id": address}


def _typed(name: str, address: str) -> dict[str, str]:
    """A thing and the class it is of."""
    return {"@id": address, "@type": name}


def _document(address: str) -> dict[str, str]:
    return _typed("foaf:Document", address)


def _telephone(number: str) -> str:
    """A German number for everywhere (RFC 3966)."""
    digits = re.sub("^00", "+", re.sub("[^0-9+]", "", number))
    return "tel:" + re.sub("^0", "+49", digits)


def _german(text: str) -> dict[str, str]:
    return {"@value": text, "@language": GERMAN}


def _translated(words: Mapping[str, str]) -> list[dict[str, str]]:
    return [
        {"@value": text, "@language": lang} for lang, text in words.items() if lang != "de-simple"
    ]


def _languages(codes: Sequence[str] | Mapping[str, str]) -> list[dict[str, str]]:
    known = dict.fromkeys(LANGUAGES[code] for code in codes if code in LANGUAGES)
    return [_id(f"{EU}/language/{name}") for name in known]


def _day(day: date) -> dict[str, str]:
    return {"@value": f"{day}", "@type": "xsd:date"}
