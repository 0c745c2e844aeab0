"""Cities that do not exist, each with a protected release of one table."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from adstelle.published import protecting
from adstelle.published.tables import read
from adstelle.releases.publication import Publication
from tests.published.test_sums import one

Counts = Mapping[str, int]


def city(name: str, values: Sequence[int], **fields: Any) -> tuple[Publication, dict[str, int]]:
    """What a city publishes, and its true count of every cell."""
    file = one(*values, total=sum(values), **fields)
    file["source"] = {"de": f"Zahlen aus {name}"}
    (made,) = protecting.releases(read(name, msgspec.json.encode(file)), k=5)
    truth = {f"incidents-a-v{number}": value for number, value in enumerate(values)}
    return made.publication, {"incidents": sum(values), **truth}


def hidden(given: Publication) -> list[str]:
    """The ids of the cells that a release withholds."""
    return [cell.id for cell in given.release.cells if cell.value is None]
