"""`adstelle statistics protect`: a problem in, a protected release out, all as JSON."""

import argparse
import sys
from pathlib import Path

import msgspec

from adstelle.disclosure.answer import answer
from adstelle.disclosure.certificate import NotProven
from adstelle.disclosure.problem import BadProblem, read
from adstelle.disclosure.rounding import rounded
from adstelle.disclosure.solver import NotSolved, Progress
from adstelle.disclosure.utility import compare

EXIT = {"protected": 0, "infeasible": 1}
BAD_INPUT, REFUSED = 2, 4


def main(arguments: list[str], progress: Progress | None = None) -> int:
    """Print one JSON object; return 0, 1: infeasible, 2: bad input, 4: not solved or proven."""
    given = _parser().parse_args(arguments)
    try:
        problem = read(
            sys.stdin.buffer.read() if given.file == "-" else Path(given.file).read_bytes()
        )
        seed = None if given.seed is None else given.seed.read_bytes()
        if given.round:
            found = rounded(problem, seed)
        else:
            found = answer(problem, gap=given.gap, seed=seed, progress=progress)
        if given.report:
            found["utility"] = compare(problem, found.get("suppressed", []), seed or b"")
    except BadProblem as error:
        return _fail(f"{given.file}: {error}", BAD_INPUT)
    except OSError as error:
        return _fail(f"{error.filename}: {error.strerror}", BAD_INPUT)
    except (NotSolved, NotProven) as error:
        return _fail(str(error), REFUSED)
    sys.stdout.buffer.write(msgspec.json.encode(found) + b"\n")
    return EXIT[found["status"]]


def _fail(message: str, status: int) -> int:
    print(f"adstelle statistics protect: {message}", file=sys.stderr)
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="adstelle statistics protect", description=__doc__)
    parser.add_argument("file", metavar="FILE", help="a problem, sdc-problem/1; - is stdin")
    parser.add_argument("--round", action="store_true", help="round everything to 5, hide nothing")
    parser.add_argument(
        "--seed", type=Path, metavar="FILE",
        help="a secret: hide a few more cells at random; with --round: choose between equals",
    )  # fmt: skip
    parser.add_argument("--gap", type=float, default=0.0, help="how far from the optimum, relative")
    parser.add_argument("--report", action="store_true", help="add how much stays visible")
    return parser
