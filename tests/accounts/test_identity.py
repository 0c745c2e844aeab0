"""Sign-in by the city's identity provider: it says who somebody is, and opens nothing."""

import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from adstelle import staff
from adstelle.accounts.challenges import LIFE
from adstelle.accounts.identity import provider as identity
from adstelle.accounts.identity.provider import ASKED_AGAIN_AFTER, Client, Provider
from adstelle.accounts.identity.routes import BACK
from adstelle.city import City
from adstelle.database import Pool
from adstelle.web.pages import Pages
from tests.accounts.authenticator import ORIGIN, Authenticator
from tests.accounts.conftest import MINUTE, House
from tests.accounts.test_passkeys import options_of
from tests.conftest import Admin
from tests.identity_provider import CLIENT_ID, SECRET, FakeProvider, running
from tests.staff_side import PASSPHRASE, TODAY

WRONG = "nicht die richtige Passphrase"
Claims = dict[str, Any]


@pytest.fixture
def city_hall(house: House) -> Iterator[FakeProvider]:
    with running() as fake:
        fake.clock = house.clock.now.timestamp
        yield fake


class Visitor:
    """A browser that goes to the provider and comes back as browsers do."""

    def __init__(self, house: House, client: httpx.AsyncClient) -> None:
        self.house = house
        self.client = client

    async def sign_in(self, login: str = "mira") -> None:
        self.house.clock.pass_by(MINUTE)
        form = {"login": login, "passphrase": PASSPHRASE, "code": self.house.clock.code()}
        assert (await self.client.post("/de/anmelden", data=form)).status_code == 303

    async def leave(self, path: str = "/de/anmelden/stadt") -> str:
        """Go to the provider; return the address it sends the browser back to."""
        left = await self.client.get(path)
        assert left.status_code == 303, left.text[:300]
        async with httpx.AsyncClient(timeout=60) as away:
            return (await away.get(left.headers["location"])).headers["location"]

    async def go(self, path: str = "/de/anmelden/stadt") -> httpx.Response:
        """There and back, to the page that comes after it. Cookies that are Strict stay behind."""
        address = await self.leave(path)
        jar = self.client.cookies.jar
        strict = [cookie for cookie in jar if cookie.name == "adstelle-dienst"]
        for cookie in strict:
            jar.clear(cookie.domain, cookie.path, cookie.name)
        page = await self.client.get(address)
        if page.status_code == 303:
            page = await self.client.get(page.headers["location"])
        for cookie in strict:
            jar.set_cookie(cookie)
        return page

    async def link(self, old: str = PASSPHRASE) -> httpx.Response:
        assert (await self.go("/de/konto/stadt/verbinden")).status_code == 200
        return await self.client.post("/de/konto/stadt/weiter", data={"old": old})

    async def finish(self, passphrase: str = PASSPHRASE, code: str | None = None) -> httpx.Response:
        self.house.clock.pass_by(MINUTE)
        one_time = self.house.clock.code() if code is None else code
        form = {"passphrase": passphrase, "code": one_time}
        return await self.client.post("/de/anmelden/stadt/weiter", data=form)


Browsers = Callable[..., Visitor]


@pytest.fixture
async def browsers(
    house: House, staff_pool: Pool, city: City, city_hall: FakeProvider
) -> AsyncIterator[Browsers]:
    opened: list[httpx.AsyncClient] = []

    def new(factor: tuple[str, str] | None = None) -> Visitor:
        client = Client(
            issuer=city_hall.issuer,
            client_id=CLIENT_ID,
            secret=SECRET,
            redirect=f"{ORIGIN}{BACK}",
            factor=factor,
        )
        outside = staff.Outside(provider=Provider(client, house.clock))
        pages = Pages(city, secure=False)
        app = staff.build(pages, staff_pool, house.sign_in, today=lambda: TODAY, outside=outside)
        transport = httpx.ASGITransport(app)  # type: ignore[arg-type]  # one ASGI, spelt twice
        opened.append(httpx.AsyncClient(transport=transport, base_url=ORIGIN))
        return Visitor(house, opened[-1])

    yield new
    for each in opened:
        await each.aclose()


