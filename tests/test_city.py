"""A city is checked as a whole: each planted fault is named with its file and line."""

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import msgspec
import pytest

from adstelle.city import CITIES, TEXTS, City, CityError, load_city
from adstelle.domain.routing import CodedAnswers, route

TODAY = date(2026, 11, 22)

Plant = Callable[[str, str, str], int]


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    """The languages of the service without its texts, so that only the city is looked at."""
    for meta in TEXTS.glob("*/meta.toml"):
        copy = tmp_path / "service" / meta.parent.name
        copy.mkdir(parents=True)
        shutil.copy(meta, copy)
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
        "Stelle queerweg: no rule reaches it",
    ),
    "a listed Stelle that a rule offers": (
        "rules.toml",
        'stellen = ["queerweg"]',
        'stellen = ["queerweg", "refugio"]',
        "stellen.toml:",
        "Stelle refugio: a rule offers it",
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
        "sets: Expected `array`, got `str`",
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
        'kind = "directory"\nterritory = "land"\nchannel = "none"',
        'kind = "directory"\nterritory = "land"\nchannel = "inbox"',
        "+2",
        "Stelle lads_th: an inbox that no rule can fill",
    ),
    "an unknown channel": ("stellen.toml", '"inbox"', '"fax"', "", "channel: Invalid enum value"),
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
        "fr.toml:1",
        "no texts in language fr",
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


def test_a_condition_that_asks_nothing_is_a_fault(folder: Path, texts: Path) -> None:
    with (folder / "rules.toml").open("a", encoding="utf-8") as file:
        file.write('[[rule]]\nid = "R99"\nstellen = ["ezra"]\nreason = "reason.queer"\nwhen = []\n')

    assert any("rule R99 has a condition that asks nothing" in f for f in faults(folder, texts))


def test_a_table_where_a_list_belongs_is_a_fault(folder: Path, texts: Path) -> None:
    (folder / "districts.toml").write_text('[group]\ncode = "x"\n', encoding="utf-8")

    assert any(
        "districts.toml:1: group must be written as [[group]]" in f for f in faults(folder, texts)
    )


def test_one_wrong_stelle_does_not_blame_the_rules(folder: Path, texts: Path, plant: Plant) -> None:
    plant("stellen.toml", '"inbox"', '"fax"')

    assert [fault for fault in faults(folder, texts) if "rules.toml" in fault] == []


@pytest.mark.parametrize("name", ["city", "codes", "stellen", "districts", "rules"])
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


def test_labels_and_hints_belong_to_codes(texts: Path) -> None:
    """A label or hint whose code is misspelled would never be seen."""
    city = load_city(CITIES / "jena", texts=texts)
    known = {
        f"{kind}.{question}.{code}"
        for question, codes in msgspec.structs.asdict(city.codes).items()
        for code in codes
        for kind in ("code", "hint")
    } | {text for stelle in city.stellen.values() for text in stelle.texts}
    owned = ("code.", "hint.", "stelle.")

    assert {key for key in city.catalogue.texts["de"] if key.startswith(owned)} <= known


def test_leichte_sprache_has_short_sentences_one_a_line(texts: Path) -> None:
    city = load_city(CITIES / "jena", texts=texts)
    sentences = [
        line
        for key, forms in city.catalogue.texts["de-simple"].items()
        for line in forms["other"].split("\n")
        if key.startswith(("reason.", "stelle."))
    ]

    assert [line for line in sentences if len(line.split()) > 10] == []
    assert [line for line in sentences if ". " in line.replace("z. ", "")] == []


SECOND_CITY = {
    "city.toml": """
name = "Kleinstadt"
office = "amt"
time_zone = "Europe/Berlin"
languages = ["de"]
phone = "1"
mail = "a@example.org"
website = "https://example.org/"
quick_exit = "https://example.org/"
appointment = "https://example.org/"
emergency = []
imprint = {}
[territories]
hier = "city"
""",
    "codes.toml": """
grounds = ["anders"]
incident_type = ["etwas"]
area_of_life = ["leben"]
territory = ["hier"]
alleged_responsible = ["jemand"]
reporter_role = ["ich"]
mandate = ["zuhoeren"]
frequency = ["einmal"]
""",
    "stellen.toml": """
[[stelle]]
code = "amt"
territory = "city"
channel = "inbox"
independent = false
phone = "1"
source = ["https://example.org/"]
""",
    "districts.toml": '[[group]]\ncode = "mitte"\ndistricts = ["markt"]\n',
    "rules.toml": """
[[rule]]
id = "K1"
stellen = ["amt"]
reason = "reason.hier"
[[rule.when]]
territory = ["hier"]
""",
    "texts/de.toml": """
reason.hier = "Wir sind da."
city = {name = "Kleinstadt", office = "Amt"}
stelle.amt = {name = "Amt", remit = "Hilft.", independence = "Stadt."}
district.markt = "Markt"
district_group.mitte = "Mitte"
[code]
grounds.anders = "Anders"
incident_type.etwas = "Etwas"
area_of_life.leben = "Leben"
territory.hier = "Hier"
alleged_responsible.jemand = "Jemand"
reporter_role.ich = "Ich"
mandate.zuhoeren = "Zuhören"
frequency.einmal = "Einmal"
""",
}


def test_no_code_knows_jena(tmp_path: Path, texts: Path) -> None:
    """A second city with other Stellen, codes and one language is a folder of data."""
    (tmp_path / "kleinstadt" / "texts").mkdir(parents=True)
    for name, content in SECOND_CITY.items():
        (tmp_path / "kleinstadt" / name).write_text(content, encoding="utf-8")

    city = load_city(tmp_path / "kleinstadt", texts=texts)

    offers = route(city.rules, CodedAnswers(territory="hier")).offers
    assert [offer.stelle for offer in offers] == ["amt"]
    assert city.catalogue.text("de", offers[0].reason) == "Wir sind da."
