"""A city as data: its Stellen, rules, codes, districts and texts, checked as a whole at start."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

import msgspec

from adstelle import calendar_days, city_folder
from adstelle.calendar_days import IsHoliday, Region
from adstelle.catalogue import Catalogue, Entry, read_catalogue
from adstelle.contacts import contact_faults, is_language
from adstelle.crosswalk import load_crosswalk, unlisted
from adstelle.deadline_book import DeadlineBook, deadline_faults, deadlines_of, read_deadlines
from adstelle.domain import fristen, retention
from adstelle.domain.finder import Subject
from adstelle.domain.fristen import Deadline, DeadlineRule, Period
from adstelle.domain.incident_date import IncidentDate
from adstelle.domain.retention import Plan
from adstelle.domain.roles import ROLES
from adstelle.domain.routing import CodedAnswers, Rule
from adstelle.finder import Written, finder_faults, read_finder, subjects_of
from adstelle.mail_address import is_mail_address
from adstelle.partners import Partner, partner_faults
from adstelle.retention_plan import WrittenPlan, plan_faults, plan_of, read_plan
from adstelle.rulebook import Rulebook, gap_faults, read_rulebook, rule_faults, rules_of
from adstelle.toml_files import (
    DataError,
    Document,
    Fault,
    Keys,
    read_document,
    repeated,
    shaped,
    shaped_each,
    tables,
)

CITIES = Path(__file__).parent / "cities"
TEXTS = Path(__file__).parent / "texts"
FILES = ("city", "codes", "stellen", "districts", "rules", "finder", "deadlines", "retention")
GERMAN = "de"  # the language of rules for advisers and lawyers, and of the API's reasons
MONTHS_VERIFIED = 18
CODE = re.compile(r"[a-z][a-z0-9_]*")
# The internet as a place, nobody as a recipient, and owners of keys that are no Stelle.
RESERVED = {
    "territory": frozenset({"internet"}),
    "stellen": frozenset({"niemand", "mailbox", "statistics"}),
}
YES_NO = ("ja", "nein", "unklar")


class CityError(DataError):
    """A city that must not be served, with every fault found in its folder."""


class Codes(msgspec.Struct, frozen=True):
    """The answers a person can choose, in the order in which they are shown."""

    grounds: tuple[str, ...]
    incident_type: tuple[str, ...]
    area_of_life: tuple[str, ...]
    territory: tuple[str, ...]
    alleged_responsible: tuple[str, ...]
    reporter_role: tuple[str, ...]
    mandate: tuple[str, ...]
    frequency: tuple[str, ...]


class Stelle(msgspec.Struct, frozen=True, kw_only=True):
    """A body that helps. Its words are texts of the city, its contact is data with a source.

    *channel* `none` means: people are shown the contact, nothing is sent from here; `partner`: its
    own system is sent what people give it, as *partner* says. `mail` works here like `inbox`, and
    hears of new things by a mail without content to *notice_to*.
    *verified_on* is the day on which someone last checked the contact; missing: nobody has.
    """

    code: str
    territory: Literal["city", "land", "country"]
    channel: Literal["inbox", "mail", "partner", "none"]
    independent: bool
    source: tuple[str, ...]
    phone: str | None = None
    mail: str | None = None
    website: str | None = None
    address: str | None = None
    languages: tuple[str, ...] = ()
    has_hours: bool = False
    verified_on: date | None = None
    partner: Partner | None = None
    notice_to: str | None = None

    @property
    def works_here(self) -> bool:
        """Whether its people work in this Adstelle; they have keys here and a queue."""
        return self.channel in {"inbox", "mail"}

    @property
    def name(self) -> str:
        """The key of its name."""
        return f"stelle.{self.code}.name"

    @property
    def remit(self) -> str:
        """The key of the sentence that says what this Stelle does."""
        return f"stelle.{self.code}.remit"

    @property
    def independence(self) -> str:
        """The key of the sentence that says to whom this Stelle belongs."""
        return f"stelle.{self.code}.independence"

    @property
    def hours(self) -> str | None:
        """The key of its opening hours, where they are known."""
        return f"stelle.{self.code}.hours" if self.has_hours else None

    @property
    def texts(self) -> tuple[str, ...]:
        """Every text key that must exist for this Stelle."""
        return (self.name, self.remit, self.independence, *filter(None, (self.hours,)))


class District(msgspec.Struct, frozen=True):
    """A part of the city, and the statistical group in which it is counted."""

    code: str
    group: str


class Group(msgspec.Struct, frozen=True):
    code: str
    districts: tuple[str, ...]


class Emergency(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A number that helps at once; its name is the text `emergency.<code>`."""

    code: str
    number: str


