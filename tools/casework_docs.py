"""The diagram of a case's steps in docs/casework.md, drawn from the table in domain/case.py.

python tools/casework_docs.py
"""

import re
from pathlib import Path
from typing import Final

from adstelle.domain.case import diagram

PAGE: Final = Path(__file__).resolve().parents[1] / "docs" / "casework.md"
DRAWN: Final = re.compile(r"```mermaid\n.*?\n```", re.S)


def main() -> None:
    """Draw it anew."""
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(DRAWN.sub(lambda _: f"```mermaid\n{diagram()}\n```", text), encoding="utf-8")


if __name__ == "__main__":
    main()
