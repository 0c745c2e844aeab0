"""Mails over a real SMTP server: over TLS or not at all, once by name, failures without a word."""

import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from functools import partial
from inspect import signature
from pathlib import Path
from typing import Any

import msgspec
import pytest

from adstelle import outbox
from adstelle.city import City
from adstelle.delivery.channels import Post
from adstelle.delivery.channels.mail import mailer, relay
from adstelle.delivery.channels.mail.relay import Relay, Server
from adstelle.errors import (
    CredentialsRefused,
    DeliveryError,
    Postponed,
    Refused,
    SettingsError,
    Unreachable,
    Untrusted,
)
from adstelle.outbox import Kind
from adstelle.settings import Settings
from tests.core import free_port
from tests.mail_server import HOST, NAME, PASSWORD, USER, Authority, mail_server, script

FROM = "adstelle@example.org"
TO = "beratung@example.org"
OPERATOR = "betrieb@example.org"
NOW = datetime(2026, 11, 25, 19, 0, tzinfo=UTC)
CANARY = "Kanarienvogel"
TALKED = ("220 hello", "250 hello", "250 sender", "250 recipient", "354 go on")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def town(city: City) -> City:
    """Jena, where ezra hears of new things by mail."""
    ezra = msgspec.structs.replace(city.stellen["ezra"], channel="mail", notice_to=TO)
    return msgspec.structs.replace(city, stellen=city.stellen | {"ezra": ezra})


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A mail server in the clear on this machine; a test replaces what it is about."""
    secret = tmp_path / "mail"
    secret.write_text("a secret of this installation\n", encoding="utf-8")
    return Settings(
        staff_origin="https://intern.example.org",
        smtp_host=HOST,
        smtp_tls="none",
        mail_from=FROM,
        mail_operator=OPERATOR,
        mail_secret_file=secret,
    )


@pytest.fixture
def password_file(tmp_path: Path) -> Path:
    file = tmp_path / "smtp"
    file.write_text(PASSWORD + "\n", encoding="utf-8")
    return file


def made(city: City, settings: Settings, **changed: Any) -> Post:
    """A mailer, as the worker gets it."""
    found = mailer.mailer_of(msgspec.structs.replace(settings, **changed), city, lambda: NOW)
    assert found is not None
    return found


def mail_in(content: bytes) -> EmailMessage:
    mail = message_from_bytes(content, policy=SMTP)
    assert isinstance(mail, EmailMessage)
    return mail


# It arrives ----------------------------------------------------------------------------------


async def test_a_notice_arrives_at_the_stelle(town: City, settings: Settings) -> None:
    async with mail_server() as server:
        await made(town, settings, smtp_port=server.port).send(Kind.NOTICE, "ezra", 7)

    (mail,) = server.received
    assert (mail.sender, mail.recipients) == (FROM, (TO,))
    assert mail.greeting == "example.org", "not the name of this machine"
    headers = mail_in(mail.content)
    assert (headers["To"], headers["Subject"]) == (TO, "Adstelle: Es gibt etwas Neues")
    assert "https://intern.example.org/\r\n" in headers.get_content()


async def test_an_alarm_arrives_at_the_operator(town: City, settings: Settings) -> None:
    async with mail_server() as server:
        await made(town, settings, smtp_port=server.port).send(Kind.ALARM, outbox.OPERATOR, 9)

    (mail,) = server.received
    assert (mail.sender, mail.recipients) == (FROM, (OPERATOR,))
    assert "adstelle outbox\r\n" in mail_in(mail.content).get_content()


async def test_a_promise_kept_twice_is_one_mail_by_name(town: City, settings: Settings) -> None:
    async with mail_server() as server:
        by = made(town, settings, smtp_port=server.port)
        await by.send(Kind.NOTICE, "ezra", 7)
        await made(town, settings, smtp_port=server.port).send(
            Kind.NOTICE, "ezra", 7
        )  # a new process
        await by.send(Kind.NOTICE, "ezra", 8)
        await by.send(Kind.ALARM, outbox.OPERATOR, 9)

    names = [mail_in(mail.content)["Message-ID"] for mail in server.received]
    assert names[0] == names[1]
    assert len(set(names)) == 3


@pytest.mark.parametrize("stelle", ["ads_jena", "taken_out"])
async def test_who_gets_no_mails_is_waited_for(town: City, settings: Settings, stelle: str) -> None:
    async with mail_server() as server:
        with pytest.raises(DeliveryError):
            await made(town, settings, smtp_port=server.port).send(Kind.NOTICE, stelle, 7)
    assert server.heard == []


# Over TLS, to the right server, as the right user --------------------------------------------


@pytest.fixture
def secure(settings: Settings, authority: Authority) -> Settings:
    """A mail server that is known by its certificate, as anywhere but on this machine."""
    return msgspec.structs.replace(
        settings, smtp_host=NAME, smtp_tls="starttls", smtp_ca_file=authority.file
    )


async def test_with_starttls_it_travels_encrypted(
    town: City, secure: Settings, authority: Authority
) -> None:
    async with mail_server(starttls=authority.server_context()) as server:
        await made(town, secure, smtp_port=server.port).send(Kind.NOTICE, "ezra", 7)

    assert [mail.is_encrypted for mail in server.received] == [True]


async def test_with_tls_from_the_start_it_travels_encrypted(
    town: City, secure: Settings, authority: Authority
) -> None:
    async with mail_server(tls=authority.server_context()) as server:
        await made(town, secure, smtp_port=server.port, smtp_tls="tls").send(Kind.NOTICE, "ezra", 7)

    assert [mail.is_encrypted for mail in server.received] == [True]


async def test_it_signs_in_with_the_password_of_the_file(
    town: City, secure: Settings, authority: Authority, password_file: Path
) -> None:
    account = {"smtp_user": USER, "smtp_password_file": password_file}
    async with mail_server(starttls=authority.server_context(), asks_who=True) as server:
        await made(town, secure, smtp_port=server.port, **account).send(Kind.NOTICE, "ezra", 7)
        assert [mail.is_signed_in for mail in server.received] == [True]

        server.heard.clear()
        password_file.write_text("something else", encoding="utf-8")
        with pytest.raises(CredentialsRefused):
            await made(town, secure, smtp_port=server.port, **account).send(Kind.NOTICE, "ezra", 7)
        assert server.heard == [], "nothing is handed in without signing in"


async def test_a_server_that_lets_nobody_sign_in_gets_nothing(
    town: City, settings: Settings, password_file: Path
) -> None:
    account = {"smtp_user": USER, "smtp_password_file": password_file}
    async with mail_server() as server:
        with pytest.raises(CredentialsRefused):
            await made(town, settings, smtp_port=server.port, **account).send(
                Kind.NOTICE, "ezra", 7
            )
    assert server.heard == []


async def test_a_server_that_leaves_starttls_out_gets_nothing(
    town: City, secure: Settings, password_file: Path
) -> None:
    """Somebody on the way who cuts the word out of the server's answer gets no mail either."""
    account = {"smtp_user": USER, "smtp_password_file": password_file}
    async with mail_server() as server:
        with pytest.raises(Untrusted):
            await made(town, secure, smtp_port=server.port, **account).send(Kind.NOTICE, "ezra", 7)
    assert server.heard == []


