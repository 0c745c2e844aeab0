"""New data of a city take effect between two requests; a fault in them leaves the old in force."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec

from adstelle import events
from adstelle.city import City, CityError
from adstelle.errors import AdstelleError
from adstelle.toml_files import Fault

Take = Callable[[City], None]


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What a process works with since when, and why something newer was not taken."""

    city: City
    since: datetime
    refused_at: datetime | None = None
    faults: tuple[Fault, ...] = ()


class Reloader:
    """Holds the city of a process and reads it anew when asked, one time after the other.

    Who serves it says with `on_change` how to take another one.
    """

    def __init__(self, city: City, load: Callable[[], City] | None = None) -> None:
        """Without *load* there is nothing newer to be had, as in tests."""
        self.standing = Standing(city=city, since=datetime.now(UTC))
        self._load = load or (lambda: city)
        self._take: Take = lambda _: None
        self._turn = asyncio.Lock()
        self._running: set[asyncio.Task[None]] = set()

    def on_change(self, take: Take) -> None:
        """Let *take* put a new city into service; raising an `AdstelleError` it refuses."""
        self._take = take

    def ask(self) -> None:
        """Reload soon; called by a signal."""
        task = asyncio.get_running_loop().create_task(self.reload())
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def reload(self) -> None:
        """Read the city and take it, or keep what is in force and say how many faults there are."""
        async with self._turn:
            try:
                city = await asyncio.to_thread(self._load)
                self._take(city)
            except AdstelleError as error:
                faults = error.faults if isinstance(error, CityError) else ()
                self.standing = msgspec.structs.replace(
                    self.standing, refused_at=datetime.now(UTC), faults=faults
                )
                events.emit(
                    events.CityRefused(
                        city=self.standing.city.code,
                        faults=len(faults),
                        error=events.error_name(error),
                    )
                )
            else:
                self.standing = Standing(city=city, since=datetime.now(UTC))
                events.emit(events.CityLoaded(city=city.code, warnings=len(city.warnings)))
