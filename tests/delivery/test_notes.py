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
from adstelle.delivery.channels.mail import notes
from adstelle.delivery.channels.mail.mailer import Mailer
from adstelle.delivery.channels.mail.notes import Note, Posting
from adstelle.mail_address import is_mail_address
from adstelle.outbox import Kind

FROM = "adstelle@example.org"
TO = "beratung@example.org"
ADDRESS = "https://intern.example.org/"
SECRET = "a secret of this installation"
DATE = datetime(2026, 11, 25, 19, 0, tzinfo=UTC)
POSTING = Posting(sender=FROM, message_id=notes.message_id(SECRET, 7, FROM), date=DATE)


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


def notice_to(city: City, code: str) -> Note:
    return notes.notice(city, TO, city.stellen[code], ADDRESS)


def mail_of(note: Note) -> bytes:
    return notes.written(note, POSTING, None)


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


def test_an_alarm_says_that_and_what_to_do_and_nothing_else(city: City) -> None:
    mail = mail_of(notes.alarm(city, TO))

    assert parsed(mail)["Subject"] == "Adstelle: Eine Zustellung braucht Ihre Hilfe"
    assert text_of(mail) == (
        "Guten Tag,\n\n"
        "Adstelle hat lange versucht, etwas zuzustellen, und es jetzt aufgegeben. Verloren ist "
        "nichts, aber von selbst geht es nicht weiter.\n\n"
        "Was aufgegeben wurde und woran es lag, zeigt auf dem Server dieser Befehl:\n\n"
        "adstelle outbox\n\n"
        "Wenn die Ursache behoben ist, schickt dieser die Zustellung wieder los. Setzen Sie "
        "statt der 1 die Nummer aus der Liste ein:\n\n"
        "adstelle outbox --retry 1\n"
    )


@pytest.mark.parametrize("lang", ["de", "de-simple", "en", "ar"])
def test_every_language_has_its_letters(city: City, lang: str) -> None:
    alone = msgspec.structs.replace(city, languages=(lang,))
    stelle = msgspec.structs.replace(city.stellen["ezra"], languages=(lang,))

    for note in (
        notes.notice(alone, TO, stelle, ADDRESS),
        notes.alarm(alone, TO),
    ):
        assert text_of(mail_of(note)) == note.text + "\n"
        assert parsed(mail_of(note))["Subject"] == note.subject
        assert note.subject.startswith("Adstelle: ")


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
    note = notes.notice(city, TO, stelle, ADDRESS)

    assert note.languages == written
    assert note.text.count(ADDRESS) == len(written)
    assert note.subject == city.catalogue.text(written[0], "mail.notice.subject")


def test_one_language_in_two_forms_is_named_once(city: City) -> None:
    stelle = msgspec.structs.replace(city.stellen["ezra"], languages=("de", "de-simple"))

    assert notes.notice(city, TO, stelle, ADDRESS).languages == ("de",)


# Nothing about a report ----------------------------------------------------------------------


@settings(deadline=None, max_examples=25)
@given(st.integers(1, 2**63 - 1), st.datetimes(timezones=st.just(UTC)))
def test_whatever_happened_the_notice_is_the_same(
    city: City, promise_id: int, now: datetime
) -> None:
    """Only its name and its date differ, and the name tells nothing: see below."""
    posting = Posting(sender=FROM, message_id=notes.message_id(SECRET, promise_id, FROM), date=now)
    written = parsed(notes.written(notice_to(city, "ezra"), posting, None))
    expected = parsed(mail_of(notice_to(city, "ezra")))
    for mail in (written, expected):
        del mail["Date"], mail["Message-ID"]

    assert written.as_bytes() == expected.as_bytes()


# What the worker can say, and what a note can be made of: a number, and what the city knows.
CAN_BE_GIVEN = {
    Mailer.send: {"kind": Kind, "to": str, "promise_id": int},
    notes.notice: {"city": City, "recipient": str, "stelle": Stelle, "address": str},
    notes.alarm: {"city": City, "recipient": str},
}


@pytest.mark.parametrize("function", CAN_BE_GIVEN, ids=lambda function: function.__qualname__)
def test_no_letter_can_be_given_a_report(function: Callable[..., object]) -> None:
    """A new parameter has to be added here, where somebody asks what it could give away.

    That the package does not even know what a report is, the import contract checks.
    """
    hints = get_type_hints(function)
    hints.pop("return")

    assert hints == CAN_BE_GIVEN[function]


# Its name ------------------------------------------------------------------------------------


def test_a_promise_has_one_name_and_each_has_its_own() -> None:
    names = [notes.message_id(SECRET, promise_id, FROM) for promise_id in range(1, 1000)]

    assert len(set(names)) == len(names)
    assert names[6] == notes.message_id(SECRET, 7, FROM)
    assert names[6] != notes.message_id(SECRET + ".", 7, FROM), "who does not know the secret"
    assert all(re.fullmatch(r"<[0-9a-f]{32}@example\.org>", name) for name in names)


def test_names_do_not_tell_which_was_first() -> None:
    """Promises are counted: a name that grew with them would tell how many reports there are."""
    names = [notes.message_id(SECRET, promise_id, FROM) for promise_id in range(1, 200)]

    assert sorted(names) != names


# A header is a header ------------------------------------------------------------------------

EVIL = "x@example.org\r\nBcc: y@example.org"


def test_a_text_with_line_breaks_makes_no_header(city: City) -> None:
    note = msgspec.structs.replace(
        notice_to(city, "ezra"), subject="Neu\r\nBcc: y@example.org\r\n\r\nText"
    )

    headers = parsed(mail_of(note))
    assert headers["Bcc"] is None
    assert headers["Subject"] == "Neu Bcc: y@example.org Text"


@pytest.mark.parametrize(
    "evil", [EVIL, "x@example.org\nBcc: y@example.org", "x@example.org, y@example.org", "x", ""]
)
def test_an_address_that_was_never_checked_makes_no_mail(city: City, evil: str) -> None:
    """City and settings check addresses; if they did not, still nothing would be written."""
    note = notice_to(city, "ezra")

    with pytest.raises((ValueError, IndexError)):
        mail_of(msgspec.structs.replace(note, recipient=evil))
    with pytest.raises((ValueError, IndexError)):
        notes.written(note, msgspec.structs.replace(POSTING, sender=evil), None)


def test_a_language_or_a_name_with_line_breaks_makes_no_mail(city: City) -> None:
    note = notice_to(city, "ezra")

    with pytest.raises(ValueError, match="linefeed"):
        mail_of(msgspec.structs.replace(note, languages=("de\r\nBcc: y@example.org",)))
    with pytest.raises(ValueError, match="linefeed"):
        notes.written(note, msgspec.structs.replace(POSTING, message_id="<a>\nBcc: b"), None)


def test_long_addresses_stay_whole(city: City) -> None:
    long = "a" * 64 + "@" + ".".join(["b" * 60] * 3) + ".org"
    assert is_mail_address(long)
    note = msgspec.structs.replace(notice_to(city, "ezra"), recipient=long)
    name = notes.message_id(SECRET, 7, long)
    posting = msgspec.structs.replace(POSTING, sender=long, message_id=name)

    headers = parsed(notes.written(note, posting, None))
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
        mail = mail_of(notes.notice(city, TO, stelle, ADDRESS))

        assert mail.isascii()
        assert mail.endswith(b"\r\n")
        assert mail.count(b"\n") == mail.count(b"\r") == mail.count(b"\r\n")
        assert max(map(len, mail.split(b"\r\n"))) <= 78
