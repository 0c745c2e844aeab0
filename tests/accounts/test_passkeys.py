"""Passkeys: one question, one answer, from this place and this key; the app for codes stays."""

import json
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from html import unescape
from uuid import UUID

import httpx
import msgspec
import pytest
from litestar.types import ASGIApp

from adstelle import staff
from adstelle.accounts.challenges import LIFE
from adstelle.accounts.joining.service import Joined
from adstelle.accounts.passkeys.service import MOST_PASSKEYS
from adstelle.accounts.people.store import Kind
from adstelle.accounts.service import CODES_REFUSED_FOR, MOST_WRONG_CODES
from adstelle.city import City
from adstelle.crypto import sessions
from adstelle.crypto.invitations import Code
from adstelle.database import Pool
from adstelle.delivery.service import sweep
from adstelle.domain.membership import MemberRole
from adstelle.web.pages import Pages
from tests.accounts.authenticator import ORIGIN, Authenticator
from tests.accounts.conftest import MINUTE, OTHER_PASSPHRASE, House, other_secret
from tests.conftest import Admin
from tests.staff_side import PASSPHRASE, SECRET, TODAY

WRONG = "nicht die richtige Passphrase"


class Visitor:
    """A browser at the staff side, and what its person does there."""

    def __init__(self, house: House, client: httpx.AsyncClient) -> None:
        self.house = house
        self.client = client

    async def sign_in(self, login: str = "mira") -> None:
        self.house.clock.pass_by(MINUTE)
        form = {"login": login, "passphrase": PASSPHRASE, "code": self.house.clock.code()}
        assert (await self.client.post("/de/anmelden", data=form)).status_code == 303

    async def half(self, login: str = "mira", passphrase: str = PASSPHRASE) -> str:
        """Give name and passphrase; return the question to the authenticator."""
        form = {"login": login, "passphrase": passphrase, "code": ""}
        page = await self.client.post("/de/anmelden", data=form)
        assert page.status_code == 200
        return options_of(page)

    async def confirm(self, answer: str = "", **also: str) -> httpx.Response:
        form = {"login": "mira", "passkey": answer, **also}
        return await self.client.post("/de/anmelden/bestaetigen", data=form)

    async def with_passkey(
        self, authenticator: Authenticator, login: str = "mira", passphrase: str = PASSPHRASE
    ) -> httpx.Response:
        return await self.confirm(authenticator.get(await self.half(login, passphrase)))

    async def ask(self, name: str = "Laptop", old: str = PASSPHRASE) -> httpx.Response:
        return await self.client.post("/de/konto/passkeys/neu", data={"name": name, "old": old})

    async def make(self, authenticator: Authenticator) -> httpx.Response:
        page = await self.client.get("/de/konto/passkeys/anlegen")
        answer = authenticator.create(options_of(page))
        return await self.client.post("/de/konto/passkeys/anlegen", data={"passkey": answer})

    async def add(
        self, name: str = "Laptop", authenticator: Authenticator | None = None
    ) -> Authenticator:
        authenticator = authenticator or Authenticator()
        assert (await self.ask(name)).headers["location"] == "/de/konto/passkeys/anlegen"
        made = await self.make(authenticator)
        assert made.headers["location"] == "/de/konto/passkeys?getan=added"
        return authenticator

    async def remove(self, old: str = PASSPHRASE) -> httpx.Response:
        page = await self.client.get("/de/konto/passkeys")
        found = re.search(r'href="(/de/konto/passkeys/[0-9a-f-]{36}/entfernen)"', page.text)
        assert found
        return await self.client.post(found[1], data={"old": old})


def options_of(page: httpx.Response) -> str:
    found = re.search(r'data-options="([^"]*)"', page.text)
    assert found, page.text[:300]
    return unescape(found[1])


def is_in(answer: httpx.Response) -> bool:
    return (answer.status_code, answer.headers.get("location")) == (303, "/de/faelle")


def is_refused(answer: httpx.Response) -> bool:
    return answer.status_code == 422 and "Die Anmeldung hat nicht geklappt" in answer.text


@pytest.fixture
async def app(house: House, staff_pool: Pool, city: City) -> ASGIApp:
    return staff.build(Pages(city, secure=False), staff_pool, house.sign_in, today=lambda: TODAY)


