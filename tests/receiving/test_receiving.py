"""What a partner sends is believed, stored once and acknowledged, or refused with a reason."""

import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import msgspec
import pytest
from litestar import Litestar

from adstelle import public
from adstelle.city import City
from adstelle.crypto import packages
from adstelle.crypto.hpke import PrivateKey
from adstelle.crypto.signing import SigningKey
from adstelle.database import Pool
from adstelle.domain.handover import Reason
from adstelle.exchange import courier, messages, signatures
from adstelle.exchange.messages import AnyMessage
from adstelle.exchange.peers import Peer, Peers
from adstelle.exchange.refusals import TYPES
from adstelle.exchange.signatures import Answer, Request
from adstelle.receiving.service import House
from tests import core
from tests.conftest import Admin, Database
from tests.core import TODAY
from tests.crypto.test_packages import package
from tests.proxy import road_to

URL = "https://jena.example/austausch/v1/messages"
PATH = "/austausch/v1/messages"
OURS, THEIRS, OTHERS = (SigningKey.generate() for _ in range(3))
SEALING = PrivateKey.generate()
HERE = "ads_jena"


def peer(name: str, key: SigningKey) -> Peer:
    return Peer(
        stelle=f"our_{name}",
        name=name,
        url=URL,
        sealing_key=SEALING.public(),
        keys={key.verifying().key_id: key.verifying()},
    )


HOUSE = House(
    url=URL,
    key=OURS,
    peers=Peers([peer("erfurt", THEIRS), peer("weimar", OTHERS)]),
    here=frozenset({HERE}),
)
US = Peer(
    stelle=HERE,
    name=HERE,
    url=URL,
    sealing_key=SEALING.public(),
    keys={OURS.verifying().key_id: OURS.verifying()},
)


def application(pool: Pool, city: City) -> Litestar:
    return public.build(
        pool,
        city,
        secure=True,
        now=lambda: datetime.now(UTC),
        today=lambda: TODAY,
        outside=public.Outside(house=HOUSE),
    )


@pytest.fixture
async def line(public_pool: Pool, city: City) -> AsyncIterator[httpx.AsyncClient]:
    """A connection to the house's door."""
    async with core.browser_for(application(public_pool, city)) as client:
        yield client


def report(package_id: UUID | None = None, *, sender: str = "erfurt", text: str = "") -> AnyMessage:
    package_id = package_id or uuid4()
    made = msgspec.structs.replace(package(text or "Kanarienvogel"), package=package_id)
    sealed = packages.seal_package(made, SEALING.public(), sender=sender, receiver=HERE)
    return messages.report(package_id, sealed, sender=sender, receiver=HERE)


def signed(message: AnyMessage, key: SigningKey = THEIRS, *, at: datetime | None = None) -> Request:
    return courier.outgoing(message, US, key, at or datetime.now(UTC))


async def send(line: httpx.AsyncClient, request: Request) -> Answer:
    answer = await line.post(PATH, content=request.body, headers=list(request.headers))
    headers = tuple(answer.headers.multi_items())
    return Answer(status=answer.status_code, headers=headers, body=answer.content)


async def taken(line: httpx.AsyncClient, message: AnyMessage, key: SigningKey = THEIRS) -> date:
    """Send a message and believe the receipt; the day it names."""
    request = signed(message, key)
    answer = await send(line, request)
    return courier.receipt(answer, request, message, US, datetime.now(UTC)).received_on


def refusal(answer: Answer) -> str:
    """The word of a refusal; it quotes nothing and has its status."""
    said = json.loads(answer.body)
    assert set(said) == {"type", "title", "status"}
    assert said["status"] == answer.status
    return str(said["type"]).removeprefix(TYPES)


async def stored(admin: Admin) -> list[Any]:
    return await admin.fetch("select * from exchange.package order by package_id")


# What is taken -------------------------------------------------------------------------------


async def test_a_package_is_kept_for_its_stelle_and_its_case_promised(
    line: httpx.AsyncClient, admin: Admin
) -> None:
    message = report()
    assert await taken(line, message) == TODAY
    (row,) = await stored(admin)
    assert (row["package_id"], row["stelle"], row["sender"], row["sender_name"]) == (
        message.package,
        HERE,
        "our_erfurt",
        "erfurt",
    )
    opened = packages.open_package(
        SEALING, row["sealed"], message.package, sender="erfurt", receiver=HERE
    )
    assert opened.told is not None
    promise = await admin.fetchrow("select kind, stelle, lane, package_id from outbox.promise")
    assert promise is not None
    assert tuple(promise) == ("deliver", HERE, None, message.package)


