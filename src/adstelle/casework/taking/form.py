"""What an adviser writes down: the questions of the public form on one page, and how it came."""

from datetime import date, timedelta
from typing import Final
from uuid import UUID

from adstelle.asking import form, questions
from adstelle.asking.form import Faults
from adstelle.asking.questions import NOBODY, STEPS, Field, Step
from adstelle.city import City
from adstelle.domain.consent import may_share
from adstelle.domain.private import Private
from adstelle.domain.report import Arrival, Report
from adstelle.web.days import TypedDay, read_day, typed_day
from adstelle.web.forms import Entries, one
from adstelle.web.guard import message_id_in

OLDEST: Final = timedelta(days=366)  # older than that it is more likely a wrong year
ARRIVALS: Final = tuple(Arrival)
CODE: Final = {"ja": True, "nein": False}
FIELDS: Final = {field.name: field for step in STEPS for field in step.fields}
CHOICE: Final = ("stellen", "with_contact")  # asked on a page of its own, once the rest is known

# One page in sections; each question of the public form stands in exactly one of them.
SECTIONS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("who", ("reporter_role", "affected_agrees", "resident")),
    ("what", ("account", "incident_type", "alleged_responsible", "area_of_life")),
    ("when", ("date", "date_words", "frequency")),
    ("where", ("territory", "district", "place")),
    ("grounds", ("grounds", "ground_words")),
    ("wishes", ("mandates",)),
    ("reply", ("language", "interpreter")),
    ("contact", ("name", "address_as", "mail", "phone", "voicemail", "safe_times")),
)


class Entered(Private, frozen=True, kw_only=True):
    """Everything that was typed, right or wrong. *answers* are those of the public form."""

    answers: dict[str, tuple[str, ...]]
    source: str
    received: TypedDay
    agreed: bool
    with_code: str
    message_id: UUID

    def carried(self) -> list[tuple[str, str]]:
        """Everything, to be sent along in hidden fields."""
        fields = [
            ("source", self.source),
            ("received-tag", self.received.day),
            ("received-monat", self.received.month),
            ("received-jahr", self.received.year),
            ("agreed", "ja" if self.agreed else ""),
            ("with_code", self.with_code),
            ("message_id", str(self.message_id)),
            *((name, value) for name, values in self.answers.items() for value in values),
        ]
        return [(name, value) for name, value in fields if value]


class Received(Private, frozen=True):
    """How and when a report came, and whether the person wants a code."""

    arrival: Arrival
    on: date
    with_code: bool


def kept_along(entered: Entered, page: str) -> list[tuple[str, str]]:
    """What was typed elsewhere than on this page, for its hidden fields."""
    chosen = {*CHOICE, "agreed", "with_code"}
    carried = entered.carried()
    if page == "form":
        return [(name, value) for name, value in carried if name in chosen | {"message_id"}]
    return [(name, value) for name, value in carried if name not in chosen]


def section(names: tuple[str, ...]) -> Step:
    """The fields of one section, in the shape of a page of the public form."""
    return Step("aufnehmen", tuple(FIELDS[name] for name in names))


def read(entries: Entries, own: str) -> Entered:
    """Take what was typed. Who took the report is always among those who get it."""
    answers = {
        name: values
        for step in STEPS
        for name, values in form.read_step(step, entries).items()
        if values
    }
    others = tuple(code for code in answers.get("stellen", ()) if code not in {own, NOBODY})
    return Entered(
        answers=answers | {"stellen": (own, *others)},
        source=one(entries, "source"),
        received=typed_day(entries, "received"),
        agreed=bool(one(entries, "agreed")),
        with_code=one(entries, "with_code"),
        message_id=message_id_in(entries),
    )


def told_faults(entered: Entered, city: City, today: date) -> Faults:
    """What is wrong on the long page: field to text key, in the order of the page."""
    found: Faults = {}
    if entered.source not in set(Arrival):
        found["source"] = "taking.error.source.missing"
    if problem := _received_fault(entered.received, today):
        found["received"] = f"taking.error.received.{problem}"
    for _, names in SECTIONS:
        asked = tuple(field for field in section(names).fields if _is_asked(field, entered))
        found |= form.step_faults(Step("aufnehmen", asked), entered.answers, city, today)
    if "affected_agrees" not in found and not _may_share(entered):
        found["affected_agrees"] = "taking.error.affected_agrees.needed"
    return {name: found[name] for name in _order() if name in found}


def _order() -> tuple[str, ...]:
    return ("source", "received", *(name for _, names in SECTIONS for name in names))


def _received_fault(typed: TypedDay, today: date) -> str | None:
    """The day of receipt is known, and neither to come nor long gone."""
    if typed.is_empty():
        return "missing"
    read = read_day(typed)
    if read is None:
        return "unreadable"
    if read > today:
        return "future"
    return "too_old" if read < today - OLDEST else None


def _is_asked(field: Field, entered: Entered) -> bool:
    """Whether the public form would ask it as well."""
    return any(field in step.fields for step in questions.path(entered.answers))


def _may_share(entered: Entered) -> bool:
    return may_share(one(entered.answers, "reporter_role"), one(entered.answers, "affected_agrees"))


def choice_faults(
    entered: Entered, city: City, sealable: frozenset[str], today: date, own: str
) -> Faults:
    """What is wrong with whom it shall go to, and with how the person said yes."""
    found: Faults = {}
    chosen = set(entered.answers["stellen"])
    if not set(entered.answers.get("with_contact", ())) <= chosen:
        found["with_contact"] = "error.with_contact.unknown"
    found |= form.faults(report_of(entered, city), city, sealable, today, asked=own)
    if not entered.agreed:
        found["agreed"] = "taking.error.agreed.missing"
    if entered.with_code not in CODE:
        found["with_code"] = "taking.error.with_code.missing"
    return found


def report_of(entered: Entered, city: City) -> Report:
    """The report, as the public form would make it of the same answers."""
    unasked = {
        name
        for step in STEPS
        if step not in questions.path(entered.answers)
        for name in questions.names(step.fields)
    }
    asked = {name: values for name, values in entered.answers.items() if name not in unasked}
    return form.to_report(asked, city.languages[0])


def received_of(entered: Entered) -> Received:
    """How a report without faults came."""
    on = read_day(entered.received)
    if on is None:
        raise ValueError("a day with faults was read")
    return Received(Arrival(entered.source), on, CODE[entered.with_code])
