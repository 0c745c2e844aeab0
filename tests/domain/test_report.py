"""What is taken out of a report for whom, and that nothing personal shows itself."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from adstelle.domain import handover, incident_date, private, report, routing
from adstelle.domain.incident_date import IncidentDate
from adstelle.domain.report import Account, Consent, Contact, CountCard, Report, account_of, card_of
from adstelle.domain.routing import CodedAnswers

CARD_ID = UUID(int=7)
ANSWERS = CodedAnswers(
    grounds=("alter", "sprache"),
    incident_type="beleidigung",
    area_of_life="oepnv",
    territory="jena",
    alleged_responsible="unternehmen",
    online=False,
    reporter_role="betroffene",
    criminal_relevance=True,
    resident=True,
)
CONTACT = Contact(name="Kanarie", address_as="Kanarie", mail="kanarie@example.org", phone="Kanarie")
REPORT = Report(
    answers=ANSWERS,
    account="Kanarie",
    date=IncidentDate(day=1, month=2, year=2026, words="Kanarie"),
    frequency="einmal",
    place="Kanarie",
    district="lobeda_west",
    ground_words="Kanarie",
    mandates=("zuhoeren",),
    language="en",
    interpreter="Kanarie",
    affected_agrees="ja",
    consents=(Consent(stelle="ezra", with_contact=True), Consent(stelle="ads_jena")),
    contact=CONTACT,
)


def test_the_account_holds_everything_but_the_contact_and_the_other_recipients() -> None:
    account = account_of(REPORT, card_id=CARD_ID, wording="2026-11")

    given = msgspec.structs.asdict(REPORT)
    del given["contact"], given["consents"]
    assert msgspec.structs.asdict(account) == given | {
        "card_id": CARD_ID, "wording": "2026-11", "taken": None,
    }  # fmt: skip


def test_a_new_answer_is_not_forgotten_in_the_account() -> None:
    fields = set(Report.__struct_fields__) - {"contact", "consents"}
    assert set(Account.__struct_fields__) == fields | {"card_id", "wording", "taken"}


def test_the_count_card_holds_codes_and_the_month_only() -> None:
    card = card_of(REPORT, month="2026-11")

    assert card == CountCard(
        month="2026-11",
        answers=ANSWERS,
        frequency="einmal",
        district="lobeda_west",
        mandates=("zuhoeren",),
        language="en",
        stellen=("ads_jena", "ezra"),
    )
    assert b"anarie" not in msgspec.json.encode(card)


def test_only_a_contact_without_anything_is_empty() -> None:
    assert Contact().is_empty()
    for field in Contact.__struct_fields__:
        filled: Any = True if field == "voicemail" else "x"
        assert not msgspec.structs.replace(Contact(), **{field: filled}).is_empty()


PERSONAL = (
    REPORT,
    ANSWERS,
    CONTACT,
    REPORT.date,
    REPORT.consents[0],
    account_of(REPORT, card_id=CARD_ID, wording="x"),
    card_of(REPORT, month="2026-11"),
    report.Message(text="Kanarie"),
    report.Taken(report.Arrival.PHONE, has_code=True),
    report.MandateChanged(mandates=("kanarie",)),
    report.ReferralProposed(stelle="ezra", scope=handover.Scope.FACTS, note="Kanarie"),
    report.ReferralAnswered(proposal=uuid4(), agreed=True),
    report.ReferralMade(
        handover=uuid4(),
        stelle="ezra",
        scope=handover.Scope.FACTS,
        way=handover.Way.PHONE,
        given_on=date(2026, 11, 22),
        note="Kanarie",
    ),
    handover.Letter(
        scope=handover.Scope.FACTS,
        wording="Kanarie",
        given_on=date(2026, 11, 22),
        way=handover.Way.FORM,
        note="Kanarie",
    ),
)


@pytest.mark.parametrize("value", PERSONAL, ids=lambda value: type(value).__name__)
def test_it_names_its_class_and_nothing_else(value: private.Private) -> None:
    shown = f"<{type(value).__name__} withheld>"
    assert repr(value) == str(value) == f"{value}" == f"{value!r}" == shown


def test_every_shape_of_a_report_withholds_itself() -> None:
    shapes = {
        shape
        for module in (report, routing, handover, incident_date)
        for shape in vars(module).values()
        if isinstance(shape, type) and shape.__module__ == module.__name__
    }
    personal = {type(value) for value in PERSONAL}
    rules = {
        routing.Condition,
        routing.Rule,
        routing.Offer,
        routing.NotOurs,
        routing.Routing,
        routing.Step,
        handover.Scope,
        handover.Way,
        handover.Reason,
        handover.Standing,
        handover.Erasure,
        handover.Decision,
        report.Arrival,
    }
    assert shapes == personal | rules, "a new shape: is it personal, and does it withhold itself?"