class Imprint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who answers for the site. What is not known yet stays empty and is shown as such."""

    provider: str = ""
    represented_by: str = ""
    address: str = ""
    phone: str = ""
    mail: str = ""
    responsible: str = ""
    data_protection_officer: str = ""


class OpenData(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What data portals are told of the published figures (DCAT-AP.de 3.0); empty: not said.

    *licence* and *contributor* are codes of http://dcat-ap.de/def/licenses/ and …/contributors/,
    *municipality* is the official key of the municipality (AGS).
    """

    licence: Annotated[str, msgspec.Meta(pattern=r"^([a-z0-9-]+(/[0-9._]+)?)?$")] = ""
    contributor: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]*$")] = ""
    municipality: Annotated[str, msgspec.Meta(pattern=r"^([0-9]{8})?$")] = ""


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """What `city.toml` says about the city and the office that is behind this service.

    *enforcement* is the Stelle that hears complaints about barriers on websites of public bodies.
    *first_answer* is how soon a Stelle promises to write back; who is not named promises nothing.
    """

    name: str
    office: str
    time_zone: str
    languages: tuple[str, ...]
    phone: str
    mail: str
    website: str
    quick_exit: str
    appointment: str
    territories: dict[str, Literal["city", "land", "elsewhere", "unknown"]]
    holidays: Region
    emergency: tuple[Emergency, ...]
    imprint: Imprint
    enforcement: str | None = None
    first_answer: dict[str, Period] = {}
    figures: OpenData = OpenData()


class City(Profile, frozen=True, kw_only=True):
    """Everything the service knows about one city."""

    code: str
    codes: Codes
    stellen: dict[str, Stelle]
    rules: tuple[Rule, ...]
    subjects: tuple[Subject, ...]
    deadlines: dict[str, DeadlineRule]
    retention: Plan
    districts: tuple[District, ...]
    catalogue: Catalogue
    warnings: tuple[Fault, ...]

    def __repr__(self) -> str:
        return f"<City {self.code}>"

    def today(self) -> date:
        """The day it is now in the city, whatever the machine's own clock is set to."""
        return datetime.now(ZoneInfo(self.time_zone)).date()

    def deadlines_for(
        self, answers: CodedAnswers, incident: IncidentDate, today: date
    ) -> tuple[Deadline, ...]:
        """Say by when claims should be made for what happened."""
        return fristen.deadlines(
            self.deadlines.values(),
            answers,
            incident,
            today=today,
            is_holiday=self._holidays_in(answers.territory),
        )

    def answer_by(self, stelle: str, received_on: date) -> date | None:
        """Until when *stelle* promises its first answer; None if it promises nothing."""
        promised = self.first_answer.get(stelle)
        if promised is None:
            return None
        return fristen.end(received_on, promised, calendar_days.of(self.holidays))

    def answer_erasure_by(self, asked_on: date) -> date:
        """Until when a wish to erase everything has to be answered."""
        return retention.answer_by(asked_on, calendar_days.of(self.holidays))

    def _holidays_in(self, territory: str | None) -> IsHoliday:
        """The holidays of a place; where it is not known, only those that hold everywhere.

        With fewer holidays a period ends earlier, never too late.
        """
        is_here = self.territories.get(territory or "") in {"city", "land"}
        return calendar_days.of(self.holidays if is_here else self.holidays.whole_country)


