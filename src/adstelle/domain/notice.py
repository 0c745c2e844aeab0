"""Mails to a person that say "there is something new" and nothing else: to whom, and when.

A mailbox is looked at once a day, at a moment that was drawn the day before. So a mail tells that
something came since the last look, and not when: whoever knows when an adviser was at work learns
nothing from it. Nobody is woken: it is sent by day.
"""

from datetime import date, datetime, time, timedelta, tzinfo
from typing import Final

from adstelle.domain.private import Private

FIRST_HOUR: Final = time(8)
HOURS: Final = 12
MOST_ATTEMPTS: Final = 7  # one a day: after a week nobody waits for that mail any more


class NoticeTo(Private, frozen=True):
    """Where the mail goes, and the language of the page on which the person asked for it."""

    mail: str
    lang: str


def moment(day: date, chance: float, zone: tzinfo) -> datetime:
    """When to look on *day*: between 8 and 20 o'clock there, by a *chance* in [0, 1)."""
    return datetime.combine(day, FIRST_HOUR, zone) + timedelta(minutes=int(HOURS * 60 * chance))


def is_by_day(now: datetime, zone: tzinfo) -> bool:
    """Whether a mail may be sent now; a worker that was away for long may wake up at night."""
    return FIRST_HOUR <= now.astimezone(zone).time() < time(FIRST_HOUR.hour + HOURS)


def following(now: datetime, chance: float, zone: tzinfo, *, was_looked_at: bool) -> datetime:
    """When to look next: tomorrow, or still today where it is early and nobody looked yet."""
    local = now.astimezone(zone)
    is_early = not was_looked_at and local.time() < FIRST_HOUR
    return moment(local.date() + timedelta(days=0 if is_early else 1), chance, zone)


def is_news(things: int, told: int) -> bool:
    """Whether something came that was neither told nor seen. Something may also have gone."""
    return things > told
