"""The German words: none is used that docs/glossary.md does not explain, none is kept there unused.

Also the code lists of docs/api.md, which people copy from.
"""

import ast
import re
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from adstelle.asking import questions
from adstelle.domain.case import State

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src/adstelle"
CITY = PACKAGE / "cities/jena"
GLOSSARY = ROOT / "docs/glossary.md"
API = ROOT / "docs/api.md"
ROUTES = {"get", "post", "put", "patch", "delete", "head", "route", "Router"}
ENGLISH = {
    "static", "api", "v1", "reports", "offers", "mailbox", "messages",
    "mandates", "handovers", "withdrawal", "proposals", "answer", "erasure", "notice",
    "removal",
}  # fmt: skip
FOLDED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "_": " ", "-": " "})


def read_toml(name: str) -> dict[str, Any]:
    return tomllib.loads((CITY / f"{name}.toml").read_text(encoding="utf-8"))


def entries() -> list[str]:
    """The first cell of every row of the glossary."""
    rows = re.findall(r"^\| (.+?) \|", GLOSSARY.read_text(encoding="utf-8"), re.MULTILINE)
    return [row for row in rows if row != "Word"]


def explained() -> set[str]:
    """The words of the glossary that stand in code, data or pages."""
    return {entry.strip("`") for entry in entries() if entry.startswith("`")}


def segments(path: str) -> set[str]:
    """The fixed parts of a path."""
    return {part for part in path.strip("/").split("/") if part and "{" not in part}


def routed(source: str) -> Iterator[str]:
    """Every path that a route decorator or a router names."""
    for call in ast.walk(ast.parse(source)):
        if isinstance(call, ast.Call) and getattr(call.func, "id", None) in ROUTES:
            given = [*call.args, *(word.value for word in call.keywords if word.arg == "path")]
            for node in (part for value in given for part in ast.walk(value)):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value


def url_segments() -> set[str]:
    """Every fixed part of an address: in routes, in links, and the names of the questions."""
    sources = [file.read_text(encoding="utf-8") for file in PACKAGE.rglob("*.py")]
    pages = [file.read_text(encoding="utf-8") for file in PACKAGE.rglob("templates/**/*.html")]
    paths = [path for source in sources for path in routed(source)]
    paths += [path for page in pages for path in re.findall(r'\burl\("([^"]+)"', page)]
    paths += [path for text in sources + pages for path in re.findall(r"\bm/[a-z]+", text)]
    return set().union(*map(segments, paths)) | {step.name for step in questions.STEPS}


USED: dict[str, Callable[[], set[str]]] = {
    "codes.toml": lambda: {code for codes in read_toml("codes").values() for code in codes},
    "stellen.toml": lambda: {stelle["code"] for stelle in read_toml("stellen")["stelle"]},
    "subjects of the finder": lambda: {
        subject["code"] for subject in read_toml("finder")["subject"]
    },
    "emergency numbers": lambda: {entry["code"] for entry in read_toml("city")["emergency"]},
    "groups of districts": lambda: {group["code"] for group in read_toml("districts")["group"]},
    "sets of the rules": lambda: {
        name for sets in read_toml("rules")["sets"].values() for name in sets
    },
    "reasons of the rules": lambda: {
        rule["reason"].removeprefix("reason.") for rule in read_toml("rules")["rule"]
    },
    "deadlines": lambda: {
        *(name for sets in read_toml("deadlines")["sets"].values() for name in sets),
        *(
            entry["text"].removeprefix("deadline_rule.")
            for entry in read_toml("deadlines")["deadline"]
        ),
        *(
            entry["start"].removeprefix("deadline_start.")
            for entry in read_toml("deadlines")["deadline"]
            if "start" in entry
        ),
    },
    "states of a case": lambda: {str(state) for state in State},
    "answers of the form": lambda: {questions.NOBODY, *questions.AGREES, *questions.RESIDENT},
    "addresses": lambda: url_segments() - ENGLISH,
}


@pytest.mark.parametrize("place", USED)
def test_every_german_word_is_explained(place: str) -> None:
    used = USED[place]()

    assert used
    assert sorted(used - explained()) == []


def test_no_english_address_is_excused_that_is_gone() -> None:
    assert sorted(ENGLISH - url_segments()) == []


def test_every_explained_word_is_used() -> None:
    files = [*PACKAGE.rglob("*.py"), *PACKAGE.rglob("*.html"), *CITY.glob("*.toml")]  # no prose
    files += (ROOT / "db").rglob("*.sql")
    text = "\n".join(file.read_text(encoding="utf-8") for file in files)
    in_use = set(re.findall(r"[a-z]+(?:[_-][a-z]+)*", text))
    in_use |= {part for word in in_use for part in word.split("-")}  # ids: fehler-titel

    assert sorted(explained() - in_use) == []


def test_the_glossary_is_in_order_and_says_each_word_once() -> None:
    words = [entry.strip("`").casefold().translate(FOLDED) for entry in entries()]

    assert words == sorted(set(words))


def test_the_guide_to_the_api_lists_the_codes_of_the_city() -> None:
    rows = dict(
        re.findall(r"^\| `(\w+)` \| (`.+`) \|$", API.read_text(encoding="utf-8"), re.MULTILINE)
    )
    listed = {field: re.findall(r"`(\w+)`", codes) for field, codes in rows.items()}
    codes = read_toml("codes")
    codes["mandates"] = codes.pop("mandate")  # the field has the plural, the list has not

    assert {field: listed.get(field) for field in codes} == codes