@pytest.mark.parametrize("mode", ["starttls", "tls"])
@pytest.mark.parametrize("wrong", ["authority", "name"])
async def test_a_server_that_is_not_the_right_one_gets_nothing(
    town: City, secure: Settings, authority: Authority, tmp_path: Path, mode: str, wrong: str
) -> None:
    issuer = Authority(tmp_path) if wrong == "authority" else authority
    context = issuer.server_context("mail.example.net" if wrong == "name" else NAME)
    serving = mail_server(tls=context) if mode == "tls" else mail_server(starttls=context)
    async with serving as server:
        with pytest.raises(Untrusted):
            await made(town, secure, smtp_port=server.port, smtp_tls=mode).send(
                Kind.NOTICE, "ezra", 7
            )
    assert server.heard == []


async def test_a_certificate_that_this_system_does_not_know_is_not_enough(
    town: City, secure: Settings, authority: Authority
) -> None:
    async with mail_server(starttls=authority.server_context()) as server:
        with pytest.raises(Untrusted):
            await made(town, secure, smtp_port=server.port, smtp_ca_file=None).send(
                Kind.NOTICE, "ezra", 7
            )


async def test_a_server_without_tls_is_not_spoken_to_over_tls(town: City, secure: Settings) -> None:
    async with mail_server() as server:
        with pytest.raises(Untrusted):
            await made(town, secure, smtp_port=server.port, smtp_tls="tls").send(
                Kind.NOTICE, "ezra", 7
            )


# What goes wrong -----------------------------------------------------------------------------

COMMANDS = ("MAIL", "RCPT", "DATA")


@pytest.mark.parametrize("command", COMMANDS)
async def test_what_was_put_off_arrives_the_next_time(
    town: City, settings: Settings, command: str
) -> None:
    async with mail_server(answers={command: ["451 4.3.0 later"]}) as server:
        by = made(town, settings, smtp_port=server.port)
        with pytest.raises(Postponed):
            await by.send(Kind.NOTICE, "ezra", 7)
        assert server.received == []
        await by.send(Kind.NOTICE, "ezra", 7)
    assert len(server.received) == 1


@pytest.mark.parametrize("command", COMMANDS)
async def test_what_was_refused_for_good_is_told_apart_and_quoted_nowhere(
    town: City, settings: Settings, command: str
) -> None:
    async with mail_server(answers={command: [f"550 5.1.1 {CANARY}"]}) as server:
        with pytest.raises(Refused) as raised:
            await made(town, settings, smtp_port=server.port).send(Kind.NOTICE, "ezra", 7)

    assert server.received == []
    assert str(raised.value) == ""
    assert CANARY not in "".join(traceback.format_exception(raised.value))


