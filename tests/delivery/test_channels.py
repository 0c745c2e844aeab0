"""What every channel promises, tried on each of them, with what really stands at its other end."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final, get_args, get_type_hints
from uuid import UUID, uuid4

import msgspec
import pytest

from adstelle.city import Stelle
from adstelle.database import Pool, Role
from adstelle.delivery.channels import Channel, Parcel
from adstelle.delivery.channels.inbox import Inbox
from adstelle.delivery.channels.partner import Partner
from adstelle.domain.report import Consent
from adstelle.errors import AdstelleError, DeliveryError
from adstelle.exchange.peers import peers_of
from adstelle.intake.service import Intake
from tests import core
from tests.conftest import Admin, Database, Shelf, connected
from tests.core import NOW, REPORT, TODAY, announce_keys
from tests.exchange.houses import BERATUNG, JENA, two_houses
from tests.exchange.test_two_houses import TREATED
from tests.proxy import road_to


@dataclass
class End:
    """A channel, a hand-over that waits for it, and a look at what is at its other end."""

    channel: Channel
    stelle: str
    handover_id: UUID
    admin: Admin
    look: Callable[[], Awaitable[list[str]]]

    def parcel(self, today: date = TODAY) -> Parcel:
        return Parcel(handover_id=self.handover_id, stelle=self.stelle, today=today)

    async def take_back(self) -> None:
        """As the mailbox does it."""
        await self.admin.execute(
            "update intake.handover set withdrawn_on = $2 where handover_id = $1",
            self.handover_id, TODAY,
        )  # fmt: skip


async def cases(admin: Admin) -> list[str]:
    """Every case there is, with all that can change in it."""
    rows = await admin.fetch(
        'select stelle, state, received_on, changed_on, "position" from casework.case order by 1'
    )
    return [" ".join(str(value) for value in row) for row in rows]


async def handed_to(admin: Admin, stelle: str) -> UUID:
    found: UUID = await admin.fetchval(
        "select handover_id from intake.handover where stelle = $1", stelle
    )
    return found


@dataclass(frozen=True)
class Here:
    """Our own house, with nothing in it yet."""

    admin: Admin
    intake: Intake
    worker_pool: Pool


@pytest.fixture
def house(keyed: Admin, intake: Intake, worker_pool: Pool) -> Here:
    return Here(keyed, intake, worker_pool)


@asynccontextmanager
async def here(house: Here, *, with_notice: bool) -> AsyncIterator[End]:
    """A Stelle that works in Adstelle: its queue is the other end."""
    await house.intake.submit(REPORT, uuid4().bytes)
    channel = Inbox(house.worker_pool, with_notice=with_notice)
    handover_id = await handed_to(house.admin, "ezra")
    yield End(channel, "ezra", handover_id, house.admin, lambda: cases(house.admin))


@asynccontextmanager
async def elsewhere(shelf: Shelf, folder: Path) -> AsyncIterator[End]:
    """A partner's system, over TLS: another Adstelle stands there."""
    async with AsyncExitStack() as open_things:
        enter = open_things.enter_async_context
        houses = await enter(two_houses(shelf, folder))
        jena = await enter(connected(houses.databases[JENA].superuser_dsn))
        other = await enter(connected(houses.databases[BERATUNG].superuser_dsn))
        await announce_keys(jena, (JENA, "statistics"))
        await announce_keys(other, (BERATUNG,))
        await enter(houses.open(BERATUNG))
        public = await enter(houses.pool(JENA, "adstelle_public", Role.INTAKE))
        city = houses.cities[JENA]
        await Intake(public, city, lambda: NOW, today=lambda: TODAY).submit(
            msgspec.structs.replace(TREATED, consents=(Consent(stelle=BERATUNG),)), uuid4().bytes
        )

        async def look() -> list[str]:
            await houses.work(BERATUNG)
            return await cases(other)

        channel = Partner(
            await enter(houses.pool(JENA, "adstelle_worker", Role.DELIVERY)),
            peers_of(city).by_stelle[BERATUNG],
            houses.places[JENA].key,
            await enter(houses.client()),
            lambda: datetime.now(UTC),
        )
        yield End(channel, BERATUNG, await handed_to(jena, BERATUNG), jena, look)


CHANNELS: Final = ("inbox", "mail", "partner")


