"""Days, months and moments as people write them in their language."""

from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_skeleton, format_time, get_datetime_format

from adstelle.domain.incident_date import IncidentDate
from adstelle.web.pages import Pages


def _locale(pages: Pages, lang: str) -> str:
    return pages.city.catalogue.languages[lang].babel.replace("-", "_")


def day(pages: Pages, lang: str, given: date) -> str:
    """Write a day: 3. März 2026."""
    return _long(given, _locale(pages, lang))


@lru_cache(maxsize=1024)
def _long(given: date, locale: str) -> str:
    """The days of deadlines come again and again."""
    return format_date(given, "long", locale=locale)


def month(pages: Pages, lang: str, given: date) -> str:
    """Write the month of a day: März 2026."""
    return format_skeleton("yMMMM", given, locale=_locale(pages, lang))


def moment(pages: Pages, lang: str, given: datetime) -> str:
    """Write a moment in the city's time: 03.03.2026, 14:05."""
    local, locale = given.astimezone(ZoneInfo(pages.city.time_zone)), _locale(pages, lang)
    pattern = str(get_datetime_format("medium", locale=locale))  # "{1}, {0}": day, then time
    time = format_time(local, "short", locale=locale)
    return pattern.replace("{0}", time).replace("{1}", format_date(local, "medium", locale=locale))


def day_of(given: datetime, time_zone: str) -> date:
    """The day of a moment in the city's time."""
    return given.astimezone(ZoneInfo(time_zone)).date()


def incident_day(pages: Pages, lang: str, given: IncidentDate) -> str:
    """Write when something happened, as precisely as it is known; empty if nothing is."""
    return " · ".join(filter(None, (_numbers(given, _locale(pages, lang)), given.words)))


def _numbers(given: IncidentDate, locale: str) -> str:
    try:
        if given.year and given.month and given.day:
            return _long(date(given.year, given.month, given.day), locale)
        if given.year and given.month:
            return format_skeleton("yMMMM", date(given.year, given.month, 1), locale=locale)
    except ValueError:  # 31 February: shown as it was typed
        pass
    parts = (given.day, given.month, given.year)
    return ".".join(str(part) for part in parts if part)
