"""`adstelle routing`: what the rules say about coded answers, and the rules as a table to read."""

import argparse
import json
import sys
from collections.abc import Collection, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from adstelle.city import CITIES, City, answers_of, load_city
from adstelle.domain import routing
from adstelle.domain.routing import QUESTIONS, CodedAnswers
from adstelle.errors import AdstelleError
from adstelle.routing_table import YES_NO, as_csv, as_html, as_markdown, read_table


class EntryError(AdstelleError):
    """An entry that cannot be routed: which one, which key, and what is wrong with it."""


def main(arguments: list[str], cities: Path = CITIES) -> int:
    """Run `explain [--city CITY] FILE` or `table [--city CITY] [--format FORMAT]`.

    Raises `CityError` for a city with faults.
    """
    given = _parser(cities).parse_args(arguments)
    city = load_city(cities / given.city)
    if given.command == "table":
        return table(city, cities / given.city, given.format, given.output, date.today())
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


def table(city: City, folder: Path, form: str, output: Path | None, today: date) -> int:
    """Write the rules of *city* in *folder* as a table to read, to a file or standard output.

    Returns 0, or 2 after saying on standard error that the file could not be written.
    """
    written = read_table(city, folder)
    content = {
        "markdown": lambda: "".join(f"{line}\n" for line in as_markdown(written)),
        "html": lambda: as_html(written, today),
        "csv": lambda: as_csv(written),
    }[form]()
    if output is None:
        sys.stdout.buffer.write(content.encode())
        return 0
    try:
        output.write_bytes(content.encode())
    except OSError as error:
        print(f"adstelle routing: {output}: {error.strerror}", file=sys.stderr)
        return 2
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


def _parser(cities: Path) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="adstelle routing")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    explaining = commands.add_parser("explain", help="say where coded answers lead, and why")
    explaining.add_argument(
        "file", metavar="FILE", help="a JSON list, or one object a line; - is stdin"
    )
    explaining.add_argument("--language", default="de")
    explaining.add_argument("--trace", action="store_true", help="add rule by rule why (not)")
    printing = commands.add_parser("table", help="write the rules as a table to read, in German")
    printing.add_argument("--format", default="markdown", choices=("markdown", "html", "csv"))
    printing.add_argument("--output", type=Path, metavar="FILE", help="instead of printing it")
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
