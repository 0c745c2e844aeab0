"""What happened once, whoever reported it: an incident has cases, a series has incidents."""

from datetime import date

from adstelle.domain.private import Private


class Incident(Private, frozen=True, omit_defaults=True):
    """How the Stelle calls an incident, and when it was, in words.

    *pseudonym* stands for the incident wherever it is counted, once it was agreed upon with
    another Stelle that knows it as well.
    """

    title: str
    when: str = ""
    pseudonym: bytes | None = None
    agreed_on: date | None = None


class Series(Private, frozen=True, omit_defaults=True):
    """Incidents that belong together; a campaign is shown apart wherever it is counted."""

    title: str
    is_campaign: bool = False
