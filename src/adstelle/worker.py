"""The worker process: keeps promises and removes what has expired."""

import asyncio
import contextlib
import signal
from datetime import date, datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from adstelle import events
from adstelle.city import City
from adstelle.database import Pool, Role, open_pool
from adstelle.delivery.channels.inbox import Inbox
from adstelle.delivery.service import Delivery, sweep
from adstelle.errors import OutcomeUnknown, StorageUnavailable
from adstelle.settings import Settings

PAUSE: Final = 0.5
PAUSE_WHEN_AWAY: Final = 2.0
SWEEP_SECONDS: Final = 600.0


async def run(settings: Settings, city: City, stop: asyncio.Event) -> None:
    """Work until told to stop; a database that is away is waited for."""
    pool = open_pool(settings.database(), Role.DELIVERY, size=2)
    zone = ZoneInfo(city.time_zone)

    def today() -> date:
        return datetime.now(zone).date()

    inbox = Inbox(pool)
    channels = {code: inbox for code, stelle in city.stellen.items() if stelle.works_here}
    delivery = Delivery(pool, channels, today)
    async with pool:
        await asyncio.gather(_deliver(delivery, stop, settings.alive_file), _sweep(pool, stop))


async def _deliver(delivery: Delivery, stop: asyncio.Event, alive: Path | None) -> None:
    """Keep promises; after each round with the database the file *alive* is touched."""
    while not stop.is_set():
        try:
            worked = await delivery.deliver_next()
        except (StorageUnavailable, OutcomeUnknown):
            await _wait(stop, PAUSE_WHEN_AWAY)
            continue
        if alive is not None:
            alive.touch()  # noqa: ASYNC240  one quick system call
        if not worked:
            await _wait(stop, PAUSE)


async def _sweep(pool: Pool, stop: asyncio.Event) -> None:
    while not stop.is_set():
        with contextlib.suppress(StorageUnavailable, OutcomeUnknown):
            if rows := await sweep(pool):
                events.emit(events.Swept(rows=rows))
        await _wait(stop, SWEEP_SECONDS)


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)


def main(settings: Settings, city: City) -> None:
    """Run until SIGINT or SIGTERM."""

    async def body() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        events.emit(events.Started(process="worker", port=None))
        await run(settings, city, stop)
        events.emit(events.Stopped(process="worker"))

    asyncio.run(body())
