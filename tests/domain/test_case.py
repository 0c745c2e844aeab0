"""The steps of a case are exactly those of this table."""

import itertools

import pytest

from adstelle.domain.case import (
    STEPS,
    State,
    advance,
    allowed,
    brought_about,
    may_decide,
    takes_over,
)
from adstelle.domain.handover import Decision
from adstelle.errors import StepRefused

TABLE = {
    "neu": {"gelesen"},
    "gelesen": {"in_bearbeitung", "rueckfrage", "abgeschlossen"},
    "in_bearbeitung": {"rueckfrage", "abgeschlossen"},
    "rueckfrage": {"in_bearbeitung", "abgeschlossen"},
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
            dict.fromkeys(State, State.IN_BEARBEITUNG) | {State.RUECKFRAGE: State.RUECKFRAGE},
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
