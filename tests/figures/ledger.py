"""A service with a ledger of its own, for the tests of pages and files."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import date
from typing import Any, TypeAlias

import httpx
import pytest

from adstelle.city import City
from adstelle.database import Pool
from adstelle.releases import service
from tests.core import TODAY, application_of, browser_for
from tests.releases.files import read

Publish: TypeAlias = Callable[..., Awaitable[Any]]


@pytest.fixture
async def browser(public_pool: Pool, city: City) -> AsyncIterator[httpx.AsyncClient]:
    async with browser_for(application_of(public_pool, city)) as browser:
        yield browser


@pytest.fixture
def publish(operator_pool: Pool) -> Publish:
    async def publish(file: dict[str, Any], today: date = TODAY) -> None:
        await service.publish(
            operator_pool, read(file), prepared_by="Eva Eins", approved_by="Zoe Zwei", today=today
        )

    return publish
