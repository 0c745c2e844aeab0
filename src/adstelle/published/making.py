"""`adstelle statistics prepare FILE --into FOLDER`: protected releases of published tables.

Writes a `figures-publication/1` for each period, ready for `adstelle statistics publish`, and says
which tables are left out. Exit code 0: written, 1: nothing can be published, 2: bad input.
"""

import argparse
import sys
from pathlib import Path
from typing import Final

from adstelle.auditing.reading import BadInput
from adstelle.errors import AdstelleError
from adstelle.published import protecting
from adstelle.published.cli import load
from adstelle.published.protecting import Made
from adstelle.releases import publication

NOTHING: Final = 1
BAD: Final = 2


def main(arguments: list[str]) -> int:
    """Run the command; return its exit code."""
    given = _parser().parse_args(arguments)
    try:
        seed = None if given.seed is None else given.seed.read_bytes()
        made = list(protecting.releases(load(given.file), k=given.k, seed=seed))
        given.into.mkdir(parents=True, exist_ok=True)
        for it in made:
            _write(given.into, it)
    except (AdstelleError, OSError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        print(f"adstelle statistics prepare: {reason}", file=sys.stderr)
        return BAD
    return 0 if made else NOTHING


def _write(folder: Path, made: Made) -> None:
    """Never over a file that is there: it may have been published."""
    period = made.publication.period
    file = folder / f"{period.since}_{period.to}.json"
    if file.exists():
        raise BadInput(f"{file}: is there already")
    file.write_bytes(publication.canonical(made.publication))
    print(file)
    for table, why in made.left_out.items():
        print(f"{file}: left out: {table}: {why}", file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="adstelle statistics prepare",
        description="Make protected releases of published tables, one for each period.",
        epilog="Exit code 0: written, 1: nothing can be published, 2: bad input.",
    )
    parser.add_argument("file", metavar="FILE", help="tables (published-tables/1); - is stdin")
    parser.add_argument("--into", type=Path, metavar="FOLDER", required=True)
    parser.add_argument("--k", type=int, default=5, help="the smallest count to show; 5")
    parser.add_argument("--seed", type=Path, metavar="FILE", help="hide a few more cells at random")
    return parser
