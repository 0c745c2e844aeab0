"""P2: what people write is nowhere readable: no table, log, header, address, title, error, file.

Reports, drafts and messages full of canary words travel through the real applications; then
everything that was stored or said is searched for the words, in every spelling they could take.
"""

import base64
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

import asyncpg
import httpx
import pytest

from tests.conftest import Admin, Database
from tests.core import JOURNEY, begin, code_in, fill

WORDS = ("Kanarienvogel", "Zwitscherstraße", "Federkleid")
ACCOUNT = f"Der {WORDS[0]} wohnt in der {WORDS[1]} und verlor sein {WORDS[2]}."
TITLE = re.compile(r"<title>(.*?)</title>", re.DOTALL)


def spellings(word: str) -> set[bytes]:
    """How a word may look: plain, percent-encoded, hexadecimal, base64 at each offset, UTF-16."""
    plain = word.encode()
    found = {plain, quote(word).encode(), plain.hex().encode(), word.encode("utf-16-le")}
    for offset in range(3):
        packed = base64.b64encode(b"x" * offset + plain)
        found.add(packed[4 if offset else 0 : -4])  # the ends depend on the neighbours
    return {spelling.lower() for spelling in found}


CANARIES = frozenset(spelling for word in WORDS for spelling in spellings(word))


def canaries_in(content: bytes) -> list[bytes]:
    lowered = content.lower()
    return [spelling for spelling in CANARIES if spelling in lowered]


async def everything_stored(admin: Admin) -> bytes:
    """Every column of every row of every table, bytes as they are and as text."""
    tables = await admin.fetch(
        "select format('%I.%I', schemaname, tablename) as name from pg_tables "
        "where schemaname in ('intake', 'mailbox', 'casework', 'accounts', 'outbox', 'exchange', "
        "'counting', 'public')"
    )
    assert len(tables) >= 12
    content = []
    for table in tables:
        for row in await admin.fetch(f"select * from {table['name']}"):
            for value in row.values():
                content.append(value if isinstance(value, bytes) else str(value).encode())
    return b"\n".join(content)


class Watch:
    """Looks at every answer: headers, address and title never hold a canary."""

    def __init__(self) -> None:
        self.seen = 0

    async def __call__(self, answer: httpx.Response) -> None:
        self.seen += 1
        await answer.aread()
        assert not canaries_in(str(answer.headers).encode())
        assert not canaries_in(answer.headers.get("location", "").encode())
        for title in TITLE.findall(answer.text):
            assert not canaries_in(title.encode())


async def test_nothing_a_person_wrote_is_readable_anywhere(
    browser: httpx.AsyncClient,
    admin: Admin,
    database: Database,
    server_log: Callable[[], bytes],
    event_log: Callable[[], str],
) -> None:
    watch = Watch()
    browser.event_hooks["response"].append(watch)

    await fill(
        browser,
        {
            **JOURNEY,
            "erzaehlen": {"account": ACCOUNT},
            "wo": {"territory": "jena", "place": WORDS[1]},
            "kontakt": {
                "name": WORDS[0],
                "mail": f"{WORDS[2]}@example.org",
                "with_contact": "ads_jena",
            },
        },
    )
    assert not canaries_in(await everything_stored(admin)), "a draft"
    assert (await browser.post("/de/m/senden")).status_code == 303
    code = code_in(await browser.get("/de/m/quittung"))
    assert (await browser.post("/de/postfach", data={"code": code})).status_code == 303
    message = {"stelle": "ads_jena", "message_id": str(uuid4()), "text-ads_jena": ACCOUNT}
    assert (await browser.post("/de/postfach/antwort", data=message)).status_code == 303
    box = await browser.get("/de/postfach")
    assert WORDS[0] in box.text  # the person themselves reads it

    await _consent(browser, box)
    await _go_wrong(browser)

    assert watch.seen > 25
    assert not canaries_in(await everything_stored(admin)), "a table"
    assert not canaries_in(event_log().encode()), "the events"
    assert not canaries_in(server_log()), "PostgreSQL's log"
    for file in (database.server.cluster / "base").rglob("pgsql_tmp/*"):
        assert not canaries_in(file.read_bytes()), "a temporary file"


