"""Cities for the tests: Jena as it is served, and two that do not exist (README.md)."""

from pathlib import Path
from typing import Final

from adstelle.city import CITIES

JENA: Final = CITIES / "jena"
ERFUNDENSTEDT: Final = Path(__file__).parent / "erfundenstedt"
MUSTERWERDER: Final = Path(__file__).parent / "musterwerder"
ALL: Final = (JENA, ERFUNDENSTEDT, MUSTERWERDER)
