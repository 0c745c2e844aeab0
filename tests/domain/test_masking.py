"""What is masked is gone, however it was written; the mark says nothing of what was there."""

import unicodedata
from datetime import date
from typing import Final

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from adstelle.domain.case_document import (
    Audience,
    CaseDocument,
    Entry,
    Fact,
    Section,
    SectionName,
    as_json,
)
from adstelle.domain.masking import (
    MARK,
    Masks,
    is_maskable,
    key_of,
    masked,
    masked_document,
    sentences,
)

NAME: Final = "Jürgen Müller-Groß"
WAYS: Final = {
    "as it was typed": NAME,
    "decomposed": unicodedata.normalize("NFD", NAME),
    "composed": unicodedata.normalize("NFC", NAME),
    "in capitals": NAME.upper(),
    "without umlauts": "Jurgen Muller-Gross",
    "umlauts as two letters": "Juergen Mueller-Gross",
    "soft hyphens": "Jür\N{SOFT HYPHEN}gen Mül\N{SOFT HYPHEN}ler-Groß",
    "invisible signs": "Jürgen\N{ZERO WIDTH SPACE} Müller\N{LEFT-TO-RIGHT MARK}-Groß",
    "across a line": "Jürgen\nMüller-Groß",
    "across a paragraph": "Jürgen\n\nMüller-Groß",
    "hyphenated at a line's end": "Jürgen Mül-\nler-Groß",
    "broken at its own hyphen": "Jürgen Müller-\nGroß",
    "another hyphen": "Jürgen Müller\N{NON-BREAKING HYPHEN}Groß",
    "wide spaces": "Jürgen\N{NO-BREAK SPACE}  Müller - Groß",
    "wide letters": "Ｊürgen Ｍüller-Groß",
    "with an ending": "Jürgen Müller-Großens",
}


@pytest.mark.parametrize("typed", WAYS, ids=WAYS)
@pytest.mark.parametrize("written", WAYS, ids=WAYS)
def test_words_are_masked_however_they_are_written(typed: str, written: str) -> None:
    if typed == "with an ending":  # the ending is nobody's to guess
        return
    if {typed, written} == {"without umlauts", "umlauts as two letters"}:  # never one name
        return
    text = f"Es war {WAYS[written]}, sagt sie."

    assert masked(text, Masks((), (WAYS[typed],))) == f"Es war {MARK}, sagt sie."


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("0170 5550123", "0170/555-01 23"),
        ("0170-555 0123", "01705550123"),
        ("kim@example.org", "KIM@EXAMPLE.ORG"),
        ("محمد", "مُحَمَّـد"),
        ("اسم محمد", "اسم\nمحمد"),
        ("Иван", "ИВАНА"),
    ],
)
def test_numbers_addresses_and_other_scripts(typed: str, text: str) -> None:
    assert masked(f"x: {text}!", Masks((), (typed,))) == f"x: {MARK}!"


def test_the_mark_is_as_long_for_one_word_as_for_many() -> None:
    text = "Vorher. Ein Satz. Noch ein langer Satz mit vielen Wörtern! Nachher."

    for passages in (("Ein Satz.", "Noch ein langer Satz mit vielen Wörtern!"), ("Ein Satz.",)):
        assert masked(text, Masks(passages)).count(MARK) == 1
    assert masked("Anna, Anna und Anna", Masks((), ("anna",))) == f"{MARK} und {MARK}"


def test_masks_that_overlap_leave_nothing_between() -> None:
    text = "Frau Anna Berta Celik kam."

    for words in (("Anna Berta", "Berta Celik"), ("Berta Celik", "Anna Berta", "Berta")):
        assert masked(text, Masks((), words)) == f"Frau {MARK} kam."


def test_a_passage_is_found_across_lines() -> None:
    (first, second) = sentences("Am Telefon war sie frei.\nBeim Termin nicht.")

    text = "a\nAm Telefon war\nsie frei.\nBeim Termin nicht."
    assert masked(text, Masks((first,))) == f"a\n{MARK}.\nBeim Termin nicht."
    assert second == "Beim Termin nicht."


def test_what_is_not_there_masks_nothing() -> None:
    assert masked("Ali aß. Anna ging.", Masks(("Berta.",), ("Celik",))) == "Ali aß. Anna ging."
    assert masked("mal ich Qual", Masks((), ("ali",))) == "mal ich Qual"
    assert [is_maskable(text) for text in ("-", "a", "Li")] == [False, False, True]


def test_other_passages_have_other_keys() -> None:
    assert key_of("Ein Satz.") == key_of("ein  satz!")
    assert key_of("Ein Satz.") != key_of("Kein Satz.")


def test_a_document_is_masked_in_every_part_of_it() -> None:
    """Values, codes behind them (also where the label is another word), texts, headings, title."""
    facts = (Fact("who", "Wer", "Vermieterin", ("hausverwaltung", "alter")),)
    document = CaseDocument(
        audience=Audience.PERSON,
        language="de",
        made_on=date(2026, 3, 2),
        title="Hausverwaltung",
        lead="",
        sections=(
            Section(
                name=SectionName.FILES,
                title="Dateien",
                facts=facts,
                text="HAUSVERWALTUNG",
                entries=(Entry(heading="Hausverwaltung.pdf", facts=facts, text="hausverwaltung"),),
            ),
        ),
    )
    assert as_json(document).decode().casefold().count("hausverwaltung") == 6

    done = as_json(masked_document(document, Masks((), ("Hausverwaltung",)))).decode()

    assert "hausverwaltung" not in done.casefold()
    assert '"alter"' in done


LETTERS: Final = st.text("abäßÄé \n-.,1١ا\u0308\u00ad\u200b", max_size=40)


@given(LETTERS, st.lists(st.text("abäßÄé1١ا\u0308\u00ad", min_size=2, max_size=4), max_size=3))
def test_nothing_that_is_masked_is_left(text: str, words: list[str]) -> None:
    """The same search that people do finds it nowhere: folded, without what is invisible."""
    assume(all(map(is_maskable, words)))

    done = masked(text, Masks((), tuple(words)))

    for piece in done.split(MARK):
        for word in words:
            assert plain(word) not in plain(piece)


def plain(text: str) -> str:
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(sign for sign in apart if unicodedata.category(sign) not in {"Mn", "Cf"})


@given(LETTERS)
def test_without_masks_a_text_stays(text: str) -> None:
    assert masked(text, Masks()) == text


@given(LETTERS)
def test_a_text_falls_apart_into_its_sentences(text: str) -> None:
    """Whoever ticks all of them has nothing left to read."""
    rest = masked(text, Masks(tuple(sentences(text)))).replace(MARK, "\n")
    assert list(sentences(rest)) == []
