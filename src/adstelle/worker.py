"""The worker process: keeps promises, removes what has expired, erases what is over."""

import asyncio
import contextlib
import secrets
import signal
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from adstelle import events
from adstelle.city import City
from adstelle.crypto.signing import SigningKey
from adstelle.database import Pool, Role, open_pool
from adstelle.delivery.channels import Channel, partner
from adstelle.delivery.channels.inbox import Inbox
from adstelle.delivery.channels.mail.mailer import Mailer, mailer_of
from adstelle.delivery.channels.mail.person import person_mailer_of
from adstelle.delivery.notices import Notices, clock_of, notice_key
from adstelle.delivery.service import Delivery, sweep
from adstelle.errors import OutcomeUnknown, StorageUnavailable
from adstelle.exchange.peers import peers_of, signing_key
from adstelle.reloading import Reloader
from adstelle.retention.service import Retention, retention_of
from adstelle.settings import Settings

OUTWARD: Final = 3  # what leaves the house waits for others, and is waited for by nobody here
PAUSE: Final = 0.5
PAUSE_WHEN_AWAY: Final = 2.0
SWEEP_SECONDS: Final = 600.0
NOTICE_SECONDS: Final = 20.0
RETENTION_SECONDS: Final = 2.0  # after which what an adviser decided to erase is gone


async def run(settings: Settings, city: City, stop: asyncio.Event) -> None:
    """Work until told to stop; a database that is away is waited for."""
    pool = open_pool(settings.database(), Role.DELIVERY, size=3 + OUTWARD)
    key, post = means(settings, city)
    notices = notices_of(pool, settings, city)
    async with pool, partner.client() as client:
        delivery = Delivery(pool, channels_of(pool, city, key, client), city.today, post=post)
        await asyncio.gather(
            _deliver(delivery, stop, alive=settings.alive_file),
            *(_deliver(delivery, stop, in_lanes=True) for _ in range(OUTWARD)),
            _sweep(pool, stop),
            _tell_people(notices, stop),
            _keep_to_the_plan(retention_of(pool, city), city, stop),
        )


def means(settings: Settings, city: City) -> tuple[SigningKey | None, Mailer | None]:
    """What it takes to reach everybody outside. Raises `SettingsError` where it is missing."""
    return signing_key(settings, city), mailer_of(settings, city, lambda: datetime.now(UTC))


def notices_of(pool: Pool, settings: Settings, city: City) -> Notices:
    """What tells people that there is something new. Raises `SettingsError`."""

    def now() -> datetime:
        return datetime.now(UTC)

    clock = clock_of(city, now, secrets.SystemRandom().random)
    return Notices(pool, clock, notice_key(settings), person_mailer_of(settings, city, now))


def channels_of(
    pool: Pool, city: City, key: SigningKey | None, client: partner.Client
) -> dict[str, Channel]:
    """The channel of every Stelle that a report can be given to."""
    found: dict[str, Channel] = {
        code: Inbox(pool, with_notice=stelle.channel == "mail")
        for code, stelle in city.stellen.items()
        if stelle.works_here
    }
    if key is not None:
        for code, peer in peers_of(city).by_stelle.items():
            found[code] = partner.Partner(pool, peer, key, client, lambda: datetime.now(UTC))
    return found


async def _deliver(
    delivery: Delivery, stop: asyncio.Event, *, in_lanes: bool = False, alive: Path | None = None
) -> None:
    """Keep promises; after each round with the database the file *alive* is touched."""
    while not stop.is_set():
        try:
            worked = await delivery.deliver_next(in_lanes=in_lanes)
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


async def _tell_people(notices: Notices, stop: asyncio.Event) -> None:
    """Look at the mailboxes whose moment has come, one after the other."""
    is_announced = False
    while not stop.is_set():
        try:
            if not is_announced:
                await notices.announce()
                is_announced = True
            worked = await notices.look()
        except (StorageUnavailable, OutcomeUnknown):
            await _wait(stop, PAUSE_WHEN_AWAY)
            continue
        if not worked:
            await _wait(stop, NOTICE_SECONDS)


async def _keep_to_the_plan(retention: Retention, city: City, stop: asyncio.Event) -> None:
    """Erase what is over once on each of the city's days, and what was decided on at once."""
    last: date | None = None
    while not stop.is_set():
        with contextlib.suppress(StorageUnavailable, OutcomeUnknown):
            if city.today() != last:
                await retention.run()
                last = city.today()
            await retention.run_decided()
        await _wait(stop, RETENTION_SECONDS)


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)


async def run_anew(settings: Settings, reloader: Reloader, stop: asyncio.Event) -> None:
    """Work until told to stop; with a changed city from the next promise on."""
    while not stop.is_set():
        await _run_until_changed(settings, reloader, stop)


async def _run_until_changed(settings: Settings, reloader: Reloader, stop: asyncio.Event) -> None:
    over = asyncio.Event()

    def take(newer: City) -> None:
        means(settings, newer)
        over.set()

    reloader.on_change(take)

    async def stopped() -> None:
        await stop.wait()
        over.set()

    waiting = asyncio.create_task(stopped())
    await run(settings, reloader.standing.city, over)
    waiting.cancel()


def main(settings: Settings, reloader: Reloader) -> None:
    """Run until SIGINT or SIGTERM; SIGHUP reads the city anew."""

    async def body() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        loop.add_signal_handler(signal.SIGHUP, reloader.ask)
        events.emit(events.Started(process="worker", port=None))
        await run_anew(settings, reloader, stop)
        events.emit(events.Stopped(process="worker"))

    asyncio.run(body())