@pytest.fixture(params=CHANNELS)
async def end(
    request: pytest.FixtureRequest, house: Here, shelf: Shelf, tmp_path: Path
) -> AsyncIterator[End]:
    if request.param == "partner":
        opened = elsewhere(shelf, tmp_path)
    else:
        opened = here(house, with_notice=request.param == "mail")
    async with opened as found:
        yield found


async def test_what_was_delivered_has_arrived(end: End) -> None:
    assert await end.look() == []
    await end.channel.deliver(end.parcel())
    (case,) = await end.look()
    assert case.startswith(f"{end.stelle} neu {TODAY}")


async def test_delivering_again_changes_nothing(end: End) -> None:
    await end.channel.deliver(end.parcel())
    before = await end.look()
    for days in range(3):
        await end.channel.deliver(end.parcel(TODAY + timedelta(days=days)))
    assert await end.look() == before


async def test_what_is_not_there_any_more_does_no_harm(end: End) -> None:
    unknown = Parcel(handover_id=uuid4(), stelle=end.stelle, today=TODAY)
    await end.channel.deliver(unknown)
    await end.channel.withdraw(unknown)
    assert await end.look() == []


async def test_what_was_taken_back_is_gone(end: End) -> None:
    await end.channel.deliver(end.parcel())
    assert len(await end.look()) == 1
    await end.take_back()
    for _ in range(2):
        await end.channel.withdraw(end.parcel())
    assert await end.look() == []


async def test_what_was_taken_back_does_not_come_any_more(end: End) -> None:
    """Another worker still held the delivery when the person changed their mind."""
    await end.take_back()
    await end.channel.withdraw(end.parcel())
    await end.channel.deliver(end.parcel())
    assert await end.look() == []


async def test_the_others_keep_what_they_were_given(end: End) -> None:
    await end.channel.deliver(end.parcel())
    await end.take_back()
    await end.channel.withdraw(end.parcel())
    kept = await end.admin.fetch("select recipient from intake.wrap order by recipient")
    others = {"ezra": ["ads_jena", "mailbox"], BERATUNG: ["mailbox"]}
    assert [row["recipient"] for row in kept] == others[end.stelle]


async def test_what_cannot_be_handed_over_raises_an_error_that_quotes_nothing(
    end: End, database: Database
) -> None:
    """The database away, or for a partner its system: nobody listens at its address."""
    channel = end.channel
    async with road_to(database) as road, core.worker_pool_on(road, database) as pool:
        if isinstance(channel, Partner):
            channel.peer = msgspec.structs.replace(
                channel.peer, url=f"https://localhost:{core.free_port()}/austausch/v1/messages"
            )
        else:
            channel = Inbox(pool)
        await road.close()
        with pytest.raises(AdstelleError) as raised:
            await channel.deliver(end.parcel())
    assert str(raised.value) == ""


async def test_only_a_partner_is_told_of_decisions(end: End) -> None:
    if not isinstance(end.channel, Partner):
        with pytest.raises(DeliveryError):
            await end.channel.decide(end.parcel())


async def test_the_day_of_the_report_is_kept(end: End) -> None:
    await end.channel.deliver(end.parcel(TODAY + timedelta(days=3)))
    (case,) = await end.look()
    assert f" {TODAY} " in case


async def test_a_notice_is_promised_for_a_new_case_only(
    worker_pool: Pool, intake: Intake, keyed: Admin
) -> None:
    await intake.submit(REPORT, uuid4().bytes)
    parcel = Parcel(handover_id=await handed_to(keyed, "ezra"), stelle="ezra", today=TODAY)
    promised = (
        "select stelle, extract(minute from due_at)::int from outbox.promise where kind = 'notice'"
    )
    await Inbox(worker_pool).deliver(parcel)
    await Inbox(worker_pool, with_notice=True).deliver(parcel)
    assert await keyed.fetch(promised) == [], "the case was there already"
    await keyed.execute("delete from casework.case")
    await Inbox(worker_pool, with_notice=True).deliver(parcel)
    (row,) = await keyed.fetch(promised)
    assert tuple(row) == ("ezra", 0), "at a full hour: its time tells nothing"


def test_every_channel_a_city_may_name_is_here() -> None:
    named = set(get_args(get_type_hints(Stelle)["channel"]))
    assert named - {"none"} == set(CHANNELS)
