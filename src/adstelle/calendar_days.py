"""Public holidays of a country or one of its parts, from the package `holidays`.

This module alone knows the package. Its holidays are as new as its version: a law that adds one
takes a new release (`./dev lock --upgrade-package holidays`).
"""

from collections.abc import Callable
from datetime import date
from functools import cache

import holidays
import msgspec

IsHoliday = Callable[[date], bool]


class Region(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose holidays count: a country (ISO 3166-1) and, where they differ, its part (3166-2)."""

    country: str
    subdivision: str | None = None

    @property
    def whole_country(self) -> "Region":
        """The holidays that everybody in the country has."""
        return Region(self.country)


def unknown(region: Region) -> str | None:
    """Say what is wrong with *region*; None if its holidays are known."""
    known = holidays.list_supported_countries()
    if region.country not in known:
        return f"holidays of the country {region.country} are not known"
    if region.subdivision is not None and region.subdivision not in known[region.country]:
        return f"{region.country} has no part {region.subdivision} with holidays of its own"
    return None


@cache
def of(region: Region) -> IsHoliday:
    """Whether a day is a public holiday in *region*, for any year."""
    return holidays.country_holidays(region.country, subdiv=region.subdivision).__contains__