@pytest.fixture
async def browsers(house: House, app: ASGIApp) -> AsyncIterator[Callable[[], Visitor]]:
    opened = []

    def new() -> Visitor:
        transport = httpx.ASGITransport(app)  # type: ignore[arg-type]  # one ASGI, spelt twice
        opened.append(httpx.AsyncClient(transport=transport, base_url=ORIGIN))
        return Visitor(house, opened[-1])

    yield new
    for client in opened:
        await client.aclose()


@pytest.fixture
async def mira(browsers: Callable[[], Visitor]) -> Visitor:
    """Signed in with a code."""
    visitor = browsers()
    await visitor.sign_in()
    return visitor


@pytest.fixture
def stranger(browsers: Callable[[], Visitor]) -> Visitor:
    return browsers()


async def counted(admin: Admin) -> tuple[int, int, int]:
    row = await admin.fetchrow(
        "select coalesce(sum(opened), 0), coalesce(sum(by_passkey), 0), coalesce(sum(refused), 0) "
        "from accounts.sign_in"
    )
    assert row is not None
    return tuple(row)


# Signing in ---------------------------------------------------------------------------------


async def test_a_passkey_is_added_and_signs_in(
    mira: Visitor, stranger: Visitor, admin: Admin
) -> None:
    key = await mira.add()
    before = await counted(admin)

    assert is_in(await stranger.with_passkey(key))

    assert await counted(admin) == (before[0] + 1, 1, before[2])
    assert (await stranger.client.get("/de/faelle")).status_code == 200
    page = await mira.client.get("/de/konto/passkeys")
    assert "Laptop" in page.text
    assert page.text.count("2. März 2026") == 2, "when it was added, and used"
    assert "davon mit Passkey" in (await mira.client.get("/de/konto")).text


async def test_the_code_goes_on_working_on_either_page(mira: Visitor, stranger: Visitor) -> None:
    await mira.add()
    await stranger.half()
    mira.house.clock.pass_by(MINUTE)

    assert is_in(await stranger.confirm(code=mira.house.clock.code()))
    await stranger.sign_in()


async def test_the_page_is_the_same_for_whoever_is_asked(mira: Visitor, stranger: Visitor) -> None:
    """Right or wrong, known or not, with a passkey or without: it cannot be told apart."""
    await mira.house.add(await mira.house.session(), "kim")
    await mira.add()
    pages = set()
    for login, passphrase in (
        ("mira", PASSPHRASE),
        ("mira", WRONG),
        ("kim", WRONG),
        ("wer", WRONG),
    ):
        form = {"login": login, "passphrase": passphrase, "code": ""}
        page = await stranger.client.post("/de/anmelden", data=form)
        text = page.text.replace(f'value="{login}"', "")
        pages.add((page.status_code, re.sub(r"challenge&#34;: &#34;[\w-]+", "", text)))

    assert len(pages) == 1
    assert "allowCredentials&#34;: [{" not in pages.pop()[1]


async def test_whatever_is_wrong_the_answer_is_the_same(
    mira: Visitor, stranger: Visitor, admin: Admin, event_log: Callable[[], str]
) -> None:
    key = await mira.add()
    refused, before = (await counted(admin))[2], len(event_log())
    answers = [
        await stranger.with_passkey(key, "wer"),
        await stranger.with_passkey(key, passphrase=WRONG),
        await stranger.with_passkey(Authenticator()),
        await stranger.with_passkey(replace(key, key=Authenticator().key, count=50)),
        await stranger.with_passkey(replace(key, origin="https://adstelle.example", count=60)),
        await stranger.with_passkey(replace(key, origin="http://localhost:8002", count=61)),
        await stranger.with_passkey(replace(key, host="example.org", count=70)),
    ]
    mira.house.clock.pass_by(CODES_REFUSED_FOR)
    answers.append(await stranger.with_passkey(replace(key, is_verified=False, count=80)))
    for answer in ("{" + "x" * 20_000, key.get((await stranger.half()).replace("A", "B"))):
        await stranger.half()
        answers.append(await stranger.confirm(answer))
    assert all(map(is_refused, answers))
    assert len({answer.text for answer in answers}) == 1
    assert (await counted(admin))[2] == refused + len(answers)
    written = [json.loads(line) for line in event_log()[before:].splitlines()]
    assert written == [{"event": "SignInFailed"}] * len(answers)


