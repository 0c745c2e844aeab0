"""What a Stelle found of a case, as it is counted: codes and pseudonyms, never a word.

A count card says what the person reported (`adstelle.domain.report.CountCard`); an assessment says
what the Stelle made of it. Both are sealed to the statistics key, and only there they meet.
"""

from typing import Final
from uuid import UUID

from adstelle.domain.private import Private
from adstelle.domain.report import CountCard

# Codes of `record_codes.toml`: discrimination was found; there is a link to the city.
ESTABLISHED: Final = "ja"
LOCAL: Final = frozenset({"ort", "wohnsitz", "beides"})


class Assessment(Private, frozen=True, kw_only=True, omit_defaults=True):
    """The assessment of one case by one Stelle, as of its last change.

    *card_id* names the count card. *established* and *local_link* are codes of `record_codes.toml`;
    *grounds*, *form*, *area* and *responsible* the city's, as the adviser assessed them: empty or
    None where nothing was assessed. *incident*, *series*, *person* and *body* (the responsible
    body) are pseudonyms of 16 bytes: the same thing has the same one within a Stelle, and nobody
    can lead it back. *is_campaign*: the series is one campaign and is shown apart.
    """

    card_id: UUID
    stelle: str
    established: str | None = None
    local_link: str | None = None
    grounds: tuple[str, ...] = ()
    form: str | None = None
    area: str | None = None
    responsible: str | None = None
    severity: str | None = None
    criminal: str | None = None
    outcomes: tuple[str, ...] = ()
    district: str | None = None
    incident: bytes | None = None
    series: bytes | None = None
    is_campaign: bool = False
    person: bytes | None = None
    body: bytes | None = None


class AssessedCard(Private, frozen=True, kw_only=True):
    """A count card with what was found of it, by each Stelle once, in the order of their codes."""

    card_id: UUID
    card: CountCard
    assessments: tuple[Assessment, ...] = ()
