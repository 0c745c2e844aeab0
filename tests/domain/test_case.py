"""The steps of a case are exactly those of this table."""

import itertools
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adstelle.domain.case import (
    STEPS,
    TAKE_BACK_WITHIN,
    LastStep,
    State,
    advance,
    allowed,
    brought_about,
    diagram,
    may_decide,
    may_take_back,
    takes_over,
)
from adstelle.domain.handover import Decision
from adstelle.errors import StepRefused

TABLE = {
    "neu": {"gelesen"},
    "gelesen": {"in_bearbeitung", "rueckfrage", "abgeschlossen"},
    "in_bearbeitung": {"rueckfrage", "wartet_auf_stelle", "ruht", "abgeschlossen"},
    "rueckfrage": {"in_bearbeitung", "wartet_auf_stelle", "ruht", "abgeschlossen"},
    "wartet_auf_stelle": {"in_bearbeitung", "rueckfrage", "ruht", "abgeschlossen"},
    "ruht": {"in_bearbeitung", "abgeschlossen"},
    "abgeschlossen": {"in_bearbeitung"},
}


@pytest.mark.parametrize(("state", "to"), list(itertools.product(State, State)))
def test_a_step_is_taken_or_refused_as_the_table_says(state: State, to: State) -> None:
    if to in TABLE[state]:
        assert advance(state, to) is to
    else:
        with pytest.raises(StepRefused):
            advance(state, to)


@pytest.mark.parametrize("state", State)
def test_the_steps_offered_are_those_that_are_taken(state: State) -> None:
    assert set(allowed(state)) == TABLE[state]
    assert len(allowed(state)) == len(set(allowed(state)))


def test_every_state_can_be_reached_and_left() -> None:
    reached = {to for steps in STEPS.values() for to in steps}
    assert reached == set(State) - {State.NEU}
    assert all(STEPS[state] for state in State)


def test_the_table_cannot_be_changed_while_running() -> None:
    with pytest.raises(TypeError):
        STEPS[State.NEU] = ()  # type: ignore[index]  # that is the point


@pytest.mark.parametrize(("state", "decision"), list(itertools.product(State, Decision)))
def test_a_decision_takes_steps_of_the_table_only(state: State, decision: Decision) -> None:
    at = state
    for before, to in brought_about(state, decision):
        assert before is at
        at = advance(before, to)


@pytest.mark.parametrize(
    ("decision", "ends"),
    [
        (Decision.REFUSED, dict.fromkeys(State, State.ABGESCHLOSSEN)),
        (
            Decision.ACCEPTED,
            dict.fromkeys(State, State.IN_BEARBEITUNG)
            | {state: state for state in (State.RUECKFRAGE, State.WARTET_AUF_STELLE, State.RUHT)},
        ),
    ],
)
def test_what_is_taken_over_is_worked_on_and_what_is_not_is_closed(
    decision: Decision, ends: dict[State, State]
) -> None:
    for state, end in ends.items():
        steps = brought_about(state, decision)
        assert (steps[-1][1] if steps else state) is end


def test_whoever_works_on_a_case_has_taken_it_over() -> None:
    assert [state for state in State if takes_over(state)] == [State.IN_BEARBEITUNG]


def test_only_what_was_taken_over_cannot_be_refused_any_more() -> None:
    refused = {
        (before, now)
        for before in (None, *Decision)
        for now in Decision
        if not may_decide(before, now)
    }
    assert refused == {(Decision.ACCEPTED, Decision.REFUSED)}


# Taking a step back ---------------------------------------------------------------------------

TAKEN = LastStep(
    step_id=7,
    from_state=State.GELESEN,
    to_state=State.IN_BEARBEITUNG,
    takes_back=False,
    is_own=True,
    age=timedelta(minutes=1),
    acts_since=0,
)


def test_ones_own_last_step_can_be_taken_back_for_some_minutes() -> None:
    assert may_take_back(TAKEN)
    assert may_take_back(msgspec.structs.replace(TAKEN, age=TAKE_BACK_WITHIN))
    assert not may_take_back(None)


@pytest.mark.parametrize(
    "otherwise",
    [
        {"age": TAKE_BACK_WITHIN + timedelta(seconds=1)},
        {"age": timedelta(seconds=-1)},
        {"is_own": False},
        {"takes_back": True},
        {"acts_since": 1},
        {"from_state": State.NEU, "to_state": State.GELESEN},
    ],
    ids=str,
)
def test_any_other_step_stays(otherwise: dict[str, Any]) -> None:
    assert not may_take_back(msgspec.structs.replace(TAKEN, **otherwise))


@given(
    st.builds(
        LastStep,
        step_id=st.integers(1),
        from_state=st.sampled_from(State),
        to_state=st.sampled_from(State),
        takes_back=st.booleans(),
        is_own=st.booleans(),
        age=st.timedeltas(),
        acts_since=st.integers(0, 3),
    )
)
def test_nothing_is_taken_back_that_somebody_saw_or_did(last: LastStep) -> None:
    if may_take_back(last):
        assert last.is_own
        assert not last.takes_back
        assert last.acts_since == 0
        assert last.age <= timedelta(minutes=10)
        assert last.from_state is not State.NEU


# The diagram ----------------------------------------------------------------------------------


def test_the_diagram_draws_every_step_and_nothing_else() -> None:
    drawn = {tuple(line.split(" --> ")) for line in map(str.strip, diagram().splitlines()[1:])}
    assert drawn == {("[*]", "neu")} | {
        (state, to) for state, following in TABLE.items() for to in following
    }


def test_the_documentation_shows_the_diagram_of_the_table() -> None:
    """If this fails: `python tools/casework_docs.py`."""
    page = Path(__file__).parents[2] / "docs" / "casework.md"
    assert f"```mermaid\n{diagram()}\n```" in page.read_text(encoding="utf-8")