@pytest.mark.parametrize(
    "answer", ["x", "{}", "[]", "null", '{"id": 1}', '{"id": "AA", "rawId": "AA", "response": {}}']
)
async def test_an_answer_that_is_none_is_refused(
    mira: Visitor, stranger: Visitor, answer: str
) -> None:
    await mira.add()
    await stranger.half()
    assert is_refused(await stranger.confirm(answer))


async def test_an_answer_is_good_once(mira: Visitor, stranger: Visitor) -> None:
    key = await mira.add()
    answer = key.get(await stranger.half())
    kept = dict(stranger.client.cookies)
    assert is_in(await stranger.confirm(answer))

    stranger.client.cookies.update(kept)
    again = await stranger.confirm(answer)

    assert again.status_code == 422
    assert "noch einmal an" in again.text


async def test_an_answer_fits_its_own_half_only(mira: Visitor, stranger: Visitor) -> None:
    key = await mira.add()
    old = key.get(await stranger.half())
    await stranger.half()

    assert is_refused(await stranger.confirm(old))
    assert not is_in(await stranger.confirm(old)), "one try, then it begins anew"


async def test_a_half_ends_after_a_while(mira: Visitor, stranger: Visitor) -> None:
    key = await mira.add()
    answer = key.get(await stranger.half())
    mira.house.clock.pass_by(LIFE)

    gone = await stranger.confirm(answer)

    assert gone.status_code == 422
    assert "länger als zehn Minuten" in gone.text


async def test_nothing_answered_is_asked_again_with_the_same_question(
    mira: Visitor, stranger: Visitor
) -> None:
    key = await mira.add()
    asked = await stranger.half()

    empty = await stranger.confirm()

    assert (empty.status_code, options_of(empty)) == (422, asked)
    assert is_in(await stranger.confirm(key.get(asked)))


async def test_a_count_that_does_not_grow_is_a_copy(
    mira: Visitor, stranger: Visitor, event_log: Callable[[], str]
) -> None:
    key = await mira.add()
    copy = replace(key)
    assert is_in(await stranger.with_passkey(key))

    assert is_refused(await stranger.with_passkey(copy))

    assert {"event": "PasskeyDoubted", "stelle": "ads_jena"} in [
        json.loads(line) for line in event_log().splitlines()
    ]
    assert is_refused(await stranger.with_passkey(key)), "nobody knows which one is the copy"
    assert "wir gesperrt" in (await mira.client.get("/de/konto/passkeys")).text
    await stranger.sign_in()


async def test_only_what_is_signed_raises_a_doubt(mira: Visitor, stranger: Visitor) -> None:
    """Else whoever has the passphrase could take a colleague's passkey away."""
    key = await mira.add()
    assert is_in(await stranger.with_passkey(key))

    assert is_refused(await stranger.with_passkey(replace(key, key=Authenticator().key, count=0)))

    assert is_in(await stranger.with_passkey(key))


async def test_an_authenticator_that_never_counts_is_fine(mira: Visitor, stranger: Visitor) -> None:
    key = await mira.add(authenticator=Authenticator(counts=False))
    for _ in range(2):
        assert is_in(await stranger.with_passkey(key))


# Throttling ---------------------------------------------------------------------------------


async def test_after_five_wrong_passkeys_even_the_right_one_is_refused_for_a_while(
    mira: Visitor, stranger: Visitor
) -> None:
    key = await mira.add()
    for _ in range(MOST_WRONG_CODES):
        assert is_refused(await stranger.with_passkey(Authenticator()))

    assert is_refused(await stranger.with_passkey(key))
    mira.house.clock.pass_by(CODES_REFUSED_FOR)
    assert is_in(await stranger.with_passkey(key))


async def test_wrong_codes_do_not_refuse_a_passkey_nor_the_other_way_round(
    mira: Visitor, stranger: Visitor
) -> None:
    key = await mira.add()
    for _ in range(MOST_WRONG_CODES):
        await stranger.half()
        assert is_refused(await stranger.confirm(code="000000"))
    assert is_in(await stranger.with_passkey(key))

    mira.house.clock.pass_by(CODES_REFUSED_FOR)
    for _ in range(MOST_WRONG_CODES):
        assert is_refused(await stranger.with_passkey(Authenticator()))
    await stranger.sign_in()


