"""Stellen as people meet them: cards with what they do, why they are shown, how to reach them."""

from collections.abc import Collection, Iterable
from datetime import date

import msgspec
from babel import Locale

from adstelle.city import Stelle
from adstelle.web.pages import Pages


class Contacts(msgspec.Struct, frozen=True):
    """How to reach a Stelle; empty where nothing is known."""

    phone: str
    mail: str
    web: str
    address: str
    hours: str
    languages: str


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """One Stelle; *can_receive* where a report can be given to it from here."""

    code: str
    name: str
    does: str
    reason: str
    independent: bool
    stelle: Contacts
    can_receive: bool
    verified_on: date | None


def cards(
    found: Iterable[tuple[str, str]], pages: Pages, lang: str, sealable: Collection[str] = ()
) -> list[Card]:
    """Make cards of pairs of a Stelle's code and the key of the reason (empty: none)."""
    return [
        Card(
            code=code,
            name=pages.text(lang, stelle.name),
            does=pages.text(lang, stelle.remit),
            reason=pages.text(lang, reason) if reason else "",
            independent=stelle.independent,
            stelle=_contacts(stelle, pages, lang),
            can_receive=code in sealable,
            verified_on=stelle.verified_on,
        )
        for code, reason in found
        for stelle in (pages.city.stellen[code],)
    ]


def _contacts(stelle: Stelle, pages: Pages, lang: str) -> Contacts:
    return Contacts(
        phone=stelle.phone or "",
        mail=stelle.mail or "",
        web=stelle.website or "",
        address=stelle.address or "",
        hours=pages.text(lang, stelle.hours) if stelle.hours else "",
        languages=_languages(stelle, pages, lang),
    )


def _languages(stelle: Stelle, pages: Pages, lang: str) -> str:
    """The languages that a Stelle speaks, as the reader's language calls them."""
    known = Locale.parse(pages.city.catalogue.languages[lang].babel, sep="-").languages
    return ", ".join(known[Locale.parse(code, sep="-").language] for code in stelle.languages)
