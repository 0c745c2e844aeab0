"""What leaves for another system: one report as one consent allows it, in the field's terms.

A package holds no id of ours but its own, and nobody's name but the person's, where they said so.
docs/exchange.md describes it for those who receive one.
"""

from datetime import date
from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from adstelle.domain import crosswalk
from adstelle.domain.crosswalk import Fit, Question, System
from adstelle.domain.handover import Letter, Scope, Way
from adstelle.domain.incident_date import IncidentDate
from adstelle.domain.private import Private
from adstelle.domain.report import Account, Contact
from adstelle.domain.routing import CodedAnswers

FORMAT: Final = "adstelle-package"
VERSION: Final = 1
NO_CARD: Final = UUID(int=0)  # the nil UUID: what came from elsewhere was counted there

Code = Annotated[str, Meta(pattern=r"^[a-z0-9_-]{1,60}$", examples=["alter"])]
Codes = Annotated[tuple[Code, ...], Meta(max_length=50)]
Words = Annotated[str, Meta(max_length=5_000)]
LongText = Annotated[str, Meta(max_length=100_000)]
Year = Annotated[int, Meta(ge=1900, le=9999)]
Month = Annotated[int, Meta(ge=1, le=12)]
Day = Annotated[int, Meta(ge=1, le=31)]


class PackageConsent(Private, frozen=True, forbid_unknown_fields=True):
    """When and how the person agreed to this hand-over, and which version of the text they read."""

    given_on: date
    channel: Annotated[Way, Meta(description="How they said yes.")]
    wording: Annotated[str, Meta(min_length=1, max_length=60, examples=["2026-11"])]


class PackageDate(Private, frozen=True, forbid_unknown_fields=True):
    """When it happened, as precisely as the person knows: what they do not know is null."""

    year: Year | None
    month: Month | None
    day: Annotated[Day | None, Meta(description="Always null in scope statistics.")]


class Facts(Private, frozen=True, forbid_unknown_fields=True):
    """The coded answers. Null and an empty list mean: not answered."""

    grounds: Codes
    incident_type: Code | None
    area_of_life: Code | None
    territory: Code | None
    alleged_responsible: Code | None
    online: bool | None
    reporter_role: Code | None
    criminal_relevance: bool | None
    resident: Annotated[bool | None, Meta(description="Does the affected person live in the city?")]
    incident_date: PackageDate
    frequency: Code | None
    district: Code | None
    mandates: Annotated[Codes, Meta(description="What the person wants.")]
    affected_agrees: Code | None


class Told(Private, frozen=True, forbid_unknown_fields=True):
    """What the person wrote, in their own words. An empty text means: nothing."""

    account: LongText
    ground_words: Words
    place: Words
    date_words: Words
    language: Annotated[Code, Meta(description="In which they wrote and want to be answered.")]
    interpreter: Words


class PackageContact(Private, frozen=True, forbid_unknown_fields=True):
    """How to reach and address the person; every field may be empty."""

    name: Words
    address_as: Words
    mail: Words
    phone: Words
    safe_times: Words
    voicemail: Annotated[bool, Meta(description="May a message be left?")]


class CrossCode(Private, frozen=True, forbid_unknown_fields=True):
    """A code of another system, derived from one coded answer: a proposal, confirmed by nobody."""

    status: Literal["proposed"]
    system: Annotated[Code, Meta(examples=["rias_type"])]
    code: Code
    fit: Annotated[Fit, Meta(description="part: whether it fits depends on the account.")]
    question: Question
    answer: Code


