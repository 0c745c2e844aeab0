"""Releases of every form a publication takes, made without a database, for the validators."""

import random
from datetime import date, timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import msgspec

from adstelle.city import CITIES, City, load_city
from adstelle.figures import portal
from adstelle.figures.files import METADATA
from adstelle.figures.offered import Cabinet, Content, Kind
from adstelle.figures.report import report as write_report
from adstelle.figures.service import Release
from adstelle.releases import publication
from adstelle.releases.tables import Layout
from adstelle.web.pages import Pages
from tests.releases.files import INCIDENTS, YEAR, changed, encoded, only, with_value

ORIGIN: Final = "https://adstelle.example"
DAY: Final = date(2026, 4, 1)
PAGES: Final = Pages(load_city(CITIES / "jena"), secure=False)
ODD: Final = (  # of labels and words, as people type them
    'Ein <Wort> & "mehr"; mit, Komma',
    "=1+1",
    "تمييز في السكن",
    "Straße – „Öffentlichkeit“\u00a0🏳️‍🌈",
    "a\tb",
)


def release(file: dict[str, Any], number: int = 1, *, withdrawn: tuple[str, ...] = ()) -> Release:
    """What the ledger would give back of a file, with the cells *withdrawn* since."""
    content = publication.canonical(publication.read("file", encoded(file)))
    given = publication.read("file", content)
    return Release(
        number=number,
        published_on=DAY,
        content=content,
        sha256=sha256(content).digest(),
        publication=given,
        layout=Layout(given, frozenset(withdrawn)),
        withdrawn=frozenset(withdrawn),
        corrected_on=(DAY + timedelta(7),) if withdrawn else (),
    )


@cache
def releases() -> dict[str, Release]:
    """By the name of the form."""
    return {
        "year": release(YEAR),
        "withdrawn": release(YEAR, withdrawn=("contacts", "c-work")),
        "only-headlines": release(changed(tables=[])),
        "only-tables": release(changed(headline=[])),
        "rounded": release(_rounded()),
        "odd-words": release(_odd_words()),
        "one-dimension": release(_one_dimension()),
        "starts-anew": release(_next_year(), 2),
        **{f"jena-{it.stem}": release(_decoded(it)) for it in _jena()},
        **{f"made-up-{seed}": release(made_up(seed)) for seed in range(6)},
    }


def report(found: Release, lang: str) -> bytes:
    """A report, made anew."""
    return write_report(PAGES, lang, found, f"{ORIGIN}/{lang}/zahlen/{found.number}")


async def files(found: Release, *kinds: Kind) -> dict[str, bytes]:
    """The files of these kinds, by name."""
    cabinet = Cabinet(PAGES, ORIGIN)
    offered = cabinet.offered(found)
    beside = [cabinet.find(found, f"{it.name}{METADATA}") for it in offered if it.kind is Kind.CSV]
    return {
        it.name: (await cabinet.content(found, it)).content
        for it in [*offered, *beside]
        if it is not None and it.kind in kinds
    }


async def catalogue(*found: Release, city: City = PAGES.city) -> bytes:
    """All of them for data portals; the bytes of reports are not measured there."""
    return portal.catalogue(
        [await _shelf(it) for it in found], city, origin=ORIGIN, publisher="Stadt Jena"
    )


async def _shelf(found: Release) -> portal.Shelf:
    quick = await files(found, *(set(Kind) - {Kind.REPORT}))
    contents = {name: Content.of(content) for name, content in quick.items()}
    return portal.Shelf(found, tuple(Cabinet(PAGES, ORIGIN).offered(found)), contents)


def _jena() -> list[Path]:
    return sorted((CITIES / "jena" / "figures").glob("*.json"))


def _decoded(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(path.read_bytes())
    return found


def _rounded() -> dict[str, Any]:
    found = only(YEAR, "contacts")
    found["headline"] = YEAR["headline"][:1]
    found["release"]["cells"][0]["round"] = {"base": 5, "mode": "controlled"}
    return found


def _odd_words() -> dict[str, Any]:
    """Codes and words that have to be written otherwise in each of the formats."""
    found, code = changed(), "ä $1"
    labels = found["dims"]["ground"]["labels"]
    labels[code] = labels.pop("a")
    found["release"]["dims"]["ground"]["values"][0] = code
    for cell in found["release"]["cells"]:
        if cell["where"].get("ground") == "a":
            cell["where"]["ground"] = code
    for words, text in zip(labels.values(), ODD, strict=False):
        words["de"] = text
    found["title"] = {"de": ODD[0], "ar": ODD[2], "de-simple": ODD[3]}
    found["notes"] = [{"de": it} for it in ODD]
    found["changes"] = [{"de": ODD[1], "en": ODD[0]}]
    found["source"] = {"de": ODD[0]}
    found["source_url"] = "https://example.org/a?b=c&d=%C3%A4"
    found["tables"][0]["note"] = {"de": ODD[2], "ar": ODD[2]}
    return found


def _one_dimension() -> dict[str, Any]:
    found = changed()
    found["tables"] = [
        {"id": "bereiche", "title": {"de": "Bereiche"}, "unit": "incidents", "rows": "area"},
        {
            "id": "arbeit", "title": {"de": "In der Arbeit"}, "unit": "incidents",
            "rows": "ground", "where": {"area": "work"}, "total": True,
        },
    ]  # fmt: skip
    return found


def _next_year() -> dict[str, Any]:
    """Half a year, which cannot be compared with the year before."""
    found = with_value(YEAR, "contacts", 91)
    found["period"] = {"from": "2026-01-01", "to": "2026-06-30"}
    found["cut_off"] = "2026-07-31"
    found["headline"][0]["starts_anew"] = {"de": "Seither zählt die Beratung anders."}
    return found


def made_up(seed: int) -> dict[str, Any]:
    """Dimensions, words and counts by chance, the same for the same *seed*."""
    chance = random.Random(seed)  # noqa: S311  no secret
    rows = [f"z{it}" for it in range(chance.randint(1, 18))]
    columns = [f"s-{it}" for it in range(chance.randint(1, 7))]
    found = only(YEAR)
    found["dims"] = {
        "zeile": _dim(chance, rows),
        "spalte": _dim(chance, columns),
    }
    found["release"]["dims"] = {
        "unit": YEAR["release"]["dims"]["unit"],
        "zeile": {"values": rows},
        "spalte": {"values": columns},
    }
    found["release"]["structural_zeros"] = []
    wheres: list[dict[str, Any]] = [
        {**({"zeile": row} if row else {}), **({"spalte": column} if column else {})}
        for row in [None, *rows]
        for column in [None, *columns]
    ]
    if len(rows) == 1 or len(columns) == 1:  # else two conditions ask the same
        wheres = [it for it in wheres if len(it) == 2]
    found["release"]["cells"] = [
        {"id": f"c{number}", "where": {"unit": INCIDENTS, **where},
         "value": chance.choice([None, chance.randint(5, 9999)])}
        for number, where in enumerate(wheres)
    ]  # fmt: skip
    found["tables"] = [
        {"id": "tabelle-1", "title": {"de": "Alles"}, "unit": "incidents", "rows": "zeile",
         "columns": "spalte", "total": len(wheres) > len(rows) * len(columns)}
    ]  # fmt: skip
    return found


def _dim(chance: random.Random, codes: list[str]) -> dict[str, Any]:
    return {
        "title": {"de": chance.choice(ODD)},
        "labels": {code: {"de": f"{code} {chance.choice(ODD)}"} for code in codes},
    }
