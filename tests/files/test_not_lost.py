"""What was typed beside files comes back, at whatever moment the database goes away."""

from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
import pytest

from adstelle import staff
from adstelle.city import City
from adstelle.database import Pool, Role, open_pool
from adstelle.web.pages import Pages
from tests.conftest import Admin, Database
from tests.core import TODAY, pool_on
from tests.files.conftest import gated, served
from tests.files.test_journey import House, send
from tests.proxy import Road, road_to
from tests.staff_side import Clock, new_member, set_up, sign_in_of

TEXT = "Lang und mühsam geschrieben, neben einer Datei."
# When the database goes away: before it is asked, while the file comes in, with the message.
MOMENTS = (b"", b"insert into intake.file", b"insert into intake.chunk", b"into mailbox.message")


@pytest.fixture
async def road(database: Database) -> AsyncIterator[Road]:
    async with road_to(database) as road:
        yield road


@pytest.fixture
async def house(
    road: Road,
    database: Database,
    operator_pool: Pool,
    worker_pool: Pool,
    city: City,
    admin: Admin,
) -> AsyncIterator[House]:
    """Both sides, with the database at the end of a road that can be closed."""
    for login, stelle in (("mira", "ads_jena"), ("juri", "ezra")):
        await set_up(operator_pool, stelle, new_member(login))
    await admin.execute(
        "insert into accounts.public_key select 'statistics', encoded, created_on "
        "from accounts.public_key limit 1"
    )
    clock, staff_dsn = Clock(), road.dsn(database, "adstelle_staff")
    async with (
        pool_on(road, database) as public_pool,
        open_pool(staff_dsn, Role.CASEWORK, size=2) as staff_pool,
    ):
        app = staff.build(
            Pages(city, secure=False),
            staff_pool,
            sign_in_of(staff_pool, clock),
            today=lambda: TODAY,
        )
        async with served(gated(public_pool, city)) as public, served(app) as address:
            yield House(public, address, clock, worker_pool)


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("side", ["public", "staff"])
async def test_the_text_comes_back_and_can_be_sent_again(
    house: House, road: Road, admin: Admin, side: str, moment: bytes
) -> None:
    async with house.visitor() as visitor, house.adviser("mira") as mira:
        code = await send(visitor)
        case = await house.case(mira)
        await visitor.post("/de/postfach", data={"code": code})
        who = visitor if side == "public" else mira
        there = "/de/postfach/dateien" if side == "public" else f"{case}/dateien"
        form = {"message_id": str(uuid4()), "stelle": "ads_jena", "text": TEXT}
        if moment:
            road.close_after(moment)
        else:
            await road.close()
        away = await who.post(there, data=form, files=[("files", ("a.txt", b"Text"))])

        assert away.status_code == 503
        assert f"{TEXT}" in away.text
        assert form["message_id"] in away.text
        road.reopen()
        assert await admin.fetchval("select count(*) from mailbox.message") == 0
        again = await who.post(there, data=form)  # as that page does: files cannot be carried
        assert again.status_code == 422
        assert f"{TEXT}</textarea>" in again.text
        sent = await who.post(there, data=form, files=[("files", ("a.txt", b"Text"))])
        assert sent.status_code == 303
        assert await admin.fetchval("select count(*) from mailbox.message") == 1


async def test_a_mailbox_that_was_closed_in_between_gives_it_back(house: House) -> None:
    async with house.visitor() as visitor:
        form = {"message_id": str(uuid4()), "stelle": "ads_jena", "text": TEXT}
        files: list[tuple[str, tuple[str, bytes]]] = [("files", ("a.txt", b"Text"))]
        page: httpx.Response = await visitor.post("/de/postfach/dateien", data=form, files=files)
        assert page.status_code == 503
        assert TEXT in page.text
