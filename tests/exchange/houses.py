"""Two Adstelle that exchange messages over TLS, each with a city, a database and a key."""

import asyncio
import shutil
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import trustme
import uvicorn

from adstelle import public, worker
from adstelle.city import CITIES, City, load_city
from adstelle.crypto.signing import SigningKey
from adstelle.database import Pool, Role, open_pool
from adstelle.delivery.channels import partner
from adstelle.delivery.service import Delivery
from adstelle.exchange.messages import PATH
from adstelle.exchange.peers import peers_of
from adstelle.receiving.routes import ENDPOINT
from adstelle.receiving.service import House
from tests.conftest import Database, Shelf
from tests.core import KEYS, TODAY, free_port

JENA, BERATUNG = "ads_jena", "thadine"  # the two offices, by the names both systems know


@dataclass(frozen=True)
class Place:
    """Where a house is found, and what it signs with."""

    port: int
    key: SigningKey

    @property
    def endpoint(self) -> str:
        return f"https://localhost:{self.port}{ENDPOINT}"


def city_with(folder: Path, *, office: str, elsewhere: str, at: Place) -> City:
    """Jena's data, with *office* as the office and *elsewhere* in a system of its own."""
    shutil.copytree(CITIES / "jena", folder)
    profile = folder / "city.toml"
    profile.write_text(
        profile.read_text(encoding="utf-8").replace(f'office = "{JENA}"', f'office = "{office}"'),
        encoding="utf-8",
    )
    table = (
        "\n[stelle.partner]\n"
        f'endpoint = "{at.endpoint}"\n'
        f'sealing_key = "{KEYS[elsewhere].public().written()}"\n'
        f'verifying_keys = ["{at.key.verifying().written()}"]\n'
    )
    file = folder / "stellen.toml"
    before, named, after = file.read_text(encoding="utf-8").partition(f'code = "{elsewhere}"\n')
    entry, following, rest = after.partition("\n[[stelle]]")
    entry = entry.replace('channel = "inbox"', 'channel = "partner"') + table
    file.write_text(before + named + entry + following + rest, encoding="utf-8")
    return load_city(folder)


class TwoHouses:
    """A network of two: Jena's house, and that of an advice centre."""

    def __init__(self, folder: Path, databases: tuple[Database, Database]) -> None:
        self.authority = trustme.CA()
        self.places = {name: Place(free_port(), SigningKey.generate()) for name in (JENA, BERATUNG)}
        self.cities = {
            JENA: city_with(
                folder / "jena", office=JENA, elsewhere=BERATUNG, at=self.places[BERATUNG]
            ),
            BERATUNG: city_with(
                folder / "beratung", office=BERATUNG, elsewhere=JENA, at=self.places[JENA]
            ),
        }
        self.databases = dict(zip((JENA, BERATUNG), databases, strict=True))
        self.today: date = TODAY

    def now(self) -> datetime:
        return datetime.now(UTC)

    def house(self, name: str) -> House:
        """What the public process of a house knows of itself and the other."""
        city, place = self.cities[name], self.places[name]
        return House(
            url=place.endpoint + PATH,
            key=place.key,
            peers=peers_of(city),
            here=frozenset({city.office}),
        )

    def client(self) -> partner.Client:
        """The worker's client, which trusts this network's authority."""
        context = ssl.create_default_context()
        self.authority.configure_trust(context)
        return partner.client(verify=context)

    @asynccontextmanager
    async def pool(self, name: str, login: str, role: Role) -> AsyncIterator[Pool]:
        async with open_pool(self.databases[name].dsn(login), role, size=4) as pool:
            yield pool

    @asynccontextmanager
    async def open(self, name: str) -> AsyncIterator[None]:
        """Let the public side of a house answer, over TLS."""
        async with self.pool(name, "adstelle_public", Role.INTAKE) as pool:
            app = public.build(
                pool,
                self.cities[name],
                secure=True,
                now=self.now,
                today=lambda: self.today,
                outside=public.Outside(house=self.house(name)),
            )
            config = uvicorn.Config(
                app, host="127.0.0.1", port=self.places[name].port, log_config=None, lifespan="off"
            )
            config.load()
            config.ssl = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            self.authority.issue_cert("localhost").configure_cert(config.ssl)
            server = uvicorn.Server(config)
            serving = asyncio.create_task(server._serve())
            while not server.started:  # noqa: ASYNC110  uvicorn tells it in no other way
                await asyncio.sleep(0.01)
            try:
                yield
            finally:
                server.should_exit = True
                await serving

    async def work(self, name: str, *, rounds: int = 50) -> int:
        """Let the worker of a house do what is due; return how much it was."""
        done = 0
        async with (
            self.pool(name, "adstelle_worker", Role.DELIVERY) as pool,
            self.client() as client,
        ):
            channels = worker.channels_of(pool, self.cities[name], self.places[name].key, client)
            delivery = Delivery(pool, channels, lambda: self.today)
            for in_lanes in (False, True):
                while done < rounds and await delivery.deliver_next(in_lanes=in_lanes):
                    done += 1
        return done


@asynccontextmanager
async def two_houses(shelf: Shelf, folder: Path) -> AsyncIterator[TwoHouses]:
    """Two houses with empty databases."""
    (first, stamp), (second, other) = await shelf.take(), await shelf.take()
    yield TwoHouses(folder, (first, second))
    await shelf.put_back(first, stamp)
    await shelf.put_back(second, other)
