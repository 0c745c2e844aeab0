"""Whoever has the code is the person: they read and write, and nobody else does."""

from datetime import date
from uuid import uuid4

import httpx
import msgspec
import pytest

from adstelle.city import City
from adstelle.crypto import receipt, sealing
from adstelle.crypto.hpke import PublicKey
from adstelle.database import Pool
from adstelle.domain.report import Contact, Message
from adstelle.errors import OutcomeUnknown, StorageUnavailable, UnknownCode
from adstelle.intake.service import Intake
from adstelle.mailbox.own_data import data_of
from adstelle.mailbox.routes import COOKIE
from adstelle.mailbox.service import MOST_TEXT, Mailbox, MessageIdUsed
from adstelle.web.pages import UNKNOWN, Pages
from tests import core
from tests.conftest import Admin, Database
from tests.core import KEYS, REPORT, TODAY, is_page, leads_to, shows
from tests.proxy import road_to

WRITING = b"\x00\x00\x00\x08ads_jena"  # a Stelle as an argument of the statement that stores


async def answer_as_stelle(admin: Admin, text: str, stelle: str = "ads_jena") -> None:
    """Write to the only person there is, as an adviser's session does."""
    (row,) = await admin.fetch("select report_id, mailbox_key from intake.report")
    message_id = uuid4()
    sealed = sealing.seal_message(
        row["report_id"],
        message_id,
        stelle,
        Message(text=text),
        stelle_key=KEYS[stelle].public(),
        mailbox_key=PublicKey(row["mailbox_key"]),
    )
    await admin.execute(
        "insert into mailbox.message (message_id, report_id, stelle, author, sent_on, sealed, "
        "for_stelle, for_mailbox) values ($1, $2, $3, 'stelle', $4, $5, $6, $7)",
        message_id, row["report_id"], stelle, TODAY,
        sealed.sealed, sealed.for_stelle, sealed.for_mailbox,
    )  # fmt: skip


async def read_as_stelle(admin: Admin, stelle: str) -> list[str]:
    """Read what the person wrote to *stelle*, with its key alone."""
    rows = await admin.fetch(
        "select * from mailbox.message where stelle = $1 and author = 'person' order by position",
        stelle,
    )
    return [
        sealing.open_message(
            KEYS[stelle],
            row["for_stelle"],
            row["sealed"],
            sealing.message_binding(row["report_id"], row["message_id"], stelle),
        ).text
        for row in rows
    ]


# Reading and writing -------------------------------------------------------------------------


async def test_a_new_mailbox_holds_the_report_and_where_it_is(mailbox: Mailbox, code: str) -> None:
    box = (await mailbox.open(code)).box

    assert (box.received_on, box.account.account) == (TODAY, REPORT.account)
    assert box.contact == REPORT.contact
    assert [(row.stelle, row.standing, row.state) for row in box.recipients] == [
        ("ads_jena", "promised", None),
        ("ezra", "promised", None),
    ]
    assert box.notes == ()


async def test_what_was_not_given_to_anybody_is_in_the_mailbox_all_the_same(
    mailbox: Mailbox, intake: Intake
) -> None:
    report = msgspec.structs.replace(REPORT, consents=(), contact=Contact(name="Kim"))
    made = await intake.submit(report, uuid4().bytes)
    box = (await mailbox.open(made.code)).box
    assert (box.account.account, box.contact.name) == (REPORT.account, "Kim")
    assert box.recipients == ()


async def test_an_answer_arrives_and_is_noted_as_seen(
    mailbox: Mailbox, code: str, keyed: Admin
) -> None:
    await answer_as_stelle(keyed, "Wann passt es Ihnen?")
    await answer_as_stelle(keyed, "Hier ist ezra.", "ezra")
    notes = (await mailbox.open(code)).box.notes

    assert [(note.stelle, note.message.text, note.own, note.was_read) for note in notes] == [
        ("ads_jena", "Wann passt es Ihnen?", False, False),
        ("ezra", "Hier ist ezra.", False, False),
    ]
    seen = await keyed.fetch("select read_on from mailbox.message")
    assert {row["read_on"] for row in seen} == {TODAY}
    assert all(note.was_read for note in (await mailbox.open(code)).box.notes)


