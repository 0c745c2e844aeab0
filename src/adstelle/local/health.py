"""Whether a process is alive, for whoever watches over it."""

import time
import urllib.request
from pathlib import Path
from typing import Final

STALE_SECONDS: Final = 60.0


def is_alive(place: str) -> bool:
    """Whether an address answers with 200, or a file was touched within the last minute."""
    if place.startswith("http"):
        return _answers(place)
    try:
        return time.time() - Path(place).stat().st_mtime < STALE_SECONDS
    except FileNotFoundError:
        return False


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310  the operator's own
            return bool(answer.status == 200)
    except OSError:  # urllib's errors are among these
        return False
