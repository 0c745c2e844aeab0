"""A release as an SDMX-JSON 2.0 data message: a data set for the headlines and for each table.

Codes are those of the SDMX code lists CL_OBS_STATUS and CL_CONF_STATUS. Every hidden count has the
same two codes: a code that told small counts from those hidden to protect them would be what an
attacker needs. docs/figures.md lists them.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import count as counting
from typing import Any, Final

from adstelle.figures.files import encoded
from adstelle.figures.service import Release
from adstelle.figures.sheets import UNITS, WORDS, Sheet, notes, sheets
from adstelle.releases.publication import GERMAN, Period, Words
from adstelle.releases.tables import TOTAL, Count, Standing

MEDIA_TYPE: Final = "application/vnd.sdmx.data+json;version=2.0.0"
SCHEMA: Final = (
    "https://raw.githubusercontent.com/sdmx-twg/sdmx-json/master/data-message/tools/schemas/2.0.0/"
    "sdmx-json-data-schema.json"
)
ALL: Final = "_T"  # what SDMX code lists call a total
STATUS: Final = {  # OBS_STATUS, CONF_STATUS
    Standing.PUBLISHED: ("A", "F"),
    Standing.WITHHELD: ("Q", "C"),
    Standing.IMPOSSIBLE: ("M", "F"),
    Standing.WITHDRAWN: ("O", "F"),
}
OBS_STATUS: Final = {
    "A": "veröffentlicht",
    "Q": WORDS[Standing.WITHHELD],
    "M": WORDS[Standing.IMPOSSIBLE],
    "O": WORDS[Standing.WITHDRAWN],
}
CONF_STATUS: Final = {"F": "frei", "C": "geschützt"}
_OUTSIDE: Final = re.compile(r"[^A-Za-z0-9_@-]")


def message(release: Release, *, origin: str, publisher: str, city: str) -> bytes:
    """Write the message; the same release gives the same bytes."""
    found = sheets(release)
    given = release.publication
    written = {
        "meta": {
            "schema": SCHEMA,
            "id": f"{city}-{release.number}",
            "test": False,
            "prepared": f"{release.modified_on}T00:00:00Z",
            "contentLanguages": _languages(given.title),
            "name": given.title[GERMAN],
            "names": _names(given.title),
            "sender": {"id": city, "name": publisher},
            "links": [_link(f"{origin}/de/zahlen/{release.number}", "self", "text/html")],
        },
        "data": {
            "structures": [
                _structure(release, sheet, number) for number, sheet in enumerate(found)
            ],
            "dataSets": [
                _data_set(release, sheet, number, origin) for number, sheet in enumerate(found)
            ],
        },
    }
    return encoded(written)


def _structure(release: Release, sheet: Sheet, number: int) -> dict[str, Any]:
    position = counting()
    return {
        "dataSets": [number],
        "name": sheet.title,
        "description": " ".join(notes(sheet)),
        "dimensions": {
            "observation": [
                *(_dimension(name, sheet, next(position)) for name in sheet.columns),
                _unit(sheet, next(position)),
                _time(release.publication.period, next(position)),
            ]
        },
        "measures": {
            "observation": [
                {"id": "OBS_VALUE", "name": "Anzahl", "format": {"dataType": "Integer"}}
            ]
        },
        "attributes": {
            "observation": [_status("OBS_STATUS", OBS_STATUS), _status("CONF_STATUS", CONF_STATUS)]
        },
    }


def _dimension(name: str, sheet: Sheet, position: int) -> dict[str, Any]:
    return {
        "id": _identifier(name).replace("$", "_"),
        "name": name,
        "keyPosition": position,
        "values": [
            {"id": ALL if code == TOTAL else _identifier(code), "name": label}
            for code, label in sheet.codes[name].items()
        ],
    }


def _unit(sheet: Sheet, position: int) -> dict[str, Any]:
    return {
        "id": "EINHEIT",
        "name": "was gezählt ist",
        "keyPosition": position,
        "values": [
            {"id": unit, "name": words[GERMAN]}
            for unit, words in UNITS.items()
            if unit in _units(sheet)
        ],
    }


def _units(sheet: Sheet) -> list[str]:
    """The counts that occur, in the order of `UNITS`."""
    there = {row[-1] for row, _ in sheet.rows}
    return [unit for unit in UNITS if unit in there]


def _time(period: Period, position: int) -> dict[str, Any]:
    """A time range as SDMX writes one: its first day, and how many days it has."""
    days = (period.to - period.since).days + 1
    return {
        "id": "TIME_PERIOD",
        "name": "Zeitraum",
        "keyPosition": position,
        "roles": ["TIME_PERIOD"],
        "values": [
            {
                "value": f"{period.since}/P{days}D",
                "start": f"{period.since}T00:00:00Z",
                "end": f"{period.to}T23:59:59Z",
            }
        ],
    }


def _status(name: str, codes: dict[str, str]) -> dict[str, Any]:
    return {
        "id": name,
        "isMandatory": True,
        "relationship": {"observation": {}},
        "values": [{"id": code, "name": label} for code, label in codes.items()],
    }


def _data_set(release: Release, sheet: Sheet, number: int, origin: str) -> dict[str, Any]:
    place = f"{origin}/zahlen/{release.number}/{sheet.name}.csv"
    return {
        "structure": number,
        "action": "Information",
        "reportingBegin": f"{release.publication.period.since}",
        "reportingEnd": f"{release.publication.period.to}",
        "links": [
            _link(place, "alternate", "text/csv"),
            _link(f"{place}-metadata.json", "describedby", "application/csvm+json"),
        ],
        "observations": dict(_observations(sheet)),
    }


def _observations(sheet: Sheet) -> Iterator[tuple[str, list[int | None]]]:
    """By the places of their codes: the number, or none, and the places of the two statuses."""
    codes = [list(sheet.codes[name]) for name in sheet.columns] + [_units(sheet)]
    for row, count in sheet.rows:
        places = [known.index(code) for known, code in zip(codes, row, strict=True)]
        yield ":".join(map(str, [*places, 0])), [count.number, *_statuses(count)]


def _statuses(count: Count) -> list[int]:
    status, confidence = STATUS[count.standing]
    return [list(OBS_STATUS).index(status), list(CONF_STATUS).index(confidence)]


def _identifier(code: str) -> str:
    """A code with nothing in it but what SDMX allows; different ones stay different."""
    return _OUTSIDE.sub(lambda found: f"${ord(found.group()):x}$", code)


def _languages(words: Words) -> Sequence[str]:
    return list(_names(words))


def _names(words: Words) -> dict[str, str]:
    """By language; Leichte Sprache is German and has no code of its own there."""
    return {lang: text for lang, text in words.items() if lang != "de-simple"}


def _link(address: str, relation: str, kind: str) -> dict[str, str]:
    return {"href": address, "rel": relation, "type": kind}