async def test_a_server_that_says_goodbye_badly_has_the_mail(
    town: City, settings: Settings
) -> None:
    async with mail_server(answers={"QUIT": ["421 no time"]}) as server:
        await made(town, settings, smtp_port=server.port).send(Kind.NOTICE, "ezra", 7)
    assert len(server.received) == 1
    assert server.heard[-1] == "QUIT"


async def test_nobody_there_is_unreachable(town: City, settings: Settings) -> None:
    with pytest.raises(Unreachable):
        await made(town, settings, smtp_port=free_port()).send(Kind.NOTICE, "ezra", 7)


@pytest.mark.parametrize("heard", range(len(TALKED) + 1))
async def test_a_line_that_breaks_is_unreachable(
    town: City, settings: Settings, heard: int
) -> None:
    """After any number of answers, the last time when it has the mail and has not said so."""
    async with script(*TALKED[:heard], hangs_up=True) as port:
        with pytest.raises(Unreachable):
            await made(town, settings, smtp_port=port).send(Kind.NOTICE, "ezra", 7)


@pytest.mark.parametrize("answers", [("hello there",), ("220 hello", "250 hello", "nonsense")])
async def test_what_is_not_smtp_is_put_off(
    town: City, settings: Settings, answers: tuple[str, ...]
) -> None:
    async with script(*answers) as port:
        with pytest.raises(DeliveryError) as raised:
            await made(town, settings, smtp_port=port).send(Kind.NOTICE, "ezra", 7)
    assert not isinstance(raised.value, Refused)


def impatient(port: int, *, step_seconds: float, seconds: float) -> Relay:
    server = Server(host=HOST, port=port, starttls=False, context=None, user=None, password="")
    return Relay(server, FROM, step_seconds=step_seconds, seconds=seconds)


@contextmanager
def soon() -> Iterator[None]:
    """Not at once, and long before a patience of a minute."""
    begun = time.monotonic()
    yield
    assert time.monotonic() - begun < 50


@pytest.mark.parametrize("heard", range(len(TALKED) + 1))
async def test_a_server_that_falls_silent_is_not_waited_for(heard: int) -> None:
    by = partial(impatient, step_seconds=0.1, seconds=60)
    async with script(*TALKED[:heard]) as port:
        with soon(), pytest.raises(Unreachable):
            await by(port).send(b"Subject: x\r\n", TO)


async def test_a_server_that_dawdles_is_not_waited_for_either() -> None:
    """Each step is in time, all of them together are not."""
    by = partial(impatient, step_seconds=60, seconds=0.5)
    async with script(*TALKED, pause=0.2) as port:
        with soon(), pytest.raises(Unreachable):
            await by(port).send(b"Subject: x\r\n", TO)


def test_a_mail_is_given_up_before_its_promise_is_claimed_again() -> None:
    """Otherwise two workers send it at the same time."""
    patience = signature(Relay.__init__).parameters["seconds"].default

    assert patience + relay.QUIT_SECONDS < outbox.LEASE_SECONDS


# What is wrong from the beginning ------------------------------------------------------------


def test_without_a_mail_server_there_is_no_mailer(city: City) -> None:
    assert mailer.mailer_of(Settings(), city, lambda: NOW) is None


def test_a_stelle_that_waits_for_mails_needs_a_mail_server(town: City) -> None:
    with pytest.raises(SettingsError, match="ezra has the channel mail"):
        mailer.mailer_of(Settings(), town, lambda: NOW)


@pytest.mark.parametrize(
    ("setting", "content", "sentence"),
    [
        ("mail_secret_file", b"too short", "ADSTELLE_MAIL_SECRET_FILE needs 16 characters"),
        ("mail_secret_file", b"\xff" * 20, "the secret wrong is not a text"),
        ("mail_secret_file", None, "cannot read the secret wrong"),
        ("smtp_ca_file", b"no certificate", "ADSTELLE_SMTP_CA_FILE holds no certificates"),
        ("smtp_ca_file", None, "ADSTELLE_SMTP_CA_FILE holds no certificates"),
        ("smtp_password_file", b"", "ADSTELLE_SMTP_PASSWORD_FILE is empty"),
    ],
)
def test_a_file_that_cannot_work_refuses_the_start(
    town: City,
    settings: Settings,
    tmp_path: Path,
    setting: str,
    content: bytes | None,
    sentence: str,
) -> None:
    file = tmp_path / "wrong"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(SettingsError, match=sentence):
        made(town, settings, smtp_host=NAME, smtp_tls="tls", smtp_user="x", **{setting: file})


def test_the_password_shows_itself_nowhere() -> None:
    server = Server(host=HOST, port=25, starttls=False, context=None, user=USER, password=PASSWORD)

    assert PASSWORD not in f"{server!r} {server}"