@pytest.fixture
async def mira(browsers: Browsers) -> Visitor:
    """Signed in, and linked."""
    visitor = browsers()
    await visitor.sign_in()
    assert (await visitor.link()).headers["location"] == "/de/konto/stadt?getan=linked"
    return visitor


@pytest.fixture
def stranger(browsers: Browsers, mira: Visitor) -> Visitor:
    """A browser that nobody signed in with; Mira is linked."""
    return browsers()


def is_in(answer: httpx.Response) -> bool:
    return (answer.status_code, answer.headers.get("location")) == (303, "/de/faelle")


def is_nobody(page: httpx.Response) -> bool:
    return page.status_code == 422 and "konnten wir Sie nicht erkennen" in page.text


# The way ------------------------------------------------------------------------------------


async def test_the_provider_says_who_it_is_and_the_passphrase_opens(stranger: Visitor) -> None:
    page = await stranger.go()
    assert "Noch Ihre Passphrase" in page.text
    assert ">mira<" in page.text

    assert is_in(await stranger.finish())
    assert (await stranger.client.get("/de/faelle")).status_code == 200


async def test_it_opens_nothing_by_itself(stranger: Visitor, admin: Admin) -> None:
    await stranger.go()
    before = await admin.fetchval("select count(*) from accounts.session")

    for answer in (
        await stranger.finish(WRONG),
        await stranger.finish(""),
        await stranger.finish(code="000000"),
    ):
        assert answer.status_code == 422
        assert WRONG not in answer.text
        assert PASSPHRASE not in answer.text
    journey = stranger.client.cookies["adstelle-stadt"]
    stranger.client.cookies.set("adstelle-dienst", journey)
    assert (await stranger.client.get("/de/faelle")).status_code == 303
    assert await admin.fetchval("select count(*) from accounts.session") == before


async def test_a_passkey_confirms_as_well(mira: Visitor, stranger: Visitor) -> None:
    key = Authenticator()
    await mira.client.post("/de/konto/passkeys/neu", data={"name": "Laptop", "old": PASSPHRASE})
    page = await mira.client.get("/de/konto/passkeys/anlegen")
    form = {"passkey": key.create(options_of(page))}
    await mira.client.post("/de/konto/passkeys/anlegen", data=form)

    await stranger.go()
    asked = await stranger.finish(code="")
    answer = {"login": "mira", "passkey": key.get(options_of(asked))}

    assert is_in(await stranger.client.post("/de/anmelden/bestaetigen", data=answer))


@pytest.mark.parametrize(
    ("factor", "said", "counts"),
    [
        (None, {"amr": ["mfa"]}, False),
        (("amr", "mfa"), {}, False),
        (("amr", "mfa"), {"amr": ["pwd"]}, False),
        (("amr", "mfa"), {"amr": "mfa-not"}, False),
        (("amr", "mfa"), {"amr": ["pwd", "mfa"]}, True),
        (("acr", "https://refeds.org/profile/mfa"), {"amr": ["mfa"]}, False),
        (
            ("acr", "https://refeds.org/profile/mfa"),
            {"acr": "https://refeds.org/profile/mfa"},
            True,
        ),
    ],
)
async def test_its_second_factor_counts_only_if_the_operator_and_the_token_say_so(
    mira: Visitor,
    browsers: Browsers,
    city_hall: FakeProvider,
    factor: tuple[str, str] | None,
    said: Claims,
    counts: bool,
) -> None:
    visitor = browsers(factor)
    city_hall.twist = lambda claims: claims | said
    page = await visitor.go()

    assert ('name="code"' in page.text) is not counts
    assert (await visitor.finish(WRONG, "")).status_code in {200, 422}
    done = await visitor.finish(code="")
    assert is_in(done) is counts


async def test_what_was_wanted_comes_after_it_and_nothing_else(stranger: Visitor) -> None:
    await stranger.go("/de/anmelden/stadt?weiter=konto/passphrase")
    done = await stranger.finish()
    assert done.headers["location"] == "/de/konto/passphrase"

    for elsewhere in ("https://evil.example", "//evil.example", "/evil", "konto@evil.example"):
        await stranger.go(f"/de/anmelden/stadt?weiter={elsewhere}")
        assert is_in(await stranger.finish())


