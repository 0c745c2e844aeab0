"""People hear that there is something new: once a day, from nobody, about nothing."""

import traceback
from collections.abc import Callable
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from uuid import uuid4
from zoneinfo import ZoneInfo

import msgspec
import pytest

from adstelle.city import City
from adstelle.crypto import notice
from adstelle.crypto.hpke import PrivateKey
from adstelle.database import Pool
from adstelle.delivery import notices as delivery_notices
from adstelle.delivery.channels.mail.person import person_mailer_of
from adstelle.delivery.notices import Clock, notice_key
from adstelle.delivery.notices import Notices as Teller
from adstelle.domain.notice import MOST_ATTEMPTS, NoticeTo, is_by_day
from adstelle.domain.report import Message
from adstelle.errors import SettingsError, UnknownCode, Unopenable
from adstelle.intake.service import Intake
from adstelle.mailbox.notices import NoMails, Notices
from adstelle.mailbox.service import Mailbox
from adstelle.settings import Settings
from tests.conftest import Admin
from tests.core import KEYS, REPORT, TODAY
from tests.mail_server import HOST, MailServer, mail_server
from tests.mailbox.desk import say
from tests.privacy.test_canary import canaries_in, everything_stored

TO = "kanarienvogel@federkleid.example"  # words of the canary test
FROM = "post@neutral.example"
ZONE = ZoneInfo("Europe/Berlin")
KEY = PrivateKey.generate()
# A day to come: the database decides by its own clock whether a moment has come.
NOON = datetime(2031, 11, 22, 12, tzinfo=ZONE)
DAY = NOON.date()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    secret = tmp_path / "mail"
    secret.write_text("a secret of this installation\n", encoding="utf-8")
    key = tmp_path / "key"
    key.write_bytes(notice.written(KEY))
    return Settings(
        staff_origin="https://intern.example.org",
        smtp_host=HOST,
        smtp_tls="none",
        mail_from="adstelle@example.org",
        mail_operator="betrieb@example.org",
        mail_secret_file=secret,
        notice_key_file=key,
        notice_from=FROM,
    )


@pytest.fixture
async def code(intake: Intake) -> str:
    return (await intake.submit(REPORT, uuid4().bytes)).code


@pytest.fixture
def people(public_pool: Pool, city: City) -> Notices:
    """What the person says about it."""
    return Notices(public_pool, city, lambda: NOON, lambda: 0.5)


@pytest.fixture
def mailbox(public_pool: Pool, city: City) -> Mailbox:
    return Mailbox(public_pool, city, lambda: TODAY)


class Days:
    """The worker on one day after the other, each time at noon; its mail server answers as told."""

    def __init__(self, pool: Pool, admin: Admin, city: City, settings: Settings) -> None:
        self.pool, self.admin, self.city, self.settings = pool, admin, city, settings
        self.now = NOON

    def teller(self, key: PrivateKey = KEY, **changed: object) -> Teller:
        read = msgspec.structs.replace(self.settings, **changed)
        clock = Clock(now=lambda: self.now, zone=ZONE, chance=lambda: 0.25)
        return Teller(self.pool, clock, key, person_mailer_of(read, self.city, lambda: self.now))

    async def look(self, server: MailServer, *, key: PrivateKey = KEY) -> bool:
        """Let the moment of every mailbox come, and look."""
        await self.admin.execute("update mailbox.notice set due_at = now() - interval '1 second'")
        return await self.look_again(server, key=key)

    async def look_again(self, server: MailServer, *, key: PrivateKey = KEY) -> bool:
        worked = False
        while await self.teller(key, smtp_port=server.port).look():
            worked = True
        return worked

    def next_day(self) -> None:
        self.now += timedelta(days=1)


@pytest.fixture
async def days(worker_pool: Pool, admin: Admin, city: City, settings: Settings) -> Days:
    found = Days(worker_pool, admin, city, settings)
    await found.teller().announce()
    return found


def mail_in(content: bytes) -> EmailMessage:
    mail = message_from_bytes(content, policy=SMTP)
    assert isinstance(mail, EmailMessage)
    return mail


async def due_at(admin: Admin) -> datetime:
    found: datetime = await admin.fetchval("select due_at from mailbox.notice")
    return found


# What arrives ---------------------------------------------------------------------------------


