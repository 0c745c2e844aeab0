"""What the worker calls to send a mail, and how it is made out of the settings.

A promise is kept once the organisation's own mail server has taken the mail.
"""

import ssl
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

from adstelle.city import City
from adstelle.delivery.channels.mail import notes
from adstelle.delivery.channels.mail.notes import Note, Posting
from adstelle.delivery.channels.mail.openpgp import Signer
from adstelle.delivery.channels.mail.relay import Relay, Server
from adstelle.errors import DeliveryError, SettingsError
from adstelle.outbox import Kind
from adstelle.settings import Settings, read_secret, read_secret_bytes

PORTS: Final = {"starttls": 587, "tls": 465, "none": 25}
LEAST_SECRET: Final = 16

Now = Callable[[], datetime]


class Sender:
    """Sends notes: from which address, under which names, with which signature."""

    def __init__(
        self, relay: Relay, address: str, secret: str, signer: Signer | None, now: Now
    ) -> None:
        self._relay = relay
        self._address = address
        self._secret = secret
        self._signer = signer
        self._now = now

    async def send(self, note: Note, promise_id: int) -> None:
        """Send the note of a promise. Sent again it has the same name, so it is the same mail."""
        posting = Posting(
            sender=self._address,
            message_id=notes.message_id(self._secret, promise_id, self._address),
            date=self._now(),
        )
        await self._relay.send(notes.written(note, posting, self._signer), note.recipient)


class Mailer:
    """Tells Stellen and the operator that they should look (`Post`). It can say nothing else."""

    def __init__(self, city: City, sender: Sender, *, operator: str, address: str) -> None:
        self._city = city
        self._sender = sender
        self._operator = operator
        self._address = address

    async def send(self, kind: Kind, to: str, promise_id: int) -> None:
        """Send the notice to a Stelle, or the alarm to the operator. Raises `DeliveryError`."""
        is_alarm = kind is Kind.ALARM
        note = notes.alarm(self._city, self._operator) if is_alarm else self._notice(to)
        await self._sender.send(note, promise_id)

    def _notice(self, stelle: str) -> Note:
        known = self._city.stellen.get(stelle)
        if known is None or known.notice_to is None:
            raise DeliveryError  # taken out of the city, or without mails by now
        return notes.notice(self._city, known.notice_to, known, self._address)


def mailer_of(settings: Settings, city: City, now: Now) -> Mailer | None:
    """Make the mailer that the settings describe; None where there is no mail server.

    Raises `SettingsError` if a secret, certificate or key cannot work, or if the city has Stellen
    that wait for mails which nobody could send.
    """
    if settings.smtp_host is None:
        for code, stelle in city.stellen.items():
            if stelle.channel == "mail":
                raise SettingsError(f"{code} has the channel mail, ADSTELLE_SMTP_HOST is not set")
        return None
    address, operator, secret = settings.mail_from, settings.mail_operator, names_of(settings)
    if address is None or operator is None:
        raise SettingsError("ADSTELLE_SMTP_HOST needs ADSTELLE_MAIL_FROM, ADSTELLE_MAIL_OPERATOR")
    relay = Relay(server_of(settings, settings.smtp_host), address)
    sender = Sender(relay, address, secret, _signer(settings, address), now)
    return Mailer(city, sender, operator=operator, address=f"{settings.staff_origin}/")


def names_of(settings: Settings) -> str:
    """The secret behind the names of mails."""
    secret = _secret(settings.mail_secret_file)
    if len(secret) < LEAST_SECRET:
        raise SettingsError(f"ADSTELLE_MAIL_SECRET_FILE needs {LEAST_SECRET} characters or more")
    return secret


def server_of(settings: Settings, host: str) -> Server:
    """The organisation's mail server. Raises `SettingsError` where a file cannot work."""
    return Server(
        host=host,
        port=settings.smtp_port or PORTS[settings.smtp_tls],
        starttls=settings.smtp_tls == "starttls",
        context=None if settings.smtp_tls == "none" else _context(settings.smtp_ca_file),
        user=settings.smtp_user,
        password=_password(settings.smtp_password_file),
    )


def _password(file: Path | None) -> str:
    password = _secret(file)
    if file is not None and not password:
        raise SettingsError("ADSTELLE_SMTP_PASSWORD_FILE is empty")
    return password


def _context(certificates: Path | None) -> ssl.SSLContext:
    """Trust the certificates in a file and no others, or those that this system trusts."""
    try:
        context = ssl.create_default_context(cafile=certificates)
    except OSError:
        raise SettingsError("ADSTELLE_SMTP_CA_FILE holds no certificates") from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _signer(settings: Settings, address: str) -> Signer | None:
    if settings.openpgp_key_file is None:
        return None
    key = read_secret_bytes(settings.openpgp_key_file)
    return Signer(key, _secret(settings.openpgp_passphrase_file) or None, address)


def _secret(file: Path | None) -> str:
    return "" if file is None else read_secret(file)
