"""From what was typed to a report, and what is wrong with it. One set of rules for form and API."""

from collections.abc import Mapping
from datetime import date
from typing import Final

from adstelle.asking.questions import (
    AGREES,
    INTERNET,
    MOST_ACCOUNT,
    MOST_LINE,
    MOST_WORDS,
    NOBODY,
    Answers,
    Field,
    Step,
    names,
)
from adstelle.city import City
from adstelle.domain import consent, routing
from adstelle.domain.incident_date import IncidentDate
from adstelle.domain.report import Consent, Contact, Report
from adstelle.domain.routing import CodedAnswers
from adstelle.web import days
from adstelle.web.forms import many, one

EARLIEST_YEAR: Final = 1900
YES_NO: Final = {"ja": True, "nein": False}

Faults = dict[str, str]


def codes_of(field: Field, city: City, answers: Answers) -> tuple[str, ...]:
    """List the codes a field offers, in display order."""
    if isinstance(field.codes, tuple):
        return field.codes
    special = {
        "place": lambda: _places(city),
        "district": lambda: tuple(district.code for district in city.districts),
        "language": lambda: city.languages,
        "chosen": lambda: tuple(c for c in answers.get("stellen", ()) if c != NOBODY),
    }
    if field.codes in special:
        return special[field.codes]()
    codes: tuple[str, ...] = getattr(city.codes, field.codes)
    return codes


def _places(city: City) -> tuple[str, ...]:
    """Where it can have happened: the internet stands before "I don't know"."""
    unknown = tuple(code for code in city.codes.territory if city.territories[code] == "unknown")
    known = tuple(code for code in city.codes.territory if code not in unknown)
    return (*known, INTERNET, *unknown)


def read_step(step: Step, entered: Answers) -> dict[str, tuple[str, ...]]:
    """Keep of what arrived what belongs to this page, as it was typed."""
    return {
        name: tuple(value for value in entered.get(name, ()) if value.strip())
        for name in names(step.fields)
    }


def step_faults(step: Step, answers: Answers, city: City, today: date) -> Faults:
    """Name what is wrong on one page: field name to text key. Nothing typed is quoted."""
    faults: Faults = {}
    for field in step.fields:
        if fault := _fault(field, answers, city, today):
            faults[field.name] = f"error.{field.name}.{fault}"
    return faults


def _fault(field: Field, answers: Answers, city: City, today: date) -> str | None:
    if field.kind == "date":
        return _date_fault(answers, today)
    given = many(answers, field.name)
    if not given:
        return "missing" if field.required else None
    match field.kind:
        case "long" | "line":
            return _text_fault(field, one(answers, field.name))
        case "stellen":
            return _choice_of_stellen_fault(given, answers)
        case "tick" | "files":
            return None
        case _:
            return _choice_fault(field, given, answers, city)


def _choice_fault(field: Field, given: tuple[str, ...], answers: Answers, city: City) -> str | None:
    if field.name == "with_contact" and not any(
        one(answers, name) for name in consent.CONTACT_FIELDS
    ):
        return "empty"
    return None if set(given) <= set(codes_of(field, city, answers)) else "unknown"


def _text_fault(field: Field, text: str) -> str | None:
    if len(text) > field.most:
        return "too_long"
    if field.name == "mail" and not is_like_mail(text):
        return "malformed"
    return None


def _choice_of_stellen_fault(given: tuple[str, ...], answers: Answers) -> str | None:
    if NOBODY in given:
        return "contradiction" if len(given) > 1 else None
    agreed = consent.may_share(one(answers, "reporter_role"), one(answers, "affected_agrees"))
    return None if agreed else "needs_agreement"


def incident_date(answers: Answers) -> IncidentDate | None:
    """Read the three date fields and the words; None when one of them cannot be read."""
    read = days.read_parts(days.typed_day(answers, "date"))
    if read is None:
        return None
    return IncidentDate(day=read[0], month=read[1], year=read[2], words=one(answers, "date_words"))


def date_fault(given: IncidentDate, today: date) -> str | None:
    """Name what is wrong with a date; every part may be missing, but not the year beside a day."""
    if given.day is None and given.month is None and given.year is None:
        return None
    if given.year is None or (given.day is not None and given.month is None):
        return "incomplete"
    if not EARLIEST_YEAR <= given.year <= today.year + 1:  # next year's is "future"
        return "year"
    try:
        earliest = date(
            given.year,
            1 if given.month is None else given.month,
            1 if given.day is None else given.day,
        )
    except ValueError:
        return "no_such_day"
    return "future" if earliest > today else None


def _date_fault(answers: Answers, today: date) -> str | None:
    read = incident_date(answers)
    return "unreadable" if read is None else date_fault(read, today)


def coded(answers: Answers) -> CodedAnswers:
    """Take the coded answers, as the rules of routing read them."""
    place = one(answers, "territory")
    return CodedAnswers(
        grounds=many(answers, "grounds"),
        incident_type=one(answers, "incident_type") or None,
        area_of_life=one(answers, "area_of_life") or None,
        territory=None if place in {"", INTERNET} else place,
        alleged_responsible=one(answers, "alleged_responsible") or None,
        online=place == INTERNET if place else None,
        reporter_role=one(answers, "reporter_role") or None,
        resident=YES_NO.get(one(answers, "resident")),
    )


