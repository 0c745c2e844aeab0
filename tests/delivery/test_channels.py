"""What every channel promises, tried on each of them."""

from collections.abc import Callable
from datetime import date, timedelta
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
async def handed(intake: Intake, keyed: Admin) -> UUID:
    """The hand-over to ezra of a report given to ads_jena and ezra."""
    await intake.submit(REPORT, uuid4().bytes)
    found: UUID = await keyed.fetchval(
        "select handover_id from intake.handover where stelle = 'ezra'"
    )
    return found


def parcel(handover_id: UUID, stelle: str, today: date = TODAY) -> Parcel:
    return Parcel(handover_id=handover_id, stelle=stelle, today=today)


async def arrived(admin: Admin) -> list[str]:
    rows = await admin.fetch("select stelle from casework.case order by stelle")
    return [row["stelle"] for row in rows]


async def take_back(admin: Admin, handover_id: UUID) -> None:
    """As the mailbox does it."""
    await admin.execute(
        "update intake.handover set withdrawn_on = $2 where handover_id = $1", handover_id, TODAY
    )


async def test_what_was_delivered_has_arrived(channel: Channel, handed: UUID, keyed: Admin) -> None:
    assert await arrived(keyed) == []
    await channel.deliver(parcel(handed, "ezra"))
    assert await arrived(keyed) == ["ezra"]


async def test_delivering_again_changes_nothing(
    channel: Channel, handed: UUID, keyed: Admin
) -> None:
    await channel.deliver(parcel(handed, "ezra"))
    await keyed.execute("update casework.case set state = 'gelesen', changed_on = $1", TODAY)
    before = await keyed.fetch("select * from casework.case")

    for days in range(3):
        await channel.deliver(parcel(handed, "ezra", TODAY + timedelta(days=days)))
    assert await keyed.fetch("select * from casework.case") == before


async def test_what_is_not_there_any_more_does_no_harm(channel: Channel, keyed: Admin) -> None:
    await channel.deliver(parcel(uuid4(), "ezra"))
    assert await arrived(keyed) == []


async def test_what_was_taken_back_is_gone(channel: Channel, handed: UUID, keyed: Admin) -> None:
    await channel.deliver(parcel(handed, "ezra"))
    await take_back(keyed, handed)
    for _ in range(2):
        await channel.withdraw(parcel(handed, "ezra"))
    assert await arrived(keyed) == []


async def test_what_was_taken_back_does_not_come_any_more(
    channel: Channel, handed: UUID, keyed: Admin
) -> None:
    """Another worker still held the delivery when the person changed their mind."""
    await take_back(keyed, handed)
    await channel.withdraw(parcel(handed, "ezra"))
    await channel.deliver(parcel(handed, "ezra"))
    assert await arrived(keyed) == []


async def test_the_others_keep_what_they_were_given(
    channel: Channel, handed: UUID, keyed: Admin
) -> None:
    other = await keyed.fetchval("select handover_id from intake.handover where stelle <> 'ezra'")
    await channel.deliver(parcel(handed, "ezra"))
    await channel.deliver(parcel(other, "ads_jena"))
    await take_back(keyed, handed)
    await channel.withdraw(parcel(handed, "ezra"))
    assert await arrived(keyed) == ["ads_jena"]


@pytest.mark.parametrize("name", CHANNELS)
async def test_what_cannot_be_handed_over_raises_an_error_that_quotes_nothing(
    name: str, handed: UUID, database: Database
) -> None:
    async with road_to(database) as road, core.worker_pool_on(road, database) as pool:
        channel = CHANNELS[name](pool)
        await road.close()
        with pytest.raises(AdstelleError) as raised:
            await channel.deliver(parcel(handed, "ezra"))
    assert str(raised.value) == ""


async def test_the_day_of_the_report_is_kept(channel: Channel, handed: UUID, keyed: Admin) -> None:
    later = TODAY + timedelta(days=3)
    await channel.deliver(parcel(handed, "ezra", later))
    row = await keyed.fetchrow("select received_on, changed_on, state from casework.case")
    assert row is not None
    assert tuple(row) == (TODAY, later, "neu")


def test_every_channel_a_city_may_name_is_here(city: City) -> None:
    used = {stelle.channel for stelle in city.stellen.values()}
    assert used - {"none"} <= set(CHANNELS)