# Attacks ------------------------------------------------------------------------------------


def signed_by_another(fake: FakeProvider) -> Callable[[Claims], str]:
    key = ECKey.generate_key("P-256", {"kid": fake.key.kid or "1"})
    return lambda claims: jwt.encode({"alg": "ES256", "kid": "1"}, claims, key)


def encoded(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def unsigned(claims: Claims, algorithm: str = "none") -> str:
    parts = ({"alg": algorithm, "kid": "1"}, claims)
    return ".".join(encoded(json.dumps(part).encode()) for part in parts) + "."


def signed_with(secret: bytes) -> Callable[[Claims], str]:
    """The old trick: what is no secret, or not theirs alone, taken for one that both share."""

    def signed(claims: Claims) -> str:
        content = unsigned(claims, "HS256")[:-1]
        return f"{content}.{encoded(hmac.digest(secret, content.encode(), 'sha256'))}"

    return signed


TWISTS: dict[str, Callable[[Claims], Claims]] = {
    "another nonce": lambda claims: claims | {"nonce": "x"},
    "no nonce": lambda claims: {k: v for k, v in claims.items() if k != "nonce"},
    "for another": lambda claims: claims | {"aud": "another"},
    "for nobody": lambda claims: {k: v for k, v in claims.items() if k != "aud"},
    "for several and given to another": lambda claims: (
        claims | {"aud": [CLIENT_ID, "another"], "azp": "another"}
    ),
    "for several and given to nobody": lambda claims: claims | {"aud": [CLIENT_ID, "another"]},
    "of another issuer": lambda claims: claims | {"iss": "https://evil.example"},
    "of an issuer that begins so": lambda claims: claims | {"iss": claims["iss"] + "0"},
    "of nobody": lambda claims: {k: v for k, v in claims.items() if k != "iss"},
    "expired": lambda claims: claims | {"exp": claims["iat"] - 61},
    "never expires": lambda claims: {k: v for k, v in claims.items() if k != "exp"},
    "from the future": lambda claims: claims | {"iat": claims["iat"] + 3600},
    "not yet": lambda claims: claims | {"nbf": claims["iat"] + 3600},
    "about nobody": lambda claims: {k: v for k, v in claims.items() if k != "sub"},
    "about an empty name": lambda claims: claims | {"sub": ""},
    "about a number": lambda claims: claims | {"sub": 7},
    "about a long name": lambda claims: claims | {"sub": "x" * 256},
    "about somebody else": lambda claims: claims | {"sub": "somebody-else"},
}


@pytest.mark.parametrize("name", TWISTS)
async def test_a_token_that_is_wrong_identifies_nobody(
    stranger: Visitor, city_hall: FakeProvider, name: str
) -> None:
    city_hall.twist = TWISTS[name]
    assert is_nobody(await stranger.go())

    city_hall.twist = lambda claims: claims
    assert "Noch Ihre Passphrase" in (await stranger.go()).text


@pytest.mark.parametrize("name", ["none", "HS256 public", "HS256 secret", "another key", "junk"])
async def test_a_token_that_is_not_theirs_identifies_nobody(
    stranger: Visitor, city_hall: FakeProvider, name: str
) -> None:
    tokens: dict[str, Callable[[Claims], str]] = {
        "none": unsigned,
        "HS256 public": signed_with(city_hall.key.as_pem(private=False)),
        "HS256 secret": signed_with(SECRET.encode()),
        "another key": signed_by_another(city_hall),
        "junk": lambda _: "x.y.z",
    }
    city_hall.token = tokens[name]

    assert is_nobody(await stranger.go())


async def test_a_journey_is_made_once(stranger: Visitor, city_hall: FakeProvider) -> None:
    address = await stranger.leave()
    cookie = stranger.client.cookies["adstelle-stadt"]
    assert (await stranger.client.get(address)).status_code == 303

    stranger.client.cookies.delete("adstelle-stadt")
    stranger.client.cookies.set("adstelle-stadt", cookie)
    again = await stranger.client.get(address)

    assert again.status_code == 422
    assert "zweimal" in again.text
    assert city_hall.asked.count("/token") == 2, "of Mira's link, and of the first time"


async def test_a_code_of_another_journey_is_refused(stranger: Visitor, browsers: Browsers) -> None:
    """A code that somebody else was given, slipped into one's own way back."""
    stolen = parse_qs(urlsplit(await browsers().leave()).query)["code"][-1]
    own = parse_qs(urlsplit(await stranger.leave()).query)
    address = f"{BACK}?code={stolen}&state={own['state'][-1]}"

    assert is_nobody(await stranger.client.get(address))


@pytest.mark.parametrize("state", ["", "x", "ä", "%00"])
async def test_a_state_that_is_another_is_refused(stranger: Visitor, state: str) -> None:
    code = parse_qs(urlsplit(await stranger.leave()).query)["code"][-1]

    assert is_nobody(await stranger.client.get(f"{BACK}?code={code}&state={state}"))


@pytest.mark.parametrize(
    "query", ["", "code=x", "state=x", "code=x&state=x", "error=access_denied"]
)
async def test_whoever_brings_something_else_is_nobody(stranger: Visitor, query: str) -> None:
    await stranger.leave()
    assert is_nobody(await stranger.client.get(f"{BACK}?{query}"))


async def test_who_never_left_does_not_come_back(stranger: Visitor, browsers: Browsers) -> None:
    """The way back of an attacker, sent to somebody as a link: their browser has no journey."""
    address = await browsers().leave()
    assert (await stranger.client.get(address)).status_code == 422


async def test_an_answer_that_names_another_issuer_is_refused(
    stranger: Visitor, city_hall: FakeProvider
) -> None:
    city_hall.answer = {"iss": "https://evil.example"}
    assert is_nobody(await stranger.go())


async def test_a_journey_ends_after_a_while(stranger: Visitor) -> None:
    address = await stranger.leave()
    stranger.house.clock.pass_by(LIFE)
    assert "länger als zehn Minuten" in (await stranger.client.get(address)).text

    await stranger.go()
    stranger.house.clock.pass_by(LIFE)
    assert "länger als zehn Minuten" in (await stranger.finish()).text


async def test_one_purpose_does_not_serve_another(stranger: Visitor, mira: Visitor) -> None:
    await stranger.go()
    answer = await stranger.client.get("/de/konto/stadt/weiter")
    assert answer.status_code == 422

    await mira.go("/de/konto/stadt/verbinden")
    assert (await mira.finish()).status_code == 422


# The provider -------------------------------------------------------------------------------


async def test_a_provider_that_is_away_is_said_and_the_name_still_works(
    stranger: Visitor, city_hall: FakeProvider
) -> None:
    city_hall.is_ill = True
    visitor = stranger
    visitor.house.clock.pass_by(identity.KNOWN_FOR)
    page = await visitor.client.get("/de/anmelden/stadt")

    assert (page.status_code, "retry-after" in page.headers) == (503, True)
    await visitor.sign_in()


@pytest.mark.parametrize(
    "wrong",
    [
        {"issuer": "https://evil.example"},
        {"token_endpoint": "http://evil.example/token"},
        {"jwks_uri": "file:///etc/passwd"},
        {"authorization_endpoint": "javascript:alert(1)"},
    ],
)
async def test_a_provider_that_points_elsewhere_is_not_followed(
    browsers: Browsers, city_hall: FakeProvider, wrong: dict[str, str]
) -> None:
    city_hall.metadata = wrong
    assert (await browsers().client.get("/de/anmelden/stadt")).status_code == 503


async def test_a_new_key_of_theirs_is_asked_for_but_not_each_time(
    stranger: Visitor, city_hall: FakeProvider
) -> None:
    await stranger.go()
    city_hall.key, city_hall.algorithm = RSAKey.generate_key(2048, {"kid": "2"}), "RS256"
    assert is_nobody(await stranger.go()), "asked a moment ago"
    stranger.house.clock.pass_by(ASKED_AGAIN_AFTER)
    assert "Noch Ihre Passphrase" in (await stranger.go()).text

    asked = city_hall.asked.count("/keys")
    city_hall.token = unsigned
    for _ in range(3):
        assert is_nobody(await stranger.go())
    assert city_hall.asked.count("/keys") == asked


async def test_what_is_asked_is_what_the_standard_wants(
    stranger: Visitor, city_hall: FakeProvider
) -> None:
    first = await stranger.client.get("/de/anmelden/stadt")
    second = await stranger.client.get("/de/anmelden/stadt")
    asked = [parse_qs(urlsplit(each.headers["location"]).query) for each in (first, second)]

    assert asked[0]["response_type"] == ["code"]
    assert asked[0]["scope"] == ["openid"]
    assert asked[0]["redirect_uri"] == [f"{ORIGIN}{BACK}"]
    assert asked[0]["code_challenge_method"] == ["S256"]
    for name in ("state", "nonce", "code_challenge"):
        assert asked[0][name] != asked[1][name]
        assert len(asked[0][name][0]) >= 43
    assert "samesite=lax" in first.headers["set-cookie"].lower()
    assert "httponly" in first.headers["set-cookie"].lower()


# Linking ------------------------------------------------------------------------------------


async def test_linking_takes_the_passphrase(browsers: Browsers, admin: Admin) -> None:
    visitor = browsers()
    await visitor.sign_in()

    assert (await visitor.link(WRONG)).status_code == 422
    assert (await visitor.link("")).status_code == 422
    assert await admin.fetchval("select count(*) from accounts.identity") == 0
    assert is_nobody(await visitor.go())


async def test_an_identity_belongs_to_one_member(mira: Visitor, browsers: Browsers) -> None:
    await mira.house.add(await mira.house.session(), "kim")
    kim = browsers()
    await kim.sign_in("kim")

    taken = await kim.link()

    assert taken.status_code == 422
    assert "schon mit einer anderen Person" in taken.text
    assert ">mira<" in (await kim.go()).text


async def test_the_database_does_not_say_who_somebody_is(
    mira: Visitor, admin: Admin, city_hall: FakeProvider
) -> None:
    row = await admin.fetchrow("select * from accounts.identity")
    assert row is not None
    assert city_hall.subject not in str(dict(row))


async def test_a_link_is_undone(mira: Visitor, stranger: Visitor) -> None:
    assert "Verbunden seit" in (await mira.client.get("/de/konto/stadt")).text
    assert (await mira.client.post("/de/konto/stadt", data={"old": WRONG})).status_code == 422
    assert (await mira.client.post("/de/konto/stadt", data={})).status_code == 422

    done = await mira.client.post("/de/konto/stadt", data={"old": PASSPHRASE})

    assert done.headers["location"] == "/de/konto/stadt?getan=unlinked"
    assert is_nobody(await stranger.go())


async def test_who_leaves_is_known_no_more(
    house: House, mira: Visitor, browsers: Browsers, admin: Admin, city_hall: FakeProvider
) -> None:
    kim = await house.add(await house.session(), "kim")
    visitor = browsers()
    await visitor.sign_in("kim")
    city_hall.subject = "kim-at-city-hall"
    assert (await visitor.link()).status_code == 303

    await house.people.end(await house.session(), kim.member_id)

    assert await admin.fetchval("select count(*) from accounts.identity") == 1
    assert is_nobody(await visitor.go())


async def test_without_a_provider_there_is_no_page_and_no_word_of_it(
    house: House, staff_pool: Pool, city: City
) -> None:
    pages = Pages(city, secure=False)
    app = staff.build(pages, staff_pool, house.sign_in, today=lambda: TODAY)
    transport = httpx.ASGITransport(app)  # type: ignore[arg-type]  # one ASGI, spelt twice
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
        for path in ("/de/anmelden/stadt", BACK, "/de/anmelden/stadt/weiter"):
            assert (await client.get(path)).status_code == 404
        assert "Konto der Stadt" not in (await client.get("/de/anmelden")).text


async def test_what_was_typed_and_not_sent_is_not_lost_by_going_away(
    stranger: Visitor,
) -> None:
    page = await stranger.client.get("/de/anmelden?weiter=konto")
    assert 'href="/de/anmelden/stadt?weiter=konto"' in page.text

    ended = await stranger.client.post("/de/konto/passkeys/neu", data={"name": "Laptop"})
    assert 'name="name" value="Laptop"' in ended.text
    assert "/anmelden/stadt" not in ended.text
