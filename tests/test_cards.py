"""Assessments wait for their card: whatever they say comes back, and many of them fit."""

import tracemalloc
from uuid import UUID

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from adstelle import cards
from adstelle.cards import Faults, Opened, What
from adstelle.domain.counting import AssessedCard, Assessment
from tests.counting.cases import card

codes = st.sampled_from(["", "ja", "ort", "rassismus_ethnische_herkunft", "1", "true"])
said = st.none() | codes
several = st.lists(codes, max_size=3).map(tuple)
pseudonym = st.none() | st.binary(min_size=16, max_size=16)
numbers = st.integers(1, 4).map(lambda it: UUID(int=it))
words = st.builds(
    Assessment,
    card_id=numbers, stelle=st.sampled_from(["ads_jena", "ezra", "thadine"]),
    established=said, local_link=said, grounds=several, form=said, area=said, responsible=said,
    severity=said, criminal=said, outcomes=several, district=said, incident=pseudonym,
    series=pseudonym, is_campaign=st.booleans(), person=pseudonym, body=pseudonym,
)  # fmt: skip


def row(what: What, number: UUID, content: object) -> Opened:
    return Opened(what=what, number=number, content=msgspec.json.encode(content))


def joined(found: list[Assessment], of: list[UUID], faults: Faults) -> list[AssessedCard]:
    rows = [row(What.ASSESSMENT, UUID(int=0), it) for it in found]
    rows += [row(What.CARD, it, card().card) for it in of]
    return [*cards.joined(rows, faults)]


@settings(max_examples=50)
@given(st.lists(words, unique_by=lambda it: (it.card_id, it.stelle)))
def test_a_card_gets_all_its_assessments_as_they_were(found: list[Assessment]) -> None:
    of = [UUID(int=it) for it in range(1, 4)]  # the fourth card is missing
    taken = joined(found, of, faults := Faults())

    assert [it.card_id for it in taken] == of
    for it in taken:
        mine = [word for word in found if word.card_id == it.card_id]
        assert list(it.assessments) == sorted(mine, key=lambda word: word.stelle)
    assert faults.orphans == sum(it.card_id == UUID(int=4) for it in found)
    assert faults.cards == faults.assessments == 0


def test_what_waits_is_small() -> None:
    """Two hundred bytes each, with everything that can be said; a third more for the table."""
    number, word = 2000, Assessment(
        card_id=UUID(int=1), stelle="ads_jena", established="offen", local_link="wohnsitz",
        grounds=("rassismus_ethnische_herkunft", "geschlecht"), form="mehrfach", area="wohnen",
        responsible="vermieter", severity="schwer", criminal="beleidigung", outcomes=("rat",),
        district="lobeda",
    )  # fmt: skip
    held = 0

    def rows() -> list[Opened]:
        return [
            row(What.ASSESSMENT, UUID(int=0), msgspec.structs.replace(
                word, card_id=UUID(int=it + 2**100), person=it.to_bytes(16), body=it.to_bytes(16),
                incident=it.to_bytes(16),
            )) for it in range(number)
        ]  # fmt: skip

    given_rows = rows()
    tracemalloc.start()
    try:
        for _ in cards.joined([*given_rows, row(What.CARD, UUID(int=1), card().card)], Faults()):
            held = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()

    assert held / number < 320
