"""Checks on rendered HTML: what no engine looks for, or what is cheaper to see without a browser.

A rule takes a page and yields what is wrong with it, in words; a good page yields nothing. Every
rule has a planted defect in tests/accessibility/test_planted.py that it must see.
"""

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from accessibility.rules import entries, faults, foreign, frame, language
from accessibility.rules.page import Page

Rule = Callable[[Page], Iterator[str]]

RULES: Final[dict[str, Rule]] = {
    rule.__name__: rule
    for module in (frame, entries, faults, foreign, language)
    for rule in module.RULES
}


class Finding(NamedTuple):
    """What is wrong, and which check says so."""

    check: str
    what: str

    def __str__(self) -> str:
        return f"{self.check}: {self.what}"


def check(page: Page) -> list[Finding]:
    """Run every rule."""
    return [Finding(name, what) for name, rule in RULES.items() for what in rule(page)]
