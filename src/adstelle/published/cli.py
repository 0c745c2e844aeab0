"""`adstelle statistics sums FILE...`: whether published tables add up, as JSON and in words.

Exit code 0: nothing is wrong, 1: sums do not match, 2: bad input.
"""

import argparse
import sys
from pathlib import Path
from typing import Final

import msgspec

from adstelle.auditing.reading import BadInput
from adstelle.published.sums import Finding, findings
from adstelle.published.tables import Tables, read

WRONG: Final = 1
BAD: Final = 2


class Checked(msgspec.Struct, frozen=True):
    file: str
    publisher: str
    tables: int
    findings: list[Finding]


def main(arguments: list[str]) -> int:
    """Run the command; return its exit code."""
    given = _parser().parse_args(arguments)
    try:
        read_in = [(file, load(file)) for file in given.files]
    except BadInput as error:
        print(f"adstelle statistics sums: {error}", file=sys.stderr)
        return BAD
    checked = [
        Checked(file, tables.publisher, len(tables.tables), findings(tables))
        for file, tables in read_in
    ]
    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(checked)) + b"\n")
    return WRONG if _tell(checked) else 0


def load(file: str) -> Tables:
    """Read a file, or standard input where it is `-`. Raises `BadInput`."""
    try:
        content = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise BadInput(f"{file}: {error.strerror}") from None
    return read(file, content)


def _tell(checked: list[Checked]) -> int:
    """Say everything in words, on standard error; return how many findings are wrong."""
    for it in checked:
        for finding in it.findings:
            mark = "WRONG" if finding.is_wrong else "note"
            print(f"{mark}: {it.file}: {finding.table}: {finding.text}", file=sys.stderr)
    wrong = sum(finding.is_wrong for it in checked for finding in it.findings)
    tables = sum(it.tables for it in checked)
    print(f"{tables} tables, {wrong} sums do not match", file=sys.stderr)
    return wrong


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="adstelle statistics sums",
        description="Find published tables that do not add up, and shares that are counts.",
        epilog="Exit code 0: nothing is wrong, 1: sums do not match, 2: bad input.",
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="tables (published-tables/1)")
    return parser
