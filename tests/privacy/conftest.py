"""Shared by the tests of privacy."""

from tests.core import browser, intake, keyed

__all__ = ["browser", "intake", "keyed"]
