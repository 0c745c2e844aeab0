"""`adstelle statistics tabulate`: count cards in a file as a city's plan says, without a database.

Prints a problem for `adstelle statistics protect`, so that anybody can check what is counted.
"""

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

import msgspec

from adstelle.city import load_city
from adstelle.counting.plan import laid, read_plan
from adstelle.counting.tabulation import tabulate
from adstelle.counting.units import Frame, carded, snapshot
from adstelle.disclosure.problem import Problem
from adstelle.domain.counting import AssessedCard
from adstelle.errors import AdstelleError
from adstelle.releases.publication import Period

BAD: Final = 2


def main(arguments: list[str]) -> int:
    """Print one JSON object; return 0, or 2 where something given is wrong."""
    given = _parser().parse_args(arguments)
    try:
        problem = _counted(given)
    except AdstelleError as error:
        return _fail(str(error) or (error.__doc__ or ""))
    except OSError as error:
        return _fail(f"{error.filename}: {error.strerror}")
    sys.stdout.buffer.write(msgspec.json.encode(_plain(msgspec.to_builtins(problem))) + b"\n")
    return 0


def _counted(given: argparse.Namespace) -> Problem:
    plan = read_plan(given.plan, load_city(given.city or given.plan.parent))
    now = laid(plan, dict(given.merge))
    frame = Frame(Period(given.since, given.to), given.cut_off)
    return tabulate(now, snapshot(plan, _cards(given.file), frame)).problem


def _cards(file: str) -> Iterator[AssessedCard]:
    if file == "-":
        yield from carded(sys.stdin.buffer, file)
        return
    with Path(file).open("rb") as lines:
        yield from carded(lines, file)


def _plain(given: Any) -> Any:
    """Without keys that say nothing."""
    if isinstance(given, Mapping):
        return {key: _plain(it) for key, it in given.items() if it is not None and it is not False}
    if isinstance(given, Sequence) and not isinstance(given, str):
        return [_plain(it) for it in given]
    return given


def _fail(message: str) -> int:
    print(f"adstelle statistics tabulate: {message}", file=sys.stderr)
    return BAD


def _merge(given: str) -> tuple[str, str]:
    name, _, level = given.partition("=")
    return name, level


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="adstelle statistics tabulate", description="Count cards as a plan says.",
    )  # fmt: skip
    parser.add_argument("file", metavar="CARDS", help="lines of JSON, one a card; - is stdin")
    parser.add_argument("--plan", type=Path, required=True, metavar="FILE", help="statistics.toml")
    parser.add_argument("--city", type=Path, metavar="FOLDER", help="if the plan is elsewhere")
    for name, said in (("from", "first day"), ("to", "last day"), ("cut-off", "day of counting")):
        parser.add_argument(
            f"--{name}", dest={"from": "since"}.get(name, name.replace("-", "_")),
            type=date.fromisoformat, required=True, metavar="DAY", help=said,
        )  # fmt: skip
    parser.add_argument(
        "--merge", type=_merge, action="append", default=[], metavar="NAME=LEVEL",
        help="count a dimension by a coarser level, or leave it (or table:ID) out: none",
    )  # fmt: skip
    return parser
