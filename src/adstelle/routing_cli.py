"""`adstelle routing`: what the rules say about coded answers, and the rules as a page to read."""

import argparse
import json
import sys
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import msgspec

from adstelle.city import CITIES, City, answers_of, load_city
from adstelle.domain import routing
from adstelle.domain.routing import QUESTIONS, CodedAnswers
from adstelle.errors import AdstelleError
from adstelle.rulebook import Rulebook, WrittenRule, read_rulebook
from adstelle.toml_files import read_document

YES_NO = frozenset({"online", "criminal_relevance", "resident"})
ASKED = {
    "grounds": "Warum",
    "incident_type": "Was",
    "area_of_life": "In welchem Bereich",
    "territory": "Wo",
    "alleged_responsible": "Von wem",
    "online": "Im Internet",
    "reporter_role": "Wer meldet",
    "criminal_relevance": "Vielleicht eine Straftat",
    "resident": "Der betroffene Mensch lebt in der Stadt",
}


INTRODUCTION = (
    "# Wer wird wann angeboten?",
    "",
    "Diese Seite wird aus den Daten der Stadt erzeugt (`adstelle routing table`).",
    "Geändert wird dort, nicht hier.",
    "",
    "Die Regeln stehen in der Reihenfolge, in der Menschen die Stellen sehen. Eine Regel gilt,",
    "wenn eine ihrer Zeilen ganz zutrifft. Jede Stelle wird einmal angeboten, mit der Begründung",
    "der ersten Regel, die sie nennt. Kursive Wörter sind am Ende erklärt. Eine Frage ohne Antwort",
    "zählt als „Das weiß ich nicht“.",
    "",
    "Angeboten heißt: Der Mensch wählt selbst, und ohne seine Zustimmung geht nichts hinaus.",
)


class EntryError(AdstelleError):
    """An entry that cannot be routed: which one, which key, and what is wrong with it."""


def main(arguments: list[str], cities: Path = CITIES) -> int:
    """Run `explain [--city CITY] FILE` or `table`. Raises `CityError` for a city with faults."""
    given = _parser(cities).parse_args(arguments)
    city = load_city(cities / given.city)
    if given.command == "table":
        return table(city, cities / given.city)
    return explain(city, given.file, given.language, trace=given.trace)


def explain(city: City, file: str, language: str = "de", *, trace: bool = False) -> int:
    """Print one JSON object for each entry of *file* (`-`: standard input), or none of them.

    Returns 0, or 2 after saying on standard error which entry is wrong and why.
    """
    try:
        if language not in city.languages:
            raise EntryError(f"language {language} is none of {', '.join(city.languages)}")
        lines = list(explain_lines(city, _read(file), language, trace=trace))
    except (EntryError, OSError) as error:
        print(f"adstelle routing: {error}", file=sys.stderr)
        return 2
    for line in lines:
        _print(json.dumps(line, ensure_ascii=False))
    return 0


def table(city: City, folder: Path) -> int:
    """Print the rules of *city* in *folder* as a page to read."""
    book = read_rulebook(read_document(folder / "rules.toml", []), [])
    for line in routing_table(city, book):
        _print(line)
    return 0


def explain_lines(
    city: City, text: str, language: str = "de", *, trace: bool = False
) -> Iterator[dict[str, Any]]:
    """Route every entry of *text*: a JSON list, one object, or one object a line.

    With *trace* each line also says rule by rule whether it applied. Raises `EntryError`.
    """
    for number, entry in enumerate(_entries(text), start=1):
        answers = _answers(city, entry, _place(number, entry))
        found = routing.route(city.rules, answers)
        elsewhere = found.not_ours
        line: dict[str, Any] = {
            "id": entry.get("id"),
            "offers": [
                {
                    "stelle": offer.stelle,
                    "rule": offer.rule,
                    "reason": city.catalogue.text(language, offer.reason),
                }
                for offer in found.offers
            ],
            "not_ours": elsewhere
            and {
                "stellen": list(elsewhere.stellen),
                "reason": city.catalogue.text(language, elsewhere.reason),
            },
        }
        if trace:
            line["rules"] = msgspec.to_builtins(routing.explain(city.rules, answers))
        yield line


