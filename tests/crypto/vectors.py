"""Read the pinned vectors."""

import tomllib
from pathlib import Path

VECTORS: dict[str, dict[str, str]] = tomllib.loads(
    Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
)
