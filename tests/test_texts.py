"""What every text has to keep to: complete, in its own script, plain, discreet in titles.

Each gate is a function that names what is wrong. At the end stand texts it must not let through.
"""

import re
import tomllib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from adstelle.asking import questions
from adstelle.asking.questions import Field
from adstelle.city import CITIES, TEXTS, City, load_city

LANGUAGES = ("de", "de-simple", "en", "ar")
GERMAN = ("de", "de-simple")
LATIN = ("de", "de-simple", "en")
FORM = (
    "intake", "mailbox", "mail", "finder", "deadlines", "consent", "blocks", "files", "paper",
    "retention", "notice", "figures", "method",
)  # fmt: skip
SIMPLE = (
    "common", "intake", "mailbox", "mail", "finder", "deadlines", "referral", "consent", "blocks",
    "notes", "record", "files", "taking", "paper", "export", "retention",
    "notice", "help", "masking", "takeout", "figures", "method", "running", "statistics_key",
)  # fmt: skip
MOST_WORDS_SIMPLE = 12
MOST_WORDS_PLAIN = 15
LEGAL = ("privacy.", "imprint.")  # law may be named in the words of the law

ABBREVIATIONS = re.compile(r"\b(z\. ?B|d\. ?h|u\. ?a|ggf|bzw|usw|etc|evtl|inkl|ca|vgl)\.", re.I)
# Officialese, and the word that makes somebody a victim.
OFFICIALESE = re.compile(
    r"\b(gemäß|(dies)?bezüglich|hinsichtlich|zwecks|i\. ?S\. ?d|Antragsteller\w*|Opfer\w*)\b",
    re.I,
)
# "Discrimination", and what makes a page's name in the browser's history give its reader away.
TELLING = re.compile(r"diskriminier|discriminat|تمييز", re.I)
# What would tell whoever shares an inbox that somebody turned to an office.
NAMING = re.compile(
    r"adstelle|stelle|amt\b|beratung|postfach|post-fach|bericht|fall\b|code|jena|stadt"
    r"|service|mailbox|report|case|city|مكتب|جهة|صندوق|تقرير|رمز|مدينة",
    re.I,
)
IN_HISTORY = re.compile(r"(^(start|safety|check|away|receipt|gone)\.title$|^step\.|_?title$)")
ARABIC = re.compile(r"[\u0600-\u06ff]")
PLACEHOLDER = re.compile(r"\{\w+\}")
WORD = re.compile(r"[^\W_][\w’'*@.-]*")

Texts = dict[str, str]
Gate = Callable[[str], list[str]]


@pytest.fixture(scope="module")
def jena() -> City:
    """Loading compares all languages: a key or placeholder that one of them lacks stops it."""
    return load_city(CITIES / "jena")


def file_texts(lang: str, *names: str) -> Texts:
    """Read the texts of some files, all of them by default."""
    files = sorted((TEXTS / lang).glob("*.toml"))
    return {
        key: text
        for file in files
        if file.stem != "meta" and (not names or file.stem in names)
        for key, text in _flat(tomllib.loads(file.read_text("utf-8")))
    }


