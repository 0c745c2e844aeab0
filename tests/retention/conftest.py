"""Shared by the tests of keeping and erasing."""

import pytest

from adstelle.city import City
from adstelle.database import Pool
from adstelle.retention.service import Retention, retention_of
from tests.casework.conftest import sessions as sessions


@pytest.fixture
def retention(worker_pool: Pool, city: City) -> Retention:
    return retention_of(worker_pool, city)
