"""A package: nothing is lost that the consent covers, nothing leaves that it does not cover."""

from datetime import date
from string import ascii_letters
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adstelle.crosswalk import load_crosswalk
from adstelle.domain import crosswalk, package, private
from adstelle.domain.handover import Letter, Scope, Way
from adstelle.domain.incident_date import IncidentDate
from adstelle.domain.package import (
    NO_CARD,
    Cover,
    Package,
    account_of_package,
    contact_of_package,
    letter_of_package,
    package_of,
)
from adstelle.domain.report import Account, Contact
from adstelle.domain.routing import CodedAnswers

SYSTEMS = load_crosswalk()
CODES = st.from_regex(r"[a-z0-9_-]{1,60}", fullmatch=True)
MAYBE_CODE = st.none() | CODES
MANY_CODES = st.lists(CODES, max_size=5).map(tuple)
MAYBE = st.none() | st.booleans()
LINES = st.text(max_size=300)

all_answers = st.builds(
    CodedAnswers,
    grounds=MANY_CODES | st.just(("antisemitismus",)),
    incident_type=MAYBE_CODE | st.just("bedrohung"),
    area_of_life=MAYBE_CODE,
    territory=MAYBE_CODE,
    alleged_responsible=MAYBE_CODE,
    online=MAYBE,
    reporter_role=MAYBE_CODE,
    criminal_relevance=MAYBE,
    resident=MAYBE,
)
dates = st.builds(
    IncidentDate,
    day=st.none() | st.integers(1, 31),
    month=st.none() | st.integers(1, 12),
    year=st.none() | st.integers(1900, 9999),
    words=LINES,
)
accounts = st.builds(
    Account,
    answers=all_answers,
    account=st.text(max_size=2_000),
    date=dates,
    frequency=MAYBE_CODE,
    place=LINES,
    district=MAYBE_CODE,
    ground_words=LINES,
    mandates=MANY_CODES,
    language=CODES,
    interpreter=LINES,
    affected_agrees=MAYBE_CODE,
    wording=st.just("2026-11"),
    card_id=st.uuids(),
)
contacts = st.builds(
    Contact,
    name=LINES,
    address_as=LINES,
    mail=LINES,
    phone=LINES,
    safe_times=LINES,
    voicemail=st.booleans(),
)
letters = st.builds(
    Letter,
    scope=st.sampled_from(Scope),
    wording=st.just("2026-11"),
    given_on=st.dates(),
    way=st.sampled_from(Way),
    referred_by=st.none() | st.just("ads_jena"),
    note=LINES,
)
covers = st.builds(
    Cover,
    package_id=st.uuids(),
    made_on=st.dates(),
    referred_by=st.none() | st.just("Antidiskriminierungsstelle der Stadt Jena"),
)


def sent(made: Package) -> Package:
    """What arrives."""
    return msgspec.json.decode(msgspec.json.encode(made), type=Package)


def within(scope: Scope, account: Account) -> Account:
    """What an account is for a receiver: without the card's id, and counted only without words."""
    account = msgspec.structs.replace(account, card_id=NO_CARD)
    if scope is not Scope.STATISTICS:
        return account
    when = msgspec.structs.replace(account.date, day=None, words="")
    empty = dict.fromkeys(("account", "place", "ground_words", "language", "interpreter"), "")
    return msgspec.structs.replace(account, date=when, **empty)


@given(covers, letters, accounts, contacts)
def test_within_its_scope_nothing_is_lost_on_the_way(
    cover: Cover, letter: Letter, account: Account, contact: Contact
) -> None:
    came = sent(package_of(cover, letter, account, contact, SYSTEMS))

    assert account_of_package(came) == within(letter.scope, account)
    assert contact_of_package(came) == (contact if letter.scope is Scope.CONTACT else None)
    assert letter_of_package(came) == msgspec.structs.replace(
        letter,
        referred_by=cover.referred_by,
        note="" if letter.scope is Scope.STATISTICS else letter.note,
    )
    assert (came.package, came.made_on) == (cover.package_id, cover.made_on)


TOLD = ("account", "place", "ground_words", "date_words", "language", "interpreter", "note")
CONTACT = ("name", "address_as", "mail", "phone", "safe_times")
CODED = ("incident_type", "area_of_life", "district", "frequency", "affected_agrees", "mandate")
NEVER = ("referrer_code",)
ALWAYS = ("referrer_name", "wording")
VISIBLE = {
    Scope.STATISTICS: {*CODED, *ALWAYS},
    Scope.FACTS: {*CODED, *ALWAYS, *TOLD},
    Scope.CONTACT: {*CODED, *ALWAYS, *TOLD, *CONTACT},
}
NAMES = (*TOLD, *CONTACT, *CODED, *NEVER, *ALWAYS)