def _flat(table: dict[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", value


def found(gate: Gate, texts: Texts) -> list[str]:
    """Apply a gate; what it names is listed with the key."""
    return [f"{key}: {fault}" for key, text in texts.items() for fault in gate(text)]


def words(text: str) -> list[str]:
    """Count a placeholder as one word."""
    return WORD.findall(PLACEHOLDER.sub("word", text))


# ---------------------------------------------------------------- complete


def test_every_language_has_every_text(jena: City) -> None:
    texts = jena.catalogue.texts

    assert tuple(texts) == LANGUAGES
    for lang in LANGUAGES:
        assert texts[lang].keys() == texts["de"].keys()
        assert all(form.strip() for forms in texts[lang].values() for form in forms.values())


def field_keys(field: Field) -> Iterator[str]:
    """Name the texts that a field of the form needs."""
    yield from (f"field.{field.name}.label", f"field.{field.name}.short")
    if field.kind in {"choice", "choices", "select"}:
        yield f"error.{field.name}.unknown"
    if field.kind in {"long", "line"}:
        yield f"error.{field.name}.too_long"
    if field.required:
        yield f"error.{field.name}.missing"
    if isinstance(field.codes, tuple):
        yield from (f"field.{field.name}.{code}" for code in field.codes)


@pytest.mark.parametrize("step", questions.STEPS, ids=lambda step: step.name)
def test_every_question_has_its_texts(jena: City, step: questions.Step) -> None:
    needed = [f"step.{step.name}", *(key for field in step.fields for key in field_keys(field))]

    assert [key for key in needed if not jena.catalogue.has(key)] == []


@pytest.mark.parametrize("step", questions.STEPS, ids=lambda step: step.name)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_title_of_a_question_is_its_heading(
    jena: City, lang: str, step: questions.Step
) -> None:
    if len(step.fields) <= questions.MOST_UNDER_ONE_HEADING:
        heading = jena.catalogue.text(lang, f"field.{step.fields[0].name}.label")
        assert heading == jena.catalogue.text(lang, f"step.{step.name}")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_two_questions_have_the_same_title(jena: City, lang: str) -> None:
    titles = [jena.catalogue.text(lang, f"step.{step.name}") for step in questions.STEPS]

    assert len(titles) == len(set(titles))


# ---------------------------------------------------------------- in its own script


def foreign_script(text: str) -> list[str]:
    return ["Arabic letters under a Latin language"] if ARABIC.search(text) else []


def not_arabic(text: str) -> list[str]:
    return [] if ARABIC.search(text) else ["no Arabic letters"]


# The switcher's label and names of products are the same for everybody.
SAME_EVERYWHERE = {"layout.languages", "common.product"}


@pytest.mark.parametrize("lang", LATIN)
def test_latin_languages_are_written_in_latin_letters(lang: str) -> None:
    texts = {k: v for k, v in file_texts(lang).items() if k not in SAME_EVERYWHERE}

    assert found(foreign_script, texts) == []


def test_arabic_texts_are_arabic() -> None:
    texts = {k: v for k, v in file_texts("ar").items() if k not in SAME_EVERYWHERE}
    with_words = {k: v for k, v in texts.items() if words(PLACEHOLDER.sub("", v))}

    assert found(not_arabic, with_words) == []


# ---------------------------------------------------------------- plain


def hard_to_read(text: str) -> list[str]:
    """Leichte Sprache: short lines of one sentence, digits, no brackets."""
    faults = []
    for line in filter(None, map(str.strip, text.splitlines())):
        if len(words(line)) > MOST_WORDS_SIMPLE:
            faults.append(f"more than {MOST_WORDS_SIMPLE} words: {line}")
        if re.search(r"[^\W\d]{2}[.!?] +\S", line):
            faults.append(f"two sentences in a line: {line}")
        if re.search(r"[()\[\]/;&%§]", line):
            faults.append(f"a special character: {line}")
        if re.search(r"\b(zwei|drei|vier|fünf|zehn|hundert)\b", line, re.I):
            faults.append(f"a number in words: {line}")
    return faults


def long_sentence(text: str) -> list[str]:
    sentences = re.split(r"(?<=\w)[.!?:](?:\s|$)|\n", PLACEHOLDER.sub("word", text))
    return [
        f"{len(words(sentence))} words: {sentence.strip()}"
        for sentence in sentences
        if len(words(sentence)) > MOST_WORDS_PLAIN
    ]


def abbreviation(text: str) -> list[str]:
    return [match.group() for match in ABBREVIATIONS.finditer(text)]


def officialese(text: str) -> list[str]:
    return [match.group() for match in OFFICIALESE.finditer(text)]


def test_leichte_sprache_is_easy_to_read() -> None:
    # The emergency line is one line for the eye, however many sentences it has.
    spared = SAME_EVERYWHERE | {"layout.emergency"}
    texts = {k: v for k, v in file_texts("de-simple", *SIMPLE).items() if k not in spared}

    assert found(hard_to_read, texts) == []


def test_german_sentences_are_short() -> None:
    assert found(long_sentence, file_texts("de", *FORM)) == []


def test_what_a_deadline_means_is_said_in_short_sentences(jena: City) -> None:
    texts = {
        key: forms["other"]
        for key, forms in jena.catalogue.texts["de"].items()
        if key.startswith(("deadline_rule.", "deadline_start."))
    }

    assert texts
    assert found(long_sentence, texts) == []


@pytest.mark.parametrize("lang", GERMAN)
def test_german_has_no_abbreviations(lang: str) -> None:
    assert found(abbreviation, file_texts(lang)) == []


@pytest.mark.parametrize("lang", GERMAN)
def test_german_is_not_officialese(lang: str) -> None:
    texts = {k: v for k, v in file_texts(lang).items() if not k.startswith(LEGAL)}

    assert found(officialese, texts) == []


# ---------------------------------------------------------------- discreet


def telling(text: str) -> list[str]:
    return ["names the subject"] if TELLING.search(text) else []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_title_says_what_this_is_about(jena: City, lang: str) -> None:
    texts = {
        key: text
        for key, forms in jena.catalogue.texts[lang].items()
        for text in forms.values()
        if IN_HISTORY.search(key)
    }

    assert len(texts) > len(questions.STEPS)
    assert found(telling, texts) == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_mail_says_what_this_is_about(lang: str) -> None:
    texts = file_texts(lang, "mail")

    assert len(texts) == 4
    assert found(telling, texts) == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_mail_to_a_person_does_not_even_name_who_sends_it(lang: str) -> None:
    """Whoever shares an inbox sees it: no service, no office, no mailbox, no code, no report."""
    texts = {k: v for k, v in file_texts(lang, "notice").items() if k.startswith("notice.mail.")}

    assert texts.keys() == {"notice.mail.subject", "notice.mail.text"}
    assert found(telling, texts) == []
    assert found(naming, texts) == []


def naming(text: str) -> list[str]:
    return [match.group() for match in NAMING.finditer(text)]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_about_nothing_says_nothing(lang: str) -> None:
    texts = {k: v for k, v in file_texts(lang, "intake").items() if k.startswith("gone.")}

    assert len(texts) == 3
    assert found(telling, texts) == []


# ---------------------------------------------------------------- the gates themselves


@pytest.mark.parametrize(
    ("gate", "text"),
    [
        (foreign_script, "Guten Tag, مرحبا"),
        (not_arabic, "Guten Tag"),
        (hard_to_read, "Das ist ein Satz. Das ist noch ein Satz in der Zeile."),
        (hard_to_read, "eins zwo wir gehen heute alle zusammen ganz weit weg und kommen wieder"),
        (hard_to_read, "Rufen Sie (kostenlos) an."),
        (hard_to_read, "Sie haben zwei Monate Zeit."),
        (long_sentence, "Kurz. " + "Wort " * 16 + "und Schluss."),
        (abbreviation, "Bitte ggf. anrufen"),
        (abbreviation, "Orte, z. B. der Bus"),
        (officialese, "Gemäß unserer Ordnung"),
        (officialese, "Fragen bezüglich der Sache"),
        (telling, "Antidiskriminierungsstelle"),
        (telling, "Report discrimination"),
        (telling, "الإبلاغ عن التمييز"),
    ],
)
def test_a_gate_does_not_let_its_defect_through(gate: Gate, text: str) -> None:
    assert gate(text) != []


@pytest.mark.parametrize(
    ("gate", "text"),
    [
        (hard_to_read, "Das dauert 10 Minuten.\nSie können Pausen machen."),
        (hard_to_read, "So sieht es aus: name@beispiel.de"),
        (long_sentence, "Wort " * 14 + "Ende. Und noch ein Satz."),
        (abbreviation, "Am Ende des Tages. Und so weiter."),
        (officialese, "Zweck und Hinsicht"),
    ],
)
def test_a_gate_lets_a_good_text_through(gate: Gate, text: str) -> None:
    assert gate(text) == []
