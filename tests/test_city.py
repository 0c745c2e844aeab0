"""A city is checked as a whole: each planted fault is named with its file and line."""

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from adstelle.city import CITIES, FILES, TEXTS, City, CityError, load_city
from adstelle.domain.incident_date import IncidentDate
from adstelle.domain.routing import CodedAnswers

TODAY = date(2026, 11, 22)

Plant = Callable[[str, str, str], int]


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    """Of the service only the texts over which Jena lays its own, so that the city is looked at."""
    for meta in TEXTS.glob("*/meta.toml"):
        copy = tmp_path / "service" / meta.parent.name
        copy.mkdir(parents=True)
        for file in (meta, meta.with_name("pages.toml")):
            shutil.copy(file, copy)
    return tmp_path / "service"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(CITIES / "jena", tmp_path / "jena"))


@pytest.fixture
def plant(folder: Path) -> Plant:
    def change(file: str, old: str, new: str) -> int:
        """Change the first *old* to *new*; return the line on which it stood."""
        path = folder / file
        content = path.read_text(encoding="utf-8")
        assert old in content, f"{old} is not in {file}"
        path.write_text(content.replace(old, new, 1), encoding="utf-8")
        return content[: content.index(old)].count("\n") + 1

    return change


REFORM = """
[[deadline]]
id = "F1b"
kind = "statutory"
law = "AGG § 15 Abs. 4"
period = { months = 4 }
start = "deadline_start.absage_oder_kenntnis"
valid_from = 2026-06-01
text = "deadline_rule.arbeit"
source = ["https://example.org/"]
[[deadline.when]]
grounds = ["@agg"]
area_of_life = ["arbeit"]
"""


def faults(folder: Path, texts: Path) -> list[str]:
    with pytest.raises(CityError) as raised:
        load_city(folder, texts=texts, today=TODAY)
    return [str(fault) for fault in raised.value.faults]


def test_jena_is_complete(texts: Path) -> None:
    city = load_city(CITIES / "jena", texts=texts, today=TODAY)

    assert (city.code, city.name, city.languages) == (
        "jena",
        "Jena",
        ("de", "de-simple", "en", "ar"),
    )
    assert len(city.districts) == 31
    assert city.stellen["ezra"].channel == "inbox"
    assert city.catalogue.text("de", city.stellen["ezra"].name).startswith("ezra")


def test_the_service_and_jena_fit_together() -> None:
    assert load_city(CITIES / "jena").catalogue.languages["ar"].dir == "rtl"


def test_which_stellen_work_here(texts: Path) -> None:
    """All others are only shown: nothing is ever sent to them from here."""
    city = load_city(CITIES / "jena", texts=texts)

    assert {code for code, stelle in city.stellen.items() if stelle.works_here} == {
        "ads_jena",
        "ezra",
        "elly",
        "rias_th",
        "thadine",
        "kokont",
        "mobit",
        "queerweg",
        "weisser_ring",
    }


def test_a_stelle_that_gets_mails_works_here_too(folder: Path, texts: Path, plant: Plant) -> None:
    plant("stellen.toml", 'channel = "inbox"', 'channel = "mail"\nnotice_to = "a@example.org"')

    stelle = load_city(folder, texts=texts).stellen["ads_jena"]

    assert stelle.works_here
    assert stelle.notice_to == "a@example.org"


