"""Texts: every key in every language, the same placeholders, the plurals a language needs."""

from pathlib import Path

import pytest

from adstelle.catalogue import Catalogue, CatalogueError, load_catalogue

META = """
[meta]
name = "{name}"
dir = "{dir}"
babel = "{babel}"
html = "{babel}"
status = "native"
"""
ARABIC = """
[cases]
open.zero = "لا حالات"
open.one = "حالة واحدة"
open.two = "حالتان"
open.few = "{count} حالات"
open.many = "{count} حالة"
open.other = "{count} حالة"
"""
GERMAN = """
[cases]
open.one = "ein Fall"
open.other = "{count} Fälle"
"""


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    """Two languages that fit together: a folder of files, and a single file."""
    (tmp_path / "de").mkdir()
    meta = META.format(name="Deutsch", dir="ltr", babel="de")
    (tmp_path / "de" / "meta.toml").write_text(meta, encoding="utf-8")
    (tmp_path / "de" / "start.toml").write_text(
        '[start]\ntitle = "Hallo {name}"\nplain = "Ja"\n' + GERMAN, encoding="utf-8"
    )
    (tmp_path / "ar.toml").write_text(
        META.format(name="العربية", dir="rtl", babel="ar")
        + '[start]\ntitle = "مرحبا {name}"\nplain = "نعم"\n'
        + ARABIC,
        encoding="utf-8",
    )
    return tmp_path


def load(*layers: Path) -> Catalogue:
    return load_catalogue(layers, ["de", "ar"])


def faults(*layers: Path) -> list[str]:
    with pytest.raises(CatalogueError) as raised:
        load(*layers)
    return [str(fault) for fault in raised.value.faults]


def test_a_text_is_filled_in(texts: Path) -> None:
    catalogue = load(texts)

    assert catalogue.text("de", "start.title", name="Zoë {x}") == "Hallo Zoë {x}"
    assert catalogue.text("ar", "start.plain") == "نعم"


def test_what_is_unknown_is_an_error(texts: Path) -> None:
    catalogue = load(texts)

    with pytest.raises(KeyError):
        catalogue.text("de", "start.nothing")
    with pytest.raises(KeyError):
        catalogue.text("fr", "start.title")
    with pytest.raises(KeyError):
        catalogue.text("de", "start.title")
    assert catalogue.has("start.title")
    assert not catalogue.has("start")


@pytest.mark.parametrize(
    ("lang", "count", "expected"),
    [
        ("de", 0, "0 Fälle"),
        ("de", 1, "ein Fall"),
        ("de", 1234, "1.234 Fälle"),
        ("ar", 0, "لا حالات"),
        ("ar", 1, "حالة واحدة"),
        ("ar", 2, "حالتان"),
        ("ar", 5, "5 حالات"),
        ("ar", 11, "11 حالة"),
        ("ar", 100, "100 حالة"),
    ],
)
def test_the_count_chooses_the_plural_form(
    texts: Path, lang: str, count: int, expected: str
) -> None:
    assert load(texts).text(lang, "cases.open", count=count) == expected


def test_a_plural_in_one_language_may_be_a_plain_text_in_another(texts: Path) -> None:
    plant(texts, 'open.one = "ein Fall"\nopen.other', "open")

    assert load(texts).text("de", "cases.open", count=1) == "1 Fälle"


def test_a_count_must_be_a_number(texts: Path) -> None:
    with pytest.raises(TypeError):
        load(texts).text("de", "cases.open", count="two")


def test_languages_name_themselves(texts: Path) -> None:
    language = load(texts).languages["ar"]

    assert (language.name, language.dir, language.html) == ("العربية", "rtl", "ar")


def test_a_later_layer_lies_over_an_earlier_one(texts: Path, tmp_path: Path) -> None:
    city = tmp_path / "city"
    city.mkdir()
    for lang, word in (("de", "Doch"), ("ar", "بلى")):
        city_text = f'[start]\nplain = "{word}"\n[city]\nname = "Jena"\n'
        (city / f"{lang}.toml").write_text(city_text, encoding="utf-8")

    catalogue = load(texts, city)

    assert catalogue.text("de", "start.plain") == "Doch"
    assert catalogue.text("de", "city.name") == "Jena"
    assert catalogue.text("de", "start.title", name="x") == "Hallo x"


def plant(texts: Path, old: str, new: str, file: str = "de/start.toml") -> None:
    path = texts / file
    content = path.read_text(encoding="utf-8")
    assert old in content
    path.write_text(content.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "file", "expected"),
    [
        ('plain = "Ja"\n', "", "ar.toml:10:", "start.plain: is missing in language de"),
        ("Hallo {name}", "Hallo {nom}", "ar.toml:9:", "placeholders must be the same"),
        ("Hallo {name}", "Hallo {name!r}", "de/start.toml:2:", "must be a plain name"),
        ("Hallo {name}", "Hallo {name.x}", "de/start.toml:2:", "must be a plain name"),
        ("Hallo {name}", "Hallo {name", "de/start.toml:2:", "expected '}'"),
        ('"Ja"', '" "', "de/start.toml:3:", "start.plain: is empty"),
        ('"Ja"', "3", "de/start.toml:3:", "start.plain: is not a text"),
        ("open.one", "open.two", "de/start.toml:6:", "plural forms must be one, other"),
        ("[start]", "[start", "de/start.toml:1:", "not TOML"),
        ('plain = "Ja"', 'plain = "Ja"\nplain = "Ja"', "de/start.toml:4:", "not TOML"),
    ],
)
def test_a_fault_names_file_and_line(
    texts: Path, old: str, new: str, file: str, expected: str
) -> None:
    plant(texts, old, new)

    assert any(file in fault and expected in fault for fault in faults(texts)), faults(texts)


def test_a_text_may_not_be_written_twice_in_one_layer(texts: Path) -> None:
    (texts / "de" / "zz.toml").write_text('[start]\nplain = "Nein"\n', encoding="utf-8")

    assert any("zz.toml:2: text start.plain: is written twice" in fault for fault in faults(texts))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('dir = "ltr"', 'dir = "up"', "language de: Invalid enum value 'up'"),
        ('babel = "de"', 'babel = "xx"', "language de: unknown locale 'xx'"),
        ("[meta]", "[other]", "language de: no [meta]"),
    ],
)
def test_a_language_must_describe_itself(texts: Path, old: str, new: str, expected: str) -> None:
    plant(texts, old, new, "de/meta.toml")

    assert any("meta.toml:" in fault and expected in fault for fault in faults(texts))


def test_a_language_without_texts_is_a_fault(texts: Path) -> None:
    (texts / "ar.toml").unlink()

    assert any("ar.toml:1: no texts in language ar" in fault for fault in faults(texts))


def test_a_file_that_is_not_utf8_is_a_fault(texts: Path) -> None:
    (texts / "de" / "start.toml").write_bytes(b'[start]\ntitle = "\xff"\n')

    assert any("start.toml:2: not UTF-8" in fault for fault in faults(texts))


def test_every_fault_is_told_at_once(texts: Path) -> None:
    plant(texts, "Hallo {name}", "Hallo {nom}")
    plant(texts, '"Ja"', '""')

    assert len(faults(texts)) >= 2