async def test_a_damaged_message_or_letter_closes_nobodys_mailbox(
    mailbox: Mailbox, code: str, keyed: Admin
) -> None:
    await answer_as_stelle(keyed, "Wann passt es Ihnen?")
    await keyed.execute(
        "update mailbox.message set sealed = set_byte(sealed, 29, 255 - get_byte(sealed, 29))"
    )
    await keyed.execute(
        "update intake.handover set "
        "for_mailbox = set_byte(for_mailbox, 29, 255 - get_byte(for_mailbox, 29))"
    )
    await answer_as_stelle(keyed, "Oder am Freitag?")
    box = (await mailbox.open(code)).box

    assert [(note.message.text, note.is_unopenable) for note in box.notes] == [
        ("", True),
        ("Oder am Freitag?", False),
    ]
    assert {row.letter for row in box.recipients} == {None}
    assert data_of(box).messages[0].message is None


async def test_what_the_person_writes_one_stelle_reads(
    mailbox: Mailbox, code: str, keyed: Admin
) -> None:
    await mailbox.write(code, "ezra", uuid4(), "Nur für ezra.")
    assert await read_as_stelle(keyed, "ezra") == ["Nur für ezra."]
    assert await read_as_stelle(keyed, "ads_jena") == []
    (note,) = (await mailbox.open(code)).box.notes
    assert (note.stelle, note.message.text, note.own, note.was_read) == (
        "ezra",
        "Nur für ezra.",
        True,
        False,
    )


async def test_looking_does_not_mark_ones_own_words_as_read(
    mailbox: Mailbox, code: str, keyed: Admin
) -> None:
    await mailbox.write(code, "ezra", uuid4(), "Hallo")
    await mailbox.open(code)
    assert await keyed.fetchval("select read_on from mailbox.message") is None


async def test_messages_stay_in_their_order(mailbox: Mailbox, code: str) -> None:
    for number in range(5):
        await mailbox.write(code, "ezra", uuid4(), f"Nachricht {number}")
    texts = [note.message.text for note in (await mailbox.open(code)).box.notes]
    assert texts == [f"Nachricht {number}" for number in range(5)]


@pytest.mark.parametrize("stelle", ["kokont", "rias_th", "statistics", "mailbox", "", "x\x00y"])
async def test_nobody_writes_to_whom_they_did_not_choose(
    mailbox: Mailbox, code: str, keyed: Admin, stelle: str
) -> None:
    with pytest.raises(UnknownCode):
        await mailbox.write(code, stelle, uuid4(), "Hallo")
    assert await keyed.fetchval("select count(*) from mailbox.message") == 0


async def test_an_unknown_code_opens_and_writes_nothing(mailbox: Mailbox, code: str) -> None:
    stranger = receipt.new_code()
    with pytest.raises(UnknownCode):
        await mailbox.open(stranger)
    with pytest.raises(UnknownCode):
        await mailbox.write(stranger, "ezra", uuid4(), "Hallo")


async def test_two_mailboxes_are_apart(
    mailbox: Mailbox, code: str, intake: Intake, keyed: Admin
) -> None:
    other = (await intake.submit(REPORT, uuid4().bytes)).code
    await mailbox.write(other, "ezra", uuid4(), "Von jemand anderem.")
    assert (await mailbox.open(code)).box.notes == ()
    assert len((await mailbox.open(other)).box.notes) == 1


# Writing twice -------------------------------------------------------------------------------


async def test_the_same_message_again_is_kept_once(
    mailbox: Mailbox, code: str, keyed: Admin
) -> None:
    message_id = uuid4()
    for _ in range(3):
        await mailbox.write(code, "ezra", message_id, "Hallo")
    assert await read_as_stelle(keyed, "ezra") == ["Hallo"]


@pytest.mark.parametrize(("stelle", "text"), [("ezra", "Etwas anderes"), ("ads_jena", "Hallo")])
async def test_another_message_with_a_used_id_is_not_swallowed(
    mailbox: Mailbox, code: str, keyed: Admin, stelle: str, text: str
) -> None:
    message_id = uuid4()
    await mailbox.write(code, "ezra", message_id, "Hallo")
    with pytest.raises(MessageIdUsed):
        await mailbox.write(code, stelle, message_id, text)


async def test_an_id_of_somebody_else_is_not_swallowed(
    mailbox: Mailbox, code: str, intake: Intake
) -> None:
    other, message_id = (await intake.submit(REPORT, uuid4().bytes)).code, uuid4()
    await mailbox.write(other, "ezra", message_id, "Hallo")
    with pytest.raises(MessageIdUsed):
        await mailbox.write(code, "ezra", message_id, "Hallo")