def load_city(folder: Path, *, texts: Path = TEXTS, today: date | None = None) -> City:
    """Read and check the city in *folder*; raise every fault at once.

    Its texts lie over those of the service in *texts*. With *today*, contacts that were last
    checked long ago become warnings, and checks on days that have not come yet become faults.
    """
    faults: list[Fault] = []
    draft = _read(folder, texts, faults)
    if draft is not None:
        faults.extend(_faults(draft, today))
    if draft is not None and not faults:  # what needs rules in order
        faults.extend(gap_faults(draft.book, answers_of(draft.codes)))
    if draft is None or faults:
        raise CityError(faults)
    return City(
        code=folder.name,
        codes=draft.codes,
        stellen={stelle.code: stelle for _, stelle in draft.stellen},
        rules=rules_of(draft.book),
        subjects=subjects_of(draft.subjects, draft.book),
        deadlines=deadlines_of(draft.deadlines),
        retention=plan_of(draft.retention),
        districts=tuple(
            District(code, group.code) for _, group in draft.groups for code in group.districts
        ),
        catalogue=draft.catalogue,
        warnings=tuple(_warnings(draft, today)),
        **msgspec.structs.asdict(draft.profile),
    )


def answers_of(codes: Codes) -> dict[str, tuple[str, ...]]:
    """Every answer that a rule may ask for, by question."""
    asked = ("grounds", "incident_type", "area_of_life", "territory", "alleged_responsible")
    yes_no = dict.fromkeys(("online", "criminal_relevance", "resident"), YES_NO)
    chosen = {question: getattr(codes, question) for question in (*asked, "reporter_role")}
    return chosen | yes_no


