"""What the mails say: enough to sign in, and nothing about anybody."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from typing import get_type_hints

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adstelle.city import City, Stelle
from adstelle.delivery.channels.mail import letters
from adstelle.delivery.channels.mail.letters import Letter, Posting
from adstelle.delivery.channels.mail.mailer import Mailer
from adstelle.mail_address import is_mail_address

FROM = "adstelle@example.org"
TO = "beratung@example.org"
ADDRESS = "https://intern.example.org/"
SECRET = "a secret of this installation"
DATE = datetime(2026, 11, 25, 19, 0, tzinfo=UTC)
POSTING = Posting(sender=FROM, message_id=letters.message_id(SECRET, 7, FROM), date=DATE)


def parsed(mail: bytes) -> EmailMessage:
    message = message_from_bytes(mail, policy=SMTP)
    assert isinstance(message, EmailMessage)
    assert message.defects == []
    return message


def text_of(mail: bytes) -> str:
    body = parsed(mail).get_body()
    assert body is not None
    content: str = body.get_content()
    return content.replace("\r\n", "\n")


def notice_to(city: City, code: str) -> Letter:
    return letters.notice(city, TO, city.stellen[code], ADDRESS)


def mail_of(letter: Letter) -> bytes:
    return letters.written(letter, POSTING, None)


# What it says --------------------------------------------------------------------------------


def test_a_notice_says_that_and_where_and_nothing_else(city: City) -> None:
    mail = mail_of(notice_to(city, "ezra"))

    assert text_of(mail) == (
        "Guten Tag,\n\n"
        "in Adstelle wartet etwas Neues auf Ihre Stelle. Bitte melden Sie sich an und sehen Sie "
        "nach:\n\n"
        "https://intern.example.org/\n\n"
        "Mehr steht hier mit Absicht nicht, denn eine E-Mail ist wie eine Postkarte. Auf diese "
        "E-Mail müssen Sie nicht antworten: Adstelle hat sie von selbst geschickt.\n"
    )
    assert dict(parsed(mail).items()) == {
        "From": "Adstelle <adstelle@example.org>",
        "To": "beratung@example.org",
        "Subject": "Adstelle: Es gibt etwas Neues",
        "Date": "Wed, 25 Nov 2026 19:00:00 +0000",
        "Message-ID": POSTING.message_id,
        "Auto-Submitted": "auto-generated",
        "Content-Language": "de",
        "Content-Type": 'text/plain; charset="utf-8"',
        "Content-Transfer-Encoding": "quoted-printable",
        "MIME-Version": "1.0",
    }


def test_an_alarm_says_which_delivery_for_which_stelle_and_nothing_else(city: City) -> None:
    letter = letters.alarm(city, TO, 1234567, "ezra")

    assert letter.subject == "Adstelle: Eine Zustellung braucht Ihre Hilfe"
    assert "Zustellung: 1234567\nStelle: ezra\n" in letter.text, "as the command takes it"
    assert letter.text.endswith("adstelle outbox --retry 1234567")
    assert letter.languages == ("de",)
    other = letters.alarm(city, TO, 89, "thadine")
    assert other.text == letter.text.replace("1234567", "89").replace("ezra", "thadine")


@pytest.mark.parametrize("lang", ["de", "de-simple", "en", "ar"])
def test_every_language_has_its_letters(city: City, lang: str) -> None:
    alone = msgspec.structs.replace(city, languages=(lang,))
    stelle = msgspec.structs.replace(city.stellen["ezra"], languages=(lang,))

    for letter in (
        letters.notice(alone, TO, stelle, ADDRESS),
        letters.alarm(alone, TO, 7, "ezra"),
    ):
        assert text_of(mail_of(letter)) == letter.text + "\n"
        assert parsed(mail_of(letter))["Subject"] == letter.subject
        assert letter.subject.startswith("Adstelle: ")


@pytest.mark.parametrize(
    ("spoken", "written"),
    [
        (("de",), ("de",)),
        (("de", "en"), ("de", "en")),
        (("ar", "de", "en"), ("ar", "de")),
        (("fr", "en", "pl"), ("en",)),
        (("fr",), ("de",)),
        ((), ("de",)),
    ],
)
def test_a_stelle_reads_its_own_first_two_languages(
    city: City, spoken: tuple[str, ...], written: tuple[str, ...]
) -> None:
    stelle = msgspec.structs.replace(city.stellen["ezra"], languages=spoken)
    letter = letters.notice(city, TO, stelle, ADDRESS)

    assert letter.languages == written
    assert letter.text.count(ADDRESS) == len(written)
    assert letter.subject == city.catalogue.text(written[0], "mail.notice.subject")


def test_one_language_in_two_forms_is_named_once(city: City) -> None:
    stelle = msgspec.structs.replace(city.stellen["ezra"], languages=("de", "de-simple"))

    assert letters.notice(city, TO, stelle, ADDRESS).languages == ("de",)


# Nothing about a report ----------------------------------------------------------------------


@settings(deadline=None, max_examples=25)
@given(st.integers(1, 2**63 - 1), st.datetimes(timezones=st.just(UTC)))
def test_whatever_happened_the_notice_is_the_same(
    city: City, promise_id: int, now: datetime
) -> None:
    """Only its name and its date differ, and the name tells nothing: see below."""
    posting = Posting(
        sender=FROM, message_id=letters.message_id(SECRET, promise_id, FROM), date=now
    )
    written = parsed(letters.written(notice_to(city, "ezra"), posting, None))
    expected = parsed(mail_of(notice_to(city, "ezra")))
    for mail in (written, expected):
        del mail["Date"], mail["Message-ID"]

    assert written.as_bytes() == expected.as_bytes()


# What the worker can say, and what a letter can be made of: numbers, and codes that the city knows.
CAN_BE_GIVEN = {
    Mailer.notify: {"promise_id": int, "stelle": str},
    Mailer.alarm: {"promise_id": int, "delivery": int, "stelle": str},
    letters.notice: {"city": City, "recipient": str, "stelle": Stelle, "address": str},
    letters.alarm: {"city": City, "recipient": str, "delivery": int, "stelle": str},
}


@pytest.mark.parametrize("function", CAN_BE_GIVEN, ids=lambda function: function.__qualname__)
def test_no_letter_can_be_given_a_report(function: Callable[..., object]) -> None:
    """A new parameter has to be added here, where somebody asks what it could give away.

    That the package does not even know what a report is, the import contract checks.
    """
    hints = get_type_hints(function)
    hints.pop("return")

    assert hints == CAN_BE_GIVEN[function]


def test_an_alarm_names_only_what_the_city_knows(city: City) -> None:
    letter = letters.alarm(city, TO, 7, "Frau Beispiel, Krautgasse 3")

    assert "Stelle: –\n" in letter.text
    assert "Beispiel" not in letter.text


# Its name ------------------------------------------------------------------------------------


def test_a_promise_has_one_name_and_each_has_its_own() -> None:
    names = [letters.message_id(SECRET, promise_id, FROM) for promise_id in range(1, 1000)]

    assert len(set(names)) == len(names)
    assert names[6] == letters.message_id(SECRET, 7, FROM)
    assert names[6] != letters.message_id(SECRET + ".", 7, FROM), "who does not know the secret"
    assert all(re.fullmatch(r"<[0-9a-f]{32}@example\.org>", name) for name in names)


def test_names_do_not_tell_which_was_first() -> None:
    """Promises are counted: a name that grew with them would tell how many reports there are."""
    names = [letters.message_id(SECRET, promise_id, FROM) for promise_id in range(1, 200)]

    assert sorted(names) != names


# A header is a header ------------------------------------------------------------------------

EVIL = "x@example.org\r\nBcc: y@example.org"


def test_a_text_with_line_breaks_makes_no_header(city: City) -> None:
    letter = msgspec.structs.replace(
        notice_to(city, "ezra"), subject="Neu\r\nBcc: y@example.org\r\n\r\nText"
    )

    headers = parsed(mail_of(letter))
    assert headers["Bcc"] is None
    assert headers["Subject"] == "Neu Bcc: y@example.org Text"


@pytest.mark.parametrize(
    "evil", [EVIL, "x@example.org\nBcc: y@example.org", "x@example.org, y@example.org", "x", ""]
)
def test_an_address_that_was_never_checked_makes_no_mail(city: City, evil: str) -> None:
    """City and settings check addresses; if they did not, still nothing would be written."""
    letter = notice_to(city, "ezra")

    with pytest.raises((ValueError, IndexError)):
        mail_of(msgspec.structs.replace(letter, recipient=evil))
    with pytest.raises((ValueError, IndexError)):
        letters.written(letter, msgspec.structs.replace(POSTING, sender=evil), None)


def test_a_language_or_a_name_with_line_breaks_makes_no_mail(city: City) -> None:
    letter = notice_to(city, "ezra")

    with pytest.raises(ValueError, match="linefeed"):
        mail_of(msgspec.structs.replace(letter, languages=("de\r\nBcc: y@example.org",)))
    with pytest.raises(ValueError, match="linefeed"):
        letters.written(letter, msgspec.structs.replace(POSTING, message_id="<a>\nBcc: b"), None)


def test_long_addresses_stay_whole(city: City) -> None:
    long = "a" * 64 + "@" + ".".join(["b" * 60] * 3) + ".org"
    assert is_mail_address(long)
    letter = msgspec.structs.replace(notice_to(city, "ezra"), recipient=long)
    name = letters.message_id(SECRET, 7, long)
    posting = msgspec.structs.replace(POSTING, sender=long, message_id=name)

    headers = parsed(letters.written(letter, posting, None))
    assert headers["To"].addresses[0].addr_spec == long
    assert headers["From"].addresses[0].addr_spec == long
    assert headers["Message-ID"] == name


@pytest.mark.parametrize("code", ["ezra", "ads_jena"])
def test_a_mail_is_made_of_short_ascii_lines(city: City, code: str) -> None:
    """No server on the way has a reason to rewrite it."""
    for stelle in (
        city.stellen[code],
        msgspec.structs.replace(city.stellen[code], languages=("ar",)),
    ):
        mail = mail_of(letters.notice(city, TO, stelle, ADDRESS))

        assert mail.isascii()
        assert mail.endswith(b"\r\n")
        assert mail.count(b"\n") == mail.count(b"\r") == mail.count(b"\r\n")
        assert max(map(len, mail.split(b"\r\n"))) <= 78
