"""The mail to a person: neutral sender, neutral words, no return path, no signature.

Whoever reads along learns that this address hears of something new, from a sender whose name the
operator chose so that it says nothing. An OpenPGP signature would name the service.
"""

from adstelle.city import City
from adstelle.delivery.channels.mail import notes
from adstelle.delivery.channels.mail.mailer import Now, names_of, server_of
from adstelle.delivery.channels.mail.notes import Posting
from adstelle.delivery.channels.mail.relay import Relay
from adstelle.domain.notice import NoticeTo
from adstelle.settings import Settings


class PersonMailer:
    """Sends the one mail there is, in the person's language."""

    def __init__(self, city: City, settings: Settings, relay: Relay, now: Now) -> None:
        self._city = city
        self._sender = settings.notice_from or ""
        self._name = settings.notice_name or ""
        self._link = settings.notice_link or ""
        self._secret = names_of(settings)
        self._relay = relay
        self._now = now

    async def send(self, to: NoticeTo, occasion: str) -> None:
        """Send it. Twice on one *occasion* it is the same mail by name. Raises `DeliveryError`."""
        lang = to.lang if to.lang in self._city.languages else self._city.languages[0]
        posting = Posting(
            sender=self._sender,
            name=self._name,
            message_id=notes.message_id(self._secret, occasion, self._sender),
            date=self._now(),
        )
        note = notes.news(self._city, to.mail, lang, self._link)
        await self._relay.send(notes.written(note, posting, None), to.mail)


def person_mailer_of(settings: Settings, city: City, now: Now) -> PersonMailer | None:
    """Make what the settings describe; None where people are sent nothing."""
    if settings.smtp_host is None or settings.notice_from is None:
        return None
    relay = Relay(server_of(settings, settings.smtp_host), settings.notice_from, return_path=False)
    return PersonMailer(city, settings, relay, now)