async def test_the_mail_says_nothing(days: Days, people: Notices, admin: Admin, code: str) -> None:
    await people.leave(code, NoticeTo(mail=TO, lang="de"))
    await say(admin, "ads_jena", Message(text="Bitte rufen Sie an."))
    async with mail_server() as server:
        assert await days.look(server)

    (mail,) = server.received
    assert (mail.sender, mail.recipients) == ("<>", (TO,)), "no return path: nothing bounces"
    assert mail.greeting == "neutral.example"
    headers = mail_in(mail.content)
    assert headers.get_content().replace("\r\n", "\n") == (
        "Guten Tag,\n\nes gibt etwas Neues für Sie.\n\n"
        "Diese E-Mail wurde automatisch verschickt. Bitte antworten Sie nicht darauf.\n"
    )
    name = headers["Message-ID"]
    assert name.endswith("@neutral.example>")
    assert dict(headers.items()) == {
        "From": FROM,
        "To": TO,
        "Subject": "Es gibt etwas Neues",
        "Date": "Sat, 22 Nov 2031 12:00:00 +0100",
        "Message-ID": name,
        "Auto-Submitted": "auto-generated",
        "Content-Language": "de",
        "Content-Type": 'text/plain; charset="utf-8"',
        "Content-Transfer-Encoding": "quoted-printable",
        "MIME-Version": "1.0",
    }
    for word in (b"adstelle", b"jena", b"diskrim", code.encode()):
        assert word.lower() not in mail.content.lower()


@pytest.mark.parametrize(
    ("lang", "subject"),
    [("en", "There is something new"), ("ar", "هناك شيء جديد"), ("xx", "Es gibt etwas Neues")],
)
async def test_it_comes_in_the_language_of_the_page_with_what_the_operator_allows(
    days: Days, people: Notices, admin: Admin, code: str, lang: str, subject: str
) -> None:
    await people.leave(code, NoticeTo(mail=TO, lang=lang))
    await say(admin, "ads_jena", Message(text="?"))
    days.settings = msgspec.structs.replace(
        days.settings, notice_name="Post", notice_link="https://neutral.example"
    )
    async with mail_server() as server:
        await days.look(server)

    mail = mail_in(server.received[0].content)
    assert (mail["Subject"], mail["From"]) == (subject, f"Post <{FROM}>")
    assert mail.get_content().endswith("\r\n\r\nhttps://neutral.example\r\n")


async def test_without_news_there_is_no_mail(
    days: Days, people: Notices, mailbox: Mailbox, admin: Admin, code: str
) -> None:
    await say(admin, "ads_jena", Message(text="before"))
    await people.leave(code, NoticeTo(mail=TO, lang="de"))
    async with mail_server() as server:
        await days.look(server)
        await say(admin, "ads_jena", Message(text="read in the mailbox"))
        await mailbox.open(code)
        days.next_day()
        await days.look(server)
        await mailbox.write(code, "ads_jena", uuid4(), "what the person writes is no news to them")
        days.next_day()
        await days.look(server)
    assert server.heard == []


async def test_one_mail_for_all_that_came_and_none_a_second_time(
    days: Days, people: Notices, admin: Admin, code: str
) -> None:
    await people.leave(code, NoticeTo(mail=TO, lang="de"))
    await say(admin, "ads_jena", Message(text="one"))
    await say(admin, "ezra", Message(text="two"))
    async with mail_server() as server:
        for _ in range(3):
            await days.look(server)
            days.next_day()
        assert len(server.received) == 1
        await say(admin, "ezra", Message(text="three"))
        await days.look(server)
    assert len(server.received) == 2


@pytest.mark.parametrize("column", ["decision = 'refused'", "erasure_answer = 'granted'"])
async def test_a_decision_and_an_answer_to_a_wish_are_news(
    days: Days, people: Notices, admin: Admin, code: str, column: str
) -> None:
    await people.leave(code, NoticeTo(mail=TO, lang="de"))
    await admin.execute(
        "update intake.handover set erasure_asked_on = $1, erasure_due_on = $1 "
        "where stelle = 'ezra'",
        TODAY,
    )
    await admin.execute(f"update intake.handover set {column} where stelle = 'ezra'")
    async with mail_server() as server:
        await days.look(server)
    assert len(server.received) == 1


# When -----------------------------------------------------------------------------------------


async def test_at_most_one_a_day_whatever_the_person_and_the_stelle_do(
    days: Days, people: Notices, admin: Admin, code: str
) -> None:
    await people.leave(code, NoticeTo(mail=TO, lang="de"))
    assert (await due_at(admin)).astimezone(ZONE).date() > DAY, "not on the day it was left"
    await say(admin, "ads_jena", Message(text="one"))
    async with mail_server() as server:
        await days.look(server)
        await say(admin, "ads_jena", Message(text="two"))
        assert not await days.look_again(server), "its next moment is tomorrow"
        assert (await due_at(admin)).astimezone(ZONE).date() == DAY + timedelta(days=1)
        await people.remove(code)
        await people.leave(code, NoticeTo(mail=TO, lang="de"))
        assert not await days.look_again(server)
        assert (await due_at(admin)).astimezone(ZONE).date() == DAY + timedelta(days=1)
    assert len(server.received) == 1


