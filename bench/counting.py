"""How long a year's figures take from cards to an audited draft, and how much memory.

Made-up cards of Jena, already opened; what opening them costs is the cryptography's. A million of
them is counted only: its tables have nothing to hide.
"""

import resource
from collections.abc import Sequence
from datetime import date

from adstelle.city import CITIES, City, load_city
from adstelle.counting.drafting import drafted
from adstelle.counting.plan import laid, load_plan
from adstelle.counting.tabulation import tabulate
from adstelle.counting.units import Frame, snapshot
from adstelle.local.made_up import cards
from adstelle.releases.publication import Period
from bench.statistics import timed

RUNS = {"cards400": 400, "cards20000": 20_000, "cards1000000": 1_000_000}
DRAFTED = 20_000  # up to so many
SEED = b"a secret of the benchmark"


def main(arguments: Sequence[str]) -> None:
    """Print a line for each number of cards; arguments such as `cards400` choose some of them."""
    chosen = {name: number for name, number in RUNS.items() if not arguments or name in arguments}
    if not chosen:
        return
    city = load_city(CITIES / "jena")
    print("\n   cards  µs a card  counted in  tables, protected, audited  shown  peak memory")
    for number in chosen.values():
        print(_line(city, number), flush=True)


def _line(city: City, number: int) -> str:
    plan = load_plan(CITIES / "jena", city)
    frame = Frame(Period(date(2027, 1, 1), date(2027, 12, 31)), date(2028, 3, 31))
    made, _ = timed(lambda: sum(1 for _ in cards(city, number)))  # taken off again
    both, taken = timed(lambda: snapshot(plan, cards(city, number), frame))
    counting = both - made
    start = f"{number:8} {counting / number * 1e6:10.1f} {counting:9.1f} s"
    if number > DRAFTED:
        took, _ = timed(lambda: tabulate(laid(plan, {}), taken))
        return f"{start} {took:14.1f} s, tables only {'':6} {_peak():8.0f} MiB"
    took, draft = timed(lambda: drafted(plan, taken, seed=SEED))
    share = draft.shares.get("")
    shown = f"{share.cases_shown / share.cases:6.0%}" if share else "  none"
    return f"{start} {took:25.1f} s {shown} {_peak():8.0f} MiB"


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