async def test_sent_again_it_is_kept_once_and_gets_the_first_days_receipt(
    line: httpx.AsyncClient, admin: Admin
) -> None:
    message = report()
    await taken(line, message)
    await admin.execute("update exchange.package set arrived_on = $1", TODAY - timedelta(days=3))
    before = await stored(admin)
    assert await taken(line, message) == TODAY - timedelta(days=3)
    assert await stored(admin) == before
    assert await admin.fetchval("select count(*) from outbox.promise") == 1


async def test_a_withdrawal_empties_at_once_and_is_told_once(
    line: httpx.AsyncClient, admin: Admin
) -> None:
    message = report()
    await taken(line, message)
    gone = messages.withdrawal(message.package, sender="erfurt", receiver=HERE)
    assert [await taken(line, gone), await taken(line, gone)] == [TODAY, TODAY]
    (row,) = await stored(admin)
    assert (row["sealed"], row["withdrawn_on"]) == (None, TODAY)
    kinds = await admin.fetch("select kind from outbox.promise order by kind")
    assert [row["kind"] for row in kinds] == ["deliver", "withdraw"]
    assert refusal(await send(line, signed(message))) == "withdrawn"


async def test_a_withdrawal_before_its_package_keeps_it_out(
    line: httpx.AsyncClient, admin: Admin
) -> None:
    message = report()
    gone = messages.withdrawal(message.package, sender="erfurt", receiver=HERE)
    assert await taken(line, gone) == TODAY
    assert refusal(await send(line, signed(message))) == "withdrawn"
    (row,) = await stored(admin)
    assert row["sealed"] is None


@pytest.fixture
async def handed(admin: Admin) -> UUID:
    """A hand-over of ours to the partner in Erfurt."""
    handover_id = uuid4()
    await admin.execute("insert into intake.report values ($1, $2, 'l', 'k')", handover_id, TODAY)
    await admin.execute(
        "insert into intake.handover (handover_id, report_id, stelle, given_on) "
        "values ($1, $1, 'our_erfurt', $2)",
        handover_id, TODAY,
    )  # fmt: skip
    return handover_id


def decision(handover_id: UUID, reason: Reason | None, sender: str = "erfurt") -> AnyMessage:
    return messages.decision(handover_id, reason, sender=sender, receiver=HERE)


@pytest.mark.parametrize("reason", [None, *Reason])
async def test_a_decision_is_noted_once(
    line: httpx.AsyncClient, admin: Admin, handed: UUID, reason: Reason | None
) -> None:
    for _ in range(2):
        assert await taken(line, decision(handed, reason)) == TODAY
    row = await admin.fetchrow("select decision, reason, decided_on from intake.handover")
    assert row is not None
    assert tuple(row) == ("refused" if reason else "accepted", reason, TODAY)


async def test_another_decision_changes_nothing(
    line: httpx.AsyncClient, admin: Admin, handed: UUID
) -> None:
    await taken(line, decision(handed, Reason.FULL))
    assert refusal(await send(line, signed(decision(handed, None)))) == "changed"
    assert await admin.fetchval("select decision from intake.handover") == "refused"


# What is not taken ---------------------------------------------------------------------------


