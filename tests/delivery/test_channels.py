"""What every channel promises, tried on each of them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final
from uuid import UUID, uuid4

import pytest

from adstelle.city import City
from adstelle.database import Pool
from adstelle.delivery.channels import Channel, Parcel
from adstelle.delivery.channels.inbox import Inbox
from adstelle.errors import AdstelleError
from adstelle.intake.service import Intake
from tests import core
from tests.conftest import Admin, Database
from tests.core import REPORT, TODAY
from tests.proxy import road_to

CHANNELS: Final[dict[str, Callable[[Pool], Channel]]] = {"inbox": Inbox}


@pytest.fixture(params=CHANNELS)
def channel(request: pytest.FixtureRequest, worker_pool: Pool) -> Channel:
    return CHANNELS[request.param](worker_pool)


@pytest.fixture
async def report_id(intake: Intake, keyed: Admin) -> UUID:
    """A report given to ads_jena and ezra."""
    await intake.submit(REPORT, uuid4().bytes)
    found: UUID = await keyed.fetchval("select report_id from intake.report")
    return found


async def arrived(admin: Admin) -> list[tuple[UUID, str]]:
    rows = await admin.fetch("select report_id, stelle from casework.case order by stelle")
    return [(row["report_id"], row["stelle"]) for row in rows]


async def test_what_was_delivered_has_arrived(
    channel: Channel, report_id: UUID, keyed: Admin
) -> None:
    assert await arrived(keyed) == []
    await channel.deliver(Parcel(report_id, "ezra", TODAY))
    assert await arrived(keyed) == [(report_id, "ezra")]


async def test_delivering_again_changes_nothing(
    channel: Channel, report_id: UUID, keyed: Admin
) -> None:
    await channel.deliver(Parcel(report_id, "ezra", TODAY))
    await keyed.execute("update casework.case set state = 'gelesen', changed_on = $1", TODAY)
    before = await keyed.fetch("select * from casework.case")

    for days in range(3):
        await channel.deliver(Parcel(report_id, "ezra", TODAY + timedelta(days=days)))
    assert await keyed.fetch("select * from casework.case") == before


async def test_what_is_not_there_any_more_does_no_harm(channel: Channel, keyed: Admin) -> None:
    await channel.deliver(Parcel(uuid4(), "ezra", TODAY))
    assert await arrived(keyed) == []


@pytest.mark.parametrize("name", CHANNELS)
async def test_what_cannot_be_handed_over_raises_an_error_that_quotes_nothing(
    name: str, report_id: UUID, database: Database
) -> None:
    async with road_to(database) as road, core.worker_pool_on(road, database) as pool:
        channel = CHANNELS[name](pool)
        await road.close()
        with pytest.raises(AdstelleError) as raised:
            await channel.deliver(Parcel(report_id, "ezra", TODAY))
    assert str(raised.value) == ""


async def test_the_day_of_the_report_is_kept(
    channel: Channel, report_id: UUID, keyed: Admin
) -> None:
    later = TODAY + timedelta(days=3)
    await channel.deliver(Parcel(report_id, "ezra", later))
    row = await keyed.fetchrow("select received_on, changed_on, state from casework.case")
    assert row is not None
    assert tuple(row) == (TODAY, later, "neu")


def test_every_channel_a_city_may_name_is_here(city: City) -> None:
    used = {stelle.channel for stelle in city.stellen.values()}
    assert used - {"none"} <= set(CHANNELS)
