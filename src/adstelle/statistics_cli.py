"""`adstelle statistics COMMAND`: tools on plain files, each loaded only when it is called."""

import sys
import time
from importlib import import_module
from typing import Final, TextIO

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
SLOW: Final = ("audit", "protect")  # show how far they are
BAD: Final = 2
STOPPED: Final = 130  # as shells say it of Ctrl-C
EVERY: Final = 0.2  # seconds


class _Shown:
    """How far a command is, in one line on a terminal."""

    def __init__(self, terminal: TextIO) -> None:
        self._terminal = terminal
        self._last = 0.0

    def __call__(self, phase: str, done: int, of: int | None) -> None:
        if (now := time.monotonic()) - self._last > EVERY:
            self._last = now
            self._say(f"{phase}: {done}" if of is None else f"{phase}: {done} of {of}")

    def clear(self) -> None:
        if self._last:
            self._say("")

    def _say(self, words: str) -> None:
        """The cursor goes back to where it was: what is printed next stands there."""
        print(f"\x1b[K{words}\r", end="", file=self._terminal, flush=True)


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
    shown = _Shown(sys.stderr)
    told = [shown] if name in SLOW and sys.stderr.isatty() else []
    try:
        code: int = command.main(rest, *told)
    except KeyboardInterrupt:
        shown.clear()
        print(f"adstelle statistics {name}: stopped; nothing is answered", file=sys.stderr)
        return STOPPED
    return code
