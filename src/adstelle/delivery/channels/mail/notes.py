"""What the mails say: texts of the city, and in a notice the address of the staff side.

Nothing here can be given a report: no function takes one, and this package may not even import
what a report is (import contract "A mail knows nothing about a report").
"""

import hmac
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final

import msgspec

from adstelle.city import City, Stelle
from adstelle.delivery.channels.mail.openpgp import Signer
from adstelle.mail_address import domain_of

MOST_LANGUAGES: Final = 2
BETWEEN: Final = "\n\n* * *\n\n"


class Note(msgspec.Struct, frozen=True):
    """What a mail says and to whom, before it is a mail. The first language is the subject's."""

    recipient: str
    subject: str
    text: str
    languages: tuple[str, ...]


class Posting(msgspec.Struct, frozen=True):
    """What makes a note a mail: who sends it, when, and the name by which it is known.

    *name* is what stands beside the sender's address; it may be empty.
    """

    sender: str
    message_id: str
    date: datetime
    name: str = "Adstelle"


def notice(city: City, recipient: str, stelle: Stelle, address: str) -> Note:
    """Say that something new waits in Adstelle, and nothing about it; always the same note."""
    return _note(city, recipient, languages_of(city, stelle), "mail.notice", address=address)


def alarm(city: City, recipient: str) -> Note:
    """Tell the operator that something was given up; `adstelle outbox` says what."""
    return _note(city, recipient, city.languages[:1], "mail.alarm")


def news(city: City, recipient: str, lang: str, link: str) -> Note:
    """Tell a person that there is something new: not where, not about what, and with no more of an
    address than the operator's *link*, which may be empty; always the same note."""
    note = _note(city, recipient, (lang,), "notice.mail")
    return msgspec.structs.replace(note, text=f"{note.text}\n\n{link}") if link else note


def languages_of(city: City, stelle: Stelle) -> tuple[str, ...]:
    """The first languages of a Stelle that the city has texts in; else the city's own."""
    known = tuple(lang for lang in stelle.languages if lang in city.languages)
    return known[:MOST_LANGUAGES] or city.languages[:1]


def message_id(secret: str, occasion: int | str, sender: str) -> str:
    """Name a mail so that sending it twice is seen as one mail, and the name tells nothing.

    The *occasion* is mostly the number of a promise. Promises are counted, so without the secret a
    name would tell how many there were.
    """
    code = hmac.digest(secret.encode(), f"adstelle/message-id/1/{occasion}".encode(), "sha256")
    return f"<{code[:16].hex()}@{domain_of(sender)}>"


def written(note: Note, posting: Posting, signer: Signer | None) -> bytes:
    """Write a note as a mail of 7-bit lines (RFC 5322), signed (RFC 3156) if there is a key."""
    body = EmailMessage(policy=SMTP)
    body.set_content(note.text + "\n", charset="utf-8", cte="quoted-printable")
    mail = body if signer is None else _signed(body, signer)
    mail["From"] = Address(posting.name, addr_spec=posting.sender)
    mail["To"] = Address(addr_spec=note.recipient)
    mail["Subject"] = " ".join(note.subject.split())  # a header is one line
    mail["Date"] = format_datetime(posting.date)
    mail["Message-ID"] = posting.message_id
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's machine answers it
    mail["Content-Language"] = ", ".join(note.languages)
    return mail.as_bytes()


def _note(city: City, recipient: str, langs: tuple[str, ...], key: str, **values: str) -> Note:
    texts = [city.catalogue.text(lang, f"{key}.text", **values) for lang in langs]
    return Note(
        recipient=recipient,
        subject=city.catalogue.text(langs[0], f"{key}.subject"),
        text=BETWEEN.join(texts),
        languages=tuple(dict.fromkeys(city.catalogue.languages[lang].html for lang in langs)),
    )


def _signed(body: EmailMessage, signer: Signer) -> EmailMessage:
    """Put a body and the signature over its exact bytes beside each other."""
    made = signer.sign(body.as_bytes())
    signature = EmailMessage(policy=SMTP)
    signature.set_content(
        made.armored, "application", "pgp-signature", cte="7bit", filename="signature.asc"
    )
    mail = EmailMessage(policy=SMTP)
    mail["MIME-Version"] = "1.0"
    mail["Content-Type"] = "multipart/signed"
    mail.set_param("micalg", f"pgp-{made.algorithm}")
    mail.set_param("protocol", "application/pgp-signature")
    mail.set_payload([body, signature])
    return mail