async def test_without_the_passphrase_nobody_can_lock_a_colleague_out(
    mira: Visitor, stranger: Visitor
) -> None:
    key = await mira.add()
    for _ in range(2 * MOST_WRONG_CODES):
        assert is_refused(await stranger.with_passkey(Authenticator(), passphrase=WRONG))

    assert is_in(await stranger.with_passkey(key))


# Adding and removing ------------------------------------------------------------------------


async def test_without_the_passphrase_nothing_is_added_or_removed(
    mira: Visitor, stranger: Visitor
) -> None:
    wrong = await mira.ask(name="Schlüssel <b>", old=WRONG)
    assert (wrong.status_code, "Schlüssel &lt;b&gt;" in wrong.text) == (422, True)
    assert WRONG not in wrong.text
    page = await mira.client.get("/de/konto/passkeys/anlegen")
    assert page.headers["location"] == "/de/konto/passkeys/neu"

    key = await mira.add()
    assert (await mira.remove(WRONG)).status_code == 422
    assert is_in(await stranger.with_passkey(key))


async def test_a_removed_passkey_opens_nothing_and_the_code_does(
    mira: Visitor, stranger: Visitor, admin: Admin
) -> None:
    key = await mira.add()
    assert is_in(await stranger.with_passkey(key))

    assert (await mira.remove()).headers["location"] == "/de/konto/passkeys?getan=removed"

    assert (await stranger.client.get("/de/faelle")).status_code == 303, "its session ended"
    assert (await mira.client.get("/de/faelle")).status_code == 200
    assert is_refused(await stranger.with_passkey(key))
    assert await admin.fetchval("select count(*) from accounts.passkey") == 0
    await stranger.sign_in()


async def test_what_was_asked_for_a_new_passkey_is_answered_once(mira: Visitor) -> None:
    await mira.ask()
    answer = Authenticator().create(options_of(await mira.client.get("/de/konto/passkeys/anlegen")))
    form = {"passkey": answer, "name": "Laptop"}
    assert (await mira.client.post("/de/konto/passkeys/anlegen", data=form)).status_code == 303

    again = await mira.client.post("/de/konto/passkeys/anlegen", data=form)

    assert again.status_code == 422
    assert 'value="Laptop"' in again.text


@pytest.mark.parametrize(
    "wrong",
    [
        Authenticator(origin="https://adstelle.example"),
        Authenticator(host="example.org"),
        Authenticator(is_verified=False),
    ],
)
async def test_a_passkey_made_elsewhere_is_not_kept(
    mira: Visitor, admin: Admin, wrong: Authenticator
) -> None:
    await mira.ask()

    assert (await mira.make(wrong)).status_code == 422
    assert await admin.fetchval("select count(*) from accounts.passkey") == 0


async def test_one_authenticator_is_kept_once(mira: Visitor) -> None:
    key = await mira.add()
    await mira.ask("Noch einer")

    page = await mira.client.get("/de/konto/passkeys/anlegen")
    assert len(json.loads(options_of(page))["excludeCredentials"]) == 1
    assert (await mira.make(key)).status_code == 422


async def test_there_are_only_so_many(mira: Visitor) -> None:
    for number in range(MOST_PASSKEYS):
        await mira.add(f"Nummer {number}")

    assert (await mira.ask()).status_code == 422
    assert "mehr sind nicht möglich" in (await mira.client.get("/de/konto/passkeys")).text


async def test_nobody_sees_or_removes_anothers(
    house: House, mira: Visitor, stranger: Visitor, admin: Admin
) -> None:
    await house.add(await house.session(), "kim", MemberRole.ADMINISTRATOR)
    await mira.add("Miras Schlüssel")
    passkey_id: UUID = await admin.fetchval("select passkey_id from accounts.passkey")
    await stranger.sign_in("kim")

    assert "Miras" not in (await stranger.client.get("/de/konto/passkeys")).text
    path = f"/de/konto/passkeys/{passkey_id}/entfernen"
    assert (await stranger.client.get(path)).status_code == 404
    await stranger.client.post(path, data={"old": PASSPHRASE})
    assert await admin.fetchval("select count(*) from accounts.passkey") == 1


async def test_what_was_typed_survives_the_end_of_the_session(stranger: Visitor) -> None:
    page = await stranger.ask("Laptop im Büro")

    assert page.status_code == 403
    assert 'name="name" value="Laptop im Büro"' in page.text
    assert PASSPHRASE not in page.text


