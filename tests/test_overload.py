"""Too many at once, and a database that is away or breaks: nobody is told anything untrue."""

import asyncio
from collections.abc import Awaitable, Callable
from html import unescape
from typing import Any, Final, cast

import httpx
import pytest
from litestar.types import ASGIApp, Receive, Scope, Send

from adstelle import events
from adstelle.city import City
from adstelle.database import Pool, connection
from adstelle.web import overload
from adstelle.web.forms import MOST_BYTES
from adstelle.web.overload import LARGE_BYTES, LEAST_RATE, MOST_LARGE, Coming, Gate
from adstelle.web.pages import UNKNOWN, Pages
from tests import core
from tests.conftest import Admin, Database
from tests.core import NOTHING, begin, code_in, counts, fill, is_page, keyed, leads_to, shows
from tests.proxy import STORING, Road, road_to

__all__ = ["keyed"]  # a fixture
TEXT: Final = "Ein Bericht, den niemand noch einmal schreiben möchte."
SAVING: Final = b"intake.draft (draft_id"  # the statement that keeps a draft, as it is prepared


# The gate ------------------------------------------------------------------------------------


class House:
    """An application in which everybody stays until they are let out."""

    def __init__(self) -> None:
        self.doors: list[asyncio.Event] = []
        self.error: BaseException | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/at-once":
            await self._answer(send)
            return
        door = asyncio.Event()
        self.doors.append(door)
        await door.wait()
        if self.error is not None:
            raise self.error
        await self._answer(send)

    async def _answer(self, send: Send) -> None:
        start: Any = {"type": "http.response.start", "status": 200, "headers": []}
        body: Any = {"type": "http.response.body", "body": b"in", "more_body": False}
        await send(start)
        await send(body)

    def open_doors(self) -> None:
        for door in self.doors:
            door.set()


PAGES: Final = {"de": b"<p>voll</p>", "en": b"<p>full</p>"}


def gate_before(house: ASGIApp, most: int) -> Gate:
    headers = {"cache-control": "no-store", "referrer-policy": "no-referrer"}
    return Gate(house, busy_pages=PAGES, headers=headers, most=most)


async def inside(
    gate: Gate, house: House, people: int, **headers: str
) -> list[asyncio.Task[httpx.Response]]:
    """Send people in and wait until they are."""
    transport = httpx.ASGITransport(app=cast(Any, gate), raise_app_exceptions=False)
    visitor = httpx.AsyncClient(transport=transport, base_url="http://localhost")
    before = len(house.doors)
    tasks = [
        asyncio.create_task(visitor.post("/de/m/erzaehlen", headers=headers)) for _ in range(people)
    ]
    for _ in range(200):
        if len(house.doors) == before + people or all(task.done() for task in tasks):
            break
        await asyncio.sleep(0.005)
    return tasks


