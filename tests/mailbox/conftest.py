"""Shared by the tests of the way back in."""

from uuid import uuid4

import pytest

from adstelle.city import City
from adstelle.database import Pool
from adstelle.intake.service import Intake
from adstelle.mailbox.consents import Consents
from adstelle.mailbox.service import Mailbox
from tests.core import REPORT, TODAY
from tests.core import browser as browser
from tests.core import intake as intake
from tests.core import keyed as keyed


@pytest.fixture
async def code(intake: Intake) -> str:
    """The code of a report given to ads_jena (with contact) and ezra."""
    return (await intake.submit(REPORT, uuid4().bytes)).code


@pytest.fixture
def mailbox(public_pool: Pool, city: City) -> Mailbox:
    return Mailbox(public_pool, city, lambda: TODAY)


@pytest.fixture
def consents(public_pool: Pool, city: City) -> Consents:
    return Consents(public_pool, city, lambda: TODAY)
