"""What the pages of incidents show, ready for the templates."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
from markupsafe import Markup

from adstelle.casework.incident.service import IncidentFile, Linking
from adstelle.casework.incident.store import CaseLine, Known, Link
from adstelle.casework.words import Option, Words, fact, number
from adstelle.domain.incident import Incident


class CaseShown(msgspec.Struct, frozen=True):
    """A case in a list, in words."""

    case_id: UUID
    number: str
    received: str
    state: str


class IncidentShown(msgspec.Struct, frozen=True):
    """An incident in a list, in words."""

    incident_id: UUID
    title: Markup
    when: Markup


LABELS = {
    "incident": "which",
    "title": "title",
    "when": "when",
    "new_series": "series_new",
    "nummer": "search_label",
    "kennung": "mark_label",
}


def faults(words: Words, found: Mapping[str, str]) -> dict[str, str]:
    """What is wrong with which field, in words."""
    return words.faults(
        found, "incident.error", lambda field: words.text(f"incident.{LABELS[field]}")
    )


def title_of(words: Words, incident: Incident | None) -> Markup:
    """How an incident is called; what does not open says so."""
    return fact(incident.title if incident else words.text("incident.unopenable"))


def linking_values(words: Words, linking: Linking) -> dict[str, Any]:
    """What the page that links a case shows."""
    now = linking.now
    return {
        "now": _incident(words, now) if now else None,
        "choices": _choices(words, linking),
        "links": [_link(words, link) for link in reversed(linking.links)],
        "found": len(linking.found),
    }


def _choices(words: Words, linking: Linking) -> list[Option]:
    """What was searched for first, then the newest incidents, then a new one."""
    now = linking.now.incident_id if linking.now else None
    options: dict[str, Option] = {}
    for found in linking.found:
        case = number(found.case.case_id)
        if found.known is None:
            key, label = f"fall-{found.case.case_id}", words.text("incident.with_case", number=case)
            options[key] = Option(key, label, "")
        elif found.known.incident_id != now:
            hint = words.text("incident.has_case", number=case)
            options[str(found.known.incident_id)] = _option(words, found.known, hint)
    for known in linking.recent:
        if known.incident_id != now and str(known.incident_id) not in options:
            when = known.incident.when if known.incident else ""
            options[str(known.incident_id)] = _option(words, known, fact(when))
    new = Option("neu", words.text("incident.new"), "")
    return [*options.values(), new]


def _option(words: Words, known: Known, hint: str) -> Option:
    return Option(str(known.incident_id), title_of(words, known.incident), hint)


def _link(words: Words, link: Link) -> dict[str, str]:
    key = "incident.linked" if link.linked else "incident.unlinked"
    return {
        "what": words.text(key),
        "title": title_of(words, link.incident),
        "moment": words.moment(link.made_at),
        "name": link.name,
    }


def incident_values(words: Words, file: IncidentFile) -> dict[str, Any]:
    """What the pages of an incident show."""
    incident = file.known.incident
    agreed = incident.agreed_on if incident else None
    return {
        "incident": _incident(words, file.known),
        "cases": [_case(words, case) for case in file.cases],
        "series": fact(file.own_series.title) if file.own_series else None,
        "series_id": file.known.series_id,
        "is_campaign": file.own_series is not None and file.own_series.is_campaign,
        "others": [_incident(words, each) for each in file.others],
        "all_series": [
            Option("", words.text("incident.series_none"), ""),
            *(
                Option(str(each.series_id), fact(each.series.title), "")
                for each in file.series
                if each.series
            ),
        ],
        "agreed": words.day(agreed) if agreed else None,
    }


def _case(words: Words, case: CaseLine) -> CaseShown:
    return CaseShown(
        case.case_id,
        number(case.case_id),
        words.day(case.received_on),
        words.state(case.state),
    )


def _incident(words: Words, known: Known) -> IncidentShown:
    when = known.incident.when if known.incident else ""
    return IncidentShown(known.incident_id, title_of(words, known.incident), fact(when))