class _Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A city as read, each entry with its place, before it is checked."""

    files: dict[str, Document]
    profile: Profile
    codes: Codes
    stellen: tuple[tuple[Keys, Stelle], ...]
    groups: tuple[tuple[Keys, Group], ...]
    book: Rulebook
    subjects: Written
    deadlines: DeadlineBook
    retention: WrittenPlan
    catalogue: Catalogue
    added: tuple[Entry, ...]
    unlisted: tuple[Fault, ...]


def _read(folder: Path, texts: Path, faults: list[Fault]) -> _Draft | None:
    if missing := city_folder.fault(folder):
        faults.append(missing)
        return None
    faults.extend(city_folder.unread(folder, FILES))
    files = {name: read_document(folder / f"{name}.toml", faults) for name in FILES}
    profile = shaped(files["city"], (), Profile, faults)
    codes = shaped(files["codes"], (), Codes, faults)
    stellen = shaped_each(files["stellen"], "stelle", Stelle, faults)
    groups = shaped_each(files["districts"], "group", Group, faults)
    book = read_rulebook(files["rules"], faults)
    subjects = read_finder(files["finder"], faults)
    deadlines = read_deadlines(files["deadlines"], book, faults)
    plan = read_plan(files["retention"], faults)
    if profile is None or codes is None:
        return None
    known = city_folder.languages(texts)
    spoken = [lang for lang in profile.languages if lang in known]
    reading = read_catalogue((texts, folder / "texts"), spoken, faults)
    for lang in profile.languages:
        if lang not in known:
            message = f"Adstelle has no texts in language {lang}, only {', '.join(sorted(known))}"
            faults.append(files["city"].fault(("languages",), message))
    return _Draft(
        files=files,
        profile=profile,
        codes=codes,
        stellen=stellen,
        groups=groups,
        book=book,
        subjects=subjects,
        catalogue=reading.catalogue,
        added=reading.added,
        unlisted=tuple(city_folder.unlisted(folder / "texts", profile.languages)),
        deadlines=deadlines,
        retention=plan,
    )


def _faults(draft: _Draft, today: date | None) -> Iterator[Fault]:
    known = {str(entry.get("code")) for entry in tables(draft.files["stellen"], "stelle")}
    answers = answers_of(draft.codes)
    yield from rule_faults(draft.book, answers, known)
    yield from finder_faults(draft.files["finder"], draft.subjects, draft.book, answers, known)
    yield from deadline_faults(draft.deadlines, draft.book, answers, today)
    yield from plan_faults(draft.retention, today)
    yield from _profile_faults(draft, known)
    yield from _calendar_faults(draft, known)
    yield from _code_faults(draft)
    yield from _role_faults(draft)
    yield from _stelle_faults(draft, today)
    yield from _partner_faults(draft)
    yield from _notice_faults(draft)
    for file, keys, text in _needed_texts(draft):
        lacking = [lang for lang, texts in draft.catalogue.texts.items() if text not in texts]
        if lacking:
            message = f"text {text} is missing in language {', '.join(lacking)}"
            yield draft.files[file].fault(keys, message)
    yield from _unused_texts(draft)


def _profile_faults(draft: _Draft, known: set[str]) -> Iterator[Fault]:
    profile, file = draft.profile, draft.files["city"]
    if profile.office not in known:
        yield file.fault(("office",), f"office is the unknown Stelle {profile.office}")
    if profile.enforcement is not None and profile.enforcement not in known:
        message = f"enforcement is the unknown Stelle {profile.enforcement}"
        yield file.fault(("enforcement",), message)
    if profile.time_zone not in available_timezones():
        yield file.fault(("time_zone",), f"unknown time zone {profile.time_zone}")
    if GERMAN not in profile.languages:
        yield file.fault(("languages",), f"a city needs the language {GERMAN}")
    for name in ("phone", "mail", "website", "quick_exit", "appointment"):
        yield from contact_faults(file, (name,), name, getattr(profile, name))
    for number, entry in enumerate(profile.emergency):
        keys = ("emergency", str(number), "number")
        yield from contact_faults(file, keys, "phone", entry.number)
    if profile.territories.keys() != set(draft.codes.territory):
        expected = ", ".join(draft.codes.territory)
        yield file.fault(("territories",), f"territories must be those of codes.toml: {expected}")


def _calendar_faults(draft: _Draft, known: Collection[str]) -> Iterator[Fault]:
    """Holidays must be known, and whoever promises an answer must be there to give one."""
    file = draft.files["city"]
    if problem := calendar_days.unknown(draft.profile.holidays):
        yield file.fault(("holidays",), problem)
    answering = {stelle.code for _, stelle in draft.stellen if stelle.channel != "none"}
    for code in draft.profile.first_answer:
        if code not in known:
            message = f"first_answer names the unknown Stelle {code}"
            yield file.fault(("first_answer", code), message)
        elif code not in answering:
            message = f"Stelle {code} promises an answer, but no report reaches it"
            yield file.fault(("first_answer", code), message)


def _code_faults(draft: _Draft) -> Iterator[Fault]:
    """Each code means one thing: it stands once among those of its kind, and means it to us too."""
    lists: list[tuple[str, Keys, Sequence[str]]] = [
        ("codes", (question,), codes)
        for question, codes in msgspec.structs.asdict(draft.codes).items()
    ]
    lists += [
        ("city", ("languages",), draft.profile.languages),
        ("city", ("emergency",), [entry.code for entry in draft.profile.emergency]),
        ("stellen", (), [stelle.code for _, stelle in draft.stellen]),
        ("districts", (), [group.code for _, group in draft.groups]),
        ("districts", (), [code for _, group in draft.groups for code in group.districts]),
    ]
    for file, keys, codes in lists:
        for code in repeated(codes):
            yield draft.files[file].fault(_last(draft, file, code) or keys, f"{code} stands twice")
        for code in dict.fromkeys(codes):
            if "languages" not in keys and not CODE.fullmatch(code):
                message = f"{code}: a code is made of a to z, digits and _"
                yield draft.files[file].fault(_last(draft, file, code) or keys, message)
            if code in RESERVED.get(keys[-1] if keys else file, ()):
                message = f"{code}: this word has a meaning of its own in Adstelle"
                yield draft.files[file].fault(_last(draft, file, code) or keys, message)


def _role_faults(draft: _Draft) -> Iterator[Fault]:
    """The form asks by role whether the affected person agrees: it must know every role."""
    for role in draft.codes.reporter_role:
        if role not in ROLES:
            message = f"reporter_role {role} is none of {', '.join(sorted(ROLES))}"
            yield draft.files["codes"].fault(("reporter_role",), message)


def _last(draft: _Draft, file: str, code: str) -> Keys:
    """The last entry that holds *code*, where a file is a list of entries."""
    places: list[tuple[Keys, tuple[str, ...]]] = []
    if file == "stellen":
        places = [((*keys, "code"), (stelle.code,)) for keys, stelle in draft.stellen]
    elif file == "districts":
        places = [(keys, (group.code, *group.districts)) for keys, group in draft.groups]
    return next((keys for keys, codes in reversed(places) if code in codes), ())


def _stelle_faults(draft: _Draft, today: date | None) -> Iterator[Fault]:
    file = draft.files["stellen"]
    rules = tables(draft.files["rules"], "rule")
    offered = _named(rule for rule in rules if rule.get("kind") != "not_ours")
    reached = _named(rules) | _named(tables(draft.files["finder"], "subject"))
    for keys, stelle in draft.stellen:
        name = f"Stelle {stelle.code}"
        if stelle.code not in reached:
            yield file.fault(keys, f"{name}: no rule and no subject names it")
        elif stelle.channel != "none" and stelle.code not in offered:
            yield file.fault((*keys, "channel"), f"{name}: an inbox that no rule can fill")
        if today and stelle.verified_on and stelle.verified_on > today:
            yield file.fault((*keys, "verified_on"), f"{name}: verified in the future")
        yield from _contact_faults(file, keys, stelle)


def _contact_faults(file: Document, keys: Keys, stelle: Stelle) -> Iterator[Fault]:
    name = f"Stelle {stelle.code}"
    if not any((stelle.phone, stelle.mail, stelle.website, stelle.address)):
        yield file.fault(keys, f"{name}: channel {stelle.channel} without recipient: no contact")
    if not stelle.source:
        yield file.fault((*keys, "source"), f"{name}: a contact needs its source")
    for kind in ("phone", "mail", "website"):
        yield from contact_faults(file, (*keys, kind), kind, getattr(stelle, kind))
    for lang in stelle.languages:
        if not is_language(lang):
            yield file.fault((*keys, "languages"), f"{name}: unknown language {lang}")


def _named(tables: Iterable[dict[str, Any]]) -> frozenset[str]:
    """The Stellen that rules or subjects name, right or wrong."""
    return frozenset(str(stelle) for table in tables for stelle in table.get("stellen", ()))


def _unused_texts(draft: _Draft) -> Iterator[Fault]:
    """A text that nobody shows is a misspelt one, or left over; told once for a whole table."""
    needed = {text for _, _, text in _needed_texts(draft)}
    hints = {
        f"hint.{question}.{code}"
        for question, codes in msgspec.structs.asdict(draft.codes).items()
        for code in codes
    }
    # Of a Stelle that could not be read nobody knows which texts it needs: they are not to blame.
    read = {stelle.code for _, stelle in draft.stellen}
    unread = {str(e.get("code")) for e in tables(draft.files["stellen"], "stelle")} - read
    unused: dict[tuple[str, Keys], list[Entry]] = defaultdict(list)
    for entry in draft.added:
        is_spared = entry.keys[0] == "stelle" and entry.keys[1] in unread
        if not is_spared and ".".join(entry.keys) not in needed | hints:
            unused[entry.document.file, entry.keys[:-1]].append(entry)
    for first, *others in unused.values():
        rest = ", ".join(entry.keys[-1] for entry in others)
        below = f", as well as {rest} beside it" if others else ""
        yield first.fault(f"nobody shows it{below}; misspelt?")


def _partner_faults(draft: _Draft) -> Iterator[Fault]:
    file = draft.files["stellen"]
    for keys, stelle in draft.stellen:
        name = f"Stelle {stelle.code}"
        if (stelle.partner is None) is (stelle.channel == "partner"):
            message = f"{name}: channel partner and [stelle.partner] belong together"
            yield file.fault((*keys, "channel"), message)
        if stelle.partner:
            for at, said in partner_faults(stelle.partner, stelle.code):
                yield file.fault((*keys, "partner", at), f"{name}: {said}")


def _notice_faults(draft: _Draft) -> Iterator[Fault]:
    """A mail needs somebody who gets it, and an address that is never used looks as if it were."""
    for keys, stelle in draft.stellen:
        name, place = f"Stelle {stelle.code}", (*keys, "notice_to")
        file = draft.files["stellen"]
        if stelle.channel == "mail" and stelle.notice_to is None:
            yield file.fault((*keys, "channel"), f"{name}: channel mail without notice_to")
        if stelle.channel != "mail" and stelle.notice_to is not None:
            yield file.fault(place, f"{name}: notice_to is for the channel mail alone")
        if stelle.notice_to is not None and not is_mail_address(stelle.notice_to):
            yield file.fault(place, f"{name}: notice_to is not a mail address")


def _texts_of_answers(draft: _Draft) -> Iterator[tuple[str, Keys, str]]:
    """Those of the city, its codes, Stellen and districts."""
    yield from (("city", ("name",), key) for key in ("city.name", "city.office"))
    for entry in draft.profile.emergency:
        yield "city", ("emergency",), f"emergency.{entry.code}"
    for question, codes in msgspec.structs.asdict(draft.codes).items():
        yield from (("codes", (question,), f"code.{question}.{code}") for code in codes)
    for keys, stelle in draft.stellen:
        yield from (("stellen", keys, text) for text in stelle.texts)
    for keys, group in draft.groups:
        yield "districts", keys, f"district_group.{group.code}"
        yield from (("districts", keys, f"district.{code}") for code in group.districts)


def _needed_texts(draft: _Draft) -> Iterator[tuple[str, Keys, str]]:
    """Name every text the data need, with the place that needs it."""
    for keys, kept in draft.retention.rules:
        yield "retention", (*keys, "reason"), kept.reason
    yield from _texts_of_answers(draft)
    for keys, rule in draft.book.written:
        yield "rules", (*keys, "reason"), rule.reason
    for keys, subject in draft.subjects:
        texts = Subject(subject.code, subject.stellen).texts
        yield from (("finder", keys, text) for text in texts)
    for keys, deadline in draft.deadlines.written:
        yield from (("deadlines", (*keys, "text"), text) for text in deadline.texts)


def _warnings(draft: _Draft, today: date | None) -> Iterator[Fault]:
    for entry in unlisted(load_crosswalk(), msgspec.structs.asdict(draft.codes)):
        message = f"{entry.code} is not in crosswalk.toml, system {entry.system}"
        yield draft.files["codes"].fault((entry.question,), message)
    yield from draft.unlisted
    for keys, stelle in draft.stellen:
        if problem := _unverified(stelle.verified_on, today):
            place = (*keys, "verified_on")
            yield draft.files["stellen"].fault(place, f"Stelle {stelle.code}: contact {problem}")
    for keys, deadline in draft.deadlines.written:
        if problem := _unverified(deadline.verified_on, today):
            place = (*keys, "verified_on")
            yield draft.files["deadlines"].fault(place, f"deadline {deadline.id}: {problem}")
    yield from _unread_periods(draft, today)


def _unread_periods(draft: _Draft, today: date | None) -> Iterator[Fault]:
    """Periods that nobody with legal training has compared with the law."""
    file, periods = draft.files["retention"], draft.retention.periods
    for keys, kept in draft.retention.rules:
        if problem := _unverified(kept.verified_on, today):
            yield file.fault((*keys, "verified_on"), f"retention rule {kept.id}: {problem}")
    if periods and (problem := _unverified(periods.verified_on, today)):
        yield file.fault(("periods",), f"other periods: {problem}")


def _unverified(verified_on: date | None, today: date | None) -> str | None:
    if verified_on is None:
        return "not yet verified"
    if today and verified_on < _months_before(today, MONTHS_VERIFIED):
        return f"verified more than {MONTHS_VERIFIED} months ago"
    return None


def _months_before(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, 28))