def to_report(answers: Answers, language: str) -> Report:
    """Make a report of a draft. Stellen that are no longer offered are for `faults` to name."""
    with_contact = many(answers, "with_contact")
    return Report(
        answers=coded(answers),
        account=one(answers, "account"),
        date=incident_date(answers) or IncidentDate(),
        frequency=one(answers, "frequency") or None,
        place=one(answers, "place"),
        district=one(answers, "district") or None,
        ground_words=one(answers, "ground_words"),
        mandates=many(answers, "mandates"),
        language=one(answers, "language") or language,
        interpreter=one(answers, "interpreter"),
        affected_agrees=one(answers, "affected_agrees") or None,
        consents=tuple(
            Consent(stelle=stelle, with_contact=stelle in with_contact)
            for stelle in many(answers, "stellen")
            if stelle != NOBODY
        ),
        contact=Contact(
            name=one(answers, "name"),
            address_as=one(answers, "address_as"),
            mail=one(answers, "mail"),
            phone=one(answers, "phone"),
            safe_times=one(answers, "safe_times"),
            voicemail=bool(one(answers, "voicemail")),
        ),
    )


def faults(
    report: Report,
    city: City,
    sealable: frozenset[str],
    today: date,
    *,
    asked: str | None = None,
) -> Faults:
    """Name everything wrong with a whole report: field to text key. Empty: it may be stored.

    *sealable* are the Stellen that have a key; *asked* is the one that the person turned to
    themselves, which fits whatever the rules say. Every way in (form, API, adviser) passes here.
    """
    found: Faults = {}
    if not report.account.strip():
        found["account"] = "missing"
    if problem := date_fault(report.date, today):
        found["date"] = problem
    found |= _contact_faults(report)
    found |= {name: "too_long" for name, text, most in _texts(report) if len(text) > most}
    found |= dict.fromkeys(_unknown(report, city), "unknown")
    if problem := _consent_fault(report, city, sealable, asked):
        found["stellen"] = problem
    return {name: f"error.{name}.{kind}" for name, kind in found.items()}


def is_like_mail(text: str) -> bool:
    """Whether something stands before and behind one @, with a dot behind it, and no white space.

    Told without a search that could go back: its time grows with the length and no faster.
    """
    local, _, domain = text.partition("@")
    is_whole = bool(local) and "@" not in domain and text.split() == [text]
    return is_whole and "." in domain[1:-1]


def _contact_faults(report: Report) -> Faults:
    contact, found = report.contact, Faults()
    if contact.mail and not is_like_mail(contact.mail):
        found["mail"] = "malformed"
    is_wanted = any(given.with_contact for given in report.consents)
    if is_wanted and not consent.is_contact(contact):
        found["with_contact"] = "empty"
    return found


def _texts(report: Report) -> tuple[tuple[str, str, int], ...]:
    contact = report.contact
    return (
        ("account", report.account, MOST_ACCOUNT),
        ("ground_words", report.ground_words, MOST_WORDS),
        ("place", report.place, MOST_LINE),
        ("date_words", report.date.words, MOST_LINE),
        ("interpreter", report.interpreter, MOST_LINE),
        ("name", contact.name, MOST_LINE),
        ("address_as", contact.address_as, MOST_LINE),
        ("mail", contact.mail, MOST_LINE),
        ("phone", contact.phone, MOST_LINE),
        ("safe_times", contact.safe_times, MOST_LINE),
    )


def _unknown(report: Report, city: City) -> list[str]:
    """Fields with a code this city does not have, or twice; no answer is always allowed."""
    answers = report.answers
    allowed: Mapping[str, tuple[tuple[str, ...], tuple[str | None, ...]]] = {
        "grounds": (city.codes.grounds, answers.grounds),
        "mandates": (city.codes.mandate, report.mandates),
        "incident_type": (city.codes.incident_type, (answers.incident_type,)),
        "area_of_life": (city.codes.area_of_life, (answers.area_of_life,)),
        "territory": (city.codes.territory, (answers.territory,)),
        "alleged_responsible": (city.codes.alleged_responsible, (answers.alleged_responsible,)),
        "reporter_role": (city.codes.reporter_role, (answers.reporter_role,)),
        "frequency": (city.codes.frequency, (report.frequency,)),
        "district": (tuple(district.code for district in city.districts), (report.district,)),
        "language": (city.languages, (report.language,)),
        "affected_agrees": (AGREES, (report.affected_agrees,)),
    }
    return [
        name
        for name, (known, given) in allowed.items()
        if not {code for code in given if code is not None} <= set(known)
        or len(given) > len(set(given))
    ]


def _consent_fault(
    report: Report, city: City, sealable: frozenset[str], asked: str | None
) -> str | None:
    offered = {offer.stelle for offer in routing.route(city.rules, report.answers).offers}
    if asked is not None:
        offered.add(asked)
    chosen = [given.stelle for given in report.consents]
    return consent.fault(
        chosen, offered & sealable, report.answers.reporter_role, report.affected_agrees
    )