# Pages ---------------------------------------------------------------------------------------


async def enter(browser: httpx.AsyncClient, code: str, lang: str = "de") -> None:
    page = await browser.post(f"/{lang}/postfach", data={"code": code})
    leads_to(page, f"/{lang}/postfach")


def message_id_in(page: httpx.Response, stelle: str) -> str:
    after = page.text.partition(f'name="stelle" value="{stelle}"')[2]
    return after.partition('name="message_id" value="')[2].partition('"')[0]


@pytest.mark.parametrize("lang", ["de", "de-simple", "en", "ar"])
async def test_the_code_opens_the_page(
    browser: httpx.AsyncClient, code: str, keyed: Admin, lang: str
) -> None:
    await answer_as_stelle(keyed, "Eine Antwort <b>für Sie</b>")
    await enter(browser, receipt.grouped(code).lower().replace("-", " "), lang)
    page = is_page(await browser.get(f"/{lang}/postfach"))

    assert shows(page, "Am Holzmarkt hat mich jemand gestoßen.")
    assert "Eine Antwort &lt;b&gt;für Sie&lt;/b&gt;" in page.text
    assert code not in page.text, "the code is not shown again"


async def test_a_person_answers(browser: httpx.AsyncClient, code: str, keyed: Admin) -> None:
    await enter(browser, code)
    shown = await browser.get("/de/postfach")
    reply = {"stelle": "ezra", "message_id": message_id_in(shown, "ezra"), "text-ezra": "Ja, gern."}
    for _ in range(2):
        page = await browser.post("/de/postfach/antwort", data=reply)
        leads_to(page, "/de/postfach?getan=antwort")
    assert await read_as_stelle(keyed, "ezra") == ["Ja, gern."]
    assert shows(is_page(await browser.get("/de/postfach")), "Ja, gern.")


async def test_a_reply_written_over_an_earlier_one_is_kept_too(
    browser: httpx.AsyncClient, code: str, keyed: Admin
) -> None:
    """Back, change the text, send again: browsers restore the hidden id."""
    await enter(browser, code)
    reply = {"stelle": "ezra", "message_id": str(uuid4())}
    for text in ("Erst so.", "Dann so.", "Dann so."):
        await browser.post("/de/postfach/antwort", data=reply | {"text-ezra": text})
    assert (await read_as_stelle(keyed, "ezra"))[:2] == ["Erst so.", "Dann so."]


@pytest.mark.parametrize(
    ("entered", "status", "fault"),
    [
        ("", 422, "missing"),
        ("0123", 422, "malformed"),
        ("0123-4567-89AB-CDEF-GHJK-MNJJ", 422, "malformed"),
        ("0123-4567-89AB-CDEF-GHJK-MNJK", 404, "unknown"),
    ],
)
async def test_a_code_that_does_not_fit_is_shown_again(
    browser: httpx.AsyncClient, city: City, entered: str, status: int, fault: str
) -> None:
    page = is_page(await browser.post("/de/postfach", data={"code": entered}), status)
    assert shows(page, city.catalogue.text("de", f"error.code.{fault}"))
    assert f'value="{entered}"' in page.text
    assert "set-cookie" not in page.headers


@pytest.mark.parametrize(("text", "fault"), [("", "missing"), ("x" * (MOST_TEXT + 1), "too_long")])
async def test_a_reply_with_a_mistake_comes_back(
    browser: httpx.AsyncClient, city: City, code: str, keyed: Admin, text: str, fault: str
) -> None:
    await enter(browser, code)
    reply = {"stelle": "ezra", "message_id": str(uuid4()), "text-ezra": text}
    page = is_page(await browser.post("/de/postfach/antwort", data=reply), 422)

    assert shows(page, city.catalogue.text("de", f"error.text.{fault}"))
    assert text in page.text
    assert await read_as_stelle(keyed, "ezra") == []


async def test_a_reply_after_the_browser_was_closed_comes_back(
    browser: httpx.AsyncClient, code: str
) -> None:
    text = "Eine lange Antwort, die niemand noch einmal schreiben möchte."
    page = await browser.post("/de/postfach/antwort", data={"stelle": "ezra", "text-ezra": text})
    assert shows(page, text)


