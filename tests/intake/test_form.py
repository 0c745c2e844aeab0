"""From what was typed to a report: every answer, every mistake, and nobody's consent invented."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import msgspec
import pytest
from babel import Locale
from hypothesis import given, settings
from hypothesis import strategies as st

from adstelle.asking import form, questions
from adstelle.asking.questions import BY_NAME, STEPS, Field
from adstelle.city import City
from adstelle.domain.incident_date import IncidentDate
from adstelle.domain.report import Consent, Contact, Report
from adstelle.domain.routing import CodedAnswers
from adstelle.web import days
from tests.core import ANSWERS, JOURNEY, REPORT, TODAY

SEALABLE: Final = frozenset({"ads_jena", "ezra", "kokont", "rias_th"})
Typed = dict[str, tuple[str, ...]]


def typed(**entries: str | tuple[str, ...]) -> Typed:
    """Entries as they arrive; `date_tag` stands for `date-tag`."""
    return {
        name.replace("date_", "date-") if name in DATE else name: (
            value if isinstance(value, tuple) else (value,)
        )
        for name, value in entries.items()
    }


DATE: Final = {"date_tag", "date_monat", "date_jahr"}


def faults_on(step: str, city: City, answers: Typed) -> dict[str, str]:
    return form.step_faults(BY_NAME[step], answers, city, TODAY)


# Dates ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "month", "year", "read"),
    [
        ("3", "11", "2026", (3, 11, 2026)),
        ("03.", "11.", " 2026 ", (3, 11, 2026)),
        ("", "11", "2026", (None, 11, 2026)),
        ("", "", "2026", (None, None, 2026)),
        ("", "", "", (None, None, None)),
        ("3", "März", "2026", (3, 3, 2026)),
        ("3", "MAERZ", "2026", (3, 3, 2026)),
        ("3", "mär.", "2026", (3, 3, 2026)),
        ("3", "march", "2026", (3, 3, 2026)),
        ("3", "Mar", "2026", (3, 3, 2026)),
        ("٣", "مارس", "٢٠٢٦", (3, 3, 2026)),
        ("٣", "آذار", "٢٠٢٦", (3, 3, 2026)),  # Syria, Lebanon, Iraq
        ("٣", "تشرين الثاني", "٢٠٢٦", (3, 11, 2026)),
        ("۳", "مارس", "۲۰۲۶", (3, 3, 2026)),
        ("3", "août", "2025", (3, 8, 2025)),
        ("3", "aout", "2025", (3, 8, 2025)),
        ("3", "Ağustos", "2025", (3, 8, 2025)),
        ("3", "серпня", "2025", (3, 8, 2025)),
        ("3", "августа", "2025", (3, 8, 2025)),
        ("3", "sierpień", "2025", (3, 8, 2025)),
        ("3", "tháng 8", "2025", (3, 8, 2025)),
    ],
)
def test_a_date_is_read_as_people_write_it(
    day: str, month: str, year: str, read: tuple[int | None, int | None, int | None]
) -> None:
    found = form.incident_date(typed(date_tag=day, date_monat=month, date_jahr=year))
    assert found is not None
    assert (found.day, found.month, found.year) == read


@pytest.mark.parametrize(
    ("day", "month", "year"),
    [("drei", "11", "2026"), ("3", "Novembär", "2026"), ("3", "11", "letztes Jahr"),
     ("-3", "11", "2026"), ("3", "11", "20266"), ("²", "11", "2026"), ("3.5", "11", "2026")],
)  # fmt: skip
def test_what_cannot_be_read_is_said_so(city: City, day: str, month: str, year: str) -> None:
    answers = typed(date_tag=day, date_monat=month, date_jahr=year)
    assert faults_on("wann", city, answers) == {"date": "error.date.unreadable"}


@pytest.mark.parametrize("language", days.MONTH_LANGUAGES)
def test_no_month_has_a_name_that_is_another_month_elsewhere(language: str) -> None:
    for width in ("wide", "abbreviated"):
        for number, name in Locale.parse(language).months["format"][width].items():
            found = form.incident_date(typed(date_tag="", date_monat=name, date_jahr="2025"))
            assert found is not None, name
            assert found.month == number, name


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ((None, None, None), None),
        ((None, None, 2025), None),
        ((None, 10, 2025), None),
        ((31, 10, 2025), None),
        ((29, 2, 2024), None),
        ((22, 11, 2026), None),
        ((None, 11, 2026), None),
        ((None, None, 2026), None),
        ((1, 1, 1900), None),
        ((23, 11, 2026), "future"),
        ((None, 12, 2026), "future"),
        ((None, None, 2027), "future"),
        ((1, 1, 2027), "future"),
        ((None, None, 2028), "year"),
        ((1, 1, 1899), "year"),
        ((1, 1, 26), "year"),
        ((1, 1, 0), "year"),
        ((29, 2, 2025), "no_such_day"),
        ((31, 4, 2025), "no_such_day"),
        ((0, 4, 2025), "no_such_day"),
        ((1, 0, 2025), "no_such_day"),
        ((32, 1, 2025), "no_such_day"),
        ((1, 13, 2025), "no_such_day"),
        ((3, None, 2025), "incomplete"),
        ((3, 4, None), "incomplete"),
        ((None, 4, None), "incomplete"),
        ((3, None, None), "incomplete"),
    ],
)
def test_a_date_is_judged(given: tuple[int | None, ...], fault: str | None) -> None:
    day, month, year = given
    assert form.date_fault(IncidentDate(day=day, month=month, year=year), TODAY) == fault


@given(st.dates(date(1900, 1, 1), TODAY))
def test_every_day_there_was_is_accepted(city: City, day: date) -> None:
    answers = typed(date_tag=str(day.day), date_monat=str(day.month), date_jahr=str(day.year))
    assert faults_on("wann", city, answers) == {}
    assert form.incident_date(answers) == IncidentDate(day=day.day, month=day.month, year=day.year)


# Faults --------------------------------------------------------------------------------------


CODED: Final = [
    (step.name, field.name)
    for step in STEPS
    for field in step.fields
    if field.kind in {"choice", "choices", "select"}
]
TEXTS: Final = [
    (step.name, field) for step in STEPS for field in step.fields if field.kind in {"long", "line"}
]


@pytest.mark.parametrize(("step", "name"), CODED)
def test_a_code_the_city_does_not_have_is_refused(city: City, step: str, name: str) -> None:
    answers = typed(name="Kim") | {name: ("gibt_es_nicht",)}
    assert faults_on(step, city, answers) == {name: f"error.{name}.unknown"}


@pytest.mark.parametrize(("step", "name"), CODED)
def test_every_code_that_is_offered_is_accepted(city: City, step: str, name: str) -> None:
    field = next(field for field in BY_NAME[step].fields if field.name == name)
    context = typed(stellen=("ads_jena", "ezra"), name="Kim")
    offered = form.codes_of(field, city, context)
    assert offered
    for code in offered:
        assert faults_on(step, city, context | {name: (code,)}) == {}


@pytest.mark.parametrize(
    ("step", "field"), TEXTS, ids=lambda value: str(getattr(value, "name", ""))
)
def test_a_text_may_have_its_length_and_no_more(city: City, step: str, field: Field) -> None:
    letters = "a@b.de" if field.name == "mail" else "ä"
    fits = letters.ljust(field.most, "e")

    assert faults_on(step, city, typed(account="x") | {field.name: (fits,)}) == {}
    found = faults_on(step, city, typed(account="x") | {field.name: (fits + "e",)})
    assert found == {field.name: f"error.{field.name}.too_long"}


@pytest.mark.parametrize(
    ("step", "answers", "fault"),
    [
        ("erzaehlen", typed(), {"account": "missing"}),
        ("stellen", typed(), {"stellen": "missing"}),
        ("stellen", typed(stellen=("niemand", "ezra")), {"stellen": "contradiction"}),
        ("stellen", typed(stellen="niemand"), {}),
        ("stellen", typed(stellen="ezra", reporter_role="zeugin"), {"stellen": "needs_agreement"}),
        ("kontakt", typed(mail="kim@"), {"mail": "malformed"}),
        ("kontakt", typed(mail="kim example.org"), {"mail": "malformed"}),
        ("kontakt", typed(mail="kim@example.org"), {}),
        ("kontakt", typed(stellen="ezra", with_contact="ezra"), {"with_contact": "empty"}),
        ("kontakt", typed(stellen="ezra", with_contact="ezra", phone="1"), {}),
        ("kontakt", typed(stellen="ezra", with_contact="ads_jena", phone="1"),
         {"with_contact": "unknown"}),
        ("kontakt", typed(stellen="niemand", with_contact="niemand", name="K"),
         {"with_contact": "unknown"}),
        ("kontakt", typed(voicemail="ja"), {}),
    ],
)  # fmt: skip
def test_it_is_refused_or_not(city: City, step: str, answers: Typed, fault: dict[str, str]) -> None:
    expected = {name: f"error.{name}.{kind}" for name, kind in fault.items()}
    assert faults_on(step, city, answers) == expected


def test_all_mistakes_of_a_page_are_named_at_once(city: City) -> None:
    answers = typed(mail="kim@", phone="0" * 201, with_contact="gibt_es_nicht", name="x" * 201)
    assert set(faults_on("kontakt", city, answers)) == {"mail", "phone", "with_contact", "name"}


KINDS: Final = {
    "choice": ("unknown",),
    "choices": ("unknown",),
    "select": ("unknown",),
    "long": ("too_long",),
    "line": ("too_long",),
    "date": ("unreadable", "incomplete", "year", "no_such_day", "future"),
    "stellen": ("contradiction", "needs_agreement", "not_offered"),
    "tick": (),
    "files": (),  # tests/files
}
MORE: Final = {"mail": ("malformed",), "with_contact": ("empty",)}


def test_every_mistake_has_words_in_every_language(city: City) -> None:
    for step in STEPS:
        for field in step.fields:
            kinds = (*KINDS[field.kind], *MORE.get(field.name, ()))
            for kind in (*kinds, "missing") if field.required else kinds:
                for texts in city.catalogue.texts.values():
                    assert f"error.{field.name}.{kind}" in texts


@settings(max_examples=60)
@given(st.text(min_size=8, max_size=40).filter(str.isprintable).map("§{}".format))
def test_no_mistake_quotes_what_was_typed(city: City, word: str) -> None:
    for step in STEPS:
        answers = dict.fromkeys(questions.names(step.fields), (word,))
        for name, key in form.step_faults(step, answers, city, TODAY).items():
            assert word not in name + key


# Reading -------------------------------------------------------------------------------------


def test_only_what_belongs_to_the_page_is_kept() -> None:
    entered = typed(incident_type="beleidigung", account="fremd", stellen="ezra", von="pruefen")
    assert form.read_step(BY_NAME["was"], entered) == {"incident_type": ("beleidigung",)}


def test_an_emptied_field_is_emptied_in_the_draft_too() -> None:
    assert form.read_step(BY_NAME["grund"], {}) == {"grounds": (), "ground_words": ()}
    assert form.read_step(BY_NAME["erzaehlen"], typed(account="  ")) == {"account": ()}


def test_what_was_typed_is_kept_as_it_was_typed() -> None:
    text = "  Erst so.\n\n\tDann so.  "
    assert form.read_step(BY_NAME["erzaehlen"], typed(account=text)) == {"account": (text,)}


def journey_answers() -> Typed:
    return {
        name: tuple(value) if isinstance(value, list) else (value,)
        for entries in JOURNEY.values()
        for name, value in entries.items()
    }


def test_a_journey_becomes_the_report_it_tells(city: City) -> None:
    assert form.to_report(journey_answers(), "de") == Report(
        answers=msgspec.structs.replace(
            ANSWERS,
            grounds=("rassismus_ethnische_herkunft", "sprache"),
            online=False,
            resident=True,
        ),
        account="Am Holzmarkt hat mich jemand gestoßen.",
        date=IncidentDate(day=3, month=11, year=2026),
        frequency="einmal",
        place="Holzmarkt",
        mandates=("beraten",),
        language="en",
        consents=(Consent(stelle="ezra"), Consent(stelle="ads_jena", with_contact=True)),
        contact=Contact(name="Kim Beispiel", address_as="Kim"),
    )


def test_what_was_skipped_stays_unanswered() -> None:
    report = form.to_report(typed(account="Nur das."), "ar")
    assert report == Report(answers=CodedAnswers(), account="Nur das.", language="ar")


@pytest.mark.parametrize(
    ("place", "territory", "online"),
    [
        ("jena", "jena", False),
        ("internet", None, True),
        ("unklar", "unklar", False),
        ("", None, None),
    ],
)  # fmt: skip
def test_where_it_was_becomes_place_and_internet(
    place: str, territory: str | None, online: bool | None
) -> None:
    answers = form.coded(typed(territory=place))
    assert (answers.territory, answers.online) == (territory, online)


@pytest.mark.parametrize(("said", "resident"), [("ja", True), ("nein", False), ("unklar", None)])
def test_where_somebody_lives(said: str, resident: bool | None) -> None:
    assert form.coded(typed(resident=said)).resident is resident


def test_only_counting_is_no_consent() -> None:
    assert form.to_report(typed(account="x", stellen="niemand"), "de").consents == ()


def test_consent_with_contact_is_never_more_than_was_ticked() -> None:
    answers = typed(account="x", stellen=("ezra", "ads_jena"), with_contact=("ezra", "kokont"))
    assert form.to_report(answers, "de").consents == (
        Consent(stelle="ezra", with_contact=True),
        Consent(stelle="ads_jena", with_contact=False),
    )


# The whole report ----------------------------------------------------------------------------


def faults_of(report: Report, city: City, sealable: frozenset[str] = SEALABLE) -> dict[str, str]:
    return form.faults(report, city, sealable, TODAY)


def changed(**changes: Any) -> Report:
    return msgspec.structs.replace(REPORT, **changes)


def test_a_good_report_has_no_faults(city: City) -> None:
    assert faults_of(REPORT, city) == {}
    assert faults_of(Report(answers=CodedAnswers(), account="x"), city) == {}


def consents(*stellen: str) -> tuple[Consent, ...]:
    return tuple(Consent(stelle=stelle) for stelle in stellen)


ELSEWHERE: Final = CodedAnswers(
    grounds=("alter",),
    incident_type="unmittelbare_benachteiligung",
    area_of_life="arbeit",
    territory="deutschland",
    alleged_responsible="arbeitgeber",
    resident=False,
)


@pytest.mark.parametrize(
    ("what", "changes"),
    [
        ("a Stelle that is offered but not set up", {"consents": consents("weisser_ring")}),
        ("a Stelle that does not fit", {"consents": consents("rias_th")}),
        ("no Stelle at all", {"consents": consents("gibt_es_nicht")}),
        ("one of two", {"consents": consents("ads_jena", "rias_th")}),
        ("the same twice", {"consents": consents("ezra", "ezra")}),
        ("the statistics", {"consents": consents("statistics")}),
        ("the mailbox", {"consents": consents("mailbox")}),
        ("nobody is offered", {"answers": ELSEWHERE, "consents": consents("ads_jena")}),
        ("only shown, never given", {"answers": ELSEWHERE, "consents": consents("ads_bund")}),
    ],
)
def test_consent_goes_only_to_what_was_offered(
    city: City, what: str, changes: Mapping[str, Any]
) -> None:
    everybody = SEALABLE | {"statistics", "mailbox", "ads_bund"} - {"weisser_ring"}
    assert faults_of(changed(**changes), city, everybody) == {
        "stellen": "error.stellen.not_offered"
    }, what


@pytest.mark.parametrize("agrees", [None, "nein", "ja", "niemand_bestimmtes"])
@pytest.mark.parametrize(
    "role", [None, "betroffene", "nahestehende", "zeugin", "dritte", "institution", "unbekannt"]
)
def test_nothing_is_given_over_the_affected_persons_head(
    city: City, role: str | None, agrees: str | None
) -> None:
    answers = msgspec.structs.replace(ANSWERS, reporter_role=role)
    report = changed(answers=answers, affected_agrees=agrees, consents=consents("ads_jena"))

    for_another = role in {"nahestehende", "zeugin", "dritte", "institution"}
    refused = for_another and agrees not in {"ja", "niemand_bestimmtes"}
    expected = {"stellen": "error.stellen.needs_agreement"} if refused else {}
    assert faults_of(report, city) == expected
    assert faults_of(msgspec.structs.replace(report, consents=()), city) == {}


@pytest.mark.parametrize("question", ["incident_type", "area_of_life", "territory",
                                      "alleged_responsible", "reporter_role"])  # fmt: skip
def test_a_report_with_an_unknown_code_is_refused(city: City, question: str) -> None:
    answers = msgspec.structs.replace(ANSWERS, **{question: "gibt_es_nicht"})
    found = faults_of(changed(answers=answers, consents=()), city)
    assert found == {question: f"error.{question}.unknown"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("mandates", ("gibt_es_nicht",)),
        ("mandates", ("beraten", "beraten")),
        ("frequency", "immer"),
        ("district", "berlin"),
        ("language", "tlh"),
        ("affected_agrees", "vielleicht"),
    ],
)
def test_a_report_with_another_unknown_code_is_refused(
    city: City, field: str, value: object
) -> None:
    assert faults_of(changed(**{field: value}), city) == {field: f"error.{field}.unknown"}


def test_a_ground_counts_once(city: City) -> None:
    answers = msgspec.structs.replace(ANSWERS, grounds=ANSWERS.grounds * 2)
    assert faults_of(changed(answers=answers), city) == {"grounds": "error.grounds.unknown"}


def test_every_text_of_a_report_has_a_limit(city: City) -> None:
    long = Report(
        answers=CodedAnswers(),
        account="x" * 20_001,
        date=IncidentDate(words="x" * 201),
        place="x" * 201,
        ground_words="x" * 2_001,
        interpreter="x" * 201,
        contact=Contact(
            name="x" * 201,
            address_as="x" * 201,
            mail="x@x.de" + "x" * 201,
            phone="x" * 201,
            safe_times="x" * 201,
        ),
    )
    found = faults_of(long, city)
    assert set(found.values()) == {f"error.{name}.too_long" for name in found}
    assert set(found) == {field.name for _, field in TEXTS}


def test_what_the_form_refuses_no_other_way_in_forgets(city: City) -> None:
    """Each rule of a single page holds for a whole report as well: the API has no pages."""
    mail = changed(contact=Contact(mail="kim@"), consents=())
    nobody = changed(contact=Contact(), consents=(Consent(stelle="ezra", with_contact=True),))
    date = changed(date=IncidentDate(day=31, month=2, year=2025))

    assert faults_of(mail, city) == {"mail": "error.mail.malformed"}
    assert faults_of(nobody, city) == {"with_contact": "error.with_contact.empty"}
    assert faults_of(date, city) == {"date": "error.date.no_such_day"}
    assert faults_of(changed(account=" \n "), city) == {"account": "error.account.missing"}


@st.composite
def filled(draw: st.DrawFn, city: City) -> Typed:
    """A form filled in any way that its pages accept."""
    answers: Typed = {}
    for step in STEPS:
        for field in step.fields:
            if field.kind in {"choice", "select"}:
                codes = form.codes_of(field, city, answers)
                answers[field.name] = tuple(draw(st.lists(st.sampled_from(codes), max_size=1)))
            elif field.name == "grounds" or field.name == "mandates":
                codes = form.codes_of(field, city, answers)
                answers[field.name] = tuple(draw(st.sets(st.sampled_from(codes), max_size=3)))
            elif field.name in {"account", "place", "name", "ground_words"}:
                answers[field.name] = (draw(st.text(min_size=1, max_size=20)) + ".",)
    return answers


@settings(max_examples=80)
@given(st.data())
def test_what_every_page_accepts_the_whole_report_accepts(city: City, data: st.DataObject) -> None:
    answers = data.draw(filled(city)) | typed(stellen="niemand")
    for step in STEPS:
        assert form.step_faults(step, answers, city, TODAY) == {}
    assert faults_of(form.to_report(answers, "de"), city) == {}