def cut(request: Request) -> Request:
    return msgspec.structs.replace(request, body=request.body[: len(request.body) // 2])


def resigned(change: Callable[[dict[str, Any]], None]) -> Callable[[AnyMessage], Request]:
    """A message changed before it is signed: the signature is good, the content is not."""

    def make(message: AnyMessage) -> Request:
        document = json.loads(messages.encode(message))
        change(document)
        key = f'"{message.package}/{messages.kind_of(message)}"'
        return signatures.signed_request(
            THEIRS, URL, json.dumps(document).encode(), idempotency_key=key, now=datetime.now(UTC)
        )

    return make


def without_signature(message: AnyMessage) -> Request:
    request = signed(message)
    unsigned = {"signature", "signature-input"}
    headers = tuple(field for field in request.headers if field[0].lower() not in unsigned)
    return msgspec.structs.replace(request, headers=headers)


MADE_WRONG: dict[str, tuple[Callable[[AnyMessage], Request], str]] = {
    "forged: signed by a stranger": (
        lambda message: signed(message, SigningKey.generate()), "unknown_key"),
    "forged: signed by another partner": (
        lambda message: signed(message, OTHERS), "wrong_sender"),
    "forged: not signed": (without_signature, "unsigned"),
    "replayed an hour later": (
        lambda message: signed(message, at=datetime.now(UTC) - timedelta(hours=1)), "stale"),
    "from a clock that is ahead": (
        lambda message: signed(message, at=datetime.now(UTC) + timedelta(hours=1)), "stale"),
    "truncated on the way": (lambda message: cut(signed(message)), "digest_mismatch"),
    "truncated by the sender": (
        lambda message: signatures.signed_request(
            THEIRS, URL, messages.encode(message)[:100],
            idempotency_key='"x/report"', now=datetime.now(UTC)), "not_json"),
    "for somebody who is not here": (
        resigned(lambda document: document.update(receiver="nobody")), "unknown_receiver"),
    "of another version": (
        resigned(lambda document: document.update(version=2)), "unknown_version"),
    "of another format": (
        resigned(lambda document: document.update(format="x")), "unknown_version"),
    "of an unknown kind": (
        resigned(lambda document: document.update(kind="x")), "unknown_kind"),
    "with a field too many": (
        resigned(lambda document: document.update(name="Kanarienvogel")), "malformed"),
    "with a field missing": (resigned(lambda document: document.pop("sealed")), "malformed"),
    "with a package that is too short": (
        resigned(lambda document: document.update(sealed="AAAA")), "malformed"),
}  # fmt: skip


@pytest.mark.parametrize("what", MADE_WRONG)
async def test_it_is_refused_with_a_reason_and_nothing_is_kept_or_lost(
    line: httpx.AsyncClient, admin: Admin, event_log: Callable[[], str], what: str
) -> None:
    kept = report()
    await taken(line, kept)
    before = await stored(admin)
    make, word = MADE_WRONG[what]
    message = report(kept.package, text="Kanarienvogel, ein anderer")
    assert refusal(await send(line, make(message))) == word
    assert await stored(admin) == before
    assert await admin.fetchval("select count(*) from outbox.promise") == 1
    log = event_log()
    assert f'"reason":"{word}"' in log
    assert "Kanarienvogel" not in log
    assert str(message.package) not in log


async def test_an_id_that_came_before_with_another_content_is_refused(
    line: httpx.AsyncClient, admin: Admin
) -> None:
    message = report()
    await taken(line, message)
    before = await stored(admin)
    assert refusal(await send(line, signed(report(message.package)))) == "changed"
    assert await stored(admin) == before


async def test_a_partner_touches_nothing_of_another(
    line: httpx.AsyncClient, admin: Admin, handed: UUID
) -> None:
    message = report()
    await taken(line, message)
    before = await stored(admin)
    theirs = (
        report(message.package, sender="weimar"),
        messages.withdrawal(message.package, sender="weimar", receiver=HERE),
    )
    for foreign in theirs:
        assert refusal(await send(line, signed(foreign, OTHERS))) == "changed"
    foreign = decision(handed, None, sender="weimar")
    assert refusal(await send(line, signed(foreign, OTHERS))) == "unknown_package"
    assert await stored(admin) == before
    assert await admin.fetchval("select decision from intake.handover") is None


async def test_a_decision_on_what_was_taken_back_is_refused(
    line: httpx.AsyncClient, admin: Admin, handed: UUID
) -> None:
    await admin.execute("update intake.handover set withdrawn_on = $1", TODAY)
    assert refusal(await send(line, signed(decision(handed, None)))) == "withdrawn"


@pytest.mark.parametrize("length", ["declared", "not declared"])
async def test_what_is_too_large_is_not_read_to_its_end(
    line: httpx.AsyncClient, admin: Admin, length: str
) -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        for _ in range(1_000):
            read += 1
            yield b" " * 65_536

    content = b" " * (messages.MOST_BYTES + 1) if length == "declared" else endless()
    answer = await line.post(PATH, content=content)
    assert answer.status_code == 413
    assert answer.json()["type"] == f"{TYPES}oversized"
    assert read <= messages.MOST_BYTES // 65_536 + 2
    assert await stored(admin) == []


async def test_while_the_database_is_away_the_partner_is_asked_to_come_again(
    database: Database, city: City
) -> None:
    async with road_to(database) as road, core.pool_on(road, database) as pool:
        await road.close()
        async with core.browser_for(application(pool, city)) as line:
            answer = await send(line, signed(report()))
    assert refusal(answer) == "busy"
    assert dict(answer.headers)["retry-after"] == "60"


async def test_a_house_without_partners_has_no_door(public_pool: Pool, city: City) -> None:
    async with core.browser_for(core.application_of(public_pool, city)) as browser:
        answer = await browser.post(PATH, content=b"{}")
    assert answer.status_code in {404, 405}
