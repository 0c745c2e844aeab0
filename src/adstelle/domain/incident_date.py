"""When something happened, as far as somebody knows."""

from adstelle.domain.private import Private


class IncidentDate(Private, frozen=True):
    """When it happened, as precisely as the person knows; every part may be missing."""

    day: int | None = None
    month: int | None = None
    year: int | None = None
    words: str = ""