@pytest.mark.parametrize("cookie", ["x", "0" * 24, "A" * 500])
async def test_a_forged_cookie_opens_nothing(browser: httpx.AsyncClient, cookie: str) -> None:
    browser.cookies.set(COOKIE, cookie, domain="localhost.local")
    page = await browser.get("/de/postfach")
    assert page.status_code in {200, 404}
    assert 'name="code"' in page.text


async def test_closing_the_mailbox_closes_it(browser: httpx.AsyncClient, code: str) -> None:
    await enter(browser, code)
    assert (await browser.get("/de/postfach")).text.count("<article") == 0
    leads_to(await browser.post("/de/postfach/ende"), "/de/leer")
    assert dict(browser.cookies) == {}
    assert 'name="code"' in (await browser.get("/de/postfach")).text


async def test_the_cookie_ends_with_the_browser(browser: httpx.AsyncClient, code: str) -> None:
    page = await browser.post("/de/postfach", data={"code": code})
    cookie = page.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "expires" not in cookie
    assert "max-age" not in cookie


# The database breaks -------------------------------------------------------------------------


TEXT = "Eine lange Antwort, die niemand noch einmal schreiben möchte."


async def test_when_the_database_is_away_the_reply_comes_back(
    database: Database, city: City, code: str, keyed: Admin
) -> None:
    words = Pages(city, secure=False)
    reply = {"stelle": "ads_jena", "message_id": str(uuid4()), "text-ads_jena": TEXT}
    async with (
        road_to(database) as road,
        core.pool_on(road, database) as pool,
        core.browser_for(core.application_of(pool, city)) as browser,
    ):
        await enter(browser, code)
        await road.close()
        page = is_page(await browser.post("/de/postfach/antwort", data=reply), 503)
        assert shows(page, TEXT)
        assert shows(page, words.text("de", "away.not_saved.title"))

        road.reopen()
        await browser.post("/de/postfach/antwort", data=reply)
    assert await read_as_stelle(keyed, "ads_jena") == [TEXT]


async def test_when_it_breaks_after_sending_nobody_says_not_saved(
    database: Database, city: City, code: str, keyed: Admin
) -> None:
    words = Pages(city, secure=False)
    reply = {"stelle": "ads_jena", "message_id": str(uuid4()), "text-ads_jena": TEXT}
    async with (
        road_to(database) as road,
        core.pool_on(road, database) as pool,
        core.browser_for(core.application_of(pool, city)) as browser,
    ):
        await enter(browser, code)
        road.drop_answer_to(WRITING)
        page = is_page(await browser.post("/de/postfach/antwort", data=reply), 503)
        assert shows(page, words.text("de", "away.unknown.title"))
        assert f'name="{UNKNOWN}"' in page.text

        await road.close()
        again = await browser.post("/de/postfach/antwort", data=reply | {UNKNOWN: "ja"})
        assert shows(is_page(again, 503), words.text("de", "away.unknown.title"))
        assert not shows(again, words.text("de", "away.not_saved.title"))

        road.reopen()
        await browser.post("/de/postfach/antwort", data=reply | {UNKNOWN: "ja"})
    assert await read_as_stelle(keyed, "ads_jena") == [TEXT]


async def test_reading_needs_the_database(database: Database, city: City, code: str) -> None:
    async with road_to(database) as road, core.pool_on(road, database) as pool:
        mailbox = Mailbox(pool, city, lambda: date(2026, 11, 22))
        await mailbox.open(code)
        await road.close()
        with pytest.raises((StorageUnavailable, OutcomeUnknown)):
            await mailbox.open(code)


async def test_a_stelle_that_hears_by_mail_is_told_once_that_something_is_new(
    public_pool: Pool, city: City, code: str, keyed: Admin
) -> None:
    by_mail = msgspec.structs.replace(
        city.stellen["ezra"], channel="mail", notice_to="neu@example.org"
    )
    changed = msgspec.structs.replace(city, stellen=city.stellen | {"ezra": by_mail})
    mailbox, message_id = Mailbox(public_pool, changed, lambda: TODAY), uuid4()
    await mailbox.write(code, "ads_jena", uuid4(), "Die ADS schaut selbst nach.")
    for _ in range(2):
        await mailbox.write(code, "ezra", message_id, "Hallo")
    await mailbox.write(code, "ezra", uuid4(), "Noch etwas.")
    rows = await keyed.fetch(
        "select stelle, lane, extract(minute from due_at)::int as minute "
        "from outbox.promise where kind = 'notice'"
    )
    assert [tuple(row) for row in rows] == [("ezra", "notice/ezra", 0)]