class Package(Private, frozen=True, forbid_unknown_fields=True):
    """One report for one receiver. Every key is always there."""

    format: Literal["adstelle-package"]
    version: Literal[1]
    package: UUID
    made_on: date
    scope: Annotated[Scope, Meta(description="How much the consent covers.")]
    referred_by: Annotated[
        Words | None, Meta(description="Name of the body that refers; null: the person chose.")
    ]
    consent: PackageConsent
    facts: Facts
    told: Annotated[Told | None, Meta(description="Null in scope statistics, else never.")]
    contact: Annotated[
        PackageContact | None, Meta(description="There in scope contact, else null.")
    ]
    note: Annotated[LongText, Meta(description="What the referring body adds; may be empty.")]
    cross_codes: Annotated[tuple[CrossCode, ...], Meta(max_length=200)]

    def __post_init__(self) -> None:
        """Refuse a package that holds more or less than its scope says."""
        is_counted_only = self.scope is Scope.STATISTICS
        if (self.told is None) is not is_counted_only:
            raise ValueError("told does not fit the scope")
        if (self.contact is None) is (self.scope is Scope.CONTACT):
            raise ValueError("contact does not fit the scope")
        if is_counted_only and (self.note or self.facts.incident_date.day is not None):
            raise ValueError("statistics hold no note and no day")


class Cover(Private, frozen=True):
    """What stands on a package: its own id, its day, and the public name of who refers, if any."""

    package_id: UUID
    made_on: date
    referred_by: str | None


def package_of(
    cover: Cover,
    letter: Letter,
    account: Account,
    contact: Contact,
    systems: tuple[System, ...],
) -> Package:
    """Take from a report what the consent in *letter* allows, and nothing else."""
    is_told = letter.scope is not Scope.STATISTICS
    return Package(
        format=FORMAT,
        version=VERSION,
        package=cover.package_id,
        made_on=cover.made_on,
        scope=letter.scope,
        referred_by=cover.referred_by,
        consent=PackageConsent(
            given_on=letter.given_on, channel=letter.way, wording=letter.wording
        ),
        facts=_facts(account, with_day=is_told),
        told=_told(account) if is_told else None,
        contact=_contact(contact) if letter.scope is Scope.CONTACT else None,
        note=letter.note if is_told else "",
        cross_codes=cross_codes(systems, account.answers),
    )


def cross_codes(systems: tuple[System, ...], answers: CodedAnswers) -> tuple[CrossCode, ...]:
    """What other systems may call it."""
    return tuple(
        CrossCode(status="proposed", **msgspec.structs.asdict(proposal))
        for proposal in crosswalk.proposals(systems, answers)
    )


def _facts(account: Account, *, with_day: bool) -> Facts:
    date_known = account.date
    return Facts(
        **msgspec.structs.asdict(account.answers),
        incident_date=PackageDate(
            year=date_known.year,
            month=date_known.month,
            day=date_known.day if with_day else None,
        ),
        frequency=account.frequency,
        district=account.district,
        mandates=account.mandates,
        affected_agrees=account.affected_agrees,
    )


def _told(account: Account) -> Told:
    return Told(
        account=account.account,
        ground_words=account.ground_words,
        place=account.place,
        date_words=account.date.words,
        language=account.language,
        interpreter=account.interpreter,
    )


def _contact(contact: Contact) -> PackageContact:
    return PackageContact(**msgspec.structs.asdict(contact))


def account_of_package(package: Package) -> Account:
    """What the receiver reads, in the shape of a report of our own."""
    facts, told = package.facts, package.told
    when = facts.incident_date
    return Account(
        answers=CodedAnswers(
            **{name: getattr(facts, name) for name in CodedAnswers.__struct_fields__}
        ),
        account=told.account if told else "",
        date=IncidentDate(
            day=when.day,
            month=when.month,
            year=when.year,
            words=told.date_words if told else "",
        ),
        frequency=facts.frequency,
        place=told.place if told else "",
        district=facts.district,
        ground_words=told.ground_words if told else "",
        mandates=facts.mandates,
        language=told.language if told else "",
        interpreter=told.interpreter if told else "",
        affected_agrees=facts.affected_agrees,
        wording=package.consent.wording,
        card_id=NO_CARD,
    )


def contact_of_package(package: Package) -> Contact | None:
    """How to reach the person, where consent covers it."""
    return Contact(**msgspec.structs.asdict(package.contact)) if package.contact else None


def letter_of_package(package: Package) -> Letter:
    """The consent that came with a package; *referred_by* is a name here, not a code."""
    return Letter(
        scope=package.scope,
        wording=package.consent.wording,
        given_on=package.consent.given_on,
        way=package.consent.channel,
        referred_by=package.referred_by,
        note=package.note,
    )
