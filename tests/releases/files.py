"""Publications for tests: a year in Jena's three counts, with a table and withheld numbers."""

import copy
from typing import Any, Final

import msgspec

from adstelle.releases import publication
from adstelle.releases.publication import Publication

INCIDENTS: Final = ["incidents", "established"]
GROUNDS: Final = {"a": "Rassismus", "b": "Behinderung", "c": "Alter", "d": "Geschlecht"}
YEAR: Final[dict[str, Any]] = {
    "format": "figures-publication/1",
    "title": {"de": "Ein Jahr", "en": "One year"},
    "period": {"from": "2025-01-01", "to": "2025-12-31"},
    "cut_off": "2026-03-31",
    "dims": {
        "ground": {
            "title": {"de": "Grund", "en": "Ground"},
            "labels": {code: {"de": label} for code, label in GROUNDS.items()},
        },
        "area": {
            "title": {"de": "Bereich"},
            "labels": {"work": {"de": "Arbeit"}, "home": {"de": "Wohnen"}},
        },
    },
    "headline": [
        {"cell": "contacts", "unit": "contacts", "title": {"de": "Anfragen"}, "series": "anfragen"},
        {"cell": "few", "unit": "established", "title": {"de": "Festgestellt"}},
    ],
    "tables": [
        {
            "id": "gruende",
            "title": {"de": "Gründe"},
            "unit": "incidents",
            "rows": "ground",
            "columns": "area",
            "total": True,
        }
    ],
    "release": {
        "format": "sdc-release/1",
        "params": {"k": 5},
        "dims": {
            "unit": {"values": ["contacts", "incidents", "established"]},
            "ground": {"values": list(GROUNDS)},
            "area": {"values": ["work", "home"]},
        },
        "structural_zeros": [{"ground": "c", "area": "home"}],
        "cells": [
            {"id": "contacts", "where": {"unit": "contacts"}, "value": 80},
            {"id": "few", "where": {"unit": "established"}, "value": None},
            {"id": "all", "where": {"unit": INCIDENTS}, "value": 60},
            *(
                {"id": cell_id, "where": {"unit": INCIDENTS, **where}, "value": value}
                for cell_id, where, value in [
                    ("work", {"area": "work"}, 36),
                    ("home", {"area": "home"}, 24),
                    ("a", {"ground": "a"}, 22),
                    ("b", {"ground": "b"}, 17),
                    ("c", {"ground": "c"}, 9),
                    ("d", {"ground": "d"}, 12),
                    ("a-work", {"ground": "a", "area": "work"}, None),
                    ("a-home", {"ground": "a", "area": "home"}, None),
                    ("b-work", {"ground": "b", "area": "work"}, None),
                    ("b-home", {"ground": "b", "area": "home"}, None),
                    ("c-work", {"ground": "c", "area": "work"}, 9),
                    ("d-work", {"ground": "d", "area": "work"}, 7),
                    ("d-home", {"ground": "d", "area": "home"}, 5),
                ]
            ),
        ],
    },
}


def changed(base: dict[str, Any] = YEAR, **fields: Any) -> dict[str, Any]:
    """A copy with other fields."""
    return {**copy.deepcopy(base), **fields}


def with_value(base: dict[str, Any], cell_id: str, value: Any) -> dict[str, Any]:
    """A copy in which one cell says something else."""
    found = copy.deepcopy(base)
    next(cell for cell in found["release"]["cells"] if cell["id"] == cell_id)["value"] = value
    return found


def only(base: dict[str, Any], *cells: str, **fields: Any) -> dict[str, Any]:
    """A copy with some of its cells, without tables and headlines."""
    found = changed(base, headline=[], tables=[], **fields)
    found["release"]["cells"] = [it for it in found["release"]["cells"] if it["id"] in cells]
    return found


def encoded(given: dict[str, Any]) -> bytes:
    return msgspec.json.encode(given)


def read(given: dict[str, Any]) -> Publication:
    return publication.read("file", encoded(given))


# For looking at: a table with withheld numbers, and a correction of it.
SHOWN: Final = {
    "year": encoded(YEAR),
    "correction": encoded(
        only(
            YEAR,
            withdraws=[{"release": 1, "cell": "c-work"}, {"release": 1, "cell": "contacts"}],
            title={"de": "Diese Zahlen waren falsch erfasst."},
        )
    ),
}