async def visit(gate: Gate, path: str = "/at-once", **headers: str) -> httpx.Response:
    transport = httpx.ASGITransport(app=cast(Any, gate), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as visitor:
        return await visitor.get(path, headers=headers)


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[events.Event]:
    found: list[events.Event] = []
    monkeypatch.setattr(events, "emit", found.append)
    return found


async def test_who_finds_the_house_full_is_asked_to_wait(said: list[events.Event]) -> None:
    house = House()
    gate = gate_before(house, 3)
    tasks = await inside(gate, house, 3)
    refused = await visit(gate)

    assert refused.status_code == 503
    assert refused.headers["retry-after"] == "5"
    assert refused.headers["cache-control"] == "no-store"
    assert refused.headers["referrer-policy"] == "no-referrer"
    assert said == [events.Overloaded(in_flight=3)]
    house.open_doors()
    assert {(await task).status_code for task in tasks} == {200}
    assert (await visit(gate)).status_code == 200


@pytest.mark.parametrize(
    ("path", "kind", "body"),
    [
        ("/de/m/rolle", "text/html; charset=utf-8", "<p>voll</p>"),
        ("/en/m/rolle", "text/html; charset=utf-8", "<p>full</p>"),
        ("/Kanarienvogel", "text/html; charset=utf-8", "<p>voll</p>"),
        ("/api/v1/reports", "application/problem+json", overload.BUSY_PROBLEM.decode()),
    ],
)
async def test_it_says_so_in_the_right_way(
    said: list[events.Event], path: str, kind: str, body: str
) -> None:
    refused = await visit(gate_before(House(), 0), path)
    assert (refused.headers["content-type"], refused.text) == (kind, body)


@pytest.mark.parametrize("error", [ValueError("x"), asyncio.CancelledError()])
async def test_whoever_leaves_in_trouble_has_left(
    said: list[events.Event], error: BaseException
) -> None:
    """The counters return to zero after every error, or the house would fill up for ever."""
    house = House()
    house.error = error
    gate = gate_before(house, 2)
    for _ in range(5):
        tasks = await inside(gate, house, 2, **{"content-length": str(LARGE_BYTES + 1)})
        house.open_doors()
        await asyncio.gather(*tasks, return_exceptions=True)
    assert said == []
    assert (await visit(gate)).status_code == 200


LARGE: Final = [
    {"content-length": str(LARGE_BYTES + 1)},
    {"content-length": "9" * 5000},
    {"content-length": "many"},
    {"transfer-encoding": "chunked"},
]


@pytest.mark.parametrize("headers", LARGE, ids=lambda headers: str(headers)[:40])
async def test_only_few_may_bring_much_at_once(
    said: list[events.Event], headers: dict[str, str]
) -> None:
    house = House()
    gate = gate_before(house, 100)
    tasks = await inside(gate, house, MOST_LARGE, **headers)
    assert len(house.doors) == MOST_LARGE
    assert (await visit(gate, **headers)).status_code == 503
    assert (await visit(gate, **{"content-length": str(LARGE_BYTES)})).status_code == 200
    house.open_doors()
    await asyncio.gather(*tasks)
    assert (await visit(gate, **headers)).status_code == 200


async def test_start_and_stop_pass_the_gate() -> None:
    seen: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(str(scope["type"]))

    lifespan = cast(Any, {"type": "lifespan"})
    await gate_before(app, 0)(lifespan, cast(Any, None), cast(Any, None))
    assert seen == ["lifespan"]


def test_memory_for_large_bodies_is_bounded() -> None:
    """Sixteen MiB each, held a few times over while it is read and shown again."""
    most = MOST_LARGE * MOST_BYTES + overload.MOST_AT_ONCE * LARGE_BYTES
    assert most <= 128 * 1024 * 1024


# A body that does not come --------------------------------------------------------------------


def coming(*pieces: bytes, is_whole: bool = False, patience: float = 0.0) -> Coming:
    """A body of which *pieces* come at once, and then nothing more."""
    waiting = [*pieces]

    async def receive() -> Any:
        if not waiting:
            await asyncio.Event().wait()
        piece = waiting.pop(0)
        return {"type": "http.request", "body": piece, "more_body": bool(waiting) or not is_whole}

    return Coming(receive, patience)


async def test_who_announces_a_body_and_sends_none_has_left(said: list[events.Event]) -> None:
    """Or a few hundred of them would keep everybody out, for as long as they like."""
    message = await asyncio.wait_for(cast(Any, coming()()), 60)  # it would wait for ever
    assert message == {"type": "http.disconnect"}
    assert said == [events.BodyTooSlow()]


async def test_what_comes_earns_time_and_drops_earn_next_to_none(said: list[events.Event]) -> None:
    body = coming(b"x", b"x" * LEAST_RATE * 1000)
    assert (await body())["type"] == "http.request"
    assert body.left < 0.001, "a byte now and then keeps no place"
    assert (await body())["type"] == "http.request"
    assert body.left > 900
    assert said == []


async def test_nobody_is_hurried_once_everything_is_there(said: list[events.Event]) -> None:
    """A large file goes out as slowly as somebody's connection is."""
    body = coming(b"", is_whole=True)
    assert await body() == {"type": "http.request", "body": b"", "more_body": False}
    listening = asyncio.create_task(cast(Any, body()))
    await asyncio.sleep(0.02)
    assert not listening.done()
    listening.cancel()


async def test_a_place_is_free_again(said: list[events.Event]) -> None:
    """Behind the gate: somebody who sends nothing is shown a page and gone."""
    sent: list[Any] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        await House()._answer(send)

    async def nothing() -> Any:
        await asyncio.Event().wait()

    async def send(message: Any) -> None:
        sent.append(message)

    gate = Gate(app, busy_pages=PAGES, headers={}, most=1, patience=0.0)
    scope = cast(Any, {"type": "http", "path": "/de/postfach", "headers": []})
    for _ in range(3):
        await asyncio.wait_for(cast(Any, gate(scope, cast(Any, nothing), send)), 60)
    assert [each["status"] for each in sent if "status" in each] == [200, 200, 200]


# The database is away ------------------------------------------------------------------------


With = Callable[[Road, httpx.AsyncClient], Awaitable[None]]


async def on_a_road(database: Database, city: City, walk: With) -> None:
    """Give *walk* a browser whose service reaches its database on a road."""
    async with (
        road_to(database) as road,
        core.pool_on(road, database) as pool,
        core.browser_for(core.application_of(pool, city)) as browser,
    ):
        await walk(road, browser)


@pytest.mark.parametrize("lang", ["de", "de-simple", "en", "ar"])
async def test_the_database_away_gives_the_text_back(
    database: Database, city: City, keyed: Admin, lang: str
) -> None:
    words = Pages(city, secure=False)

    async def walk(road: Road, browser: httpx.AsyncClient) -> None:
        await begin(browser, lang)
        await road.close()
        page = is_page(await browser.post(f"/{lang}/m/erzaehlen", data={"account": TEXT}), 503)
        assert page.text.count(TEXT) == 2, "to be sent again, and to be copied"
        assert shows(page, words.text(lang, "away.not_saved.title"))
        assert not shows(page, words.text(lang, "away.unknown.title"))
        assert f'action="/{lang}/m/erzaehlen"' in page.text
        assert city.phone in unescape(page.text), "whom to call"

        road.reopen()
        leads_to(
            await browser.post(f"/{lang}/m/erzaehlen", data={"account": TEXT}), f"/{lang}/m/wann"
        )
        assert shows(await browser.get(f"/{lang}/m/erzaehlen"), TEXT)

    await on_a_road(database, city, walk)


async def test_the_database_away_when_sending_says_that_nothing_is_sent(
    database: Database, city: City, keyed: Admin
) -> None:
    words = Pages(city, secure=False)

    async def walk(road: Road, browser: httpx.AsyncClient) -> None:
        await fill(browser)
        await road.close()
        page = is_page(await browser.post("/de/m/senden"), 503)
        assert shows(page, words.text("de", "away.not_saved.title"))
        assert await counts(keyed) == NOTHING
        road.reopen()
        leads_to(await browser.post("/de/m/senden"), "/de/m/quittung")
        code_in(await browser.get("/de/m/quittung"))

    await on_a_road(database, city, walk)


@pytest.mark.parametrize(
    "path", ["/de/m/rolle", "/de/m/pruefen", "/de/m/quittung", "/de/postfach", "/leben"]
)
async def test_a_page_that_needs_the_database_says_that_it_is_away(
    database: Database, city: City, keyed: Admin, path: str
) -> None:
    async def walk(road: Road, browser: httpx.AsyncClient) -> None:
        await begin(browser)
        browser.cookies.set("postfach", "0123456789ABCDEFGHJKMNJK", domain="localhost.local")
        await road.close()
        page = await browser.get(path)
        assert page.status_code == 503
        if path != "/leben":
            assert page.headers["retry-after"]
            is_page(page, 503)

    await on_a_road(database, city, walk)


async def test_pages_that_only_inform_need_no_database(
    database: Database, city: City, keyed: Admin
) -> None:
    async def walk(road: Road, browser: httpx.AsyncClient) -> None:
        await road.close()
        for path in ("/", "/de/sicher", "/de/stellen", "/de/datenschutz", "/de/leer"):
            is_page(await browser.get(path))
        assert (await browser.get("/weg")).status_code == 303, "the exit is always open"

    await on_a_road(database, city, walk)


# The database breaks after sending -----------------------------------------------------------


async def test_a_time_out_after_sending_is_never_not_saved(
    database: Database, city: City, keyed: Admin
) -> None:
    """The answer is lost, the database stays away, comes back: one report, one code."""
    words = Pages(city, secure=False)
    not_saved = words.text("de", "away.not_saved.title")
    unknown = words.text("de", "away.unknown.title")

    async def walk(road: Road, browser: httpx.AsyncClient) -> None:
        await fill(browser)
        road.drop_answer_to(STORING)
        page = is_page(await browser.post("/de/m/senden"), 503)
        assert shows(page, unknown)
        assert not shows(page, not_saved)
        assert (await counts(keyed))["report"] == 1, "it had arrived"

        await road.close()
        again = is_page(await browser.post("/de/m/senden", data={UNKNOWN: "ja"}), 503)
        assert shows(again, unknown)
        assert not shows(again, not_saved)
        assert f'name="{UNKNOWN}"' in page.text
        assert again.text.count(f'name="{UNKNOWN}"') == 1

        road.reopen()
        pressed = await browser.post("/de/m/senden", data={UNKNOWN: "ja"})
        leads_to(pressed, "/de/m/quittung")
        code_in(await browser.get("/de/m/quittung"))
        assert (await counts(keyed))["report"] == 1

    await on_a_road(database, city, walk)


async def test_stored_but_not_noted_is_never_not_saved(
    database: Database, city: City, keyed: Admin
) -> None:
    """The report is stored, then the database goes before the draft is marked as sent."""
    words = Pages(city, secure=False)
    not_saved = words.text("de", "away.not_saved.title")

    async def walk(road: Road, browser: httpx.AsyncClient) -> None:
        await fill(browser)
        road.close_after(STORING)
        page = is_page(await browser.post("/de/m/senden"), 503)
        assert not shows(page, not_saved)
        assert (await counts(keyed))["report"] == 1
        looked = is_page(await browser.get("/de/m/quittung"), 503)
        assert not shows(looked, words.text("de", "errors.away.text")), "it says: nothing is stored"

        road.reopen()
        first = code_in(await browser.get("/de/m/quittung"))
        leads_to(await browser.post("/de/m/senden"), "/de/m/quittung")
        assert code_in(await browser.get("/de/m/quittung")) == first
        assert (await counts(keyed))["report"] == 1

    await on_a_road(database, city, walk)


async def test_a_backend_that_is_ended_in_the_middle_is_no_error_page(
    database: Database, city: City, keyed: Admin, public_pool: Pool
) -> None:
    async with core.browser_for(core.application_of(public_pool, city)) as browser:
        await begin(browser)
        await keyed.execute(
            "select pg_terminate_backend(pid, 60000) from pg_stat_activity "  # until it is gone
            "where datname = current_database() and application_name = 'adstelle'"
        )
        answers = [await browser.post("/de/m/erzaehlen", data={"account": TEXT}) for _ in range(3)]
    assert {answer.status_code for answer in answers} <= {303, 503}
    assert answers[-1].status_code == 303


async def test_an_answer_lost_while_giving_the_connection_back_is_an_answer(
    database: Database, city: City, keyed: Admin
) -> None:
    """What the database has confirmed stays confirmed, whatever happens to the connection then."""
    async with road_to(database) as road, core.pool_on(road, database) as pool:
        intake = core.intake_of(pool, city)
        await intake.keys()
        lent = await pool.acquire()
        await pool.release(lent)
        async with connection(pool) as conn:
            assert await conn.fetchval("select 1") == 1
            await road.close()
