"""`adstelle statistics combine FILE... --as NAME`: the sum of several cities' releases.

Prints a `figures-publication/1`. Exit code 0: printed, 2: bad input.
"""

import argparse
import sys
from typing import Final

from adstelle.auditing.reading import BadInput
from adstelle.federation.combining import combined
from adstelle.releases import publication

BAD: Final = 2


def main(arguments: list[str]) -> int:
    """Run the command; return its exit code."""
    given = _parser().parse_args(arguments)
    try:
        if len(set(given.files)) < len(given.files):
            raise BadInput("a file is named twice")
        made = combined({file: publication.load(file) for file in given.files}, given.name)
    except BadInput as error:
        print(f"adstelle statistics combine: {error}", file=sys.stderr)
        return BAD
    sys.stdout.buffer.write(publication.canonical(made))
    withheld = sum(cell.value is None for cell in made.release.cells)
    print(f"{len(made.release.cells)} cells, {withheld} withheld", file=sys.stderr)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="adstelle statistics combine",
        description="Add up what several cities have published about the same period.",
        epilog="Exit code 0: printed, 2: bad input.",
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="figures-publication/1 of a city")
    parser.add_argument("--as", dest="name", metavar="NAME", required=True, help="what they are")
    return parser
