"""A case written out: everything is decided upon, and the person's copy names nobody who works."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final, get_args
from uuid import uuid4

import msgspec
import pytest

from adstelle.city import City
from adstelle.documents.written import Writer
from adstelle.domain.case_document import (
    LEAVABLE,
    LEFT_OUT,
    PARTS_LEFT_OUT,
    SAID_IN,
    Attached,
    Audience,
    CaseData,
    CaseDocument,
    Done,
    Given,
    Remark,
    Said,
    SectionName,
    Worked,
    as_json,
    parts,
    without,
)
from adstelle.domain.handover import Letter, Scope, Standing, Way
from adstelle.domain.incident import Incident
from adstelle.domain.incident_date import IncidentDate
from adstelle.domain.record import Affected, ContactEntry, Intervention, Record
from adstelle.domain.report import (
    Account,
    Act,
    Arrival,
    Contact,
    MandateChanged,
    Message,
    ReferralAnswered,
    ReferralMade,
    ReferralProposed,
    Taken,
)
from adstelle.domain.routing import CodedAnswers
from adstelle.web.pages import Pages
from tests.conftest import Admin

LANGUAGES: Final = ("de", "de-simple", "en", "ar")
TODAY: Final = date(2026, 3, 2)
AT: Final = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)  # the second of March in the city
CARD: Final = uuid4()
HANDOVER: Final = uuid4()
SCHEMA: Final = Path(__file__).parents[2] / "docs/case-document.schema.json"
ACCOUNT: Final = Account(
    answers=CodedAnswers(
        grounds=("rassismus_ethnische_herkunft", "alter"),
        incident_type="beleidigung",
        area_of_life="wohnen",
        territory="jena",
        alleged_responsible="vermieter",
        online=False,
        reporter_role="betroffene",
        criminal_relevance=True,
        resident=False,
    ),
    account="Was_account",
    date=IncidentDate(day=27, month=2, year=2026, words="Was_date_words"),
    frequency="einmal",
    place="Was_place",
    district="lobeda_west",
    ground_words="Was_ground_words",
    mandates=("beraten",),
    language="ar",
    interpreter="Was_interpreter",
    affected_agrees="niemand_bestimmtes",
    wording="Was_wording",
    card_id=CARD,
    taken=Taken(Arrival.VISIT, True),
)
CONTACT: Final = Contact(
    name="Was_name",
    address_as="Was_address_as",
    mail="Was_mail",
    phone="Was_phone",
    safe_times="Was_safe_times",
    voicemail=True,
)
LETTER: Final = Letter(
    scope=Scope.FACTS, wording="Was_letter", given_on=TODAY, way=Way.VISIT, note="Was_note"
)
ACTS: Final[tuple[Act, ...]] = (
    MandateChanged(mandates=("zuhoeren",)),
    ReferralProposed(stelle="ezra", scope=Scope.FACTS, note="Was_proposed"),
    ReferralAnswered(proposal=HANDOVER, agreed=True),
    ReferralMade(
        handover=HANDOVER,
        stelle="thadine",
        scope=Scope.CONTACT,
        way=Way.PHONE,
        given_on=TODAY,
        note="Was_made",
    ),
)
CASE: Final = CaseData(
    number="0000 AAAA",
    received_on=TODAY,
    account=ACCOUNT,
    contact=CONTACT,
    given=(
        Given(
            stelle="ads_jena",
            given_on=TODAY,
            withdrawn_on=TODAY,
            letter=LETTER,
            standing=Standing.ACCEPTED,
        ),
    ),
    mandates={"ads_jena": ("beraten", "begleiten")},
    messages=(
        *(
            Said(
                stelle="ads_jena",
                from_person=bool(position % 2),
                sent_on=TODAY,
                message=Message(text=f"Was_message_{position}", act=act),
            )
            for position, act in enumerate(ACTS)
        ),
        Said(stelle="ads_jena", from_person=True, sent_on=TODAY, message=None),
    ),
    record=Record(
        affected=(
            Affected(role="betroffen", age="27_59", gender="Was_gender", words="Was_person"),
        ),
        grounds=("alter",),
        form="beleidigung",
        responsible_name="Was_responsible",
        cross={"vbrg_motive": ("rassismus",)},
        outcomes=("entschuldigung",),
        outcome_words="Was_outcome",
        publication_words="Was_publication",
        summary="Was_summary",
    ),
    work=(
        Worked(
            made_at=AT,
            name="Mira Mitarbeiterin",
            entry=ContactEntry(
                day=TODAY, kind="telefon", minutes=90, with_whom="Was_whom", note="Was_contact"
            ),
        ),
        Worked(
            made_at=AT,
            name="Mira Mitarbeiterin",
            entry=Intervention(
                day=TODAY,
                kind="stellungnahme",
                draft_seen="ja",
                draft_seen_on=TODAY,
                note="Was_intervention",
                struck=True,
            ),
        ),
        Worked(made_at=AT, name="Mira Mitarbeiterin", entry=None),
    ),
    remarks=(
        Remark(at=AT, name="Mira Mitarbeiterin", text="Was_remark", replaced=True),
        Remark(at=AT, name="Mira Mitarbeiterin", text=None, replaced=False),
    ),
    incident=Incident(title="Was_incident", when="Was_when", pseudonym=b"sixteen bytes..."),
    files=(
        Attached(name="Was_file", kind="pdf", size=2_000_000, on=TODAY, from_person=True),
        Attached(name="Was_own_file", kind="jpeg", size=1, on=TODAY, from_person=False),
    ),
    steps=(Done(at=AT, what="staff.state.gelesen", name="Mira Mitarbeiterin"),),
    read=(Done(at=AT, what="staff.act.case_read", name="Mira Mitarbeiterin"),),
)


RECORD_OF_ALL: Final = Record(
    affected=(Affected(role="betroffen"),),
    grounds=("alter",),
    form="beleidigung",
    area="wohnen",
    established="ja",
    responsible="vermieter",
    responsible_name="Was",
    severity="mittel",
    criminal="nein",
    local_link="ort",
    agg_area="unklar",
    cross={"vbrg_motive": ("rassismus",)},
    outcomes=("entschuldigung",),
    publication="ja",
    publication_words="Was",
)


@pytest.fixture(scope="module")
def pages(city: City) -> Pages:
    return Pages(city, secure=False)


def written(pages: Pages, audience: Audience, lang: str = "de") -> CaseDocument:
    return Writer(pages, lang, audience, TODAY).write(CASE)


def strings(value: object) -> set[str]:
    """Every canary of a value."""
    found: set[str] = set()
    for text in str(msgspec.to_builtins(value)).split("'"):
        if text.startswith("Was_"):
            found.add(text)
    return found


async def test_every_kind_of_case_data_is_decided_upon(admin: Admin) -> None:
    """A new table that may hold something of a case is said in a section, or left out on purpose.

    Add it to SAID_IN (and write the section) or to LEFT_OUT (and say why).
    """
    rows = await admin.fetch(
        "select schemaname || '.' || tablename as name from pg_tables "
        "where schemaname in ('intake', 'mailbox', 'casework', 'exchange', 'outbox', 'counting')"
    )

    there = {row["name"] for row in rows}
    assert there - SAID_IN.keys() - LEFT_OUT.keys() == set()
    assert (SAID_IN.keys() | LEFT_OUT.keys()) - there == set()
    assert SAID_IN.keys() & LEFT_OUT.keys() == set()
    assert all(LEFT_OUT.values())


@pytest.mark.parametrize("audience", [Audience.PERSON, Audience.FILE])
@pytest.mark.parametrize("lang", LANGUAGES)
def test_everything_typed_is_there(pages: Pages, audience: Audience, lang: str) -> None:
    document = written(pages, audience, lang)

    given = strings(CASE) - {"Was_wording"}
    assert given
    text = as_json(document).decode()
    assert [canary for canary in sorted(given) if canary not in text] == []
    assert [section.name for section in document.sections] == list(SectionName)


def test_a_field_of_the_record_that_is_new_is_written_out(pages: Pages) -> None:
    """Whatever the record holds, its section says it."""
    full = msgspec.structs.replace(
        RECORD_OF_ALL, **dict.fromkeys(("summary", "outcome_words"), "Was_text")
    )
    document = Writer(pages, "de", Audience.PERSON, TODAY).write(
        msgspec.structs.replace(CASE, record=full)
    )
    (section,) = [each for each in document.sections if each.name is SectionName.RECORD]
    named = {fact.name for entry in section.entries for fact in entry.facts}
    assert named == set(Record.__struct_fields__)


def test_a_referral_says_what_was_agreed_upon_and_no_more(pages: Pages) -> None:
    document = written(pages, Audience.REFERRAL)

    assert {section.name for section in document.sections} == {
        SectionName.REPORT, SectionName.CONTACT, SectionName.CONSENTS,
    }  # fmt: skip
    text = as_json(document).decode()
    for inside in ("Was_remark", "Was_message", "Was_summary", "Was_file", CASE.number):
        assert inside not in text


def test_each_part_can_be_left_out_alone(pages: Pages) -> None:
    whole = written(pages, Audience.PERSON)
    found = list(parts(whole))

    assert {part.section.name for part in found} == LEAVABLE
    assert len({part.key for part in found}) == len(found)
    for part in found:
        left = strings(whole) - strings(without(whole, {part.key}))
        gone = part.entry or msgspec.structs.replace(part.section, entries=())
        assert left == strings(gone) - strings(without(whole, {part.key}))


def test_without_all_that_can_go_the_rest_stays(pages: Pages) -> None:
    whole = written(pages, Audience.PERSON)

    rest = without(whole, {part.key for part in parts(whole)} | {"report", "contact", "read"})

    assert {each.name for each in rest.sections} == set(SectionName) - LEAVABLE
    assert [each for each in whole.sections if each.name not in LEAVABLE] == list(rest.sections)


def test_every_part_of_a_report_has_its_line(pages: Pages) -> None:
    """A new question is written out, or named as left out."""
    report, contact, *_ = written(pages, Audience.PERSON).sections
    named = {fact.name for fact in (*report.facts, *contact.facts)}

    parts = {*Account.__struct_fields__, *CodedAnswers.__struct_fields__}
    assert parts - named - PARTS_LEFT_OUT.keys() == {"answers", "account"}
    assert report.text == ACCOUNT.account
    assert set(Contact.__struct_fields__) <= named
    grounds = next(fact for fact in report.facts if fact.name == "grounds")
    assert grounds.codes == ACCOUNT.answers.grounds


def test_every_act_of_a_conversation_is_said(pages: Pages) -> None:
    assert {type(act) for act in ACTS} == set(get_args(Act))
    (messages,) = [
        section
        for section in written(pages, Audience.PERSON).sections
        if section.name is SectionName.MESSAGES
    ]
    assert len({entry.text for entry in messages.entries}) == len(CASE.messages)


def test_the_persons_copy_names_no_adviser_and_no_number_of_ours(pages: Pages) -> None:
    text = as_json(written(pages, Audience.PERSON)).decode()

    for inside in ("Mitarbeiterin", CASE.number, str(CARD), CARD.hex, str(HANDOVER), "23:30"):
        assert inside not in text
    assert "2. März 2026" in text


def test_the_file_names_who_did_what_when(pages: Pages) -> None:
    text = as_json(written(pages, Audience.FILE)).decode()

    assert CASE.number in text
    assert "02.03.2026, 00:30 · Mira Mitarbeiterin" in text
    assert str(CARD) not in text


def test_the_schema_is_published(pages: Pages) -> None:
    """docs/case-document.schema.json describes the JSON; renew it with this test's words."""
    schema = msgspec.json.encode(msgspec.json.schema(CaseDocument))

    assert SCHEMA.read_bytes() == msgspec.json.format(schema, indent=2) + b"\n"
    made = msgspec.json.decode(as_json(written(pages, Audience.FILE)), type=CaseDocument)
    assert made == written(pages, Audience.FILE)


def test_a_document_does_not_show_itself(pages: Pages) -> None:
    assert "Was_" not in repr(written(pages, Audience.PERSON))