async def test_a_session_older_than_passkeys_signs_in_again(
    mira: Visitor, house: House, admin: Admin
) -> None:
    """Only until it ends: sessions live for ten hours."""
    cookie = mira.client.cookies["adstelle-dienst"]
    session, ticket = await house.sign_in.load(cookie), sessions.ticket(cookie)
    assert session is not None
    assert ticket is not None
    older = msgspec.structs.replace(session, account_key=None)
    await admin.execute(
        "update accounts.session set sealed = $1 where session_id = $2",
        sessions.seal_session(older, ticket), ticket.row,
    )  # fmt: skip

    answer = await mira.client.get("/de/konto/passkeys")

    assert answer.headers["location"] == "/de/anmelden?weiter=konto/passkeys"


# What the database holds --------------------------------------------------------------------


async def test_the_database_says_nothing_of_a_passkey_and_takes_none(
    mira: Visitor, stranger: Visitor, admin: Admin
) -> None:
    """Whoever may write to the table cannot put a passkey of their own there, or move one."""
    key = await mira.add("Kanarienvogel")
    await mira.house.add(await mira.house.session(), "kim")
    row = await admin.fetchrow("select * from accounts.passkey")
    assert row is not None
    for secret in (b"Kanarienvogel", key.credential_id):
        assert secret not in row["sealed"]

    await admin.execute(
        "update accounts.passkey set member_id = (select member_id from accounts.member "
        "where login = 'kim')"
    )

    assert is_refused(await stranger.with_passkey(key, "kim"))
    await stranger.sign_in("kim")
    assert "noch keinen Passkey" in (await stranger.client.get("/de/konto/passkeys")).text


async def test_a_half_sign_in_opens_nothing(mira: Visitor, stranger: Visitor, admin: Admin) -> None:
    await stranger.half()
    half = stranger.client.cookies["adstelle-bestaetigung"]
    rows = await admin.fetch("select * from accounts.challenge")
    session = await mira.house.session()

    assert await mira.house.sign_in.load(half) is None
    stranger.client.cookies.set("adstelle-dienst", half)
    assert (await stranger.client.get("/de/faelle")).status_code == 303
    for row in rows:
        assert session.key().seed not in row["sealed"]


async def test_half_sign_ins_are_swept(stranger: Visitor, admin: Admin, worker_pool: Pool) -> None:
    await stranger.half()  # its clock stands in the past
    await sweep(worker_pool)

    assert await admin.fetchval("select count(*) from accounts.challenge") == 0


# Others -------------------------------------------------------------------------------------


async def test_a_new_second_factor_ends_every_passkey(
    house: House, mira: Visitor, stranger: Visitor, admin: Admin
) -> None:
    """The phone is lost: nobody knows who has it, and its passkeys with it."""
    kim = await house.add(await house.session(), "kim")
    await stranger.sign_in("kim")
    key = await stranger.add()

    code = await house.people.issue(await house.session(), kim.member_id, Kind.FACTOR)
    assert isinstance(code, Code)
    secret = other_secret()
    assert await house.join(code, secret=secret) is Joined.IN

    assert await admin.fetchval("select count(*) from accounts.passkey") == 0
    assert is_refused(await stranger.with_passkey(key, "kim"))
    assert await house.cookie("kim", PASSPHRASE, secret)


async def test_who_leaves_takes_no_passkey_along(
    house: House, stranger: Visitor, admin: Admin
) -> None:
    kim = await house.add(await house.session(), "kim")
    await stranger.sign_in("kim")
    await stranger.add()

    await house.people.end(await house.session(), kim.member_id)

    assert await admin.fetchval("select count(*) from accounts.passkey") == 0


async def test_another_passphrase_or_app_keeps_the_passkey(
    house: House, mira: Visitor, stranger: Visitor
) -> None:
    key = await mira.add()
    half_before = await stranger.half()
    session = await house.session()
    await house.account.change_passphrase(session, None, PASSPHRASE, OTHER_PASSPHRASE)

    assert is_refused(await stranger.confirm(key.get(half_before))), "the box is another one"
    assert is_in(await stranger.with_passkey(key, passphrase=OTHER_PASSPHRASE))
    assert await house.cookie("mira", OTHER_PASSPHRASE, SECRET)
    house.clock.pass_by(timedelta(minutes=1))