async def test_what_an_adviser_does_has_no_part_in_the_moment(
    days: Days, people: Notices, admin: Admin, code: str
) -> None:
    await people.leave(code, NoticeTo(mail=TO, lang="de"))
    drawn = await due_at(admin)
    await say(admin, "ads_jena", Message(text="now"))
    assert await due_at(admin) == drawn


async def test_nobody_is_woken(days: Days, people: Notices, admin: Admin, code: str) -> None:
    await people.leave(code, NoticeTo(mail=TO, lang="de"))
    await say(admin, "ads_jena", Message(text="?"))
    days.now = datetime(2031, 11, 22, 3, tzinfo=ZONE)
    async with mail_server() as server:
        await days.look(server)
        assert server.received == []
        drawn = await due_at(admin)
        assert drawn.astimezone(ZONE).date() == DAY
        assert is_by_day(drawn, ZONE)
        days.now = datetime(2031, 11, 22, 11, tzinfo=ZONE)
        await days.look(server)
    assert len(server.received) == 1


# Removed, refused, gone ------------------------------------------------------------------------


async def test_after_removal_nothing_is_sent(
    days: Days, people: Notices, mailbox: Mailbox, admin: Admin, code: str
) -> None:
    await people.leave(code, NoticeTo(mail=TO, lang="de"))
    assert (await mailbox.open(code)).box.notice is not None
    await say(admin, "ads_jena", Message(text="?"))
    for _ in range(2):
        await people.remove(code)
    async with mail_server() as server:
        assert not await days.look(server)
    assert server.heard == []
    assert (await mailbox.open(code)).box.notice is None
    assert await admin.fetchval("select count(*) from mailbox.notice") == 0


async def test_an_address_that_nobody_has_is_not_tried_again_and_the_person_reads_that(
    days: Days, people: Notices, mailbox: Mailbox, admin: Admin, code: str
) -> None:
    await people.leave(code, NoticeTo(mail=TO, lang="de"))
    await say(admin, "ads_jena", Message(text="?"))
    async with mail_server(answers={"RCPT": [f"550 5.1.1 <{TO}> unknown"]}) as server:
        await days.look(server)
        days.next_day()
        assert not await days.look(server)
        assert await admin.fetchval("select for_worker is null from mailbox.notice")
        left = (await mailbox.look(code)).box.notice
        assert left is not None
        assert (left.mail, left.works) == (TO, False)

        await people.leave(code, NoticeTo(mail="kim@example.org", lang="de"))
        await say(admin, "ads_jena", Message(text="!"))
        await days.look(server)
    assert [mail.recipients for mail in server.received] == [("kim@example.org",)]


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("answer", ["451 4.3.0 later", "550 5.7.1 you may not"])
async def test_a_mail_server_that_does_not_want_us_is_no_fault_of_the_address(
    days: Days, people: Notices, admin: Admin, code: str, command: str, answer: str
) -> None:
    await people.leave(code, NoticeTo(mail=TO, lang="de"))
    await say(admin, "ads_jena", Message(text="?"))
    async with mail_server(answers={command: [answer]}) as server:
        await days.look(server)
        assert not await days.look_again(server), "the next try is tomorrow"
        days.next_day()
        await days.look(server)
    assert len(server.received) == 1


async def test_a_mail_that_never_gets_through_comes_to_an_end(
    days: Days, people: Notices, admin: Admin, code: str
) -> None:
    await people.leave(code, NoticeTo(mail=TO, lang="de"))
    await say(admin, "ads_jena", Message(text="?"))
    async with mail_server(answers={"MAIL": ["451 later"] * 99}) as server:
        for _ in range(MOST_ATTEMPTS + 5):
            await days.look(server)
            days.next_day()
        assert server.heard.count("MAIL") == MOST_ATTEMPTS
        server.answers.clear()
        await say(admin, "ads_jena", Message(text="!"))
        await days.look(server)
    assert len(server.received) == 1, "the next news are told again"


