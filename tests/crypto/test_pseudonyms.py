"""Pseudonyms: the same thing has the same one, another thing another one, and nobody goes back."""

from typing import Final
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from adstelle.crypto import pseudonyms
from adstelle.crypto.sessions import Session

KINDS: Final = st.sampled_from(("incident", "series", "body", "person", "assessment"))
SEEDS: Final = st.binary(min_size=96, max_size=96)


def session(seed: bytes, older: tuple[bytes, ...] = ()) -> Session:
    return Session(member_id=UUID(int=1), name="", login="", stelle="x", seed=seed, older=older)


@given(SEEDS, SEEDS, KINDS, KINDS, st.binary(max_size=40), st.binary(max_size=40))
def test_they_agree_if_and_only_if_all_agrees(
    seed: bytes, other_seed: bytes, kind: str, other_kind: str, value: bytes, other: bytes
) -> None:
    things = ((seed, kind, value), (other_seed, other_kind, other))
    one, another = (
        pseudonyms.pseudonym(session(seed).lasting_key(pseudonyms.PURPOSE), kind, value)
        for seed, kind, value in things
    )
    assert (one == another) is (things[0] == things[1])
    assert len(one) == pseudonyms.LENGTH


@given(st.binary(max_size=8), st.binary(max_size=8))
def test_no_kind_runs_into_its_value(one: bytes, other: bytes) -> None:
    key = bytes(32)
    found = {pseudonyms.pseudonym(key, "a", b"b" + one), pseudonyms.pseudonym(key, "ab", other)}
    assert len(found) == 2


@given(st.lists(SEEDS, min_size=1, max_size=4, unique=True))
def test_a_new_key_of_the_stelle_changes_none(seeds: list[bytes]) -> None:
    """*seeds* are its keys, the first one first."""
    first = session(seeds[0]).lasting_key(pseudonyms.PURPOSE)
    later = session(seeds[-1], tuple(reversed(seeds[:-1])))
    assert later.lasting_key(pseudonyms.PURPOSE) == first
    assert later.lasting_key("anything else") != first
    assert (later.own_key(pseudonyms.PURPOSE) == first) is (len(seeds) == 1)
