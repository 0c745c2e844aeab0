"""`adstelle statistics audit FILE...`: what everything published so far gives away, as JSON.

Exit code 0: safe, 1: unsafe, 2: bad input or no proven answer, 3: the files contradict each other.
"""

import argparse
import sys
from pathlib import Path
from typing import Final

import msgspec

from adstelle.auditing.judging import Answer, Options, audit
from adstelle.auditing.reading import BadInput, Published, read, read_sensitive
from adstelle.auditing.solving import Progress
from adstelle.errors import AdstelleError

CODES: Final = {"safe": 0, "unsafe": 1, "contradiction": 3}
BAD: Final = 2


def main(arguments: list[str], progress: Progress | None = None) -> int:
    """Run the command; return its exit code."""
    given = _parser().parse_args(arguments)
    try:
        published = [_published(file) for file in given.files]
        sensitive = None
        if given.sensitive is not None:
            sensitive = read_sensitive(given.sensitive, _content(given.sensitive))
        options = Options(given.rule_aware, given.insider, given.strict, sensitive)
        answer = audit(published, options, progress)
    except AdstelleError as error:
        print(f"adstelle statistics audit: {error}", file=sys.stderr)
        return BAD
    except MemoryError:
        print("adstelle statistics audit: these tables do not fit into memory", file=sys.stderr)
        return BAD
    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(answer)) + b"\n")
    _tell(answer)
    return CODES[answer.status]


def _tell(answer: Answer) -> None:
    """Say in words, on standard error, why the answer is not "safe"."""
    for finding in answer.reasons:
        print(f"{finding.file}: {finding.id}: {finding.reason}", file=sys.stderr)
    if answer.conflict:
        places = ", ".join(f"{place.file}: {place.id}" for place in answer.conflict)
        print(f"these cannot all be true: {places}", file=sys.stderr)


def _published(file: str) -> Published:
    return read(file, _content(file))


def _content(file: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise BadInput(f"{file}: {error.strerror}") from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="adstelle statistics audit",
        description="Find what every hidden count can be, given everything published so far.",
        epilog="Exit code 0: safe, 1: unsafe, 2: bad input, 3: the files contradict each other.",
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="a release (sdc-release/1)")
    parser.add_argument(
        "--rule-aware", action="store_true", help="as somebody who knows which counts are small"
    )
    parser.add_argument(
        "--insider", action="store_true", help="as somebody who is the only case in a hidden cell"
    )
    parser.add_argument("--strict", action="store_true", help="refuse what is only noted as well")
    parser.add_argument(
        "--sensitive", metavar="FILE", help="the ids of the small hidden cells; keep it in-house"
    )
    return parser
