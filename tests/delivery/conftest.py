"""Shared by the tests of handing over."""

from tests.core import browser as browser
from tests.core import intake as intake
from tests.core import keyed as keyed
