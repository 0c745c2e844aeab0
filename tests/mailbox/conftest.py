"""Shared by the tests of the way back in."""

from tests.core import browser as browser
from tests.core import intake as intake
from tests.core import keyed as keyed
