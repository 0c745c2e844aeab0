"""Words are found however they are spelt or end; index and question go the same way."""

from uuid import uuid4

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adstelle.domain.handover import Scope
from adstelle.domain.report import Message, ReferralProposed, account_of
from adstelle.domain.search import MOST_TERMS, Filter, folded, stems, terms_of, wanted, words_of
from tests.staff_side import REPORT

LANGUAGES = ("de", "de-simple", "en", "ar")


def terms(account: str, language: str = "de", *messages: Message) -> set[tuple[str, str]]:
    report = msgspec.structs.replace(REPORT, account=account, language=language)
    return set(terms_of(account_of(report, card_id=uuid4(), wording="test"), messages))


def is_found(words: str, account: str, language: str = "de") -> bool:
    known = terms(account, language)
    return any(known >= set(variant) for variant in wanted(Filter(words=words), LANGUAGES))


@pytest.mark.parametrize(
    ("words", "account"),
    [
        ("Müller", "Herr MUELLER war da"),
        ("mueller", "Frau Müller"),
        ("Strasse", "auf der Straße"),
        ("GRÖSSE", "groesse"),
        ("wohnungen", "Die Wohnung war weg."),
        ("Häuser", "vor dem haus"),
        ("haeuser", "das Haus"),
        ("cafe", "im Café"),
        ("Bahnhof gestoßen", "Gestossen wurde ich am Bahnhof."),
        ("112", "Ich rief 112."),
    ],
)
def test_spelling_and_ending_do_not_matter(words: str, account: str) -> None:
    assert is_found(words, account)


@pytest.mark.parametrize(
    ("words", "account", "language"),
    [
        ("discriminating", "They discriminated against us", "en"),
        ("Wohnung", "Die Wohnungen", "ar"),
        ("المدرسة", "مدرسة", "ar"),
        ("أحمد", "احمد", "ar"),
    ],
)
def test_words_are_cut_in_the_language_of_the_report_and_in_german(
    words: str, account: str, language: str
) -> None:
    assert is_found(words, account, language)


def test_every_word_has_to_be_there() -> None:
    assert not is_found("Wohnung Hund", "Die Wohnung war weg.")


def test_what_is_too_short_asks_nothing() -> None:
    assert words_of("in ab – _") == []
    assert wanted(Filter(words="in"), LANGUAGES) == []


def test_codes_place_and_messages_are_found() -> None:
    proposal = ReferralProposed(stelle="ezra", scope=Scope.FACTS, note="Kanarienvogel")
    found = terms("Text", "de", Message(text="Papagei"), Message(act=proposal))

    assert {("ground", "sprache"), ("area", "wohnen"), ("responsible", "vermieter")} <= found
    assert {("language", "de"), ("place", "lobeda"), ("word", "lobeda")} <= found
    assert {("word", "papagei"), ("word", "kanarienvogel")} <= found
    assert ("place", "papagei") not in found


def test_the_terms_of_a_case_are_bounded_and_codes_come_first() -> None:
    many = " ".join(f"wort{number}" for number in range(2 * MOST_TERMS))
    found = terms(many)

    assert len(found) == MOST_TERMS
    assert ("ground", "sprache") in found


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert folded(folded(text)) == folded(text)


@given(st.text(), st.sampled_from(LANGUAGES))
def test_every_text_is_found_by_its_own_words(text: str, language: str) -> None:
    if words_of(text):
        assert is_found(text, text, language)


@given(st.text())
def test_the_lists_of_a_question_are_equally_long(words: str) -> None:
    assert len({len(variant) for variant in wanted(Filter(words=words), LANGUAGES)}) <= 1


def test_an_unknown_language_keeps_its_words() -> None:
    assert stems(["wohnungen"], "xx") == ["wohnungen"]
