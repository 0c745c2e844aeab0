"""Tell people that there is something new, once a day at most, and nothing else (domain.notice)."""

import hashlib
from collections.abc import Callable
from datetime import datetime, tzinfo
from typing import Final, Protocol
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import msgspec

from adstelle import events
from adstelle.city import City
from adstelle.crypto import notice
from adstelle.crypto.hpke import PrivateKey
from adstelle.database import Pool, Role, queries, transaction
from adstelle.domain.notice import MOST_ATTEMPTS, NoticeTo, following, is_by_day, is_news
from adstelle.errors import AddressRefused, AdstelleError, BadKey, SettingsError, Unopenable
from adstelle.settings import Settings, read_secret

LEASE_SECONDS: Final = 60.0  # longer than the mail server is waited for
_sql = queries("notice")


class Letterbox(Protocol):
    """Takes a mail to a person, or raises a `DeliveryError`."""

    async def send(self, to: NoticeTo, occasion: str) -> None:
        """Send the one mail there is."""


class Due(msgspec.Struct, frozen=True):
    """A mailbox whose time has come, ours for the time of a lease."""

    report_id: UUID
    for_worker: bytes
    things: int
    told: int
    attempts: int
    lease: UUID


class Clock(msgspec.Struct, frozen=True):
    """What it takes to say when: the time, the city's zone, and chance in [0, 1)."""

    now: Callable[[], datetime]
    zone: tzinfo
    chance: Callable[[], float]


class Notices:
    """Looks at mailboxes whose time has come. Without *key* and *letterbox* nobody is asked for an
    address, and nothing is sent to those that were left before.
    """

    def __init__(
        self, pool: Pool, clock: Clock, key: PrivateKey | None, letterbox: Letterbox | None
    ) -> None:
        self._pool = pool
        self._clock = clock
        self._key = key
        self._letterbox = letterbox

    async def announce(self) -> None:
        """Say whom addresses are to be sealed for, or that nobody is to be asked for one."""
        async with transaction(self._pool, Role.NOTICE) as conn:
            if self._key is None or self._letterbox is None:
                await _sql.take_in(conn)
            else:
                await _sql.hang_out(conn, encoded=self._key.encoded_public())

    async def look(self) -> bool:
        """Look at one mailbox whose time has come; false if there is none."""
        if self._key is None or self._letterbox is None:
            return False
        async with transaction(self._pool, Role.NOTICE) as conn:
            row = await _sql.claim(conn, lease=uuid4(), seconds=LEASE_SECONDS)
        if row is None:
            return False
        await self._see_to(msgspec.convert(dict(row), Due), self._key, self._letterbox)
        return True

    async def _see_to(self, due: Due, key: PrivateKey, letterbox: Letterbox) -> None:
        now = self._clock.now()
        if not is_news(due.things, due.told):
            await self._settle(due, told=due.things)
        elif not is_by_day(now, self._clock.zone):
            await self._settle(due, told=due.told, attempts=due.attempts - 1, was_looked_at=False)
        elif due.attempts > MOST_ATTEMPTS:  # each ended the worker, or the mail server says no
            await self._settle(due, told=due.things)
        else:
            await self._tell(due, key, letterbox)

    async def _tell(self, due: Due, key: PrivateKey, letterbox: Letterbox) -> None:
        """Send the mail; one that did not get through is tried again the next day."""
        try:
            to = notice.open_for_worker(due.for_worker, due.report_id, key)
            await letterbox.send(to, self._occasion(due))
        except (AddressRefused, Unopenable) as error:
            events.emit(events.NoticeFailed(error=events.error_name(error), is_final=True))
            async with transaction(self._pool, Role.NOTICE) as conn:
                await _sql.give_up(conn, report_id=due.report_id, lease=due.lease)
        except AdstelleError as error:
            events.emit(events.NoticeFailed(error=events.error_name(error), is_final=False))
            await self._settle(due, told=due.told, attempts=due.attempts)
        else:
            await self._settle(due, told=due.things)

    def _occasion(self, due: Due) -> str:
        """Name a mail by its mailbox and day; the name's secret is added where it is written."""
        day = self._clock.now().astimezone(self._clock.zone).date()
        return hashlib.sha256(due.report_id.bytes + day.isoformat().encode()).hexdigest()

    async def _settle(
        self, due: Due, *, told: int, attempts: int = 0, was_looked_at: bool = True
    ) -> None:
        clock = self._clock
        due_at = following(clock.now(), clock.chance(), clock.zone, was_looked_at=was_looked_at)
        async with transaction(self._pool, Role.NOTICE) as conn:
            await _sql.settle(
                conn,
                report_id=due.report_id,
                lease=due.lease,
                told=told,
                attempts=attempts,
                due_at=due_at,
            )


def clock_of(city: City, now: Callable[[], datetime], chance: Callable[[], float]) -> Clock:
    """The clock of a city."""
    return Clock(now=now, zone=ZoneInfo(city.time_zone), chance=chance)


def notice_key(settings: Settings) -> PrivateKey | None:
    """Read the key that opens addresses; None where people are sent nothing.

    Raises `SettingsError`.
    """
    if settings.notice_key_file is None:
        return None
    try:
        return notice.read(read_secret(settings.notice_key_file))
    except BadKey:
        raise SettingsError("ADSTELLE_NOTICE_KEY_FILE holds no key for notices") from None