async def test_a_worker_that_died_in_between_sends_the_same_mail_again(
    days: Days,
    people: Notices,
    admin: Admin,
    code: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await people.leave(code, NoticeTo(mail=TO, lang="de"))
    await say(admin, "ads_jena", Message(text="?"))

    async def died(*_: object, **__: object) -> None:
        raise RuntimeError

    async with mail_server() as server:
        with monkeypatch.context() as patched:
            patched.setattr(Teller, "_settle", died)
            with pytest.raises(RuntimeError):
                await days.look(server)
        assert not await days.look_again(server), "its lease holds"
        await days.look(server)
    first, second = server.received
    assert first.content == second.content, "by the same name"


async def test_a_mail_on_its_way_to_an_old_address_says_nothing_about_the_new_one(
    days: Days, people: Notices, admin: Admin, code: str
) -> None:
    await people.leave(code, NoticeTo(mail=TO, lang="de"))
    await say(admin, "ads_jena", Message(text="?"))
    await admin.execute("update mailbox.notice set due_at = now(), lease = gen_random_uuid()")
    lease = await admin.fetchval("select lease from mailbox.notice")
    await people.leave(code, NoticeTo(mail="kim@example.org", lang="de"))
    report_id = await admin.fetchval("select report_id from mailbox.notice")
    async with days.pool.acquire() as conn, conn.transaction():
        await conn.execute("set local role adstelle_notice")
        await delivery_notices._sql.give_up(conn, report_id=report_id, lease=lease)
    assert await admin.fetchval("select for_worker is not null from mailbox.notice")


async def test_with_another_key_an_address_does_not_open_and_is_asked_for_again(
    days: Days, people: Notices, mailbox: Mailbox, admin: Admin, code: str
) -> None:
    await people.leave(code, NoticeTo(mail=TO, lang="de"))
    await say(admin, "ads_jena", Message(text="?"))
    async with mail_server() as server:
        await days.look(server, key=PrivateKey.generate())
    assert server.heard == []
    left = (await mailbox.look(code)).box.notice
    assert left is not None
    assert not left.works


async def test_where_nothing_can_be_sent_nobody_is_asked(
    days: Days, people: Notices, mailbox: Mailbox, admin: Admin, code: str
) -> None:
    assert (await mailbox.look(code)).notice_key is not None
    clock = Clock(now=lambda: days.now, zone=ZONE, chance=lambda: 0.5)
    without = Teller(days.pool, clock, None, None)
    await without.announce()
    assert (await mailbox.look(code)).notice_key is None
    with pytest.raises(NoMails):
        await people.leave(code, NoticeTo(mail=TO, lang="de"))
    assert not await without.look()


async def test_it_is_erased_with_the_report(
    days: Days, people: Notices, admin: Admin, code: str
) -> None:
    await people.leave(code, NoticeTo(mail=TO, lang="de"))
    await admin.execute("delete from intake.report")
    assert await admin.fetchval("select count(*) from mailbox.notice") == 0
    with pytest.raises(UnknownCode):
        await people.look(code)


# Nobody else can read it -----------------------------------------------------------------------


async def test_the_address_is_readable_nowhere(
    days: Days,
    people: Notices,
    admin: Admin,
    server_log: Callable[[], bytes],
    code: str,
    event_log: Callable[[], str],
) -> None:
    """Not in a table, not in an event, not in the database's log, not in an error."""
    await people.leave(code, NoticeTo(mail=TO, lang="de"))
    await say(admin, "ads_jena", Message(text="?"))
    answers = {"DATA": [f"554 {TO} no"], "RCPT": ["250 fine", f"550 5.1.1 {TO}"]}
    async with mail_server(answers=answers) as server:
        for _ in range(2):
            await days.look(server)
            days.next_day()
    assert server.heard.count("RCPT") == 2
    assert '"NoticeFailed"' in event_log()
    assert not canaries_in(await everything_stored(admin))
    assert not canaries_in(event_log().encode())
    assert not canaries_in(server_log())
    assert not canaries_in(repr(NoticeTo(mail=TO, lang="de")).encode())


async def test_no_key_in_the_database_opens_it(
    days: Days, people: Notices, admin: Admin, code: str
) -> None:
    """The worker's key does; those of the Stellen and of the statistics do not."""
    await people.leave(code, NoticeTo(mail=TO, lang="de"))
    row = await admin.fetchrow("select report_id, for_worker from mailbox.notice")
    assert row is not None
    opened = notice.open_for_worker(row["for_worker"], row["report_id"], KEY)
    assert opened.mail == TO
    for key in KEYS.values():
        with pytest.raises(Unopenable) as raised:
            notice.open_for_worker(row["for_worker"], row["report_id"], key)
        assert not canaries_in("".join(traceback.format_exception(raised.value)).encode())
    with pytest.raises(Unopenable):
        notice.open_for_worker(row["for_worker"], uuid4(), KEY)


async def test_two_addresses_of_different_length_look_alike(
    days: Days, people: Notices, admin: Admin, code: str
) -> None:
    sizes = set()
    for mail in ("a@b.example", f"{'x' * 60}@{'y' * 60}.example"):
        await people.leave(code, NoticeTo(mail=mail, lang="de"))
        row = await admin.fetchrow("select for_worker, for_mailbox from mailbox.notice")
        assert row is not None
        sizes.add((len(row["for_worker"]), len(row["for_mailbox"])))
    assert len(sizes) == 1


def test_a_key_file_that_cannot_work_refuses_the_start(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("no key", encoding="utf-8")
    with pytest.raises(SettingsError, match="holds no key for notices"):
        notice_key(Settings(notice_key_file=file))
    file.write_bytes(notice.written(KEY))
    read = notice_key(Settings(notice_key_file=file))
    assert read is not None
    assert read.seed == KEY.seed