# Where the fault is planted: file, what is changed, into what; and what must be said.
PLANTED = {
    "a Stelle no rule reaches": (
        "rules.toml",
        'stellen = ["queerweg"]',
        'stellen = ["mobit"]',
        "stellen.toml:",
        "Stelle queerweg: no rule and no subject names it",
    ),
    "a Stelle that only a subject named": (
        "finder.toml",
        'stellen = ["uni_jena"]',
        'stellen = ["thadine"]',
        "stellen.toml:",
        "Stelle uni_jena: no rule and no subject names it",
    ),
    "a subject with an unknown Stelle": (
        "finder.toml",
        'stellen = ["uni_jena"]',
        'stellen = ["uni_jena", "uni_gera"]',
        "",
        "subject hochschule names the unknown Stelle uni_gera",
    ),
    "a subject that names a Stelle twice": (
        "finder.toml",
        'stellen = ["uni_jena"]',
        'stellen = ["uni_jena", "uni_jena"]',
        "",
        "subject hochschule names uni_jena twice",
    ),
    "a subject without a Stelle": (
        "finder.toml",
        'stellen = ["medinetz_jena"]',
        "stellen = []",
        "",
        "subject ohne_papiere names no Stelle",
    ),
    "two subjects of one name": (
        "finder.toml",
        'code = "hochschule"',
        'code = "barrieren"',
        "",
        "subject barrieren is written twice",
    ),
    "a subject with an unknown code": (
        "finder.toml",
        'area_of_life = ["gesundheit"]',
        'area_of_life = ["gesund"]',
        "",
        "unknown code gesund",
    ),
    "a subject with an unknown set": (
        "finder.toml",
        'incident_type = ["@nahgewalt"]',
        'incident_type = ["@nah"]',
        "",
        "unknown set @nah",
    ),
    "a subject with an unknown key": (
        "finder.toml",
        'code = "hochschule"',
        'code = "hochschule"\nicon = "book"',
        "+1",
        "unknown key icon",
    ),
    "a subject without a text": (
        "texts/en.toml",
        '[subject.hochschule]\nname = "At the University of Jena"\ntext = ',
        '[subject.hochschule]\nname = "At the University of Jena"\ntxt = ',
        "finder.toml:",
        "text subject.hochschule.text is missing in language en",
    ),
    "a rule that names nobody": (
        "rules.toml",
        'stellen = ["elly"]',
        "stellen = []",
        "",
        "rule R7 names no Stelle",
    ),
    "a set of a question that is not asked": (
        "rules.toml",
        "[sets.territory]",
        "[sets.teritory]",
        "",
        "no question is called teritory",
    ),
    "a code that is no code": (
        "codes.toml",
        '"wohnumfeld_nachbarschaft"',
        '"Nachbarschaft & Umfeld"',
        "codes.toml:",
        "Nachbarschaft & Umfeld: a code is made of a to z, digits and _",
    ),
    "a Stelle with the name of a key": (
        "stellen.toml",
        'code = "mobit"',
        'code = "statistics"',
        "",
        "statistics: this word has a meaning of its own in Adstelle",
    ),
    "a place with the name of the internet": (
        "codes.toml",
        'territory = ["jena",',
        'territory = ["internet",',
        "",
        "internet: this word has a meaning of its own in Adstelle",
    ),
    "a role that the form does not know": (
        "codes.toml",
        '"zeugin"',
        '"zeuge"',
        "codes.toml:",
        "reporter_role zeuge is none of betroffene, ",
    ),
    "an exit that leads nowhere": (
        "city.toml",
        'quick_exit = "https://www.jena.de/"',
        'quick_exit = "www.jena.de"',
        "",
        "quick_exit must be an address that begins with https://",
    ),
    "an emergency number that nobody can call": (
        "city.toml",
        'number = "116 016"',
        'number = "Hilfetelefon"',
        "",
        "number must be digits and spaces",
    ),
    "an emergency number with a misspelt key": (
        "city.toml",
        'number = "116 016"',
        'numer = "116 016"',
        "",
        "emergency.2: unknown key numer",
    ),
    "a misspelt key in the imprint": (
        "city.toml",
        "represented_by",
        "representd_by",
        "",
        "imprint: unknown key representd_by",
    ),
    "a municipality without its key": (
        "city.toml",
        'municipality = "16053000"',
        'municipality = "Jena"',
        "city.toml:",
        "municipality",
    ),
    "a territory that means nothing": (
        "city.toml",
        'jena = "city"',
        'jena = "town"',
        "city.toml:",
        "territories: 'town' is not allowed here",
    ),
    "an unknown body for complaints about barriers": (
        "city.toml",
        'enforcement = "tlmb"',
        'enforcement = "tlmbb"',
        "",
        "enforcement is the unknown Stelle tlmbb",
    ),
    "a website that is no link": (
        "stellen.toml",
        'website = "https://mobit.org/"',
        'website = "mobit.org"',
        "",
        "website must be an address that begins with https://",
    ),
    "two mail addresses in one": (
        "stellen.toml",
        'mail = "mail@mobit.org"',
        'mail = "mail@mobit.org, info@mobit.org"',
        "",
        "mail must be one address with an @",
    ),
    "a number with words in it": (
        "stellen.toml",
        'phone = "0361 2192694"',
        'phone = "0361 2192694 (Büro)"',
        "",
        "phone must be digits and spaces",
    ),
    "a language that nobody can name": (
        "stellen.toml",
        'languages = ["de", "en", "pl", "ru", "uk"]',
        'languages = ["de", "englisch"]',
        "",
        "Stelle hilfetelefon: unknown language englisch",
    ),
    "a Stelle for a territory that is none": (
        "stellen.toml",
        'territory = "country"',
        'territory = "federal"',
        "",
        "territory: 'federal' is none of city, land, country",
    ),
    "a word where yes or no belongs": (
        "stellen.toml",
        "independent = true",
        'independent = "ja"',
        "",
        "independent: must be true or false, is text",
    ),
    "hours that nobody shows": (
        "stellen.toml",
        "has_hours = true\n",
        "",
        "texts/de.toml:",
        "text stelle.thadine.hours: nobody shows it; misspelt?",
    ),
    "a hint for a code that does not exist": (
        "texts/de.toml",
        "[hint.mandate]\ndokumentieren = ",
        "[hint.mandate]\ndokumentiren = ",
        "+1",
        "text hint.mandate.dokumentiren: nobody shows it",
    ),
    "a text of the service, misspelt": (
        "texts/de.toml",
        "[privacy.complaint]\ntext = ",
        "[privacy.complaint]\ntxt = ",
        "+1",
        "text privacy.complaint.txt: nobody shows it",
    ),
    "a text that is no text": (
        "texts/de.toml",
        'einmal = "Einmal"',
        "einmal = 1",
        "",
        "text code.frequency.einmal: is not a text",
    ),
    "a rule with an unknown Stelle": (
        "rules.toml",
        'stellen = ["queerweg"]',
        'stellen = ["queerwegg"]',
        "",
        "rule R13 names the unknown Stelle queerwegg",
    ),
    "a rule that yields to an unknown Stelle": (
        "rules.toml",
        'unless_offered = ["ezra", "ads_jena", "thadine"]',
        'unless_offered = ["ezra", "ads_jen", "thadine"]',
        "",
        "rule R3b names the unknown Stelle ads_jen",
    ),
    "a condition with an unknown code": (
        "rules.toml",
        'territory = ["jena"]',
        'territory = ["weimar"]',
        "",
        "unknown code weimar",
    ),
    "a condition with an unknown set": (
        "rules.toml",
        'grounds = ["@queer"]',
        'grounds = ["@quer"]',
        "",
        "unknown set @quer",
    ),
    "a condition with an unknown question": (
        "rules.toml",
        'resident = ["ja"]',
        'residence = ["ja"]',
        "",
        "no question is called residence",
    ),
    "a condition without an answer": (
        "rules.toml",
        'resident = ["ja"]',
        "resident = []",
        "",
        "resident lists no answer",
    ),
    "a set with an unknown code": (
        "rules.toml",
        'queer = ["geschlechtsidentitaet",',
        'queer = ["geschlechts",',
        "",
        "set queer names the unknown code geschlechts",
    ),
    "two rules of one name": (
        "rules.toml",
        'id = "R13"',
        'id = "R10"',
        "",
        "rule R10 is written twice",
    ),
    "a rule without a reason": (
        "rules.toml",
        'reason = "reason.queer"',
        'reason = "reason.quer"',
        "",
        "text reason.quer is missing in language de",
    ),
    "an unknown key in a rule": (
        "rules.toml",
        'reason = "reason.queer"',
        'reason = "reason.queer"\npriority = 1',
        "+1",
        "unknown key priority",
    ),
    "a table nobody reads": ("stellen.toml", "[[stelle]]", "[[stele]]", "", "unknown key stele"),
    "a set that is no list": (
        "rules.toml",
        'queer = ["geschlechtsidentitaet", "sexuelle_identitaet"]',
        'queer = "alle"',
        "rules.toml:",
        "sets: must be a list, is text",
    ),
    "a reason missing in one language": (
        "texts/ar.toml",
        "queer = ",
        "quer = ",
        "rules.toml:",
        "text reason.queer is missing in language ar",
    ),
    "a code without a label": (
        "texts/en.toml",
        'zuhoeren = "I want',
        'zuhoern = "I want',
        "codes.toml:",
        "text code.mandate.zuhoeren is missing in language en",
    ),
    "a Stelle without a remit": (
        "texts/de-simple.toml",
        "remit = ",
        "rmit = ",
        "stellen.toml:",
        "text stelle.ads_jena.remit is missing in language de-simple",
    ),
    "a text in one language only": (
        "texts/de.toml",
        "[city]",
        '[city]\nnickname = "Lichtstadt"',
        "+1",
        "text city.nickname: is missing in language ar",
    ),
    "a placeholder in one language only": (
        "texts/en.toml",
        'einmal = "Once"',
        'einmal = "Once {when}"',
        "",
        "text code.frequency.einmal: placeholders must be the same everywhere: none",
    ),
    "a channel without recipient": (
        "stellen.toml",
        'website = "https://ezra.de/"',
        "",
        "stellen.toml:",
        "Stelle ezra: channel inbox without recipient",
    ),
    "an inbox that no rule can fill": (
        "stellen.toml",
        'code = "lads_th"\nterritory = "land"\nchannel = "none"',
        'code = "lads_th"\nterritory = "land"\nchannel = "inbox"',
        "+2",
        "Stelle lads_th: an inbox that no rule can fill",
    ),
    "an unknown channel": (
        "stellen.toml",
        '"inbox"',
        '"fax"',
        "",
        "channel: 'fax' is none of inbox, mail, partner, none",
    ),
    "a mail to nobody": (
        "stellen.toml",
        'channel = "inbox"',
        'channel = "mail"',
        "",
        "Stelle ads_jena: channel mail without notice_to",
    ),
    "a mail to more than one address": (
        "stellen.toml",
        'channel = "inbox"',
        'channel = "mail"\nnotice_to = "a@example.org, b@example.org"',
        "+1",
        "Stelle ads_jena: notice_to is not a mail address",
    ),
    "an address that no mail is sent to": (
        "stellen.toml",
        'channel = "inbox"',
        'channel = "inbox"\nnotice_to = "a@example.org"',
        "+1",
        "Stelle ads_jena: notice_to is for the channel mail alone",
    ),
    "an unknown key in a Stelle": (
        "stellen.toml",
        'code = "ezra"',
        'code = "ezra"\nfax = "1"',
        "+1",
        "unknown key fax",
    ),
    "a missing key in a Stelle": (
        "stellen.toml",
        "independent = false\n",
        "",
        "stellen.toml:",
        "key independent is missing",
    ),
    "a contact without source": (
        "stellen.toml",
        'source = ["https://thadine.de/inhalte-positionen/empowermensch"]',
        "source = []",
        "",
        "Stelle thadine: a contact needs its source",
    ),
    "a date that does not exist": (
        "stellen.toml",
        "verified_on = 2023-06-14",
        'verified_on = "2023-06-31"',
        "",
        "verified_on: ",
    ),
    "a date that TOML refuses": (
        "stellen.toml",
        "verified_on = 2023-06-14",
        "verified_on = 2023-06-31",
        "",
        "not TOML",
    ),
    "a date that has not come": (
        "stellen.toml",
        "verified_on = 2023-06-14",
        "verified_on = 2026-11-23",
        "",
        "Stelle elly: verified in the future",
    ),
    "two Stellen of one code": (
        "stellen.toml",
        'code = "rias_th"',
        'code = "ezra"',
        "",
        "ezra stands twice",
    ),
    "a code that stands twice": (
        "codes.toml",
        'frequency = ["einmal",',
        'frequency = ["einmal", "einmal",',
        "",
        "einmal stands twice",
    ),
    "a district in two groups": (
        "districts.toml",
        'districts = ["winzerla"]',
        'districts = ["winzerla", "ammerbach"]',
        "districts.toml:",
        "ammerbach stands twice",
    ),
    "an unknown time zone": (
        "city.toml",
        '"Europe/Berlin"',
        '"Europe/Jena"',
        "",
        "unknown time zone Europe/Jena",
    ),
    "an unknown office": (
        "city.toml",
        'office = "ads_jena"',
        'office = "ads"',
        "",
        "office is the unknown Stelle ads",
    ),
    "a territory without meaning": (
        "city.toml",
        'unklar = "unknown"',
        "",
        "city.toml:",
        "territories must be those of codes.toml",
    ),
    "a language without texts": (
        "city.toml",
        '"en", "ar"]',
        '"en", "fr"]',
        "city.toml:",
        "Adstelle has no texts in language fr, only ar, de, de-simple, en",
    ),
    "a city without German": (
        "city.toml",
        '["de", "de-simple", "en", "ar"]',
        '["en", "ar"]',
        "",
        "a city needs the language de",
    ),
    "an unknown country": (
        "city.toml",
        'country = "DE"',
        'country = "XX"',
        "",
        "holidays of the country XX are not known",
    ),
    "an unknown part of the country": (
        "city.toml",
        'subdivision = "TH"',
        'subdivision = "Thüringen"',
        "",
        "DE has no part Thüringen with holidays of its own",
    ),
    "a promise of an unknown Stelle": (
        "city.toml",
        "ads_jena = { working_days = 5 }",
        "ads_jenaa = { working_days = 5 }",
        "",
        "first_answer names the unknown Stelle ads_jenaa",
    ),
    "a promise of a Stelle that gets no reports": (
        "city.toml",
        "ads_jena = { working_days = 5 }",
        "mia_bund = { working_days = 5 }",
        "",
        "Stelle mia_bund promises an answer, but no report reaches it",
    ),
    "a promise in two units": (
        "city.toml",
        "{ working_days = 5 }",
        "{ working_days = 5, weeks = 1 }",
        "city.toml:",
        "first_answer: one of days, weeks, months, years, working_days must be given",
    ),
    "an unknown kind of deadline": (
        "deadlines.toml",
        'id = "F1"\nkind = "statutory"',
        'id = "F1"\nkind = "legal"',
        "+1",
        "kind: 'legal' is none of statutory, none_known, possible",
    ),
    "a deadline with an unknown code": (
        "deadlines.toml",
        'alleged_responsible = ["unternehmen", "gruppe_organisation"]',
        'alleged_responsible = ["unternehmer"]',
        "",
        "unknown code unternehmer",
    ),
    "a deadline with an unknown set": (
        "deadlines.toml",
        'area_of_life = ["@angebote"]',
        'area_of_life = ["@angebot"]',
        "",
        "unknown set @angebot",
    ),
    "a deadline with an unknown question": (
        "deadlines.toml",
        'area_of_life = ["arbeit"]',
        'area = ["arbeit"]',
        "",
        "no question is called area",
    ),
    "a set of deadlines with an unknown code": (
        "deadlines.toml",
        'staatlich = ["behoerde",',
        'staatlich = ["behörde",',
        "",
        "set staatlich names the unknown code behörde",
    ),
    "a set that the rules have already": (
        "deadlines.toml",
        "behoerdlich = [",
        'angebote = ["sport"]\nbehoerdlich = [',
        "",
        "set angebote stands in rules.toml already",
    ),
    "two deadlines of one name": (
        "deadlines.toml",
        'id = "F2"',
        'id = "F1"',
        "",
        "deadline F1 is written twice",
    ),
    "a deadline that ends before it begins": (
        "deadlines.toml",
        "valid_from = 2006-08-18",
        "valid_from = 2006-08-18\nvalid_to = 2006-08-17",
        "+1",
        "deadline F1: valid_to lies before valid_from",
    ),
    "two versions of a law in force at once": (
        "deadlines.toml",
        'law = "AGG § 21 Abs. 5"',
        'law = "AGG § 15 Abs. 4"',
        "deadlines.toml:",
        "deadline F2: AGG § 15 Abs. 4 is in force twice, see F1",
    ),
    "a deadline without its law": (
        "deadlines.toml",
        'law = "AGG § 15 Abs. 4"\n',
        "",
        "deadlines.toml:",
        "deadline F1: a statutory deadline needs its law",
    ),
    "a deadline without a beginning": (
        "deadlines.toml",
        "valid_from = 2006-08-18\n",
        "",
        "deadlines.toml:",
        "deadline F1: a statutory deadline needs its valid_from",
    ),
    "a deadline without a period": (
        "deadlines.toml",
        "period = { months = 2 }\n",
        "",
        "deadlines.toml:",
        "deadline F1: a statutory deadline needs its period",
    ),
    "a deadline that does not say what it starts with": (
        "deadlines.toml",
        'start = "deadline_start.vorfall"\n',
        "",
        "deadlines.toml:",
        "deadline F2: a statutory deadline needs its start",
    ),
    "no deadline known, but a period": (
        "deadlines.toml",
        'id = "F3"\nkind = "none_known"',
        'id = "F3"\nkind = "none_known"\nperiod = { months = 1 }',
        "+2",
        "deadline F3: kind none_known has no period",
    ),
    "a period of nothing": (
        "deadlines.toml",
        "{ months = 2 }",
        "{ months = 0 }",
        "",
        "period.months: Expected `a number` >= 1",
    ),
    "a deadline with an empty source": (
        "deadlines.toml",
        'source = ["https://de.openlegaldata.io/law/agg/21"]',
        "source = []",
        "",
        "deadline F4: a deadline needs its source",
    ),
    "a deadline without a source": (
        "deadlines.toml",
        'source = ["https://de.openlegaldata.io/law/agg/21"]',
        "",
        "deadlines.toml:",
        "key source is missing",
    ),
    "a deadline without a text": (
        "deadlines.toml",
        'text = "deadline_rule.arbeit"',
        'text = "deadline_rule.beruf"',
        "",
        "text deadline_rule.beruf.name is missing in language de",
    ),
    "a deadline whose start has no text": (
        "deadlines.toml",
        'start = "deadline_start.vorfall"',
        'start = "deadline_start.unfall"',
        "deadlines.toml:",
        "text deadline_start.unfall is missing in language de",
    ),
    "a deadline without a text in one language": (
        "texts/ar.toml",
        "[deadline_rule.staat]",
        "[deadline_rule.stat]",
        "deadlines.toml:",
        "text deadline_rule.staat.name is missing in language ar",
    ),
    "a law that was verified tomorrow": (
        "deadlines.toml",
        'text = "deadline_rule.arbeit"',
        'text = "deadline_rule.arbeit"\nverified_on = 2026-11-23',
        "+1",
        "deadline F1: verified in the future",
    ),
    "an unknown key in a deadline": (
        "deadlines.toml",
        'id = "F1"',
        'id = "F1"\nuntil = "x"',
        "+1",
        "unknown key until",
    ),
    "an unknown key in the city": (
        "city.toml",
        'name = "Jena"',
        'name = "Jena"\nslogan = "x"',
        "+1",
        "unknown key slogan",
    ),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_fault_is_named_with_file_and_line(
    folder: Path, texts: Path, plant: Plant, name: str
) -> None:
    file, old, new, place, message = PLANTED[name]
    line = plant(file, old, new)
    if place in {"", "+1", "+2"}:
        place = f"{file}:{line + int(place or 0)}:"

    found = faults(folder, texts)

    assert any(place in fault and message in fault for fault in found), found


def test_answers_that_lead_nowhere_are_a_fault(folder: Path, texts: Path) -> None:
    """Without the rule for places outside Thüringen, somebody would be left without a word."""
    path = folder / "rules.toml"
    rules = path.read_text(encoding="utf-8")
    start = rules.index('[[rule]]\nid = "R12"\n')
    end = rules.index("[[rule]]", start + 1)
    path.write_text(rules[:start] + rules[end:], encoding="utf-8")

    (fault,) = faults(folder, texts)

    assert "rules.toml:1: no rule fits these answers: " in fault
    assert "territory deutschland" in fault


def test_a_skipped_question_must_lead_somewhere_too(
    folder: Path, texts: Path, plant: Plant
) -> None:
    """Whoever answers nothing at all is offered the city's own office; take that away."""
    plant("rules.toml", 'territory = ["unklar"]\nresident = ["unklar"]', 'territory = ["jena"]')
    plant("rules.toml", 'territory = ["unklar"]\nresident = ["unklar"]', 'territory = ["jena"]')
    plant("rules.toml", 'territory = ["thueringen", "unklar"]', 'territory = ["thueringen"]')
    plant("rules.toml", 'territory = ["thueringen", "unklar"]', 'territory = ["thueringen"]')

    (fault,) = faults(folder, texts)

    assert "no rule fits these answers: " in fault
    assert "territory" not in fault


def test_a_condition_that_asks_nothing_is_a_fault(folder: Path, texts: Path) -> None:
    with (folder / "rules.toml").open("a", encoding="utf-8") as file:
        file.write('[[rule]]\nid = "R99"\nstellen = ["ezra"]\nreason = "reason.queer"\nwhen = []\n')

    assert any("rule R99 has a condition that asks nothing" in f for f in faults(folder, texts))


def test_a_deadline_that_asks_nothing_is_a_fault(folder: Path, texts: Path) -> None:
    with (folder / "deadlines.toml").open("a", encoding="utf-8") as file:
        file.write(
            '[[deadline]]\nid = "F9"\nkind = "none_known"\nwhen = []\n'
            'text = "deadline_rule.staat"\nsource = ["https://example.org/"]\n'
        )

    assert any("deadline F9 has a condition that asks nothing" in f for f in faults(folder, texts))


def test_a_new_version_of_a_law_begins_after_the_old_one(
    folder: Path, texts: Path, plant: Plant
) -> None:
    """What a reform takes: close the entry, write the next. The day decides which one counts."""
    begins = "valid_from = 2006-08-18"
    plant("deadlines.toml", begins, f"{begins}\nvalid_to = 2026-05-31")
    with (folder / "deadlines.toml").open("a", encoding="utf-8") as file:
        file.write(REFORM)
    answers = CodedAnswers(
        grounds=("alter",), incident_type="unmittelbare_benachteiligung", area_of_life="arbeit"
    )

    city = load_city(folder, texts=texts)

    found = [
        city.deadlines_for(answers, IncidentDate(day=day, month=month, year=2026), TODAY)
        for day, month in ((31, 5), (1, 6))
    ]
    assert [[(d.rule, d.due) for d in each] for each in found] == [
        [("F1", date(2026, 7, 31))],
        [("F1b", date(2026, 10, 1))],
    ]


def test_a_city_may_have_no_deadline(folder: Path, texts: Path) -> None:
    (folder / "deadlines.toml").write_text("", encoding="utf-8")
    for file in (folder / "texts").glob("*.toml"):
        content = file.read_text(encoding="utf-8")
        kept, _, rest = content.partition("[deadline_rule.arbeit]")
        file.write_text(kept + "[district_group]" + rest.partition("[district_group]")[2], "utf-8")

    assert load_city(folder, texts=texts).deadlines == {}


def test_a_law_that_nobody_verified_is_a_warning(texts: Path) -> None:
    city = load_city(CITIES / "jena", texts=texts, today=TODAY)

    assert any("deadlines.toml:" in w and "F1: not yet verified" in w for w in warnings(city))


@pytest.mark.parametrize(
    ("received", "by"),
    [
        (date(2026, 11, 25), date(2026, 12, 2)),
        (date(2026, 12, 22), date(2026, 12, 30)),  # over Christmas
        (date(2027, 9, 17), date(2027, 9, 27)),  # over the 20 September, in Thüringen
    ],
)
def test_the_first_answer_is_promised_in_working_days(
    texts: Path, received: date, by: date
) -> None:
    city = load_city(CITIES / "jena", texts=texts)

    assert city.answer_by("ads_jena", received) == by
    assert city.answer_by("ezra", received) is None


def test_a_table_where_a_list_belongs_is_a_fault(folder: Path, texts: Path) -> None:
    (folder / "districts.toml").write_text('[group]\ncode = "x"\n', encoding="utf-8")

    assert any(
        "districts.toml:1: group must be written as [[group]]" in f for f in faults(folder, texts)
    )


def test_one_wrong_stelle_does_not_blame_the_rules(folder: Path, texts: Path, plant: Plant) -> None:
    plant("stellen.toml", '"inbox"', '"fax"')

    assert [fault for fault in faults(folder, texts) if "rules.toml" in fault] == []


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_a_fault(folder: Path, texts: Path, name: str) -> None:
    (folder / f"{name}.toml").unlink()

    assert any(f"{name}.toml:1: file is missing" in fault for fault in faults(folder, texts))


def test_every_fault_is_told_at_once(folder: Path, texts: Path, plant: Plant) -> None:
    plant("rules.toml", 'grounds = ["@queer"]', 'grounds = ["@quer"]')
    plant("stellen.toml", '"inbox"', '"fax"')
    plant("texts/en.toml", 'einmal = "Once"', 'einmal = ""')

    told = "\n".join(faults(folder, texts))

    assert "@quer" in told
    assert "channel:" in told
    assert "is empty" in told


def warnings(city: City) -> list[str]:
    return [str(warning) for warning in city.warnings]


def test_a_contact_that_nobody_verified_is_a_warning(folder: Path, texts: Path) -> None:
    city = load_city(folder, texts=texts, today=TODAY)

    assert any("stellen.toml:" in w and "ezra: contact not yet" in w for w in warnings(city))


@pytest.mark.parametrize(
    ("verified", "is_old"), [("2025-05-21", True), ("2025-05-22", False), ("2026-11-22", False)]
)
def test_a_contact_is_verified_for_eighteen_months(
    folder: Path, texts: Path, plant: Plant, verified: str, is_old: bool
) -> None:
    line = plant("stellen.toml", "verified_on = 2023-06-14", f"verified_on = {verified}")

    told = warnings(load_city(folder, texts=texts, today=TODAY))

    expected = f"stellen.toml:{line}: Stelle elly: contact verified more than 18 months ago"
    assert any(expected in warning for warning in told) == is_old


def test_without_a_day_no_contact_is_old(folder: Path, texts: Path) -> None:
    assert not any("months ago" in w for w in warnings(load_city(folder, texts=texts)))


def test_texts_of_the_city_lie_over_those_of_the_service(folder: Path, texts: Path) -> None:
    for lang in ("de", "de-simple", "en", "ar"):
        for path in (texts / lang / "common.toml", folder / "texts" / f"{lang}.toml"):
            with path.open("a", encoding="utf-8") as file:
                file.write(f'[greeting]\nhello = "{path.parent.name}"\n')

    assert load_city(folder, texts=texts).catalogue.text("de", "greeting.hello") == "texts"


def test_leichte_sprache_has_short_sentences_one_a_line(texts: Path) -> None:
    city = load_city(CITIES / "jena", texts=texts)
    sentences = [
        line
        for key, forms in city.catalogue.texts["de-simple"].items()
        for line in forms["other"].split("\n")
        if key.startswith(("reason.", "stelle.", "subject.", "deadline_rule.", "deadline_start."))
    ]

    assert [line for line in sentences if len(line.split()) > 10] == []
    assert [line for line in sentences if ". " in line.replace("z. ", "")] == []
