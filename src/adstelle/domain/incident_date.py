"""When something happened, as far as somebody knows."""

from calendar import monthrange
from datetime import date

from adstelle.domain.private import Private


class IncidentDate(Private, frozen=True):
    """When it happened, as precisely as the person knows; every part may be missing."""

    day: int | None = None
    month: int | None = None
    year: int | None = None
    words: str = ""

    @property
    def span(self) -> tuple[date, date] | None:
        """The first and the last day on which it can have been.

        None where not even the month is known, and for a day that there never was.
        """
        if self.year is None or self.month is None:
            return None
        try:
            last = monthrange(self.year, self.month)[1]
            return (
                date(self.year, self.month, self.day or 1),
                date(self.year, self.month, self.day or last),
            )
        except ValueError:
            return None

    @property
    def exact(self) -> date | None:
        """The day, where it is known."""
        span = self.span
        return span[0] if span is not None and span[0] == span[1] else None
