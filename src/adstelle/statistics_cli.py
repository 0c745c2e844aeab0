"""`adstelle statistics COMMAND`: tools on plain files, each loaded only when it is called."""

import sys
from importlib import import_module
from typing import Final

COMMANDS: Final = {
    "audit": "adstelle.auditing.cli",
    "protect": "adstelle.disclosure.cli",
    "publish": "adstelle.releases.publish",
    "tabulate": "adstelle.counting.cli",
    "ledger": "adstelle.releases.ledger",
    "combine": "adstelle.federation.combine",
    "prepare": "adstelle.published.making",
    "sums": "adstelle.published.cli",
}
BAD: Final = 2


def main(arguments: list[str]) -> int:
    """Hand over to the command's own `main`; return its exit code."""
    name, *rest = arguments
    if name not in COMMANDS:
        known = ", ".join(sorted(COMMANDS))
        print(f"adstelle statistics: {name} is none of {known}", file=sys.stderr)
        return BAD
    try:
        command = import_module(COMMANDS[name])
    except ModuleNotFoundError as error:
        own = (error.name or "").startswith("adstelle")
        reason = "is not part of this version" if own else "needs adstelle[statistics] installed"
        print(f"adstelle statistics {name}: {reason}", file=sys.stderr)
        return BAD
    code: int = command.main(rest)
    return code