def routing_table(city: City, book: Rulebook) -> Iterator[str]:
    """Write the rules as a page in German that an adviser can read."""
    yield from INTRODUCTION
    for _, rule in book.written:
        yield from _rule_lines(city, rule)
    yield from ("", "## Die kursiven Wörter", "")
    for question, named in book.sets.items():
        for name, codes in named.items():
            labels = ", ".join(_label(city, question, code) for code in codes)
            yield f"- *{_spaced(name)}* ({ASKED[question]}): {labels}"


def _rule_lines(city: City, rule: WrittenRule) -> Iterator[str]:
    names = ", ".join(city.catalogue.text("de", city.stellen[code].name) for code in rule.stellen)
    yield from ("", f"## {rule.id}: {names}", "")
    yield f"> {city.catalogue.text('de', rule.reason)}"
    yield ""
    if rule.kind == "not_ours":
        yield from ("Nur wenn keine Stelle angeboten wurde.", "")
    if rule.unless_offered:
        yield from (f"Nur wenn noch nicht angeboten: {', '.join(rule.unless_offered)}.", "")
    for asked in rule.when:
        parts = (
            f"**{ASKED[question]}:** {' oder '.join(_word(city, question, word) for word in words)}"
            for question, words in asked.items()
        )
        yield f"- {'; '.join(parts)}"


def _word(city: City, question: str, word: str) -> str:
    return f"*{_spaced(word[1:])}*" if word.startswith("@") else _label(city, question, word)


def _spaced(name: str) -> str:
    return name.replace("_", " ")


def _label(city: City, question: str, code: str) -> str:
    if question in YES_NO:
        return {"ja": "ja", "nein": "nein", "unklar": "nicht bekannt"}[code]
    return f"„{city.catalogue.text('de', f'code.{question}.{code}')}“"


def _parser(cities: Path) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="adstelle routing")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    explaining = commands.add_parser("explain", help="say where coded answers lead, and why")
    explaining.add_argument(
        "file", metavar="FILE", help="a JSON list, or one object a line; - is stdin"
    )
    explaining.add_argument("--language", default="de")
    explaining.add_argument("--trace", action="store_true", help="add rule by rule why (not)")
    printing = commands.add_parser("table", help="print the rules as a page to read")
    known = sorted(path.parent.name for path in cities.glob("*/city.toml"))
    for command in (explaining, printing):
        command.add_argument("--city", default="jena", choices=known)
    return parser


def _print(line: str) -> None:
    """Write UTF-8 whatever the locale; what is no text (a lone surrogate) as its JSON escape."""
    sys.stdout.buffer.write(f"{line}\n".encode(errors="backslashreplace"))


def _read(file: str) -> str:
    content = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise EntryError("the file is not UTF-8") from None


def _entries(text: str) -> Iterator[dict[str, Any]]:
    """Read a list, one object, or one object a line; every entry must be an object."""
    for number, entry in enumerate(_values(text), start=1):
        if not isinstance(entry, dict):
            raise EntryError(f"entry {number}: is not an object")
        yield entry


def _values(text: str) -> list[Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        if text.lstrip().startswith("["):
            raise EntryError(f"the file is not JSON: {error}") from None
        return [
            _line(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()
        ]
    return value if isinstance(value, list) else [value]


def _line(number: int, line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        raise EntryError(f"line {number} is not JSON: {error}") from None


def _place(number: int, entry: dict[str, Any]) -> str:
    name = entry.get("id")
    return f"entry {number} ({name})" if isinstance(name, str | int) else f"entry {number}"


def _answers(city: City, entry: dict[str, Any], place: str) -> CodedAnswers:
    known = answers_of(city.codes)
    given = {question: entry[question] for question in QUESTIONS if entry.get(question) is not None}
    for question, answer in given.items():
        wrong = _wrong(question, answer, known[question])
        if wrong:
            raise EntryError(f"{place}: {question}: {wrong}")
    return msgspec.convert(given, CodedAnswers)


def _wrong(question: str, answer: Any, known: Collection[str]) -> str | None:
    if question in YES_NO:
        return None if isinstance(answer, bool) else "must be true, false or null"
    codes = answer if question == "grounds" else [answer]
    if not isinstance(codes, list) or not all(isinstance(code, str) for code in codes):
        return "must be a list of codes" if question == "grounds" else "must be a code or null"
    unknown = [code for code in codes if code not in known]
    return f"unknown code {json.dumps(unknown[0])}" if unknown else None
