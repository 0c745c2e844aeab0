"""The page on which a person leaves an address for a mail that there is something new."""

import httpx
import pytest

from tests.conftest import Admin
from tests.core import KEYS

PATH = "/de/postfach/hinweis"


@pytest.fixture
async def sending(admin: Admin) -> None:
    """A worker that can send has said so."""
    await admin.execute(
        "insert into mailbox.notice_key (encoded) values ($1)", KEYS["ezra"].public().encoded
    )


@pytest.fixture
async def opened(browser: httpx.AsyncClient, code: str) -> httpx.AsyncClient:
    assert (await browser.post("/de/postfach", data={"code": code})).status_code == 303
    return browser


async def test_an_address_is_left_changed_and_removed(
    opened: httpx.AsyncClient, sending: None, admin: Admin
) -> None:
    assert PATH in (await opened.get("/de/postfach")).text
    for mail in ("kim@example.org", "sam@example.org"):
        kept = await opened.post(PATH, data={"mail": mail, "tun": "speichern"})
        assert kept.headers["location"] == "/de/postfach?getan=hinweis"
        box = await opened.get(kept.headers["location"])
        assert mail in box.text
        assert "Der erste Hinweis kommt frühestens morgen" in box.text
    assert "kim@example.org" not in (await opened.get(PATH)).text
    for _ in range(2):
        gone = await opened.post(PATH, data={"tun": "entfernen"})
        assert gone.status_code == 303
    assert "sam@example.org" not in (await opened.get(gone.headers["location"])).text
    assert await admin.fetchval("select count(*) from mailbox.notice") == 0


@pytest.mark.parametrize("mail", ["", "kim", "kim@example", "a@b.example, c@d.example", "ä@b.de"])
async def test_what_is_no_address_is_said_beside_the_field_and_kept(
    opened: httpx.AsyncClient, sending: None, admin: Admin, mail: str
) -> None:
    refused = await opened.post(PATH, data={"mail": mail, "tun": "speichern"})
    assert refused.status_code == 422
    assert f'value="{mail}"' in refused.text
    assert 'href="#feld-mail"' in refused.text
    assert await admin.fetchval("select count(*) from mailbox.notice") == 0


async def test_where_no_mails_are_sent_nobody_is_asked(opened: httpx.AsyncClient) -> None:
    assert PATH not in (await opened.get("/de/postfach")).text
    assert (await opened.get(PATH)).status_code == 404
    left = await opened.post(PATH, data={"mail": "kim@example.org", "tun": "speichern"})
    assert left.status_code == 404


async def test_an_address_can_be_removed_where_no_mails_are_sent_any_more(
    opened: httpx.AsyncClient, sending: None, admin: Admin
) -> None:
    await opened.post(PATH, data={"mail": "kim@example.org", "tun": "speichern"})
    await admin.execute("delete from mailbox.notice_key")
    page = await opened.get(PATH)
    assert "Zurzeit verschicken wir keine Hinweise" in page.text
    assert 'name="mail"' not in page.text
    await opened.post(PATH, data={"tun": "entfernen"})
    assert await admin.fetchval("select count(*) from mailbox.notice") == 0


async def test_nobody_else_leaves_an_address(
    browser: httpx.AsyncClient, sending: None, code: str
) -> None:
    assert (await browser.post(PATH, data={"mail": "kim@example.org"})).status_code == 403


async def test_the_api_does_the_same(
    browser: httpx.AsyncClient, sending: None, code: str, admin: Admin
) -> None:
    place, headers = "/api/v1/mailbox/notice", {"authorization": f"Receipt {code}"}
    given = {"mail": "kim@example.org", "language": "ar"}
    left = await browser.post(place, json=given, headers=headers)
    assert left.status_code == 200
    assert left.json()["notice"] == {"mail": "kim@example.org", "works": True}
    assert left.json()["may_leave_notice"] is True
    wrong = await browser.post(place, json={"mail": "kim"}, headers=headers)
    assert (wrong.status_code, wrong.json()["errors"][0]["code"]) == (422, "malformed")
    for _ in range(2):
        gone = await browser.post(f"{place}/removal", headers=headers)
        assert (gone.status_code, gone.json()["notice"]) == (200, None)
    await admin.execute("delete from mailbox.notice_key")
    assert (await browser.post(place, json=given, headers=headers)).status_code == 409
    box = (await browser.get("/api/v1/mailbox", headers=headers)).json()
    assert box["may_leave_notice"] is False
    assert (await browser.post(place, json=given, headers={})).status_code in {400, 401}