@given(st.sampled_from(Scope), st.text(ascii_letters, min_size=4, max_size=30), st.uuids())
def test_exactly_what_the_scope_covers_leaves(scope: Scope, song: str, card: UUID) -> None:
    """A canary in every field: those within the scope sing, the others are not there."""
    bird = {name: f"kanarie{number:02}{song}" for number, name in enumerate(NAMES)}
    account = Account(
        answers=CodedAnswers(
            incident_type=bird["incident_type"], area_of_life=bird["area_of_life"]
        ),
        account=bird["account"],
        date=IncidentDate(words=bird["date_words"]),
        frequency=bird["frequency"],
        place=bird["place"],
        district=bird["district"],
        ground_words=bird["ground_words"],
        mandates=(bird["mandate"],),
        language=bird["language"],
        interpreter=bird["interpreter"],
        affected_agrees=bird["affected_agrees"],
        wording="of the report",
        card_id=card,
    )
    contact = msgspec.structs.replace(Contact(), **{name: bird[name] for name in CONTACT})
    letter = Letter(
        scope=scope,
        wording=bird["wording"],
        given_on=date(2026, 11, 22),
        way=Way.PHONE,
        referred_by=bird["referrer_code"],
        note=bird["note"],
    )
    cover = Cover(package_id=uuid4(), made_on=date(2026, 11, 23), referred_by=bird["referrer_name"])

    encoded = msgspec.json.encode(package_of(cover, letter, account, contact, SYSTEMS)).decode()

    assert {name for name in NAMES if bird[name] in encoded} == VISIBLE[scope]
    assert str(card) not in encoded
    assert card.hex not in encoded


def test_the_canaries_sit_in_every_field_that_holds_words() -> None:
    """A new field of text must be given its canary above."""
    texts = {
        field.name
        for shape in (Account, Contact, IncidentDate, Letter)
        for field in msgspec.structs.fields(shape)
        if field.type in (str, str | None, tuple[str, ...])
    }
    spelled = {"words": "date_words", "mandates": "mandate", "referred_by": "referrer_code"}
    assert {spelled.get(name, name) for name in texts} <= set(NAMES)


def test_every_part_of_an_account_is_considered() -> None:
    """A new field is either in the package or named here as staying at home."""
    there = {
        *package.Facts.__struct_fields__,
        *package.Told.__struct_fields__,
        *package.PackageConsent.__struct_fields__,
    }
    at_home = {"card_id", "taken", "answers", "date"}  # the last two are spelled out
    assert set(Account.__struct_fields__) - at_home <= there
    assert set(CodedAnswers.__struct_fields__) <= there
    assert set(package.PackageContact.__struct_fields__) == set(Contact.__struct_fields__)


def made(scope: Scope) -> dict[str, Any]:
    """A package as its receiver sees it."""
    account = Account(
        answers=CodedAnswers(grounds=("antisemitismus",), incident_type="bedrohung"),
        account="Im Bus.",
        date=IncidentDate(day=3, month=4, year=2026),
        frequency=None,
        place="",
        district=None,
        ground_words="",
        mandates=(),
        language="de",
        interpreter="",
        affected_agrees=None,
        wording="2026-11",
        card_id=UUID(int=9),
    )
    letter = Letter(scope=scope, wording="2026-11", given_on=date(2026, 11, 22), way=Way.FORM)
    cover = Cover(package_id=UUID(int=5), made_on=date(2026, 11, 22), referred_by=None)
    written = msgspec.json.encode(package_of(cover, letter, account, Contact(), SYSTEMS))
    read: dict[str, Any] = msgspec.json.decode(written)
    return read


def test_other_systems_codes_say_that_they_are_proposals() -> None:
    codes = made(Scope.STATISTICS)["cross_codes"]

    assert {"rias_type", "vbrg_motive", "vbrg_offence", "agg_ground"} <= {
        c["system"] for c in codes
    }
    assert {c["status"] for c in codes} == {"proposed"}


def test_statistics_know_the_month_and_not_the_day() -> None:
    assert made(Scope.STATISTICS)["facts"]["incident_date"] == {
        "year": 2026,
        "month": 4,
        "day": None,
    }


def changed(**changes: Any) -> dict[str, Any]:
    return made(Scope.FACTS) | changes


WRONG = {
    "an unknown field": changed(report_id=str(uuid4())),
    "another version": changed(version=2),
    "another format": changed(format="adstelle"),
    "no id": changed(package="1"),
    "an unknown scope": changed(scope="everything"),
    "told beside statistics": changed(scope="statistics"),
    "no contact although the scope has it": changed(scope="contact"),
    "contact beyond the scope": changed(contact=made(Scope.CONTACT)["contact"]),
    "nothing told": changed(told=None),
    "a note beside statistics": made(Scope.STATISTICS) | {"note": "Kim"},
    "a day in statistics": made(Scope.STATISTICS)
    | {
        "facts": made(Scope.STATISTICS)["facts"]
        | {"incident_date": {"year": 2026, "month": 4, "day": 3}}
    },
    "a code that is a text": changed(
        facts=made(Scope.FACTS)["facts"] | {"district": "Haus 3, Kim"}
    ),
    "a month that is none": changed(
        facts=made(Scope.FACTS)["facts"] | {"incident_date": {"year": 1, "month": 13, "day": 0}}
    ),
}


@pytest.mark.parametrize("fault", WRONG)
def test_what_is_no_package_is_refused(fault: str) -> None:
    msgspec.convert(made(Scope.FACTS), Package)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(WRONG[fault], Package)


def test_every_shape_withholds_itself() -> None:
    shapes = [
        shape
        for module in (package, crosswalk)
        for shape in vars(module).values()
        if isinstance(shape, type)
        and issubclass(shape, msgspec.Struct)
        and shape.__module__ == module.__name__
    ]
    assert len(shapes) == 10
    assert [s for s in shapes if not issubclass(s, private.Private)] == [crosswalk.System]