async def _consent(browser: httpx.AsyncClient, box: httpx.Response) -> None:
    """Look at every choice, give it on with the contact, and take the rest back."""
    for stelle in (WORDS[0], "x"):
        wrong = {"stelle": stelle, f"umfang-{stelle}": WORDS[1]}
        refused = await browser.post("/de/postfach/weitergeben", data=wrong)
        assert WORDS[1] not in refused.text
    for scope in ("statistics", "facts", "contact"):
        choice = {"stelle": "kokont", "umfang-kokont": scope}
        chosen = await browser.post("/de/postfach/weitergeben", data=choice)
        asked = await browser.get(chosen.headers["location"])
        assert (WORDS[1] in asked.text) is (scope != "statistics")
        assert (f"{WORDS[2]}@example.org" in asked.text) is (scope == "contact")
    assert (await browser.post(chosen.headers["location"])).status_code == 303
    for there in re.findall(r"/de/postfach/(?:zuruecknehmen|wunsch)/[0-9a-f-]+", box.text):
        await browser.post(there, data={"mandates": WORDS[0], WORDS[1]: WORDS[2]})


async def _go_wrong(browser: httpx.AsyncClient) -> None:
    """Every kind of wrong input, each with a canary in it; errors quote nothing."""
    word = WORDS[0]
    await begin(browser)
    for path, body in (
        ("/de/m/wann", {"date-tag": word, "date-jahr": "2026"}),
        ("/de/m/was", {"incident_type": word}),
        ("/de/m/kontakt", {"mail": word}),
        (f"/de/m/{word}", {"account": word}),
        ("/de/postfach", {"code": word}),
        ("/de/m/rolle", {word: word}),
    ):
        await browser.post(path, data=body)
    for path in (f"/de/{word}", f"/{word}", f"/de/m/{word}", f"/de/stellen?{word}={word}"):
        page = await browser.get(path)
        assert not canaries_in(page.content), path
    broken = await browser.post(
        "/de/m/rolle",
        content=b"reporter_role=%ff" + word.encode(),
        headers={"content-type": "application/x-www-form-urlencoded"},
    )
    assert broken.status_code == 400
    assert not canaries_in(broken.content)
    for api_body in (
        {"account": ACCOUNT, "grounds": [word]},
        {"account": [word]},
        {word: word},
        {"account": ACCOUNT, "consents": [{"stelle": word}]},
        {"account": ACCOUNT, "language": word, "district": word},
    ):
        answer = await browser.post(
            "/api/v1/reports", json=api_body, headers={"idempotency-key": str(uuid4())}
        )
        assert 400 <= answer.status_code < 500
        assert not canaries_in(answer.content), api_body.keys()
    refused = await browser.get("/api/v1/mailbox", headers={"authorization": f"Receipt {word}"})
    assert refused.status_code == 401
    assert not canaries_in(refused.content)


async def test_an_error_of_the_database_quotes_nothing(
    admin: Admin, server_log: Callable[[], bytes], event_log: Callable[[], str]
) -> None:
    """What PostgreSQL would write about a failing row: a value out of it is in no log."""
    await admin.execute("create table public.trial (word text check (length(word) < 3))")
    with pytest.raises(asyncpg.CheckViolationError):
        await admin.execute("insert into public.trial values ($1)", WORDS[0])
    await admin.execute("drop table public.trial")

    assert not canaries_in(server_log())
    assert not canaries_in(event_log().encode())


def test_the_search_finds_a_planted_canary(tmp_path: Path) -> None:
    for word in WORDS:
        for planted in (
            word.encode(),
            f"x{word}y".encode().hex().encode(),
            base64.b64encode(f"ab{word}cd".encode()),
            base64.b64encode(f"a{word}".encode()),
            quote(f" {word} ").encode(),
        ):
            assert canaries_in(b"..." + planted + b"..."), (word, planted)
